"""Transforms: the same on Pillow images and tensors, and the same again from the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.utils.datasets import transforms

Image = pytest.importorskip("PIL.Image")

GREY = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)


def tensor(array: np.ndarray) -> Any:
    return ag.from_numpy(np.ascontiguousarray(array[None] if array.ndim == 2 else array.transpose(2, 0, 1)))


def numbers(image: Any) -> np.ndarray:
    """(H,W) or (H,W,C) of an image or a tensor."""
    if isinstance(image, ag.Tensor):
        array = image.numpy().transpose(1, 2, 0)
        return array[:, :, 0] if array.shape[2] == 1 else array
    return np.asarray(image)


# transform, its effect on an array (H, W, ...)
EXACT: list[tuple[Any, Any]] = [
    (transforms.RandomHorizontalFlip(1.0), lambda a: a[:, ::-1]),
    (transforms.RandomHorizontalFlip(0.0), lambda a: a),
    (transforms.RandomRotation((0, 0)), lambda a: a),
    (transforms.RandomRotation((180, 180)), lambda a: a[::-1, ::-1]),
    (transforms.RandomRotation((90, 90), expand=True), lambda a: np.rot90(a)),
    (transforms.RandomRotation((180, 180), center=(2, 3)), lambda a: shifted(a[::-1, ::-1], 0, -4)),
    (transforms.RandomAffine((0, 0)), lambda a: a),
    (transforms.RandomAffine((180, 180)), lambda a: a[::-1, ::-1]),
    (transforms.RandomAffine(0, scale=(1, 1), shear=(0, 0)), lambda a: a),
    (transforms.RandomAffine((180, 180), center=(2, 3)), lambda a: shifted(a[::-1, ::-1], 0, -4)),
    (transforms.RandomCrop((6, 8)), lambda a: a),
    (transforms.Pad(0), lambda a: a),
    (transforms.Pad(2), lambda a: padded(a, 2, 2, 2, 2)),
    (transforms.Pad((1, 2)), lambda a: padded(a, 2, 2, 1, 1)),
    (transforms.Pad((1, 2, 3, 0), fill=7), lambda a: padded(a, 2, 0, 1, 3, constant_values=7)),
    (transforms.Pad(2, padding_mode="edge"), lambda a: padded(a, 2, 2, 2, 2, mode="edge")),
    (transforms.Pad(2, padding_mode="reflect"), lambda a: padded(a, 2, 2, 2, 2, mode="reflect")),
    (transforms.Pad(2, padding_mode="symmetric"), lambda a: padded(a, 2, 2, 2, 2, mode="symmetric")),
    (transforms.Resize((12, 16), "nearest"), lambda a: a.repeat(2, 0).repeat(2, 1)),
    (transforms.Resize(12, interpolation="nearest"), lambda a: a.repeat(2, 0).repeat(2, 1)),
    (transforms.Resize((6, 8)), lambda a: a),
    (
        transforms.Compose([transforms.RandomHorizontalFlip(1.0), transforms.Pad(1)]),
        lambda a: padded(a[:, ::-1], 1, 1, 1, 1),
    ),
    (transforms.RandomRotation((180, 180), center=(2, 3), fill=8), lambda a: shifted(a[::-1, ::-1] - 8, 0, -4) + 8),
    (transforms.Lambda(lambda image: image), lambda a: a),
]


def padded(array: np.ndarray, top: int, bottom: int, left: int, right: int, **options: Any) -> np.ndarray:
    return np.pad(array, ((top, bottom), (left, right)) + ((0, 0),) * (array.ndim - 2), **options)


def shifted(array: np.ndarray, down: int, right: int) -> np.ndarray:
    """Moved, with zeros where nothing comes from."""
    height, width = array.shape[:2]
    moved = padded(array, max(down, 0), max(-down, 0), max(right, 0), max(-right, 0))
    return moved[max(-down, 0) :, max(-right, 0) :][:height, :width]


@pytest.mark.parametrize("transform, effect", EXACT, ids=[str(row[0])[:60] for row in EXACT])
@pytest.mark.parametrize("array", [GREY, RGB, GREY.astype(np.float32)], ids=["L", "RGB", "F"])
def test_effect(transform: Any, effect: Any, array: np.ndarray) -> None:
    for image in (Image.fromarray(array), tensor(array)):
        result = transform(image)
        assert isinstance(result, type(image))
        assert numbers(result).dtype == array.dtype
        np.testing.assert_array_equal(numbers(result), effect(array))


RANDOM = [
    transforms.RandomHorizontalFlip(),
    transforms.RandomCrop(4, padding=2),
    transforms.RandomCrop((3, 5)),
    transforms.RandomRotation(45, "bilinear"),
    transforms.RandomAffine(30, (0.2, 0.2), (0.8, 1.2), 20, "bilinear"),
    transforms.RandomAffine(0, shear=(-10, 10, -20, 20), interpolation="bicubic", fill=3),
]


@pytest.mark.parametrize("transform", RANDOM, ids=str)
@pytest.mark.parametrize("array", [GREY, RGB, GREY.astype(np.float32)], ids=["L", "RGB", "F"])
def test_a_seed_decides(transform: Any, array: np.ndarray) -> None:
    def several(image: Any, seed: int) -> list[np.ndarray]:
        ag.manual_seed(seed)
        return [numbers(transform(image)) for _ in range(8)]

    picture, again, values, other = (
        several(image, seed)
        for image, seed in (
            (Image.fromarray(array), 1),
            (Image.fromarray(array), 1),
            (tensor(array), 1),
            (tensor(array), 2),
        )
    )
    for one, two, three in zip(picture, again, values, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)
    assert any((one != two).any() for one, two in zip(picture, other, strict=True))


def test_places_of_crops() -> None:
    tops = {numbers(transforms.RandomCrop((4, 8))(tensor(GREY)))[0, 0] for _ in range(60)}
    assert tops == {GREY[0, 0], GREY[1, 0], GREY[2, 0]}


def test_pad_if_needed() -> None:
    crop = transforms.RandomCrop((10, 8), pad_if_needed=True, fill=9)
    result = numbers(crop(Image.fromarray(GREY)))
    assert result.shape == (10, 8)
    assert (result == 9).sum() >= 4 * 8
    assert numbers(transforms.RandomCrop((4, 4), pad_if_needed=True)(tensor(GREY))).shape == (4, 4)


@pytest.mark.parametrize("degrees", [(90, 90), (37, 37)])
def test_rotation_and_affine_turn_in_opposite_directions(degrees: tuple[float, float]) -> None:
    image = tensor(np.random.default_rng(3).random((16, 16), np.float32))
    back = tuple(-d for d in degrees)
    one = transforms.RandomRotation(degrees, "bilinear")(image)
    two = transforms.RandomAffine(back, interpolation="bilinear")(image)
    np.testing.assert_allclose(one.numpy(), two.numpy(), atol=1e-5)


def test_affine_parts() -> None:
    point = np.zeros((9, 9), np.float32)
    point[4, 6] = 1  # two to the right of the center

    def moved(**options: Any) -> list[int]:
        image = transforms.RandomAffine(**{"degrees": 0, **options})(tensor(point)).numpy()[0]
        return [int(i) for i in np.argwhere(image == image.max())[0]]

    assert moved(degrees=(90, 90)) == [6, 4]  # clockwise
    assert moved(scale=(0.5, 0.5)) == [4, 5]
    assert moved(shear=(0, 0, -45, -45)) == [6, 6]  # y grows with x
    assert moved(shear=(45, 45)) == [4, 6]
    shifts = {tuple(moved(translate=(0.2, 0.0))) for _ in range(40)}
    assert shifts == {(4, column) for column in (4, 5, 6, 7, 8)}


@pytest.mark.parametrize("size, expected", [(3, (3, 4)), (12, (12, 16)), ((5, 5), (5, 5)), ([4], (4, 5))])
def test_sizes(size: Any, expected: tuple[int, int]) -> None:
    assert numbers(transforms.Resize(size)(Image.fromarray(GREY))).shape == expected
    tall = transforms.Resize(size)(Image.fromarray(GREY.T))
    assert numbers(tall).shape == (expected[::-1] if isinstance(size, int) or len(size) == 1 else expected)


TO_TENSOR: list[tuple[Any, Any, str]] = [
    (Image.fromarray(GREY), GREY[None] / np.float32(255), "float32"),
    (Image.fromarray(RGB), RGB.transpose(2, 0, 1) / np.float32(255), "float32"),
    (GREY, GREY[None] / np.float32(255), "float32"),
    (RGB, RGB.transpose(2, 0, 1) / np.float32(255), "float32"),
    (GREY.astype(np.float32), GREY[None], "float32"),
    (RGB / 2.0, RGB.transpose(2, 0, 1) / 2.0, "float64"),
    (Image.fromarray(GREY.astype(np.float32)), GREY[None], "float32"),
    (Image.fromarray(GREY.astype(np.int32)), GREY[None], "int32"),
    (Image.fromarray(GREY > 100), GREY[None] > 100, "float32"),
]


@pytest.mark.parametrize("image, expected, dtype", TO_TENSOR)
def test_to_tensor(image: Any, expected: np.ndarray, dtype: str) -> None:
    result = transforms.ToTensor()(image)
    assert str(result.dtype).endswith(dtype)
    np.testing.assert_array_equal(result.numpy(), expected)


def test_normalize() -> None:
    image = ag.from_numpy(RGB.transpose(2, 0, 1).astype(np.float32))
    mean, std = [1.0, 2.0, 3.0], [2.0, 4.0, 8.0]
    expected = (image.numpy() - np.array(mean, np.float32)[:, None, None]) / np.array(std, np.float32)[:, None, None]
    result = transforms.Normalize(mean, std)(image)
    np.testing.assert_array_equal(result.numpy(), expected)
    assert result.dtype == image.dtype
    assert transforms.Normalize(mean, std, inplace=True)(image) is image
    np.testing.assert_array_equal(image.numpy(), expected)


REPRESENTATIONS = [
    (
        transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.25])]),
        "Compose(\n    ToTensor()\n    Normalize(mean=[0.5], std=[0.25])\n)",
    ),
    (transforms.RandomHorizontalFlip(), "RandomHorizontalFlip(p=0.5)"),
    (transforms.Pad(2), "Pad(padding=2, fill=0, padding_mode=constant)"),
    (transforms.Lambda(abs), "Lambda()"),
    (transforms.Resize(4), "Resize(size=4, interpolation=bilinear)"),
]


@pytest.mark.parametrize("transform, text", REPRESENTATIONS)
def test_repr(transform: Any, text: str) -> None:
    assert repr(transform) == text


ERRORS: list[tuple[Any, type[Exception], str]] = [
    (lambda: transforms.Lambda(3), TypeError, "Lambda: expected a callable, got int"),
    (
        lambda: transforms.ToTensor()(np.zeros(3)),
        TypeError,
        "expected a Pillow image or an array .*, got ndarray of 1 dimensions",
    ),
    (lambda: transforms.Normalize([0.0], [0.0]), ValueError, r"std should not be zero, got \[0.0\]"),
    (
        lambda: transforms.Normalize([0.0], [1.0])(Image.fromarray(GREY)),
        TypeError,
        "expected a tensor, got Image. Put ToTensor",
    ),
    (
        lambda: transforms.Normalize([0.0], [1.0])(tensor(GREY)),
        ValueError,
        r"expected a float tensor .*uint8 of shape \(1, 6, 8\)",
    ),
    (lambda: transforms.Pad((1, 2, 3)), ValueError, "expected 1, 2 or 4 numbers for padding, got 3"),
    (lambda: transforms.Pad(1, padding_mode="wrap"), ValueError, "should be either constant, edge, .* got 'wrap'"),
    (
        lambda: transforms.RandomCrop(7)(tensor(GREY)),
        ValueError,
        r"crop size \(7, 7\) is larger than input image size \(6, 8\)",
    ),
    (lambda: transforms.RandomCrop((1, 2, 3)), ValueError, r"one number or \(height, width\), got \(1, 2, 3\)"),
    (
        lambda: transforms.RandomRotation(-1),
        ValueError,
        "If degrees is a single number, it must be non-negative, got -1",
    ),
    (
        lambda: transforms.RandomRotation((1, 2, 3)),
        ValueError,
        r"expected degrees to be a number or two, got \(1, 2, 3\)",
    ),
    (lambda: transforms.RandomAffine(0, (0.1, 1.1)), ValueError, "translation values should be two between 0 and 1"),
    (lambda: transforms.RandomAffine(0, scale=(0, 1)), ValueError, "scale values should be two above 0"),
    (
        lambda: transforms.RandomRotation(1)(ag.zeros(6, 8)),
        ValueError,
        r"tensor \(C, H, W\), got .*float32 of shape \(6, 8\)",
    ),
    (lambda: transforms.Resize(3, "cubist")(tensor(GREY)), ValueError, "'cubist' is not a valid InterpolationMode"),
]


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()
