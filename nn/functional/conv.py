"""Convolution and its transpose over 1, 2 or 3 spatial axes.

Three operations, each linear in two of x (N,C,*S), w (O,C/G,*K), y (N,O,*OS) and giving the third. The gradients of
each are the other two, so derivatives of every order exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from autograd.casting import autocasting
from autograd.errors import ArgumentError, DtypeError, ShapeError
from autograd.formats import packed
from autograd.op import op
from backends.geometry import Conv
from nn.functional.arguments import batched, per_axis
from nn.functional.channels import channel_sum
from nn.functional.padding import pad

if TYPE_CHECKING:
    from autograd.tensor import Tensor


def _product(be: Any, kernel: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """What a kernel makes of two arrays in both of which it is linear; of complex ones by their parts."""
    if a.dtype.kind != "c":
        return kernel(a, b)
    real = kernel(a.real, b.real) - kernel(a.imag, b.imag)
    y = be.xp.empty(real.shape, a.dtype)
    y.real[...] = real
    y.imag[...] = kernel(a.real, b.imag) + kernel(a.imag, b.real)
    return y


def _biased(y: Any, b: Any, geo: Conv) -> Any:
    if b is not None:
        y += b.reshape(-1, *[1] * len(geo.size))
    return y


@op(bfloat16="kernel", complex="analytic")
def _conv(be: Any, x: Any, w: Any, b: Any, *, geo: Conv) -> Any:  # (N,C,*S), (O,C/G,*K) -> (N,O,*OS)
    if x.dtype.kind != "c":
        return be.conv(x, w, b, geo)
    return _biased(_product(be, lambda x, w: be.conv(x, w, None, geo), x, w), b, geo)


@op(bfloat16="kernel", complex="analytic")
def _conv_transpose(be: Any, x: Any, w: Any, b: Any, *, geo: Conv) -> Any:  # (N,O,*OS), (O,C/G,*K) -> (N,C,*S)
    return _biased(packed(_product(be, lambda x, w: be.conv_input(x, w, geo), x, w)), b, geo)


@op(bfloat16="kernel", complex="analytic")
def _conv_weight(be: Any, x: Any, y_grad: Any, *, geo: Conv) -> Any:  # (N,C,*S), (N,O,*OS) -> (O,C/G,*K)
    return _product(be, lambda y_grad, x: be.conv_weight(y_grad, x, geo), y_grad, x)


_conv.grad(
    x=lambda g, w, *, geo: _conv_transpose(g, w, None, geo=geo),
    w=lambda g, x, *, geo: _conv_weight(x, g, geo=geo),
    b=lambda g, **_: channel_sum(g),
)
_conv_transpose.grad(
    x=lambda g, w, *, geo: _conv(g, w, None, geo=geo),
    w=lambda g, x, *, geo: _conv_weight(g, x, geo=geo),
    b=lambda g, **_: channel_sum(g),
)
_conv_weight.grad(
    x=lambda g, y_grad, *, geo: _conv_transpose(y_grad, g, None, geo=geo),
    y_grad=lambda g, x, *, geo: _conv(x, g, None, geo=geo),
)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation over one spatial axis; ``conv2d`` with one axis less.

    Args:
        input: (N,C,L) or (C,L).
        weight: (O,C/groups,K), of the input's dtype.
        bias: (O,) or None.
        stride, padding, dilation, groups: as for ``conv2d``.

    Returns:
        (N,O,OL) or (O,OL), OL = floor((L + 2*padding - dilation*(K-1) - 1) / stride) + 1.

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> F.conv1d(ag.arange(4.0).reshape(1, 1, 4), ag.ones(1, 1, 2))
        tensor([[[1., 3., 5.]]])
    """
    return _convolved("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation over two spatial axes.

    y[n,o,i,j] = bias[o] + sum over c,k,l of weight[o,c,k,l] * x[n,c, i*stride - padding + k*dilation, ...].

    Args:
        input: (N,C,H,W) or (C,H,W).
        weight: (O,C/groups,KH,KW), of the input's dtype.
        bias: (O,) or None.
        stride: steps between windows, an int or one for each axis.
        padding: zeros on either side, an int or one for each axis; "valid": none; "same": keep the size (stride 1).
        dilation: steps between the elements of a window.
        groups: channels are split into so many groups that do not see each other; divides C and O.

    Returns:
        (N,O,OH,OW) or (O,OH,OW), OH = floor((H + 2*padding - dilation*(KH-1) - 1) / stride) + 1.

    Raises:
        ShapeError: shapes that do not fit, or a window larger than the padded input.
        DtypeError: neither floating nor complex, or several dtypes.

    Example:
        >>> F.conv2d(ag.ones(1, 3, 8, 8), ag.ones(4, 3, 3, 3), stride=2, padding=1).shape
        Size([1, 4, 4, 4])
    """
    return _convolved("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation over three spatial axes; ``conv2d`` with one axis more.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        weight: (O,C/groups,KD,KH,KW), of the input's dtype.
        bias: (O,) or None.
        stride, padding, dilation, groups: as for ``conv2d``.

    Returns:
        (N,O,OD,OH,OW) or (O,OD,OH,OW).

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> F.conv3d(ag.ones(1, 2, 4, 4, 4), ag.ones(5, 2, 3, 3, 3), padding="same").shape
        Size([1, 5, 4, 4, 4])
    """
    return _convolved("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of ``conv1d``; ``conv_transpose2d`` with one axis less.

    Args:
        input: (N,C,L) or (C,L).
        weight: (C,O/groups,K), of the input's dtype.
        bias: (O,) or None.
        stride, padding, output_padding, groups, dilation: as for ``conv_transpose2d``.

    Returns:
        (N,O,OL) or (O,OL), OL = (L-1)*stride - 2*padding + dilation*(K-1) + output_padding + 1.

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> F.conv_transpose1d(ag.ones(1, 1, 2), ag.ones(1, 1, 2), stride=2)
        tensor([[[1., 1., 1., 1.]]])
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of ``conv2d``, its gradient with respect to the input: every element stamps the weight on a plane.

    Args:
        input: (N,C,H,W) or (C,H,W).
        weight: (C,O/groups,KH,KW), of the input's dtype.
        bias: (O,) or None.
        stride: steps between stamps.
        padding: how much of the result is cut off on either side.
        output_padding: how much more is kept on the right; below stride or dilation.
        groups: as for ``conv2d``.
        dilation: steps between the elements of a stamp.

    Returns:
        (N,O,OH,OW) or (O,OH,OW), OH = (H-1)*stride - 2*padding + dilation*(KH-1) + output_padding + 1.

    Raises:
        ShapeError: shapes that do not fit.
        DtypeError: neither floating nor complex, or several dtypes.

    Example:
        >>> F.conv_transpose2d(ag.ones(1, 3, 4, 4), ag.ones(3, 2, 2, 2), stride=2).shape
        Size([1, 2, 8, 8])
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of ``conv3d``; ``conv_transpose2d`` with one axis more.

    Args:
        input: (N,C,D,H,W) or (C,D,H,W).
        weight: (C,O/groups,KD,KH,KW), of the input's dtype.
        bias: (O,) or None.
        stride, padding, output_padding, groups, dilation: as for ``conv_transpose2d``.

    Returns:
        (N,O,OD,OH,OW) or (O,OD,OH,OW).

    Raises:
        ShapeError: shapes that do not fit.

    Example:
        >>> F.conv_transpose3d(ag.ones(1, 1, 2, 2, 2), ag.ones(1, 1, 2, 2, 2)).shape
        Size([1, 1, 3, 3, 3])
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


# -- the doors ---------------------------------------------------------------------------------------------------------


def _convolved(
    name: str, nd: int, input: Tensor, weight: Tensor, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Tensor:
    x, is_batch = batched(name, input, nd, complex=True)
    _check_types(name, nd, input, weight, bias)
    steps, spread = per_axis(name, "stride", stride, nd, 1), per_axis(name, "dilation", dilation, nd, 1)
    if isinstance(padding, str):
        x, padding = _named_padding(name, padding, x, weight.raw.shape[2:], steps, spread)
    border = per_axis(name, "padding", padding, nd, 0)
    shape = None if bias is None else bias.raw.shape
    y: Tensor = _conv(
        x, weight, bias, geo=_geometry(name, x.raw.shape, weight.raw.shape, shape, steps, border, spread, groups)
    )
    return y if is_batch else y.squeeze(0)


def _transposed(
    name: str,
    nd: int,
    input: Tensor,
    weight: Tensor,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    x, is_batch = batched(name, input, nd, complex=True)
    _check_types(name, nd, input, weight, bias)
    steps, spread = per_axis(name, "stride", stride, nd, 1), per_axis(name, "dilation", dilation, nd, 1)
    border, extra = per_axis(name, "padding", padding, nd, 0), per_axis(name, "output_padding", output_padding, nd, 0)
    shape = None if bias is None else bias.raw.shape
    geo = _transposed_geometry(name, x.raw.shape, weight.raw.shape, shape, steps, border, extra, spread, groups)
    y: Tensor = _conv_transpose(x, weight, bias, geo=geo)
    return y if is_batch else y.squeeze(0)


def _check_types(name: str, nd: int, input: Tensor, weight: Tensor, bias: Any) -> None:
    if weight.raw.ndim != nd + 2:
        raise ShapeError(f"{name}: expected weight with {nd + 2} axes, got {weight.raw.shape}")
    alike = weight.raw.dtype == input.raw.dtype and (bias is None or bias.raw.dtype == input.raw.dtype)
    if not alike and not autocasting(input):
        others = f"{weight.dtype}" + ("" if bias is None else f" and {bias.dtype}")
        raise DtypeError(
            f"{name}: expected weight and bias of the input's dtype {input.dtype}, got {others}. Cast one with .to()"
        )


def _named_padding(name: str, padding: str, x: Tensor, kernel: Any, stride: Any, dilation: Any) -> tuple[Tensor, Any]:
    """The input and padding that "valid" and "same" stand for; an odd total puts its last zero on the right."""
    if padding == "valid":
        return x, 0
    if padding != "same":
        raise ArgumentError(f'{name}: expected padding "valid", "same" or ints, got {padding!r}')
    if max(stride) > 1:
        raise ArgumentError(f'{name}: expected stride 1 with padding "same", got {stride}')
    total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if any(n % 2 for n in total):
        x = pad(x, [side for n in reversed(total) for side in (0, n % 2)])
    return x, tuple(n // 2 for n in total)


@lru_cache(maxsize=1024)
def _geometry(name: str, x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Conv:
    """The geometry of shapes that fit each other; remembered, so that a layer checks them once."""
    if groups < 1 or w[0] % groups:
        raise ShapeError(f"{name}: expected groups that divide the {w[0]} output channels of weight {w}, got {groups}")
    if x[1] != w[1] * groups:
        layout = {3: "NCL", 4: "NCHW", 5: "NCDHW"}[len(x)]
        grouped = f" in {groups} groups" if groups > 1 else ""
        raise ShapeError(
            f"{name}: expected input with {w[1] * groups} channels to match weight {w}{grouped}, got {x}. "
            f"Is the layout {layout}?"
        )
    if b not in (None, (w[0],)):
        raise ShapeError(f"{name}: expected bias of shape ({w[0]},) to match weight {w}, got {b}")
    geo = Conv.of(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if min(geo.out) < 1 or min(geo.kernel) < 1:
        padded = tuple(n + 2 * p for n, p in zip(geo.size, padding, strict=True))
        span = tuple(d * (k - 1) + 1 for d, k in zip(dilation, geo.kernel, strict=True))
        raise ShapeError(f"{name}: expected a window of at least 1 that fits the padded input {padded}, got {span}")
    return geo


@lru_cache(maxsize=1024)
def _transposed_geometry(
    name: str, x: Any, w: Any, b: Any, stride: Any, padding: Any, extra: Any, dilation: Any, groups: int
) -> Conv:
    """The geometry of the convolution whose transpose is asked for: its output is our input."""
    if x[1] != w[0]:
        raise ShapeError(f"{name}: expected input with {w[0]} channels to match weight {w}, got {x}")
    if groups < 1 or w[0] % groups:
        raise ShapeError(f"{name}: expected groups that divide the {w[0]} input channels of weight {w}, got {groups}")
    if b not in (None, (w[1] * groups,)):
        raise ShapeError(f"{name}: expected bias of shape ({w[1] * groups},) to match weight {w}, got {b}")
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise ArgumentError(
            f"{name}: expected output_padding below stride {stride} or dilation {dilation}, got {extra}"
        )
    out, kernel = tuple(x[2:]), tuple(w[2:])
    axes = zip(out, stride, padding, dilation, kernel, extra, strict=True)
    size = tuple((n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, s, p, d, k, e in axes)
    if min(size) < 1:
        raise ShapeError(f"{name}: expected an output of at least 1, got {size} from input {x} and padding {padding}")
    return Conv(size, kernel, stride, padding, dilation, groups, out)
