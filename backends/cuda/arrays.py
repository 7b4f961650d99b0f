"""CuPy's functions with one difference: what is channels-last stays so.

CuPy gives every elementwise result in C order. In a network whose maps lie channels-last each such result would be
copied by the next convolution, and once more on the way back: more time than the addition itself.
"""

from __future__ import annotations

from typing import Any

from backends.cuda.layout import is_channels_last, moved

_ALSO = ("where", "clip")  # elementwise, but no ufuncs


class Arrays:
    """An array module like ``xp``; elementwise functions of channels-last arrays give channels-last arrays.

    Args:
        xp: cupy, or a double of it.
    """

    def __init__(self, xp: Any) -> None:
        self._xp = xp

    def __getattr__(self, name: str) -> Any:
        """The function or class of that name, kept for the next time."""
        value = getattr(self._xp, name)
        if isinstance(value, self._xp.ufunc) or name in _ALSO:
            value = Elementwise(value, self._xp.ndarray)
        self.__dict__[name] = value
        return value


class Elementwise:
    """One elementwise function.

    Args:
        function: CuPy's.
        array: its class of arrays.
    """

    def __init__(self, function: Any, array: type[Any]) -> None:
        self._function, self._array = function, array

    def __call__(self, *args: Any, **options: Any) -> Any:
        """The function's result, channels-last where one of the largest arguments is."""
        for a in args:
            if isinstance(a, self._array) and a.ndim > 2 and not a.flags.c_contiguous:
                return self._call_moved(args, options)
        return self._function(*args, **options)

    def _call_moved(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Calls the function on (N,*S,C) views, whose C order is the result's layout."""
        arrays = [a for a in args if isinstance(a, self._array)]
        axes = max(a.ndim for a in arrays)
        most = max(a.size for a in arrays)
        kept = any(a.size == most and a.ndim == axes and is_channels_last(a) for a in arrays)
        if "out" in options or not kept:
            return self._function(*args, **options)

        def view(a: Any) -> Any:
            if not isinstance(a, self._array) or not a.ndim:
                return a
            return moved(a.reshape((1,) * (axes - a.ndim) + a.shape))

        y = self._function(*map(view, args), **options)
        back = (0, axes - 1, *range(1, axes - 1))
        return tuple(part.transpose(back) for part in y) if isinstance(y, tuple) else y.transpose(back)

    def __getattr__(self, name: str) -> Any:
        """``at``, ``reduce`` and what else the function has."""
        return getattr(self._function, name)
