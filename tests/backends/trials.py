"""Small calls that between them reach every kernel of every family: ``TRIALS``, by family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from backends.cuda import Cuda, compiler, conv
from backends.cuda.conv_algorithm import Choice
from backends.cuda.conv_tensor import TILES
from backends.geometry import Conv, Pool
from tests.backends.sample import REFERENCE, Draw, Sample, Table, agree
from tests.backends.samples import SAMPLES
from tests.backends.samples_more import ACTIVATIONS
from tests.emulator import Emulator

ALGORITHMS = {"columns": Choice("columns"), "direct": Choice("direct"), "tensor": Choice("tensor", TILES[-1])}


class Trial(NamedTuple):
    """A sample, and how it is run."""

    sample: Sample
    layout: str = "contiguous"
    dtype: str = "float32"
    algorithm: str = "direct"  # of convolutions

    def run(self, be: Cuda) -> None:
        """Asserts that the backend answers as the reference does."""
        with mock.patch.object(conv, "choices", return_value=(ALGORITHMS[self.algorithm],)):
            agree(be, self.sample, self.dtype, self.layout)


class Recorder(Emulator):
    """An emulator in check mode that knows what it has run."""

    def __init__(self) -> None:
        super().__init__("check")
        self.executed: set[tuple[str, str]] = set()  # family, entry point
        self.blas = None

    def start(self, function: Any, *launch: int) -> None:
        """Runs a kernel to its end."""
        super().start(function, *launch)
        self.executed.add((function.library.path.name.rpartition("-")[0], function.entry.name))


@contextmanager
def edited(family: str, old: str, new: str) -> Iterator[None]:
    """Within, one place of a family's source reads ``new`` instead of ``old``."""
    plain = compiler.source

    def source(name: str) -> str:
        return plain(name).replace(old, new) if name == family else plain(name)

    found = plain(family).count(old)
    assert found == 1, f"{family}: the text to be changed is there {found} times:\n{old}"
    with mock.patch.object(compiler, "source", source):
        yield


TRIALS: dict[str, list[Trial]] = defaultdict(list)
LAYOUTS = "contiguous", "channels_last"
_BY_ID = {sample.id: sample for sample in SAMPLES}
_OWN = Table()


def _add(family: str, *ids: str, layouts: tuple[str, ...] = ("contiguous",), **how: str) -> None:
    """Trials of samples, of those below or of ``SAMPLES``."""
    known = _BY_ID | {sample.id: sample for sample in _OWN}
    TRIALS[family] += [Trial(known[name], layout, **how) for name in ids for layout in layouts]


# -- windows -----------------------------------------------------------------------------------------------------------


def _conv(label: str, x: tuple[int, ...], w: tuple[int, ...], stride: int = 1, padding: int = 1) -> list[str]:
    """A convolution with its two gradients."""
    same = {"stride": (stride, stride), "padding": (padding, padding), "dilation": (1, 1)}
    geo = Conv.of(x, w, groups=x[1] // w[1], **same)
    y = x[0], w[0], *geo.out
    _OWN.add("conv", label, lambda d: (d(*x), d(*w), d(w[0]), geo))
    _OWN.add("conv_input", label, lambda d: (d(*y), d(*w), geo))
    _OWN.add("conv_weight", label, lambda d: (d(*y), d(*x), geo), tolerance=3)
    return [f"{kernel}-{label}" for kernel in ("conv", "conv_input", "conv_weight")]


_tiles = _conv("tiles", (1, 8, 8, 9), (9, 8, 3, 3))  # 72 positions: the sums of the weights' gradient are split
_add("conv", *_tiles, layouts=LAYOUTS)
_add("conv", *_conv("tiles-strided", (1, 8, 7, 8), (10, 8, 3, 3), stride=2))
_depthwise = _conv("depthwise", (2, 20, 5, 6), (20, 1, 3, 3))
_add("conv_narrow", *_depthwise, layouts=LAYOUTS)
_add("conv_narrow", "conv_weight-tiles")
_add("conv_columns", *_conv("packs", (2, 4, 5, 6), (5, 4, 3, 3), stride=2), layouts=LAYOUTS, algorithm="columns")
_add("conv_columns", "conv-2d", layouts=LAYOUTS[1:], algorithm="columns")
_solid = [f"{kernel}-3d" for kernel in ("conv", "conv_input", "conv_weight")]
_add("conv", *_solid)
_add("conv_columns", *_solid, algorithm="columns")
_tensor = _conv("tensor", (1, 19, 5, 6), (18, 19, 3, 3), stride=2)
for _family in ("conv_tensor", "conv_tensor_layout", "conv_tensor_weight"):
    _ids = [name for name in _tensor if ("weight" in _family) == ("weight" in name)]
    _add(_family, *_ids, layouts=LAYOUTS, dtype="float16", algorithm="tensor")


def _pool(label: str, x: tuple[int, ...], kernel: int, stride: int, padding: int) -> None:
    """All pooling over one geometry; values have ties, and lie below the 0 that padding must not be."""
    how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": 1}
    geo = Pool.of(x, **{name: (value, value) for name, value in how.items()})
    y, size = (*x[:2], *geo.out), geo.size

    def places(d: Draw, dtype: str) -> np.ndarray:
        return d.ints(size[0] * size[1], *y).astype(dtype)

    _OWN.add("max_pool", label, lambda d: (d.tied(*x) - 9, geo))
    _OWN.add("pool_scatter", label, lambda d: (d(*y), REFERENCE.max_pool(d(*x), geo)[1], size, geo))
    _OWN.add("avg_pool", label, lambda d: (d(*x), geo))
    _OWN.add("avg_pool_grad", label, lambda d: (d(*y), geo))
    _OWN.add("unfold", label, lambda d: (d(*x), geo))
    _OWN.add("fold", label, lambda d: (d(x[0], x[1] * kernel * kernel, geo.out[0] * geo.out[1]), geo))
    for dtype in ("int32", "int64"):
        _OWN.add("pool_scatter", f"{label}-{dtype}", lambda d, t=dtype: (d(*y), places(d, t), size), tolerance=3)
        _OWN.add("pool_gather", f"{label}-{dtype}", lambda d, t=dtype: (d(*x), places(d, t)))


_pool("3x3", (2, 4, 7, 6), kernel=3, stride=2, padding=1)
_pool("4x4", (1, 3, 9, 8), kernel=4, stride=3, padding=2)
for _label in ("3x3", "4x4"):
    for _kernel in ("max_pool", "pool_scatter", "avg_pool", "avg_pool_grad"):
        _add("pooling", f"{_kernel}-{_label}", layouts=LAYOUTS)
    for _kernel in ("pool_scatter", "pool_gather"):
        _add("pooling", f"{_kernel}-{_label}-int32", f"{_kernel}-{_label}-int64")
    _add("pooling", f"unfold-{_label}", f"fold-{_label}")
_add("pooling", "adaptive_max_pool-2d-uneven", "adaptive_avg_pool-2d-uneven", "adaptive_avg_pool_grad-2d-uneven")
_add("pooling", "adaptive_avg_pool-2d-one", layouts=LAYOUTS)

# -- rows and channels: widths at which a warp, more of its registers, or a block have a row --------------------------
WIDTHS = 7, 301, 1030


def _normed(d: Draw, shape: tuple[int, int]) -> tuple[Any, ...]:
    x = d(*shape)
    return d(*shape), x, d(shape[1]), *REFERENCE.layer_norm(x, None, None, 1e-2)[1:]


def _classed(d: Draw, rows: int, n: int) -> tuple[Any, ...]:
    return d(rows, n) * 3, d.ints(n, rows), d.positive(n)


def _classed_grad(d: Draw, rows: int, n: int) -> tuple[Any, ...]:
    x, target, weight = _classed(d, rows, n)
    return d(rows), x, target, REFERENCE.cross_entropy(x, target, weight, -100, 0.1)[1], weight, -100, 0.1


for _n in WIDTHS:
    _m = 9 if _n < 256 else 2
    _OWN.add("softmax", f"{_n}", lambda d, s=(_m, _n): (d(*s) * 3, 1))
    _OWN.add("log_softmax", f"{_n}", lambda d, s=(_m, _n): (d(*s) * 3, 1))
    _OWN.add("softmax_grad", f"{_n}", lambda d, s=(_m, _n): (d(*s), REFERENCE.softmax(d(*s), 1), 1), tolerance=3)
    _OWN.add("layer_norm", f"{_n}", lambda d, s=(_m, _n): (d(*s), d(s[1]), d(s[1]), 1e-2), tolerance=3)
    _OWN.add("layer_norm_grad", f"{_n}", lambda d, s=(_m, _n): _normed(d, s), tolerance=10)
    _OWN.add("cross_entropy", f"{_n}", lambda d, m=_m, n=_n: (*_classed(d, m, n), -100, 0.1), tolerance=3)
    _OWN.add("cross_entropy_grad", f"{_n}", lambda d, m=_m, n=_n: _classed_grad(d, m, n), tolerance=3)
    _add("softmax", f"softmax-{_n}", f"log_softmax-{_n}", f"softmax_grad-{_n}")
    _add("normalization_layer", f"layer_norm-{_n}", f"layer_norm_grad-{_n}")
    _add("loss", f"cross_entropy-{_n}", f"cross_entropy_grad-{_n}")
_add("softmax", "softmax-extreme", "softmax-middle", "softmax_grad-middle", "log_softmax-channels")
_add("loss", "cross_entropy-all", "cross_entropy_grad-ignore")
_add("normalization", "batch_norm-2d", "batch_norm_grad-2d", "batch_norm-rows", layouts=LAYOUTS)
_add("reduction", "channel_sum-2d", layouts=LAYOUTS)
_OWN.add("channel_sum", "packs", lambda d: (d(3, 8, 6, 6),), tolerance=10)
_OWN.add("channel_sum", "split", lambda d: (d(3, 3, 41, 31),), tolerance=10)  # several blocks share a channel
_OWN.add("batch_norm", "split", lambda d: (d(3, 3, 41, 31) + 1, d(3), d(3), 1e-3), tolerance=3)
_add("normalization", "batch_norm-split", layouts=LAYOUTS)
for _name in ("", "-plain"):
    _add("normalization", f"batch_norm_relu-2d{_name}", f"batch_norm_relu_grad-2d{_name}", layouts=LAYOUTS)
_add("reduction", "channel_sum-packs", "channel_sum-split", layouts=LAYOUTS)
_add("reduction", "square_sum-several")

# -- the rest ----------------------------------------------------------------------------------------------------------
_add("attention", "attention-uneven", "attention-causal", "attention-bool", "attention-added", "attention-row-masked")
_add("attention_grad", "attention_grad-uneven", "attention_grad-bool-causal")
_add("attention", "attention-tiles")
_add("attention_grad", "attention_grad-tiles")
_OWN.add("dropout", "odd", lambda d: (d(2, 3, 5, 3), 0.4, 7, 1))
_add("dropout", "dropout-tenth", "dropout-odd", layouts=LAYOUTS)
_add("dropout", "dropout-none")
for _kernel in (
    "erf",
    "sigmoid",
    "sigmoid_grad",
    "relu",
    "relu_grad",
    "gelu",
    "gelu_grad",
    "gelu-tanh",
    "gelu_grad-tanh",
):
    _name, _, _tanh = _kernel.partition("-")
    _add("elementwise", f"{_name}-1d{'-tanh' if _tanh else ''}", f"{_name}-4d{'-tanh' if _tanh else ''}")
for _kind in ACTIVATIONS:
    _add("activation", f"activation-{_kind}-1d", f"activation-{_kind}-4d", f"activation-{_kind}-specials")
    _add(
        "activation", f"activation_grad-{_kind}-1d", f"activation_grad-{_kind}-4d", f"activation_grad-{_kind}-specials"
    )
_add("indexing", "check_positions-table", "gather_rows-small", "gather-columns", "scatter_rows-small")
_add("indexing", "index_add_-negative", "index_add_-pair", "scatter_add_-columns")
_add("indexing", "index_add_-array", "scatter_add_-columns", dtype="float16")  # without atomics
_OWN.add("scatter_rows", "sorted", lambda d: (d(4100, 1), d.ints(4, 4100), 4), tolerance=10)
_OWN.add("scatter_rows", "counted", lambda d: (d(150, 2), d.ints(9, 150), 9), tolerance=3)
_add("indexing", "scatter_rows-counted", "scatter_rows-sorted")
_add("matmul", "matmul-uneven", "matmul-batch", "linear-bias")
for _label in ("sgd_-plain-new", "sgd_-nesterov-new", "sgd_-nesterov", "adam_-decay", "adam_-decay-amsgrad"):
    _add("optimizer", _label)
_add("optimizer", "scale_-number", "scale_-array")
_add("random", *(f"{_kernel}-7" for _kernel in ("random_bits", "uniform", "normal", "randint")))
_add("recurrent", *(f"{_kernel}-small" for _kernel in ("lstm_cell", "lstm_cell_grad", "gru_cell", "gru_cell_grad")))
