#!/usr/bin/env bash
# Runs MXNet 1.9.1's own tests of distributed stores: the stock frontend on our library in every role, and on
# `mxkv scheduler` and `mxkv server` where the servers need no Python.
# MXNET_SOURCE names a checkout of MXNet 1.9.1 or a git directory that has its tag. Arguments: names of cases.
#   TIMES=10 scripts/upstream-dist-tests.sh         all, ten times in a row
#   REPEATS=7 scripts/upstream-dist-tests.sh plain  with as many rounds as MXNet does by itself (2 otherwise)
# Left out are the two cases that differentiate automatically (gluon_step_cpu, gluon_sparse_step_cpu).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/build/upstream-dist
repeats=${REPEATS:-2}

if [ -z "${MXNET_SOURCE:-}" ]; then
    exec "$root/scripts/missing.sh" "upstream-dist-tests: MXNET_SOURCE is not set (a checkout of MXNet 1.9.1 or a git directory)"
fi

mkdir -p "$work/tests/nightly"
cd "$work/tests/nightly"
for file in dist_sync_kvstore dist_async_kvstore test_server_profiling test_kvstore; do
    if [ -d "$MXNET_SOURCE/tests/nightly" ]; then
        cat "$MXNET_SOURCE/tests/nightly/$file.py"
    else
        git --git-dir="$MXNET_SOURCE" show "1.9.1:tests/nightly/$file.py"
    fi | sed 's|num_rows/2, 2|num_rows//2, 2|' > "$file.py" # Python 3 divides whole numbers with //
done

python=$("$root/scripts/venv.sh")
export MXNET_LIBRARY_PATH=${MXNET_LIBRARY_PATH:-$root/target/release/libmxkv.so}
mxkv=$(dirname "$MXNET_LIBRARY_PATH")/mxkv
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}

free_port() {
    "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# A cluster in which every node is the stock frontend: workers, servers, then the worker's script with arguments.
frontends() {
    local workers=$1 servers=$2 pids=() status=0 number
    shift 2
    local -x DMLC_PS_ROOT_URI=127.0.0.1 DMLC_NODE_HOST=127.0.0.1 DMLC_PS_ROOT_PORT
    local -x DMLC_NUM_WORKER=$workers DMLC_NUM_SERVER=$servers
    DMLC_PS_ROOT_PORT=$(free_port)
    local node=(timeout 600 "$python" -W ignore)
    DMLC_ROLE=scheduler "${node[@]}" -c 'import mxnet' &
    pids+=($!)
    for ((number = 0; number < servers; number++)); do
        DMLC_ROLE=server "${node[@]}" -c 'import mxnet' &
        pids+=($!)
    done
    for ((number = 0; number < workers; number++)); do
        DMLC_ROLE=worker "${node[@]}" "$@" &
        pids+=($!)
    done
    for number in "${pids[@]}"; do
        wait -n "${pids[@]}" || { status=1; kill "${pids[@]}" 2> /dev/null || true; }
    done
    wait "${pids[@]}" 2> /dev/null || true
    return $status
}

# The same without Python on scheduler and servers.
bare() {
    local workers=$1 servers=$2
    shift 2
    timeout 600 "$mxkv" launch -n "$workers" -s "$servers" -- "$python" -W ignore "$@"
}

sync() { frontends 3 2 dist_sync_kvstore.py "$@"; }
case_plain() { sync --nrepeat "$repeats"; }
case_plain_single() { sync --nrepeat "$repeats" --no-multiprecision; }
case_compressed() { sync --type=compressed_cpu --nrepeat "$repeats"; }
case_compressed_single() { sync --type=compressed_cpu --nrepeat "$repeats" --no-multiprecision; }
case_trainer_types() { sync --type=gluon_type_cpu; }
case_invalid() { sync --type=invalid_cpu; }
case_init() { sync --type=init_gpu --no-gpu; }
case_async() { frontends 3 2 dist_async_kvstore.py; }
# The first worker reads files that the others may write when they end, so only the second run counts.
case_profiling() {
    frontends 3 3 test_server_profiling.py > first-run.log 2>&1 || true
    frontends 3 3 test_server_profiling.py
}
case_bare_init() { bare 3 2 dist_sync_kvstore.py --type=init_gpu --no-gpu; }

cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(init bare_init plain plain_single trainer_types invalid async profiling compressed compressed_single)
for ((time = 1; time <= ${TIMES:-1}; time++)); do
    for name in "${cases[@]}"; do
        start=$SECONDS
        if "case_$name" > "$name.log" 2>&1; then
            echo "upstream-dist-tests: $name passed ($time, $((SECONDS - start)) s)"
        else
            tail -60 "$name.log"
            echo "upstream-dist-tests: $name failed ($time); see $PWD/$name.log"
            exit 1
        fi
    done
done
