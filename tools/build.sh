#!/usr/bin/env bash
# build.sh owns the making of a build directory: tools/build.sh DIR [MESON OPTION...]. Tests are built where cmocka is there.
set -eu
dir=$1
shift
tests=false
if pkg-config --exists cmocka; then tests=true; fi
if [ ! -f "$dir/build.ninja" ]; then
    meson setup "$dir" -Dtests=$tests "$@" >"${TMPDIR:-/tmp}/descry-setup.$$" || {
        cat "${TMPDIR:-/tmp}/descry-setup.$$"
        exit 1
    }
    rm -f "${TMPDIR:-/tmp}/descry-setup.$$"
elif [ "$tests" = true ] && [ ! -f "$dir/.with-tests" ]; then
    meson configure "$dir" -Dtests=true
fi
if [ "$tests" = true ]; then touch "$dir/.with-tests"; fi

# Quiet where there is nothing to say; what the compiler says is shown.
set -o pipefail
ninja -C "$dir" --quiet | { grep -v '^ninja: no work to do' || true; }
