#!/usr/bin/env python3
"""rpc.py starts real ONC RPC servers of Debian packages on loopback and compares what descry finds with `rpcinfo -p` of the same moment, once with the
portmapper and once without it: rpc.py --descry build/descry [--keep] [NAME...]"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / 'lib')]
import private_net  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ADDRESS = '127.0.0.1'
START = 20  # seconds for all servers to be there
WITHIN = 60  # seconds for one scan: the machine may be busy

GANESHA = '''NFS_CORE_PARAM { NFS_Port = 2049; MNT_Port = 20049; NLM_Port = 32803; Rquota_Port = 8875; NFS_Protocols = 3,4;
 Enable_NLM = true; Enable_RQUOTA = true; }
NFSv4 { RecoveryBackend = fs; Grace_Period = 5; Lease_Lifetime = 5; }
EXPORT { Export_Id = 1; Path = %(dir)s/export; Pseudo = /e; Access_Type = RW; Squash = none; SecType = sys; FSAL { Name = VFS; } }
'''
GLUSTERD = '''volume management
 type mgmt/glusterd
 option working-directory %(dir)s/w
 option transport-type socket
 option transport.socket.bind-address 127.0.0.1
 option transport.listen-port 24007
end-volume
'''
KRB5 = '''[libdefaults]
 default_realm = LIVE.EXAMPLE
 dns_lookup_kdc = false
[realms]
 LIVE.EXAMPLE = { kdc = 127.0.0.1
 admin_server = 127.0.0.1 }
'''
KDC = '''[realms]
 LIVE.EXAMPLE = {
 database_name = %(dir)s/principal
 key_stash_file = %(dir)s/stash
 acl_file = %(dir)s/acl
 kadmind_listen = 127.0.0.1:749
 kpasswd_listen = 127.0.0.1:464
 }
'''


class Server:
    """`ports`: {(proto, port): (name, version)}, those that it has by its configuration; others are learnt from the portmapper."""

    def __init__(self, name, package, command, ports=None, files=None, folders=(), before=(), env=None, domain=False):
        self.name, self.package, self.command, self.ports = name, package, command, ports or {}
        self.files, self.folders, self.before, self.env, self.domain = files or {}, folders, before, env or {}, domain


def both(port, name, version):
    return {('tcp', port): (name, version), ('udp', port): (name, version)}


SERVERS = [
    Server('rpcbind', 'rpcbind', ['rpcbind', '-f'], both(111, 'rpcbind', '2-4')),
    Server('statd', 'nfs-common', ['rpc.statd', '-F', '-L', '-p', '32765', '-o', '32766', '-n', '127.0.0.1', '-P', '{dir}'], both(32765, 'status', '1'),
           folders=('sm', 'sm.bak')),
    Server('mountd', 'nfs-kernel-server', ['rpc.mountd', '-F', '-p', '20048'], both(20048, 'mountd', '1-3')),
    Server('rquotad', 'quota', ['rpc.rquotad', '-F', '-p', '32769'], both(32769, 'rquotad', '1-2')),
    Server('rstatd', 'rstatd', ['rpc.rstatd']),
    Server('rusersd', 'rusersd', ['rpc.rusersd']),
    Server('rwalld', 'rwalld', ['rpc.rwalld']),
    Server('ypserv', 'ypserv', ['ypserv', '-d', '-p', '834'], both(834, 'ypserv', '1-2'), domain=True),
    Server('yppasswdd', 'ypserv', ['rpc.yppasswdd', '-p', '835'], domain=True),
    Server('ypxfrd', 'ypserv', ['rpc.ypxfrd', '-p', '836'], both(836, 'fypxfrd', '1'), domain=True),
    Server('bootparamd', 'bootparamd', ['rpc.bootparamd', '-d', '-f', '{dir}/bootparams'], files={'bootparams': ''}),
    Server('ganesha', 'nfs-ganesha-vfs', ['ganesha.nfsd', '-F', '-f', '{dir}/c', '-L', '{dir}/log', '-p', '{dir}/pid'],
           {**both(2049, 'nfs', '3-4'), **both(20049, 'mountd', '1,3'), **both(32803, 'nlockmgr', '4'), **both(8875, 'rquotad', '1-2')},
           files={'c': GANESHA}, folders=('export',)),
    Server('glusterd', 'glusterfs-server', ['glusterd', '-N', '-f', '{dir}/c.vol', '-l', '{dir}/log', '-p', '{dir}/pid'], {('tcp', 24007): ('glusterd', '2-3')},
           files={'c.vol': GLUSTERD}, folders=('w',)),
    Server('kadmind', 'krb5-admin-server', ['kadmind', '-nofork'], {('tcp', 749): ('kadmind', '2')}, files={'krb5.conf': KRB5, 'kdc.conf': KDC, 'acl': ''},
           before=(['kdb5_util', 'create', '-s', '-P', 'live'],), env={'KRB5_CONFIG': '{dir}/krb5.conf', 'KRB5_KDC_PROFILE': '{dir}/kdc.conf'}),
]


def installed(package):
    asked = subprocess.run(['dpkg-query', '-W', '-f', '${db:Status-Status}', package], capture_output=True, text=True)
    return asked.stdout == 'installed'


def start(server, top):
    folder = top / server.name
    folder.mkdir()
    folder.chmod(0o755)
    words = {'dir': str(folder)}
    for name, text in server.files.items():
        (folder / name).write_text(text % words if '%(' in text else text)
    for name in server.folders:
        (folder / name).mkdir()
    env = {**os.environ, **{k: v.format(**words) for k, v in server.env.items()}}
    log = open(folder / 'output', 'wb')
    for command in server.before:
        subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=60, check=True)
    command = [word.format(**words) for word in server.command]
    if server.domain:  # the name of the NIS domain belongs to the UTS namespace
        command = ['unshare', '--uts', 'sh', '-c', 'domainname live.example; exec "$@"', 'sh'] + command
    return subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def listening():
    """{(proto, port)} of all sockets of this namespace that would hear us."""
    found = set()
    for proto in ('tcp', 'tcp6', 'udp', 'udp6'):
        for line in open(f'/proc/net/{proto}').readlines()[1:]:
            fields = line.split()
            if proto.startswith('udp') or fields[3] == '0A':
                found.add((proto[:3], int(fields[1].rsplit(':', 1)[1], 16)))
    return found


def rpcinfo():
    """{(program, version, proto, port)} as `rpcinfo -p` tells it."""
    told = subprocess.run(['rpcinfo', '-p', ADDRESS], capture_output=True, text=True, timeout=10)
    rows = [line.split() for line in told.stdout.splitlines()[1:]]
    return {(int(r[0]), int(r[1]), r[2], int(r[3])) for r in rows if len(r) > 3 and r[2] in ('tcp', 'udp')}


def versions_of(text):
    found = set()
    for part in (text or '').split(','):
        low, _, high = part.partition('-')
        if low:
            found |= set(range(int(low), int(high or low) + 1))
    return found


def scan(descry, ports, more=()):
    """The ports of descry's JSON: {(proto, port): port object}, and how long it took."""
    words = ','.join(f'{"U" if proto == "udp" else "T"}:{port}' for proto, port in sorted(ports))
    began = time.monotonic()
    done = subprocess.run([descry, '-sT', '-sU', '-Pn', '-n', '-p', words, '-oJ', '-', *more, ADDRESS], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=WITHIN)
    took = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(f'exit code {done.returncode}: {done.stderr}')
    return {(p['proto'], p['port']): p for line in done.stdout.splitlines() for p in json.loads(line)['ports']}, took


def found_set(ports, origins):
    """What the ports themselves said, as rows of rpcinfo."""
    return {(r['program'], v, proto, port) for (proto, port), p in ports.items() for r in p.get('rpc', []) if r['origin'] in origins and not r.get('stale')
            for v in versions_of(r.get('versions'))}


def rows(found):
    return ', '.join(f'{p} {v} {proto}/{port}' for p, v, proto, port in sorted(found, key=lambda r: (r[2], r[3], r[0], r[1])))


def fault_of_names(ports, expected):
    faults = []
    for where, (name, version) in expected.items():
        service = ports.get(where, {}).get('service', {})
        said = service.get('name'), service.get('version')
        if said != (name, version) or not service.get('info', '').startswith('RPC #'):
            faults.append(f'{where[1]}/{where[0]}: {said} {service.get("info")!r}, expected {(name, version)}')
    return '\n'.join(faults) or None


def fault_of_sets(found, told):
    """Every registration is found, and at registered ports nothing else is."""
    at = {(proto, port) for _, _, proto, port in told}
    missing = told - found
    beyond = {r for r in found if (r[2], r[3]) in at} - told
    faults = [f'missing: {rows(missing)}'] if missing else []
    faults += [f'not registered: {rows(beyond)}'] if beyond else []
    return '\n'.join(faults) or None


def null_call(xid, program=100004, version=2):
    return struct.pack('>10I', xid, 0, 2, program, version, 0, 0, 0, 0, 0)


class OtherClient(threading.Thread):
    """Calls ypserv over udp again and again, as a client of it would, while descry asks it."""

    def __init__(self):
        super().__init__(daemon=True)
        self.slowest, self.calls, self.lost, self.over = 0.0, 0, 0, threading.Event()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            while not self.over.is_set():
                began = time.monotonic()
                s.sendto(null_call(self.calls), (ADDRESS, 834))
                try:
                    s.recv(100)
                except TimeoutError:
                    self.lost += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.calls += 1
                time.sleep(0.002)


def beside_another_client(descry, tap):
    other = OtherClient()
    other.start()
    ports, _ = scan(descry, {('tcp', 834)})
    other.over.set()
    other.join()
    fault = fault_of_names(ports, {('tcp', 834): ('ypserv', '1-2')})
    if not fault and (other.lost or other.calls < 5):
        fault = f'{other.lost} of {other.calls} calls of another client were lost, the slowest took {other.slowest * 1e3:.0f} ms'
    print(f'# another client of ypserv: {other.calls} calls during the grind, the slowest took {other.slowest * 1e3:.1f} ms')
    tap.result('ypserv serves another client during the grind', fault)


def compare(descry, tap, expected):
    told = rpcinfo()
    print(f'# rpcinfo -p: {len(told)} registrations')
    at = {(proto, port) for _, _, proto, port in told} | set(expected)
    ports, took = scan(descry, at)
    print(f'# {len(at)} ports with the portmapper: {took:.2f} s')
    tap.result('with the portmapper: names', fault_of_names(ports, expected))
    tap.result('with the portmapper: the same as rpcinfo -p', fault_of_sets(found_set(ports, ('both', 'asked')), told))
    tap.result('with the portmapper: all that is registered is confirmed',
               fault_of_sets(found_set(ports, ('both',)), told))
    rpc = subprocess.run([descry, 'rpc', '-Pn', '-n', ADDRESS], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WITHIN)
    table = {(int(r[0]), int(r[1]), r[2], int(r[3])) for r in map(str.split, rpc.stdout.split('\n\n')[0].splitlines()[2:]) if r[1].isdigit()}
    tap.result('descry rpc: the table of rpcinfo -p', fault_of_sets(table, told) if rpc.returncode == 0 else f'exit code {rpc.returncode}: {rpc.stderr}')
    return told, at


def compare_blocked(descry, tap, expected, told, at):
    """The portmapper does not answer: the ports tell the same."""
    at = {where for where in at if where[1] != 111}
    told = {r for r in told if r[3] != 111}
    ports, took = scan(descry, at | {('tcp', 111), ('udp', 111)})
    print(f'# {len(at)} ports without the portmapper: {took:.2f} s')
    tap.result('without the portmapper: names', fault_of_names(ports, {k: v for k, v in expected.items() if k[1] != 111}))
    tap.result('without the portmapper: the same as rpcinfo -p said', fault_of_sets(found_set(ports, ('asked',)), told))


def answers(port):
    """Does a tcp port answer a call? glusterd listens long before it does."""
    try:
        with socket.create_connection((ADDRESS, port), 2) as s:
            s.sendall(struct.pack('>I', 0x80000028) + null_call(1, 100000, 0xfffffff0))
            return len(s.recv(100)) > 0
    except OSError:
        return False


def wait_for(expected, servers, processes):
    """None, or what is not there."""
    end = time.monotonic() + START
    dynamic = {'rstatd': 100001, 'rusersd': 100002, 'rwalld': 100008, 'bootparamd': 100026, 'yppasswdd': 100009}
    wanted = {dynamic[s.name] for s in servers if s.name in dynamic}
    while True:
        absent = [f'{port}/{proto}' for proto, port in set(expected) - listening()]
        absent += [f'program {n}' for n in wanted - {r[0] for r in rpcinfo()}]
        absent += ['nlockmgr at the portmapper'] if any(s.name == 'ganesha' for s in servers) and 100021 not in {r[0] for r in rpcinfo()} else []
        if not absent:
            absent = [f'an answer at {port}' for proto, port in expected if proto == 'tcp' and not answers(port)]
        if not absent:
            return None
        if time.monotonic() > end:
            return f'not there after {START} s: {", ".join(sorted(absent))}'
        time.sleep(0.1)


def said(folder):
    logs = [folder / name for name in ('output', 'log') if (folder / name).exists()]
    return f'{folder.name}: ' + '\n'.join(log.read_text(errors='replace')[-600:] for log in logs)


def run(options, tap, top):
    servers, processes = [], {}
    for server in SERVERS:
        if options.names and server.name not in options.names + ['rpcbind']:
            continue
        if not installed(server.package):
            tap.skip(server.name, f'{server.package} is not installed')
            continue
        servers.append(server)
    if not servers or servers[0].name != 'rpcbind':
        return
    expected = {where: said for s in servers for where, said in s.ports.items()}
    for server in servers:
        processes[server.name] = start(server, top)
        if server.name == 'rpcbind':
            wait_for(server.ports, [server], processes)
    fault = wait_for(expected, servers, processes)
    tap.result('servers start', fault and fault + '\n' + '\n'.join(said(top / s.name) for s in servers))
    if fault:
        return
    if options.keep:
        subprocess.run([os.environ.get('SHELL', '/bin/sh')])
        return
    told, at = compare(options.descry, tap, expected)
    if 'ypserv' in processes:
        beside_another_client(options.descry, tap)
    processes['rpcbind'].send_signal(signal.SIGKILL)
    processes['rpcbind'].wait()
    compare_blocked(options.descry, tap, expected, told, at)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    parser.add_argument('--keep', action='store_true', help='start the servers and a shell beside them')
    parser.add_argument('names', nargs='*', help='only these servers, beside rpcbind')
    options = parser.parse_args()
    why = private_net.why_not()
    if why is None and not shutil.which('rpcinfo'):
        why = 'rpcbind (rpcinfo) is not installed'
    if why:
        skip_all(why)
    options.descry = os.path.abspath(options.descry)
    private_net.enter()  # all processes end with it
    for folder in ('/var/yp', '/var/lib/nfs'):
        if os.path.isdir(folder):
            subprocess.run(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'private', folder], check=True)
    for folder in ('/var/yp/live.example', '/var/lib/nfs/ganesha', '/var/lib/nfs/sm', '/run/rpcbind', '/run/ganesha', '/run/gluster'):
        os.makedirs(folder, exist_ok=True)
    tap = Tap()
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-rpc-'))
    top.chmod(0o755)
    try:
        run(options, tap, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    tap.done()


if __name__ == '__main__':
    main()
