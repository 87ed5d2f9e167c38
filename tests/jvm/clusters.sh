#!/usr/bin/env bash
# Clusters of JVMs on MXNet's own Clojure package over our library, and one of every kind of worker.
#   clusters.sh LIBRARY STOCK_CLASSPATH STOCK_NATIVE OUR_CLASSPATH
# LIBRARY is a libmxnet.so; STOCK_NATIVE the folder with libmxnet-scala.so. Every process must end by itself, in time, with 0.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
library=$1 stock_path=$2 stock_native=$3 our_path=$4
seconds=150
mxkv=${MXKV_COMMAND:-$root/target/release/mxkv}
python=$("$root/scripts/venv.sh")
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=0
small=(-Xmx400m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC)

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

stock() { # SCENARIO [SETTING…]
    LD_LIBRARY_PATH=$(dirname "$library") exec timeout -k 5 $seconds java "${small[@]}" -Djava.library.path="$stock_native" \
        --add-opens java.base/java.lang=ALL-UNNAMED -cp "$stock_path" clojure.main "$here/node.clj" "$@"
}

ours() { # SCENARIO
    exec timeout -k 5 $seconds java "${small[@]}" -Dmxkv.library="$library" -cp "$our_path" clojure.main "$here/node.clj" "$@"
}

python_worker() { # the wheel on its own library
    unset MXNET_LIBRARY_PATH
    exec timeout -k 5 $seconds "$python" -W ignore "$here/worker.py"
}

begin() { # WORKERS SERVERS
    settings=(DMLC_PS_ROOT_URI=127.0.0.1 DMLC_PS_ROOT_PORT="$(free_port)" DMLC_NODE_HOST=127.0.0.1
        DMLC_NUM_WORKER="$1" DMLC_NUM_SERVER="$2")
    names=() pids=()
}

node() { # NAME FUNCTION ARGUMENTS…, with the settings in the environment unless they are among the arguments
    local name=$1
    shift
    ("$@") >"$logs/$name" 2>&1 &
    names+=("$name") pids+=($!)
}

by_environment() { # ROLE FUNCTION ARGUMENTS…
    local role=$1
    shift
    export "${settings[@]}" DMLC_ROLE="$role"
    "$@"
}

finish() { # TITLE WORKERS
    local i code bad=0
    for i in "${!pids[@]}"; do
        code=0
        wait "${pids[$i]}" || code=$?
        [ $code = 0 ] || { bad=1; echo "clusters: $1: ${names[$i]} ended with $code" >&2; }
    done
    [ "$(cat "$logs"/worker* | grep -c '^all sums are right$')" = "$2" ] || bad=1
    if [ $bad = 0 ]; then
        echo "clusters: $1: well"
    else
        failed=1
        for i in "${names[@]}"; do echo "--- $i"; tail -30 "$logs/$i"; done >&2
    fi
    rm -f "$logs"/*
}

cluster_of_stock() { # SCENARIO WORKERS SERVERS init|environment
    begin "$2" "$3"
    local role i
    for role in scheduler:1 server:"$3" worker:"$2"; do
        for ((i = 0; i < ${role#*:}; i++)); do
            if [ "$4" = init ]; then
                node "${role%:*}$i" stock "$1" "${settings[@]}" DMLC_ROLE="${role%:*}"
            else
                node "${role%:*}$i" by_environment "${role%:*}" stock "$1"
            fi
        done
    done
    finish "MXNet's Clojure package, $1, $2 workers, $3 servers, roles by $4" "$2"
}

mixed() {
    begin 3 2
    node scheduler by_environment scheduler timeout -k 5 $seconds "$mxkv" scheduler
    node server0 by_environment server timeout -k 5 $seconds "$mxkv" server
    node server1 by_environment server timeout -k 5 $seconds "$mxkv" server
    node worker-ours by_environment worker ours sums
    node worker-stock by_environment worker stock sums
    node worker-python by_environment worker python_worker
    finish "mxkv's servers with our Clojure, MXNet's Clojure and MXNet's Python" 3
}

trained_by_mxkv() { # the servers read the Java object that the workers send; no JVM there
    begin 2 2
    node scheduler by_environment scheduler timeout -k 5 $seconds "$mxkv" scheduler
    node server0 by_environment server timeout -k 5 $seconds "$mxkv" server
    node server1 by_environment server timeout -k 5 $seconds "$mxkv" server
    node worker0 by_environment worker stock training
    node worker1 by_environment worker stock training
    finish "mxkv's servers train for MXNet's Clojure package" 2
}

cluster_of_stock training 1 1 environment
cluster_of_stock training 2 2 init
cluster_of_stock sums 2 2 environment
mixed
trained_by_mxkv
exit $failed
