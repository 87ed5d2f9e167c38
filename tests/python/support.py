"""What several test files need."""

import ctypes
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import mxnet as mx
import numpy as np
import pytest
from mxnet._ctypes.ndarray import _imperative_invoke
from mxnet.base import _LIB, MXNetError, c_array, c_str, check_call, py_str

ORIGINAL = "MXNET_LIBRARY_PATH" not in os.environ
VECTORS = Path(__file__).resolve().parents[1] / "vectors"
FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int32", "int64"]
NUMBERS = FLOATS + INTEGERS


def same_bits(got, want):
    """Equal dtype, shape and bits, where any NaN equals any NaN."""
    got, want = (a.asnumpy() if isinstance(a, mx.nd.NDArray) else np.asarray(a) for a in (got, want))
    assert got.dtype == want.dtype and got.shape == want.shape, f"{got.dtype}{got.shape} is not {want.dtype}{want.shape}"
    np.testing.assert_array_equal(got, want)
    if got.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(got) & ~np.isnan(got), np.signbit(want) & ~np.isnan(want))


@contextmanager
def fails(*words, kind=MXNetError):
    """The block raises exactly `kind`, and our message holds the words (the original's wording is not compared)."""
    with pytest.raises(kind) as caught:
        yield caught
    if not ORIGINAL:
        text = str(caught.value)
        missing = [word for word in words if str(word).lower() not in text.lower()]
        assert not missing, f"the message lacks {missing}: {text}"


def run_python(code, rc=0, timeout=120, **environment):
    """Runs `code` in a new process on the same library and returns what it printed; checks how it ended."""
    environment = {**os.environ, **{k: str(v) for k, v in environment.items()}}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment, capture_output=True, text=True, timeout=timeout, cwd=Path(__file__).parent,
    )
    assert done.returncode == rc, f"ended with {done.returncode}, not {rc}\n{done.stdout}\n{done.stderr[-4000:]}"
    return done.stdout


def invoke(name, *arrays, out=None, **parameters):
    """Calls an operator below the generated functions, which know no bfloat16 and no missing arguments."""
    handle = ctypes.c_void_p()
    check_call(_LIB.NNGetOpHandle(c_str(name), ctypes.byref(handle)))
    return _imperative_invoke(handle.value, arrays, list(parameters), [str(v) for v in parameters.values()], out, False, False)


def rows(array):
    """Row numbers of a row_sparse array."""
    return array.indices.asnumpy().tolist()


def row_sparse(values, indices, shape, dtype="float32"):
    return mx.nd.sparse.row_sparse_array((np.asarray(values, dtype), indices), shape=shape, dtype=dtype)


__all__ = ["FLOATS", "INTEGERS", "NUMBERS", "ORIGINAL", "VECTORS", "MXNetError", "_LIB", "c_array", "c_str", "check_call", "ctypes",
           "fails", "invoke", "mx", "np", "py_str", "pytest", "row_sparse", "rows", "run_python", "same_bits"]
