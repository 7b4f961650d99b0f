"""CIFAR-10 and CIFAR-100, in their binary versions, which can be read without executing anything from the file."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd.utils.data.dataset import Dataset
from autograd.utils.datasets.download import download_url
from autograd.utils.datasets.optional import need

PIXELS = 3 * 32 * 32  # bytes of an image: the red plane, the green, the blue, each row by row


def read_cifar(
    path: str | os.PathLike[str], label_bytes: int, records: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read a file of records: ``label_bytes`` labels of one byte, then 3,072 bytes of image.

    Args:
        path: the file.
        label_bytes: 1 for CIFAR-10; 2 for CIFAR-100, coarse label and fine.
        records: how many there must be; None takes any number.

    Returns:
        Images, uint8 (N, 32, 32, 3), and labels, uint8 (N, label_bytes).

    Raises:
        ValueError: the file's size does not fit; names the file, the expected size and the found one.

    Example:
        >>> import pathlib, tempfile; from autograd.utils.datasets import read_cifar
        >>> path = pathlib.Path(tempfile.mkdtemp(), "batch.bin")
        >>> _ = path.write_bytes(bytes([6]) + bytes(3072))
        >>> images, labels = read_cifar(path, label_bytes=1)
        >>> images.shape, labels.tolist()
        ((1, 32, 32, 3), [[6]])

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, section "Binary version".
    """
    record = label_bytes + PIXELS
    size = Path(path).stat().st_size
    if records is not None and size != records * record:
        raise ValueError(
            f"read_cifar: {path}: expected {records * record} bytes ({records} records of {record}), found {size}. "
            "Delete the file and download it again."
        )
    if size % record:
        raise ValueError(f"read_cifar: {path}: expected a multiple of {record} bytes, one record, found {size}.")
    rows = np.fromfile(path, np.uint8).reshape(-1, record)
    images = rows[:, label_bytes:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)  # (N,3,H,W) -> (N,H,W,3)
    return np.ascontiguousarray(images), rows[:, :label_bytes].copy()


class CIFAR10(Dataset[tuple[Any, Any]]):
    """Colour photographs, 32x32 pixels, of ten kinds of things: 50,000 to train, 10,000 to test.

    The files lie in ``<root>/cifar-10-batches-bin``, as in the archive cifar-10-binary.tar.gz.

    Args:
        root: folder of the data.
        train: training or test part.
        transform: called with each image, a Pillow image of mode "RGB".
        target_transform: called with each label, an int.
        download: fetch the archive if files are missing, checked by MD5.

    Attributes:
        data: uint8 array (L, 32, 32, 3).
        targets: list of int.
        classes: names of the labels.

    Raises:
        RuntimeError: files are missing and download is False, or the download failed.
        ValueError: a damaged file.

    Example:
        >>> from autograd.utils.datasets import CIFAR10
        >>> CIFAR10.classes[:3]
        ('airplane', 'automobile', 'bird')

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """

    url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    size = 170052171  # bytes
    md5 = "c32a1d4ab5d03f1284b67883e8d87530"
    folder = "cifar-10-batches-bin"
    train_files: tuple[str, ...] = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
    test_files: tuple[str, ...] = ("test_batch.bin",)
    train_records = 10000  # in each file
    test_records = 10000
    label_bytes = 1
    label_limit = 10
    names_file = "batches.meta.txt"
    classes: tuple[str, ...] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
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
        names = self.train_files if train else self.test_files
        records = self.train_records if train else self.test_records
        missing = [name for name in names if not self._path(name).exists()]
        if missing and not download:
            raise RuntimeError(
                f"{type(self).__name__}: expected {', '.join(missing)} in {self.root / self.folder}. "
                "Pass download=True to fetch it."
            )
        if missing:
            self._download()
        parts = [read_cifar(self._path(name), self.label_bytes, records) for name in names]
        self.data = np.concatenate([images for images, _ in parts])
        labels = np.concatenate([labels for _, labels in parts])[:, -1]  # CIFAR-100: the fine one
        if labels.max() >= self.label_limit:
            raise ValueError(
                f"{type(self).__name__}: {self.root / self.folder}: expected labels below {self.label_limit}, "
                f"got {labels.max()}."
            )
        self.targets: list[int] = labels.tolist()

    def _path(self, name: str) -> Path:
        return self.root / self.folder / name

    def _download(self) -> None:
        """Fetch the archive and take the files out of it."""
        archive = download_url(self.url, self.root / Path(self.url).name, size=self.size, md5=self.md5)
        (self.root / self.folder).mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            for name in (*self.train_files, *self.test_files, self.names_file):
                member = tar.extractfile(f"{self.folder}/{name}")
                assert member is not None  # a regular file: the checksum vouches for the archive
                part = self._path(name + ".part")
                with member, part.open("wb") as file:
                    shutil.copyfileobj(member, file)
                os.replace(part, self._path(name))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, label = need("PIL.Image", type(self).__name__).fromarray(self.data[index]), self.targets[index]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self) -> int:
        return len(self.data)


class CIFAR100(CIFAR10):
    """Colour photographs, 32x32 pixels, of a hundred kinds of things: 50,000 to train, 10,000 to test.

    The files lie in ``<root>/cifar-100-binary``, as in the archive cifar-100-binary.tar.gz. Labels are the fine ones.

    Args:
        root: folder of the data.
        train: training or test part.
        transform: called with each image, a Pillow image of mode "RGB".
        target_transform: called with each label, an int.
        download: fetch the archive if files are missing, checked by MD5.

    Example:
        >>> from autograd.utils.datasets import CIFAR100
        >>> CIFAR100.folder, CIFAR100.train_files, CIFAR100.label_limit
        ('cifar-100-binary', ('train.bin',), 100)

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """

    url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    size = 168513733  # bytes
    md5 = "03b5dce01913d631647c71ecec9e9cb8"
    folder = "cifar-100-binary"
    train_files = ("train.bin",)
    test_files = ("test.bin",)
    train_records = 50000
    label_bytes = 2
    label_limit = 100
    names_file = "fine_label_names.txt"
    classes: tuple[str, ...] = ()

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, train, transform, target_transform, download)
        names = self._path(self.names_file)
        self.classes = tuple(names.read_text().split()) if names.exists() else tuple(map(str, range(self.label_limit)))
