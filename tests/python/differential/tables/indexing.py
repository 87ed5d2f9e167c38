"""Picking elements by index, and putting them in order."""

from case import FLOATS, NUMBERS, Case, any_of, rows, row_sparse

DATA = any_of((5, 3, 2))
KINDS = ["float32", "int32", "int64", "uint8"]


def points(shape, upto, dtype="int32"):
    return any_of(shape, dtype=dtype, kind="index", scale=upto)


CASES = [
    *[Case("take", (DATA, points((4,), 5, dtype)), dict(axis=0)) for dtype in KINDS],
    *[Case("take", (DATA, points((2, 3), 2)), dict(axis=axis)) for axis in (0, 1, 2, -1)],
    *[Case("take", (DATA, points((6,), 9)), dict(axis=0, mode=mode)) for mode in ("clip", "wrap", "raise")],
    *[Case("take", (DATA, any_of((6,), dtype="int32", kind="small", scale=2)), dict(axis=0, mode=mode)) for mode in ("clip", "wrap")],
    *[Case("take", (any_of((5, 3), dtype=dtype), points((4,), 5))) for dtype in NUMBERS],
    *[Case("take", (row_sparse((6, 3)), points((4,), 6)))],
    *[Case("one_hot", (points((3, 2), 6),), dict(depth=4, dtype=dtype)) for dtype in NUMBERS],
    *[Case("one_hot", (points((4,), 3, dtype),), dict(depth=3, on_value=7.5, off_value=-1)) for dtype in KINDS],
    *[Case("pick", (any_of((4, 5)), points((4,), 5, dtype)), dict(axis=1)) for dtype in KINDS],
    *[Case("pick", (any_of((4, 5)), points(shape, 4)), attrs) for shape, attrs in [
        ((5,), dict(axis=0)), ((4, 1), dict(axis=1, keepdims=True)), ((4,), dict(axis=-1, keepdims=True))]],
    *[Case("pick", (any_of((4, 5)), points((4,), 9)), dict(axis=1, mode=mode)) for mode in ("clip", "wrap")],
    Case("batch_take", (any_of((4, 5)), points((4,), 5))),
    *[Case("gather_nd", (any_of((3, 3, 2), dtype=dtype), points((2, 4), 3, kind))) for dtype in NUMBERS for kind in ("int32", "int64")],
    *[Case("gather_nd", (any_of((3, 3, 3)), points(shape, 3, "int64"))) for shape in [(1, 5), (2, 2, 3), (3, 4), (4, 2)]],
    *[Case("_scatter_set_nd", (any_of((3, 4), dtype=dtype), any_of((2,), dtype=dtype), any_of((2, 2), dtype="int64", kind="zeros")),
           dict(shape="(3,4)"), 0) for dtype in NUMBERS],
    *[Case("fill_element_0index", (any_of((4, 5)), any_of((4,)), points((4,), 5, "float32")), {}, 0)],
    *[case for attrs in ({}, dict(axis=0), dict(is_ascend=False), dict(axis="None"))
      for op in ("sort", "argsort") for case in rows(op, any_of((4, 6)), dtypes=FLOATS, **attrs)],
    *rows("argsort", any_of((4, 6)), dtype="int32"),
    *[Case("topk", (any_of((4, 6)),), attrs) for attrs in (
        dict(k=2), dict(k=2, axis=0), dict(k=3, ret_typ="value"), dict(k=2, ret_typ="both"), dict(k=2, ret_typ="mask"),
        dict(k=3, is_ascend=True), dict(k=1, axis=-1, dtype="int32"), dict(k=2, axis="None"))],
]
