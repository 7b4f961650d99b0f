"""Sequences and dictionaries of modules and parameters: as Python's own, and as PyTorch prints and names them."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import autograd as ag
import nn


class Named(nn.Module):
    """A module that says which one it is."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, x: str) -> str:
        return x + self.name

    def extra_repr(self) -> str:
        return self.name


def named(letters: str) -> list[Named]:
    return [Named(c) for c in letters]


def letters(modules) -> str:
    return "".join(m.name for m in modules)


# -- sequences --------------------------------------------------------------------------------------------------------

EDITS = [  # what is done to a list of "abcd", and the letters after it
    (lambda m: m.append(Named("x")), "abcdx"),
    (lambda m: m.extend(named("xy")), "abcdxy"),
    (lambda m: m.insert(1, Named("x")), "axbcd"),
    (lambda m: m.insert(-1, Named("x")), "abcxd"),
    (lambda m: m.insert(4, Named("x")), "abcdx"),
    (lambda m: m.__setitem__(-1, Named("x")), "abcx"),
    (lambda m: m.__delitem__(0), "bcd"),
    (lambda m: m.__delitem__(slice(1, 3)), "ad"),
    (lambda m: m.pop(1), "acd"),
]


@pytest.mark.parametrize("cls", [nn.ModuleList, lambda parts: nn.Sequential(*parts)], ids=["ModuleList", "Sequential"])
@pytest.mark.parametrize("edit, after", EDITS)
def test_edits(cls, edit, after: str) -> None:
    m = cls(named("abcd"))
    edit(m)
    assert letters(m) == after
    assert list(m._modules) == [str(i) for i in range(len(after))]
    assert len(m) == len(after)


def test_reading() -> None:
    for m in (nn.ModuleList(named("abcd")), nn.Sequential(*named("abcd"))):
        assert m[0].name + m[-1].name == "ad"
        assert letters(m[1:3]) == "bc"
        assert type(m[1:3]) is type(m)
        assert m[1:3][0] is m[1]
        assert m.pop(0).name == "a"


def test_sequential_runs_in_order() -> None:
    assert nn.Sequential(*named("abc"))("-") == "-abc"
    assert nn.Sequential(OrderedDict(first=Named("a"), second=Named("b")))("-") == "-ab"
    assert nn.Sequential(OrderedDict(first=Named("a"))).first.name == "a"
    assert nn.Sequential()("-") == "-"


def test_joining() -> None:
    a, b = nn.Sequential(*named("ab")), nn.Sequential(*named("c"))
    assert letters(a + b) == "abc"
    assert letters(a * 2) == letters(2 * a) == "abab"
    a += b
    assert letters(a) == "abc"
    a *= 2
    assert letters(a) == "abcabc"
    first, second = nn.ModuleList(named("ab")), nn.ModuleList(named("c"))
    assert letters(first + second) == "abc"
    first += second
    assert letters(first) == "abc"


def test_slices_keep_names() -> None:
    assert list(nn.Sequential(OrderedDict(x=Named("a"), y=Named("b")))[1:]._modules) == ["y"]


def test_repr(torch) -> None:
    for library in (nn, torch.nn):
        blocks = library.ModuleList([library.Identity(), library.Identity(), library.Sequential(library.Identity())])
        assert repr(blocks) == ("ModuleList(\n  (0-1): 2 x Identity()\n  (2): Sequential(\n    (0): Identity()\n  )\n)")
        assert repr(library.ModuleList()) == "ModuleList()"
        assert repr(library.ModuleDict({"a": library.Identity()})) == "ModuleDict(\n  (a): Identity()\n)"


# -- dictionaries -----------------------------------------------------------------------------------------------------


def test_module_dict() -> None:
    a, b, c = named("abc")
    m = nn.ModuleDict({"a": a})
    m["b"] = b
    m.update([("c", c)])
    assert list(m) == list(m.keys()) == ["a", "b", "c"]
    assert letters(m.values()) == "abc"
    assert dict(m.items())["b"] is b
    assert "a" in m and "x" not in m
    assert m.pop("a") is a
    del m["b"]
    m.update(nn.ModuleDict({"d": Named("d")}))
    assert list(m) == ["c", "d"] and len(m) == 2
    m.clear()
    assert not len(m)


def test_parameter_list() -> None:
    p = nn.ParameterList([ag.ones(1), nn.Parameter(ag.ones(2)), "text"])
    p.append(ag.ones(3)).extend([ag.ones(4)])
    p += [ag.ones(5)]
    p[0] = ag.zeros(6, device="cpu")
    assert [name for name, _ in p.named_parameters()] == ["0", "1", "3", "4", "5"]
    assert p[0].shape == (6,) and p[-1].shape == (5,) and p[2] == "text"
    assert isinstance(p[3], nn.Parameter)
    assert [t.shape[0] for t in p[3:]] == [3, 4, 5]
    assert len(list(p)) == len(p) == 6
    assert repr(p[:1]) == "ParameterList(  (0): Parameter containing: [autograd.float32 of size 6])"
    assert repr(nn.ParameterList(["x"])) == "ParameterList(  (0): Object of type: str)"
    assert repr(nn.ParameterList()) == "ParameterList()"
    assert repr(nn.ParameterList([ag.ones(1, device="cpu"), 2])) == (
        "ParameterList(\n    (0): Parameter containing: [autograd.float32 of size 1]\n    (1): Object of type: int\n)"
    )


def test_order_of_parameter_dicts() -> None:
    given = {"b": ag.ones(1), "a": ag.ones(1)}
    assert list(nn.ParameterDict(given)) == ["a", "b"]
    assert list(nn.ParameterDict(OrderedDict(given))) == list(nn.ParameterDict(given.items())) == ["b", "a"]


def test_parameter_dict() -> None:
    p = nn.ParameterDict({"a": ag.ones(1)})
    p["b"] = ag.ones(2, 3, device="cpu")
    p.update([("c", ag.ones(3))])
    assert list(p) == list(p.keys()) == ["a", "b", "c"]
    assert list(reversed(p)) == ["c", "b", "a"]
    assert [t.shape[0] for t in p.values()] == [1, 2, 3]
    assert p.get("x") is None and p.get("a") is p["a"]
    assert p.setdefault("a", ag.zeros(9)) is p["a"]
    assert list((p | {"d": ag.ones(4)}).keys()) == ["a", "b", "c", "d"]
    p |= {"d": ag.ones(4)}
    assert p.popitem()[0] == "d"
    assert p.pop("a").shape == (1,)
    del p["c"]
    assert list(p.state_dict()) == ["b"]
    assert repr(p) == "ParameterDict(  (b): Parameter containing: [autograd.FloatTensor of size 2x3])"
    assert list(p.fromkeys(["x", "y"], 1)) == ["x", "y"]
    copy = p.copy()
    p.clear()
    assert not len(p) and len(copy) == 1


def test_state_goes_through_torch(torch) -> None:
    def build(library, tensor):
        parts = library.ParameterDict({"p": tensor}), library.ParameterList([tensor])
        return library.ModuleDict({"d": parts[0], "l": parts[1], "s": library.Sequential(library.Identity())})

    assert list(build(nn, ag.ones(1)).state_dict()) == list(build(torch.nn, torch.ones(1)).state_dict())


ERRORS = [
    (lambda: nn.Sequential(3), TypeError, r"Sequential: expected a Module or None as module '0', got int"),
    (lambda: nn.Sequential()[0], IndexError, r"Sequential: expected an index in \[0, -1\], got 0"),
    (lambda: nn.Sequential(*named("a"))[1], IndexError, r"Sequential: expected an index in \[-1, 0\], got 1"),
    (lambda: nn.Sequential(*named("a")) * 0, ValueError, r"Sequential: expected at least one repetition, got 0"),
    (lambda: nn.Sequential() + [], TypeError, r"unsupported operand"),
    (lambda: nn.ModuleList(3), TypeError, r"extend: expected an iterable of modules, got int. Use append for one"),
    (lambda: nn.ModuleList().insert(0, 3), TypeError, r"insert: expected a Module, got int"),
    (lambda: nn.ModuleList().insert(1, Named("a")), IndexError, r"insert: expected an index in \[0, 0\], got 1"),
    (lambda: nn.ModuleDict(3), TypeError, r"ModuleDict: expected a mapping or an iterable of pairs, got int"),
    (lambda: nn.ModuleDict([("a",)]), ValueError, r"ModuleDict: expected pairs of key and value"),
    (lambda: nn.ModuleDict({"a.b": Named("a")}), KeyError, r"expected a name without dots"),
    (lambda: nn.ModuleDict({"values": Named("a")}), KeyError, r"expected a new name for a module, got 'values'"),
    (lambda: nn.ParameterList(ag.ones(2)), TypeError, r"extend: expected an iterable of tensors, got Tensor"),
    (lambda: nn.ParameterList()[0], IndexError, r"ParameterList: expected an index in \[0, -1\], got 0"),
    (lambda: nn.ParameterDict({1: ag.ones(1)}), TypeError, r"ParameterDict: expected a str as key, got int"),
    (lambda: nn.ParameterDict({"keys": ag.ones(1)}), KeyError, r"expected a key that is no attribute yet, got 'keys'"),
    (lambda: nn.ParameterDict()["a"], KeyError, r"'a'"),
    (lambda: nn.ParameterDict().popitem(), KeyError, r"popitem: expected at least one parameter"),
]


@pytest.mark.parametrize("run, kind, text", ERRORS)
def test_errors(run, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        run()
