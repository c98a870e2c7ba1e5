"""Regions as they are proposed of a click, and proposed again for another threshold."""

from dataclasses import dataclass, replace

from app.document.document import Document
from app.document.tiles import TiledArray
from app.tools.region import RegionMask, proposed, telling_threshold
from models.api import SimilarityRequest, SimilarityResult

LONGEST_PX = 1024
"""The longer side of a proposed mask: the structure code is far coarser."""
RIM = 0.2
"""Over so much of the similarity a proposed mask rises from nothing to full."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A region with what it was proposed of.

    Attributes:
        result: how like the clicked place everything is.
        at: that place, in shares of width and height.
        cell_px: side of a cell in pixels of the mask.
        mask: the proposal with what the hand has changed.
        threshold: -1..1; from this similarity on a place belongs to the region.
        contiguous: whether it has to hang together with the clicked place.
    """

    result: SimilarityResult
    at: tuple[float, float]
    cell_px: float
    mask: RegionMask
    threshold: float
    contiguous: bool

    def with_other(self, threshold: float, contiguous: bool) -> "Proposal":
        """Another proposal of the same place; what the hand has changed stays."""
        size_px = (self.mask.proposal.width_px, self.mask.proposal.height_px)
        levels_hw = proposed(
            self.result.similarity_hw,
            self.cell_px,
            size_px,
            threshold=threshold,
            softness=RIM,
            at=self.at,
            contiguous=contiguous,
        )
        mask = replace(self.mask, proposal=TiledArray.from_array(levels_hw))
        return replace(self, mask=mask, threshold=threshold, contiguous=contiguous)


def first_proposal(
    document: Document, result: SimilarityResult, request: SimilarityRequest
) -> Proposal:
    """The first proposal for a click."""
    scale = min(1.0, LONGEST_PX / max(document.width_px, document.height_px))
    width_px = max(1, round(document.width_px * scale))
    height_px = max(1, round(document.height_px * scale))
    looked_px = request.picture.short_side_px or min(document.width_px, document.height_px)
    rows, columns = result.similarity_hw.shape
    # Both sizes are rounded: the cells must not end before the mask does.
    cell_px = max(
        result.cell_px * min(width_px, height_px) / looked_px, width_px / columns, height_px / rows
    )
    empty = TiledArray.filled(height_px, width_px, 0)
    mask = RegionMask.of(empty)
    at = (request.x, request.y)
    threshold = telling_threshold(result.similarity_hw, cell_px, (width_px, height_px), at)
    blank = Proposal(result, at, cell_px, mask, threshold, contiguous=True)
    return blank.with_other(threshold, contiguous=True)
