"""Programs for PyTorch run with other import lines: from the same weights they give the same numbers."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd
from tests.op_samples.record import leaves

pytestmark = pytest.mark.cpu_only("the programs choose their device")
FILES = {path.stem: path for path in sorted((Path(__file__).parent / "programs").glob("[!_]*.py"))}
CHANGES = (  # of an import line
    (r"^(\s*)import torch$", r"\1import autograd as torch"),
    (r"^(\s*)(import|from) torch\b", r"\1\2 autograd"),
)


def changed(source: str) -> str:
    """The program with ``torch`` replaced in its import lines."""
    lines = source.splitlines()
    for i, line in enumerate(lines):
        for pattern, replacement in CHANGES:
            line = re.sub(pattern, replacement, line)
        lines[i] = line
    return "\n".join(lines)


def loaded(name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType(f"program_{name}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses ask for it
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


def arrays(result: Any) -> Iterator[np.ndarray]:
    for x in leaves(result):
        yield np.asarray(x.detach().numpy() if hasattr(x, "detach") else x)


@pytest.mark.parametrize("name", FILES)
def test_program(name: str, torch: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    source = FILES[name].read_text()
    torch.manual_seed(0)
    with warnings.catch_warnings():  # what PyTorch warns of is its own business
        warnings.simplefilter("ignore")
        theirs = loaded(name, source, monkeypatch)
        model = theirs.build()
        weights = {key: value.numpy().copy() for key, value in model.state_dict().items()}
        expected = list(arrays(theirs.run(model)))

    ours = loaded(name, changed(source), monkeypatch)
    model = ours.build()
    assert list(model.state_dict()) == list(weights)
    model.load_state_dict({key: autograd.from_numpy(value) for key, value in weights.items()})
    found = list(arrays(ours.run(model)))

    assert len(found) == len(expected)
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert (a.shape, a.dtype) == (b.shape, b.dtype), f"result {i}"
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4, err_msg=f"result {i}")


def test_only_import_lines_change() -> None:
    source = "import torch\nimport torch.nn as nn\n    from torch import Tensor\nx = torch.import_torch\n"
    expected = (
        "import autograd as torch\nimport autograd.nn as nn\n    from autograd import Tensor\nx = torch.import_torch"
    )
    assert changed(source) == expected
