#!/usr/bin/env bash
# Runs the tests of DJL on a library: run.sh LIBRARY VERSION…
# DJL takes the library from MXNET_LIBRARY_PATH, under the name libmxnet.so only; another name it passes over in silence,
# so the tests check which file is mapped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
library=$1
shift
if [ "$(basename "$library")" != libmxnet.so ]; then
    library=$("$root/scripts/libmxnet.sh" "$library")
fi
for version in "$@"; do
    echo "djl-tests: $version"
    mvn -q -B -f "$here/pom.xml" -Ddjl.version="$version" -Dmxkv.libmxnet="$library" test
done
