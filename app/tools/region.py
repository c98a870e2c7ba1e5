"""Regions: a mask proposed from how much every place is like one, and what the hand changes.

The likeness is the cosine of structure codes (thesis, 4.4.6; `models.api.SimilarityResult`).
"""

import functools
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from app.document.tiles import TiledArray, changed_rect, merged

Levels = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.floating[Any]]
FULL = 255
USUAL = 0.7
"""A threshold that does for most places of most pictures."""
LEAST, MOST = 0.5, 0.8
STEP = 0.02
"""Thresholds are found in such steps."""
LEAK_TIMES, LEAK_SHARE = 1.5, 0.05
"""A region leaks where a step lets it grow by this factor and by this share of the picture."""
THING_SHARE = 0.04
"""Of the picture; what is smaller may be a part of the thing, which the next step completes."""


def proposed(
    similarity_hw: npt.NDArray[np.float32],
    cell_px: float,
    size_px: tuple[int, int],
    *,
    threshold: float,
    softness: float,
    at: tuple[float, float],
    contiguous: bool,
) -> Levels:
    """The mask of what is like a place, its own cell always being inside.

    Args:
        similarity_hw: h x w, -1..1, for each cell of the structure code.
        cell_px: side of a cell in pixels of the mask.
        size_px: (width, height) of the mask; the cells cover it and may reach beyond its right and
            lower edge.
        threshold: the similarity that is half inside.
        softness: over which range of similarities the mask rises from 0 to 255, evenly around the
            threshold; 0 or more.
        at: (x, y) of the place, in shares of the width and height.
        contiguous: leave out what does not hang together with the place, at sides or corners.

    Returns:
        H x W uint8.

    Raises:
        ValueError: cells that do not cover the mask.
    """
    import cv2

    width_px, height_px = size_px
    rows, columns = similarity_hw.shape
    if columns * cell_px < width_px - 0.5 or rows * cell_px < height_px - 0.5:
        raise ValueError(f"{columns} x {rows} cells of {cell_px} px on {width_px} x {height_px} px")
    place = _cell(similarity_hw, cell_px, size_px, at)
    shares_hw = _ramp(similarity_hw, threshold, softness)
    shares_hw[place] = 1
    if contiguous:
        # With the rim.
        shares_hw *= cv2.dilate(_piece(shares_hw >= 0.5, place), np.ones((3, 3), np.uint8))
    return _stretched(shares_hw, cell_px, size_px)


def telling_threshold(
    similarity_hw: npt.NDArray[np.float32],
    cell_px: float,
    size_px: tuple[int, int],
    at: tuple[float, float],
) -> float:
    """A threshold that tells what is like a place from all else.

    It parts the similarities above 0 into two groups that differ the most (Otsu 1979), within
    LEAST..MOST; but where what hangs together with the place would leak into something larger on
    the way down there from MOST, it stays above that.

    Args:
        similarity_hw, cell_px, size_px, at: as for `proposed`.
    """
    best = min(max(_otsu(similarity_hw), LEAST), MOST)
    place = _cell(similarity_hw, cell_px, size_px, at)

    def share(threshold: float) -> float:
        return float(_piece(similarity_hw >= np.float32(threshold), place).mean())

    for above, below in pairwise(np.arange(MOST, best - STEP / 2, -STEP)):
        thing = share(above)
        if thing >= THING_SHARE and share(below) > max(LEAK_TIMES * thing, thing + LEAK_SHARE):
            return round(float(above), 2)
    return best


@dataclass(frozen=True)
class RegionMask:
    """A proposal with what the hand added to it and took away, which outlast other proposals.

    All of one size, uint8.

    Attributes:
        proposal: what `proposed` gave.
        added: at least so much is inside.
        removed: where nothing was added, at most 255 minus this is inside.
    """

    proposal: TiledArray
    added: TiledArray
    removed: TiledArray

    @classmethod
    def of(cls, proposal: TiledArray) -> "RegionMask":
        """The proposal as it is."""
        empty = TiledArray.filled(proposal.height_px, proposal.width_px, 0)
        return cls(proposal, empty, empty)

    @functools.cached_property
    def levels(self) -> TiledArray:
        """The mask: max(min(proposal, 255 - removed), added)."""
        return merged(merged(self.proposal, self.removed, _without), self.added, np.maximum)

    def painted(self, levels: TiledArray) -> "RegionMask":
        """With what the hand changed when it made of `self.levels` these; they are the new ones."""
        rect = changed_rect(self.levels, levels)
        if rect is None:
            return self
        before, after = self.levels.read(rect), levels.read(rect)
        lower_hw = after < before
        added = np.where(lower_hw, np.minimum(self.added.read(rect), after), after)
        removed = np.maximum(self.removed.read(rect), FULL - after)
        return replace(
            self,
            added=self.added.patch(rect, added, after != before),
            removed=self.removed.patch(rect, removed, lower_hw),
        )


def _without(tile: Levels, removed: Levels) -> Levels:
    return np.minimum(tile, FULL - removed)


def _ramp(similarity_hw: npt.NDArray[np.float32], threshold: float, softness: float) -> Shares:
    """0..1, smooth at both ends."""
    beyond = similarity_hw - np.float32(threshold)
    if softness == 0:
        return (beyond >= 0).astype(np.float32)
    share = np.clip(beyond / np.float32(softness) + np.float32(0.5), 0, 1)
    return share * share * (3 - 2 * share)


def _cell(
    similarity_hw: npt.NDArray[np.float32],
    cell_px: float,
    size_px: tuple[int, int],
    at: tuple[float, float],
) -> tuple[int, int]:
    """Row and column of the cell in which a place lies."""
    rows, columns = similarity_hw.shape
    row, column = int(at[1] * size_px[1] / cell_px), int(at[0] * size_px[0] / cell_px)
    return min(row, rows - 1), min(column, columns - 1)


def _otsu(similarity_hw: npt.NDArray[np.float32]) -> float:
    """Between which steps from 0 to 1 the groups below and above differ the most."""
    edges = np.linspace(0, 1, round(1 / STEP) + 1)
    # Rounding takes the place's own similarity beyond 1, and it may be the only one above 0.
    counts = np.histogram(np.minimum(similarity_hw, 1), edges)[0]
    below = np.cumsum(counts) / counts.sum()
    means = np.cumsum(counts * edges[1:]) / counts.sum()
    apart = (means[-1] * below - means) ** 2 / np.maximum(below * (1 - below), 1e-9)
    return round(float(edges[1:][apart.argmax()]), 2)


def _piece(inside_hw: npt.NDArray[np.bool_], place: tuple[int, int]) -> Levels:
    """1 in what hangs together with a cell, the cell itself always; 0 elsewhere."""
    import cv2

    cells_hw = inside_hw.astype(np.uint8)
    cells_hw[place] = 1
    pieces = cv2.connectedComponents(cells_hw, connectivity=8)[1]
    return (pieces == pieces[place]).astype(np.uint8)


def _stretched(shares_hw: Shares, cell_px: float, size_px: tuple[int, int]) -> Levels:
    """Bilinearly between the middles of cells, H x W."""
    import cv2

    # One more cell at the right and the bottom, so that rounding cannot leave a pixel out.
    levels = np.pad(np.rint(shares_hw * FULL).astype(np.uint8), ((0, 1), (0, 1)), "edge")
    # The factor, not a size, says where the cells lie.
    stretched = cv2.resize(levels, None, fx=cell_px, fy=cell_px, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(stretched[: size_px[1], : size_px[0]], np.uint8)
