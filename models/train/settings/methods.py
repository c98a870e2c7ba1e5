"""What can be trained: the methods by their names. Never torch, so that a command line is quick.

Adding a method: its numbers in `models.train.settings`, its step in `models.train.recipes`, what
connects them to a run in `models.train.methods`, and a line here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.errors import DataError
from models.train.settings import segmenter, spade, swapping_autoencoder
from models.train.settings.segmenter import SegmenterRecipe
from models.train.settings.spade import SpadeRecipe
from models.train.settings.swapping_autoencoder import SwappingAutoencoderRecipe

Recipe = SwappingAutoencoderRecipe | SpadeRecipe | SegmenterRecipe


@dataclass(frozen=True, kw_only=True)
class MethodSettings:
    """One method, as a command line or a window offers it.

    Attributes:
        name: what a person types, and what a run notes.
        summary: a sentence for help texts.
        recipe: the dataclass of its numbers.
        presets: values of the recipe by the preset's name; the first is the recipe's defaults.
        labelled: whether it trains on photos with label maps.
        may_change: names of what a resumed run may have otherwise than it began, besides what all
            methods allow: its networks take crops of any size.
    """

    name: str
    summary: str
    recipe: type[Recipe]
    presets: Mapping[str, Mapping[str, Any]]
    labelled: bool
    may_change: frozenset[str] = frozenset()


SWAPPING_AUTOENCODER = MethodSettings(
    name="swapping-autoencoder",
    summary="Train a Swapping Autoencoder: structure and texture of photos.",
    recipe=SwappingAutoencoderRecipe,
    presets=swapping_autoencoder.PRESETS,
    labelled=False,
)
SPADE = MethodSettings(
    name="spade",
    summary="Train SPADE: a painted layout, and a style, to a picture.",
    recipe=SpadeRecipe,
    presets=spade.PRESETS,
    labelled=True,
    may_change=frozenset({"crop_px", "batch", "kl"}),
)
SEGMENTER = MethodSettings(
    name="segmenter",
    summary="Train a segmenter: a photo to a layout.",
    recipe=SegmenterRecipe,
    presets=segmenter.PRESETS,
    labelled=True,
    may_change=frozenset({"crop_px", "batch"}),
)
METHODS: dict[str, MethodSettings] = {
    method.name: method for method in (SWAPPING_AUTOENCODER, SPADE, SEGMENTER)
}


def find_method(name: str) -> MethodSettings:
    """The method of this name; `DataError` where there is none."""
    if name not in METHODS:
        raise DataError(f"There is no method {name!r}; there are {', '.join(METHODS)}.")
    return METHODS[name]


def method_of(recipe: Recipe) -> MethodSettings:
    """The method that a recipe belongs to."""
    return next(method for method in METHODS.values() if method.recipe is type(recipe))
