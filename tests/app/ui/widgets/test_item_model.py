"""Lists of values for Qt's views, changed in place."""

import random
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from app.ui.widgets.item_model import ItemModel, ItemRole


@dataclass(frozen=True)
class Row:
    key: int
    name: str = ""


@pytest.fixture
def rows(qapp) -> ItemModel[Row]:
    made = ItemModel[Row](lambda row: row.key, lambda row: row.name, lambda row: f"tip {row.name}")
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    made.tester = QAbstractItemModelTester(made, mode)  # type: ignore[attr-defined]
    return made


def test_what_a_row_tells(rows: ItemModel[Row]):
    rows.set_items([Row(1, "one")])
    index = rows.index(0)
    assert rows.data(index, ItemRole) == Row(1, "one")
    assert rows.data(index) == "one"
    assert rows.data(index, Qt.ItemDataRole.AccessibleTextRole) == "one"
    assert rows.data(index, Qt.ItemDataRole.ToolTipRole) == "tip one"
    assert rows.data(index, Qt.ItemDataRole.DecorationRole) is None
    assert rows.data(QModelIndex()) is None
    assert rows.row_of(1) == 0
    assert rows.row_of(2) == -1


def test_rows_that_stay_are_not_made_anew(rows: ItemModel[Row]):
    rows.set_items([Row(i) for i in range(5)])
    kept = QPersistentModelIndex(rows.index(3))
    resets: list[int] = []
    rows.modelReset.connect(lambda: resets.append(1))
    rows.set_items([Row(9), Row(1), Row(3, "new"), Row(7)])
    assert kept.row() == 2
    assert rows.items[2].name == "new"
    assert resets == []
    rows.set_items([Row(3), Row(1)])
    assert resets == [1]


def test_any_list_after_any_other(rows: ItemModel[Row]):
    draw = random.Random(0)
    for _ in range(200):
        keys = draw.sample(range(12), draw.randrange(12))
        wanted = [Row(key, f"{draw.random()}") for key in keys]
        rows.set_items(wanted)
        assert list(rows.items) == wanted
