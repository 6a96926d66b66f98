#!/usr/bin/env python3
"""run-tests.py runs the tests of build directories and tells about them calmly: run-tests.py DIR[:GROUP,GROUP...]...

A test belongs to the group that its name begins with (unit/base/bytes: unit). One line a test program; what a failed one printed follows it.
Programs that count what they do (cmocka, TAP, unittest) are counted by that; any other is one test. The last line is `N passed, N failed[, N skipped]`.
"""
import json
import os
import re
import subprocess
import sys

GROUPS = ['unit', 'scenario', 'data', 'script', 'fuzz', 'cli', 'install', 'oracle', 'live']
SKIP = 77
SHOWN = 200  # lines of a failed program's output


def group_of(test):
    for suite in test['suite']:
        name = suite.split(':')[-1]
        if name in GROUPS:
            return name
    return test['name'].split('/')[0]


def tests_of(build):
    listed = json.loads(subprocess.check_output(['meson', 'introspect', '--tests', build]))
    groups = {}
    for test in listed:
        groups.setdefault(group_of(test), []).append(test['name'])
    return dict(sorted(groups.items(), key=lambda g: (GROUPS.index(g[0]) if g[0] in GROUPS else 0, g[0])))


def results_of(build, group, names):
    log = f'descry-{group}'
    path = os.path.join(build, 'meson-logs', f'{log}.json')
    if os.path.exists(path):
        os.remove(path)
    command = ['meson', 'test', '-C', build, '--no-rebuild', '--logbase', log, '--num-processes', str(os.cpu_count() or 2)]
    done = subprocess.run(command + sorted(set(names)), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if not os.path.exists(path):
        return [{'name': f'{group} (meson test)', 'result': 'ERROR', 'returncode': done.returncode, 'duration': 0,
                 'stdout': done.stdout, 'stderr': done.stderr}]
    with open(path, encoding='utf-8', errors='replace') as lines:
        results = [json.loads(line) for line in lines if line.strip()]
    for result in results:
        result['name'] = result['name'].split(' / ')[-1]
    return results


def count(result):
    """(passed, failed, skipped) of one test program."""
    out = (result.get('stdout') or '') + '\n' + (result.get('stderr') or '')
    well = result['result'] in ('OK', 'EXPECTEDFAIL')
    if result['result'] == 'SKIP' or result.get('returncode') == SKIP:
        return 0, 0, max(1, len(re.findall(r'^ok \d+.*# SKIP', out, re.M)))
    skipped = len(re.findall(r'^ok \d+.*# SKIP', out, re.M)) + sum(map(int, re.findall(r'\[  SKIPPED \] +(\d+) test', out)))
    failed = len(re.findall(r'^not ok \d+', out, re.M)) + sum(map(int, re.findall(r'\[  FAILED  \] +(\d+) test', out)))
    passed = len(re.findall(r'^ok \d+(?!.*# SKIP)', out, re.M)) + sum(map(int, re.findall(r'\[  PASSED  \] +(\d+) test', out)))
    for ran, verdict in re.findall(r'^Ran (\d+) tests? in .*\n\n(OK|FAILED.*)', out, re.M):
        bad = sum(map(int, re.findall(r'(?:failures|errors)=(\d+)', verdict)))
        left = sum(map(int, re.findall(r'skipped=(\d+)', verdict)))
        passed, failed, skipped = passed + int(ran) - bad - left, failed + bad, skipped + left
    if well and failed == 0:
        return (passed, 0, skipped) if passed + skipped else (1, 0, 0)
    return passed, max(failed, 1), skipped


def skips(result):
    return re.findall(r'^ok \d+ *-? *(.*?# SKIP.*)$', result.get('stdout') or '', re.M)


def tell(result, counted):
    passed, failed, skipped = counted
    words = [f'{passed} passed']
    words += [f'{failed} FAILED'] if failed else []
    words += [f'{skipped} skipped'] if skipped else []
    print(f'  {result["name"]:<34} {", ".join(words):<24} {result["duration"]:6.2f} s', flush=True)
    for line in skips(result):
        print(f'      skipped: {line.replace("# SKIP", "-")}')
    if skipped and not skips(result):
        last = [line for line in (result.get('stdout') or '').splitlines() if line.strip()]
        print(f'      skipped: {last[-1] if last else "no reason given"}')
    if failed:
        print(f'      {result["result"]}, exit code {result.get("returncode")}')
        for stream in ('stdout', 'stderr'):
            lines = (result.get(stream) or '').splitlines()
            hidden = len(lines) - SHOWN
            if hidden > 0:
                print(f'      | ({hidden} lines before these)')
            for line in lines[-SHOWN:]:
                print(f'      | {line}')


def run(argument):
    build, _, wanted = argument.partition(':')
    totals = [0, 0, 0]
    print(f'{build}', flush=True)
    groups = tests_of(build)
    if not groups:
        print('  no tests are built here (is libcmocka-dev installed?)')
        return [0, 1, 0]
    for group, names in groups.items():
        if wanted and group not in wanted.split(','):
            continue
        for result in sorted(results_of(build, group, names), key=lambda r: r['name']):
            counted = count(result)
            tell(result, counted)
            totals = [a + b for a, b in zip(totals, counted)]
    return totals


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.environ.setdefault('ASAN_OPTIONS', 'detect_leaks=1:abort_on_error=0')
    os.environ.setdefault('UBSAN_OPTIONS', 'halt_on_error=1:print_stacktrace=1')
    totals = [0, 0, 0]
    for argument in sys.argv[1:]:
        totals = [a + b for a, b in zip(totals, run(argument))]
    passed, failed, skipped = totals
    print()
    print(f'{passed} passed, {failed} failed' + (f', {skipped} skipped' if skipped else ''))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
