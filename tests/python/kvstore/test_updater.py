"""The update rule: who calls it, with what, and what it may do."""

import threading

from support import *

pytestmark = pytest.mark.parametrize("name", ["local", "device"])


@pytest.fixture
def store(name):
    return mx.kv.create(name)


def pulled(store, key, shape=(2,)):
    out = mx.nd.zeros(shape)
    store.pull(key, out=out)
    return out.asnumpy().tolist()


@pytest.mark.parametrize("key, seen_as", [(3, 3), ("w", b"w"), ("ключ", "ключ".encode())])
def test_what_it_is_called_with(store, key, seen_as):
    seen = []
    store.init(key, mx.nd.full((2,), 10))
    store._set_updater(lambda *args: seen.append((args[0], args[1].asnumpy().tolist(), args[2].asnumpy().tolist())))
    store.push(key, [mx.nd.ones((2,)), mx.nd.full((2,), 2)])
    assert seen == [(seen_as, [3, 3], [10, 10])]
    assert pulled(store, key) == [10, 10]


def test_it_changes_the_store_through_local(store):
    store.init(1, mx.nd.full((2,), 10))

    def updater(key, recv, local):
        local += recv * 2

    store._set_updater(updater)
    for _ in range(3):
        store.push(1, [mx.nd.ones((2,))] * 4)
    assert pulled(store, 1) == [34, 34]


def test_it_runs_on_the_callers_thread(store):
    threads = []
    store.init(1, mx.nd.ones((2,)))
    store._set_updater(lambda key, recv, local: threads.append(threading.get_ident()))
    store.push(1, mx.nd.ones((2,)))
    store.pushpull(1, mx.nd.ones((2,)), out=mx.nd.zeros((2,)))
    assert threads == [threading.get_ident()] * 2


def test_contexts(store):
    seen = []
    store.init(1, mx.nd.ones((2,), ctx=mx.cpu(4)))
    store._set_updater(lambda key, recv, local: seen.append((recv.context, local.context)))
    store.push(1, mx.nd.ones((2,), ctx=mx.cpu(2)))
    assert seen == [(mx.cpu(2), mx.cpu_pinned(0))]


def test_context_of_a_sum(store, name):
    seen = []
    store.init(1, mx.nd.ones((2,)))
    store._set_updater(lambda key, recv, local: seen.append(recv.context))
    store.push(1, [mx.nd.ones((2,), ctx=mx.cpu(i)) for i in range(2)])
    assert seen[0] == mx.cpu_pinned(0) if name == "local" else seen[0].device_type in ("cpu", "cpu_pinned")


def test_a_single_value_is_lent_to_it(store):
    value = mx.nd.ones((2,))
    store.init(1, mx.nd.zeros((2,)))

    def updater(key, recv, local):
        recv[:] = 5

    store._set_updater(updater)
    store.push(1, value)
    assert value.asnumpy().tolist() == [5, 5]


def test_it_may_keep_the_arrays(store):
    kept = []
    store.init(1, mx.nd.ones((2,)))
    store._set_updater(lambda key, recv, local: kept.append(local))
    store.push(1, mx.nd.ones((2,)))
    kept[0][:] = 77
    assert pulled(store, 1) == [77, 77]
    del store
    assert kept[0].asnumpy().tolist() == [77, 77]


def test_it_may_be_replaced(store):
    calls = []
    store.init(1, mx.nd.ones((2,)))
    for name in "ab":
        store._set_updater(lambda key, recv, local, name=name: calls.append(name))
        store.push(1, mx.nd.ones((2,)))
    assert calls == ["a", "b"]


def test_it_may_use_the_store(store):
    """No lock is held while it runs."""
    store.init([1, 2], [mx.nd.ones((2,)), mx.nd.full((2,), 5)])

    def updater(key, recv, local):
        other = mx.nd.zeros((2,))
        store.pull(2, out=other)
        local += other

    store._set_updater(updater)
    store.push(1, mx.nd.ones((2,)))
    assert pulled(store, 1) == [6, 6]


def test_an_exception_in_it_is_not_reported(store, capfd):
    store.init(1, mx.nd.ones((2,)))

    def updater(key, recv, local):
        raise RuntimeError("in the updater")

    store._set_updater(updater)
    store.push(1, mx.nd.ones((2,)))
    assert pulled(store, 1) == [1, 1]


def test_storage_types_may_differ(store):
    seen = []
    store.init(1, mx.nd.zeros((3, 2)))
    store._set_updater(lambda key, recv, local: seen.append((recv.stype, local.stype)))
    store.push(1, [row_sparse([[1, 2]], [1], (3, 2))] * 2)
    assert seen == [("row_sparse", "default")]


def set_through_c(store, int_updater, string_updater, with_ex):
    int_form = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    string_form = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
    kept = [int_form(int_updater) if int_updater else None, string_form(string_updater) if string_updater else None]
    if with_ex:
        check_call(_LIB.MXKVStoreSetUpdaterEx(store.handle, *kept, ctypes.c_void_p(4711)))
    else:
        check_call(_LIB.MXKVStoreSetUpdater(store.handle, kept[0], ctypes.c_void_p(4711)))
    return kept


def recorder(calls):
    def updater(key, recv, local, opaque):
        calls.append((key, opaque))
        for handle in (recv, local):
            check_call(_LIB.MXNDArrayFree(ctypes.c_void_p(handle)))
    return updater


def test_the_int_form_with_string_keys_gets_the_number_of_the_init(store):
    calls = []
    store.init(["x", "y"], [mx.nd.ones((2,))] * 2)
    kept = set_through_c(store, recorder(calls), None, False)
    store.push("y", mx.nd.ones((2,)))
    store.push("x", mx.nd.ones((2,)))
    assert calls == [(1, 4711), (0, 4711)] and kept


def test_both_forms(store):
    ints, strings = [], []
    store.init("x", mx.nd.ones((2,)))
    kept = set_through_c(store, recorder(ints), recorder(strings), True)
    store.push("x", mx.nd.ones((2,)))
    assert (ints, strings) == ([], [(b"x", 4711)]) and kept


@pytest.mark.ours("the original crashes")
@pytest.mark.parametrize("key", [1, "x"])
def test_no_function_at_all(store, key):
    """Refused when it is set or when it is needed; never called."""
    store.init(key, mx.nd.ones((2,)))
    with fails("updater"):
        set_through_c(store, None, None, True)
        store.push(key, mx.nd.ones((2,)))


def test_an_optimizer_in_the_store(store):
    store.init(3, mx.nd.ones((2,)))
    store.set_optimizer(mx.optimizer.create("sgd", learning_rate=0.5))
    store.push(3, [mx.nd.ones((2,)), mx.nd.ones((2,))])
    assert pulled(store, 3) == [0, 0]


def test_optimizer_states_can_be_saved_and_loaded(store, tmp_path):
    path = str(tmp_path / "states")
    store.init("w", mx.nd.ones((2,)))
    store.set_optimizer(mx.optimizer.create("adam"))
    store.push("w", mx.nd.ones((2,)))
    store.save_optimizer_states(path, dump_optimizer=True)
    mean = store._updater.states["w"][0].asnumpy()
    store.push("w", mx.nd.ones((2,)))
    store.load_optimizer_states(path)
    same_bits(store._updater.states["w"][0], mean)


def test_many_threads_with_a_store_each(name):
    failures = []

    def work(number):
        try:
            store = mx.kv.create(name)
            store.init(1, mx.nd.zeros((2,)))
            store._set_updater(lambda key, recv, local: local.__iadd__(recv))
            for _ in range(50):
                store.push(1, [mx.nd.full((2,), number)] * 2)
            assert pulled(store, 1) == [100 * number] * 2
        except Exception as error:  # reported below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert not failures
