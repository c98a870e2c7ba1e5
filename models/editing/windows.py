"""Rectangles of maps: which changed, which are still to be done, and values of a stretched map.

Boxes are those of `models.editing.label_patterns`: bottom and right are outside.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from models.editing.label_patterns import Box, joined

GAP = 8
"""Changed cells that are less than this apart are one place: their surroundings overlap."""
MOST_PLACES = 8
"""Boxes of one map that are told apart; beyond that, the cheapest joins are made."""
MOST_FOUND = 32
"""Places looked for in a change; one that is scattered wider is taken as a whole."""

Boxes = tuple[Box, ...]


def whole_of(size_hw: Sequence[int]) -> Box:
    """The box of a whole map."""
    return Box(0, 0, size_hw[0], size_hw[1])


def overlap(a: Box, b: Box) -> Box | None:
    """What two boxes share."""
    shared = Box(
        max(a.top, b.top), max(a.left, b.left), min(a.bottom, b.bottom), min(a.right, b.right)
    )
    return shared if shared.height > 0 and shared.width > 0 else None


def without(box: Box, done: Box) -> Boxes:
    """What is left of a box: at most four boxes that do not overlap."""
    shared = overlap(box, done)
    if shared is None:
        return (box,)
    parts = (
        Box(box.top, box.left, shared.top, box.right),
        Box(shared.bottom, box.left, box.bottom, box.right),
        Box(shared.top, box.left, shared.bottom, shared.left),
        Box(shared.top, shared.right, shared.bottom, box.right),
    )
    return tuple(part for part in parts if part.height > 0 and part.width > 0)


def together(boxes: Sequence[Box]) -> Boxes:
    """Boxes that cover the same, joined wherever the joined box is no more work than its parts."""
    found = list(boxes)
    while len(found) > 1:
        waste, first, second = min(
            (_union(a, b).area - a.area - b.area, i, j)
            for j, b in enumerate(found)
            for i, a in enumerate(found[:j])
        )
        if waste > 0 and len(found) <= MOST_PLACES:
            break
        other = found.pop(second)
        found[first] = _union(found[first], other)
    return tuple(found)


def _union(a: Box, b: Box) -> Box:
    union = joined(a, b)
    assert union is not None
    return union


def pieces(box: Box, most: int) -> Iterator[Box]:
    """The box cut into boxes of at most `most` pixels, by halving the longer side; even cuts."""
    if box.area <= most or max(box.height, box.width) <= 2:
        yield box
        return
    if box.height >= box.width:
        middle = box.top + (box.height + 2) // 4 * 2
        parts = box._replace(bottom=middle), box._replace(top=middle)
    else:
        middle = box.left + (box.width + 2) // 4 * 2
        parts = box._replace(right=middle), box._replace(left=middle)
    for part in parts:
        yield from pieces(part, most)


def places(changed_hw: Tensor) -> Boxes:
    """Boxes around all True of a map, those that are far from each other apart."""
    if not changed_hw.any():
        return ()
    found = list(_cut(changed_hw, 0, 0))
    if len(found) > MOST_FOUND:
        top, left = (min(box[side] for box in found) for side in (0, 1))
        bottom, right = (max(box[side] for box in found) for side in (2, 3))
        return (Box(top, left, bottom, right),)
    return together(found)


def _cut(changed_hw: Tensor, top: int, left: int) -> Iterator[Box]:
    """Cuts along empty rows, then along empty columns, until nothing falls apart."""
    rows = list(_runs(changed_hw.any(1)))
    for first, last in rows:
        band = changed_hw[first:last]
        columns = list(_runs(band.any(0)))
        for start, stop in columns:
            if len(columns) == 1:
                yield Box(top + first, left + start, top + last, left + stop)
            else:
                yield from _cut(band[:, start:stop], top + first, left + start)


def _runs(changed: Tensor) -> Iterator[tuple[int, int]]:
    """(first, behind the last) of the runs of True, with less than `GAP` False between them."""
    marks = torch.nonzero(changed).flatten().tolist()
    first = last = marks[0]
    for mark in marks[1:]:
        if mark - last > GAP:
            yield first, last + 1
            first = mark
        last = mark
    yield first, last + 1


def stretched_reach(box: Box, source_hw: Sequence[int], size_hw: Sequence[int]) -> Box:
    """Where a map of `size_hw` depends on `box` of the map that is stretched bilinearly to it."""

    def side(start: int, stop: int, source: int, size: int) -> tuple[int, int]:
        scale = size / source
        # A pixel's weight is not 0 up to one source pixel from its middle; one more for rounding.
        low = int((start - 0.5) * scale - 0.5) - 1
        high = int((stop + 0.5) * scale - 0.5) + 2
        # Beyond the outermost middles the border's values go on.
        return (0 if start == 0 else max(0, low)), (size if stop == source else min(size, high))

    top, bottom = side(box.top, box.bottom, source_hw[0], size_hw[0])
    left, right = side(box.left, box.right, source_hw[1], size_hw[1])
    return Box(top, left, bottom, right)


class Stretch:
    """A window of a map that is stretched bilinearly, as `F.interpolate` does without corners.

    Args:
        source_hw: size of the map.
        size_hw: what it is stretched to.
        part: the window of that size.

    Attributes:
        source: box of the map that the window reads.
    """

    def __init__(self, source_hw: Sequence[int], size_hw: Sequence[int], part: Box) -> None:
        self._rows = _neighbours(part.top, part.bottom, source_hw[0], size_hw[0])
        self._columns = _neighbours(part.left, part.right, source_hw[1], size_hw[1])
        self._plain = tuple(source_hw) == tuple(size_hw)
        top, bottom = (
            int(places[end]) for places, end in zip(self._rows[:2], (0, -1), strict=True)
        )
        left, right = (
            int(places[end]) for places, end in zip(self._columns[:2], (0, -1), strict=True)
        )
        self.source = Box(top, left, bottom + 1, right + 1)

    def __call__(self, values: Tensor) -> Tensor:
        """The source box' values, 1 x C x h x w, to those of the window."""
        if self._plain:
            return values
        # Channels last: one pixel is one run of memory.
        x = values.movedim(1, -1)
        for dimension, first, (low, high, share) in (
            (1, self.source.top, self._rows),
            (2, self.source.left, self._columns),
        ):
            weight = share.to(x).view((-1, 1, 1) if dimension == 1 else (-1, 1))
            near = x.index_select(dimension, low.to(x.device) - first)
            x = torch.lerp(near, x.index_select(dimension, high.to(x.device) - first), weight)
        return x.movedim(-1, 1)


def _neighbours(start: int, stop: int, source: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The two source pixels of each pixel, and the second one's weight."""
    at = (torch.arange(start, stop, dtype=torch.float64) + 0.5) * (source / size) - 0.5
    at = at.clamp_(0.0, source - 1.0)
    low = at.long()
    share = at - low
    return low, low + (share > 0), share
