"""The grid of tiles over a shrunk picture, and a store that forgets the oldest. Without Qt.

The grid hangs on the picture's own corner, so that panning needs no new tiles.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, Protocol, TypeVar

from app.ui.canvas.transform import Box

TILE_DEVICE = 256

Cell = tuple[int, int]


def cells(picture: Box, part: Box) -> Iterator[Cell]:
    """Column and row of each tile of the picture that reaches into `part`."""
    part = part.within(picture)
    if part.is_empty:
        return
    for row in _span(part.top - picture.top, part.bottom - picture.top):
        for column in _span(part.left - picture.left, part.right - picture.left):
            yield column, row


def cell_box(picture: Box, cell: Cell) -> Box:
    """Where a tile is painted; the last ones of a row or column are smaller."""
    left = picture.left + cell[0] * TILE_DEVICE
    top = picture.top + cell[1] * TILE_DEVICE
    return Box(left, top, left + TILE_DEVICE, top + TILE_DEVICE).within(picture)


def _span(first: int, end: int) -> range:
    return range(first // TILE_DEVICE, -(-end // TILE_DEVICE))


class Sized(Protocol):
    """What takes memory."""

    @property
    def nbytes(self) -> int: ...


K = TypeVar("K", bound=Hashable)
V = TypeVar("V", bound=Sized)


class Store(Generic[K, V]):
    """Values by key up to `max_bytes`; what was not asked for the longest goes first."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._values: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    @property
    def nbytes(self) -> int:
        """The memory of all values."""
        return self._bytes

    def get(self, key: K) -> V | None:
        """The value, which counts as asked for now."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keep a value; the newest stays even where it alone is over the limit."""
        self._forget(key)
        self._values[key] = value
        self._bytes += value.nbytes
        while self._bytes > self.max_bytes and len(self._values) > 1:
            self._forget(next(iter(self._values)))

    def drop(self, unwanted: Callable[[K], bool]) -> None:
        """Forget the values of these keys."""
        for key in [key for key in self._values if unwanted(key)]:
            self._forget(key)

    def _forget(self, key: K) -> None:
        if (value := self._values.pop(key, None)) is not None:
            self._bytes -= value.nbytes
