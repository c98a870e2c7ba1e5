"""SPADE's recipe: four numbers guard it, each term does what its name says."""

import dataclasses

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from models.builders import build
from models.errors import DataError
from models.networks.spade import SpadeNetwork
from models.ops.batch_norm import ParameterFreeBatchNorm
from models.train.data.labelled import find_labelled, load_batch
from models.train.draws import Draws
from models.train.ema import Ema
from models.train.methods import METHODS
from models.train.methods.labelled import classes_of
from models.train.methods.method import Part
from models.train.norms import measure_norms
from models.train.recipes import segmenter, spade
from models.train.settings.methods import SPADE, find_method, method_of
from models.train.settings.spade import PRESETS, SpadeRecipe


@pytest.fixture
def fabric():
    return Fabric(accelerator="cpu", devices=1)


def batches(labelled, recipe, count):
    method = METHODS[method_of(recipe).name]
    source = method.batches(recipe, method.find([labelled]).entries, Part(threads=1))
    stream = source.iterate(0)
    try:
        return [next(stream) for _ in range(count)]
    finally:
        source.close()


def losses(labelled, recipe, fabric, steps):
    module = {"spade": spade, "segmenter": segmenter}[method_of(recipe).name]
    state = module.build(recipe, fabric)
    found = [
        module.step(state, batch, Draws(recipe.seed, i))
        for i, batch in enumerate(batches(labelled, recipe, steps))
    ]
    return state, found


# Recorded once from this code: any change of method, draws or data shows here.
FOUR = (4.784118555486202, 5.133594736456871, 5.42536211758852, 5.2795781791210175)
FOUR_OF_SEGMENTER = (3.1385982036590576, 3.045175313949585, 2.847529888153076, 2.773405075073242)


@pytest.mark.parametrize(
    ("recipe", "expected"), [("tiny_spade", FOUR), ("tiny_segmenter", FOUR_OF_SEGMENTER)]
)
def test_four_numbers(labelled, request, fabric, recipe, expected):
    _, found = losses(labelled, request.getfixturevalue(recipe), fabric, 4)
    sums = [sum(step.values()) for step in found]
    assert sums == pytest.approx(expected, rel=2e-3)


def test_terms(labelled, tiny_spade, features, fabric):
    """The perceptual term is there with features, the divergence with styles."""
    common = {"gan", "feature_matching", "l1", "discriminator"}
    plain = dataclasses.replace(tiny_spade, style_length=0)
    seeing = dataclasses.replace(tiny_spade, perceptual=10.0, features=str(features))
    for recipe, extra in ((plain, set()), (tiny_spade, {"kl"}), (seeing, {"kl", "perceptual"})):
        state, found = losses(labelled, recipe, fabric, 1)
        assert found[0].keys() == common | extra
        assert ("SqueezeNet" in spade.headline(state)) is ("perceptual" in extra)


def test_the_headline_says_whose_features(tiny_spade, features, fabric):
    seeing = dataclasses.replace(tiny_spade, perceptual=10.0, features=str(features))
    state = spade.build(seeing, fabric)
    assert spade.headline(state) == (
        "Perceptual loss in the features of SqueezeNet v1.0, which stands in for VGG-19."
    )
    from models.networks.vgg import VggFeatures

    with torch.device("meta"):
        state.features = VggFeatures()
    assert spade.headline(state) == "Perceptual loss in the features of VGG-19."
    state.features = None
    assert spade.headline(state) == "No perceptual loss."


def test_a_step_moves_every_network(labelled, tiny_spade, fabric):
    state = spade.build(tiny_spade, fabric)
    before = {n: [p.clone() for p in m.parameters()] for n, m in state.modules.items()}
    for i, batch in enumerate(batches(labelled, tiny_spade, 2)):
        spade.step(state, batch, Draws(0, i))
    for name, module in state.modules.items():
        moved = [
            not torch.equal(a, b) for a, b in zip(before[name], module.parameters(), strict=True)
        ]
        assert all(moved), f"{name}: {moved.count(False)} never move"


def test_a_generator_learns_one_picture(labelled, tiny_spade, fabric):
    """Twelve steps on one batch: the distance to its photos falls by a quarter."""
    recipe = dataclasses.replace(
        tiny_spade, base_channels=2, style_length=0, l1=100.0, feature_matching=0.0,
        learning_rate=0.01,
    )  # fmt: skip
    state = spade.build(recipe, fabric)
    batch = batches(labelled, recipe, 1)[0]
    distances = [spade.step(state, batch, Draws(0, i))["l1"] for i in range(12)]
    assert distances[-1] < 0.75 * distances[0]


def test_unknown_pixels_have_a_channel(labelled, tiny_spade, fabric):
    """With the channel, the id 255 is a class after all others; without it, it is refused."""
    for path in sorted(labelled.rglob("*.png"))[:3]:
        from PIL import Image

        ids_hw = np.full((32, 40), 2, np.uint8)
        ids_hw[:16] = 255
        Image.fromarray(ids_hw).save(path)
    entries = find_labelled([labelled]).entries[:1]
    recipe = dataclasses.replace(tiny_spade, unknown_channel=1)
    batch = load_batch(entries, classes_of(recipe), 64)
    assert batch.ids.unique().tolist() == [2, 14]
    assert recipe.network_config.unknown_channel
    state = spade.build(recipe, fabric)
    assert spade.one_hot(batch.ids, recipe.channels).shape[1] == state.network.semantic_channels
    spade.step(state, batch, Draws(0, 0))
    with pytest.raises(DataError, match="id 255, which is no class"):
        load_batch(entries, classes_of(tiny_spade), 64)


def test_the_segmenter_does_not_look_at_unknown_pixels(tiny_segmenter):
    assert classes_of(tiny_segmenter)[255] == segmenter.UNKNOWN


def test_more_classes_than_the_network_has(tiny_spade):
    small = dataclasses.replace(tiny_spade, classes=9)
    with pytest.raises(DataError, match="14 classes, and the network has 9: give --classes 14"):
        classes_of(small)
    assert classes_of(dataclasses.replace(small, labels="")).max() == 8


def test_the_sample_shows_layouts_photos_and_styles(labelled, tiny_spade, tiny_segmenter, fabric):
    for recipe, rows in ((tiny_spade, 5), (tiny_segmenter, 3)):
        method = METHODS[method_of(recipe).name]
        entries = method.find([labelled]).entries[:3]
        shown = method.shown(recipe, entries, "landscape")
        picture = method.sample(method.build(recipe, fabric), shown)
        assert picture.shape == (3, rows * 64, 3 * 64)
        layout_row, photo_row = (0, 1) if rows == 5 else (1, 0)
        photos = picture[:, photo_row * 64 : photo_row * 64 + 64]
        assert torch.equal(photos, torch.cat(list(shown.batch.images), 2))
        layouts = picture[:, layout_row * 64 : layout_row * 64 + 64].permute(1, 2, 0)
        wanted = shown.colours[torch.cat(list(shown.batch.ids), 1).long()]
        assert torch.equal(layouts, wanted)


def test_ema_takes_statistics_over_at_once():
    """Weights follow slowly; statistics and counters belong to the newest weights."""
    norm = ParameterFreeBatchNorm(2)
    network = nn.Sequential(nn.Conv2d(1, 2, 1), norm).train()
    ema = Ema(network, 0.5)
    before = [p.clone() for p in ema.network.parameters()]
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1.0)
    network(torch.rand(4, 1, 3, 3))
    assert not torch.equal(norm.running_mean, next(ema.network.buffers()))
    ema.update(network, 1000)
    for slow, fast in zip(ema.network.buffers(), network.buffers(), strict=True):
        assert torch.equal(slow, fast)
        assert slow.data_ptr() != fast.data_ptr()
    for old, slow in zip(before, ema.network.parameters(), strict=True):
        assert torch.allclose(slow, old + 0.5)


def test_measured_statistics_are_plain_means():
    """Mean and (unbiased) variance of each batch, averaged; everything in evaluation mode again."""
    norm = ParameterFreeBatchNorm(2).eval()
    torch.manual_seed(0)
    given = [torch.randn(3, 2, 4, 4) * (i + 1) for i in range(3)]
    measure_norms(norm, norm, given)
    means = torch.stack([x.mean((0, 2, 3)) for x in given]).mean(0)
    variances = torch.stack([x.transpose(0, 1).flatten(1).var(1) for x in given]).mean(0)
    assert torch.allclose(norm.running_mean, means, atol=1e-6)
    assert torch.allclose(norm.running_var, variances, rtol=1e-5)
    assert not norm.training
    before = norm.running_mean.clone()
    measure_norms(norm, norm, [])
    assert torch.equal(norm.running_mean, before)


def test_averaged_weights_get_their_own_statistics(labelled, tiny_spade):
    torch.manual_seed(0)
    network = build(tiny_spade.network_config).eval()
    assert isinstance(network, SpadeNetwork)
    weights = [p.clone() for p in network.parameters()]
    spade.measure_statistics(network, batches(labelled, tiny_spade, 2))
    norms = [m for m in network.modules() if isinstance(m, ParameterFreeBatchNorm)]
    assert len(norms) > 10
    assert all(bool(norm.running_mean.any()) and not norm.training for norm in norms)
    assert all(torch.equal(a, b) for a, b in zip(weights, network.parameters(), strict=True))


def test_paper_is_the_thesis():
    """Chapter 2 and its appendix, with styles."""
    paper = SpadeRecipe(**PRESETS["paper"], features="vgg19.pth")
    assert (paper.feature_matching, paper.perceptual, paper.kl, paper.l1) == (10, 10, 0.05, 0)
    assert (paper.learning_rate, paper.discriminator_learning_rate) == (1e-4, 4e-4)
    assert (paper.beta1, paper.beta2) == (0.0, 0.9)
    assert (paper.base_channels, paper.hidden_channels, paper.style_length) == (64, 128, 256)
    assert (paper.discriminator_channels, paper.discriminator_layers) == (64, 4)


def test_every_method_has_its_parts():
    for name, method in METHODS.items():
        settings = find_method(name)
        for preset in settings.presets.values():
            recipe = settings.recipe(**{**preset, **_features(settings.recipe)})
            assert method_of(recipe) is settings
            assert recipe.steps > 0
        assert method.family == name.replace("-", "_")
    assert find_method("spade") is SPADE
    with pytest.raises(DataError, match="no method 'cut'; there are swapping-autoencoder"):
        find_method("cut")


def _features(recipe):
    return {"features": "x.npz"} if "features" in recipe.__dataclass_fields__ else {}
