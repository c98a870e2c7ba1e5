"""EXIF blocks: parsed into fields, edited, and packed again without touching a value.

An EXIF block is a small TIFF file (TIFF 6.0, section 2; CIPA DC-008 "Exif 2.32", section 4.6).
Values stay in the bytes and the byte order in which they were found, so that text in any encoding,
rationals and comments survive exactly. Only the main, Exif, GPS and interoperability directories
are kept: the thumbnail would show the old picture. Maker notes are kept as bytes; the few makers
that store absolute offsets in them get notes that point astray, as in every editor.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

Buffer = bytes | mmap.mmap

MAX_DIRECTORY_BYTES = 16 * 2**20

UNIT_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
SHORT, LONG, RATIONAL, UNDEFINED, BYTE = 3, 4, 5, 7, 1

ORIENTATION = 274
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
UNIT_PX = {2: 1.0, 3: 2.54}
EXIF_POINTER, GPS_POINTER, INTEROP_POINTER = 34665, 34853, 40965
PIXEL_WIDTH, PIXEL_HEIGHT = 40962, 40963
MAKER_NOTE = 37500

# Main-directory fields that describe the picture; the others describe how a file stores it.
DESCRIPTIVE = frozenset(
    {269, 270, 271, 272, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, 285, RESOLUTION_UNIT, 305, 306}
    | {315, 316, 18246, 18249, 33432, *range(40091, 40096)}
)
# Make, model, host computer.
DEVICE_MAIN = frozenset({271, 272, 316})
# Time zone, maker note, weather and attitude of the camera, device settings, unique id, owner,
# serial numbers, lens, firmware.
DEVICE_EXIF = frozenset(
    {*range(36880, 36883), MAKER_NOTE, *range(37888, 37894), 41995, 42016, *range(42032, 42038)}
    | {42041}
)
FIRST_PRIVATE_EXIF = 0xC000


class Field(NamedTuple):
    """A value: TIFF type number, how many, and the bytes in the order of the block."""

    kind: int
    values: int
    payload: bytes


Directory = Mapping[int, Field]


@dataclass(frozen=True)
class Exif:
    """The directories of a block.

    Attributes:
        order: "<" or ">", the byte order of every payload.
        main: descriptive fields only, without the pointers to the other directories.
    """

    order: str = "<"
    main: Directory = field(default_factory=dict[int, Field])
    photo: Directory = field(default_factory=dict[int, Field])
    gps: Directory = field(default_factory=dict[int, Field])
    interop: Directory = field(default_factory=dict[int, Field])

    @property
    def empty(self) -> bool:
        return not (self.main or self.photo or self.gps or self.interop)

    @property
    def orientation(self) -> int:
        """1 to 8, as Exif numbers them; 1 where nothing valid is stored."""
        value = self._number(ORIENTATION)
        return int(value) if value is not None and value in range(1, 9) else 1

    @property
    def dpi_xy(self) -> tuple[float, float] | None:
        """Pixels per inch, or None where the block has no unit or no sensible number."""
        unit_px = UNIT_PX.get(int(self._number(RESOLUTION_UNIT) or 2))
        x, y = self._number(X_RESOLUTION), self._number(Y_RESOLUTION)
        if unit_px is None or not x or not y:
            return None
        return x * unit_px, y * unit_px

    def _number(self, tag: int) -> float | None:
        entry = self.main.get(tag)
        if entry is None or entry.values != 1:
            return None
        if entry.kind in (SHORT, LONG):
            return struct.unpack(self.order + "HI"[entry.kind - SHORT], entry.payload)[0]
        if entry.kind != RATIONAL:
            return None
        above, below = struct.unpack(f"{self.order}II", entry.payload)
        return above / below if below else None

    def number(self, kind: int, *values: int) -> Field:
        """A field of type SHORT, LONG or RATIONAL in this block's byte order."""
        letter = "H" if kind == SHORT else "I"
        how_many = len(values) // 2 if kind == RATIONAL else len(values)
        return Field(kind, how_many, struct.pack(f"{self.order}{len(values)}{letter}", *values))

    def upright(self) -> Self:
        """The same, saying that the picture needs no rotation, if it says anything about it."""
        if ORIENTATION not in self.main:
            return self
        return replace(self, main={**self.main, ORIENTATION: self.number(SHORT, 1)})

    def with_dpi(self, x: float, y: float) -> Self:
        """The same with this resolution, unless it has one."""
        if X_RESOLUTION in self.main:
            return self
        fields = {
            X_RESOLUTION: self.number(RATIONAL, round(x * 10000), 10000),
            Y_RESOLUTION: self.number(RATIONAL, round(y * 10000), 10000),
            RESOLUTION_UNIT: self.number(SHORT, 2),
        }
        return replace(self, main={**self.main, **fields})

    def with_size(self, width_px: int, height_px: int) -> Self:
        """The same, where it names the picture's size naming this one."""
        sizes = {PIXEL_WIDTH: width_px, PIXEL_HEIGHT: height_px}
        named = {tag: self.number(LONG, px) for tag, px in sizes.items() if tag in self.photo}
        return replace(self, photo={**self.photo, **named})

    def without_place_and_device(self) -> Self:
        """The same without GPS, camera, lens, owner, serial numbers, maker note, private fields."""
        main = {tag: value for tag, value in self.main.items() if tag not in DEVICE_MAIN}
        photo = {
            tag: value
            for tag, value in self.photo.items()
            if tag not in DEVICE_EXIF and tag < FIRST_PRIVATE_EXIF
        }
        return replace(self, main=main, photo=photo, gps={})

    def without_maker_note(self) -> Self:
        photo = {tag: value for tag, value in self.photo.items() if tag != MAKER_NOTE}
        return replace(self, photo=photo)

    def packed(self, extra: Directory | None = None, offset: int = 8) -> bytes:
        """The directories as bytes for a file position, the main one first.

        Args:
            extra: further fields for the main directory; they win over its own.
            offset: where in the file the bytes will lie.
        """
        main = {**self.main, **(extra or {})}
        photo = dict(self.photo)
        zero = self.number(LONG, 0)
        if self.interop:
            photo[INTEROP_POINTER] = zero
        if photo:
            main[EXIF_POINTER] = zero
        if self.gps:
            main[GPS_POINTER] = zero
        photo_at = offset + len(self._pack(main, offset))
        gps_at = photo_at + (len(self._pack(photo, photo_at)) if photo else 0)
        interop_at = gps_at + (len(self._pack(self.gps, gps_at)) if self.gps else 0)
        if photo:
            main[EXIF_POINTER] = self.number(LONG, photo_at)
        if self.gps:
            main[GPS_POINTER] = self.number(LONG, gps_at)
        if self.interop:
            photo[INTEROP_POINTER] = self.number(LONG, interop_at)
        parts = [(main, offset), (photo, photo_at), (self.gps, gps_at), (self.interop, interop_at)]
        return b"".join(self._pack(entries, at) for entries, at in parts if entries)

    def _pack(self, entries: Directory, offset: int) -> bytes:
        table = struct.pack(f"{self.order}H", len(entries))
        values_at = offset + 2 + 12 * len(entries) + 4
        values = b""
        for tag, (kind, count, payload) in sorted(entries.items()):
            table += struct.pack(f"{self.order}HHI", tag, kind, count)
            if len(payload) <= 4:
                table += payload.ljust(4, b"\0")
                continue
            table += struct.pack(f"{self.order}I", values_at + len(values))
            values += payload + b"\0" * (len(payload) % 2)
        return table + bytes(4) + values

    def block(self) -> bytes:
        """The whole as an EXIF block, without the "Exif" prefix that JPEG puts before it."""
        return header(self.order, 8) + self.packed()


def header(order: str, directory_at: int) -> bytes:
    """The 8 bytes that start a TIFF file or an EXIF block."""
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HI", 42, directory_at)


def parse_header(data: Buffer) -> tuple[str, int]:
    """Byte order and position of the first directory.

    Raises:
        ValueError: this is no EXIF block and no (classic) TIFF file.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None or len(data) < 8:
        raise ValueError("no byte order mark")
    magic, directory_at = struct.unpack(f"{order}HI", data[2:8])
    if magic != 42:
        raise ValueError("no TIFF header")
    return order, directory_at


def parse_directory(
    data: Buffer, order: str, offset: int, wanted: frozenset[int] | None = None
) -> dict[int, Field]:
    """The fields of the directory at `offset`; fields that point outside `data` are left out.

    Args:
        data: the file or block, or anything that is sliced like it.
        wanted: the tags to read; None reads all, up to `MAX_DIRECTORY_BYTES`.
    """
    fields: dict[int, Field] = {}
    if not 0 < offset <= len(data) - 2:
        return fields
    (entries,) = struct.unpack(f"{order}H", data[offset : offset + 2])
    room = MAX_DIRECTORY_BYTES
    for at in range(offset + 2, offset + 2 + 12 * entries, 12):
        entry = data[at : at + 12]
        if len(entry) < 12:
            break
        tag, kind, count, value_at = struct.unpack(f"{order}HHII", entry)
        size = UNIT_BYTES.get(kind, 0) * count
        if not 0 < size <= room or (wanted is not None and tag not in wanted):
            continue
        payload = entry[8 : 8 + size] if size <= 4 else data[value_at : value_at + size]
        if len(payload) == size:
            fields[tag] = Field(kind, count, bytes(payload))
            room -= size
    return fields


def value_position(data: Buffer, order: str, offset: int, tag: int) -> int | None:
    """Where the value field of `tag` lies, in the directory at `offset`."""
    entries = int.from_bytes(data[offset : offset + 2], "little" if order == "<" else "big")
    wanted = struct.pack(f"{order}H", tag)
    places = range(offset + 2, offset + 2 + 12 * entries, 12)
    return next((at + 8 for at in places if data[at : at + 2] == wanted), None)


def parse(data: Buffer) -> Exif:
    """The EXIF of a block, or of a whole TIFF file; never fails, what is damaged is left out."""
    try:
        order, main_at = parse_header(data)
    except ValueError:
        return Exif()
    pointers = frozenset({EXIF_POINTER, GPS_POINTER})
    main = parse_directory(data, order, main_at, DESCRIPTIVE | pointers)
    photo = parse_directory(data, order, _pointer(main.pop(EXIF_POINTER, None), order))
    gps = parse_directory(data, order, _pointer(main.pop(GPS_POINTER, None), order))
    interop = parse_directory(data, order, _pointer(photo.pop(INTEROP_POINTER, None), order))
    return Exif(order, main, photo, gps, interop)


def _pointer(entry: Field | None, order: str) -> int:
    if entry is None or len(entry.payload) != 4:
        return 0
    return struct.unpack(f"{order}I", entry.payload)[0]
