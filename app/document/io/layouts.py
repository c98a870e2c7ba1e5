"""Layouts in and out: label maps as picture files.

A PNG with a colour table, or a grey one of up to 16 bits, holds ids: so do the files that
`write_layout` makes and the label pictures of COCO-Stuff, ADE20K and Cityscapes. Any other picture
holds colours, which become the labels of the nearest colours. The same holds for a PNG whose
colour table has nothing but the palette's own colours, in whatever order another program put them.

Which palette the ids are of is said by a chunk of our own files, else by the name that a data set
gives its files, else by the caller.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.atomic import write_atomically
from app.document.document import LabelMap
from app.document.io import png
from app.document.io.images import MAX_MEGAPIXELS, LoadedImage, read_image
from app.document.io.pixels import rotated, to_8_bit
from app.document.io.raw import Refusal
from app.document.palette import Palette
from app.document.palettes import Palettes
from app.document.tiles import TiledArray
from app.errors import UserError

PALETTE_KEYWORD = "Scumble palette"
# An iTXt chunk without compression, language or translated keyword (PNG, section 11.3.3.4).
_KEY = PALETTE_KEYWORD.encode() + bytes(5)
UNKNOWN_IN_FILES = 255
HIGHEST_BYTE = 255
IDS_NAMED = 4
MAX_ID = 80
OTHER_PALETTE = "Choose the palette that it was made with."
COLOURS = 2**24
PIXELS_AT_ONCE = 2**22
COLOURS_AT_ONCE = 2**16

# How the data sets name their label pictures.
DATA_SETS = (
    (re.compile(r".*_labelIds"), "cityscapes"),
    (re.compile(r"ADE_(train|val|frame)_\d{8}"), "ade20k"),
    (re.compile(r"\d{12}"), "coco_stuff"),
)

Ids = npt.NDArray[Any]


@dataclass(frozen=True)
class LayoutFile:
    """A layout as it was read.

    Attributes:
        ids: a label of the palette for every pixel: uint8, or uint16 where the palette needs it.
        palette_id: the palette, which need not be the one that the caller proposed.
        notes: sentences for the person about what the file did not say exactly; mostly none.
    """

    ids: TiledArray
    palette_id: str
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> LabelMap:
        """The same as a document holds it."""
        return LabelMap(self.ids, self.palette_id)


@dataclass(frozen=True)
class _StoredIds:
    """The values of a PNG's pixels as they are stored; its colours, N x 3, if it has a table."""

    ids_hw: Ids
    colours: npt.NDArray[np.uint8] | None


def read_layout(path: Path, palette: Palette, palettes: Palettes | None = None) -> LayoutFile:
    """The layout in a picture file; see the head of this module for what is read.

    Args:
        path: a PNG, or for colours any picture that can be opened, of at most 100 megapixels.
        palette: the one that the file is taken for if it does not say so itself.
        palettes: others that it may say; None where `palette` is what somebody insists on.

    Raises:
        UserError: as `read_image`; ids that the palette does not have; made with a palette that
            is not here, or not the one insisted on. The sentence names the file and the ids.
    """
    head = _PngHead(path)
    stored = head.stored_ids()
    meant, notes = _meant_palette(path, head.palette_id, palette, palettes, stored is not None)
    if stored is None:
        found, told = _nearest_labels(read_image(path), meant)
    else:
        found, told = _known_ids(path, stored, meant)
    dtype = np.uint8 if meant.highest_id <= HIGHEST_BYTE else np.uint16
    return LayoutFile(TiledArray.from_array(found.astype(dtype)), meant.id, notes + told)


def write_layout(path: Path, labels: LabelMap, palette: Palette) -> None:
    """Save a layout so that `read_layout` gives it back exactly, whole or not at all.

    A PNG of 8 bits with the palette's colours, or a grey one of 16 bits for ids beyond 255; its
    chunk iTXt "Scumble palette" says the palette's id.

    Raises:
        UserError: the name is not one of a PNG file, or writing fails.
        ValueError: a palette other than the labels' (a defect of ours).
    """
    _check(path, labels, palette)
    ids_hw = labels.ids.to_array()
    if max(palette.highest_id, int(ids_hw.max())) > HIGHEST_BYTE:
        picture = Image.fromarray(ids_hw.astype(np.uint16))
    else:
        picture = Image.fromarray(ids_hw.astype(np.uint8))
        picture.putpalette(colour_table(palette).tobytes())
    write_atomically(path, _png(picture, palette))


def write_layout_colours(path: Path, labels: LabelMap, palette: Palette) -> None:
    """Save a layout as an RGB PNG in the palette's colours; otherwise as `write_layout`.

    Labels of the same colour cannot be told apart when it is read again.

    Raises:
        UserError, ValueError: as `write_layout`.
    """
    _check(path, labels, palette)
    colours = colour_table(palette, int(np.iinfo(labels.ids.dtype).max) + 1)
    picture = Image.fromarray(colours[labels.ids.to_array()])
    write_atomically(path, _png(picture, palette))


def colour_table(palette: Palette, size: int = HIGHEST_BYTE + 1) -> npt.NDArray[np.uint8]:
    """The colours of the ids 0 to `size` - 1, size x 3; black for an id that is no label."""
    table = np.zeros((size, 3), np.uint8)
    for label in palette.labels:
        if label.id < size:
            table[label.id] = label.rgb
    return table


class _PngHead:
    """What the head of a PNG file says; nothing for any other file, or one that cannot be read.

    Attributes:
        palette_id: what our own files say, or None.
    """

    def __init__(self, path: Path) -> None:
        self._data = b""
        self._colours: npt.NDArray[np.uint8] | None = None
        self.palette_id: str | None = None
        if not path.is_file():
            return
        try:
            with open(path, "rb") as file:
                start = file.read(len(png.SIGNATURE))
                self._data = start + file.read() if start == png.SIGNATURE else b""
        except OSError:
            return
        for kind, chunk in self._chunks():
            if kind == b"PLTE" and self._colours is None:
                self._colours = np.frombuffer(chunk[: len(chunk) // 3 * 3], np.uint8).reshape(-1, 3)
            if kind == b"iTXt" and chunk.startswith(_KEY):
                said = chunk[len(_KEY) :].decode("utf-8", "replace")
                self.palette_id = said if said.isprintable() and len(said) <= MAX_ID else None

    def stored_ids(self) -> _StoredIds | None:
        """The ids, None where the file has none that can be read: `read_image` says the reason.

        The table's indices are decoded as shades of grey, which is a matter of one byte.
        """
        ihdr = self._data[12:29]
        if ihdr[13:14] not in (b"\0", b"\3") or not self._is_sound(ihdr):
            return None
        grey = ihdr[:13] + b"\0" + ihdr[14:]
        check = zlib.crc32(grey).to_bytes(4, "big")
        whole = b"".join([self._data[:12], grey, check, self._data[33:]])
        try:
            raw = png.read(BytesIO(whole), _check_size)
        except Refusal:
            return None
        # Shades of fewer than 8 bits come spread over 0 to 255.
        step = {1: 255, 2: 85, 4: 17}.get(ihdr[12], 1)
        ids_hw = rotated(raw.samples_hwc, raw.metadata.fields.orientation)[..., 0] // step
        return _StoredIds(ids_hw, self._colours if ihdr[13] == png.PALETTE else None)

    def _is_sound(self, ihdr: bytes) -> bool:
        return zlib.crc32(ihdr) == int.from_bytes(self._data[29:33], "big")

    def _chunks(self) -> Iterator[tuple[bytes, bytes]]:
        """Type and contents of the chunks before the pixels."""
        at = len(png.SIGNATURE)
        while at + 8 <= len(self._data):
            size, kind = struct.unpack_from(">I4s", self._data, at)
            if kind == b"IDAT":
                return
            yield kind, self._data[at + 8 : at + 8 + size]
            at += 12 + size


def _check_size(width_px: int, height_px: int) -> None:
    if width_px * height_px > MAX_MEGAPIXELS * 1e6:
        raise Refusal("it is too large", "Make it smaller first.")


def _meant_palette(
    path: Path,
    said: str | None,
    proposed: Palette,
    palettes: Palettes | None,
    has_ids: bool,
) -> tuple[Palette, tuple[str, ...]]:
    """The palette of a file, and what is to be told about the choice."""
    if said is not None:
        meant = _found(said, proposed, palettes)
        if meant is None and palettes is None:
            raise UserError(
                f'{path.name} was made with the palette "{said}", not with {proposed.title}.',
                OTHER_PALETTE,
            )
        if meant is None:
            raise UserError(
                f'{path.name} was made with the palette "{said}", which is not here.',
                "Load that palette first.",
            )
        return meant, ()
    named = next((id for pattern, id in DATA_SETS if pattern.fullmatch(path.stem)), None)
    meant = _found(named, proposed, palettes) if has_ids else None
    if meant is None or meant is proposed:
        return proposed, ()
    return meant, (f"{path.name} is named like the label files of {meant.title}, and read so.",)


def _found(id: str | None, proposed: Palette, palettes: Palettes | None) -> Palette | None:
    if id == proposed.id:
        return proposed
    return palettes.find(id) if palettes is not None else None


def _known_ids(path: Path, stored: _StoredIds, palette: Palette) -> tuple[Ids, tuple[str, ...]]:
    """The ids that a file means, all of them labels of the palette."""
    counts = np.bincount(stored.ids_hw.ravel())
    used = np.flatnonzero(counts)
    table = _ids_of_colours(used, stored.colours, palette)
    if table is not None:
        return table[stored.ids_hw], ()
    strange = [int(id) for id in used if palette.by_id(int(id)) is None]
    if strange == [UNKNOWN_IN_FILES] and palette.highest_id < UNKNOWN_IN_FILES:
        return _with_unknown(stored.ids_hw, int(counts[UNKNOWN_IN_FILES]), palette)
    if strange:
        many = int(counts[strange].sum())
        raise UserError(
            f"{path.name} has ids that the palette {palette.title} does not have: "
            f"{_listed(strange)}, in {_amount(many, stored.ids_hw.size)}.",
            OTHER_PALETTE,
        )
    return stored.ids_hw, ()


def _with_unknown(ids_hw: Ids, count: int, palette: Palette) -> tuple[Ids, tuple[str, ...]]:
    """The ids with the palette's own unknown, if it has one, for the 255 of `count` pixels."""
    amount = _amount(count, ids_hw.size)
    label = next((label for label in palette.labels if label.id == palette.unknown), None)
    if label is None:
        return ids_hw, (f"{amount} had the id 255 and stayed unknown.",)
    known_hw = np.where(ids_hw == UNKNOWN_IN_FILES, label.id, ids_hw)
    return known_hw, (f"{amount} had the id 255, unknown, and became {label.name}.",)


def _ids_of_colours(
    used: npt.NDArray[Any], colours: npt.NDArray[np.uint8] | None, palette: Palette
) -> Ids | None:
    """The label of each index by its colour; None unless every index in use has one exactly."""
    if colours is None or used[-1] >= len(colours):
        return None
    by_rgb = {label.rgb: label.id for label in reversed(palette.labels)}
    table = np.zeros(int(used[-1]) + 1, np.uint16)
    for index in used:
        r, g, b = (int(part) for part in colours[index])
        mine = palette.by_id(int(index))
        id = mine.id if mine is not None and mine.rgb == (r, g, b) else by_rgb.get((r, g, b))
        if id is None:
            return None
        table[index] = id
    return table


def _nearest_labels(image: LoadedImage, palette: Palette) -> tuple[Ids, tuple[str, ...]]:
    """The labels whose colours come nearest, and how many pixels had no exact one."""
    rgb_hwc = to_8_bit(image.rgb_hwc)
    seen, id_of, is_exact = (np.zeros(COLOURS, kind) for kind in (np.bool_, np.uint16, np.bool_))
    for rows in _bands(rgb_hwc):
        seen[_packed(rgb_hwc[rows])] = True
    colours = np.flatnonzero(seen)
    places, squares = _nearest(colours, palette)
    id_of[colours] = np.array([label.id for label in palette.labels], np.uint16)[places]
    is_exact[colours] = squares == 0
    ids_hw, exact = np.empty(rgb_hwc.shape[:2], np.uint16), 0
    for rows in _bands(rgb_hwc):
        packed = _packed(rgb_hwc[rows])
        ids_hw[rows] = id_of[packed]
        exact += int(is_exact[packed].sum())
    notes = [*_transparency_notes(image)]
    if exact < ids_hw.size:
        farthest = int(squares.argmax())
        rgb = tuple(int(colours[farthest]) >> shift & 255 for shift in (16, 8, 0))
        notes.append(
            f"{_amount(ids_hw.size - exact, ids_hw.size)} had no colour of the palette "
            f"{palette.title} and took the nearest; the farthest, rgb{rgb}, became "
            f"{palette.labels[int(places[farthest])].name}."
        )
    return ids_hw, tuple(notes)


def _nearest(
    colours: npt.NDArray[Any], palette: Palette
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """For each packed colour the nearest label's place in the palette and its distance squared.

    Of several labels the first, as in `Palette.by_rgb`.
    """
    labels = np.array([label.rgb for label in palette.labels], np.float32)
    places, squares = np.empty(len(colours), np.intp), np.empty(len(colours), np.float32)
    for start in range(0, len(colours), COLOURS_AT_ONCE):
        part = slice(start, start + COLOURS_AT_ONCE)
        rgb = np.stack([colours[part] >> shift & 255 for shift in (16, 8, 0)], 1).astype(np.float32)
        # Sums of squares of bytes and their parts are whole numbers that float32 holds exactly.
        distances = (rgb**2).sum(1)[:, None] - 2 * (rgb @ labels.T) + (labels**2).sum(1)
        places[part] = distances.argmin(1)
        squares[part] = distances.min(1)
    return places, squares


def _bands(rgb_hwc: npt.NDArray[np.uint8]) -> Iterator[slice]:
    rows = max(1, PIXELS_AT_ONCE // rgb_hwc.shape[1])
    return (slice(y, y + rows) for y in range(0, len(rgb_hwc), rows))


def _packed(rgb_hwc: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    r, g, b = (rgb_hwc[..., channel].astype(np.int32) for channel in range(3))
    return r << 16 | g << 8 | b


def _transparency_notes(image: LoadedImage) -> Iterator[str]:
    if image.alpha_hw is not None and (clear := int((image.alpha_hw == 0).sum())):
        share = _amount(clear, image.alpha_hw.size)
        yield f"{share} had full transparency; the colours stored there were read."


def _amount(pixels: int, of: int) -> str:
    share = 100 * pixels / of
    percent = f"{share:.0f} %" if share >= 1 else "less than 1 %"
    return f"{pixels:,} {'pixel' if pixels == 1 else 'pixels'} ({percent})"


def _listed(ids: list[int]) -> str:
    named, more = ", ".join(map(str, ids[:IDS_NAMED])), len(ids) - IDS_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _check(path: Path, labels: LabelMap, palette: Palette) -> None:
    if labels.palette_id != palette.id:
        raise ValueError(f"labels of {labels.palette_id}, palette {palette.id}")
    if path.suffix.lower() != ".png":
        raise UserError(
            f"{path.name} cannot be saved: layouts are saved as PNG.",
            "Choose a name that ends in .png.",
        )


def _png(picture: Image.Image, palette: Palette) -> bytes:
    said = PngInfo()
    said.add_itxt(PALETTE_KEYWORD, palette.id)
    target = BytesIO()
    picture.save(target, "PNG", pnginfo=said, bits=8, compress_level=png.ZLIB_LEVEL)
    return target.getvalue()
