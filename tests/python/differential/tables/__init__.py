"""All rows. To add some: write `rows(…)` into one of these files, or a new file and its name here."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from . import arithmetic, creation, indexing, numpy_names, random, reductions, shapes, sparse, unary, updates  # noqa: E402

ALL = [case for module in (creation, unary, arithmetic, reductions, shapes, indexing, sparse, updates, random, numpy_names)
       for case in module.CASES]
