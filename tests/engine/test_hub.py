"""Weights from an address, kept and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.error import URLError

import pytest

import autograd as ag
from autograd.errors import SerializationError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of weights, whose name has its checksum."""
    ag.save({"w": ag.arange(3.0)}, tmp_path / "x.pt")
    data = (tmp_path / "x.pt").read_bytes()
    path = tmp_path / f"model-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    path.write_bytes(data)
    return path


def test_a_file_is_loaded_and_kept(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = ag.hub.get_dir()
    ag.hub.set_dir(tmp_path / "hub")
    try:
        for _ in range(2):
            assert ag.hub.load_state_dict_from_url(source.as_uri(), check_hash=True)["w"].tolist() == [0, 1, 2]
            source.unlink(missing_ok=True)  # the second time it is not asked for
    finally:
        ag.hub.set_dir(before)
    assert (tmp_path / "hub" / "checkpoints" / source.name).exists()
    assert capsys.readouterr().err.count("Downloading file://") == 1
    assert str(ag.hub.get_dir()) == before


def test_a_wrong_file_leaves_nothing(source: Path, tmp_path: Path) -> None:
    wrong = source.rename(tmp_path / "model-00000000.pth")
    with pytest.raises(RuntimeError, match="expected a file whose SHA-256 begins with 00000000, got "):
        ag.hub.load_state_dict_from_url(wrong.as_uri(), model_dir=tmp_path / "a", check_hash=True, progress=False)
    with pytest.raises(URLError):
        ag.hub.download_url_to_file((tmp_path / "absent").as_uri(), tmp_path / "a" / "b")
    assert list((tmp_path / "a").iterdir()) == []
    wrong.write_bytes(b"something else")
    with pytest.raises(SerializationError, match=r"load: expected a file of torch\.save or safetensors"):
        ag.hub.load_state_dict_from_url(wrong.as_uri(), model_dir=tmp_path / "a", file_name="c.pt")
