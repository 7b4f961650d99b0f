"""Weights from the network, under the names of ``torch.hub``: files only, no programs."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from autograd.files.atomic import replace
from autograd.serialization import load

__all__ = ["download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir"]

_CHUNK = 1 << 20  # bytes
_HASH = re.compile(r"-([a-f0-9]*)\.")  # "resnet18-5c106cde.pth"
_dir: list[str | None] = [None]


def get_dir() -> str:
    """The folder for files from the network: what ``set_dir`` said, else ``twingrad/hub`` in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return str(Path(cache) / "twingrad" / "hub") if _dir[0] is None else _dir[0]


def set_dir(d: str | os.PathLike[str]) -> None:
    """Sets the folder for files from the network.

    Args:
        d: the folder; made when it is first used.

    Example:
        >>> before = ag.hub.get_dir()
        >>> ag.hub.set_dir("weights"); ag.hub.get_dir()
        'weights'
        >>> ag.hub.set_dir(before)
    """
    _dir[0] = os.path.expanduser(d)


def download_url_to_file(
    url: str, dst: str | os.PathLike[str], hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Downloads a file, which appears only when it is complete and its checksum right.

    Args:
        url: http, https or file address.
        dst: the path of the file.
        hash_prefix: how its SHA-256 begins, hexadecimal; None: not checked.
        progress: show a bar, if the output is a terminal.

    Raises:
        RuntimeError: the checksum is another.
        URLError: the server or the file is not there.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("source").write_text("some bytes")
        >>> ag.hub.download_url_to_file(Path("source").absolute().as_uri(), "copy")
        >>> Path("copy").read_text()
        'some bytes'
    """
    from tqdm import tqdm

    def write(path: str) -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "twingrad"})
        digest = hashlib.sha256()
        with urllib.request.urlopen(request) as source, open(path, "wb") as file:
            length = source.headers.get("Content-Length")
            quiet = None if progress else True  # None: only on a terminal
            with tqdm(total=length and int(length), unit="B", unit_scale=True, disable=quiet) as bar:
                while chunk := source.read(_CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
                    bar.update(len(chunk))
        if hash_prefix is not None and not digest.hexdigest().startswith(hash_prefix):
            raise RuntimeError(
                f"download_url_to_file: expected a file whose SHA-256 begins with {hash_prefix}, got {digest.hexdigest()} "
                f"from {url}. Try again, or compare the address"
            )

    replace(os.path.expanduser(dst), write)


def load_state_dict_from_url(
    url: str,
    model_dir: str | os.PathLike[str] | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = True,
) -> Any:
    """Loads a file from the network; it is downloaded once and then kept.

    Args:
        url: its address.
        model_dir: the folder to keep it in; None: ``checkpoints`` in ``get_dir()``.
        map_location: as for ``load``.
        progress: show a bar while it is downloaded.
        check_hash: compare with the part of the SHA-256 that the name contains, as in ``name-5c106cde.pth``.
        file_name: its name in the folder; None: that of the address.
        weights_only: as for ``load``; here nothing is run unless it is False.

    Returns:
        What the file holds.

    Raises:
        RuntimeError: the checksum is another.
        SerializationError: the file cannot be read.

    Example:
        >>> from pathlib import Path
        >>> ag.save({"weight": ag.ones(2)}, "model.pt")
        >>> ag.hub.load_state_dict_from_url(Path("model.pt").absolute().as_uri(), model_dir="kept")
        {'weight': tensor([1., 1.])}
    """
    folder = Path(get_dir()) / "checkpoints" if model_dir is None else Path(model_dir)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (file_name or os.path.basename(urlparse(url).path))
    if not path.exists():
        found = _HASH.search(path.name) if check_hash else None
        sys.stderr.write(f"Downloading {url} to {path}\n")
        download_url_to_file(url, path, found[1] if found else None, progress)
    return load(path, map_location, weights_only=weights_only)
