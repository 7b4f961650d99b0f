"""Saving and loading tensors and the structures around them: the names of ``torch.serialization``.

A file is what ``torch.save`` writes, an archive of a pickle and the elements of tensors; with a name that ends in
``.safetensors`` it is arrays and JSON. Both are read without running anything that is in them.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from autograd.files import archive, safe
from autograd.files.atomic import replace
from autograd.files.location import Location, name_of
from autograd.files.unpickled import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals", "save"]


def save(
    obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: int = 2, _use_new_zipfile_serialization: bool = True
) -> None:
    """Writes tensors, and the structure they are in, to a file: whole or not at all.

    What can be saved: tensors, parameters, NumPy arrays, numbers, strings, dtypes, devices, lists, tuples, sets, dicts of
    these, and whatever else can be pickled, whole modules too. PyTorch reads the file. Tensors that share memory are stored
    once, and share it again when loaded. At a path that ends in ".safetensors" goes a file of that format, which holds
    tensors, arrays, plain values, lists, tuples and dicts.

    A file is written beside the old one and then put in its place, so that at any moment there is a complete one.

    Args:
        obj: the structure.
        f: a path, or a binary file object with ``write``.
        pickle_module, pickle_protocol, _use_new_zipfile_serialization: accepted; the form is always the same.

    Raises:
        TypeError: something else is in the structure.
        ValueError: the structure is too deep.
        SerializationError: the file could not be written.

    Example:
        >>> ag.save({"weight": ag.ones(2), "epoch": 3}, "state.pt")
        >>> ag.load("state.pt")
        {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    if hasattr(f, "write"):
        archive.save(obj, f, "archive")
    elif os.fspath(f).endswith(".safetensors"):
        safe.save(obj, f)
    else:
        replace(os.fspath(f), lambda path: archive.save(obj, path, Path(f).stem or "archive"))


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Reads a file of ``save``, ``torch.save`` or safetensors; runs nothing in it unless ``weights_only=False``.

    Args:
        f: a path, or a binary file object with ``read``.
        map_location: the device of the tensors, a dictionary from devices saved to devices wanted, or a function of a
            storage and the device saved; default: the devices they were saved from.
        pickle_module: accepted.
        weights_only: False: objects of any class, which runs what the file says. Only for files that you trust.
        mmap: leave the elements in the file until they are used; for a path.
        pickle_load_args: accepted.

    Returns:
        What was saved. Tensors of dtypes that there are none of here become the next wider: unsigned 16-, 32- and 64-bit
        integers int64.

    Raises:
        SerializationError: the file is cut short, corrupt, or of another kind, or names something that is not allowed.
        DeviceError: it was saved from a device that is not here, and no ``map_location`` is given.

    Example:
        >>> import io
        >>> file = io.BytesIO(); ag.save([ag.zeros(1), ("a", 2)], file); _ = file.seek(0)
        >>> ag.load(file)
        [tensor([0.]), ('a', 2)]
    """
    location, trust = Location(name_of(f), map_location), weights_only is False
    if hasattr(f, "read"):
        data = f.read()
    else:
        with open(f, "rb") as file:
            if file.read(4) == archive.ZIP:
                return archive.load(f, location, safe=not trust, mapped=bool(mmap))
            file.seek(0)
            data = file.read()
    if data[:4] == archive.ZIP:
        return archive.load(io.BytesIO(data), location, safe=not trust, mapped=False)
    if archive.is_legacy(data):
        return archive.load_legacy(data, location, safe=not trust)
    return safe.read(data, location)
