"""Numbers differ between the libraries; dtype, shape and storage do not. What the numbers look like: test_settings.py."""

from case import SHAPE, Case, any_of, rows

SIZES = ["(2,3)", "(5,)", "4"]

CASES = [
    *[Case(op, attrs=dict(shape=shape, dtype=dtype), compare=SHAPE) for op in ("_random_uniform", "_random_normal")
      for shape in SIZES for dtype in ("None", "float16", "float32", "float64", "int32")],
    *[Case("_random_randint", attrs=dict(low=0, high=9, shape="(3,)", dtype=dtype), compare=SHAPE) for dtype in ("None", "int32", "int64", "float32")],
    *[Case(op, out=any_of((3, 2)), compare=SHAPE) for op in ("_random_uniform", "_random_normal")],
    *[Case("_random_normal", attrs=dict(shape="(2,)", scale=scale), compare=SHAPE) for scale in (0, -1)],
    *[Case("_random_" + name, attrs=dict(shape="(2,3)", **attrs), compare=SHAPE) for name, attrs in [
        ("gamma", dict(alpha=2, beta=1)), ("exponential", dict(lam=2)), ("poisson", dict(lam=4)),
        ("negative_binomial", dict(k=3, p=0.4)), ("generalized_negative_binomial", dict(mu=2, alpha=0.3))]],
    *rows("_shuffle", any_of((6, 2)), compare=SHAPE),
]
