"""Which of the names that count are there, in which forms, and whether a record in tests/op_samples tests them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.op_samples.record import records
from tests.parity.names import TIERS
from tests.parity.signatures import is_there, ours

_EXEMPT = ("optim", "nn", "Tensor")  # tested elsewhere, not by records


class Row(NamedTuple):
    """One name: in which forms it is there, and whether it has a record."""

    tier: int
    place: str
    name: str
    forms: tuple[str, ...]
    tested: bool

    @property
    def present(self) -> bool:
        """Whether a program finds the name."""
        return bool(self.forms)


def forms(place: str, name: str) -> tuple[str, ...]:
    """Where a name is found: as a function, as a method, as a method that works in place."""
    if place != "torch":
        return ("function",) if is_there(ours, f"{place}.{name}") else ()
    asked = {"function": f"torch.{name}", "method": f"Tensor.{name}", "in place": f"Tensor.{name}_"}
    return tuple(form for form, full in asked.items() if is_there(ours, full))


def rows() -> Iterator[Row]:
    """The whole table."""
    recorded = {record.name.removeprefix("F.") for record in records()}
    for tier, places in TIERS.items():
        for place, names in places.items():
            for name in names.split():
                short = f"{place.removeprefix('torch.')}.{name}" if place.startswith("torch.") else name
                tested = {name, short, f"{name}_"} & recorded or place.partition(".")[0] in _EXEMPT
                yield Row(tier, place, name, forms(place, name), bool(tested))


def share(tier: int) -> float:
    """Which part of a tier's names is there."""
    found = [row.present for row in rows() if row.tier == tier]
    return sum(found) / len(found)
