#!/usr/bin/env python3
"""compare.py runs the field's scripts in descry and in the reference against the same real servers, and compares what they tell:
compare.py --descry build/descry [--all] [--table FILE] [SERVER...]

Without --all only servers of packages that the live tests install anyway. Each server is alone in namespaces of its own. The scripts come from where the
reference is installed; nothing of them or of what they say is in this repository. compare_rows.py is the table.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as tree

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / 'lib'), str(HERE.parent / 'live')]
import private_net  # noqa: E402
import run as servers_of  # noqa: E402
from compare_rows import NEEDS, ROWS, SERVERS  # noqa: E402
from tap import Tap, skip_all  # noqa: E402

ADDRESS = '127.0.0.1'
FOREIGN = '/usr/share/nmap'
WITHIN = 120      # seconds for one call
AT_ONCE = 3       # servers
CATEGORIES = {'default', 'version'}  # stand for all that tell something
# With -sV both read no more than this: what a port is called afterwards comes from its number and from the scripts.
PROBES = 'Probe TCP NULL q||\ntotalwaitms 500\nmatch nothing m|^nothing says this$|\nProbe UDP Line q|\\n|\nrarity 9\nports 9\n'
SERVICE = ('name', 'product', 'version', 'extrainfo', 'hostname', 'ostype', 'devicetype', 'tunnel')


# ---- one call of either

def command_of(program, row, probes):
    udp = row.ports.startswith('U:')
    words = [program, '-sU' if udp else '-sT', '-Pn', '-n', '-p', row.ports, '-oX', '-']
    if row.scripts:
        words += ['--script', row.scripts.replace(' ', ',')]
    if row.args:
        words += ['--script-args', row.args]
    if program == 'nmap':
        words += [] if udp else ['--unprivileged']
        words += ['-sV', '--versiondb', probes] if row.identify else []
    else:
        words += ['--script-path', FOREIGN]
        words += ['-sV', '--probe-db', probes] if row.identify else ['--no-identify']
    return words + [ADDRESS]


def called(program, row, probes):
    """(root of the XML, its words on standard error, seconds)"""
    began = time.monotonic()
    done = subprocess.run(command_of(program, row, probes), stdin=subprocess.DEVNULL, capture_output=True, timeout=WITHIN)
    return tree.fromstring(done.stdout), done.stderr.decode('utf-8', 'replace'), time.monotonic() - began


# ---- what was told, in a form that can be compared

def is_foreign(script):
    """What descry itself found has names of its own."""
    return pathlib.Path(FOREIGN, 'scripts', f'{script}.nse').exists()


class Told:
    """What one call told: {(where, id): (text, structure)}, {port: service}."""

    def __init__(self, root, row):
        self.row = row
        wanted = row.names()
        self.scripts, self.services = {}, {}
        for port in root.iter('port'):
            where = f'{port.get("portid")}/{port.get("protocol")}'
            self.add(where, port, wanted)
            if row.identify:
                self.services[where] = self.service(port.find('service'))
        for where in ('prescript', 'hostscript', 'postscript'):
            for parent in root.iter(where):
                self.add(where, parent, wanted)

    def add(self, where, parent, wanted):
        for script in parent.findall('script'):
            if script.get('id') in wanted or (CATEGORIES & wanted and is_foreign(script.get('id'))):
                self.scripts[where, script.get('id')] = (self.text(script.get('output')), self.structure(script) or self.text(script.text))

    def plain(self, text):
        text = text or ''
        if self.row.mask:
            text = re.sub(self.row.mask, '*', text)
        return re.sub(r'\d+(?:\.\d+)?', '0', text) if self.row.numbers else text

    def text(self, text):
        text = self.plain(text)
        if self.row.order == 'words':
            return sorted(re.findall(r'[^\s,]+', text))
        lines = text.split('\n')
        return sorted(line.strip() for line in lines) if self.row.order == 'lines' else lines

    def structure(self, element):
        children = [(child.tag, self.plain(child.get('key')), self.text(f'{child.get("key")}: {child.text}') if child.tag == 'elem' else [], self.structure(child)) for child in element]
        keyed = sorted(child for child in children if child[1])  # in the order of hashes, and where not, the text shows it
        plain = [child for child in children if not child[1]]
        return keyed + (sorted(plain) if self.row.order else plain)

    def service(self, element):
        if element is None:
            return {}
        fields = {name: self.plain(element.get(name)) for name in SERVICE if element.get(name)}
        if fields.get('name') == 'tcpwrapped':  # the reference's word where none of the file's questions was for the port
            del fields['name']
        return {**fields, 'cpe': sorted(cpe.text for cpe in element.findall('cpe'))}


def unlike(ours, theirs):
    """The first lines in which two forms of one result differ."""
    flat = [[*text, *json.dumps(structure, indent=0).splitlines()] for text, structure in (ours, theirs)]
    lines = [f'descry {a!r}, reference {b!r}' for a, b in zip(*flat) if a != b][:6]
    if len(flat[0]) != len(flat[1]):
        lines.append(f'descry {len(flat[0])} lines, reference {len(flat[1])}')
    return '\n'.join(lines)


def compared(row, ours, theirs):
    """[(where, script, fault)]; a fault of '' is the same result."""
    results = []
    named = row.names() - CATEGORIES
    for script in sorted(named | {name for where, name in {**ours.scripts, **theirs.scripts}}):
        places = sorted({where for where, name in {**ours.scripts, **theirs.scripts} if name == script})
        for where in places:
            a, b = ours.scripts.get((where, script)), theirs.scripts.get((where, script))
            if a is None or b is None:
                fault = f'only {"the reference" if a is None else "descry"} told: {(a or b)[0]}'
            else:
                fault = '' if a == b else unlike(a, b) or 'differs'
            results.append((where, script, fault))
        if not places:
            results.append(('', script, '' if script in row.silent else 'neither told anything'))
    for where in sorted({**ours.services, **theirs.services}):  # what version detection and the scripts make of a port
        a, b = ours.services.get(where, {}), theirs.services.get(where, {})
        if 'name' not in b:
            a.pop('name', None)
        results.append((where, 'service', '' if a == b else f'descry {a}, reference {b}'))
    return results


# ---- one server, inside

def started(server, top):
    one = servers_of.Running(server, top)
    one.start()
    why = one.wait()
    if why:
        said = one.said()
        one.stop()
        raise RuntimeError(f'{why}\n{said}')
    return one


def looked(server, rows, probes, descry):
    """One list of results a row."""
    top = pathlib.Path(tempfile.mkdtemp(prefix='descry-compare-'))
    top.chmod(0o755)
    one = None
    try:
        servers_of.make_certificate(top / 'tls')
        servers_of.make_page(top / 'www')
        one = started(server, top)
        for row in rows:
            told, words, seconds = [], [], []
            for program in ('nmap', descry):
                if row.fresh and program == descry:
                    one.stop()
                    shutil.rmtree(one.dir)
                    one = started(server, top)
                root, said, took = called(program, row, probes)
                told.append(Told(root, row))
                words.append(said)
                seconds.append(round(took, 1))
            yield {'row': ROWS.index(row), 'results': compared(row, told[1], told[0]), 'said': words[1], 'seconds': seconds}
    finally:
        if one:
            one.stop()
        shutil.rmtree(top, ignore_errors=True)


def inside(options):
    """Prints a line of JSON a row, or one that says why not."""
    private_net.enter()
    server = next(s for s in SERVERS if s.name == options.inside)
    try:
        for line in looked(server, [row for row in ROWS if row.server == server.name], options.probes, options.descry):
            print(json.dumps(line), flush=True)
    except (RuntimeError, OSError, subprocess.SubprocessError, tree.ParseError) as bad:
        print(json.dumps({'why': f'{bad}'}), flush=True)


# ---- all servers, outside

def lines_of(server, options, probes):
    command = private_net.command(['--inside', server.name, '--probes', probes, '--descry', options.descry])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env={**os.environ, private_net.MARK: '1'})
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{')]
    return lines if not done.returncode else [*lines, {'why': f'exit code {done.returncode}\n{done.stderr}'}]


# ---- the table for docs/scripts-compatibility.md

def note_of(row, script, fault):
    """What the table says of a result that is more than: the same."""
    if script in row.differs:
        return f'differs: {row.differs[script]}'
    if fault:
        return 'NOT THE SAME'
    return f'nothing in either: {row.silent[script]}' if script in row.silent else ''


def table_of(told):
    """`told`: (server, script, note). A line a server."""
    servers = {}
    for server, script, note in told:
        same, notes = servers.setdefault(server.name, (server, {}, {}))[1:]
        name = '`<service>`' if script == 'service' else script
        (notes if note else same)[f'{name} {note}' if note else name] = None
    lines = []
    for server, same, notes in servers.values():
        version = servers_of.upstream(servers_of.package_version(server.package))
        lines.append(f'| {server.name} ({server.package} {version}) | {", ".join(sorted(same))} | {"; ".join(sorted(notes))} |')
    return '\n'.join(['| server | the same | otherwise |', '|---|---|---|', *lines]) + '\n'


def tell(tap, server, lines, table):
    for line in lines:
        if 'why' in line:
            tap.fail(f'{server.name} could be compared', line['why'])
            continue
        row = ROWS[line['row']]
        for where, script, fault in line['results']:
            why = row.differs.get(script)
            name = f'{server.name} {where or row.ports} {script}' + (f' {row.args}' if row.args else '') + (f' (differs: {why})' if why else '')
            table.append((server, script, note_of(row, script, fault)))
            if why and not fault:
                fault = f'no longer differs, though the table explains: {why}'
            elif why:
                fault = ''
            tap.result(name, f'{fault}\n{line["said"]}\nseconds: reference {line["seconds"][0]}, descry {line["seconds"][1]}' if fault else None)


def chosen(options, tap):
    if options.names:
        return [s for s in SERVERS if s.name in options.names]
    ordinary = subprocess.run([HERE.parent.parent / 'tools/deps.sh', 'list', 'build', 'live'], capture_output=True, text=True).stdout.split()
    servers = []
    for server in SERVERS:
        packages = [server.package, *NEEDS.get(server.name, [])]
        absent = [package for package in packages if servers_of.package_version(package) is None]
        if not options.all and not set(packages) <= set(ordinary):
            continue
        if absent:
            tap.skip(server.name, f'{", ".join(absent)} is not installed')
        else:
            servers.append(server)
    return servers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    parser.add_argument('--all', action='store_true', help='also servers of packages that the live tests do not install')
    parser.add_argument('--table', help='write the results as a table of Markdown')
    parser.add_argument('--inside', help=argparse.SUPPRESS)
    parser.add_argument('--probes', help=argparse.SUPPRESS)
    parser.add_argument('names', nargs='*', help='only these servers')
    options = parser.parse_args()
    options.descry = os.path.abspath(options.descry)
    if options.inside:
        return inside(options)
    why = private_net.why_not()
    for tool in ('nmap', 'dpkg-query', 'openssl'):
        if not why and not shutil.which(tool):
            why = f'{tool} is not installed'
    if not why and not pathlib.Path(FOREIGN, 'scripts/script.db').exists():
        why = f'no scripts at {FOREIGN}'
    if not why and subprocess.run([options.descry, '--script-help', 'http-title'], capture_output=True).returncode:
        why = 'this build has no scripts'
    if why:
        skip_all(why)
    tap, table = Tap(), []
    servers = chosen(options, tap)
    with tempfile.NamedTemporaryFile('w', suffix='.probes') as probes:
        probes.write(PROBES)
        probes.flush()
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for server, lines in zip(servers, pool.map(lambda s: lines_of(s, options, probes.name), servers)):
                tell(tap, server, lines, table)
    if options.table:
        pathlib.Path(options.table).write_text(table_of(table))
    tap.done()


if __name__ == '__main__':
    main()
