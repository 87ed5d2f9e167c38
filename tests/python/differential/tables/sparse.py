"""Storage types of results, and what the rows hold."""

from case import CLOSE, FLOATS, NUMBERS, Case, any_of, csr, row_sparse, rows

R, D, C = row_sparse((6, 3), kind="small"), any_of((6, 3), kind="small"), csr((6, 3), kind="small")
DENOMINATOR = any_of((6, 3), kind="positive")

CASES = [
    *[case for stype in ("row_sparse", "csr", "default") for given in (R, D, C) for case in rows("cast_storage", given, stype=stype)],
    *[Case("cast_storage", (any_of((6, 3), dtype=dtype, kind="small"),), dict(stype=stype)) for dtype in NUMBERS for stype in ("row_sparse", "csr")],
    *[Case("cast_storage", (any_of(shape, kind="small"),), dict(stype="row_sparse")) for shape in [(9,), (3, 2, 2)]],
    Case("cast_storage", (any_of((3, 2, 2)),), dict(stype="csr")),
    Case("cast_storage", (any_of((13, 1), kind="special"),), dict(stype="row_sparse")),
    # Not csr with csr: the original leaves elements that it never wrote behind the last one. Nor csr less dense: it
    # gives a zero of the other sign where the csr array holds nothing.
    *[Case(op, pair) for op in ("elemwise_add", "elemwise_sub", "elemwise_mul") for pair in ((R, R), (R, D), (D, R), (D, C))],
    *[Case(op, (C, D)) for op in ("elemwise_add", "elemwise_mul")],
    *[Case("elemwise_div", (given, DENOMINATOR), compare=CLOSE) for given in (R, D, C)],
    *[Case("broadcast_" + op, pair) for op in ("add", "sub", "mul") for pair in ((R, R), (R, D), (D, R), (C, any_of((1, 3), kind="small")))],
    *[Case(f"_{op}_scalar", (given,), dict(scalar=2)) for op in ("plus", "minus", "rminus", "mul", "div", "maximum", "power", "equal") for given in (R, C)],
    *[Case("add_n", given, dict(num_args=len(given))) for given in ((R, R), (R, R, R), (R, D), (D, R, R), (R,))],
    *[Case("_sparse_retain", (R, any_of(shape, kind="index", scale=6, dtype=dtype))) for shape in [(3,), (1,)] for dtype in ("float32", "int32", "int64")],
    *[case for op in ("sqrt", "square", "sign", "abs", "negative") for case in rows(op, row_sparse((6, 3), kind="positive"), dtypes=FLOATS)],
    Case("slice", (C,), dict(begin="(1,)", end="(4,)")), Case("slice", (C,), dict(begin="(1,0)", end="(4,2)")),
    Case("slice", (R,), dict(begin="(1,)", end="(4,)")),
    Case("_zeros", (), dict(shape="(6,3)"), row_sparse((6, 3))), Case("_zeros", (), dict(shape="(6,3)"), csr((6, 3))),
    Case("_ones", (), dict(shape="(6,3)"), row_sparse((6, 3))), Case("_full", (), dict(shape="(6,3)", value=2), row_sparse((6, 3))),
    Case("square", (D,), {}, row_sparse((6, 3))), Case("_mul_scalar", (R,), dict(scalar=3), any_of((6, 3))),
    Case("_mul_scalar", (R,), dict(scalar=3), 0), Case("_plus_scalar", (R,), dict(scalar=3), 0),
    *[Case("_contrib_getnnz", (C,), attrs) for attrs in ({}, dict(axis=0), dict(axis=1))],
    *[Case("transpose", (given,)) for given in (R, C)], *[Case("sum", (given,), dict(axis=0)) for given in (R, C)],
    *[Case("Concat", (C, C), dict(dim=0, num_args=2))],
]
