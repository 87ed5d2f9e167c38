"""Keys: integers or strings, how one call's entries are grouped, and what goes wrong."""

from support import *

BOTH = pytest.mark.parametrize("name", ["local", "device"])
pytestmark = BOTH


@pytest.fixture
def store(name):
    return mx.kv.create(name)


def pulled(store, key, shape=(2,), dtype="float32"):
    out = mx.nd.zeros(shape, dtype=dtype)
    store.pull(key, out=out)
    return out.asnumpy().tolist()


@pytest.mark.parametrize("keys", [[3, 5, 7], ["a", "b", "c"], [-1, 0, 2**31 - 1], ["", "ünïcode ключ", "a b"]])
def test_lists_of_keys(store, keys):
    store.init(keys, [mx.nd.full((2,), i) for i in range(3)])
    outs = [mx.nd.zeros((2,)) for _ in keys]
    store.pull(keys, out=outs)
    assert [o.asnumpy().tolist() for o in outs] == [[0, 0], [1, 1], [2, 2]]
    store.push(keys, [mx.nd.full((2,), i * 10) for i in range(3)])
    assert [pulled(store, key) for key in keys] == [[0, 0], [10, 10], [20, 20]]


def test_init_copies_the_value(store):
    value = mx.nd.ones((2,))
    store.init(1, value)
    value[:] = 5
    assert pulled(store, 1) == [1, 1]


@pytest.mark.parametrize("first, second", [(1, "a"), ("a", 1)])
def test_one_kind_of_key_for_life(store, first, second):
    one = mx.nd.ones((2,))
    store.init(first, one)
    for call in (lambda: store.init(second, one), lambda: store.push(second, one), lambda: store.pull(second, out=one),
                 lambda: store.pushpull(second, one, out=one), lambda: store.broadcast(second, one, out=one),
                 lambda: store.row_sparse_pull(second, out=mx.nd.sparse.zeros("row_sparse", (2, 1)), row_ids=one)):
        with fails("key"):
            call()
    assert pulled(store, first) == [1, 1]


@pytest.mark.parametrize("key", [3, "a"])
def test_second_init_of_a_key(store, key):
    store.init(key, mx.nd.ones((2,)))
    with fails("duplicate", key):
        store.init(key, mx.nd.zeros((2,)))
    with fails("duplicate", key):
        store.broadcast(key, mx.nd.zeros((2,)), out=mx.nd.zeros((2,)))
    assert pulled(store, key) == [1, 1]


def test_twice_in_one_init_keeps_the_first(store):
    with fails("duplicate", "3"):
        store.init([2, 3, 3], [mx.nd.full((2,), i) for i in range(3)])
    assert pulled(store, 2) == [0, 0]


def test_empty_value(store):
    handle = ctypes.c_void_p()
    check_call(_LIB.MXNDArrayCreateNone(ctypes.byref(handle)))
    with fails():
        store.init(1, mx.nd.NDArray(handle))


@pytest.mark.parametrize("known, unknown", [(1, 5), ("a", "b")])
def test_unknown_key(store, known, unknown):
    store.init(known, mx.nd.ones((2,)))
    with fails(unknown):
        store.pull(unknown, out=mx.nd.zeros((2,)))
    with fails(unknown):
        store.push(unknown, mx.nd.ones((2,)))


@pytest.mark.ours("the original crashes")
@pytest.mark.parametrize("known, unknown", [(1, 5), ("a", "b")])
def test_several_values_for_an_unknown_key(store, known, unknown):
    store.init(known, mx.nd.ones((2,)))
    with fails(unknown):
        store.push(unknown, [mx.nd.ones((2,)), mx.nd.ones((2,))])


def test_unknown_key_with_an_updater(store):
    store.init(1, mx.nd.ones((2,)))
    store._set_updater(lambda key, recv, local: None)
    with fails("7"):
        store.push(7, mx.nd.ones((2,)))


def test_repeated_keys_are_summed(store):
    store.init([1, 2], [mx.nd.zeros((2,))] * 2)
    store.push([1, 2, 1, 1], [mx.nd.full((2,), x) for x in (1, 10, 2, 4)])
    assert (pulled(store, 1), pulled(store, 2)) == ([7, 7], [10, 10])


def test_a_list_per_key(store):
    store.init([1, 2], [mx.nd.zeros((2,))] * 2)
    values = [[mx.nd.full((2,), x, ctx=mx.cpu(d)) for d, x in enumerate(xs)] for xs in ((1, 2, 4), (8, 16, 32))]
    store.push([1, 2], values)
    outs = [[mx.nd.zeros((2,), ctx=mx.cpu(d)) for d in range(3)] for _ in range(2)]
    store.pull([1, 2], out=outs)
    assert [[o.asnumpy().tolist() for o in per_key] for per_key in outs] == [[[7, 7]] * 3, [[56, 56]] * 3]


@pytest.mark.parametrize("kind", ["int", "str"])
def test_updater_order_is_by_number(store, kind):
    """Ascending keys; strings in the order of their init, not of the call."""
    keys = [30, 10, 20] if kind == "int" else ["c", "a", "b"]
    seen = []
    store.init(keys, [mx.nd.zeros((2,))] * 3)
    store._set_updater(lambda key, recv, local: seen.append(key))
    store.push(keys[::-1], [mx.nd.ones((2,))] * 3)
    assert seen == ([10, 20, 30] if kind == "int" else [b"c", b"a", b"b"])


@pytest.mark.parametrize("suffix", ["", "Ex"])
def test_no_entries_is_no_error(store, suffix):
    check_call(getattr(_LIB, "MXKVStoreInit" + suffix)(store.handle, 0, None, None))
    for call in ("MXKVStorePush", "MXKVStorePull"):
        check_call(getattr(_LIB, call + suffix)(store.handle, 0, None, None, 0))


@pytest.mark.ours("the original crashes")
def test_null_value(store):
    keys, values = (ctypes.c_int * 1)(1), (ctypes.c_void_p * 1)(None)
    with fails("vals"):
        check_call(_LIB.MXKVStoreInit(store.handle, 1, keys, values))
    store.init(1, mx.nd.ones((2,)))
    for function in (_LIB.MXKVStorePush, _LIB.MXKVStorePull):
        with fails("vals"):
            check_call(function(store.handle, 1, keys, values, 0))


@pytest.mark.ours("the original crashes")
def test_null_out_and_freed_store(name):
    handle = ctypes.c_void_p()
    check_call(_LIB.MXKVStoreCreate(c_str(name), ctypes.byref(handle)))
    with fails("type"):
        check_call(_LIB.MXKVStoreGetType(handle, None))
    check_call(_LIB.MXKVStoreFree(handle))
    text = ctypes.c_char_p()
    with fails("handle"):
        check_call(_LIB.MXKVStoreGetType(handle, ctypes.byref(text)))
    assert not text.value
