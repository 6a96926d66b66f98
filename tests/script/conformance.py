#!/usr/bin/env python3
"""conformance.py runs the specification's own cases for script hosts (specs/script-host.md, section 6.2) where they lie, beside their golden results: sockets and
threads against the peers of srv.py, the forms of output, environment, host and port tables, arguments. Nothing of them is in this repository; where they
are not there, or a network namespace cannot be had, that is said aloud. What differs from the golden files stands in DIFFERS, a sentence each.
"""
import argparse
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib')]
import private_net  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

CASES = pathlib.Path('/work/shared/data/script-conformance')
FOREIGN = pathlib.Path('/usr/share/nmap')
PEERS = (7001, 7002, 7003, 7004, 7005, 7006, 7007, 443)

# Rows of sock.nse that are not as in either golden file: what descry says instead, and why (docs/scripts-compatibility.md).
DIFFERS = {
    'set_timeout -2': ('ERR  ["Negative timeout: -2.0"]', 'the golden text shows a number that was never set'),
    'versions': ('ret  [9, 1, 0, 3, "inet", false, true, 64, 0, nil, "float", "float"]', 'is_privileged: no raw packets'),
    'pcap_open lo': ('ERR  ["t/sock.nse:44: can\'t open pcap reader on lo"]', 'no capture of packets'),
    'ip_open/close': ('ERR  [<71 bytes>]', 'no raw packets: "failed to open raw socket: ..."'),
    'ip_send junk': ('ERR  [<71 bytes>]', 'the same, from ip_open'),
    'new_thread bad': ('ERR  ["function expected"]', 'the golden text names a line of the reference\'s own Lua'),
}

# What is chance in a row: how long it took, addresses in memory, how much of a flood had come, and under which of its two names Lua finds a function.
MASKS = [(r' ~\d+\.\d+s$', ''), (r'0x[0-9a-f]+', '0x'), (r'^(big receive\w*[^:]*): [1-9]\d{5,}$', r'\1: much'),
         (r"'nmap\.(socket\.new|new_socket)'", "'nmap.new_socket'")]


# ---- sockets, threads, mutexes: sock.nse

def rows_of(text, pem_length):
    """{name: what came of it} of a report of sock.nse; a name that comes again gets a number."""
    rows = {}
    for line in text.splitlines():
        line = line[2:].rstrip()
        for mask, instead in MASKS:
            line = re.sub(mask, instead, line)
            line = line.rstrip()
        line = re.sub(r', %d\]$' % pem_length, ', pem]', line) if line.startswith('cert ') else line
        parts = re.match(r'(.+?) {2,}((?:ret|ERR) .*)$', line)
        name, said = (parts[1], parts[2]) if parts else (line.split(':')[0], line)
        same = sum(1 for known in rows if known.split(' #')[0] == name)
        rows[name + (f' #{same + 1}' if same else '')] = said
    return rows


def report_rows(text, pem_length):
    """The rows between the script's heading and the last of its lines."""
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith('| sock:'))
    end = next(i for i, line in enumerate(lines) if line.startswith('|_') and i > begin)
    return rows_of('\n'.join(lines[begin + 1:end + 1]), pem_length)


def wait_for_peers():
    for port in PEERS:
        for _ in range(200):
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise RuntimeError(f'nothing listens on port {port}')


def start_peers(folder):
    """srv.py, and TLS on port 443 with a certificate like the golden one's."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'cert.pem', '-days', '365', '-subj', '/CN=test.example',
                    '-addext', 'subjectAltName=DNS:test.example,IP:127.0.0.1'], cwd=folder, check=True, capture_output=True)
    quiet = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL, 'cwd': folder}
    peers = [subprocess.Popen([sys.executable, '-B', str(CASES / 'srv.py')], **quiet),
             subprocess.Popen(['openssl', 's_server', '-accept', '443', '-cert', 'cert.pem', '-key', 'key.pem', '-quiet'], **quiet)]
    wait_for_peers()
    return peers


def play_sockets(descry, folder):
    pem = len((folder / 'cert.pem').read_bytes())
    done = subprocess.run([descry, '--script-path', str(FOREIGN), '--no-identify', '--script', 't/sock.nse'], cwd=folder, capture_output=True, text=True,
                          timeout=120, check=False)
    got = report_rows(done.stdout, pem)
    got['cert'] = got.get('cert', '').replace(f'"table", {time.gmtime().tm_year},', '"table", 2026,')
    return got


def sockets(descry, folder, tap):
    """The script waits half a second here and there for peers that pause: on a machine that has much to do it is played again, up to three times."""
    golden = [report_rows((CASES / f'sock.lua{v}.txt').read_text(), 1249) for v in ('54', '53')]
    wanted = {name: [DIFFERS[name][0]] if name in DIFFERS else [rows.get(name) for rows in golden] for name in golden[0]}
    peers = start_peers(folder)
    try:
        for _ in range(3):
            got = play_sockets(descry, folder)
            if all(got.get(name) in wanted[name] for name in wanted):
                break
    finally:
        for peer in peers:
            peer.kill()
            peer.wait()
    for name, rows in wanted.items():
        tap.result(f'sock: {name}', None if got.get(name) in rows else f'got      {got.get(name)}\nexpected {" or ".join(map(str, dict.fromkeys(rows)))}')
    tap.result('sock: no row beyond the golden ones', None if got.keys() <= golden[0].keys() else ' '.join(got.keys() - golden[0].keys()))
    tap.result('sock: every difference that is named is one', None if all(DIFFERS[n][0] not in (g.get(n) for g in golden) for n in DIFFERS) else 'a row is as the golden one')


# ---- what comes of results: output/o01.nse to o32.nse

def mask(text):
    return re.sub(r'0x[0-9a-f]+', '0x', text)


def xml_of(text):
    """{id: its <script> element, as bytes stand in the file}."""
    inside = text[text.index('<prescript>') + len('<prescript>'):text.index('</prescript>')]
    return {m[1]: mask(m[0]) for m in re.finditer(r'<script id="([^"]+)".*?(?=<script id=|$)', inside, re.S)}


def lines_of(text):
    """{id: its lines} in normal output."""
    found, name = {}, None
    for line in text.split('\n'):
        if not line.startswith('|'):
            # A carriage return or a form feed never begins a line: anything else ends the results.
            continue
        head = re.match(r'\|[ _](o\d\d): ', line)
        name = head[1] if head else name
        found.setdefault(name, []).append(mask(line))
    return found


def outputs(descry, folder, library, tap):
    done = subprocess.run([descry, *library, '--script', 't/output/', '-oX', 'out.xml'], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    got_xml, got_text = xml_of((folder / 'out.xml').read_text()), lines_of(done.stdout)
    word = 'foreign' if library else 'own'
    for golden in ('golden.xml', 'golden-host.xml'):
        wanted = xml_of((CASES / 'output' / golden).read_text())
        for name in sorted(wanted | got_xml):
            tap.result(f'xml ({word} library, {golden}): {name}', None if got_xml.get(name) == wanted.get(name) else f'got      {got_xml.get(name)!r}\nexpected {wanted.get(name)!r}')
    wanted = lines_of((CASES / 'output' / 'golden-host.txt').read_text())
    for name in sorted(wanted | got_text):
        tap.result(f'text ({word} library): {name}', None if got_text.get(name) == wanted.get(name) else f'got      {got_text.get(name)}\nexpected {wanted.get(name)}')


# ---- the other cases: what the specification says of them, each a pattern that must be found

KEYS = ('add_targets:function address_family:function clock:function clock_ms:function condvar:function debugging:function dnet:table fetchfile:function '
        'get_dns_servers:function get_interface:function get_interface_info:function get_payload_length:function get_port_state:function get_ports:function '
        'get_random_bytes:function get_ttl:function have_ssl:function is_privileged:function list_interfaces:function log_write:function mutex:function '
        'new_dnet:function new_socket:function new_targets_num:function new_try:function port_is_excluded:function registry:table resolve:function '
        'set_port_state:function set_port_version:function socket:table timing_level:function verbosity:function version_intensity:function')
HOOKS = ('base', 'getid', 'gethostport', 'getinfo', 'gettid', 'isworker', 'new_thread', 'silent_require', 'sleep')
ENVIRONMENT = {
    'Lua 5.4, with the shim for 5.3': r'\| Lua 5\.4\n\| 3\n\| 6\n\| 11\n\| abc\n',
    'global names': r'\| _G _VERSION assert collectgarbage coroutine debug error getmetatable io ipairs lfs load loadfile lpeg math next nmap openssl os package '
                    r'pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8 xpcall zlib\n',
    'the keys of nmap': r'\| ' + re.escape(KEYS) + r'\n',
    'the keys of nmap.socket': r'\| socket: get_stats loop new parse_ssl_certificate sleep\n',
    'the metatable of sockets is protected': r'\| sockmt: *\n',
    'the hooks in stdnse': r'\| stdnse: ' + ''.join(rf'(?=[^\n]*\b{name}\b)' for name in HOOKS),
    'type, name and path of the script': r'\| prerule x t/x\.nse\n',
    'modules that are loaded': r'\| loaded: ' + ''.join(rf'(?=[^\n]*\b{re.escape(n)}( |\n))' for n in ('nmap.socket', 'nmap.dnet', 'lpeg', 'lfs', 'openssl', 'stdnse', 'strict', 'tableaux')),
    'an undeclared name is an error': r"variable 'undeclaredthing' is not declared",
}
ZLIB = {
    'a whole text': r'full\\x09true\\x091200',
    'a stream': r'inflate\\x091200',
    'rubbish as a whole': r'false\\x09failed to process zlib stream',
    'rubbish as a stream': r'false\\x09t/z.nse:2: failed to decompress \[-3\]',
    'a cut stream gives what there is': r'trunc inflate\\x09true\\x09[1-9]',
    'a cut text ends': r'trunc\\x09true\\x09h',
}
HOST = {
    'address': r'ip: "127\.0\.0\.1"', 'name': r'name: ".*"', 'reason': r'reason: "[a-z-]+"', 'ttl': r'reason_ttl: \d+ \(integer\)',
    'binary address': r'bin_ip: ".+"', 'source': r'bin_ip_src: ".+"', 'interface': r'interface: "lo"', 'mtu': r'interface_mtu: 65536 \(integer\)',
    'times': r'times: \(table\)', 'srtt': r'srtt: [\d.e-]+ \(float\)', 'rttvar': r'rttvar: [\d.e-]+ \(float\)', 'timeout': r'timeout: [\d.e-]+ \(float\)',
    'registry': r'registry: \(table\)', 'handle': r'_Target: userdata',
}
PORT = {
    'number': r'number: 7003 \(integer\)', 'protocol': r'protocol: "tcp"', 'state': r'state: "open"', 'reason': r'reason: "syn-ack"', 'ttl': r'reason_ttl: \d+ \(integer\)',
    'version': r'version: \(table\)', 'cpe': r'cpe: \(table\)', 'confidence': r'name_confidence: 3\.0 \(float\)', 'tunnel': r'service_tunnel: "none"',
    'method': r'service_dtype: "table"', 'service': r'service: "afs3-vlserver"', 'name': r'  name: "afs3-vlserver"',
}
ARGUMENTS = [
    ('a', {'1': '"a"'}),
    ('a={b,c=d},e="x\\"y", f = g h ,i=', {'a': '{ [1] = "b", ["c"] = "d", }', 'e': '"x\\"y"', 'f': '"g h"', 'i': '""'}),
    ('a,,b', {'1': '"a"', '2': '""', '3': '"b"'}),
    ('{a}', {'1': '{ [1] = "a", }'}),
]


def found_in(tap, what, text, patterns):
    for name, pattern in patterns.items():
        tap.result(f'{what}: {name}', None if re.search(pattern, text) else f'nothing like {pattern} in:\n{text}')


def arguments(run, tap):
    for given, wanted in ARGUMENTS:
        text = re.sub(r'\s+', ' ', run('t/args.nse', '--script-args', given))
        missing = [f'[{k if k.isdigit() else chr(34) + k + chr(34)}] = {v}' for k, v in wanted.items()]
        missing = [m for m in missing if m not in text]
        tap.result(f'args: {given}', None if not missing else f'no {missing} in:\n{text}')
    for given in ('a=b=c', 'a={b'):
        tap.result(f'args: {given} is refused', None if 'arguments did not parse!' in run('t/args.nse', '--script-args', given) else 'it was not')


def ports(run, tap):
    """A host with open ports: gp.nse lists the tcp ones and no other, dump.nse shows host and port."""
    listeners = [socket.create_server(('127.0.0.1', n)) for n in (7003, 7005)]
    text = run('t/gp.nse', '--no-identify', '-p', '7003-7005', '-Pn', '127.0.0.1')
    tap.result('gp: open tcp ports one after another', None if re.search(r'gp: 7003/tcp 7005/tcp$', text, re.M) else text)
    text = run('t/dump.nse', '--no-identify', '-p', '7003', '-Pn', '127.0.0.1')
    host, port = text[text.index('Of the host:'):], text[:text.index('Of the host:')]
    found_in(tap, 'dump, host', host, HOST)
    found_in(tap, 'dump, port', port, PORT)
    for listener in listeners:
        listener.close()


def others(descry, folder, library, tap):
    def run(script, *more):
        done = subprocess.run([descry, *library, '--script', script, *more], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr

    found_in(tap, 'x', run('t/x.nse'), ENVIRONMENT)
    found_in(tap, 'z', run('t/z.nse'), ZLIB)
    arguments(run, tap)
    ports(run, tap)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    descry = str(pathlib.Path(parser.parse_args().descry).resolve())
    if not CASES.exists():
        skip_all(f'{CASES} is not there')
    why = private_net.why_not() or (None if shutil.which('openssl') else 'openssl is not installed')
    if why:
        skip_all(why)
    private_net.enter()
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 't').symlink_to(CASES)
        library = ['--script-path', str(FOREIGN)]
        outputs(descry, folder, [], tap)
        if (FOREIGN / 'scripts' / 'script.db').exists():
            outputs(descry, folder, library, tap)
            others(descry, folder, library, tap)
            sockets(descry, folder, tap)
        else:
            tap.skip('sockets, environment, tables, arguments', f'{FOREIGN}/scripts is not installed')
    tap.done()


if __name__ == '__main__':
    main()
