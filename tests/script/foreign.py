#!/usr/bin/env python3
"""foreign.py owns the proof that scripts of the field run: where their directory is installed, all load, the libraries' own tests pass, and most load with our
libraries alone (docs/scripts-compatibility.md has the number). Nothing of them is
in this repository; where they are not there, that is said aloud. The specification's cases: conformance.py."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile


FOREIGN = pathlib.Path('/usr/share/nmap')
OWN_LIBRARIES = pathlib.Path(__file__).resolve().parent.parent.parent / 'scripts' / 'lib'
LEFT_OUT = 4  # those that need libssh2
WITH_OURS = 0.6  # of all, at least: 366 of 604 when it was last counted
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


def load_with_ours(descry):
    scripts = list((FOREIGN / 'scripts').glob('*.nse'))
    with tempfile.TemporaryDirectory() as folder:
        mixed = pathlib.Path(folder)
        (mixed / 'scripts').symlink_to(FOREIGN / 'scripts')
        (mixed / 'nselib').symlink_to(OWN_LIBRARIES)
        done = subprocess.run([descry, '--script-path', folder, '--script-help', 'all'], capture_output=True, text=True, timeout=120, check=False)
    got = len(scripts) - done.stderr.count(' is left out: ')
    return tell(done.returncode == 0 and len(scripts) * WITH_OURS <= got < len(scripts), f'foreign scripts load with our libraries alone ({got} of {len(scripts)})', done.stderr[-500:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--descry', default='build/descry')
    descry = parser.parse_args().descry
    fine = True
    if (FOREIGN / 'scripts' / 'script.db').exists():
        fine = loads(descry) and fine
        fine = unit_tests(descry) and fine
        fine = load_with_ours(descry) and fine
    else:
        skip('foreign scripts', f'{FOREIGN}/scripts is not installed')
    print(f'1..{count}')
    sys.exit(0 if fine else 1)


if __name__ == '__main__':
    main()
