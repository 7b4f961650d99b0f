"""CUDA kernels on the CPU: the very same sources, compiled by g++, run thread by thread and checked."""

from __future__ import annotations

from tests.emulator.emulator import Emulator, KernelFault

__all__ = ["Emulator", "KernelFault"]
