import subprocess
import sys

import pytest
import torch
from torch import nn

from models.builders import BUILDERS, build, build_unfilled
from models.configs import (
    MultiscaleDiscriminatorConfig,
    PatchCooccurrenceConfig,
    SpadeConfig,
    SwappingAutoencoderConfig,
)
from tests.models.toys import CONFIG

RENDER = """
import sys
import torch
from models.builders import build_unfilled
from models.configs import SwappingAutoencoderConfig
network = build_unfilled(SwappingAutoencoderConfig(generator_scale=1 / 32, encoder_scale=1 / 16))
with torch.inference_mode():
    network.probe()
slow = [name for name in ("torch._dynamo", "torch._inductor", "sympy") if name in sys.modules]
sys.exit(", ".join(slow) or 0)
"""


@pytest.mark.parametrize(
    "config",
    [
        SwappingAutoencoderConfig(),
        PatchCooccurrenceConfig(),
        SpadeConfig(classes=3, base_channels=2, style_length=4),
        MultiscaleDiscriminatorConfig(in_channels=5, base_channels=4),
    ],
)
def test_an_unfilled_network_has_the_same_parts(config):
    state = torch.random.get_rng_state()
    unfilled = build_unfilled(config).state_dict()
    assert torch.equal(torch.random.get_rng_state(), state)
    filled = build(config).state_dict()
    assert unfilled.keys() == filled.keys()
    for key, value in filled.items():
        assert (unfilled[key].shape, unfilled[key].dtype) == (value.shape, value.dtype)


def test_torchs_own_layers_are_not_filled_either(monkeypatch):
    class Layers(nn.Module):
        def __init__(self, **_fields: object) -> None:
            super().__init__()
            self.linear = nn.Linear(3, 2)
            self.convolution = nn.Conv2d(3, 2, 1)
            self.scale = nn.Parameter(nn.init.ones_(tensor=torch.zeros(1)))

    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Layers)
    state = torch.random.get_rng_state()
    assert build_unfilled(CONFIG).state_dict()["linear.weight"].shape == (2, 3)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_neither_building_nor_computing_imports_the_compiler():
    """It takes seconds, in which other threads hardly get a turn."""
    done = subprocess.run(
        [sys.executable, "-c", RENDER], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
