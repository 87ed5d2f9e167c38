#!/usr/bin/env bash
# Prints the path of a Python 3.11 that can make virtual environments (mxnet 1.9.1 and numpy 1.23.5 need that version).
set -euo pipefail
here=$(dirname "$0")

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 /usr/bin/python3.11 python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11*/bin/python3.11; do
        if [ -n "$candidate" ] && usable "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

if ! find_python; then
    if command -v python3.11 >/dev/null; then # there, but without the module venv
        "$here/need.sh" venv-for-python3.11
    else
        "$here/need.sh" python3.11
    fi
    find_python || { echo "python.sh: no Python 3.11 found; name one in PYTHON" >&2; exit 1; }
fi
