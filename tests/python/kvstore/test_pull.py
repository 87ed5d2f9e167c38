"""Pull, pushpull, broadcast and row_sparse_pull."""

from support import *

pytestmark = pytest.mark.parametrize("name", ["local", "device"])


@pytest.fixture
def store(name):
    return mx.kv.create(name)


@pytest.fixture
def sparse_store(store):
    store.init("e", row_sparse([[1, 1], [3, 3]], [1, 3], (4, 2)))
    return store


def test_a_pull_is_a_copy(store):
    store.init(1, mx.nd.ones((2,)))
    first, second = mx.nd.zeros((2,)), mx.nd.zeros((2,))
    store.pull(1, out=first)
    first[:] = 7
    store.pull(1, out=second)
    assert second.asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize("stored", NUMBERS)
@pytest.mark.parametrize("wanted", NUMBERS)
def test_pull_converts(store, stored, wanted):
    values = np.array([0, 1.5, 2.75, 100]).astype(stored)
    store.init(1, mx.nd.array(values, dtype=stored))
    out = mx.nd.zeros((4,), dtype=wanted)
    store.pull(1, out=out)
    same_bits(out, values.astype(wanted))


def test_wrong_shape(store):
    store.init(1, mx.nd.ones((2,)))
    with fails("2", "3"):
        store.pull(1, out=mx.nd.zeros((3,)))


def test_several_outs(store):
    store.init(1, mx.nd.full((2,), 4))
    outs = [mx.nd.zeros((2,), ctx=c) for c in (mx.cpu(0), mx.cpu(3), mx.cpu_pinned(0))]
    store.pull(1, out=outs)
    assert [o.asnumpy().tolist() for o in outs] == [[4, 4]] * 3


def test_sparse_outs_are_skipped_by_default(sparse_store):
    dense, sparse = mx.nd.zeros((4, 2)), mx.nd.sparse.zeros("row_sparse", (4, 2))
    sparse_store.pull("e", out=[sparse, dense])
    assert rows(sparse) == [] and dense.asnumpy()[:, 0].tolist() == [0, 1, 0, 3]


def test_sparse_outs_on_demand(sparse_store):
    out, dense = mx.nd.sparse.zeros("row_sparse", (4, 2)), mx.nd.zeros((4, 2))
    sparse_store.pull("e", out=[out, dense], ignore_sparse=False)
    assert rows(out) == [1, 3] and dense.asnumpy()[:, 1].tolist() == [0, 1, 0, 3]
    sparse_store.init("d", mx.nd.array([[0, 0], [5, 0], [0, 0], [0, 0]]))
    sparse_store.pull("d", out=out, ignore_sparse=False)
    assert rows(out) == [1]


def test_csr_can_be_stored_and_pulled_dense(store):
    values = np.array([[0, 1], [2, 0]], "float32")
    store.init(1, mx.nd.array(values).tostype("csr"))
    out = mx.nd.zeros((2, 2))
    store.pull(1, out=out)
    same_bits(out, values)


def test_pushpull(store):
    store.init([1, 2], [mx.nd.zeros((2,))] * 2)
    values = [[mx.nd.full((2,), x, ctx=mx.cpu(i)) for i, x in enumerate(xs)] for xs in ((1, 2), (3, 4))]
    outs = [[mx.nd.zeros((2,), ctx=mx.cpu(i)) for i in range(2)] for _ in range(2)]
    store.pushpull([1, 2], values, out=outs)
    assert [[o.asnumpy().tolist() for o in per_key] for per_key in outs] == [[[3, 3]] * 2, [[7, 7]] * 2]


def test_pushpull_in_place(store):
    store.init("a", mx.nd.zeros((2,)))
    values = [mx.nd.ones((2,)), mx.nd.ones((2,))]
    store.pushpull("a", values)
    assert [v.asnumpy().tolist() for v in values] == [[2, 2], [2, 2]]


def test_pushpull_with_an_updater(store):
    store.init("a", mx.nd.full((2,), 10))
    store._set_updater(lambda key, recv, local: local.__iadd__(recv * 2))
    out = mx.nd.zeros((2,))
    store.pushpull("a", [mx.nd.ones((2,))] * 3, out=out)
    assert out.asnumpy().tolist() == [16, 16]


def test_pushpull_skips_sparse_outs(sparse_store):
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    sparse_store.pushpull("e", row_sparse([[9, 9]], [0], (4, 2)), out=out)
    assert rows(out) == []


def test_broadcast(store):
    outs = [mx.nd.zeros((2,), ctx=mx.cpu(i)) for i in range(3)]
    store.broadcast("a", mx.nd.full((2,), 6), out=outs)
    assert [o.asnumpy().tolist() for o in outs] == [[6, 6]] * 3
    lists = [[mx.nd.zeros((2,)) for _ in range(2)] for _ in range(2)]
    store.broadcast(["b", "c"], [mx.nd.ones((2,)), mx.nd.full((2,), 2)], out=lists)
    assert [o.asnumpy().tolist() for per_key in lists for o in per_key] == [[1, 1]] * 2 + [[2, 2]] * 2


@pytest.mark.parametrize("dtype", NUMBERS)
def test_rows_of_any_number_type(sparse_store, dtype):
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    sparse_store.row_sparse_pull("e", out=out, row_ids=mx.nd.array([3, 0, 3, 1], dtype=dtype))
    assert rows(out) == [0, 1, 3] and out.data.asnumpy().tolist() == [[0, 0], [1, 1], [3, 3]]


def test_rows_of_any_shape(sparse_store):
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    sparse_store.row_sparse_pull("e", out=out, row_ids=mx.nd.array([[3, 1], [1, 3]]))
    assert rows(out) == [1, 3]


def test_rows_out_of_range_come_back_as_zeros(sparse_store):
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    sparse_store.row_sparse_pull("e", out=out, row_ids=mx.nd.array([7, 1]))
    assert rows(out) == [1, 7] and out.data.asnumpy().tolist() == [[1, 1], [0, 0]]


def test_rows_of_a_store_without_rows(store):
    store.init(1, mx.nd.sparse.zeros("row_sparse", (4, 2)))
    out = mx.nd.sparse.zeros("row_sparse", (4, 2))
    store.row_sparse_pull(1, out=out, row_ids=mx.nd.array([0, 1]))
    assert out.indices.shape[0] == 0


def test_rows_are_converted(sparse_store, name):
    if ORIGINAL and name == "device":
        pytest.skip("an error in the original")
    out = mx.nd.sparse.zeros("row_sparse", (4, 2), dtype="float64")
    sparse_store.row_sparse_pull("e", out=out, row_ids=mx.nd.array([1]))
    assert out.dtype == np.float64 and out.data.asnumpy().tolist() == [[1, 1]]


def test_rows_for_several_outs(sparse_store):
    outs = [mx.nd.sparse.zeros("row_sparse", (4, 2)) for _ in range(2)]
    sparse_store.row_sparse_pull("e", out=outs, row_ids=[mx.nd.array([1]), mx.nd.array([3, 2])])
    assert [rows(o) for o in outs] == [[1], [2, 3]]
    sparse_store.row_sparse_pull("e", out=outs, row_ids=mx.nd.array([3]))
    assert [rows(o) for o in outs] == [[3], [3]]


def test_rows_need_sparse_arrays(sparse_store):
    sparse_store.init("d", mx.nd.ones((4, 2)))
    with fails("row_sparse"):
        sparse_store.row_sparse_pull("d", out=mx.nd.sparse.zeros("row_sparse", (4, 2)), row_ids=mx.nd.array([1]))
    dense, row_ids = mx.nd.zeros((4, 2)), mx.nd.array([1])
    keys, outs, ids = (ctypes.c_char_p * 1)(b"e"), (ctypes.c_void_p * 1)(dense.handle.value), (ctypes.c_void_p * 1)(row_ids.handle.value)
    with fails("row_sparse"):
        check_call(_LIB.MXKVStorePullRowSparseEx(sparse_store.handle, 1, keys, outs, ids, 0))
