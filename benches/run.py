#!/usr/bin/env python3
"""`make bench`: the real libmxnet and ours in turn, as ratios. docs/benchmarks.md says how to read the result.

    benches/run.py [--quick] [--only TEXT]... [--ours LIB] [--real LIB] [--out FOLDER] [--list]
"""

import argparse
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import measure, picture, report  # noqa: E402
from harness.case import Side  # noqa: E402
from harness.registry import all_cases  # noqa: E402
from harness.tools import Tools  # noqa: E402


def parse():
    root = HERE.parent
    # `make bench` runs this with the Python of build/venv.
    venv = os.environ.get("MXKV_VENV", sys.prefix if sys.prefix != sys.base_prefix else root / "build" / "venv")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default=root / "target" / "release" / "libmxkv.so", type=Path)
    parser.add_argument("--real", type=Path, help="default: the libmxnet.so of the environment's mxnet")
    parser.add_argument("--venv", default=venv, type=Path, help="with the stock wheel")
    parser.add_argument("--out", default=root / "build" / "bench", type=Path)
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="cases whose name holds TEXT")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each side")
    parser.add_argument("--quick", action="store_true", help="one turn, few samples: does everything run?")
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    return parser.parse_args()


def main():
    options = parse()
    cases = [c for c in all_cases() if not options.only or any(text in c.name for text in options.only)]
    if options.list or not cases:
        print("\n".join(f"{c.name:20} {c.title}" for c in cases) or "no such case; see --list")
        return 0 if cases else 2
    python = options.venv / "bin" / "python"
    real = options.real or next(options.venv.glob("lib/python*/site-packages/mxnet/libmxnet.so"), None)
    for what, path in [("Python", python), ("real library", real), ("our library", options.ours)]:
        if path is None or not path.exists():
            print(f"bench: no {what} at {path or options.venv}", file=sys.stderr)
            return 2
    tools = Tools(options.out, options.ours.absolute())
    sides = [Side(name, str(lib.absolute()), str(python.absolute()), tools)
             for name, lib in [("real", real), ("ours", options.ours)]]
    results = measure.run_all(cases, sides, tools, 1 if options.quick else options.rounds, options.quick)
    report.write(results, sides, options.out, options.quick)
    picture.draw(results, options.out / "results.png")
    print((options.out / "results.md").read_text())
    return 1 if any(r.error for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
