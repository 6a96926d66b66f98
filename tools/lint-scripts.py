#!/usr/bin/env python3
"""lint-scripts.py checks descry's own scripts and libraries: what each must say of itself, names that nobody declared, widths, the database."""
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = TOP / 'scripts'
PAGE = TOP / 'docs/script-library.md'
COLUMNS, COLUMNS_CONTRACT = 180, 200
CATEGORIES = {'auth', 'broadcast', 'brute', 'default', 'discovery', 'dos', 'exploit', 'external', 'fuzzer', 'intrusive', 'malware', 'safe', 'version', 'vuln'}
LANGUAGE = set('_G _VERSION assert collectgarbage coroutine debug error getmetatable io ipairs load math next os package pairs pcall print rawequal rawget rawlen rawset '
               'require select setmetatable string table tonumber tostring type utf8 xpcall'.split())
OF_SCRIPTS = {'SCRIPT_NAME', 'SCRIPT_TYPE', 'SCRIPT_PATH'}
DECLARED = {'description', 'author', 'license', 'categories', 'dependencies', 'portrule', 'hostrule', 'prerule', 'postrule', 'action'}
REQUIRED = ('description = [[', 'author = "', 'license = "BSD-2-Clause"', 'categories = {', 'action = function')


def says(text):
    """What a script must say of itself."""
    for piece in REQUIRED:
        if not re.search('^' + re.escape(piece), text, re.M):
            yield f'no line "{piece}"'
    if not re.search(r'^\w+rule = ', text, re.M):
        yield 'no rule'
    documentation = re.search(r'^---\n((?:--.*\n)+)', text, re.M)
    if not documentation:
        yield 'no documentation (--- and lines of -- behind the description)'
    else:
        for tag in ('@usage', '@output'):
            if tag not in documentation.group(1):
                yield f'no {tag} in the documentation'
    given = set(re.findall(r'SCRIPT_NAME \.\. "\.([\w-]+)"', text))
    told = set(re.findall(r'^-- @args [\w-]+\.([\w-]+)', text, re.M))
    for name in sorted(given - told - {'format'}):
        yield f'the argument {name} is not documented'
    found = re.search(r'^categories = \{([^}]*)\}', text, re.M)
    of = set(re.findall(r'"([^"]*)"', found.group(1))) if found else set()
    if of - CATEGORIES:
        yield f'unknown categories: {", ".join(sorted(of - CATEGORIES))}'
    if not of & {'safe', 'intrusive'}:
        yield 'neither safe nor intrusive'
    if 'safe' in of and of & {'brute', 'dos', 'exploit', 'intrusive'}:
        yield 'safe, and yet not'


def foreign_names(path, luac):
    """Globals that are neither the language's nor the host's."""
    listed = subprocess.run([luac, '-l', '-l', '-p', str(path)], capture_output=True, text=True)
    if listed.returncode:
        yield listed.stderr.strip()
        return
    known = LANGUAGE | (OF_SCRIPTS | DECLARED if path.suffix == '.nse' else set())
    for kind, name in sorted(set(re.findall(r'(GETTABUP|SETTABUP).*_ENV "([^"]+)"', listed.stdout))):
        if name not in known or (kind == 'SETTABUP' and name not in DECLARED):
            yield f'a global that nobody declared: {name}'


def lines(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if '\t' in line:
            yield f'line {number}: a tab'
        if line != line.rstrip():
            yield f'line {number}: blanks at the end'
        if len(line) > (COLUMNS_CONTRACT if path.suffix == '.nse' else COLUMNS):
            yield f'line {number}: {len(line)} columns'
        if re.search(r'\b(TODO|FIXME|XXX)\b', line):
            yield f'line {number}: a left-over for later (file an issue instead)'


def library(path, text):
    first = text.split('\n')
    if not first[0].startswith(f'-- {path.stem}: '):
        yield f'the first line is to say what {path.stem} owns'
    if not any('SPDX-License-Identifier: BSD-2-Clause' in line for line in first[:4]):
        yield 'no licence in the first lines'


def main():
    luac = shutil.which('luac5.4')
    faults, page = 0, PAGE.read_text()
    paths = sorted(SCRIPTS.glob('*.nse')) + sorted(SCRIPTS.glob('lib/*.lua'))
    for path in paths:
        text = path.read_text()
        found = list(lines(path, text)) + list(says(text) if path.suffix == '.nse' else library(path, text))
        if f'| `{path.stem}` |' not in page:
            found.append(f'{path.stem} is not on {PAGE.relative_to(TOP)}')
        found += foreign_names(path, luac) if luac else []
        for fault in found:
            print(f'{path.relative_to(TOP)}: error: {fault}')
        faults += len(found)
    database = subprocess.run([sys.executable, '-B', str(TOP / 'tools/script-db.py'), '--check'], capture_output=True, text=True)
    if database.returncode:
        print(database.stderr.strip())
        faults += 1
    print(f'scripts: {len(paths)} files, {faults} faults' + ('' if luac else ' (luac5.4 is not installed: names were not looked at)'))
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
