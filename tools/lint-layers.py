#!/usr/bin/env python3
"""lint-layers.py reads docs/layers.txt and fails on every include that breaks it, naming file and line."""
import fnmatch
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_table(path):
    rooms, fences = {}, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split('#')[0].strip()
        if not line:
            continue
        kind, _, rest = line.partition(' ')
        subject, colon, names = rest.partition(':')
        if not colon or kind not in ('room', 'fence'):
            sys.exit(f'{path}:{number}: not a line of this table: {line}')
        if kind == 'room':
            rooms[subject.strip()] = set(names.split())
        else:
            fences.append((subject.strip(), names.split()))
    for room, may in rooms.items():
        for other in may - rooms.keys():
            sys.exit(f'{path}: room {room} may include {other}, which is no room')
    return rooms, fences


def room_of(name):
    parts = name.split('/')
    if parts[0] == 'src':
        return parts[1] if len(parts) > 2 else None
    return {'include': 'public', 'cli': 'cli'}.get(parts[0])


def room_included(name, header, rooms):
    """The room that a header in quotes belongs to; None: none."""
    first = header.split('/')[0]
    if first == 'descry':
        return 'public'
    if '/' in header and first in rooms:
        return first
    if '/' not in header and (TOP / name).parent.joinpath(header).exists():
        return room_of(name)
    return None


def faults_of(name, rooms, fences):
    room = room_of(name)
    if room is not None and room not in rooms:
        yield 1, f'room {room} is not in docs/layers.txt'
        return
    for number, line in enumerate((TOP / name).read_text(errors='replace').splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, header = found.groups()
        for fence, places in fences:
            if fnmatch.fnmatch(header, fence) and not any(fnmatch.fnmatch(name, place) for place in places):
                yield number, f'<{header}> is fenced: only {" ".join(places)} may include it'
        if room is None:
            continue
        other = room_included(name, header, rooms) if quote == '"' or header.startswith('descry/') else None
        if other is not None and other != room and other not in rooms[room]:
            yield number, f'room {room} may not include {header} of room {other}'
        elif other is None and quote == '"' and not (TOP / 'src' / header).exists() and '/' in header:
            yield number, f'"{header}" is in no room'


def main():
    rooms, fences = read_table(TOP / 'docs' / 'layers.txt')
    count = 0
    files = sorted(f for top in ('src', 'cli', 'include', 'tests') for f in (TOP / top).rglob('*') if f.suffix in ('.c', '.h'))
    for path in files:
        name = path.relative_to(TOP).as_posix()
        for number, fault in faults_of(name, rooms, fences):
            print(f'{name}:{number}: {fault}')
            count += 1
    print(f'layers: {len(files)} files, {count} faults')
    sys.exit(1 if count else 0)


if __name__ == '__main__':
    main()
