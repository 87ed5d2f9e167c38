#!/usr/bin/env bash
# Runs a Clojure example (digits.clj without arguments) with the bindings of this checkout; `make -C bindings java` first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
classpath=$("$root/bindings/classpath.sh")
exec java -Xmx512m -Dmxkv.library="${MXKV_LIBRARY:-$root/target/release/libmxkv.so}" -cp "$classpath" \
    clojure.main "${1:-$here/digits.clj}"
