"""Array functions by NumPy's of the same name, under CuPy's signatures and with CuPy's refusals.

``FUNCTIONS`` is everything callable of the module ``cupy``. Results share memory where NumPy's are views, and are new
arrays in C order elsewhere, as in CuPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.cupy_double import creation, log
from tests.cupy_double.array import DOUBLE, SCALARS, device, ndarray, new_like, view
from tests.cupy_double.creation import needs_device
from tests.cupy_double.surface import SURFACE, checker
from tests.cupy_double.ufunc import UFUNCS


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


HOST_RESULTS = words(
    """shape ndim size can_cast result_type promote_types min_scalar_type common_type issubdtype isscalar iscomplexobj
    isrealobj may_share_memory shares_memory broadcast_shapes get_printoptions array_repr array_str array2string
    typename mintypecode base_repr binary_repr format_float_positional format_float_scientific"""
)
SYNCHRONIZING = words(
    """nonzero flatnonzero argwhere unique unique_all unique_counts unique_inverse unique_values extract compress
    bincount histogram histogram2d histogramdd trim_zeros quantile percentile median nanmedian place putmask delete
    union1d intersect1d setdiff1d setxor1d unravel_index ravel_multi_index gradient average tril_indices triu_indices
    mask_indices isin in1d"""
)
SEQUENCES = words(  # functions whose first argument may be a list of arrays
    """concatenate concat stack vstack hstack dstack column_stack row_stack block broadcast_arrays einsum meshgrid ix_
    result_type atleast_1d atleast_2d atleast_3d select ravel_multi_index lexsort"""
)
LISTS = words(  # functions that make arrays of lists and numbers of the host
    """zeros ones full arange linspace logspace eye identity tri indices diag_indices tril_indices triu_indices
    mask_indices result_type promote_types can_cast broadcast_shapes unravel_index fromiter frombuffer fromstring"""
)


def unwrap(value: Any, name: str, sources: list[ndarray]) -> Any:
    """An argument for NumPy; arrays of the host are refused."""
    if type(value) is ndarray:
        sources.append(value)
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {np.ndarray} ({name}: arrays of the host must be moved by cupy.asarray)")
    if type(value) in (list, tuple):
        return type(value)(unwrap(item, name, sources) for item in value)
    return value


def run(name: str, function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Calls a NumPy function on device arrays and gives device arrays back."""
    sources: list[ndarray] = []
    if args and type(args[0]) is list and name not in SEQUENCES and name not in LISTS:
        raise TypeError(f"Unsupported type {list} ({name})")
    hosts = [unwrap(arg, name, sources) for arg in args]
    out = options.get("out")
    if isinstance(out, tuple):
        (out,) = out
    if out is not None and not isinstance(out, ndarray):
        raise TypeError("Output arguments type must be cupy.ndarray")
    keywords = {key: unwrap(value, name, sources) for key, value in options.items() if key != "out"}
    if out is not None:
        keywords["out"] = out._host
    if name in SYNCHRONIZING:
        log.synchronize(f"cupy.{name}")
    log.record("launch", name)
    with np.errstate(all="ignore"):
        result = function(*hosts, **keywords)
    if out is not None:
        return out
    return result if name in HOST_RESULTS else device(result, sources)


def _function(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    check = checker("cupy", name)

    def call(*args: Any, **options: Any) -> Any:
        check(len(args), options)
        return run(name, function, args, options)

    call.__name__ = call.__qualname__ = name
    return call


def method(name: str) -> Callable[..., Any]:
    """The method of that name of ``ndarray``."""
    check = checker("ndarray", name)
    if name in _OWN:
        own = _OWN[name]
        return lambda self, *args, **options: own(self, *args, **options)
    function: Any = getattr(np.ndarray, name, None) or (
        lambda a, *args, **options: getattr(np, name)(a, *args, **options)
    )

    def call(self: ndarray, *args: Any, **options: Any) -> Any:
        check(len(args), options)
        return run(name, function, (self, *args), options)

    call.__name__ = name
    return call


# -- functions that differ from NumPy's ----------------------------------------------------------------------------


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """``x`` where the condition holds, ``y`` elsewhere; with the condition alone, its places."""
    if (x is None) != (y is None):
        raise ValueError("Must provide both 'x' and 'y' or neither.")
    if x is None:
        return needs_device(condition, "where").nonzero()  # type: ignore[attr-defined]
    needs_device(condition, "where")
    for value in (x, y):
        if type(value) is not ndarray and type(value) not in SCALARS:
            raise TypeError(f"Unsupported type {type(value)}")
    return run("where", np.where, (condition, x, y), {})


def take(a: Any, indices: Any, axis: int | None = None, out: ndarray | None = None) -> ndarray:
    """Elements along an axis, positions wrapped around; indices of the host are copied to the device first."""
    if not isinstance(indices, ndarray) and not np.isscalar(indices):
        indices = creation.asarray(indices, np.int64)
    if out is not None and out.dtype != a.dtype:
        raise TypeError("Output dtype mismatch")
    options = {} if out is None else {"out": out}
    return run("take", np.take, (needs_device(a, "take"), indices, axis), {"mode": "wrap", **options})


def take_along_axis(a: Any, indices: Any, axis: int | None) -> ndarray:
    """Elements at positions along an axis, wrapped around."""
    if needs_device(indices, "take_along_axis").dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")

    def wrapping(a: Any, indices: Any, axis: int | None) -> Any:
        size = a.size if axis is None else a.shape[axis]
        return np.take_along_axis(a, indices % max(size, 1), axis)

    return run("take_along_axis", wrapping, (needs_device(a, "take_along_axis"), indices, axis), {})


def repeat(a: Any, repeats: Any, axis: int | None = None) -> ndarray:
    """Repeated elements; how often each one, in an array, is read by the host."""
    if isinstance(repeats, np.ndarray):
        raise TypeError("'repeats' does not accept numpy.ndarray; convert with cupy.array() first")
    if isinstance(repeats, list | tuple):
        repeats = creation.asarray(repeats, np.int64)
    if isinstance(repeats, ndarray):
        log.synchronize("repeat() by an array")
    return run("repeat", np.repeat, (needs_device(a, "repeat"), repeats, axis), {})


def roll(a: Any, shift: Any, axis: Any = None) -> ndarray:
    """Elements moved around the axes, in the order of ``a``."""
    rolled = run("roll", np.roll, (needs_device(a, "roll"), shift, axis), {})
    return rolled if axis is None else _ordered(a, rolled)


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> ndarray:
    """Numbers in place of NaN and infinities, in the order of ``x``."""
    numbers = run(
        "nan_to_num", np.nan_to_num, (needs_device(x, "nan_to_num"),), {"nan": nan, "posinf": posinf, "neginf": neginf}
    )
    if copy:
        return _ordered(x, numbers)
    x._host[...] = numbers._host
    return x  # type: ignore[no-any-return]


def _ordered(like: ndarray, values: ndarray) -> ndarray:
    """The values in memory as ``like`` is."""
    result = new_like(like, values.dtype)
    result._host[...] = values._host
    return result


def copyto(dst: ndarray, src: Any, casting: Any = "same_kind", where: Any = None) -> None:
    """Copies values, broadcast, into an array."""
    options = {} if where is None else {"where": where}
    run("copyto", np.copyto, (dst, src), {"casting": casting, **options})


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> ndarray:
    """Whether all elements are close, as a 0-d array."""
    return run("allclose", np.allclose, (a, b, rtol, atol, equal_nan), {})


def einsum(*operands: Any, **options: Any) -> Any:
    """The summation convention; without NumPy's ``out``, ``order`` and ``casting``."""
    for name in options:
        if name not in ("dtype", "optimize"):
            raise TypeError(f"einsum does not support keyword {name!r} (CuPy)")
    return run("einsum", np.einsum, operands, options)


def argsort(a: Any, axis: int | None = -1, kind: str | None = None) -> ndarray:
    """Order of the elements, always stable; contiguous along ``axis``."""
    if kind is not None and kind != "stable":
        raise ValueError("kind can only be None or 'stable'")
    order = run("argsort", np.argsort, (needs_device(a, "argsort"), axis), {"kind": "stable"})
    if axis is None or axis in (-1, order.ndim - 1):
        return order
    return _moved(order, axis)


def _running(name: str) -> Callable[..., Any]:
    """``cumsum`` or ``cumprod``, whose results are contiguous along the axis."""
    function = getattr(np, name)

    def call(a: Any, axis: int | None = None, dtype: Any = None, out: ndarray | None = None) -> Any:
        options = {} if out is None else {"out": out}
        result = run(name, function, (needs_device(a, name), axis, dtype), options)
        return result if out is not None or axis is None or axis in (-1, a.ndim - 1) else _moved(result, axis)

    return call


cumsum, cumprod = _running("cumsum"), _running("cumprod")


def argpartition(a: Any, kth: Any, axis: int | None = -1) -> ndarray:
    """Order of the elements; CuPy sorts them all."""
    order = argsort(a, axis)
    for k in kth if isinstance(kth, tuple | list) else (kth,):
        if not -order.shape[axis or 0] <= k < order.shape[axis or 0]:
            raise ValueError(f"kth(={k}) out of bounds {order.shape[axis or 0]}")
    return order


def _moved(values: ndarray, axis: int) -> ndarray:
    """The values in an array that was made with ``axis`` last."""
    last = device(np.moveaxis(values._host, axis, -1).copy())
    return view(last, np.moveaxis(last._host, -1, axis))


def get_array_module(*args: Any) -> Any:
    """``cupy`` if an array of the device is among the arguments, else numpy."""
    return DOUBLE["cupy"] if any(isinstance(arg, ndarray) for arg in args) else np


def as_strided(x: ndarray, shape: Any = None, strides: Any = None) -> ndarray:
    """A view with any shape and strides, unchecked."""
    return device(np.lib.stride_tricks.as_strided(x._host, shape, strides), [x])


def sliding_window_view(
    x: ndarray, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> ndarray:
    """A view of all windows."""
    if subok:
        raise NotImplementedError("subok is not supported")
    return device(np.lib.stride_tricks.sliding_window_view(x._host, window_shape, axis), [x])


def _table() -> dict[str, Callable[..., Any]]:
    """Every function of CuPy that NumPy has too or that stands above."""
    table: dict[str, Callable[..., Any]] = {}
    for name, described in SURFACE["cupy"].items():
        if name in UFUNCS:
            table[name] = UFUNCS[name]
        elif name in _OWN:
            table[name] = _OWN[name]
        elif isinstance(described, list) and callable(function := getattr(np, name, None)):
            table[name] = _function(name, function)
    return table


_OWN: dict[str, Callable[..., Any]] = {
    name: globals().get(name) or getattr(creation, name)
    for name in words(
        """array asarray ascontiguousarray asfortranarray asnumpy copy empty zeros ones full empty_like zeros_like
        ones_like full_like where take take_along_axis repeat roll nan_to_num copyto allclose einsum argsort argpartition
        cumsum cumprod
        get_array_module"""
    )
} | {"asanyarray": creation.asarray}
FUNCTIONS = _table()
