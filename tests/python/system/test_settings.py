"""Environment variables, random seeds, profiler, flags of autograd, signals."""

import json

from support import *


def test_environment_get_and_set():
    value = ctypes.c_char_p()
    check_call(_LIB.MXSetEnv(c_str("MXKV_TEST_VARIABLE"), c_str("17")))
    check_call(_LIB.MXGetEnv(c_str("MXKV_TEST_VARIABLE"), ctypes.byref(value)))
    assert value.value == b"17"
    check_call(_LIB.MXSetEnv(c_str("MXKV_TEST_VARIABLE"), None))
    check_call(_LIB.MXGetEnv(c_str("MXKV_TEST_VARIABLE"), ctypes.byref(value)))
    assert value.value is None


DRAWS = [lambda: mx.nd.random.uniform(shape=(50,)), lambda: mx.nd.random.normal(shape=(50,)),
         lambda: mx.nd.random.randint(0, 1000, shape=(50,)), lambda: mx.nd.random.uniform(-2, 5, (7, 3), "float64"),
         lambda: mx.nd.random.shuffle(mx.nd.arange(50))]


@pytest.mark.parametrize("draw", DRAWS)
def test_same_seed_same_numbers(draw):
    sequences = []
    for seed in (1, 2, 1):
        mx.random.seed(seed)
        sequences.append((draw().asnumpy().tolist(), draw().asnumpy().tolist()))
    assert sequences[0] == sequences[2] and sequences[0] != sequences[1]
    assert sequences[0][0] != sequences[0][1]


def test_seed_of_one_context():
    mx.random.seed(5, ctx=mx.cpu(0))
    first = mx.nd.random.uniform(shape=(5,)).asnumpy().tolist()
    mx.random.seed(5, ctx=mx.cpu(0))
    assert mx.nd.random.uniform(shape=(5,)).asnumpy().tolist() == first


def test_distributions():
    mx.random.seed(3)
    uniform = mx.nd.random.uniform(2, 4, shape=(100_000,)).asnumpy()
    assert 2 <= uniform.min() < 2.001 and 3.999 < uniform.max() < 4 and abs(uniform.mean() - 3) < 0.01
    normal = mx.nd.random.normal(1, 3, shape=(100_000,)).asnumpy()
    assert abs(normal.mean() - 1) < 0.05 and abs(normal.std() - 3) < 0.05 and np.abs(normal - 1).max() > 9
    whole = mx.nd.random.randint(-3, 4, shape=(10_000,)).asnumpy()
    assert whole.dtype == np.int32 and sorted(set(whole.tolist())) == list(range(-3, 4))
    for dtype in FLOATS:
        assert mx.nd.random.uniform(shape=(2,), dtype=dtype).dtype == np.dtype(dtype)


PROFILE = """
import mxnet as mx
mx.profiler.set_config(profile_all=True, filename={path!r}, aggregate_stats=True)
mx.profiler.set_state('run')
store = mx.kv.create('local')
store.init(1, mx.nd.zeros((100,)))
for _ in range(5):
    store.push(1, [mx.nd.ones((100,)) + 1] * 3)
out = mx.nd.zeros((100,))
store.pull(1, out=out)
out.wait_to_read()
task = mx.profiler.Task(mx.profiler.Domain('mine'), 'my task')
task.start()
mx.nd.sgd_update(out, out, lr=0.1, out=out)
task.stop()
mx.nd.waitall()
mx.profiler.set_state('stop')
print(mx.profiler.dumps())
mx.profiler.dump()
"""


def test_profiler_writes_a_chrome_trace(tmp_path):
    path = tmp_path / "trace.json"
    table = run_python(PROFILE.format(path=str(path)))
    assert "sgd_update" in table and "_zeros" in table, table
    trace = json.loads(path.read_text())
    names = {event.get("name") for event in trace["traceEvents"]}
    assert "displayTimeUnit" in trace
    assert {"_zeros", "sgd_update"} <= names
    for event in trace["traceEvents"]:
        assert event["ph"] in "BEXiICbenM" and ("ts" in event or event["ph"] == "M")


def test_profiler_rejects_unknown_settings():
    with fails("no_such_setting"):
        mx.profiler.set_config(no_such_setting=True)


def test_profiler_objects_exist():
    domain = mx.profiler.Domain("domain")
    durations = [mx.profiler.Task(domain, "task"), mx.profiler.Frame(domain, "frame"), mx.profiler.Event("event")]
    for duration in durations:
        duration.start()
    counter = mx.profiler.Counter(domain, "counter", 5)
    counter += 2
    counter -= 1
    domain.new_marker("marker").mark("process")
    for duration in durations:
        duration.stop()


def test_flags_of_autograd_are_per_thread():
    import threading
    seen = []
    assert not mx.autograd.is_recording() and not mx.autograd.is_training()
    with mx.autograd.record():
        assert mx.autograd.is_recording() and mx.autograd.is_training()
        thread = threading.Thread(target=lambda: seen.append((mx.autograd.is_recording(), mx.autograd.is_training())))
        thread.start()
        thread.join(10)
        with mx.autograd.pause():
            assert not mx.autograd.is_recording()
    assert seen == [(False, False)] and not mx.autograd.is_recording()


def test_gradient_buffers():
    x = mx.nd.ones((2,))
    assert x.grad is None
    x.attach_grad()
    x.grad[:] = 4
    assert x.grad.asnumpy().tolist() == [4, 4]
    assert x.detach().grad is None


def test_fresh_gradient_flag():
    x, flag = mx.nd.ones((2,)), ctypes.c_int(9)
    check_call(_LIB.MXNDArrayGetGradState(x.handle, ctypes.byref(flag)))
    assert flag.value == 0
    with fails("variable"):
        check_call(_LIB.MXNDArraySetGradState(x.handle, 1))
    x.attach_grad()
    for value in (1, 0):
        check_call(_LIB.MXNDArraySetGradState(x.handle, value))
        check_call(_LIB.MXNDArrayGetGradState(x.handle, ctypes.byref(flag)))
        assert flag.value == value


def test_numpy_shape_flag():
    assert not mx.util.is_np_shape()
    with mx.util.np_shape(True):
        assert mx.util.is_np_shape()
        assert mx.nd.ones(()).shape == ()
    assert not mx.util.is_np_shape()


@pytest.mark.ours("the original installs its own")
def test_no_signal_handler_is_replaced():
    run_python("""
import signal
import numpy, requests  # the frontend imports them; numpy's threads use a signal
before = {s: signal.getsignal(s) for s in signal.valid_signals()}
def caught_now():
    # Above 31 are the C library's own: it catches one from the first thread on.
    mask = [l.split()[1] for l in open('/proc/self/status') if l.startswith('SigCgt')]
    return int(mask[0], 16) & 0x7fffffff
caught = caught_now()
import mxnet as mx
mx.nd.ones((2,)).asnumpy()
mx.kv.create('device')
assert caught == caught_now()
assert before == {s: signal.getsignal(s) for s in signal.valid_signals()}
""")


def test_record_files(tmp_path):
    path, index = str(tmp_path / "file.rec"), str(tmp_path / "file.idx")
    records = [b"", b"a", bytes(range(256)) * 7, b"\n#\xd7\xce" * 3, (0xCED7230A).to_bytes(4, "little") * 5]
    writer = mx.recordio.MXIndexedRecordIO(index, path, "w")
    for i, record in enumerate(records):
        writer.write_idx(i, record)
    writer.close()
    reader = mx.recordio.MXIndexedRecordIO(index, path, "r")
    assert [reader.read_idx(i) for i in (4, 0, 2)] == [records[i] for i in (4, 0, 2)]
    reader.close()
    reader = mx.recordio.MXRecordIO(path, "r")
    assert [reader.read() for _ in range(6)] == [*records, None]
