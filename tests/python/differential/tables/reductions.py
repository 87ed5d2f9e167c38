"""Sums, extremes, norms, products of matrices. Small whole numbers make sums exact in any order."""

from case import CLOSE, FLOATS, NUMBERS, Case, any_of, csr, row_sparse, rows

AXES = [{}, dict(axis=0), dict(axis=-1), dict(axis="(0,2)"), dict(axis="()"), dict(axis="None"), dict(axis=1, keepdims=True),
        dict(axis=1, exclude=True), dict(axis="(-1,-2)", keepdims=1), dict(axis=5)]
WHOLE = any_of((3, 4, 2), kind="small")

CASES = [
    *[case for op in ("sum", "max", "min", "sum_axis") for attrs in AXES for case in rows(op, WHOLE, dtypes=NUMBERS, **attrs)],
    *[case for attrs in AXES for case in rows("mean", WHOLE, dtypes=NUMBERS, compare=CLOSE, **attrs)],
    *[case for attrs in AXES[:5] for case in rows("prod", any_of((2, 3, 2), kind="small"), dtypes=NUMBERS, **attrs)],
    *[case for op in ("nansum", "nanprod") for attrs in AXES[:4] for case in rows(op, WHOLE, dtypes=FLOATS, **attrs)],
    *[case for attrs in AXES[:5] for case in rows("sum", any_of((5, 40, 3)), dtypes=FLOATS, compare=CLOSE, **attrs)],
    *[Case("sum", (any_of((70000,), dtype=dtype, kind="positive"),), compare=CLOSE) for dtype in ("float32", "float64")],
    *[case for op in ("max", "min") for case in rows(op, any_of((13,), kind="special"), dtypes=FLOATS)],
    *[case for order in (1, 2) for attrs in ({}, dict(axis=0), dict(axis="(0,1)", keepdims=True), dict(axis=-1))
      for case in rows("norm", any_of((3, 4)), dtypes=FLOATS, ord=order, compare=CLOSE, **attrs)],
    *rows("norm", row_sparse((6, 3)), compare=CLOSE), *rows("norm", csr((4, 5)), compare=CLOSE),
    *[case for op in ("argmax", "argmin") for attrs in ({}, dict(axis=0), dict(axis=-1), dict(axis=1, keepdims=True))
      for case in rows(op, any_of((4, 5)), dtypes=FLOATS + ["int32"], **attrs)],
    *rows("argmax", any_of((4, 9), kind="small"), axis=1), *rows("argmax_channel", any_of((4, 5))),
    *rows("argmax_channel", any_of((5, 17, 1))),
    *[case for attrs in ({}, dict(transpose_a=True), dict(transpose_b=True), dict(transpose_a=1, transpose_b=1))
      for case in rows("dot", any_of((4, 4)), any_of((4, 4)), dtypes=["float32", "float64"], compare=CLOSE, **attrs)],
    *[Case("dot", (any_of(left), any_of(right)), compare=CLOSE)
      for left, right in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 5)), ((2, 3, 4), (4, 2)), ((2, 3), (2, 3)), ((70, 90), (90, 80))]],
    *rows("dot", any_of((2, 2)), any_of((2, 2)), dtypes=["float16", "int32"]),
    *[Case("dot", (csr((5, 6), kind="small"), any_of((6, 3), kind="small"))),
      Case("dot", (csr((5, 6), kind="small"), any_of((5, 3), kind="small")), dict(transpose_a=True)),
      Case("dot", (csr((5, 6), kind="small"), any_of((5, 3), kind="small")), dict(transpose_a=True, forward_stype="row_sparse")),
      Case("dot", (csr((5, 6), kind="small"), row_sparse((6, 3), kind="small")))],
    *[Case("sum", (csr((5, 6), kind="small"),), attrs) for attrs in (dict(axis=0), dict(axis=1), {}, dict(axis=0, keepdims=True))],
    *[Case("mean", (csr((5, 6), kind="small"),), dict(axis=axis), compare=CLOSE) for axis in (0, 1)],
    *[Case("sum", (row_sparse((6, 4), kind="small"),), attrs) for attrs in (dict(axis=0), dict(axis=1), {})],
    *[Case("FullyConnected", (any_of((4, 6)), any_of((3, 6)), any_of((3,))), dict(num_hidden=3), compare=CLOSE),
      Case("FullyConnected", (any_of((4, 2, 3)), any_of((3, 6))), dict(num_hidden=3, no_bias=True), compare=CLOSE),
      Case("FullyConnected", (any_of((4, 2, 6)), any_of((3, 6)), any_of((3,))), dict(num_hidden=3, flatten=False), compare=CLOSE)],
    *[case for kind in ("normal", "special") for case in rows("all_finite", any_of((13,), kind=kind), dtypes=FLOATS)],
    *rows("all_finite", any_of((13,)), out=any_of((1,), kind="zeros"), init_output=False),
    *rows("multi_all_finite", any_of((3,)), any_of((13,), kind="special"), num_arrays=2),
    *rows("multi_all_finite", any_of((3,)), any_of((4,)), num_arrays=2),
    *rows("multi_sum_sq", any_of((3,)), any_of((4, 2)), dtypes=FLOATS, num_arrays=2, compare=CLOSE),
    *rows("reset_arrays", any_of((3,)), any_of((4, 2)), dtypes=NUMBERS, num_arrays=2),
    *rows("multi_lars", *[any_of((3,), kind="positive")] * 4, eta=0.1, eps=1e-6, rescale_grad=0.5, compare=CLOSE),
    *rows("multi_lars", *[any_of((3,), kind="zeros")] * 4, eta=0.1, eps=1e-6, compare=CLOSE),
]
