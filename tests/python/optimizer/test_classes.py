"""What recorded values cannot cover: random rules, refusals, saved states, aggregation, several weights at once."""

import pickle

from support import *

NAMES = ["adadelta", "adagrad", "adam", "adamax", "ccsgd", "dcasgd", "ftml", "ftrl", "groupadagrad", "lamb", "lars", "lbsgd",
         "nadam", "nag", "rmsprop", "sgd", "sgld", "signum", "test"]


def train(optimizer, steps=60, shape=(3, 4)):
    """Walks towards the minimum of |w - 1|²; returns the distance before and after."""
    weight, updater = mx.nd.zeros(shape), mx.optimizer.get_updater(optimizer)
    for _ in range(steps):
        updater(0, 2 * (weight - 1), weight)
    return np.abs(weight.asnumpy() - 1).mean()


@pytest.mark.parametrize("name", NAMES)
def test_every_class_moves(name):
    if name == "test":  # adds the gradient itself
        assert train(mx.optimizer.create(name, rescale_grad=-0.1)) < 0.5
    else:
        assert train(mx.optimizer.create(name, learning_rate=0.05)) < 1.0


def test_sgld_adds_noise_of_the_right_size():
    mx.random.seed(7)
    weight = mx.nd.zeros((100_000,))
    mx.optimizer.get_updater(mx.optimizer.create("sgld", learning_rate=0.04))(0, mx.nd.zeros((100_000,)), weight)
    values = weight.asnumpy()
    assert abs(values.mean()) < 0.005 and abs(values.std() - 0.2) < 0.005


@pytest.mark.parametrize("name", ["adagrad", "adadelta", "ftrl", "rmsprop", "groupadagrad"])
def test_float32_state_does_not_fit_float64_weights(name):
    updater = mx.optimizer.get_updater(mx.optimizer.create(name))
    with fails("float64"):
        updater(0, mx.nd.ones((2, 2), dtype="float64"), mx.nd.ones((2, 2), dtype="float64"))
        mx.nd.waitall()


def test_integer_weights_are_refused():
    weight = mx.nd.ones((2,), dtype="int32")
    with fails("int32"):
        mx.nd.sgd_update(weight, weight, lr=1, out=weight)
        mx.nd.waitall()


@pytest.mark.parametrize("name", ["sgd", "adam", "nag", "ftrl"])
def test_states_survive_a_pickle(name):
    optimizer = mx.optimizer.create(name, learning_rate=0.1)
    updater = mx.optimizer.get_updater(optimizer)
    weight = mx.nd.ones((3,))
    updater(0, mx.nd.ones((3,)), weight)
    again, copy = mx.optimizer.get_updater(pickle.loads(pickle.dumps(optimizer))), weight.copy()
    again.set_states(updater.get_states())
    updater(0, mx.nd.ones((3,)), weight)
    again(0, mx.nd.ones((3,)), copy)
    same_bits(weight, copy)


@pytest.mark.parametrize("size", [1, 2, 4, 60])
@pytest.mark.parametrize("name", ["sgd", "lars", "lamb"])
def test_aggregation_changes_nothing(size, name, rng):
    code = f"""
import mxnet as mx, numpy as np
rng = np.random.default_rng(3)
weights = [mx.nd.array(rng.standard_normal((i + 1, 2))) for i in range(7)]
updater = mx.optimizer.get_updater(mx.optimizer.create({name!r}, learning_rate=0.1))
for _ in range(3):
    updater(list(range(7)), [mx.nd.array(rng.standard_normal(w.shape)) for w in weights], weights)
print(np.concatenate([w.asnumpy().ravel() for w in weights]).tolist())
"""
    got = eval(run_python(code, MXNET_OPTIMIZER_AGGREGATION_SIZE=size))
    want = eval(run_python(code, MXNET_OPTIMIZER_AGGREGATION_SIZE=3))
    np.testing.assert_allclose(got, want, rtol=1e-6 if name == "sgd" else 1e-4)


def test_wrong_inputs_are_named():
    weight = mx.nd.ones((2,))
    with fails("sgd_update", "2", "1"):
        invoke("sgd_update", weight, lr=0.1, out=weight)
    with fails("lr"):
        invoke("sgd_update", weight, weight, out=weight)
    with fails("lr", "abc"):
        invoke("sgd_update", weight, weight, lr="abc", out=weight)
    with fails("learning_rate", "lr"):
        invoke("sgd_update", weight, weight, lr=1, learning_rate=1, out=weight)
    with fails("2", "3"):
        invoke("sgd_update", weight, mx.nd.ones((3,)), lr=1, out=weight)
        mx.nd.waitall()


def test_trainer_step_with_given_gradients():
    for on_store in (True, False):
        parameter = mx.gluon.Parameter("w", shape=(3,))
        contexts = [mx.cpu(0), mx.cpu(1)]
        parameter.initialize(mx.init.One(), ctx=contexts)
        trainer = mx.gluon.Trainer({"w": parameter}, "sgd", {"learning_rate": 0.5}, kvstore="device",
                                   update_on_kvstore=on_store)
        for step in range(1, 3):
            for value, grad in zip(parameter.list_data(), parameter.list_grad()):
                grad[:] = value.context.device_id + 1
                check_call(_LIB.MXNDArraySetGradState(value.handle, 1))
            trainer.step(batch_size=3)
            for value in parameter.list_data():
                np.testing.assert_allclose(value.asnumpy(), 1 - 0.5 * step, rtol=1e-6)


@pytest.mark.parametrize("kvstore", [None, "local", "device"])
@pytest.mark.parametrize("name, arguments", [("sgd", {"momentum": 0.9}), ("adam", {})])
def test_trainer_saves_and_loads_states(tmp_path, kvstore, name, arguments):
    path = str(tmp_path / "states")

    def make():
        parameter = mx.gluon.Parameter("w", shape=(4,))
        parameter.initialize(mx.init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
        return parameter, mx.gluon.Trainer({"w": parameter}, name, arguments, kvstore=kvstore)

    def step(parameter, trainer):
        for grad in parameter.list_grad():
            grad[:] = 1
        trainer.step(1, ignore_stale_grad=True)

    parameter, trainer = make()
    for value in parameter.list_data():
        check_call(_LIB.MXNDArraySetGradState(value.handle, 1))
    step(parameter, trainer)
    trainer.save_states(path)
    trainer.load_states(path)
    before = parameter.data(mx.cpu(0)).asnumpy()
    for value in parameter.list_data():
        check_call(_LIB.MXNDArraySetGradState(value.handle, 1))
    step(parameter, trainer)
    assert (parameter.data(mx.cpu(0)).asnumpy() < before).all()
    same_bits(parameter.data(mx.cpu(0)), parameter.data(mx.cpu(1)))
