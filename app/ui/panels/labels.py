"""The panel of the labels: which one is painted, and all that there are."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.document.palette import Label, Palette
from app.ui.icons import ICON_PX, icon
from app.ui.panels.no_layout import NoLayout, State, centred
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.label_list import ENTERS, LabelList, LabelRow, LabelRowView
from app.ui.widgets.label_swatch import SMALLEST_SIDE
from app.ui.widgets.labels_in_hand import LabelsInHand
from app.ui.widgets.palette_button import PaletteButton

MARGIN = 8
MINIMUM_SIZE = QSize(200, 160)
NOTHING_RECENT = "Labels that you paint come here"
NOTHING_FOUND = "No label has this name"


class LabelsPanel(QWidget):
    """Labels to paint with. Decides nothing: says what is wished.

    Attributes:
        search: the field that names are looked for in.

    Signals:
        chosen(int): take the label of this id in hand.
        second_chosen(int): have this one as the second.
        swap_requested(): exchange the two.
        palette_wanted(str): id of another palette; the one in use stays shown until `set_palette`.
        patterns_toggled(bool): hatch the labels, or not.
        table_wanted(): show what the model makes of the labels.
        from_photo_wanted(): a layout of the open photo is wanted.
        blank_wanted(): a layout of one label.
        done(): the person is finished here: the keyboard may go back to the canvas.
    """

    chosen = Signal(int)
    second_chosen = Signal(int)
    swap_requested = Signal()
    palette_wanted = Signal(str)
    patterns_toggled = Signal(bool)
    table_wanted = Signal()
    from_photo_wanted = Signal()
    blank_wanted = Signal()
    done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette: Palette | None = None
        self._chosen: tuple[int | None, int | None] = (None, None)
        self._used: frozenset[int] = frozenset()
        self._recent: tuple[int, ...] = ()
        self._rows: dict[int, LabelRow] = {}
        self.hand = LabelsInHand()
        self.search = QLineEdit()
        self._patterns = QToolButton()
        self._recents = LabelRowView("Labels of late")
        self._no_recents = ElidedLabel(NOTHING_RECENT, faint=True)
        self._list = LabelList()
        self._not_found = centred(NOTHING_FOUND)
        self._palettes = PaletteButton()
        self._table = QPushButton()
        self._page = QStackedWidget()
        self._no_layout = NoLayout()
        self._name_parts()
        self._arrange()
        self._connect()
        self.set_table(differs=False)
        self.set_state("none")

    def _name_parts(self) -> None:
        self.search.setPlaceholderText("Find a label")
        self.search.setAccessibleName("Find a label")
        self.search.setToolTip("Arrow keys move in the list, Enter takes the label in hand")
        self.search.setClearButtonEnabled(True)
        self.search.addAction(
            QAction(icon("search"), "", self.search), QLineEdit.ActionPosition.LeadingPosition
        )
        self._patterns.setCheckable(True)
        self._patterns.setIcon(icon("pattern"))
        self._patterns.setIconSize(QSize(ICON_PX, ICON_PX))
        self._patterns.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._patterns.setAccessibleName("Patterns on labels")
        self._patterns.setToolTip("Patterns on labels: tells colours apart that look alike")

    def _arrange(self) -> None:
        recents = QStackedWidget()
        recents.addWidget(self._no_recents)
        recents.addWidget(self._recents)
        recents.setFixedHeight(SMALLEST_SIDE)
        self._recent_page = recents
        found = QStackedWidget()
        found.addWidget(self._list)
        found.addWidget(self._not_found)
        self._found = found
        find = QHBoxLayout()
        find.setSpacing(4)
        find.addWidget(self.search, 1)
        find.addWidget(self._patterns)
        ready = QWidget()
        column = QVBoxLayout(ready)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addWidget(self.hand)
        column.addWidget(recents)
        column.addLayout(find)
        column.addWidget(found, 1)
        column.addWidget(self._palettes)
        column.addWidget(self._table)
        self._page.addWidget(self._no_layout)
        self._page.addWidget(ready)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._page)

    def _connect(self) -> None:
        self.hand.primary_clicked.connect(lambda: self._go_to_label(self._chosen[0]))
        self.hand.secondary_clicked.connect(lambda: self._go_to_label(self._chosen[1]))
        self.hand.swap_requested.connect(self.swap_requested)
        self.search.textChanged.connect(self._look)
        self.search.installEventFilter(self)
        self._patterns.clicked.connect(self._on_patterns)
        for view in (self._list, self._recents):
            view.chosen.connect(self._on_chosen)
            view.second_chosen.connect(self._on_second)
        self._palettes.wanted.connect(self.palette_wanted)
        self._table.clicked.connect(self.table_wanted)
        self._no_layout.from_photo_wanted.connect(self.from_photo_wanted)
        self._no_layout.blank_wanted.connect(self.blank_wanted)

    # What is shown

    def set_palettes(self, palettes: Sequence[tuple[str, str]]) -> None:
        """Id and title of every palette that there is."""
        self._palettes.set_palettes(palettes)

    def set_palette(self, palette: Palette) -> None:
        """Show the labels of this palette."""
        self._palette = palette
        self._rows = {}
        self._palettes.set_current(palette.id, palette.title)
        self._refresh()
        self._show_recent()

    def set_chosen(self, primary_id: int | None, secondary_id: int | None) -> None:
        """The labels in hand."""
        self._chosen = (primary_id, secondary_id)
        self._refresh()
        if not self.search.text():
            self._go_to(primary_id)

    def set_recent(self, ids: Sequence[int]) -> None:
        """The labels that were painted of late, the newest first."""
        self._recent = tuple(ids)
        self._show_recent()

    def set_used(self, ids: Collection[int]) -> None:
        """The labels that occur in the layout."""
        if self._used != frozenset(ids):
            self._used = frozenset(ids)
            self._refresh()

    def set_patterns(self, on: bool) -> None:
        """Hatch the labels, or not; without a signal."""
        self._patterns.setChecked(on)
        for view in (self._list, self._recents):
            view.set_patterns(on)
        self._show_hand()

    def set_swap_tip(self, tip: str) -> None:
        """The tooltip of the button that swaps, with its key."""
        self.hand.set_swap_tip(tip)

    def set_table(self, *, differs: bool, lacking: int = 0) -> None:
        """Whether the model has other labels than the layout, and for how many it has nothing."""
        self._table.setVisible(differs)
        self._table.setIcon(icon("warning" if lacking else "model"))
        words = "Labels of the model…" + (f" ({lacking} missing)" if lacking else "")
        self._table.setText(words)
        self._table.setAccessibleName(words)
        self._table.setToolTip(
            f"The model has nothing for {lacking} label{'s' if lacking != 1 else ''} of the layout"
            if lacking
            else "What the model renders each label as"
        )

    def set_state(self, state: State, text: str = "") -> None:
        """Labels to choose from ("ready"), or words in their place.

        Args:
            state: "none" without a document, "empty" for one without a layout, "busy" while one is
                made.
            text: instead of the words that the state has by itself.
        """
        self._page.setCurrentIndex(1 if state == "ready" else 0)
        self._no_layout.set_state(state, text)

    def focus_search(self) -> None:
        """Give the keyboard to the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def sizeHint(self) -> QSize:
        return QSize(300, 420)

    def minimumSizeHint(self) -> QSize:
        return MINIMUM_SIZE

    # Inside

    def _by_id(self, label_id: int | None) -> Label | None:
        if self._palette is None or label_id is None:
            return None
        return self._palette.by_id(label_id)

    def _row(self, label: Label, found_by: str = "") -> LabelRow:
        """The label as it is shown; the same object as before where nothing has changed."""
        primary, secondary = self._chosen
        place = 1 if label.id == primary else 2 if label.id == secondary else 0
        row = LabelRow(label, found_by, place, label.id in self._used)
        if self._rows.get(label.id) != row:
            self._rows[label.id] = row
        return self._rows[label.id]

    def _refresh(self) -> None:
        self._show_list()
        self._show_hand()

    def _show_list(self) -> None:
        text = self.search.text()
        every = self._palette.labels if self._palette else ()
        found = self._palette.search(text) if self._palette and text.strip() else every
        self._list.set_rows([self._row(label, met_alias(label, text)) for label in found])
        self._found.setCurrentIndex(0 if found else 1)

    def _show_hand(self) -> None:
        primary, secondary = (self._by_id(label_id) for label_id in self._chosen)
        self.hand.set_labels(primary, secondary, patterns=self._patterns.isChecked())

    def _show_recent(self) -> None:
        labels = [label for i in self._recent if (label := self._by_id(i)) is not None]
        self._recents.set_rows([LabelRow(label) for label in labels])
        self._recent_page.setCurrentIndex(1 if labels else 0)

    # What the person does

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys in the search field that mean the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._take_key(event)
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key, page = event.key(), self._list.rows_in_view
        here = self._list.currentIndex().row()
        ways: dict[int, int] = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_PageUp: -page,
        }
        if key in ways:
            self._list.go_to(here + ways[key])
        elif key in ENTERS:
            second = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._list.choose_current(second=second)
        elif key == Qt.Key.Key_Escape:
            self._leave_search()
        else:
            return False
        event.accept()
        return True

    def _leave_search(self) -> None:
        """Forget what was looked for; without that, be done."""
        if self.search.text():
            self.search.clear()
        else:
            self.done.emit()

    @Slot()
    def _look(self) -> None:
        self._show_list()
        if self.search.text():
            self._list.go_to(0)
        else:
            self._go_to(self._chosen[0])

    @Slot(int)
    def _on_chosen(self, label_id: int) -> None:
        self.search.clear()
        self.chosen.emit(label_id)
        self.done.emit()

    @Slot(int)
    def _on_second(self, label_id: int) -> None:
        self.search.clear()
        self.second_chosen.emit(label_id)
        self.done.emit()

    def _go_to_label(self, label_id: int | None) -> None:
        self.search.clear()
        self._go_to(label_id)
        self._list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_to(self, label_id: int | None) -> None:
        row = self._list.items.row_of(label_id)
        if row >= 0:
            self._list.go_to(row)

    @Slot(bool)
    def _on_patterns(self, on: bool) -> None:
        self.set_patterns(on)
        self.patterns_toggled.emit(on)


def met_alias(label: Label, text: str) -> str:
    """The alias that a search met, where the name did not meet it; else "" ."""
    words = text.casefold().split()

    def met(name: str) -> bool:
        return all(word in name.casefold() for word in words)

    if met(label.name):
        return ""
    return next((alias for alias in label.aliases if met(alias)), "")
