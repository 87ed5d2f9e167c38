"""Two arrays, or an array and a scalar."""

from case import CLOSE, FLOATS, NUMBERS, Case, any_of, row_sparse, rows

PLAIN = ["elemwise_add", "elemwise_sub", "elemwise_mul", "_plus", "_Minus", "_sparse_elemwise_mul", "_maximum", "_minimum"]
COMPARE = ["equal", "not_equal", "greater", "greater_equal", "lesser", "lesser_equal"]
LOGICAL = ["logical_and", "logical_or", "logical_xor"]
SHAPES = [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((4, 1, 3), (1, 5, 3)), ((1, 1), (3, 4)), ((2, 3, 4, 5), (2, 1, 4, 1)), ((1,), (6,))]
POSITIVE = any_of((4, 5), kind="positive")

CASES = [
    *[case for op in PLAIN for case in rows(op, any_of((4, 5)), any_of((4, 5)), dtypes=NUMBERS)],
    *[case for op in ("elemwise_div", "_div") for case in rows(op, any_of((4, 5)), POSITIVE, dtypes=NUMBERS)],
    *rows("_mod", any_of((4, 5)), POSITIVE, dtypes=NUMBERS),
    *rows("_power", POSITIVE, any_of((4, 5)), dtypes=FLOATS, compare=CLOSE),
    *rows("_hypot", any_of((4, 5)), any_of((4, 5)), dtypes=FLOATS, compare=CLOSE),
    *[case for op in COMPARE for case in rows("_" + op, any_of((30,), kind="small"), any_of((30,), kind="small"), dtypes=NUMBERS)],
    *[case for op in LOGICAL for case in rows("_" + op, any_of((30,), kind="small"), any_of((30,), kind="small"), dtypes=NUMBERS)],
    *[case for op in PLAIN[:3] for case in rows(op, any_of((13,), kind="special"), any_of((13,)), dtypes=FLOATS)],
    *[case for op in ("add", "sub", "mul", "maximum", "minimum") for left, right in SHAPES
      for case in rows("broadcast_" + op, any_of(left), any_of(right), dtypes=NUMBERS)],
    *[case for left, right in SHAPES for case in rows("broadcast_div", any_of(left), any_of(right, kind="positive"), dtypes=NUMBERS)],
    *[case for left, right in SHAPES for case in rows("broadcast_mod", any_of(left), any_of(right, kind="positive"), dtypes=NUMBERS)],
    *[case for left, right in SHAPES[:3]
      for case in rows("broadcast_power", any_of(left, kind="positive"), any_of(right), dtypes=FLOATS, compare=CLOSE)],
    *[case for op in (*COMPARE, *LOGICAL) for left, right in SHAPES[:3]
      for case in rows("broadcast_" + op, any_of(left, kind="small"), any_of(right, kind="small"), dtypes=NUMBERS)],
    *rows("broadcast_maximum", any_of((13,), kind="special"), any_of((13,)), dtypes=FLOATS),
    *rows("broadcast_minimum", any_of((13,), kind="special"), any_of((13,)), dtypes=FLOATS),
    *[case for op in ("plus", "minus", "rminus", "mul", "maximum", "minimum") for scalar in ("1.5", "-3.0", "0.1", "0")
      for case in rows(f"_{op}_scalar", any_of((4, 5)), dtypes=NUMBERS, scalar=scalar)],
    *[case for scalar in ("1.5", "-3.0", "7") for case in rows("_div_scalar", any_of((4, 5)), dtypes=NUMBERS, scalar=scalar)],
    *[case for scalar in ("1.5", "-30") for case in rows("_rdiv_scalar", POSITIVE, dtypes=NUMBERS, scalar=scalar)],
    *[case for scalar in ("2.5", "-3.0", "7") for case in rows("_mod_scalar", any_of((4, 5)), dtypes=NUMBERS, scalar=scalar)],
    *rows("_mod_scalar", any_of((4, 5)), dtypes=FLOATS, scalar=0),
    *[case for scalar in ("7", "-100") for case in rows("_rmod_scalar", POSITIVE, dtypes=NUMBERS, scalar=scalar)],
    *[case for scalar in ("2", "0.5", "-1") for case in rows("_power_scalar", POSITIVE, dtypes=FLOATS, scalar=scalar, compare=CLOSE)],
    *rows("_rpower_scalar", any_of((4, 5)), dtypes=FLOATS, scalar=2, compare=CLOSE),
    *[case for op in (*COMPARE, *LOGICAL) for scalar in ("0", "1.0", "2.5")
      for case in rows(f"_{op}_scalar", any_of((30,), kind="small"), dtypes=NUMBERS, scalar=scalar)],
    *[Case(op, (any_of((6,), dtype="bool"),), dict(scalar="1.7")) for op in ("_plus_scalar", "_mul_scalar", "_equal_scalar")],
    *[case for count in (1, 2, 3, 5) for case in rows("add_n", *[any_of((3, 4))] * count, dtypes=NUMBERS, num_args=count)],
    *[Case(op, (any_of((4,)), any_of(shape, dtype=dtype))) for op in ("broadcast_add", "elemwise_add", "_equal")
      for shape, dtype in [((4,), "float64"), ((4,), "int32"), ((5,), "float32"), ((2, 3), "float32")]],
    *rows("elemwise_add", any_of((3, 4)), any_of((3, 4)), dtypes=FLOATS, out=0),
    *rows("broadcast_add", any_of((3, 4)), any_of((1, 4)), dtypes=FLOATS, out=0),
    *rows("broadcast_add", any_of((1, 4)), any_of((3, 4)), out=0),
    Case("elemwise_add", (any_of((3, 4)), any_of((3, 4))), {}, row_sparse((3, 4))),
    *[Case("_contrib_allclose", (any_of((5,), kind="small"), any_of((5,), kind="small")), dict(rtol=r, atol=a))
      for r, a in [(0, 0), (0, 9), (1e-5, 1e-8)]],
    *[Case("_contrib_allclose", (any_of((13,), kind="special"), any_of((13,), kind="special")), dict(equal_nan=e)) for e in (True, False)],
]
