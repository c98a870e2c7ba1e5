"""Where the document lies in the view, and back. Without Qt.

Device pixels are those of the screen; a view pixel (Qt's logical one) is `ratio` of them. All
painting happens in whole device pixels, so that 100 % is exact on every screen.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

Point = tuple[float, float]

MIN_ZOOM = 0.01
MAX_ZOOM = 64.0
FIT_MARGIN_VIEW = 16
# So much of the picture stays in sight, wherever it is dragged.
KEPT_VIEW = 48
ZOOM_STEPS = (
    *(0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.0625, 0.0833, 0.125, 0.1667, 0.25, 0.3333, 0.5),
    *(0.6667, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0),
)


class Box(NamedTuple):
    """Left, top, right, bottom in device pixels of the view; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Zero or less where the box is empty."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Zero or less where the box is empty."""
        return self.bottom - self.top

    @property
    def is_empty(self) -> bool:
        """Whether no pixel is inside."""
        return self.width <= 0 or self.height <= 0

    def within(self, other: "Box") -> "Box":
        """What both have in common; perhaps empty."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def grown(self, by: int) -> "Box":
        """With a margin all around."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)


@dataclass(frozen=True)
class ViewTransform:
    """A document of `document_px` seen through a view of `size_view`; each method gives a new one.

    Attributes:
        zoom: device pixels for one document pixel.
        x, y: the document's top left corner, in device pixels from the view's.
    """

    document_px: tuple[int, int]
    size_view: tuple[int, int]
    ratio: float = 1.0
    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0

    @property
    def view(self) -> Box:
        """The whole view."""
        width, height = self._size
        return Box(0, 0, math.ceil(width), math.ceil(height))

    @property
    def picture(self) -> Box:
        """Where the document is painted: whole pixels, at least one."""
        left, top = round(self.x), round(self.y)
        width = max(1, round(self.document_px[0] * self.zoom))
        height = max(1, round(self.document_px[1] * self.zoom))
        return Box(left, top, left + width, top + height)

    @property
    def visible(self) -> Box:
        """The part of the document in sight."""
        return self.picture.within(self.view)

    def to_doc(self, point_view: Point) -> Point:
        """The place in the document, in fractions of its pixels, that is painted at this point."""
        picture = self.picture
        return (
            (point_view[0] * self.ratio - picture.left) * self.document_px[0] / picture.width,
            (point_view[1] * self.ratio - picture.top) * self.document_px[1] / picture.height,
        )

    def to_view(self, point_px: Point) -> Point:
        """The point of the view at which a place in the document is painted."""
        picture = self.picture
        return (
            (picture.left + point_px[0] * picture.width / self.document_px[0]) / self.ratio,
            (picture.top + point_px[1] * picture.height / self.document_px[1]) / self.ratio,
        )

    def pixel_at(self, point_view: Point) -> tuple[int, int] | None:
        """The document's pixel at this point, or None beside the document."""
        x_px, y_px = (math.floor(value) for value in self.to_doc(point_view))
        inside = 0 <= x_px < self.document_px[0] and 0 <= y_px < self.document_px[1]
        return (x_px, y_px) if inside else None

    def zoomed_to(self, zoom: float, point_view: Point | None = None) -> "ViewTransform":
        """Another zoom; what is at the point, or in the middle of the view, stays there."""
        zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        at_x, at_y = self._centre if point_view is None else self._device(point_view)
        grown = zoom / self.zoom
        x, y = at_x - (at_x - self.x) * grown, at_y - (at_y - self.y) * grown
        return replace(self, zoom=zoom, x=x, y=y)._clamped()

    def zoomed_at(self, point_view: Point, factor: float) -> "ViewTransform":
        """`factor` times the zoom; what is at the point stays there."""
        return self.zoomed_to(self.zoom * factor, point_view)

    def step_in(self, point_view: Point | None = None) -> "ViewTransform":
        """The next larger step."""
        larger = (step for step in ZOOM_STEPS if step > self.zoom * 1.001)
        return self.zoomed_to(next(larger, MAX_ZOOM), point_view)

    def step_out(self, point_view: Point | None = None) -> "ViewTransform":
        """The next smaller step."""
        smaller = (step for step in reversed(ZOOM_STEPS) if step < self.zoom * 0.999)
        return self.zoomed_to(next(smaller, MIN_ZOOM), point_view)

    def panned(self, dx_view: float, dy_view: float) -> "ViewTransform":
        """The document moved; some of it always stays in sight."""
        x, y = self.x + dx_view * self.ratio, self.y + dy_view * self.ratio
        return replace(self, x=x, y=y)._clamped()

    def fitted(self, margin_view: float = FIT_MARGIN_VIEW) -> "ViewTransform":
        """The whole document in the middle of the view, as large as it can be."""
        width, height = self._size
        margin = 2 * margin_view * self.ratio
        zoom = min(
            max(1.0, width - margin) / self.document_px[0],
            max(1.0, height - margin) / self.document_px[1],
        )
        zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        x = (width - self.document_px[0] * zoom) / 2
        y = (height - self.document_px[1] * zoom) / 2
        return replace(self, zoom=zoom, x=x, y=y)._clamped()

    def resized(self, size_view: tuple[int, int], ratio: float) -> "ViewTransform":
        """Another size of the view, or another screen; what is in the middle stays there."""
        other = replace(self, size_view=size_view, ratio=ratio)
        scale = ratio / self.ratio
        (old_x, old_y), (new_x, new_y) = self._centre, other._centre
        x, y = new_x - (old_x - self.x) * scale, new_y - (old_y - self.y) * scale
        zoom = min(max(self.zoom * scale, MIN_ZOOM), MAX_ZOOM)
        return replace(other, zoom=zoom, x=x, y=y)._clamped()

    @property
    def _size(self) -> Point:
        return self.size_view[0] * self.ratio, self.size_view[1] * self.ratio

    @property
    def _centre(self) -> Point:
        return self._device((self.size_view[0] / 2, self.size_view[1] / 2))

    def _device(self, point_view: Point) -> Point:
        return point_view[0] * self.ratio, point_view[1] * self.ratio

    def _clamped(self) -> "ViewTransform":
        width, height = self._size
        x = self._kept(self.x, self.document_px[0] * self.zoom, width)
        y = self._kept(self.y, self.document_px[1] * self.zoom, height)
        return self if (x, y) == (self.x, self.y) else replace(self, x=x, y=y)

    def _kept(self, start: float, extent: float, view: float) -> float:
        kept = min(KEPT_VIEW * self.ratio, extent, view)
        return min(max(start, kept - extent), view - kept)
