#!/usr/bin/env bash
# Makes build/venv, the private Python environment with the stock frontend, and prints its Python's path.
# Made again only when requirements.txt changed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$here/../build/venv
stamp=$venv/.made-from
want=$(sha256sum <"$here/requirements.txt")

if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
    python=$("$here/python.sh")
    "$here/need.sh" libgomp
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
    echo "$want" >"$stamp"
fi
echo "$(cd "$venv" && pwd)/bin/python"
