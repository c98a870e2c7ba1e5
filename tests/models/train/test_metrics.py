"""The figures: by hand where they can be, and in the right order where they cannot."""

import dataclasses
import math

import pytest
import torch

from models.builders import build
from models.errors import DataError
from models.networks.squeezenet import load_squeezenet
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.train.data.images import find_images
from models.train.figures import measure_swaps as measure_file
from models.train.metrics.swapping_autoencoder import (
    evaluate,
    frechet_distance,
    peak_signal_to_noise,
    self_similarity_distance,
)


def test_psnr_by_hand():
    """An error of 0.2 everywhere on a range of 2: 20 log10(2 / 0.2) = 20 dB."""
    target = torch.zeros(1, 3, 4, 4)
    assert peak_signal_to_noise(target + 0.2, target) == pytest.approx(20.0, abs=1e-4)
    assert math.isinf(peak_signal_to_noise(target, target))
    beyond = peak_signal_to_noise(torch.full_like(target, 9.0), torch.ones_like(target))
    assert math.isinf(beyond), "values beyond the range are clipped first"


def test_frechet_by_hand():
    """Independent channels: (m_a - m_b)^2 + (s_a - s_b)^2 for each.

    Channel 0: 0, 2 (mean 1, deviation 1) against 1, 7 (4, 3): 9 + 4. Channel 1: the same in both.
    """
    a = torch.tensor([[[[0.0, 2.0, 0.0, 2.0]], [[0.0, 0.0, 2.0, 2.0]]]])
    b = torch.tensor([[[[1.0, 7.0, 1.0, 7.0]], [[0.0, 0.0, 2.0, 2.0]]]])
    assert frechet_distance(a, b) == pytest.approx(13.0, abs=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)
    assert frechet_distance(a, a.flip(3)) == pytest.approx(0.0, abs=1e-6)


def test_frechet_sees_covariance():
    """Equal means and variances, opposite correlation."""
    a = torch.tensor([[[[1.0, -1.0, 2.0, -2.0]], [[1.0, -1.0, 2.0, -2.0]]]])
    b = a * torch.tensor([1.0, -1.0]).view(1, 2, 1, 1)
    assert frechet_distance(a, b) > 1.0


def test_self_similarity_distance_of_equal_and_other():
    torch.manual_seed(0)
    maps = [torch.rand(1, 4, 8, 8) for _ in range(4)]
    others = [torch.rand(1, 4, 8, 8) for _ in range(4)]
    assert self_similarity_distance(maps, maps) == pytest.approx(0.0, abs=1e-6)
    assert self_similarity_distance(maps, others) > 0.1


class CopyTexture(SwappingAutoencoder):
    """Codes that are the picture: decoding gives the structure or the texture picture back."""

    keep = "structure"

    def encode(self, image):
        return image, image

    def decode(self, structure, texture, noise="zero"):
        return structure if self.keep == "structure" else texture


@pytest.mark.parametrize(
    ("keep", "nearer", "gap", "kept"), [("structure", 0.0, 0.0, 1.0), ("texture", 1.0, 1.0, 0.0)]
)
def test_extremes(photos, features, tiny_config, keep, nearer, gap, kept):
    """A network that changes nothing, and one that copies the reference."""
    network = CopyTexture(**dataclasses.asdict(tiny_config))
    network.keep = keep
    calls = []
    report = evaluate(
        network,
        load_squeezenet(features),
        find_images([photos])[:6],
        size_px=64,
        pairs=5,
        progress=lambda done, of: calls.append((done, of)),
    )
    assert report.pictures == 6
    assert report.pairs == 5
    assert math.isinf(report.psnr_db)
    assert report.nearer_texture == nearer
    assert report.texture_gap_closed == pytest.approx(gap, abs=1e-6)
    assert report.structure_kept == pytest.approx(kept, abs=1e-6)
    assert calls[-1] == (11, 11)
    assert len(calls) == 11


def test_figures_are_repeatable(photos, features, tiny_config):
    torch.manual_seed(0)
    network = build(tiny_config).eval()
    assert isinstance(network, SwappingAutoencoder)
    squeezenet, pictures = load_squeezenet(features), find_images([photos])[:5]
    once, again, other = (
        evaluate(network, squeezenet, pictures, size_px=32, pairs=3, seed=seed)
        for seed in (0, 0, 1)
    )
    assert once == again
    assert once != other


def test_too_few_pictures(photos, features, tiny_config, tmp_path):
    from models import checkpoint

    path = tmp_path / "m.safetensors"
    checkpoint.save(
        path, build(tiny_config).eval(), model_id="m", title="m", family="swapping_autoencoder",
        config=tiny_config, licence="x", source="x", step=0, ema=False, training={}, extras={},
    )  # fmt: skip
    with pytest.raises(DataError, match="two held-out pictures"):
        measure_file(
            path, find_images([photos])[:1], features, pairs=1, size_px=16, seed=0,
            progress=lambda done, of: None,
        )  # fmt: skip
