#!/usr/bin/env bash
# Runs MXNet 1.9.1's own unit tests, unmodified, on our library (MXKV_TEST_ON=original: on the wheel's own).
# MXNET_SOURCE names a checkout of MXNet 1.9.1 or a git directory that has its tag. Arguments: names of test files.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
lists=$root/tests/upstream
work=$root/build/upstream

if [ -z "${MXNET_SOURCE:-}" ]; then
    exec "$root/scripts/missing.sh" "upstream-tests: MXNET_SOURCE is not set (a checkout of MXNet 1.9.1 or a git directory)"
fi

rm -rf "$work"
mkdir -p "$work"
if [ -d "$MXNET_SOURCE/tests/python/unittest" ]; then
    cp -r --parents "$MXNET_SOURCE"/./tests/python/{unittest,common} "$work"
else
    GIT_INDEX_FILE=$work/index git --git-dir="$MXNET_SOURCE" --work-tree="$work" \
        checkout -q 1.9.1 -- tests/python/unittest tests/python/common
fi

python=$("$root/scripts/venv.sh")
excluded=()
if [ "${MXKV_TEST_ON:-ours}" = original ]; then
    unset MXNET_LIBRARY_PATH
else
    export MXNET_LIBRARY_PATH=${MXNET_LIBRARY_PATH:-$root/target/release/libmxkv.so}
    while read -r test _; do
        excluded+=(--deselect "$test")
    done < <(grep -v '^#' "$lists/needs-graph.txt")
fi

failed=()
cd "$work/tests/python/unittest"
while read -r file expected; do
    if [ $# -gt 0 ] && [[ " $* " != *" $file "* ]]; then continue; fi
    echo "== $file: $expected tests pass on the original library"
    # Tests that need a graph are left out; tests that skip themselves do not count as passed.
    left_out=0
    [ ${#excluded[@]} -eq 0 ] || left_out=$(printf '%s\n' "${excluded[@]}" | grep -c "^$file.py::" || true)
    if PYTHONPATH=$lists timeout 1800 "$python" -W ignore -m pytest -q --no-header -p no:cacheprovider -p no:warnings \
            "${excluded[@]}" "$file.py" | tee "$work/result"; then
        passed=$(grep -oE '[0-9]+ passed' "$work/result" | tail -1 | cut -d ' ' -f 1)
        if [ "${passed:-0}" -lt $((expected - left_out)) ]; then
            echo "$file: expected $((expected - left_out)) tests to pass, ${passed:-0} did"
            failed+=("$file")
        fi
    else
        failed+=("$file")
    fi
done < <(grep -v '^#' "$lists/expected.txt")

if [ ${#failed[@]} -gt 0 ]; then
    echo "upstream-tests: failures in ${failed[*]}"
    exit 1
fi
echo "upstream-tests: all passed"
