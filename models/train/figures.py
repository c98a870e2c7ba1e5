"""Figures and pictures of weights files, for the command line: what is loaded, and what fits."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from models import checkpoint
from models.catalog import ModelSpec
from models.configs import SegmenterConfig, SpadeConfig
from models.errors import DataError
from models.networks.segmenter import Segmenter
from models.networks.spade import SpadeNetwork
from models.networks.squeezenet import load_squeezenet
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.train.data.images import ImageEntry
from models.train.data.labelled import LabelledEntry, load_batch
from models.train.data.labels import NO_CLASS, choose_labels, own_classes
from models.train.journal import save_picture
from models.train.methods.labelled import colours
from models.train.methods.swapping_autoencoder import stack
from models.train.metrics import segmenter as segmenter_metrics
from models.train.metrics import spade as spade_metrics
from models.train.metrics import swapping_autoencoder as swapping_metrics
from models.train.recipes.segmenter import UNKNOWN
from models.train.recipes.swapping_autoencoder import swap_grid

Progress = Callable[[int, int], None]
N = TypeVar("N", bound=nn.Module)
DICE = 2
"""Random styles in a contact sheet, beside those of photos."""


def load_network(model: Path, kind: type[N], what: str) -> N:
    """The network of a weights file; `DataError` for another family."""
    network = checkpoint.load(model).network
    if not isinstance(network, kind):
        raise DataError(f"{model} is not a {what}.")
    return network


def measure_swaps(
    model: Path,
    pictures: Sequence[ImageEntry],
    features: Path,
    *,
    pairs: int,
    size_px: int,
    seed: int,
    progress: Progress,
) -> swapping_metrics.Report:
    """The held-out figures of a Swapping Autoencoder.

    Raises:
        DataError: fewer than two pictures, or one that cannot be read.
        CheckpointError: the model or the feature network cannot be used.
    """
    network = load_network(model, SwappingAutoencoder, "Swapping Autoencoder")
    if len(pictures) < 2:
        raise DataError("Figures need at least two held-out pictures: give more data or an index.")
    return swapping_metrics.evaluate(
        network,
        load_squeezenet(features),
        pictures,
        size_px=size_px,
        pairs=pairs,
        seed=seed,
        progress=progress,
    )


def swap_sheet(model: Path, pictures: Sequence[ImageEntry], size_px: int, out: Path) -> None:
    """Write an image file with the swaps of all pairs of `pictures`, cut to squares."""
    _need(pictures)
    network = load_network(model, SwappingAutoencoder, "Swapping Autoencoder")
    with torch.inference_mode():
        save_picture(swap_grid(network, stack(pictures, size_px)), out)


def measure_layouts(
    model: ModelSpec,
    pictures: Sequence[LabelledEntry],
    *,
    labels: str | None,
    segmenter: ModelSpec | None,
    features: Path | None,
    size_px: int,
    seed: int,
    progress: Progress,
) -> spade_metrics.SpadeReport:
    """The held-out figures of a SPADE.

    Args:
        labels: which class each id of the data means; None for the ids of the model's palette.

    Raises:
        DataError: no pictures, or one that cannot be read; models that do not fit.
        CheckpointError: a model or the feature network cannot be used.
    """
    network, config = _spade(model)
    _need(pictures)
    reader = None
    if segmenter is not None:
        reader = load_network(segmenter.path, Segmenter, "segmenter")
        _check_reader(model, config, segmenter, reader, size_px)
    return spade_metrics.evaluate(
        network,
        config,
        pictures,
        _layout_classes(model, config, labels),
        segmenter=reader,
        features=None if features is None else load_squeezenet(features),
        size_px=size_px,
        seed=seed,
        progress=progress,
    )


def style_sheet(
    model: ModelSpec,
    pictures: Sequence[LabelledEntry],
    *,
    labels: str | None,
    layouts: int,
    styles: int,
    size_px: int,
    out: Path,
) -> None:
    """Write an image file with held-out layouts in the styles of other photos, and of dice.

    Layouts and photos are spread over the pictures.

    Raises:
        DataError: no pictures, one that cannot be read, or a model without styles.
        CheckpointError: the model cannot be used.
    """
    network, config = _spade(model)
    if network.E is None:
        raise DataError(f"{model.title} has no styles, of which a sheet could be made.")
    _need(pictures)
    classes_of = _layout_classes(model, config, labels)
    dice = min(DICE, styles - 1)
    batch = load_batch(_spread(pictures, layouts, 0.0), classes_of, size_px)
    photos = load_batch(_spread(pictures, styles - dice, 0.5), classes_of, size_px).images
    sheet = spade_metrics.contact_sheet(
        network, config, batch, photos, dice, colours(model.io.palette_id)
    )
    save_picture(sheet, out)


def measure_reading(
    model: ModelSpec,
    pictures: Sequence[LabelledEntry],
    *,
    labels: str | None,
    size_px: int,
    progress: Progress,
) -> segmenter_metrics.SegmenterReport:
    """The held-out figures of a segmenter.

    Raises:
        DataError: no pictures, one that cannot be read, or another kind of model.
        CheckpointError: the model cannot be used.
    """
    network = load_network(model.path, Segmenter, "segmenter")
    _check_side(model, network, size_px)
    _need(pictures)
    classes_of = _classes_of(model, labels, network.classes, UNKNOWN)
    return segmenter_metrics.evaluate(
        network, pictures, classes_of, size_px=size_px, progress=progress
    )


def reading_sheet(
    model: ModelSpec,
    pictures: Sequence[LabelledEntry],
    *,
    labels: str | None,
    count: int,
    size_px: int,
    out: Path,
) -> None:
    """Write an image file: photos, their label maps, and the network's layouts below each other."""
    network = load_network(model.path, Segmenter, "segmenter")
    _check_side(model, network, size_px)
    _need(pictures)
    classes_of = _classes_of(model, labels, network.classes, UNKNOWN)
    batch = load_batch(_spread(pictures, count, 0.0), classes_of, size_px)
    sheet = segmenter_metrics.contact_sheet(network, batch, colours(model.io.palette_id))
    save_picture(sheet, out)


def report_json(report: Any) -> str:
    """The figures as JSON text; a figure that is no number, or was not asked for, is null."""
    return json.dumps(_finite(asdict(report)), indent=2)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    # JSON has no infinity, which the PSNR of a perfect copy is.
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _need(pictures: Sequence[object]) -> None:
    if not pictures:
        raise DataError("There are no held-out pictures: give more data, or --split all.")


def _spade(model: ModelSpec) -> tuple[SpadeNetwork, SpadeConfig]:
    network = load_network(model.path, SpadeNetwork, "SPADE")
    assert isinstance(model.config, SpadeConfig)
    return network, model.config


def _check_reader(
    model: ModelSpec, config: SpadeConfig, segmenter: ModelSpec, reader: Segmenter, size_px: int
) -> None:
    if (segmenter.io.palette_id, reader.classes) != (model.io.palette_id, config.classes):
        raise DataError(
            f"{segmenter.title} reads {_labels_of(segmenter)}, and {model.title} paints "
            f"{_labels_of(model)}: name another segmenter with --segmenter."
        )
    _check_side(segmenter, reader, size_px)


def _check_side(model: ModelSpec, reader: Segmenter, size_px: int) -> None:
    if size_px % reader.cell_px:
        raise DataError(
            f"{model.title} reads pictures whose sides are multiples of {reader.cell_px} px, "
            f"not {size_px} px: give another --size."
        )


def _labels_of(model: ModelSpec) -> str:
    assert isinstance(model.config, SpadeConfig | SegmenterConfig)
    return f"{model.config.classes} labels of the palette {model.io.palette_id or 'of its own'}"


def _layout_classes(
    model: ModelSpec, config: SpadeConfig, labels: str | None
) -> npt.NDArray[np.int16]:
    unknown = config.classes if config.unknown_channel else NO_CLASS
    return _classes_of(model, labels, config.classes + config.unknown_channel, unknown)


def _classes_of(
    model: ModelSpec, labels: str | None, classes: int, unknown: int
) -> npt.NDArray[np.int16]:
    """For every id the class, as `load_pair` takes it; unknown pixels are `unknown`."""
    palette_id = model.io.palette_id
    if labels is None and palette_id is None:
        table = own_classes(classes)
    else:
        _, _, table = choose_labels(labels, palette_id)
    if table.classes > classes:
        raise DataError(
            f"{labels or palette_id} makes {table.classes} classes, and {model.title} has "
            f"{classes}: give another table with --labels."
        )
    return np.array(table.with_unknown(unknown), np.int16)


def _spread(pictures: Sequence[LabelledEntry], count: int, start: float) -> list[LabelledEntry]:
    """`count` of the pictures, evenly spread; `start` is where in the first step, 0..1."""
    step = len(pictures) / count
    return [pictures[min(len(pictures) - 1, int((i + start) * step))] for i in range(count)]
