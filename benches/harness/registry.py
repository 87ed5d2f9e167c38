"""Finds the cases: every module of the folder `cases` that has a list CASES."""

import importlib
import pkgutil

import cases


def all_cases():
    found = []
    for module in sorted(pkgutil.iter_modules(cases.__path__), key=lambda m: m.name):
        group = importlib.import_module(f"cases.{module.name}")
        for case in getattr(group, "CASES", []):
            if any(case.name == other.name for other in found):
                raise ValueError(f"{module.name}: a second case named {case.name}")
            found.append(case)
    return found
