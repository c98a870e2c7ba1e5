"""What several widgets draw in the same way."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPixmap

from app.ui.theme import Theme

RADIUS = 4.0
RING_WIDTH = 2.0
BADGE_MARGIN = 6


def fill_rounded(painter: QPainter, rect: QRect | QRectF, colour: QColor) -> None:
    """A field with rounded corners."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(rect), RADIUS, RADIUS)
    painter.restore()


def draw_ring(
    painter: QPainter, rect: QRect | QRectF, colour: QColor, width: float = RING_WIDTH
) -> None:
    """A line with rounded corners, just inside `rect`: what has the focus, or is active."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = width / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), RADIUS, RADIUS)
    painter.restore()


def draw_cover(painter: QPainter, rect: QRect, picture: QPixmap) -> None:
    """The middle of a picture, filling all of `rect`."""
    size = picture.size()
    scale = max(rect.width() / size.width(), rect.height() / size.height())
    width, height = rect.width() / scale, rect.height() / scale
    source = QRectF((size.width() - width) / 2, (size.height() - height) / 2, width, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(QRectF(rect), picture, source)
    painter.restore()


def draw_whole(painter: QPainter, rect: QRect, picture: QPixmap) -> None:
    """All of a picture, as large as it fits into `rect`, in its middle."""
    fitted = picture.size().scaled(rect.size(), Qt.AspectRatioMode.KeepAspectRatio)
    target = QRect(rect.topLeft(), fitted)
    target.moveCenter(rect.center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(target, picture)
    painter.restore()


def draw_words(
    painter: QPainter,
    rect: QRect,
    words: str,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    """One line of text in the painter's pen, cut short with dots where it is too long."""
    elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, elided)


def badge_width(metrics: QFontMetrics, words: str) -> int:
    """The width of `draw_badge`."""
    return metrics.horizontalAdvance(words) + 2 * BADGE_MARGIN


def draw_badge(painter: QPainter, rect: QRect, words: str, theme: Theme) -> None:
    """A word in the colour of warnings, in a field of its own."""
    fill_rounded(painter, rect, theme.tint(theme.warning, 0.2))
    painter.save()
    painter.setPen(theme.warning)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
