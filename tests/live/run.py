#!/usr/bin/env python3
"""run.py starts real servers of Debian packages on loopback, each with a small configuration of its own, and compares what descry finds with
what the package manager says: run.py --descry build/descry [--keep] [NAME...]"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / 'lib'), str(pathlib.Path(__file__).resolve().parent)]
import private_net  # noqa: E402
from descry_run import Failed, read_xml, scan_json  # noqa: E402
from servers import PACKAGE, SERVERS, Expect, Server  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ADDRESS = '127.0.0.1'
WITHIN = 30  # seconds for one server's ports


def package_version(package):
    """The whole version that dpkg knows; None: not installed."""
    asked = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Status} ${Version}', package], capture_output=True, text=True)
    status, _, version = asked.stdout.partition(' ')
    return version if asked.returncode == 0 and status == 'installed' else None


def upstream(version):
    """1:2.3.19.1+dfsg1-2.1+deb12u7 is 2.3.19.1."""
    version = version.split(':', 1)[-1]
    version = version.rsplit('-', 1)[0] if '-' in version else version
    return re.split(r'[+~]', version)[0]


def make_certificate(folder):
    folder.mkdir()
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=live.example', '-keyout',
                    str(folder / 'key.pem'), '-out', str(folder / 'cert.pem')], check=True, capture_output=True)
    for pem in folder.iterdir():
        pem.chmod(0o644)
    folder.chmod(0o755)


def make_page(folder):
    folder.mkdir()
    (folder / 'index.html').write_text('<html><head><title>live</title></head><body>hello</body></html>\n')
    folder.chmod(0o755)


def listens(expect):
    if expect.proto == 'udp':
        port = f'{expect.port:04X}'
        return any(line.split()[1].endswith(f':{port}') for line in open('/proc/net/udp').readlines()[1:])
    try:
        socket.create_connection((ADDRESS, expect.port), 1).close()
        return True
    except OSError:
        return False


class Running:
    """A server from its start to its end."""

    def __init__(self, server, top):
        self.server = server
        self.dir = top / server.name
        self.words = {'dir': str(self.dir), 'tls': str(top / 'tls'), 'www': str(top / 'www')}
        self.process = None

    def filled(self, text):
        return text.format(**self.words)

    def as_user(self, command):
        user = self.server.user
        return ['setpriv', f'--reuid={user}', '--regid=' + ('nogroup' if user == 'nobody' else user), '--clear-groups'] + command if user else command

    def start(self):
        server = self.server
        self.dir.mkdir()
        self.dir.chmod(0o755)
        for name, text in server.files.items():
            path = self.dir / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(self.filled(text))
        for folder in server.folders:
            os.makedirs(self.filled(folder), exist_ok=True)
        owner = server.user or server.owner
        if owner:
            subprocess.run(['chown', '-R', owner, str(self.dir)], check=True)
        env = {**os.environ, 'HOME': str(self.dir), **{k: self.filled(v) for k, v in server.env.items()}}
        self.log = open(self.dir / 'output', 'wb')
        for command in server.before:
            subprocess.run(self.as_user([self.filled(word) for word in command]), cwd=self.dir, env=env, stdin=subprocess.DEVNULL, stdout=self.log,
                           stderr=self.log, timeout=60, check=True)
        self.process = subprocess.Popen(self.as_user([self.filled(word) for word in server.command]), cwd=self.dir, env=env,
                                        stdin=subprocess.PIPE if server.input else subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, start_new_session=True)

    def wait(self):
        """None when all its ports are open, else why not."""
        end = time.monotonic() + self.server.seconds
        waiting = list(self.server.expects)
        while waiting:
            waiting = [e for e in waiting if not listens(e)]
            if waiting and self.process.poll() is not None:
                return f'ended with exit code {self.process.returncode}'
            if waiting and time.monotonic() > end:
                return f'no port {waiting[0].port}/{waiting[0].proto} after {self.server.seconds} s'
            if waiting:
                time.sleep(0.05)
        return None

    def said(self):
        return ''.join((self.dir / 'output').read_text(errors='replace').splitlines(True)[-15:])

    def stop(self):
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def fault_of(expect, found, version):
    """What is wrong with a port's finding; None: nothing."""
    faults = []
    if found is None:
        return 'the port was not reported'
    if found.state != 'open' or (not re.fullmatch(expect.service, '') and found.method != 'probed'):
        faults.append(f'state {found.state!r}, named by {found.method!r}, expected an open port named by its reply')
    if not re.fullmatch(expect.service, found.name, re.I):
        faults.append(f'service {found.name!r}, expected {expect.service!r}')
    if expect.product and not re.fullmatch(expect.product, found.product, re.I):
        faults.append(f'product {found.product!r}, expected {expect.product!r}')
    if expect.version is not None:
        told = upstream(version)
        pattern = re.escape(told) + r'(?![0-9.])' if expect.version is PACKAGE else expect.version.replace('{package}', re.escape(told))
        if not re.match(pattern, found.version):
            faults.append(f'version {found.version!r}, expected {told!r} (package {version})')
    if expect.tunnel not in (None, found.tunnel):
        faults.append(f'tunnel {found.tunnel!r}, expected {expect.tunnel!r}')
    for key, wanted in (expect.tls or {}).items():
        if not re.fullmatch(wanted, str(found.tls.get(key))):
            faults.append(f'tls: {key} {found.tls.get(key)!r}, expected {wanted!r}')
    if expect.starttls and not found.starttls:
        faults.append('no certificate by STARTTLS')
    return '; '.join(faults) + f'\nfound: {found}' if faults else None


def look(descry, server):
    """(ports, fault) of one call for all of a server's ports."""
    ports = ','.join(f'{"U" if e.proto == "udp" else "T"}:{e.port}' for e in server.expects)
    scans = ['-sT'] if any(e.proto == 'tcp' for e in server.expects) else []
    scans += ['-sU'] if any(e.proto == 'udp' for e in server.expects) else []
    more = ['--starttls'] if any(e.starttls for e in server.expects) else []
    try:
        return scan_json([descry] + scans + more + server.options + ['-sV', '-Pn', '-n', '-p', ports, '-oJ', '-', ADDRESS], WITHIN), None
    except Failed as failed:
        return {}, str(failed)


def report(tap, server, found, fault, versions):
    for expect in server.expects:
        package = expect.package or server.package
        name = f'{server.name} {expect.port}/{expect.proto} ({package} {versions[package]})'
        tap.result(name, fault or fault_of(expect, found.get((expect.proto, expect.port)), versions[package]))


# ---- behind TLS

CLEAR = ('name', 'product', 'version')
BEHIND_FIRST = 20000


def behind(descry, ready, clear, top):
    """(name, fault) of each tcp server that was found in clear text, found once more through stunnel."""
    expects = [e for one in ready for e in one.server.expects if e.proto == 'tcp' and not e.tunnel and e.tls is None and ('tcp', e.port) in clear]
    if not expects:
        return []
    ports = {e.port: BEHIND_FIRST + i for i, e in enumerate(expects)}
    sections = ''.join(f'[p{port}]\naccept={ADDRESS}:{at}\nconnect={ADDRESS}:{port}\n' for port, at in ports.items())
    stunnel = Running(Server('stunnel', 'stunnel4', ['stunnel4', '{dir}/c'], [Expect(at, '') for at in ports.values()],
        files={'c': 'foreground=yes\nsyslog=no\npid={dir}/pid\ncert={tls}/cert.pem\nkey={tls}/key.pem\n' + sections}), top)
    try:
        stunnel.start()
        why = stunnel.wait()
        if why:
            return [('stunnel starts', f'{why}\n{stunnel.said()}')]
        found = scan_json([descry, '-sV', '-Pn', '-n', '-p', ','.join(map(str, ports.values())), '-oJ', '-', ADDRESS], 2 * WITHIN)
    except (Failed, OSError) as failed:
        return [('stunnel', str(failed))]
    finally:
        stunnel.stop()
    results = []
    for expect in expects:
        outside, inside = clear['tcp', expect.port], found.get(('tcp', ports[expect.port]))
        wanted = CLEAR if outside.version else ('tunnel',)  # who tells no version may be known by its port number only
        same = inside and inside.tunnel == 'tls' and all(f == 'tunnel' or getattr(inside, f) == getattr(outside, f) for f in wanted)
        results.append((f'{expect.service} {expect.port} behind stunnel', None if same else f'found: {inside}\nin clear text: {outside}'))
    return results


# ---- with the reference

SPOKEN = {'ssh', 'ftp', 'smtp', 'lmtp', 'pop3', 'imap', 'nntp', 'mysql', 'http', 'irc', 'vnc', 'rsync'}  # named by a greeting or the first question


def same_name(ours, other):
    """The reference asks no second question for a version, and takes a server that soon closes for wrapped."""
    return other and (other.name == 'tcpwrapped' or ((ours.name, ours.product) == (other.name, other.product) and other.version in ('', ours.version)))


def by_reference(descry, clear, top):
    """(name, fault) of servers that the reference, reading `descry db export`, is to name as descry does."""
    export = top / 'export.probes'
    with open(export, 'wb') as out:
        subprocess.run([descry, 'db', 'export'], stdout=out, check=True)
    ports = [port for (proto, port), found in clear.items() if proto == 'tcp' and found.name in SPOKEN and not found.tunnel and found.version]
    if not ports:
        return []
    with open(top / 'reference.xml', 'w+') as xml:
        subprocess.run(['nmap', '--versiondb', str(export), '-sV', '--version-intensity', '5', '-sT', '-Pn', '-n', '-p', ','.join(map(str, ports)), '-oX',
            xml.name, ADDRESS], stdin=subprocess.DEVNULL, capture_output=True, timeout=2 * WITHIN, check=True)
        theirs = read_xml(xml.read())
    results = []
    for port in ports:
        ours, other = clear['tcp', port], theirs.get(('tcp', port))
        same = same_name(ours, other)
        results.append((f'{ours.name} {port} is the same to the reference with our export', None if same else f'descry: {ours}\nnmap: {other}'))
    return results


def run(options, tap, top):
    make_certificate(top / 'tls')
    make_page(top / 'www')
    servers = [s for s in SERVERS if not options.names or s.name in options.names]
    running, versions = [], {}
    try:
        for server in servers:
            packages = {server.package} | {e.package for e in server.expects if e.package}
            versions.update({p: package_version(p) for p in packages})
            absent = [p for p in packages if versions[p] is None]
            if absent:
                tap.skip(server.name, f'{", ".join(absent)} is not installed')
                continue
            one = Running(server, top)
            running.append(one)
            try:
                one.start()
            except (OSError, subprocess.SubprocessError) as bad:
                tap.fail(f'{server.name} starts', f'{bad}\n{one.said() if (one.dir / "output").exists() else ""}')
                running.remove(one)
                one.stop()
        ready = []
        for one in running:
            why = one.wait()
            if why:
                tap.fail(f'{one.server.name} starts', f'{why}\n{one.said()}')
            else:
                ready.append(one)
        if options.keep:
            print('\n'.join(f'# {one.server.name}: {" ".join(f"{e.proto}/{e.port}" for e in one.server.expects)}' for one in ready))
            subprocess.run([os.environ.get('SHELL', '/bin/sh')])
            return
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            looks = [pool.submit(look, options.descry, one.server) for one in ready]
            for one, looked in zip(ready, looks):
                report(tap, one.server, *looked.result(), versions)
        clear = {key: service for looked in looks for key, service in looked.result()[0].items()}
        if package_version('stunnel4') is None:
            tap.skip('behind stunnel', 'stunnel4 is not installed')
        else:
            for name, fault in behind(options.descry, ready, clear, top):
                tap.result(name, fault)
        if not shutil.which('nmap'):
            tap.skip('with the reference', 'nmap is not installed')
        else:
            for name, fault in by_reference(options.descry, clear, top):
                tap.result(name, fault)
    finally:
        for one in running:
            one.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    parser.add_argument('--keep', action='store_true', help='start the servers and a shell beside them')
    parser.add_argument('names', nargs='*', help='only these servers')
    options = parser.parse_args()
    why = private_net.why_not()
    if why is None and not shutil.which('dpkg-query'):
        why = 'no dpkg-query here to say what versions are installed'
    if why is None and not shutil.which('openssl'):
        why = 'openssl is not installed'
    if why:
        skip_all(why)
    options.descry = os.path.abspath(options.descry)
    private_net.enter()
    tap = Tap()
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-live-'))
    top.chmod(0o755)
    try:
        run(options, tap, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    tap.done()


if __name__ == '__main__':
    main()
