"""``autograd.backends``: the switches that kernels read."""

from __future__ import annotations

import pytest

import autograd as ag
from backends.precision import Settings, settings


@pytest.mark.cpu_only("tests on a GPU switch TF32 off")
def test_defaults_are_pytorchs(torch) -> None:
    for lib in (ag, torch):
        assert lib.backends.cuda.matmul.allow_tf32 is False
        assert lib.backends.cudnn.allow_tf32 is True
        assert lib.backends.cudnn.benchmark is False
        assert lib.backends.cudnn.deterministic is False
        assert lib.backends.cudnn.enabled is True
        assert lib.get_float32_matmul_precision() == "highest"
        assert lib.are_deterministic_algorithms_enabled() is False
    assert Settings() == settings


def test_switches_are_what_kernels_read() -> None:
    ag.backends.cuda.matmul.allow_tf32 = ag.backends.cudnn.benchmark = True
    ag.backends.cudnn.allow_tf32 = False
    ag.use_deterministic_algorithms(True)
    assert settings == Settings(conv_tf32=False, matmul_tf32=True, benchmark=True, deterministic=True)
    assert ag.backends.cudnn.deterministic
    assert ag.are_deterministic_algorithms_enabled()
    ag.backends.cudnn.enabled = False
    ag.backends.cudnn.enabled = True


@pytest.mark.parametrize(
    "precision, tf32, bf16", [("highest", False, False), ("high", True, False), ("medium", True, True)]
)
def test_precision_of_products(torch, precision, tf32, bf16) -> None:
    ag.set_float32_matmul_precision(precision)
    assert (settings.matmul_tf32, settings.matmul_bf16) == (tf32, bf16)
    assert ag.get_float32_matmul_precision() == precision
    assert ag.backends.cuda.matmul.allow_tf32 == tf32
    ag.backends.cuda.matmul.allow_tf32 = True
    assert ag.get_float32_matmul_precision() == "high"


def test_what_is_not_there_says_so() -> None:
    assert (ag.backends.cudnn.is_available(), ag.backends.cudnn.version(), ag.backends.mps.is_available()) == (
        False,
        None,
        False,
    )
    assert ag.backends.cuda.is_built()
    with pytest.raises(AttributeError):
        ag.backends.cudnn.benchmrak = True
    with pytest.raises(AttributeError):
        ag.backends.cuda.matmul.allow_fp16 = True


def test_values_are_checked() -> None:
    with pytest.raises(TypeError, match="expected True or False for allow_tf32, got 1"):
        ag.backends.cuda.matmul.allow_tf32 = 1
    with pytest.raises(TypeError, match="expected True or False for benchmark, got 'yes'"):
        ag.backends.cudnn.benchmark = "yes"
    with pytest.raises(ValueError, match='expected "highest", "high" or "medium", got \'low\''):
        ag.set_float32_matmul_precision("low")
