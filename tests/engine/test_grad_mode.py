"""Switching the recording on and off: contexts, decorators, generators, threads, inference tensors."""

from __future__ import annotations

import threading

import pytest

import autograd as ag
from autograd.errors import GraphError


@pytest.fixture
def x() -> ag.Tensor:
    return ag.ones(2, requires_grad=True)


@pytest.mark.parametrize(
    "context, recorded",
    [
        (lambda: ag.no_grad(), False),
        (lambda: ag.enable_grad(), True),
        (lambda: ag.set_grad_enabled(False), False),
        (lambda: ag.set_grad_enabled(True), True),
        (lambda: ag.inference_mode(), False),
        (lambda: ag.inference_mode(False), True),
        (lambda: ag.autograd.no_grad(), False),
    ],
)
@pytest.mark.parametrize("outside", [True, False])
def test_contexts_and_what_comes_after(x, context, recorded: bool, outside: bool) -> None:
    with ag.set_grad_enabled(outside):
        with context():
            assert ag.is_grad_enabled() == recorded
            assert (x * 2).requires_grad == recorded
        assert ag.is_grad_enabled() == outside
        with pytest.raises(KeyError), context():
            raise KeyError
        assert ag.is_grad_enabled() == outside
    assert ag.is_grad_enabled()


def test_nesting_and_reuse_of_one_context() -> None:
    off = ag.no_grad()
    with off:
        with ag.enable_grad():
            assert ag.is_grad_enabled()
            with off:
                assert not ag.is_grad_enabled()
            assert ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_set_grad_enabled_acts_when_called() -> None:
    ag.set_grad_enabled(False)
    assert not ag.is_grad_enabled()
    ag.set_grad_enabled(True)
    assert ag.is_grad_enabled()


@pytest.mark.parametrize(
    "decorator",
    [
        ag.no_grad(),
        ag.no_grad,
        ag.inference_mode(),
        ag.inference_mode,
        lambda f: ag.set_grad_enabled(False)(f),
    ],
    ids=["no_grad()", "no_grad", "inference_mode()", "inference_mode", "set_grad_enabled"],
)
def test_decorators(x, decorator) -> None:
    @decorator
    def double(t, times: int = 2):
        """Its text."""
        return t * times

    assert double.__name__ == "double" and double.__doc__ == "Its text."
    assert ag.is_grad_enabled()
    result = double(x, times=3)
    assert not result.requires_grad and result.tolist() == [3.0, 3.0]
    assert ag.is_grad_enabled()


def test_a_decorated_function_may_recurse(x) -> None:
    @ag.no_grad()
    def down(n: int) -> bool:
        return not ag.is_grad_enabled() and (n == 0 or down(n - 1))

    assert down(5) and ag.is_grad_enabled()


def test_generators_run_in_their_mode_and_leave_the_callers_alone(x) -> None:
    finished = []

    @ag.no_grad()
    def items(t):
        try:
            got = yield t * 1
            yield got
            yield ag.is_grad_enabled()
            return "done"
        finally:
            finished.append(ag.is_grad_enabled())

    running = items(x)
    assert not next(running).requires_grad and ag.is_grad_enabled()
    assert running.send("sent") == "sent" and ag.is_grad_enabled()
    assert next(running) is False
    with pytest.raises(StopIteration, match="done"):
        next(running)
    stopped = items(x)
    next(stopped)
    with pytest.raises(KeyError):
        stopped.throw(KeyError)
    closed = items(x)
    next(closed)
    closed.close()
    assert finished == [False, False, False] and ag.is_grad_enabled()
    assert [not t.requires_grad for t in _twice(x)] == [True, True]


@ag.no_grad()
def _twice(t):
    for _ in range(2):
        yield t * 2


def test_requires_grad_of_new_tensors_does_not_depend_on_the_mode() -> None:
    with ag.no_grad():
        w = ag.ones(2, requires_grad=True)
        assert w.requires_grad and w.is_leaf
        v = ag.ones(2).requires_grad_()
    (w * v).sum().backward()
    assert w.grad is not None and v.grad is not None


def test_views_and_writes_without_recording(x) -> None:
    with ag.no_grad():
        view = x[0]
        assert not view.requires_grad
        x.mul_(2)
    assert view.item() == 2.0 and x.requires_grad and x.is_leaf


def test_detach_shares_memory_and_has_no_history(x) -> None:
    h = x * 2
    d = h.detach()
    assert not d.requires_grad and d.is_leaf and d.grad_fn is None
    d[0] = 9.0
    assert h[0].item() == 9.0
    h = x * 3
    assert h.detach_() is h and not h.requires_grad
    with pytest.raises(GraphError, match="detach_: expected a tensor that owns its history, got a view"):
        (x * 1)[:1].detach_()


# -- threads -----------------------------------------------------------------------------------------------------------
def test_the_mode_belongs_to_the_thread(x) -> None:
    seen: dict[str, object] = {}
    inside, go_on = threading.Event(), threading.Event()

    def other() -> None:
        with ag.no_grad():
            inside.set()
            go_on.wait(10)
            seen["off"] = (x * 2).requires_grad
        seen["on"] = (x * 2).requires_grad

    thread = threading.Thread(target=other)
    with ag.inference_mode():
        thread.start()
        inside.wait(10)
    assert ag.is_grad_enabled() and (x * 2).requires_grad
    go_on.set()
    thread.join()
    assert seen == {"off": False, "on": True}


def test_backward_in_many_threads() -> None:
    results: list[float] = []

    def work(k: int) -> None:
        w = ag.full((50,), float(k), requires_grad=True)
        for _ in range(20):
            w.grad = None
            y = w
            for _ in range(20):
                y = y * 1.0 + w
            y.sum().backward()
        results.append(float(w.grad.sum().item()) / 50)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [21.0] * 4


# -- inference tensors -------------------------------------------------------------------------------------------------
def test_inference_tensors_say_so() -> None:
    assert not ag.is_inference_mode_enabled()
    with ag.inference_mode():
        y = ag.ones(2) * 2
        assert ag.is_inference_mode_enabled() and not ag.is_grad_enabled()
        with ag.inference_mode(False):
            assert ag.is_grad_enabled() and not (ag.ones(2) * 2).is_inference()
    assert y.is_inference() and not ag.ones(2).is_inference() and not y.clone().is_inference()


def test_inference_tensors_cannot_be_saved_for_backward(x) -> None:
    with ag.inference_mode():
        c = ag.full((2,), 3.0)
    (x + c).sum().backward()  # nothing is saved
    with pytest.raises(GraphError) as e:
        (x * c).sum().backward()
    assert str(e.value).startswith("backward: mul needs a tensor of shape (2,) made in inference_mode, at ")
    assert str(e.value).endswith("Make it under no_grad(), or clone() it outside")
    (x * c.clone()).sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_inference_tensors_may_be_written(x) -> None:
    with ag.inference_mode():
        c = ag.full((2,), 3.0)
        c.add_(1)
        c[0] = 0.0
    assert c.tolist() == [0.0, 4.0] and c.is_inference()
