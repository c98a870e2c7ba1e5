"""Where a style's photo is dropped, and where a style is shown."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from app.ui.icons import pixmap
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
