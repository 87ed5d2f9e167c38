#!/usr/bin/env bash
# Runs each fuzz target for SECONDS_EACH seconds (600 unless set), or only the targets that are named. A finding ends the script with an
# error and stays in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! rustup toolchain list | grep -q '^nightly'; then
    exec scripts/missing.sh "fuzz: there is no nightly compiler (rustup toolchain install nightly)"
fi
command -v cargo-fuzz > /dev/null || cargo install cargo-fuzz --locked
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(ndarray_load attrs_parse wire_decode capi_sequence pickle_read java_read optimizer_read)
for target in "${targets[@]}"; do
    mkdir -p "build/fuzz/$target"
    # Seeds from the golden data make the first minutes count.
    seeds=()
    [ "$target" = ndarray_load ] && [ -d tests/vectors/ndarray ] && seeds=(tests/vectors/ndarray)
    [ -d "fuzz/seeds/$target" ] && seeds=("fuzz/seeds/$target")
    echo "fuzz: $target"
    cargo +nightly fuzz run "$target" "build/fuzz/$target" "${seeds[@]}" -- \
        -max_total_time="${SECONDS_EACH:-600}" -print_final_stats=1 -rss_limit_mb=4096 -malloc_limit_mb=2048
done
