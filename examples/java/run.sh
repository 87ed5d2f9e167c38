#!/usr/bin/env bash
# Runs Digits.java with the binding of this checkout; `make -C bindings java` first. In a cluster: mxkv launch … -- run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
classpath=$("$root/bindings/classpath.sh")
exec java -Xmx512m -Dmxkv.library="${MXKV_LIBRARY:-$root/target/release/libmxkv.so}" -cp "$classpath" \
    "$here/Digits.java" "$root/examples/data/digits.csv.gz"
