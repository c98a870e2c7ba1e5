"""The dialog that says what a model renders each label of the layout as."""

from collections.abc import Collection, Mapping
from typing import Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.document.palette import Label, Palette
from app.ui import theme
from app.ui.dialogs.parts import (
    INSET_PX,
    Note,
    as_dialog,
    button,
    column,
    dress_table,
    named,
    quiet,
    resize_in_chars,
    row,
)
from app.ui.widgets.label_swatch import draw_swatch, label_words

COLUMNS = ("Label of the layout", "Rendered as")
ID_ROLE = Qt.ItemDataRole.UserRole
NOTHING, NOTHING_USED = "nothing", "nothing: choose a label"
ONLY_USED = "Only labels of this layout"
BY_HAND = "chosen by you"
SWATCH_PX = 16
ROWS_SHOWN = 12
NAMES_TOLD = 4
SIZE_CHARACTERS = (72, 60)
ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)

Mapped = Mapping[int, int | None]
Index = QModelIndex | QPersistentModelIndex


class LabelTableLike(Protocol):
    """What a model makes of a layout's labels: `app.controllers.layouts.LabelTable` is one.

    Attributes:
        layout, model: the palettes of both.
        mapping: for each id of the layout's palette the model's, or None.
    """

    @property
    def layout(self) -> Palette: ...

    @property
    def model(self) -> Palette: ...

    @property
    def mapping(self) -> dict[int, int | None]: ...


def label_icon(label: Label, widget: QWidget) -> QIcon:
    """The colour of a label, with its pattern, in a small square."""
    pixmap = QPixmap(SWATCH_PX * 2, SWATCH_PX * 2)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    square = QRect(0, 0, SWATCH_PX, SWATCH_PX)
    draw_swatch(painter, square, label, theme.Theme.of(widget.palette()), patterns=True)
    painter.end()
    return QIcon(pixmap)


class PartnerDelegate(QStyledItemDelegate):
    """Lets one of the model's labels be chosen from a list that opens at once."""

    def __init__(self, palette: Palette, parent: QWidget) -> None:
        super().__init__(parent)
        self._palette = palette
        self._icons = {label.id: label_icon(label, parent) for label in palette.labels}

    def icon_of(self, label_id: int) -> QIcon:
        """The colour of one of the model's labels."""
        return self._icons[label_id]

    def createEditor(
        self, parent: QWidget, _option: QStyleOptionViewItem, index: Index
    ) -> QComboBox:
        combo = named(QComboBox(parent), f"Rendered as, for {index.sibling(index.row(), 0).data()}")
        combo.addItem(NOTHING, None)
        for label in self._palette.labels:
            combo.addItem(self._icons[label.id], label.name, label.id)
        combo.setMaxVisibleItems(ROWS_SHOWN)
        combo.activated.connect(lambda: self._finish(combo))
        # Not before it is in its place.
        QTimer.singleShot(0, combo, combo.showPopup)
        return combo

    def _finish(self, combo: QComboBox) -> None:
        self.commitData.emit(combo)
        self.closeEditor.emit(combo)

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        editor.setCurrentIndex(editor.findData(index.data(ID_ROLE)))

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, QComboBox)
        model.setData(index, editor.currentData(), ID_ROLE)


class PartnerTable(QTreeWidget):
    """The labels of the layout, one a row, and what each is rendered as. Enter or a click changes.

    Signals:
        changed(): another partner was chosen.
    """

    changed = Signal()

    def __init__(self, layout: Palette, model: Palette, used: frozenset[int]) -> None:
        super().__init__()
        dress_table(self, "Labels of the layout and of the model", COLUMNS)
        self._model = model
        self._used = used
        self._partners = PartnerDelegate(model, self)
        self._items: dict[int, QTreeWidgetItem] = {}
        self._automatic = layout.mapping_to(model)
        self.setItemDelegateForColumn(1, self._partners)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for label in layout.labels:
            item = QTreeWidgetItem([label.name, ""])
            item.setIcon(0, label_icon(label, self))
            item.setToolTip(0, label_words(label))
            item.setData(0, ID_ROLE, label.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self._items[label.id] = item
        self.addTopLevelItems(list(self._items.values()))
        self.itemClicked.connect(self._on_clicked)
        self.itemChanged.connect(self._on_changed)

    @property
    def mapping(self) -> dict[int, int | None]:
        """What is chosen now, for every label of the layout's palette."""
        return {here: item.data(1, ID_ROLE) for here, item in self._items.items()}

    def set_mapping(self, mapping: Mapped) -> None:
        """Show these partners, without a signal."""
        with QSignalBlocker(self):
            for here, item in self._items.items():
                item.setData(1, ID_ROLE, mapping.get(here))
                self._show(here, item)

    def set_shown(self, ids: Collection[int]) -> None:
        """Show the rows of these labels alone; the keyboard is at the first unless at one."""
        for here, item in self._items.items():
            item.setHidden(here not in ids)
        current = self.currentItem()
        if current is None or current.isHidden():
            self.setCurrentIndex(QModelIndex())
            seen = [item for item in self._items.values() if not item.isHidden()]
            if seen:
                self.setCurrentItem(seen[0])

    def reset(self) -> None:
        """Take what the names of both palettes say."""
        self.set_mapping(self._automatic)
        self.changed.emit()

    @property
    def is_automatic(self) -> bool:
        """Whether nothing was chosen by hand."""
        return self.mapping == self._automatic

    def _show(self, here: int, item: QTreeWidgetItem) -> None:
        there = item.data(1, ID_ROLE)
        label = self._model.by_id(there) if there is not None else None
        if label is None:
            needed = here in self._used
            item.setText(1, NOTHING_USED if needed else NOTHING)
            item.setIcon(1, theme.icon("warning") if needed else QIcon())
            return
        by_hand = there != self._automatic.get(here)
        item.setText(1, f"{label.name} ({BY_HAND})" if by_hand else label.name)
        item.setIcon(1, self._partners.icon_of(label.id))

    @Slot(QTreeWidgetItem, int)
    def _on_clicked(self, item: QTreeWidgetItem, place: int) -> None:
        if place == 1:
            self.editItem(item, 1)

    @Slot(QTreeWidgetItem, int)
    def _on_changed(self, item: QTreeWidgetItem, _place: int) -> None:
        with QSignalBlocker(self):
            self._show(item.data(0, ID_ROLE), item)
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTERS and (item := self.currentItem()) is not None:
            self.editItem(item, 1)
        else:
            super().keyPressEvent(event)


class LabelTableDialog(QDialog):
    """Asks what a model with other labels renders each label of the layout as.

    Signals:
        mapped(tuple): (id of the layout's palette, id of the model's or None), for every label of
            the layout's palette.
    """

    mapped = Signal(object)

    def __init__(
        self, table: LabelTableLike, used: Collection[int] = (), parent: QWidget | None = None
    ) -> None:
        """
        Args:
            table: both palettes and what is chosen now.
            used: ids that occur in the layout; the table shows these alone at first.
        """
        super().__init__(parent)
        self._palette = table.layout
        self._used = frozenset(used)
        self._table = PartnerTable(table.layout, table.model, self._used)
        self._table.set_mapping(table.mapping)
        self._filter = named(QLineEdit(), "Find a label")
        self._filter.setPlaceholderText("Find a label")
        self._filter.setClearButtonEnabled(True)
        self._only_used = named(
            QCheckBox("Only labels of this layout"), "Only labels of this layout"
        )
        self._only_used.setChecked(bool(self._used))
        self._only_used.setEnabled(bool(self._used))
        self._note = Note()
        self._reset = button("Reset", self._table.reset, tip="What the names say, for every label")
        self._apply = button("Apply", self._accept)
        self._apply.setDefault(True)
        self._lay_out(table.model.title)
        self._filter.textChanged.connect(self._show_rows)
        self._only_used.toggled.connect(self._show_rows)
        self._table.changed.connect(self._tell)
        self._show_rows()
        self._tell()

    def _lay_out(self, title: str) -> None:
        words = quiet(
            f"The model has the labels of {title}. It renders each label of the layout "
            "as the one beside it."
        )
        top = row(self._filter, self._only_used)
        feet = row(self._reset, 0, button("Cancel", self.reject), self._apply)
        content = column(words, top, self._table, self._note, feet, gap_px=INSET_PX)
        as_dialog(self, "Labels of the model", content, fixed=False)
        resize_in_chars(self, *SIZE_CHARACTERS)
        self._table.setFocus()

    @Slot()
    def _show_rows(self) -> None:
        found = {label.id for label in self._palette.search(self._filter.text())}
        self._table.set_shown(found & self._used if self._only_used.isChecked() else found)

    @Slot()
    def _tell(self) -> None:
        mapping = self._table.mapping
        lacking = [
            label.name
            for label in self._palette.labels
            if label.id in self._used and mapping[label.id] is None
        ]
        self._reset.setEnabled(not self._table.is_automatic)
        self._note.say("warning", _lacking_words(lacking))

    def _accept(self) -> None:
        self.mapped.emit(tuple(self._table.mapping.items()))
        self.accept()


def _lacking_words(names: list[str]) -> str:
    if not names:
        return ""
    told = ", ".join(names[:NAMES_TOLD])
    if more := len(names) - NAMES_TOLD:
        told += f" and {more} more" if more > 0 else ""
    return f"Nothing is chosen for {told}, which the layout has. Choose a label of the model."
