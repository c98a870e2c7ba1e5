"""Where a reference is dropped, and where the one in use is shown."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QMimeData, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.icons import ICON_PX, pixmap
from app.ui.theme import Theme
from app.ui.widgets.painting import RADIUS, draw_ring, draw_whole, fill_rounded
from app.ui.widgets.thumbnail import to_pixmap

REFERENCE_MIME = "application/x-scumble-reference"
ZONE_HEIGHT = 160
ZONE_MINIMUM_HEIGHT = 72
EMPTY_WORDS = "Drop a reference here"


@dataclass(frozen=True, eq=False)
class ReferenceItem:
    """A reference of the document.

    Attributes:
        thumb_rgb_hwc: H x W x 3 uint8, some 256 px on the longer side.
        used: an edit needs it, so it cannot be removed.
    """

    sha: str
    name: str
    thumb_rgb_hwc: npt.NDArray[np.uint8]
    used: bool


class ReferenceZone(QWidget):
    """Shows the reference in use; pictures can be dropped on it.

    Signals:
        files_dropped(list): paths of local files.
        image_dropped(QImage): a picture that is no file, as browsers give.
        reference_dropped(str): sha of a reference of the document.
        clicked(): a click where there is no picture yet.
    """

    files_dropped = Signal(list)
    image_dropped = Signal(QImage)
    reference_dropped = Signal(str)
    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._picture: QPixmap | None = None
        self._lit = False
        self._words = EMPTY_WORDS
        self.setAcceptDrops(True)
        self.setMinimumHeight(ZONE_MINIMUM_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.show_reference(None)

    def sizeHint(self) -> QSize:
        return QSize(240, ZONE_HEIGHT)

    def show_reference(self, item: ReferenceItem | None, words: str = EMPTY_WORDS) -> None:
        """The picture of a reference, or words instead."""
        self._picture = to_pixmap(item.thumb_rgb_hwc) if item else None
        self._words = words
        self.setAccessibleName(f"Reference: {item.name}" if item else words)
        self.setToolTip(f"{item.name}. Drop another picture to replace it" if item else "")
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._picture is None:
            self.clicked.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if takes(event.mimeData()):
            event.acceptProposedAction()
            self._light(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(False)
        data = event.mimeData()
        if not takes(data):
            return
        event.acceptProposedAction()
        files = local_files(data)
        if data.hasFormat(REFERENCE_MIME):
            self.reference_dropped.emit(bytes(data.data(REFERENCE_MIME).data()).decode())
        elif files:
            self.files_dropped.emit(files)
        else:
            self.image_dropped.emit(QImage(data.imageData()))

    def _light(self, lit: bool) -> None:
        self._lit = lit
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        painter = QPainter(self)
        fill_rounded(painter, self.rect(), theme.base)
        if self._picture is not None:
            painter.setOpacity(1.0 if self.isEnabled() else 0.4)
            draw_whole(painter, self.rect().adjusted(4, 4, -4, -4), self._picture)
            painter.setOpacity(1.0)
        else:
            self._paint_invitation(painter, theme)
        if self._lit:
            painter.fillRect(self.rect(), theme.tint(theme.accent, 0.3))
            painter.setPen(theme.text)
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "Use as reference")
            draw_ring(painter, self.rect(), theme.accent)
        painter.end()

    def _paint_invitation(self, painter: QPainter, theme: Theme) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = theme.strong_line if self.isEnabled() else theme.line
        painter.setPen(QPen(edge, 1, Qt.PenStyle.DashLine))
        # Through the middles of pixels, so that the line is one of them wide.
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.restore()
        colour = theme.faint if self.isEnabled() else theme.disabled
        line = self.fontMetrics().height()
        middle = self.rect().center() - QPoint(0, (ICON_PX + line) // 2)
        corner = middle - QPoint(ICON_PX // 2, 0)
        painter.drawPixmap(corner, pixmap("picture", colour, ICON_PX, self.devicePixelRatioF()))
        painter.setPen(colour)
        below = QRect(0, middle.y() + ICON_PX + 4, self.width(), line + 4)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, self._words)


def local_files(data: QMimeData) -> list[Path]:
    """The files of this machine that are dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def takes(data: QMimeData) -> bool:
    """Whether this may be a picture: a file, pixels, or a reference of ours."""
    return data.hasFormat(REFERENCE_MIME) or bool(local_files(data)) or data.hasImage()
