"""The GPU's kernels against the reference: every sample, every dtype, every layout, on the card or on the emulator."""

from __future__ import annotations

from collections import defaultdict

import pytest

from backends.cuda import Cuda
from tests.backends.sample import LAYOUTS, Sample, agree
from tests.backends.samples import SAMPLES

BY_KERNEL: dict[str, list[Sample]] = defaultdict(list)
for _sample in SAMPLES:
    BY_KERNEL[_sample.kernel].append(_sample)
kernels = pytest.mark.parametrize("kernel", BY_KERNEL)


@kernels
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_as_the_reference(kernel: str, dtype: str, cuda: Cuda) -> None:
    for sample in BY_KERNEL[kernel]:
        agree(cuda, sample, dtype)


@kernels
@pytest.mark.parametrize("layout", LAYOUTS)
def test_strides_do_not_matter(kernel: str, layout: str, cuda: Cuda) -> None:
    if layout == "expanded" and kernel.endswith("norm"):
        pytest.skip("the deviation of a constant row is a rounding error, divided by sqrt(eps)")
    for sample in BY_KERNEL[kernel]:
        agree(cuda, sample, "float32", layout)
