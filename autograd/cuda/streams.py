"""Streams, which keep work in order, and events, which mark places in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.cuda.devices import backend
from autograd.device import device as device_type


class Stream:
    """A queue of work on a GPU. Work in one stream runs in order, work in two may overlap.

    Args:
        device: which GPU; default: the current one.
        priority: negative runs before others.

    Attributes:
        device: the GPU.
        cuda_stream: the driver's handle.
        priority: as given.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     side = ag.cuda.Stream()
        ...     with ag.cuda.stream(side):
        ...         x = ag.ones(2, device="cuda")
        ...     ag.cuda.current_stream().wait_stream(side)
    """

    def __init__(self, device: Any = None, priority: int = 0) -> None:
        be = backend(device)
        with be.xp.cuda.Device(be.index):
            self._bind(be, be.xp.cuda.Stream(non_blocking=True, priority=priority), priority)

    def _bind(self, be: Any, raw: Any, priority: int = 0) -> Stream:
        self._backend, self._raw, self.priority = be, raw, priority
        self.device = device_type("cuda", be.index)
        return self

    @property
    def cuda_stream(self) -> int:
        """The driver's handle."""
        return int(self._raw.ptr)

    def query(self) -> bool:
        """Whether all work given so far is done."""
        return bool(self._raw.done)

    def synchronize(self) -> None:
        """Waits on the host until all work given so far is done."""
        self._raw.synchronize()

    def record_event(self, event: Event | None = None) -> Event:
        """Marks this place in the stream.

        Args:
            event: the event to place here; default: a new one.

        Returns:
            The event.
        """
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Work given from now on runs after an event is reached.

        Args:
            event: where; one that is not recorded is reached already.
        """
        event.wait(self)

    def wait_stream(self, stream: Stream) -> None:
        """Work given from now on runs after all that another stream was given so far.

        Args:
            stream: the other one.
        """
        self.wait_event(stream.record_event())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and (self.device, self.cuda_stream) == (other.device, other.cuda_stream)

    def __hash__(self) -> int:
        return hash((self.device, self.cuda_stream))

    def __repr__(self) -> str:
        return f"Stream(device={self.device}, cuda_stream={self.cuda_stream:#x})"


class Event:
    """A place in a stream: to wait for, or, with a second one, to measure the time between.

    Args:
        enable_timing: the time can be asked for.
        blocking: the host sleeps while it waits, and does not spin.
        interprocess: other processes may use it.

    Example:
        >>> if ag.cuda.is_available():
        ...     start, end = ag.cuda.Event(enable_timing=True), ag.cuda.Event(enable_timing=True)
        ...     start.record(); _ = ag.ones(1000, device="cuda").sum(); end.record()
        ...     end.synchronize(); ms = start.elapsed_time(end)
    """

    def __init__(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> None:
        self._timed, self._blocking, self._interprocess = enable_timing, blocking, interprocess
        self._raw: Any = None  # made where it is first recorded
        self._backend: Any = None

    def record(self, stream: Stream | None = None) -> None:
        """Places the event at the end of a stream.

        Args:
            stream: default: the current one.
        """
        stream = current_stream() if stream is None else stream
        be = stream._backend
        with be.xp.cuda.Device(be.index):
            if self._raw is None:
                self._backend = be
                self._raw = be.xp.cuda.Event(self._blocking, not self._timed, self._interprocess)
            self._raw.record(stream._raw)

    def wait(self, stream: Stream | None = None) -> None:
        """Work that a stream is given from now on runs after this event is reached.

        Args:
            stream: default: the current one.
        """
        if self._raw is not None:
            (current_stream() if stream is None else stream)._raw.wait_event(self._raw)

    def query(self) -> bool:
        """Whether the work before the event is done; True where it was never recorded."""
        return self._raw is None or bool(self._raw.done)

    def synchronize(self) -> None:
        """Waits on the host until the event is reached."""
        if self._raw is not None:
            self._raw.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """The time from this event to a later one.

        Args:
            end_event: the later one; both reached, and made with ``enable_timing=True``.

        Returns:
            Milliseconds.

        Raises:
            ValueError: one was made without ``enable_timing``, or not recorded.
            RuntimeError: one is not reached yet; wait with ``synchronize()``.
        """
        if not (self._timed and end_event._timed):
            raise ValueError("elapsed_time: expected events that measure time. Make both with enable_timing=True")
        if self._raw is None or end_event._raw is None:
            raise ValueError("elapsed_time: expected recorded events. Call record() on both")
        if not (self.query() and end_event.query()):
            raise RuntimeError("elapsed_time: expected events that are reached. Call synchronize() on the later one")
        return float(self._backend.xp.cuda.get_elapsed_time(self._raw, end_event._raw))

    def __repr__(self) -> str:
        return "Event(not recorded)" if self._raw is None else f"Event({self._raw.ptr:#x})"


def _wrapped(be: Any, raw: Any) -> Stream:
    return Stream.__new__(Stream)._bind(be, raw)


def current_stream(device: Any = None) -> Stream:
    """The stream that work is given to.

    Args:
        device: on which GPU; default: the current one.

    Returns:
        The stream.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     assert ag.cuda.current_stream() == ag.cuda.default_stream()
    """
    be = backend(device)
    with be.xp.cuda.Device(be.index):
        return _wrapped(be, be.xp.cuda.get_current_stream())


def default_stream(device: Any = None) -> Stream:
    """The stream that work is given to unless a program says otherwise.

    Args:
        device: on which GPU; default: the current one.

    Returns:
        The stream.

    Raises:
        DeviceError: there is no such GPU.

    Example:
        >>> if ag.cuda.is_available():
        ...     assert ag.cuda.default_stream().cuda_stream == 0
    """
    be = backend(device)
    return _wrapped(be, be.xp.cuda.Stream.null)


def set_stream(stream: Stream | None) -> None:
    """Gives work to a stream from now on; ``stream`` does it for a block, which is safer.

    Args:
        stream: the stream; None changes nothing.

    Example:
        >>> if ag.cuda.is_available():
        ...     ag.cuda.set_stream(ag.cuda.default_stream())
    """
    if stream is not None:
        stream._raw.use()


@contextmanager
def stream(stream: Stream | None) -> Iterator[None]:
    """A ``with`` block whose work is given to a stream.

    Args:
        stream: the stream; None changes nothing.

    Returns:
        A context manager.

    Example:
        >>> with ag.cuda.stream(None):
        ...     pass
    """
    if stream is None:
        yield
        return
    be = stream._backend
    with be.xp.cuda.Device(be.index), stream._raw:
        yield
