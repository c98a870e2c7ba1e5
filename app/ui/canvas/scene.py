"""Everything on the canvas in its order: the pictures, then the marks over them."""

import math

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QTransform

from app.ui.canvas import overlay
from app.ui.canvas.coloured_layer import ColouredLayer
from app.ui.canvas.comparison import Comparison
from app.ui.canvas.label_layer import LabelLayer
from app.ui.canvas.painter import SQUARES_ABOVE, SharpPainter, to_qrect
from app.ui.canvas.transform import Box, ViewTransform

BEFORE = "before"
AFTER = "after"
# Words are left out where they would cover half of the picture's width.
WIDTHS_OF_MARKS = 4


def paint_pictures(
    painter: QPainter,
    sharp: SharpPainter,
    comparison: Comparison,
    transform: ViewTransform,
    dirty_view: QRect,
    *,
    rough: bool,
) -> None:
    """Paint what is shown of the pictures inside `dirty_view`; the painter is in view pixels.

    Args:
        rough: without filtering, where no sharp tile is there.
    """
    touched = _touched(dirty_view, transform.ratio)
    painter.save()
    painter.setTransform(_device_pixels(painter, transform.ratio))
    for layer, part in comparison.parts(transform.visible):
        # A picture that is stretched over the document has no pixels to show as squares.
        whole = layer.pyramid.width_px >= transform.document_px[0]
        smooth = not rough and not (whole and transform.zoom > SQUARES_ABOVE)
        sharp.paint(painter, layer, transform.picture, part.within(touched), smooth=smooth)
    painter.restore()


def paint_ground(painter: QPainter, transform: ViewTransform, colour: QColor) -> None:
    """One colour where the document's picture would be; the painter is in view pixels."""
    painter.save()
    painter.setTransform(_device_pixels(painter, transform.ratio))
    painter.fillRect(to_qrect(transform.visible), colour)
    painter.restore()


def visible_view(transform: ViewTransform) -> QRectF:
    """The part of the document in sight, in view pixels."""
    left, top, right, bottom = (edge / transform.ratio for edge in transform.visible)
    return QRectF(left, top, right - left, bottom - top)


def paint_layout(
    painter: QPainter,
    layer: LabelLayer,
    transform: ViewTransform,
    dirty_view: QRect,
    *,
    opacity: float,
    rough: bool,
) -> None:
    """Paint the layout inside `dirty_view`; the painter is in view pixels.

    Args:
        opacity: 0..1; below 1, what was painted before shows through.
        rough: leave out what takes long.
    """
    part = transform.visible.within(_touched(dirty_view, transform.ratio))
    painter.save()
    painter.setTransform(_device_pixels(painter, transform.ratio))
    painter.setOpacity(opacity)
    layer.paint(painter, transform.picture, part, transform.ratio, rough=rough)
    painter.restore()


def paint_mask(
    painter: QPainter, layer: ColouredLayer, transform: ViewTransform, dirty_view: QRect
) -> None:
    """Paint a mask over what is there, inside `dirty_view`; the painter is in view pixels."""
    part = transform.visible.within(_touched(dirty_view, transform.ratio))
    if part.is_empty:
        return
    painter.save()
    painter.setTransform(_device_pixels(painter, transform.ratio))
    layer.paint(painter, transform.picture, part)
    painter.restore()


def _touched(dirty_view: QRect, ratio: float) -> Box:
    return Box(
        math.floor(dirty_view.left() * ratio),
        math.floor(dirty_view.top() * ratio),
        math.ceil((dirty_view.right() + 1) * ratio),
        math.ceil((dirty_view.bottom() + 1) * ratio),
    ).grown(1)


def paint_marks(
    painter: QPainter, comparison: Comparison, transform: ViewTransform, *, lit: bool
) -> None:
    """Paint the divider and the words that tell which side is which; in view pixels.

    Args:
        lit: whether the divider is about to be dragged.
    """
    visible = transform.visible
    if comparison.after is None or visible.is_empty:
        return
    span = visible_view(transform)
    x_view = divider_view(comparison, transform)
    if x_view is not None:
        overlay.paint_divider(painter, x_view, span, transform.ratio, lit)
        if span.width() > WIDTHS_OF_MARKS * marks_reach(QFontMetricsF(painter.font())):
            corner = QPointF(x_view, span.top())
            overlay.paint_word(painter, BEFORE, corner, to_left=True, lit=lit)
            overlay.paint_word(painter, AFTER, corner, to_left=False, lit=lit)
    elif comparison.shown == "before":
        overlay.paint_word(painter, BEFORE, span.topLeft(), to_left=False, lit=True)


def divider_view(comparison: Comparison, transform: ViewTransform) -> float | None:
    """The divider's column in view pixels, on the edge of a device pixel; None without one."""
    column = comparison.divider(transform.visible)
    return None if column is None else column / transform.ratio


def divider_share(transform: ViewTransform, x_view: float) -> float:
    """The share of the visible part at a column; in the middle if nothing is visible."""
    visible = transform.visible
    return 0.5 if visible.is_empty else (x_view * transform.ratio - visible.left) / visible.width


def divider_rect(x_view: float, height_view: int, metrics: QFontMetricsF) -> QRect:
    """What a divider at this column and its words cover, in view pixels."""
    reach = marks_reach(metrics)
    return QRect(math.floor(x_view - reach), 0, math.ceil(2 * reach) + 1, height_view)


def marks_reach(metrics: QFontMetricsF) -> float:
    """How far the divider, its handle and its words reach to either side, in view pixels."""
    return max(overlay.words_width(metrics, (BEFORE, AFTER)), overlay.HANDLE_VIEW) + 2


def _device_pixels(painter: QPainter, ratio: float) -> QTransform:
    """The world transform that makes a device pixel the unit, aligned with the screen's pixels.

    Fractional ratios put widgets between the screen's pixels; blitting there would blur.
    """
    world, plain = painter.worldTransform(), QTransform.fromScale(1 / ratio, 1 / ratio)
    device = plain * painter.deviceTransform()
    if abs(device.m11() - 1) > 1e-6 or abs(device.m22() - 1) > 1e-6:
        return plain * world
    aligned = QTransform.fromTranslate(round(device.dx()), round(device.dy()))
    return aligned * painter.deviceTransform().inverted()[0] * world
