"""Mistakes that a kernel's writer might make, planted one at a time: a checker or the comparison of values tells each."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from backends.cuda import Cuda
from tests import devices
from tests.backends.trials import TRIALS, Recorder, Trial, edited
from tests.emulator import KernelFault, build

pytestmark = pytest.mark.skipif(devices.real_cupy() is not None, reason="about the emulator")

RACE, MEMORY, BARRIER, UNWRITTEN, VALUES = "racecheck", "memcheck", "synccheck", "initcheck", "values"


class Fault(NamedTuple):
    """An edit of a family's source, the sample that meets it, and who tells."""

    family: str
    old: str
    new: str
    sample: str
    told_by: str
    layout: str = "contiguous"

    @property
    def trial(self) -> Trial:
        """The sample among the family's trials."""
        return next(t for t in TRIALS[self.family] if t.sample.id == self.sample and t.layout == self.layout)


FAULTS = {
    # -- barriers
    "attention: weights are read while others still write them": Fault(
        "attention",
        "layout.v_width);\n        __syncthreads();\n        accumulate",
        "layout.v_width);\n        accumulate",
        "attention-uneven",
        RACE,
    ),
    "attention: threads without queries leave before the barrier": Fault(
        "attention",
        "    for (int from = 0; from < end; from += TILE_S) {",
        "    if (first + ty * ROWS >= layout.queries) return;\n    for (int from = 0; from < end; from += TILE_S) {",
        "attention-uneven",
        BARRIER,
    ),
    "attention_grad: keys overwrite values that are still read": Fault(
        "attention_grad",
        "dot(above, keys, layout.v_width, slope);\n        __syncthreads();",
        "dot(above, keys, layout.v_width, slope);",
        "attention_grad-uneven",
        RACE,
    ),
    "conv: no barrier between two tiles": Fault(
        "conv",
        "if (tile + 1 < tiles) store(tile + 1);\n        __syncthreads();",
        "if (tile + 1 < tiles) store(tile + 1);",
        "conv-tiles",
        RACE,
    ),
    "conv_tensor_layout: a square is written out before all of it is there": Fault(
        "conv_tensor_layout",
        "    __syncthreads();\n    const bool packs_out",
        "    const bool packs_out",
        "conv-tensor",
        RACE,
    ),
    "matmul: no barrier before the next tile is stored": Fault(
        "matmul",
        "__syncthreads();\n            store(left",
        "store(left",
        "matmul-uneven",
        RACE,
    ),
    "reduction: no barrier between the steps of a tree": Fault(
        "reduction",
        "        __syncthreads();\n        if (threadIdx.y >= half) continue;",
        "        if (threadIdx.y >= half) continue;",
        "channel_sum-2d",
        RACE,
    ),
    "softmax: no barrier before the parts of a column are joined": Fault(
        "softmax",
        "parts[threadIdx.y][threadIdx.x] = all;\n    __syncthreads();",
        "parts[threadIdx.y][threadIdx.x] = all;",
        "softmax-middle",
        RACE,
    ),
    "softmax: only warps with a column reach the barrier": Fault(
        "softmax",
        "    sum = block_sum(sum, scratch);",
        "    if (4 * threadIdx.x < n - 256) sum = block_sum(sum, scratch);",
        "softmax_grad-1030",
        BARRIER,
    ),
    # -- other races
    "conv_tensor: a tile is multiplied before its copies have arrived": Fault(
        "conv_tensor",
        "cp_async_wait<STAGES - 2>();",
        "",
        "conv-tensor",
        RACE,
    ),
    "conv_tensor_weight: a copy overwrites the tile that is multiplied": Fault(
        "conv_tensor_weight",
        "if (tile + STAGES - 1 < tiles) load(free);",
        "load(stage);",
        "conv_weight-tensor",
        RACE,
    ),
    "indexing: additions to one row without atomics": Fault(
        "indexing",
        "atomicAdd(out + row * width + (e - m * width), acc_t(src[e]))",
        "out[row * width + (e - m * width)] += acc_t(src[e])",
        "index_add_-negative",
        RACE,
    ),
    # -- bounds
    "loss: the tail of a row is not masked": Fault(
        "loss",
        "if (c < n) spread += (log_sum",
        "spread += (log_sum",
        "cross_entropy-7",
        MEMORY,
    ),
    "conv_tensor_layout: channels that are padding are read": Fault(
        "conv_tensor_layout",
        "channel + e < channels ? from[e] : scalar_t(0.0f)",
        "from[e]",
        "conv-tensor",
        MEMORY,
        "channels_last",
    ),
    "matmul: the last rows of a tile are not masked": Fault(
        "matmul",
        "first_line + line < lines && from + depth < k",
        "from + depth < k",
        "matmul-uneven",
        MEMORY,
    ),
    "optimizer: one element too many": Fault(
        "optimizer",
        "i = 4 * whole + threadIdx.x; i < n;",
        "i = 4 * whole + threadIdx.x; i <= n;",
        "sgd_-nesterov",
        MEMORY,
    ),
    "conv_columns: padding is read": Fault(
        "conv_columns",
        "columns[t * row_step] = inside(point, tap, geo) ? x[point.source + tap.source] : scalar_t(0);",
        "columns[t * row_step] = x[point.source + tap.source];",
        "conv-packs",
        MEMORY,
    ),
    "pooling: sums that begin with what was there": Fault(
        "pooling",
        "i += threads) sums[i] = acc_t(0), bids[i] = 0;",
        "i += threads) bids[i] = 0;",
        "pool_scatter-3x3-int32",
        UNWRITTEN,
    ),
    # -- values
    "attention: a query does not see itself": Fault(
        "attention", "layout.causal && t < s", "layout.causal && t <= s", "attention-causal", VALUES
    ),
    "attention_grad: delta is forgotten": Fault(
        "attention_grad",
        "exponential(s - top[i]) * (slope[i][j] - mean[i])",
        "exponential(s - top[i]) * slope[i][j]",
        "attention_grad-uneven",
        VALUES,
    ),
    "conv_narrow: the last share of a sum is not added": Fault(
        "conv_narrow",
        "for (int s = 0; s < splits; ++s) sum += parts[s * n + i];",
        "for (int s = 0; s < splits - 1; ++s) sum += parts[s * n + i];",
        "conv_weight-tiles",
        VALUES,
    ),
    "conv_tensor: the stride of a line taken for that of a column": Fault(
        "conv_tensor",
        "w = at.low * problem.stride_w + part.first_w;",
        "w = at.low * problem.step_w + part.first_w;",
        "conv-tensor",
        VALUES,
    ),
    "dropout: channels-last masks begin at the wrong word": Fault(
        "dropout",
        "const long long place = 4 * block + j - plane;",
        "const long long place = 4 * (rest - image * groups) + j;",
        "dropout-odd",
        VALUES,
        "channels_last",
    ),
    "activation: the gradient of ELU without its rate": Fault(
        "activation", "* (alpha * scale * rate))", "* (alpha * scale))", "activation_grad-elu-4d", VALUES
    ),
    "elementwise: half of the derivative of GELU": Fault(
        "elementwise",
        "(acc_t(1) + error_function(v * SQRT_HALF)) + v * slope",
        "(acc_t(1) + error_function(v * SQRT_HALF))",
        "gelu_grad-4d",
        VALUES,
    ),
    "normalization: deviations are merged without the distance of their means": Fault(
        "normalization",
        "a.square + b.square + apart * apart * a.count * part",
        "a.square + b.square",
        "batch_norm-2d",
        VALUES,
    ),
    "normalization: the gradient of what was cut off": Fault(
        "normalization",
        "result[j] > acc_t(0) ? u[j] : acc_t(0)",
        "u[j]",
        "batch_norm_relu_grad-2d",
        VALUES,
    ),
    "normalization_layer: a mean over too many": Fault(
        "normalization_layer",
        "slope = warp_sum(sum_h) / acc_t(n);",
        "slope = warp_sum(sum_h) / acc_t(n - 1);",
        "layer_norm_grad-7",
        VALUES,
    ),
    "optimizer: Adam without the correction of the second moment": Fault(
        "optimizer", "square_root(square) * unbias + eps", "square_root(square) + eps", "adam_-decay", VALUES
    ),
    "pooling: of equal values the last": Fault(
        "pooling", "value > best[v] || value != value", "value >= best[v] || value != value", "max_pool-3x3", VALUES
    ),
    "pooling: padding counts as zero": Fault(
        "pooling",
        "if (inside(w, win.width.size)) see(row + w, image[static_cast<long long>(row + w) * inner]);",
        "see(row + w, inside(w, win.width.size) ? image[static_cast<long long>(row + w) * inner] : Values<V>{});",
        "max_pool-3x3",
        VALUES,
    ),
    "random: the counter of Philox is off by one": Fault(
        "random",
        "const Words w = philox(seed, offset + p);\n#pragma unroll\n        for (int j = 0; j < 4; ++j) r[j]",
        "const Words w = philox(seed, offset + p + 1);\n#pragma unroll\n        for (int j = 0; j < 4; ++j) r[j]",
        "random_bits-7",
        VALUES,
    ),
    "recurrent: gates in the wrong order": Fault(
        "recurrent", "v + z * (acc_t(h[at]) - v)", "v + r * (acc_t(h[at]) - v)", "gru_cell-small", VALUES
    ),
    "softmax: the maximum is not subtracted": Fault("softmax", "        v -= top;\n", "", "softmax-extreme", VALUES),
}


@pytest.fixture(autouse=True)
def quick_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not optimized a source compiles in a quarter of the time; what is lost are names of lines in messages."""
    monkeypatch.setattr(build, "_CHECK", ("-O0", *build._CHECK[1:]))


@pytest.fixture(scope="module")
def healthy() -> Recorder:
    """The emulator that runs sources as they are."""
    return Recorder()


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_told(name: str, cuda: Cuda, healthy: Recorder) -> None:
    fault = FAULTS[name]
    fault.trial.run(Cuda(cuda.xp, healthy))
    with edited(fault.family, fault.old, fault.new), pytest.raises((AssertionError, KernelFault)) as caught:
        fault.trial.run(Cuda(cuda.xp, Recorder()))
    assert fault.told_by in tellers(caught.value), caught.value


def tellers(error: BaseException) -> set[str]:
    """The checkers that a kernel's fault names, or ``VALUES`` where results were compared."""
    return {VALUES} if isinstance(error, AssertionError) else set(re.findall(r"\b(\w+check): ", str(error)))


def test_faults_are_spread_over_checkers_and_families() -> None:
    assert {fault.told_by for fault in FAULTS.values()} == {RACE, MEMORY, BARRIER, UNWRITTEN, VALUES}
    assert {fault.family for fault in FAULTS.values()} == set(TRIALS)
