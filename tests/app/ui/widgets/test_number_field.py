"""The number of a slider: typed over with the mouse, with a point or a comma."""

import pytest
from PySide6.QtCore import QLocale, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.widgets.number_field import NumberField

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def field(window: QWidget, qtbot) -> NumberField:
    other = QLineEdit()
    other.setParent(window)
    other.setGeometry(0, 30, 90, 28)
    made = NumberField(window)
    made.setRange(0, 1.5)
    made.setSuffix(" %")
    made.setValue(1.0)
    made.resize(90, 28)
    window.resize(200, 60)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    other.setFocus()
    return made


def test_one_click_selects_all(field: NumberField, qtbot):
    QTest.mouseClick(field.lineEdit(), LEFT, pos=QPoint(3, 10))
    qtbot.waitUntil(lambda: field.lineEdit().selectedText() == "1.00")
    QTest.keyClicks(field.lineEdit(), "0.8\r")
    assert field.value() == 0.8


def test_the_next_click_sets_the_caret(field: NumberField, qtbot):
    QTest.mouseClick(field.lineEdit(), LEFT, pos=QPoint(3, 10))
    qtbot.waitUntil(lambda: bool(field.lineEdit().selectedText()))
    QTest.mousePress(field.lineEdit(), LEFT, pos=QPoint(3, 10), delay=600)
    QTest.mouseRelease(field.lineEdit(), LEFT, pos=QPoint(3, 10))
    assert not field.lineEdit().hasSelectedText()


def test_a_double_click_selects_all(field: NumberField, qtbot):
    QTest.mouseClick(field.lineEdit(), LEFT, pos=QPoint(6, 10))
    qtbot.waitUntil(lambda: field.lineEdit().hasSelectedText())
    QTest.mouseDClick(field.lineEdit(), LEFT, pos=QPoint(6, 10))
    assert field.lineEdit().selectedText() == "1.00"
    QTest.keyClicks(field.lineEdit(), "0.6\r")
    assert field.value() == 0.6


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
@pytest.mark.parametrize("typed", ["0.45", "0,45"])
def test_point_and_comma_both_begin_the_decimals(field: NumberField, locale: str, typed: str):
    field.setLocale(QLocale(locale))
    field.selectAll()
    QTest.keyClicks(field.lineEdit(), typed + "\r")
    assert field.value() == 0.45
