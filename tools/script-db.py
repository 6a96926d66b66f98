#!/usr/bin/env python3
"""script-db.py owns scripts/script.db: it names each script with its categories and, for those of category version, what their rule can match.

    tools/script-db.py            writes it
    tools/script-db.py --check    exits with 1 if it is not what the scripts say

Hints come from rules that are written as `naming.rule { ports = ..., services = ..., protocol = ..., more = ..., unnamed = ... }`; a script with another rule has none,
and is loaded for every port.
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS = TOP / 'scripts'
TARGET = SCRIPTS / 'script.db'
FIELD = re.compile(r'(\w+)\s*=\s*(\{[^{}]*\}|"[^"]*"|\w+)')


def strings(text):
    return re.findall(r'"([^"]*)"', text)


def categories(text, name):
    found = re.search(r'^categories\s*=\s*\{([^}]*)\}', text, re.M)
    if not found:
        sys.exit(f'{name}: no line "categories = {{ ... }}"')
    return sorted(strings(found.group(1)))


def rule_fields(text):
    """The fields of naming.rule { ... }, or None."""
    found = re.search(r'^portrule\s*=\s*naming\.rule\s*\{', text, re.M)
    if not found:
        return None
    depth, at = 1, found.end()
    while depth and at < len(text):
        depth += {'{': 1, '}': -1}.get(text[at], 0)
        at += 1
    return dict(FIELD.findall(text[found.end():at - 1]))


def hints(text):
    fields = rule_fields(text)
    if fields is None:
        return []
    protocols = strings(fields.get('protocol', '')) or ['tcp']
    ports = re.findall(r'\d+', fields.get('ports', ''))
    out = [f'{protocol}/{port}' for protocol in protocols for port in ports]
    out += strings(fields.get('services', ''))
    if fields.get('unnamed') == 'true':
        out.append('unread')  # replies came that no rule could read
    # Stand last: a service that is known is worth a connection only to whom wants to read more.
    if out:
        out.append('unless-known-or-shown')
    return out


def words(list_of_words):
    return '{ ' + ''.join(f'"{word}", ' for word in list_of_words) + '}'


def entry(path):
    text = path.read_text()
    of = categories(text, path.name)
    told = hints(text) if 'version' in of else []
    more = f', hints = {words(told)}' if told else ''
    return f'Entry {{ filename = "{path.name}", categories = {words(of)}{more} }}\n'


def main():
    text = ''.join(entry(path) for path in sorted(SCRIPTS.glob('*.nse')))
    if '--check' not in sys.argv[1:]:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        sys.exit(f'{TARGET.relative_to(TOP)} is not what the scripts say: run tools/script-db.py')
    else:
        print(f'{TARGET.relative_to(TOP)}: {text.count(chr(10))} scripts')


if __name__ == '__main__':
    main()
