"""bfloat16 has no numpy type; the bytes go through the C functions and the cast operator."""

from support import *

BFLOAT16 = 12


def bits_of(array):
    out = np.zeros(array.size, "uint16")
    check_call(_LIB.MXNDArraySyncCopyToCPU(array.handle, out.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(array.size)))
    return out


def truncated(values):
    """float32 to bfloat16 as MXNet does it: the low half is cut off, not rounded."""
    return (np.asarray(values, "float32").view("uint32") >> 16).astype("uint16")


def cast(values):
    return invoke("Cast", mx.nd.array(values), dtype="bfloat16")


def test_code_and_bytes_through_c():
    handle, shape, code = ctypes.c_void_p(), (ctypes.c_uint * 1)(3), ctypes.c_int()
    check_call(_LIB.MXNDArrayCreateEx(shape, 1, 1, 0, 0, BFLOAT16, ctypes.byref(handle)))
    array = mx.nd.NDArray(handle)
    check_call(_LIB.MXNDArrayGetDType(handle, ctypes.byref(code)))
    assert code.value == BFLOAT16
    given = np.array([0x3F80, 0xC000, 0x7F80], "uint16")
    check_call(_LIB.MXNDArraySyncCopyFromCPU(handle, given.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(3)))
    np.testing.assert_array_equal(bits_of(array), given)
    np.testing.assert_array_equal(mx.nd.cast(array, dtype="float32").asnumpy(), [1, -2, np.inf])


def test_cast_truncates():
    values = np.array([1, 1.00390625, 1.01171875, -3.14159, 1e-3, 65504, 3.3e38], "float32")
    np.testing.assert_array_equal(bits_of(cast(values)), truncated(values))
