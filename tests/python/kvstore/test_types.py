"""Which names make which store, and what a store on one machine says about itself."""

from support import *

LOCAL = ["local", "local_update_cpu", "local_allreduce_cpu", "local_allreduce_device", "device"]


@pytest.mark.parametrize("name", LOCAL + [name.upper() for name in LOCAL])
def test_known_names(name):
    store = mx.kv.create(name)
    assert store.type == name.lower()
    assert (store.rank, store.num_workers) == (0, 1)
    store.init(0, mx.nd.ones((2,)))
    out = mx.nd.zeros((2,))
    store.pull(0, out=out)
    assert out.asnumpy().tolist() == [1, 1]


def test_the_default_is_local():
    assert mx.kv.create().type == "local"


@pytest.mark.ours("the original makes a local store of any other text")
@pytest.mark.parametrize("name", ["foo", "locl", "distsync", "", "local2"])
def test_an_unknown_name_lists_the_known_ones(name):
    handle = ctypes.c_void_p()
    with fails("local", "device", "dist_sync"):
        check_call(_LIB.MXKVStoreCreate(c_str(name), ctypes.byref(handle)))
    assert not handle.value


@pytest.mark.ours("the original makes a local store of any other text")
def test_the_nearest_known_name_is_suggested():
    with fails("did you mean", "device"):
        check_call(_LIB.MXKVStoreCreate(c_str("devise"), ctypes.byref(ctypes.c_void_p())))


def test_nccl_needs_a_gpu_build():
    with fails("nccl"):
        check_call(_LIB.MXKVStoreCreate(c_str("nccl"), ctypes.byref(ctypes.c_void_p())))


def test_a_distributed_store_needs_a_cluster():
    run_python("""
import mxnet as mx
try:
    mx.kv.create('dist_sync')
except mx.base.MXNetError as error:
    print(error)
else:
    raise SystemExit('no error')
""")


def test_capabilities():
    store = mx.kv.create("local")
    assert store.is_capable("optimizer")


def test_the_role_comes_from_the_environment():
    code = """
import ctypes, os
import mxnet as mx
from mxnet.base import _LIB
def roles():
    answers = []
    for name in ['Worker', 'Server', 'Scheduler']:
        value = ctypes.c_int(7)
        assert getattr(_LIB, f'MXKVStoreIs{name}Node')(ctypes.byref(value)) == 0
        answers.append(value.value)
    return answers
print(roles())
for role in ['server', 'scheduler', 'worker', 'nonsense']:
    os.environ['DMLC_ROLE'] = role
    print(role, roles())
keys, values = (ctypes.c_char_p * 1)(b'DMLC_ROLE'), (ctypes.c_char_p * 1)(b'server')
_LIB.MXInitPSEnv(1, keys, values)
print('table', roles())
_LIB.MXInitPSEnv(0, None, None)
print('empty table', roles())
"""
    assert run_python(code).splitlines() == [
        "[1, 0, 0]", "server [0, 1, 0]", "scheduler [0, 0, 1]", "worker [1, 0, 0]", "nonsense [0, 0, 0]",
        "table [0, 1, 0]", "empty table [0, 0, 0]"]


def test_calls_that_mean_something_in_a_cluster_only():
    store = mx.kv.create("local")
    number = ctypes.c_int(-1)
    store._barrier()
    store._send_command_to_servers(0, "body")
    check_call(_LIB.MXKVStoreSetBarrierBeforeExit(store.handle, 0))
    check_call(_LIB.MXKVStoreGetNumDeadNode(store.handle, 7, ctypes.byref(number), 60))
    check_call(_LIB.MXKVStoreRunServer(store.handle, None, None))
    assert number.value == 0


def test_stores_are_independent():
    stores = [mx.kv.create(name) for name in LOCAL]
    for number, store in enumerate(stores):
        store.init("w", mx.nd.full((2,), number))
    for number, store in enumerate(stores):
        out = mx.nd.zeros((2,))
        store.pull("w", out=out)
        assert out.asnumpy().tolist() == [number] * 2


def test_the_store_may_be_freed_after_shutdown():
    run_python("""
import atexit, mxnet as mx
store = mx.kv.create('local')
store.init(1, mx.nd.ones((2,)))
kept = mx.nd.ones((3,))
mx.base.check_call(mx.base._LIB.MXNotifyShutdown())
del store, kept
""")



def test_pure_python_store_of_the_frontend():
    store = mx.kv.create("teststore")
    out = [mx.nd.zeros((2,)) for _ in range(2)]
    store.broadcast("k", mx.nd.ones((2,)), out)
    store.pushpull("k", [mx.nd.ones((2,)), mx.nd.ones((2,))], out=out)
    assert [o.asnumpy().tolist() for o in out] == [[2, 2], [2, 2]]
