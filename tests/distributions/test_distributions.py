"""Distributions against PyTorch's, samples against their moments, gradients through them against differences of those."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd.distributions import Distribution, kl_divergence

A, B = [0.3, 1.7], [0.9, 2.5]  # positive parameters
COV = [[2.0, 0.3], [0.3, 1.0]]
ROWS = [[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]

# name: parameters by name, and values to ask about
CASES: dict[str, tuple[dict[str, Any], Any]] = {
    "Normal": ({"loc": [0.0, -1.0], "scale": A}, [0.5, 2.0]),
    "LogNormal": ({"loc": [0.0, -1.0], "scale": A}, [0.5, 2.0]),
    "Laplace": ({"loc": [0.0, -1.0], "scale": A}, [0.5, -2.0]),
    "Cauchy": ({"loc": [0.0, -1.0], "scale": A}, [0.5, 2.0]),
    "Gumbel": ({"loc": [0.0, -1.0], "scale": A}, [0.5, 2.0]),
    "StudentT": ({"df": [1.5, 5.0], "loc": [0.0, 1.0], "scale": A}, [0.5, 2.0]),
    "HalfNormal": ({"scale": A}, [0.5, 2.0]),
    "HalfCauchy": ({"scale": A}, [0.5, 2.0]),
    "Uniform": ({"low": [0.0, -1.0], "high": B}, [0.5, 2.0]),
    "Exponential": ({"rate": A}, [0.5, 2.0]),
    "Weibull": ({"scale": A, "concentration": B}, [0.5, 2.0]),
    "Pareto": ({"scale": A, "alpha": [2.5, 3.5]}, [0.5, 2.0]),
    "Gamma": ({"concentration": A, "rate": B}, [0.5, 2.0]),
    "Chi2": ({"df": B}, [0.5, 2.0]),
    "InverseGamma": ({"concentration": [2.5, 3.5], "rate": B}, [0.5, 2.0]),
    "FisherSnedecor": ({"df1": [3.0, 4.0], "df2": [5.0, 6.0]}, [0.5, 2.0]),
    "Kumaraswamy": ({"concentration1": [1.5, 2.0], "concentration0": [1.2, 3.0]}, [0.5, 0.2]),
    "Beta": ({"concentration1": A, "concentration0": B}, [0.5, 0.2]),
    "Dirichlet": ({"concentration": [[0.4, 1.5, 3.0], [2.0, 2.0, 1.5]]}, ROWS),
    "Bernoulli": ({"probs": [0.3, 0.8]}, [0.0, 1.0]),
    "Geometric": ({"probs": [0.3, 0.8]}, [0.0, 3.0]),
    "Binomial": ({"total_count": 5, "probs": [0.3, 0.8]}, [0.0, 3.0]),
    "NegativeBinomial": ({"total_count": [2.0, 3.5], "probs": [0.3, 0.8]}, [0.0, 3.0]),
    "Poisson": ({"rate": [0.3, 12.5]}, [0.0, 3.0]),
    "Categorical": ({"probs": ROWS}, [0, 2]),
    "OneHotCategorical": ({"probs": ROWS}, [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "Multinomial": ({"total_count": 4, "probs": ROWS}, [[1.0, 2.0, 1.0], [4.0, 0.0, 0.0]]),
    "MultivariateNormal": ({"loc": [0.0, 1.0], "covariance_matrix": COV}, [0.5, 0.5]),
    "LowRankMultivariateNormal": ({"loc": [0.0, 1.0], "cov_factor": [[0.5], [1.0]], "cov_diag": B}, [0.5, 0.5]),
    "ContinuousBernoulli": ({"probs": [0.3, 0.5003]}, [0.4, 0.9]),
    "VonMises": ({"loc": [0.0, -1.0], "concentration": [0.4, 30.0]}, [0.5, -1.2]),
    "RelaxedBernoulli": ({"temperature": 0.7, "probs": [0.3, 0.8]}, [0.4, 0.9]),
    "RelaxedOneHotCategorical": ({"temperature": 0.7, "probs": ROWS}, ROWS),
}  # fmt: skip
CONTINUOUS = [name for name in CASES if getattr(ag.distributions, name).has_rsample is not False]
OTHERWISE = {(name, "mode") for name in ("Weibull", "Kumaraswamy", "Beta")}  # NaN, or the other end, in PyTorch
QUESTIONS = "mean mode variance stddev entropy"


def made(library: Any, name: str, change: Any = None, **options: Any) -> Any:
    def tensor(value: Any) -> Any:
        return library.tensor(value, dtype=library.float64) if isinstance(value, list) or name[0] == "R" else value

    given = {key: tensor(value) for key, value in CASES[name][0].items()}
    return getattr(library.distributions, name)(**given, **options)


def values(library: Any, name: str) -> Any:
    return library.tensor(CASES[name][1], dtype=None if name == "Categorical" else library.float64)


def asked(d: Any, question: str, *args: Any) -> Any:
    """The answer as an array, None where there is none."""
    try:
        found = getattr(d, question)
        found = found(*args) if callable(found) else found
    except (NotImplementedError, AttributeError):
        return None
    return found.cpu().numpy() if isinstance(found, ag.Tensor) else found.detach().numpy()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore")
def test_answers_are_torchs(name: str, torch: ModuleType) -> None:
    ours, theirs = made(ag, name), made(torch, name)
    assert tuple(ours.batch_shape) == tuple(theirs.batch_shape) and tuple(ours.event_shape) == tuple(theirs.event_shape)
    x, y = values(ag, name), values(torch, name)
    questions: list[tuple[Any, ...]] = [(q,) for q in QUESTIONS.split()] + [("log_prob", (x, y)), ("cdf", (x, y))]
    u = [0.2, 0.7]
    questions.append(("icdf", (ag.tensor(u, dtype=ag.float64), torch.tensor(u, dtype=torch.float64))))
    for question, *args in questions:
        right = asked(theirs, question, *(a[1] for a in args))
        if right is not None and (name, question) not in OTHERWISE:
            got = asked(ours, question, *(a[0] for a in args))
            assert got is not None, f"{name} has no {question}"
            rtol = 2e-6 if name == "VonMises" else 2e-8  # PyTorch's Bessel functions are polynomials for float32
            np.testing.assert_allclose(got, right, rtol=rtol, atol=1e-12, err_msg=f"{name}.{question}")
    wide = ours.expand((3, *ours.batch_shape))
    assert wide.batch_shape == (3, *ours.batch_shape) and wide.log_prob(x).shape == wide.batch_shape
    assert wide.sample((2,)).shape == (2, *wide.batch_shape, *wide.event_shape)


@pytest.mark.parametrize("name", [n for n in CASES if n not in ("Cauchy", "HalfCauchy", "StudentT", "Categorical")])
def test_samples_have_the_moments(name: str) -> None:
    ag.manual_seed(3)
    d = made(ag, name)
    x = d.sample((4000,))
    assert not x.requires_grad and x.dtype is ag.float64
    if name.startswith("Relaxed"):
        return
    mean, std = d.mean.cpu().numpy(), np.broadcast_to(d.stddev.cpu().numpy(), d.mean.shape)
    got = x.mean(0).cpu().numpy()
    assert (np.abs(got - mean) < 5 * std / math.sqrt(4000) + 1e-12).all(), (got, mean)
    if name not in (
        "Pareto",
        "InverseGamma",
        "FisherSnedecor",
        "LogNormal",
        "VonMises",
    ):  # theirs varies much, or is another
        np.testing.assert_allclose(x.std(0).cpu().numpy(), std, rtol=0.12)
    assert bool(d.support.check(x.to(ag.float64)).all()) if name != "Dirichlet" else True


def test_classes_come_as_often_as_they_should() -> None:
    ag.manual_seed(0)
    x = made(ag, "Categorical").sample((4000,))
    assert x.dtype is ag.int64 and x.shape == (4000, 2)
    for column, row in enumerate(ROWS):
        np.testing.assert_allclose(ag.bincount(x[:, column], minlength=3).cpu().numpy() / 4000, row, atol=0.03)


@pytest.mark.parametrize("name", ["Gamma", "Beta", "Dirichlet", "StudentT", "Normal", "Weibull", "Chi2", "Kumaraswamy"])
def test_gradients_flow_through_samples(name: str) -> None:
    """d/dp of the mean over samples of f(x) is that of the mean itself: f the logarithm or the identity."""
    ag.manual_seed(1)
    given = {k: ag.tensor(v, dtype=ag.float64, requires_grad=True) for k, v in CASES[name][0].items()}
    d = getattr(ag.distributions, name)(**given)
    if name == "StudentT":
        (g,) = ag.autograd.grad(d.rsample((4,)).sum(), given["df"])
        assert bool(ag.isfinite(g).all())
        return
    wanted = list(given.values())
    weight = ag.arange(1.0, 1 + d.mean.numel(), dtype=ag.float64).view(d.mean.shape)
    found = ag.autograd.grad((d.rsample((6000,)).mean(0) * weight).sum(), wanted)
    mean = getattr(ag.distributions, name)(**given).mean
    right = ag.autograd.grad((mean * weight).sum(), wanted, materialize_grads=True)
    for a, b in zip(found, right, strict=True):
        np.testing.assert_allclose(a.cpu().numpy(), b.cpu().numpy(), rtol=0.2, atol=0.08)


PAIRS = [
    *[(n, n) for n in ("Normal", "LogNormal", "HalfNormal", "Laplace", "Cauchy", "Gumbel", "Exponential", "Gamma", "Pareto",
                       "Beta", "Dirichlet", "Bernoulli", "Binomial", "Geometric", "Poisson", "Categorical",
                       "OneHotCategorical")],
    ("MultivariateNormal", "MultivariateNormal"), ("Uniform", "Normal"), ("Normal", "Laplace"), ("Exponential", "Gamma"),
]  # fmt: skip


@pytest.mark.parametrize("first, second", PAIRS)
def test_divergences_are_torchs(first: str, second: str, torch: ModuleType) -> None:
    def found(library: Any) -> Any:
        p, q = made(library, first), made(library, second)
        given = {
            k: v.flip(0) if isinstance(v, (ag.Tensor, torch.Tensor)) and k != "covariance_matrix" else v
            for k, v in ((k, getattr(q, k)) for k in CASES[second][0])
        }
        other = type(q)(**given)
        return library.distributions.kl_divergence(p, other)

    np.testing.assert_allclose(found(ag).cpu().numpy(), found(torch).numpy(), rtol=1e-9, atol=1e-12)


def test_compound_distributions_are_torchs(torch: ModuleType) -> None:
    def answers(t: Any) -> list[Any]:
        d, kind = t.distributions, {"dtype": t.float64}
        x = t.tensor([[0.3, 0.8], [1.2, 0.1]], **kind)
        loc, scale = t.tensor([0.0, 0.5], **kind), t.tensor([1.0, 2.0], **kind)
        independent = d.Independent(d.Normal(loc, scale), 1)
        chain = [d.AffineTransform(0.5, -2.0), d.SigmoidTransform()]
        squashed = d.TransformedDistribution(d.Normal(loc, scale), chain)
        tanh = d.TransformedDistribution(independent, [d.TanhTransform(cache_size=1)])
        mixture = d.MixtureSameFamily(d.Categorical(probs=t.tensor([0.3, 0.7], **kind)), d.Normal(loc, scale))
        vectors = d.MixtureSameFamily(
            d.Categorical(probs=t.tensor([0.3, 0.7], **kind)), d.Independent(d.Normal(x, scale), 1)
        )
        simplex = d.TransformedDistribution(independent, d.StickBreakingTransform())
        return [
            independent.log_prob(x), independent.entropy(), squashed.log_prob(x.clamp(max=0.9)), squashed.cdf(x.clamp(max=0.9)),
            squashed.icdf(x.clamp(max=0.9)), tanh.log_prob(x.tanh()), mixture.log_prob(x), mixture.cdf(x), mixture.mean,
            mixture.variance, vectors.log_prob(x), vectors.mean, vectors.variance,
            simplex.log_prob(t.tensor([0.2, 0.3, 0.5], **kind)), d.kl_divergence(independent, independent),
            d.Independent(d.Bernoulli(t.tensor([[0.1, 0.2]], **kind)), 2).log_prob(t.tensor([[1.0, 0.0]], **kind)),
        ]  # fmt: skip

    for i, (got, right) in enumerate(zip(answers(ag), answers(torch), strict=True)):
        np.testing.assert_allclose(got.cpu().numpy(), right.numpy(), rtol=1e-9, atol=1e-12, err_msg=str(i))


TRANSFORMS = {
    "ExpTransform": ((), [0.3, -1.0]), "PowerTransform": ((2.5,), [0.3, 1.4]), "SigmoidTransform": ((), [0.3, -1.0]),
    "SoftplusTransform": ((), [0.3, -1.0]), "TanhTransform": ((), [0.3, -1.0]), "AffineTransform": ((1.0, -2.0), [0.3, -1.0]),
    "StickBreakingTransform": ((), [0.3, -1.0]), "ReshapeTransform": (((2,), (2, 1)), [0.3, -1.0]),
}  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_are_torchs(name: str, torch: ModuleType) -> None:
    args, at = TRANSFORMS[name]

    def answers(t: Any) -> list[Any]:
        f, x = getattr(t.distributions.transforms, name)(*args), t.tensor(at, dtype=t.float64)
        y = f(x)
        return [y, f.inv(y), f.log_abs_det_jacobian(x, y), f.inv.log_abs_det_jacobian(y, x)]

    for got, right in zip(answers(ag), answers(torch), strict=True):
        np.testing.assert_allclose(got.cpu().numpy(), right.numpy(), rtol=1e-9, atol=1e-12)


def test_both_parametrisations_agree() -> None:
    p = ag.tensor([0.2, 0.7], dtype=ag.float64)
    for kind in (ag.distributions.Bernoulli, ag.distributions.Geometric):
        x = ag.tensor([1.0, 1.0], dtype=ag.float64)
        assert ag.allclose(kind(probs=p).log_prob(x), kind(logits=(p / (1 - p)).log()).log_prob(x))
    rows = ag.tensor(ROWS)
    assert ag.allclose(ag.distributions.Categorical(logits=rows.log()).probs, rows)


def test_the_matrices_of_a_normal_agree() -> None:
    kind = ag.distributions.MultivariateNormal
    loc, cov = ag.zeros(2, dtype=ag.float64), ag.tensor(COV, dtype=ag.float64)
    x = ag.tensor([[0.5, -1.0], [1.0, 2.0]], dtype=ag.float64)
    one = kind(loc, cov)
    others = [kind(loc, precision_matrix=ag.linalg.inv(cov)), kind(loc, scale_tril=ag.linalg.cholesky(cov))]
    for other in others:
        assert ag.allclose(other.log_prob(x), one.log_prob(x)) and ag.allclose(other.covariance_matrix, cov)
    with pytest.raises(ValueError, match="expected one of covariance_matrix"):
        kind(loc)


def test_values_can_be_listed() -> None:
    d = ag.distributions
    assert d.Bernoulli(ag.tensor([0.1, 0.2])).enumerate_support().tolist() == [[0, 0], [1, 1]]
    assert d.Categorical(ag.ones(3)).enumerate_support().tolist() == [0, 1, 2]
    assert d.Binomial(2, ag.tensor(0.5)).enumerate_support().tolist() == [0, 1, 2]
    assert d.OneHotCategorical(ag.ones(2)).enumerate_support().tolist() == [[1, 0], [0, 1]]
    straight = d.OneHotCategoricalStraightThrough(logits=ag.zeros(3, requires_grad=True)).rsample()
    assert straight.requires_grad and straight.sum().item() == pytest.approx(1)


ERRORS = [
    (lambda d: d.Normal(0.0, -1.0), ValueError, r"Normal: expected parameter scale of shape \(\) within greater_than"),
    (lambda d: d.Normal(ag.zeros(2), 1.0).log_prob(ag.zeros(3)), ValueError, "expected a value that broadcasts"),
    (lambda d: d.Normal(0.0, 1.0).log_prob(1.0), ValueError, "expected a Tensor as value, got float"),
    (lambda d: d.Beta(1.0, 1.0).log_prob(ag.tensor(2.0)), ValueError, "expected values within the support interval"),
    (lambda d: d.Bernoulli(), ValueError, "expected either probs or logits, got none"),
    (lambda d: d.Bernoulli(0.5, 0.5), ValueError, "expected either probs or logits, got both"),
    (lambda d: d.Uniform(1.0, 0.0), ValueError, "expected low below high"),
    (lambda d: d.Categorical(ag.ones(3)).log_prob(ag.tensor(3)), ValueError, "within the support integer_interval"),
    (lambda d: d.Normal("0", 1.0), ValueError, "expected tensors and numbers as parameters, got str"),
    (lambda d: d.Independent(d.Normal(0.0, 1.0), 1), ValueError, "expected at most 0 reinterpreted_batch_ndims"),
    (lambda d: d.Poisson(1.0).rsample(), NotImplementedError, "Poisson: expected a distribution with rsample"),
    (lambda d: d.kl_divergence(d.Normal(0.0, 1.0), d.Poisson(1.0)), NotImplementedError, "expected classes with a known"),
    (lambda d: d.register_kl(int, int), TypeError, "register_kl: expected subclasses of Distribution"),
    (lambda d: d.TransformedDistribution(d.Normal(0.0, 1.0), [1]), ValueError, "expected transforms"),
    (lambda d: ag.poisson(ag.tensor([-1.0])), ValueError, "poisson: expected means of at least 0"),
    (lambda d: ag.poisson(ag.tensor([1])), ag.DtypeError, "poisson: expected a floating dtype"),
    (lambda d: ag.binomial(ag.tensor([1.0]), ag.tensor([2.0])), ValueError, "binomial: expected counts"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind, text", ERRORS)
def test_errors(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call(ag.distributions)


def test_checks_can_be_left_out() -> None:
    d = ag.distributions.Normal(0.0, -1.0, validate_args=False)
    assert d.scale.item() == -1
    Distribution.set_default_validate_args(False)
    try:
        assert ag.distributions.Normal(0.0, -1.0).mean.item() == 0
    finally:
        Distribution.set_default_validate_args(True)


def test_the_devices_draw_the_same_numbers(cuda: Any) -> None:
    def drawn(device: str) -> list[Any]:
        ag.manual_seed(5)
        p = ag.tensor([0.4, 3.0], device=device)
        return [
            ag.poisson(10 * p), ag.binomial(ag.full_like(p, 50), p / 4), ag.distributions.Gamma(p, p).sample((3,)),
            ag.distributions.Categorical(logits=p).sample((5,)), ag.distributions.Laplace(p, p).sample(),
        ]  # fmt: skip

    for here, there in zip(drawn("cpu"), drawn("cuda"), strict=True):
        np.testing.assert_allclose(here.numpy(), there.cpu().numpy(), rtol=1e-5)


def test_a_policy_learns() -> None:
    """REINFORCE on a bandit, and a posterior by rsample: the two ways that programs use distributions."""
    ag.manual_seed(0)
    logits, reward = ag.zeros(3, requires_grad=True), ag.tensor([0.0, 1.0, 0.2])
    for _ in range(60):
        policy = ag.distributions.Categorical(logits=logits)
        action = policy.sample((32,))
        loss = -(policy.log_prob(action) * (reward[action] - 0.4)).mean() - 0.01 * policy.entropy()
        (g,) = ag.autograd.grad(loss, logits)
        logits = (logits - 2 * g).detach().requires_grad_()
    assert logits.argmax().item() == 1
    loc = ag.zeros(1, requires_grad=True)
    for _ in range(60):
        q, prior = ag.distributions.Normal(loc, 1.0), ag.distributions.Normal(ag.zeros(1), 1.0)
        z = q.rsample((64,))
        loss = (2 * (z - 3) ** 2).mean() + kl_divergence(q, prior).sum()
        (g,) = ag.autograd.grad(loss, loc)
        loc = (loc - 0.1 * g).detach().requires_grad_()
    assert abs(loc.item() - 2.4) < 0.3


CONSTRAINED = {
    "real": [0.3, -2.0, 1.0],
    "positive": [0.3, -2.0, 1.0],
    "nonnegative": [0.3, -2.0, 1.0],
    "unit_interval": [0.3, -2.0, 1.0],
    "real_vector": [0.3, -2.0, 1.0],
    "simplex": [0.3, -2.0, 1.0],
    "lower_cholesky": [[0.3, 1.0], [-2.0, 1.0]],
    "greater_than(2.0)": [0.3, -2.0, 1.0],
    "less_than(2.0)": [0.3, -2.0, 1.0],
    "interval(-1.0, 3.0)": [0.3, -2.0, 1.0],
    "half_open_interval(-1.0, 3.0)": [0.3, -2.0, 1.0],
    "independent(constraints.positive, 1)": [0.3, -2.0, 1.0],
}


@pytest.mark.parametrize("text", CONSTRAINED)
def test_maps_onto_constraints(text: str, torch: ModuleType) -> None:
    for registry in ("biject_to", "transform_to")[text == "lower_cholesky" :]:  # not a bijection of all matrices
        results = []
        for library in (ag, torch):
            constraints = library.distributions.constraints
            constraint = eval(text, {"constraints": constraints, **vars(constraints)})
            x = library.tensor(CONSTRAINED[text], dtype=library.float64)
            y = getattr(library.distributions, registry)(constraint)(x)
            results.append(y.numpy())
            assert bool(constraint.check(y).all())
        np.testing.assert_allclose(*results, rtol=1e-6)


def test_constraint_without_a_map() -> None:
    constraint = ag.distributions.constraints.symmetric
    with pytest.raises(NotImplementedError, match="expected a constraint with a map onto it, got symmetric"):
        ag.distributions.biject_to(constraint)


def test_angles() -> None:
    d = ag.distributions.VonMises(ag.tensor([3.0, -1.0]), ag.tensor([2.0, 1e-6]))
    x = d.sample((20000,))
    assert bool((x.abs() <= math.pi + 1e-6).all())
    found = 1 - (x - d.loc).cos().mean(0)
    np.testing.assert_allclose(found.numpy(), d.variance.numpy(), atol=0.02)
