"""The colour of a label, with the pattern that tells it from colours like it."""

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.document.palette import Label
from app.ui.theme import Theme, contrast
from app.ui.widgets.focus_ring import shows_ring
from app.ui.widgets.painting import RADIUS, draw_ring
from app.ui.widgets.targets import Pressable

PERIOD = 6
"""From one line of a pattern to the next, in logical pixels."""
INK_SHARE = 0.6
SMALLEST_SIDE = 28
MARGIN = 3


def ink_on(colour: QColor) -> QColor:
    """Black or white, whichever shows better on a colour; thinned, so that the colour rules."""
    black, white = QColor("black"), QColor("white")
    ink = max(black, white, key=lambda ink: contrast(ink, colour))
    ink.setAlphaF(INK_SHARE)
    return ink


def draw_pattern(painter: QPainter, rect: QRectF, pattern: str, ink: QColor) -> None:
    """One of `app.document.palette.PATTERNS` in a rectangle; an unknown one is none."""
    painter.save()
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, 1.2))
    painter.translate(rect.topLeft())
    if pattern == "dots":
        _draw_dots(painter, rect, ink)
    elif pattern == "waves":
        _draw_waves(painter, rect)
    else:
        painter.drawLines(_lines(rect, pattern))
    painter.restore()


def _lines(rect: QRectF, pattern: str) -> list[QLineF]:
    wide, high = rect.width(), rect.height()
    lines: list[QLineF] = []
    if pattern in ("lines", "cross"):
        lines += [QLineF(0, y, wide, y) for y in _steps(high)]
    if pattern in ("columns", "cross"):
        lines += [QLineF(x, 0, x, high) for x in _steps(wide)]
    if pattern in ("diagonal", "lattice"):
        lines += [QLineF(x, 0, x - high, high) for x in _steps(wide + high)]
    if pattern in ("back-diagonal", "lattice"):
        lines += [QLineF(wide - x, 0, wide - x + high, high) for x in _steps(wide + high)]
    return lines


def _steps(length: float) -> list[float]:
    return [PERIOD / 2 + PERIOD * place for place in range(int(length // PERIOD) + 1)]


def _draw_dots(painter: QPainter, rect: QRectF, ink: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    for row, y in enumerate(_steps(rect.height())):
        for x in _steps(rect.width() + PERIOD):
            painter.drawEllipse(QPointF(x - PERIOD / 2 * (row % 2), y), 1.3, 1.3)


def _draw_waves(painter: QPainter, rect: QRectF) -> None:
    quarter = PERIOD / 2
    for y in _steps(rect.height()):
        points = [
            QPointF(place * quarter, y + (quarter / 2 if place % 2 else -quarter / 2))
            for place in range(int(rect.width() // quarter) + 2)
        ]
        painter.drawPolyline(QPolygonF(points))


def draw_swatch(
    painter: QPainter, rect: QRect | QRectF, label: Label, theme: Theme, *, patterns: bool
) -> None:
    """A label's colour, hatched if `patterns`, with an edge so that it shows on any ground."""
    inside = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
    colour = QColor(*label.rgb)
    shape = QPainterPath()
    shape.addRoundedRect(inside, RADIUS - 1, RADIUS - 1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(shape, colour)
    if patterns and label.pattern:
        painter.setClipPath(shape, Qt.ClipOperation.IntersectClip)
        draw_pattern(painter, inside, label.pattern, ink_on(colour))
        painter.setClipping(False)
    painter.restore()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.strong_line, 1))
    painter.drawPath(shape)
    painter.restore()


def label_words(label: Label) -> str:
    """A label for tooltips and screen readers: name, other names, key, id."""
    parts = [label.name]
    if label.aliases:
        parts.append("also " + ", ".join(label.aliases))
    if label.hotkey is not None:
        parts.append(f"key {label.hotkey}")
    return f"{'. '.join(parts)}. Id {label.id}"


class SwatchButton(Pressable):
    """A label's colour that can be pressed."""

    def __init__(self, role: str, side: int = SMALLEST_SIDE, parent: QWidget | None = None) -> None:
        """
        Args:
            role: what the label is here, as "Label in hand"; for screen readers and tooltips.
            side: of the button, in logical pixels.
        """
        super().__init__(parent)
        self._role = role
        self._side = side
        self._label: Label | None = None
        self._patterns = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_label(None, patterns=False)

    @property
    def label(self) -> Label | None:
        """The label shown."""
        return self._label

    def set_label(self, label: Label | None, *, patterns: bool) -> None:
        """Show a label, hatched or not; None for none, which cannot be pressed."""
        self._label = label
        self._patterns = patterns
        self.setEnabled(label is not None)
        self.setAccessibleName(f"{self._role}: {label.name if label else 'none'}")
        self.setToolTip(f"{self._role}: {label_words(label)}" if label else "")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    minimumSizeHint = sizeHint

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        inside = self.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if self._label is not None:
            draw_swatch(painter, inside, self._label, theme, patterns=self._patterns)
        else:
            draw_ring(painter, inside, theme.line, 1)
        if shows_ring(self) or self.underMouse():
            draw_ring(painter, self.rect(), theme.accent if shows_ring(self) else theme.text)
        painter.end()
