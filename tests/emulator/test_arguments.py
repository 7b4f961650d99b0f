"""Arguments are compared with what the C++ compiler knows of a kernel's parameters."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from backends.cuda.compiler import KERNELS
from backends.cuda.launch import Kernel, entries
from tests.emulator.arguments import check_arguments
from tests.emulator.emulator import Emulator


class Double:
    """An array of a device that is a NumPy array."""

    def __init__(self, array: np.ndarray) -> None:
        self.dtype, self.shape, self.strides = array.dtype, array.shape, array.strides
        self.data = SimpleNamespace(ptr=array.ctypes.data)
        self._array = array


GEOMETRY = "struct Geometry { int n; double scale; };\n"
PARAMETERS = """const float* __restrict__ x, half_t* y, void* z, const Geometry* table, int n, long long m, float f,
bool b, unsigned u, Geometry geo"""
F32 = Double(np.zeros((2, 3), np.float32))
F16 = Double(np.zeros((2, 3), np.float16))
GOOD = (F32, F16, F32, None, 1, 2**40, 0.5, True, 3, bytes(16))


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    common = (KERNELS / "common.cuh").read_text()
    source = f'{common}{GEOMETRY}extern "C" __global__ void k({PARAMETERS}) {{}}'
    emulator = Emulator()
    return Kernel("k", entries(source)["k"], {}, emulator.compile(source, (), "k.cu"), emulator)


def test_right_arguments_pass(kernel: Kernel) -> None:
    Emulator().validate(kernel, GOOD)
    for x in (
        np.zeros((2, 3, 4), np.float32).transpose(2, 0, 1),
        np.zeros((0, 3), np.float32),
        np.zeros((), np.float32),
    ):
        Emulator().validate(kernel, (Double(x), *GOOD[1:]))
    Emulator().validate(kernel, (None, None, None, None, np.int32(1), np.int64(2), 1, np.True_, np.uint8(3), bytes(16)))


@pytest.mark.parametrize(
    "position, value, error, says",
    [
        (0, F16, TypeError, r"k: parameter x is const float32\*, got an array of float16"),
        (1, F32, TypeError, r"k: parameter y is float16\*, got an array of float32"),
        (0, np.zeros(3, np.float32), TypeError, "parameter x .*got ndarray: expected an array of the device, or None"),
        (0, 3, TypeError, "parameter x .*got int: expected an array"),
        (
            0,
            Double(np.zeros((4, 3), np.float32)[:, :2]),
            TypeError,
            r"got an array of shape \(4, 2\) with strides \(12, 4\): its memory has gaps",
        ),
        (0, Double(np.zeros(4, np.float32)[::-1]), TypeError, "gaps or overlaps"),
        (0, Double(np.broadcast_to(np.zeros(1, np.float32), (4,))), TypeError, "gaps or overlaps"),
        (4, 2**31, OverflowError, "k: parameter n is int32, 2147483648 does not fit"),
        (4, 1.0, TypeError, "k: parameter n is int32, got float"),
        (4, F32, TypeError, "k: parameter n is int32, got Double"),
        (5, 2**63, OverflowError, "parameter m is int64, .* does not fit"),
        (6, None, TypeError, "k: parameter f is float32, got NoneType"),
        (7, 2, OverflowError, "parameter b is bool, 2 does not fit"),
        (8, -1, OverflowError, "parameter u is uint32, -1 does not fit"),
        (9, bytes(12), TypeError, "k: parameter geo is struct, of 16 bytes, got 12 bytes"),
        (9, 1, TypeError, "k: parameter geo is struct, got int: expected bytes"),
    ],
)
def test_wrong_arguments_are_refused(
    kernel: Kernel, position: int, value: object, error: type[Exception], says: str
) -> None:
    args = (*GOOD[:position], value, *GOOD[position + 1 :])
    with pytest.raises(error, match=says):
        Emulator().validate(kernel, args)


def test_a_wrong_number_of_arguments_is_refused() -> None:
    with pytest.raises(TypeError, match="k: 0 parameters, 1 arguments"):
        check_arguments("k", (), (), (1,))
