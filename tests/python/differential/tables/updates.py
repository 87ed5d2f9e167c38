"""Every optimizer update operator: plain, with each option, every dtype, every storage it knows, and in and out of place."""

from case import CLOSE, EXACT, FLOATS, Array, Case, any_of, row_sparse

SHAPE = (5, 3)
W, G, M, V = any_of(SHAPE), any_of(SHAPE), any_of(SHAPE, scale=0.3), any_of(SHAPE, kind="positive", scale=0.3)
W32 = any_of(SHAPE)  # float32 always: replaced below
ONE = any_of((1,), kind="positive")
OPTIONS = [{}, dict(wd=0.05), dict(rescale_grad=0.5), dict(clip_gradient=0.6), dict(wd=0.05, rescale_grad=0.5, clip_gradient=0.6),
           dict(clip_gradient=0)]

# name: (inputs, parameters always given, options beyond the common ones)
DENSE = {
    "sgd_update": ([W, G], dict(lr=0.1), []),
    "sgd_mom_update": ([W, G, M], dict(lr=0.1, momentum=0.9), [dict(momentum=0)]),
    "nag_mom_update": ([W, G, M], dict(lr=0.1, momentum=0.9), []),
    "signsgd_update": ([W, G], dict(lr=0.1), []),
    "signum_update": ([W, G, M], dict(lr=0.1, momentum=0.9), [dict(wd_lh=0.05)]),
    "adam_update": ([W, G, M, V], dict(lr=0.01), [dict(beta1=0.5, beta2=0.9, epsilon=1e-4)]),
    "rmsprop_update": ([W, G, V], dict(lr=0.01), [dict(gamma1=0.9, clip_weights=0.5)]),
    "rmspropalex_update": ([W, G, any_of(SHAPE, kind="positive", scale=3), any_of(SHAPE, scale=0.01), M], dict(lr=0.01), [dict(gamma2=0.8, clip_weights=0.5)]),
    "ftrl_update": ([W, G, M, V], dict(lr=0.1), [dict(lamda1=0.5, beta=2)]),
}


def case(op, inputs, attrs, dtype="float32", out=0, compare=EXACT):
    return Case(op, tuple(a.of(dtype) for a in inputs), attrs, out, compare)


def dense():
    for op, (inputs, given, more) in DENSE.items():
        for attrs in [*OPTIONS, *more]:
            for dtype in FLOATS:
                yield case(op, inputs, {**given, **attrs}, dtype)
        yield case(op, inputs, given, out=Array(SHAPE))
        yield case(op, inputs, given, "int32")
        yield case(op, inputs[:-1], given)
        yield case(op, [*inputs[:-1], any_of((3, 5))], given)
    for attrs in [{}, dict(wd=0.05), dict(rescale_grad=0.5), dict(clip_grad=0.6), dict(beta1=0.5, epsilon=1e-4, wd=0.01)]:
        for dtype in FLOATS:
            yield case("ftml_update", [W, G, V, V, M], dict(lr=0.01, t=3, **attrs), dtype)


def half_with_master():
    """float16 weights and gradients, float32 states and master weights."""
    def mixed(op, halves, singles, attrs, out=0):
        return Case(op, (*[a.of("float16") for a in halves], *singles), attrs, out)

    for attrs in OPTIONS:
        yield mixed("mp_sgd_update", [W, G], [W32], dict(lr=0.1, **attrs))
        yield mixed("mp_sgd_mom_update", [W, G], [M, W32], dict(lr=0.1, momentum=0.9, **attrs))
        yield mixed("mp_nag_mom_update", [W, G], [M, W32], dict(lr=0.1, momentum=0.9, **attrs))


def several(op, group, attrs, count, tail=()):
    """`count` weights of different sizes in one call; group: the dtypes of one weight's arrays."""
    inputs = [any_of((i + 2, 3), dtype=dtype, kind=kind) for i in range(count) for dtype, kind in group]
    return Case(op, (*inputs, *tail), attrs, tuple(range(0, count * len(group), len(group))))


def multi():
    f, h, s = ("float32", "normal"), ("float16", "normal"), ("float32", "normal")
    groups = {"multi_sgd_update": [f, f], "multi_sgd_mom_update": [f, f, f], "multi_mp_sgd_update": [h, h, s], "multi_mp_sgd_mom_update": [h, h, s, s]}
    for op, group in groups.items():
        momentum = dict(momentum=0.9) if "mom" in op else {}
        for count in (1, 3):
            for attrs in [{}, dict(rescale_grad=0.5), dict(clip_gradient=0.6), dict(clip_gradient=0)]:
                lists = dict(lrs=f"({','.join(str(0.1 * (i + 1)) for i in range(count))},)", wds=f"({','.join(['0.05'] * count)},)")
                yield several(op, group, dict(num_weights=count, **lists, **momentum, **attrs), count)
                tail = (any_of((count,), kind="positive"), any_of((count,), kind="positive", scale=0.1))
                yield several("preloaded_" + op, group, dict(num_weights=count, **momentum, **attrs), count, tail)
    yield several("multi_sgd_update", [("float64", "normal")] * 2, dict(num_weights=2, lrs="(0.1,0.2)", wds="[0.0, 0.1]"), 2)
    yield several("multi_sgd_update", [("float32", "normal")] * 2, dict(num_weights=2, lrs="(0.1,)", wds="(0.0,)"), 2)


def adamw():
    p = ("float32", "positive")
    for attrs in [{}, dict(wd=0.05), dict(clip_gradient=0.6), dict(beta1=0.5, epsilon=1e-4)]:
        for dtype in ("float32", "float64"):
            yield Case("_adamw_update", (*(a.of(dtype) for a in (W, G, M, V)), ONE), dict(lr=0.01, eta=0.7, **attrs), 0, scratch=(1,))
        yield Case("_mp_adamw_update", (W.of("float16"), G.of("float16"), M, V, W32, ONE), dict(lr=0.01, eta=0.7, **attrs), 0)
    yield case("_adamw_update", [W, G, M, V, any_of((1,), kind="zeros")], dict(lr=0.01, eta=0.7))
    yield case("_adamw_update", [W, G, M, V, any_of((1,), kind="special")], dict(lr=0.01, eta=0.7))
    for count in (1, 3):
        lists = {name: f"({','.join([value] * count)},)" for name, value in [("lrs", "0.01"), ("wds", "0.05"), ("etas", "0.7")]}
        f, h = ("float32", "normal"), ("float16", "normal")
        for attrs in [{}, dict(clip_gradient=0.6)]:
            yield several("_multi_adamw_update", [f, f, f, p], dict(num_weights=count, **lists, **attrs), count, (ONE,))
            yield several("_multi_mp_adamw_update", [h, h, f, p, f], dict(num_weights=count, **lists, **attrs), count, (ONE,))


def lamb():
    for attrs in [{}, dict(bias_correction=False), dict(rescale_grad=0.5, clip_gradient=0.6), dict(beta1=0.5, epsilon=1e-3)]:
        yield case("lamb_update_phase1", [W, G, M, V], dict(t=2, wd=0.05, **attrs), out=None)
        yield Case("mp_lamb_update_phase1", (W.of("float16"), G.of("float16"), M, V, W32), dict(t=2, wd=0.05, **attrs))
    for attrs in [{}, dict(lower_bound=0.5), dict(upper_bound=0.2), dict(lower_bound=0.1, upper_bound=0.3)]:
        yield case("lamb_update_phase2", [W, G, ONE, ONE], dict(lr=0.1, **attrs))
        yield Case("mp_lamb_update_phase2", (W.of("float16"), G, ONE, ONE, W32), dict(lr=0.1, **attrs), 0)
    yield case("lamb_update_phase2", [W, G, any_of((1,), kind="zeros"), ONE], dict(lr=0.1))
    f, h, p = ("float32", "normal"), ("float16", "normal"), ("float32", "positive")
    for count in (1, 3):
        lists = dict(learning_rates=f"({','.join(['0.1'] * count)},)", wds=f"({','.join(['0.05'] * count)},)",
                     step_count=f"({','.join(str(i + 1) for i in range(count))},)", num_tensors=count)
        for attrs in [{}, dict(rescale_grad=0.5, clip_gradient=0.6), dict(bias_correction=False, lower_bound=0.1, upper_bound=0.5)]:
            for op, group in [("_multi_lamb_update", [f, f, f, p]), ("_multi_mp_lamb_update", [h, h, f, p, f])]:
                made = several(op, group, {**lists, **attrs}, count)
                yield Case(made.op, made.inputs, made.attrs, made.out, CLOSE)


def sparse():
    rw, rg, rm = row_sparse(SHAPE), row_sparse(SHAPE), row_sparse(SHAPE, scale=0.3)
    for attrs in OPTIONS:
        for lazy in (True, False):
            yield case("sgd_update", [W, rg], dict(lr=0.1, lazy_update=lazy, **attrs))
            yield case("sgd_mom_update", [W, rg, M], dict(lr=0.1, momentum=0.9, lazy_update=lazy, **attrs))
            yield case("adam_update", [W, rg, M, V], dict(lr=0.1, lazy_update=lazy, **attrs))
        yield case("ftrl_update", [W, rg, M, V], dict(lr=0.1, **attrs))
        yield case("nag_mom_update", [W, rg, M], dict(lr=0.1, momentum=0.9, **attrs))
        yield case("_sparse_adagrad_update", [W, rg, V], dict(lr=0.1, **attrs))
    yield case("_contrib_group_adagrad_update", [W, G, any_of((5, 1), kind="positive")], dict(lr=0.1))
    for attrs in [{}, dict(rescale_grad=0.5), dict(clip_gradient=0.6)]:
        yield case("_contrib_group_adagrad_update", [W, rg, any_of((5, 1), kind="positive")], dict(lr=0.1, **attrs))
    full = Array(SHAPE, kind="full_rows", stype="row_sparse")
    for attrs in [{}, dict(rescale_grad=0.5, clip_gradient=0.6)]:
        one_per_row = Array((5, 1), kind="full_positive", stype="row_sparse")
        yield case("_contrib_group_adagrad_update", [full, rg, one_per_row], dict(lr=0.1, **attrs))
    state = Array(SHAPE, kind="full_rows", stype="row_sparse", scale=0.3)
    history = Array(SHAPE, kind="full_positive", stype="row_sparse")
    for attrs in OPTIONS:
        for lazy in (True, False):
            yield case("sgd_update", [full, rg], dict(lr=0.1, lazy_update=lazy, **attrs))
            yield case("sgd_mom_update", [full, rg, state], dict(lr=0.1, momentum=0.9, lazy_update=lazy, **attrs))
            yield case("sgd_mom_update", [full, rg, M], dict(lr=0.1, momentum=0.9, lazy_update=lazy, **attrs))
            yield case("adam_update", [full, rg, state, history], dict(lr=0.1, lazy_update=lazy, **attrs))
            yield case("adam_update", [full, rg, M, V], dict(lr=0.1, lazy_update=lazy, **attrs))
        yield case("ftrl_update", [full, rg, state, history], dict(lr=0.1, **attrs))
        yield case("_sparse_adagrad_update", [full, rg, history], dict(lr=0.1, **attrs))
        yield case("rmsprop_update", [full, rg, V], dict(lr=0.1, **attrs))
        yield case("signum_update", [full, rg, M], dict(lr=0.1, momentum=0.9, **attrs))
    yield case("adam_update", [full, rg, state, V], dict(lr=0.1))
    yield case("sgd_update", [rw, rg], dict(lr=0.1))
    yield case("sgd_mom_update", [rw, rg, rm], dict(lr=0.1, momentum=0.9))
    yield case("sgd_update", [full, Array(SHAPE, kind="zeros", stype="row_sparse")], dict(lr=0.1, wd=0.1))
    yield case("sgd_update", [rw, G], dict(lr=0.1))
    yield case("_sparse_adagrad_update", [W, G, V], dict(lr=0.1))
    yield Case("mp_sgd_update", (full.of("float16"), rg.of("float16"), W32), dict(lr=0.1), 0)


CASES = [*dense(), *half_with_master(), *multi(), *adamw(), *lamb(), *sparse()]
