"""The network that a training starts from."""

from dataclasses import replace

import pytest
import torch

from models import checkpoint
from models.builders import build
from models.configs import SegmenterConfig
from models.errors import CheckpointMismatch, CheckpointMissing
from models.networks.segmenter import Segmenter
from models.train.recipes.start import start_network

CONFIG = SegmenterConfig(classes=3, base_channels=4)


@pytest.fixture
def given(tmp_path):
    path = tmp_path / "given.safetensors"
    checkpoint.save(
        path,
        build(CONFIG).eval(),
        model_id="given",
        title="Given",
        family="segmenter",
        config=CONFIG,
        licence="",
        source="",
        step=0,
        ema=True,
        training={},
        extras={},
    )
    return path


def test_without_a_file_it_is_the_seeds(given):
    torch.manual_seed(3)
    one = start_network(CONFIG, "", Segmenter).head.weight
    torch.manual_seed(3)
    assert torch.equal(one, start_network(CONFIG, "", Segmenter).head.weight)
    assert not torch.equal(one, start_network(CONFIG, "", Segmenter).head.weight)


def test_with_a_file_it_is_the_files(given):
    started = start_network(CONFIG, str(given), Segmenter).state_dict()
    stored = checkpoint.load(given).network.state_dict()
    assert all(torch.equal(started[key], value) for key, value in stored.items())


def test_a_file_of_another_shape_is_refused(given):
    with pytest.raises(CheckpointMismatch, match="cannot be the start: its network has other"):
        start_network(replace(CONFIG, classes=4), str(given), Segmenter)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CheckpointMissing):
        start_network(CONFIG, str(tmp_path / "absent.safetensors"), Segmenter)
