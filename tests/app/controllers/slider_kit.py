"""A catalog with one model, and sliders for it."""

from pathlib import Path

import numpy as np

from app.document.sliders import Slider
from models.catalog import Catalog, IoSpec, ModelSpec, WeightsSpec
from models.configs import SwappingAutoencoderConfig
from models.values import Direction
from tests.app.fakes import TEXTURE_LENGTH, WEIGHTS

OTHER_WEIGHTS = "e" * 64


def spec(model_id: str = "toy", family: str = "swapping_autoencoder") -> ModelSpec:
    """A model that swaps textures, as far as the window looks at it."""
    return ModelSpec(
        id=model_id,
        title=model_id.title(),
        family=family,
        config=SwappingAutoencoderConfig(),
        weights=WeightsSpec(f"{model_id}.safetensors", "", 10, "CC0-1.0", "tests", 1),
        io=IoSpec(16, 64),
        path=Path(f"{model_id}.safetensors"),
        shipped=False,
    )


def catalog(*model_ids: str) -> Catalog:
    return Catalog(tuple(spec(name) for name in model_ids or ("toy",)))


def values_of(*first: float) -> np.ndarray:
    """A texture direction that begins with these numbers."""
    values = np.zeros(TEXTURE_LENGTH, np.float32)
    values[: len(first)] = first
    return values


def slider(name: str = "Warm", *first: float, weights: str = WEIGHTS, share=None) -> Slider:
    """A slider that shifts red, green and blue."""
    values = values_of(*(first or (0.1, 0.0, -0.1)))
    return Slider(Direction.from_values(values), name, "toy", weights, share)
