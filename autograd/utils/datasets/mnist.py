"""MNIST and Fashion-MNIST, and the IDX format that they come in."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar, cast

import numpy as np

import autograd as ag
from autograd.utils.data.dataset import Dataset
from autograd.utils.datasets.download import download_url
from autograd.utils.datasets.optional import need

_IDX_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an array from an IDX file, plain or compressed by gzip.

    The file is: two zero bytes, a byte for the dtype, a byte for the number of dimensions, each dimension as a
    big-endian int32, the elements in C order.

    Args:
        path: the file; gzip is recognised by its first bytes.

    Returns:
        The array, of the file's shape and dtype in native byte order.

    Raises:
        ValueError: not an IDX file, truncated, or longer than its header says; names the file and both sizes.

    Example:
        >>> import pathlib, tempfile; from autograd.utils.datasets import read_idx
        >>> path = pathlib.Path(tempfile.mkdtemp(), "labels")
        >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
        >>> read_idx(path)
        array([7, 9], dtype=uint8)

    Source: http://yann.lecun.com/exdb/mnist/, section "The IDX file format".
    """
    path = Path(path)
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as stream:
        try:
            return _read_idx(cast(IO[bytes], stream), path)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(
                f"read_idx: {path}: gzip data is damaged or truncated ({error}). Download it again."
            ) from error


def _read_idx(stream: IO[bytes], path: Path) -> np.ndarray:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_DTYPES:
        codes = ", ".join(f"{code:02x}" for code in _IDX_DTYPES)
        raise ValueError(
            f"read_idx: {path}: expected an IDX file, whose magic number is 00 00, a dtype ({codes}) and a number of "
            f"dimensions, got {magic.hex(' ') or 'nothing'}."
        )
    dtype, ndim = np.dtype(_IDX_DTYPES[magic[2]]), magic[3]
    header = stream.read(4 * ndim)
    if len(header) < 4 * ndim:
        raise ValueError(f"read_idx: {path}: expected a header of {4 + 4 * ndim} bytes, found {4 + len(header)}.")
    shape = struct.unpack(f">{ndim}i", header)
    if min(shape, default=0) < 0:
        raise ValueError(f"read_idx: {path}: expected dimensions >= 0, got {shape}.")
    expected = math.prod(shape) * dtype.itemsize
    data = _read_at_most(stream, expected + 1)
    if len(data) != expected:
        found, state = (len(data), "truncated") if len(data) < expected else ("more", "damaged")
        raise ValueError(
            f"read_idx: {path}: expected {expected} bytes of data for shape {shape} of {dtype.name}, found {found}. "
            f"The file is {state}: download it again."
        )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _read_at_most(stream: IO[bytes], size: int) -> bytes:
    """Up to size bytes, in steps, so that a header that lies about the size costs no memory."""
    chunks = []
    while size > 0 and (chunk := stream.read(min(size, 1 << 24))):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


class MNIST(Dataset[tuple[Any, Any]]):
    """Handwritten digits, 28x28 grey pixels: 60,000 to train, 10,000 to test.

    The files, plain or gzip, lie in ``<root>/MNIST/raw``.

    Args:
        root: folder of the data.
        train: training or test part.
        transform: called with each image, a Pillow image of mode "L".
        target_transform: called with each label, an int.
        download: fetch the files that are missing, checked by MD5.

    Attributes:
        data: uint8 tensor (L, 28, 28).
        targets: int64 tensor (L,).
        classes: names of the labels.

    Raises:
        RuntimeError: files are missing and download is False, or the download failed.
        ValueError: a damaged file.

    Example:
        >>> from autograd.utils.datasets import MNIST
        >>> MNIST.classes[7], MNIST.files["t10k-labels-idx1-ubyte"]
        ('7 - seven', (4542, 'ec29112dd5afa0611ce80d1b7f02629c'))

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to Document Recognition, 1998.
    """

    mirrors: tuple[str, ...] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    )
    files: ClassVar[dict[str, tuple[int, str]]] = {  # name: bytes and MD5 of the .gz
        "train-images-idx3-ubyte": (9912422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        "train-labels-idx1-ubyte": (28881, "d53e105ee54ea40749a09fcbcd1e9432"),
        "t10k-images-idx3-ubyte": (1648877, "9fb629c4189551a2d022fa330f9573f3"),
        "t10k-labels-idx1-ubyte": (4542, "ec29112dd5afa0611ce80d1b7f02629c"),
    }
    classes: tuple[str, ...] = (
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    )

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root = Path(root)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        part = "train" if train else "t10k"
        image_file, label_file = (
            self._file(f"{part}-{name}", download) for name in ("images-idx3-ubyte", "labels-idx1-ubyte")
        )
        images, labels = read_idx(image_file), read_idx(label_file)
        if images.dtype != np.uint8 or images.ndim != 3:
            raise ValueError(f"{self._name}: {image_file}: expected uint8 of shape (L, H, W), got {_kind(images)}.")
        if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise ValueError(
                f"{self._name}: {label_file}: expected uint8 of shape ({len(images)},), one label per image, "
                f"got {_kind(labels)}."
            )
        if labels.size and labels.max() >= len(self.classes):
            raise ValueError(
                f"{self._name}: {label_file}: expected labels below {len(self.classes)}, got {labels.max()}."
            )
        self.data = ag.from_numpy(images)
        self.targets = ag.from_numpy(labels.astype(np.int64))

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _file(self, name: str, download: bool) -> Path:
        """The plain or the compressed file, fetched if neither is there and it may be."""
        folder = self.root / self._name / "raw"
        for path in (folder / name, folder / f"{name}.gz"):
            if path.exists():
                return path
        if not download:
            raise RuntimeError(f"{self._name}: expected {name}[.gz] in {folder}. Pass download=True to fetch it.")
        size, md5 = self.files[name]
        return download_url([f"{m}{name}.gz" for m in self.mirrors], folder / f"{name}.gz", size=size, md5=md5)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, label = self.data[index].numpy(), int(self.targets[index])
        image = need("PIL.Image", self._name).fromarray(image)
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self) -> int:
        return len(self.data)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """From the name of a label to the label."""
        return {name: index for index, name in enumerate(self.classes)}


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype} of shape {array.shape}"


class FashionMNIST(MNIST):
    """Articles of clothing in the format of :class:`MNIST`; the files lie in ``<root>/FashionMNIST/raw``.

    Args:
        root: folder of the data.
        train: training or test part.
        transform: called with each image, a Pillow image of mode "L".
        target_transform: called with each label, an int.
        download: fetch the files that are missing, checked by MD5.

    Example:
        >>> from autograd.utils.datasets import FashionMNIST
        >>> FashionMNIST.classes[9]
        'Ankle boot'

    Source: H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST, https://arxiv.org/abs/1708.07747
    """

    mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    files: ClassVar[dict[str, tuple[int, str]]] = {
        "train-images-idx3-ubyte": (26421880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        "train-labels-idx1-ubyte": (29515, "25c81989df183df01b3e8a0aad5dffbe"),
        "t10k-images-idx3-ubyte": (4422102, "bef4ecab320f06d8554ea6380940ec79"),
        "t10k-labels-idx1-ubyte": (5148, "bb300cfdad3c16e7a12a480ee83cd310"),
    }
    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
