"""Which precision kernels may trade for speed, and whether they may choose or must repeat themselves.

One object, ``settings``: ``autograd.backends`` writes it, kernels read it when they are called.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    """The switches.

    Attributes:
        conv_tf32: float32 convolutions may round their factors to TF32, 10 bits after the point.
        matmul_tf32: so may float32 matrix products.
        matmul_bf16: float32 matrix products may even round to bfloat16, 7 bits.
        benchmark: the first call with new shapes may time several algorithms and keep the fastest.
        deterministic: the same input gives the same bits on every run.

    Example:
        >>> Settings().conv_tf32, Settings().matmul_tf32
        (True, False)
    """

    conv_tf32: bool = True
    matmul_tf32: bool = False
    matmul_bf16: bool = False
    benchmark: bool = False
    deterministic: bool = False


settings = Settings()
