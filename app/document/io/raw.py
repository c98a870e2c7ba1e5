"""What the readers of the single formats have in common: their result and their refusal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt

from app.document.io.metadata import ImageMetadata

Model = Literal["grey", "rgb", "cmyk"]

SizeCheck = Callable[[int, int], None]
"""Called with width and height in px before any pixel is decoded; raises `Refusal`."""

DAMAGED_HINT = "Copy it again from where it came from."


class Refusal(Exception):
    """A file cannot be read or written; the caller knows its name and makes the sentence.

    Attributes:
        reason: completes "NAME cannot be opened: ...", without a full stop.
        hint: a sentence that says what to do.
    """

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason, hint)
        self.reason = reason
        self.hint = hint


def damaged() -> Refusal:
    """The refusal of a file whose contents contradict themselves or end too early."""
    return Refusal("it is damaged or cut short", DAMAGED_HINT)


@dataclass(frozen=True)
class RawImage:
    """Pixels as the file has them: not rotated, in the file's colour model.

    Attributes:
        samples_hwc: H x W x C uint8 or uint16, full range; C is 1 (grey), 3 (rgb) or 4 (cmyk).
        model: what the channels are; cmyk counts ink, 0 is paper.
        alpha_hw: H x W of the same type, or None; colours are not multiplied by it.
        metadata: as found; `icc` fits `model`, not yet necessarily RGB.
    """

    samples_hwc: npt.NDArray[Any]
    model: Model
    alpha_hw: npt.NDArray[Any] | None
    metadata: ImageMetadata
