"""Arrays that leave the process or change hands: files, pickles, raw bytes, DLPack, shared memory, numpy."""

import json
import pickle

from support import *

GOLDEN = VECTORS / "ndarray"


def examples():
    return {
        "dense": mx.nd.array([[1, 2], [3, 4]]),
        "half": mx.nd.array([1.5], dtype="float16"),
        "bytes": mx.nd.array([1, 255], dtype="uint8"),
        "rows": row_sparse([[1, 2], [3, 4]], [1, 3], (5, 2)),
        "csr": mx.nd.sparse.csr_matrix(([1.0, 2.0], [0, 2], [0, 1, 1, 2]), shape=(3, 3)),
        "no rows": mx.nd.sparse.zeros("row_sparse", (4, 2)),
    }


def assert_equal(got, want):
    assert got.stype == want.stype
    same_bits(got, want)
    if want.stype == "row_sparse":
        assert rows(got) == rows(want)


def test_dictionary(tmp_path):
    path, arrays = str(tmp_path / "arrays"), examples()
    mx.nd.save(path, arrays)
    loaded = mx.nd.load(path)
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert_equal(loaded[name], array)


def test_list_and_buffer(tmp_path):
    path, arrays = str(tmp_path / "arrays"), list(examples().values())
    mx.nd.save(path, arrays)
    for loaded in (mx.nd.load(path), mx.nd.load_frombuffer((tmp_path / "arrays").read_bytes())):
        assert isinstance(loaded, list)
        for got, want in zip(loaded, arrays, strict=True):
            assert_equal(got, want)


def test_a_missing_file_is_named():
    with fails("/no/such/file"):
        mx.nd.load("/no/such/file")
    with fails("/no/such/folder"):
        mx.nd.save("/no/such/folder/file", [mx.nd.ones(1)])


@pytest.mark.parametrize("content", [b"", b"abc", bytes(24)])
def test_files_that_hold_no_arrays(tmp_path, content):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with fails():
        mx.nd.load(str(path))


def golden_files():
    for entry in json.loads((GOLDEN / "manifest.json").read_text())["files"]:
        plain = entry["kind"] == "list" and not entry["np_shape"] and entry.get("names") is not None
        if plain and all(a["stype"] != "none" and a["dtype"] != "bfloat16" for a in entry["arrays"]):
            yield pytest.param(entry, id=entry["file"])


@pytest.mark.parametrize("entry", golden_files())
def test_golden_file(entry):
    loaded, wanted = mx.nd.load(str(GOLDEN / entry["file"])), entry["arrays"]
    if entry["names"]:
        # Of arrays with the same name the frontend keeps the last.
        named = dict(zip(entry["names"], wanted, strict=True))
        assert loaded.keys() == named.keys()
        loaded, wanted = [loaded[name] for name in named], list(named.values())
    for got, want in zip(loaded, wanted, strict=True):
        assert (got.stype, list(got.shape), got.dtype) == (want["stype"], want["shape"], np.dtype(want["dtype"]))
        stored = got if got.stype == "default" else got.data
        assert stored.asnumpy().tobytes().hex() == want["data_hex"]


@pytest.mark.parametrize("name", examples())
def test_pickle(name):
    array = examples()[name]
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert_equal(pickle.loads(pickle.dumps(array, protocol)), array)


def test_pickles_are_small():
    assert len(pickle.dumps(mx.nd.zeros((100,)))) < 1000


def test_dlpack_shares_memory_both_ways():
    array = mx.nd.arange(6).reshape((2, 3))
    again = mx.nd.from_dlpack(mx.nd.to_dlpack_for_write(array))
    again[0, 0] = 100
    array[1, 2] = -1
    np.testing.assert_array_equal(array.asnumpy(), again.asnumpy())
    assert again.asnumpy()[0, 0] == 100


def test_dlpack_keeps_the_memory_alive():
    capsule = mx.nd.to_dlpack_for_read(mx.nd.full((1000,), 7))
    mx.nd.zeros((1000,)).wait_to_read()
    assert mx.nd.from_dlpack(capsule).asnumpy().tolist() == [7] * 1000


@pytest.mark.parametrize("dtype", NUMBERS)
def test_dlpack_dtypes(dtype):
    array = mx.nd.array([1, 2, 3], dtype=dtype)
    same_bits(mx.nd.from_dlpack(mx.nd.to_dlpack_for_read(array)), array)


def test_an_unused_capsule_is_freed():
    for _ in range(100):
        mx.nd.to_dlpack_for_read(mx.nd.zeros((1000,)))


def test_from_numpy_without_a_copy():
    values = np.ones((2, 2), "float32")
    array = mx.nd.from_numpy(values, zero_copy=True)
    array[0, 1] = 5
    array.wait_to_read()
    assert values[0, 1] == 5 and not values.flags["WRITEABLE"]
    copied = np.ones(3, "float32")
    mx.nd.from_numpy(copied, zero_copy=False)[:] = 2
    assert copied.tolist() == [1, 1, 1]



def test_shared_memory_with_another_process():
    """As gluon's data loader does it: the array is pickled by file descriptor, not by value."""
    code = """
import multiprocessing, sys
import mxnet as mx
from mxnet.gluon.data import dataloader  # registers the reduction for cpu_shared arrays

def fill(pipe):
    array = pipe.recv()
    array[1] = 42
    array.wait_to_read()
    pipe.send('done')

here, there = multiprocessing.Pipe()
here, there = dataloader.ConnectionWrapper(here), dataloader.ConnectionWrapper(there)
array = mx.nd.ones((3,), ctx=mx.Context('cpu_shared', 0))
child = multiprocessing.get_context('fork').Process(target=fill, args=(there,))
child.start()
here.send(array)
assert here.recv() == 'done'
child.join(30)
print(child.exitcode, array.asnumpy().tolist())
"""
    assert run_python(code) == "0 [1.0, 42.0, 1.0]\n"


def test_shared_memory_within_a_process():
    import os
    array = mx.nd.array([1, 2, 3], ctx=mx.Context("cpu_shared", 0))
    pid, descriptor = array._to_shared_mem()[:2]
    assert pid == os.getpid()
    again = mx.nd.NDArray(mx.nd.ndarray._new_from_shared_mem(pid, os.dup(descriptor), (3,), "float32"))
    assert again.context == mx.Context("cpu_shared", 0)
    again[0] = 10
    assert array.asnumpy().tolist() == [10, 2, 3]


def test_a_wrong_descriptor_is_an_error():
    with fails():
        mx.nd.ndarray._new_from_shared_mem(1, 9999, (3,), "float32")
