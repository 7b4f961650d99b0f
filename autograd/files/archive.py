"""The files that ``torch.save`` writes: a zip archive of a pickle and the elements of tensors, and the form before that.

In the archive ``name/data.pkl`` holds the structure, ``name/data/0`` and so on the elements, stored as they are, at multiples
of 64 bytes, so that they can be mapped into memory.
"""

from __future__ import annotations

import io
import mmap
import struct
import sys
import zipfile
from typing import Any

import numpy as np

from autograd.errors import SerializationError
from autograd.files.location import Location
from autograd.files.pickled import written
from autograd.files.unpickled import Stored, read

ZIP = b"PK\x03\x04"
_ALIGNMENT = 64
_LARGE = 2**31 - 1  # bytes of an entry from which on zip writes 20 more in its head
_MAGIC = 0x1950A86A20F9469CFC6C  # the first value of a file of the old form


def save(obj: Any, f: Any, name: str) -> None:
    """Writes a structure as an archive.

    Args:
        obj: the structure.
        f: a path, or a binary file.
        name: of the folder in the archive.
    """
    data, blocks = written(obj)
    with zipfile.ZipFile(f, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, f"{name}/data.pkl", data)
        _add(archive, f"{name}/byteorder", sys.byteorder.encode())
        for block in blocks:
            host: Any = np.ascontiguousarray(block.backend.to_numpy(block.raw))
            _add(archive, f"{name}/data/{block.key}", memoryview(host.view("u1")) if host.size else b"")
        _add(archive, f"{name}/version", b"3\n")


def _add(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    """An entry whose data begin at a multiple of 64 bytes."""
    info = zipfile.ZipInfo(name)
    info.file_size = len(data)
    start = archive.start_dir + 30 + len(name.encode()) + 4 + (20 if 1.05 * len(data) > _LARGE else 0)
    padding = -start % _ALIGNMENT
    info.extra = struct.pack("<HH", 0x4246, padding) + b"Z" * padding
    with archive.open(info, "w") as entry:
        entry.write(data)


def load(f: Any, location: Location, *, safe: bool, mapped: bool) -> Any:
    """Reads an archive.

    Args:
        f: a path, or a binary file that can be searched.
        location: where tensors go.
        safe: run nothing that is in it.
        mapped: leave the elements in the file until they are used; f is then a path.
    """
    try:
        archive = zipfile.ZipFile(f)
    except zipfile.BadZipFile as e:
        raise SerializationError(f"load: expected a whole archive, got a damaged one: {location.name}: {e}") from e
    with archive:
        names = set(archive.namelist())
        pickles = [name for name in names if name.endswith("/data.pkl") and name.count("/") == 1]
        folder = pickles[0][:-8] if len(pickles) == 1 else ""
        if not folder or f"{folder}constants.pkl" in names:
            what = "a TorchScript program" if folder else "another archive"
            raise SerializationError(f"load: expected a file that torch.save wrote, got {what}: {location.name}")
        order = archive.read(f"{folder}byteorder").decode() if f"{folder}byteorder" in names else "little"
        memory = _mapped(f) if mapped else None

        def find(key: str, kind: str, numel: int) -> Any:
            info = archive.getinfo(f"{folder}data/{key}")
            if info.file_size < numel * np.dtype(kind).itemsize:
                raise ValueError(f"{numel} elements of {kind} announced, and {info.file_size} bytes")
            raw = _bytes(archive, info, memory)
            return raw if order == sys.byteorder else _swapped(raw, kind)

        try:
            return read(io.BytesIO(archive.read(f"{folder}data.pkl")), find, location, safe)
        except zipfile.BadZipFile as e:
            raise SerializationError(f"load: expected a whole archive, got a damaged one: {location.name}: {e}") from e


def _swapped(raw: Any, kind: str) -> Any:
    """Bytes of a machine with the other order."""
    step = np.dtype(kind).itemsize // (2 if kind.startswith("complex") else 1)
    return raw.view(f"u{step}").byteswap().view("u1")


def _mapped(f: Any) -> Any:
    with open(f, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _bytes(archive: zipfile.ZipFile, info: zipfile.ZipInfo, memory: Any) -> Any:
    """The bytes of an entry as an array that can be written to."""
    if memory is not None and info.compress_type == zipfile.ZIP_STORED and info.file_size:
        name, extra = struct.unpack_from("<HH", memory, info.header_offset + 26)
        start = info.header_offset + 30 + name + extra
        if start % 16 == 0:
            return np.frombuffer(memory, "u1", info.file_size, start)
    raw: Any = np.empty(info.file_size, "u1")
    with archive.open(info) as entry:
        view, at = memoryview(raw), 0
        while at < len(view) and (count := entry.readinto(view[at : at + 2**24])):  # type: ignore[attr-defined]
            at += count
        entry.read()  # to the end, where the check sum is compared
    return raw


# -- the form before ------------------------------------------------------------------------------------------------------


def is_legacy(data: bytes) -> bool:
    """Whether a file begins like one of PyTorch before 1.6."""
    return data[:2] == b"\x80\x02" and data[2:14] == b"\x8a\x0a" + _MAGIC.to_bytes(10, "little")


def load_legacy(data: bytes, location: Location, *, safe: bool) -> Any:
    """Reads a file of several pickles, behind which stand the elements of all tensors.

    Args:
        data: the file.
        location: where tensors go.
        safe: run nothing that is in it.
    """
    file = io.BytesIO(data)
    raws: dict[str, Any] = {}
    storages: dict[Any, Stored] = {}

    def find(key: str, kind: str, numel: int) -> Any:
        size = numel * np.dtype(kind).itemsize
        if size > len(data):
            raise ValueError(f"{numel} elements of {kind} announced in {len(data)} bytes")
        raws[key] = np.zeros(size, "u1")  # filled below
        return raws[key]

    plain = Location(location.name, None)
    for _ in range(3):  # a magic number, a version, and what the machine was
        read(file, find, plain, True)
    result = read(file, find, location, safe, storages)
    for key in read(file, find, plain, True):
        file.seek(8, io.SEEK_CUR)  # how many
        if file.readinto(memoryview(raws[key])) != raws[key].size:
            raise SerializationError(f"load: expected a whole file, got one that was cut short: {location.name}")
    for stored in storages.values():
        stored.fill()
    return result
