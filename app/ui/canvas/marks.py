"""What the canvas draws for the hand: footprint, cross, source, guides, mirror axes."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QLineF, QMarginsF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from app.ui.canvas.pen import CanvasTool
from app.ui.canvas.transform import Point, ViewTransform

LIGHT = QColor(255, 255, 255)
DARK = QColor(0, 0, 0, 190)
# The dark line shows on both sides of the light one: seen on any picture.
LIGHT_VIEW, DARK_VIEW = 1.5, 3.5
CROSS_VIEW = 9.0
GAP_VIEW = 2.0
CORNER = QMarginsF(3.0, 3.0, 3.0, 3.0)
# What is drawn beyond its outline, antialiased.
EDGE_VIEW = 3.0
# Footprints that are smaller are hard to find: four ticks point at them.
SMALL_VIEW = 6.0
# Far outside of the view Qt's paths lose their precision and cost time.
FAR_VIEW = 20_000.0
FAR = QRectF(-FAR_VIEW, -FAR_VIEW, 2 * FAR_VIEW, 2 * FAR_VIEW)
# Of the ring inside the footprint, where a soft tip begins to fade.
INNER_VIEW = 0.75


class Marks:
    """All marks of the hand, at places in the document; painted in view pixels of a pane.

    Attributes:
        tool: in hand, or None.
        place_px: where its footprint is, or None: it is not shown.
        crossed: whether a cross marks that place.
        source_px: the middle of the place that the tool takes from, or None.
        source_radius_px: of that place, 0 for a point.
        guides_px: corners of a polygon in the making.
        closed: whether the polygon closes.
        mirror_px: the places of the upright and the level axis, None for none.
    """

    def __init__(self) -> None:
        self.tool: CanvasTool | None = None
        self.place_px: Point | None = None
        self.crossed = False
        self.source_px: Point | None = None
        self.source_radius_px = 0.0
        self.guides_px: tuple[Point, ...] = ()
        self.closed = False
        self.mirror_px: tuple[float | None, float | None] = (None, None)

    def set_guides(self, points_px: Sequence[Point], closed: bool) -> None:
        """Another polygon in the making."""
        self.guides_px, self.closed = tuple(points_px), closed

    def moving_rect(self, transform: ViewTransform) -> QRect:
        """What all that follows the hand covers, in view pixels of the pane; empty for nothing."""
        if self.tool is None or self.place_px is None:
            return QRect()
        reach = max(CROSS_VIEW, SMALL_VIEW, self._radius_view(transform)) + EDGE_VIEW
        middle = QPointF(*transform.to_view(self.place_px))
        found = QRectF(middle.x() - reach, middle.y() - reach, 2 * reach, 2 * reach)
        for end in self._tied():
            at = QPointF(*transform.to_view(end))
            found = found.united(QRectF(at, middle).normalized())
        edge = math.ceil(EDGE_VIEW)
        return found.intersected(FAR).toAlignedRect().adjusted(-edge, -edge, edge, edge)

    def source_rect(self, transform: ViewTransform) -> QRect:
        """What the mark of the source covers, in view pixels of the pane; empty for none."""
        if self.tool is None or self.source_px is None:
            return QRect()
        x_view, y_view = transform.to_view(self.source_px)
        reach = max(CROSS_VIEW, self._source_radius_view(transform)) + EDGE_VIEW
        found = QRectF(x_view - reach, y_view - reach, 2 * reach, 2 * reach)
        return found.intersected(FAR).toAlignedRect()

    def paint(self, painter: QPainter, transform: ViewTransform) -> None:
        """Paint everything into a pane; the painter is in its view pixels."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        self._paint_axes(painter, transform)
        if self.guides_px:
            self._paint_guides(painter, transform)
        if self.tool is not None and self.place_px is not None:
            self._paint_footprint(painter, transform, self.tool, self.place_px)
        if self.tool is not None and self.source_px is not None:
            middle = QPointF(*transform.to_view(self.source_px))
            _paint_source(painter, middle, self._source_radius_view(transform))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_footprint(
        self, painter: QPainter, transform: ViewTransform, tool: CanvasTool, place_px: Point
    ) -> None:
        middle = QPointF(*transform.to_view(place_px))
        radius = self._radius_view(transform)
        path = QPainterPath()
        if tool.shape == "round":
            path.addEllipse(middle, radius, radius)
        elif tool.shape == "square":
            path.addRect(QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius))
        if self.crossed:
            _add_ticks(path, middle, GAP_VIEW, CROSS_VIEW)
        elif 0 < radius < SMALL_VIEW / 2:
            _add_ticks(path, middle, radius + GAP_VIEW, SMALL_VIEW + GAP_VIEW)
        _two_tone(painter, path)
        inner = radius * (1 - tool.softness)
        if tool.softness > 0 and radius - inner > EDGE_VIEW:
            ring = QPainterPath()
            ring.addEllipse(middle, inner, inner)
            _two_tone(painter, ring, INNER_VIEW)

    def _paint_guides(self, painter: QPainter, transform: ViewTransform) -> None:
        points = [QPointF(*transform.to_view(point)) for point in self.guides_px]
        path = QPainterPath()
        path.addPolygon(QPolygonF(points))
        if self.place_px is not None:
            middle = QPointF(*transform.to_view(self.place_px))
            for end in self._tied():
                path.moveTo(QPointF(*transform.to_view(end)))
                path.lineTo(middle)
        elif self.closed:
            path.lineTo(points[0])
        for point in points:
            path.addRect(QRectF(point, point).marginsAdded(CORNER))
        _two_tone(painter, path)

    def _paint_axes(self, painter: QPainter, transform: ViewTransform) -> None:
        x_px, y_px = self.mirror_px
        left, top, right, bottom = (edge / transform.ratio for edge in transform.visible)
        lines: list[QLineF] = []
        if x_px is not None:
            x_view = transform.to_view((x_px, 0))[0]
            lines.append(QLineF(x_view, top, x_view, bottom))
        if y_px is not None:
            y_view = transform.to_view((0, y_px))[1]
            lines.append(QLineF(left, y_view, right, y_view))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for colour, style in ((DARK, Qt.PenStyle.SolidLine), (LIGHT, Qt.PenStyle.DashLine)):
            painter.setPen(QPen(colour, 1.0, style))
            painter.drawLines(lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _radius_view(self, transform: ViewTransform) -> float:
        diameter_px = self.tool.diameter_px if self.tool is not None else 0.0
        return min(diameter_px / 2 * transform.zoom / transform.ratio, FAR_VIEW)

    def _source_radius_view(self, transform: ViewTransform) -> float:
        radius_view = self.source_radius_px * transform.zoom / transform.ratio
        return min(max(radius_view, CROSS_VIEW / 2 + 1), FAR_VIEW)

    def _tied(self) -> tuple[Point, ...]:
        """The corners that a line joins with the hand."""
        if not self.guides_px:
            return ()
        return (self.guides_px[-1], self.guides_px[0]) if self.closed else self.guides_px[-1:]


def _add_ticks(path: QPainterPath, middle: QPointF, start: float, end: float) -> None:
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        path.moveTo(middle + QPointF(across, down) * start)
        path.lineTo(middle + QPointF(across, down) * end)


def _paint_source(painter: QPainter, middle: QPointF, radius_view: float) -> None:
    """A cross with an open middle, in a ring: nothing else on the canvas looks like it."""
    path = QPainterPath()
    _add_ticks(path, middle, GAP_VIEW, CROSS_VIEW)
    path.addEllipse(middle, radius_view, radius_view)
    _two_tone(painter, path)


def _two_tone(painter: QPainter, path: QPainterPath, scale: float = 1.0) -> None:
    for colour, width in ((DARK, DARK_VIEW), (LIGHT, LIGHT_VIEW)):
        painter.setPen(QPen(colour, width * scale))
        painter.drawPath(path)
