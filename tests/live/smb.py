#!/usr/bin/env python3
"""smb.py starts Samba in several configurations on loopback and compares what descry tells of each with what it was configured to be:
smb.py --descry build/descry

  modern    as installed: no SMB 1, a port of its own
  old       SMB 1, which names the exact version
  strict    SMB 1 and mandatory signing
  names     the name service (udp 137), on an interface that is no loopback: nmbd wants one
  dc        a domain controller of Active Directory, provisioned for the test; without its packages a server that is set up like a member
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / 'lib'), str(pathlib.Path(__file__).resolve().parent)]
import private_net  # noqa: E402
from run import package_version, upstream  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ADDRESS = '127.0.0.1'
NODE = ('10.99.0.1', '10.98.0.1')  # of tap devices in the namespace
SECONDS = 30
CONTROLLER_PACKAGES = ('samba-ad-provision', 'samba-dsdb-modules', 'samba-vfs-modules', 'winbind')

COMMON = """[global]
 netbios name = {name}
 workgroup = LABGRP
 server role = standalone
 bind interfaces only = yes
 interfaces = {interfaces}
 smb ports = {port}
 disable spoolss = yes
 load printers = no
 map to guest = Bad User
 lock directory = {dir}/lock
 private dir = {dir}/private
 cache directory = {dir}/cache
 state directory = {dir}/state
 pid directory = {dir}/pid
 ncalrpc dir = {dir}/pid/ncalrpc
 log file = {dir}/log
{more}
"""
SMBDS = {  # name: port, more lines
    'modern': (4450, ''),
    'old': (4451, ' server min protocol = NT1\n'),
    'strict': (4452, ' server min protocol = NT1\n server signing = mandatory\n'),
}


class Server:
    """One process group, from its start to its end."""

    def __init__(self, top, name):
        self.dir = top / name
        self.dir.mkdir()
        for folder in ('lock', 'private', 'cache', 'state', 'pid'):
            (self.dir / folder).mkdir()
        self.output = open(self.dir / 'output', 'wb')
        self.process = None

    def configure(self, name, port, more='', interfaces='lo'):
        path = self.dir / 'smb.conf'
        path.write_text(COMMON.format(name=name, port=port, more=more, interfaces=interfaces, dir=self.dir))
        return str(path)

    def start(self, command):
        self.process = subprocess.Popen(command, cwd=self.dir, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output, start_new_session=True)

    def wait(self, ports):
        end = time.monotonic() + SECONDS
        for port in ports:
            while True:
                try:
                    socket.create_connection((ADDRESS, port), 1).close()
                    break
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > end:
                        raise RuntimeError(f'no port {port}: {(self.dir / "output").read_text(errors="replace")[-1500:]}') from None
                    time.sleep(0.05)

    def stop(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()


def scan(descry, *words):
    """{(proto, port): the port's object} of the first host."""
    done = subprocess.run([descry, '-Pn', '-n', '-sV', '-oJ', '-'] + list(words), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f'exit code {done.returncode}: {done.stderr}')
    return {(port['proto'], port['port']): port for port in json.loads(done.stdout.splitlines()[0])['ports']}


def fault(found, expected):
    """`expected` has keys like service.product and smb.ntlm.dns_domain; None: is to be absent."""
    faults = []
    for path, wanted in expected.items():
        at = found
        for key in path.split('.'):
            at = at.get(key) if isinstance(at, dict) else None
        good = wanted(at) if callable(wanted) else at == wanted
        if not good:
            faults.append(f'{path}: {at!r}' + ('' if callable(wanted) else f', expected {wanted!r}'))
    return '\n'.join(faults) or None


def has_text(at):
    return isinstance(at, str) and bool(at)


def expectations(version):
    exact = f'{upstream(version)}-Debian'
    common = {'service.name': 'netbios-ssn', 'service.product': 'Samba smbd', 'smb.dialect': '3.1.1', 'smb.time': has_text, 'smb.ntlm.version': '6.1.0',
              'smb.mechanisms': ['NTLMSSP'], 'smb.clock_skew_ms': lambda ms: abs(ms) < 60000}
    with_one = {**common, 'service.version': exact, 'service.info': 'workgroup: LABGRP', 'service.os': 'Linux', 'smb.smb1': True, 'smb.workgroup': 'LABGRP',
                'service.cpe': [f'cpe:/a:samba:samba:{upstream(version)}', 'cpe:/o:debian:debian_linux'], 'smb.native_lan_manager': f'Samba {exact}'}
    return {
        'modern': {**common, 'service.version': None, 'service.hostname': 'MODERN', 'smb.smb1': False, 'smb.signing': 'enabled',
                   'service.cpe': ['cpe:/a:samba:samba']},
        'old': {**with_one, 'service.hostname': 'OLD', 'smb.signing': 'enabled'},
        'strict': {**with_one, 'service.hostname': 'STRICT', 'smb.signing': 'required'},
    }


def test_smbds(tap, descry, top, version):
    servers = []
    try:
        for name, (port, more) in SMBDS.items():
            server = Server(top, name)
            servers.append(server)
            server.start(['smbd', '--foreground', '--no-process-group', '-s', server.configure(name.upper(), port, more)])
        for server, (port, more) in zip(servers, SMBDS.values()):
            server.wait([port])
        found = scan(descry, '-p', ','.join(str(port) for port, more in SMBDS.values()), ADDRESS)
        for name, expected in expectations(version).items():
            tap.result(f'samba, {name} (samba {version})', fault(found.get(('tcp', SMBDS[name][0]), {}), expected))
    finally:
        for server in servers:
            server.stop()


def make_interfaces():
    """None, or why not."""
    for i, address in enumerate(NODE):
        for command in (f'ip tuntap add dev node{i} mode tap', f'ip addr add {address}/24 brd + dev node{i}', f'ip link set node{i} up'):
            done = subprocess.run(command.split(), capture_output=True, text=True)
            if done.returncode:
                return done.stderr.strip()
    return None


def answers_names():
    return any(line.split()[1].endswith(':0089') for line in open('/proc/net/udp').readlines()[1:])


def test_names(tap, descry, top, version):
    test = f'samba, names (samba {version})'
    why = make_interfaces() if shutil.which('nmbd') else 'no nmbd'
    if why:
        tap.skip(test, f'no interface of our own: {why}')
        return
    server = Server(top, 'names')
    try:
        server.start(['nmbd', '--foreground', '--no-process-group', '-s', server.configure('NODE', 4453, interfaces='node0 node1')])
        end = time.monotonic() + SECONDS
        while not answers_names() and time.monotonic() < end:
            time.sleep(0.05)
        found = scan(descry, '-sU', '-p', '137', NODE[0]).get(('udp', 137), {})
        tap.result(test, fault(found, {
            'service.name': 'netbios-ns', 'service.hostname': 'NODE', 'netbios.computer': 'NODE', 'netbios.workgroup': 'LABGRP',
            'netbios.addresses': lambda all: sorted(all or []) == sorted(NODE),
            'netbios.names': lambda all: any(n['name'] == 'NODE' and n.get('use') == 'file server' for n in all or [])}))
    finally:
        server.stop()


CONTROLLER_PORTS = (135, 139, 389, 445, 636)


def test_controller(tap, descry, top, version):
    server = Server(top, 'dc')
    names = {'netbios_computer': 'DC1', 'netbios_domain': 'ADLAB', 'dns_computer': 'dc1.ad.example', 'dns_domain': 'ad.example'}

    def told(where):
        return {f'{where}.{key}': value for key, value in names.items()}

    smb = {'service.product': 'Samba smbd', 'service.version': None, 'service.info': 'workgroup: ADLAB', 'service.hostname': 'DC1', 'smb.signing': 'required',
           'smb.smb1': False, 'smb.ntlm.target_is': 'domain', 'smb.mechanisms': lambda all: 'KRB5' in all, **told('smb.ntlm')}
    try:
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=dc1.ad.example', '-keyout',
                        f'{server.dir}/key.pem', '-out', f'{server.dir}/cert.pem'], check=True, capture_output=True)
        (server.dir / 'key.pem').chmod(0o600)  # samba insists
        made = subprocess.run(['samba-tool', 'domain', 'provision', f'--targetdir={server.dir}/ad', '--realm=AD.EXAMPLE', '--domain=ADLAB', '--server-role=dc',
                               '--dns-backend=NONE', '--host-name=dc1', f'--host-ip={ADDRESS}', '--adminpass=Passw0rd.descry', '--option=interfaces=lo',
                               '--option=bind interfaces only=yes', f'--option=tls keyfile={server.dir}/key.pem',
                               f'--option=tls certfile={server.dir}/cert.pem', '--option=tls cafile='], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if made.returncode:
            tap.skip('samba, dc', f'could not be provisioned: {made.stderr.splitlines()[-1] if made.stderr else made.returncode}')
            return False
        server.start(['samba', '--interactive', '--model=single', '-s', f'{server.dir}/ad/etc/smb.conf'])
        server.wait(CONTROLLER_PORTS)
        found = scan(descry, '-A', '-p', ','.join(map(str, CONTROLLER_PORTS)) + ',49152-49160', ADDRESS)
        expected = {
            445: smb,
            139: smb,
            135: {'service.name': 'msrpc', 'service.hostname': 'DC1', 'msrpc.services': lambda all: any(
                s['transport'] == 'ncacn_ip_tcp' and s.get('interface') == 'samr' and s['port'] >= 1024 for s in all or []), **told('ntlm')},
            389: {'service.name': 'ldap', **told('ntlm')},
            636: {'service.name': 'ldap', 'service.tunnel': 'tls', **told('ntlm')},  # through the tunnel
        }
        labelled = [port for port in found.values() if 'samr' in (port.get('msrpc') or {}).get('mapped', ())]
        tap.result(f'samba, dc: a port is labelled samr (samba {version})', fault(labelled[0] if labelled else {}, {
            'service.name': 'msrpc', 'service.info': lambda text: 'samr' in (text or '')}))
        for port, wanted in expected.items():
            tap.result(f'samba, dc {port}/tcp (samba {version})', fault(found.get(('tcp', port), {}), wanted))
    finally:
        server.stop()
    return True


def test_member(tap, descry, top, version):
    server = Server(top, 'member')
    more = ' workgroup = ADLAB\n realm = AD.EXAMPLE\n security = domain\n server role = auto\n'
    try:
        server.start(['smbd', '--foreground', '--no-process-group', '-s', server.configure('MEMBER', 4454, more)])
        server.wait([4454])
        found = scan(descry, '-p', '4454', ADDRESS).get(('tcp', 4454), {})
        tap.result(f'samba, like a member (samba {version})', fault(found, {
            'service.product': 'Samba smbd', 'service.version': None, 'service.hostname': 'MEMBER', 'smb.ntlm.netbios_domain': 'ADLAB'}))
    finally:
        server.stop()


def run(tap, descry, top, version):
    test_smbds(tap, descry, top, version)
    test_names(tap, descry, top, version)
    absent = [p for p in CONTROLLER_PACKAGES if package_version(p) is None]
    if absent:
        tap.skip('samba, dc', f'{", ".join(absent)} not installed')
    if absent or not test_controller(tap, descry, top, version):
        test_member(tap, descry, top, version)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    options = parser.parse_args()
    version = package_version('samba') if shutil.which('dpkg-query') else None
    why = private_net.why_not() or (None if version else 'samba is not installed')
    if why:
        skip_all(why)
    options.descry = os.path.abspath(options.descry)
    private_net.enter()
    os.makedirs('/run/samba', exist_ok=True)
    os.makedirs('/var/log/samba', exist_ok=True)
    tap = Tap()
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-smb-'))
    top.chmod(0o755)
    try:
        run(tap, options.descry, top, version)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    tap.done()


if __name__ == '__main__':
    main()
