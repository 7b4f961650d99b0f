"""The order of elements in memory: strides as PyTorch's, values and gradients untouched."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from autograd.formats import suggested

FORMATS = "contiguous_format", "channels_last", "channels_last_3d", "preserve_format"
SHAPES = [
    (2, 3, 4, 5), (4, 1, 5, 5), (1, 3, 4, 5), (4, 3, 1, 1), (4, 3, 1, 5), (4, 1, 1, 1), (1, 1, 1, 1), (1, 1, 5, 5),
    (1, 1, 1, 5), (3, 1, 1, 7), (2, 3, 4, 1), (2, 3, 4, 5, 6), (2, 1, 4, 1, 3), (2, 3, 1, 1, 1), (2, 3), (5,), (),
]  # fmt: skip
VIEWS = {
    "whole": lambda x: x,
    "transposed": lambda x: x.transpose(-1, -2) if x.ndim > 1 else x,
    "permuted": lambda x: x.permute(*range(1, x.ndim), 0) if x.ndim else x,
    "channels": lambda x: x[:, :1] if x.ndim > 1 else x,
    "rows": lambda x: x[:, :, :2] if x.ndim > 2 else x,
    "columns": lambda x: x[..., :1] if x.ndim else x,
    "steps": lambda x: x[..., ::2] if x.ndim else x,
}


def cases(lib, shape):
    """Tensors of a library in every view and format, with a label; the same for both libraries."""
    x = lib.ones(shape)
    starts = {"rows": x}
    if len(shape) in (4, 5):
        last = lib.channels_last if len(shape) == 4 else lib.channels_last_3d
        starts["last"] = x.to(memory_format=last)
    return {(start, view): f(t) for start, t in starts.items() for view, f in VIEWS.items()}


def steps(x, case):
    """The strides; of a part of a tensor only those that are ever taken, as PyTorch keeps the others from the whole."""
    return x.stride() if case[1] == "whole" else [x.stride(i) for i in range(x.ndim) if x.shape[i] > 1]


def formats(lib, ndim):
    return [lib.contiguous_format, *({4: [lib.channels_last], 5: [lib.channels_last_3d]}.get(ndim, []))]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_strides_are_pytorchs(torch, shape) -> None:
    ours, theirs = cases(ag, shape), cases(torch, shape)
    for case, x in ours.items():
        t = theirs[case]
        assert x.stride() == t.stride(), case
        for mine, other in zip(formats(ag, x.ndim), formats(torch, t.ndim), strict=True):
            what = case, mine
            assert x.is_contiguous(memory_format=mine) == t.is_contiguous(memory_format=other), what
            assert x.contiguous(memory_format=mine).stride() == t.contiguous(memory_format=other).stride(), what
            assert x.to(memory_format=mine).stride() == t.to(memory_format=other).stride(), what
            assert x.clone(memory_format=mine).stride() == t.clone(memory_format=other).stride(), what
            like = torch.zeros_like(t, memory_format=other)
            assert ag.zeros_like(x, memory_format=mine).stride() == like.stride(), what
            assert (x.to(memory_format=mine) is x) == (t.to(memory_format=other) is t), what
        assert steps(x.clone(), case) == steps(t.clone(), case), case
        assert steps(ag.empty_like(x), case) == steps(torch.empty_like(t), case), case
        assert steps(ag.rand_like(x), case) == steps(torch.rand_like(t), case), case
        assert x.is_contiguous() == t.is_contiguous(), case


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_one_object_of_its_name(name) -> None:
    format = getattr(ag, name)
    assert repr(format) == f"autograd.{name}"
    assert isinstance(format, ag.memory_format)
    assert copy.deepcopy(format) is format
    assert pickle.loads(pickle.dumps(format)) is format


@pytest.mark.parametrize("make", [ag.zeros_like, ag.ones_like, ag.empty_like, ag.rand_like, ag.randn_like])
def test_tensors_like_another_keep_its_format_unless_told(make) -> None:
    x = ag.ones(2, 3, 4, 5).to(memory_format=ag.channels_last)
    assert make(x).stride() == (60, 1, 15, 3)
    assert make(x, memory_format=ag.contiguous_format).stride() == (60, 20, 5, 1)
    assert make(ag.ones(2, 3, 4, 5), memory_format=ag.channels_last).stride() == (60, 1, 15, 3)
    assert ag.full_like(x, 2).stride() == ag.randint_like(x, 5).stride() == (60, 1, 15, 3)


def test_new_tensors_are_laid_out_as_asked() -> None:
    assert ag.empty(2, 3, 4, 5, memory_format=ag.channels_last).stride() == (60, 1, 15, 3)
    assert ag.tensor(np.ones((2, 3, 4, 5))).to("cpu", ag.float32, memory_format=ag.channels_last).stride() == (
        60,
        1,
        15,
        3,
    )


def test_a_cast_keeps_the_format_and_can_change_it() -> None:
    x = ag.rand(2, 3, 4, 5).to(memory_format=ag.channels_last)
    assert x.double().stride() == x.to(ag.float16).stride() == (60, 1, 15, 3)
    assert x.to(ag.float64, memory_format=ag.contiguous_format).stride() == (60, 20, 5, 1)
    assert x.double(memory_format=ag.contiguous_format).stride() == (60, 20, 5, 1)
    same = x.to(copy=True, memory_format=ag.channels_last)
    assert same is not x
    assert same.data_ptr() != x.data_ptr()
    assert same.stride() == x.stride()


ELEMENTWISE = {
    "add": lambda x: x + 1, "mul": lambda x: x * x, "exp": ag.exp, "where": lambda x: ag.where(x > 0, x, -x),
    "relu": F.relu, "sigmoid": ag.sigmoid, "gelu": F.gelu, "erf": ag.erf, "clamp": lambda x: x.clamp(0, 1),
    "channel": lambda x: x * ag.ones(1, 3, 1, 1), "cast": lambda x: x.double(),
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("size", [5, 20])  # below and above where the compiled kernels begin
def test_elementwise_operations_and_their_gradients_keep_channels_last(name, size) -> None:
    rows = ag.randn(2, 3, 4, size)
    results = []
    for format in (ag.contiguous_format, ag.channels_last):
        x = rows.clone(memory_format=format).requires_grad_()
        y = ELEMENTWISE[name](x)
        assert y.is_contiguous(memory_format=format)
        (g,) = ag.autograd.grad((y * y).sum(), x)
        results += [(y.detach().numpy(), g.numpy())]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


class Twice(ag.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1, x * 2

    @staticmethod
    def backward(ctx, a, b):
        return a + b


SUMS = [lambda x: x + x, lambda x: sum(Twice.apply(x)), lambda x: (lambda a, b: a + a + b)(*Twice.apply(x))]


@pytest.mark.parametrize("function", SUMS)
def test_sums_of_gradients_keep_channels_last(function) -> None:
    x = ag.randn(2, 3, 4, 5).contiguous(memory_format=ag.channels_last).requires_grad_()
    y = function(x.clone())
    ones = ag.ones_like(y)
    (g,) = ag.autograd.grad(y, x, ones, retain_graph=True)
    (recorded,) = ag.autograd.grad(y, x, ones, create_graph=True)
    y.backward(ones)
    assert [t.is_contiguous(memory_format=ag.channels_last) for t in (g, recorded, x.grad)] == [True] * 3


def test_the_format_is_no_part_of_the_derivative() -> None:
    x = ag.randn(2, 3, 4, 5, dtype=ag.float64, requires_grad=True)
    for format in (ag.channels_last, ag.contiguous_format):
        assert ag.autograd.gradgradcheck(lambda x, f=format: x.to(memory_format=f) ** 3, (x,))
        assert ag.autograd.gradcheck(lambda x, f=format: x.permute(0, 2, 3, 1).contiguous(memory_format=f), (x,))


def test_a_model_in_channels_last_computes_the_same() -> None:
    model, x = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)), ag.randn(2, 3, 12, 12)
    y = model(x)
    y.sum().backward()
    grads = [p.grad.numpy() for p in model.parameters()]
    model.zero_grad()
    model.to(memory_format=ag.channels_last)
    assert model[0].weight.stride() == (27, 1, 9, 3)
    z = model(x.to(memory_format=ag.channels_last))
    z.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), z.detach().numpy(), rtol=1e-5, atol=1e-6)
    for p, g in zip(model.parameters(), grads, strict=True):  # of the bias before the normalization: rounding
        np.testing.assert_allclose(p.grad.numpy(), g, rtol=1e-4, atol=5e-5)


def test_ambiguous_tensors_count_as_row_major() -> None:
    x = ag.zeros(4, 1, 5, 5)
    assert x.is_contiguous(memory_format=ag.channels_last)
    assert suggested(x.raw) is ag.contiguous_format
    assert x.contiguous(memory_format=ag.channels_last) is x
    assert x.to(memory_format=ag.channels_last).stride() == (25, 1, 5, 1)


REFUSED = [
    (lambda x: x.contiguous(memory_format=ag.channels_last), "contiguous: expected 4 axes for channels_last, got shape (2, 3)"),
    (lambda x: x.to(memory_format=ag.channels_last), "to: expected 4 axes for channels_last, got shape (2, 3)"),
    (lambda x: x.clone(memory_format=ag.channels_last_3d), "clone: expected 5 axes for channels_last_3d, got shape (2, 3)"),
    (lambda x: ag.ones_like(x, memory_format=ag.channels_last), "ones_like: expected 4 axes for channels_last, got shape (2, 3)"),
    (
        lambda x: x.contiguous(memory_format=ag.preserve_format),
        "contiguous: expected a format to lay out in, got preserve_format. Use clone()",
    ),
    (lambda x: x.to(memory_format="channels_last"), "to: expected a memory format such as channels_last, got 'channels_last'"),
]  # fmt: skip


@pytest.mark.parametrize("call, text", REFUSED)
def test_what_does_not_fit_is_refused(call, text) -> None:
    with pytest.raises((ag.ShapeError, TypeError, ValueError)) as caught:
        call(ag.ones(2, 3))
    assert str(caught.value) == text


def test_flags_come_after_device_and_dtype_as_in_pytorch(torch) -> None:
    for lib in (ag, torch):
        x = lib.ones(2, device="cpu")
        assert x.to("cpu", lib.float32, False) is x
        assert x.to("cpu", lib.float32, True, False) is x
        for copied in (x.to("cpu", lib.float32, False, True), x.to(lib.float32, False, True), x.to("cpu", copy=True)):
            assert copied is not x


RESULTS = {  # functions of a library, its nn.functional, and x of shape (2, 3, 4, 4) in any order of axes
    "cat": lambda lib, F, x: lib.cat([x, x.contiguous()], 1),
    "stack": lambda lib, F, x: lib.stack([x, x], 1),
    "sum": lambda lib, F, x: x.sum(1),
    "mean": lambda lib, F, x: x.mean(0),
    "var": lambda lib, F, x: x.var(1),
    "prod": lambda lib, F, x: x.prod(1),
    "amax": lambda lib, F, x: x.amax(1),
    "max": lambda lib, F, x: x.max(1).values,
    "logsumexp": lambda lib, F, x: x.logsumexp(1),
    "any": lambda lib, F, x: (x > 0).any(1),
    "softmax": lambda lib, F, x: x.softmax(-1),
    "log_softmax": lambda lib, F, x: x.log_softmax(1),
    "cumsum": lambda lib, F, x: x.cumsum(1),
    "cumprod": lambda lib, F, x: x.cumprod(1),
    "cummax": lambda lib, F, x: x.cummax(1).indices,
    "logcumsumexp": lambda lib, F, x: x.logcumsumexp(1),
    "gather": lambda lib, F, x: x.gather(1, (x > 0).long()),
    "roll": lambda lib, F, x: x.roll(1, 1),
    "tril": lambda lib, F, x: x.tril(),
    "masked_fill": lambda lib, F, x: x.masked_fill(x > 0, 0.0),
    "index": lambda lib, F, x: x[:, [0, 2]],
    "index_put": lambda lib, F, x: x.index_put((lib.tensor([0]),), x[1]),
    "nonzero": lambda lib, F, x: (x > 0).nonzero(as_tuple=True)[1],
    "where": lambda lib, F, x: lib.where(x > 0)[1],
    "one_hot": lambda lib, F, x: F.one_hot((x > 0).long()),
    "repeat_interleave": lambda lib, F, x: x[:1, :1, :1, :1].repeat_interleave(3, 1),
    "einsum": lambda lib, F, x: lib.einsum("bchw,bdhw->cbd", x, x),
    "batch_norm": lambda lib, F, x: F.batch_norm(x, None, None, training=True),
    "adaptive_avg_pool2d": lambda lib, F, x: F.adaptive_avg_pool2d(x, (3, 2)),
    "interpolate": lambda lib, F, x: F.interpolate(x, size=(3, 7)),
    "fold": lambda lib, F, x: F.fold(x.reshape(2, 12, 4), (4, 1), (2, 2), padding=(0, 1), stride=(2, 1)),
    "conv_transpose2d": lambda lib, F, x: F.conv_transpose2d(
        x, x[:1].transpose(0, 1), padding=1, output_padding=1, stride=2
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_view_works_where_it_does_in_pytorch(name: str, torch) -> None:
    values = np.random.default_rng(0).standard_normal((2, 3, 4, 4), dtype="float32")
    for order in [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 2, 3), (0, 1, 3, 2)]:
        array = np.ascontiguousarray(values.transpose(order))
        back = tuple(np.argsort(order).tolist())
        theirs = RESULTS[name](torch, torch.nn.functional, torch.from_numpy(array).permute(back))
        ours = RESULTS[name](ag, F, ag.tensor(array).permute(back))
        assert ours.shape == tuple(theirs.shape)
        assert ours.is_contiguous() or not theirs.is_contiguous(), (order, ours.stride(), theirs.stride())
