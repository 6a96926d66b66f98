#!/usr/bin/env python3
"""bench.py measures what descry is to reach, and prints a table: bench.py --build build [--with-reference] [--runs N] [-k TEXT]

As root, in namespaces of its own; only loopback and its own wire carry its traffic. It writes nothing; docs/benchmarks.md explains."""
import argparse
import json
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
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE), str(HERE.parent / 'live')]
import private_net  # noqa: E402
import rpc as rpc_live  # noqa: E402
from descry_run import read_xml  # noqa: E402
from netlab import THERE, Netlab  # noqa: E402

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

    # ---- ONC RPC

    def rpc_json(self, ports, *more, inside=lambda c: c, address='127.0.0.1'):
        """(run, {(proto, port): [(program, versions)]}, programs tried at the port with the fewest, all answered?)"""
        run = self.measure([self.descry, '-Pn', '-n', '-p', ports, '-oJ', '-', *more, address], inside)
        found, tried, whole = {}, [], True
        for line in run.output.splitlines():
            for port in json.loads(line)['ports']:
                found[port['proto'], port['port']] = [(r['program'], r.get('versions')) for r in port.get('rpc', [])]
                told = port.get('rpc_scan', {'tried': 0, 'answered': 1})
                tried.append(told['tried'])
                whole = whole and told['tried'] == told['answered']
        return run, found, min(tried, default=0), whole

    def rpc_loopback(self):
        servers = {s.name: s for s in rpc_live.SERVERS if s.name in ('rpcbind', 'statd', 'ganesha')}
        top = pathlib.Path(tempfile.mkdtemp(prefix='descry-bench-'))
        top.chmod(0o755)
        started = [rpc_live.start(s, top) for s in servers.values() if rpc_live.installed(s.package)]
        server = self.start([str(HERE / 'rpc_server.py'), '127.0.0.1', '2050:100003:3,100005:1-3', '2051:100003:3,100005:1-3'])
        try:
            subprocess.run(['mount', '-t', 'tmpfs', 'private', '/var/lib/nfs'], check=False)
            os.makedirs('/var/lib/nfs/ganesha', exist_ok=True)
            for what, port in (('rpcbind', 111), ('rpc.statd', 32765), ('nfs-ganesha', 2049), ('nfs-ganesha, mountd', 20049), ('unfs3-like', 2051)):
                end = time.monotonic() + 10
                while ('tcp', port) not in rpc_live.listening() and time.monotonic() < end and started:
                    time.sleep(0.1)
                if ('tcp', port) not in rpc_live.listening():
                    self.row(f'{what}: not installed, not measured', '')
                    continue
                runs = [self.rpc_json(str(port)) for _ in range(self.options.runs)]
                wall, all_right = max(r[0].wall_ms for r in runs), all(r[1][('tcp', port)] and r[2] > 1900 and r[3] for r in runs)
                self.row(f'{what} on loopback, all programs: ms (worst of {len(runs)})', f'{wall:.0f}', 'below 500', wall < 500 and all_right)
        finally:
            for process in started + [server]:
                process.kill()
                process.wait()
            shutil.rmtree(top, ignore_errors=True)

    def rpc_thirty(self):
        ports = list(range(700, 715))
        server = self.start([str(HERE / 'rpc_server.py'), '127.0.0.1'] + [f'{p}:{100000 + p - 699}:1-2' for p in ports])
        try:
            words = ','.join(map(str, ports))
            run, found, _, whole = self.rpc_json(f'T:{words},U:{words}', '-sT', '-sU')
            right = sum(found.get((proto, p)) == [(100000 + p - 699, '1-2')] for p in ports for proto in ('tcp', 'udp'))
            self.row('30 ports of one host, tcp and udp: right', str(right), '30', right == 30 and whole)
            self.row('    seconds', f'{run.wall_ms / 1e3:.2f}', 'below 5', run.wall_ms < 5000)
        finally:
            server.kill()
            server.wait()

    def rpc_wire(self):
        with Netlab(self.tool('link'), ROUND_TRIP / 2) as lab:
            lab.start_there([str(HERE / 'rpc_server.py'), THERE, '2049:100003:3-4', '20123:100003:3-4'])
            for what, port, label_goal, goal in (('port 2049', 2049, 4, 8), ('unlisted port', 20123, None, None)):
                trips, labels = [], []
                for _ in range(self.options.runs):
                    run, found, tried, whole = self.rpc_json(str(port), inside=lab.here, address=THERE)
                    right = found.get(('tcp', port)) == [(100003, '3-4')] and tried > 1900 and whole
                    trips.append(run.wall_ms / ROUND_TRIP if right else float('inf'))
                    labels.append(self.label_time(lab, port) * 1e3 / ROUND_TRIP)
                self.row(f'{ROUND_TRIP} ms, {what}: all programs: round trips (worst of {len(trips)})', f'{max(trips):.2f}', goal and f'at most {goal}' or '',
                         goal and max(trips) <= goal)
                self.row(f'{ROUND_TRIP} ms, {what}: the label is known: round trips', f'{max(labels):.2f}', label_goal and f'after {label_goal}' or '',
                         label_goal and max(labels) <= label_goal)

    def label_time(self, lab, port):
        """Seconds from the program's start until the trace tells of the program."""
        began = time.monotonic()
        process = subprocess.Popen(lab.here([self.descry, '-Pn', '-n', '--version-trace', '-p', str(port), THERE]), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        at = None
        for line in process.stderr:
            if at is None and 'is there' in line:
                at = time.monotonic() - began
        process.wait()
        return at if at is not None else float('inf')

    def rpc_loss(self):
        with Netlab(self.tool('link'), 25, loss=5) as lab:
            lab.start_there([str(HERE / 'rpc_server.py'), THERE, '2049:100003:3-4,100227:3', '111:100024:1'])
            runs = [self.rpc_json('U:2049', '-sU', inside=lab.here, address=THERE) for _ in range(max(20, self.options.runs))]
            right = sum(r[1].get(('udp', 2049)) == [(100003, '3-4'), (100227, '3')] and r[2] > 1900 and r[3] for r in runs)
            worst = max(r[0].wall_ms for r in runs) / 1e3
            self.row(f'udp, 50 ms, 5 % loss each way: nothing missed, runs of {len(runs)}', str(right), 'all', right == len(runs))
            self.row(f'    seconds, worst (median {statistics.median(r[0].wall_ms for r in runs) / 1e3:.2f})', f'{worst:.2f}', 'at most 4', worst <= 4)

    def rpc_beside(self):
        wanted = [s for s in rpc_live.SERVERS if s.name in ('rpcbind', 'ypserv')]
        if not all(rpc_live.installed(s.package) for s in wanted):
            self.row('ypserv: not installed, not measured', '')
            return
        top = pathlib.Path(tempfile.mkdtemp(prefix='descry-bench-'))
        top.chmod(0o755)
        subprocess.run(['mount', '-t', 'tmpfs', 'private', '/var/yp'], check=False)
        os.makedirs('/var/yp/live.example', exist_ok=True)
        started = []
        try:
            for server in wanted:
                started.append(rpc_live.start(server, top))
                while ('tcp', list(server.ports)[0][1]) not in rpc_live.listening():
                    time.sleep(0.05)
            worst, calls, lost = 0.0, 0, 0
            for _ in range(self.options.runs):
                other = rpc_live.OtherClient()
                other.start()
                self.rpc_json('834')
                other.over.set()
                other.join()
                worst, calls, lost = max(worst, other.slowest), calls + other.calls, lost + other.lost
            self.row(f'ypserv during the grind: calls of another client lost, of {calls}', str(lost), '0', lost == 0)
            self.row('    the slowest of its calls, ms', f'{worst * 1e3:.0f}')
        finally:
            for process in started:
                process.kill()
                process.wait()
            shutil.rmtree(top, ignore_errors=True)

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
    parser.add_argument('-k', default='', help='only the parts whose names contain this: loopback wire loss many match rpc_...')
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
    for part in (bench.loopback, bench.wire, bench.loss, bench.many, bench.match, bench.rpc_loopback, bench.rpc_thirty, bench.rpc_wire, bench.rpc_loss,
                 bench.rpc_beside):
        if options.k in part.__name__:
            part()
    print(f'\n{len(bench.rows)} rows in {time.monotonic() - began:.0f} s, {bench.missed} missed')


if __name__ == '__main__':
    main()
