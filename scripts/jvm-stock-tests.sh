#!/usr/bin/env bash
# Runs MXNet's own JVM frontends (Scala core and clojure-mxnet 1.9.1, unmodified) on our library.
#   jvm-stock-tests.sh [LIBRARY]
# MXNET_JVM_FIXTURES names a folder that holds them built: its run.sh takes a folder with a libmxnet.so and the groups of
# tests, and prints a line "NAME: passed N of M" for each, with "(exit CODE, …" if the process did not end well. These
# must be the lines of tests/jvm/expected.txt. Then the original's Clojure tests on our own namespaces, and clusters of
# JVMs (tests/jvm/clusters.sh).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
library=${1:-$root/target/release/libmxkv.so}
work=$root/build/jvm-stock

fixtures=${MXNET_JVM_FIXTURES:-}
if [ -z "$fixtures" ]; then
    echo "jvm-stock-tests: skipped, MXNET_JVM_FIXTURES is not set"
    exit 0
fi
[ -x "$fixtures/run.sh" ] || { echo "jvm-stock-tests: no run.sh in MXNET_JVM_FIXTURES=$fixtures" >&2; exit 1; }

mkdir -p "$work"
# The JNI layer of the original insists on the name.
[ "$(basename "$library")" = libmxnet.so ] || library=$("$root/scripts/libmxnet.sh" "$library")

failed=0
mkdir -p "$work/run"
# It ends with 1 because of the tests that are expected to fail: the comparison decides.
WORK=$work/run bash "$fixtures/run.sh" "$(dirname "$library")" kvstore arrays other | sed 's/\x1b\[[0-9;]*m//g' | tee "$work/report" || true
diff <(grep -v '^#' "$root/tests/jvm/expected.txt") <(grep ': passed ' "$work/report" | sed 's/, see .*/)/') ||
    { echo "jvm-stock-tests: expected the lines with <, got those with >" >&2; failed=1; }

tests=$work/clojure
rm -rf "$tests" && mkdir -p "$tests"
tar -C "$tests" -xzf "$fixtures"/clojure-mxnet-tests-*.tar.gz
mvn -q -B -f "$root/bindings/pom.xml" -Dmxkv.library="$library" -pl clojure -am test-compile -DskipTests \
    dependency:build-classpath -Dmdep.outputFile="$work/classpath" -Dmdep.pathSeparator=:
our_path=$root/bindings/clojure/src:$root/bindings/java/target/classes:$(cat "$work/classpath")
java -Dmxkv.library="$library" -cp "$our_path" \
    clojure.main "$root/bindings/clojure/test/mxkv/stock.clj" "$tests/test" 81 \
    kvstore-test ndarray-test shape-test random-test resource-scope-test lr-scheduler-test || failed=1

stock_path=$(printf '%s:' "$fixtures"/clojure-mxnet-1*.jar "$fixtures"/from-scala-stand-in.jar "$fixtures"/mxnet-scala-core-1.9.1.jar \
    "$work"/run/jars/*.jar)
"$root/tests/jvm/clusters.sh" "$library" "$stock_path" "$fixtures/native" "$our_path" || failed=1

exit $failed
