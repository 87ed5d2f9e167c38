"""One node of the test of dead nodes: dead_nodes.py scheduler|server|worker|victim FOLDER

The victim kills itself once everybody is there. The others wait until they see it dead, say so, and end when all of
them have said so."""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

import mxnet as mx  # as a worker: in the other roles the import itself would run the node
from mxnet.base import _LIB, check_call

SERVERS, WORKERS, EVERYBODY = 2, 4, 7
part, folder = sys.argv[1], Path(sys.argv[2])


def dead(store, group, timeout=60):
    number = ctypes.c_int(-1)
    check_call(_LIB.MXKVStoreGetNumDeadNode(store, ctypes.c_int(group), ctypes.byref(number), ctypes.c_int(timeout)))
    return number.value


def wait_until(holds):
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise SystemExit(f"{part} waited in vain")


def watch(store):
    wait_until(lambda: dead(store, WORKERS) == 1)
    assert dead(store, EVERYBODY) == 1 and dead(store, SERVERS) == 0
    assert dead(store, WORKERS, timeout=0) == 0
    print(f"{part} saw it", flush=True)
    (folder / part).touch()
    wait_until(lambda: all((folder / name).exists() for name in ("scheduler", "server", "worker")))


def run():
    """Runs a scheduler or server beside the thread that watches."""
    os.environ["DMLC_ROLE"] = part
    names = (ctypes.c_char_p * 1)(b"DMLC_ROLE")
    values = (ctypes.c_char_p * 1)(part.encode())
    check_call(_LIB.MXInitPSEnv(1, names, values))
    store = ctypes.c_void_p()
    check_call(_LIB.MXKVStoreCreate(b"dist_sync", ctypes.byref(store)))
    assert dead(store, EVERYBODY) == 0
    threading.Thread(target=_LIB.MXKVStoreRunServer, args=(store, None, None), daemon=True).start()
    watch(store)


if part in ("scheduler", "server"):
    run()
else:
    os.environ["DMLC_ROLE"] = "worker"
    kv = mx.kv.create("dist_sync")
    kv.init(0, mx.nd.zeros((4,)))
    kv._barrier()
    if part == "victim":
        os.kill(os.getpid(), signal.SIGKILL)
    watch(kv.handle)
# The cluster has lost a worker for good: nothing is left to wait for.
os._exit(0)
