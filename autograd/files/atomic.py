"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Callable
from contextlib import suppress


def replace(path: str, write: Callable[[str], None]) -> None:
    """Writes a file beside ``path`` and puts it in its place; on failure nothing has happened."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"save: expected an existing folder, got {folder}. Make it first")
    temporary = os.path.join(folder, f".{name[:100]}.{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            mode = os.fstat(file.fileno()).st_mode
        with suppress(FileNotFoundError):
            mode = os.stat(target).st_mode
        write(temporary)
        os.chmod(temporary, stat.S_IMODE(mode))  # safetensors makes files that only their owner may read
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if os.name == "posix":  # the name itself must reach the disk, too
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
