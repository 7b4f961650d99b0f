"""Linear and bilinear maps of the last axis."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from autograd.casting import autocasting
from autograd.errors import DtypeError, ShapeError
from autograd.op import op
from autograd.ops.axes import _permute
from autograd.ops.shape import _reshape
from nn.functional.channels import channel_sum

if TYPE_CHECKING:
    from autograd.tensor import Tensor

# x (*,I), w (O,I), y (*,O): each is linear in the other two, as in a convolution.


@op(complex="analytic", bfloat16="kernel")
def _linear(be: Any, x: Any, w: Any, b: Any) -> Any:
    return be.linear(x, w, b)


@op(complex="analytic", bfloat16="kernel")
def _linear_weight(be: Any, x: Any, y_grad: Any) -> Any:
    return be.matmul(_rows(y_grad).T, _rows(x))  # (O,M) (M,I) -> (O,I)


def _rows(a: Any) -> Any:
    """(*,N) as (M,N); M is computed, as -1 is not known without elements."""
    return a if a.ndim == 2 else a.reshape(prod(a.shape[:-1]), a.shape[-1])


def _transposed(w: Any) -> Any:
    return _permute(w, axes=(1, 0))


def _column_sum(g: Any) -> Any:
    return channel_sum(g if g.ndim == 2 else _reshape(g, shape=(prod(g.shape[:-1]), g.shape[-1])))


_linear.grad(
    x=lambda g, w: _linear(g, _transposed(w), None),
    w=lambda g, x: _linear_weight(x, g),
    b=lambda g: _column_sum(g),
)


@op(outputs=("x_grad", "weight_grad", "bias_grad"))
def _linear_grad(be: Any, g: Any, x: Any, w: Any, *, needs: tuple[bool, ...]) -> Any:
    return be.linear_grad(g, x, w, needs)


@_linear.grad_all
def _linear_gradients(needs: Any, g: Any, x: Any, w: Any) -> Any:
    return _linear_grad(g, x, w, needs=needs)


_linear_weight.grad(
    x=lambda g, y_grad: _linear(y_grad, _transposed(g), None),
    y_grad=lambda g, x: _linear(x, g, None),
)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W^T + b over the last axis.

    Args:
        input: (*,I).
        weight: (O,I), or (I,) for a single output without its axis.
        bias: (O,) or None.

    Returns:
        (*,O).

    Raises:
        ShapeError: sizes that do not fit.
        DtypeError: several dtypes.

    Example:
        >>> F.linear(ag.tensor([1.0, 2.0]), ag.tensor([[1.0, 1.0], [0.0, 3.0]]), ag.tensor([0.5, 0.0]))
        tensor([3.5000, 6.0000])
    """
    x, w = input.raw, weight.raw
    if w.ndim not in (1, 2) or not x.ndim or x.shape[-1] != w.shape[-1]:
        raise ShapeError(
            f"linear: expected input with {w.shape[-1] if w.ndim else 1} features on its last axis to match weight "
            f"{w.shape}, got {x.shape}"
        )
    if (w.dtype != x.dtype or (bias is not None and bias.raw.dtype != x.dtype)) and not autocasting(input):
        others = f"{weight.dtype}" + ("" if bias is None else f" and {bias.dtype}")
        raise DtypeError(
            f"linear: expected weight and bias of the input's dtype {input.dtype}, got {others}. Cast with .to()"
        )
    if bias is not None and bias.raw.shape not in (w.shape[:-1], ()):
        raise ShapeError(
            f"linear: expected bias of shape {w.shape[:-1]} to match weight {w.shape}, got {bias.raw.shape}"
        )
    if w.ndim == 1:
        return linear(input, weight.unsqueeze(0), bias).squeeze(-1)
    y: Tensor = _linear(input, weight, bias)
    return y


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y[..., o] = sum over i,j of x1[..., i] * weight[o,i,j] * x2[..., j] + bias[o].

    Args:
        input1: (*,I).
        input2: (*,J) with the same leading sizes.
        weight: (O,I,J).
        bias: (O,) or None.

    Returns:
        (*,O).

    Raises:
        ShapeError: sizes that do not fit.

    Example:
        >>> F.bilinear(ag.tensor([1.0, 2.0]), ag.tensor([3.0]), ag.ones(1, 2, 1))
        tensor([9.])
    """
    one, two, shape = input1.raw.shape, input2.raw.shape, weight.raw.shape
    if len(shape) != 3 or not one or not two or (one[-1], two[-1]) != shape[1:] or one[:-1] != two[:-1]:
        raise ShapeError(
            f"bilinear: expected inputs (*,I) and (*,J) with equal leading sizes to match weight (O,I,J) {shape}, "
            f"got {one} and {two}"
        )
    outputs, i, j = shape
    rows = input1.reshape(-1, i) @ weight.permute(1, 0, 2).reshape(i, outputs * j)  # (M,I) (I,O*J) -> (M,O*J)
    y: Tensor = (rows.reshape(-1, outputs, j) * input2.reshape(-1, 1, j)).sum(-1).reshape(*one[:-1], outputs)
    if bias is not None:
        y = y + bias
    return y
