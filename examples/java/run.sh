#!/usr/bin/env bash
# Runs Digits.java with the binding of this checkout; `make -C bindings java` first. In a cluster: mxkv launch … -- run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
classpath=$root/build/jvm-classpath
if [ ! -s "$classpath" ]; then
    mkdir -p "$root/build"
    mvn -q -B -f "$root/bindings/clojure/pom.xml" dependency:build-classpath -Dmdep.outputFile="$classpath.$$" >&2
    mv "$classpath.$$" "$classpath"
fi
exec java -Xmx512m -Dmxkv.library="${MXKV_LIBRARY:-$root/target/release/libmxkv.so}" \
    -cp "$root/bindings/java/target/classes:$(cat "$classpath")" "$here/Digits.java" "$root/examples/data/digits.csv.gz"
