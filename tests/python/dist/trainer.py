"""What each worker of the frontend test does: a Trainer on servers without Python, with the methods that mxkv.frontend mends."""

import sys

import mxkv.frontend
import mxnet as mx
import numpy as np
from mxkv import optimizer
from mxnet.base import _LIB, MXNetError, check_call


def make(**arguments):
    parameter = mx.gluon.Parameter("w_weight", shape=(3,))
    parameter.initialize(mx.init.One())
    return parameter, mx.gluon.Trainer({"w": parameter}, kvstore="dist_sync", **arguments)


def step(parameter, trainer, batch_size=1):
    """Every worker pushes ones."""
    parameter.grad()[:] = 1
    check_call(_LIB.MXNDArraySetGradState(parameter.data().handle, 1))
    trainer.step(batch_size)
    return parameter.data().asnumpy()[0]


def main(folder):
    parameter, trainer = make(optimizer="sgd", optimizer_params={"learning_rate": 0.5, "momentum": 0.5})
    value, velocity = 1.0, 0.0

    def expect(rate, rescale):
        nonlocal value, velocity
        velocity = 0.5 * velocity - rate * rescale * trainer._kvstore.num_workers
        value += velocity
        return value

    got = step(parameter, trainer)
    np.testing.assert_allclose(got, expect(0.5, 1), rtol=1e-6)
    trainer.set_learning_rate(0.125)
    np.testing.assert_allclose(step(parameter, trainer), expect(0.125, 1), rtol=1e-6)
    np.testing.assert_allclose(step(parameter, trainer, batch_size=4), expect(0.125, 0.25), rtol=1e-6)

    kv = trainer._kvstore
    path = f"{folder}/states-{kv.rank}"
    kv._barrier()
    trainer.save_states(path)
    kv._barrier()
    saved = velocity
    np.testing.assert_allclose(step(parameter, trainer, batch_size=4), expect(0.125, 0.25), rtol=1e-6)
    kv._barrier()
    trainer.load_states(path)
    velocity = saved
    np.testing.assert_allclose(step(parameter, trainer, batch_size=4), expect(0.125, 0.25), rtol=1e-6)

    # The saved factor, 1/4, is not that of the next step.
    kv._barrier()
    np.testing.assert_allclose(step(parameter, trainer, batch_size=2), expect(0.125, 0.5), rtol=1e-6)
    kv._barrier()
    trainer.load_states(path)
    velocity = saved
    np.testing.assert_allclose(step(parameter, trainer, batch_size=2), expect(0.125, 0.5), rtol=1e-6)
    np.testing.assert_allclose(step(parameter, trainer, batch_size=4), expect(0.125, 0.25), rtol=1e-6)

    # What cannot be loaded changes nothing.
    kv._barrier()
    content = open(path, "rb").read()
    for broken in (content[:-1], b"", b"anything", content[:40] + b"x" + content[41:]):
        with open(path, "wb") as file:
            file.write(broken)
        try:
            trainer.load_states(path)
        except MXNetError:
            continue
        raise AssertionError(f"{broken[:20]} was loaded")
    np.testing.assert_allclose(step(parameter, trainer, batch_size=4), expect(0.125, 0.25), rtol=1e-6)

    # By name, without a class of the frontend.
    kv._barrier()
    optimizer.set(kv, "sgd", learning_rate=1)
    value, velocity = step(parameter, trainer, batch_size=4), 0.0
    optimizer.set_wd(kv, 0.5)
    kv._barrier()
    got = step(parameter, trainer, batch_size=4)
    value -= 0.5 * value + kv.num_workers
    np.testing.assert_allclose(got, value, rtol=1e-5)
    try:
        optimizer.set(kv, "sgdd")
    except MXNetError as error:
        assert "sgdd" in str(error), error
    else:
        raise AssertionError("sgdd was taken")
    value -= 0.5 * value + kv.num_workers
    np.testing.assert_allclose(step(parameter, trainer, batch_size=4), value, rtol=1e-5)
    print(f"rank {kv.rank}: the trainer reaches the servers", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
