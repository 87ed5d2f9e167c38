"""Indexing, views that share memory, assignment, shapes."""

from support import *


@pytest.fixture
def values():
    return np.arange(24, dtype="float32").reshape(4, 3, 2)


@pytest.fixture
def array(values):
    return mx.nd.array(values)


READS = [np.s_[1], np.s_[-1], np.s_[1:3], np.s_[:], np.s_[2:], np.s_[1, 2], np.s_[1, :, 1], np.s_[:, 1], np.s_[::2],
         np.s_[::-1], np.s_[3:0:-2], np.s_[1:3, 0:2], np.s_[..., 0], np.s_[None, 1], np.s_[:, -1, :], np.s_[0, 1, 1]]


@pytest.mark.parametrize("key", READS, ids=str)
def test_read(array, values, key):
    want = values[key]
    same_bits(array[key], want if want.ndim else want.reshape(1))


@pytest.mark.parametrize("key", READS[:8] + READS[8:11] + READS[11:13], ids=str)
def test_write_scalar_and_array(values, key):
    for given in (5.0, np.full(values[key].shape, 2.5, "float32")):
        array, want = mx.nd.array(values), values.copy()
        array[key] = mx.nd.array(given) if isinstance(given, np.ndarray) and given.ndim else float(np.mean(given))
        want[key] = given if isinstance(given, np.ndarray) and given.ndim else float(np.mean(given))
        same_bits(array, want)


@pytest.mark.parametrize("index", [[0, 2], [3, 3, 1], [[0, 1], [2, 3]]])
def test_advanced_index(array, values, index):
    same_bits(array[mx.nd.array(index, dtype="int32")], values[np.array(index)])
    same_bits(array[index], values[np.array(index)])
    changed, want = mx.nd.array(values), values.copy()
    changed[mx.nd.array(index, dtype="int32")] = -1
    want[np.array(index)] = -1
    same_bits(changed, want)


def test_two_index_arrays(array, values):
    same_bits(array[[0, 3], [1, 2]], values[[0, 3], [1, 2]])


def test_views_share_memory(array):
    row, part, flat = array[1], array[1:3], array.reshape((12, 2))
    row[:] = 100
    assert part[0].asnumpy().tolist() == [[100, 100]] * 3
    part[1][:] = 200
    assert flat[6].asnumpy().tolist() == [200, 200]
    flat[3] = -1
    assert array[1, 0].asnumpy().tolist() == [-1, -1] == row[0].asnumpy().tolist()


def test_a_view_outlives_its_array():
    view = mx.nd.arange(10)[2:5]
    mx.nd.zeros((1000,)).wait_to_read()
    assert view.asnumpy().tolist() == [2, 3, 4]


def test_copies_do_not_share(array):
    for copy in (array.copy(), array.astype("float32"), array.as_in_context(mx.cpu(1)), array[:, 1], array[::2]):
        copy[:] = 9
    assert array.asnumpy().max() == 23


def test_assign_whole(values):
    array, alias = mx.nd.zeros(values.shape), None
    alias = array.detach()
    for given in (mx.nd.array(values), values, 3):
        array[:] = given
        np.testing.assert_array_equal(alias.asnumpy(), np.broadcast_to(np.asarray(
            given.asnumpy() if isinstance(given, mx.nd.NDArray) else given), values.shape))


def test_assigning_the_wrong_shape(array):
    with pytest.raises((MXNetError, ValueError)):
        array[0:2] = mx.nd.ones((3, 3, 2))
        array.wait_to_read()


@pytest.mark.parametrize("shape, want", [
    ((6, 4), (6, 4)), ((-1, 2), (12, 2)), ((0, -1), (4, 6)), ((-2,), (4, 3, 2)), ((-3, 2), (12, 2)),
    ((-4, 2, 2, -2), (2, 2, 3, 2)), ((0, -4, 3, -1, 2), (4, 3, 1, 2)), ((24,), (24,)),
])
def test_reshape_codes(array, values, shape, want):
    got = array.reshape(shape)
    assert got.shape == want
    same_bits(got, values.reshape(want))


def test_reshape_reverse():
    assert mx.nd.zeros((10, 5, 4)).reshape((-1, 0), reverse=True).shape == (50, 4)


@pytest.mark.parametrize("shape", [(-1, -1), (5, 5), (7, -1), (0, 0, 0, 0)])
def test_reshape_that_cannot_be(array, shape):
    with pytest.raises((MXNetError, ValueError)):
        array.reshape(shape)


def raw_reshape(array, *dims):
    handle, given = ctypes.c_void_p(), (ctypes.c_int * len(dims))(*dims)
    check_call(_LIB.MXNDArrayReshape(array.handle, len(dims), given, ctypes.byref(handle)))
    return mx.nd.NDArray(handle)


def test_c_reshape_to_a_prefix():
    assert raw_reshape(mx.nd.arange(6).reshape((2, 3)), 2, 2).asnumpy().tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize("begin, end", [(2, 1), (0, 5), (5, 6)])
def test_c_slice_out_of_range(array, begin, end):
    handle = ctypes.c_void_p()
    assert _LIB.MXNDArraySlice(array.handle, begin, end, ctypes.byref(handle)) == -1


def test_c_slice_may_be_empty(array):
    handle, ndim, dims = ctypes.c_void_p(), ctypes.c_int(), ctypes.POINTER(ctypes.c_int)()
    check_call(_LIB.MXNDArraySlice(array.handle, 1, 1, ctypes.byref(handle)))
    check_call(_LIB.MXNDArrayGetShapeEx(handle, ctypes.byref(ndim), ctypes.byref(dims)))
    assert dims[:ndim.value] == [0, 3, 2]
    check_call(_LIB.MXNDArrayFree(handle))


def test_index_out_of_range(array):
    with pytest.raises(IndexError):
        array[4]


def test_at_of_a_vector_keeps_one_element():
    assert mx.nd.arange(3)[1].shape == (1,) and mx.nd.arange(3)[1].asscalar() == 1


def test_shape_methods(array, values):
    same_bits(array.transpose(), values.T)
    same_bits(array.transpose((1, 0, 2)), values.transpose(1, 0, 2))
    same_bits(array.T, values.T)
    same_bits(array.expand_dims(1), values[:, None])
    same_bits(array.flatten(), values.reshape(4, 6))
    same_bits(mx.nd.concat(array, array, dim=0), np.concatenate([values, values]))
    same_bits(mx.nd.concat(array, array), np.concatenate([values, values], axis=1))
    same_bits(mx.nd.stack(array, array, axis=1), np.stack([values, values], axis=1))
    for got, want in zip(array.split(3, axis=1), np.split(values, 3, axis=1)):
        same_bits(got, want)
    same_bits(array.swapaxes(0, 2), values.swapaxes(0, 2))
    same_bits(mx.nd.ones((1, 3, 1)).broadcast_to((2, 3, 4)), np.ones((2, 3, 4), "float32"))
    same_bits(array.slice_axis(1, 1, None), values[:, 1:])
    same_bits(array.take(mx.nd.array([3, 0])), values[[3, 0]])
    same_bits(array.repeat(2, axis=1), values.repeat(2, axis=1))
    same_bits(array.tile((1, 2, 1)), np.tile(values, (1, 2, 1)))
    same_bits(array.flip(axis=0), values[::-1])


def test_order(rng):
    values = rng.permutation(12).astype("float32").reshape(3, 4)
    array = mx.nd.array(values)
    same_bits(array.sort(), np.sort(values))
    same_bits(array.argsort(), np.argsort(values).astype("float32"))
    same_bits(array.argmax(axis=1), values.argmax(axis=1).astype("float32"))
    same_bits(array.argmin(axis=0), values.argmin(axis=0).astype("float32"))
    same_bits(array.topk(k=2), np.argsort(-values)[:, :2].astype("float32"))
    same_bits(array.topk(k=2, ret_typ="value"), -np.sort(-values)[:, :2])


def test_scalars_and_truth():
    assert mx.nd.array([2.5]).asscalar() == 2.5
    assert bool(mx.nd.array([1])) and not bool(mx.nd.array([0]))
    assert len(mx.nd.zeros((3, 2))) == 3 and mx.nd.zeros((3, 2)).size == 6


@pytest.mark.parametrize("source", NUMBERS)
@pytest.mark.parametrize("target", NUMBERS)
def test_astype_inside_the_common_range(source, target):
    values = np.array([0, 1, 2, 100], source)
    same_bits(mx.nd.array(values, dtype=source).astype(target), values.astype(target))
    out = mx.nd.zeros((4,), dtype=target)
    mx.nd.array(values, dtype=source).copyto(out)
    same_bits(out, values.astype(target))


def test_casts_of_the_edges():
    array = mx.nd.array([-3.7, 300, np.nan, 1e20])
    assert array[:2].astype("uint8").asnumpy().tolist() == [253, 44]
    assert array.astype("int32").asnumpy().tolist() == [-3, 300, -2**31, -2**31]
    assert mx.nd.array([70000]).astype("float16").asnumpy()[0] == np.inf
