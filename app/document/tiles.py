"""Big arrays as values: cut into tiles that versions share until they are written to."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import floor
from typing import Any

import numpy as np
import numpy.typing as npt

from app.document.rect import Rect
from app.document.tile_kinds import CopiedTiles, Digested, PlainTiles, Tile, TileRows, frozen

TILE_PX = 64
_Part = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class TiledArray:
    """An immutable H x W array of uint8 or uint16.

    Every writing method gives a new array that shares all tiles whose bytes did not change, and
    the array itself if none did. Writing is clipped at the borders. Equal by value, quickly where
    tiles are shared.

    Attributes:
        tile_rows: the tiles, row by row, read-only, TILE_PX x TILE_PX but at the right and the
            lower border. A row that did not change is shared as a whole.
    """

    height_px: int
    width_px: int
    dtype: np.dtype[Any]
    tile_rows: TileRows = field(repr=False)
    _digested: "Digested | None" = field(default=None, repr=False)

    @classmethod
    def filled(
        cls, height_px: int, width_px: int, value: int, dtype: npt.DTypeLike = np.uint8
    ) -> "TiledArray":
        """`value` everywhere, in tiles that are all the same one.

        Raises:
            ValueError: no pixels, a type other than uint8 and uint16, or a value beyond it.
        """
        plain = PlainTiles(value, _checked(np.dtype(dtype), height_px, width_px))
        rows = tuple(
            tuple(plain(min(TILE_PX, height_px - y), min(TILE_PX, width_px - x)) for x in columns)
            for y, columns in _origins(height_px, width_px)
        )
        return cls(height_px, width_px, plain.dtype, rows)

    @classmethod
    def from_array(cls, values_hw: npt.NDArray[Any]) -> "TiledArray":
        """A copy of these values; tiles of one value everywhere become the same one.

        Raises:
            ValueError: not H x W of uint8 or uint16, or without pixels.
        """
        if values_hw.ndim != 2:
            raise ValueError(f"an array of {values_hw.ndim} dimensions")
        height_px, width_px = values_hw.shape
        dtype = _checked(values_hw.dtype, height_px, width_px)
        copied = CopiedTiles()
        rows = tuple(
            tuple(copied(values_hw[y : y + TILE_PX, x : x + TILE_PX]) for x in columns)
            for y, columns in _origins(height_px, width_px)
        )
        return cls(height_px, width_px, dtype, rows)

    @property
    def bounds(self) -> Rect:
        return Rect(0, 0, self.width_px, self.height_px)

    @property
    def tiles(self) -> Iterator[Tile]:
        """All tiles, row by row; one that occurs often comes as often."""
        return (tile for row in self.tile_rows for tile in row)

    @property
    def nbytes(self) -> int:
        """What the tiles take in memory, each counted once."""
        return sum({id(tile): tile.nbytes for tile in self.tiles}.values())

    @property
    def digests(self) -> tuple[bytes, ...]:
        """For each row of tiles, row by row, the `models.values.tile_digest` of each, joined.

        Found once. Tiles that were shared with an array for which it is known keep theirs.
        """
        known = self._digested
        if known is None or known.tile_rows is not self.tile_rows:
            known = Digested.of(self.tile_rows, known)
            object.__setattr__(self, "_digested", known)
        return known.digests

    def __getstate__(self) -> dict[str, Any]:
        # What the digests were found for may be an older version.
        return {**self.__dict__, "_digested": None}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TiledArray):
            return NotImplemented
        return _alike(self, other) and next(_differing(self, other), None) is None

    def __hash__(self) -> int:
        return hash((self.height_px, self.width_px, self.dtype))

    def to_array(self) -> npt.NDArray[Any]:
        """H x W, contiguous, read-only."""
        return frozen(self.read(self.bounds))

    def value_at(self, x_px: int, y_px: int) -> int:
        """The value of one pixel; IndexError outside."""
        if not self.bounds.contains(x_px, y_px):
            raise IndexError(f"({x_px}, {y_px}) lies outside {self!r}")
        tile = self.tile_rows[y_px // TILE_PX][x_px // TILE_PX]
        return int(tile[y_px % TILE_PX, x_px % TILE_PX])

    def read(self, rect: Rect) -> npt.NDArray[Any]:
        """A new array of the values inside `rect`; IndexError where that reaches outside."""
        if not self.bounds.covers(rect):
            raise IndexError(f"{rect} reaches outside {self!r}")
        values = np.empty((rect.height_px, rect.width_px), self.dtype)
        for j, i, in_tile, in_rect in self._touched(rect):
            values[in_rect] = self.tile_rows[j][i][in_tile]
        return values

    def patch(
        self, rect: Rect, values_hw: npt.NDArray[Any], where_hw: npt.NDArray[np.bool_] | None = None
    ) -> "TiledArray":
        """The array with `values_hw` put at `rect`, where `where_hw` is true (None: everywhere).

        Raises:
            ValueError: values or mask of another size than `rect`, or values of another type.
        """
        where_hw = np.ones(values_hw.shape, np.bool_) if where_hw is None else where_hw
        if not values_hw.shape == where_hw.shape == (rect.height_px, rect.width_px):
            raise ValueError(f"values {values_hw.shape}, mask {where_hw.shape} for {rect}")
        if values_hw.dtype != self.dtype:
            raise ValueError(f"values of {values_hw.dtype} for an array of {self.dtype}")

        def written(tile: Tile, in_tile: _Part, in_rect: _Part) -> Tile:
            new, wanted = values_hw[in_rect], where_hw[in_rect]
            if not (wanted & (tile[in_tile] != new)).any():
                return tile
            changed = tile.copy()
            np.copyto(changed[in_tile], new, where=wanted)
            return frozen(changed)

        return self._changed(rect, written)

    def fill(self, rect: Rect, value: int) -> "TiledArray":
        """The array with `value` everywhere in `rect`; tiles that it covers become the same one.

        Raises:
            ValueError: a value beyond the type.
        """
        plain = PlainTiles(value, self.dtype)

        def filled(tile: Tile, in_tile: _Part, in_rect: _Part) -> Tile:
            if (tile[in_tile] == value).all():
                return tile
            if tile[in_tile].shape == tile.shape:
                return plain(*tile.shape)
            changed = tile.copy()
            changed[in_tile] = value
            return frozen(changed)

        return self._changed(rect, filled)

    def stamp(self, x_px: float, y_px: float, radius_px: float, value: int) -> "TiledArray":
        """The array with a round dab: `value` in every pixel whose middle it reaches.

        Args:
            x_px: the dab's middle; 0.0 is the left edge of the first column, 0.5 its middle.
            y_px: likewise from the top.
            radius_px: a dab that is too thin to reach a pixel's middle from everywhere fills the
                pixel that its own middle lies in.
            value: what is painted.

        Raises:
            ValueError: a value beyond the type.
        """
        if radius_px < 0.75:
            x_px, y_px = floor(x_px) + 0.5, floor(y_px) + 0.5
        box = Rect.spanning(
            floor(x_px - radius_px),
            floor(y_px - radius_px),
            floor(x_px + radius_px) + 1,
            floor(y_px + radius_px) + 1,
        ).intersection(self.bounds)
        dx = np.arange(box.x_px, box.right_px) + (0.5 - x_px)
        dy = np.arange(box.y_px, box.bottom_px) + (0.5 - y_px)
        reached_hw = np.less_equal.outer(dy * dy, radius_px * radius_px - dx * dx)
        return self.paint(box, reached_hw, value)

    def paint(self, rect: Rect, where_hw: npt.NDArray[np.bool_], value: int) -> "TiledArray":
        """The array with `value` in those pixels of `rect` for which `where_hw` is true.

        Tiles that become plain by being covered become the same one.

        Raises:
            ValueError: a mask of another size than `rect`, or a value beyond the type.
        """
        if where_hw.shape != (rect.height_px, rect.width_px):
            raise ValueError(f"a mask {where_hw.shape} for {rect}")
        plain = PlainTiles(value, self.dtype)
        ink = self.dtype.type(value)

        def painted(tile: Tile, in_tile: _Part, in_rect: _Part) -> Tile:
            wanted = where_hw[in_rect]
            if not (wanted & (tile[in_tile] != ink)).any():
                return tile
            if wanted.shape == tile.shape and wanted.all():
                return plain(*tile.shape)
            changed = tile.copy()
            np.copyto(changed[in_tile], ink, where=wanted)
            return frozen(changed)

        return self._changed(rect, painted)

    def raise_to(self, rect: Rect, values_hw: npt.NDArray[Any]) -> "TiledArray":
        """The array with nothing below `values_hw` in `rect`.

        Raises:
            ValueError: values of another size than `rect` or of another type.
        """
        return self._limited(rect, values_hw, np.greater, np.maximum)

    def lower_to(self, rect: Rect, values_hw: npt.NDArray[Any]) -> "TiledArray":
        """The array with nothing above `values_hw` in `rect`.

        Raises:
            ValueError: values of another size than `rect` or of another type.
        """
        return self._limited(rect, values_hw, np.less, np.minimum)

    def translate(self, table: npt.NDArray[Any]) -> "TiledArray":
        """The array with `table[value]` for every value; equal tiles stay shared.

        Args:
            table: N of the array's type, what becomes of 0 to N - 1.

        Raises:
            ValueError: a table of another shape or type, or too short for a value that occurs.
        """
        if table.ndim != 1 or table.dtype != self.dtype:
            raise ValueError(f"a table {table.shape} of {table.dtype} for {self!r}")
        translated: dict[int, Tile] = {}

        def of_tile(tile: Tile) -> Tile:
            if id(tile) not in translated:
                if int(tile.max()) >= len(table):
                    raise ValueError(f"{int(tile.max())} in a table of {len(table)}")
                new = table[tile]
                translated[id(tile)] = tile if np.array_equal(new, tile) else frozen(new)
            return translated[id(tile)]

        return self._changed(self.bounds, lambda tile, _in_tile, _in_rect: of_tile(tile))

    def _limited(
        self,
        rect: Rect,
        values_hw: npt.NDArray[Any],
        beyond: Callable[[Tile, Tile], npt.NDArray[np.bool_]],
        limited: Callable[[Tile, Tile], Tile],
    ) -> "TiledArray":
        if values_hw.shape != (rect.height_px, rect.width_px) or values_hw.dtype != self.dtype:
            raise ValueError(f"values {values_hw.shape} of {values_hw.dtype} for {rect}")

        def changed(tile: Tile, in_tile: _Part, in_rect: _Part) -> Tile:
            new = values_hw[in_rect]
            if not beyond(new, tile[in_tile]).any():
                return tile
            copy = tile.copy()
            copy[in_tile] = limited(new, tile[in_tile])
            return frozen(copy)

        return self._changed(rect, changed)

    def _touched(self, rect: Rect) -> Iterator[tuple[int, int, _Part, _Part]]:
        """Row, column, part in the tile and part in `rect`, for each tile that it touches."""
        columns = tuple(_spans(rect.x_px, rect.right_px, self.width_px))
        for j, tile_y, rect_y in _spans(rect.y_px, rect.bottom_px, self.height_px):
            for i, tile_x, rect_x in columns:
                yield j, i, (tile_y, tile_x), (rect_y, rect_x)

    def _changed(self, rect: Rect, change: Callable[[Tile, _Part, _Part], Tile]) -> "TiledArray":
        """The array with `change(tile, part of it, part of rect)` for the tiles of `rect`."""
        rows = list(self.tile_rows)
        for j, i, in_tile, in_rect in self._touched(rect):
            new = change(rows[j][i], in_tile, in_rect)
            if new is not rows[j][i]:
                rows[j] = (*rows[j][:i], new, *rows[j][i + 1 :])
        return self.with_rows(tuple(rows))

    def with_rows(self, rows: TileRows) -> "TiledArray":
        """The array of these tiles; itself if they are its own."""
        rows = tuple(map(_kept, self.tile_rows, rows))
        if all(map(operator.is_, rows, self.tile_rows)):
            return self
        return TiledArray(self.height_px, self.width_px, self.dtype, rows, self._digested)


def merged(a: TiledArray, b: TiledArray, merge: Callable[[Tile, Tile], Tile]) -> TiledArray:
    """The array `a` with `merge(tile of a, tile of b)` for each of its tiles.

    Args:
        a: tiles that do not change stay its own.
        b: of the same size and type.
        merge: gives an array of the tile's size and type that nobody else writes to. It is called
            once for each two tiles, however often they meet.

    Raises:
        ValueError: arrays of different sizes or types.
    """
    if not _alike(a, b):
        raise ValueError(f"{b!r} for {a!r}")
    made: dict[tuple[int, int], Tile] = {}

    def of_pair(tile: Tile, other: Tile) -> Tile:
        pair = (id(tile), id(other))
        if pair not in made:
            new = merge(tile, other)
            made[pair] = tile if np.array_equal(new, tile) else frozen(new)
        return made[pair]

    rows = zip(a.tile_rows, b.tile_rows, strict=True)
    return a.with_rows(tuple(tuple(map(of_pair, *pair)) for pair in rows))


def changed_rect(a: TiledArray, b: TiledArray) -> Rect | None:
    """The smallest rectangle around the pixels that differ, None if there are none.

    Tiles that both share are not looked at. If size or type differ: the whole of `b`.
    """
    if not _alike(a, b):
        return b.bounds
    found = Rect(0, 0, 0, 0)
    for x_px, y_px, differs_hw in _differing(a, b):
        rows, columns = np.flatnonzero(differs_hw.any(1)), np.flatnonzero(differs_hw.any(0))
        tight = Rect.spanning(
            int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
        )
        found = found.union(tight.moved(x_px, y_px))
    return None if found.is_empty else found


def _kept(old: tuple[Tile, ...], new: tuple[Tile, ...]) -> tuple[Tile, ...]:
    """The row `new`, or the old one if it has the same tiles."""
    return old if new is old or all(map(operator.is_, new, old)) else new


def _alike(a: TiledArray, b: TiledArray) -> bool:
    return a.bounds == b.bounds and a.dtype == b.dtype


def _differing(a: TiledArray, b: TiledArray) -> Iterator[tuple[int, int, npt.NDArray[np.bool_]]]:
    """x, y and differing pixels of every tile in which two arrays of one size differ."""
    for j, (row_a, row_b) in enumerate(zip(a.tile_rows, b.tile_rows, strict=True)):
        if row_a is row_b:
            continue
        for i, (tile_a, tile_b) in enumerate(zip(row_a, row_b, strict=True)):
            if tile_a is not tile_b and (differs_hw := tile_a != tile_b).any():
                yield i * TILE_PX, j * TILE_PX, differs_hw


def _spans(start_px: int, stop_px: int, size_px: int) -> Iterator[tuple[int, slice, slice]]:
    """Along one axis: number, part in the tile and part in the range, of the tiles it touches."""
    first, last = max(start_px, 0), min(stop_px, size_px)
    if first >= last:
        return
    for index in range(first // TILE_PX, -(-last // TILE_PX)):
        origin = index * TILE_PX
        low, high = max(first, origin), min(last, origin + TILE_PX)
        yield index, slice(low - origin, high - origin), slice(low - start_px, high - start_px)


def _origins(height_px: int, width_px: int) -> Iterator[tuple[int, range]]:
    """For each row of tiles its y, and the x of its columns."""
    return ((y, range(0, width_px, TILE_PX)) for y in range(0, height_px, TILE_PX))


def _checked(dtype: np.dtype[Any], height_px: int, width_px: int) -> np.dtype[Any]:
    if dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise ValueError(f"an array of {dtype}")
    if height_px < 1 or width_px < 1:
        raise ValueError(f"an array of {height_px} x {width_px}")
    return dtype
