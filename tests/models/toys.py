"""A network of a few numbers with the interface of a real one, for tests of files."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models import checkpoint
from models.configs import SwappingAutoencoderConfig

CONFIG = SwappingAutoencoderConfig(structure_channels=3, texture_channels=4)


class Toy(nn.Module):
    """Stands in for the network of a `SwappingAutoencoderConfig`."""

    steps: Tensor

    def __init__(self, *, structure_channels: int, texture_channels: int, **_others: Any) -> None:
        super().__init__()
        self.linear = nn.Linear(texture_channels, structure_channels)
        self.register_buffer("steps", torch.tensor(5))

    def probe(self) -> Tensor:
        return self.linear(torch.ones(self.linear.in_features))


def toy(seed: int = 0) -> Toy:
    torch.manual_seed(seed)
    return Toy(structure_channels=3, texture_channels=4)


def save_toy(path: Path, network: nn.Module | None = None, **changes: Any) -> str:
    """A checkpoint of a toy whose id is the file's name; its sha256."""
    values: dict[str, Any] = {
        "model_id": path.stem,
        "title": path.stem.title(),
        "family": "swapping_autoencoder",
        "config": replace(CONFIG),
        "licence": "Apache-2.0",
        "source": "a test",
        "step": 7,
        "ema": True,
        "training": {"recipe": "toy", "minutes": 0.5},
        "extras": {},
    }
    return checkpoint.save(path, network or toy(), **{**values, **changes})
