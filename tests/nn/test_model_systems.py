"""The models that are more than a classifier of images: what they promise besides shapes."""

from __future__ import annotations

import pytest

import autograd as ag
import nn
import nn.functional as F
from nn import models
from optim import Adam


@pytest.mark.parametrize("depth, parameters", [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018)])
def test_plain_and_residual_networks_have_the_same_parameters(depth: int, parameters: int) -> None:
    for residual in (True, False):
        net = nn.utils.skip_init(models.CifarResNet, depth, residual=residual)
        assert sum(p.numel() for p in net.parameters()) == parameters
    assert sum(isinstance(m, nn.Conv2d | nn.Linear) for m in net.modules()) == depth


@pytest.mark.cpu_only("thirteen million weights: its layers are tested there at their own sizes")
def test_googlenet_answers_three_times_in_training() -> None:
    net = models.GoogLeNet(num_classes=3)
    with ag.no_grad():
        out = net(ag.randn(2, 3, 48, 48))
        assert [part.shape for part in out] == [(2, 3)] * 3 and out._fields[1:] == ("aux_logits2", "aux_logits1")
        assert net.eval()(ag.randn(1, 3, 48, 48)).shape == (1, 3)
    keys = set(net.state_dict())
    assert {"conv1.conv.weight", "inception3a.branch2.1.bn.running_var", "inception5b.branch4.1.conv.weight",
            "aux1.conv.conv.weight", "aux2.fc2.bias", "fc.weight"} <= keys  # fmt: skip


def test_googlenet_narrow_has_every_size_in_proportion() -> None:
    full, narrow = (nn.utils.skip_init(models.GoogLeNet, num_classes=16, width=width) for width in (64, 8))
    inputs, classes = {"conv1.conv.weight"}, {"aux1.fc2", "aux2.fc2", "fc"}
    for (name, p), (_, q) in zip(full.named_parameters(), narrow.named_parameters(), strict=True):
        kept = 3 if name in inputs else 16 if name.rpartition(".")[0] in classes else None
        assert {a / b for a, b in zip(p.shape[:2], q.shape[:2], strict=True) if a != kept} <= {8.0}, name
    with ag.no_grad():
        assert models.GoogLeNet(num_classes=3, width=8, aux_logits=False)(ag.randn(2, 3, 32, 32)).shape == (2, 3)
    with pytest.raises(ValueError, match="GoogLeNet: expected a width that is a multiple of 8, got 12"):
        models.GoogLeNet(width=12)


def test_the_papers_unet_shrinks_the_image() -> None:
    with ag.no_grad():
        assert models.UNet(1, 2, width=2, padding=False)(ag.zeros(1, 1, 572, 572)).shape == (1, 2, 388, 388)


def test_wavenet_hears_nothing_of_the_future() -> None:
    net = models.WaveNet(levels=8, channels=4, skip_channels=4, layers=3, cycles=2)
    x = ag.randn(1, 4, 24, requires_grad=True)
    net.from_embedded(x)[0, :, 18].sum().backward()
    heard = (x.grad[0].abs().sum(0) > 0).tolist()
    first = 18 - net.receptive_field + 1
    assert heard == [first <= t <= 18 for t in range(24)]


@pytest.mark.parametrize("known", (1, 9, 40))
def test_wavenet_speaks_on_as_its_distributions_say(known: int) -> None:
    net = models.WaveNet(levels=8, channels=4, skip_channels=4, layers=3, cycles=2)
    start = ag.randint(0, 8, (2, known))
    spoken = net.generate(start, 30, temperature=1e-4)  # so cold that only the likeliest is drawn
    assert spoken.shape == (2, known + 30) and ag.equal(spoken[:, :known], start)
    assert ag.equal(net(spoken)[:, :, known - 1 : -1].argmax(1), spoken[:, known:])
    assert ag.equal(net.generate(start, 0), start)


def test_mu_law_comes_back_within_half_a_step() -> None:
    x = ag.linspace(-1, 1, 201)
    y = models.mu_law_decode(models.mu_law_encode(x))
    assert (y - x).abs().max().item() < 0.5 * 2 / 255 * ag.log(ag.tensor(256.0)).item() * 256 / 255 + 1e-6
    assert ag.equal(models.mu_law_encode(y), models.mu_law_encode(x))


def test_gpt_sees_only_what_came_before() -> None:
    net = models.GPT(vocabulary=11, context=8, width=16, layers=2, heads=2).eval()
    tokens = ag.randint(0, 11, (1, 8))
    changed = tokens.clone()
    changed[0, 5] = (changed[0, 5] + 1) % 11
    a, b = net(tokens), net(changed)
    assert ag.equal(a[:, :5], b[:, :5]) and not ag.allclose(a[:, 5:], b[:, 5:])
    assert net.generate(tokens[:, :1], 10, top_k=1).shape == (1, 11)


@pytest.mark.cpu_only("a hundred steps: their operations are tested singly there")
@pytest.mark.parametrize("make", [
    lambda: models.Seq2Seq(7, 7, embedding=16, hidden=32),
    lambda: models.Translator(7, 7, width=32, heads=2, layers=1, feedforward=64, dropout=0.0),
])  # fmt: skip
def test_translators_learn_to_copy(make) -> None:
    ag.manual_seed(0)
    net = make()
    optimizer = Adam(net.parameters(), lr=0.005)
    source = ag.randint(2, 7, (32, 4))
    target = ag.cat([ag.ones(32, 1, dtype=ag.int64), source[:, :3]], 1)
    for _ in range(120):
        optimizer.zero_grad()
        F.cross_entropy(net(source, target).flatten(0, 1), source.flatten()).backward()
        optimizer.step()
    written = net.eval().translate(source, 1, 4)
    tokens = written[0] if isinstance(written, tuple) else written
    assert (tokens == source).float().mean().item() > 0.95


def test_padding_of_the_source_changes_nothing() -> None:
    padded = ag.tensor([[3, 4, 0, 0]])
    for net in (models.Seq2Seq(7, 7, hidden=16), models.Translator(7, 7, width=16, heads=2, layers=1, feedforward=32)):
        net.eval()
        if isinstance(net, models.Translator):
            long, short = net(padded, ag.ones(1, 3, dtype=ag.int64)), net(padded[:, :2], ag.ones(1, 3, dtype=ag.int64))
            assert ag.allclose(long, short, atol=1e-5)
        else:
            memory, keys, state = net.encode(padded)
            _, _, weights = net.step(ag.tensor([1]), state, memory, keys, padded == 0)
            assert weights[0, 2:].tolist() == [0.0, 0.0]


def test_masks_share_the_mixture_out() -> None:
    net, mixture = models.MaskSeparator(bins=5, hidden=8), ag.rand(2, 6, 5)
    first, second = net(mixture)
    assert ag.allclose(first + second, mixture) and (first >= 0).all() and (second >= 0).all()
    perfect = models.MaskSeparator.loss((first, second), (first, second), discrimination=0.0)
    assert perfect.item() == 0 and models.MaskSeparator.loss((first, second), (first, second)).item() < 0


def test_a_denoising_autoencoder_disturbs_its_input_in_training_only() -> None:
    net, x = models.Autoencoder((8, 4), noise=0.5), ag.rand(3, 8)
    assert ag.equal(net.eval()(x), net(x)) and not ag.equal(net.train()(x), net(x))
    deep = models.Autoencoder((8, 6, 4))
    assert [tuple(layer.weight.shape) for i in (0, 1) for layer in deep.pair(i)] == [(6, 8), (8, 6), (4, 6), (6, 4)]


def test_the_elbo_is_bernoulli_likelihood_less_divergence() -> None:
    logits, mean, log_variance = ag.randn(3, 5), ag.randn(3, 2), ag.randn(3, 2)
    x = ag.bernoulli(ag.rand(3, 5))
    p = ag.sigmoid(logits)
    likelihood = (x * p.log() + (1 - x) * (1 - p).log()).sum(1)
    divergence = 0.5 * (log_variance.exp() + mean**2 - 1 - log_variance).sum(1)
    bound = models.VAE.elbo(models.VAEOutput(logits, mean, log_variance), x)
    assert ag.allclose(bound, likelihood - divergence, atol=1e-5)


def test_contrastive_divergence_is_the_textbooks_gradient() -> None:
    rbm, v0 = models.RBM(6, 4), ag.bernoulli(ag.rand(10, 6))
    ag.manual_seed(1)
    rbm.contrastive_divergence(v0).backward()
    ag.manual_seed(1)
    v1 = rbm.sample(v0)
    with ag.no_grad():
        expected = (rbm(v1).t() @ v1 - rbm(v0).t() @ v0) / 10  # the update adds <v h>_data - <v h>_model
        assert ag.allclose(rbm.weight.grad, expected, atol=1e-6)
        assert ag.allclose(rbm.visible_bias.grad, (v1 - v0).mean(0), atol=1e-6)


def test_the_free_energy_sums_over_the_hidden_units() -> None:
    rbm, v = models.RBM(3, 2).double(), ag.tensor([[1.0, 0.0, 1.0]], dtype=ag.float64)
    h = ag.tensor([[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0)], dtype=ag.float64)
    energy = -(v @ rbm.visible_bias) - h @ rbm.hidden_bias - h @ rbm.weight @ v[0]
    assert ag.allclose(rbm.free_energy(v), -ag.logsumexp(-energy, 0, keepdim=True))


def test_boxes_and_suppression() -> None:
    boxes = ag.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.0], [2.0, 2.0, 6.0, 6.0], [9.0, 9.0, 9.5, 9.5]])
    expected = [[1, 0.75, 4 / 28, 0], [0.75, 1, 2 / 26, 0], [4 / 28, 2 / 26, 1, 0], [0, 0, 0, 1]]
    assert ag.allclose(models.box_iou(boxes, boxes), ag.tensor(expected))
    assert models.nms(boxes, ag.tensor([0.1, 0.9, 0.5, 0.3]), 0.5).tolist() == [1, 2, 3]
    assert models.nms(boxes, ag.tensor([0.1, 0.9, 0.5, 0.3]), 0.05).tolist() == [1, 3]


def test_a_cell_that_answers_exactly_has_no_error_of_place() -> None:
    net = models.GridDetector(num_classes=2, in_channels=1, image_size=16, width=4)
    box, label = ag.tensor([[2.0, 1.0, 6.0, 9.0]]), ag.tensor([1])  # centre (4, 5): cell (0, 0), in it (0.5, 0.625)
    cells = ag.full((1, 7, 2, 2), -20.0)
    answer = ag.tensor([0.5, 0.625, 4 / 16, 8 / 16]).logit()
    cells[0, :, 0, 0] = ag.cat([answer, ag.tensor([20.0, -20.0, 20.0])])
    assert net.loss(cells, [box], [label]).item() < 1e-6
    assert ag.allclose(net.boxes(cells)[0, 0, 0], box[0], atol=1e-4)
    (found,) = models.GridDetector.detect(_Fixed(net, cells), ag.zeros(1, 1, 16, 16))
    assert found.labels.tolist() == [1] and ag.allclose(found.boxes, box, atol=1e-4) and found.scores.item() > 0.99


class _Fixed:
    """A detector whose network answers what it is told."""

    def __init__(self, net: models.GridDetector, cells: ag.Tensor) -> None:
        self.boxes, self.image_size, self.cells = net.boxes, net.image_size, cells

    def __call__(self, input: ag.Tensor) -> ag.Tensor:
        return self.cells


def test_generators_continue_what_they_get() -> None:
    start = ag.tensor([[1, 2]])
    for net in (models.CharLSTM(5, 4, 8), models.WaveNet(5, 4, 4, 2, 1)):
        text = net.generate(start, 4, temperature=0.5)
        assert text.shape == (1, 6) and text[:, :2].tolist() == start.tolist() and int(text.max()) < 5
    assert models.DBN((6, 5, 4)).below(ag.zeros(2, 6), 1).shape == (2, 5)


ERRORS = [
    (lambda: models.CifarResNet(18), r"CifarResNet: expected depth 6n \+ 2 \(8, 14, 20, ..., 110\), got 18"),
    (lambda: models.DCGANGenerator(image_size=28), r"DCGAN: expected image_size 8, 16, 32, 64, ..., got 28. Resize"),
    (lambda: models.GPT(5, 4, width=6, heads=4), r"GPT: expected a width that the heads divide, got width 6 and 4 heads"),
    (lambda: models.GPT(5, 4, 4, 1, 1)(ag.zeros(1, 5, dtype=ag.int64)), r"GPT: expected at most 4 tokens, got 5. Cut"),
    (lambda: models.Autoencoder((8,)), r"Autoencoder: expected the widths of input and code at least, got \(8,\)"),
    (lambda: models.UNet(width=2)(ag.zeros(1, 1, 24, 24)), r"UNet: .* 4 times, got \(24, 24\), which is \(3, 3\) at level 4"),
    (lambda: models.FCN(width=2)(ag.zeros(1, 3, 9, 8)), r"FCN: expected height and width in multiples of 8, got \(9, 8\)"),
    (lambda: models.GridDetector(2, image_size=20), r"GridDetector: expected image_size in multiples of 8, got 20"),
]  # fmt: skip


@pytest.mark.parametrize("call, text", ERRORS)
def test_errors(call, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        call()
