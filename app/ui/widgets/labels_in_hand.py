"""The two labels in hand, large, with their names."""

from PySide6.QtCore import QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.document.palette import Label
from app.ui.icons import ICON_PX, icon
from app.ui.theme import Theme
from app.ui.widgets.focus_ring import shows_ring
from app.ui.widgets.label_swatch import draw_swatch, label_words
from app.ui.widgets.painting import draw_ring, draw_words, fill_rounded
from app.ui.widgets.targets import Pressable

SWATCH_SIDE = 32
GAP = 6
MARGIN = 4
NAME_CHARACTERS = 5


class LabelButton(Pressable):
    """A label with its colour, its name, and what it is here."""

    def __init__(self, role: str, *, active: bool) -> None:
        """
        Args:
            role: what the label is here, a word or two.
            active: whether it is the one that is painted.
        """
        super().__init__()
        self._role = role
        self._active = active
        self._label: Label | None = None
        self._patterns = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_label(self, label: Label | None, *, patterns: bool) -> None:
        """Show a label, hatched or not; None for none."""
        self._label = label
        self._patterns = patterns
        self.setEnabled(label is not None)
        self.setAccessibleName(f"{self._role}: {label.name if label else 'none'}")
        self.setToolTip(f"{self._role}: {label_words(label)}" if label else "")
        self.update()

    def sizeHint(self) -> QSize:
        high = max(SWATCH_SIDE, 2 * self.fontMetrics().height()) + 2 * MARGIN
        return QSize(SWATCH_SIDE + self._letters(2 * NAME_CHARACTERS), high)

    def minimumSizeHint(self) -> QSize:
        return QSize(SWATCH_SIDE + self._letters(NAME_CHARACTERS), self.sizeHint().height())

    def _letters(self, count: int) -> int:
        return count * self.fontMetrics().averageCharWidth() + GAP + 2 * MARGIN

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        if self.underMouse():
            fill_rounded(painter, self.rect(), theme.raised)
        if self._label is not None:
            self._paint_label(painter, self._label, theme)
        if shows_ring(self):
            draw_ring(painter, self.rect(), theme.accent)
        painter.end()

    def _paint_label(self, painter: QPainter, label: Label, theme: Theme) -> None:
        swatch = QRect(MARGIN, (self.height() - SWATCH_SIDE) // 2, SWATCH_SIDE, SWATCH_SIDE)
        draw_swatch(painter, swatch, label, theme, patterns=self._patterns)
        left, line = swatch.right() + 1 + GAP, self.fontMetrics().height()
        top = (self.height() - 2 * line) // 2
        width = self.width() - left - MARGIN
        painter.setPen(theme.faint)
        draw_words(painter, QRect(left, top, width, line), self._role)
        painter.setPen(theme.text if self._active else theme.faint)
        draw_words(painter, QRect(left, top + line, width, line), label.name)


class LabelsInHand(QWidget):
    """The label that is painted, the one to swap it with, and the button that swaps.

    Signals:
        primary_clicked(): show where the label is in the list.
        secondary_clicked(): the same for the second one.
        swap_requested(): exchange the two.
    """

    primary_clicked = Signal()
    secondary_clicked = Signal()
    swap_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._primary = LabelButton("In hand", active=True)
        self._secondary = LabelButton("Second", active=False)
        self._swap = QToolButton()
        self._swap.setIcon(icon("swap"))
        self._swap.setIconSize(QSize(ICON_PX, ICON_PX))
        self._swap.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._swap.setAccessibleName("Swap the two labels")
        self._swap.setToolTip("Swap the two labels")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._primary, 1)
        row.addWidget(self._swap)
        row.addWidget(self._secondary, 1)
        self._primary.clicked.connect(self._on_primary)
        self._secondary.clicked.connect(self._on_secondary)
        self._swap.clicked.connect(self._on_swap)

    def set_labels(self, primary: Label | None, secondary: Label | None, *, patterns: bool) -> None:
        """Show these two; None for none."""
        self._primary.set_label(primary, patterns=patterns)
        self._secondary.set_label(secondary, patterns=patterns)
        self._swap.setEnabled(primary is not None and secondary is not None)

    def set_swap_tip(self, tip: str) -> None:
        """The tooltip of the button that swaps, with its key."""
        self._swap.setToolTip(tip)

    @Slot()
    def _on_primary(self) -> None:
        self.primary_clicked.emit()

    @Slot()
    def _on_secondary(self) -> None:
        self.secondary_clicked.emit()

    @Slot()
    def _on_swap(self) -> None:
        self.swap_requested.emit()
