"""Every kernel on every layout and dtype: the same numbers, new arrays, arguments untouched."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from tests.backends.sample import LAYOUTS, REFERENCE, TOLERANCE, Sample, close, each, flat, run
from tests.backends.samples import SAMPLES

BY_KERNEL: dict[str, list[Sample]] = defaultdict(list)
for _sample in SAMPLES:
    BY_KERNEL[_sample.kernel].append(_sample)

kernels = pytest.mark.parametrize("kernel", BY_KERNEL)
readers = pytest.mark.parametrize("kernel", [kernel for kernel in BY_KERNEL if not kernel.endswith("_")])
STRIDES = [name for name in LAYOUTS if name not in ("contiguous", "expanded")]
DRAWN = ("random_bits", "uniform", "normal", "randint", "permutation")


def answer(sample: Sample, arguments: list) -> list[np.ndarray | None]:
    return flat(REFERENCE, getattr(REFERENCE, sample.kernel)(*arguments, **sample.options))


@kernels
def test_strides_do_not_matter(kernel) -> None:
    for sample in BY_KERNEL[kernel]:
        expected = run(REFERENCE, sample, "float32")
        for layout in STRIDES:
            for a, b in zip(run(REFERENCE, sample, "float32", layout), expected, strict=True):
                close(a, b, TOLERANCE["float32"] * sample.tolerance, f"{sample.id}, {layout}")


@readers
def test_a_repeated_axis_is_as_good_as_a_copied_one(kernel) -> None:
    for sample in BY_KERNEL[kernel]:
        arguments = each(sample.arguments("float64"), lambda a: LAYOUTS["expanded"](np, a))
        for a, b in zip(answer(sample, arguments), answer(sample, each(arguments, np.array)), strict=True):
            close(a, b, TOLERANCE["float64"] * sample.tolerance, sample.id)


@readers
def test_arguments_are_neither_changed_nor_returned(kernel) -> None:
    for sample in BY_KERNEL[kernel]:
        arguments = each(sample.arguments("float64"), lambda a: a)
        result = answer(sample, arguments)
        given, before = flat(REFERENCE, arguments), flat(REFERENCE, each(sample.arguments("float64"), lambda a: a))
        for a, b in zip(given, before, strict=True):
            np.testing.assert_array_equal(a, b, err_msg=sample.id)
        assert not any(np.shares_memory(a, b) for a in result for b in given if b is not None), sample.id


@pytest.mark.parametrize("kernel", [kernel for kernel in BY_KERNEL if kernel not in DRAWN])
def test_half_precision_is_near_double(kernel) -> None:
    """float16 results have float16's precision: sums are kept in float32."""
    for sample in BY_KERNEL[kernel]:
        if any(word in sample.label for word in ("extreme", "special")):  # past float16's range
            continue
        half = each(sample.arguments("float16"), lambda a: a)
        double = each(half, lambda a: a.astype("float64") if a.dtype.kind == "f" else a.copy())
        for a, b in zip(answer(sample, half), answer(sample, double), strict=True):
            if b is not None and b.dtype.kind == "f":
                assert a.dtype in (np.float16, np.float32), sample.id
                close(a.astype("float64"), b.astype("float64"), TOLERANCE["float16"], sample.id)
