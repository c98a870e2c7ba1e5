"""The wire format between the program and the engine: requests, results, cancelling.

Everything here pickles, nothing here is torch. A request holds all that its picture depends on;
nothing outside it may influence the result, with one exception: the engine's device and precision
(`models.engine.device`), which `RenderResult.device` names. Pictures are equal when their hashes
are, so comparing two requests answers "did anything change?" without touching a pixel.

The JSON form of a request is the recipe of its edits (`models.edits`); pixels and the layout travel
beside it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.edits import Edit, RenderLayout
from models.errors import Cancelled, RequestError
from models.values import Direction, Layout, Mask, Picture


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """One picture to render: a base, the edits on top of it, and how large.

    Attributes:
        base: the picture that the first edit works on.
        edits: applied in order; disabled ones are left out.
        pictures: every picture that an edit names, in any order.
        masks: every mask that an edit names; of any size, they are stretched over the picture.
        directions: every direction that an edit names.
        layout: what a `RenderLayout` renders; of any size, it is stretched likewise.
        short_side_px: the shorter side of the result; None keeps the base's size.
        edit_px: the shorter side at which edits are carried out, at most the result's; None: the
            result's. If it is less, what they change is stretched and put into the base at the
            result's size, so that the base keeps its own detail wherever an edit leaves it.
        bits: 8 or 16 bits a channel of the result.
    """

    base: Picture
    edits: tuple[Edit, ...] = ()
    pictures: tuple[Picture, ...] = ()
    masks: tuple[Mask, ...] = ()
    directions: tuple[Direction, ...] = ()
    layout: Layout | None = None
    short_side_px: int | None = None
    edit_px: int | None = None
    bits: int = 8

    def __post_init__(self) -> None:
        for side_px in (self.short_side_px, self.edit_px):
            if side_px is not None and side_px < 1:
                raise RequestError(f"A picture cannot be {side_px} px wide.")
        if self.bits not in (8, 16):
            raise RequestError(f"A picture has 8 or 16 bits a channel, not {self.bits}.")
        pictures = {picture.sha256 for picture in self.pictures}
        masks = {mask.sha256 for mask in self.masks}
        directions = {direction.sha256 for direction in self.directions}
        for edit in self.edits:
            if lacking := [sha for sha in edit.pictures if sha not in pictures]:
                raise RequestError(f"The reference {lacking[0][:12]} of an edit is missing.")
            if lacking := [sha for sha in edit.masks if sha not in masks]:
                raise RequestError(f"The mask {lacking[0][:12]} of an edit is missing.")
            if lacking := [sha for sha in edit.directions if sha not in directions]:
                raise RequestError(f"The slider {lacking[0][:12]} of an edit is missing.")
            if isinstance(edit, RenderLayout) and self.layout is None:
                raise RequestError("There is no layout to render: paint or import one.")


@dataclass(frozen=True, kw_only=True)
class RenderResult:
    """A rendered picture.

    Attributes:
        rgb_hwc: H x W x 3, uint8 or uint16 as asked for, contiguous.
        seconds: wall time of the render, model loading included.
        device: what it ran on, in words.
        notes: sentences for the person: a retreat to a smaller size, to the CPU.
        outside_px: pixels in which no edit may change anything: they lie outside of every mask.
        changed_outside_px: how many of them are not the base's, counted; only where the result has
            the base's size, else 0.
    """

    rgb_hwc: npt.NDArray[Any]
    seconds: float
    device: str
    notes: tuple[str, ...] = ()
    outside_px: int = 0
    changed_outside_px: int = 0


@dataclass(frozen=True, kw_only=True)
class LayoutRequest:
    """A photo whose layout is wanted.

    Attributes:
        photo: to look at.
        model: id or path of a model that sees layouts.
    """

    photo: Picture
    model: str


@dataclass(frozen=True, kw_only=True)
class LayoutResult:
    """The layout of a photo.

    Attributes:
        ids_hw: H x W uint8 of the photo's size, contiguous.
        palette_id: that numbers the labels.
        seconds: wall time, model loading included.
        device: what it ran on, in words.
        notes: sentences for the person.
    """

    ids_hw: npt.NDArray[Any]
    palette_id: str
    seconds: float
    device: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SimilarityRequest:
    """A place in a picture whose like is sought, by the structure code (thesis, section 4.4.6).

    Attributes:
        picture: the picture in which it is sought, with the edits before the one in question.
        x, y: the place, in shares of the picture's width and height, 0..1.
        model: id or path of a Swapping Autoencoder.
    """

    picture: RenderRequest
    x: float
    y: float
    model: str


@dataclass(frozen=True, kw_only=True)
class SimilarityResult:
    """How much every place is like the one that was asked for.

    Attributes:
        similarity_hw: h x w float32, cosine of the structure codes, -1..1, one value for each cell
            of the structure code; it covers the picture, whose edges may cut the last cells.
        cell_px: side of a cell, in pixels of the picture at `picture.short_side_px`.
        flat: whether the place cannot be told from nearly all of the picture.
        seconds: wall time, model loading included.
        device: what it ran on, in words.
    """

    similarity_hw: npt.NDArray[np.float32]
    cell_px: float
    flat: bool
    seconds: float
    device: str


@dataclass(frozen=True, kw_only=True)
class TextureRequest:
    """A photo whose texture code is wanted.

    Attributes:
        photo: of any size.
        model: id or path of a Swapping Autoencoder.
        short_side_px: the shorter side at which it is encoded, at most its own.
    """

    photo: Picture
    model: str
    short_side_px: int = 256


@dataclass(frozen=True, kw_only=True)
class TextureResult:
    """A texture code.

    Attributes:
        code: T float32, of unit length.
        weights: sha256 of the model's file, so that codes of two models are not mixed up.
        seconds: wall time, model loading included.
        device: what it ran on, in words.
    """

    code: npt.NDArray[np.float32]
    weights: str
    seconds: float
    device: str


@dataclass(frozen=True, kw_only=True)
class ModelDirections:
    """The principal directions that a model brings with it (thesis, section 4.4.6).

    Attributes:
        weights: sha256 of the model's file.
        texture: share of the variance of all texture codes along each direction, falling, 0..1;
            empty for a model that brings none.
        structure: the same for the structure codes, all places pooled.
        texture_length: length of a texture code.
        texture_mean: T float32, the mean code; None if the model brings none.
    """

    weights: str
    texture: tuple[float, ...]
    structure: tuple[float, ...]
    texture_length: int
    texture_mean: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True)
class DeviceInfo:
    """Something that renders can run on.

    Attributes:
        name: what the engine calls it: "cpu", "cuda:0".
        words: its name for people, with its means: "NVIDIA H200 with 139 GiB".
        memory_bytes: all of its memory; 0 when unknown.
    """

    name: str
    words: str
    memory_bytes: int


@dataclass(frozen=True)
class DeviceReport:
    """What a test render told about a device.

    Attributes:
        device: that was tested.
        precision: that was chosen there: "float32" or "bfloat16".
        seconds: wall time of the render, once everything was loaded.
        words: the outcome in one sentence for the person.
    """

    device: DeviceInfo
    precision: str
    seconds: float
    words: str


class CancelToken:
    """The one thing that two threads share: whether the work has been called off."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` once `cancel` was called; to be called between stages and tiles."""
        if self._event.is_set():
            raise Cancelled


Progress = Callable[[str, float], None]
"""Called with the stage in words ("encoding reference") and the share that is done, 0..1."""
