#!/usr/bin/env python3
"""plain.py runs a Lua file of this folder with the stock interpreter: plain.py libraries.lua. Skipped aloud without lua5.4."""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'lib'))
from tap import skip_all  # noqa: E402


def main():
    lua = shutil.which('lua5.4')
    if not lua:
        skip_all('lua5.4 is not installed')
    os.environ['DESCRY_TOP'] = str(HERE.parent.parent)
    sys.exit(subprocess.run([lua, str(HERE / sys.argv[1])], cwd=HERE, stdin=subprocess.DEVNULL).returncode)


if __name__ == '__main__':
    main()
