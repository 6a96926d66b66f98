#!/usr/bin/env python3
"""score_banners.py runs `descry match` over labelled replies and says how much of what they tell was read.

    score_banners.py [--build build] [--misses KIND] [--service NAME] [--half A|B] [--floor KIND=PERCENT ...] [FILE]

FILE has a JSON object a line: {id, service, proto, port, probe, response (base64), want: {...}}; the default is ../shared/data/banners-train.jsonl,
measured where it lies. KIND is one of the rows below. It writes nothing but what it prints. tests/bench/held_out has files of our own, whose
replies have a `half`: rules are mended by what A misses, B says what that was worth.

How texts are compared. Case, spaces and punctuation do not count: a text is its runs of letters and of digits ("NX-OS 7.0" is nx os 7 0), and a name is
read if its runs occur in this order, side by side, in the text searched, or if the two texts without any gaps contain each other ("FRITZ!Box" in "FritzBox 7490").
  service   the service is the label, exactly
  product   of replies whose label has a product: it is in the product or the information. The vendor's name in front of it is not asked for, and its
            first word may be missing if that is the vendor's ("Apache HTTPD" is "Apache httpd"; "IIS" is "Microsoft IIS httpd"). `also` lists other names
  system    of replies with a label of a system or a device but no product: the device's model, or else the system, is in product, information, system or a CPE
  named     both together: "the product is named"
  version   of replies whose label has a version: it is in version or information, or ours begins with it up to a non-digit, or it begins so with ours
            and the rest is the distribution's (label 5.5.60-0, ours 5.5.60)
  os_version  of replies whose label has a version of the system (no product's version): it is in version, system, information or a CPE
  cpe       of replies with a label of a CPE: one of ours has its part, vendor and product; os_cpe is the same of the system's CPE, and both have the goal
  host      the host name is the label's
  wrong     replies with a product in label and result whose names differ, and whose vendors differ too (also counted as not named); for reading, not a goal
"""
import argparse
import base64
import json
import pathlib
import re
import signal
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
DEFAULT = pathlib.Path('/work/shared/data/banners-train.jsonl')
GOALS = {'service': 99.5, 'named': 95.0, 'version': 95.0, 'cpe': 90.0, 'os_cpe': 90.0}
KINDS = ('service', 'named', 'product', 'system', 'version', 'os_version', 'cpe', 'os_cpe', 'host', 'wrong')


def runs(text):
    return re.findall(r'[a-z]+|\d+', text.lower())


def flat(text):
    return ''.join(runs(text))


def inside(name, *texts):
    """Does one of the texts say this name?"""
    wanted, tight = runs(name), flat(name)
    if not wanted:
        return True
    for text in texts:
        if not text:
            continue
        have = runs(text)
        if any(have[i:i + len(wanted)] == wanted for i in range(len(have) - len(wanted) + 1)):
            return True
        if len(tight) > 3 and tight in flat(text):
            return True
    return False


def names(name, vendor, also):
    """The forms of a name that are as good as the label's."""
    forms = [name, *also]
    words = name.split()
    if vendor and len(words) > 1 and inside(words[0], vendor):
        forms.append(' '.join(words[1:]))
    return forms


def same_version(label, ours):
    if inside(label, ours):
        return True
    long, short = (label, ours) if len(label) > len(ours or '') else (ours or '', label)
    return bool(short) and long.lower().startswith(short.lower()) and not long[len(short)].isalnum()


def cpe_head(cpe):
    """(part, vendor, product) of a CPE in the 2.2 form."""
    pieces = (cpe.lower().removeprefix('cpe:/') + ':::').split(':')
    return tuple(re.sub(r'%([0-9a-f]{2})', lambda m: chr(int(m[1], 16)), p).replace('\\', '') for p in pieces[:3])


def judge(row, got):
    """{kind: good} for the kinds that this reply's label speaks of."""
    want, said = row['want'], {}
    also = want.get('also', [])
    texts = [got.get(k) for k in ('product', 'info', 'os', 'device')] + [c for c in got.get('cpe', [])]
    said['service'] = got.get('service') == row['service']
    if want.get('product'):
        said['product'] = any(inside(n, got.get('product'), got.get('info')) for n in names(want['product'], want.get('vendor'), also))
        said['wrong'] = said['product'] or not got.get('product') or inside(want.get('vendor', ''), got['product'])
        said['named'] = said['product']
    elif want.get('hw') or want.get('os'):
        name, vendor = (want['hw'], want.get('hw_vendor')) if want.get('hw') else (want['os'], want.get('os_vendor'))
        said['system'] = said['named'] = any(inside(n, *texts) for n in names(name, vendor, also))
    if want.get('version'):
        said['version'] = any(same_version(want['version'], got.get(k)) for k in ('version', 'info'))
    elif want.get('os_version'):
        said['os_version'] = any(inside(want['os_version'], t) for t in texts + [got.get('version')])
    for key in ('cpe', 'os_cpe'):
        if want.get(key):
            said[key] = cpe_head(want[key]) in [cpe_head(c) for c in got.get('cpe', [])]
    if want.get('host'):
        said['host'] = (got.get('hostname') or '').lower() == want['host'].lower()
    return said


def match(descry, lines):
    done = subprocess.run([descry, 'match'], input='\n'.join(lines) + '\n', capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def show(kind, row, got):
    print(f"{kind}: {row['id']} ({row['probe']})")
    print('    wanted  ' + ', '.join(f'{k} {v}' for k, v in row['want'].items()))
    print('    read    ' + (', '.join(f'{k} {v}' for k, v in got.items() if k not in ('id', 'cpe23', 'soft')) or 'nothing'))
    print('    reply   ' + repr(base64.b64decode(row['response'])[:600])[2:-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('file', nargs='?', default=str(DEFAULT))
    parser.add_argument('--build', default=str(TOP / 'build'))
    parser.add_argument('--misses', choices=KINDS, help='print what was missed')
    parser.add_argument('--service', help='only replies of this service')
    parser.add_argument('--half', help='only replies of this half of a held-out file')
    parser.add_argument('--floor', action='append', default=[], metavar='KIND=PERCENT', help='end with 1 if this is not reached')
    options = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if not pathlib.Path(options.file).exists():
        sys.exit(f'score_banners: no {options.file}')
    lines = [line for line in open(options.file, encoding='utf-8').read().splitlines() if line.strip()]
    rows = [json.loads(line) for line in lines]
    keep = [i for i, row in enumerate(rows) if options.service in (None, row['service']) and options.half in (None, row.get('half'))]
    rows, lines = [rows[i] for i in keep], [lines[i] for i in keep]
    results = match(f'{options.build}/descry', lines)
    total, table = {}, {}
    for row, got in zip(rows, results, strict=True):
        for kind, good in judge(row, got).items():
            for where in (total, table.setdefault(row['service'], {})):
                count = where.setdefault(kind, [0, 0])
                count[0] += good
                count[1] += 1
            if not good and kind == options.misses:
                show(kind, row, got)
    print(f"{'':<10}" + ''.join(f'{k:>12}' for k in KINDS[:-1]) + '    wrong')
    for name, where in sorted(table.items(), key=lambda x: -x[1]['service'][1]) + [('all', total)]:
        cells = (where.get(k) for k in KINDS[:-1])
        wrong = where.get('wrong', [0, 0])
        print(f'{name:<10}' + ''.join(f'{100 * c[0] / c[1]:7.1f} {c[1]:>4}' if c else f"{'':>12}" for c in cells) + f'{wrong[1] - wrong[0]:>9}')
    if not options.service:
        print(f"{'goal':<10}" + ''.join(f'{GOALS[k]:7.1f}     ' if k in GOALS else f"{'':>12}" for k in KINDS[:-1]))
    low = [f for f in options.floor if 100 * total[f.split('=')[0]][0] / total[f.split('=')[0]][1] < float(f.split('=')[1])]
    if low:
        sys.exit(f'score_banners: below {", ".join(low)}')


if __name__ == '__main__':
    main()
