"""Whether the functions of ``nn.init`` act: ``nn.utils.skip_init`` switches them off while a module is made."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

from autograd.grad_mode import no_grad
from autograd.tensor import Tensor

P = ParamSpec("P")


class _Mode(threading.local):
    """Whether tensors keep the values that they have, in one thread."""

    skip = False


_mode = _Mode()


@contextmanager
def skipped() -> Iterator[None]:
    """Inside, the functions of ``nn.init`` leave tensors as they are."""
    outer, _mode.skip = _mode.skip, True
    try:
        yield
    finally:
        _mode.skip = outer


def initialiser(fill: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Runs ``fill`` outside the graph, or not at all within ``skipped``."""

    @functools.wraps(fill)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        given: Any = args or [kwargs["tensor"]]
        tensor: Tensor = given[0]
        if _mode.skip or tensor.is_meta:
            return tensor
        with no_grad():
            return fill(*args, **kwargs)

    return wrapped
