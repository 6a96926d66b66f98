#!/usr/bin/env python3
"""Merges data/probes/*.probes into one plain probe file, and into a C array.

Files are read in alphabetical order. A Probe line with the protocol, name and payload of an earlier one re-opens it: its rules and directives are added
there. The rules of a probe come out as: hard ones, hard generic ones (flag g on the p field), soft ones; each in the order of the files. A line
"#@ file:line" tells where the lines after it were written, whenever that is not simply the next line of the same file.
"""
import argparse
import pathlib
import re
import sys

DIRECTIVE = re.compile(r'(ports|sslports|fallback|rarity|totalwaitms|tcpwrappedms) (.*)')


class Probe:
    def __init__(self, head, place):
        self.head, self.place = head, place
        self.directives = {}            # name -> (value, place)
        self.rules = []                 # (tier, text, place, [(example, place)])

    def add_directive(self, name, value, place):
        if name in ('ports', 'sslports', 'fallback') and name in self.directives:
            value = self.directives[name][0] + ',' + value
            if name == 'fallback':
                value = ','.join(dict.fromkeys(value.split(',')))
        self.directives[name] = (value, place)


def is_generic(line):
    """Has the p field of a match line the flag g? Fields are walked, not searched: a letter may stand in any text."""
    m = re.match(r'(?:soft)?match \S+ +m(.)', line)
    if not m:
        return False
    end = line.find(m[1], m.end())
    rest = line[end + 1:].lstrip('is') if end >= 0 else ''
    while True:
        rest = rest.lstrip()
        m = re.match(r'(cpe:|[pvihod])(.)', rest)
        if not m:
            return False
        end = rest.find(m[2], m.end())
        if end < 0:
            return False
        flags = re.match(r'[A-Za-z]*', rest[end + 1:])[0]
        if m[1] == 'p' and 'g' in flags:
            return True
        rest = rest[end + 1 + len(flags):]


def payload_key(head):
    """Protocol, name and payload: flags after the payload may stand in one of the places only."""
    m = re.match(r'Probe (\S+) (\S+) +q(.)', head)
    if not m:
        return head
    end = head.find(m[3], m.end())
    return (m[1], m[2], head[m.end():end] if end >= 0 else head)


def read(paths):
    probes, top, odd = {}, [], []
    for path in paths:
        probe, rule = None, None
        for number, line in enumerate(path.read_bytes().decode('latin-1').split('\n'), 1):
            line, place = line.rstrip('\r'), (path.name, number)
            m = DIRECTIVE.fullmatch(line)
            if line.startswith('Probe '):
                probe, rule = probes.setdefault(payload_key(line), Probe(line, place)), None
            elif line.startswith('Exclude '):
                top.append((line, place))
            elif line.startswith(('match ', 'softmatch ')) and probe:
                tier = 2 if line.startswith('soft') else int(is_generic(line))
                rule = (tier, line, place, [])
                probe.rules.append(rule)
            elif line.startswith('#=') and rule:
                rule[3].append((line, place))
            elif line.startswith('#~ ') and probe:
                probe.add_directive('#~', line[3:], place)
            elif m and probe:
                probe.add_directive(m[1], m[2], place)
            elif line and not line.startswith('#'):
                odd.append((line, place))
    return top, odd, probes.values()


class Writer:
    def __init__(self):
        self.lines, self.next = [], None

    def put(self, line, place):
        if place != self.next:
            self.lines.append('#@ %s:%d' % place)
        self.lines.append(line)
        self.next = (place[0], place[1] + 1)


def write(top, odd, probes, examples):
    w = Writer()
    w.lines.append('# descry: the fingerprint collection, made from data/probes. BSD-2-Clause.')
    for line, place in top + odd:       # what is odd is left to the reader of this file to complain about, with its place
        w.put(line, place)
    for p in probes:
        w.put(p.head, p.place)
        for name, (value, place) in p.directives.items():
            w.put(name + ' ' + value, place)
        for _, line, place, seen in sorted(p.rules, key=lambda r: r[0]):
            w.put(line, place)
            for example in seen if examples else []:
                w.put(*example)
    return '\n'.join(w.lines) + '\n'


def c_text(text):
    """Adjacent string literals, a line each: any C compiler takes them, and quickly."""
    def escape(byte):
        c = chr(byte)
        return '\\' + c if c in '"\\' else c if 32 <= byte < 127 and c != '?' else '\\%03o' % byte
    rows = ['"%s\\n"' % ''.join(map(escape, line.encode('latin-1'))) for line in text.split('\n')[:-1]]
    return ('/* Made by tools/bundle-probes.py; do not edit. */\n#include <stddef.h>\n#include "probes/builtin.h"\nconst char builtin_probes[] =\n'
            + '\n'.join(rows) + ';\nconst size_t builtin_probes_len = sizeof builtin_probes - 1;\n')


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument('dir', type=pathlib.Path, help='the folder of *.probes')
    a.add_argument('--out', type=pathlib.Path, help='the merged file; standard output if absent')
    a.add_argument('--c', type=pathlib.Path, help='the same as C')
    a.add_argument('--depfile', type=pathlib.Path)
    a.add_argument('--examples', action='store_true', help='keep the example lines')
    o = a.parse_args()
    paths = sorted(o.dir.glob('*.probes'))
    text = write(*read(paths), o.examples)
    if o.out:
        o.out.write_bytes(text.encode('latin-1'))
    else:
        sys.stdout.buffer.write(text.encode('latin-1'))
    if o.c:
        o.c.write_text(c_text(text))
    if o.depfile:
        o.depfile.write_text('%s: %s\n' % (o.out.name, ' '.join(str(p.resolve()) for p in [o.dir, *paths])))


main()
