#!/usr/bin/env bash
# Makes build/libmxnet/libmxnet.so: a copy of the library given whose soname is libmxnet.so, for loaders that insist
# on that name. The new soname and its end take exactly the place of the old one, so nothing else moves.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
library=$1
folder=$here/../build/libmxnet
old='libmxkv.so.0'
new='libmxnet.so\x00'

[ "$(LC_ALL=C grep -aob "$old" "$library" | wc -l)" = 1 ] || { echo "libmxnet: '$old' is not there exactly once" >&2; exit 1; }
mkdir -p "$folder"
LC_ALL=C sed "s/libmxkv\\.so\\.0/$new/" "$library" >"$folder/libmxnet.so"
[ "$(stat -c %s "$folder/libmxnet.so")" = "$(stat -c %s "$library")" ]
readelf --dynamic --wide "$folder/libmxnet.so" | grep -q 'SONAME.*\[libmxnet.so\]'
echo "$(cd "$folder" && pwd)/libmxnet.so"
