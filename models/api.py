"""The wire format between the program and the engine: requests, results, cancelling.

Everything here pickles, nothing here is torch. A request holds all that its picture depends on;
nothing outside it may influence the result, with one exception: the engine's device and precision
(`models.engine.device`), which `RenderResult.device` names. Pictures are equal when their hashes
are, so comparing two requests answers "did anything change?" without touching a pixel.

The JSON form of a request is the recipe of its edits (`models.edits`); pixels and the layout travel
beside it.
"""

import functools
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.edits import Edit, RenderLayout
from models.errors import Cancelled, RequestError


def pixel_hash(pixels: npt.NDArray[Any]) -> str:
    """sha256 over dtype, shape and bytes, as lower-case hexadecimal."""
    digest = hashlib.sha256(f"{pixels.dtype.str}{pixels.shape}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def _is_constant(values: npt.NDArray[Any]) -> bool:
    """Whether an array, and each that it is a view of, is read-only, down to their owner."""
    owner: Any = values
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            return False
        owner = owner.base
    return owner is None or isinstance(owner, bytes)


@dataclass(frozen=True)
class Picture:
    """Pixels with their identity.

    Attributes:
        sha256: `pixel_hash` of the pixels; the only field that equality looks at.
        rgb_hwc: H x W x 3, uint8 or uint16, full range, contiguous, read-only.
    """

    sha256: str
    rgb_hwc: npt.NDArray[Any] = field(compare=False, repr=False)

    @classmethod
    def from_rgb(cls, rgb_hwc: npt.NDArray[Any]) -> "Picture":
        """A picture of these pixels: of a copy, unless nobody can change them.

        Pixels that are contiguous and read-only down to the array that owns them, as
        `read_image` gives them, are taken as they are.

        Raises:
            RequestError: not H x W x 3 of uint8 or uint16, or without pixels.
        """
        if rgb_hwc.dtype.name not in ("uint8", "uint16"):
            raise RequestError(f"A picture has 8 or 16 bits a channel, not {rgb_hwc.dtype}.")
        if rgb_hwc.ndim != 3 or rgb_hwc.shape[2] != 3 or 0 in rgb_hwc.shape:
            shape = " x ".join(map(str, rgb_hwc.shape))
            raise RequestError(f"A picture is H x W x 3, not {shape}.")
        pixels = rgb_hwc
        if not (pixels.flags.c_contiguous and _is_constant(pixels)):
            pixels = np.array(rgb_hwc, order="C", copy=True)
            pixels.flags.writeable = False
        return cls(pixel_hash(pixels), pixels)

    @property
    def width_px(self) -> int:
        return int(self.rgb_hwc.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.rgb_hwc.shape[0])


@dataclass(frozen=True)
class Mask:
    """Where an edit acts.

    Attributes:
        sha256: `pixel_hash` of the values; the only field that equality looks at.
        grey_hw: H x W uint8, 0 (not at all) to 255 (fully), read-only.
    """

    sha256: str
    grey_hw: npt.NDArray[np.uint8] = field(compare=False, repr=False)

    @classmethod
    def from_grey(cls, grey_hw: npt.NDArray[np.uint8]) -> "Mask":
        """A mask of a copy of these values.

        Raises:
            RequestError: not H x W of uint8, or without pixels.
        """
        if grey_hw.dtype != np.uint8 or grey_hw.ndim != 2 or 0 in grey_hw.shape:
            raise RequestError("A mask is H x W with 8 bits a pixel.")
        values = np.array(grey_hw, order="C", copy=True)
        values.flags.writeable = False
        return cls(pixel_hash(values), values)


class LabelIds(Protocol):
    """The label of every pixel: an immutable value that pickles, equal by content."""

    @property
    def height_px(self) -> int: ...

    @property
    def width_px(self) -> int: ...

    def to_array(self) -> npt.NDArray[Any]:
        """H x W uint8 or uint16, contiguous, read-only."""
        ...


@dataclass(frozen=True)
class PlainIds:
    """Label ids in one array.

    Attributes:
        sha256: `pixel_hash` of the ids; the only field that equality looks at.
        ids_hw: H x W uint8 or uint16, read-only.
    """

    sha256: str
    ids_hw: npt.NDArray[Any] = field(compare=False, repr=False)

    @classmethod
    def from_array(cls, ids_hw: npt.NDArray[Any]) -> "PlainIds":
        """A copy of these ids.

        Raises:
            RequestError: not H x W of uint8 or uint16, or without pixels.
        """
        if ids_hw.dtype.name not in ("uint8", "uint16") or ids_hw.ndim != 2 or 0 in ids_hw.shape:
            raise RequestError("A layout is H x W with 8 or 16 bits a pixel.")
        ids = np.array(ids_hw, order="C", copy=True)
        ids.flags.writeable = False
        return cls(pixel_hash(ids), ids)

    @property
    def height_px(self) -> int:
        return int(self.ids_hw.shape[0])

    @property
    def width_px(self) -> int:
        return int(self.ids_hw.shape[1])

    def to_array(self) -> npt.NDArray[Any]:
        return self.ids_hw


def resized_ids(ids_hw: npt.NDArray[Any], size_px: tuple[int, int]) -> npt.NDArray[Any]:
    """A label map at (height, width): pixel i of the new one is floor(i * old / new) of the old.

    That is torch's "nearest", with which the published networks were trained.
    """
    rows, columns = (
        np.arange(after) * before // after
        for before, after in zip(ids_hw.shape, size_px, strict=True)
    )
    return ids_hw[rows[:, None], columns]


@dataclass(frozen=True)
class Layout:
    """A label map: what is where.

    Attributes:
        ids: the label of every pixel, as its palette numbers them.
        palette_id: the palette.
        names: the labels' names by id, for messages; equality does not look at them.
    """

    ids: LabelIds
    palette_id: str
    names: tuple[tuple[int, str], ...] = field(default=(), compare=False, repr=False)

    @functools.cached_property
    def sha256(self) -> str:
        """`pixel_hash` of the ids. Takes milliseconds for a large map: not for the GUI thread."""
        return pixel_hash(self.ids.to_array())

    def name_of(self, label_id: int) -> str:
        """The label's name, or "label 7" for one that has none."""
        return dict(self.names).get(label_id, f"label {label_id}")


@dataclass(frozen=True, kw_only=True)
class RenderRequest:
    """One picture to render: a base, the edits on top of it, and how large.

    Attributes:
        base: the picture that the first edit works on.
        edits: applied in order; disabled ones are left out.
        pictures: every picture that an edit names, in any order.
        masks: every mask that an edit names; of any size, they are stretched over the picture.
        layout: what a `RenderLayout` renders; of any size, it is stretched likewise.
        short_side_px: the shorter side of the result; None keeps the base's size.
        bits: 8 or 16 bits a channel of the result.
    """

    base: Picture
    edits: tuple[Edit, ...] = ()
    pictures: tuple[Picture, ...] = ()
    masks: tuple[Mask, ...] = ()
    layout: Layout | None = None
    short_side_px: int | None = None
    bits: int = 8

    def __post_init__(self) -> None:
        if self.short_side_px is not None and self.short_side_px < 1:
            raise RequestError(f"A picture cannot be {self.short_side_px} px wide.")
        if self.bits not in (8, 16):
            raise RequestError(f"A picture has 8 or 16 bits a channel, not {self.bits}.")
        pictures = {picture.sha256 for picture in self.pictures}
        masks = {mask.sha256 for mask in self.masks}
        for edit in self.edits:
            if lacking := [sha for sha in edit.pictures if sha not in pictures]:
                raise RequestError(f"The reference {lacking[0][:12]} of an edit is missing.")
            if edit.mask is not None and edit.mask not in masks:
                raise RequestError(f"The mask {edit.mask[:12]} of an edit is missing.")
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
    """

    rgb_hwc: npt.NDArray[Any]
    seconds: float
    device: str
    notes: tuple[str, ...] = ()


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
