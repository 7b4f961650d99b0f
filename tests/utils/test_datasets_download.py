"""Downloads from a server on this machine that breaks off, ignores ranges, or sends something else."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from autograd.utils.datasets import download
from autograd.utils.datasets.download import download_url

CONTENT = bytes(range(256)) * 1000
SIZE = len(CONTENT)
SUMS = {
    "md5": hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
    "sha256": hashlib.sha256(CONTENT).hexdigest(),
}


class Server(ThreadingHTTPServer):
    """Serves CONTENT; what goes wrong is told by the path, and ``asked`` remembers the ranges."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        faults = self.path.strip("/").split(",")
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        if "missing" in faults:
            self.send_error(404)
            return
        content = b"?" * SIZE if "wrong" in faults else CONTENT
        begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and "whole" not in faults else 0
        if begin >= SIZE:
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin + ('shifted' in faults)}-{SIZE - 1}/{SIZE}")
        if "unsized" not in faults:
            self.send_header("Content-Length", str(SIZE - begin))
        self.end_headers()
        half = "cut" in faults and SIZE - begin > 10000
        self.wfile.write(content[begin : begin + (SIZE - begin) // 2] if half else content[begin:])

    def log_message(self, *args: Any) -> None:
        """Silence."""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(url: Any, path: Path, **options: Any) -> Path:
    return download_url(url, path, progress=False, **options)


COMPLETE: list[tuple[str, dict[str, Any], list[str | None]]] = [
    ("plain", {}, [None]),
    ("plain", {"size": SIZE, **SUMS}, [None]),
    ("plain", {"md5": SUMS["md5"].upper()}, [None]),
    ("unsized", {"size": SIZE}, [None]),
]


@pytest.mark.parametrize("path, options, asked", COMPLETE)
def test_a_download(path: str, options: dict[str, Any], asked: list[Any], server: Server, tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "file"
    assert fetch(server.url(path), target, **options) == target
    assert target.read_bytes() == CONTENT
    assert [p.name for p in target.parent.iterdir()] == ["file"]
    assert server.asked == asked


def test_what_is_there_is_not_fetched(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(CONTENT)
    fetch(server.url("missing"), target, size=SIZE, **SUMS)
    assert server.asked == []


def test_what_is_there_and_wrong_is_replaced(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"?" * SIZE)
    fetch(server.url("plain"), target, **SUMS)
    assert target.read_bytes() == CONTENT


def test_a_broken_download_continues_at_the_next_attempt(server: Server, tmp_path: Path) -> None:
    fetch(server.url("cut"), tmp_path / "file", retries=6, **SUMS)  # each brings half of the rest
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.asked[:3] == [None, f"bytes={SIZE // 2}-", f"bytes={SIZE * 3 // 4}-"]


def test_a_broken_download_continues_at_the_next_call(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "file"
    with pytest.raises(RuntimeError, match=f"the connection ended after {SIZE // 2} of {SIZE} bytes"):
        fetch(server.url("cut"), target, retries=1, **SUMS)
    assert not target.exists()
    assert (tmp_path / "file.part").stat().st_size == SIZE // 2
    fetch(server.url("plain"), target, retries=1, **SUMS)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={SIZE // 2}-"]


def test_an_interrupt_keeps_what_has_come(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(source: Any, file: Any, *rest: Any) -> None:
        file.write(source.read(1000))
        raise KeyboardInterrupt

    target = tmp_path / "file"
    with monkeypatch.context() as patch:
        patch.setattr(download, "_copy", interrupted)
        with pytest.raises(KeyboardInterrupt):
            fetch(server.url("plain"), target, **SUMS)
    fetch(server.url("plain"), target, **SUMS)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=1000-"]


# what lies in file.part, what the server does, and what it is asked for until the file is complete
RESUMED: dict[str, tuple[bytes, str, list[str | None]]] = {
    "a server without ranges": (CONTENT[:1000], "whole", ["bytes=1000-"]),
    "a server that sends another range": (CONTENT[:1000], "shifted", ["bytes=1000-", None]),
    "complete": (CONTENT, "plain", []),
    "too long": (CONTENT + b"?", "plain", [f"bytes={SIZE + 1}-", None]),
    "of another file": (b"?" * 1000, "plain", ["bytes=1000-", None]),
    "complete but wrong": (b"?" * SIZE, "plain", [None]),
}


@pytest.mark.parametrize("name", RESUMED)
def test_resuming(name: str, server: Server, tmp_path: Path) -> None:
    part, path, asked = RESUMED[name]
    (tmp_path / "file.part").write_bytes(part)
    fetch(server.url(path), tmp_path / "file", size=SIZE, **SUMS)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert not (tmp_path / "file.part").exists()
    assert server.asked == asked


def test_without_a_checksum_nothing_is_resumed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"?" * 1000)
    fetch(server.url("plain"), tmp_path / "file", size=SIZE)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.asked == [None]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("wrong", {"md5": SUMS["md5"]}, f"expected md5 {SUMS['md5']}, found [0-9a-f]{{32}}; the file was deleted"),
    (
        "wrong",
        {"sha256": SUMS["sha256"]},
        f"expected sha256 {SUMS['sha256']}, found [0-9a-f]{{64}}; the file was deleted",
    ),
    ("plain", {"size": 7}, f"expected 7 bytes, found {SIZE}; the file was deleted"),
    ("missing", {}, "HTTP Error 404: Not Found"),
]


@pytest.mark.parametrize("path, options, text", WRONG)
def test_a_wrong_file(path: str, options: dict[str, Any], text: str, server: Server, tmp_path: Path) -> None:
    with pytest.raises(
        RuntimeError, match=f"could not download file.\n  {server.url(path)}: {text}\nCheck the connection"
    ):
        fetch(server.url(path), tmp_path / "file", retries=2, **options)
    assert list(tmp_path.iterdir()) == []
    assert len(server.asked) == 2


def test_mirrors_are_tried_in_turn(server: Server, tmp_path: Path) -> None:
    urls = [server.url("missing"), server.url("wrong"), server.url("plain")]
    fetch(urls, tmp_path / "file", retries=1, **SUMS)
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert len(server.asked) == 3


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/x"
    with pytest.raises(RuntimeError, match=f"{url}: .*refused"):
        fetch(url, tmp_path / "file", retries=1)


@pytest.mark.parametrize(
    "url, retries, text",
    [
        ("file:///etc/passwd", 1, "expected an http or https address, got 'file:///etc/passwd'"),
        (["http://a", "ftp://b"], 1, "got 'ftp://b'"),
        ([], 1, "expected an address and retries >= 1, got 0 and retries=1"),
        ("http://a", 0, "got 1 and retries=0"),
    ],
)
def test_bad_arguments(url: Any, retries: int, text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=text):
        fetch(url, tmp_path / "file", retries=retries)


def test_the_bar(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    download_url(server.url("plain"), tmp_path / "file.gz")
    assert "file.gz: " in capsys.readouterr().err
