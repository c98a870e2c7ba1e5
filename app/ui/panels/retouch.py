"""The panel of the retouching tools: where they take from, and the region."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.panels.no_layout import centred
from app.ui.panels.reference_zone import REFERENCE_MIME, ReferenceItem, local_files, takes
from app.ui.panels.region import RegionPart
from app.ui.panels.source_picker import SourcePicker
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.thumbnail import ThumbnailItem, ThumbnailList

MARGIN = 8
SIDE = 48
MOST_ROWS = 2
WITH_SOURCE = ("clone", "texture")
USES = {
    "clone": "Click the place to copy from",
    "texture": "Click the place whose texture is painted",
}
WORDS = {
    "hand": "Take a tool at the left: clone (S), texture (T), region (G), eraser (E)",
    "erase": "Brush over what is to go back to how it was before the edit",
}
NO_REFERENCE_WORDS = "Drop a picture here to take from it, too"
CLOSED_WORDS = "Open a photo first"


class RetouchPanel(QWidget):
    """What the tool in hand needs besides its options. Decides nothing: says what is wished.

    Signals:
        reference_chosen(str): sha of the reference in hand; empty: the document's own picture.
        place_picked(float, float): of the reference in hand, in shares of its width and height.
        whole_wanted(): the texture of all of it, not of a place.
        browse_requested(): choose a file as a reference.
        files_dropped(list), image_dropped(QImage): pictures to be references.

    Attributes:
        region: what belongs to the region tool.
    """

    reference_chosen = Signal(str)
    place_picked = Signal(float, float)
    whole_wanted = Signal()
    browse_requested = Signal()
    files_dropped = Signal(list)
    image_dropped = Signal(QImage)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tool = "hand"
        self._open = False
        self._items: dict[str, ReferenceItem] = {}
        self._chosen = ""
        self._words = centred()
        self._from = ElidedLabel()
        self._thumbnails = ThumbnailList(SIDE, with_title=False, mime=REFERENCE_MIME)
        self._picker = SourcePicker()
        self._browse = QPushButton(icon("open"), "Browse…")
        self._whole = QPushButton("All of it")
        self.region = RegionPart()
        self._name_parts()
        self._arrange()
        self._connect()
        self._refresh()

    def _name_parts(self) -> None:
        self.setAcceptDrops(True)
        self._thumbnails.setAccessibleName("References to take from")
        self._browse.setIconSize(QSize(16, 16))
        self._browse.setAccessibleName("Browse for a reference to take from")
        self._browse.setToolTip("Choose a picture to take from; or drop one here")
        self._whole.setAccessibleName("Texture of all of the reference")
        self._whole.setToolTip("Take the texture of the whole picture, not of a place in it")

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(MARGIN)
        buttons.addWidget(self._browse, 1)
        buttons.addWidget(self._whole, 1)
        self._content = content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        for part in (self._words, self._from):
            column.addWidget(part)
        column.addLayout(buttons)
        for part in (self._thumbnails, self._picker, self.region):
            column.addWidget(part)
        column.addStretch()
        self._scroll = ColumnScroll(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)

    def _connect(self) -> None:
        self._thumbnails.chosen.connect(self.reference_chosen)
        self._picker.picked.connect(self.place_picked)
        self._browse.clicked.connect(self.browse_requested)
        self._whole.clicked.connect(self.whole_wanted)

    # What is shown

    def set_document_open(self, is_open: bool) -> None:
        """Whether there is a picture to work on."""
        self._open = is_open
        self._refresh()

    def set_tool(self, tool: str) -> None:
        """Show what this tool needs, by its name in `app.ui.actions.RETOUCH_TOOLS`."""
        self._tool = tool
        self._refresh()

    def set_references(self, items: Sequence[ReferenceItem]) -> None:
        """The references of the document."""
        self._items = {item.sha: item for item in items}
        self._thumbnails.set_items(
            [ThumbnailItem(i.sha, i.name, i.thumb_rgb_hwc, f"Take from {i.name}") for i in items]
        )
        self._refresh()

    def set_source(self, sha: str | None, words: str, *, spot: bool = False) -> None:
        """The reference in hand, None for none; what is taken, in words; only of a place?"""
        self._chosen = sha or ""
        self._from.setText(words)
        self._whole.setEnabled(spot and bool(self._chosen))
        self._refresh()

    def set_mark(self, place: tuple[float, float] | None, radius: float = 0.0) -> None:
        """The place in the reference in hand; see `SourcePicker.set_mark`."""
        self._picker.set_mark(place, radius)

    @property
    def reference(self) -> str:
        """The sha of the reference in hand; empty for none."""
        return self._chosen

    def sizeHint(self) -> QSize:
        return QSize(300, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._scroll.minimumSizeHint().width(), MINIMUM_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _refresh(self) -> None:
        words = WORDS.get(self._tool, "") if self._open else CLOSED_WORDS
        takes_from = self._open and self._tool in WITH_SOURCE
        if takes_from and not self._items:
            words = NO_REFERENCE_WORDS
        self._words.setText(words)
        self._words.setVisible(bool(words))
        for part in (self._from, self._browse):
            part.setVisible(takes_from)
        self._whole.setVisible(takes_from and self._tool == "texture")
        self._thumbnails.setVisible(takes_from and bool(self._items))
        self._thumbnails.set_active(self._chosen)
        item = self._items.get(self._chosen) if takes_from else None
        self._picker.show_reference(item, USES.get(self._tool, ""))
        self.region.setVisible(self._open and self._tool == "region")
        self._fit()

    def _fit(self) -> None:
        """The references as high as their rows, the picture as there is room; the rest scrolls."""
        self._thumbnails.fit_rows(self.width() - self._scroll.bar - 2 * MARGIN, MOST_ROWS)
        others = self._content.sizeHint().height() - self._picker.height()
        self._picker.set_room(self._scroll.viewport().height() - others)

    # What the person does

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._open and takes(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        data = event.mimeData()
        event.acceptProposedAction()
        if data.hasFormat(REFERENCE_MIME):
            self.reference_chosen.emit(bytes(data.data(REFERENCE_MIME).data()).decode())
        elif files := local_files(data):
            self.files_dropped.emit(files)
        elif data.hasImage():
            self.image_dropped.emit(data.imageData())
