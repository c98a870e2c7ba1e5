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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.edits import Edit, RenderLayout
from models.errors import Cancelled, RequestError

HASH_TILE_PX = 64


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

    That is torch's "nearest", with which the published networks were trained, but for its rounding
    errors where i * old / new is a whole number, which are not the same in all of its kernels.
    """
    rows, columns = (
        np.arange(after) * before // after
        for before, after in zip(ids_hw.shape, size_px, strict=True)
    )
    return ids_hw[rows[:, None], columns]


@dataclass(frozen=True)
class Mask:
    """Where an edit acts.

    Attributes:
        sha256: `levels_hash` of the values; the only field that equality looks at.
        levels: of every pixel, uint8: 0 (not at all) to 255 (fully).
    """

    sha256: str
    levels: LabelIds = field(compare=False, repr=False)

    @classmethod
    def from_grey(cls, grey_hw: npt.NDArray[np.uint8]) -> "Mask":
        """A mask of a copy of these values.

        Raises:
            RequestError: not H x W of uint8, or without pixels.
        """
        if grey_hw.dtype != np.uint8 or grey_hw.ndim != 2 or 0 in grey_hw.shape:
            raise RequestError("A mask is H x W with 8 bits a pixel.")
        levels = PlainIds.from_array(grey_hw)
        return cls(levels_hash(grey_hw.shape, _tile_digests(levels.ids_hw)), levels)

    @property
    def grey_hw(self) -> npt.NDArray[np.uint8]:
        """H x W uint8, read-only; may have to be put together first."""
        return self.levels.to_array()


def tile_digest(tile: npt.NDArray[Any]) -> bytes:
    """sha256 of one tile's values, as `levels_hash` takes them."""
    return hashlib.sha256(np.ascontiguousarray(tile).data).digest()


def levels_hash(size_px: tuple[int, ...], digests: Iterable[bytes]) -> str:
    """Hash of a mask: of its size and of the digests of its tiles, as lower-case hexadecimal.

    By tiles, so that a brush stroke on a large mask costs the tiles that it touched.

    Args:
        size_px: (height, width).
        digests: `tile_digest` of each square of `HASH_TILE_PX`, row by row, smaller at the right
            and the lower border.
    """
    digest = hashlib.sha256(f"levels {size_px[0]} {size_px[1]}".encode())
    for part in digests:
        digest.update(part)
    return digest.hexdigest()


def _tile_digests(values_hw: npt.NDArray[Any]) -> Iterator[bytes]:
    for y in range(0, values_hw.shape[0], HASH_TILE_PX):
        for x in range(0, values_hw.shape[1], HASH_TILE_PX):
            yield tile_digest(values_hw[y : y + HASH_TILE_PX, x : x + HASH_TILE_PX])


@dataclass(frozen=True)
class Direction:
    """A direction in the space of texture codes.

    Attributes:
        sha256: `pixel_hash` of the values; the only field that equality looks at.
        values: T float32, what one standard deviation along it adds to a texture code of unit
            length, read-only.
    """

    sha256: str
    values: npt.NDArray[np.float32] = field(compare=False, repr=False)

    @classmethod
    def from_values(cls, values: npt.NDArray[Any]) -> "Direction":
        """A direction of a copy of these values.

        Raises:
            RequestError: not one row of numbers, or not all of them finite as float32.
        """
        with np.errstate(over="ignore"):
            copied = np.array(values, np.float32, order="C", copy=True)
        if values.ndim != 1 or not values.size or not np.isfinite(copied).all():
            raise RequestError("A direction is one row of finite numbers.")
        copied.flags.writeable = False
        return cls(pixel_hash(copied), copied)


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
