"""SPADE's figures, and the segmenter's: by hand where they can be, and in the right order."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from models import checkpoint
from models.builders import build
from models.catalog import find_model
from models.configs import SegmenterConfig, SpadeConfig
from models.errors import DataError
from models.networks.segmenter import Segmenter
from models.networks.spade import SpadeNetwork
from models.networks.squeezenet import load_squeezenet
from models.train import figures
from models.train.data.labelled import find_labelled, load_batch
from models.train.data.labels import read_table
from models.train.metrics import segmenter as segmenter_metrics
from models.train.metrics import spade as metrics
from models.train.metrics.frechet import Moments, pooled
from models.train.metrics.segmenter import Confusion
from tests.models.train.fixtures import GROUPS

CLASSES = np.array(read_table(str(GROUPS)).classes_of, np.int16)
PAINTER = SpadeConfig(classes=14, base_channels=1, hidden_channels=4, style_length=4, crop_size=64)
READER = SegmenterConfig(classes=14, base_channels=4, crop_size=64)


def test_moments_do_not_depend_on_how_the_vectors_come():
    torch.manual_seed(0)
    rows = torch.randn(50, 6) @ torch.randn(6, 6) + 3.0
    once, parts = Moments(6), Moments(6)
    once.add(rows)
    for part in rows.split(7):
        parts.add(part)
    assert torch.allclose(once.covariance, torch.cov(rows.T.double(), correction=0), atol=1e-5)
    assert torch.allclose(once.mean, rows.double().mean(0), atol=1e-6)
    assert torch.allclose(parts.covariance, once.covariance)
    assert parts.distance(once) == pytest.approx(0.0, abs=1e-4)


def test_frechet_of_shifted_and_stretched_vectors():
    """A shift by d alone: |d|^2. Doubled deviations of independent parts: the sum of squares."""
    torch.manual_seed(0)
    rows = torch.randn(4000, 3)
    plain, shifted, doubled = Moments(3), Moments(3), Moments(3)
    plain.add(rows)
    shifted.add(rows + torch.tensor([1.0, 2.0, 2.0]))
    doubled.add(rows * 2.0)
    assert plain.distance(shifted) == pytest.approx(9.0, rel=1e-4)
    assert plain.distance(doubled) == pytest.approx(3.0, rel=0.1)


def test_pooled_features_are_means_of_the_last_layer(features):
    network = load_squeezenet(features)
    image = torch.rand(2, 3, 64, 48) * 4 - 2
    wanted = network(image.clamp(-1, 1))[3].mean((2, 3))
    got = pooled(network, image)
    assert got.shape == (2, metrics.FEATURE_LENGTH)
    assert torch.equal(got, wanted)


def test_accuracy_and_iou_by_hand():
    """Of eight pixels one is unlabelled; class 2 never occurs."""
    wanted = torch.tensor([[0, 0, 0, 1], [1, 1, 255, 0]])
    got = torch.tensor([[0, 0, 1, 1], [1, 0, 0, 0]])
    confusion = Confusion(3)
    confusion.add(wanted[:1], got[:1])
    confusion.add(wanted[1:], got[1:])
    assert confusion.accuracy == pytest.approx(5 / 7)
    assert confusion.unions == pytest.approx({0: 3 / 5, 1: 2 / 4})
    assert confusion.mean_iou == pytest.approx(0.55)


def test_a_class_that_is_only_seen_counts():
    confusion = Confusion(3)
    confusion.add(torch.tensor([0, 0]), torch.tensor([0, 2]))
    assert confusion.unions == pytest.approx({0: 0.5, 2: 0.0})


class Ideal(SpadeNetwork):
    """Paints every class in a grey of its own, whatever the style; its style is the mean."""

    def forward(self, semantics, z=None):
        ids = semantics.argmax(1, keepdim=True)
        return (ids / 7.0 - 1.0).expand(-1, 3, -1, -1)


class Reader(Segmenter):
    """Reads those greys."""

    def forward(self, images):
        ids = ((images[:, 0] + 1.0) * 7.0).round().long().clamp(0, 13)
        return torch.nn.functional.one_hot(ids, 14).permute(0, 3, 1, 2).float()


def test_extremes(labelled, features):
    """What paints exactly what the layout says is read without a fault, in every style."""
    entries = find_labelled([labelled]).entries[:3]
    calls = []
    torch.manual_seed(0)
    report = metrics.evaluate(
        Ideal(**dataclasses.asdict(PAINTER)).eval(),
        PAINTER,
        entries,
        CLASSES,
        segmenter=Reader(**dataclasses.asdict(READER)).eval(),
        features=load_squeezenet(features),
        size_px=64,
        progress=lambda done, of: calls.append((done, of)),
    )
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert report.pictures == 3
    assert report.accuracy is not None
    assert report.mean_iou is not None
    assert report.frechet_in_squeezenet is not None
    assert (report.accuracy["own_style"], report.mean_iou["random_style"]) == (1.0, 1.0)
    assert report.accuracy["photos"] < 0.6
    assert report.frechet_in_squeezenet["own_style"] > 0.0
    assert report.frechet_in_squeezenet.keys() == {"own_style", "random_style"}


def test_what_is_not_asked_for_is_null(labelled):
    torch.manual_seed(0)
    report = metrics.evaluate(
        Ideal(**dataclasses.asdict(PAINTER)).eval(), PAINTER, find_labelled([labelled]).entries[:1],
        CLASSES, segmenter=None, features=None, size_px=64,
    )  # fmt: skip
    assert json.loads(figures.report_json(report)) == {
        "pictures": 1, "accuracy": None, "mean_iou": None, "frechet_in_squeezenet": None
    }  # fmt: skip


def test_a_segmenters_figures(labelled):
    """A network that always says 0: its accuracy is the share of 0."""
    entries = find_labelled([labelled]).entries
    network = build(READER).eval()
    assert isinstance(network, Segmenter)
    with torch.no_grad():
        assert network.head.bias is not None
        network.head.weight.zero_()
        network.head.bias.copy_(torch.eye(14)[9])
    report = segmenter_metrics.evaluate(network, entries, CLASSES, size_px=64)
    share = float((load_batch(entries, CLASSES, 64).ids == 9).float().mean())
    assert share > 0.0
    assert report.accuracy == pytest.approx(share)
    assert report.iou[9] == pytest.approx(share)
    assert report.mean_iou == pytest.approx(share / len(report.iou))


def test_semantics_have_the_channels_of_the_config():
    ids = torch.zeros(1, 4, 4, dtype=torch.uint8)
    ids[:, :, 2:] = 1
    config = SpadeConfig(classes=2, unknown_channel=True, edge_channel=True)
    layout = metrics.semantics(ids, config)
    assert layout.shape == (1, 4, 4, 4)
    assert torch.equal(layout[0, 3], torch.tensor([[0.0, 1.0, 1.0, 0.0]] * 4))
    assert torch.equal(layout[0, 1], (ids[0] == 1).float())


def test_the_sheet_has_every_layout_in_every_style(labelled):
    batch = load_batch(find_labelled([labelled]).entries[:2], CLASSES, 64)
    torch.manual_seed(0)
    network = build(PAINTER).eval()
    assert isinstance(network, SpadeNetwork)
    colours = torch.rand(14, 3)
    photos = torch.rand(3, 3, 64, 64)
    sheet = metrics.contact_sheet(network, PAINTER, batch, photos, 2, colours)
    assert sheet.shape == (3, 3 * 64, 6 * 64)
    assert torch.equal(sheet[:, :64, 64:256], torch.cat(list(photos), 2))
    assert torch.equal(sheet[:, 64:128, :64], colours[batch.ids[0].long()].permute(2, 0, 1))
    with torch.no_grad():
        z = network.encode_style(photos[1:2])[0]
        wanted = network(metrics.semantics(batch.ids[1:], PAINTER), z)[0]
    # A batch of photos is summed in another order than one alone.
    assert torch.allclose(sheet[:, 128:, 128:192], wanted, atol=1e-5)


@pytest.fixture
def saved(tmp_path):
    """A function that saves a network of random weights and gives its entry in the catalog."""

    def save(config, palette_id="landscape"):
        torch.manual_seed(0)
        family = "spade" if isinstance(config, SpadeConfig) else "segmenter"
        path = tmp_path / f"{family}.safetensors"
        checkpoint.save(
            path, build(config).eval(), model_id=family, title=family.title(), family=family,
            config=config, licence="x", source="x", step=0, ema=True, training={}, extras={},
            palette_id=palette_id,
        )  # fmt: skip
        return find_model(path)

    return save


def measure(model, labelled, **changes):
    given = {
        "labels": str(GROUPS), "segmenter": None, "features": None, "size_px": 64, "seed": 0,
        "progress": lambda done, of: None, **changes,
    }  # fmt: skip
    return figures.measure_layouts(model, find_labelled([labelled]).entries[:2], **given)


def test_models_that_do_not_fit(saved, labelled):
    painter, reader = saved(PAINTER), saved(READER)
    with pytest.raises(DataError, match="Segmenter reads 9 labels of the palette landscape, and"):
        measure(painter, labelled, segmenter=saved(dataclasses.replace(READER, classes=9)))
    reader = saved(READER)
    with pytest.raises(DataError, match="multiples of 32 px, not 72 px"):
        measure(painter, labelled, segmenter=reader, size_px=72)
    with pytest.raises(DataError, match="is not a SPADE"):
        measure(reader, labelled)
    with pytest.raises(DataError, match="is not a segmenter"):
        figures.measure_reading(
            painter, [], labels=None, size_px=64, progress=lambda done, of: None
        )
    with pytest.raises(DataError, match=r"id 1[4-6], which is no class"):
        figures.measure_layouts(
            painter, find_labelled([labelled]).entries, labels=None, segmenter=None, features=None,
            size_px=64, seed=0, progress=lambda done, of: None,
        )  # fmt: skip
    with pytest.raises(DataError, match="no held-out pictures"):
        figures.measure_layouts(
            painter, [], labels=None, segmenter=None, features=None, size_px=64, seed=0,
            progress=lambda done, of: None,
        )  # fmt: skip


def test_a_table_with_more_classes_than_the_model(saved, labelled):
    small = saved(dataclasses.replace(PAINTER, classes=9))
    with pytest.raises(DataError, match="makes 14 classes, and Spade has 9"):
        measure(small, labelled)


def test_a_model_without_styles_has_no_sheet(saved, labelled, tmp_path):
    plain = saved(dataclasses.replace(PAINTER, style_length=0))
    entries = find_labelled([labelled]).entries
    with pytest.raises(DataError, match="Spade has no styles"):
        figures.style_sheet(
            plain, entries, labels=None, layouts=2, styles=6, size_px=64, out=tmp_path / "s.png"
        )
    assert measure(plain, labelled).pictures == 2
