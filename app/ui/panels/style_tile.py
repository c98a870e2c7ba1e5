"""Where a style's photo is dropped, and where a style is shown."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.ui.icons import ICON_PX, icon, pixmap
from app.ui.panels.reference_zone import ReferenceItem, ReferenceZone
from app.ui.theme import Theme
from app.ui.widgets.painting import draw_ring, fill_rounded

TILE_SIDE = 96
DICE_SIDE = 24


@dataclass(frozen=True, eq=False)
class StyleItem:
    """A style as it is shown.

    Attributes:
        text: the name of the photo, or of the random style.
        thumb_rgb_hwc: H x W x 3 uint8, the photo or the layout in that style; None for none.
        seed: of a random style; None for a photo's.
    """

    text: str
    thumb_rgb_hwc: npt.NDArray[np.uint8] | None = None
    seed: int | None = None


class StyleTile(ReferenceZone):
    """Shows one of the two styles; photos can be dropped on it. Signals as `ReferenceZone`."""

    def __init__(self, role: str, words: str) -> None:
        """
        Args:
            role: which style it is, for screen readers.
            words: what it says while it shows none.
        """
        self._role = role
        self._empty = words
        self._item: StyleItem | None = None
        self._offered = False
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.show_style(None)

    def sizeHint(self) -> QSize:
        return QSize(TILE_SIDE, TILE_SIDE)

    def show_style(self, item: StyleItem | None) -> None:
        """The picture of a style; without one its name; without a style the invitation."""
        self._item = item
        thumb = item.thumb_rgb_hwc if item else None
        shown = ReferenceItem("", item.text, thumb, True) if item and thumb is not None else None
        self.show_reference(shown, self._empty)
        self.setAccessibleName(f"{self._role}: {item.text if item else 'none'}")
        self.setToolTip(
            f"{item.text}. Drop a photo to take its style" if item else "Drop a photo here"
        )

    def _light(self, lit: bool) -> None:
        self._offered = lit
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        if self._item is not None and self._item.thumb_rgb_hwc is None:
            self._paint_name(theme, self._item)
        else:
            super().paintEvent(event)
        if self._offered:
            self._paint_offer(theme)

    def _paint_name(self, theme: Theme, item: StyleItem) -> None:
        """A style without a picture yet."""
        painter = QPainter(self)
        fill_rounded(painter, self.rect(), theme.base)
        colour = theme.faint if self.isEnabled() else theme.disabled
        line = self.fontMetrics().height()
        top = (self.height() - DICE_SIDE - line - 4) // 2
        name = "dice" if item.seed is not None else "picture"
        corner = QPoint((self.width() - DICE_SIDE) // 2, top)
        painter.drawPixmap(corner, pixmap(name, colour, DICE_SIDE, self.devicePixelRatioF()))
        painter.setPen(colour)
        below = QRect(4, top + DICE_SIDE + 4, self.width() - 8, line)
        elided = self.fontMetrics().elidedText(
            item.text, Qt.TextElideMode.ElideMiddle, below.width()
        )
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, elided)
        painter.end()

    def _paint_offer(self, theme: Theme) -> None:
        painter = QPainter(self)
        fill_rounded(painter, self.rect(), theme.tint(theme.accent, 0.3))
        painter.setPen(theme.text)
        painter.drawText(
            self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, "Use as style"
        )
        draw_ring(painter, self.rect(), theme.accent)
        painter.end()


class StylePair(QWidget):
    """The two styles beside each other; between them, what can be done with both.

    Signals:
        swapped(): exchange them.
        other_removed(): have the first alone.

    Attributes:
        tiles: of the first and the second style.
    """

    swapped = Signal()
    other_removed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tiles = (
            StyleTile("Style", "Drop a photo"),
            StyleTile("Second style", "Mix in another"),
        )
        self._swap = _button("swap", "Swap the two styles")
        self._remove = _button("close", "Remove the second style")
        between = QVBoxLayout()
        between.setSpacing(4)
        between.addStretch()
        between.addWidget(self._swap)
        between.addWidget(self._remove)
        between.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.tiles[0], 1)
        row.addLayout(between)
        row.addWidget(self.tiles[1], 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._swap.clicked.connect(self._on_swap)
        self._remove.clicked.connect(self._on_remove)

    def show_styles(self, first: StyleItem | None, second: StyleItem | None) -> None:
        """Show both; None for none."""
        for tile, item in zip(self.tiles, (first, second), strict=True):
            tile.show_style(item)
        for button in (self._swap, self._remove):
            button.setVisible(second is not None)

    @Slot()
    def _on_swap(self) -> None:
        self.swapped.emit()

    @Slot()
    def _on_remove(self) -> None:
        self.other_removed.emit()


def _button(icon_name: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setIconSize(QSize(ICON_PX, ICON_PX))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setAccessibleName(name)
    button.setToolTip(name)
    return button
