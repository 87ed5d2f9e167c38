"""Every test here runs on the library the stock frontend loaded: ours when MXNET_LIBRARY_PATH names it, else the wheel's own.

The tests describe MXNet's behaviour and therefore pass on both; the few that describe a deliberate difference carry the
mark `ours` with the reason.
"""

import mxnet as mx
import numpy as np
import pytest
from support import ORIGINAL


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"library: {mx.base._LIB._name}")


def pytest_collection_modifyitems(items):
    for item in items:
        difference = item.get_closest_marker("ours")
        if ORIGINAL and difference:
            item.add_marker(pytest.mark.skip(reason=f"differs from the original: {difference.args[0]}"))


@pytest.fixture(autouse=True)
def finish_all_work():
    """An error left behind by one test must not surface in the next one."""
    yield
    mx.nd.waitall()


@pytest.fixture
def rng():
    return np.random.default_rng(20220510)
