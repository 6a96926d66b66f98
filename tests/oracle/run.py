#!/usr/bin/env python3
"""run.py asks scripted peers with descry --sequential and with an installed nmap, both reading probe files of ours, and compares what they
report, which questions they asked, which rule matched, and what reached the peer: run.py --descry build/descry [-k TEXT] [--only-reference]

Where the two may differ stands in docs/differences.md, a row a case, with the reason."""
import argparse
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE)]
import private_net  # noqa: E402
from cases import ROUNDS  # noqa: E402
from descry_run import Service, read_xml  # noqa: E402
from peers import ADDRESS, Peer, Stage  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

COMPARED = ('name', 'product', 'version', 'extrainfo', 'hostname', 'ostype', 'devicetype', 'tunnel', 'cpe')
SENDING = re.compile(r'Service scan sending probe (\S+) to \S+?:(\d+) \((tcp|udp)\)')
# Soft or hard is not compared: 7.93 calls the line that ends a port simply a match. Ours names the file too.
MATCH = re.compile(r'Service scan (?:hard |soft )?match \(Probe (\S+) matched with (\S+) line (?:\S*:)?(\d+)\): \S+?:(\d+) is')
WITHIN = 120


class Report:
    """What one program said in one round."""

    def __init__(self, ports, trace, received):
        self.ports, self.received = ports, received
        self.asked, self.matched = {}, {}
        for probe, port, proto in SENDING.findall(trace):
            self.asked.setdefault(int(port), []).append(probe)
        for probe, owner, line, port in MATCH.findall(trace):
            said = f'{probe} by {owner} line {line}'
            if said not in self.matched.setdefault(int(port), []):
                self.matched[int(port)].append(said)


def payloads_of(path):
    """What the questions of a probe file send."""
    escapes = {b'0': b'\0', b'n': b'\n', b'r': b'\r', b't': b'\t', b'\\': b'\\'}
    found = re.findall(rb'^Probe (?:TCP|UDP) \S+ q(.)(.*?)\1', path.read_bytes(), re.M)
    return {re.sub(rb'\\(x..|.)', lambda m: bytes.fromhex(m[1][1:].decode()) if m[1][:1] == b'x' else escapes[m[1]], text) for _, text in found}


def run_program(command, stage, payloads):
    with tempfile.NamedTemporaryFile(suffix='.xml') as xml:
        done = subprocess.run(command + ['-oX', xml.name, ADDRESS], stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN)
        trace = (done.stdout + b'\n' + done.stderr).decode('utf-8', 'replace')
        if done.returncode:
            raise RuntimeError(f'{" ".join(command)}: exit code {done.returncode}\n{trace[-2000:]}')
        text = xml.read()
    # The reference's version scripts ask after the probes have asked: what is not of our file is not counted.
    received = {key: [entry for entry in entries if entry in payloads] for key, entries in stage.take().items()}
    return Report(read_xml(text), trace, received)


def allowed_differences(path):
    """[(case, field)] of the table's rows; both may be globs."""
    rows = []
    for line in path.read_text().splitlines() if path.exists() else []:
        cells = [cell.strip().strip('`') for cell in line.strip().strip('|').split('|')]
        if line.startswith('|') and len(cells) == 3 and set(cells[0]) - set('-: ') and cells[0] != 'case':
            rows.append((cells[0], cells[1]))
    return rows


def differences(key, ours, theirs):
    """[(field, ours, theirs)]"""
    port = key[1]
    mine, other = ours.ports.get(key, Service()), theirs.ports.get(key, Service())
    found = []
    if mine.state != other.state:
        found.append(('state', mine.state, other.state))
    # A name from the port table is no finding: the tables are two.
    named = [service.method == 'probed' for service in (mine, other)]
    if named[0] != named[1]:
        found.append(('method', f'{mine.method} {mine.name}', f'{other.method} {other.name}'))
    elif named[0]:
        found += [(field, getattr(mine, field), getattr(other, field)) for field in COMPARED if getattr(mine, field) != getattr(other, field)]
    for field, a, b in (('asked', ours.asked, theirs.asked), ('matched', ours.matched, theirs.matched)):
        if a.get(port, []) != b.get(port, []):
            found.append((field, a.get(port, []), b.get(port, [])))
    if ours.received[key] != theirs.received[key]:
        found.append(('received', ours.received[key], theirs.received[key]))
    return found


def judge(tap, name, found, allowed):
    rows = [row for row in allowed if fnmatch.fnmatch(name, row[0])]
    left = [d for d in found if not any(fnmatch.fnmatch(d[0], row[1]) for row in rows)]
    if left:
        tap.fail(name, '\n'.join(f'{field}: descry {a!r}\n{" " * len(field)}  nmap   {b!r}' for field, a, b in left))
    else:
        tap.passed(name + (' (differs as docs/differences.md says)' if found else ''))


def run_round(tap, options, one, allowed):
    peers = {name: peer for name, peer in one.peers.items() if options.k in name}
    if not peers:
        return
    udp = '-sU' in one.arguments
    common = ['-sV', '-Pn', '-n', '--version-trace', '-p', ','.join(str(p.port) for p in peers.values())]
    common += one.arguments if udp else ['-sT'] + one.arguments
    file, payloads = str(HERE / one.probes), payloads_of(HERE / one.probes)
    with Stage(list(peers.values())) as stage:
        try:
            theirs = run_program(['nmap', '--versiondb', file] + common, stage, payloads)
            ours = theirs if options.only_reference else run_program([options.descry, '--sequential', '--probe-db', file] + common, stage, payloads)
        except (RuntimeError, subprocess.TimeoutExpired) as bad:
            for at, name in enumerate(peers):
                tap.fail(name, 'as the first of this round' if at else bad)
            return
    for name, peer in peers.items():
        key = (peer.proto, peer.port)
        if options.only_reference:
            print(f'# {name}: {theirs.ports.get(key)} asked {theirs.asked.get(peer.port)} matched {theirs.matched.get(peer.port)} '
                  f'received {theirs.received[key]}')
        judge(tap, name, differences(key, ours, theirs), allowed)


def load_export(tap, bundle):
    """The reference reads the whole exported collection without complaint (one banner is all it looks at)."""
    name = 'the exported collection is read by the reference'
    if not os.path.exists(bundle):
        tap.skip(name, 'no exported collection was built')
        return
    peer = Peer(27998, b'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n')
    with Stage([peer]):
        read = subprocess.run(['nmap', '--versiondb', bundle, '-sV', '--version-light', '-sT', '-Pn', '-n', '-p', str(peer.port), ADDRESS],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WITHIN)
    tap.result(name, read.stderr.strip() or (f'exit code {read.returncode}' if read.returncode else None))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default=str(TOP / 'build/descry'))
    parser.add_argument('--export', help='our whole collection in one file (descry.probes beside descry)')
    parser.add_argument('-k', default='', help='only the cases whose names contain this')
    parser.add_argument('--only-reference', action='store_true', help='show what the reference does')
    options = parser.parse_args()
    if not shutil.which('nmap'):
        skip_all('nmap is not installed: nothing to compare with')
    options.descry = os.path.abspath(options.descry)
    options.export = os.path.abspath(options.export or os.path.join(os.path.dirname(options.descry), 'descry.probes'))
    if private_net.why_not() is None:
        private_net.enter()
    tap = Tap()
    allowed = allowed_differences(TOP / 'docs' / 'differences.md')
    for one in ROUNDS:
        if '-sU' in one.arguments and os.geteuid() != 0:
            for name in one.peers:
                tap.skip(name, 'not root: the reference scans no UDP')
            continue
        run_round(tap, options, one, allowed)
    if options.k in 'export':
        load_export(tap, options.export)
    tap.done()


if __name__ == '__main__':
    main()
