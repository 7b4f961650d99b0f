"""Whether operations are recorded. Per thread, as the switches are used around blocks of code."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from autograd.node import NEVER, last_write

P = ParamSpec("P")
R = TypeVar("R")


class Mode:
    """The switches of one thread, or of one asynchronous task; never changed, but replaced by ``switch``.

    Attributes:
        enabled: record operations; None inside ``inference_mode``.
        autocast: what chooses the dtypes of operations inside ``autocast``; None outside.
        anomaly: remember the line of every operation.
        check_nan: and look for NaN in backward.
    """

    __slots__ = ("anomaly", "autocast", "check_nan", "enabled")

    def __init__(self, enabled: bool | None, anomaly: bool, check_nan: bool, autocast: Any) -> None:
        self.enabled, self.anomaly, self.check_nan, self.autocast = enabled, anomaly, check_nan, autocast


_AT_FIRST = Mode(True, False, True, None)
_mode = ContextVar("mode", default=_AT_FIRST)
mode = _mode.get


def switch(enabled: bool | None) -> bool | None:
    """Sets what is recorded from now on; returns what was."""
    before = _mode.get()
    if enabled is None:
        last_write[0] = NEVER
    if before.enabled is not enabled:
        _mode.set(Mode(enabled, before.anomaly, before.check_nan, before.autocast))
    return before.enabled


def switch_anomaly(anomaly: bool, check_nan: bool) -> tuple[bool, bool]:
    """Sets what is looked for from now on; returns what was."""
    before = _mode.get()
    _mode.set(Mode(before.enabled, anomaly, check_nan, before.autocast))
    return before.anomaly, before.check_nan


def switch_autocast(autocast: Any) -> Any:
    """Sets what chooses the dtypes of operations from now on; returns what did."""
    before = _mode.get()
    if before.autocast is not autocast:
        _mode.set(Mode(before.enabled, before.anomaly, before.check_nan, autocast))
    return before.autocast


class _Switch:
    """Fixes the mode inside a block; a context manager that may be nested and reused, and a decorator."""

    def __init__(self, enabled: bool | None) -> None:
        self._enabled = enabled
        self._outer: list[bool | None] = []

    def __enter__(self) -> None:
        self._outer.append(switch(self._enabled))

    def __exit__(self, *exc: object) -> None:
        switch(self._outer.pop())

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        enabled = self._enabled
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                running = function(*args, **kwargs)
                step, what = running.send, None
                while True:  # the caller's mode holds between items
                    with _Switch(enabled):
                        try:
                            item = step(what)
                        except StopIteration as stop:
                            return stop.value
                    try:
                        step, what = running.send, (yield item)
                    except GeneratorExit:
                        with _Switch(enabled):
                            running.close()
                        raise
                    except BaseException as e:
                        step, what = running.throw, e

            return generator

        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
            with _Switch(enabled):
                return function(*args, **kwargs)

        return wrapped


class set_grad_enabled(_Switch):
    """Switches recording on or off: at once when called, and for a block as a context manager.

    Args:
        mode: True to record operations.

    Example:
        >>> x = ag.ones(2, requires_grad=True)
        >>> with ag.set_grad_enabled(False):
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._before = switch(bool(mode))

    def __enter__(self) -> None:
        self._outer.append(self._before)
        switch(self._enabled)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        switch(self._before)  # as a decorator it acts inside the function only
        return super().__call__(function)


class no_grad(_Switch):
    """Nothing inside is recorded: results have ``requires_grad=False``. Context manager or decorator.

    Args:
        function: what to decorate, when used without brackets.

    Example:
        >>> x = ag.ones(2, requires_grad=True)
        >>> with ag.no_grad():
        ...     y = x * 2
        >>> y.requires_grad
        False
    """

    def __new__(cls, function: Callable[P, R] | None = None) -> Any:
        return super().__new__(cls) if function is None else no_grad()(function)  # @no_grad without brackets

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_Switch):
    """Operations inside are recorded again, within an outer ``no_grad``. Context manager or decorator.

    Args:
        function: what to decorate, when used without brackets.

    Example:
        >>> x = ag.ones(2, requires_grad=True)
        >>> with ag.no_grad(), ag.enable_grad():
        ...     y = x * 2
        >>> y.requires_grad
        True
    """

    def __new__(cls, function: Callable[P, R] | None = None) -> Any:
        return super().__new__(cls) if function is None else enable_grad()(function)

    def __init__(self) -> None:
        super().__init__(True)


class inference_mode(_Switch):
    """``no_grad`` whose results can never take part in recording later. Context manager or decorator.

    Args:
        mode: False makes the block an ordinary recording one.

    Example:
        >>> with ag.inference_mode():
        ...     y = ag.ones(2) * 2
        >>> y.is_inference()
        True
    """

    def __new__(cls, mode: Callable[P, R] | bool = True) -> Any:
        return inference_mode()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        super().__init__(None if mode else True)


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread.

    Example:
        >>> ag.is_grad_enabled()
        True
    """
    return bool(mode().enabled)


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside ``inference_mode``.

    Example:
        >>> ag.is_inference_mode_enabled()
        False
    """
    return mode().enabled is None
