"""Slider files, `.slider`: directions of texture codes, to be kept and shared.

A safetensors file: tensor "N" holds the values of slider N, float32; its metadata holds, as JSON
under one key, the format, the version, and for each slider its hash, its name, the model's id, the
sha256 of the model's weights, and the share of the variance along it.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from safetensors import SafetensorError
from safetensors import numpy as tensors

from app.atomic import write_atomically
from app.document.io.opening import opening, read_at_most
from app.document.io.raw import Refusal
from app.document.sliders import Slider
from models.errors import ModelsError
from models.values import Direction

SUFFIX = ".slider"
FORMAT = "scumble-sliders"
VERSION = 1
MAX_BYTES = 4 * 2**20
"""A slider takes a few kilobytes."""
LONGEST_NAME = 200
HEADER_SIZE_BYTES = 8
"""A safetensors file begins with the size of its header, little-endian."""

DAMAGES = (
    *(ValueError, TypeError, LookupError, AttributeError, RuntimeError),
    *(SafetensorError, ModelsError),
)


def write_sliders(path: Path, sliders: Sequence[Slider]) -> None:
    """Write a file of sliders, whole or not at all.

    Raises:
        UserError: as `app.atomic.write_atomically`.
        ValueError: no sliders, or more than a file holds (a defect of ours).
    """
    if not sliders:
        raise ValueError("a file without sliders")
    rows = [
        {
            "sha256": slider.direction.sha256,
            "name": slider.name,
            "model": slider.model,
            "weights": slider.weights,
            "share": slider.share,
        }
        for slider in sliders
    ]
    header = json.dumps({"format": FORMAT, "version": VERSION, "sliders": rows})
    values = {str(number): slider.direction.values for number, slider in enumerate(sliders)}
    data = tensors.save(values, {FORMAT: header})
    if len(data) > MAX_BYTES:
        raise ValueError(f"{len(sliders)} sliders")
    write_atomically(path, data)


def read_sliders(path: Path, weights: str | None, model: str = "") -> tuple[Slider, ...]:
    """The sliders of a file, at least one.

    Args:
        path: of the file.
        weights: sha256 of the file of the model that they have to be for; None for any.
        model: what that model is called, for the message.

    Raises:
        UserError: there is no such file, it holds no sliders, is damaged, cut short, far too
            large, or of a later version; or they are for another model.
    """
    with opening(path, DAMAGES) as file:
        sliders = _sliders(read_at_most(file, MAX_BYTES))
        if weights is not None:
            for slider in sliders:
                check_model(slider, weights, model)
        return sliders


def check_model(slider: Slider, weights: str, model: str) -> None:
    """Raise `Refusal` if the slider is for another model than the one with these weights."""
    if slider.weights == weights:
        return
    if slider.model == model:
        raise Refusal(
            f"it is for other weights of the model {model!r} than those that are installed",
            "Make the slider again with this model.",
        )
    instead = f", and not for {model!r}" if model else ", and not for the one in use"
    raise Refusal(f"it is for the model {slider.model!r}{instead}", "Choose that model first.")


def _sliders(data: bytes) -> tuple[Slider, ...]:
    if FORMAT.encode() not in data:
        raise Refusal("it is not a file of sliders", "Choose another file.")
    rows = _rows(data)
    values = tensors.load(data)
    if len(values) != len(rows):
        raise ValueError(f"{len(values)} tensors for {len(rows)} sliders")
    return tuple(_slider(row, values[str(number)]) for number, row in enumerate(rows))


def _rows(data: bytes) -> list[Mapping[str, Any]]:
    end = HEADER_SIZE_BYTES + int.from_bytes(data[:HEADER_SIZE_BYTES], "little")
    metadata = json.loads(data[HEADER_SIZE_BYTES:end])["__metadata__"]
    header: Any = json.loads(metadata[FORMAT])
    version: object = header["version"]
    if header["format"] != FORMAT or type(version) is not int or version < 1:
        raise ValueError(f"{header['format']!r} of version {version!r}")
    if version > VERSION:
        raise Refusal("a later version of Scumble wrote it", "Open it with that one.")
    if not header["sliders"]:
        raise ValueError("no sliders")
    return cast("list[Mapping[str, Any]]", header["sliders"])


def _slider(row: Mapping[str, Any], values: Any) -> Slider:
    share = row["share"]
    if values.dtype != "float32" or not (share is None or _is_share(share)):
        raise ValueError(f"values of {values.dtype}, a share of {share!r}")
    if not np.isfinite(values).all():
        raise Refusal("it holds values that are not numbers", "Make the slider again.")
    direction = Direction.from_values(values)
    if direction.sha256 != row["sha256"]:
        raise ValueError("other values than were written")
    name = " ".join(_text(row["name"]).split())[:LONGEST_NAME]
    return Slider(direction, name, _text(row["model"]), _text(row["weights"]), share)


def _is_share(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(cast("float", value))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no name")
    return value
