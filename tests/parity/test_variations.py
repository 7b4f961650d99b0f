"""The samples of tests/op_samples once more as integers, as bools, with special values and without elements."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.op_samples.record import families, records
from tests.parity.differences import NOWHERE_SPECIAL, VALUES
from tests.parity.variations import VARIATIONS, fault, samples

pytestmark = pytest.mark.cpu_only("tests/ops compares the devices")
RECORDS = [record for record in records() if record.torch is not None]


@pytest.mark.parametrize("family", [module.__name__.rpartition(".")[2] for module in families()])
def test_values_are_pytorchs(family: str, torch: ModuleType) -> None:
    unlisted, found = [], set()
    for record in (r for r in RECORDS if r.family == family):
        for variation in VARIATIONS:
            if variation == "special values" and family in NOWHERE_SPECIAL:
                continue
            for sample in samples(record, variation):
                what = fault(record, sample, torch)
                refused = record.name.startswith("F.") and what == "raises DtypeError"
                if what is None or what == "raises nothing" or refused:
                    continue
                found.add((record.name, variation))
                if variation not in VALUES.get(record.name, {}):
                    unlisted.append(f"{record.name}, {variation}: {what}: {sample}")
    assert not unlisted, "\n".join(unlisted)
    names = {record.name for record in RECORDS if record.family == family}
    idle = [(n, v) for n, listed in VALUES.items() if n in names for v in listed if (n, v) not in found]
    assert not idle, f"differences that are none any more: {idle}"
