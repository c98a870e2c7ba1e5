"""The list of models in the models dialog, and what it says of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.controllers.exporting import size_words
from app.ui import theme
from app.ui.dialogs.parts import (
    chars_px,
    column,
    dress_table,
    heading,
    path_label,
    quiet,
)

ID_ROLE = Qt.ItemDataRole.UserRole
COLUMNS = ("Model", "Licence", "Size", "From")
MARK_PX = 16
NON_COMMERCIAL = "Not for commercial use"


@dataclass(frozen=True)
class ModelRow:
    """A model as the list shows it.

    Attributes:
        id, title, family: of the model; the family in words.
        licence: of its weights; `non_commercial` whether it forbids to earn with results.
        size_bytes, path: of its file.
        source: where the weights come from.
        shipped: came with the program; cannot be renamed or removed.
        trained: how, in a paragraph; empty when unknown.
    """

    id: str
    title: str
    family: str
    licence: str
    non_commercial: bool
    size_bytes: int
    source: str
    path: Path
    shipped: bool
    trained: str = ""


class ModelTable(QTreeWidget):
    """The models, one a row. F2 renames, Delete asks to remove.

    Signals:
        chosen(): another row, or none.
        renamed(str, str): the id of a model, and the title that was typed.
        delete_pressed(): on the row that is chosen.
    """

    chosen = Signal()
    renamed = Signal(str, str)
    delete_pressed = Signal()

    def __init__(self) -> None:
        # Before the base class: it may already hear of another palette.
        self._rows: dict[str, ModelRow] = {}
        self._items: list[QTreeWidgetItem] = []
        super().__init__()
        dress_table(self, "Installed models", COLUMNS)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for place in (2, 3):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        self.itemChanged.connect(self._take_title)
        self.currentItemChanged.connect(self.chosen)

    @property
    def current(self) -> ModelRow | None:
        """The row that is chosen."""
        item = self.currentItem()
        return None if item is None else self._rows.get(item.data(0, ID_ROLE))

    def set_rows(self, rows: Iterable[ModelRow]) -> None:
        """Show these models; the choice stays on the same model."""
        rows = tuple(rows)
        before = self.current
        self._rows = {shown.id: shown for shown in rows}
        with QSignalBlocker(self):
            self.clear()
            self._items = [self._item(shown) for shown in self._rows.values()]
            self.addTopLevelItems(self._items)
            self._choose(before.id if before else "")
        self.chosen.emit()

    def edit_title(self) -> None:
        """Let the title of the chosen model be typed."""
        if (item := self.currentItem()) is not None:
            self.editItem(item, 0)

    def _choose(self, model: str) -> None:
        found = [item for item in self._items if item.data(0, ID_ROLE) == model]
        if self._items:
            self.setCurrentItem((found or self._items)[0])

    def _item(self, shown: ModelRow) -> QTreeWidgetItem:
        source = "Scumble" if shown.shipped else "you"
        size = size_words(shown.size_bytes)
        item = QTreeWidgetItem([shown.title, shown.licence, size, source])
        item.setData(0, ID_ROLE, shown.id)
        item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(3, shown.source)
        if not shown.shipped:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        if shown.non_commercial:
            item.setIcon(1, self._mark())
            item.setToolTip(1, f"{shown.licence}. {NON_COMMERCIAL}.")
        return item

    def _mark(self) -> QIcon:
        """The mark of models that are not for commercial use."""
        worn, mark = theme.Theme.of(self.palette()), QIcon()
        for mode, colour in (
            (QIcon.Mode.Normal, worn.warning),
            (QIcon.Mode.Selected, self.palette().highlightedText().color()),
        ):
            mark.addPixmap(theme.pixmap("warning", colour, MARK_PX, 2.0), mode)
        return mark

    def _colour_marks(self) -> None:
        """Draw the marks in the colours of now. Keeps the items: a first look at them, while they
        are being put in, brings the palette."""
        with QSignalBlocker(self):
            for item in self._items:
                if not item.icon(1).isNull():
                    item.setIcon(1, self._mark())

    @Slot(QTreeWidgetItem, int)
    def _take_title(self, item: QTreeWidgetItem, _place: int) -> None:
        shown = self._rows[item.data(0, ID_ROLE)]
        title = item.text(0).strip()
        with QSignalBlocker(self):
            item.setText(0, title or shown.title)
        if title and title != shown.title:
            self.renamed.emit(shown.id, title)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._colour_marks()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class ModelDetails(QScrollArea):
    """Everything that is known of one model."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("About the model")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._title = heading("")
        self._title.setWordWrap(True)
        self._values: list[tuple[QWidget, QLabel]] = []
        self._path = path_label()
        lines = [self._line(words) for words in ("Kind", "Licence", "Source", "Trained")]
        file = column(quiet("File"), self._path, gap_px=0)
        self._inside = QWidget()
        self._inside.setLayout(column(self._title, *lines, file, 0))
        self.setWidget(self._inside)
        self.setFixedWidth(chars_px(self, 36))

    def _line(self, words: str) -> QWidget:
        caption, value = quiet(words), QLabel()
        value.setWordWrap(True)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line = QWidget()
        self._values.append((line, value))
        line.setLayout(column(caption, value, gap_px=0))
        return line

    def show_model(self, shown: ModelRow | None) -> None:
        """Describe a model; nothing for None."""
        self._inside.setVisible(shown is not None)
        if shown is None:
            return
        self._title.setText(shown.title)
        licence = f"{shown.licence}\n{NON_COMMERCIAL}" if shown.non_commercial else shown.licence
        values = (shown.family, licence, shown.source, shown.trained)
        for (line, value), text in zip(self._values, values, strict=True):
            value.setText(text)
            line.setVisible(bool(text))
        self._path.setText(str(shown.path))
