"""Forward mode as PyTorch's ``torch.autograd.forward_ad`` has it: tensors that carry a tangent.

A dual tensor is the primal with a node of its own, and the tangent of a result is found when it is asked for: the
pull of a cotangent is linear in it, and the pull of that map is the push (as in ``pullback.py``). So operations need no
second set of formulas; inside a level, results that depend on a dual tensor require grad.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from autograd import engine
from autograd.dtypes import INEXACT
from autograd.errors import DtypeError, GraphError, ShapeError
from autograd.grad_mode import enable_grad
from autograd.node import Leaf
from autograd.op import wrap
from autograd.ops.shape import identity

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class _Dual(NamedTuple):
    """A dual tensor of the level."""

    alias: Any  # where its tangent enters the graph
    owner: Any  # keeps the alias's leaf alive
    given: Any  # what make_dual returned
    tangent: Any


_level: list[list[_Dual]] = []


class UnpackedDualTensor(NamedTuple):
    """What ``unpack_dual`` returns.

    Attributes:
        primal: the tensor without tangent.
        tangent: None where there is none.

    Example:
        >>> from autograd.forward_ad import unpack_dual
        >>> unpack_dual(ag.ones(1)).tangent is None
        True
    """

    primal: Any
    tangent: Any


def enter_dual_level() -> int:
    """Begins a level; ``dual_level`` ends it, too.

    Returns:
        0, the number of the level.

    Raises:
        GraphError: there is one already.

    Example:
        >>> from autograd.forward_ad import enter_dual_level, exit_dual_level
        >>> enter_dual_level(); exit_dual_level()
        0
    """
    if _level:
        raise GraphError(
            "enter_dual_level: expected no other level, got one inside another. Use autograd.func.jvp for both"
        )
    _level.append([])
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """Ends the level: its tensors have no tangents any more.

    Args:
        level: the level that ``enter_dual_level`` returned.

    Raises:
        GraphError: there is none.

    Example:
        >>> from autograd.forward_ad import enter_dual_level, exit_dual_level
        >>> level = enter_dual_level()
        >>> exit_dual_level(level=level)
    """
    if not _level:
        raise GraphError("exit_dual_level: expected a level to leave, got none. Call enter_dual_level() first")
    _level.pop()


class dual_level:
    """Inside, tensors can carry tangents.

    Example:
        >>> import autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(ag.tensor(3.0), ag.tensor(1.0))
        ...     fwAD.unpack_dual(x * x)
        UnpackedDualTensor(primal=tensor(9.), tangent=tensor(6.))
    """

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *exc: object) -> None:
        exit_dual_level()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """A tensor that carries a tangent, on the same memory.

    Args:
        tensor: floating or complex.
        tangent: of its shape and dtype.
        level: accepted: there is one.

    Returns:
        The dual tensor.

    Raises:
        GraphError: outside a level.
        DtypeError, ShapeError: the tangent does not fit, or the tensor holds integers.

    Example:
        >>> import autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     fwAD.unpack_dual(fwAD.make_dual(ag.zeros(2), ag.ones(2)).exp()).tangent
        tensor([1., 1.])
    """
    if not _level:
        raise GraphError("make_dual: expected a level, got none. Use it inside dual_level()")
    if tensor.raw.dtype.kind not in INEXACT:
        raise DtypeError(f"make_dual: expected a floating or complex tensor, got {tensor.dtype}. Cast it first")
    if tangent.raw.dtype != tensor.raw.dtype:
        raise DtypeError(f"make_dual: expected a tangent of {tensor.dtype}, got {tangent.dtype}")
    if tangent.raw.shape != tensor.raw.shape:
        raise ShapeError(
            f"make_dual: expected a tangent of shape {tuple(tensor.raw.shape)}, got {tuple(tangent.raw.shape)}"
        )
    owner = None
    with enable_grad():
        if tensor.requires_grad:
            alias = identity(tensor)
        else:
            alias, owner = tensor.detach(), tensor.detach()
            alias.node = Leaf(owner)
        given = identity(alias)
    _level[-1].append(_Dual(alias, owner, given, tangent))
    return given


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """The primal of a tensor, and the tangent that has come to it.

    Args:
        tensor: any tensor.
        level: accepted.

    Returns:
        (primal, tangent); the tangent, of the tensor's shape, is None where it depends on no dual tensor.

    Example:
        >>> import autograd.forward_ad as fwAD
        >>> with fwAD.dual_level():
        ...     x = fwAD.make_dual(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 0.0]))
        ...     fwAD.unpack_dual((x * x).sum()).tangent
        tensor(2.)
    """
    duals = _level[-1] if _level else []
    for dual in duals:
        if dual.given is tensor:
            history = dual.alias if dual.owner is None else dual.owner
            return UnpackedDualTensor(history, dual.tangent)
    if not duals or not tensor.requires_grad:
        return UnpackedDualTensor(tensor, None)
    with enable_grad():
        seed = tensor.detach().clone().zero_().requires_grad_()
        aliases = [dual.alias for dual in duals]
        images = engine.gradients([tensor], aliases, [seed], create_graph=True)
        pairs = [(g, d.tangent) for g, d in zip(images, duals, strict=True) if g is not None]
        if not pairs:
            return UnpackedDualTensor(tensor, None)
        recorded = [(g, t) for g, t in pairs if g.requires_grad]
        keep = any(d.owner is None or d.tangent.requires_grad for d in duals)
        if recorded:
            gs, ts = zip(*recorded, strict=True)
            (tangent,) = engine.gradients(gs, [seed], ts, retain_graph=True, create_graph=keep)
        else:
            tangent = None
    if tangent is None:
        tangent = wrap(tensor.backend.xp.zeros_like(tensor.raw), tensor.backend)
    return UnpackedDualTensor(tensor if keep else tensor.detach(), tangent if keep else tangent.detach())
