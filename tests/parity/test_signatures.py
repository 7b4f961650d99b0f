"""Arguments by name, place and default are PyTorch's, but for what ``differences.py`` lists."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import autograd
import nn
import optim
from tests.parity.differences import SIGNATURES
from tests.parity.signatures import faults, is_there, ours, theirs

pytestmark = pytest.mark.cpu_only("signatures do not depend on the device")
torch = pytest.importorskip("torch")


def both(prefix: str, mine: Any, other: Any) -> Iterator[str]:
    """The public names that a place has here and in PyTorch."""
    for name in sorted(set(dir(other))):
        full = f"{prefix}.{name}"
        if not name.startswith("_") and is_there(ours, full) and is_there(theirs, full):
            a, b = ours(full), theirs(full)
            if callable(a) and callable(b) and not isinstance(b, ModuleType) and not isinstance(b, torch.dtype):
                yield full


def names() -> Iterator[str]:
    yield from both("torch", autograd, torch)
    yield from both("Tensor", autograd.Tensor, torch.Tensor)
    yield from both("F", nn.functional, torch.nn.functional)
    yield from both("nn", nn, torch.nn)
    yield from both("nn.init", nn.init, torch.nn.init)
    yield from both("nn.utils", nn.utils, torch.nn.utils)
    yield from both("optim", optim, torch.optim)
    yield from both("optim.lr_scheduler", optim.lr_scheduler, torch.optim.lr_scheduler)


def test_arguments_are_pytorchs() -> None:
    unlisted, used, count = [], set(), 0
    for name in names():
        count += 1
        listed = SIGNATURES.get(name, {})
        for fault in faults(name):
            reasons = [beginning for beginning in listed if fault.startswith(beginning)]
            used.update((name, beginning) for beginning in reasons)
            if not reasons:
                unlisted.append(f"{name}: {fault}")
    assert count > 1200
    assert not unlisted, "signatures that differ from PyTorch's:\n" + "\n".join(unlisted)
    idle = [f"{n}: {b!r}" for n, listed in SIGNATURES.items() for b in listed if (n, b) not in used]
    assert not idle, "differences that are none any more:\n" + "\n".join(idle)


def test_planted_faults_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(input: Any, alpha: int = 2, *, other: Any = None) -> None: ...

    monkeypatch.setattr(autograd, "add", add)
    found = list(faults("torch.add"))
    assert "takes no out=" in found
    assert "other is taken by keyword only" in found
    assert "alpha is 2 by default, should be 1" in found
    assert not list(faults("torch.mul"))
    assert inspect.signature(add)
