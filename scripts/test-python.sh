#!/usr/bin/env bash
# Runs the Python tests: the stock frontend on our library. Arguments go to pytest.
#   scripts/test-python.sh -k pushpull        some of them
#   MXKV_TEST_ON=original scripts/test-python.sh   the same tests on the wheel's own library: what it fails is our misreading
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
python=$("$root/scripts/venv.sh")

if [ "${MXKV_TEST_ON:-ours}" = original ]; then
    unset MXNET_LIBRARY_PATH
else
    export MXNET_LIBRARY_PATH=${MXNET_LIBRARY_PATH:-$root/target/release/libmxkv.so}
    [ -f "$MXNET_LIBRARY_PATH" ] || { echo "test-python: $MXNET_LIBRARY_PATH is missing; run 'make build'" >&2; exit 1; }
fi
cd "$root/tests/python"
exec "$python" -m pytest "$@"
