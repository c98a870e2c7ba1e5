"""Which neighbourhoods of labels a label map has, and where.

Two 3 x 3 convolutions in a row see 5 x 5 labels. A map of regions has few different such
neighbourhoods: one for the inside of every label, and those along the borders, which repeat too.
What is computed once for each of them serves every pixel.

Neighbourhoods are told apart by 64-bit numbers. That two different ones in a picture of a million
pixels share one has a chance of about 1 in 10 million for the whole picture.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.int64]

OUTSIDE = -1
"""Stands for the label of what lies outside of the map."""
REACH = 2
"""Pixels that a pixel's pattern reaches in every direction."""
TAPS = tuple((down, across) for down in (-1, 0, 1) for across in (-1, 0, 1))
"""Offsets of a 3 x 3 neighbourhood in the order of a convolution's weights."""


class Box(NamedTuple):
    """A rectangle of pixels or cells; bottom and right are outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def area(self) -> int:
        return self.height * self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grown(self, by: int, size: tuple[int, int]) -> "Box":
        """`by` more on every side, within a map of `size` (height, width)."""
        return Box(
            max(0, self.top - by),
            max(0, self.left - by),
            min(size[0], self.bottom + by),
            min(size[1], self.right + by),
        )

    def doubled(self) -> "Box":
        """The same place in a map of twice the size."""
        return Box(*(2 * side for side in self))

    def of_pairs(self) -> "Box":
        """The smallest box around this one whose sides are even numbers."""
        return Box(
            self.top // 2 * 2, self.left // 2 * 2, -(-self.bottom // 2) * 2, -(-self.right // 2) * 2
        )

    def within(self, outer: "Box") -> "Box":
        """This box in the coordinates of `outer`."""
        top, left = outer.top, outer.left
        return Box(self.top - top, self.left - left, self.bottom - top, self.right - left)


def joined(a: Box | None, b: Box | None) -> Box | None:
    """The smallest box around both."""
    if a is None or b is None:
        return a or b
    return Box(
        min(a.top, b.top),
        min(a.left, b.left),
        max(a.bottom, b.bottom),
        max(a.right, b.right),
    )


def changed_box(before: NDArray[Any] | None, after: NDArray[Any]) -> Box | None:
    """The box around all values that differ; everything when there was nothing before."""
    if before is None:
        return Box(0, 0, *after.shape)
    if before is after:
        return None
    differs = before != after
    rows = np.flatnonzero(differs.any(1))
    if not rows.size:
        return None
    columns = np.flatnonzero(differs[rows[0] : rows[-1] + 1].any(0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


@dataclass(frozen=True)
class Patterns:
    """The different 5 x 5 neighbourhoods in a part of a label map.

    Attributes:
        names: P, a number for each pattern, ascending; the same pattern always has the same.
        index: h x w, which of them each pixel of the part has.
    """

    names: Hashes
    index: Ints
    _first: Ints
    _inner: Hashes
    _labels: NDArray[np.int32]

    def anatomy(self, which: Ints) -> "Anatomy":
        """What some of the patterns are made of; `which` are places in `names`."""
        rows, columns = np.divmod(self._first[which], self.index.shape[1])
        taps = np.stack([self._inner[rows + 1 + y, columns + 1 + x] for y, x in TAPS], 1)
        inner, first, of_pattern = np.unique(taps, return_index=True, return_inverse=True)
        pattern, tap = np.divmod(first, len(TAPS))
        offsets = np.array(TAPS)
        rows = rows[pattern] + offsets[tap, 0] + REACH
        columns = columns[pattern] + offsets[tap, 1] + REACH
        labels = np.stack([self._labels[rows + y, columns + x] for y, x in TAPS], 1)
        return Anatomy(labels, inner != 0, of_pattern.reshape(taps.shape))


@dataclass(frozen=True)
class Anatomy:
    """Patterns as 3 x 3 neighbourhoods of 3 x 3 neighbourhoods.

    Attributes:
        labels: I x 9, the labels of each inner neighbourhood, `OUTSIDE` where there is no pixel.
        is_inside: I, whether the inner neighbourhood's middle lies in the map.
        taps: P x 9, which inner neighbourhoods a pattern is made of.
    """

    labels: NDArray[np.int32]
    is_inside: NDArray[np.bool_]
    taps: Ints


def find_patterns(labels_hw: NDArray[np.int32], part: Box) -> Patterns:
    """The patterns of the pixels in `part` of a label map; labels are 0 or more."""
    labels = _with_border(labels_hw, part)
    inner = _neighbourhoods(np.where(labels == OUTSIDE, np.uint64(0), _mixed(labels + 1)))
    # Bit 0 says that it is a neighbourhood, so that 0 is left for what lies outside of the map.
    inner |= np.uint64(1)
    inner[labels[1:-1, 1:-1] == OUTSIDE] = 0
    flat = _neighbourhoods(inner).ravel()
    # Along a row most pixels have their left neighbour's pattern: sort only where it changes.
    starts = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
    names, first, of_start = np.unique(flat[starts], return_index=True, return_inverse=True)
    index = np.repeat(of_start, np.diff(starts, append=flat.size))
    return Patterns(names, index.reshape(part.height, part.width), starts[first], inner, labels)


def _with_border(labels_hw: NDArray[np.int32], part: Box) -> NDArray[np.int32]:
    """`part` and `REACH` pixels around it."""
    found = np.full((part.height + 2 * REACH, part.width + 2 * REACH), OUTSIDE, np.int32)
    size = (labels_hw.shape[0], labels_hw.shape[1])
    inside = part.grown(REACH, size)
    top, left = inside.top - part.top + REACH, inside.left - part.left + REACH
    found[top : top + inside.height, left : left + inside.width] = labels_hw[inside.slices]
    return found


def _mixed(values: NDArray[Any]) -> Hashes:
    """Every bit depends on every bit (the finaliser of MurmurHash3, in the public domain)."""
    mixed = values.astype(np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(33)
    return mixed


FACTORS = _mixed(np.arange(101, 101 + len(TAPS))) | np.uint64(1)


def _neighbourhoods(values: Hashes) -> Hashes:
    """H x W -> (H - 2) x (W - 2), one number for each 3 x 3 neighbourhood."""
    height, width = values.shape[0] - 2, values.shape[1] - 2
    total = np.zeros((height, width), np.uint64)
    for (y, x), factor in zip(TAPS, FACTORS, strict=True):
        total += values[1 + y : 1 + y + height, 1 + x : 1 + x + width] * factor
    return _mixed(total)
