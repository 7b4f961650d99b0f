"""What programs ask of an installation: compilers, processes, threads, versions."""

from __future__ import annotations

import pytest

import autograd as ag
import nn


def test_compile_gives_the_model_itself() -> None:
    model = nn.Linear(2, 2)
    assert ag.compile(model, mode="max-autotune") is model

    @ag.compile(fullgraph=True)
    def double(x):
        return 2 * x

    assert double(3) == 6
    with pytest.raises(TypeError, match="compile: got an unexpected keyword argument level"):
        ag.compile(model, level=3)
    assert not ag.compiler.is_compiling()
    assert ag.compiler.disable(recursive=False)(abs) is abs


def test_jit_changes_nothing() -> None:
    assert not ag.jit.is_scripting()
    assert not ag.jit.is_tracing()

    class Model(nn.Module):
        count: ag.jit.Final[int] = 2

        @ag.jit.export
        def forward(self, x: ag.Tensor) -> ag.Tensor:
            return x + self.extra(self.count)

        @ag.jit.ignore
        def extra(self, n: int) -> int:
            return n

        @ag.jit.unused
        def other(self) -> None: ...

    model = ag.jit.script(Model())
    assert ag.jit.trace(model, (ag.ones(1),)) is model
    with pytest.raises(TypeError):
        ag.jit.trace(model, (1, 2))
    assert model(ag.ones(1)).tolist() == [3.0]
    assert ag.jit.isinstance([1], list[int])
    assert not ag.jit.isinstance((1,), (list[int], str))


def test_distributed_is_not_there() -> None:
    assert not ag.distributed.is_available()
    assert not ag.distributed.is_initialized()
    with pytest.raises(ValueError, match="get_rank: expected a group of processes, got none"):
        ag.distributed.get_rank()
    with pytest.raises(ValueError, match="get_world_size: expected a group"):
        ag.distributed.get_world_size()


@pytest.mark.cpu_only("threads of the CPU")
def test_threads() -> None:
    before = ag.get_num_threads()
    ag.set_num_threads(1)
    assert ag.get_num_threads() == 1
    ag.set_num_threads(10**6)  # no more than the process has
    assert ag.get_num_threads() >= before
    ag.set_num_threads(before)
    with pytest.raises(ValueError, match="set_num_threads: expected at least 1 thread, got 0"):
        ag.set_num_threads(0)
    assert ag.get_num_interop_threads() == 1
    with pytest.raises(ValueError, match="set_num_interop_threads"):
        ag.set_num_interop_threads(0)


def test_questions_about_tensors(torch) -> None:
    names = ("bool", "uint8", "int32", "int64", "float32", "complex64")
    for a in names:
        for b in names:
            assert ag.can_cast(getattr(ag, a), getattr(ag, b)) == torch.can_cast(getattr(torch, a), getattr(torch, b))
        assert ag.is_signed(ag.zeros(1, dtype=getattr(ag, a))) == torch.zeros(1, dtype=getattr(torch, a)).is_signed()
    assert ag.is_same_size(ag.ones(2), ag.zeros(2))
    assert ag.typename(nn.Linear(1, 1)) == "nn.modules.linear.Linear"
    assert ag.typename([]) == "list"
    with ag.inference_mode():
        assert ag.is_inference(ag.ones(1))


def test_switches_of_backends() -> None:
    assert not ag.backends.mkldnn.is_available()
    assert ag.backends.cuda.math_sdp_enabled()
    ag.backends.cuda.enable_flash_sdp(False)
    before = ag.backends.cudnn.benchmark
    with ag.backends.cudnn.flags(enabled=True, benchmark=True):
        assert ag.backends.cudnn.benchmark
    assert ag.backends.cudnn.benchmark == before
    assert ag.version.cuda is None


def test_second_names() -> None:
    assert ag.conv2d is nn.functional.conv2d
    assert ag.relu_(ag.tensor([-1.0, 2.0])).tolist() == [0.0, 2.0]
    ag._assert(True, "never")
    with pytest.raises(AssertionError, match="shapes"):
        ag._assert(False, "shapes")
    with pytest.raises(AttributeError, match="no attribute 'conv9d'"):
        _ = ag.conv9d


def test_model_definitions_may_declare_overloads() -> None:
    from autograd.jit.annotations import BroadcastingList2

    class Model(nn.Module):
        @ag.jit._overload_method
        def forward(self, x: list[ag.Tensor]) -> ag.Tensor: ...

        def forward(self, x: ag.Tensor, size: BroadcastingList2[int] = 1) -> ag.Tensor:  # noqa: F811
            return size * x

    assert Model()(ag.ones(1), 3).item() == 3
