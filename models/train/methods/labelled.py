"""Runs on photos with label maps: SPADE, and the segmenter."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.errors import DataError
from models.train.data.batches import CropBatches
from models.train.data.labelled import (
    LabelledBatch,
    LabelledEntry,
    Pair,
    find_labelled,
    labelled_crops,
    load_batch,
)
from models.train.data.labels import IDS, class_colours, own_classes, read_table
from models.train.methods.method import Extras, Found, Method, Part
from models.train.recipes import segmenter, spade
from models.train.settings.segmenter import SegmenterRecipe
from models.train.settings.spade import SpadeRecipe

Recipe = SpadeRecipe | SegmenterRecipe


@dataclass(frozen=True)
class Shown:
    """Attributes:
    batch: photos with their class ids.
    colours: 256 x 3 in [-1, 1], of the classes.
    """

    batch: LabelledBatch
    colours: Tensor

    def to(self, device: torch.device) -> Self:
        """The same on a device."""
        return type(self)(self.batch.to(device), self.colours.to(device))


def find(sources: Sequence[Path]) -> Found:
    """Every photo that has a label map."""
    found = find_labelled(sources)
    left_out = "One photo without a label map was" if found.without == 1 else (
        f"{found.without} photos without a label map were"
    )  # fmt: skip
    return Found(found.entries, f"{left_out} left out." if found.without else "")


def classes_of(recipe: Recipe) -> npt.NDArray[np.int16]:
    """For each of 256 ids of the data the class, `NO_CLASS`, or what unknown pixels are here.

    Raises:
        DataError: the recipe's table cannot be read, or has more classes than the recipe.
    """
    table = read_table(recipe.labels) if recipe.labels else own_classes(recipe.classes)
    if table.classes > recipe.classes:
        raise DataError(
            f"{recipe.labels} makes {table.classes} classes, and the network has "
            f"{recipe.classes}: give --classes {table.classes}, or leave it out."
        )
    ids = table.classes_of
    if isinstance(recipe, SegmenterRecipe):
        ids = table.with_unknown(segmenter.UNKNOWN)
    elif recipe.unknown_channel:
        ids = table.with_unknown(recipe.classes)
    return np.array(ids, np.int16)


def batches(
    recipe: Recipe, entries: Sequence[LabelledEntry], part: Part
) -> CropBatches[LabelledEntry, Pair, LabelledBatch]:
    return CropBatches(
        entries,
        labelled_crops(classes_of(recipe), recipe.crop_px),
        smallest=recipe.smallest_crop,
        batch=recipe.batch,
        seed=recipe.seed,
        rank=part.rank,
        world=part.world,
        threads=part.threads,
    )


def shown(recipe: Recipe, entries: Sequence[LabelledEntry], palette_id: str | None) -> Shown:
    batch = load_batch(entries, classes_of(recipe), recipe.crop_px)
    return Shown(batch, colours(palette_id))


def colours(palette_id: str | None) -> Tensor:
    """256 x 3 in [-1, 1], of a palette's classes."""
    return torch.tensor(class_colours(palette_id, IDS)).float() / 127.5 - 1.0


def no_extras(network: nn.Module, recipe: Recipe, entries: Sequence[LabelledEntry]) -> Extras:
    return Extras()


def _method(recipe_module: Any, headline: Any) -> Method:
    return Method(
        family=recipe_module.FAMILY,
        find=find,
        build=recipe_module.build,
        batches=batches,
        step=recipe_module.step,
        shown=shown,
        sample=lambda state, given: recipe_module.sample(state, given.batch, given.colours),
        headline=headline,
        settle=recipe_module.measure_statistics,
        extras=no_extras,
    )


SPADE = _method(spade, spade.headline)
SEGMENTER = _method(segmenter, lambda state: "")
