"""Making, copying, casting."""

from case import CLOSE, FLOATS, INTEGERS, NUMBERS, Case, any_of, rows, row_sparse

DTYPES = [*NUMBERS, "bool", "bfloat16"]
SHAPES = ["(2,3)", "(2, 3,)", "[2, 3]", "2", "(2L, 3L)", " ( 2 , 3 ) ", "(1,1,1,4)"]

CASES = [
    *[Case(op, attrs=dict(shape="(2,3)", dtype=dtype)) for op in ("_zeros", "_ones") for dtype in DTYPES],
    *[Case("_ones", attrs=dict(shape=shape)) for shape in SHAPES],
    *[Case("_zeros", attrs=dict(shape=shape)) for shape in ("()", "None", "(2 3)", "(2,x)", "")],
    *[Case("_zeros", attrs=dict(shape="(2,)", ctx=ctx)) for ctx in ("cpu(0)", "cpu(3)", "cpu_pinned(0)", "cpu_shared(0)", "cpx(0)", "gpu(0)")],
    *[Case("_full", attrs=dict(shape="(3,)", dtype=dtype, value=value)) for dtype in [*NUMBERS, "bool"]
      for value in ("1.7", "-1", "0", "100.99", "1e-05")],
    *rows("_full", out=any_of((2, 2)), dtypes=NUMBERS, shape="(2,2)", value=3),
    *[Case("_arange", attrs=attrs) for attrs in (
        dict(start=5), dict(start=0, stop=5), dict(start=2, stop=11, step=3), dict(start=0, stop=1, step=0.1),
        dict(start=5, stop=2, step=-1), dict(start=0, stop=3, repeat=3), dict(start=5, stop=2, step=1),
        dict(start=1, stop="None", step=2), dict(start=0, stop=7, dtype="int32"), dict(start=0.5, stop=4, dtype="float64"),
        dict(start=0, stop=5, dtype="float16"), dict(start=0, stop=5, dtype="uint8"), dict(start=-3, stop=3, dtype="int8"))],
    *[Case("_linspace", attrs=attrs) for attrs in (
        dict(start=0, stop=1, num=5, step="None"), dict(start=0, stop=1, num=7, endpoint=False), dict(start=3, stop=-3, num=4),
        dict(start=2, stop=9, num=1), dict(start=0, stop=10, num=4, dtype="float64"), dict(start=0, stop=10, num=4, dtype="int32"))],
    *[Case("_eye", attrs=attrs) for attrs in (
        dict(N=3), dict(N=3, M=4, k=1), dict(N=4, M=3, k=-2), dict(N=2, dtype="int32"), dict(N=2, M=5, k=9))],
    *[case for op in ("zeros_like", "ones_like", "_copy", "identity") for case in rows(op, any_of((2, 3)), dtypes=NUMBERS)],
    *[case for op in ("zeros_like", "ones_like", "_copy") for case in rows(op, row_sparse((6, 2)), dtypes=["float32", "float64"])],
    *[Case("_set_value", attrs=dict(src=src), out=any_of((2, 3), dtype=dtype)) for dtype in NUMBERS for src in ("2.5", "-1", "1.0E-4")],
    Case("_set_value", attrs=dict(src="4"), out=row_sparse((5, 2))),
    *[Case("_copyto", (any_of((3, 2), dtype=a),), {}, any_of((3, 2), dtype=b)) for a in FLOATS + ["uint8", "int64"] for b in NUMBERS],
    Case("_copyto", (any_of((3, 2)),), {}, row_sparse((3, 2))),
    Case("_copyto", (row_sparse((6, 2)),), {}, any_of((6, 2))),
    Case("_copyto", (row_sparse((6, 2)),), {}, row_sparse((6, 2))),
    Case("_copyto", (any_of((3, 2)),), {}, any_of((2, 2))),
    Case("_copyto", (any_of((3, 2)),)),
    *[Case("Cast", (any_of((4, 5), dtype=a, kind="small", scale=7),), dict(dtype=b)) for a in [*NUMBERS, "bool"] for b in DTYPES],
    *[Case("Cast", (any_of((13,), dtype=a, kind="special"),), dict(dtype=b)) for a in FLOATS for b in [*FLOATS, "bool", "bfloat16"]],
    *[Case("Cast", (any_of((40,), dtype="bfloat16"),), dict(dtype=b)) for b in FLOATS + ["int32"]],
    *[Case("Cast", (any_of((50,), dtype=a, scale=300),), dict(dtype=b)) for a in FLOATS for b in INTEGERS],
    Case("Cast", (any_of((2,)),), dict(dtype="complex64")),
    *[Case("amp_cast", (any_of((3, 3), dtype=a),), dict(dtype=b)) for a in ("float16", "float32", "int32") for b in ("float16", "float32")],
    *[Case("_onehot_encode", (any_of((4,), kind="index", scale=3), any_of((4, 3))), {}, 1)],
    *[Case("_random_uniform", attrs=dict(shape="(2,3)", dtype=dtype), compare="shape") for dtype in (*FLOATS, "None")],
    *rows("_histogram", any_of((30,)), bin_cnt=5, range="(-2.0,2.0)", compare=CLOSE),
]
