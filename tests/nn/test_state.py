"""state_dict and load_state_dict: names, errors, and that nothing is ever loaded half-way."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

import autograd as ag
import nn
from tests.nn.parity import array


class Counting(nn.Module):
    """A weight, and a number that is no tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.steps = nn.Parameter(ag.zeros(2)), 0

    def get_extra_state(self) -> int:
        return self.steps

    def set_extra_state(self, state: int) -> None:
        if state < 0:
            raise ValueError("negative")
        self.steps = state


def net() -> nn.Sequential:
    """Parameters, buffers and an integer buffer."""
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def snapshot(m: nn.Module) -> dict[str, np.ndarray]:
    return {k: array(v).copy() for k, v in m.state_dict().items() if isinstance(v, ag.Tensor)}


def assert_untouched(m: nn.Module, before: dict[str, np.ndarray]) -> None:
    for name, value in snapshot(m).items():
        np.testing.assert_array_equal(value, before[name])


def test_entries_share_memory_and_are_detached() -> None:
    m = net()
    state = m.state_dict()
    assert isinstance(state, OrderedDict) and state._metadata[""] == {"version": 1}
    assert not state["0.weight"].requires_grad
    with ag.no_grad():
        m[0].weight.zero_()
    assert not array(state["0.weight"]).any()
    assert m.state_dict(keep_vars=True)["0.weight"] is m[0].weight
    mine = {}
    assert m.state_dict(destination=mine, prefix="x.") is mine and "x.0.weight" in mine


def test_round_trip() -> None:
    a, b = net(), net()
    result = b.load_state_dict(a.state_dict())
    assert repr(result) == "<All keys matched successfully>" and result.missing_keys == []
    assert_untouched(b, snapshot(a))
    weight = b[0].weight
    b.load_state_dict({k: v.to(ag.float64) for k, v in a.state_dict().items()})
    assert b[0].weight is weight and weight.dtype == ag.float32


def test_assign_takes_the_tensors_themselves() -> None:
    m, state = net().requires_grad_(False), {k: v.to(ag.float64) for k, v in net().state_dict().items()}
    state["0.bias"] = given = nn.Parameter(state["0.bias"])
    m.load_state_dict(state, assign=True)
    assert m[0].weight.dtype == ag.float64 and isinstance(m[0].weight, nn.Parameter) and not m[0].weight.requires_grad
    assert m[0].bias is given and not given.requires_grad
    assert m[1].running_mean is state["1.running_mean"]


def without(key: str):
    return lambda s: s.pop(key)


def having(key: str, value):
    return lambda s: s.__setitem__(key, value)


FAULTS = [  # a change of the state, the text, whether strict=False forgives it
    (without("0.bias"), r"Missing key\(s\) in state_dict: \"0.bias\"", True),
    (having("0.what", ag.ones(1)), r"Unexpected key\(s\) in state_dict: \"0.what\"", True),
    (having("2.weight", ag.ones(1)), r"Unexpected key\(s\) in state_dict: \"2.weight\"", True),
    (having("top", ag.ones(1)), r"Unexpected key\(s\) in state_dict: \"top\"", True),
    (having("1._extra_state", 3), r"Unexpected key\(s\) in state_dict: \"1._extra_state\"", True),
    (having("1.weight", ag.ones(3)), r"size mismatch for 1.weight: the model has \(2,\), the state has \(3,\)", False),
    (having("1.bias", 3), r"no tensor for 1.bias: got int", False),
    (having("1.bias", ag.ones(2, dtype=ag.complex64)), r"dtype mismatch for 1.bias: .*float32, .*complex64", False),
]


@pytest.mark.parametrize("change, text, forgiven", FAULTS)
@pytest.mark.parametrize("assign", [False, True])
def test_faults_leave_the_model_as_it_was(change, text: str, forgiven: bool, assign: bool) -> None:
    m, state = net(), net().state_dict()
    change(state)
    before = snapshot(m)
    with pytest.raises(RuntimeError, match=r"(?s)loading state_dict for Sequential:\n\t.*" + text):
        m.load_state_dict(state, assign=assign)
    assert_untouched(m, before)
    if forgiven:
        m.load_state_dict(state, strict=False, assign=assign)
        np.testing.assert_array_equal(array(m[0].weight), array(state["0.weight"]))
    else:
        with pytest.raises(RuntimeError, match=text):
            m.load_state_dict(state, strict=False, assign=assign)
        assert_untouched(m, before)


def test_all_faults_are_reported_at_once() -> None:
    state = {"0.weight": ag.ones(1, 3), "0.bias": ag.ones(2), "extra": ag.ones(1)}
    text = (
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked".\n'
        '\tUnexpected key(s) in state_dict: "extra".\n'
        "\tsize mismatch for 0.weight: the model has (2, 3), the state has (1, 3)\n"
        "Nothing was loaded. Is it the state of another model?"
    )
    with pytest.raises(RuntimeError) as caught:
        net().load_state_dict(state)
    assert str(caught.value) == text
    with pytest.raises(RuntimeError, match=r"Nothing was loaded\. Pass strict=False to load the keys that match"):
        nn.Linear(1, 1).load_state_dict({})
    with pytest.raises(TypeError, match="load_state_dict: expected a dictionary of tensors, got list"):
        net().load_state_dict([])


def test_keys_under_an_absent_module_are_not_lost_silently() -> None:
    m = nn.Module()
    m.add_module("part", None)
    assert m.load_state_dict({"part.weight": ag.ones(1)}, strict=False).unexpected_keys == ["part.weight"]


def test_keys_agree_with_torch(torch) -> None:
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    state = {k: ag.tensor(v.numpy()) for k, v in theirs.state_dict().items()}
    ours = net()
    ours.load_state_dict(state)
    back = {k: torch.from_numpy(array(v)) for k, v in ours.state_dict().items()}
    assert str(theirs.load_state_dict(back)) == "<All keys matched successfully>"


# -- state that is no tensor ------------------------------------------------------------------------------------------


def test_extra_state_travels_along() -> None:
    a, b = nn.Sequential(Counting()), nn.Sequential(Counting())
    a[0].steps = 5
    assert list(a.state_dict()) == ["0.weight", "0._extra_state"]
    b.load_state_dict(a.state_dict())
    assert b[0].steps == 5
    assert b.load_state_dict({"0.weight": ag.ones(2)}, strict=False).missing_keys == ["0._extra_state"]


def test_a_failure_while_writing_is_undone() -> None:
    m = nn.Sequential(nn.Linear(2, 2), Counting(), Counting())
    state = {k: v + 1 for k, v in m.state_dict().items()}
    state["2._extra_state"] = -1
    before = snapshot(m)
    with pytest.raises(ValueError, match="negative"):
        m.load_state_dict(state)
    assert_untouched(m, before)
    assert m[1].steps == 0


def test_one_half_of_extra_state_is_an_error() -> None:
    class Half(nn.Module):
        def get_extra_state(self) -> int:
            return 1

    assert list(Half().state_dict()) == ["_extra_state"]
    with pytest.raises(RuntimeError, match=r"Half: expected set_extra_state\(\) to be defined beside get_extra_state"):
        Half().set_extra_state(1)


# -- hooks ------------------------------------------------------------------------------------------------------------


def test_hooks_around_saving() -> None:
    m, seen = nn.Linear(1, 1), []
    m.register_state_dict_pre_hook(lambda module, prefix, keep_vars: seen.append((module, prefix, keep_vars)))
    m.register_state_dict_post_hook(lambda module, state, prefix, metadata: state.pop(prefix + "bias"))
    assert list(nn.Sequential(m).state_dict()) == ["0.weight"]
    assert seen == [(m, "0.", False)]


def test_a_hook_may_rename_keys_before_loading() -> None:
    m = nn.Sequential(nn.Linear(1, 1))

    def rename(module, state, prefix, *rest):
        state[prefix + "weight"] = state.pop(prefix + "old")

    m[0].register_load_state_dict_pre_hook(rename)
    given = {"0.old": ag.tensor([[5.0]]), "0.bias": ag.tensor([6.0])}
    m.load_state_dict(given)
    assert m[0].weight.item() == 5 and list(given) == ["0.old", "0.bias"]


def test_a_hook_may_forgive_keys_after_loading() -> None:
    m, seen = nn.Sequential(nn.Linear(1, 1)), []

    def forgive(module, keys):
        seen.append(m[0].weight.item())
        keys.missing_keys.clear()

    handle = m.register_load_state_dict_post_hook(forgive)
    m.load_state_dict({"0.weight": ag.tensor([[5.0]])})
    assert seen == [5.0]
    before = snapshot(m)
    with pytest.raises(RuntimeError, match=r"Unexpected key\(s\) in state_dict: \"x\""):
        m.load_state_dict({"0.weight": ag.tensor([[7.0]]), "x": ag.ones(1)})
    assert_untouched(m, before)
    handle.remove()
    with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: \"0.bias\""):
        m.load_state_dict({"0.weight": ag.tensor([[5.0]])})


def test_a_subclass_may_load_an_older_version() -> None:
    class Renamed(nn.Module):
        _version = 2

        def __init__(self) -> None:
            super().__init__()
            self.new = nn.Parameter(ag.zeros(1))

        def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
            if local_metadata.get("version", 1) < 2:
                state_dict[prefix + "new"] = state_dict.pop(prefix + "old")
            super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    m = Renamed()
    m.load_state_dict({"old": ag.ones(1)})
    assert m.new.item() == 1
    m.load_state_dict(Renamed().state_dict())
    assert m.new.item() == 0


def test_prefix_of_parallel_models() -> None:
    from nn.modules.utils import consume_prefix_in_state_dict_if_present

    model = nn.Linear(2, 2)
    state = nn.ModuleDict({"module": model}).state_dict()
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["weight", "bias"]
    assert not model.load_state_dict(state).missing_keys


def test_older_forms_of_the_hooks() -> None:
    m = nn.Linear(2, 1)

    def renamed(state, prefix, *rest):
        state[f"{prefix}weight"] = state.pop(f"{prefix}kernel")

    m._register_state_dict_hook(lambda module, state, prefix, metadata: state.update(more=module.bias))
    handle = m._register_load_state_dict_pre_hook(renamed)
    state = {"kernel": ag.ones(1, 2), "bias": ag.ones(1)}
    m.load_state_dict(dict(state))
    handle.remove()
    m._register_load_state_dict_pre_hook(lambda module, *args: renamed(*args), with_module=True)
    m.load_state_dict(dict(state))
    assert m.weight.tolist() == [[1, 1]] and list(m.state_dict()) == ["weight", "bias", "more"]
