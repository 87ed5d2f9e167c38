"""How errors reach Python: the class, the moment, the text; and that each surfaces once."""

from support import *

BAD_SCALE = dict(loc=0, scale=-1, shape=(2,))


def test_class_is_mxnets_own():
    with pytest.raises(MXNetError) as caught:
        mx.nd.ones((2, 3)).reshape((7, 7, 7)).wait_to_read()
    assert isinstance(caught.value, RuntimeError)


def test_deferred_errors_surface_at_the_wait():
    array = mx.nd.random.normal(**BAD_SCALE)
    with fails("scale"):
        array.wait_to_read()


def test_deferred_errors_surface_at_waitall_once():
    mx.nd.random.normal(**BAD_SCALE)
    with fails("scale"):
        mx.nd.waitall()
    mx.nd.waitall()


def test_deferred_errors_pass_on_to_what_depends_on_them():
    result = mx.nd.random.normal(**BAD_SCALE) + 1
    with fails("scale"):
        result.asnumpy()
    try:
        mx.nd.waitall()
    except MXNetError as error:
        assert "scale" in str(error)
    mx.nd.waitall()


def test_other_arrays_are_not_affected():
    bad, good = mx.nd.random.normal(**BAD_SCALE), mx.nd.ones((2,)) + 1
    assert good.asnumpy().tolist() == [2, 2]
    with fails("scale"):
        bad.asnumpy()


def test_naive_engine_reports_at_the_call():
    assert run_python("""
import mxnet as mx
try:
    mx.nd.random.normal(0, -1, shape=(2,))
except mx.base.MXNetError:
    print('at the call')
""", MXNET_ENGINE_TYPE="NaiveEngine").splitlines()[-1] == "at the call"


@pytest.mark.ours("lost in the original")
def test_unreported_errors_are_shown_at_exit():
    import subprocess, sys
    done = subprocess.run([sys.executable, "-W", "ignore", "-c",
                           "import mxnet as mx; kept = mx.nd.random.normal(0, -1, shape=(2,))"], capture_output=True, text=True)
    assert "scale" in done.stderr


def test_errors_are_per_thread():
    import threading
    seen = []

    def work():
        _LIB.MXGetLastError.restype = ctypes.c_char_p
        seen.append(_LIB.MXGetLastError())

    with fails():
        mx.nd.load("/no/such/file")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert seen == [b""]
    assert b"no/such/file" in _LIB.MXGetLastError()


@pytest.mark.parametrize("call, words", [
    (lambda a: invoke("no_such_operator", a), ["no_such_operator"]),
    (lambda a: invoke("clip", a, a_min=0), ["a_max", "clip"]),
    (lambda a: invoke("clip", a, a_min="x", a_max=1), ["a_min", "x"]),
    (lambda a: invoke("clip", a, a_min=0, a_max=1, a_mx=2), ["a_mx", "a_max"]),
    (lambda a: invoke("clip", a, a, a_min=0, a_max=1), ["clip", "1", "2"]),
    (lambda a: invoke("Cast", a, dtype="complex64"), ["complex64", "float32"]),
    (lambda a: invoke("_zeros", shape="(2 3)"), ["shape"]),
    (lambda a: invoke("broadcast_add", a, mx.nd.ones((3,), dtype="float64")), ["float64", "float32"]),
    (lambda a: invoke("elemwise_add", a, mx.nd.ones((4,))), ["3", "4"]),
    (lambda a: invoke("_copyto", a), ["out"]),
    (lambda a: invoke("take", a, mx.nd.array([9]), mode="raise").asnumpy(), ["bound"]),
    (lambda a: invoke("dot", a, mx.nd.ones((4,))), ["dot"]),
    (lambda a: invoke("Concat", a, a.astype("float64"), dim=0, num_args=2), ["float64"]),
    (lambda a: invoke("_slice_assign", a, mx.nd.ones((3,)), begin=(0,), end=(2,), out=a), ["2", "3"]),
    (lambda a: invoke("clip", a, a_min=0, a_max=1, out=[a, a, a]), ["3"]),
])
def test_wrong_calls_name_what_is_wrong(call, words):
    with fails(*words):
        call(mx.nd.ones((3,)))
        mx.nd.waitall()


@pytest.mark.ours("the original reads beyond the array")
def test_reshape_to_more_elements():
    with fails("[5,5]", "[2,3,4]"):
        invoke("Reshape", mx.nd.ones((2, 3, 4)), shape="(5,5)").asnumpy()


@pytest.mark.ours("the original lists the arguments but suggests nothing")
@pytest.mark.parametrize("name, near", [("sgd_updat", "sgd_update"), ("brodcast_add", "broadcast_add")])
def test_the_nearest_operator_is_suggested(name, near):
    with fails(near):
        invoke(name, mx.nd.ones((2,)))


@pytest.mark.ours("there is no graph to go back through")
def test_a_backward_pass_is_refused_clearly():
    x = mx.nd.ones((2,))
    x.attach_grad()
    with mx.autograd.record():
        y = x * 2
    with fails("mxkv"):
        y.backward()


@pytest.mark.ours("the original has symbols")
@pytest.mark.parametrize("call", [lambda: mx.sym.Variable("x"), lambda: mx.sym.load_json("{}")])
def test_symbols_are_refused_clearly(call):
    with fails("mxkv"):
        call()


@pytest.mark.parametrize("handle", [0x7, 0xDEADBEEF, 2**63])
@pytest.mark.ours("the original crashes")
def test_made_up_handles_are_refused(handle):
    out = ctypes.c_int()
    with fails("handle"):
        check_call(_LIB.MXNDArrayGetDType(ctypes.c_void_p(handle), ctypes.byref(out)))
    with fails("handle"):
        check_call(_LIB.MXKVStoreGetRank(ctypes.c_void_p(handle), ctypes.byref(out)))
