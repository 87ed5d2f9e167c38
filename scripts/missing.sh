#!/usr/bin/env bash
# Ends a run that lacks something: missing.sh WHAT. An error, unless MXKV_ALLOW_SKIP is set to 1.
set -euo pipefail
if [ "${MXKV_ALLOW_SKIP:-}" = 1 ]; then
    echo "skipped: $1"
else
    echo "$1; MXKV_ALLOW_SKIP=1 skips this" >&2
    exit 1
fi
