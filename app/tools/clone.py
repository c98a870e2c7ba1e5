"""Cloning: where it is taken from, and how that follows the hand.

Places are (x, y) in document pixels; a place of another picture is one of that picture scaled to
the document's shorter side, whose left upper corner lies on the document's.
"""

from dataclasses import dataclass
from math import ceil

from app.document.rect import Rect
from app.tools.stroke import Point


@dataclass(frozen=True)
class CloneSource:
    """The place that cloning begins at.

    Attributes:
        x_px: document pixels; of another picture, once that is scaled to the document's shorter
            side.
        y_px: likewise from the top.
        picture: sha256 of the picture that it lies in; None for the document's own.
    """

    x_px: float
    y_px: float
    picture: str | None = None


class CloneAim:
    """Keeps the place that is cloned in step with the hand, as clone stamps do.

    Attributes:
        aligned: the way from the hand to the source, found as the first stroke begins, stays the
            same for all strokes until a source is set; else every stroke begins at the source.
        source: the last one that was set, None before.
    """

    def __init__(self, *, aligned: bool = True) -> None:
        self.aligned = aligned
        self.source: CloneSource | None = None
        self._way: Point | None = None

    def set(self, source: CloneSource) -> None:
        """Take from here from the next stroke on."""
        self.source = source
        self._way = None

    def begin(self, x_px: float, y_px: float) -> Point:
        """A stroke begins here: the way (dx, dy) from it to its source, for all of it.

        Raises:
            ValueError: no source was set.
        """
        if self.source is None:
            raise ValueError("no source")
        if self._way is None or not self.aligned:
            self._way = (self.source.x_px - x_px, self.source.y_px - y_px)
        return self._way

    def end(self) -> None:
        """The stroke has ended; without alignment the source waits in its place again."""
        if not self.aligned:
            self._way = None

    def source_at(self, x_px: float, y_px: float) -> Point | None:
        """The place that is taken while the hand is here; None if no source was set."""
        if self.source is None:
            return None
        if self._way is None:
            return self.source.x_px, self.source.y_px
        return x_px + self._way[0], y_px + self._way[1]


def in_shares(dx_px: float, dy_px: float, width_px: int, height_px: int) -> tuple[float, float]:
    """A way in a document of that size in shares of its shorter side, as edits have it."""
    side_px = min(width_px, height_px)
    return dx_px / side_px, dy_px / side_px


def reach(dx_px: float, dy_px: float, source_width_px: float, source_height_px: float) -> Rect:
    """The pixels whose source lies in its picture: what a stroke must stay within.

    Args:
        dx_px: from a pixel to its source.
        dy_px: likewise downwards.
        source_width_px: of the source's picture, scaled to the document's shorter side.
        source_height_px: likewise.
    """
    return Rect.spanning(
        ceil(-dx_px - 0.5),
        ceil(-dy_px - 0.5),
        ceil(source_width_px - dx_px - 0.5),
        ceil(source_height_px - dy_px - 0.5),
    )
