"""Order, waiting, engine types, threads, forks."""

import threading

from support import *

ENGINES = ["ThreadedEnginePerDevice", "ThreadedEngine", "NaiveEngine"]

WORK = """
import mxnet as mx
a, b = mx.nd.zeros((50, 50)), mx.nd.ones((50, 50))
store = mx.kv.create('device')
store.init(list(range(10)), [a] * 10)
for i in range(50):
    a += b
    b = a * 0.5
    a[1:3] = b[0:2]
    store.push(i % 10, [a, b])
    store.pull(i % 10, out=b)
print(a.asnumpy().sum(), b.asnumpy().sum())
"""


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("threads", [1, 4])
def test_every_engine_gives_the_same(engine, threads):
    got = run_python(WORK, MXNET_ENGINE_TYPE=engine, MXNET_CPU_WORKER_NTHREADS=threads)
    assert got.splitlines()[-1] == run_python(WORK).splitlines()[-1]


def test_an_unknown_engine_is_an_error():
    output = run_python("""
try:
    import mxnet as mx
    mx.nd.ones((2,)).asnumpy()
except Exception as error:
    print('refused:', error)
""", MXNET_ENGINE_TYPE="Fast")
    assert "refused" in output


def test_writes_and_reads_keep_their_order():
    array = mx.nd.zeros((1000,))
    copies = []
    for i in range(200):
        array += 1
        copies.append(array * 1)
    assert [int(c.asnumpy()[0]) for c in copies] == list(range(1, 201))


def test_many_threads_on_one_array():
    array = mx.nd.zeros((100,))

    def work():
        for _ in range(100):
            array.__iadd__(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert array.asnumpy().tolist() == [800] * 100


def test_bulk_is_remembered():
    previous = mx.engine.set_bulk_size(10)
    assert mx.engine.set_bulk_size(previous) == 10
    with mx.engine.bulk(5):
        assert (mx.nd.ones((2,)) + 1).asnumpy().tolist() == [2, 2]


@pytest.mark.parametrize("what", ["nothing yet", "work is queued"])
def test_a_forked_child_can_work(what):
    before = "queued = [mx.nd.ones((500, 500)) * i for i in range(50)]" if what == "work is queued" else ""
    assert run_python(f"""
import os, sys
import mxnet as mx
store = mx.kv.create('local')
store.init(1, mx.nd.ones((4,)))
kept = mx.nd.arange(5)
{before}
child = os.fork()
if child == 0:
    try:
        assert (kept + 1).asnumpy().tolist() == [1, 2, 3, 4, 5]
        out = mx.nd.zeros((4,))
        store.push(1, [mx.nd.ones((4,))] * 3)
        store.pull(1, out=out)
        assert out.asnumpy().tolist() == [3] * 4
        mx.nd.waitall()
        os._exit(0)
    except BaseException as error:
        print(error, flush=True)
        os._exit(1)
import time
for _ in range(600):
    done, status = os.waitpid(child, os.WNOHANG)
    if done: break
    time.sleep(0.1)
else:
    os.kill(child, 9)
    raise SystemExit('the child hangs')
out = mx.nd.zeros((4,))
store.pull(1, out=out)
print(os.waitstatus_to_exitcode(status), out.asnumpy().tolist())
""") == "0 [1.0, 1.0, 1.0, 1.0]\n"


def test_a_pool_of_processes():
    assert run_python("""
import multiprocessing
import mxnet as mx
def work(x):
    return float((mx.nd.ones((10,)) * x).sum().asscalar())
mx.nd.ones((2,)).wait_to_read()
with multiprocessing.get_context('fork').Pool(3) as pool:
    print(pool.map_async(work, range(6)).get(60))
""") == "[0.0, 10.0, 20.0, 30.0, 40.0, 50.0]\n"


def test_data_loader_workers():
    assert run_python("""
import mxnet as mx
data = mx.gluon.data.ArrayDataset(mx.nd.arange(10), mx.nd.arange(10) * 2)
total = 0
for x, y in mx.gluon.data.DataLoader(data, batch_size=3, num_workers=2):
    total += float(x.sum().asscalar()) + float(y.sum().asscalar())
print(total)
""") == "135.0\n"


def test_naive_engine_push_from_c():
    """The ND form of the engine's own interface runs a C function between reads and writes of arrays."""
    calls = []
    form = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
    function = form(lambda context, param: calls.append(param))
    array, context = mx.nd.ones((2,)), (ctypes.c_int * 2)(1, 0)
    check_call(_LIB.MXEnginePushSyncND(function, ctypes.c_void_p(42), None, context, None, 0,
                                       (ctypes.c_void_p * 1)(array.handle.value), 1, None, 0, c_str("mine")))
    array.wait_to_read()
    assert calls == [42]
