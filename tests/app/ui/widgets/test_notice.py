"""Notices beside the picture."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QCursor, QEnterEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget

from app.controllers.notices import Notice
from app.ui.widgets import notice as module
from app.ui.widgets.notice import NoticeBar, NoticeCard


@pytest.fixture
def bar(qtbot) -> NoticeBar:
    made = NoticeBar()
    qtbot.addWidget(made)
    made.resize(600, 100)
    made.move(0, 0)
    # Wherever an earlier test left the pointer, it is not over the bar.
    QCursor.setPos(700, 700)
    return made


def cards(bar: NoticeBar) -> list[NoticeCard]:
    return list(bar._cards)


def button(bar: NoticeBar, words: str) -> QPushButton:
    return next(b for b in bar.findChildren(QPushButton) if b.text() == words)


def test_without_notices_it_takes_no_room(bar: NoticeBar):
    assert bar.isHidden()
    bar.show_notice(Notice("info", "Exported."))
    assert bar.isVisible()
    bar.clear()
    assert bar.isHidden()
    assert bar.notices == ()


def test_it_shows_text_and_hint(bar: NoticeBar):
    bar.show_notice(Notice("error", "The file is damaged.", "Open another one."))
    words = [label.text() for label in bar.findChildren(QLabel)]
    assert words == ["The file is damaged. Open another one."]
    assert cards(bar)[0].accessibleName() == "Error: The file is damaged. Open another one."
    assert not bar.grab().isNull()


def test_a_fourth_pushes_out_the_oldest_info_first(bar: NoticeBar):
    told: list[int] = []
    bar.count_changed.connect(told.append)
    for notice in (Notice("error", "a"), Notice("info", "b"), Notice("warning", "c")):
        bar.show_notice(notice)
    bar.show_notice(Notice("error", "d"))
    assert [notice.text for notice in bar.notices] == ["a", "c", "d"]
    bar.show_notice(Notice("info", "e"))
    assert [notice.text for notice in bar.notices] == ["c", "d", "e"]
    assert max(told) == 3


def test_the_same_key_takes_the_older_ones_place(bar: NoticeBar):
    bar.show_notice(Notice("error", "a", key="render"))
    bar.show_notice(Notice("error", "b"))
    bar.show_notice(Notice("error", "c", key="render"))
    assert [notice.text for notice in bar.notices] == ["b", "c"]
    bar.dismiss("render")
    bar.dismiss("no such")
    assert [notice.text for notice in bar.notices] == ["b"]


def test_an_action_dismisses_first(bar: NoticeBar):
    seen: list[int] = []
    notice = Notice("error", "a", actions=(("Try again", lambda: seen.append(len(bar.notices))),))
    bar.show_notice(notice)
    QTest.mouseClick(button(bar, "Try again"), Qt.MouseButton.LeftButton)
    assert seen == [0]


def test_the_report_is_copied(bar: NoticeBar):
    bar.show_notice(Notice("error", "a", report="Traceback"))
    copy = button(bar, "Copy report")
    copy.click()
    assert QGuiApplication.clipboard().text() == "Traceback"
    assert copy.text() == "Copied"
    assert len(bar.notices) == 1


def test_dismiss_by_button_and_by_escape(bar: NoticeBar):
    for _ in range(2):
        bar.show_notice(Notice("warning", "a"))
    close = cards(bar)[0].findChild(QToolButton)
    assert isinstance(close, QToolButton)
    assert close.accessibleName() == "Dismiss"
    close.click()
    QTest.keyClick(cards(bar)[0], Qt.Key.Key_Escape)
    assert bar.notices == ()


def test_infos_go_by_themselves_but_not_under_the_pointer(bar: NoticeBar, qtbot, monkeypatch):
    monkeypatch.setattr(module, "INFO_MS", 20)
    bar.show_notice(Notice("error", "stays"))
    bar.show_notice(Notice("info", "read"))
    enter = QEnterEvent(QPointF(), QPointF(), QPointF())
    QApplication.sendEvent(cards(bar)[1], enter)
    bar.show_notice(Notice("info", "goes"))
    qtbot.waitUntil(lambda: len(bar.notices) == 2)
    assert [notice.text for notice in bar.notices] == ["stays", "read"]
    QApplication.sendEvent(cards(bar)[1], QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: len(bar.notices) == 1)
    assert bar.notices[0].text == "stays"


@pytest.fixture
def window(qtbot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def picture(window: QWidget) -> QWidget:
    return QWidget(window)


@pytest.fixture
def over(bar: NoticeBar, window: QWidget, picture: QWidget, qtbot) -> NoticeBar:
    """A bar over the lower part of a window."""
    picture.setGeometry(0, 50, 500, 300)
    bar.attach(picture)
    window.resize(500, 350)
    window.show()
    qtbot.waitExposed(window)
    return bar


def test_over_a_picture_notices_lie_at_its_foot(over: NoticeBar, picture: QWidget, qtbot):
    assert over.isHidden()
    over.show_notice(Notice("info", "Exported."))
    one = over.height()
    assert over.isVisible()
    assert over.geometry().bottom() == 349
    assert over.width() == 500
    over.show_notice(Notice("error", "Many words. " * 30, report="r"))
    qtbot.waitUntil(lambda: over.height() > 2 * one)
    assert over.geometry().bottom() == 349
    over.clear()
    assert over.isHidden()
    over.show_notice(Notice("info", "Exported."))
    qtbot.waitUntil(lambda: over.height() == one)
    picture.setGeometry(10, 20, 400, 200)
    assert over.geometry().getRect() == (10, 220 - one, 400, one)
    assert picture.geometry().getRect() == (10, 20, 400, 200)


def test_they_can_lie_over_something_else(over: NoticeBar, window: QWidget):
    other = QWidget(window)
    other.setGeometry(5, 0, 300, 100)
    over.attach(other)
    over.show_notice(Notice("info", "Exported."))
    assert over.geometry().bottom() == 99
    assert over.width() == 300
    with pytest.raises(ValueError, match="parent"):
        over.attach(over.window())


def test_the_report_s_button_has_a_name(bar: NoticeBar):
    bar.show_notice(Notice("error", "a", report="r"))
    assert button(bar, "Copy report").accessibleName() == "Copy report"
