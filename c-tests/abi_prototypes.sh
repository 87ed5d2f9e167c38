#!/usr/bin/env bash
# Compares every declaration with that of MXNet's own headers: those of the wheel in the private environment of the
# Python tests, unless MXNET_INCLUDE names another include folder. The compiler does the comparing: the same extern "C"
# function in two namespaces is one function, so two types for it are an error.
set -euo pipefail
cd "$(dirname "$0")"
include=${MXNET_INCLUDE:-}
if [ -z "$include" ]; then
    python=$(../scripts/venv.sh)
    include=$(compgen -G "${python%/bin/python}/lib/python3*/site-packages/mxnet/include" | head -1)
fi
[ -e "$include/mxnet/c_api.h" ] || { echo "abi_prototypes: no MXNet headers in '$include'" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Functions that take a struct, which is another type in each namespace.
structs='MXLibInfoFeatures|MXCustomFunctionRecord|MXCustomOpRegister'
names=$(grep -v '^#' ../include/symbols.txt | grep -vE "^($structs)$")

{
    echo '#include <cstddef>'
    echo '#include <cstdint>'
    echo '#include <type_traits>'
    echo 'namespace ours {'
    for header in mxnet/c_api.h mxnet/c_predict_api.h nnvm/c_api.h; do echo "#include \"$(cd ../include && pwd)/$header\""; done
    echo '}'
    echo '#undef MXNET_C_API_H_'
    echo '#undef MXNET_C_PREDICT_API_H_'
    echo '#undef NNVM_C_API_H_'
    echo '#undef MXNET_DLL'
    echo '#undef NNVM_DLL'
    echo 'namespace stock {'
    # Only the functions that take a struct may differ: they get another name.
    for name in ${structs//|/ }; do echo "#define $name Stock$name"; done
    for header in mxnet/c_api.h mxnet/c_predict_api.h nnvm/c_api.h; do echo "#include \"$include/$header\""; done
    for name in ${structs//|/ }; do echo "#undef $name"; done
    echo '}'
    for name in $names; do
        grep -qhE "\b$name\(" "$include"/mxnet/c_api.h "$include"/mxnet/c_predict_api.h "$include"/nnvm/c_api.h || continue
        grep -qhE "\b$name\(" ../include/mxnet/c_api.h ../include/mxnet/c_predict_api.h ../include/nnvm/c_api.h || continue
        echo "static_assert(std::is_same<decltype(ours::$name), decltype(stock::$name)>::value, \"$name\");"
    done
    echo 'static_assert(sizeof(ours::LibFeature) == sizeof(stock::LibFeature), "LibFeature");'
    echo 'static_assert(sizeof(ours::MXCallbackList) == sizeof(stock::MXCallbackList), "MXCallbackList");'
    echo 'static_assert(std::is_same<ours::MXKVStoreStrUpdater, stock::MXKVStoreStrUpdater>::value, "MXKVStoreStrUpdater");'
} > "$folder/prototypes.cc"
g++ -std=c++17 -fsyntax-only "$folder/prototypes.cc"
echo "ok header: $(grep -c 'is_same' "$folder/prototypes.cc") prototypes are those of MXNet"
