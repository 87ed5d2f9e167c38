"""Operators that move elements about."""

from case import FLOATS, NUMBERS, Case, any_of, row_sparse, rows

WIDE = any_of((2, 3, 4))
SLICES = [dict(begin="(0,1)", end="(2,3)"), dict(begin="(None,1,0)", end="(None,3,2)"), dict(begin="(0,)", end="(1,)"),
          dict(begin="(-1,)", end="(None,)"), dict(begin="(None,None,None)", end="(None,None,None)", step="(1,-1,2)"),
          dict(begin="(1,2,3)", end="(0,0,0)", step="(-1,-1,-2)"), dict(begin="(5,)", end="(6,)"), dict(begin="(0,0,0,0)", end="(1,1,1,1)"),
          dict(begin="(0, 1)", end="(1, 9)"), dict(begin="(1,)", end="(1,)"), dict(begin="(0,)", end="(2,)", step="(0,)")]

CASES = [
    *[Case("Reshape", (WIDE,), dict(shape=shape)) for shape in (
        "(6,4)", "(-1,)", "(0,-1)", "(-2,)", "(-3,0)", "(0,-3)", "(-4,1,2,-2)", "(0,-4,3,-1,4)", "(-4,-1,2,0,0)", "(-1,-1)",
        "(0,0,0,0)", "(0,0,-4,2,2)", "(24)", "(0,-2)")],
    *[Case("Reshape", (any_of((8, 3, 3, 3)),), dict(shape=shape, reverse=True)) for shape in ("(-1,0)", "(0,-1,0)", "(-3,0,0)", "(-1,0,0,0)")],
    *rows("Reshape", WIDE, dtypes=NUMBERS, shape="(4,6)"),
    *[Case("slice", (any_of((2, 4, 5), dtype=dtype),), attrs) for attrs in SLICES for dtype in ("float32", "int8")],
    *[Case("slice_axis", (WIDE,), dict(axis=axis, begin=begin, end=end))
      for axis, begin, end in [(0, 0, 1), (1, 1, None), (-1, -2, None), (2, 0, -1), (1, 2, 1), (3, 0, 1), (1, 0, 9)]],
    *[Case("slice_like", (any_of((4, 5, 3)), any_of((2, 3, 3))), attrs) for attrs in ({}, dict(axes="(0,)"), dict(axes="(0,1)"), dict(axes="(-1,)"))],
    *[case for dim in (0, 1, 2, -1) for case in rows("Concat", WIDE, WIDE, dtypes=NUMBERS, dim=dim, num_args=2)],
    *[Case("Concat", (any_of((2, 3)), any_of((2, 5)))), Case("Concat", (any_of((2, 3)), any_of((4, 3))), dict(dim=0, num_args=2)),
      Case("Concat", (any_of((2, 3)), any_of((2, 3), dtype="float64"))), Case("Concat", (any_of((2, 3)), any_of((3, 5))), dict(num_args=2)),
      Case("Concat", (any_of((2, 3)),), dict(num_args=1))],
    *[case for axis in (0, 1, 2, -1, 3) for case in rows("stack", any_of((2, 3)), any_of((2, 3)), dtypes=["float32", "int8"], axis=axis, num_args=2)],
    *[case for attrs in ({}, dict(axes="(1,0,2)"), dict(axes="(2,0,1)"), dict(axes="(0,1)"))
      for case in rows("transpose", WIDE, dtypes=NUMBERS, **attrs)],
    *rows("transpose", any_of((70, 33)), dtypes=FLOATS), *rows("transpose", any_of((2, 3, 4, 5)), axes="(0,3,1,2)"),
    *[Case("SwapAxis", (WIDE,), dict(dim1=a, dim2=b)) for a, b in [(0, 2), (1, 2), (0, 0)]],
    *[Case("expand_dims", (WIDE,), dict(axis=axis)) for axis in (0, 1, 3, -1, 7)],
    *[Case("squeeze", (any_of((1, 3, 1)),), attrs) for attrs in ({}, dict(axis=0), dict(axis="(0,2)"), dict(axis=1))],
    *[Case("Flatten", (any_of(shape),)) for shape in [(2, 3, 4), (3,), (2, 5)]],
    *[Case("broadcast_to", (any_of((1, 3, 1)),), dict(shape=shape)) for shape in ("(2,3,4)", "(0,0,4)", "(2,4,4)", "(3,1)", "(5,1,3,1)")],
    *[Case("broadcast_axis", (any_of((1, 3, 1)),), dict(axis=axis, size=size)) for axis, size in [("0", "4"), ("(0,2)", "(2,5)"), ("1", "2")]],
    *[Case("broadcast_like", (any_of((1, 3)), any_of((4, 3))), attrs) for attrs in ({}, dict(lhs_axes="(0,)", rhs_axes="(0,)"))],
    *[Case("SliceChannel", (any_of((2, 6, 3)),), attrs) for attrs in (
        dict(num_outputs=3), dict(num_outputs=2, axis=1), dict(num_outputs=3, axis=-1, squeeze_axis=True), dict(num_outputs=4), dict(num_outputs=2, axis=0))],
    *[Case("_split_v2", (any_of((6, 4)),), attrs) for attrs in (
        dict(indices="(0,2,3)", axis=0), dict(indices="()", sections=3, axis=0), dict(indices="(0,1)", axis=1), dict(indices="()", sections=4, axis=1, squeeze_axis=True))],
    *[Case("repeat", (any_of((2, 3)),), attrs) for attrs in (dict(repeats=2), dict(repeats=3, axis=0), dict(repeats=2, axis=-1))],
    *[Case("tile", (any_of((2, 3)),), dict(reps=reps)) for reps in ("(2,)", "(2,1)", "(1,2)", "(2,1,3)")],
    *[Case("reverse", (WIDE,), dict(axis=axis)) for axis in ("(0,)", "(1,)", "(0,2)")],
    *[Case("Pad", (any_of((1, 2, 3, 4)),), dict(mode=mode, pad_width="(0,0,0,0,1,1,2,2)", constant_value=5)) for mode in ("constant", "edge", "reflect")],
    *[Case("reshape_like", (WIDE, any_of(shape))) for shape in [(6, 4), (24,), (5, 5)]],
    *[Case("diag", (any_of(shape),), dict(k=k)) for shape in [(3,), (3, 4)] for k in (0, 1, -1)],
    *[Case(op, (any_of((1, 8, 4, 4)),), dict(block_size=2)) for op in ("depth_to_space", "space_to_depth")],
    *[Case("_slice_assign", (any_of((2, 4, 5)), any_of(shape)), attrs, 0) for attrs, shape in [
        (SLICES[0], (2, 2, 5)), (SLICES[1], (2, 2, 2)), (SLICES[2], (1, 4, 5)), (SLICES[4], (2, 4, 3)), (SLICES[0], (1, 2, 5)), (SLICES[0], (2, 2, 4))]],
    *rows("_slice_assign", any_of((2, 3)), any_of((2, 2)), dtypes=NUMBERS, begin="(None,0)", end="(None,2)", out=0),
    *rows("_crop_assign", any_of((2, 3)), any_of((2, 2)), begin="(0,0)", end="(2,2)"),
    *[case for attrs in SLICES[:6] for case in rows("_slice_assign_scalar", any_of((2, 4, 5)), dtypes=NUMBERS, out=0, scalar=2.7, **attrs)],
    *rows("_crop_assign_scalar", any_of((2, 3)), scalar=1, begin="(0,0)", end="(2,2)"),
    *[Case("Concat", (row_sparse((4, 3)), row_sparse((4, 3))), dict(dim=0, num_args=2))],
    *[Case("Reshape", (row_sparse((4, 3)),), dict(shape="(3,4)"))],
]
