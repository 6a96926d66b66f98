#!/usr/bin/env python3
"""live.py runs descry's own scripts, in descry's own host, against real servers of Debian packages (the tables of tests/live and of script_servers.py) and against peers that this file
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
from script_servers import DEVICE_ADDRESS, NEED_TUN, WIREGUARD_PEER, WIREGUARD_PUBLIC  # noqa: E402
from script_servers import SERVERS as OWN_SERVERS  # noqa: E402
from servers import SERVERS  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ADDRESS = '127.0.0.1'
ELSEWHERE = {'miniupnpd': DEVICE_ADDRESS}
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
    ('snmpd', 161, 'udp', 'snmp-sysdescr', '', [r'sysDescr: \S+', r'sysObjectID: .*\(Net-SNMP\)', r'uptime: \d']),
    ('snmpd', 161, 'udp', 'snmp-brute', 'snmp-brute.communities={wrong,public,other},snmp-brute.pause=0.1', [r'snmp-brute:\s+\|_ +public\n']),
    ('openvpn-udp', 1194, 'udp', '+openvpn-version', '', [r'1194/udp +open +openvpn +OpenVPN']),
    ('openvpn-tcp', 1195, 'tcp', '+openvpn-version', '', [r'1195/tcp +open +openvpn +OpenVPN']),
    ('coturn', 3478, 'udp', 'stun-version', '', [r'software: Coturn-{package}', r'mapped address: 127.0.0.1:\d+']),
    ('coturn', 3478, 'tcp', 'stun-version', '', [r'software: Coturn-{package}']),
    ('strongswan', 500, 'udp', 'ike-version', '', [r'strongSwan']),
    ('xrdp', 3389, 'tcp', 'rdp-info', '', [r'TLS: yes', r'CredSSP \(NLA\): no']),
    ('rpcbind', 111, 'tcp', 'rpcinfo', '', [r'100000 +2,3,4 +111/udp +rpcbind']),
    ('rpcbind', 111, 'udp', 'rpcinfo', '', [r'100000 +2,3,4 +111/tcp +rpcbind']),
    ('rpcbind', 111, 'tcp', 'rpc-grind', 'rpc-grind.ask', [r'programs asked: 1\d\d\d', r'rpcbind \(100000\) versions 2-4']),
    ('samba', 445, 'tcp', 'smb-protocols', '', [r'NT LM 0.12 \(SMB 1\)', r'2\.0\.2', r'3\.1\.1', r'signing: required']),
    ('avahi', 5353, 'udp', 'dns-service-discovery', '', [r'9/tcp workstation', r'name: live']),
    ('miniupnpd', 1900, 'udp', 'upnp-info', '', [r'name: live', r'model: Debian router', r'MiniUPnPd/{package}']),
    ('wireguard', 51820, 'udp', 'version', f'wireguard.publickey="{WIREGUARD_PUBLIC}",wireguard.privatekey="{WIREGUARD_PEER}"', [r'51820/udp +open +wireguard +WireGuard']),
    ('wireguard', 51820, 'udp', 'wireguard-info', f'wireguard.publickey={{"{WIREGUARD_PEER}","{WIREGUARD_PUBLIC}"}},wireguard.privatekey={WIREGUARD_PEER[:-1]}',
     [r'public key: D6tzrIL', r'answer: response']),
    ('wireguard', 51820, 'udp', 'wireguard-info', f'wireguard.publickey={WIREGUARD_PUBLIC[:-1]}', [r'51820/udp +open.filtered']),
    ('manual', 8090, 'tcp', 'http-generator', '', [r'http-generator: (AsciiDoc|DocBook)']),
    ('ntpsec', 123, 'udp', 'ntp-info', '', [r'version: ntpd ntpsec-{package}']),
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


def amqp(data, count):
    if not data.startswith(b'AMQP\0\0\x09\x01'):
        return b'AMQP\0\0\x09\x01'
    fields = b''.join(bytes([len(k)]) + k + b'S' + struct.pack('>I', len(v)) + v for k, v in ((b'product', b'RabbitMQ'), (b'version', b'3.12.1')))
    body = struct.pack('>HHBB', 10, 10, 0, 9) + b''.join(struct.pack('>I', len(t)) + t for t in (fields, b'PLAIN', b'en_US'))
    return struct.pack('>BHI', 1, 0, len(body)) + body + b'\xce'


def rtsp(data, count):
    sequence = re.search(rb'\r\nCSeq: *(\d+)\r\n', data, re.I)
    if not data.startswith(b'OPTIONS ') or not sequence:
        return b'RTSP/1.0 400 Bad Request\r\n\r\n'
    return b'RTSP/1.0 200 OK\r\nCSeq: %s\r\nPublic: OPTIONS, DESCRIBE, PLAY\r\nServer: Example Streamer/1.2\r\n\r\n' % sequence.group(1)


def elasticsearch(data, count):
    body = b'{"name":"n1","cluster_name":"docs","version":{"number":"8.13.4","lucene_version":"9.10.0"},"tagline":"You Know, for Search"}'
    return b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s' % (len(body), body)


def bson(fields):
    """bsonspec.org 1.1: doubles, texts and 32-bit numbers."""
    out = b''
    for name, value in fields.items():
        kind, coded = ((b'\1', struct.pack('<d', value)) if isinstance(value, float) else (b'\x10', struct.pack('<i', value)) if isinstance(value, int)
                       else (b'\2', struct.pack('<I', len(value) + 1) + value.encode() + b'\0'))
        out += kind + name.encode() + b'\0' + coded
    return struct.pack('<I', len(out) + 5) + out + b'\0'


def mongodb(data, count):
    if len(data) < 16:
        return b''
    size, request, _, code = struct.unpack('<IIII', data[:16])
    if code == 2004 and b'isMaster' in data:
        body, code = struct.pack('<IQII', 8, 0, 0, 1) + bson({'maxWireVersion': 17, 'setName': 'rs0', 'ok': 1.0}), 1
    elif code == 2013 and b'buildInfo' in data:
        body = struct.pack('<IB', 0, 0) + bson({'version': '6.0.13', 'gitVersion': 'abc', 'ok': 1.0})
    else:
        return b''
    return struct.pack('<IIII', len(body) + 16, 7, request, code) + body


def ntp(data, count):
    if data[0] & 7 == 3:
        return b'\x24\2\3\xe9' + bytes(8) + bytes([192, 0, 2, 1]) + bytes(8) + data[40:48] + struct.pack('>II', 3900000000, 0) * 2
    text = b'version="ntpd 4.2.8p15@1.3728-o", processor="x86_64", system="Linux/6.1.0", leap=0'
    return data[:1] + b'\x82' + data[2:4] + struct.pack('>HHHH', 0x615, 0, 0, len(text)) + text + bytes(-len(text) % 4)


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
    ('amqp', 5672, 'tcp', amqp, '+amqp-info', [r'mechanisms: PLAIN', r'RabbitMQ 3.12.1'], []),
    ('rtsp', 554, 'tcp', rtsp, '+rtsp-methods', [r'methods: OPTIONS, DESCRIBE, PLAY', r'server: Example Streamer/1.2'], []),
    ('elasticsearch', 9200, 'tcp', elasticsearch, '+elasticsearch-info', [r'cluster_name: docs', r'lucene_version: 9.10.0', r'8\.13\.4'], []),
    ('mongodb', 27017, 'tcp', mongodb, '+mongodb-info', [r'replicaSet: rs0', r'gitVersion: abc', r'MongoDB 6\.0\.13'], []),
    ('ntp', 1230, 'udp', ntp, '+ntp-info', [r'stratum: 2', r'reference: 192.0.2.1', r'system: Linux/6.1.0', r'ntp +NTP 4\.2\.8p15'], []),
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

def look(descry, port, proto, script, arguments, address=ADDRESS):
    command = [descry, '-sU' if proto == 'udp' else '-sT', '-Pn', '-n', '-p', str(port)]
    command += ['-sV'] if script == 'version' else ['--script', script]
    command += ['--script-args', arguments] if arguments else []
    try:
        done = subprocess.run(command + [address], stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN)
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
    for server in SERVERS + OWN_SERVERS:
        if server.name not in wanted:
            continue
        if servers_of.package_version(server.package) is None:
            tap.skip(server.name, f'{server.package} is not installed')
            continue
        if server.name in NEED_TUN and not os.path.exists('/dev/net/tun'):
            tap.skip(server.name, 'no /dev/net/tun')
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
        looks = looked(options, [(*row[1:5], ELSEWHERE.get(row[0], ADDRESS)) for row in rows])
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
