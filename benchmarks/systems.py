"""Every system of the course at full size: what is demanded of it, what it reached, and how long that took.

``python -m benchmarks systems [--notebooks 01 02 ...] [--keep] [--save]``

The systems are the notebooks. Each row of the table is a line that a notebook prints when it has asserted the figure:
``A1 | what is demanded | what was reached | seed 0``. Its seconds are those of the cells since the row before. ``--save``
puts the new outputs into the notebooks, ``--keep`` the table into ``benchmarks/results`` as JSON and as a page.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness import ROOT, hardware, keep, kept_here, results

NOTEBOOKS = ROOT / "notebooks"
LIMIT = 600  # seconds of one cell
COLOUR = 24  # of 255, how far a colour may be from the one that was drawn
LINE = re.compile(r"^([A-F]\d+) \| (.+) \| (.+) \| seed (\d+)$", re.MULTILINE)


class Row(NamedTuple):
    """One system.

    Attributes:
        name: A1 ... F2.
        demanded, reached: in words and figures.
        seed: of the random numbers.
        seconds: of the cells that make it; 0 where that was not measured.
    """

    name: str
    demanded: str
    reached: str
    seed: int
    seconds: float


def main(words: list[str] | None = None) -> None:
    """Runs the notebooks and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks systems")
    parser.add_argument("--notebooks", nargs="+", default=[""], metavar="NN", help="how their names begin")
    parser.add_argument("--keep", action="store_true", help="write the table into benchmarks/results")
    parser.add_argument("--save", action="store_true", help="write the outputs into the notebooks")
    arguments = parser.parse_args(words)
    rows: dict[str, Any] = {}
    print(hardware(), HEAD, sep="\n")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if not path.name.startswith(tuple(arguments.notebooks)):
            continue
        notebook = execute(path)
        for row in rows_of(notebook):
            rows[row.name] = row._asdict() | {"notebook": path.name}
            print(line(row), flush=True)
        if arguments.save:
            save(notebook, path)
        if arguments.keep:  # after each, so that a failure later loses nothing
            joined = kept_here("systems") | rows
            joined = dict(sorted(joined.items(), key=lambda item: (item[0][0], int(item[0][1:]))))
            keep("systems", joined)
            results("systems.md").write_text(page(joined), encoding="utf-8")


def execute(path: Path, fast: bool = False) -> Any:
    """A notebook with the outputs of a fresh run; raises what a cell raises.

    Args:
        path: of the notebook.
        fast: with the environment variable ``FAST``, by which the notebooks choose smaller sizes.
    """
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with _environment(FAST="1" if fast else "", PYTHONPATH=str(ROOT)):
        nbclient.NotebookClient(
            notebook, timeout=LIMIT, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
        ).execute()
    return notebook


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Sets environment variables for the processes that are started inside the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def rows_of(notebook: Any) -> list[Row]:
    """The rows that a notebook's outputs report."""
    rows, seconds = [], 0.0
    for cell in notebook.cells:
        seconds += _seconds(cell)
        printed = "".join(o.text for o in cell.get("outputs", ()) if o.output_type == "stream" and o.name == "stdout")
        for name, demanded, reached, seed in LINE.findall(printed):
            rows.append(Row(name, demanded, reached, int(seed), seconds))
            seconds = 0.0
    return rows


def _seconds(cell: Any) -> float:
    """How long a cell ran, if that was recorded."""
    times = cell.metadata.get("execution", {})
    first, last = times.get("iopub.status.busy"), times.get("iopub.status.idle")
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds() if first and last else 0.0


def save(notebook: Any, path: Path) -> None:
    """Writes a notebook without its times, so that what has not changed does not differ."""
    import nbformat

    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def smaller(picture: str) -> str:
    """A PNG file in base64, packed well; with 256 colours if none is then far from what it was."""
    import numpy as np
    from PIL import Image

    image = Image.open(BytesIO(base64.b64decode(picture))).convert("RGB")
    few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    off = np.abs(np.asarray(few.convert("RGB"), dtype=int) - np.asarray(image)).max()
    packed = BytesIO()
    (few if off <= COLOUR else image).save(packed, "PNG", optimize=True)
    return min(picture, base64.b64encode(packed.getvalue()).decode(), key=len)


HEAD = f"{'':<4}{'demanded':<72}{'reached':<48}{'seconds':>8}"


def line(row: Row) -> str:
    """One line of the table."""
    return f"{row.name:<4}{row.demanded:<72}{row.reached:<48}{row.seconds:>8.1f}"


def page(rows: dict[str, Any]) -> str:
    """The table as a page to read, with the notebooks' links and the hardware named."""
    machine = hardware()
    lines = [
        "# Systems, and what they reached",
        "",
        f"Measured on {machine['processor']}, {machine['cores']} cores, by `python -m benchmarks systems --keep`.",
        "",
        "| system | demanded | reached | seconds | seed | notebook |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        link = f"[{row['notebook'][:2]}](../../notebooks/{row['notebook']})"
        lines.append(
            f"| {name} | {row['demanded']} | {row['reached']} | {row['seconds']:.1f} | {row['seed']} | {link} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
