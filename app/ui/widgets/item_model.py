"""A list of values for Qt's list views, changed in place."""

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

Item = TypeVar("Item")
ItemRole = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class ItemModel(QAbstractListModel, Generic[Item]):
    """Rows of frozen values; each has a key of its own.

    New lists are merged row by row, so that a view keeps its selection, its focus and its place.
    """

    def __init__(
        self,
        key: Callable[[Item], Hashable],
        words: Callable[[Item], str],
        tip: Callable[[Item], str] = lambda _: "",
    ) -> None:
        """
        Args:
            key: tells rows apart; rows with the same key are the same row.
            words: what a screen reader says, and what typing letters searches.
            tip: the tooltip.
        """
        super().__init__()
        self._key = key
        self._words = words
        self._tip = tip
        self._items: list[Item] = []

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(self._items)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        item = self._items[index.row()]
        if role == ItemRole:
            return item
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._words(item)
        return self._tip(item) if role == Qt.ItemDataRole.ToolTipRole else None

    def row_of(self, key: Hashable) -> int:
        """The row with this key; -1 where there is none."""
        return next((i for i, item in enumerate(self._items) if self._key(item) == key), -1)

    def replace(self, row: int, item: Item) -> None:
        """Another value, with the same key, in a row."""
        self._items[row] = item
        self.dataChanged.emit(self.index(row), self.index(row))

    def set_items(self, items: Sequence[Item]) -> None:
        """Show these; keys must differ."""
        wanted = [self._key(item) for item in items]
        self._drop_all_but(set(wanted))
        kept = [self._key(item) for item in self._items]
        staying = set(kept)
        if kept != [key for key in wanted if key in staying]:
            self.beginResetModel()
            self._items = list(items)
            self.endResetModel()
            return
        row = 0
        for stays, run in groupby(items, lambda item: self._key(item) in staying):
            new = list(run)
            if not stays:
                self.beginInsertRows(QModelIndex(), row, row + len(new) - 1)
                self._items[row:row] = new
                self.endInsertRows()
            else:
                for place, item in enumerate(new, row):
                    if self._items[place] is not item:
                        self.replace(place, item)
            row += len(new)

    def _drop_all_but(self, keys: set[Hashable]) -> None:
        end = len(self._items)
        for stays, run in groupby(
            tuple(reversed(self._items)), lambda item: self._key(item) in keys
        ):
            start = end - sum(1 for _ in run)
            if not stays:
                self.beginRemoveRows(QModelIndex(), start, end - 1)
                del self._items[start:end]
                self.endRemoveRows()
            end = start
