"""results.png: one bar per case, how many times better than the real library, with the target as a mark."""

import sys


def draw(results, path):
    try:
        import matplotlib
    except ImportError:
        print("bench: no matplotlib, so no picture", file=sys.stderr)
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [r for r in results if r.ratio][::-1]
    if not shown:
        return
    figure, axes = pyplot.subplots(figsize=(9, 1 + 0.38 * len(shown)))
    for place, result in enumerate(shown):
        target = result.case.target
        met = target is None or result.ratio >= target
        axes.barh(place, result.ratio, color="#3b7dd8" if met else "#d98c3b", height=0.62)
        axes.annotate(f"{result.ratio:.1f}x", (result.ratio, place), (4, 0), textcoords="offset points",
                      va="center", fontsize=8)
        if target:
            axes.plot([target, target], [place - 0.42, place + 0.42], color="black", linewidth=1.6)
    axes.axvline(1, color="gray", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_yticks(range(len(shown)), [r.case.title for r in shown], fontsize=8)
    axes.set_xlabel("times better than MXNet 1.9.1 in the same run (black mark: target)")
    axes.margins(x=0.1)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
