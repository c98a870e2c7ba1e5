"""A tiny model with directions, and recipes for it."""

import functools
import hashlib
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from app.document.document import Document, Photo, with_edit, with_reference
from app.document.io.images import read_image
from app.document.io.recipes import save_recipe
from app.document.masks import mask_of
from app.document.sliders import Slider
from app.document.tiles import TiledArray
from models import checkpoint
from models.edits import Edit
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.values import Direction, Mask, Picture

TEXTURE_AXES, STRUCTURE_AXES = 3, 2


def save_with_directions(
    path: Path, config, *, seed: int = 0, mean: bool = True, structure: bool = True
) -> Path:
    """A network of random weights that brings directions, whose id is the file's name."""
    path.write_bytes(_with_directions(path.stem, config, seed, mean, structure))
    return path


@functools.cache
def _with_directions(name: str, config, seed: int, mean: bool, structure: bool) -> bytes:
    torch.manual_seed(seed)
    length = config.texture_channels
    extras = {
        "texture.axes": torch.linalg.qr(torch.randn(length, length))[0][:TEXTURE_AXES],
        "texture.deviations": torch.tensor([0.4, 0.2, 0.1]),
    }
    if structure:
        extras["structure.mean"] = torch.zeros(config.structure_channels)
        extras["structure.axes"] = torch.eye(config.structure_channels)[:STRUCTURE_AXES]
        extras["structure.deviations"] = torch.tensor([0.5, 0.25])
    if mean:
        extras["texture.mean"] = torch.nn.functional.normalize(torch.randn(length), dim=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.safetensors")
        checkpoint.save(
            path,
            SwappingAutoencoder(**asdict(config)),
            model_id=name,
            title=name.title(),
            family="swapping_autoencoder",
            config=config,
            licence="CC0-1.0",
            source="random numbers",
            step=0,
            ema=False,
            training={"variance_of_the_axes": {"texture": 0.63, "structure": 0.5}},
            extras=extras,
        )
        return path.read_bytes()


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def slider(name: str, weights: str, *, model: str = "tiny", length: int = 16, seed: int = 0):
    values = np.random.default_rng(seed).standard_normal(length) * 0.2
    return Slider(Direction.from_values(values), name, model, weights)


def photo_of(path: Path) -> Photo:
    image = read_image(path)
    return Photo(Picture.from_rgb(image.rgb_hwc), path.name, path, image.metadata)


def left_half(height_px: int = 40, width_px: int = 40) -> Mask:
    """A mask that is full on the left, and falls to nothing in the middle."""
    row = np.clip(255 * (width_px / 2 - np.arange(width_px)) / 4, 0, 255).astype(np.uint8)
    return mask_of(TiledArray.from_array(np.tile(row, (height_px, 1))))


def write_recipe(path: Path, *edits: Edit, references=(), masks=(), sliders=()) -> Path:
    """A recipe of these edits, saved as the window does."""
    document = Document(Photo(Picture.from_rgb(np.zeros((8, 8, 3), np.uint8)), "base.png"))
    for reference in references:
        document = with_reference(document, reference)
    for edit in edits:
        document = with_edit(document, edit, masks=masks, sliders=sliders)
    save_recipe(path, document)
    return path
