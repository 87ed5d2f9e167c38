"""Runs train.py on our library and on the original in turn, compares, and draws both loss curves."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "demo"


def run(name, library, extra):
    environment = {k: v for k, v in os.environ.items() if k != "MXNET_LIBRARY_PATH"}
    if library:
        environment["MXNET_LIBRARY_PATH"] = str(library)
    result = BUILD / f"{name}.json"
    print(f"\n{name}:", flush=True)
    subprocess.run([sys.executable, "-W", "ignore", str(HERE / "train.py"), "--result", str(result), *extra],
                   env=environment, check=True)
    return json.loads(result.read_text())


def median(values):
    return sorted(values)[len(values) // 2]


def draw(results, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for (name, result), style in zip(results.items(), [dict(lw=4, alpha=0.4), dict(lw=1.2)]):
        axes.plot(result["losses"], label=f"{name}: accuracy {result['accuracy']:.1%}", **style)
    axes.set(xlabel="step", ylabel="loss", yscale="log", title="Handwritten digits, four contexts, optimizer in the store")
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--library", required=True, type=Path, help="our libmxkv.so")
    given, extra = options.parse_known_args()
    BUILD.mkdir(parents=True, exist_ok=True)

    results = {"mxkv": run("mxkv", given.library.resolve(), extra), "libmxnet 1.9.1": run("libmxnet 1.9.1", None, extra)}
    ours, theirs = results.values()
    draw(results, BUILD / "loss.png")

    print(f"\n{'':24}{'mxkv':>12}{'libmxnet':>12}")
    print(f"{'accuracy':24}{ours['accuracy']:>12.1%}{theirs['accuracy']:>12.1%}")
    print(f"{'last loss':24}{ours['losses'][-1]:>12.4f}{theirs['losses'][-1]:>12.4f}")
    print(f"{'push+update+pull, µs':24}{median(ours['seconds']) * 1e6:>12.0f}{median(theirs['seconds']) * 1e6:>12.0f}")
    print(f"mxkv takes {median(ours['seconds']) / median(theirs['seconds']):.2f} of the time; the final weights are "
          + ("the same to the last bit" if ours["bits"] == theirs["bits"] else "not the same bits"))
    print(f"picture: {BUILD / 'loss.png'}")
    if ours["accuracy"] < 0.9:
        sys.exit("mxkv learned too little")


main()
