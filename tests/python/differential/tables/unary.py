"""One array in, one out, element by element."""

from case import CLOSE, EXACT, FLOATS, NUMBERS, Case, any_of, csr, row_sparse, rows

ROUNDED = ["abs", "sign", "square", "negative", "round", "rint", "ceil", "floor", "trunc", "fix", "relu"]
ROOTS = ["sqrt", "rsqrt", "reciprocal", "cbrt", "rcbrt"]
LIBM = ["exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "arcsinh", "degrees", "radians", "sigmoid"]
LOGS = ["log", "log10", "log1p", "log2"]
UNIT = ["arcsin", "arccos", "arctanh"]
KEEP_ZERO = ["abs", "sign", "square", "negative", "sqrt", "round", "rint", "ceil", "floor", "trunc", "fix", "relu", "expm1",
             "log1p", "sin", "tan", "sinh", "tanh", "arcsin", "arctan", "arcsinh", "arctanh", "degrees", "radians", "cbrt"]


def nearness(op):
    return EXACT if op in [*ROUNDED, "sqrt", "reciprocal"] else CLOSE


CASES = [
    *[case for op in ROUNDED for case in rows(op, any_of((7, 9)), dtypes=NUMBERS)],
    *[case for op in ROOTS for case in rows(op, any_of((40,), kind="positive"), dtypes=NUMBERS, compare=nearness(op))],
    *[case for op in LIBM for case in rows(op, any_of((40,)), dtypes=FLOATS, compare=CLOSE)],
    *[case for op in LOGS for case in rows(op, any_of((40,), kind="positive"), dtypes=FLOATS, compare=CLOSE)],
    *[case for op in UNIT for case in rows(op, any_of((40,), kind="unit"), dtypes=FLOATS, compare=CLOSE)],
    *rows("arccosh", any_of((40,), kind="positive", scale=3), dtypes=FLOATS, compare=CLOSE),
    *[case for op in [*ROUNDED, "sqrt", "reciprocal", "exp", "log", "tanh"]
      for case in rows(op, any_of((13,), kind="special"), dtypes=FLOATS, compare=nearness(op))],
    *[Case(op, (array,), compare=nearness(op)) for op in KEEP_ZERO
      for array in (row_sparse((6, 3), kind="unit"), csr((4, 5), kind="unit"))],
    *[case for op in ("exp", "cos", "log", "reciprocal") for case in rows(op, row_sparse((6, 3), kind="positive"), compare=CLOSE)],
    *rows("abs", any_of((5,)), out=0, dtypes=NUMBERS),
    *rows("square", any_of((5,)), out=any_of((5,)), dtypes=FLOATS),
    *[case for lo, hi in [(-0.5, 0.5), (0, 1), ("1.5", "2.5"), (0, 0)]
      for case in rows("clip", any_of((30,)), dtypes=NUMBERS, a_min=lo, a_max=hi)],
    *rows("clip", any_of((30,)), dtypes=FLOATS, a_min="-inf", a_max=0.25),
    *rows("clip", any_of((13,), kind="special"), dtypes=FLOATS, a_min=-1, a_max=1),
    *[Case("clip", (row_sparse((6, 2)),), dict(a_min=lo, a_max=hi)) for lo, hi in [(-1, 1), (0, 1), (0.5, 1)]],
    *[case for op in ("softmax", "log_softmax", "softmin") for axis in (-1, 0)
      for case in rows(op, any_of((4, 6)), dtypes=FLOATS, axis=axis, compare=CLOSE)],
    *rows("softmax", any_of((4, 6)), temperature=2.0, compare=CLOSE),
    *rows("shape_array", any_of((4, 6))), *rows("size_array", any_of((4, 6))),
    *rows("gamma", any_of((9,), kind="positive"), compare=CLOSE), *rows("gammaln", any_of((9,), kind="positive"), compare=CLOSE),
    *rows("erf", any_of((9,)), compare=CLOSE), *rows("softsign", any_of((9,)), compare=CLOSE),
]
