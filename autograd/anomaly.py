"""Looking for the operation that made a NaN."""

from __future__ import annotations

from autograd.grad_mode import mode, switch_anomaly


class set_detect_anomaly:
    """Switches anomaly detection on or off: at once when called, and for a block as a context manager.

    Args:
        mode: True: backward raises where a gradient has NaN, and names the line of the forward.
        check_nan: False only remembers the lines.

    Example:
        >>> with ag.autograd.set_detect_anomaly(False):
        ...     pass
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = switch_anomaly(bool(mode), bool(check_nan))

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: object) -> None:
        switch_anomaly(*self._before)


class detect_anomaly(set_detect_anomaly):
    """Inside, backward raises at the first gradient that has NaN and names the user's line of its forward.

    Args:
        check_nan: False only remembers the lines.

    Raises:
        GraphError: in backward, when a gradient has NaN.

    Example:
        >>> x = ag.tensor(0.0, requires_grad=True)
        >>> with ag.autograd.detect_anomaly():
        ...     try:
        ...         (x / x).backward()
        ...     except RuntimeError as e:
        ...         print(str(e)[:28])
        backward: the gradient of tr
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on.

    Example:
        >>> ag.is_anomaly_enabled()
        False
    """
    return mode().anomaly
