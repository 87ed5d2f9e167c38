"""Trains a digit classifier data-parallel over four contexts, with the optimizer inside the key-value store.

Plain MXNet code: which library runs it is decided by MXNET_LIBRARY_PATH. Gradients come from numpy, so that all that is
asked of MXNet is what a parameter store does: sum the gradients of four contexts, update, hand the weights out again.
"""

import argparse
import json
import time

import mxnet as mx
import numpy as np
from sklearn.datasets import load_digits

CONTEXTS = [mx.cpu(i) for i in range(4)]
NAMES = ["w1", "b1", "w2", "b2"]


def digits(seed=1):
    """8x8 grey images of handwritten digits, 1797 of them: 1437 to learn from, 360 to be examined on."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    images, labels = (images[order] / 16).astype("float32"), labels[order]
    return images[:1437], labels[:1437], images[1437:], labels[1437:]


def first_weights(hidden=64, seed=2):
    rng = np.random.default_rng(seed)
    return {"w1": rng.normal(0, 0.1, (64, hidden)).astype("float32"), "b1": np.zeros(hidden, "float32"),
            "w2": rng.normal(0, 0.1, (hidden, 10)).astype("float32"), "b2": np.zeros(10, "float32")}


def forward(w, images):
    hidden = np.maximum(images @ w["w1"] + w["b1"], 0)
    scores = hidden @ w["w2"] + w["b2"]
    likelihood = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, likelihood / likelihood.sum(axis=1, keepdims=True)


def gradients(w, images, labels):
    """Loss and its gradients: softmax over ten digits behind one hidden layer."""
    hidden, likelihood = forward(w, images)
    loss = -np.log(likelihood[np.arange(len(labels)), labels] + 1e-9).mean()
    back = likelihood.copy()
    back[np.arange(len(labels)), labels] -= 1
    back /= len(labels)
    into_hidden = (back @ w["w2"].T) * (hidden > 0)
    return loss, {"w1": images.T @ into_hidden, "b1": into_hidden.sum(0), "w2": hidden.T @ back, "b2": back.sum(0)}


def accuracy(w, images, labels):
    return float((forward(w, images)[1].argmax(axis=1) == labels).mean())


def train(epochs, batch, report):
    images, labels, exam_images, exam_labels = digits()
    store = mx.kv.create("device")
    store.set_optimizer(mx.optimizer.create("sgd", learning_rate=0.1, momentum=0.9, rescale_grad=1 / len(CONTEXTS)))
    weights = first_weights()
    store.init(NAMES, [mx.nd.array(weights[name]) for name in NAMES])
    replicas = {name: [mx.nd.array(weights[name], ctx=context) for context in CONTEXTS] for name in NAMES}

    losses, seconds = [], []
    order = np.random.default_rng(3)
    for epoch in range(epochs):
        shuffled = order.permutation(len(labels))
        for start in range(0, len(labels) - batch + 1, batch):
            parts = np.split(shuffled[start:start + batch], len(CONTEXTS))
            local = [{name: replicas[name][i].asnumpy() for name in NAMES} for i in range(len(CONTEXTS))]
            results = [gradients(w, images[part], labels[part]) for w, part in zip(local, parts)]
            pushed = [[mx.nd.array(grads[name], ctx=context) for (_, grads), context in zip(results, CONTEXTS)] for name in NAMES]
            mx.nd.waitall()
            before = time.perf_counter()
            store.pushpull(NAMES, pushed, out=[replicas[name] for name in NAMES])
            mx.nd.waitall()
            seconds.append(time.perf_counter() - before)
            losses.append(float(np.mean([loss for loss, _ in results])))
        report(epoch + 1, losses[-1], accuracy({name: replicas[name][0].asnumpy() for name in NAMES}, exam_images, exam_labels))
    final = {name: replicas[name][0].asnumpy() for name in NAMES}
    return {"losses": losses, "seconds": seconds, "accuracy": accuracy(final, exam_images, exam_labels),
            "bits": {name: final[name].tobytes().hex() for name in NAMES}}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--epochs", type=int, default=15)
    options.add_argument("--batch", type=int, default=64, help="images per step, over all contexts")
    options.add_argument("--result", help="write losses, times and weights to this file")
    given = options.parse_args()

    def report(epoch, loss, share):
        bar = "#" * int(share * 30)
        print(f"  epoch {epoch:2}  loss {loss:6.3f}  accuracy {share:6.1%}  {bar}", flush=True)

    print(f"library: {mx.base._LIB._name}")
    result = train(given.epochs, given.batch, report)
    print(f"  {len(result['seconds'])} steps, {np.median(result['seconds']) * 1e6:.0f} µs for push, update and pull in each")
    if given.result:
        with open(given.result, "w") as file:
            json.dump(result, file)


if __name__ == "__main__":
    main()
