"""Trains the same classifier on a cluster: every worker sees its share of each batch, the servers sum the gradients and
update the weights with the stock frontend's Adam, which they run without Python.

Started by `mxkv launch -n 3 -s 2 -- python cluster.py`, on one machine or several. Plain MXNet code; the library is the one
that MXNET_LIBRARY_PATH names.
"""

import argparse
import sys
import time

import mxnet as mx
import numpy as np
from train import NAMES, accuracy, digits, first_weights, gradients


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--epochs", type=int, default=15)
    options.add_argument("--batch", type=int, default=66, help="images per step, over all workers")
    given = options.parse_args()

    store = mx.kv.create("dist_sync")
    store.set_optimizer(mx.optimizer.Adam(learning_rate=0.003, rescale_grad=1 / store.num_workers))
    images, labels, exam_images, exam_labels = digits()
    weights = first_weights()
    replicas = [mx.nd.array(weights[name]) for name in NAMES]
    store.init(NAMES, replicas)

    order, seconds, loss = np.random.default_rng(3), [], 0.0
    for epoch in range(given.epochs):
        shuffled = order.permutation(len(labels))
        for start in range(0, len(labels) - given.batch + 1, given.batch):
            mine = shuffled[start + store.rank:start + given.batch:store.num_workers]
            loss, own = gradients(weights, images[mine], labels[mine])
            before = time.perf_counter()
            store.push(NAMES, [mx.nd.array(own[name]) for name in NAMES])
            store.pull(NAMES, out=replicas)
            mx.nd.waitall()
            seconds.append(time.perf_counter() - before)
            weights = {name: replica.asnumpy() for name, replica in zip(NAMES, replicas)}
        if store.rank == 0:
            share = accuracy(weights, exam_images, exam_labels)
            print(f"epoch {epoch + 1:2}  loss {loss:6.3f}  accuracy {share:6.1%}  {'#' * int(share * 30)}", flush=True)
    share = accuracy(weights, exam_images, exam_labels)
    print(f"{len(seconds)} steps, {np.median(seconds) * 1e6:.0f} µs for push, update and pull in each; accuracy {share:.1%}", flush=True)
    if share < 0.9:
        sys.exit("learned too little")


main()
