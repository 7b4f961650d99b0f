"""What ``Runtime`` asks of CuPy and the driver, which are replaced by what notes it."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from threading import Thread, get_ident
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backends.cuda.runtime import Runtime


@pytest.fixture
def calls() -> list[tuple[Any, ...]]:
    return []


@pytest.fixture
def runtime(calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A runtime whose calls are noted with the thread that made them."""

    def noted(name: str) -> Any:
        return lambda *args: calls.append((get_ident(), name, *args))

    api = ModuleType("cupy_backends.cuda.api")
    api.driver = SimpleNamespace(  # type: ignore[attr-defined]
        launchKernel=noted("launch"), funcSetAttribute=noted("attribute"), funcGetAttribute=lambda *_: 128
    )
    for name in ("cupy_backends", "cupy_backends.cuda"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, api.__name__, api)
    facts = {"name": b"a GPU", "major": 9, "minor": 0, "multiProcessorCount": 132, "sharedMemPerBlockOptin": 232448}
    memory = np.zeros(1, "int32")
    cuda = SimpleNamespace(
        Device=lambda index: nullcontext(),
        alloc_pinned_memory=lambda size: SimpleNamespace(ptr=memory.ctypes.data, memory=memory),
        get_current_stream=lambda: SimpleNamespace(ptr=7),
        runtime=SimpleNamespace(getDeviceProperties=lambda index: facts, memGetInfo=noted("bind")),
    )
    return Runtime(SimpleNamespace(cuda=cuda), 0)


def test_facts(runtime: Runtime) -> None:
    assert (runtime.name, runtime.arch, runtime.multiprocessors, runtime.shared_memory) == (
        "a GPU", "sm_90", 132, 232448,
    )  # fmt: skip


def test_every_thread_makes_the_context_its_own_once(runtime: Runtime, calls: list[tuple[Any, ...]]) -> None:
    function = SimpleNamespace(ptr=5)

    def work() -> None:
        for _ in range(2):
            runtime.start(function, 1, 2, 3, 4, 5, 6, 100, 1000)

    work()
    thread = Thread(target=work)
    thread.start()
    thread.join()
    launch = ("launch", 5, 1, 2, 3, 4, 5, 6, 100, 7, 1000, 0)
    assert [call[1:] for call in calls] == [("bind",), launch, launch] * 2


LEAVE = ("attribute", 5, 8, 232448 - 128)  # for all that the 128 bytes of static shared memory leave


@pytest.mark.parametrize("shared, asked", [(0, []), ((48 << 10) - 128, []), (48 << 10, [LEAVE]), (49 << 10, [LEAVE])])
def test_much_shared_memory_needs_leave(
    runtime: Runtime, calls: list[tuple[Any, ...]], shared: int, asked: list[tuple[Any, ...]]
) -> None:
    module = SimpleNamespace(get_function=lambda name: SimpleNamespace(ptr=5))
    runtime.function(module, "f", shared)
    assert [call[1:] for call in calls] == [("bind",), *asked]
