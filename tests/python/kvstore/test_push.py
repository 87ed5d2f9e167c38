"""What a push leaves in the store: sums, their order, dtypes, aliasing, odd shapes."""

from functools import reduce

from support import *

pytestmark = pytest.mark.parametrize("name", ["local", "device"])


@pytest.fixture
def store(name):
    return mx.kv.create(name)


def pull(store, key, shape, dtype="float32", stype="default"):
    out = mx.nd.zeros(shape, dtype=dtype, stype=stype)
    store.pull(key, out=out, ignore_sparse=False)
    return out


def local_sum(arrays):
    """Blocks of four behind the first array, each block summed before it is added."""
    total = arrays[0]
    for start in range(1, len(arrays), 4):
        total = total + reduce(lambda a, b: a + b, arrays[start:start + 4])
    return total


def test_a_push_replaces(store):
    store.init(1, mx.nd.zeros((2,)))
    for value in (3, 5):
        store.push(1, mx.nd.full((2,), value))
    assert pull(store, 1, (2,)).asnumpy().tolist() == [5, 5]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("count", range(2, 11))
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_order_of_the_sum(store, name, rng, dtype, count, size):
    arrays = [(rng.standard_normal(size) * 10.0 ** rng.integers(-2, 3)).astype(dtype) for _ in range(count)]
    store.init(1, mx.nd.zeros((size,), dtype=dtype))
    store.push(1, [mx.nd.array(a, dtype=dtype, ctx=mx.cpu(i)) for i, a in enumerate(arrays)])
    want = local_sum(arrays) if name == "local" else reduce(lambda a, b: a + b, arrays)
    same_bits(pull(store, 1, (size,), dtype), want)


def test_order_of_the_sum_of_big_arrays(store, name, rng):
    """Above the bound for parallel work nothing changes in the last bit."""
    arrays = [rng.standard_normal(1_100_003).astype("float32") for _ in range(6)]
    store.init(1, mx.nd.zeros((1_100_003,)))
    store.push(1, [mx.nd.array(a, ctx=mx.cpu(i)) for i, a in enumerate(arrays)])
    want = local_sum(arrays) if name == "local" else reduce(lambda a, b: a + b, arrays)
    same_bits(pull(store, 1, (1_100_003,)), want)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_wrap(store, dtype):
    values = [mx.nd.full((2,), 100, dtype=dtype)] * 3
    store.init(1, values[0])
    store.push(1, values)
    assert pull(store, 1, (2,), dtype).asnumpy().tolist() == [int(np.array(300).astype(dtype))] * 2


def test_bools_cannot_be_summed(store):
    value = mx.nd.array([True], dtype="bool")
    store.init(1, value)
    with fails("bool"):
        store.push(1, [value, value])
        mx.nd.waitall()


def test_a_single_value_is_aliased(store):
    value = mx.nd.ones((2,))
    store.init(1, mx.nd.zeros((2,)))
    store.push(1, value)
    value[:] = 9
    assert pull(store, 1, (2,)).asnumpy().tolist() == [9, 9]


def test_several_values_are_not(store):
    values = [mx.nd.ones((2,)), mx.nd.ones((2,))]
    store.init(1, mx.nd.zeros((2,)))
    store.push(1, values)
    values[0][:] = 9
    assert pull(store, 1, (2,)).asnumpy().tolist() == [2, 2]


def test_a_single_row_sparse_value(store, name):
    value = row_sparse([[1, 1]], [1], (3, 2))
    store.init(1, mx.nd.sparse.zeros("row_sparse", (3, 2)))
    store.push(1, value)
    value[:] = row_sparse([[9, 9]], [1], (3, 2))
    seen = pull(store, 1, (3, 2), stype="row_sparse").asnumpy()[1].tolist()
    assert seen == ([1, 1] if name == "local" else [9, 9])


def test_the_store_adopts_a_single_values_dtype(store):
    store.init(1, mx.nd.zeros((2,)))
    store.push(1, mx.nd.array([1.5, 2.5], dtype="float64"))
    same_bits(pull(store, 1, (2,), "float64"), np.array([1.5, 2.5]))
    same_bits(pull(store, 1, (2,), "float32"), np.array([1.5, 2.5], "float32"))


def test_several_values_of_another_dtype(store, name):
    """`local` refuses, at the latest at the next wait; `device` sums in the dtype of the init."""
    store.init(1, mx.nd.zeros((2,)))
    values = [mx.nd.array([1.1, 2.2], dtype="float64", ctx=mx.cpu(i)) for i in range(3)]
    if name == "local":
        with fails("float64", "float32"):
            store.push(1, values)
            mx.nd.waitall()
    else:
        store.push(1, values)
        single = np.array([1.1, 2.2]).astype("float32")
        same_bits(pull(store, 1, (2,)), single + single + single)


def test_the_store_adopts_a_single_values_shape(store):
    store.init(1, mx.nd.zeros((2,)))
    store.push(1, mx.nd.array([1, 2, 3]))
    assert pull(store, 1, (3,)).asnumpy().tolist() == [1, 2, 3]
    with fails("3", "2"):
        pull(store, 1, (2,))


def test_several_values_of_another_shape(store):
    store.init(1, mx.nd.zeros((2,)))
    with fails("3", "2"):
        store.push(1, [mx.nd.ones((3,))] * 2)


def test_csr_values_cannot_be_pushed(store):
    store.init(1, mx.nd.zeros((2, 2)))
    with fails("csr"):
        store.push(1, mx.nd.ones((2, 2)).tostype("csr"))


def test_sum_of_row_sparse_values(store, rng):
    parts, want = [], np.zeros((8, 3), "float32")
    for device in range(4):
        ids = np.sort(rng.choice(8, 3, replace=False))
        values = rng.integers(-5, 5, (3, 3)).astype("float32")
        want[ids] += values
        parts.append(row_sparse(values, ids, (8, 3)).as_in_context(mx.cpu(device)))
    store.init(1, mx.nd.sparse.zeros("row_sparse", (8, 3)))
    store.push(1, parts)
    out = pull(store, 1, (8, 3), stype="row_sparse")
    assert rows(out) == sorted({i for part in parts for i in rows(part)})
    same_bits(out, want)


@pytest.mark.parametrize("first", ["row_sparse", "default"])
def test_mixed_storage(store, first):
    dense, sparse = mx.nd.ones((3, 2)), row_sparse([[1, 2]], [1], (3, 2))
    store.init(1, mx.nd.zeros((3, 2)))
    store.push(1, [sparse, dense] if first == "row_sparse" else [dense, sparse])
    same_bits(pull(store, 1, (3, 2)), np.array([[1, 1], [2, 3], [1, 1]], "float32"))


def test_the_store_takes_the_pushed_storage(store):
    store.init([1, 2], [mx.nd.zeros((3, 2)), mx.nd.sparse.zeros("row_sparse", (3, 2))])
    store.push([1, 2], [row_sparse([[1, 2]], [1], (3, 2)), mx.nd.ones((3, 2))])
    same_bits(pull(store, 1, (3, 2)), np.array([[0, 0], [1, 2], [0, 0]], "float32"))
    out = mx.nd.sparse.zeros("row_sparse", (3, 2))
    store.row_sparse_pull(1, out=out, row_ids=mx.nd.array([1]))
    assert rows(out) == [1]
    with fails("row_sparse"):
        store.row_sparse_pull(2, out=out, row_ids=mx.nd.array([1]))


@pytest.mark.parametrize("priority", [-100, 0, 100])
def test_priority_changes_no_result(store, priority):
    store.init(1, mx.nd.zeros((2,)))
    for i in range(20):
        store.push(1, [mx.nd.full((2,), i)] * 2, priority=priority)
    assert pull(store, 1, (2,)).asnumpy().tolist() == [38, 38]
