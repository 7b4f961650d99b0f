"""Special functions: SciPy's on NumPy arrays, CuPy's under the same names on a GPU's."""

from __future__ import annotations

from typing import Any

from backends.protocol import Array, Backend


class Special:
    """The functions of ``scipy.special`` by name; half precision is computed in float32 and given back as it came.

    Args:
        be: whose arrays they take.
        module: ``scipy.special``, or ``cupyx.scipy.special``; what that lacks is computed on the host.

    Example:
        >>> import numpy as np
        >>> from backends.reference import Reference
        >>> Reference(np).special.gammaln(np.array([1.0, 4.0])).round(4)
        array([0.    , 1.7918])
    """

    def __init__(self, be: Backend, module: Any) -> None:
        self._be, self._module = be, module

    def __getattr__(self, name: str) -> Any:
        """The function of that name, kept for the next time."""
        function = getattr(self._module, name, None) or self._on_host(name)

        def call(*args: Any) -> Any:
            """``args``: arrays and numbers; the results have the dtype of the last array."""
            like = [a for a in args if hasattr(a, "dtype")][-1]
            if like.dtype.itemsize > 2:
                return function(*args)
            y = function(*(a.astype("float32") if hasattr(a, "dtype") else a for a in args))
            return tuple(part.astype(like.dtype) for part in y) if isinstance(y, tuple) else y.astype(like.dtype)

        self.__dict__[name] = call
        return call

    def _on_host(self, name: str) -> Any:
        """SciPy's function, on copies of a device's arrays."""
        import scipy.special

        function, be = getattr(scipy.special, name), self._be

        def call(*args: Array) -> Any:
            y = function(*(be.to_numpy(a) for a in args))
            return tuple(map(be.asarray, y)) if isinstance(y, tuple) else be.asarray(y)

        return call
