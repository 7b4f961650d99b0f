"""Universal functions: CuPy's loops and rules of promotion, NumPy's arithmetic, results always in C order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.cupy_double import indexing, log
from tests.cupy_double.array import SCALARS, Host, fresh, ndarray, new
from tests.cupy_double.surface import SURFACE, absent

Loop = tuple[tuple[np.dtype[Any], ...], tuple[np.dtype[Any], ...]]

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
_WEAK: dict[type, tuple[np.dtype[Any], int]] = {  # dtype and kind of Python numbers
    int: (np.dtype("int64"), 1),
    float: (np.dtype("float64"), 2),
    complex: (np.dtype("complex128"), 3),
}
_ATOMIC = {
    "add": ("add", "int32 int64 float16 float32 float64 uint32 uint64"),
    "subtract": ("subtract", "int32 uint32"),
    "maximum": ("maximum", "int32 int64 float32 float64 uint32 uint64"),
    "minimum": ("minimum", "int32 int64 float32 float64 uint32 uint64"),
    "bitwise_and": ("bitwise_and", "int32 int64 uint32 uint64"),
    "bitwise_or": ("bitwise_or", "int32 int64 uint32 uint64"),
    "bitwise_xor": ("bitwise_xor", "int32 int64 uint32 uint64"),
}


def parse(signature: str) -> Loop:
    """``"ff->f"`` as dtypes."""
    inputs, outputs = signature.split("->")
    return tuple(map(np.dtype, inputs)), tuple(map(np.dtype, outputs))


class ufunc:
    """An elementwise function of the device.

    Args:
        name: in CuPy and in NumPy.
        loops: CuPy's, in the order in which it tries them.
        library: where the host's function of that name is found.
    """

    def __init__(self, name: str, loops: list[str], library: Any = np) -> None:
        self._key = name
        self.name = self.__name__ = f"cupy_{name}"
        self.types = loops
        self._loops = [parse(loop) for loop in loops]
        self.nin, self.nout = len(self._loops[0][0]), len(self._loops[0][1])
        self.nargs = self.nin + self.nout
        self._function: Any = getattr(library, name, None)
        self._chosen: dict[Any, tuple[np.dtype[Any], ...]] = {}

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: str = "same_kind", **other: Any) -> Any:
        if other:
            raise TypeError(f"Wrong arguments {other}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(
                f"Wrong number of arguments for {self.name!r}. It must be either {self.nin} or {self.nargs} "
                f"(with outputs), but given {len(args)}."
            )
        if self._function is None:
            raise NotImplementedError(f"cupy.{self._key} has no equal in NumPy, on which the double computes")
        inputs, outputs = args[: self.nin], args[self.nin :]
        if out is not None:
            outputs = self._outputs(outputs, out)
        key: list[Any] = []
        hosts: list[Any] = []
        arrays: list[Host] = []
        for value in inputs:
            if type(value) is ndarray:
                key.append(value._host.dtype)
                hosts.append(value._host)
                arrays.append(value._host)
            elif type(value) in SCALARS:
                key.append(value.dtype if isinstance(value, np.generic) else type(value))
                hosts.append(value)
            else:
                raise TypeError(f"Unsupported type {type(value)}")
        kinds = self._types(tuple(key), dtype)
        results = self._results(arrays, outputs, kinds, casting)
        log.record("launch", self._key)
        places = tuple(result._host for result in results)
        with np.errstate(all="ignore"):
            if not isinstance(self._function, np.ufunc):
                places[0][...] = self._function(*hosts)
            elif dtype is None:
                self._function(*hosts, out=places, casting="unsafe")
            else:
                self._function(*hosts, out=places, casting="unsafe", dtype=dtype)
        return results[0] if self.nout == 1 else tuple(results)

    def _outputs(self, outputs: tuple[Any, ...], out: Any) -> tuple[Any, ...]:
        """``out`` as a tuple."""
        if outputs:
            raise ValueError("Cannot specify 'out' as both a positional and keyword argument")
        if isinstance(out, tuple):
            if len(out) != self.nout:
                raise ValueError("The 'out' tuple must have exactly one entry per ufunc output")
            return out
        if self.nout != 1:
            raise ValueError("'out' must be a tuple of arrays")
        return (out,)

    def _results(
        self, arrays: list[Host], outputs: tuple[Any, ...], dtypes: tuple[np.dtype[Any], ...], casting: Any
    ) -> list[ndarray]:
        """The arrays to write: those given, checked, and new ones."""
        given = [out for out in outputs if out is not None]
        for out in given:
            if not isinstance(out, ndarray):
                raise TypeError("Output arguments type must be cupy.ndarray")
        shape = _shape([*arrays, *(out._host for out in given)])
        results = []
        for i, dtype in enumerate(dtypes):
            out = outputs[i] if i < len(outputs) else None
            if out is None:
                out = new(shape, dtype)
            elif out.shape != shape:
                raise ValueError("Out shape is mismatched")
            elif not np.can_cast(dtype, out.dtype, casting):
                raise TypeError(
                    f"Cannot cast output operand from {dtype!r} to {out.dtype!r} according to the rule {casting!r}"
                )
            results.append(out)
        return results

    def _types(self, key: tuple[Any, ...], dtype: Any) -> tuple[np.dtype[Any], ...]:
        """The dtypes of the results; raises TypeError where CuPy has no loop."""
        chosen = self._chosen.get((key, dtype))
        if chosen is None:
            chosen = self._by_output(np.dtype(dtype)) if dtype is not None else self._by_inputs(key)
            self._chosen[key, dtype] = chosen
        return chosen

    def _by_output(self, dtype: np.dtype[Any]) -> tuple[np.dtype[Any], ...]:
        for _, outputs in self._loops:
            if all(out == dtype for out in outputs):
                return outputs
        raise TypeError(f"Wrong type ({dtype}) of arguments for {self.name}")

    def _by_inputs(self, key: tuple[Any, ...]) -> tuple[np.dtype[Any], ...]:
        weak = [_WEAK.get(k) if isinstance(k, type) else None for k in key]
        types = [np.dtype("bool") if k is bool else k if w is None else w[0] for k, w in zip(key, weak, strict=True)]
        strong = [_KINDS.get(t.kind, 4) for t, w in zip(types, weak, strict=True) if w is None]
        weakest = [w[1] for w in weak if w is not None]
        yields = bool(strong and weakest) and max(strong) >= max(weakest)
        for inputs, outputs in self._loops:
            for given, wanted, k, w in zip(types, inputs, key, weak, strict=True):
                if not np.can_cast(given, wanted) and not (
                    yields and w is not None and np.result_type(k(0), wanted) == wanted
                ):
                    break
            else:
                return outputs
        raise TypeError(f"Wrong type ({tuple(types)}) of arguments for {self.name}")

    # -- methods -----------------------------------------------------------------------------------------------------
    def outer(self, A: Any, B: Any, **options: Any) -> Any:
        """The function of all pairs of elements."""
        a, b = (value if isinstance(value, ndarray) else fresh(value) for value in (A, B))
        return self(a.reshape(a.shape + (1,) * b.ndim), b.reshape((1,) * a.ndim + b.shape), **options)

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """``a[indices] = f(a[indices], b)``, repeated positions one after the other, in no certain order."""
        if self._key not in _ATOMIC:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        name, dtypes = _ATOMIC[self._key]
        indexing.scatter(a, indices, b, getattr(np, name), dtypes.split(), f"cupy.{self._key}.at", self)

    def reduce(self, array: ndarray, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """Sum and product; CuPy has no other."""
        if self._key not in ("add", "multiply"):
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return (array.sum if self._key == "add" else array.prod)(axis, dtype, out, keepdims)

    def accumulate(self, array: ndarray, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """Running sum and product; CuPy has no other."""
        if self._key not in ("add", "multiply"):
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return (array.cumsum if self._key == "add" else array.cumprod)(axis, dtype, out)

    def __getattr__(self, name: str) -> Any:
        raise absent("ufunc", "cupy.ufunc", name)


def _shape(hosts: list[Host]) -> tuple[int, ...]:
    """The common shape."""
    if not hosts:
        return ()
    shape = hosts[0].shape
    for host in hosts:
        if host.shape != shape:
            break
    else:
        return shape
    try:
        return np.broadcast(*hosts).shape
    except ValueError:
        shapes = " ".join(str(host.shape) for host in hosts)
        raise ValueError(f"operands could not be broadcast together with shapes {shapes}") from None


UFUNCS: dict[str, ufunc] = {
    name: ufunc(name, described["ufunc"]) for name, described in SURFACE["cupy"].items() if isinstance(described, dict)
}
