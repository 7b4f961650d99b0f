"""Every kernel once under the emulator's checkers: bounds, races, barriers, alignment; and right against the reference."""

from __future__ import annotations

import pytest

from backends.cuda import Cuda, compiler
from backends.cuda.launch import entries
from tests import devices
from tests.backends.cuda_variants import FAMILIES
from tests.backends.trials import TRIALS, Recorder

pytestmark = pytest.mark.skipif(devices.real_cupy() is not None, reason="about the emulator")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kernel_under_the_checkers(family: str, cuda: Cuda) -> None:
    recorder = Recorder()
    be = Cuda(cuda.xp, recorder)
    for trial in TRIALS[family]:
        trial.run(be)
    never = {(family, name) for name in entries(compiler.source(family))} - recorder.executed
    assert not never, f"kernels that no trial in tests/backends/trials.py reaches: {sorted(never)}"


def test_there_are_trials_of_families_only() -> None:
    assert sorted(TRIALS) == FAMILIES
