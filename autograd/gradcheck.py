"""Gradients against central differences: the check to run on every function that brings a gradient of its own.

With ``J`` the Jacobian of one output with respect to one input, ``backward`` gives ``v J`` and differences ``J u``. The
full check compares all of ``J``; ``fast_mode`` compares ``v J u`` for one random pair of directions. A complex number counts as
two real ones: for a gradient v of an output, PyTorch's convention gives dL/dRe(x) + i dL/dIm(x) of L = Re(sum(conj(v) f(x))).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from autograd.engine import gradients
from autograd.op import wrap
from autograd.tensor import Tensor

_SEED = 0  # of the random directions: a check gives the same answer every time


class GradcheckError(RuntimeError):
    """A gradient that disagrees with the function, or cannot be checked."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compares the gradients of a function with central differences: (f(x + eps) - f(x - eps)) / (2 eps).

    Args:
        func: takes the inputs; returns a tensor or a tuple of them.
        inputs: a tensor or a tuple; those that require grad are checked, and should be float64 or complex128.
        eps: the step of the differences.
        atol, rtol: agreement means |numerical - analytical| <= atol + rtol * |analytical|.
        raise_exception: raise where they disagree; otherwise return False.
        nondet_tol: by how much two backward passes may differ.
        check_undefined_grad: with several outputs, also check that a missing gradient counts as zero.
        check_grad_dtypes: also check that a gradient has its input's dtype.
        check_batched_grad, check_batched_forward_grad, check_forward_ad, check_backward_ad: accepted; ``vmap`` and forward mode
            are composed of the backward that is checked.
        fast_mode: one random direction in place of the whole Jacobian.

    Returns:
        True if all gradients agree.

    Raises:
        GradcheckError: they disagree; the message gives the input, the output and both Jacobians.
        ValueError: no input requires grad.

    Example:
        >>> x = ag.tensor([0.5, 2.0], dtype=ag.float64, requires_grad=True)
        >>> ag.autograd.gradcheck(lambda x: x * x, x)
        True
    """
    args = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    check = _Check(func, args, eps, atol, rtol)
    try:
        check.outputs_differentiable()
        if fast_mode:
            check.one_direction()
        else:
            check.whole_jacobian()
        check.deterministic(nondet_tol)
        if check_undefined_grad:
            check.missing_gradients()
        if check_grad_dtypes:
            check.dtypes()
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
) -> bool:
    """Compares second derivatives with central differences of the first: ``gradcheck`` of the gradient itself.

    Args:
        func: takes the inputs; returns a tensor or a tuple of them.
        inputs: a tensor or a tuple; those that require grad are checked, and should be float64.
        grad_outputs: the gradients with respect to the outputs; random ones by default. They are checked too.
        eps: the step of the differences.
        atol, rtol: agreement means |numerical - analytical| <= atol + rtol * |analytical|.
        gen_non_contig_grad_outputs: lay the random ``grad_outputs`` out with gaps in memory.
        raise_exception: raise where they disagree; otherwise return False.
        nondet_tol: by how much two backward passes may differ.
        check_undefined_grad: with several outputs, also check that a missing gradient counts as zero.
        check_grad_dtypes: also check that a gradient has its input's dtype.
        check_batched_grad, check_fwd_over_rev, check_rev_over_rev: accepted, as in ``gradcheck``.
        fast_mode: one random direction in place of the whole Jacobian.

    Returns:
        True if all second derivatives agree.

    Raises:
        GradcheckError: they disagree; output i then means the gradient with respect to the i-th checked input.
        ValueError: no input requires grad.

    Example:
        >>> x = ag.tensor([0.5, 2.0], dtype=ag.float64, requires_grad=True)
        >>> ag.autograd.gradgradcheck(lambda x: x * x * x, x)
        True
    """
    args = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if grad_outputs is None:
        rng = np.random.default_rng(_SEED)
        outs = _differentiable(func(*args))
        grads = tuple(_random_like(out, rng, gen_non_contig_grad_outputs) for out in outs)
    else:
        grads = (grad_outputs,) if isinstance(grad_outputs, Tensor) else tuple(grad_outputs)
    wanted = [_requires_grad(x) for x in args]

    def gradient(*both: Any) -> tuple[Any, ...]:
        xs, gs = both[: len(args)], both[len(args) :]
        outs = _differentiable(func(*xs))
        found = gradients(outs, [x for x, w in zip(xs, wanted, strict=True) if w], gs, create_graph=True)
        checked = (x for x, w in zip(xs, wanted, strict=True) if w)
        return tuple(_zeros_like(x) if g is None else g for x, g in zip(checked, found, strict=True))

    return gradcheck(
        gradient,
        args + grads,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        fast_mode=fast_mode,
    )


class _Check:
    """One function at one point, with its gradients from both sides."""

    def __init__(self, func: Callable[..., Any], args: tuple[Any, ...], eps: float, atol: float, rtol: float) -> None:
        self.func, self.args, self.eps, self.atol, self.rtol = func, args, eps, atol, rtol
        self.at = [i for i, x in enumerate(args) if _requires_grad(x)]  # the inputs to check
        if not self.at:
            raise ValueError("gradcheck: expected at least one input that requires grad, got none")
        for i in self.at:
            if args[i].raw.dtype.char not in "dD":
                warnings.warn(
                    f"gradcheck: expected float64 or complex128, got input {i} of {args[i].raw.dtype}. "
                    "Differences are then too coarse to agree; cast it with .double()",
                    stacklevel=3,
                )
        self.wanted = [args[i] for i in self.at]
        self.outs = _tensors(func(*args))
        self.checked = [o for o, out in enumerate(self.outs) if _requires_grad(out)]  # the outputs to check

    # -- the two sides -----------------------------------------------------------------------------------------------
    def numerical(self, i: int, u: Any) -> list[Any]:
        """The derivative of every output when input ``i`` moves along ``u`` (an array of its shape)."""
        low, high = (self.moved(i, sign * self.eps * u) for sign in (-1, 1))
        return [(b - a) / (2 * self.eps) if a.dtype.kind in "fc" else None for a, b in zip(low, high, strict=True)]

    def moved(self, i: int, step: Any) -> list[Any]:
        """The raw outputs with input ``i`` moved by a step; all inputs are fresh leaves."""
        args = list(self.args)
        for k in self.at:
            x = args[k]
            raw = x.raw + step.astype(x.raw.dtype) if k == i else x.raw
            args[k] = wrap(raw, x.backend).requires_grad_()
        return [out.raw.copy() for out in _tensors(self.func(*args))]

    def analytical(self, grads: dict[int, Any]) -> list[Any]:
        """The gradient of sum(output * grad) with respect to every checked input, zeros where there is no path."""
        outs = [self.outs[o] for o in grads]
        found = gradients(outs, self.wanted, list(grads.values()), retain_graph=True)
        return [x.backend.xp.zeros_like(x.raw) if g is None else g.raw for x, g in zip(self.wanted, found, strict=True)]

    # -- the comparisons ---------------------------------------------------------------------------------------------
    def outputs_differentiable(self) -> None:
        """A function cut off from all inputs must be constant."""
        if self.checked:
            return
        for i, x in zip(self.at, self.wanted, strict=True):
            for o, change in enumerate(self.numerical(i, x.backend.xp.ones_like(x.raw))):
                if change is not None and not self.close(change, change * 0):
                    raise GradcheckError(
                        f"gradcheck: expected output {o} to be recorded, since it depends on input {i}, "
                        "got one that does not require grad. Is part of the function outside the graph?"
                    )

    def whole_jacobian(self) -> None:
        """Every element of every Jacobian, one column (element of an input) and one row (of an output) at a time."""
        rows = {o: self._rows(o) for o in self.checked}
        for k, (i, x) in enumerate(zip(self.at, self.wanted, strict=True)):
            xp = x.backend.xp
            columns = [self.numerical(i, u) for u in _basis(x)]
            for o in self.checked:
                shape = (_parts(x.raw).size, _parts(self.outs[o].raw).size)
                n = xp.stack([_parts(c[o]) for c in columns]) if columns else xp.zeros(shape)
                a = xp.stack([_parts(r[k]) for r in rows[o]], 1) if rows[o] else xp.zeros(shape)
                if not self.close(n, a):
                    raise self._mismatch(i, o, n, a, "The Jacobian (a row per input element) is")

    def _rows(self, o: int) -> list[list[Any]]:
        """The gradients of each element of output ``o``."""
        out = self.outs[o]
        return [self.analytical({o: wrap(v, out.backend)}) for v in _basis(out)]

    def one_direction(self) -> None:
        """v J u for one random direction on either side of each pair of input and output."""
        rng = np.random.default_rng(_SEED)
        vs = {o: _random_like(self.outs[o], rng) for o in self.checked}
        rows = {o: self.analytical({o: vs[o]}) for o in self.checked}
        for k, (i, x) in enumerate(zip(self.at, self.wanted, strict=True)):
            if not x.raw.size:
                continue
            u = _random_like(x, rng).raw
            changes = self.numerical(i, u)
            for o in self.checked:
                n, a = ((v.conj() * w).real.sum() for v, w in ((vs[o].raw, changes[o]), (rows[o][k], u)))
                if not self.close(n, a):
                    raise self._mismatch(i, o, n, a, "Along a random direction it is")

    def deterministic(self, tolerance: float) -> None:
        """Two backward passes must agree."""
        if not self.checked:
            return
        rng = np.random.default_rng(_SEED)
        grads = {o: _random_like(self.outs[o], rng) for o in self.checked}
        for i, first, second in zip(self.at, self.analytical(grads), self.analytical(grads), strict=True):
            if not bool(((abs(first - second) <= tolerance) | (first != first)).all()):
                raise GradcheckError(
                    f"gradcheck: expected two backward passes to agree within nondet_tol={tolerance}, got a difference "
                    f"of {float(abs(first - second).max())} in the gradient of input {i}"
                )

    def missing_gradients(self) -> None:
        """An output without a gradient must count as one with zeros."""
        if len(self.checked) < 2:
            return
        rng = np.random.default_rng(_SEED)
        for o in self.checked:
            v = _random_like(self.outs[o], rng)
            zeros = {k: _zeros_like(self.outs[k]) for k in self.checked}
            for i, a, b in zip(self.at, self.analytical({o: v}), self.analytical({**zeros, o: v}), strict=True):
                if not self.close(a, b):
                    raise GradcheckError(
                        f"gradcheck: expected a missing gradient to count as zero, got another gradient of input {i} "
                        f"when only output {o} has one"
                    )

    def dtypes(self) -> None:
        """A gradient has the dtype of its input."""
        for o in self.checked:
            for i, x, g in zip(self.at, self.wanted, self.analytical({o: _zeros_like(self.outs[o])}), strict=True):
                if g.dtype != x.raw.dtype:
                    raise GradcheckError(f"gradcheck: expected a {x.raw.dtype} gradient of input {i}, got {g.dtype}")

    def close(self, a: Any, b: Any) -> bool:
        """|a - b| <= atol + rtol * |b| everywhere; NaN only equals NaN."""
        return bool(((abs(a - b) <= self.atol + self.rtol * abs(b)) | ((a != a) & (b != b)) | (a == b)).all())

    def _mismatch(self, i: int, o: int, numerical: Any, analytical: Any, where: str) -> GradcheckError:
        return GradcheckError(
            f"gradcheck: expected the gradient of output {o} with respect to input {i} to agree with differences. "
            f"{where}\nnumerical: {numerical}\nanalytical: {analytical}"
        )


def _tensors(result: Any) -> list[Tensor]:
    """The tensors among a function's results."""
    results: Iterable[Any] = result if isinstance(result, (tuple, list)) else (result,)
    found = [r for r in results if isinstance(r, Tensor)]
    if not found:
        raise ValueError(f"gradcheck: expected func to return a Tensor or a tuple of them, got {type(result).__name__}")
    return found


def _requires_grad(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _differentiable(result: Any) -> list[Tensor]:
    return [t for t in _tensors(result) if t.requires_grad]


def _zeros_like(t: Tensor) -> Any:
    return wrap(t.backend.xp.zeros_like(t.raw), t.backend)


def _parts(array: Any) -> Any:
    """The elements as a vector of real numbers."""
    flat = array.reshape(-1)
    return flat.view(flat.real.dtype)


def _basis(t: Tensor) -> Iterator[Any]:
    """Arrays like a tensor with a one in one real or imaginary part."""
    xp, kind = t.backend.xp, t.raw.dtype
    for i in range(_parts(t.raw).size):
        parts = xp.zeros(_parts(t.raw).size, t.raw.real.dtype)
        parts[i] = 1
        yield parts.view(kind).reshape(t.raw.shape)


def _random_like(t: Tensor, rng: np.random.Generator, gaps: bool = False) -> Any:
    """A leaf of random numbers of length 1 (as a vector), of the shape and dtype of a tensor."""
    values = rng.standard_normal(t.raw.shape)
    if t.raw.dtype.kind == "c":
        values = values + 1j * rng.standard_normal(t.raw.shape)
    values /= max(float(np.sqrt((abs(values) ** 2).sum())), 1e-30)
    if gaps:
        values = np.repeat(values[..., None], 2, -1)[..., 0]
    return wrap(t.backend.asarray(np.asarray(values, t.raw.dtype)), t.backend).requires_grad_()
