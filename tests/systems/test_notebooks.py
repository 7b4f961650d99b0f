"""The notebooks: each runs at reduced size and reaches its figures, and is committed as it ran at full size."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import systems
from tests.conventions.tree import ROOT

nbformat = pytest.importorskip("nbformat")
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.cpu_only("a notebook chooses its device itself")


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def names(notebook: Any) -> list[str]:
    return [row.name for row in systems.rows_of(notebook)]


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_it_runs_and_reaches_its_figures(path: Path) -> None:
    ran = systems.execute(path, fast=True)  # its own assertions raise here
    assert names(ran) == names(read(path))
    complaints = [o for cell in ran.cells for o in cell.get("outputs", ()) if o.get("name") == "stderr"]
    assert not complaints


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_it_is_committed_as_it_ran(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [o for cell in cells for o in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert any("image/png" in o.get("data", ()) for o in outputs)
    assert 'device = "cpu"  # or "cuda"' in "\n".join(cell.source for cell in cells)


def test_each_row_is_reported_once() -> None:
    reported = [name for path in PATHS for name in names(read(path))]
    assert sorted(reported) == sorted(set(reported))


def test_rows_are_read_with_their_seconds(tmp_path: Path) -> None:
    new = nbformat.v4
    source = "print('A1 | two is two | yes | seed 3')\nprint('no row')\nprint('B2 | x | y | seed 0')"
    path = tmp_path / "small.ipynb"
    nbformat.write(new.new_notebook(cells=[new.new_code_cell("1 + 1"), new.new_code_cell(source)]), path)
    ran = systems.execute(path, fast=True)
    first, second = systems.rows_of(ran)
    assert first[:4] == ("A1", "two is two", "yes", 3) and first.seconds > 0
    assert second[:4] == ("B2", "x", "y", 0) and second.seconds == 0
    systems.save(ran, path)
    assert [row[:4] for row in systems.rows_of(read(path))] == [first[:4], second[:4]]
    assert "execution" not in read(path).cells[0].metadata


def test_pictures_are_packed_and_keep_their_colours() -> None:
    image = pytest.importorskip("PIL.Image")
    plain = np.zeros((40, 40, 3), np.uint8)
    plain[10:20] = (255, 0, 7)
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)  # too many colours for 256
    for pixels in (plain, noise):
        file = BytesIO()
        image.fromarray(pixels).save(file, "PNG", compress_level=0)
        packed = systems.smaller(before := base64.b64encode(file.getvalue()).decode())
        after = np.asarray(image.open(BytesIO(base64.b64decode(packed))).convert("RGB"))
        assert len(packed) <= len(before) and np.array_equal(after, pixels)


def test_the_page_names_system_and_notebook() -> None:
    row = systems.Row("A1", "two is two", "yes", 3, 1.25)._asdict() | {"notebook": "01_small.ipynb"}
    text = systems.page({"A1": row})
    assert text.endswith("| A1 | two is two | yes | 1.2 | 3 | [01](../../notebooks/01_small.ipynb) |\n")


def test_a_notebook_that_fails_says_where(tmp_path: Path) -> None:
    path = tmp_path / "wrong.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 == 2, 'no'")]), path)
    with pytest.raises(Exception, match=r"assert 1 == 2, .no."):
        systems.execute(path)
