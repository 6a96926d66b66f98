#!/usr/bin/env python3
"""lint-style.py checks what clang-format does not: first lines, guards, line lengths, left-overs, long functions (a warning)."""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
COLUMNS = 140
COLUMNS_CONTRACT = 160  # comments of headers
LONGEST_FUNCTION = 80
LEFT_OVER = re.compile(r'\b(TODO|FIXME|XXX)\b')


def first_line(path, lines):
    """The first line (or the first of a block comment) says what the file owns: it names the file, or says `owns`."""
    head = ' '.join(lines[:3])
    if not lines or not lines[0].startswith('/*'):
        yield 1, 'error', 'the first line is to be a comment that says what the file owns'
    elif path.stem not in head and 'owns' not in head and path.stem.removesuffix('_test') not in head:
        yield 1, 'error', f'the first comment is to say what {path.name} owns'


def guard(path, lines):
    parts = path.relative_to(TOP).parts
    if parts[0] == 'src':
        name = '_'.join(('DESCRY',) + parts[1:])
    else:
        name = '_'.join(part for part in parts if part not in ('include', 'tests'))
        name = name if name.lower().startswith('descry') else 'DESCRY_' + name
    name = re.sub(r'[^A-Za-z0-9]', '_', name).upper()
    if not any(line.startswith('#ifndef ') for line in lines):
        yield 1, 'error', f'no include guard ({name})'
    elif parts[0] == 'src' and f'#ifndef {name}' not in lines:
        yield 1, 'error', f'the include guard is to be {name}'


def each_line(path, lines):
    for number, line in enumerate(lines, 1):
        if '\t' in line:
            yield number, 'error', 'a tab'
        if line != line.rstrip():
            yield number, 'error', 'blanks at the end'
        if LEFT_OVER.search(line):
            yield number, 'error', 'a left-over for later (file an issue instead)'
        comment = '/*' in line or line.lstrip().startswith('*') or path.suffix == '.h' and ';' not in line
        most = COLUMNS_CONTRACT if path.suffix == '.h' and comment else COLUMNS
        if len(line) > most:
            yield number, 'error', f'{len(line)} columns (at most {most})'


def functions(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == '{':
            start = number
        elif line == '}' and start is not None:
            if number - start > LONGEST_FUNCTION:
                yield start, 'warning', f'a function of {number - start} lines (better at most {LONGEST_FUNCTION})'
            start = None


def main():
    errors = 0
    files = sorted(f for top in ('src', 'cli', 'include', 'tests') for f in (TOP / top).rglob('*') if f.suffix in ('.c', '.h'))
    for path in files:
        lines = path.read_text(errors='replace').splitlines()
        faults = list(first_line(path, lines)) + list(each_line(path, lines)) + list(functions(lines))
        if path.suffix == '.h':
            faults += guard(path, lines)
        for number, kind, fault in sorted(faults):
            print(f'{path.relative_to(TOP)}:{number}: {kind}: {fault}')
            errors += kind == 'error'
    print(f'style: {len(files)} files, {errors} faults')
    sys.exit(1 if errors else 0)


if __name__ == '__main__':
    main()
