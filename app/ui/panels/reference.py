"""The panel of a texture swap: which picture gives the texture, and how much of it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QImage, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QCheckBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import ICON_PX, icon
from app.ui.panels.reference_zone import (
    EMPTY_WORDS,
    REFERENCE_MIME,
    ReferenceItem,
    ReferenceZone,
    local_files,
)
from app.ui.panels.suggestions import Suggestion, Suggestions
from app.ui.widgets.column_scroll import MINIMUM_HEIGHT, ColumnScroll
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.slider import AmountSlider, Scale
from app.ui.widgets.thumbnail import ThumbnailItem, ThumbnailList

__all__ = [
    "CLOSED_WORDS",
    "EMPTY_WORDS",
    "REFERENCE_MIME",
    "ReferenceItem",
    "ReferencePanel",
    "Suggestion",
    "local_files",
]

AMOUNT = Scale(
    maximum=1.5, default=1.0, step=0.05, ticks=((0.0, "as it is"), (1.0, "full"), (1.5, "1.5"))
)
THUMBNAIL_SIDE = 56
MAX_THUMBNAIL_ROWS = 2
MARGIN = 8
CLOSED_WORDS = "Open a photo first"
Direction = QBoxLayout.Direction


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
        suggestion_chosen(Path): use this file, one of the suggestions.
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
    suggestion_chosen = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, ReferenceItem] = {}
        self._active: str | None = None
        self._open = False
        self._zone = ReferenceZone()
        self._browse = QPushButton(icon("open"), "Browse…")
        self._find = QPushButton(icon("search"), "Find on disk…")
        self._suggestions = Suggestions()
        self._thumbnails = ThumbnailList(THUMBNAIL_SIDE, with_title=False, mime=REFERENCE_MIME)
        self._amount = AmountSlider("Amount", AMOUNT)
        self._grain = QCheckBox("Grain")
        self._dice = QToolButton()
        self._state = ElidedLabel(faint=True)
        self._buttons = QBoxLayout(Direction.LeftToRight)
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
        self._grain.setAccessibleName("Grain")
        self._grain.setToolTip("Random grain, as the model was trained with. Off: smooth")
        self._dice.setIcon(icon("dice"))
        self._dice.setIconSize(QSize(ICON_PX, ICON_PX))
        self._dice.setAccessibleName("Other grain")
        self._dice.setToolTip("Roll other grain")

    def _arrange(self) -> None:
        self._buttons.setSpacing(8)
        self._buttons.addWidget(self._browse, 1)
        self._buttons.addWidget(self._find, 1)
        grain = QHBoxLayout()
        grain.setSpacing(4)
        grain.addWidget(self._grain)
        grain.addWidget(self._dice)
        grain.addWidget(self._state, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(8)
        column.addWidget(self._zone, 1)
        column.addLayout(self._buttons)
        column.addWidget(self._suggestions)
        column.addWidget(self._thumbnails)
        column.addWidget(self._amount)
        column.addLayout(grain)
        self._scroll = ColumnScroll(content)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        self._state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _connect(self) -> None:
        self._zone.files_dropped.connect(self.files_dropped)
        self._zone.image_dropped.connect(self.image_dropped)
        self._zone.reference_dropped.connect(self.reference_chosen)
        self._zone.clicked.connect(self.browse_requested)
        self._browse.clicked.connect(self._on_browse)
        self._find.clicked.connect(self._on_find)
        self._suggestions.chosen.connect(self.suggestion_chosen)
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

    def set_suggestions(self, items: Sequence[Suggestion]) -> None:
        """Pictures to begin with, offered while the document has no reference."""
        self._suggestions.set_items(items)
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
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def minimumSizeHint(self) -> QSize:
        """The buttons may stand above each other, and what is too high scrolls."""
        parts = (self._browse, self._find, self._amount)
        width = max(part.minimumSizeHint().width() for part in parts)
        return QSize(width + 2 * MARGIN + self._scroll.bar, MINIMUM_HEIGHT)

    def _fit(self) -> None:
        self._fit_buttons()
        self._fit_thumbnails()

    def _fit_buttons(self) -> None:
        """Beside each other, or above each other in a narrow panel."""
        beside = self._browse.minimumSizeHint().width() + self._find.minimumSizeHint().width()
        room = self.width() - 2 * MARGIN - self._scroll.bar - self._buttons.spacing()
        fits = beside <= room
        self._buttons.setDirection(Direction.LeftToRight if fits else Direction.TopToBottom)

    def _fit_thumbnails(self) -> None:
        width = self._scroll.viewport().width() - 2 * MARGIN
        self._thumbnails.fit_rows(width, MAX_THUMBNAIL_ROWS)

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
        self._show_thumbnails()
        self._fit_thumbnails()
        self._thumbnails.set_active(self._active or "")

    def _show_thumbnails(self) -> None:
        """Of the references, or else of suggestions; never both, not even for a moment: the panel
        would jump."""
        known = bool(self._items)
        focus = QApplication.focusWidget()
        offered_focus = focus is not None and self._suggestions.isAncestorOf(focus)
        if known:
            self._suggestions.hide()
        self._thumbnails.setVisible(known)
        self._suggestions.setVisible(self._open and not known and bool(self._suggestions.paths))
        if known and offered_focus:
            # The keyboard goes on in this panel, not wherever Qt finds the next field.
            self._thumbnails.setFocus(Qt.FocusReason.OtherFocusReason)

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
