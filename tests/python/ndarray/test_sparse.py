"""row_sparse and csr arrays: making, converting, arithmetic and the storage type of the results."""

from support import *

DENSE = np.array([[0, 0, 0], [1, 0, 2], [0, 0, 0], [0, 3, 0]], "float32")


@pytest.fixture
def row_array():
    return mx.nd.array(DENSE).tostype("row_sparse")


@pytest.fixture
def csr():
    return mx.nd.array(DENSE).tostype("csr")


def test_row_sparse_parts(row_array):
    assert row_array.stype == "row_sparse" and rows(row_array) == [1, 3]
    same_bits(row_array.data, DENSE[[1, 3]])
    assert row_array.indices.dtype == np.int64
    same_bits(row_array, DENSE)


def test_csr_parts(csr):
    assert csr.indptr.asnumpy().tolist() == [0, 0, 2, 2, 3]
    assert csr.indices.asnumpy().tolist() == [0, 2, 1]
    assert csr.data.asnumpy().tolist() == [1, 2, 3]
    same_bits(csr, DENSE)


@pytest.mark.parametrize("dtype", FLOATS + ["int32", "int64", "int8", "uint8"])
@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_there_and_back(stype, dtype):
    dense = mx.nd.array(DENSE, dtype=dtype)
    sparse = dense.tostype(stype)
    assert sparse.stype == stype and sparse.dtype == np.dtype(dtype)
    same_bits(sparse.tostype("default"), DENSE.astype(dtype))
    same_bits(sparse.copy(), DENSE.astype(dtype))
    same_bits(sparse.astype("float64"), DENSE.astype("float64"))


def test_what_makes_a_row_present():
    values = mx.nd.array([[np.nan], [-0.0], [0], [1]])
    assert rows(values.tostype("row_sparse")) == [0, 3]


def test_row_sparse_has_any_number_of_dimensions():
    values = np.zeros((4, 2, 3), "float32")
    values[2, 1, 1] = 5
    sparse = mx.nd.array(values).tostype("row_sparse")
    assert rows(sparse) == [2] and sparse.data.shape == (1, 2, 3)
    same_bits(sparse, values)
    assert rows(mx.nd.array([0, 1, 0, 2]).tostype("row_sparse")) == [1, 3]


def test_csr_has_two_dimensions():
    with fails("csr"):
        mx.nd.cast_storage(mx.nd.zeros((2, 2, 2)), "csr").asnumpy()


def test_csr_to_row_sparse_is_an_error(csr):
    with pytest.raises((MXNetError, ValueError)):
        csr.tostype("row_sparse").asnumpy()


@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_zeros(stype):
    array = mx.nd.sparse.zeros(stype, (4, 3))
    assert array.stype == stype and array.data.shape[0] == 0
    same_bits(array, np.zeros((4, 3), "float32"))
    same_bits(mx.nd.zeros_like(array), np.zeros((4, 3), "float32"))
    assert mx.nd.zeros_like(array).stype == stype


def test_from_parts():
    array = row_sparse([[1, 2], [3, 4]], [4, 1], (5, 2))
    assert array.shape == (5, 2) and rows(array) == [4, 1]
    csr = mx.nd.sparse.csr_matrix(([5, 6], [1, 0], [0, 1, 2]), shape=(2, 3))
    same_bits(csr, np.array([[0, 5, 0], [6, 0, 0]], "float32"))


def test_retain(row_array):
    kept = mx.nd.sparse.retain(row_array, mx.nd.array([3, 0]))
    assert rows(kept) == [3, 0]
    same_bits(kept.data, np.array([[0, 3, 0], [0, 0, 0]], "float32"))
    nothing = mx.nd.sparse.retain(mx.nd.sparse.zeros("row_sparse", (4, 3)), mx.nd.array([1]))
    assert nothing.indices.shape[0] == 0


def test_storage_of_results(row_array):
    """R row_sparse, D dense: which operators keep rows apart."""
    dense, other = mx.nd.array(DENSE + 1), row_sparse([[1, 1, 1]], [0], (4, 3))
    for result, stype, want in [
        (mx.nd.elemwise_add(row_array, other), "row_sparse", DENSE + other.asnumpy()),
        (mx.nd.elemwise_sub(row_array, other), "row_sparse", DENSE - other.asnumpy()),
        (mx.nd.elemwise_mul(row_array, other), "row_sparse", DENSE * other.asnumpy()),
        (mx.nd.elemwise_mul(row_array, dense), "row_sparse", DENSE * (DENSE + 1)),
        (mx.nd.elemwise_add(row_array, dense), "default", DENSE * 2 + 1),
        (row_array * 2, "row_sparse", DENSE * 2),
        (row_array / 2, "row_sparse", DENSE / 2),
        (row_array + 1, "default", DENSE + 1),
        (mx.nd.square(row_array), "row_sparse", DENSE ** 2),
        (mx.nd.sqrt(row_array), "row_sparse", np.sqrt(DENSE)),
        (mx.nd.abs(row_array), "row_sparse", DENSE),
        (mx.nd.sign(row_array), "row_sparse", np.sign(DENSE)),
        (mx.nd.clip(row_array, 0, 2), "row_sparse", DENSE.clip(0, 2)),
        (mx.nd.broadcast_add(row_array, other), "default", DENSE + other.asnumpy()),
        (mx.nd.add_n(row_array, other, row_array), "row_sparse", DENSE * 2 + other.asnumpy()),
    ]:
        assert result.stype == stype
        same_bits(result, want)
    assert rows(mx.nd.elemwise_mul(row_array, other)) == [0, 1, 3]


def test_clip_that_would_fill_the_gaps_is_an_error(row_array):
    with fails("clip"):
        mx.nd.clip(row_array, 1, 2).asnumpy()


def test_sparse_output_of_a_dense_operator(row_array):
    out = mx.nd.sparse.zeros("row_sparse", (4, 3))
    mx.nd.elemwise_add(row_array, mx.nd.array(DENSE), out=out)
    assert out.stype == "row_sparse"
    same_bits(out, DENSE * 2)


def test_assigning(row_array):
    target = mx.nd.sparse.zeros("row_sparse", (4, 3))
    target[:] = row_array
    same_bits(target, DENSE)
    target[:] = 0
    assert rows(target) == [0, 1, 2, 3]
    mx.nd.array(DENSE).copyto(target)
    assert rows(target) == [1, 3]


def test_ones_and_set_value_make_every_row_present():
    target = mx.nd.sparse.zeros("row_sparse", (3, 2))
    mx.nd._internal._set_value(src=4, out=target)
    assert rows(target) == [0, 1, 2]
    same_bits(target, np.full((3, 2), 4, "float32"))


def test_sums(row_array, csr):
    same_bits(row_array.sum(axis=0), DENSE.sum(axis=0))
    same_bits(csr.sum(axis=0), DENSE.sum(axis=0))
    same_bits(csr.sum(axis=1), DENSE.sum(axis=1))
    np.testing.assert_allclose(row_array.norm().asnumpy(), [np.linalg.norm(DENSE)], rtol=1e-6)


def test_csr_rows(csr):
    same_bits(csr[1:3], DENSE[1:3])
    assert csr[1:3].stype == "csr"
    same_bits(csr[1], DENSE[1:2])


def test_sparse_dot(csr, row_array):
    weight = np.arange(6, dtype="float32").reshape(3, 2)
    same_bits(mx.nd.sparse.dot(csr, mx.nd.array(weight)), DENSE @ weight)
    got = mx.nd.sparse.dot(csr, mx.nd.array(np.ones((4, 2))), transpose_a=True, forward_stype="row_sparse")
    assert got.stype == "row_sparse"
    same_bits(got, DENSE.T @ np.ones((4, 2), "float32"))


@pytest.mark.parametrize("indices", [[1, 1], [3, 1], [-1, 2], [1, 9]])
def test_format_check(indices):
    array = row_sparse([[1, 1], [2, 2]], indices, (4, 2))
    array.check_format(full_check=False)
    with fails("indices"):
        array.check_format(full_check=True)


def test_slices_of_sparse_arrays_through_c_are_errors(row_array):
    handle = ctypes.c_void_p()
    assert _LIB.MXNDArraySlice(row_array.handle, 0, 1, ctypes.byref(handle)) == -1
    assert _LIB.MXNDArrayAt(row_array.handle, 0, ctypes.byref(handle)) == -1


def test_aux_of_a_dense_array_is_an_error():
    handle = ctypes.c_void_p()
    assert _LIB.MXNDArrayGetAuxNDArray(mx.nd.ones((2,)).handle, 0, ctypes.byref(handle)) == -1
