"""Import lines of PyTorch programs with ``torch`` replaced by ``autograd``."""

from __future__ import annotations

import importlib
import sys

import pytest

import autograd as ag
import nn
import optim

SAME = {
    "autograd.nn": "nn",
    "autograd.nn.functional": "nn.functional",
    "autograd.nn.utils.rnn": "nn.utils.rnn",
    "autograd.nn.modules.utils": "nn.modules.utils",
    "autograd.nn.parallel.distributed": "nn.parallel",
    "autograd.optim.lr_scheduler": "optim.lr_scheduler",
    "autograd.autograd.functional": "autograd.functional",
    "autograd.autograd.function": "autograd.function",
    "autograd.utils._pytree": "autograd.utils.tree",
    "autograd.utils.hooks": "nn.hooks",
}


@pytest.mark.parametrize("alias, name", SAME.items(), ids=SAME)
def test_both_names_give_one_module(alias: str, name: str) -> None:
    module = importlib.import_module(name)
    assert importlib.import_module(alias) is module
    assert module.__name__ == module.__spec__.name == name


def test_import_lines() -> None:
    import autograd.backends.cudnn as cudnn
    import autograd.nn as first
    import autograd.nn.functional as F
    from autograd.nn.parameter import Parameter
    from autograd.optim.lr_scheduler import StepLR

    assert (first, F.relu, Parameter, StepLR) == (nn, nn.functional.relu, nn.Parameter, optim.lr_scheduler.StepLR)
    assert cudnn is ag.backends.cudnn


BASES = {  # what programs ask of a layer by isinstance, and derive their own from
    "activation": "Sigmoid GELU",
    "batchnorm": "_BatchNorm _NormBase",
    "conv": "_ConvNd _ConvTransposeNd",
    "dropout": "_DropoutNd",
    "instancenorm": "_InstanceNorm",
    "loss": "_Loss _WeightedLoss CosineEmbeddingLoss",
    "module": "_IncompatibleKeys",
    "padding": "_ConstantPadNd _ReflectionPadNd _ReplicationPadNd _CircularPadNd",
    "pooling": "_MaxPoolNd _AvgPoolNd _AdaptiveAvgPoolNd _AdaptiveMaxPoolNd _LPPoolNd _MaxUnpoolNd",
    "rnn": "RNNBase RNNCellBase",
    "transformer": "_get_clones _get_activation_fn",
}


@pytest.mark.parametrize("file", BASES)
def test_bases_of_layers(file: str) -> None:
    module = importlib.import_module(f"autograd.nn.modules.{file}")
    assert [name for name in BASES[file].split() if not hasattr(module, name)] == []


def test_what_is_not_there_is_not_found() -> None:
    for name in ("autograd.nn.nothing", "autograd.nothing", "autograd.backends.nothing"):
        with pytest.raises(ModuleNotFoundError, match=name):
            importlib.import_module(name)
    assert "autograd.nn.nothing" not in sys.modules


def test_old_arguments() -> None:
    from autograd.autograd.function import FunctionCtx, InplaceFunction

    assert ag.autograd.function.InplaceFunction is InplaceFunction
    assert FunctionCtx.__name__ == "Context"
    x = ag.tensor(3.0, requires_grad=True)
    assert ag.autograd.grad(x * x, x, None, None, False, True, True)[0].item() == 6
    with pytest.warns(FutureWarning, match="only_inputs is ignored"):
        ag.autograd.grad(x * x, x, only_inputs=False)
    ag.autograd.backward(x * x, grad_variables=ag.tensor(0.5))
    assert x.grad.item() == 3


def test_variable_is_a_tensor() -> None:
    from autograd.autograd import Variable

    x = ag.ones(2)
    y = Variable(x, requires_grad=True)
    assert y.requires_grad
    assert y.data_ptr() == x.data_ptr()
    assert isinstance(x, Variable)
    assert not isinstance(1, Variable)


def test_distributions_are_found_in_pytorchs_modules() -> None:
    from autograd.distributions import Categorical, Normal, TransformedDistribution
    from autograd.distributions.categorical import Categorical as categorical
    from autograd.distributions.kl import kl_divergence
    from autograd.distributions.normal import Normal as normal
    from autograd.distributions.transformed_distribution import TransformedDistribution as transformed

    assert (normal, categorical, transformed) == (Normal, Categorical, TransformedDistribution)
    assert kl_divergence(normal(0.0, 1.0), normal(0.0, 1.0)).item() == 0


def test_private_names_that_programs_import() -> None:
    from autograd.nn.common_types import _size_2_t
    from autograd.nn.modules.batchnorm import _BatchNorm
    from autograd.nn.modules.utils import _ntuple, _pair, _single, _triple
    from autograd.overrides import handle_torch_function, has_torch_function
    from autograd.storage import UntypedStorage
    from autograd.utils.model_zoo import load_url

    assert issubclass(nn.BatchNorm2d, _BatchNorm)
    assert _size_2_t == int | tuple[int, int]
    assert isinstance(ag.ones(1).untyped_storage(), UntypedStorage)
    assert load_url is ag.hub.load_state_dict_from_url
    assert not has_torch_function((ag.ones(1),))
    assert handle_torch_function(ag.add, (), 1, ag.ones(1)).item() == 2
    assert (_single(3), _pair(3), _triple((1, 2, 3)), _ntuple(5)(0)) == ((3,), (3, 3), (1, 2, 3), (0,) * 5)


def _end_badly(i: int, at: int) -> None:
    if i == at:
        raise SystemExit(3)


@pytest.mark.cpu_only("about processes")
def test_spawn() -> None:
    import autograd.multiprocessing as mp

    mp.spawn(_end_badly, args=(5,), nprocs=2, start_method="fork")
    with pytest.raises(mp.ProcessRaisedException, match="spawn: expected process 1 to end well, got exit code 3"):
        mp.spawn(_end_badly, args=(1,), nprocs=2, start_method="fork")
    assert mp.cpu_count() >= 1
    assert mp.get_sharing_strategy() in mp.get_all_sharing_strategies()
    with pytest.raises(ValueError, match="set_sharing_strategy: expected file_system or file_descriptor, got 'mail'"):
        mp.set_sharing_strategy("mail")
