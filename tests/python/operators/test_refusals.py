"""Calls that are refused before anything changes, and borderline ones that are not."""

import pytest
from support import MXNetError, fails, invoke, mx, np, row_sparse

nd = mx.nd


@pytest.fixture
def numpy_shapes():
    before = mx.util.set_np_shape(True)
    yield
    mx.util.set_np_shape(before)


@pytest.mark.parametrize("index,new,words", [
    (nd.array([0, 1]), nd.ones((2, 2), dtype="float64"), ["float64"]),
    (nd.array([0, 1]), nd.ones((2, 3)), ["new_tensor"]),
    (nd.array([0, 1]), nd.ones((1, 2)), ["new_tensor"]),
    (nd.array([0, 1]), nd.ones((3, 2)), ["new_tensor"]),
    (nd.array([[0, 1]]), nd.ones((2, 2)), ["index_vector"]),
])
def test_index_copy_wants_a_row_for_each_index(index, new, words):
    with fails(*words):
        nd.contrib.index_copy(nd.ones((4, 2)), index, new).wait_to_read()


def test_histogram_edges_are_those_of_the_data():
    data = np.array([0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1])
    expected = {"float32": [1] * 9 + [2], "float16": [1] * 9 + [2], "float64": [1, 1, 1, 1, 1, 1, 2, 0, 2, 1]}
    for dtype, counts in expected.items():
        assert nd.histogram(nd.array(data).astype(dtype), bins=10, range=(0, 1))[0].asnumpy().tolist() == counts
    counts, edges = nd.histogram(nd.array([1, 2]), bins=2, range=(1, 1))
    assert (counts.asnumpy().tolist(), edges.asnumpy().tolist()) == ([0, 1], [0.5, 1, 1.5])


@pytest.mark.parametrize("text", ["(1,abc,3)", "((([1,3", "(1,3,4)", "(1,3", "(1 3)", "(3,1)", "None", "(True,3)"])
def test_histogram_ranges(text):
    with fails("range"):
        invoke("_histogram", nd.array([1, 2]), bin_cnt=2, range=text)[0].wait_to_read()


def test_histogram_bins_are_a_vector_of_the_data_s_type():
    with fails("bins"):
        invoke("_histogram", nd.array([1, 2]), nd.array([[1, 2], [3, 4]]))
    with fails("float64"):
        invoke("_histogram", nd.array([1, 2]), nd.array([1, 2], dtype="float64"))[0].wait_to_read()


@pytest.mark.parametrize("op,parameters,expected", [
    ("_sample_normal", [[1, 2], [0, 0]], [1, 2]),
    ("_sample_gamma", [[0, 0], [1, 2]], [0, 0]),
    ("_sample_gamma", [[1, 2], [0, 0]], [0, 0]),
    ("_sample_exponential", [[0, 0]], [np.inf, np.inf]),
    ("_sample_poisson", [[-1, 0]], [0, 0]),
    ("_sample_negative_binomial", [[1, 2], [2, 2]], [0, 0]),
])
def test_samples_of_degenerate_distributions(op, parameters, expected):
    assert invoke(op, *(nd.array(p) for p in parameters)).asnumpy().tolist() == expected


def test_samples_are_float32_unless_said_otherwise():
    for dtype in ("float16", "float32", "float64"):
        one = nd.ones((2,), dtype=dtype)
        assert nd.sample_normal(one, one).dtype == np.float32
        assert nd.sample_normal(one, one, dtype="float64").dtype == np.float64


@pytest.mark.ours("the original crashes or never returns")
def test_infinite_shapes_end():
    assert nd.random.gamma(float("inf"), 1, shape=(2,)).asnumpy().tolist() == [np.inf, np.inf]
    inf, half = nd.array([np.inf]), nd.array([0.5])
    assert invoke("_sample_gamma", inf, half).asscalar() == np.inf
    assert invoke("_sample_negative_binomial", inf, half).asscalar() == np.inf
    assert invoke("_sample_poisson", inf).asscalar() == np.inf
    assert np.isnan(invoke("_sample_gamma", nd.array([-1e30]), half).asscalar())


def test_parameters_of_random_numbers():
    with fails("low must be less or equal to high"):
        nd.random.uniform(2, 1, shape=(2,)).wait_to_read()
    assert nd.random.uniform(1, 1, shape=(2,)).asnumpy().tolist() == [1, 1]
    assert nd.random.negative_binomial(k=2, p=2, shape=(2,)).asnumpy().tolist() == [0, 0]
    with fails("scale"):
        nd.random.normal(0, -1, shape=(2,)).wait_to_read()


def test_legacy_operators_keep_an_axis_under_numpy_shapes(numpy_shapes):
    matrix, vector, square = nd.ones((2, 3)), nd.ones((3,)), nd.ones((1, 1))
    for name in "sum nansum mean prod nanprod max min norm argmax argmin".split():
        assert getattr(nd, name)(matrix).shape == (1,), name
        assert getattr(nd, name)(vector, axis=0).shape == (1,), name
    assert nd.dot(vector, vector).shape == (1,)
    assert nd.squeeze(square).shape == nd.squeeze(square, axis=(0, 1)).shape == (1,)
    assert invoke("_np_squeeze", square).shape == invoke("_np_sum", square).shape == ()
    assert nd.sample_multinomial(nd.array([0.2, 0.8])).shape == (1,)
    assert nd.pick(vector, nd.array([1]), axis=0).shape == (1,)


def test_empty_arrays(numpy_shapes):
    empty = nd.zeros((0, 3))
    assert nd.argmax(empty, axis=1).shape == (0,)
    assert nd.argmax(empty, axis=1, keepdims=True).shape == (0, 1)
    assert nd.slice_axis(empty, axis=0, begin=0, end=None).shape == (0, 3)
    assert nd.diag(nd.zeros((0, 0))).shape == nd.diag(empty).shape == nd.diag(empty, k=1).shape == (0,)
    for name in ("max", "min"):
        for axis in (None, 0, 1):
            with fails("empty"):
                getattr(nd, name)(empty, axis=axis).wait_to_read()
    with fails("begin"):
        nd.slice_axis(empty, axis=1, begin=2, end=2)


def test_diagonals_at_the_border():
    matrix = nd.ones((2, 3))
    assert nd.diag(matrix, k=3).shape == nd.diag(matrix, k=-2).shape == (0,)
    for k in (4, -3):
        with fails("diagonal"):
            nd.diag(matrix, k=k)
    with fails("empty"):
        nd.max(nd.diag(matrix, k=3)).wait_to_read()


def test_everything_dropped_but_in_evaluation():
    assert nd.Dropout(nd.ones(3), p=1).asnumpy().tolist() == [1, 1, 1]
    for p in (1.1, -0.1):
        with fails("p"):
            nd.Dropout(nd.ones(3), p=p)


@pytest.mark.parametrize("indices", [(-1,), (3, 1), (7,)])
def test_split_indices_ascend_within_the_axis(indices):
    with fails("indices"):
        nd.split_v2(nd.ones(5), indices, axis=0)


def test_split_may_have_empty_parts():
    assert [part.shape for part in nd.split_v2(nd.ones(5), (0, 2, 2, 5), axis=0)] == [(0,), (2,), (0,), (3,), (0,)]


@pytest.mark.ours("the original's sum wraps")
def test_padding_beyond_any_array():
    huge = 2**63 - 1
    for widths in [(0, 0, 0, 0, huge, huge, 0, 0), (0, 0, 0, 0, huge, 0, 0, 0), (0, 0, 0, 0, 2**62, 0, 0, 0)]:
        with fails("pad_width"):
            nd.pad(nd.ones((1, 1, 2, 2)), mode="constant", pad_width=widths)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_master_weights_of_wide_weights(dtype):
    one, low, master = nd.ones(3), nd.ones(3, dtype=dtype), nd.ones(3) * 5
    from_master, from_weight = np.float32(5) - np.float32(0.1), np.float32(1) - np.float32(0.1)
    lists = dict(lrs="(0.1,)", wds="(0,)", num_weights=1)
    calls = [("mp_sgd_update", [low, low, master], dict(lr=0.1)),
             ("mp_sgd_mom_update", [low, low, nd.zeros(3), master], dict(lr=0.1)),
             ("mp_nag_mom_update", [low, low, nd.zeros(3), master], dict(lr=0.1)),
             ("multi_mp_sgd_update", [low, low, master], lists),
             ("multi_mp_sgd_mom_update", [low, low, nd.zeros(3), master], lists),
             ("mp_lamb_update_phase2", [low, one, one[:1], one[:1], master], dict(lr=0.1))]
    for op, arrays, attrs in calls:
        arrays = [array.copy() for array in arrays]
        out = nd.zeros(3, dtype=dtype)
        invoke(op, *arrays, out=[out] if "multi" in op else out, **attrs)
        # float32 weights of several are their own masters.
        expected = from_weight if "multi" in op and dtype == "float32" else from_master
        assert out.asnumpy().tolist() == [expected] * 3, op


LISTS = [
    ("multi_sgd_update", 2, 0, dict(lrs="(0.1,9)", wds="(0,)"), "lrs"),
    ("multi_sgd_update", 2, 0, dict(lrs="()", wds="(0,)"), "lrs"),
    ("multi_sgd_update", 2, 0, dict(lrs="(0.1,)", wds="(0,1)"), "wds"),
    ("_multi_adamw_update", 4, 1, dict(lrs="(0.1,)", wds="(0,)", etas="(1,2)"), "etas"),
    ("_multi_lamb_update", 4, 0, dict(learning_rates="(0.1,2)", wds="(0,)", step_count="(1,)"), "learning_rates"),
    ("_multi_lamb_update", 4, 0, dict(learning_rates="(0.1,)", wds="(0,)", step_count="(1,2)"), "step_count"),
]


@pytest.mark.parametrize("op,count,extra,lists,name", LISTS)
def test_lists_have_a_value_for_each_weight(op, count, extra, lists, name):
    arrays = [nd.ones(3) for _ in range(count)] + [nd.ones(1)] * extra
    number = "num_tensors" if "lamb" in op else "num_weights"
    with fails(name):
        invoke(op, *arrays, out=[arrays[0]], **lists, **{number: 1})
    assert arrays[0].asnumpy().tolist() == [1, 1, 1]


def test_preloaded_lists_have_a_value_for_each_weight():
    with fails("data[2]"):
        invoke("preloaded_multi_sgd_update", nd.ones(3), nd.ones(3), nd.ones(2), nd.ones(1), out=[nd.ones(3)], num_weights=1)


def test_several_weights_have_one_type():
    arrays = [nd.ones(3), nd.ones(3), nd.ones(2, dtype="float64"), nd.ones(2, dtype="float64")]
    with fails("float64"):
        invoke("multi_sgd_update", *arrays, out=[arrays[0], arrays[2]], lrs="(0.1,0.1)", wds="(0,0)", num_weights=2)


@pytest.mark.parametrize("words,call", [
    (["length"], lambda m: nd.softmax(m, nd.ones(3, dtype="int32"), use_length=True)),
    (["length"], lambda m: nd.softmax(m, nd.ones((2, 1), dtype="int32"), use_length=True)),
    (["int32"], lambda m: nd.softmax(m, nd.ones(2), use_length=True)),
    (["label"], lambda m: nd.SoftmaxOutput(m, nd.ones(3))),
    (["label"], lambda m: nd.SoftmaxOutput(m, nd.ones((2, 1)))),
    (["int32"], lambda m: nd.SoftmaxOutput(m, nd.ones(2, dtype="int32"))),
    (["bias"], lambda m: nd.FullyConnected(m, nd.ones((4, 3)), nd.ones((1, 4)), num_hidden=4)),
    (["bias"], lambda m: nd.FullyConnected(m, nd.ones((4, 3)), nd.ones((4, 1)), num_hidden=4)),
    (["mhs"], lambda m: invoke("fill_element_0index", m, nd.ones(3), nd.array([0, 1]))),
    (["rhs"], lambda m: invoke("fill_element_0index", m, nd.ones(2), nd.array([0, 1, 1]))),
    (["lhs"], lambda m: invoke("_onehot_encode", nd.array([0, 1, 2]), m)),
    (["lhs"], lambda m: invoke("_onehot_encode", nd.array([[0, 1]]), m)),
    (["indices"], lambda m: nd.gather_nd(m, nd.array([0, 1]))),
    (["indices"], lambda m: nd.scatter_nd(nd.array([5]), nd.array([0, 1]), shape=(2, 3))),
    (["int32"], lambda m: nd.batch_take(m, nd.array([0, 1]))),
])
def test_shapes_and_types_of_second_inputs(words, call):
    with fails(*words):
        call(nd.ones((2, 3))).wait_to_read()


def test_shapes_of_a_bias():
    for bias in (nd.ones(4), nd.ones((4, 1)).tostype("row_sparse")):
        out = nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 3)), bias, num_hidden=4)
        assert out.asnumpy().tolist() == [[4] * 4] * 2


@pytest.mark.parametrize("data,label,attrs", [
    ((2, 3), (2,), {}), ((2, 3), (2, 3), {}), ((2, 3, 4, 5), (2, 3, 4), {}), ((2, 3, 4, 5), (2, 3, 4), dict(preserve_shape=True)),
    ((2, 3, 4, 5), (2, 4, 5), dict(multi_output=True)), ((2, 3, 4, 5), (2, 20), dict(multi_output=True)),
    ((2, 3, 4, 5), (2, 1, 4, 5), dict(multi_output=True)), ((2, 3, 4, 5), (2, 3, 4, 5), dict(multi_output=True)),
])
def test_shapes_of_labels(data, label, attrs):
    assert nd.SoftmaxOutput(nd.ones(data), nd.ones(label), **attrs).shape == data


@pytest.mark.ours("the original names no array")
def test_an_incomplete_state_is_called_by_its_name():
    full, part = row_sparse(np.ones((3, 2)), [0, 1, 2], (3, 2)), row_sparse(np.ones((1, 2)), [1], (3, 2))
    with pytest.raises(MXNetError, match="mom: "):
        nd.sgd_mom_update(full, part, part.copy(), lr=0.1, momentum=0.9, out=full)
        full.wait_to_read()


@pytest.mark.parametrize("op,count", [("exp", 1), ("abs", 1), ("sigmoid", 1), ("elemwise_add", 2), ("broadcast_mul", 2), ("broadcast_maximum", 2), ("_equal", 2)])
def test_arithmetic_takes_no_bool(op, count):
    with fails("bool"):
        invoke(op, *[nd.array([1, 0]).astype("bool")] * count).wait_to_read()


def test_sums_of_rows_hold_the_rows_of_all():
    arrays = [row_sparse(np.full((2, 2), i + 0.5), [i % 3, 3], (5, 2)) for i in range(7)]
    got = nd.add_n(*arrays)
    assert got.stype == "row_sparse" and got.indices.asnumpy().tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(got.asnumpy(), sum(array.asnumpy() for array in arrays))
