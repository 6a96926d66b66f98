#!/usr/bin/env python3
"""bench.py measures what descry is to reach, and prints a table: bench.py --build build [--with-reference] [--runs N] [-k TEXT]

As root, in namespaces of its own; only loopback and its own wire carry its traffic. It writes nothing; docs/benchmarks.md explains."""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE)]
import private_net  # noqa: E402
from descry_run import read_xml  # noqa: E402
from netlab import THERE, Netlab  # noqa: E402
from part_rpc import rpc  # noqa: E402
from part_scripts import scripts  # noqa: E402
from part_smb import smb  # noqa: E402
from part_tls import tls  # noqa: E402

ROUND_TRIP = 100  # ms
SSH, HTTP, SILENT = 20022, 23456, 23457
GREETING = r'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n'
ADDRESSES = 4096


class Run:
    def __init__(self, wall, cpu, rss, status, output):
        self.wall_ms, self.cpu_ms, self.rss_mb = wall / 1e3, cpu / 1e3, rss / 1024
        self.status, self.output = status, output

    def services(self):
        try:
            return {k: v for k, v in read_xml(self.output).items() if v.name and v.method == 'probed'}
        except Exception:
            return {}


class Bench:
    def __init__(self, options):
        self.options, self.rows, self.missed = options, [], 0
        build = pathlib.Path(options.build).resolve()
        self.descry = str(build / 'descry')
        self.tools = build / 'tests' / 'bench'
        self.bundle = next((str(p) for p in (build / 'descry.probes', build / 'data' / 'descry.probes') if p.exists()), None)

    def tool(self, name):
        return str(self.tools / f'bench-{name}')

    def measure(self, command, inside=lambda c: c):
        with tempfile.NamedTemporaryFile(suffix='.out') as out:
            done = subprocess.run(inside([self.tool('measure'), out.name] + command), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
            wall, cpu, rss, status = map(int, done.stdout.split())
            run = Run(wall, cpu, rss, status, out.read().decode('utf-8', 'replace'))
        if status:
            print(f'exit code {status}: {" ".join(command)}\n{run.output[-1000:]}', file=sys.stderr)
        return run

    def row(self, what, value, goal='', good=None):
        verdict = '' if good is None else 'reached' if good else 'MISSED'
        self.missed += good is False
        self.rows.append((what, value, goal, verdict))
        print(f'{what:<58} {value:>22}   {goal:<18} {verdict}'.rstrip(), flush=True)

    def start(self, command):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if process.stdout.readline() != 'ready\n':
            raise RuntimeError(f'{command[0]} did not start')
        return process

    def reference(self, *arguments):
        """The reference's command with our collection, so that the two ask the same questions."""
        return ['nmap', '--versiondb', self.bundle, '-sV', '-sT', '-Pn', '-n'] + list(arguments) if self.bundle else None

    # ---- (a) over a wire with a round trip of 100 ms

    def wire(self):
        with Netlab(self.tool('link'), ROUND_TRIP / 2) as lab:
            server = str(HERE / 'tcp_server.py')
            lab.start_there([server, THERE, str(SSH), GREETING])
            lab.start_there([self.tool('http_server'), THERE, str(HTTP)])
            silent = lab.start_there([server, THERE, str(SILENT)])

            def over(port, command=None):
                return self.measure(command or [self.descry, '-Pn', '-n', '-p', str(port), '-oX', '-', THERE], lab.here)

            for what, port, name, goal in (('ssh, any port', SSH, 'ssh', 3), ('http, unlisted port', HTTP, 'http', 4)):
                runs = [over(port) for _ in range(self.options.runs)]
                found = sum(r.services().get(('tcp', port)) is not None and r.services()['tcp', port].name == name for r in runs)
                trips = statistics.median(r.wall_ms for r in runs) / ROUND_TRIP
                self.row(f'round trip {ROUND_TRIP} ms: {what}: round trips (median)', f'{trips:.2f}', f'at most {goal}', trips <= goal and found == len(runs))
                if found != len(runs):
                    self.row(f'    but named in only {found} of {len(runs)} runs', '', '', False)
            silent.stdin.write('\n')
            silent.stdin.flush()
            silent.stdout.readline()
            run = over(SILENT)
            silent.stdin.write('\n')
            silent.stdin.flush()
            connections, most = map(int, silent.stdout.readline().split())
            self.row('a port that never speaks: seconds', f'{run.wall_ms / 1e3:.2f}', 'at most 10', run.wall_ms <= 10000)
            self.row('a port that never speaks: connections', str(connections), 'at most 40', connections <= 40)
            self.row('a port that never speaks: connections at a time', str(most), 'at most 6', most <= 6)
            if self.options.with_reference and self.reference():
                for what, port in (('ssh', SSH), ('http, unlisted port', HTTP)):
                    run = over(port, self.reference('-p', str(port), '-oX', '-', THERE))
                    self.row(f'reference, our collection: {what}: round trips', f'{run.wall_ms / ROUND_TRIP:.2f}')
                run = over(SILENT, ['timeout', '200'] + self.reference('-p', str(SILENT), '-oX', '-', THERE))
                self.row('reference, our collection: never speaks: seconds', f'{run.wall_ms / 1e3:.2f}')

    def loss(self):
        with Netlab(self.tool('link'), ROUND_TRIP / 2, loss=5) as lab:
            lab.start_there([self.tool('http_server'), THERE, str(HTTP)])
            runs = [self.measure([self.descry, '-Pn', '-n', '-p', str(HTTP), '-oX', '-', THERE], lab.here) for _ in range(self.options.runs)]
            found = sum(('tcp', HTTP) in r.services() for r in runs)
            self.row('5 % loss: http named', f'{found} of {len(runs)}', 'all', found == len(runs))
            self.row('5 % loss: seconds (median)', f'{statistics.median(r.wall_ms for r in runs) / 1e3:.2f}')

    # ---- (b, c) one port of loopback

    def loopback(self):
        server = self.start([self.tool('http_server'), '127.0.0.1', '8000'])
        try:
            runs = [self.measure([self.descry, '-p', '8000', '-oX', '-', '127.0.0.1']) for _ in range(4 * self.options.runs)]
            found = sum(('tcp', 8000) in r.services() for r in runs)
            wall = statistics.median(r.wall_ms for r in runs)
            self.row(f'loopback, http: ms (median of {len(runs)}; {found} named)', f'{wall:.1f}', 'below 60', wall < 60 and found == len(runs))
            if self.options.with_reference and self.reference():
                wall = self.measure(self.reference('-p', '8000', '-oX', '-', '127.0.0.1')).wall_ms
                self.row('reference, our collection: loopback, http: ms', f'{wall:.1f}')
        finally:
            server.kill()
            server.wait()
        runs = [self.measure([self.descry, '-p', '8001', '-oX', '-', '127.0.0.1']) for _ in range(4 * self.options.runs)]
        wall, rss = statistics.median(r.wall_ms for r in runs), max(r.rss_mb for r in runs)
        self.row(f'loopback, closed: ms (median of {len(runs)})', f'{wall:.1f}', 'below 15', wall < 15)
        self.row('loopback, closed: peak memory, MB', f'{rss:.1f}', 'at most 12', rss <= 12)

    def tls(self):
        tls(self)

    def rpc(self):
        rpc(self)

    def smb(self):
        smb(self)

    def scripts(self):
        scripts(self)

    # ---- (d) matching

    def match(self):
        program = next((p for p in (self.tools / 'bench-match', self.tools / 'bench_match', self.tools / 'match' / 'bench-match') if p.exists()), None)
        if program is None:
            self.row('matching', 'not built')
            return
        done = subprocess.run([str(program)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, cwd=TOP)
        print(done.stdout.rstrip())
        if done.returncode:
            self.row('matching', f'exit code {done.returncode}', '', False)

    # ---- (e) many hosts

    def many(self):
        server = self.start([self.tool('http_server'), '0.0.0.0', '8000'])
        try:
            run = self.measure([self.descry, '-Pn', '-n', '-p', '8000', '-oX', '-', '127.0.0.0/20'])
            named = run.output.count('name="http"')
            self.row(f'{ADDRESSES} addresses of loopback, http: named', str(named), str(ADDRESSES), named == ADDRESSES)
            self.row('    seconds', f'{run.wall_ms / 1e3:.2f}')
            self.row('    services per second and core', f'{named / (run.cpu_ms / 1e3 or 1):.0f}')
            self.row('    services per second', f'{named / (run.wall_ms / 1e3):.0f}')
            self.row('    peak memory, MB', f'{run.rss_mb:.1f}')
            if self.options.with_reference and self.reference():
                run = self.measure(['timeout', '300'] + self.reference('-T4', '-p', '8000', '-oX', '-', '127.0.0.0/24'))
                named = run.output.count('name="http"')
                self.row('reference, our collection: 256 addresses: named', str(named))
                self.row('    services per second', f'{named / (run.wall_ms / 1e3):.0f}')
                self.row('    services per second and core', f'{named / (run.cpu_ms / 1e3 or 1):.0f}')
                self.row('    peak memory, MB', f'{run.rss_mb:.1f}')
        finally:
            server.kill()
            server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', default=str(TOP / 'build'))
    parser.add_argument('--with-reference', action='store_true', help='measure an installed nmap too, with our collection')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('-k', default='', help='only the parts whose names contain this: loopback wire loss tls rpc smb scripts many match')
    options = parser.parse_args()
    why = private_net.why_not()
    if why is None and not os.path.exists('/dev/net/tun'):
        why = 'no /dev/net/tun'
    if why:
        sys.exit(f'bench: {why}')
    options.build = os.path.abspath(options.build)
    if options.with_reference and not shutil.which('nmap'):
        sys.exit('bench: nmap is not installed')
    private_net.enter()
    bench = Bench(options)
    if not os.path.exists(bench.descry):
        sys.exit(f'bench: no {bench.descry}; run make')
    began = time.monotonic()
    for part in (bench.loopback, bench.wire, bench.loss, bench.tls, bench.rpc, bench.smb, bench.scripts, bench.many, bench.match):
        if options.k in part.__name__:
            part()
    print(f'\n{len(bench.rows)} rows in {time.monotonic() - began:.0f} s, {bench.missed} missed')


if __name__ == '__main__':
    main()
