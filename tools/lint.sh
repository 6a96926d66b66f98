#!/usr/bin/env bash
# lint.sh owns `make lint`: layers, style, format, shell scripts. All are run; any fault fails.
set -u
cd "$(dirname "$0")/.." || exit 1
status=0

tools/lint-layers.py || status=1
tools/lint-style.py || status=1
tools/lint-scripts.py || status=1

mapfile -t sources < <(find src cli tests -name '*.c' | sort)
if [ ${#sources[@]} -gt 0 ]; then
    if clang-format --dry-run -Werror "${sources[@]}"; then
        echo "format: ${#sources[@]} files, 0 faults"
    else
        echo 'format: faults; clang-format -i FILE puts it right'
        status=1
    fi
fi

mapfile -t scripts < <(find tools tests .ci -name '*.sh' -o -path .ci/run | sort)
if command -v shellcheck >/dev/null; then
    if shellcheck "${scripts[@]}"; then echo "shell: ${#scripts[@]} files, 0 faults"; else status=1; fi
fi

if python3 -m compileall -q -f tools tests >/dev/null; then echo 'python: 0 faults'; else
    echo 'python: a script does not compile'
    status=1
fi
exit $status
