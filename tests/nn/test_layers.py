"""Every layer beside PyTorch's: same weights, same output, same gradients, in training and in evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from tests.nn.parity import assert_modules_agree

Row = tuple[str, tuple[Any, ...], dict[str, Any], tuple[tuple[int, ...], ...]]

LINE, IMAGE, VOLUME = (2, 4, 9), (2, 4, 7, 6), (2, 4, 5, 4, 6)

ROWS: list[Row] = [
    ("Identity", (), {}, (IMAGE,)),
    ("Linear", (6, 3), {}, (IMAGE,)),
    ("Linear", (9, 3), {"bias": False}, (LINE,)),
    ("Bilinear", (4, 3, 2), {}, ((5, 4), (5, 3))),
    ("Flatten", (), {}, (IMAGE,)),
    ("Flatten", (0, 1), {}, (IMAGE,)),
    ("Unflatten", (1, (2, 2)), {}, (IMAGE,)),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, (LINE,)),
    ("Conv2d", (4, 6, (3, 2)), {"padding": "same", "dilation": 2}, (IMAGE,)),
    ("Conv2d", (4, 6, 3), {"padding": "same"}, (IMAGE[1:],)),
    ("Conv2d", (4, 4, 3), {"padding": "valid", "groups": 4, "bias": False}, (IMAGE,)),
    *(("Conv2d", (4, 2, (4, 3)), {"padding": "same", "padding_mode": m}, (IMAGE,)) for m in ("reflect", "replicate")),
    ("Conv2d", (4, 2, 3), {"padding": (2, 1), "padding_mode": "circular"}, (IMAGE,)),
    ("Conv2d", (4, 2, 3), {"padding": "valid", "padding_mode": "circular"}, (IMAGE,)),
    ("Conv1d", (4, 2, 3), {"padding": 2, "padding_mode": "reflect"}, (LINE,)),
    ("Conv3d", (4, 2, 3), {"padding": 1, "padding_mode": "replicate"}, (VOLUME,)),
    ("Conv3d", (4, 2, 3), {"stride": 2}, (VOLUME,)),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "output_padding": 1, "groups": 2}, (LINE,)),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "padding": 1}, (IMAGE,)),
    ("ConvTranspose2d", (4, 6, 3), {"dilation": 2, "bias": False}, (IMAGE[1:],)),
    ("ConvTranspose3d", (4, 2, 2), {"stride": 2}, (VOLUME,)),
    ("MaxPool1d", (2,), {}, (LINE,)),
    ("MaxPool2d", (3, 2, 1), {"ceil_mode": True, "return_indices": True}, (IMAGE,)),
    ("MaxPool2d", (2, 1), {"dilation": 2}, (IMAGE[1:],)),
    ("MaxPool3d", (2,), {}, (VOLUME,)),
    ("AvgPool1d", (2, 1, 1), {"count_include_pad": False}, (LINE,)),
    ("AvgPool2d", (3, 2, 1), {"divisor_override": 5}, (IMAGE,)),
    ("AvgPool3d", (2,), {"ceil_mode": True}, (VOLUME,)),
    ("LPPool1d", (2, 2), {}, (LINE,)),
    ("LPPool2d", (4, 2), {"stride": 1}, (IMAGE,)),
    ("LPPool3d", (2, 2), {"ceil_mode": True}, (VOLUME,)),
    ("AdaptiveAvgPool1d", (4,), {}, (LINE,)),
    ("AdaptiveAvgPool2d", ((3, None),), {}, (IMAGE,)),
    ("AdaptiveAvgPool3d", (2,), {}, (VOLUME,)),
    ("AdaptiveMaxPool1d", (4, True), {}, (LINE,)),
    ("AdaptiveMaxPool2d", (3,), {}, (IMAGE,)),
    ("AdaptiveMaxPool3d", (2,), {}, (VOLUME,)),
    ("BatchNorm1d", (4,), {}, ((5, 4),)),
    ("BatchNorm1d", (4,), {"momentum": None}, (LINE,)),
    ("BatchNorm2d", (4,), {"eps": 0.1, "momentum": 0.3}, (IMAGE,)),
    ("BatchNorm2d", (4,), {"bias": False}, (IMAGE,)),
    ("BatchNorm2d", (4,), {"affine": False, "track_running_stats": False}, (IMAGE,)),
    ("BatchNorm3d", (4,), {}, (VOLUME,)),
    ("InstanceNorm1d", (4,), {}, (LINE,)),
    ("InstanceNorm1d", (4,), {"affine": True}, (LINE[1:],)),
    ("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True}, (IMAGE,)),
    ("InstanceNorm3d", (4,), {}, (VOLUME,)),
    ("LayerNorm", (6,), {}, (IMAGE,)),
    ("LayerNorm", ((7, 6),), {"eps": 0.1, "bias": False}, (IMAGE,)),
    ("RMSNorm", (6,), {}, (IMAGE,)),
    ("GroupNorm", (2, 4), {}, (IMAGE,)),
    ("LocalResponseNorm", (3,), {"alpha": 1.0}, (IMAGE,)),
    ("CrossMapLRN2d", (8, 0.5, 0.7, 2), {}, (IMAGE,)),  # of odd sizes PyTorch has other values
    ("Upsample", (), {"scale_factor": 2}, (LINE,)),
    ("Upsample", ((9, 11),), {"mode": "bicubic", "align_corners": True}, (IMAGE,)),
    ("Upsample", (), {"scale_factor": 1.5, "mode": "trilinear", "recompute_scale_factor": True}, (VOLUME,)),
    ("UpsamplingNearest2d", (), {"scale_factor": 2}, (IMAGE,)),
    ("UpsamplingBilinear2d", ((9, 4),), {}, (IMAGE,)),
    ("PixelShuffle", (2,), {}, (IMAGE,)),
    ("PixelUnshuffle", (2,), {}, ((2, 3, 4, 6),)),
    ("ChannelShuffle", (2,), {}, (IMAGE,)),
    ("Unfold", ((2, 3),), {"padding": 1, "stride": 2}, (IMAGE,)),
    ("Fold", ((4, 5), (2, 2)), {}, ((2, 12, 12),)),
    *((f"{kind}Pad1d", ((2, 1),), {}, (LINE,)) for kind in ("Zero", "Reflection", "Replication", "Circular")),
    *((f"{kind}Pad2d", ((2, 1, 0, 3),), {}, (IMAGE,)) for kind in ("Zero", "Reflection", "Replication", "Circular")),
    *((f"{kind}Pad3d", (1,), {}, (VOLUME,)) for kind in ("Zero", "Reflection", "Replication", "Circular")),
    ("ConstantPad1d", ((-2, 1), 0.5), {}, (LINE,)),
    ("ConstantPad2d", (1, 0.5), {}, (IMAGE,)),
    ("ConstantPad3d", (1, 0.5), {}, (VOLUME,)),
    *((name, (), {}, (IMAGE,)) for name in (
        "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid",
        "Mish", "PReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax2d", "Softplus", "Softshrink",
        "Softsign", "Tanh", "Tanhshrink",
    )),
    *((name, (1,), {}, (IMAGE,)) for name in ("LogSoftmax", "Softmax", "Softmin")),
    ("GELU", ("tanh",), {}, (IMAGE,)),
    ("PReLU", (4, 0.1), {}, (IMAGE,)),
    ("Threshold", (0.1, 2.0), {}, (IMAGE,)),
    ("CosineSimilarity", (), {}, ((5, 4), (5, 4))),
    ("PairwiseDistance", (), {"p": 1.0, "keepdim": True}, ((5, 4), (5, 4))),
    ("L1Loss", (), {}, ((5, 4), (5, 4))),
    ("MSELoss", (), {"reduction": "none"}, ((5, 4), (5, 4))),
    ("HuberLoss", ("sum", 0.5), {}, ((5, 4), (5, 4))),
    ("SmoothL1Loss", (), {"beta": 0.5}, ((5, 4), (5, 4))),
    ("KLDivLoss", (), {"reduction": "batchmean", "log_target": True}, ((5, 4), (5, 4))),
    ("PoissonNLLLoss", (), {}, ((5, 4), (5, 4))),
    ("BCEWithLogitsLoss", (), {}, ((5, 4), (5, 4))),
    ("TripletMarginLoss", (), {"margin": 3.0, "swap": True}, ((5, 4), (5, 4), (5, 4))),
    ("TripletMarginWithDistanceLoss", (), {"margin": 3.0}, ((5, 4), (5, 4), (5, 4))),
]  # fmt: skip


def arrays(shapes: tuple[tuple[int, ...], ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("name, args, kwargs, shapes", ROWS, ids=[f"{i}-{row[0]}" for i, row in enumerate(ROWS)])
def test_layer_is_torchs(torch: Any, name: str, args: Any, kwargs: Any, shapes: Any) -> None:
    torch.manual_seed(0)
    ours, theirs = getattr(nn, name)(*args, **kwargs).double(), getattr(torch.nn, name)(*args, **kwargs).double()
    assert_modules_agree(torch, ours, theirs, *arrays(shapes))
    for k, v in theirs.state_dict().items():  # running statistics have followed
        np.testing.assert_allclose(ours.state_dict()[k].numpy(), v.numpy(), rtol=1e-9, err_msg=k)
    ours.zero_grad()
    theirs.zero_grad()
    assert_modules_agree(torch, ours.eval(), theirs.eval(), *arrays(shapes))


CLASSES = [
    ("CrossEntropyLoss", {"label_smoothing": 0.1, "ignore_index": 2}, "index"),
    ("CrossEntropyLoss", {"weight": [0.5, 1.0, 2.0], "reduction": "none"}, "index"),
    ("NLLLoss", {"weight": [0.5, 1.0, 2.0]}, "index"),
    ("MultiMarginLoss", {"p": 2, "weight": [0.5, 1.0, 2.0]}, "index"),
    ("MultiLabelMarginLoss", {"reduction": "sum"}, "labels"),
    ("MultiLabelSoftMarginLoss", {"weight": [0.5, 1.0, 2.0]}, "zero or one"),
    ("BCEWithLogitsLoss", {"pos_weight": [0.5, 1.0, 2.0], "weight": [1.0, 2.0, 3.0]}, "zero or one"),
    ("HingeEmbeddingLoss", {"margin": 0.7}, "sign"),
    ("SoftMarginLoss", {}, "sign"),
]
TARGETS = {
    "index": np.array([0, 2, 1, 0]),
    "labels": np.array([[1, -1, 0], [0, 1, 2], [-1, 0, 0], [2, 0, -1]]),
    "zero or one": np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0], [1, 1, 1]]),
    "sign": np.array([[1, -1, 1]] * 4),
}


@pytest.mark.parametrize("name, kwargs, kind", CLASSES, ids=[f"{i}-{row[0]}" for i, row in enumerate(CLASSES)])
def test_loss_of_classes_is_torchs(torch: Any, name: str, kwargs: dict[str, Any], kind: str) -> None:
    def made(library: Any, tensor: Any) -> Any:
        own = {k: tensor(v) if isinstance(v, list) else v for k, v in kwargs.items()}
        return getattr(library, name)(**own).double()

    target = TARGETS[kind] * 1.0 if kind == "zero or one" else TARGETS[kind]
    ours, theirs = made(nn, ag.tensor), made(torch.nn, torch.tensor)
    assert_modules_agree(torch, ours, theirs, np.random.default_rng(0).standard_normal((4, 3)), target)


@pytest.mark.parametrize("nd, shape", [(1, LINE), (2, IMAGE), (3, VOLUME)])
def test_unpooling_goes_back(torch: Any, nd: int, shape: tuple[int, ...]) -> None:
    (x,) = arrays((shape,))

    def there_and_back(library: Any, t: Any) -> np.ndarray:
        y, where = getattr(library, f"MaxPool{nd}d")(2, return_indices=True)(t)
        return getattr(library, f"MaxUnpool{nd}d")(2)(y, where, output_size=shape).numpy()

    np.testing.assert_array_equal(there_and_back(nn, ag.tensor(x)), there_and_back(torch.nn, torch.tensor(x)))


def test_linear_of_nothing(torch) -> None:
    """No features, or no rows: the bias alone, and gradients of the right shapes."""
    for batch, features in (((2, 3), 0), ((0, 3), 4), ((5,), 0)):
        found = []
        for lib in (ag, torch):
            x, w = lib.zeros(*batch, features, requires_grad=True), lib.zeros(6, features, requires_grad=True)
            b = lib.arange(6.0).requires_grad_()
            y = lib.nn.functional.linear(x, w, b)
            y.sum().backward()
            found.append([y.tolist(), x.grad.tolist(), w.grad.tolist(), b.grad.tolist()])
        assert found[0] == found[1]
