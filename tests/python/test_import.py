"""What `import mxnet` needs and what it finds."""

import json
from pathlib import Path

from support import *

OPERATORS = json.loads((Path(__file__).parent / "data" / "operators.json").read_text())


def listed_names(function="MXListAllOpNames"):
    size, names = ctypes.c_uint(), ctypes.POINTER(ctypes.c_char_p)()
    check_call(getattr(_LIB, function)(ctypes.byref(size), ctypes.byref(names)))
    return [py_str(names[i]) for i in range(size.value)]


def signature(name):
    handle, text, count = ctypes.c_void_p(), ctypes.c_char_p(), ctypes.c_uint()
    lists = [ctypes.POINTER(ctypes.c_char_p)() for _ in range(3)]
    canonical, variable = ctypes.c_char_p(), ctypes.c_char_p()
    check_call(_LIB.NNGetOpHandle(c_str(name), ctypes.byref(handle)))
    check_call(_LIB.MXSymbolGetAtomicSymbolInfo(
        handle, ctypes.byref(canonical), ctypes.byref(text), ctypes.byref(count),
        *map(ctypes.byref, lists), ctypes.byref(variable), None))
    arguments = [[py_str(lists[0][i]), py_str(lists[1][i])] for i in range(count.value)]
    return py_str(canonical.value), arguments, py_str(variable.value)


def test_import_is_quiet_and_ends_cleanly():
    assert run_python("import mxnet as mx; print(mx.__version__)") == "1.9.1\n"


def test_the_named_library_is_the_one_that_is_mapped():
    maps = Path("/proc/self/maps").read_text()
    wheels_own = str(Path(mx.__file__).parent / "libmxnet.so")
    assert mx.base._LIB._name in maps
    assert (wheels_own in maps) == ORIGINAL


@pytest.mark.ours("the original needs other libraries beside it")
def test_any_file_name_will_do(tmp_path):
    link = tmp_path / "some.name"
    link.symlink_to(mx.base._LIB._name)
    run_python("import mxnet as mx; assert mx.base._LIB._name.endswith('some.name'); print(mx.nd.ones(2).asnumpy())",
               MXNET_LIBRARY_PATH=link)


def test_version_is_that_of_the_wheel():
    version = ctypes.c_int()
    check_call(_LIB.MXGetVersion(ctypes.byref(version)))
    assert version.value == 10901


def test_names_are_sorted_by_bytes_and_the_same_in_both_registries():
    names = listed_names()
    assert names == sorted(names, key=str.encode) and len(set(names)) == len(names)
    assert names == listed_names("NNListAllOpNames")


def test_no_needed_operator_is_missing():
    """A missing one would not raise: the wheel has stubs that return the tuple (0,)."""
    needed = {name for canonical, op in OPERATORS.items() for name in [canonical, *op["aliases"]]
              if not name.startswith(("_np_", "_npx_", "_npi_"))}
    assert sorted(needed - set(listed_names())) == []


def test_the_operators_of_djl_are_listed():
    lines = (Path(__file__).parents[1] / "jvm" / "djl-operators.txt").read_text().splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    wanted = {line for line in lines if not line.startswith("- ")}
    assert sorted(wanted - set(listed_names())) == []
    if not ORIGINAL:
        assert not {line[2:] for line in lines if line.startswith("- ")} & set(listed_names())


def what_frontends_read(arguments):
    """Names in their order, and which are arrays: positions in Python and Scala come from them."""
    return [(name, kind.startswith(("NDArray", "Symbol")), kind.endswith("[]")) for name, kind in arguments]


@pytest.mark.parametrize("name", sorted(set(OPERATORS) - {"_linspace", "_np_prod", "add_n"}))
def test_signature(name):
    canonical, arguments, variable = signature(name)
    want = OPERATORS[name]
    assert (canonical, variable) == (name, want["count"])
    assert what_frontends_read(arguments) == what_frontends_read(want["arguments"])


@pytest.mark.parametrize("name", ["crop", "ElementWiseSum", "_plus", "identity", "cast", "uniform"])
def test_an_alias_has_the_handle_of_its_operator(name):
    canonical = next(c for c, op in OPERATORS.items() if name in op["aliases"])
    handles = []
    for each in (name, canonical):
        handle = ctypes.c_void_p()
        check_call(_LIB.NNGetOpHandle(c_str(each), ctypes.byref(handle)))
        handles.append(handle.value)
    assert handles[0] == handles[1] and signature(name)[0] == canonical


def test_features():
    features = mx.runtime.Features()
    assert features.is_enabled("DIST_KVSTORE")
    assert not any(features.is_enabled(name) for name in ["CUDA", "CUDNN", "NCCL", "TVM_OP", "INT64_TENSOR_SIZE"])
    with pytest.raises(RuntimeError):
        features.is_enabled("NO_SUCH_FEATURE")


def test_there_is_no_gpu():
    assert mx.context.num_gpus() == 0
    with fails("gpu"):
        mx.context.gpu_memory_info(0)


def test_functions_land_in_their_modules():
    for function in [mx.nd.zeros_like, mx.nd.contrib.allclose, mx.nd.sparse.retain, mx.nd._internal._copyto,
                     mx.nd.random.uniform, mx.nd.uniform, mx.nd.random_uniform, mx.nd.op.sgd_update, mx.nd.clip]:
        assert callable(function)
    assert isinstance(mx.nd.zeros((2,)), mx.nd.NDArray)


def test_custom_operators_are_accepted_at_registration():
    @mx.operator.register("mxkv_test_custom")
    class Prop(mx.operator.CustomOpProp):
        pass

    assert Prop is not None
