"""A row that is named, chosen and deleted where it stands: by hand and by keyboard."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from app.ui.widgets.named_row import NamedRow, put_rows
from tests.app.ui.panels.said import focused, in_a_window

# A popup grabs keyboard and mouse, which the platform without a screen says it cannot.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Row(NamedRow):
    """One that offers a command."""

    removable = True

    def __init__(self, name: str) -> None:
        super().__init__("thing")
        self.title.set_text(name, True)
        QHBoxLayout(self).addWidget(self.title)
        self.said: list[tuple] = []
        for signal in ("renamed", "removed", "stepped"):
            getattr(self, signal).connect(lambda *v, signal=signal: self.said.append((signal, *v)))

    @property
    def is_removable(self) -> bool:
        return self.removable

    def fill_menu(self, menu: QMenu) -> None:
        menu.addAction("Rename").triggered.connect(self.title.edit)


@pytest.fixture
def place(qtbot) -> QWidget:
    made = QWidget()
    QVBoxLayout(made).addStretch()
    return in_a_window(made, qtbot, 200, 200)


@pytest.fixture
def row(place) -> Row:
    made = Row("Stone")
    put_rows(place.layout(), [made], [], QWidget(place))
    QApplication.processEvents()
    made.setFocus()
    return made


def field(row: Row) -> QLineEdit:
    return row.title.findChildren(QLineEdit)[0]


def menu(row: Row) -> QMenu:
    (found,) = [m for m in row.findChildren(QMenu) if m.isVisible()]
    return found


def test_keys(row):
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Delete, Qt.Key.Key_A):
        QTest.keyClick(row, key)
    row.removable = False
    QTest.keyClick(row, Qt.Key.Key_Backspace)
    QTest.keyClick(row, Qt.Key.Key_F10)
    assert row.said == [("stepped", -1), ("stepped", 1), ("removed",)]
    assert not row.findChildren(QMenu)


def test_f2_renames_and_the_row_has_the_keyboard_again(row):
    QTest.keyClick(row, Qt.Key.Key_F2)
    assert row.title.is_edited
    assert field(row).accessibleName() == "Name of the thing"
    QTest.keyClicks(field(row), "Rocks")
    QTest.keyClick(field(row), Qt.Key.Key_Return)
    assert row.said == [("renamed", "Rocks")]
    assert not row.title.is_edited
    assert row.hasFocus()


@pytest.mark.parametrize("typed", ["", "   ", "Stone"])
def test_a_name_that_is_none_or_the_same_renames_nothing(row, typed):
    QTest.mouseDClick(row, LEFT, pos=row.title.geometry().center())
    field(row).setText(typed)
    QTest.keyClick(field(row), Qt.Key.Key_Return)
    assert row.said == []


def test_escape_keeps_the_old_name(row):
    row.title.edit()
    QTest.keyClicks(field(row), "Rocks")
    QTest.keyClick(field(row), Qt.Key.Key_Escape)
    assert row.said == []
    assert not row.title.is_edited


def test_a_click_gives_it_the_keyboard_and_shows_that(row):
    row.clearFocus()
    before = row.grab().toImage()
    QTest.mouseClick(row, LEFT, pos=QPoint(2, 2))
    assert row.hasFocus()
    focused = row.grab().toImage()
    row.set_selected(True)
    assert row.accessibleDescription() == "selected"
    assert before != focused != row.grab().toImage()


def press_shift_f10(row):
    QTest.keyClick(row, Qt.Key.Key_F10, SHIFT)


def press_menu_key(row):
    QTest.keyClick(row, Qt.Key.Key_Menu)


def click_right(row):
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, QPoint(5, 5), row.mapToGlobal(QPoint(5, 5))
    )
    QApplication.sendEvent(row, event)


@pytest.mark.parametrize("ask", [press_shift_f10, press_menu_key, click_right])
def test_its_menu(row, ask):
    row.clearFocus()
    ask(row)
    assert row.hasFocus()
    shown = menu(row)
    assert (
        row.frameGeometry()
        .adjusted(0, 0, 9, 9)
        .contains(row.parentWidget().mapFromGlobal(shown.pos()))
    )
    shown.actions()[0].trigger()
    shown.close()
    assert row.title.is_edited


def test_rows_stand_in_order_for_the_eye_and_for_tab(place, row):
    more, start = [Row(name) for name in "abc"], QLineEdit(place)
    put_rows(place.layout(), [more[2], row, more[0]], [more[1]], start)
    QApplication.processEvents()
    heights = [one.y() for one in (more[2], row, more[0])]
    assert heights == sorted(heights)
    assert not more[1].isVisible()
    start.show()
    start.setFocus()
    for after in (more[2], row, more[0]):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        assert after.hasFocus()
