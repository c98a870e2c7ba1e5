"""Values that are known by their content: pictures, masks, label maps, directions.

Each carries a sha256 of what it holds, and is equal to another when the hashes are: so documents,
requests and caches compare megapixels without touching one. All are immutable, all pickle.
"""

import functools
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from models.errors import RequestError

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
