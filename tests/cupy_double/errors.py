"""Errors of the CUDA runtime."""

from __future__ import annotations

_CODES = {
    "cudaErrorInvalidValue": (1, "invalid argument"),
    "cudaErrorInvalidDevice": (101, "invalid device ordinal"),
    "cudaErrorInvalidResourceHandle": (400, "invalid resource handle"),
    "cudaErrorNotReady": (600, "device not ready"),
}


class CUDARuntimeError(RuntimeError):
    """``name: text``, with the number of the error in ``status``."""

    def __init__(self, name: str) -> None:
        self.status, text = _CODES[name]
        super().__init__(f"{name}: {text}")
