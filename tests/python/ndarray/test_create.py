"""Making arrays: from values, filled, ranges; on every context and dtype."""

from support import *

CONTEXTS = [mx.cpu(0), mx.cpu(7), mx.cpu_pinned(0), mx.Context("cpu_shared", 0)]


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 1, 4), (2, 1, 3, 2)])
def test_from_numpy_and_back(rng, dtype, shape):
    values = (rng.standard_normal(shape) * 50).astype(dtype)
    same_bits(mx.nd.array(values, dtype=dtype), values)


def test_bool_array():
    values = np.array([[True, False], [False, True]])
    array = mx.nd.array(values, dtype="bool")
    assert array.dtype == np.bool_
    np.testing.assert_array_equal(array.asnumpy(), values)


@pytest.mark.parametrize("context", CONTEXTS, ids=str)
def test_every_context(context):
    array = mx.nd.full((2, 2), 3, ctx=context)
    assert array.context == context
    np.testing.assert_array_equal(array.asnumpy(), np.full((2, 2), 3, "float32"))


def test_device_ids_are_kept_and_may_be_mixed():
    a, b = mx.nd.ones(3, ctx=mx.cpu(1)), mx.nd.ones(3, ctx=mx.cpu(2))
    total = a + b
    assert total.context == mx.cpu(1)
    np.testing.assert_array_equal(total.asnumpy(), [2, 2, 2])
    assert a.as_in_context(mx.cpu(5)).context == mx.cpu(5)
    assert a.copyto(b) is b and b.context == mx.cpu(2)


def test_results_of_pinned_inputs_live_on_plain_cpu():
    assert (mx.nd.ones(2, ctx=mx.cpu_pinned(0)) + 1).context == mx.cpu(0)


def test_gpu_is_a_clear_error():
    with fails("gpu"):
        mx.nd.array([1], ctx=mx.gpu(0))
    with fails("gpu"):
        mx.nd.zeros((2,), ctx=mx.gpu(0))


@pytest.mark.parametrize("dtype", NUMBERS)
def test_filled(dtype):
    same_bits(mx.nd.zeros((2, 3), dtype=dtype), np.zeros((2, 3), dtype))
    same_bits(mx.nd.ones((2, 3), dtype=dtype), np.ones((2, 3), dtype))
    same_bits(mx.nd.full((2, 3), 7, dtype=dtype), np.full((2, 3), 7, dtype))
    array = mx.nd.full((2, 3), 5, dtype=dtype)
    same_bits(mx.nd.zeros_like(array), np.zeros((2, 3), dtype))
    same_bits(mx.nd.ones_like(array), np.ones((2, 3), dtype))


def test_full_converts_as_c_does():
    assert mx.nd.full((1,), 1.7, dtype="int32").asscalar() == 1
    assert mx.nd.full((1,), -1, dtype="uint8").asscalar() == 255


@pytest.mark.parametrize("arguments, want", [
    (dict(start=5), np.arange(5)),
    (dict(start=2, stop=8, step=2), np.arange(2, 8, 2)),
    (dict(start=0, stop=1, step=0.3), np.arange(4) * np.float32(0.3)),
    (dict(start=5, stop=2, step=-1), np.arange(5, 2, -1)),
    (dict(start=0, stop=3, repeat=2), np.repeat(np.arange(3), 2)),
])
def test_arange(arguments, want):
    np.testing.assert_allclose(mx.nd.arange(**arguments).asnumpy(), want.astype("float32"), rtol=1e-7)


def test_arange_that_never_ends():
    with fails("5", "2"):
        mx.nd.arange(5, 2, 1).asnumpy()


def test_linspace_and_eye():
    np.testing.assert_allclose(mx.nd.linspace(0, 1, 5).asnumpy(), np.linspace(0, 1, 5), rtol=1e-6)
    np.testing.assert_allclose(mx.nd.linspace(0, 1, 5, endpoint=False).asnumpy(), np.linspace(0, 1, 5, False), rtol=1e-6)
    np.testing.assert_array_equal(mx.nd.eye(3, 4, 1).asnumpy(), np.eye(3, 4, 1))


def test_zero_length_dimension():
    with mx.util.np_shape(True):
        array = mx.nd.zeros((0, 3))
        assert array.shape == (0, 3) and array.asnumpy().size == 0


def test_empty_placeholder():
    handle, code = ctypes.c_void_p(), ctypes.c_int()
    check_call(_LIB.MXNDArrayCreateNone(ctypes.byref(handle)))
    array = mx.nd.NDArray(handle)
    check_call(_LIB.MXNDArrayGetDType(handle, ctypes.byref(code)))
    assert code.value == -1 and array.shape == ()
    check_call(_LIB.MXNDArrayGetStorageType(handle, ctypes.byref(code)))
    assert code.value == -1
    array.wait_to_read()


@pytest.mark.parametrize("dev_type, dtype, size", [(9, 0, 2), (1, 77, 2), (1, 0, 2**31)])
def test_wrong_numbers_in_the_c_call(dev_type, dtype, size):
    handle, shape = ctypes.c_void_p(), (ctypes.c_int64 * 1)(size)
    assert _LIB.MXNDArrayCreateEx64(shape, 1, dev_type, 0, 0, dtype, ctypes.byref(handle)) == -1
    assert not handle.value


def test_unwritten_array_of_delayed_allocation_can_be_written():
    array = mx.nd.empty((4,))
    array[:] = 3
    np.testing.assert_array_equal(array.asnumpy(), [3, 3, 3, 3])
