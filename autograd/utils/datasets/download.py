"""Files from the net: resumed where they broke off, checked, and only then in their place."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from tqdm import tqdm

CHUNK = 1 << 16  # bytes


class _Refused(Exception):
    """This attempt failed, for the reason in the message; another may not."""


def download_url(
    url: str | Sequence[str],
    path: str | os.PathLike[str],
    *,
    size: int | None = None,
    md5: str | None = None,
    sha256: str | None = None,
    retries: int = 3,
    timeout: float = 30.0,
    progress: bool = True,
) -> Path:
    """Download a file, unless it is there already.

    The bytes go to ``path + ".part"``, which takes the file's name only when size and checksums are right; wrong ones
    delete it. A download that broke off is continued there (by HTTP Range) if a checksum is given to prove that both
    halves belong together.

    Args:
        url: http or https address, or several of the same file, tried in turn.
        path: where the file goes; its folder is made.
        size: expected length in bytes.
        md5: expected MD5, hexadecimal.
        sha256: expected SHA-256, hexadecimal.
        retries: how many rounds through the addresses.
        timeout: seconds to wait for the server.
        progress: show a bar, if the output is a terminal.

    Returns:
        The path.

    Raises:
        ValueError: an address that is neither http nor https, or retries < 1.
        RuntimeError: every attempt failed; says how each of them did.

    Example:
        >>> from autograd.utils.datasets import download_url
        >>> download_url("ftp://example.org/x", "x")
        Traceback (most recent call last):
        ValueError: download_url: expected an http or https address, got 'ftp://example.org/x'.
    """
    urls = [url] if isinstance(url, str) else list(url)
    for address in urls:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"download_url: expected an http or https address, got {address!r}.")
    if not urls or retries < 1:
        raise ValueError(f"download_url: expected an address and retries >= 1, got {len(urls)} and retries={retries}.")
    path = Path(path)
    if path.exists() and fault(path, size=size, md5=md5, sha256=sha256) is None:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    if md5 is None and sha256 is None:
        part.unlink(missing_ok=True)
    failures = []
    for address in urls * retries:
        try:
            _fetch(address, part, size, timeout, progress)
            wrong = fault(part, size=size, md5=md5, sha256=sha256)
            if wrong is None:
                os.replace(part, path)
                return path
            part.unlink()
            failures.append(f"{address}: {wrong}; the file was deleted")
        except (_Refused, urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            failures.append(f"{address}: {error or type(error).__name__}")
    raise RuntimeError(
        f"download_url: could not download {path.name}.\n  "
        + "\n  ".join(dict.fromkeys(failures))
        + f"\nCheck the connection and try again, or put the file at {path} yourself."
    )


def fault(path: Path, *, size: int | None = None, md5: str | None = None, sha256: str | None = None) -> str | None:
    """Compare a file with what it should be.

    Args:
        path: the file.
        size: expected length in bytes.
        md5: expected MD5, hexadecimal.
        sha256: expected SHA-256, hexadecimal.

    Returns:
        What is wrong, expected against found; None if nothing is.

    Example:
        >>> import os; from pathlib import Path; from autograd.utils.datasets.download import fault
        >>> fault(Path(os.devnull), size=1)
        'expected 1 bytes, found 0'
    """
    found = path.stat().st_size
    if size is not None and found != size:
        return f"expected {size} bytes, found {found}"
    for name, expected in (("md5", md5), ("sha256", sha256)):
        if expected is not None and (digest := _digest(path, name)) != expected.lower():
            return f"expected {name} {expected}, found {digest}"
    return None


def _digest(path: Path, name: str) -> str:
    """The checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(name, usedforsecurity=False)).hexdigest()


def _fetch(url: str, part: Path, size: int | None, timeout: float, progress: bool) -> None:
    """Bring ``part`` to its full length, from where it ends."""
    begin = part.stat().st_size if part.exists() else 0
    if begin and begin == size:
        return
    headers = {"User-Agent": "twingrad", "Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink()  # longer than the file, or complete and of unknown size: begin anew
        raise
    with response:
        if response.status != http.HTTPStatus.PARTIAL_CONTENT:
            begin = 0  # the server sends the whole file
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {begin}-"):
            part.unlink()
            raise _Refused(f"asked for bytes from {begin}, got {response.headers.get('Content-Range')!r}")
        length = response.headers.get("Content-Length")
        total = begin + int(length) if length is not None else size
        with part.open("ab" if begin else "wb") as file:
            _copy(response, file, begin, total, part.stem if progress else None)
        if total is not None and part.stat().st_size < total:
            raise _Refused(f"the connection ended after {part.stat().st_size} of {total} bytes")


def _copy(source: IO[bytes], file: IO[bytes], begin: int, total: int | None, title: str | None) -> None:
    """Copy to the end, with a bar if there is a title."""
    quiet = True if title is None else None  # None: only on a terminal
    with tqdm(desc=title, initial=begin, total=total, unit="B", unit_scale=True, leave=False, disable=quiet) as bar:
        while chunk := source.read(CHUNK):
            file.write(chunk)
            bar.update(len(chunk))
    file.flush()
    os.fsync(file.fileno())
