"""The colour of a label, with the pattern that tells it from colours like it."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.document.palette import Label
from app.ui.canvas.hatches import pattern_brush
from app.ui.theme import Theme
from app.ui.widgets.focus_ring import shows_ring
from app.ui.widgets.painting import RADIUS, draw_ring
from app.ui.widgets.targets import Pressable

SMALLEST_SIDE = 28
MARGIN = 3


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
        scale = max(1, round(painter.device().devicePixelRatioF()))
        painter.setBrushOrigin(inside.toRect().topLeft())
        painter.fillPath(shape, pattern_brush(label.pattern, label.rgb, scale))
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
