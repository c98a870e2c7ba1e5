"""The panel of a texture swap: which picture gives the texture, and how much of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QMimeData, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import ICON_PX, icon, pixmap
from app.ui.theme import Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.painting import RADIUS, draw_ring, draw_whole, fill_rounded
from app.ui.widgets.slider import AmountSlider, Scale
from app.ui.widgets.thumbnail import GAP, ThumbnailItem, ThumbnailList, to_pixmap

REFERENCE_MIME = "application/x-scumble-reference"
AMOUNT = Scale(
    maximum=1.5, default=1.0, step=0.05, ticks=((0.0, "as it is"), (1.0, "full"), (1.5, "1.5"))
)
ZONE_HEIGHT = 160
ZONE_MINIMUM_HEIGHT = 72
THUMBNAIL_SIDE = 56
MAX_THUMBNAIL_ROWS = 2
MARGIN = 8
EMPTY_WORDS = "Drop a reference here"
CLOSED_WORDS = "Open a photo first"


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
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), RADIUS, RADIUS)
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


class ReferencePanel(QWidget):
    """Reference, amount and grain of the texture swap. Decides nothing: says what is wished.

    Signals:
        browse_requested(): choose a file.
        find_requested(): search on disk.
        files_dropped(list): paths.
        image_dropped(QImage): a picture that is no file.
        reference_chosen(str): sha of a reference of the document.
        reference_removed(str): sha of one that no edit uses.
        amount_dragged(float), amount_committed(float): 0..1.5; see AmountSlider.
        grain_switched(bool): with or without random grain.
        grain_rolled(): other grain.
    """

    browse_requested = Signal()
    find_requested = Signal()
    files_dropped = Signal(list)
    image_dropped = Signal(QImage)
    reference_chosen = Signal(str)
    reference_removed = Signal(str)
    amount_dragged = Signal(float)
    amount_committed = Signal(float)
    grain_switched = Signal(bool)
    grain_rolled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, ReferenceItem] = {}
        self._active: str | None = None
        self._open = False
        self._zone = ReferenceZone()
        self._browse = QPushButton(icon("open"), "Browse…")
        self._find = QPushButton(icon("search"), "Find on disk…")
        self._thumbnails = ThumbnailList(THUMBNAIL_SIDE, with_title=False, mime=REFERENCE_MIME)
        self._amount = AmountSlider("Amount", AMOUNT)
        self._grain = QCheckBox("Grain")
        self._dice = QToolButton()
        self._state = ElidedLabel(faint=True)
        self._name_parts()
        self._arrange()
        self._connect()
        self._refresh()

    def _name_parts(self) -> None:
        for button in (self._browse, self._find):
            button.setIconSize(QSize(16, 16))
        self._browse.setAccessibleName("Browse for a reference")
        self._browse.setToolTip("Choose a picture whose texture is taken over")
        self._find.setAccessibleName("Find a reference on disk")
        self._find.setToolTip("Look through a folder of pictures")
        self._thumbnails.setAccessibleName("References of this document")
        self._thumbnails.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._grain.setToolTip("Random grain, as the model was trained with. Off: smooth")
        self._dice.setIcon(icon("dice"))
        self._dice.setIconSize(QSize(ICON_PX, ICON_PX))
        self._dice.setAccessibleName("Other grain")
        self._dice.setToolTip("Roll other grain")

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._browse, 1)
        buttons.addWidget(self._find, 1)
        grain = QHBoxLayout()
        grain.setSpacing(4)
        grain.addWidget(self._grain)
        grain.addWidget(self._dice)
        grain.addWidget(self._state, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(8)
        column.addWidget(self._zone, 1)
        column.addLayout(buttons)
        column.addWidget(self._thumbnails)
        column.addWidget(self._amount)
        column.addLayout(grain)
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _connect(self) -> None:
        self._zone.files_dropped.connect(self.files_dropped)
        self._zone.image_dropped.connect(self.image_dropped)
        self._zone.reference_dropped.connect(self.reference_chosen)
        self._zone.clicked.connect(self.browse_requested)
        self._browse.clicked.connect(self._on_browse)
        self._find.clicked.connect(self._on_find)
        self._thumbnails.chosen.connect(self.reference_chosen)
        self._thumbnails.removal_asked.connect(self._on_removal)
        self._thumbnails.customContextMenuRequested.connect(self._show_menu)
        self._amount.dragged.connect(self.amount_dragged)
        self._amount.committed.connect(self.amount_committed)
        self._grain.clicked.connect(self.grain_switched)
        self._dice.clicked.connect(self._on_dice)

    def set_document_open(self, is_open: bool) -> None:
        """Whether there is a photo that a reference could change."""
        self._open = is_open
        self._refresh()

    def set_references(self, items: Sequence[ReferenceItem]) -> None:
        """The references of the document."""
        self._items = {item.sha: item for item in items}
        self._thumbnails.set_items([_thumbnail(item) for item in items])
        self._refresh()

    def set_active(self, sha: str | None) -> None:
        """The reference whose texture is taken over; None: none yet."""
        self._active = sha
        self._refresh()

    def set_amount(self, amount: float) -> None:
        """0: the photo as the network sees it; 1: the texture of the reference; up to 1.5."""
        self._amount.set_value(amount)

    def set_grain(self, seed: int | None) -> None:
        """The seed of the grain; None: without."""
        self._grain.setChecked(seed is not None)
        self._dice.setEnabled(self._usable and seed is not None)

    def set_state(self, words: str) -> None:
        """What is under way, as "encoding reference"; empty for nothing."""
        self._state.setText(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_thumbnails()

    def _fit_thumbnails(self) -> None:
        """As high as its rows of pictures, two at most; it scrolls beyond."""
        cell = THUMBNAIL_SIDE + 2 * GAP
        columns = max(1, (self.width() - 2 * MARGIN - 2) // cell)
        rows = -(-max(1, len(self._items)) // columns)
        self._thumbnails.setFixedHeight(min(rows, MAX_THUMBNAIL_ROWS) * cell + 2)

    @property
    def amount_slider(self) -> AmountSlider:
        """The slider, for what gives it the focus."""
        return self._amount

    @property
    def _usable(self) -> bool:
        return self._open and self._active is not None

    def _refresh(self) -> None:
        item = self._items.get(self._active or "")
        self._zone.show_reference(item, EMPTY_WORDS if self._open else CLOSED_WORDS)
        for part in (self._zone, self._browse, self._find, self._thumbnails):
            part.setEnabled(self._open)
        for part in (self._amount, self._grain):
            part.setEnabled(self._usable)
        self._dice.setEnabled(self._usable and self._grain.isChecked())
        self._thumbnails.setVisible(bool(self._items))
        self._fit_thumbnails()
        self._thumbnails.set_active(self._active or "")

    @Slot(str)
    def _on_removal(self, sha: str) -> None:
        if not self._items[sha].used:
            self.reference_removed.emit(sha)

    @Slot()
    def _on_browse(self) -> None:
        self.browse_requested.emit()

    @Slot()
    def _on_find(self) -> None:
        self.find_requested.emit()

    @Slot()
    def _on_dice(self) -> None:
        self.grain_rolled.emit()

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        index = self._thumbnails.indexAt(place)
        if index.isValid():
            sha = self._thumbnails.items.items[index.row()].key
            menu = self.menu_for(sha)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self._thumbnails.viewport().mapToGlobal(place))

    def menu_for(self, sha: str) -> QMenu:
        """What can be done with a reference of the document."""
        menu = QMenu(self)
        use = QAction("Use this reference", menu)
        use.triggered.connect(lambda: self.reference_chosen.emit(sha))
        used = self._items[sha].used
        remove = QAction("Remove (an edit uses it)" if used else "Remove", menu)
        remove.setEnabled(not used)
        remove.triggered.connect(lambda: self.reference_removed.emit(sha))
        menu.addActions([use, remove])
        return menu


def _thumbnail(item: ReferenceItem) -> ThumbnailItem:
    tip = f"{item.name}. In use" if item.used else f"{item.name}. Delete removes it"
    return ThumbnailItem(
        item.sha, item.name, item.thumb_rgb_hwc, tip, mark="check" if item.used else ""
    )
