"""The transformer's layers and stacks against PyTorch."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd as ag
import nn
import nn.functional as F
from tests.nn.parity import array, assert_modules_agree


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


OPTIONS = [
    {},
    {"norm_first": True},
    {"activation": "gelu"},
    {"activation": "callable"},
    {"bias": False},
    {"batch_first": True, "layer_norm_eps": 1e-3},
]
IDS = ["-".join(o) or "plain" for o in OPTIONS]
options = pytest.mark.parametrize("options", OPTIONS, ids=IDS)
CAUSAL = np.triu(np.full((4, 4), -np.inf), 1)
PADDING = np.array([[False, False, False, True], [False, False, True, True]])


def built(library, of_tanh, dtype, name: str, options: dict, *sizes: int):
    """A module of ours or of PyTorch, without dropout."""
    given = dict(options, dropout=0.0, dtype=dtype)
    if given.get("activation") == "callable":
        given["activation"] = of_tanh
    return getattr(library, name)(*sizes, **given)


def both(torch, name: str, options: dict, *sizes: int):
    ours = built(nn, ag.tanh, ag.float64, name, options, *sizes)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "enable_nested_tensor")
        return ours, built(torch.nn, torch.tanh, torch.float64, name, options, *sizes)


def batch_first(options: dict, *arrays: np.ndarray):
    return [a.swapaxes(0, 1) for a in arrays] if options.get("batch_first") else list(arrays)


@options
@pytest.mark.parametrize(
    "masks", [{}, {"src_mask": CAUSAL}, {"src_key_padding_mask": PADDING}], ids=["", "mask", "padding"]
)
def test_encoder_layers(torch, options: dict, masks: dict) -> None:
    ours, theirs = both(torch, "TransformerEncoderLayer", options, 6, 2, 8)
    assert_modules_agree(torch, ours, theirs, *batch_first(options, random(4, 2, 6)), **masks)


@options
def test_decoder_layers(torch, options: dict) -> None:
    ours, theirs = both(torch, "TransformerDecoderLayer", options, 6, 2, 8)
    inputs = batch_first(options, random(4, 2, 6), random(5, 2, 6))
    assert_modules_agree(torch, ours, theirs, *inputs, tgt_mask=CAUSAL, tgt_is_causal=True)


@options
def test_the_whole(torch, options: dict) -> None:
    ours, theirs = both(torch, "Transformer", options, 6, 2, 2, 2, 8)
    inputs = batch_first(options, random(5, 2, 6), random(4, 2, 6))
    assert_modules_agree(
        torch, ours, theirs, *inputs, tgt_mask=CAUSAL, tgt_key_padding_mask=np.where(PADDING, -9.0, 0.0)
    )


def test_a_single_sequence(torch) -> None:
    ours, theirs = both(torch, "Transformer", {}, 6, 2, 1, 1, 8)
    assert_modules_agree(torch, ours, theirs, random(5, 6), random(4, 6))


def test_copies_of_a_layer_are_independent() -> None:
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2)
    a, b = encoder.layers
    with ag.no_grad():
        a.linear1.weight.zero_()
    assert array(b.linear1.weight).any()


def test_the_causal_mask() -> None:
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    np.testing.assert_array_equal(array(mask), np.triu(np.full((3, 3), -np.inf), 1))
    assert nn.Transformer.generate_square_subsequent_mask(2, dtype=ag.float64).dtype == ag.float64


MASKS = [
    (CAUSAL, True),
    (np.isinf(CAUSAL), True),
    (CAUSAL.T.copy(), False),
    (np.where(CAUSAL == 0, -1.0, CAUSAL), False),
    (CAUSAL[:2], False),
]


@pytest.mark.parametrize("mask, causal", MASKS)
def test_a_causal_mask_is_recognised(mask: np.ndarray, causal: bool) -> None:
    seen = []

    class Layer(nn.Module):
        def forward(self, x, src_mask, src_key_padding_mask, is_causal):
            seen.append(is_causal)
            return x

    nn.TransformerEncoder(Layer(), 1)(ag.zeros(4, 1, 2), ag.tensor(mask))
    assert seen == [causal]


def test_dropout_acts_in_training_only() -> None:
    layer, x = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5), ag.ones(3, 1, 4)
    assert not ag.equal(layer(x), layer(x))
    layer.eval()
    assert ag.equal(layer(x), layer(x))


def test_an_unknown_activation() -> None:
    with pytest.raises(
        ValueError, match="Transformer: expected activation to be 'relu', 'gelu' or a function, got 'elu'"
    ):
        nn.TransformerEncoderLayer(4, 2, activation="elu")
    assert nn.TransformerEncoderLayer(4, 2).activation is F.relu


def test_a_hook_can_ask_every_attention_for_its_weights() -> None:
    net, weights = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True), []
    for module in net.modules():
        if isinstance(module, nn.MultiheadAttention):
            module.register_forward_pre_hook(
                lambda _, args, given: (args, {**given, "need_weights": True}), with_kwargs=True
            )
            module.register_forward_hook(lambda _, args, output: weights.append(output[1]))
    net(ag.randn(2, 5, 8), ag.randn(2, 3, 8))
    assert [w.shape for w in weights] == [(2, 5, 5), (2, 3, 3), (2, 3, 5)]
    assert all(ag.allclose(w.sum(2), ag.ones(w.shape[:2])) for w in weights)
