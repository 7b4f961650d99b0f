"""Recurrent layers against PyTorch, against themselves step by step, and to the second derivative."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from nn.functional import recurrent as R
from nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence
from tests.nn.parity import assert_modules_agree, assert_same, loaded, loss

LAYERS = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "bidirectional": True}),
    ("RNN", {"num_layers": 3, "bias": False}),
    ("LSTM", {}),
    ("LSTM", {"bias": False}),
    ("LSTM", {"num_layers": 2, "bidirectional": True}),
    ("LSTM", {"num_layers": 2, "bidirectional": True, "proj_size": 2}),
    ("LSTM", {"batch_first": True}),
    ("GRU", {}),
    ("GRU", {"bias": False}),
    ("GRU", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
]
IDS = [f"{name}-{'-'.join(kw) or 'plain'}" for name, kw in LAYERS]
layers = pytest.mark.parametrize("name, options", LAYERS, ids=IDS)


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def states(options: dict, batch: tuple[int, ...], lstm: bool):
    """First states for input size 3, hidden size 4."""
    count = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    h = random(count, *batch, options.get("proj_size") or 4)
    return (h, random(count, *batch, 4)) if lstm else h


@layers
@pytest.mark.parametrize("given", [False, True], ids=["zeros", "given"])
def test_layers_agree_with_torch(torch, name: str, options: dict, given: bool) -> None:
    ours = getattr(nn, name)(3, 4, dtype=ag.float64, **options)
    theirs = getattr(torch.nn, name)(3, 4, dtype=torch.float64, **options)
    assert repr(ours) == repr(theirs)
    x = random(2, 5, 3) if options.get("batch_first") else random(5, 2, 3)
    extra = (states(options, (2,), name == "LSTM"),) if given else ()
    assert_modules_agree(torch, ours, theirs, x, *extra)


@layers
def test_a_single_sequence_agrees_with_torch(torch, name: str, options: dict) -> None:
    ours = getattr(nn, name)(3, 4, dtype=ag.float64, **options)
    theirs = getattr(torch.nn, name)(3, 4, dtype=torch.float64, **options)
    assert_modules_agree(torch, ours, theirs, random(5, 3), states(options, (), name == "LSTM"))


@layers
@pytest.mark.parametrize("lengths", [[5, 3, 1], [3, 5, 1]], ids=["sorted", "unsorted"])
def test_packed_sequences_agree_with_torch(torch, name: str, options: dict, lengths: list[int]) -> None:
    theirs = getattr(torch.nn, name)(3, 4, dtype=torch.float64, **options)
    ours = loaded(getattr(nn, name)(3, 4, dtype=ag.float64, **options), theirs)
    x, first = random(5, 3, 3), states(options, (3,), name == "LSTM")
    in_order = lengths == sorted(lengths, reverse=True)
    mine, other = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    h = tuple(map(ag.tensor, first)) if name == "LSTM" else ag.tensor(first)
    g = tuple(map(torch.tensor, first)) if name == "LSTM" else torch.tensor(first)
    rnn = torch.nn.utils.rnn
    y, state = ours(pack_padded_sequence(mine, lengths, enforce_sorted=in_order), h)
    z, other_state = theirs(rnn.pack_padded_sequence(other, torch.tensor(lengths), enforce_sorted=in_order), g)
    y, z = pad_packed_sequence(y)[0], rnn.pad_packed_sequence(z)[0]
    assert_same([y, state], [z, other_state])
    loss([y, state]).backward()
    loss([z, other_state]).backward()
    assert_same(mine.grad, other.grad)
    assert_same([p.grad for p in ours.parameters()], [p.grad for p in theirs.parameters()])


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
def test_packing_changes_nothing_but_the_padding(name: str) -> None:
    net = getattr(nn, name)(3, 4, num_layers=2, bidirectional=True, dtype=ag.float64)
    parts = [ag.tensor(random(n, 3)) for n in (4, 2, 3)]
    packed, _ = net(pack_sequence(parts, enforce_sorted=False))
    together, lengths = pad_packed_sequence(packed)
    for i, part in enumerate(parts):
        assert lengths[i].item() == len(part)
        assert_same(together[: len(part), i], net(part)[0])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "name, extra", [("RNNCell", {"nonlinearity": "relu"}), ("RNNCell", {}), ("LSTMCell", {}), ("GRUCell", {})]
)
@pytest.mark.parametrize("batch", [(2,), ()], ids=["batch", "single"])
def test_cells_agree_with_torch(torch, name: str, extra: dict, bias: bool, batch: tuple[int, ...]) -> None:
    ours = getattr(nn, name)(3, 4, bias=bias, dtype=ag.float64, **extra)
    theirs = getattr(torch.nn, name)(3, 4, bias=bias, dtype=torch.float64, **extra)
    assert repr(ours) == repr(theirs)
    h = random(*batch, 4)
    first = (h, random(1, *batch, 4)[0]) if name == "LSTMCell" else h
    assert_modules_agree(torch, ours, theirs, random(*batch, 3), first)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
def test_a_layer_is_its_cell_over_time(name: str) -> None:
    layer, cell = getattr(nn, name)(3, 4, dtype=ag.float64), getattr(nn, f"{name}Cell")(3, 4, dtype=ag.float64)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x, state, outs = ag.tensor(random(5, 2, 3)), None, []
    for step in x:
        state = cell(step, state)
        outs.append(state[0] if name == "LSTM" else state)
    assert_same(layer(x)[0], ag.stack(outs))


LAYER_OPS = {
    "lstm": (lambda *a, **p: [R.lstm_layer(*a, None, **p)[i] for i in (0, 4, 5)], [(4, 8), (2, 2), (2, 2), (8, 2)]),
    "lstm-proj": (
        lambda *a, **p: [R.lstm_layer(*a, **p)[i] for i in (0, 4, 5)],
        [(4, 8), (2, 1), (2, 2), (8, 1), (1, 2)],
    ),
    "gru": (lambda *a, **p: [R.gru_layer(*a, **p)[i] for i in (0, 2)], [(4, 6), (2, 2), (6, 2), (6,)]),
    "tanh": (lambda *a, **p: R.rnn_layer(*a, relu=False, **p), [(4, 2), (2, 2), (2, 2)]),
    "relu": (lambda *a, **p: R.rnn_layer(*a, relu=True, **p), [(4, 2), (2, 2), (2, 2)]),
}
CELL_OPS = {
    "lstm": (R.lstm_cell, [(3, 8), (3, 2)]),
    "gru": (R.gru_cell, [(3, 6), (3, 6), (3, 2)]),
}


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("layer", LAYER_OPS)
def test_first_and_second_derivatives_of_layers(layer: str, reverse: bool) -> None:
    f, shapes = LAYER_OPS[layer]
    inputs = [ag.tensor(0.5 * random(*shape), requires_grad=True) for shape in shapes]

    def run(*a):
        return tuple(f(*a, sizes=(2, 1, 1), reverse=reverse))

    assert ag.autograd.gradcheck(run, inputs, fast_mode=True)
    assert ag.autograd.gradgradcheck(run, inputs, fast_mode=True)


@pytest.mark.parametrize("cell", CELL_OPS)
def test_first_and_second_derivatives_of_cells(cell: str) -> None:
    f, shapes = CELL_OPS[cell]
    inputs = [ag.tensor(random(*shape), requires_grad=True) for shape in shapes]
    assert ag.autograd.gradcheck(f, inputs, fast_mode=True)
    assert ag.autograd.gradgradcheck(f, inputs, fast_mode=True)


@pytest.mark.parametrize("output", range(3))
def test_each_output_alone_has_its_gradient(output: int) -> None:
    net = nn.LSTM(3, 4, dtype=ag.float64)
    x = ag.tensor(random(5, 2, 3), requires_grad=True)

    def run(x):
        y, (h, c) = net(x)
        return (y, h, c)[output]

    assert ag.autograd.gradcheck(run, [x])


def test_dropout_acts_between_layers_in_training_only() -> None:
    net, x = nn.GRU(3, 4, num_layers=2, dropout=0.9), ag.tensor(random(5, 2, 3).astype(np.float32))
    assert not ag.equal(net(x)[0], net(x)[0])
    net.eval()
    assert ag.equal(net(x)[0], net(x)[0])
    with pytest.warns(UserWarning, match="GRU: dropout=0.5 acts between layers, and there is one only"):
        nn.GRU(3, 4, dropout=0.5)


def test_parameters_have_torchs_names_and_bounds() -> None:
    net = nn.LSTM(3, 16, num_layers=2, bidirectional=True)
    assert list(net.state_dict())[:8] == [
        f"{part}_l0{end}" for end in ("", "_reverse") for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    assert all(p.abs().max().item() <= 0.25 for p in net.parameters())
    assert [len(group) for group in net.all_weights] == [4] * 4
    net.flatten_parameters()


F32 = ag.float32
ERRORS = [
    (lambda: nn.LSTM(0, 4), ValueError, r"LSTM: expected positive input_size, hidden_size and num_layers, got 0, 4, 1"),
    (lambda: nn.GRU(3, 4, dropout=1.5), ValueError, r"GRU: expected dropout to be a probability in \[0, 1\], got 1.5"),
    (lambda: nn.LSTM(3, 4, proj_size=4), ValueError, r"LSTM: expected proj_size from 0 to below hidden_size, .* got 4"),
    (lambda: nn.RNN(3, 4, nonlinearity="elu"), ValueError, r"RNN: expected nonlinearity to be .tanh. or"),
    (
        lambda: nn.RNNCell(3, 4, nonlinearity="elu"),
        ValueError,
        r"RNNCell: expected nonlinearity to be 'tanh' or 'relu'",
    ),
    (lambda: nn.LSTM(3, 4)(ag.zeros(5, 2, 2)), ag.ShapeError, r"LSTM: expected input of width 3, got \(5, 2, 2\)"),
    (lambda: nn.LSTM(3, 4)(ag.zeros(3)), ag.ShapeError, r"LSTM: expected input with 2 or 3 axes, got \(3,\)"),
    (
        lambda: nn.LSTM(3, 4)(ag.zeros(0, 2, 3)),
        ag.ShapeError,
        r"LSTM: expected at least one time step, got \(0, 2, 3\)",
    ),
    (
        lambda: nn.GRU(3, 4)(ag.zeros(5, 2, 3, dtype=ag.float64)),
        ag.DtypeError,
        r"GRU: expected input of dtype .*float32",
    ),
    (
        lambda: nn.GRU(3, 4)(ag.zeros(5, 2, 3), ag.zeros(1, 3, 4)),
        ag.ShapeError,
        r"GRU: expected a state of shape \(1, 2, 4\), got",
    ),
    (
        lambda: nn.LSTM(3, 4)(ag.zeros(5, 2, 3), ag.zeros(1, 2, 4)),
        ag.ShapeError,
        r"LSTM: expected 2 state tensor\(s\) as hx, got 1",
    ),
    (
        lambda: nn.GRUCell(3, 4)(ag.zeros(2, 2)),
        ag.ShapeError,
        r"GRUCell: expected input \(N, 3\) or \(3,\), got \(2, 2\)",
    ),
    (
        lambda: nn.GRUCell(3, 4)(ag.zeros(2, 3), ag.zeros(2, 3)),
        ag.ShapeError,
        r"GRUCell: expected a state of shape \(2, 4\)",
    ),
]


@pytest.mark.parametrize("run, kind, text", ERRORS)
def test_errors(run, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run()
