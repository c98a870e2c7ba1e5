"""The segmenter: its sizes, what its logits depend on, and the file that it becomes."""

import pytest
import torch
from torch import nn

from models import checkpoint
from models.builders import build, build_unfilled
from models.catalog import spec_of_file
from models.configs import SegmenterConfig, config_from_dict, config_to_dict
from models.networks.segmenter import BatchNorm, Gate, Segmenter, enlarged

SMALL = SegmenterConfig(classes=5, base_channels=8, crop_size=64)


@pytest.fixture
def small() -> Segmenter:
    torch.manual_seed(0)
    network = build(SMALL)
    assert isinstance(network, Segmenter)
    return network.eval()


def photo(height: int, width: int, count: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(count, 3, height, width, generator=generator) * 2 - 1


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (160, 32)])
def test_a_logit_for_each_label_and_pixel(small, size):
    with torch.no_grad():
        logits = small(photo(*size, count=2))
    assert logits.shape == (2, 5, *size)
    assert logits.isfinite().all()


@pytest.mark.parametrize("size", [(48, 64), (64, 33), (16, 16)])
def test_sides_that_are_no_whole_cells(small, size):
    with pytest.raises(ValueError, match="multiples of 32 px"):
        small(photo(*size))


def test_the_network_says_what_it_takes(small):
    assert (small.cell_px, small.crop_size, small.classes) == (32, 64, 5)
    assert config_from_dict(config_to_dict(SMALL)) == SMALL


def test_pictures_of_a_batch_do_not_touch_each_other(small):
    images = photo(64, 64, count=3)
    with torch.no_grad():
        together = small(images)
        apart = torch.cat([small(image[None]) for image in images])
    assert (together - apart).abs().max().item() < 1e-5


def test_borders_of_the_enlarged_logits_are_smooth(small):
    """Between the values that were computed the logits go in a straight line."""
    image = photo(64, 64)
    with torch.no_grad():
        coarse, fine = small.coarse(image), small(image)
    assert coarse.shape == (1, 5, 16, 16)
    # A pixel's middle is 1/8, 3/8, 5/8, 7/8 of the way between two values' middles.
    for offset, share in enumerate((0.125, 0.375, 0.625, 0.875)):
        row = torch.lerp(coarse[..., 5, :], coarse[..., 6, :], share)
        column = torch.lerp(row[..., 3], row[..., 4], 0.125)
        assert torch.allclose(fine[..., 22 + offset, 14], column, atol=1e-5)


def test_enlarging_keeps_constants_and_sizes():
    logits = torch.tensor([1.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 3, 2)
    assert torch.equal(enlarged(logits, 4), logits[..., :1, :1].expand(1, 2, 12, 8))


def test_every_logit_sees_the_whole_photo(small):
    """The far corner decides with: what is water depends on where the sky is."""
    image = photo(96, 256).requires_grad_()
    small.coarse(image)[0, :, -1, -1].sum().backward()
    assert image.grad is not None
    assert image.grad[0, :, :16, :16].abs().sum() > 0


def test_a_gate_weighs_channels_by_the_maps_means():
    torch.manual_seed(0)
    gate = Gate(8)
    x = photo(6, 7)[:, :1].expand(1, 8, 6, 7).contiguous()
    with torch.no_grad():
        weights = gate(x) / x
        gate.excite.weight.zero_()
        gate.excite.bias.fill_(0.0)
        halves = gate(x)
    assert torch.allclose(weights, weights[..., :1, :1].expand_as(weights), atol=1e-5)
    assert weights.min() > 0
    assert weights.max() < 1
    assert torch.allclose(halves, x / 2)


def test_batch_norm_is_torchs_own():
    """In training, in evaluation, and in what it keeps."""
    ours, theirs = BatchNorm(6), nn.BatchNorm2d(6)
    values = torch.linspace(-1.0, 2.0, 6)
    with torch.no_grad():
        for norm in (ours, theirs):
            norm.weight.copy_(values)
            norm.bias.copy_(values.flip(0))
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    generator = torch.Generator().manual_seed(2)
    x = torch.zeros(0)
    for _ in range(3):
        x = torch.randn(4, 6, 5, 3, generator=generator) * 3 + 1
        assert torch.allclose(ours(x), theirs(x), atol=1e-6)
    for key, value in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[key], value, atol=1e-6), key
    before = ours.eval().running_mean.clone()
    assert torch.allclose(ours(x), theirs.eval()(x), atol=1e-6)
    assert torch.equal(ours.running_mean, before)
    assert ours.num_batches_tracked == 3


def test_every_weight_counts_in_the_probe(small):
    with torch.no_grad():
        before = small.probe()
        for key, value in small.state_dict().items():
            if not value.is_floating_point():
                continue
            kept = value.clone()
            value.mul_(1.5).add_(0.1)
            assert not torch.equal(small.probe(), before), key
            value.copy_(kept)
        assert torch.equal(small.probe(), before)


def test_the_shipped_size_is_small(tmp_path):
    """At most two million weights, and four mebibytes as a file."""
    torch.manual_seed(0)
    config = SegmenterConfig(classes=14)
    network = build(config)
    assert sum(p.numel() for p in network.parameters()) <= 2_000_000
    path = tmp_path / "reader.safetensors"
    checkpoint.save(
        path,
        network,
        model_id="reader",
        title="Reader",
        family="segmenter",
        config=config,
        licence="CC0",
        source="random numbers",
        step=0,
        ema=False,
        training={},
        extras={},
        palette_id="landscape",
    )
    assert path.stat().st_size <= 4 * 2**20
    spec = spec_of_file(path)
    assert (spec.config, spec.io.palette_id) == (config, "landscape")
    assert (spec.io.multiple_of_px, spec.io.min_px) == (1, 1)
    loaded = checkpoint.load(path).network
    with torch.no_grad():
        want, got = network.eval()(photo(64, 64)), loaded(photo(64, 64))
    assert (want - got).abs().max() < 0.02 * want.std()


def test_weights_are_all_in_the_state_dict(small):
    tensors = small.state_dict()
    again = checkpoint.assemble(SMALL, tensors, "the test")
    with torch.no_grad():
        assert torch.equal(again(photo(32, 64)), small(photo(32, 64)))
    assert build_unfilled(SMALL).state_dict().keys() == tensors.keys()
