"""Geometric transforms of images, through Pillow.

They take a Pillow image or a tensor (C, H, W) of float32 or uint8 and return the same kind. Random ones draw from the
default generator (``autograd.manual_seed``; in a worker process, the worker's seed).
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import numpy as np

import autograd as ag
from autograd.tensor import Tensor
from autograd.utils.datasets.optional import need


class InterpolationMode(StrEnum):
    """How values between pixels are found; the strings themselves are taken as well.

    Example:
        >>> from autograd.utils.datasets.transforms import InterpolationMode
        >>> InterpolationMode("bilinear") == "bilinear"
        True
    """

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


def _resampling(mode: str) -> Any:
    """Pillow's constant."""
    return need("PIL.Image", "transforms").Resampling[InterpolationMode(mode).name]


def _through_pillow(image: Any, change: Callable[[Any, Any], Any], fill: Any = 0) -> Any:
    """Apply ``change(picture, fill)`` to a Pillow image, or to each channel of a tensor; fill may differ by channel."""
    one = isinstance(fill, numbers.Real)
    if not isinstance(image, Tensor):
        bands = len(image.getbands())
        return change(image, (fill,) * bands if one and bands > 1 else fill)
    if image.dim() != 3 or image.raw.dtype not in (np.float32, np.uint8):
        raise ValueError(
            "transforms: expected a Pillow image or a float32 or uint8 tensor (C, H, W), "
            f"got {image.dtype} of shape {tuple(image.shape)}."
        )
    fromarray = need("PIL.Image", "transforms").fromarray
    planes = [fromarray(np.ascontiguousarray(plane)) for plane in image.numpy()]
    fills = [fill] * len(planes) if one else fill
    changed = [np.asarray(change(*pair)) for pair in zip(planes, fills, strict=True)]
    return ag.from_numpy(np.stack(changed))  # (C,H,W) -> (C,H',W')


def _size(image: Any) -> tuple[int, int]:
    """Height and width."""
    if isinstance(image, Tensor):
        return int(image.shape[-2]), int(image.shape[-1])
    width, height = image.size
    return height, width


def _uniform(*ranges: tuple[float, float]) -> list[float]:
    """A random number in [low, high) for each range; one draw, because a draw costs more than its numbers."""
    units: list[float] = ag.rand(len(ranges)).tolist()
    return [low + (high - low) * unit for (low, high), unit in zip(ranges, units, strict=True)]


def _pair(value: float | Sequence[float], user: str, name: str) -> tuple[float, float]:
    """(-value, value), or the two numbers themselves."""
    if isinstance(value, numbers.Real):
        if value < 0:
            raise ValueError(f"{user}: If {name} is a single number, it must be non-negative, got {value}.")
        return -float(value), float(value)
    if len(value) != 2:  # type: ignore[arg-type]
        raise ValueError(f"{user}: expected {name} to be a number or two, got {value}.")
    low, high = value  # type: ignore[misc]
    return low, high


class RandomHorizontalFlip:
    """Mirror left and right, with probability p.

    Args:
        p: the probability.

    Example:
        >>> from autograd.utils.datasets.transforms import RandomHorizontalFlip
        >>> RandomHorizontalFlip(p=1.0)(ag.tensor([[[1.0, 2.0]]]))
        tensor([[[2., 1.]]])
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __call__(self, image: Any) -> Any:
        (chance,) = _uniform((0, 1))
        if chance >= self.p:
            return image
        mirror = need("PIL.ImageOps", "RandomHorizontalFlip").mirror
        return _through_pillow(image, lambda picture, _: mirror(picture))

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class Pad:
    """Add a border.

    Args:
        padding: pixels on all sides; (horizontal, vertical); or (left, top, right, bottom).
        fill: value of the border, a number or one per channel.
        padding_mode: "constant", "edge" repeats the last pixel, "reflect" mirrors without it, "symmetric" with it.

    Raises:
        ValueError: another padding or mode.

    Example:
        >>> from autograd.utils.datasets.transforms import Pad
        >>> Pad((1, 0), fill=9)(ag.tensor([[[1.0, 2.0]]]))
        tensor([[[9., 1., 2., 9.]]])
    """

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        sides = [padding] if isinstance(padding, int) else list(padding)
        if len(sides) not in (1, 2, 4):
            raise ValueError(f"Pad: expected 1, 2 or 4 numbers for padding, got {len(sides)}.")
        if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise ValueError(
                f"Pad: Padding mode should be either constant, edge, reflect or symmetric, got {padding_mode!r}."
            )
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode
        self._left, self._top, self._right, self._bottom = (sides * 4)[:4]

    def __call__(self, image: Any) -> Any:
        if isinstance(image, Tensor):
            return ag.from_numpy(self._pad(image.numpy().transpose(1, 2, 0)).transpose(2, 0, 1).copy())
        array = np.asarray(image)
        padded = self._pad(array if array.ndim == 3 else array[:, :, None])
        result = need("PIL.Image", "Pad").fromarray(padded if array.ndim == 3 else padded[:, :, 0])
        if image.mode == "P":
            result.putpalette(image.getpalette())
        return result

    def _pad(self, array: np.ndarray) -> np.ndarray:
        """(H,W,C) -> (top+H+bottom, left+W+right, C)."""
        border = ((self._top, self._bottom), (self._left, self._right), (0, 0))
        if self.padding_mode != "constant":
            return np.pad(array, border, mode=self.padding_mode)  # type: ignore[call-overload]
        height, width, channels = array.shape
        size = (self._top + height + self._bottom, self._left + width + self._right, channels)
        padded = np.full(size, self.fill, array.dtype)
        padded[self._top : self._top + height, self._left : self._left + width] = array
        return padded

    def __repr__(self) -> str:
        return f"Pad(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class RandomCrop:
    """A window at a random place.

    Args:
        size: height and width; one number for both.
        padding: as in :class:`Pad`, before cropping; None for none.
        pad_if_needed: pad an image that is smaller than the window.
        fill: as in :class:`Pad`.
        padding_mode: as in :class:`Pad`.

    Raises:
        ValueError: an image smaller than the window.

    Example:
        >>> from autograd.utils.datasets.transforms import RandomCrop
        >>> tuple(RandomCrop(2, padding=1)(ag.zeros(3, 4, 4)).shape)
        (3, 2, 2)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size = _height_width(size, "RandomCrop")
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    def __call__(self, image: Any) -> Any:
        if self.padding is not None:
            image = Pad(self.padding, self.fill, self.padding_mode)(image)
        height, width = self.size
        if self.pad_if_needed:
            rows, columns = _size(image)
            missing = (max(0, width - columns), max(0, height - rows))
            image = Pad(missing, self.fill, self.padding_mode)(image) if any(missing) else image
        rows, columns = _size(image)
        if rows < height or columns < width:
            raise ValueError(
                f"RandomCrop: Required crop size {(height, width)} is larger than input image size {(rows, columns)}. "
                "Pass padding or pad_if_needed=True."
            )
        top, left = map(int, _uniform((0, rows - height + 1), (0, columns - width + 1)))
        if isinstance(image, Tensor):
            return image[:, top : top + height, left : left + width]
        return image.crop((left, top, left + width, top + height))

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


def _height_width(size: int | Sequence[int], user: str) -> tuple[int, int]:
    """Both, from both or from one number."""
    sizes = [size] if isinstance(size, int) else list(size)
    if len(sizes) not in (1, 2):
        raise ValueError(f"{user}: expected size to be one number or (height, width), got {size}.")
    return sizes[0], sizes[-1]


class Resize:
    """Scale to a size.

    Args:
        size: (height, width); one number is the shorter side, the other keeps the proportion.
        interpolation: see :class:`InterpolationMode`; all but "nearest" average when they shrink.

    Example:
        >>> from autograd.utils.datasets.transforms import Resize
        >>> tuple(Resize(4)(ag.zeros(1, 8, 16)).shape)
        (1, 4, 8)
    """

    def __init__(self, size: int | Sequence[int], interpolation: str = InterpolationMode.BILINEAR) -> None:
        _height_width(size, "Resize")
        self.size, self.interpolation = size, interpolation

    def __call__(self, image: Any) -> Any:
        height, width = self._target(*_size(image))
        method = _resampling(self.interpolation)
        return _through_pillow(image, lambda picture, _: picture.resize((width, height), method))

    def _target(self, rows: int, columns: int) -> tuple[int, int]:
        sizes = [self.size] if isinstance(self.size, int) else list(self.size)
        if len(sizes) == 2:
            return sizes[0], sizes[1]
        short, long = sorted((rows, columns))
        other = int(sizes[0] * long / short)
        return (sizes[0], other) if rows <= columns else (other, sizes[0])

    def __repr__(self) -> str:
        return f"Resize(size={self.size}, interpolation={self.interpolation})"


class RandomRotation:
    """Rotate by a random angle.

    Args:
        degrees: the range of the angle, counter-clockwise; one number d stands for (-d, d).
        interpolation: "nearest", "bilinear" or "bicubic".
        expand: enlarge the image so that all of it stays in.
        center: (x, y) in pixels from the upper left corner; None for the middle.
        fill: value outside the image, a number or one per channel.

    Example:
        >>> from autograd.utils.datasets.transforms import RandomRotation
        >>> RandomRotation((90, 90))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[2., 4.],
                 [1., 3.]]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: str = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        self.degrees = _pair(degrees, "RandomRotation", "degrees")
        self.interpolation, self.expand, self.center, self.fill = interpolation, expand, center, fill

    def __call__(self, image: Any) -> Any:
        (angle,), method = _uniform(self.degrees), _resampling(self.interpolation)
        center = None if self.center is None else tuple(self.center)

        def rotate(picture: Any, fill: Any) -> Any:
            return picture.rotate(angle, method, self.expand, center, fillcolor=fill)

        return _through_pillow(image, rotate, self.fill)

    def __repr__(self) -> str:
        return f"RandomRotation(degrees={self.degrees})"


class RandomAffine:
    """Rotate, scale, shear and shift by random amounts, about the center c of the image.

    A pixel x comes to ``c + t + R(angle) scale ShearY ShearX (x - c)``.

    Args:
        degrees: the range of the angle, clockwise; one number d stands for (-d, d).
        translate: the largest shift, horizontal and vertical, as fractions of width and height; None for none.
        scale: the range of the scale; None for 1.
        shear: the range of the angle in degrees, one number or two parallel to x; four: x and then y; None for none.
        interpolation: "nearest", "bilinear" or "bicubic".
        fill: value outside the image, a number or one per channel.
        center: (x, y) in pixels from the upper left corner; None for the middle.

    Raises:
        ValueError: a range that is none.

    Example:
        >>> from autograd.utils.datasets.transforms import RandomAffine
        >>> RandomAffine(degrees=(180, 180))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
        tensor([[[4., 3.],
                 [2., 1.]]])
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: str = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        if translate is not None and not (len(translate) == 2 and all(0 <= t <= 1 for t in translate)):
            raise ValueError(f"RandomAffine: translation values should be two between 0 and 1, got {translate}.")
        if scale is not None and not (len(scale) == 2 and all(s > 0 for s in scale)):
            raise ValueError(f"RandomAffine: scale values should be two above 0, got {scale}.")
        self.degrees = _pair(degrees, "RandomAffine", "degrees")
        self.translate, self.scale, self.shear = translate, scale, shear
        shear_x = shear_y = (0.0, 0.0)
        if isinstance(shear, Sequence) and len(shear) == 4:
            shear_x, shear_y = (shear[0], shear[1]), (shear[2], shear[3])
        elif shear is not None:
            shear_x = _pair(shear, "RandomAffine", "shear")
        self._shears = (shear_x, shear_y)
        self.interpolation, self.fill, self.center = interpolation, fill, center

    def __call__(self, image: Any) -> Any:
        height, width = _size(image)
        inverse = np.linalg.inv(self._matrix(height, width))  # Pillow asks where an output pixel comes from
        coefficients = tuple(inverse[:2].ravel().tolist())
        affine = need("PIL.Image", "RandomAffine").Transform.AFFINE
        method = _resampling(self.interpolation)

        def move(picture: Any, fill: Any) -> Any:
            return picture.transform((width, height), affine, coefficients, method, fillcolor=fill)

        return _through_pillow(image, move, self.fill)

    def _matrix(self, height: int, width: int) -> np.ndarray:
        """A random 3x3 matrix on (x, y, 1), y downwards."""
        reach_x, reach_y = self.translate or (0.0, 0.0)
        reaches = (-reach_x * width, reach_x * width), (-reach_y * height, reach_y * height)
        scales = (self.scale[0], self.scale[1]) if self.scale else (1.0, 1.0)
        degrees, shift_x, shift_y, scale, shear_x, shear_y = _uniform(self.degrees, *reaches, scales, *self._shears)
        tan_x, tan_y = math.tan(math.radians(shear_x)), math.tan(math.radians(shear_y))
        sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        x, y = self.center or (width / 2, height / 2)
        rotate = np.array([[cos, -sin], [sin, cos]])
        shear = np.array([[1.0, 0.0], [-tan_y, 1.0]]) @ np.array([[1.0, -tan_x], [0.0, 1.0]])
        matrix = np.eye(3)
        matrix[:2, :2] = scale * rotate @ shear
        matrix[:2, 2] = np.array([x + round(shift_x), y + round(shift_y)]) - matrix[:2, :2] @ [x, y]
        return matrix

    def __repr__(self) -> str:
        return (
            f"RandomAffine(degrees={self.degrees}, translate={self.translate}, scale={self.scale}, shear={self.shear})"
        )
