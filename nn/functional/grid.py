"""Images read at given positions: spatial transformers. Positions are in [-1, 1] along each axis, x before y before z."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import autograd as ag
from autograd.errors import ArgumentError, DtypeError, ShapeError

if TYPE_CHECKING:
    from autograd.tensor import Tensor

_MODES, _PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """An image read at the positions of a grid, between elements by interpolation.

    Args:
        input: (N,C,H,W), or (N,C,D,H,W).
        grid: positions (N,OH,OW,2), or (N,OD,OH,OW,3): x, y (and z), -1 and 1 the ends of the image.
        mode: "bilinear" (in volumes trilinear), "nearest", or "bicubic" (images only).
        padding_mode: what stands outside: "zeros", the "border", or the "reflection" of the image.
        align_corners: whether -1 and 1 are the centres of the corner elements, or else the corners of the image (None, False).

    Returns:
        (N,C,OH,OW), or (N,C,OD,OH,OW).

    Raises:
        ShapeError: axes that do not fit each other.
        DtypeError: dtypes that differ.
        ValueError: another mode, or one that volumes do not have.

    Example:
        >>> x = ag.tensor([[[[1.0, 3.0]]]])
        >>> F.grid_sample(x, ag.tensor([[[[0.0, 0.0], [1.0, 0.0]]]]), align_corners=True)
        tensor([[[[2., 3.]]]])

    Source: Jaderberg et al., Spatial Transformer Networks, 2015.
    """
    nd = input.ndim - 2
    if nd not in (2, 3) or grid.ndim != nd + 2 or grid.shape[0] != input.shape[0] or grid.shape[-1] != nd:
        raise ShapeError(
            "grid_sample: expected input (N,C,H,W) with grid (N,OH,OW,2), or (N,C,D,H,W) with (N,OD,OH,OW,3), got "
            f"{tuple(input.shape)} and {tuple(grid.shape)}"
        )
    if input.dtype != grid.dtype:
        raise DtypeError(f"grid_sample: expected input and grid of one dtype, got {input.dtype} and {grid.dtype}")
    if 0 in input.shape[2:]:
        raise ShapeError(f"grid_sample: expected sizes of at least 1, got input {tuple(input.shape)}")
    if mode not in _MODES or (mode == "bicubic" and nd == 3):
        raise ArgumentError(f"grid_sample: expected mode to be one of {', '.join(_MODES[: 5 - nd])}, got {mode!r}")
    if padding_mode not in _PADDINGS:
        raise ArgumentError(
            f"grid_sample: expected padding_mode to be one of {', '.join(_PADDINGS)}, got {padding_mode!r}"
        )
    corners = bool(align_corners)
    sizes = input.shape[2:]
    at = [  # along each axis of the image, in elements
        (grid[..., nd - 1 - i] + 1) * ((n - 1) / 2) if corners else ((grid[..., nd - 1 - i] + 1) * n - 1) / 2
        for i, n in enumerate(sizes)
    ]
    if mode != "bicubic":
        at = [_brought_inside(x, n, padding_mode, corners) for x, n in zip(at, sizes, strict=True)]
    taps = [_taps(x, mode) for x in at]  # (position, weight) pairs along each axis
    flat = input.flatten(2)
    y: Any = None
    for choice in product(*taps):
        places, inside = _places([place for place, _ in choice], sizes, mode, padding_mode, corners)
        value = flat.gather(2, places.flatten(1).unsqueeze(1).expand(-1, input.shape[1], -1))
        weight = inside.to(input.dtype)
        for _, w in choice:
            weight = weight * w
        part = value.reshape(*value.shape[:2], *places.shape[1:]) * weight.unsqueeze(1)
        y = part if y is None else y + part
    result: Tensor = y
    return result


def _brought_inside(x: Any, n: int, padding_mode: str, corners: bool) -> Any:
    """Positions in elements, those outside moved as the padding says."""
    if padding_mode == "zeros":
        return x
    if padding_mode == "reflection":
        x = _reflected(x, 0, 2 * (n - 1)) if corners else _reflected(x, -1, 2 * n - 1)
    return x.clamp(0, n - 1)


def _reflected(x: Any, low2: int, high2: int) -> Any:
    """Positions mirrored at both ends, low2 / 2 and high2 / 2, until they lie between."""
    if low2 == high2:
        return x * 0
    low, span = low2 / 2, (high2 - low2) / 2
    off = (x - low).abs()
    turns = (off.detach() / span).floor()
    rest = off - turns * span
    return ag.where(turns.remainder(2) == 0, rest + low, span - rest + low)


def _taps(x: Any, mode: str) -> list[tuple[Any, Any]]:
    """The neighbours of each position along an axis, and what each counts."""
    if mode == "nearest":
        return [(x.detach().round(), x * 0 + 1)]  # the gradient of a step is 0, and not None
    first = x.detach().floor()
    t = x - first
    if mode == "bilinear":
        return [(first, 1 - t), (first + 1, t)]
    return [(first + k, _cubic((t - k).abs())) for k in (-1, 0, 1, 2)]


def _cubic(d: Any) -> Any:
    """Keys' cubic convolution kernel at a distance below 2, with a = -3/4."""
    a = -0.75
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    return ag.where(d.detach() <= 1, near, far)


def _places(at: list[Any], sizes: Any, mode: str, padding_mode: str, corners: bool) -> tuple[Any, Any]:
    """Flat positions in the image, and whether they are inside."""
    places: Any = 0
    inside: Any = None
    for x, n in zip(at, sizes, strict=True):
        if mode == "bicubic":
            x = _brought_inside(x, n, padding_mode, corners)
        within = (x >= 0) & (x <= n - 1)
        inside = within if inside is None else inside & within
        places = places * n + ag.where(within, x, 0.0).long()
    return places, inside


def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """The positions that affine maps take the elements of an image from, for ``grid_sample``.

    Args:
        theta: maps (N,2,3) of the plane, or (N,3,4) of space.
        size: of the result of ``grid_sample``, (N,C,H,W) or (N,C,D,H,W).
        align_corners: as for ``grid_sample``.

    Returns:
        (N,H,W,2), or (N,D,H,W,3).

    Raises:
        ShapeError: maps or sizes of another form.
        DtypeError: maps that are not floating.

    Example:
        >>> F.affine_grid(ag.tensor([[[1.0, 0, 0], [0, 1, 0]]]), (1, 1, 1, 2), align_corners=True)
        tensor([[[[-1.,  0.],
                  [ 1.,  0.]]]])
    """
    sizes = tuple(size)
    nd = len(sizes) - 2
    if nd not in (2, 3) or tuple(theta.shape) != (sizes[0], nd, nd + 1) or min(sizes) < 1:
        raise ShapeError(
            f"affine_grid: expected theta (N,2,3) with size (N,C,H,W), or (N,3,4) with (N,C,D,H,W), got "
            f"{tuple(theta.shape)} and {sizes}"
        )
    if not theta.is_floating_point():
        raise DtypeError(
            f"affine_grid: expected a floating dtype, got {theta.dtype}. Cast it, for example with .float()"
        )
    spatial = sizes[2:]
    axes = []
    for n in reversed(spatial):
        axis = ag.linspace(-1, 1, n, dtype=theta.dtype, device=theta.device) if n > 1 else theta.new_zeros(1)
        axes.append(axis if align_corners else axis * ((n - 1) / n))
    grids = [axis.reshape([-1 if i == nd - 1 - k else 1 for i in range(nd)]) for k, axis in enumerate(axes)]
    ones = theta.new_ones(())
    base = ag.stack([g.expand(*spatial) for g in [*grids, ones]], -1)  # (*S, nd+1): x, y, z, 1
    moved = base.reshape(1, -1, nd + 1) @ theta.transpose(1, 2)
    return moved.reshape(sizes[0], *spatial, nd)
