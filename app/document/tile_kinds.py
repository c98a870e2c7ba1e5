"""Tiles as `app.document.tiles` makes them: read-only, shared where they can be, with digests."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.values import tile_digest

Tile = npt.NDArray[Any]
TileRows = tuple[tuple[Tile, ...], ...]
DIGEST_BYTES = 32


def frozen(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The array itself, from now on read-only."""
    values.flags.writeable = False
    return values


class CopiedTiles:
    """Read-only copies of tiles, one for all that have the same one value everywhere."""

    def __init__(self) -> None:
        self._plain: dict[tuple[bytes, tuple[int, ...]], Tile] = {}

    def __call__(self, tile: Tile) -> Tile:
        data = tile.tobytes()
        copied = np.frombuffer(data, tile.dtype).reshape(tile.shape)
        first = data[: tile.itemsize]
        if data != first * tile.size:
            return copied
        return self._plain.setdefault((first, tile.shape), copied)


@dataclass(frozen=True, eq=False)
class Digested:
    """The digests of some tiles."""

    tile_rows: TileRows
    digests: tuple[bytes, ...]

    @classmethod
    def of(cls, tile_rows: TileRows, known: "Digested | None") -> "Digested":
        """Those of these tiles, with what is `known` of other ones, in as many rows."""
        found: dict[int, bytes] = {}

        def digest(tile: Tile) -> bytes:
            if id(tile) not in found:
                found[id(tile)] = tile_digest(tile)
            return found[id(tile)]

        def joined(row: tuple[Tile, ...], old: tuple[Tile, ...], old_digests: bytes) -> bytes:
            if row is old:
                return old_digests
            places = range(0, len(old_digests), DIGEST_BYTES)
            return b"".join(
                old_digests[place : place + DIGEST_BYTES] if tile is old_tile else digest(tile)
                for tile, old_tile, place in zip(row, old, places, strict=True)
            )

        if known is None:
            return cls(tile_rows, tuple(b"".join(map(digest, row)) for row in tile_rows))
        return cls(tile_rows, tuple(map(joined, tile_rows, known.tile_rows, known.digests)))


class PlainTiles:
    """Read-only tiles of one value, one for each size."""

    def __init__(self, value: int, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._value = _checked_value(value, dtype)
        self._made: dict[tuple[int, int], Tile] = {}

    def __call__(self, height_px: int, width_px: int) -> Tile:
        size = (height_px, width_px)
        if size not in self._made:
            self._made[size] = frozen(np.full(size, self._value, self.dtype))
        return self._made[size]


def _checked_value(value: int, dtype: np.dtype[Any]) -> int:
    if not 0 <= value <= np.iinfo(dtype).max:
        raise ValueError(f"{value} in an array of {dtype}")
    return value
