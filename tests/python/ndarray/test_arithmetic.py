"""Operators of Python on arrays; exact against numpy in the element type."""

import operator

from support import *

BINARY = [operator.add, operator.sub, operator.mul]
COMPARE = [operator.eq, operator.ne, operator.gt, operator.ge, operator.lt, operator.le]


def pair(rng, dtype, shape=(4, 5)):
    return [(rng.standard_normal(shape) * 20).astype(dtype) for _ in range(2)]


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("function", BINARY, ids=lambda f: f.__name__)
def test_two_arrays(rng, function, dtype):
    a, b = pair(rng, dtype)
    same_bits(function(mx.nd.array(a, dtype=dtype), mx.nd.array(b, dtype=dtype)), function(a, b))


@pytest.mark.parametrize("dtype", FLOATS)
def test_division(rng, dtype):
    a, b = pair(rng, dtype)
    same_bits(mx.nd.array(a, dtype=dtype) / mx.nd.array(b, dtype=dtype), a / b)
    scalar = np.dtype(dtype).type(3)
    same_bits(mx.nd.array(a, dtype=dtype) / 3, a / scalar)
    same_bits(3 / mx.nd.array(b, dtype=dtype), scalar / b)


@pytest.mark.parametrize("dtype", ["int32", "int64", "int8"])
def test_integer_division_truncates_towards_zero(dtype):
    got = mx.nd.array([5, -5, 6], dtype=dtype) / mx.nd.array([2, 2, 3], dtype=dtype)
    assert got.dtype == np.dtype(dtype) and got.asnumpy().tolist() == [2, -2, 2]


@pytest.mark.ours("the original dies of SIGFPE")
def test_integer_division_by_zero_does_not_kill():
    try:
        (mx.nd.array([1], dtype="int32") / mx.nd.array([0], dtype="int32")).asnumpy()
    except MXNetError as error:
        assert "zero" in str(error)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("function", COMPARE, ids=lambda f: f.__name__)
def test_comparison_has_the_operands_dtype(rng, function, dtype):
    a, b = pair(rng, dtype, (30,))
    b[::3] = a[::3]
    same_bits(function(mx.nd.array(a, dtype=dtype), mx.nd.array(b, dtype=dtype)), function(a, b).astype(dtype))
    same_bits(function(mx.nd.array(a, dtype=dtype), 2), function(a, np.dtype(dtype).type(2)).astype(dtype))


@pytest.mark.parametrize("dtype", FLOATS)
def test_scalars(rng, dtype):
    a, number = pair(rng, dtype)[0], np.dtype(dtype).type
    x = mx.nd.array(a, dtype=dtype)
    for got, want in [(x + 1.5, a + number(1.5)), (1.5 - x, number(1.5) - a), (x * 0.1, a * number(0.1)), (-x, -a),
                      (x - 0.3, a - number(0.3))]:
        same_bits(got, want)


def test_a_scalar_becomes_the_arrays_type_first():
    assert (mx.nd.array([1], dtype="int32") + 1.5).asnumpy().tolist() == [2]


def test_modulo_has_the_divisors_sign():
    x = mx.nd.array([5, -5, 5.5, -5.5, 7])
    np.testing.assert_array_equal((x % 3).asnumpy(), np.array([5, -5, 5.5, -5.5, 7], "float32") % np.float32(3))
    np.testing.assert_array_equal((x % -3).asnumpy(), np.array([5, -5, 5.5, -5.5, 7], "float32") % np.float32(-3))
    assert (x % 0).asnumpy().tolist() == [0] * 5


def test_power():
    x = mx.nd.array([1, 2, 3])
    np.testing.assert_allclose((x ** 2).asnumpy(), [1, 4, 9], rtol=1e-6)
    np.testing.assert_allclose((2 ** x).asnumpy(), [2, 4, 8], rtol=1e-6)
    np.testing.assert_allclose((x ** mx.nd.array([3, 2, 1])).asnumpy(), [1, 4, 3], rtol=1e-6)


@pytest.mark.parametrize("left, right", [((2, 3), (3,)), ((2, 1, 3), (4, 1)), ((1,), (5, 2)), ((3, 1), (1, 4))])
def test_broadcasting(rng, left, right):
    a, b = rng.standard_normal(left).astype("float32"), rng.standard_normal(right).astype("float32")
    if len(left) == len(right):
        same_bits(mx.nd.array(a) + mx.nd.array(b), a + b)
        same_bits(mx.nd.broadcast_mul(mx.nd.array(a), mx.nd.array(b)), a * b)
    same_bits(mx.nd.array(a) - mx.nd.array(b), a - b)


def test_shapes_that_do_not_fit():
    with fails("2", "3", "4"):
        (mx.nd.ones((2, 3)) + mx.nd.ones((4, 3))).asnumpy()


def test_dtypes_must_be_equal():
    with fails("float32", "int32"):
        (mx.nd.ones(3) + mx.nd.ones(3, dtype="int32")).asnumpy()


def test_in_place_forms_keep_the_array():
    a = mx.nd.array([1, 2, 3])
    alias = a.detach()
    a += mx.nd.array([1, 1, 1])
    a *= 2
    a -= 1
    a /= 3
    want = np.array([3, 5, 7], "float32") / np.float32(3)
    same_bits(a, want)
    same_bits(alias, want)


def test_out_may_be_an_input():
    a = mx.nd.array([1.0, -2.0])
    assert mx.nd.square(a, out=a) is a and a.asnumpy().tolist() == [1, 4]


@pytest.mark.parametrize("dtype", FLOATS)
def test_reductions(rng, dtype):
    values = rng.integers(-8, 8, (3, 4, 2)).astype(dtype)
    x = mx.nd.array(values, dtype=dtype)
    same_bits(x.sum(), values.sum(dtype=dtype).reshape(1))
    same_bits(x.sum(axis=1), values.sum(axis=1, dtype=dtype))
    same_bits(x.sum(axis=(0, 2), keepdims=True), values.sum(axis=(0, 2), keepdims=True, dtype=dtype))
    same_bits(mx.nd.sum(x, axis=1, exclude=True), values.sum(axis=(0, 2), dtype=dtype))
    same_bits(x.max(axis=-1), values.max(axis=-1))
    same_bits(x.min(), values.min().reshape(1))
    np.testing.assert_allclose(x.norm().asnumpy(), [np.linalg.norm(values.astype("float64"))], rtol=1e-3)


def test_sums_stay_in_the_element_type():
    assert mx.nd.full((3,), 100, dtype="int8").sum().asscalar() == 44
    assert np.isinf(mx.nd.ones((70000,), dtype="float16").sum().asscalar())
    assert mx.nd.array([1, 2], dtype="int32").mean().asscalar() == 1


def test_dot(rng):
    a, b = rng.standard_normal((3, 4)).astype("float32"), rng.standard_normal((4, 5)).astype("float32")
    np.testing.assert_allclose(mx.nd.dot(mx.nd.array(a), mx.nd.array(b)).asnumpy(), a @ b, rtol=1e-5)
    np.testing.assert_allclose(mx.nd.dot(mx.nd.array(a), mx.nd.array(b.T), transpose_b=True).asnumpy(), a @ b, rtol=1e-5)
    assert mx.nd.dot(mx.nd.array([1, 2]), mx.nd.array([3, 4])).shape == (1,)
