"""A network of a few numbers with the interface of a real one, for tests of files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models import checkpoint
from models.builders import build
from models.configs import Config, SwappingAutoencoderConfig
from models.header import HEADER_KEY, read_header

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


def seeded(config: Config) -> dict[str, Tensor]:
    """The state dict of the true network, the same at every call."""
    torch.manual_seed(0)
    return dict(build(config).state_dict())


def save_pickle(path: Path, content: Any, *, legacy: bool = False) -> Path:
    """`content` as `torch.save` writes it, in the format since 1.6 or the one before."""
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


def rewrite(
    path: Path, tensors: dict[str, Tensor | None] | None = None, header: dict | None = None
) -> None:
    """Write the checkpoint again with other tensors (None leaves one out) and header fields."""
    metadata = json.loads(read_header(path).to_json()) | (header or {})
    content: dict[str, Tensor | None] = {**load_file(path), **(tensors or {})}
    kept = {key: value for key, value in content.items() if value is not None}
    save_file(kept, path, {HEADER_KEY: json.dumps(metadata)})
