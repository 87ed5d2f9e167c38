"""Operators of mxnet.numpy, with numpy's shapes: scalars without dimensions, results of several element types."""

from case import CLOSE, FLOATS, INTEGERS, NUMBERS, SHAPE, Case, any_of

UNARY = ["absolute", "sign", "negative", "square", "reciprocal", "ceil", "floor", "trunc", "fix", "rint"]
LIBM = ["sqrt", "cbrt", "exp", "log", "log10", "log2", "log1p", "expm1", "sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh",
        "degrees", "radians"]
COMPARE = ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"]
ARITHMETIC = ["add", "subtract", "multiply"]
SHAPES = [((2, 3), (2, 3)), ((2, 3), ()), ((), (4,)), ((), ()), ((4, 1, 3), (5, 3)), ((0, 3), (1, 3))]
MIXED = [("float32", "float16"), ("float32", "float64"), ("float64", "float16"), ("int32", "float32"), ("float64", "int8"), ("float16", "int64"),
         ("int32", "int64"), ("int8", "int32"), ("uint8", "int64"), ("bool", "int32"), ("bool", "float32")]
AXES = [{}, {"axis": "()"}, {"axis": "(0)"}, {"axis": "(0, 2)"}, {"axis": "(-1)", "keepdims": "True"}, {"keepdims": "True"}]


def rows(op, *inputs, dtypes=None, out=None, compare="exact", **attrs):
    types = [None] if dtypes is None else dtypes
    return [Case(op, tuple(a.of(dtype) if dtype and a.dtype == "float32" else a for a in inputs), attrs, out, compare, numpy=True)
            for dtype in types]


def pair(op, left, right, **more):
    return rows(op, any_of(left[0], dtype=left[1], kind="positive"), any_of(right[0], dtype=right[1], kind="positive"), **more)


ELEMENTWISE = [
    *[case for op in UNARY for shape in ((3, 4), ()) for case in rows(f"_npi_{op}", any_of(shape, kind="positive"), dtypes=NUMBERS)],
    *[case for op in LIBM for case in rows(f"_npi_{op}", any_of((3, 4), kind="positive"), dtypes=NUMBERS, compare=CLOSE)],
    *[case for op in ("arcsin", "arccos", "arctanh") for case in rows(f"_npi_{op}", any_of((3, 4), kind="unit"), dtypes=FLOATS, compare=CLOSE)],
    *[case for op in ("absolute", "sign", "floor", "isnan", "logical_not", "square")
      for case in rows(f"_npi_{op}", any_of((13,), kind="special"), dtypes=FLOATS)],
    *[case for op in ("isnan", "logical_not") for dtype in (*NUMBERS, "bool")
      for case in rows(f"_npi_{op}", any_of((2, 9), dtype=dtype, kind="small"))],
    *[case for op in ARITHMETIC for left, right in SHAPES for case in rows(f"_npi_{op}", any_of(left), any_of(right), dtypes=NUMBERS)],
    *[case for left, right in SHAPES for case in rows("_npi_true_divide", any_of(left), any_of(right, kind="positive"), dtypes=NUMBERS)],
    *[case for op in ("mod", "power") for left, right in SHAPES
      for case in rows(f"_npi_{op}", any_of(left, kind="positive"), any_of(right, kind="positive"), dtypes=FLOATS, compare=CLOSE)],
    *[case for op in (*ARITHMETIC, "mod", "true_divide") for one, two in MIXED for shape in ((2, 3), (3,))
      for case in pair(f"_npi_{op}", ((2, 3), one), (shape, two)) + pair(f"_npi_{op}", ((2, 3), two), (shape, one))],
    *[case for one, two in MIXED[:6] for case in pair("_npi_power", ((2, 3), one), ((3,), two), compare=CLOSE)],
    *[case for dtype in FLOATS for case in rows("_npi_arctan2", any_of((3, 4), dtype=dtype), any_of((4,), dtype=dtype), compare=CLOSE)],
    *rows("_npi_arctan2", any_of((3,), dtype="int32"), any_of((3,), dtype="int32")),
    *[case for op in ("add", "subtract", "rsubtract", "multiply") for scalar in ("1.5", "-3", "0", "1.0E-6") for integer in ("True", "False")
      for case in rows(f"_npi_{op}_scalar", any_of((4, 5)), dtypes=NUMBERS, scalar=scalar, is_int=integer)],
    *[case for op in ("add", "multiply", "mod", "power") for integer in ("True", "False")
      for case in rows(f"_npi_{op}_scalar", any_of((5,), dtype="bool"), scalar="2", is_int=integer)],
    *[case for op in ("true_divide", "rtrue_divide") for scalar in ("2", "1.5", "-7")
      for case in rows(f"_npi_{op}_scalar", any_of((4, 5), kind="positive"), dtypes=NUMBERS, scalar=scalar)],
    *[case for op in ("mod", "rmod") for scalar in ("7", "2.5")
      for case in rows(f"_npi_{op}_scalar", any_of((4, 5), kind="positive"), dtypes=NUMBERS, scalar=scalar)],
    *[case for op in ("power", "rpower") for case in rows(f"_npi_{op}_scalar", any_of((4, 5), kind="positive"), dtypes=FLOATS, scalar="2",
                                                         compare=CLOSE)],
    *rows("_npi_add_scalar", any_of(()), dtypes=NUMBERS, scalar="1"),
    *[case for op in COMPARE for left, right in SHAPES
      for case in rows(f"_npi_{op}", any_of(left, kind="small"), any_of(right, kind="small"), dtypes=NUMBERS)],
    *[case for op in COMPARE for case in rows(f"_npi_{op}", any_of((9,), dtype="bool"), any_of((9,), dtype="bool"))],
    *rows("_npi_equal", any_of((9,)), any_of((9,), dtype="int32")),
    *[case for op in COMPARE for scalar in ("0", "1.0", "2.5") for integer in ("True", "False")
      for case in rows(f"_npi_{op}_scalar", any_of((30,), kind="small"), dtypes=(*NUMBERS, "bool"), scalar=scalar, is_int=integer)],
    *[case for op in COMPARE for case in rows(f"_npi_{op}_scalar", any_of((13,), kind="special"), dtypes=FLOATS, scalar="0")],
    *[case for op in (*ARITHMETIC, "true_divide") for out in (0, 1) for case in rows(f"_npi_{op}", any_of((3, 4)), any_of((3, 4)), out=out)],
    *rows("_npi_add_scalar", any_of((3, 4)), out=0, scalar="0.5"),
    *rows("_npi_negative", any_of((3, 4)), out=0),
    *[case for op in ("maximum", "minimum") for left, right in SHAPES for case in rows(f"_npi_{op}", any_of(left), any_of(right), dtypes=NUMBERS)],
]

REDUCTIONS = [
    *[case for op in ("_np_sum", "_np_max", "_np_min", "_npi_mean") for attrs in AXES
      for case in rows(op, any_of((3, 4, 5)), dtypes=NUMBERS, compare=CLOSE, **attrs)],
    *[case for attrs in AXES for case in rows("_np_prod", any_of((3, 4, 2), kind="unit"), dtypes=FLOATS, compare=CLOSE, **attrs)],
    *[case for attrs in AXES for case in rows("_np_prod", any_of((3, 4, 2), kind="small"), dtypes=INTEGERS, **attrs)],
    *[case for op in ("_np_sum", "_np_prod", "_npi_mean") for dtype in ("float64", "float32", "int64", "int32", "float16")
      for case in rows(op, any_of((3, 4), kind="small"), dtypes=NUMBERS, compare=CLOSE, dtype=dtype, axis="(1)")],
    *[case for op in ("_np_sum", "_npi_mean") for case in rows(op, any_of((3, 4), dtype="bool"), axis="(0)")],
    *[case for op in ("_np_sum", "_np_max", "_np_prod", "_npi_mean") 
      for shape, attrs in [((), {}), ((1,), {}), ((1,), {"axis": "(0)"}), ((0,), {}), ((0, 3), {}), ((0, 3), {"axis": "(0)"}), ((3, 0), {})]
      for case in rows(op, any_of(shape), **attrs)],
    *[case for op in ("_np_sum", "_np_max") for axis in ("(3)", "(-4)", "(0, 0)") for case in rows(op, any_of((3, 4, 5)), axis=axis)],
    *rows("_np_sum", any_of((3,)), initial="1"),
    *[case for op in ("_np_max", "_np_min") for case in rows(op, any_of((13,), kind="special"), dtypes=FLOATS)],
    *[case for op in ("_npi_argmax", "_npi_argmin") for attrs in ({}, {"axis": 1}, {"axis": -1}, {"axis": 0, "keepdims": "True"}, {"axis": 5})
      for case in rows(op, any_of((4, 6), kind="small"), dtypes=NUMBERS, **attrs)],
    *[case for op in ("_npi_argmax", "_npi_argmin") for shape in ((), (0,), (1,), (3, 0)) for case in rows(op, any_of(shape))],
    *[case for op in ("_npi_argmax", "_npi_argmin") for case in rows(op, any_of((13,), kind="special"), dtypes=FLOATS)],
    *[case for attrs in ({}, {"axis": 0}, {"axis": 1}, {"axis": 2}) for case in rows("_np_cumsum", any_of((2, 3, 4)), dtypes=NUMBERS, **attrs)],
    *[case for dtype in ("float64", "int64", "float16")
      for case in rows("_np_cumsum", any_of((2, 3), kind="small"), dtypes=NUMBERS, dtype=dtype, axis=1)],
    *[case for shape in ((), (0,), (3, 0)) for case in rows("_np_cumsum", any_of(shape))],
    *rows("_np_cumsum", any_of((3, 3)), axis=2),
    *[case for attrs in ({}, {"offset": 1}, {"offset": -2}, {"offset": 9}, {"axis1": 2, "axis2": 0}, {"axis1": -1, "axis2": 1}, {"axis1": 1})
      for case in rows("_np_trace", any_of((4, 3, 5)), dtypes=NUMBERS, **attrs)],
    *rows("_np_trace", any_of((4,))),
    *[case for shape in ((3, 4), (5,), (2, 3, 4), ()) for keep in ("False", "True")
      for case in rows("_npi_norm", any_of(shape), dtypes=FLOATS, compare=CLOSE, flag=-2, keepdims=keep)],
    *[case for order in ("1", "2", "3", "0", "-1") for keep in ("False", "True")
      for case in rows("_npi_norm", any_of((3, 4), kind="positive"), dtypes=["float32", "float64"], compare=CLOSE, ord=order, axis="(1)",
                       keepdims=keep)],
    *rows("_npi_norm", any_of((2, 3, 4)), dtypes=["float32", "float64"], compare=CLOSE, flag=1, axis="(1, 2)"),
]

PLACES = [
    *[case for shape, new in [((2, 3), "(3, 2)"), ((2, 3), "(-1)"), ((2, 3), "(1, -1, 2)"), ((6,), "(2, 3)"), ((1,), "()"), ((), "(1, 1)"),
                              ((0, 2), "(0, 5)"), ((2, 3), "(4, 2)"), ((2, 3), "(-1, -1)"), ((2, 3), "(0, -1)"), ((2, 3), "(-2, 3)"), ((0,), "(-1, 2)")]
      for case in rows("_np_reshape", any_of(shape), newshape=new)],
    *[case for shape, axis in [((1, 2, 1), None), ((1, 2, 1), "(0)"), ((1, 2, 1), "(0, 2)"), ((1, 2, 1), "(1)"), ((1, 1), None), ((), None),
                               ((1, 2, 1), "(-1)")]
      for case in rows("_np_squeeze", any_of(shape), **({} if axis is None else {"axis": axis}))],
    *[case for shape, axes in [((2, 3, 4), None), ((2, 3, 4), "(1, 0, 2)"), ((2, 3), "(-1, 0)"), ((), None), ((0, 2), None)]
      for case in rows("_np_transpose", any_of(shape), dtypes=NUMBERS, **({} if axes is None else {"axes": axes}))],
    *[case for shape, new in [((3,), "(2, 3)"), ((1, 3), "(4, 2, 3)"), ((), "(2, 2)"), ((2, 1), "(-2, 5)"), ((2,), "(3,)"), ((2, 3), "(3,)"), ((1,), "(0,)")]
      for case in rows("_npi_broadcast_to", any_of(shape), shape=new)],
    *[case for axis in ("(0)", "(1, 2)", "(3)") for case in rows("_npi_flip", any_of((2, 3, 4)), dtypes=NUMBERS, axis=axis)],
    *[case for k in range(-1, 5) for axes in ("(0, 1)", "(2, 0)", "(-1, 1)") for case in rows("_npi_rot90", any_of((2, 3, 4)), k=k, axes=axes)],
    *rows("_npi_rot90", any_of((2, 3)), k=1, axes="(1, 1)"),
    *rows("_npi_rot90", any_of((2, 3)), k=1, axes="(1,)"),
    *[case for axis in ("0", "1", "-1", "None", "2") for case in rows("_npi_concatenate", any_of((2, 3)), any_of((2, 3)), num_args=2, axis=axis)],
    *rows("_npi_concatenate", any_of((2, 3)), any_of((4, 3)), any_of((0, 3)), dtypes=NUMBERS, num_args=3),
    *rows("_npi_concatenate", any_of((2, 3)), any_of((2, 4)), num_args=2),
    *rows("_npi_concatenate", any_of((2, 3)), any_of((2, 3), dtype="int32"), num_args=2),
    *rows("_npi_concatenate", any_of(()), any_of(()), num_args=2),
    *[case for axis in (0, 1, -1, 3) for case in rows("_npi_stack", any_of((2, 3)), any_of((2, 3)), dtypes=NUMBERS, num_args=2, axis=axis)],
    *rows("_npi_stack", any_of(()), any_of(()), num_args=2),
    *rows("_np_repeat", any_of((2, 3)), repeats=2, axis=0),
    *rows("_npi_slice", any_of((4, 5)), begin="(1, 0)", end="(3, 5)", step="(1, 2)"),
    *rows("_npi_slice_assign", any_of((3, 4)), any_of((1, 2)), begin="(1, 1)", end="(2, 3)", step="(1, 1)", out=0),
    *rows("_npi_slice_assign_scalar", any_of((3, 4)), begin="(1, 1)", end="(2, 3)", step="(1, 1)", scalar="7", out=0),
    *rows("_npi_split", any_of((4, 3)), indices="(0, 2, 3)", axis=0, squeeze_axis="False"),
    *rows("_npi_swapaxes", any_of((2, 3)), dim1=0, dim2=1),
    *rows("_npi_tile", any_of((2, 3)), reps="(2)"),
    *rows("_npi_expand_dims", any_of(()), axis=0),
    *rows("_npi_boolean_mask", any_of((9, 2)), any_of((9,), dtype="bool"), axis=0),
    *rows("_npi_sort", any_of((3, 4)), axis=1),
    *rows("_npi_argsort", any_of((3, 4)), axis=1, is_ascend="True", dtype="int64"),
    *[case for shape in ((3, 4), (0, 3), (2, 2, 3), (5,)) for case in rows("_npx_nonzero", any_of(shape, kind="small"), dtypes=(*NUMBERS, "bool"))],
    *rows("_npx_nonzero", any_of((), kind="positive")),
    *rows("_npx_nonzero", any_of((), kind="zeros")),
]

MATRICES = [
    *[case for left, right in [((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((), (2, 3)), ((2, 3), ()), ((2, 3), (5, 3, 4)), ((2, 4, 3), (3, 2)),
                               ((2, 3), (2, 3)), ((0, 3), (3, 2)), ((3,), (3, 2))]
      for case in rows("_np_dot", any_of(left), any_of(right), dtypes=["float32", "float64"], compare=CLOSE)],
    *[case for left, right in [((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((5, 2, 3), (3, 4)),
                               ((5, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((2, 3), (2, 3)), ((), (2, 3)), ((5, 2, 3), (4, 3, 2))]
      for case in rows("_npi_matmul", any_of(left), any_of(right), dtypes=["float32", "float64"], compare=CLOSE)],
    *rows("_npx_batch_dot", any_of((2, 3, 4)), any_of((2, 4, 5)), compare=CLOSE),
    *[case for flat in ("True", "False")
      for case in rows("_npx_fully_connected", any_of((2, 3, 4)), any_of((5, 12 if flat == "True" else 4)), any_of((5,)), compare=CLOSE, num_hidden=5,
                       flatten=flat, no_bias="False")],
]

CREATION = [
    *[case for op in ("zeros", "ones") for shape in ("()", "(0, 2)", "(2, 3)") for dtype in ("float32", "int32", "bool", "float16")
      for case in rows(f"_npi_{op}", shape=shape, ctx="cpu(0)", dtype=dtype)],
    *rows("_npi_full", shape="(2)", value="0.25", dtype="float32", ctx="cpu(0)"),
    *rows("_npi_full", shape="()", value="3", dtype="int64", ctx="cpu(0)"),
    *[case for start, stop, step in [("0.0", "5.0", "1.0"), ("1.0", "4.0", "0.5"), ("3", "None", "1"), ("5", "0", "-2"), ("2", "2", "1"), ("0", "0", "1")]
      for dtype in ("float32", "int32", "int64", "float64") for case in rows("_npi_arange", start=start, stop=stop, step=step, dtype=dtype, ctx="cpu(0)")],
    *[case for attrs in ({"N": 2, "M": 2, "k": 0}, {"N": 3}, {"N": 3, "M": "None", "k": 1}, {"N": 2, "M": 4, "k": -1}, {"N": 2, "M": 0}, {"N": 0})
      for case in rows("_npi_eye", dtype="float32", ctx="cpu(0)", **attrs)],
    *rows("_npi_linspace", start="0.0", stop="1.0", num=5, endpoint="True", ctx="cpu(0)", compare=CLOSE),
    *[case for op, one, two in (("normal", "loc", "scale"), ("uniform", "low", "high")) for size in ("(3, 4)", "()", "None", "(0, 2)")
      for dtype in FLOATS for case in rows(f"_npi_{op}", compare=SHAPE, **{one: "0.0", two: "2.0"}, size=size, dtype=dtype, ctx="cpu(0)")],
    *[case for op, one, two in (("normal", "loc", "scale"), ("uniform", "low", "high"))
      for case in rows(f"_npi_{op}", any_of((3,), kind="positive"), compare=SHAPE, **{one: "None", two: "2.0"}, size="(2, 3)", ctx="cpu(0)")
      + rows(f"_npi_{op}", any_of((3, 1), kind="positive"), any_of((4,), kind="positive"), compare=SHAPE, **{one: "None", two: "None"}, ctx="cpu(0)")],
    *rows("_npi_multinomial", compare=SHAPE, n=20, pvals="(0.2, 0.3, 0.5)", size="(2, 4)"),
    *rows("_npi_multinomial", compare=SHAPE, n=20, pvals="(0.2, 0.8)"),
    *rows("_npi_multinomial", compare=SHAPE, n=20, pvals="(0.7, 0.8)"),
    *rows("_npi_multinomial", any_of((3,), kind="zeros"), compare=SHAPE, n=5, size="(2,)"),
    *rows("_npi_multinomial", any_of((3, 2), kind="zeros"), compare=SHAPE, n=5),
    *rows("_npi_random_randint", compare=SHAPE, low=3, high=7, shape="(100)", ctx="cpu(0)", dtype="int32"),
    *rows("_npi_shuffle", any_of((5, 2)), compare=SHAPE),
    *rows("_npi_copyto", any_of((2, 3)), out=any_of((2, 3))),
]

LAYERS = [
    *[case for axis in (-1, 1, 0) for show in ("False", "True")
      for case in rows("LayerNorm", any_of((4, 4, 4)), any_of((4,)), any_of((4,)), dtypes=["float32", "float64"], compare=CLOSE, axis=axis,
                       output_mean_var=show, eps="1e-5")],
    *rows("LayerNorm", any_of((2, 3)), any_of((2,)), any_of((3,))),
    *[case for kind in ("leaky", "elu", "selu")
      for case in rows("LeakyReLU", any_of((3, 4)), dtypes=["float32", "float64"], compare=CLOSE, act_type=kind, slope="0.1")],
    *rows("LeakyReLU", any_of((3, 4)), compare=SHAPE, act_type="rrelu"),
    *rows("LeakyReLU", any_of((3, 4)), compare=CLOSE, act_type="gelu"),
    *[case for gamma in ((1,), (4,)) for case in rows("LeakyReLU", any_of((3, 4)), any_of(gamma), compare=CLOSE, act_type="prelu")],
    *rows("Dropout", any_of((3, 4)), p="0.3"),
    *rows("Dropout", any_of((3, 4)), p="0.3", mode="always", compare=SHAPE),
    *rows("Dropout", any_of((3, 4)), p="0.3", mode="always", axes="(1,)", compare=SHAPE),
    *[case for axis in (0, 1) for dtype in ("float32", "int32")
      for case in rows("SequenceMask", any_of((3, 3, 2)), any_of((3,), dtype=dtype, kind="index", scale=4), axis=axis, use_sequence_length="True",
                       value="-1")],
    *rows("SequenceMask", any_of((3, 3, 2)), value="5"),
    *rows("_npx_activation", any_of((3, 4)), act_type="relu"),
    *[case for op in ("softmax", "log_softmax") for case in rows(f"_npx_{op}", any_of((3, 4)), compare=CLOSE, axis=-1)],
    *rows("_npx_one_hot", any_of((4,), kind="index", scale=3), depth=3, on_value="1.0", off_value="0.0", dtype="float32"),
    *rows("_npx_embedding", any_of((4,), kind="index", scale=3), any_of((3, 2)), input_dim=3, output_dim=2),
]

CASES = [*ELEMENTWISE, *REDUCTIONS, *PLACES, *MATRICES, *CREATION, *LAYERS]
