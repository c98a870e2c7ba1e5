"""The edit list: rows that change in place, and what they say is wished."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolButton, QWidget

from app.ui.panels.edit_row import EditRow
from app.ui.panels.edits import EditItem, EditsPanel
from app.ui.widgets.slider import Track

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier
THUMB = np.zeros((40, 40, 3), np.uint8)


def edit(uid: int, **changes) -> EditItem:
    return replace(
        EditItem(uid, f"Edit {uid}", True, 0.8, "a.jpg · Landscapes", "", THUMB), **changes
    )


@pytest.fixture
def panel(qtbot) -> EditsPanel:
    made = EditsPanel()
    qtbot.addWidget(made)
    made.resize(300, 420)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.set_items([edit(1), edit(2), edit(3)])
    QApplication.processEvents()
    return made


class Log:
    """What the panel said."""

    def __init__(self, panel: EditsPanel) -> None:
        self.said: list[tuple] = []
        for name in ("toggled", "strength_dragged", "strength_committed", "removed", "moved"):
            self._listen(panel, name)
        self._listen(panel, "renamed")
        self._listen(panel, "selected")

    def _listen(self, panel: EditsPanel, name: str) -> None:
        getattr(panel, name).connect(lambda *values: self.said.append((name, *values)))

    def of(self, name: str) -> list[tuple]:
        return [said[1:] for said in self.said if said[0] == name]


def rows(panel: EditsPanel) -> list[EditRow]:
    return list(panel._rows)


def tool(row: EditRow, words: str) -> QToolButton:
    return next(b for b in row.findChildren(QToolButton) if words in b.accessibleName())


def field(row: EditRow) -> QLineEdit:
    return next(f for f in row.title.findChildren(QLineEdit))


def test_a_new_edit_is_scrolled_to(panel: EditsPanel, qtbot):
    panel.resize(300, 120)
    many = [edit(uid) for uid in range(1, 9)]
    panel.set_items(many[:-1])
    QApplication.processEvents()
    assert panel._scroll.verticalScrollBar().value() == 0
    panel.set_items(many)

    def seen() -> bool:
        new = rows(panel)[-1]
        return (
            panel._scroll.viewport()
            .rect()
            .contains(new.mapTo(panel._scroll.viewport(), QPoint(20, 20)))
        )

    qtbot.waitUntil(seen)
    assert panel.selected_uid == 8
    panel.set_items([])
    QApplication.processEvents()


def test_without_edits_it_says_so(panel: EditsPanel):
    assert not panel._empty.isVisible()
    panel.set_items([])
    assert panel._empty.isVisible()
    assert not panel.grab().isNull()


def test_what_is_pressed_in_a_row_is_large_enough(panel: EditsPanel):
    row = rows(panel)[0]
    for part in (row.grip, *row.findChildren(QToolButton), *row.findChildren(Track)):
        assert part.width() >= 28
        assert part.height() >= 28


def test_rows_tell_all_to_a_screen_reader(panel: EditsPanel):
    panel.set_items([edit(1, enabled=False, missing="The model is gone.")])
    words = "Edit 1, off, strength 80%, a.jpg · Landscapes, The model is gone."
    assert rows(panel)[0].accessibleName() == words
    assert not rows(panel)[0].strength.isEnabled()
    assert tool(rows(panel)[0], "Delete").isEnabled()
    assert tool(rows(panel)[0], "on").toolTip() == "Switch on (Space)"


def test_eye_bin_and_slider(panel: EditsPanel):
    log = Log(panel)
    row = rows(panel)[1]
    tool(row, "on").click()
    tool(row, "Delete").click()
    row.strength.reset()
    assert log.of("toggled") == [(2, False)]
    assert log.of("removed") == [(2,)]
    assert log.of("strength_dragged") == [(2, 1.0)]
    assert log.of("strength_committed") == [(2, 1.0)]


def test_keys_of_a_row(panel: EditsPanel):
    log = Log(panel)
    rows(panel)[0].setFocus()
    QTest.keyClick(rows(panel)[0], Qt.Key.Key_Up)
    QTest.keyClick(rows(panel)[0], Qt.Key.Key_Down)
    assert rows(panel)[1].hasFocus()
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Space)
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Delete)
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Down, ALT)
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Up, ALT)
    QTest.keyClick(rows(panel)[2], Qt.Key.Key_Down, ALT)
    QTest.keyClick(rows(panel)[2], Qt.Key.Key_A)
    assert log.said == [
        ("selected", 2),
        ("toggled", 2, False),
        ("removed", 2),
        ("moved", 2, 2),
        ("moved", 2, 0),
    ]
    assert panel.selected_uid == 2


def test_a_click_selects(panel: EditsPanel):
    log = Log(panel)
    QTest.mouseClick(rows(panel)[2], LEFT, pos=QPoint(30, 4))
    assert log.said == [("selected", 3)]
    assert rows(panel)[2].accessibleDescription() == "selected"
    assert not panel.grab().isNull()


def test_renaming_in_place(panel: EditsPanel):
    log = Log(panel)
    row = rows(panel)[0]
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_F2)
    assert row.title.is_edited
    QTest.keyClicks(field(row), "Rocks")
    QTest.keyClick(field(row), Qt.Key.Key_Return)
    assert log.of("renamed") == [(1, "Rocks")]
    assert not row.title.is_edited
    assert row.hasFocus()


@pytest.mark.parametrize("typed", ["", "   ", "Edit 1"])
def test_a_name_that_is_none_or_the_same_renames_nothing(panel: EditsPanel, typed: str):
    log = Log(panel)
    row = rows(panel)[0]
    QTest.mouseDClick(row, LEFT, pos=row.title.geometry().center())
    field(row).setText(typed)
    QTest.keyClick(field(row), Qt.Key.Key_Return)
    assert log.of("renamed") == []


def test_escape_keeps_the_old_name(panel: EditsPanel):
    log = Log(panel)
    row = rows(panel)[0]
    row.title.edit()
    QTest.keyClicks(field(row), "Rocks")
    QTest.keyClick(field(row), Qt.Key.Key_Escape)
    assert log.of("renamed") == []
    assert not row.title.is_edited


def test_new_items_leave_rows_focus_and_typing_alone(panel: EditsPanel):
    first, second, _ = rows(panel)
    second.setFocus()
    second.title.edit()
    QTest.keyClicks(field(second), "Half a na")
    panel.set_items([edit(3), edit(2, strength=0.1), edit(1), edit(4)])
    assert rows(panel)[1] is second
    assert rows(panel)[2] is first
    assert [row.item.uid for row in rows(panel)] == [3, 2, 1, 4]
    assert field(second).text() == "Half a na"
    assert field(second).hasFocus()
    assert second.strength.value == 0.1
    order = [panel._area.column.indexOf(row) for row in rows(panel)]
    assert order == [0, 1, 2, 3]


def test_new_items_do_not_disturb_a_drag_of_a_slider(panel: EditsPanel):
    track = rows(panel)[0].strength.findChild(Track)
    assert isinstance(track, Track)
    middle = QPoint(track.width() // 2, 14)
    QTest.mousePress(track, LEFT, pos=middle)
    held = rows(panel)[0].strength.value
    panel.set_items([edit(1, strength=0.0), edit(2)])
    assert rows(panel)[0].strength.value == held
    QTest.mouseRelease(track, LEFT, pos=middle)


def test_the_neighbour_is_selected_when_the_selected_row_goes(panel: EditsPanel):
    log = Log(panel)
    rows(panel)[1].setFocus()
    panel.set_items([edit(1), edit(3)])
    assert panel.selected_uid == 3
    assert rows(panel)[1].hasFocus()
    panel.set_items([edit(1)])
    assert panel.selected_uid == 1
    panel.set_items([])
    assert log.of("selected") == [(2,), (3,), (1,), (-1,)]


def drag(panel: EditsPanel, row: EditRow, y_view: int) -> None:
    """Hold the grip of a row and let it go at a height of the list."""
    area = panel._area
    place = row.grip.mapFromGlobal(area.mapToGlobal(QPoint(10, y_view)))
    QTest.mousePress(row.grip, LEFT, pos=row.grip.rect().center())
    QTest.mouseMove(row.grip, place)
    assert area._mark_y is not None
    panel.grab()
    QTest.mouseRelease(row.grip, LEFT, pos=place)
    assert area._mark_y is None


def test_rows_are_reordered_by_their_grip(panel: EditsPanel):
    log = Log(panel)
    first, second, third = rows(panel)
    drag(panel, first, third.geometry().bottom() + 20)
    drag(panel, third, 0)
    drag(panel, first, third.geometry().center().y() - 5)
    drag(panel, second, second.geometry().center().y() + 5)
    QTest.mouseClick(second.grip, LEFT)
    assert log.of("moved") == [(1, 2), (3, 0), (1, 1)]


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def test_tab_goes_through_the_controls_of_a_row(panel: EditsPanel):
    row = rows(panel)[0]
    row.setFocus()
    seen = []
    for _ in range(4):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        seen.append(focused().accessibleName())
    assert seen == [
        "Edit 1 on",
        "Delete Edit 1",
        "Strength of Edit 1",
        "Strength of Edit 1, as a number",
    ]


def detail_slider(row: EditRow):
    return row.photo_detail


def test_the_photos_detail_is_offered_in_the_selected_row(panel: EditsPanel):
    panel.set_items([edit(1, photo_detail=0.25), edit(2, photo_detail=0.5), edit(3)])
    said = []
    panel.detail_dragged.connect(lambda *values: said.append(("dragged", *values)))
    panel.detail_committed.connect(lambda *values: said.append(("committed", *values)))
    rows(panel)[1].setFocus()
    assert [detail_slider(row).isVisible() for row in rows(panel)] == [False, True, False]
    assert detail_slider(rows(panel)[1]).value == 0.5
    detail_slider(rows(panel)[1]).reset()
    assert said == [("dragged", 2, 1.0), ("committed", 2, 1.0)]
    rows(panel)[2].setFocus()
    assert not any(detail_slider(row).isVisible() for row in rows(panel))


def test_the_detail_of_an_edit_without_its_model_cannot_be_moved(panel: EditsPanel):
    panel.set_items([edit(1, photo_detail=0.25, missing="The model is not installed.")])
    rows(panel)[0].setFocus()
    assert detail_slider(rows(panel)[0]).isVisible()
    assert not detail_slider(rows(panel)[0]).isEnabled()
