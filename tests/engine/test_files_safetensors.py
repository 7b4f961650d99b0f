"""Safetensors files: exact structures, shared memory, the plain format, files that are damaged or half written."""

from __future__ import annotations

import json
import os
import pickle
import struct
import subprocess
import sys
from collections import Counter, OrderedDict, defaultdict, namedtuple
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.errors import DeviceError, SerializationError
from autograd.files import safe

ARRAYS = [
    np.arange(6, dtype="float32").reshape(2, 3),
    np.float64(2.5),
    np.array([1.5, -2], "float16"),
    np.array([[1, 2]], "int8"),
    np.array([255], "uint8"),
    np.array([-(2**15)], "int16"),
    np.array([2**30], "int32"),
    np.array([2**62], "int64"),
    np.array([True, False]),
    np.array([1 + 2j], "complex64"),
    np.array([[1 + 2j, 3j]], "complex128"),
    np.array(1j),
    np.zeros((0, 3), "float32"),
    np.array([np.nan, np.inf, -0.0], "float32"),
]


def same(a, b) -> bool:
    """Equal values of equal types, all the way down."""
    if isinstance(a, ag.Tensor):
        equal = np.array_equal(a.detach().numpy(), b.detach().numpy(), equal_nan=a.is_floating_point())
        return type(b) is ag.Tensor and a.dtype == b.dtype and a.requires_grad == b.requires_grad and equal
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and a.dtype == b.dtype and np.array_equal(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        keys = list(zip(a, b, strict=True))
        return all(same(k, m) for k, m in keys) and all(same(a[k], b[m]) for k, m in keys)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


def round_trip(obj, tmp_path: Path):
    path, buffer = tmp_path / "file", BytesIO()
    safe.save(obj, path)
    safe.save(obj, buffer)
    assert path.read_bytes() == buffer.getvalue()
    buffer.seek(0)
    result = safe.load(path)
    assert same(result, safe.load(buffer))
    return result


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{list(a.shape)}")
def test_every_dtype_and_shape(array, tmp_path: Path) -> None:
    t = ag.tensor(array)
    for view in (t, t.t() if t.ndim == 2 else t):
        assert same(view.clone(), round_trip(view, tmp_path))


TENSOR = ag.arange(4.0)
STRUCTURES = [
    None,
    True,
    3,
    10**30,
    -2.5,
    float("nan"),
    float("-inf"),
    1 + 2j,
    "text with \n and ü",
    [],
    (),
    {},
    OrderedDict(),
    [1, [2, (3, None)]],
    {2: "int", "2": "str", True: 0, None: "none", (1, "a", None): "tuple", 1.5: "float"},
    {"a": {"b": TENSOR}, "a.b": TENSOR + 1, "a.b'": TENSOR + 2, "__metadata__": TENSOR + 3, "": TENSOR + 4},
    OrderedDict(z=TENSOR, a=TENSOR * 2, m=TENSOR * 3),
    {"dtype": ag.float16, "device": ag.device("cpu"), "shape": ag.Size([2, 3])},
    [np.arange(3), np.zeros((2, 0), "uint16"), np.array(7, "uint64"), np.array([1 + 1j])],
    {"param_groups": [{"lr": 0.1, "betas": (0.9, 0.999), "params": [0, 1]}], "state": {0: {"step": TENSOR.sum()}}},
]


@pytest.mark.parametrize("obj", STRUCTURES, ids=str)
def test_structures_come_back_exactly(obj, tmp_path: Path) -> None:
    assert same(obj, round_trip(obj, tmp_path))


def test_numpy_scalars_become_numbers(tmp_path: Path) -> None:
    found = round_trip({"loss": np.float32(0.5), np.int64(3): np.bool_(True)}, tmp_path)
    assert same(found, {"loss": 0.5, 3: True})


def test_python_random_state_continues(tmp_path: Path) -> None:
    import random

    state = round_trip({"python": random.getstate(), "ours": ag.get_rng_state()}, tmp_path)
    drawn = random.random(), ag.rand(2).tolist()
    random.setstate(state["python"])
    ag.set_rng_state(state["ours"])
    assert (random.random(), ag.rand(2).tolist()) == drawn


def test_training_continues_bit_for_bit(tmp_path: Path) -> None:
    def build():
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 1))
        rule = optim.Adam(model.parameters(), lr=0.05)
        return model, rule, optim.lr_scheduler.StepLR(rule, 2, 0.5)

    def steps(model, rule, schedule):
        for _ in range(3):
            rule.zero_grad()
            model(ag.rand(5, 3)).square().mean().backward()
            rule.step()
            schedule.step()

    first = build()
    steps(*first)
    state = {
        "parts": [part.state_dict() for part in first],
        "random": ag.get_rng_state(),
        "epoch": 3,
        "best": float("inf"),
    }
    found = round_trip(state, tmp_path)
    steps(*first)
    second = build()
    for part, saved in zip(second, found["parts"], strict=True):
        part.load_state_dict(saved)
    ag.set_rng_state(found["random"])
    steps(*second)
    for a, b in zip(first, second, strict=True):
        assert same(*[round_trip(part.state_dict(), tmp_path) for part in (a, b)])


def test_requires_grad_and_results_of_operations(tmp_path: Path) -> None:
    w = ag.ones(2, requires_grad=True)
    leaf, result = round_trip([w, w * 2], tmp_path)
    assert leaf.requires_grad and leaf.is_leaf and result.requires_grad and result.is_leaf
    (leaf * result).sum().backward()
    assert leaf.grad.tolist() == [2.0, 2.0]


def test_subclasses_become_tensors(tmp_path: Path) -> None:
    from nn import Parameter

    found = round_trip({"weight": Parameter(ag.ones(2))}, tmp_path)["weight"]
    assert type(found) is ag.Tensor and found.requires_grad


# -- shared memory -----------------------------------------------------------------------------------------------------
def shared(tmp_path: Path):
    x = ag.arange(12.0).reshape(3, 4)
    parts = {"row": x[1], "x": x, "again": x, "transposed": x.t(), "strided": x[::2, 1::2], "alone": x.clone()}
    path = tmp_path / "file"
    safe.save(parts, path)
    return x, parts, safe.load(path), path


def test_shared_memory_is_stored_once(tmp_path: Path) -> None:
    _, _, _, path = shared(tmp_path)
    assert path.stat().st_size < 2 * 48 + 1000
    safe.save({"x": ag.zeros(1000), "y": (z := ag.zeros(1000)), "z": z, "part": z[10:20]}, path)
    assert 8000 < path.stat().st_size < 9000


def test_shared_memory_is_shared_again(tmp_path: Path) -> None:
    x, parts, found, _ = shared(tmp_path)
    assert same({k: v.clone() for k, v in parts.items()}, {k: v.clone() for k, v in found.items()})
    found["x"][1, 1] = 100.0
    x[1, 1] = 100.0
    assert same({k: v.clone() for k, v in parts.items()}, {k: v.clone() for k, v in found.items()})
    assert [tuple(found[k].stride()) for k in parts] == [tuple(parts[k].stride()) for k in parts]
    y = found["row"].requires_grad_() ** 2
    with ag.no_grad():
        found["x"].zero_()
    with pytest.raises(ag.GraphError, match="zero_ has since modified in place"):
        y.sum().backward()


def test_neighbours_and_other_dtypes_are_not_mixed_up(tmp_path: Path) -> None:
    x = np.arange(8.0)
    parts = {"left": ag.from_numpy(x[:5]), "right": ag.from_numpy(x[3:]), "bytes": ag.from_numpy(x.view("uint8")[1:9]),
             "backwards": ag.from_numpy(x[::-1]), "empty": ag.from_numpy(x[2:2])}  # fmt: skip
    assert same({k: v.clone() for k, v in parts.items()}, round_trip(parts, tmp_path))


# -- the plain format --------------------------------------------------------------------------------------------------
def test_a_flat_dictionary_is_a_plain_file(torch, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = {
        "b.weight": ag.arange(6.0).reshape(2, 3),
        "a": ag.tensor([1, 2]),
        "c": ag.tensor(True),
        "h": ag.ones(2).half(),
    }
    safe.save(state, tmp_path / "ours")
    theirs = load_file(tmp_path / "ours")
    assert {k: (str(v.dtype), v.tolist()) for k, v in theirs.items()} == {
        k: (f"torch.{v.dtype.name}", v.tolist()) for k, v in state.items()
    }
    save_file(theirs, tmp_path / "theirs", {"format": "pt"})
    found = safe.load(tmp_path / "theirs")
    assert found.keys() == state.keys() and all(same(found[k], state[k]) for k in state)


def test_dtypes_of_other_writers(torch, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    tensors = {
        "bf16": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        "u16": torch.tensor([65535], dtype=torch.uint16),
    }
    save_file(tensors, tmp_path / "file")
    found = safe.load(tmp_path / "file")
    assert same(found["bf16"], ag.tensor([1.5, -2.0], dtype=ag.bfloat16)) and same(found["u16"], ag.tensor([65535]))
    save_file({"w": torch.zeros(2).to(torch.float8_e4m3fn)}, tmp_path / "file")
    with pytest.raises(SerializationError, match="load: expected a dtype known here, got F8_E4M3 for 'w' in "):
        safe.load(tmp_path / "file")


# -- devices -----------------------------------------------------------------------------------------------------------
def test_map_location(tmp_path: Path) -> None:
    path = tmp_path / "file"
    safe.save({"w": ag.ones(2)}, path)
    for where in (None, "cpu", ag.device("cpu"), {"cuda:0": "cpu"}):
        assert safe.load(path, map_location=where)["w"].tolist() == [1.0, 1.0]
    data = path.read_bytes()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8 : 8 + length])
    header["__metadata__"]["twingrad"] = '{"dict": [["w", {"tensor": {"key": "w", "device": "cuda:7"}}]]}'
    new = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(new)) + new + data[8 + length :])
    with pytest.raises(DeviceError, match=r"load: .*file has tensors for cuda:7: .* Pass map_location='cpu'"):
        safe.load(path)
    for where in ("cpu", {"cuda:7": "cpu"}):
        assert safe.load(path, where)["w"].tolist() == [1.0, 1.0]


# -- what cannot be saved ----------------------------------------------------------------------------------------------
class Thing:
    pass


def cycle():
    a: list[object] = [1]
    a.append({"back": a})
    return a


def deep():
    a: list[object] = []
    for _ in range(5000):
        a = [a]
    return a


Point = namedtuple("Point", "x y")
BAD = [
    ({"a": [1, Thing()]}, TypeError, r"got .*Thing at obj\['a'\]\[1\]. Save its state_dict\(\)"),
    (lambda: 0, TypeError, "got builtins.function at obj"),
    ({"s": {1, 2}}, TypeError, r"got builtins.set at obj\['s'\]"),
    (b"bytes", TypeError, "got builtins.bytes at obj"),
    (defaultdict(int, a=1), TypeError, "got collections.defaultdict at obj"),
    ([Counter("a")], TypeError, r"got collections.Counter at obj\[0\]"),
    ({"p": Point(1, 2)}, TypeError, r"Point at obj\['p'\]"),
    (
        {"k": {Thing(): 1}},
        TypeError,
        r"save: expected numbers, strings, None or tuples as keys, got Thing in obj\['k'\]",
    ),
    ({(1, Thing): 1}, TypeError, "got builtins.type at the key "),
    ([np.array(["text"])], TypeError, r"save: expected an array of numbers, got dtype <U4 at obj\[0\]"),
    ([np.array([None])], TypeError, r"save: expected an array of numbers, got dtype object at obj\[0\]"),
    (
        cycle(),
        ValueError,
        r"save: expected a structure without cycles, got one that contains itself at obj\[1\]\['back'\]",
    ),
    (deep(), ValueError, "save: expected a structure at most some hundred levels deep"),
]


@pytest.mark.parametrize("obj, kind, text", BAD, ids=range(len(BAD)))
def test_what_cannot_be_saved_is_named_and_nothing_is_touched(obj, kind, text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    safe.save({"old": 1}, path)
    with pytest.raises(kind, match=text):
        safe.save(obj, path)
    assert safe.load(path) == {"old": 1} and os.listdir(tmp_path) == ["file"]


def test_a_list_in_two_places_is_no_cycle(tmp_path: Path) -> None:
    part = [1, 2]
    assert round_trip({"a": part, "b": [part, part]}, tmp_path) == {"a": [1, 2], "b": [[1, 2], [1, 2]]}


# -- whole or not at all -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("failing", ["os.fsync", "os.replace", "safetensors.numpy.save_file"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file(failing: str, error, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    safe.save({"old": ag.ones(3)}, path)

    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(failing, fail)
    with pytest.raises(type(error)):
        safe.save({"new": ag.ones(3)}, path)
    monkeypatch.undo()
    assert list(safe.load(path)) == ["old"] and os.listdir(tmp_path) == ["file"]


def test_a_killed_process_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    safe.save({"step": -1}, path)
    program = (
        "import sys, autograd as ag\nfrom autograd.files import safe\n"
        "w = ag.zeros(200_000)\n"
        "for step in range(10**6):\n"
        "    w.fill_(step)\n"
        "    safe.save({'step': step, 'w': w}, sys.argv[1])\n"
        "    print(step, flush=True)\n"
    )
    root = str(Path(ag.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": root}
    )
    for _ in range(20):
        process.stdout.readline()
    process.kill()
    process.communicate()
    state = safe.load(path)
    assert state["step"] >= 19 and bool((state["w"] == state["step"]).all())


def test_links_permissions_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    safe.save([1], link)
    assert link.is_symlink() and safe.load(real) == [1]
    (tmp_path / "plain").write_bytes(b"")
    assert real.stat().st_mode == (tmp_path / "plain").stat().st_mode
    real.chmod(0o640)
    safe.save([1], link)
    assert real.stat().st_mode & 0o777 == 0o640
    with pytest.raises(FileNotFoundError, match=r"save: expected an existing folder, got .*nowhere. Make it first"):
        safe.save([1], tmp_path / "nowhere" / "file")
    with pytest.raises(FileNotFoundError):
        safe.load(tmp_path / "absent")
    monkeypatch.chdir(tmp_path)
    safe.save([2], "relative")
    assert safe.load("relative") == [2]


# -- files that are none -----------------------------------------------------------------------------------------------
GOOD = BytesIO()
safe.save({"w": ag.arange(8.0), "n": 1}, GOOD)
GOOD = GOOD.getvalue()


def with_structure(text: str) -> bytes:
    header = json.dumps(
        {"__metadata__": {"twingrad": text}, "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    ).encode()
    return struct.pack("<Q", len(header)) + header + bytes(8)


def tensor_with(**about) -> bytes:
    return with_structure(json.dumps({"tensor": {"key": "w", **about}}))


FOREIGN = [
    (b"", "it is empty"),
    (GOOD[:-1], f"its header announces {len(GOOD)} bytes, and there are {len(GOOD) - 1}. Was it cut short"),
    (GOOD[: len(GOOD) // 2], "damaged or of another format"),
    (GOOD[:5], "damaged or of another format"),
    (GOOD + b"more", f"its header announces {len(GOOD)} bytes, and there are {len(GOOD) + 4}"),
    (pickle.dumps({"w": 1}), "it is a plain pickle"),
    (b"\x89PNG\r\n\x1a\n" + bytes(100), "damaged or of another format"),
    (b"{}" * 100, "damaged or of another format"),
    (struct.pack("<Q", 2**60) + GOOD, "damaged or of another format"),
]  # fmt: skip


@pytest.mark.parametrize("data, text", FOREIGN, ids=range(len(FOREIGN)))
def test_foreign_and_damaged_files(data: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / "model.file"
    path.write_bytes(data)
    with pytest.raises(SerializationError, match=f"load: expected a file of torch.save .*, got .*model.file: .*{text}"):
        safe.load(path)
    with pytest.raises(
        SerializationError, match=r"load: expected a file of torch.save or safetensors, got a BytesIO: "
    ):
        safe.load(BytesIO(data))


STRUCTURES_DAMAGED = [
    "",
    "{",
    "{}",
    '{"unknown": 1}',
    '{"tensor": {"key": "absent"}}',
    '{"tensor": 3}',
    '{"dict": [[1]]}',
    '{"dict": [[[1], 2]]}',
    '{"dtype": "float1"}',
    '{"dict": 3}',
    "[" * 100_000,
    '{"float": "x"}',
    '{"os.system": "true"}',
]
VIEWS_DAMAGED = [
    [0, [3], [1]],
    [1, [2], [1]],
    [-1, [2], [1]],
    [1, [2], [-1]],
    [0, [2, 2], [1, 1]],
    [0, [0], [1]],
    [0, [2], [10**9]],
]


@pytest.mark.parametrize(
    "data",
    [*map(with_structure, STRUCTURES_DAMAGED), *(tensor_with(view=v) for v in VIEWS_DAMAGED), tensor_with(code=1)],
    ids=range(len(STRUCTURES_DAMAGED) + len(VIEWS_DAMAGED) + 1),
)
def test_damaged_structures(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(
        SerializationError, match="load: expected the structure written by save, got a damaged one in a BytesIO"
    ):
        safe.load(BytesIO(data))


def test_no_bit_flipped_in_the_header_does_harm() -> None:
    """Every answer to a damaged header is a value or a clear error."""
    length = 8 + struct.unpack_from("<Q", GOOD)[0]
    for at in range(0, length, 3):
        data = bytearray(GOOD)
        data[at] ^= 1 << at % 8
        with suppress(SerializationError, DeviceError):
            safe.load(BytesIO(bytes(data)))
