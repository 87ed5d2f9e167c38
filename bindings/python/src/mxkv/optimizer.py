"""Native optimizers of stores, local and distributed: the library's own functions on the frontend's ``KVStore``."""

import ctypes
import os

from mxnet.base import _LIB, c_str, c_str_array, check_call, mx_uint

_MISSING = "the loaded library ({}) is not mxkv's: set MXNET_LIBRARY_PATH to libmxkv.so before importing mxnet"


def _function(name, *argument_types):
    try:
        function = getattr(_LIB, name)
    except AttributeError:
        raise ImportError(_MISSING.format(_LIB._name)) from None
    function.argtypes = (ctypes.c_void_p, *argument_types)
    function.restype = ctypes.c_int
    return function


_texts = ctypes.POINTER(ctypes.c_char_p)
_set_optimizer = _function("mxkv_kvstore_set_optimizer", ctypes.c_char_p, mx_uint, _texts, _texts)
_set_learning_rate = _function("mxkv_kvstore_set_learning_rate", ctypes.c_double)
_set_wd = _function("mxkv_kvstore_set_wd", ctypes.c_double)
_set_rescale_grad = _function("mxkv_kvstore_set_rescale_grad", ctypes.c_double)
_save = _function("mxkv_kvstore_save_optimizer_states", ctypes.c_char_p)
_load = _function("mxkv_kvstore_load_optimizer_states", ctypes.c_char_p)


def set(store, name, **parameters):  # pylint: disable=redefined-builtin
    """Makes the optimizer ``name`` (``"sgd"``, ``"adam"``, …) update the values of ``store``, with no Python involved.

    Parameters have the names of the frontend's classes. A schedule is given as ``lr_scheduler="factor"`` with its
    parameters as ``**{"lr_scheduler.step": 100}``; multipliers as ``**{"lr_mult.3": 0.1}``.
    """
    names, values = list(parameters), [str(value) for value in parameters.values()]
    check_call(_set_optimizer(store.handle, c_str(name), len(names), c_str_array(names), c_str_array(values)))


def set_learning_rate(store, rate):
    """From the next push on. An error if a schedule decides the rate."""
    check_call(_set_learning_rate(store.handle, rate))


def set_wd(store, wd):
    """The weight decay, from the next push on."""
    check_call(_set_wd(store.handle, wd))


def set_rescale_grad(store, rescale):
    """The factor on gradients, from the next push on."""
    check_call(_set_rescale_grad(store.handle, rescale))


def save(store, path):
    """Writes the optimizer with rates, counts, schedule and the states of every key to a file."""
    check_call(_save(store.handle, c_str(os.fspath(path))))


def load(store, path):
    """Takes over what ``save`` wrote. After an error nothing has changed."""
    check_call(_load(store.handle, c_str(os.fspath(path))))
