"""results.md for people and results.json for programs."""

import json
import os
import platform
import time


def amount(number, unit):
    if number is None:
        return "–"
    if unit == "B":
        return f"{number / 1e6:.1f} MB"
    for factor, name in [(1, "s"), (1e-3, "ms"), (1e-6, "µs")]:
        if number >= factor:
            return f"{number / factor:.3g} {name}"
    return f"{number * 1e9:.0f} ns"


def verdict(result):
    """Whether the targets are met; an empty text where there is none."""
    checks = []
    if result.case.target and result.ratio:
        checks.append(result.ratio >= result.case.target)
    if result.case.limit_target and result.limit_ratio:
        checks.append(result.limit_ratio <= result.case.limit_target)
    return "" if not checks else "yes" if all(checks) else "no"


def row(result):
    case, ratio, limit = result.case, result.ratio, result.limit_ratio
    if result.error:
        return f"| {case.title} | failed: {result.error.splitlines()[0]} | | | | | | |"
    cells = [
        case.title,
        amount(result.median("real"), case.unit),
        amount(result.median("ours"), case.unit),
        f"**{ratio:.2f}x**" if ratio else "–",
        f"{case.target:.3g}x" if case.target else "",
        amount(result.median("limit"), case.unit) if limit else "",
        f"{limit:.2f}x" + (f" (≤ {case.limit_target:.2f})" if case.limit_target else "") if limit else "",
        verdict(result),
    ]
    return "| " + " | ".join(cells) + " |"


def processor():
    with open("/proc/cpuinfo") as info:
        names = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(results, sides, folder, quick):
    where = f"{os.cpu_count()} x {processor()}, Linux {platform.release()}"
    lines = ["# Benchmarks", ""]
    if quick:
        lines += ["**Quick run: it shows that everything runs; the numbers mean nothing.**", ""]
    lines += [
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {where}. Medians of runs in turn; "
        "higher ratios are better; \"limit\" is what bare kernels reach for the same data motion.",
        "",
        "| case | real | ours | ratio | target | limit | ours / limit | met |",
        "|---|---|---|---|---|---|---|---|",
        *[row(result) for result in results],
        "",
        *[f"- {side.name}: `{os.path.basename(side.library)}`" for side in sides],
        "",
    ]
    (folder / "results.md").write_text("\n".join(lines))
    data = [
        {
            "case": r.case.name,
            "title": r.case.title,
            "unit": r.case.unit,
            "ratio": r.ratio,
            "target": r.case.target,
            "limit_ratio": r.limit_ratio,
            "limit_target": r.case.limit_target,
            "error": r.error,
            "sides": {
                side: {"median": r.median(side), "deciles": r.spread(side), "samples": len(numbers)}
                for side, numbers in r.samples.items()
            },
        }
        for r in results
    ]
    (folder / "results.json").write_text(json.dumps({"machine": where, "quick": quick, "results": data}, indent=1))
