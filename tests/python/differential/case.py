"""One row of the tables: an operator, its inputs, its parameters, and how near the results must be."""

import zlib
from dataclasses import dataclass, field

FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int32", "int64"]
NUMBERS = FLOATS + INTEGERS

EXACT = "exact"  # every bit
CLOSE = "close"  # a few units in the last place: libm's functions, sums in another order
SHAPE = "shape"  # random numbers: only dtype, shape and storage


@dataclass(frozen=True)
class Array:
    """An input, drawn anew for each case but the same in both libraries."""

    shape: tuple
    dtype: str = "float32"
    kind: str = "normal"  # normal, positive, unit, small, index, special, sorted, zeros, full_rows, full_positive
    stype: str = "default"
    scale: float = 1.0  # for `index`: the number of rows to point into

    def of(self, dtype):
        return Array(self.shape, dtype, self.kind, self.stype, self.scale)


@dataclass(frozen=True)
class Case:
    op: str
    inputs: tuple = ()
    attrs: dict = field(default_factory=dict)
    out: object = None  # None: the library makes it; an int or several: those inputs; an Array: a given one
    compare: str = EXACT
    numpy: bool = False  # called with numpy's shapes
    scratch: tuple = ()  # inputs that the original uses as scratch space: what is in them afterwards does not matter

    @property
    def name(self):
        inputs = ",".join(f"{a.dtype}{list(a.shape)}{'' if a.stype == 'default' else a.stype}{'' if a.kind == 'normal' else a.kind}"
                          for a in self.inputs)
        attrs = ",".join(f"{k}={v}" for k, v in self.attrs.items())
        out = "" if self.out is None else f"->{(self.out.dtype, self.out.stype, self.out.shape) if isinstance(self.out, Array) else self.out}"
        return f"{self.op}({inputs};{attrs}){out}".replace(" ", "")

    @property
    def seed(self):
        return zlib.crc32(self.name.encode())


def rows(op, *inputs, dtypes=None, out=None, compare=EXACT, **attrs):
    """A case per dtype: inputs that do not name another one take it. Without `dtypes` the inputs stay as they are."""
    if dtypes is None:
        return [Case(op, inputs, attrs, out, compare)]
    return [Case(op, tuple(a.of(dtype) if a.dtype == "float32" else a for a in inputs), attrs,
                 out.of(dtype) if isinstance(out, Array) else out, compare) for dtype in dtypes]


def any_of(shape, **more):
    return Array(tuple(shape), **more)


def row_sparse(shape, **more):
    return Array(tuple(shape), stype="row_sparse", **more)


def csr(shape, **more):
    return Array(tuple(shape), stype="csr", **more)
