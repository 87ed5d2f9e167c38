"""Importing this module makes methods of the stock frontend work on distributed stores whose servers are mxkv's:

* ``Trainer.set_learning_rate``, and another batch size in ``Trainer.step``, reach the servers;
* ``KVStore.save_optimizer_states`` and ``load_optimizer_states``, and with them ``Trainer.save_states`` and
  ``load_states``, save and load the states of the servers.

Local stores do what they did. An ``ImportError`` if the loaded library is not mxkv's.
"""

import functools

from mxnet.gluon.trainer import Trainer
from mxnet.kvstore import KVStore

from . import optimizer


# Set on a store whose servers have got saved states, and with them the factor of the time when these were saved, which
# the worker's copy of the optimizer knows nothing of.
_LOADED = "_mxkv_loaded"


def _is_remote(store):
    """Whether the optimizer of this store runs on servers."""
    return isinstance(store, KVStore) and "dist" in store.type and store._updater is None


def _updates_on_servers(trainer):
    return trainer._kv_initialized and trainer._update_on_kvstore and _is_remote(trainer._kvstore)


def _replace(owner, name):
    """Puts a method in place of the one it gets as its first argument; importing twice changes nothing more."""

    def put(method):
        original = getattr(owner, name)
        if not hasattr(original, "mxkv_original"):

            @functools.wraps(original)
            def replacement(self, *args, **kwargs):
                return method(self, original, *args, **kwargs)

            replacement.mxkv_original = original
            setattr(owner, name, replacement)
        return method

    return put


@_replace(Trainer, "set_learning_rate")
def _set_learning_rate(trainer, original, lr):
    original(trainer, lr)
    if _updates_on_servers(trainer):
        optimizer.set_learning_rate(trainer._kvstore, lr)


@_replace(Trainer, "_check_and_rescale_grad")
def _check_and_rescale_grad(trainer, original, scale):
    if _updates_on_servers(trainer):
        store = trainer._kvstore
        if trainer._optimizer.rescale_grad != scale or vars(store).pop(_LOADED, False):
            optimizer.set_rescale_grad(store, scale)
            trainer._optimizer.rescale_grad = scale
    original(trainer, scale)


@_replace(Trainer, "load_states")
def _load_states(trainer, original, fname):
    if not trainer._kv_initialized:
        trainer._init_kvstore()
    if trainer._params_to_init:
        trainer._init_params()
    if not _updates_on_servers(trainer):
        return original(trainer, fname)
    # The servers have the optimizer; the worker's copy only describes it.
    return trainer._kvstore.load_optimizer_states(fname)


@_replace(KVStore, "save_optimizer_states")
def _save_optimizer_states(store, original, fname, dump_optimizer=False):
    if not _is_remote(store):
        return original(store, fname, dump_optimizer)
    # The optimizer is always in the file.
    return optimizer.save(store, fname)


@_replace(KVStore, "load_optimizer_states")
def _load_optimizer_states(store, original, fname):
    if not _is_remote(store):
        return original(store, fname)
    optimizer.load(store, fname)
    setattr(store, _LOADED, True)
