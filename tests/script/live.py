#!/usr/bin/env python3
"""live.py runs descry's own scripts, in descry's own host, against real servers of Debian packages (the table of tests/live) and against peers that this file
plays where no package has one: live.py --descry build/descry [NAME...]"""
import argparse
import asyncio
import base64
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE.parent / 'live')]
import private_net  # noqa: E402
import run as servers_of  # noqa: E402
from servers import SERVERS  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ADDRESS = '127.0.0.1'
WITHIN = 30

# server, port, protocol, script, arguments, what its output must say (regular expressions); {fingerprint} and {package} are filled in.
REAL = [
    ('openssh', 22, 'tcp', 'ssh-hostkey', '', [r'256 SHA256:{fingerprint} \(ssh-ed25519\)']),
    ('openssh', 22, 'tcp', 'ssh2-enum-algos', '', [r'kex_algorithms: \(\d+\)', r'curve25519-sha256', r'chacha20-poly1305@openssh.com']),
    ('dropbear', 2222, 'tcp', 'ssh-hostkey', '', [r'256 SHA256:{fingerprint} \(ssh-ed25519\)']),
    ('nginx', 80, 'tcp', 'http-title', '', [r'http-title: live']),
    ('nginx', 80, 'tcp', 'http-server-header', '', [r'nginx/{package}']),
    ('nginx', 443, 'tcp', 'http-title', '', [r'http-title: live']),
    ('nginx', 443, 'tcp', 'ssl-cert', '', [r'Subject: commonName=live.example', r'Public Key bits: 2048', r'Not valid after: +\d{4}-', r'SHA-1: {sha1}']),
    ('nginx', 443, 'tcp', 'tls-versions', '', [r'TLSv1.2: TLS_ECDHE_RSA_']),
    ('nginx', 443, 'tcp', 'tls-alpn', '', [r'http/1.1']),
    ('postfix', 25, 'tcp', 'ssl-cert', '', [r'commonName=live.example']),
    ('postfix', 25, 'tcp', 'tls-versions', '', [r'TLSv1.3: TLS_']),
    ('dovecot', 143, 'tcp', 'tls-versions', '', [r'TLSv1.2: TLS_ECDHE_RSA_', r'TLSv1.3: TLS_']),
    ('vsftpd', 21, 'tcp', 'ssl-cert', '', []),
    ('python', 8000, 'tcp', 'http-title', '', [r'http-title: live']),
    ('cups', 631, 'tcp', 'ipp-info', '', [r'cups-version: 2\.']),
    ('redis', 6379, 'tcp', 'redis-info', '', [r'Version: {package}', r'Role: master']),
    ('memcached', 11211, 'tcp', 'memcached-info', '', [r'Version: {package}', r'Current connections: \d+']),
    ('mariadb', 3306, 'tcp', 'mysql-info', '', [r'Version: .*{package}-MariaDB', r'Auth Plugin Name: \w+']),
    ('postgresql', 5432, 'tcp', 'pgsql-info', '', [r'protocols: 3.0 to 3.0', r'source: postmaster.c:\d+']),
    ('etcd', 2379, 'tcp', 'etcd-info', '', [r'etcdserver: {package}']),
    ('mosquitto', 1883, 'tcp', 'mqtt-info', '', [r'connect: accepted', r'mosquitto version {package}']),
    ('slapd', 389, 'tcp', 'ldap-rootdse', '', [r'configContext: cn=config', r'supportedLDAPVersion: 3']),
    ('bind', 53, 'udp', 'dns-version', '', [r'{package}.* \(version.bind\)']),
    ('bind', 53, 'tcp', 'dns-nsid', '', [r'bind.version: {package}']),
    ('unbound', 5301, 'udp', 'dns-nsid', '', [r'bind.version: unbound {package}']),
    ('unbound', 5301, 'udp', 'dns-recursion', '', [r'Recursion is offered']),
    ('dnsmasq', 5302, 'udp', 'dns-nsid', '', [r'bind.version: dnsmasq-{package}']),
    ('snmpd', 161, 'udp', 'snmp-info', '', [r'enterprise: Net-SNMP \(8072\)', r'snmpEngineTime: ']),
    ('prosody', 5222, 'tcp', 'xmpp-info', 'xmpp.servername=localhost', [r'from: localhost', r'version: 1.0']),
    ('xvnc', 5901, 'tcp', 'vnc-info', '', [r'Protocol version: 3.8', r'Security types:']),
]


# ---- peers that are played

def skype(data, count):
    return b'HTTP/1.0 404 Not Found\r\n\r\n' if data.startswith(b'GET') else os.urandom(26)


def not_skype(data, count):
    return b'HTTP/1.0 404 Not Found\r\n\r\n' if data.startswith(b'GET') else bytes(range(130, 156))


def docker(data, count):
    body = b'{"Version":"24.0.7","ApiVersion":"1.43","Os":"linux"}' if b' /version ' in data else b'{"message":"page not found"}'
    status = b'200 OK' if b' /version ' in data else b'404 Not Found'
    return b'HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' % (status, len(body), body)


def modbus(data, count):
    if data[7:8] != b'\x2b':
        return data[:4] + b'\0\3' + data[6:7] + bytes([data[7] | 0x80, 1]) if len(data) > 7 else b''
    objects = b''.join(bytes([i, len(t)]) + t for i, t in enumerate((b'Example Automation', b'EA-340', b'v2.60')))
    pdu = b'\x2b\x0e\x01\x01\x00\x00\x03' + objects
    return data[:4] + struct.pack('>H', len(pdu) + 1) + data[6:7] + pdu


def jdwp(data, count):
    if data.startswith(b'JDWP'):
        return b'JDWP-Handshake'
    if data[9:11] != b'\1\1':
        return b''
    texts = [b'Java Debug Wire Protocol version 17.0', b'17.0.10', b'OpenJDK 64-Bit Server VM']
    body = struct.pack('>I', len(texts[0])) + texts[0] + struct.pack('>II', 17, 0) + b''.join(struct.pack('>I', len(t)) + t for t in texts[1:])
    return struct.pack('>IIBH', len(body) + 11, struct.unpack('>I', data[4:8])[0], 0x80, 0) + body


def sip(data, count):
    if not data.startswith(b'OPTIONS'):
        return b''
    kept = [line for line in data.split(b'\r\n') if line.split(b':')[0] in (b'Via', b'From', b'To', b'Call-ID', b'CSeq')]
    return b'\r\n'.join([b'SIP/2.0 200 OK'] + kept + [b'Server: Asterisk PBX 18.20.0', b'Allow: INVITE, ACK, OPTIONS', b'Content-Length: 0', b'', b''])


def iax2(data, count):
    return b'\x80\x05' + bytes([data[0] & 0x7f, data[1]]) + data[4:8] + b'\0\1\6\3' if data[10:12] == b'\6\x1e' else b''


def bacnet(data, count):
    known = {77: b'AHU-1', 121: b'Example Controls', 70: b'EC-100', 44: b'3.2'}
    if data[:2] != b'\x81\x0a' or len(data) < 17:
        return b''
    text = known.get(data[-1])
    answer = (bytes([0x30, data[8], 12]) + data[10:15] + b'\x19' + data[-1:] + b'\x3e\x75' + bytes([len(text) + 1, 0]) + text + b'\x3f' if text
              else bytes([0x50, data[8], 12]) + b'\x91\2\x91\x20')
    return b'\x81\x0a' + struct.pack('>H', len(answer) + 6) + b'\1\0' + answer


def endless(data, count):
    return None  # played by hand: never stops talking


# name, port, protocol, how it answers, script, what the output must say, and what it must not.
PLAYED = [
    ('skype', 21041, 'tcp', skype, 'version', [r'21041/tcp +open +skype2 +Skype'], []),
    ('not-skype', 21042, 'tcp', not_skype, 'version', [r'21042/tcp +open'], [r'skype']),
    ('docker', 2375, 'tcp', docker, '+docker-version', [r'ApiVersion: 1.43', r'Docker Engine 24.0.7'], []),
    ('modbus', 502, 'tcp', modbus, '+modbus-info', [r'ProductCode: EA-340'], []),
    ('jdwp', 5005, 'tcp', jdwp, '+jdwp-version', [r'Java Debug Wire Protocol version 17.0'], []),
    ('sip', 5060, 'udp', sip, 'sip-options', [r'methods: INVITE, ACK, OPTIONS', r'Asterisk'], []),
    ('iax2', 4569, 'udp', iax2, '+iax2-version', [r'4569/udp +open +iax2?'], []),
    ('bacnet', 47808, 'udp', bacnet, 'bacnet-info', [r'object-name: AHU-1', r'model-name: EC-100'], []),
    ('endless', 8001, 'tcp', endless, '+http-title,+ssh2-enum-algos,+redis-info,+mongodb-info', [r'8001/tcp +open'], [r'rror']),
]


class Peers:
    """All played peers, on a thread of their own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        threading.Thread(target=self.work, daemon=True).start()
        self.ready.wait()

    def work(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.listen())
        self.ready.set()
        self.loop.run_forever()

    async def listen(self):
        for _, port, proto, answer, *_ in PLAYED:
            if proto == 'tcp':
                await asyncio.start_server(self.client(answer), ADDRESS, port)
            else:
                await self.loop.create_datagram_endpoint(lambda a=answer: Datagrams(a), (ADDRESS, port))

    @staticmethod
    def client(answer):
        async def serve(reader, writer):
            count = 0
            try:
                while data := await reader.read(4096):
                    if answer is endless:
                        while True:
                            writer.write(b'A' * 16384)
                            await writer.drain()
                    count += 1
                    writer.write(answer(data, count))
                    await writer.drain()
            except OSError:
                pass
            writer.close()
        return serve


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self.answer = answer

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        reply = self.answer(data, 0)
        if reply:
            self.transport.sendto(reply, address)


# ---- one look

def look(descry, port, proto, script, arguments):
    command = [descry, '-sU' if proto == 'udp' else '-sT', '-Pn', '-n', '-p', str(port)]
    command += ['-sV'] if script == 'version' else ['--script', script]
    command += ['--script-args', arguments] if arguments else []
    try:
        done = subprocess.run(command + [ADDRESS], stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN)
    except subprocess.TimeoutExpired:
        return None, f'not done after {WITHIN} s'
    out = done.stdout.decode('utf-8', 'replace') + done.stderr.decode('utf-8', 'replace')
    return out, f'exit code {done.returncode}\n{out}' if done.returncode else None


def fault_of(out, patterns, never):
    for pattern in patterns:
        if not re.search(pattern, out):
            return f'no {pattern!r} in\n{out}'
    for pattern in list(never) + ['Script execution failed']:
        if re.search(pattern, out):
            return f'{pattern!r} in\n{out}'
    return None


def fingerprint(folder):
    """SHA256 of the host key, by OpenSSH's own tool where it can read it."""
    for name in ('key.pub', 'key'):
        path = folder / name
        if path.exists() and name.endswith('.pub'):
            return base64.b64encode(hashlib.sha256(base64.b64decode(path.read_text().split()[1])).digest()).decode().rstrip('=')
        if path.exists() and shutil.which('dropbearkey'):
            said = subprocess.run(['dropbearkey', '-y', '-f', str(path)], capture_output=True, text=True).stdout
            found = re.search(r'^ssh-ed25519 (\S+)', said, re.M)
            if found:
                return base64.b64encode(hashlib.sha256(base64.b64decode(found.group(1))).digest()).decode().rstrip('=')
    return 'none'


def certificate_sha1(top):
    said = subprocess.run(['openssl', 'x509', '-in', str(top / 'tls/cert.pem'), '-noout', '-fingerprint', '-sha1'], capture_output=True, text=True, check=True).stdout
    digits = said.strip().split('=')[1].replace(':', '').lower()
    return ' '.join(digits[i:i + 4] for i in range(0, 40, 4))


def looked(options, what):
    """The results of several looks, a few at a time: they mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        yield from pool.map(lambda one: look(options.descry, *one), what)


def run_played(options, tap):
    Peers()
    rows = [row for row in PLAYED if not options.names or row[0] in options.names]
    looks = looked(options, [(port, proto, script, '') for _, port, proto, _, script, _, _ in rows])
    for (name, port, proto, _, script, patterns, never), (out, fault) in zip(rows, looks):
        tap.result(f'{name} {port}/{proto} {script} (played)', fault or fault_of(out, patterns, never))


def start(tap, top, wanted):
    """{name: Running} of the servers that could be started."""
    running = {}
    for server in SERVERS:
        if server.name not in wanted:
            continue
        if servers_of.package_version(server.package) is None:
            tap.skip(server.name, f'{server.package} is not installed')
            continue
        one = servers_of.Running(server, top)
        running[server.name] = one
        try:
            one.start()
        except (OSError, subprocess.SubprocessError) as bad:
            tap.fail(f'{server.name} starts', bad)
    for name, one in list(running.items()):
        why = one.wait() if one.process else 'not started'
        if why:
            tap.fail(f'{name} starts', f'{why}\n{one.said()}')
            one.stop()
            del running[name]
    return running


def run_real(options, tap, top):
    servers_of.make_certificate(top / 'tls')
    servers_of.make_page(top / 'www')
    rows = [row for row in REAL if not options.names or row[0] in options.names]
    running = start(tap, top, {row[0] for row in rows})
    try:
        sha1 = certificate_sha1(top)
        rows = [row for row in rows if row[0] in running]
        looks = looked(options, [row[1:5] for row in rows])
        for (name, port, proto, script, _, patterns), (out, fault) in zip(rows, looks):
            one = running[name]
            words = {'package': re.escape(servers_of.upstream(servers_of.package_version(one.server.package))), 'fingerprint': re.escape(fingerprint(one.dir)), 'sha1': sha1}
            filled = [re.sub(r'\{(package|fingerprint|sha1)\}', lambda m: words[m.group(1)], p) for p in patterns]
            tap.result(f'{name} {port}/{proto} {script}', fault or fault_of(out, filled, []))
    finally:
        for one in running.values():
            one.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    parser.add_argument('names', nargs='*', help='only these servers and peers')
    options = parser.parse_args()
    why = private_net.why_not()
    if why is None and not (shutil.which('dpkg-query') and shutil.which('openssl')):
        why = 'no dpkg-query or openssl here'
    options.descry = os.path.abspath(options.descry)
    if why is None and subprocess.run([options.descry, '--script-help', 'http-title'], capture_output=True).returncode:
        why = 'this build has no scripts'
    if why:
        skip_all(why)
    private_net.enter()
    tap = Tap()
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-scripts-'))
    top.chmod(0o755)
    try:
        run_played(options, tap)
        run_real(options, tap, top)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    tap.done()


if __name__ == '__main__':
    main()
