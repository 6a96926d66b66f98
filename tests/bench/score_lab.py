#!/usr/bin/env python3
"""score_lab.py scans the lab's real servers (/tmp/lab, see ../shared/lab/README.md) and says what was named right.

    score_lab.py [--build build] [--lab /tmp/lab] [--all] [--start] [NAME...]

It scans all servers of the lab's registry that are up (or those named; --start starts them first) and prints what is not right, with --all everything, then a table. A port counts
  service   right if the registry's expression matches the name, and TLS was entered where it is expected
  product   right if the expression matches product or information, missing if nothing is named, wrong if something else is
  version   right if it is the package's upstream version (dpkg's, without epoch, Debian's revision and what was repacked) or begins with it up to a
            non-digit; missing if none is told; wrong if another. What a server tells of another's version (a library's) must not be in the version
A server that was up before the scan and is not afterwards is named: our questions must not end one. It ends with 1 if one did, or if anything is wrong."""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
Row = collections.namedtuple('Row', 'name package version proto port service product tls state note')


def upstream(version):
    """1:2.3.19.1+dfsg1-2.1+deb12u7 is 2.3.19.1."""
    version = version.split(':', 1)[-1]
    version = version.rsplit('-', 1)[0] if '-' in version else version
    return re.split(r'[+~]', version)[0]


class Lab:
    def __init__(self, folder):
        self.script = f'{folder}/lab.sh'

    def run(self, *words, **more):
        return subprocess.run([self.script, *words], capture_output=True, text=True, **more).stdout

    def version_of(self, package):
        return self.run('inroot', 'dpkg-query', '-W', '-f', '${Version}', package)

    def rows(self):
        """The registry's; the ONC RPC programs (registry.rpc) are another part's."""
        names = set(self.run('names').split())
        rows = [Row(*(line + '\t' * 10).split('\t')[:10]) for line in self.run('list').splitlines()]
        return [row for row in rows if row.name in names]

    def scan(self, descry, proto, ports):
        with tempfile.NamedTemporaryFile(suffix='.jsonl') as out:
            self.run('exec', os.path.abspath(descry), '-Pn', '-n', '-sU' if proto == 'udp' else '-sT', '--allports', '-p', ','.join(sorted(ports, key=int)),
                     '-oJ', out.name, '127.0.0.1', timeout=600)
            return {(p['proto'], str(p['port'])): p for line in open(out.name) for p in json.loads(line)['ports']}


# Where another package's version is right: (name, port): package
OTHERS = {('sslh', '4443'): 'nginx-light', ('zookeeper', '8091'): 'libjetty9-java'}


def version_verdict(row, told):
    if not told:
        return 'missing'
    package = upstream(row.version)
    return 'right' if re.match(re.escape(package) + r'(?![\d])', told) else 'wrong'


def judge(row, port):
    """(service, product, version): right, missing, wrong; '-' where nothing is expected."""
    said = port.get('service') or {}
    if said.get('method') != 'probed':
        return ('missing', 'missing' if row.product else '-', 'missing')
    tunnel = row.tls != 'tls' or said.get('tunnel') in ('tls', 'dtls', 'ssl')
    service = 'right' if re.fullmatch(row.service, said.get('name', ''), re.I) and tunnel else 'wrong'
    texts = ' '.join(said.get(k) or '' for k in ('product', 'info'))
    product = '-' if not row.product else 'missing' if not said.get('product') else 'right' if re.search(row.product, texts, re.I) else 'wrong'
    return service, product, version_verdict(row, said.get('version')) if said.get('product') else 'missing'


def text_of(port):
    said = port.get('service') or {}
    words = [f"{k}={said[k]!r}" for k in ('name', 'tunnel', 'method', 'product', 'version', 'info', 'hostname', 'os', 'device', 'cpe') if said.get(k)]
    return ' '.join(words) or port.get('state', '')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', nargs='*')
    parser.add_argument('--build', default=str(TOP / 'build'))
    parser.add_argument('--lab', default='/tmp/lab')
    parser.add_argument('--all', action='store_true', help='print what is right, too')
    parser.add_argument('--start', action='store_true', help='start the servers first')
    options = parser.parse_args()
    if not os.path.exists(f'{options.lab}/lab.sh'):
        sys.exit(f'score_lab: no {options.lab}/lab.sh')
    lab = Lab(options.lab)
    if options.start:
        print(lab.run('start', *(options.name or ['all'])), end='')
    wanted = [r for r in lab.rows() if r.port != '0' and (not options.name or r.name in options.name)]
    rows, down = [r for r in wanted if r.state == 'up'], [r for r in wanted if r.state != 'up']
    found = {}
    for proto in ('tcp', 'udp'):
        ports = {r.port for r in rows if r.proto == proto}
        if ports:
            found.update(lab.scan(f'{options.build}/descry', proto, ports))
    count = {kind: collections.Counter() for kind in ('service', 'product', 'version')}
    for row in rows:
        port = found.get((row.proto, row.port), {})
        if (row.name, row.port) in OTHERS:
            row = row._replace(version=lab.version_of(OTHERS[row.name, row.port]))
        verdict = judge(row, port)
        for kind, value in zip(count, verdict):
            count[kind][value] += 1
        if options.all or verdict[0] != 'right' or verdict[1] not in ('right', '-') or verdict[2] != 'right':
            print(f'{row.name:<14} {row.port + "/" + row.proto:<10} {" ".join(verdict):<24} {upstream(row.version):<12} {text_of(port)}')
    ended = {(r.name, r.proto, r.port) for r in lab.rows() if r.state != 'up'} & {(r.name, r.proto, r.port) for r in rows}
    print(f'\n{len(rows)} ports scanned, {len(down)} not up: {" ".join(sorted({r.name for r in down})) or "-"}')
    for kind, values in count.items():
        asked = sum(values.values()) - values['-']
        print(f"{kind:<8} right {values['right']:>4} of {asked:<4} {100 * values['right'] / max(asked, 1):5.1f} %   missing {values['missing']:>3}   wrong {values['wrong']:>3}")
    for gone in sorted(ended):
        print(f'ENDED during the scan: {" ".join(gone)}')
    sys.exit(bool(ended) or any(v['wrong'] for v in count.values()))


if __name__ == '__main__':
    main()
