"""A file holds one family: about 100 lines, 600 at most."""

from __future__ import annotations

from tests.conventions.tree import LEAVES, PACKAGES, ROOT, files

CAP = 600
EXCEPTIONS: dict[str, str] = {}  # path: why it is one piece


def lengths() -> dict[str, int]:
    paths = files(".py", ".cu", ".cuh", ".cpp", ".h", folders=PACKAGES + LEAVES)
    return {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}


def test_no_file_is_longer_than_the_cap() -> None:
    long = {path: lines for path, lines in lengths().items() if lines > CAP and path not in EXCEPTIONS}
    assert not long, f"files past {CAP} lines; split them by family: {long}"


def test_exceptions_are_still_needed() -> None:
    found = lengths()
    stale = [path for path in EXCEPTIONS if found.get(path, 0) <= CAP]
    assert not stale, f"no longer past {CAP} lines; take them off the list: {stale}"
