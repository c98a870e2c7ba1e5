"""The shortcuts dialog: every action with its keys, to be searched and changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.ui.dialogs.parts import (
    GAP_PX,
    INSET_PX,
    Note,
    as_dialog,
    button,
    column,
    form,
    heading,
    named,
    resize_in_chars,
    row,
    table,
)

Keys = tuple[str, ...]
KEY_FIELDS = ("Key", "Second key")
ID_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class ShortcutRow:
    """An action and its keys.

    Attributes:
        action_id: what the settings call it.
        group: the menu it belongs to.
        title: what it does.
        keys: key sequences in Qt's portable form, the one for menus first.
        defaults: the keys that it has unless changed.
        place: the workspace that alone has it; empty for all. Two workspaces may use a key twice.
    """

    action_id: str
    group: str
    title: str
    keys: Keys
    defaults: Keys
    place: str = ""

    def meets(self, other: "ShortcutRow") -> bool:
        """Whether there is a workspace that has both."""
        return not self.place or not other.place or self.place == other.place


def native(keys: Keys) -> str:
    """Keys as this system writes them."""
    portable = QKeySequence.SequenceFormat.PortableText
    shown = (QKeySequence.fromString(key, portable) for key in keys)
    return ",  ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in shown)


class KeyMap:
    """Which keys every action has; those that meet in a workspace share none. No key is empty."""

    def __init__(self, rows: Sequence[ShortcutRow]) -> None:
        self.rows = {shown.action_id: shown for shown in rows}
        self._keys = {shown.action_id: shown.keys for shown in rows}

    def of(self, action_id: str) -> Keys:
        """The keys of an action."""
        return self._keys[action_id]

    def is_changed(self, action_id: str) -> bool:
        """Whether it has other keys than by default."""
        return self._keys[action_id] != self.rows[action_id].defaults

    def owner(self, key: str, besides: str) -> ShortcutRow | None:
        """The other action that has this key where the one named `besides` is, too."""
        own = self.rows[besides]
        for action_id, keys in self._keys.items():
            if action_id != besides and key in keys and own.meets(self.rows[action_id]):
                return self.rows[action_id]
        return None

    def give(self, action_id: str, keys: Sequence[str]) -> None:
        """Give an action these keys; whoever had one of them loses it."""
        wanted = tuple(dict.fromkeys(key for key in keys if key))
        own = self.rows[action_id]
        for other, had in self._keys.items():
            if other != action_id and own.meets(self.rows[other]) and set(had) & set(wanted):
                self._keys[other] = tuple(key for key in had if key not in wanted)
        self._keys[action_id] = wanted

    def reset_all(self) -> None:
        """Every action gets its default keys back."""
        self._keys = {shown.action_id: shown.defaults for shown in self.rows.values()}

    @property
    def keys(self) -> dict[str, Keys]:
        """The keys of every action."""
        return dict(self._keys)

    @property
    def untouched(self) -> bool:
        """Whether every action has its default keys."""
        return not any(map(self.is_changed, self._keys))


class KeyField(QKeySequenceEdit):
    """Takes the keys that are pressed; Tab leaves, Escape gives up.

    Signals:
        settled(): another key stands in it, or none: typed to the end, cleared, or set.
        given_up(): what was begun shall not count.
    """

    settled = Signal()
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._typing = False
        self.setClearButtonEnabled(True)
        self.setMaximumSequenceLength(1)
        self.keySequenceChanged.connect(self._changed)
        self.editingFinished.connect(self._end)

    @Slot()
    def _changed(self) -> None:
        # The first key of a sequence empties the field before it is in it.
        if not self._typing:
            self.settled.emit()

    @Slot()
    def _end(self) -> None:
        if self._typing:
            self._typing = False
            (self.given_up if self.keySequence().isEmpty() else self.settled).emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.keyCombination().toCombined() == Qt.Key.Key_Escape:
            self._typing = False
            self.given_up.emit()
        else:
            self._typing = True
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._end()


class ShortcutsDialog(QDialog):
    """Lists every action by its menu; a chosen one can get up to two keys.

    Signals:
        changed(dict): action id -> keys, of every action.
    """

    changed = Signal(dict)

    def __init__(self, rows: Sequence[ShortcutRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map = KeyMap(rows)
        self._search = named(QLineEdit(), "Search")
        self._search.setPlaceholderText("Search by name or key")
        self._search.setClearButtonEnabled(True)
        self._tree = self._make_tree()
        self._groups: dict[str, list[str]] = {}
        self._headings: dict[str, QTreeWidgetItem] = {}
        self._items = {shown.action_id: self._add(shown) for shown in rows}
        self._title = heading("")
        self._edits = [self._make_edit(name) for name in KEY_FIELDS]
        self._note = Note()
        self._reset = button("Reset", self._reset_one, icon="restart")
        self._reset.setToolTip("Give this action its default keys")
        self._reset_all = button("Reset all", self._ask_reset_all)
        self._lay_out()
        self._search.textChanged.connect(self._filter)
        self._tree.currentItemChanged.connect(self._show_choice)
        self._tree.itemActivated.connect(lambda _: self._edits[0].setFocus())
        self._show_keys()
        self._choose_first()
        self._show_choice()

    @property
    def keys(self) -> Mapping[str, Keys]:
        """The keys of every action now."""
        return self._map.keys

    def _make_tree(self) -> QTreeWidget:
        tree = table("Actions and their keys", ("Action", "Keys", "By default"))
        tree.setItemsExpandable(False)
        tree.setIndentation(INSET_PX)
        tree.header().setStretchLastSection(True)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        return tree

    def _make_edit(self, name: str) -> KeyField:
        edit = named(KeyField(), name, "Press the keys; Tab leaves, Escape gives up")
        edit.settled.connect(self._take_keys)
        edit.given_up.connect(self._show_choice)
        for line in edit.findChildren(QLineEdit):
            line.setAccessibleName(name)
        return edit

    def _add(self, shown: ShortcutRow) -> QTreeWidgetItem:
        if shown.group not in self._headings:
            self._headings[shown.group] = self._add_heading(shown.group)
        group = self._headings[shown.group]
        self._groups.setdefault(shown.group, []).append(shown.action_id)
        item = QTreeWidgetItem([shown.title])
        group.addChild(item)
        item.setData(0, ID_ROLE, shown.action_id)
        return item

    def _add_heading(self, words: str) -> QTreeWidgetItem:
        group = QTreeWidgetItem([words])
        self._tree.addTopLevelItem(group)
        group.setFlags(Qt.ItemFlag.ItemIsEnabled)
        group.setFirstColumnSpanned(True)
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        group.setExpanded(True)
        return group

    def _lay_out(self) -> None:
        keys = [row(form((name, edit))) for name, edit in zip(KEY_FIELDS, self._edits, strict=True)]
        editor = row(*keys, self._reset, gap_px=INSET_PX)
        close = button("Close", self.accept)
        content = column(
            self._search,
            self._tree,
            self._title,
            editor,
            self._note,
            GAP_PX,
            row(self._reset_all, 0, close),
        )
        content.setStretch(1, 1)
        as_dialog(self, "Keyboard shortcuts", content, fixed=False)
        resize_in_chars(self, 92, 76)

    @property
    def _chosen(self) -> str | None:
        item = self._tree.currentItem()
        return None if item is None or item.isHidden() else item.data(0, ID_ROLE)

    def _choose_first(self) -> None:
        for item in self._items.values():
            if not item.isHidden():
                self._tree.setCurrentItem(item)
                return
        self._tree.clearSelection()

    @Slot(str)
    def _filter(self, text: str) -> None:
        wanted = text.casefold().split()
        for action_id, item in self._items.items():
            about = f"{self._map.rows[action_id].group} {item.text(0)} {item.text(1)}".casefold()
            item.setHidden(not all(word in about for word in wanted))
        for group, action_ids in self._groups.items():
            hidden = all(self._items[action_id].isHidden() for action_id in action_ids)
            self._headings[group].setHidden(hidden)
        if self._chosen is None:
            self._choose_first()
        self._show_choice()

    @Slot()
    def _show_choice(self) -> None:
        """Bring the fields in line with the chosen action."""
        chosen = self._chosen
        self._note.clear()
        self._title.setText(self._map.rows[chosen].title if chosen else "No action found")
        keys = self._map.of(chosen) if chosen else ()
        for place, edit in enumerate(self._edits):
            edit.setEnabled(chosen is not None)
            with QSignalBlocker(edit):
                edit.setKeySequence(keys[place] if place < len(keys) else "")
        self._reset.setEnabled(chosen is not None and self._map.is_changed(chosen))

    def _show_keys(self) -> None:
        """Bring the list in line with the keys."""
        for action_id, item in self._items.items():
            changed = self._map.is_changed(action_id)
            font = item.font(1)
            font.setBold(changed)
            item.setFont(1, font)
            item.setText(1, native(self._map.of(action_id)))
            item.setText(2, native(self._map.rows[action_id].defaults) if changed else "")
        self._reset_all.setEnabled(not self._map.untouched)

    @Slot()
    def _take_keys(self) -> None:
        chosen = self._chosen
        if chosen is None:
            return
        portable = QKeySequence.SequenceFormat.PortableText
        typed = [edit.keySequence().toString(portable) for edit in self._edits]
        had = self._map.of(chosen)
        wanted = [key for key in typed if key] + list(had[len(typed) :])
        if tuple(wanted) == had:
            return
        for key in wanted:
            if other := self._map.owner(key, besides=chosen):
                self._ask(chosen, wanted, f"{native((key,))} belongs to {other.title}.")
                return
        self._give(chosen, wanted)

    def _ask(self, chosen: str, wanted: Sequence[str], words: str) -> None:
        take: tuple[str, Callable[[], object]] = ("Use it here", lambda: self._give(chosen, wanted))
        self._note.say("warning", words, take, ("Leave it there", self._show_choice))

    def _give(self, action_id: str, keys: Sequence[str]) -> None:
        self._map.give(action_id, keys)
        self._show_keys()
        self._show_choice()
        self.changed.emit(self._map.keys)

    def _reset_one(self) -> None:
        if (chosen := self._chosen) is None:
            return
        wanted = self._map.rows[chosen].defaults
        for key in wanted:
            if other := self._map.owner(key, besides=chosen):
                self._ask(chosen, wanted, f"{native((key,))} belongs to {other.title}.")
                return
        self._give(chosen, wanted)

    def _ask_reset_all(self) -> None:
        self._note.say(
            "warning",
            "Give every action its default keys?",
            ("Reset all", self._reset_every),
            ("Keep mine", lambda: None),
        )

    def _reset_every(self) -> None:
        self._map.reset_all()
        self._show_keys()
        self._show_choice()
        self.changed.emit(self._map.keys)
