"""The segmenter's recipe: four numbers guard it, and each part does what its name says."""

import copy
import dataclasses
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric

from models import checkpoint
from models.configs import SegmenterConfig
from models.errors import CheckpointMismatch, DataError
from models.networks.segmenter import NormedConv, Segmenter
from models.train.data.labelled import LabelledBatch
from models.train.draws import Draws
from models.train.recipes import segmenter as method
from models.train.settings.segmenter import PRESETS, SegmenterRecipe

TINY = {"classes": 3, "base_channels": 4, "canvas_px": 32, "crop_px": 32, "batch": 4, "images": 64}
TINY |= {"warmup": 2}

TWO_PROCESSES = """
import sys
import torch
from lightning_fabric import Fabric
from models.train.recipes import segmenter as method
from tests.models.train.recipes.test_segmenter import recipe, trained
torch.set_num_threads(1)
fabric = Fabric(accelerator="cpu", devices=2, strategy="ddp")
fabric.launch()
state, losses = trained(recipe(), fabric, 3)
if fabric.is_global_zero:
    torch.save((losses, {k: v.state_dict() for k, v in state.modules.items()}), sys.argv[1])
"""


@pytest.fixture
def fabric():
    return Fabric(accelerator="cpu", devices=1)


def recipe(**changes) -> SegmenterRecipe:
    return SegmenterRecipe(**{**PRESETS["fast"], **TINY, **changes})


def batch(seed: int, count: int = 4) -> LabelledBatch:
    """Blue sky over green land over grey water, with horizons at random heights."""
    generator = torch.Generator().manual_seed(seed)
    heights = torch.randint(4, 14, (count, 2), generator=generator).cumsum(1)
    rows = torch.arange(32)
    bands = (rows >= heights[:, :1]).byte() + (rows >= heights[:, 1:]).byte()
    ids = bands[:, :, None].expand(-1, -1, 32).contiguous()
    colours = torch.tensor([[0.3, 0.5, 0.9], [-0.6, 0.2, -0.7], [0.0, 0.0, 0.0]])
    images = colours[ids.long()].permute(0, 3, 1, 2)
    noise = torch.randn(images.shape, generator=generator) * 0.1
    return LabelledBatch((images + noise).clamp(-1.0, 1.0), ids)


def trained(given: SegmenterRecipe, fabric: Fabric, steps: int, first: int = 0, state=None):
    state = state or method.build(given, fabric)
    losses = []
    for number in range(first, first + steps):
        whole = batch(number)
        draws = Draws(given.seed, number, fabric.global_rank, fabric.world_size)
        mine = draws.part(4)
        losses.append(method.step(state, LabelledBatch(whole.images[mine], whole.ids[mine]), draws))
    return state, losses


# Recorded once from this code: any change of method, draws or data shows here.
FOUR = (1.1374568939, 1.0821294785, 1.0959124565, 1.0636678934)


def test_four_numbers(fabric):
    _, losses = trained(recipe(), fabric, 4)
    assert [step["cross_entropy"] for step in losses] == pytest.approx(FOUR, rel=2e-3)


def test_it_learns_to_read_photos_that_it_has_not_seen(fabric):
    """Three bands are told apart after sixty small steps, by the averaged weights."""
    given = recipe(images=240, learning_rate=0.02, ema=0.8)
    state, losses = trained(given, fabric, given.steps)
    assert losses[-1]["cross_entropy"] < 0.5 * losses[0]["cross_entropy"]
    unseen = batch(1000, count=8)
    with torch.no_grad():
        read = state.ema.network(unseen.images).argmax(1)
    assert (read == unseen.ids).float().mean() > 0.9


def test_a_step_moves_every_weight(fabric):
    state = method.build(recipe(), fabric)
    before = copy.deepcopy(state.modules)
    trained(recipe(), fabric, 2, state=state)
    for name, module in state.modules.items():
        old = before[name].state_dict()
        still = [key for key, value in module.state_dict().items() if torch.equal(value, old[key])]
        assert still == [], name


def test_a_resumed_run_goes_on_to_the_bit(fabric):
    """Modules and optimizers are all that a step depends on, next to its number."""
    straight, wanted = trained(recipe(), fabric, 4)
    state, _ = trained(recipe(), fabric, 2)
    other = method.build(dataclasses.replace(recipe(), seed=5), fabric)
    for name, module in other.modules.items():
        module.load_state_dict(copy.deepcopy(state.modules[name].state_dict()))
    for name, optimizer in other.optimizers.items():
        optimizer.load_state_dict(copy.deepcopy(state.optimizers[name].state_dict()))
    _, got = trained(recipe(), fabric, 2, first=2, state=other)
    assert got == wanted[2:]
    for name, module in straight.modules.items():
        for key, value in module.state_dict().items():
            assert torch.equal(other.modules[name].state_dict()[key], value), key


@pytest.mark.slow
def test_two_processes_are_one(fabric, tmp_path):
    """The same batches, shared by two processes or not: the same losses and weights to 1e-5."""
    found = tmp_path / "found.pt"
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES)
    done = subprocess.run(
        [sys.executable, str(script), str(found)],
        check=False,
        capture_output=True,
        text=True,
        env={**_environment(), "PYTHONPATH": str(Path(__file__).parents[4])},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    losses, weights = torch.load(found, weights_only=True)
    state, wanted = trained(recipe(), fabric, 3)
    for got, want in zip(losses, wanted, strict=True):
        assert got == pytest.approx(want, abs=1e-5)
    for name, module in state.modules.items():
        for key, value in module.state_dict().items():
            assert torch.allclose(weights[name][key].float(), value.float(), atol=1e-4), key


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("LT_")}


def test_the_learning_rate_goes_up_and_down(fabric):
    given = recipe(images=48, warmup=3, learning_rate=0.4)
    rates = [method.learning_rate(given, step) for step in range(given.steps + 2)]
    assert rates[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert all(a > b for a, b in itertools.pairwise(rates[3:13]))
    assert rates[12:] == pytest.approx([0.0, 0.0])
    middle = 0.5 * 0.4 * (1 + 0.5)  # cos 60 degrees, a third of the way down
    assert rates[6] == pytest.approx(middle)
    state, _ = trained(given, fabric, 2)
    assert [group["lr"] for group in state.optimizer.param_groups] == pytest.approx([0.2, 0.2])


def test_rare_labels_weigh_more_up_to_a_cap():
    shares = method.LabelShares(4)
    shares.update(torch.tensor([0.5, 0.25, 0.25, 0.0]), 0)
    assert shares.shares.tolist() == pytest.approx([0.5, 0.25, 0.25, 0.0])
    assert shares.weights(0.0, 3.0).tolist() == pytest.approx([1.0] * 4)
    # Rarities 0.5, 1, 1 and very many: before scaling by 1 / 0.75 the last is capped at 3.
    assert shares.weights(1.0, 3.0).tolist() == pytest.approx([2 / 3, 4 / 3, 4 / 3, 4.0])
    weights = shares.weights(0.3, 3.0)
    assert (weights * shares.shares).sum().item() == pytest.approx(1.0)
    assert weights[3] > weights[1] > weights[0]


def test_shares_are_means_over_the_first_steps():
    shares = method.LabelShares(2)
    seen = [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.1, 0.9]]
    for step, values in enumerate(seen):
        shares.update(torch.tensor(values), step)
    assert shares.shares.tolist() == pytest.approx([0.4, 0.6])


def test_pixels_that_nobody_labelled_do_not_count(fabric):
    """Their number in a half of the photo gives half the loss of that half alone."""
    given = recipe(jitter=0.0, smoothing=0.0, balance=0.0)
    whole = batch(3)
    half = whole.ids.clone()
    half[..., 16:] = method.UNKNOWN
    nothing = torch.full_like(whole.ids, method.UNKNOWN)

    def losses(ids):
        state = method.build(given, fabric)
        found = method.step(state, LabelledBatch(whole.images, ids), Draws(0, 0))
        return found["cross_entropy"], state

    full, _ = losses(whole.ids)
    part, state = losses(half)
    assert 0.3 * full < part < 0.7 * full
    sky = (whole.ids[..., :16] == 0).float().mean().item()
    assert state.shares.shares[0].item() == pytest.approx(sky, abs=0.05)
    none, state = losses(nothing)
    assert none == 0.0
    assert all(value.isfinite().all() for value in state.network.state_dict().values())


def test_jitter_of_no_strength_changes_nothing():
    images = batch(0).images
    assert torch.allclose(method.jittered(images, 0.0, Draws(0, 0)), images, atol=1e-6)


def test_jitter_changes_colours_and_not_places():
    """Each photo in a way of its own, the same for all its pixels, and never beyond the range."""
    images = batch(0).images
    changed = method.jittered(images, 0.3, Draws(0, 7))
    order = torch.randperm(32 * 32, generator=torch.Generator().manual_seed(0))
    shuffled = images.flatten(2)[..., order].view_as(images)
    again = method.jittered(shuffled, 0.3, Draws(0, 7))
    assert torch.allclose(again.flatten(2), changed.flatten(2)[..., order], atol=1e-6)
    assert (changed.min() >= -1.0) & (changed.max() <= 1.0)
    moved = (changed - images).mean((2, 3))
    assert len({tuple(round(v, 4) for v in photo.tolist()) for photo in moved}) == 4
    assert 0.02 < (changed - images).abs().mean() < 0.4
    assert not torch.equal(method.jittered(images, 0.3, Draws(0, 8)), changed)


def test_processes_share_the_jitter():
    images = batch(0).images
    whole = method.jittered(images, 0.3, Draws(0, 7))
    parts = [
        method.jittered(images[2 * rank : 2 * rank + 2], 0.3, Draws(0, 7, rank, 2))
        for rank in range(2)
    ]
    assert torch.allclose(torch.cat(parts), whole, atol=1e-6)


def test_measured_statistics_are_plain_means(fabric):
    """After them, evaluation gives what training mode gives on the same pictures."""
    state, _ = trained(recipe(), fabric, 3)
    network = state.ema.network
    assert isinstance(network, Segmenter)
    kept = {key: value.clone() for key, value in network.named_parameters()}
    one = batch(20, count=64)
    method.measure_statistics(network, [one])
    with torch.no_grad():
        evaluated = network(one.images)
        network.train()
        in_training = network(one.images)
        network.eval()
        assert (evaluated - in_training).abs().max() < 0.05 * in_training.std()
        first = network.stem[0]
        assert isinstance(first, NormedConv)
        values = [first.conv(batch(seed).images) for seed in (21, 22)]
    method.measure_statistics(network, [batch(21), batch(22)])
    mean = torch.stack([v.mean((0, 2, 3)) for v in values]).mean(0)
    variance = torch.stack([v.transpose(0, 1).flatten(1).var(1) for v in values]).mean(0)
    assert torch.allclose(first.norm.running_mean, mean, atol=1e-6)
    assert torch.allclose(first.norm.running_var, variance, rtol=1e-4)
    assert not any(module.training for module in network.modules())
    for key, value in network.named_parameters():
        assert torch.equal(value, kept[key])


def test_sample_is_a_grid(fabric):
    state, _ = trained(recipe(), fabric, 1)
    shown = batch(5, count=2)
    colours = torch.tensor([[-1.0, 0.0, 1.0], [1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
    picture = method.sample(state, shown, colours)
    assert picture.shape == (3, 96, 64)
    assert torch.equal(picture[:, :32, 32:], shown.images[1])
    assert torch.equal(picture[:, 32:64, :32], colours[shown.ids[0].long()].permute(2, 0, 1))
    with torch.no_grad():
        read = state.ema.network(shown.images).argmax(1)
    assert torch.equal(picture[:, 64:, :32], colours[read[0]].permute(2, 0, 1))


def test_a_run_starts_from_a_model(fabric, tmp_path):
    given = recipe()
    path = tmp_path / "start.safetensors"
    state, _ = trained(given, fabric, 1)
    checkpoint.save(
        path,
        state.ema.network,
        model_id="start",
        title="Start",
        family=method.FAMILY,
        config=given.network_config,
        licence="CC0",
        source="a test",
        step=1,
        ema=True,
        training={},
        extras={},
    )
    began = method.build(dataclasses.replace(given, init=str(path)), fabric)
    for got, want in zip(began.network.parameters(), state.ema.network.parameters(), strict=True):
        assert torch.allclose(got, want, atol=1e-3)
    assert began.network.training
    with pytest.raises(CheckpointMismatch, match="other sizes than the recipe's"):
        method.build(recipe(init=str(path), base_channels=8), fabric)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"crop_px": 100}, "crop_px must be a multiple of 32, not 100"),
        ({"canvas_px": 250}, "canvas_px must be a multiple of 32"),
        ({"classes": 1}, "classes must be a whole number from 2"),
        ({"classes": 256}, "classes must be a whole number from 2 to 255"),
        ({"learning_rate": 0.0}, "learning_rate must be a number"),
        ({"balance": -0.1}, "balance must be a number from 0"),
        ({"jitter": 1.5}, "jitter must be a number from 0 to 1"),
        ({"init": 3}, "init must be text"),
    ],
)
def test_settings_that_cannot_be_meant(values, words):
    with pytest.raises(DataError, match=words):
        SegmenterRecipe(**values)


def test_presets():
    for values in PRESETS.values():
        given = SegmenterRecipe(**values)
        assert given.network_config == SegmenterConfig(classes=14, base_channels=32, crop_size=256)
    assert SegmenterRecipe(images=100, batch=32).steps == 3
    assert SegmenterRecipe(images=10, batch=32).steps == 1
