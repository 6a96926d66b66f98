#!/usr/bin/env python3
"""embed.py NAME INPUT OUTPUT.h: the bytes of a file as a C array, `NAME` and `NAME_length`."""
import sys

name, source, target = sys.argv[1:4]
data = open(source, "rb").read()
rows = [", ".join(str(b) for b in data[i:i + 24]) for i in range(0, len(data), 24)]
with open(target, "w") as out:
    out.write(f"/* {name}: made by tools/embed.py */\n#include <stddef.h>\n")
    out.write(f"static const unsigned char {name}[] = {{\n" + ",\n".join(rows) + "\n};\n")
    out.write(f"static const size_t {name}_length = {len(data)};\n")
