#!/usr/bin/env bash
# run-local.sh owns `make run`: the main job on this machine, or whatever arguments are given.
set -u
descry=$(dirname "$0")/../build/descry
if [ $# -gt 0 ]; then exec "$descry" "$@"; fi

shown=$(mktemp)
trap 'rm -f "$shown"' EXIT
"$descry" -p 1-65535 --open 127.0.0.1 | tee "$shown"
status=${PIPESTATUS[0]}
if [ "$status" = 0 ] && ! grep -qE '^[0-9]+/(tcp|udp) +open' "$shown"; then
    echo
    echo 'localhost has no open port. To see one, start a server and look again:'
    echo '  python3 -m http.server 8000 --bind 127.0.0.1 & make run'
fi
exit "$status"
