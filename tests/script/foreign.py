#!/usr/bin/env python3
"""foreign.py owns the proof that scripts of the field run: where their directory is installed, all load and the libraries' own tests pass; where the
specification's cases are at hand, results have the expected form. Nothing of either is in this repository; what is not there is skipped aloud."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree


FOREIGN = pathlib.Path('/usr/share/nmap')
CASES = pathlib.Path('/work/shared/data/script-conformance/output')
LEFT_OUT = 4  # those that need libssh2
count = 0


def tell(fine, name, why=''):
    global count
    count += 1
    print(f'{"ok" if fine else "not ok"} {count} - {name}' + (f'\n    {why}' if why and not fine else ''), flush=True)
    return fine


def skip(name, why):
    global count
    count += 1
    print(f'ok {count} - {name} # SKIP {why}', flush=True)
    return True


def run(descry, *args):
    done = subprocess.run([descry, '--script-path', str(FOREIGN), *args], capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def loads(descry):
    expected = len(list((FOREIGN / 'scripts').glob('*.nse'))) - LEFT_OUT
    got = len(re.findall(r'^Categories:', run(descry, '--script-help', 'all'), re.M))
    ours = len(re.findall(r'^Categories:', subprocess.run([descry, '--script-help', 'all'], capture_output=True, text=True, timeout=60,
                                                          check=False).stdout, re.M))
    return tell(expected <= got <= expected + ours, f'foreign scripts load ({expected} and some of ours)', f'{got} loaded')


def unit_tests(descry):
    text = run(descry, '--script', 'unittest', '--script-args', 'unittest.run', '-d')
    suites = re.findall(r'(\d+) of (\d+) tests passed', text)
    passed, total = sum(int(a) for a, _ in suites), sum(int(b) for _, b in suites)
    return tell(total > 2000 and passed == total and 'All tests passed' in text, 'the foreign libraries pass their own tests', f'{passed} of {total}')


def content(element):
    """What an element says; blank text between elements is nothing, and addresses in memory differ."""
    text = '' if len(element) else element.text or ''
    mask = lambda s: re.sub(r'0x[0-9a-f]+', '0x', s)
    return element.tag, sorted((k, mask(v)) for k, v in element.attrib.items()), mask(text), [content(child) for child in element]


def scripts_of(path):
    return {e.get('id'): content(e) for e in tree.parse(path).getroot().find('prescript')}


def output_cases(descry):
    with tempfile.NamedTemporaryFile(suffix='.xml') as out:
        run(descry, '--script', f'{CASES}/', '-oX', out.name)
        got, golden = scripts_of(out.name), scripts_of(CASES / 'golden.xml')
    wrong = [name for name in sorted(golden | got) if golden.get(name) != got.get(name)]
    return tell(not wrong, f'{len(golden)} cases of results', f'different: {" ".join(wrong)}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    descry = parser.parse_args().descry
    have_foreign, have_cases = (FOREIGN / 'scripts' / 'script.db').exists(), CASES.exists()
    fine = True
    if have_foreign:
        fine = loads(descry) and fine
        fine = unit_tests(descry) and fine
    else:
        skip('foreign scripts', f'{FOREIGN}/scripts is not installed')
    if have_foreign and have_cases:
        fine = output_cases(descry) and fine
    else:
        skip('cases of results', f'{CASES} or {FOREIGN} is not there')
    print(f'1..{count}')
    sys.exit(0 if fine else 1)


if __name__ == '__main__':
    main()
