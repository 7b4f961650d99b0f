"""Files as ``torch.save`` writes them: read here and there, both forms, and never a program that runs."""

from __future__ import annotations

import argparse
import io
import os
import pickle
import zipfile
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.errors import DeviceError, SerializationError
from autograd.serialization import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals

DTYPES = [
    "bool",
    "uint8",
    "int8",
    "int16",
    "int32",
    "int64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
]


def back(obj, **how):
    """A structure written and read again."""
    file = io.BytesIO()
    ag.save(obj, file)
    file.seek(0)
    return ag.load(file, **how)


def checkpoint(library, layers, rules):
    """A structure such as training programs keep, made by one of the two libraries."""
    x = library.arange(12.0).reshape(3, 4)
    model = layers.Sequential(layers.Linear(3, 4), layers.BatchNorm1d(4))
    rule = rules.Adam(model.parameters(), lr=0.1)
    model(library.ones(5, 3)).sum().backward()
    rule.step()
    return {
        "model": model.state_dict(),
        "rule": rule.state_dict(),
        "epoch": 3,
        "names": ["a", ("b", None, True, 2.5, 1j)],
        "x": x,
        "row": x[1],
        "transposed": x.t(),
        "strided": x[::2, 1::2],
        "alone": x.clone().t(),
        "broadcast": library.ones(1).expand(3),
        "empty": library.zeros(0, 3),
        "number": library.tensor(3.0),
        "dtype": library.float64,
        "device": library.device("cuda", 1),
        "shape": x.shape,
        "dtypes": [x.to(getattr(library, name)) for name in DTYPES],
        "parameter": layers.Parameter(x[:2].clone(), requires_grad=False),
        "leaf": library.ones(2, requires_grad=True),
    }


def same(ours, theirs) -> bool:
    """A value here and one of PyTorch: tensors by values, dtypes, strides, the rest by equality."""
    if isinstance(ours, ag.Tensor):
        about = (tuple(ours.shape), ours.dtype.name, ours.requires_grad)
        equal = about == (tuple(theirs.shape), str(theirs.dtype)[6:], theirs.requires_grad)
        equal = equal and (not ours.numel() or ours.stride() == theirs.stride())
        return equal and np.array_equal(ours.detach().numpy(), theirs.detach().numpy())
    if isinstance(ours, dict):
        return list(ours) == list(theirs) and all(same(ours[k], theirs[k]) for k in ours)
    if isinstance(ours, (list, tuple)):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return str(ours).replace("autograd", "torch") == str(theirs)


@pytest.mark.parametrize("archive", [True, False], ids=["archive", "old"])
def test_what_torch_saved_is_read(torch, archive, tmp_path: Path) -> None:
    theirs, path = checkpoint(torch, torch.nn, torch.optim), tmp_path / "x.pt"
    torch.save(theirs, path, _use_new_zipfile_serialization=archive)
    for found in (ag.load(path), ag.load(io.BytesIO(path.read_bytes())), ag.load(path, mmap=True, weights_only=False)):
        assert same(found, theirs)
        assert isinstance(found["parameter"], nn.Parameter) and isinstance(found["model"], OrderedDict)
        assert found["model"]._metadata["1"] == {"version": 2}
        found["x"][1, 1] = 77.0
        assert found["row"][1] == 77 and found["transposed"][1, 1] == 77 and found["strided"][0, 0] == 1
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    assert str(model.load_state_dict(found["model"])) == "<All keys matched successfully>"
    optim.Adam(model.parameters()).load_state_dict(found["rule"])


@pytest.mark.cpu_only("PyTorch has no GPU here")
def test_what_we_save_torch_reads(torch, tmp_path: Path) -> None:
    ours, path = checkpoint(ag, nn, optim), tmp_path / "x.pt"
    ag.save(ours, path)
    ours["alone"] = ours["alone"].clone()
    for how in ({}, {"mmap": True}):
        found = torch.load(path, weights_only=True, **how)
        found["rule"]["state"] = {k: {**v, "step": int(v["step"])} for k, v in found["rule"]["state"].items()}
        assert same({**ours, "alone": 0}, {**found, "alone": 0})
        assert np.array_equal(found["alone"].numpy(), ours["alone"].numpy())
        found["x"][1, 1] = 77.0
        assert found["row"][1] == 77 and found["transposed"][1, 1] == 77
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    model.load_state_dict(found["model"])
    torch.optim.Adam(model.parameters()).load_state_dict(found["rule"])


@pytest.mark.parametrize("archive", [True, False])
def test_dtypes_that_there_are_none_of_here(torch, archive, tmp_path: Path) -> None:
    values = torch.tensor([1.0, 2.0])
    wide = {"uint16": values.to(torch.uint16), "uint32": values.to(torch.uint32)} if archive else {}
    torch.save({"bf16": values.bfloat16(), **wide}, tmp_path / "x.pt", _use_new_zipfile_serialization=archive)
    found = ag.load(tmp_path / "x.pt")
    assert found["bf16"].dtype is ag.bfloat16 and all(t.tolist() == [1, 2] for t in found.values())
    assert [found[k].dtype for k in wide] == [ag.int64 for _ in wide]


PLAIN = [
    defaultdict(list, a=[1]),
    Counter("abca"),
    {1, 2},
    frozenset("a"),
    b"bytes\xff",
    bytearray(b"ab"),
    range(3),
    slice(1, None),
    10**30,
    "text with \n and ü",
    {(1, "a", None): [True, 2.5, -1j]},
    OrderedDict(b=1, a=2),
    np.float32(1.5),
    np.int64(-3),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values(value) -> None:
    found = back([value, value])
    assert type(found[0]) is type(value) and found[0] == value and (found[0] is found[1] or np.isscalar(value))


def test_numpy_arrays() -> None:
    arrays = [np.arange(3), np.ones((2, 2), ">f4"), np.zeros((0, 2), "complex64"), np.array(True)]
    for a, b in zip(arrays, back(arrays), strict=True):
        assert a.dtype.newbyteorder("=") == b.dtype and a.shape == b.shape and np.array_equal(a, b)
    with pytest.raises(SerializationError, match="expected an array of numbers, got dtype object"):
        back(np.array([None]))


def test_only_what_tensors_see_is_stored() -> None:
    file = io.BytesIO()
    ag.save(ag.zeros(100_000)[10:20:2], file)
    assert file.tell() < 2000
    assert back(ag.arange(20.0)[10:20:2]).tolist() == [10, 12, 14, 16, 18]
    x = np.arange(6.0)
    left, right, backwards = back([ag.from_numpy(a) for a in (x[:4], x[2:], x[::-1])])
    left[2] = 9.0
    assert right[0] == 9 and backwards.tolist() == x[::-1].tolist()


def test_whole_modules_only_on_trust() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.1))
    model.note = "kept"
    found = back(model, weights_only=False)
    assert repr(found) == repr(model) and found.note == "kept"
    assert all(isinstance(p, nn.Parameter) for p in found.parameters()) and len(list(found.parameters())) == 2
    found(ag.ones(1, 2)).sum().backward()
    with pytest.raises(
        SerializationError, match=r"got nn\.modules\.container\.Sequential in .* pass weights_only=False"
    ):
        back(model)


@pytest.mark.cpu_only("PyTorch has no GPU here")
def test_a_module_of_torch_on_trust(torch) -> None:
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.BatchNorm1d(3)).eval()
    file = io.BytesIO()
    torch.save(theirs, file)
    file.seek(0)
    ours = ag.load(file, weights_only=False)
    assert type(ours[0]) is nn.Linear and not ours.training
    x = np.ones((2, 2), "float32")
    np.testing.assert_allclose(ours(ag.tensor(x)).detach().numpy(), theirs(torch.tensor(x)).detach().numpy(), rtol=1e-6)


# -- devices -----------------------------------------------------------------------------------------------------------
WHERE = ["cpu", ag.device("cpu"), {"cuda:7": "cpu"}, lambda storage, location: storage, lambda s, _: s.cpu()]


@pytest.mark.parametrize("where", WHERE, ids=range(len(WHERE)))
@pytest.mark.parametrize("archive", [True, False])
def test_map_location(torch, monkeypatch, where, archive, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.serialization, "location_tag", lambda _: "cuda:7")
    torch.save([torch.ones(2)], tmp_path / "x.pt", _use_new_zipfile_serialization=archive)
    with pytest.raises(DeviceError, match=r"load: .*x.pt has tensors for cuda:7: .* Pass map_location='cpu'"):
        ag.load(tmp_path / "x.pt")
    assert ag.load(tmp_path / "x.pt", where)[0].tolist() == [1, 1]


# -- files that want to run --------------------------------------------------------------------------------------------
class Evil:
    """Its pickle is a call."""

    def __init__(self, *call) -> None:
        self.call = call

    def __reduce__(self):
        return self.call


CALLS = [
    ((os.system, ("touch ran",)), r"(posix|nt)\.system"),
    ((exec, ("open('ran', 'w')",)), "builtins.exec|__builtin__.exec"),
    ((eval, ("open('ran', 'w')",)), "builtins.eval|__builtin__.eval"),
    ((getattr, ("text", "upper")), "builtins.getattr|__builtin__.getattr"),
    ((argparse.Namespace, ()), "argparse.Namespace"),
]


def dumped(form: str, obj) -> bytes:
    data = pickle.dumps(obj, 2)
    if form == "old":
        parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
        return b"".join(pickle.dumps(part, 2) for part in parts) + data + pickle.dumps([], 2)
    return archived({"a/data.pkl": data})


def archived(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as z:
        for name, data in entries.items():
            z.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize("form", ["archive", "old"])
@pytest.mark.parametrize("call, name", CALLS, ids=[name for _, name in CALLS])
def test_a_file_that_wants_to_run_is_refused(call, name, form, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.pt").write_bytes(dumped(form, {"w": [Evil(*call)]}))
    with pytest.raises(
        SerializationError, match=rf"load: expected tensors, .*, got ({name}) in .*x.pt. None of its code"
    ):
        ag.load("x.pt")
    assert os.listdir(tmp_path) == ["x.pt"]


STATES = [  # programs that set attributes of what is shared by the whole process
    b"\x80\x02ctorch\nfloat32\n}X\x08\x00\x00\x00itemsizeK\x00sb.",
    b"\x80\x02ctorch\nSize\n}X\x05\x00\x00\x00numelK\x00sb.",
    b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aK\x00sb.",
    b"\x80\x02cnumpy\ndtype\n}X\x01\x00\x00\x00aK\x00sb.",
    b"\x80\x02ccollections\nCounter\n)\x81.",
    b"\x80\x02cos\nsystem\n(X\x02\x00\x00\x00lsi.",
    b"\x80\x02\x82\x01.",
    b"\x80\x02(cos\nsystem\no.",
    b"\x80\x02ccollections\nOrderedDict\n)RK\x01a.",
]


@pytest.mark.parametrize("program", STATES, ids=range(len(STATES)))
def test_programs_that_reach_for_more(program) -> None:
    with pytest.raises(SerializationError, match="load: expected"):
        ag.load(io.BytesIO(archived({"a/data.pkl": program})))
    assert ag.float32.itemsize == 4 and callable(ag.Size.numel)


def test_classes_can_be_allowed() -> None:
    args = argparse.Namespace(lr=0.1)
    with pytest.raises(SerializationError, match=r"argparse\.Namespace"):
        back({"args": args})
    with safe_globals([argparse.Namespace]):
        assert back({"args": args})["args"] == args
    add_safe_globals([(argparse.Namespace, "argparse.Namespace")])
    assert get_safe_globals() == [argparse.Namespace] and back(args) == args
    clear_safe_globals()
    assert get_safe_globals() == []
    assert back(args, weights_only=False) == args


# -- files that are none -----------------------------------------------------------------------------------------------
GOOD = io.BytesIO()
ag.save({"w": ag.arange(8.0)}, GOOD)
GOOD = GOOD.getvalue()
REFERENCE = b"\x80\x02(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK%ctQ."
DAMAGED = [
    (GOOD[:-30], "expected a whole archive, got a damaged one"),
    (GOOD.replace(b"\x00\x00\x80\x3f", b"\x00\x00\x80\x40", 1), "expected a whole archive, got a damaged one"),
    (archived({"a/b": b""}), "got another archive"),
    (archived({"a/data.pkl": b"N.", "a/constants.pkl": b""}), "got a TorchScript program"),
    (archived({"a/data.pkl": b""}), "got a damaged one: .*EOFError"),
    (archived({"a/data.pkl": b"\x80\x02K\x01Q."}), "expected a reference to a storage, got 1"),
    (archived({"a/data.pkl": REFERENCE.replace(b"%c", b"\x02")}), "got a damaged one: .*no item named"),
    (
        archived({"a/data.pkl": REFERENCE.replace(b"%c", b"\x02"), "a/data/0": b"1234"}),
        "2 elements of float32 announced",
    ),
]


@pytest.mark.parametrize("data, text", DAMAGED, ids=[text for _, text in DAMAGED])
def test_damaged_files(data, text, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    for source in (path, io.BytesIO(data)):
        with pytest.raises(SerializationError, match=f"load: .*{text}"):
            ag.load(source)


def test_a_view_that_leaves_its_storage_is_refused(torch, tmp_path: Path) -> None:
    file = io.BytesIO()
    ag.save(ag.arange(8.0), file)
    data = file.getvalue().replace(b"K\x08\x85", b"K\x09\x85")  # the shape; there is a check sum, so by hand:
    with zipfile.ZipFile(io.BytesIO(file.getvalue())) as z:
        entries = {name: z.read(name) for name in z.namelist()}
    entries["archive/data.pkl"] = entries["archive/data.pkl"].replace(b"K\x08\x85", b"K\x09\x85")
    assert data != file.getvalue()
    with pytest.raises(SerializationError, match="leaves the 8 elements stored"):
        ag.load(io.BytesIO(archived(entries)))


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.pt"
    ag.save({"old": 1}, path)
    with pytest.raises(TypeError, match=r"save: expected tensors, plain values and what pickle can hold, .*lambda"):
        ag.save({"new": lambda: 0}, path)
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ValueError, match="save: expected a structure at most some hundred levels deep"):
        ag.save(deep, path)
    assert ag.load(path) == {"old": 1} and os.listdir(tmp_path) == ["x.pt"]


def test_the_name_chooses_the_format(tmp_path: Path) -> None:
    for name, start in (("a.safetensors", b"{"), ("a.pt", b"\x03\x04"), ("a", b"\x03\x04")):
        ag.save({"w": ag.ones(2)}, tmp_path / name)
        assert start in (tmp_path / name).read_bytes()[:9]
        assert ag.load(str(tmp_path / name))["w"].tolist() == [1, 1]
