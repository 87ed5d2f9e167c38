"""Draws the inputs of a case and turns arrays into something that can be compared: run inside both libraries."""

import ctypes
import sys
from pathlib import Path

import mxnet as mx
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import _LIB, check_call, invoke  # noqa: E402

SPECIAL = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 6e-8, 65504.0, -1.5, 2.5, 3.4e38, 127.0, -128.0]


def values(array, rng):
    dtype = "float32" if array.dtype == "bfloat16" else array.dtype
    whole = np.dtype(dtype).kind in "iu"
    if array.kind == "index":
        return rng.integers(0, array.scale, array.shape).astype(dtype)
    if array.kind == "zeros":
        return np.zeros(array.shape, dtype)
    if array.kind == "small":
        return (rng.integers(-4, 5, array.shape) * array.scale).astype(dtype)
    if array.kind == "special" and not whole:
        with np.errstate(over="ignore"):
            return np.resize(np.array(SPECIAL), array.shape).astype(dtype)
    if dtype == "bool":
        return rng.integers(0, 2, array.shape).astype(bool)
    drawn = rng.standard_normal(array.shape) * (array.scale * (30 if whole else 1))
    if array.kind in ("positive", "full_positive"):
        drawn = np.abs(drawn) + (1 if whole else 0.05)
    elif array.kind == "unit":
        drawn = np.tanh(drawn) * 0.98
    elif array.kind == "sorted":
        drawn = np.sort(drawn, axis=0)
    return drawn.astype(dtype)


def make(array, rng):
    drawn = values(array, rng)
    if array.dtype == "bfloat16":
        return invoke("Cast", mx.nd.array(drawn), dtype="bfloat16")
    if array.stype == "row_sparse" and not array.kind.startswith("full"):
        drawn[rng.permutation(len(drawn))[: len(drawn) // 2]] = 0
    elif array.stype == "csr":
        drawn[rng.random(array.shape) < 0.6] = 0
    dense = mx.nd.array(drawn, dtype=drawn.dtype)
    return dense if array.stype == "default" else dense.tostype(array.stype)


def blob(handle):
    """The bytes of a dense array, whatever its dtype; then its shape and dtype code."""
    ndim, dims, code = ctypes.c_int(), ctypes.POINTER(ctypes.c_int)(), ctypes.c_int()
    check_call(_LIB.MXNDArrayGetShapeEx(handle, ctypes.byref(ndim), ctypes.byref(dims)))
    shape = dims[: max(ndim.value, 0)]
    check_call(_LIB.MXNDArrayGetDType(handle, ctypes.byref(code)))
    dtype = {0: "f4", 1: "f8", 2: "f2", 3: "u1", 4: "i4", 5: "i1", 6: "i8", 7: "?", 12: "u2"}[code.value]
    out = np.empty(shape, dtype)
    check_call(_LIB.MXNDArraySyncCopyToCPU(handle, out.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(out.size)))
    return out


def owned(function, *arguments):
    """The array whose handle a C function gives away."""
    handle = ctypes.c_void_p()
    check_call(function(*arguments, ctypes.byref(handle)))
    return mx.nd.NDArray(handle)


def picture(array):
    """Storage type, context, shape and all parts of an array as numpy arrays."""
    array.wait_to_read()
    parts = [array]
    if array.stype != "default":
        parts = [owned(_LIB.MXNDArrayGetAuxNDArray, array.handle, i) for i in range(1 if array.stype == "row_sparse" else 2)]
        parts.append(owned(_LIB.MXNDArrayGetDataNDArray, array.handle))
    return array.stype, str(array.context), tuple(array.shape), [blob(part.handle) for part in parts]


def run(case):
    """What the call left behind: the pictures of outputs and inputs, or the fact that it failed."""
    with mx.util.np_shape(case.numpy):
        return run_with_shapes(case)


def run_with_shapes(case):
    rng = np.random.default_rng(case.seed)
    inputs = [make(array, rng) for array in case.inputs]
    match case.out:
        case None:
            out = None
        case int(number):
            out = inputs[number]
        case tuple(numbers):
            out = [inputs[number] for number in numbers]
        case array:
            out = make(array, rng)
    mx.nd.waitall()
    try:
        outputs = invoke(case.op, *inputs, out=out, **case.attrs)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        return "ok", [picture(a) for a in outputs], [picture(a) for a in inputs]
    except mx.base.MXNetError as error:
        try:
            mx.nd.waitall()
        except mx.base.MXNetError:
            pass
        return "error", str(error).strip().splitlines()[-1], None
