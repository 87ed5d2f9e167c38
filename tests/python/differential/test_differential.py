"""The same random operator calls in two processes, one on the original library and one on ours, compared bit for bit."""

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import ORIGINAL

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from case import EXACT, SHAPE  # noqa: E402
from tables import ALL  # noqa: E402

CRASHED = ("crash", "the process ended", None)
# Where the original refuses only for lack of an implementation, ours may do more.
LACKING = re.compile("not support|only support|not supported|not implemented|Type inconsistent")
TOLERANCE = {"float16": 4e-3, "float32": 4e-6, "float64": 1e-12}


def wheels_own_library():
    import mxnet

    return Path(mxnet.__file__).parent / "libmxnet.so"


def collect(folder, environment):
    """Results of all cases; a case that ends the process is noted and the next process goes on behind it."""
    results = []
    while len(results) < len(ALL):
        path = folder / f"from{len(results)}"
        done = subprocess.run([sys.executable, "-W", "ignore", str(HERE / "worker.py"), str(path), str(len(results))],
                              env=environment, capture_output=True, text=True, timeout=1200)
        with open(path, "rb") as file:
            while True:
                try:
                    results.append(pickle.load(file))
                except EOFError:
                    break
        if len(results) < len(ALL):
            assert done.returncode < 0, f"{ALL[len(results)].name}: {done.stderr[-3000:]}"
            results.append(CRASHED)
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    if not wheels_own_library().exists():
        pytest.skip("there is no original library beside the frontend to compare with")
    if ORIGINAL:
        pytest.skip("these tests compare our library with the original; MXNET_LIBRARY_PATH names none")
    theirs = {k: v for k, v in os.environ.items() if k != "MXNET_LIBRARY_PATH"}
    quiet = {"MXNET_STORAGE_FALLBACK_LOG_VERBOSE": "0"}
    return [collect(tmp_path_factory.mktemp(name), {**environment, **quiet})
            for name, environment in [("theirs", theirs), ("ours", dict(os.environ))]]


def same_part(got, want, compare, where):
    assert got.dtype == want.dtype and got.shape == want.shape, f"{where}: {got.dtype}{got.shape}, not {want.dtype}{want.shape}"
    if compare == SHAPE:
        return
    if compare == EXACT or want.dtype.kind != "f":
        np.testing.assert_array_equal(got, want, where)
        if want.dtype.kind == "f":
            sign = ~np.isnan(want)
            np.testing.assert_array_equal(np.signbit(got) & sign, np.signbit(want) & sign, f"{where}, sign of zero")
    else:
        limit = TOLERANCE[want.dtype.name]
        finite = want[np.isfinite(want)].astype("float64")
        np.testing.assert_allclose(got, want, rtol=limit, atol=limit * np.abs(finite).max(initial=0), err_msg=where)


@pytest.mark.parametrize("number", range(len(ALL)), ids=[case.name for case in ALL])
def test_same(results, number):
    case, (theirs, ours) = ALL[number], (side[number] for side in results)
    assert ours[0] != "crash", "our library ended the process"
    if theirs[0] == "crash":
        pytest.skip("the original ends the process")
    if theirs[0] == "error" and ours[0] == "ok" and LACKING.search(theirs[1]):
        pytest.skip(f"the original lacks it: {theirs[1][:80]}")
    assert ours[0] == theirs[0], f"original: {theirs[:2]}\nours: {ours[:2]}"
    if ours[0] == "error":
        return
    for what, got_list, want_list in [("output", ours[1], theirs[1]), ("input", ours[2], theirs[2])]:
        assert len(got_list) == len(want_list)
        for i, (got, want) in enumerate(zip(got_list, want_list)):
            if what == "input" and i in case.scratch:
                continue
            assert got[:3] == want[:3], f"{what} {i}: storage, context, shape"
            for part, (g, w) in enumerate(zip(got[3], want[3], strict=True)):
                same_part(g, w, case.compare, f"{what} {i}, part {part}")


def test_every_operator_has_a_row():
    needed = json.loads((HERE.parent / "data" / "operators.json").read_text())
    names = {case.op for case in ALL}
    without = [name for name, op in needed.items() if not names & {name, *op["aliases"]}]
    assert without == []
