"""Every block of Python in a README runs, block by block in one namespace per file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conventions.tree import LEAVES, PACKAGES, ROOT, files

README = [ROOT / "README.md"] + [path for path in files(".md", folders=PACKAGES + LEAVES) if path.name == "README.md"]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDERS = (*PACKAGES, *LEAVES)


def blocks(path: Path) -> Iterator[Any]:
    """The compiled blocks of a file; line numbers are the file's."""
    text = path.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        above = text.count("\n", 0, block.start(1))
        yield compile("\n" * above + block.group(1), str(path), "exec")


@pytest.mark.parametrize("path", README, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_blocks_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "readme"}
    for block in blocks(path):
        exec(block, namespace)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_has_a_readme(folder: str) -> None:
    assert (ROOT / folder / "README.md").is_file(), f"{folder}/README.md: what belongs here, what not, how to add one"


@pytest.mark.parametrize("path", README, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    broken = [target for target in targets if not (path.parent / target).exists()]
    assert not broken, f"links to nothing: {broken}"


def test_a_block_is_found_at_its_line(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n\n```bash\nmake\n```\n\n```python\nx = 1\n```\n\n```python\n1 / 0\n```\n")
    first, second = blocks(readme)
    assert (first.co_firstlineno, "x" in first.co_names) == (1, True)
    with pytest.raises(ZeroDivisionError) as e:
        exec(second, {})
    assert e.traceback[-1].lineno == 11
