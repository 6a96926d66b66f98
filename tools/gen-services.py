#!/usr/bin/env python3
"""gen-services.py compiles data/services into the C tables that src/targets/service_table.c looks things up in.

usage: gen-services.py data/services out.c
"""
import re
import sys

NAME = re.compile(r'^[A-Za-z0-9][A-Za-z0-9_.+-]{0,30}$')


def ports_of(text):
    low, _, high = text.partition('-')
    low, high = int(low), int(high or low)
    if not 1 <= low <= high <= 65535:
        raise ValueError('port out of 1..65535: ' + text)
    return range(low, high + 1)


def read(path):
    names = {'tcp': {}, 'udp': {}}
    likely = {'tcp': [], 'udp': []}
    for number, line in enumerate(open(path, encoding='ascii'), 1):
        words = line.split()
        if not words or line.startswith('#'):
            continue
        try:
            if words[0] == 'likely':
                for word in words[2:]:
                    likely[words[1]].extend(ports_of(word))
                continue
            if not NAME.match(words[0]):
                raise ValueError('bad name: ' + words[0])
            for word in words[1:]:
                port, _, proto = word.partition('/')
                if int(port) in names[proto]:
                    raise ValueError('second name for ' + word)
                names[proto][ports_of(port)[0]] = words[0]
        except (ValueError, KeyError) as problem:
            sys.exit('%s:%d: %s' % (path, number, problem))
    for proto, ports in likely.items():
        if len(ports) != len(set(ports)):
            sys.exit('%s: %s: likely twice: %s' % (path, proto, sorted(p for p in set(ports) if ports.count(p) > 1)))
    return names, likely


def table(out, kind, name, values):
    out.write('static const %s %s[] = {\n' % (kind, name))
    line = ''
    for value in values:
        if len(line) + len(str(value)) > 134:
            out.write(line + '\n')
            line = ''
        line += '%s,' % value
    out.write(line + '\n};\n')


def main(source, target):
    names, likely = read(source)
    offsets, blob = {}, ['""']
    size = 1  # offset 0 is "no name"
    for name in sorted(set(names['tcp'].values()) | set(names['udp'].values())):
        offsets[name] = size
        blob.append('"%s\\0"' % name)
        size += len(name) + 1
    with open(target, 'w', encoding='ascii') as out:
        out.write('/* Made by tools/gen-services.py from data/services. */\n#include "targets/service_table.h"\n\n')
        out.write('static const char names[] = "\\0"\n%s;\n' % '\n'.join(blob))
        for proto in ('tcp', 'udp'):
            known = sorted(set(names[proto]) | set(likely[proto]))
            rest = [port for port in known if port not in set(likely[proto])]
            table(out, 'uint16_t', proto + '_ports', known)
            table(out, 'uint32_t', proto + '_names', [offsets.get(names[proto].get(port), 0) for port in known])
            table(out, 'uint16_t', proto + '_order', likely[proto] + rest)
        out.write('const struct service_table service_tables[2] = {\n')
        for proto in ('tcp', 'udp'):
            out.write('    [PROTO_%s] = {sizeof %s_ports / sizeof %s_ports[0], %s_ports, %s_names, %s_order, names},\n'
                      % (proto.upper(), proto, proto, proto, proto, proto))
        out.write('};\n')


main(sys.argv[1], sys.argv[2])
