"""MNIST and CIFAR: small files in the true format, and damaged ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd.utils import datasets
from autograd.utils.datasets import cifar, mnist, optional
from autograd.utils.datasets.transforms import ToTensor

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def idx(array: np.ndarray, code: int) -> bytes:
    """An IDX file."""
    return struct.pack(f">HBB{array.ndim}i", 0, code, array.ndim, *array.shape) + array.tobytes()


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (0, 3)])
@pytest.mark.parametrize("packed", (False, True))
def test_read_idx(dtype: str, shape: tuple[int, ...], packed: bool, tmp_path: Path) -> None:
    array = (np.arange(np.prod(shape)) - 3).astype(np.int8).reshape(shape).astype(dtype)
    content = idx(array, CODES[dtype])
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if packed else content)
    found = datasets.read_idx(path)
    assert (found.dtype, found.shape, found.flags.writeable) == (np.dtype(dtype).newbyteorder("="), shape, True)
    assert (found == array).all()


GOOD = idx(np.arange(24, dtype=np.uint8).reshape(4, 6), 8)
DAMAGED: list[tuple[bytes, str]] = [
    (b"", "expected an IDX file, whose magic number is 00 00, a dtype .* got nothing"),
    (b"\0\0\x08", "got 00 00 08"),
    (b"PK\x03\x04" + GOOD, "got 50 4b 03 04"),
    (b"\0\0\x07\x01" + GOOD[4:], "got 00 00 07 01"),
    (GOOD[:9], "expected a header of 12 bytes, found 9"),
    (GOOD[:4] + struct.pack(">2i", -1, 6) + GOOD[12:], r"expected dimensions >= 0, got \(-1, 6\)"),
    (
        GOOD[:-1],
        r"expected 24 bytes of data for shape \(4, 6\) of uint8, found 23. The file is truncated: download it again",
    ),
    (
        GOOD[:4] + struct.pack(">2i", 2**31 - 1, 2**31 - 1) + GOOD[12:],
        "expected 4611686014132420609 bytes .*, found 24",
    ),
    (GOOD + b"?", "expected 24 bytes .*, found more. The file is damaged"),
    (gzip.compress(GOOD)[:-9], "gzip data is damaged or truncated"),
    (gzip.compress(GOOD)[:-8] + b"12345678", "gzip data is damaged or truncated"),
    (gzip.compress(GOOD[:-1]), "found 23. The file is truncated"),
    (gzip.compress(GOOD)[:10] + b"\x07", "gzip data is damaged or truncated"),
]


@pytest.mark.parametrize("content, text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_idx_file(content: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=text) as e:
        datasets.read_idx(path)
    assert str(e.value).startswith(f"read_idx: {path}: ")


IMAGES = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
LABELS = np.array([5, 0, 4, 1, 9, 2], np.uint8)


def write_mnist(
    root: Path, part: str = "train", name: str = "MNIST", images: Any = IMAGES, labels: Any = LABELS
) -> None:
    folder = root / name / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images, 8)))
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels, 8))


@pytest.mark.parametrize("kind", (datasets.MNIST, datasets.FashionMNIST))
@pytest.mark.parametrize("train", (True, False))
def test_mnist(kind: Any, train: bool, tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    write_mnist(tmp_path, "train" if train else "t10k", kind.__name__)
    dataset = kind(tmp_path, train=train)
    assert (len(dataset), dataset.data.shape, str(dataset.data.dtype)[-5:]) == (6, (6, 28, 28), "uint8")
    assert dataset.targets.tolist() == LABELS.tolist()
    image, label = dataset[4]
    assert (image.mode, image.size, label) == ("L", (28, 28), 9)
    assert (np.asarray(image) == IMAGES[4]).all()
    assert dataset.class_to_idx[kind.classes[9]] == 9


def test_mnist_transforms(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    write_mnist(tmp_path)
    image, label = datasets.MNIST(tmp_path, transform=ToTensor(), target_transform=lambda y: -y)[0]
    assert (image.shape, label) == ((1, 28, 28), -5)
    assert (image.numpy()[0] == IMAGES[0].astype(np.float32) / 255).all()


BAD_MNIST: list[tuple[dict[str, Any], str]] = [
    (
        {"images": IMAGES[0]},
        r"images-idx3-ubyte.gz: expected uint8 of shape \(L, H, W\), got uint8 of shape \(28, 28\)",
    ),
    ({"labels": LABELS[:5]}, r"labels-idx1-ubyte: expected uint8 of shape \(6,\), one label per image, got .* \(5,\)"),
    ({"labels": LABELS + 1}, "expected labels below 10, got 10"),
]


@pytest.mark.parametrize("files, text", BAD_MNIST)
def test_bad_mnist(files: dict[str, Any], text: str, tmp_path: Path) -> None:
    write_mnist(tmp_path, **files)
    with pytest.raises(ValueError, match=f"MNIST: .*{text}"):
        datasets.MNIST(tmp_path)


def test_missing_mnist(tmp_path: Path) -> None:
    with pytest.raises(
        RuntimeError, match=r"MNIST: expected train-images-idx3-ubyte\[.gz\] in .*raw. Pass download=True"
    ):
        datasets.MNIST(tmp_path)


def test_mnist_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(urls: list[str], path: Path, *, size: int, md5: str) -> Path:
        asked.append((urls[0], size, md5))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(idx(IMAGES if "images" in path.name else LABELS, 8)))
        return path

    monkeypatch.setattr(mnist, "download_url", download)
    for _ in range(2):  # the second time everything is there
        assert len(datasets.MNIST(tmp_path, train=False, download=True)) == 6
    base = "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-"
    assert asked == [
        (f"{base}images-idx3-ubyte.gz", 1648877, "9fb629c4189551a2d022fa330f9573f3"),
        (f"{base}labels-idx1-ubyte.gz", 4542, "ec29112dd5afa0611ce80d1b7f02629c"),
    ]


# -- CIFAR -------------------------------------------------------------------------------------------------------------

PICTURES = np.random.default_rng(1).integers(0, 256, (4, 3, 32, 32), dtype=np.uint8)


def records(labels: list[list[int]]) -> bytes:
    return b"".join(bytes(label) + picture.tobytes() for label, picture in zip(labels, PICTURES, strict=True))


@pytest.mark.parametrize("labels", [[[3], [1], [0], [9]], [[1, 99], [2, 0], [3, 5], [4, 7]]])
def test_read_cifar(labels: list[list[int]], tmp_path: Path) -> None:
    path = tmp_path / "batch.bin"
    path.write_bytes(records(labels))
    images, found = datasets.read_cifar(path, len(labels[0]), 4)
    assert found.tolist() == labels
    assert (images.shape, images.flags.c_contiguous) == ((4, 32, 32, 3), True)
    assert (images.transpose(0, 3, 1, 2) == PICTURES).all()


@pytest.mark.parametrize(
    "cut, count, text",
    [
        (1, None, "expected a multiple of 3073 bytes, one record, found 12291"),
        (3073, 4, r"expected 12292 bytes \(4 records of 3073\), found 9219. Delete the file"),
    ],
)
def test_a_truncated_cifar_file(cut: int, count: int | None, text: str, tmp_path: Path) -> None:
    path = tmp_path / "batch.bin"
    path.write_bytes(records([[0]] * 4)[:-cut])
    with pytest.raises(ValueError, match=text) as e:
        datasets.read_cifar(path, 1, count)
    assert str(e.value).startswith(f"read_cifar: {path}: ")


class Small10(datasets.CIFAR10):
    """CIFAR-10 with four records to a file."""

    train_records = test_records = 4


class Small100(datasets.CIFAR100):
    train_records = test_records = 4


def files_of(kind: Any) -> dict[str, bytes]:
    """What the archive holds."""
    labels = [[1, 42], [2, 0], [3, 99], [4, 7]] if kind.label_bytes == 2 else [[3], [1], [0], [9]]
    files = dict.fromkeys((*kind.train_files, *kind.test_files), records(labels))
    return files | {kind.names_file: b"".join(b"name%d\n" % i for i in range(kind.label_limit))}


def write_cifar(kind: Any, root: Path) -> None:
    folder = root / kind.folder
    folder.mkdir()
    for name, content in files_of(kind).items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("kind, length, targets", [(Small10, 20, [3, 1, 0, 9]), (Small100, 4, [42, 0, 99, 7])])
def test_cifar(kind: Any, length: int, targets: list[int], tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    write_cifar(kind, tmp_path)
    train, test = kind(tmp_path), kind(tmp_path, train=False)
    assert (len(train), len(test), test.targets) == (length, 4, targets)
    image, label = train[2]
    assert (image.mode, image.size, label) == ("RGB", (32, 32), targets[2])
    assert (ToTensor()(image).numpy() == PICTURES[2].astype(np.float32) / 255).all()
    assert len(test.classes) == kind.label_limit
    changed = kind(tmp_path, transform=ToTensor(), target_transform=str)[0]
    assert (changed[0].shape, changed[1]) == ((3, 32, 32), str(targets[0]))


def test_the_names_of_cifar_100(tmp_path: Path) -> None:
    write_cifar(Small100, tmp_path)
    assert Small100(tmp_path).classes[99] == "name99"
    (tmp_path / Small100.folder / Small100.names_file).unlink()
    assert Small100(tmp_path).classes[99] == "99"


@pytest.mark.parametrize(
    "kind, train, names",
    [
        (
            datasets.CIFAR10,
            True,
            "data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin",
        ),
        (datasets.CIFAR10, False, "test_batch.bin"),
        (datasets.CIFAR100, True, "train.bin"),
    ],
)
def test_missing_cifar(kind: Any, train: bool, names: str, tmp_path: Path) -> None:
    with pytest.raises(
        RuntimeError, match=f"{kind.__name__}: expected {names} in .*bin.*. Pass download=True to fetch it"
    ):
        kind(tmp_path, train)


@pytest.mark.parametrize("kind, size", [(datasets.CIFAR10, 30730000), (datasets.CIFAR100, 30740000)])
def test_the_true_size_is_asked_for(kind: Any, size: int, tmp_path: Path) -> None:
    write_cifar(kind, tmp_path)
    with pytest.raises(ValueError, match=f"expected {size} bytes .*, found"):
        kind(tmp_path, train=False)
    with (tmp_path / kind.folder / kind.test_files[0]).open("r+b") as file:
        file.truncate(size)
    assert len(kind(tmp_path, train=False)) == 10000


def test_a_label_out_of_range(tmp_path: Path) -> None:
    write_cifar(Small10, tmp_path)
    (tmp_path / Small10.folder / "test_batch.bin").write_bytes(records([[10]] * 4))
    with pytest.raises(ValueError, match="expected labels below 10, got 10"):
        Small10(tmp_path, train=False)


@pytest.mark.parametrize("kind", (Small10, Small100))
def test_cifar_download(kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(url: str, path: Path, *, size: int, md5: str) -> Path:
        asked.append((url, path.name, size, md5))
        with tarfile.open(path, "w:gz") as tar:
            for name, content in {**files_of(kind), "../outside": b"?"}.items():
                member = tarfile.TarInfo(f"{kind.folder}/{name}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return path

    monkeypatch.setattr(cifar, "download_url", download)
    for train in (True, False):
        kind(tmp_path, train, download=True)
    assert asked == [(kind.url, Path(kind.url).name, kind.size, kind.md5)]
    assert {path.name for path in tmp_path.iterdir()} == {asked[0][1], kind.folder}
    assert {path.name for path in (tmp_path / kind.folder).iterdir()} == set(files_of(kind))


def test_tables_hold_checksums() -> None:
    rows = [*datasets.MNIST.files.values(), *datasets.FashionMNIST.files.values()]
    rows += [(kind.size, kind.md5) for kind in (datasets.CIFAR10, datasets.CIFAR100)]
    for size, md5 in rows:
        assert size > 4000
        assert len(bytes.fromhex(md5)) == hashlib.new("md5", usedforsecurity=False).digest_size
    assert len({md5 for _, md5 in rows}) == len(rows)


# -- optional libraries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module, library", [("PIL.Image", "Pillow"), ("sklearn.datasets", "scikit-learn")])
def test_a_missing_library(module: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(optional.importlib, "import_module", refuse)
    with pytest.raises(ImportError, match=rf"^MNIST needs {library}: pip install 'twingrad\[data\]'$"):
        optional.need(module, "MNIST")
