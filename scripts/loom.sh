#!/usr/bin/env bash
# Checks the engine in all interleavings of small models. LOOM_MAX_PREEMPTIONS widens the search (default 3).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
exec cargo test --release --manifest-path "$root/tests/loom/Cargo.toml" --target-dir "$root/target/loom" "$@"
