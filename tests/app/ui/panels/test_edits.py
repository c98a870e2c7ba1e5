"""The edit list: rows that change in place, and what they say is wished."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QApplication, QLineEdit, QMenu, QToolButton

from app.ui import theme
from app.ui.panels.edit_row import EditRow
from app.ui.panels.edits import EditItem, EditsPanel
from app.ui.theme import contrast
from app.ui.widgets.slider import Track
from tests.app.ui.dialogs.look import control
from tests.app.ui.panels.said import focused, in_a_window, listen, tab

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier
SIGNALS = (
    *("toggled", "strength_dragged", "strength_committed", "removed", "soloed", "moved"),
    *("renamed", "selected"),
)
THUMB = np.zeros((40, 40, 3), np.uint8)


def edit(uid: int, **changes) -> EditItem:
    return replace(
        EditItem(uid, f"Edit {uid}", True, 0.8, "a.jpg · Landscapes", "", THUMB), **changes
    )


@pytest.fixture
def panel(qtbot) -> EditsPanel:
    made = in_a_window(EditsPanel(), qtbot, 300, 420)
    made.commands = [QAction("Duplicate edit", made)]
    made.set_items([edit(1), edit(2), edit(3)])
    QApplication.processEvents()
    return made


@pytest.fixture
def said(panel) -> list[tuple]:
    return listen(panel, *SIGNALS)


def rows(panel: EditsPanel) -> list[EditRow]:
    return list(panel._rows)


def pick(row: EditRow) -> None:
    """Click it where there is no button."""
    QApplication.processEvents()
    QTest.mouseClick(row, LEFT, pos=QPoint(100, 2))


def of(said: list[tuple], name: str) -> list[tuple]:
    return [entry[1:] for entry in said if entry[0] == name]


def field(row: EditRow) -> QLineEdit:
    return next(f for f in row.title.findChildren(QLineEdit))


def is_whole(panel: EditsPanel, place: int) -> bool:
    """Whether all of a row is in view, once a new layout has come to rest."""
    for _ in range(3):
        QApplication.processEvents()
    seen, row = panel._scroll.viewport(), rows(panel)[place]
    return seen.rect().contains(QRect(row.mapTo(seen, QPoint()), row.size()))


def some(count: int) -> list[EditItem]:
    return [edit(uid, photo_detail=0.5) for uid in range(1, count + 1)]


def test_what_is_new_is_selected_and_wholly_in_view(panel: EditsPanel):
    """As after a recipe; and one that was added."""
    panel.resize(300, 170)
    for count in (8, 9):
        panel.set_items(some(count))
        assert panel.selected_uid == count
        assert is_whole(panel, -1)
    panel.set_items([])
    panel.set_items(some(9))
    assert (panel.selected_uid, is_whole(panel, -1)) == (9, True)


def test_the_selected_row_stays_in_view_until_a_hand_scrolls(panel: EditsPanel):
    panel.set_items(some(9))
    assert is_whole(panel, -1)
    panel.resize(300, 140)
    assert is_whole(panel, -1)
    bar = panel._scroll.verticalScrollBar()
    bar.triggerAction(QAbstractSlider.SliderAction.SliderToMinimum)
    panel.set_items([edit(1, missing="The model is gone."), *some(9)[1:]])
    panel.resize(300, 150)
    assert not is_whole(panel, -1)
    assert bar.value() == 0
    QTest.mouseClick(rows(panel)[1], LEFT, pos=QPoint(100, 2))
    assert is_whole(panel, 1)


def test_rows_are_low_and_stay_where_they_are(panel: EditsPanel, qapp):
    """Whichever is selected: what the hand is about to press a second time does not move."""
    theme.apply(qapp, "dark")
    panel.set_items([edit(1), edit(2, strength=1.0), edit(3, thumb=None, photo_detail=0.5)])
    places = []
    for row in rows(panel):
        pick(row)
        assert is_whole(panel, 0)
        places.append([one.geometry() for one in rows(panel)])
    assert places[0] == places[1] == places[2]
    first, second, third = rows(panel)
    low = 2 * first.fontMetrics().height() + 10
    assert first.height() == second.height() == third.height() <= low
    assert [row._amount.isVisible() for row in rows(panel)] == [True, False, True]
    assert first._amount.text() == "80 %"
    assert len({row.title.x() for row in rows(panel)}) == 1
    third.title.edit()
    assert is_whole(panel, 2)
    assert third.title.height() >= field(third).height() >= 24
    assert third._detail.y() >= third.title.geometry().bottom()


@pytest.mark.parametrize("look", ["dark", "light"])
def test_the_name_of_an_edit_that_is_off_can_be_read(panel: EditsPanel, qapp, look):
    """4.5:1, as all words; and it looks otherwise than that of one that is on."""
    theme.apply(qapp, look)
    looks = []
    for on in (False, True):
        panel.set_items([edit(1, title="██████████", enabled=on)])
        QApplication.processEvents()
        row = rows(panel)[0]
        drawn = row.grab().toImage()
        place = row.title.geometry()
        words = drawn.pixelColor(place.left() + 12, place.center().y())
        field = drawn.pixelColor(place.right() - 2, place.center().y())
        assert contrast(words, field) >= 4.5
        looks.append(words)
    assert looks[0] != looks[1]


def test_without_edits_it_says_so(panel: EditsPanel):
    assert not panel._empty.isVisible()
    panel.set_items([])
    assert panel._empty.isVisible()
    assert not panel.grab().isNull()


def test_what_is_pressed_in_a_row_is_large_enough(panel: EditsPanel):
    row = rows(panel)[0]
    for part in (row.grip, *row.findChildren(QToolButton), *panel.findChildren(Track)):
        assert part.width() >= 28
        assert part.height() >= 28


def test_rows_tell_all_to_a_screen_reader(panel: EditsPanel):
    panel.set_items([edit(1, enabled=False, missing="The model is gone.")])
    words = "Edit 1, off, strength 80%, a.jpg · Landscapes, The model is gone."
    assert rows(panel)[0].accessibleName() == words
    assert not panel.amounts.strength.isEnabled()
    assert control(rows(panel)[0], "Delete Edit 1").isEnabled()
    assert control(rows(panel)[0], "Edit 1 on").toolTip() == "Switch on (Space)"


def test_eye_bin_and_slider(panel: EditsPanel, said):
    row = rows(panel)[1]
    control(row, "Edit 2 on").click()
    control(row, "Delete Edit 2").click()
    panel.amounts.strength.reset()
    assert of(said, "toggled") == [(2, False)]
    assert of(said, "removed") == [(2,)]
    assert of(said, "strength_dragged") == [(3, 1.0)]
    assert of(said, "strength_committed") == [(3, 1.0)]


def test_keys_of_a_row(panel: EditsPanel, said):
    pick(rows(panel)[0])
    QTest.keyClick(rows(panel)[0], Qt.Key.Key_Up)
    QTest.keyClick(rows(panel)[0], Qt.Key.Key_Down)
    assert rows(panel)[1].hasFocus()
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Space)
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Delete)
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Down, ALT)
    QTest.keyClick(rows(panel)[1], Qt.Key.Key_Up, ALT)
    QTest.keyClick(rows(panel)[2], Qt.Key.Key_Down, ALT)
    QTest.keyClick(rows(panel)[2], Qt.Key.Key_A)
    assert said == [
        ("selected", 1),
        ("selected", 2),
        ("toggled", 2, False),
        ("removed", 2),
        ("moved", 2, 2),
        ("moved", 2, 0),
    ]
    assert panel.selected_uid == 2


def test_a_click_selects(panel: EditsPanel, said):
    QTest.mouseClick(rows(panel)[1], LEFT, pos=QPoint(30, 4))
    assert said == [("selected", 2)]
    assert rows(panel)[1].accessibleDescription() == "selected"


def menu_of(row: EditRow) -> dict[str, QAction]:
    menu = QMenu(row)
    row.fill_menu(menu)
    return {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}


def test_the_menu_of_a_row_offers_what_can_be_done_with_it(panel: EditsPanel, said):
    middle = rows(panel)[1]
    pick(middle)
    menu = menu_of(middle)
    assert menu.pop("Duplicate edit") is panel.commands[0]
    for action in menu.values():
        action.trigger()
    assert said == [
        ("selected", 2),
        ("soloed", 2),
        ("moved", 2, 0),
        ("moved", 2, 2),
    ]
    assert middle.title.is_edited
    assert list(menu) == ["Show only this, or all again", "Rename", "Move up", "Move down"]


@pytest.mark.parametrize("button", [LEFT, Qt.MouseButton.RightButton])
def test_a_click_selects_a_row_that_has_the_keyboard_already(panel, button, monkeypatch):
    """It need not be the selected one; menus and sliders act on that."""
    first = rows(panel)[0]
    first.setFocus()
    assert first.hasFocus()
    assert panel.selected_uid == 3
    if button == LEFT:
        QTest.mouseClick(first, LEFT, pos=QPoint(100, 2))
    else:
        monkeypatch.setattr(QMenu, "popup", lambda menu, _place: menu.deleteLater())
        place = QPoint(100, 2)
        why = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(first, QContextMenuEvent(why, place, first.mapToGlobal(place)))
    assert panel.selected_uid == 1


def test_new_items_leave_rows_focus_and_typing_alone(panel: EditsPanel):
    first, second, _ = rows(panel)
    pick(second)
    second.title.edit()
    QTest.keyClicks(field(second), "Half a na")
    panel.set_items([edit(3), edit(2, strength=0.1), edit(1), edit(4)])
    assert rows(panel)[1] is second
    assert rows(panel)[2] is first
    assert [row.item.uid for row in rows(panel)] == [3, 2, 1, 4]
    assert field(second).text() == "Half a na"
    assert field(second).hasFocus()
    pick(second)
    assert panel.amounts.strength.value == 0.1
    order = [panel._area.column.indexOf(row) for row in rows(panel)]
    assert order == [0, 1, 2, 3]


def test_a_slider_in_the_hand_stays_that_of_its_edit(panel: EditsPanel, said):
    track = panel.amounts.strength.tab_stops[0]
    middle = QPoint(track.width() // 2, 14)
    QTest.mousePress(track, LEFT, pos=middle)
    held = panel.amounts.strength.value
    panel.set_items([edit(1), edit(2), edit(3, strength=0.0), edit(4)])
    assert panel.selected_uid == 4
    assert panel.amounts.strength.value == held
    QTest.mouseRelease(track, LEFT, pos=middle)
    assert {uid for uid, _ in of(said, "strength_committed")} == {3}
    # Also where that was no change, of which nobody tells.
    assert panel.amounts.strength.value == 0.8
    panel.amounts.strength.reset()
    assert of(said, "strength_committed")[-1] == (4, 1.0)
    panel.set_items([edit(1), edit(2), edit(3, strength=held), edit(4, strength=0.25)])
    assert panel.amounts.strength.value == 0.25


def test_keys_that_moved_a_slider_count_for_their_edit(panel: EditsPanel, said):
    """Though another is selected before they come to rest; but not when all edits go."""
    QTest.keyClick(panel.amounts.strength.tab_stops[0], Qt.Key.Key_Left)
    pick(rows(panel)[0])
    assert of(said, "strength_committed") == [(3, 0.75)]
    QTest.keyClick(panel.amounts.strength.tab_stops[0], Qt.Key.Key_Left)
    panel.set_items([])
    panel.set_items([edit(1), edit(2), edit(3)])
    assert {uid for uid, _ in of(said, "strength_committed")} <= {3, -1}


def test_a_drag_of_a_row_that_goes_ends(panel: EditsPanel, said):
    panel.set_items(some(12))
    row = rows(panel)[-1]
    assert is_whole(panel, -1)
    QTest.mousePress(row.grip, LEFT)
    QTest.mouseMove(row.grip, row.grip.mapFromGlobal(panel.mapToGlobal(QPoint(10, -40))))
    assert panel._carry.isActive()
    panel.set_items([])
    QTest.mouseRelease(row.grip, LEFT)
    assert not panel._carry.isActive()
    assert panel._area._mark_y is None
    assert of(said, "moved") == []


def test_the_neighbour_is_selected_when_the_selected_row_goes(panel: EditsPanel, said):
    pick(rows(panel)[1])
    panel.set_items([edit(1), edit(3)])
    assert panel.selected_uid == 3
    assert rows(panel)[1].hasFocus()
    panel.set_items([edit(1)])
    assert panel.selected_uid == 1
    panel.set_items([])
    assert of(said, "selected") == [(2,), (3,), (1,), (-1,)]


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


def test_rows_are_reordered_by_their_grip(panel: EditsPanel, said):
    first, second, third = rows(panel)
    drag(panel, first, third.geometry().bottom() + 20)
    drag(panel, third, 0)
    drag(panel, first, third.geometry().center().y() - 5)
    drag(panel, second, second.geometry().center().y() + 5)
    QTest.mouseClick(second.grip, LEFT)
    assert of(said, "moved") == [(1, 2), (3, 0), (1, 1)]


def test_a_row_that_is_held_at_an_edge_scrolls_the_list(panel: EditsPanel, said, qtbot):
    panel.resize(300, 170)
    panel.set_items(some(12))
    pick(rows(panel)[0])
    QApplication.processEvents()
    first, bar = rows(panel)[0], panel._scroll.verticalScrollBar()
    assert bar.value() == 0

    def hold(y_view: int) -> None:
        place = panel._scroll.viewport().mapToGlobal(QPoint(10, y_view))
        QTest.mouseMove(first.grip, first.grip.mapFromGlobal(place))

    QTest.mousePress(first.grip, LEFT, pos=first.grip.rect().center())
    hold(165)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    hold(5)
    qtbot.waitUntil(lambda: bar.value() < bar.maximum() - 30)
    hold(80)
    panel._carry_on()
    stays = bar.value()
    assert not panel._carry.isActive()
    hold(230)
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > stays)
    QTest.mouseRelease(first.grip, LEFT)
    assert of(said, "moved") == [(1, 11)]
    assert not panel._carry.isActive()


def test_tab_goes_through_the_sliders_to_the_selected_row_and_changes_nothing(
    panel: EditsPanel, said
):
    """Whether rows came one by one, went or changed places."""
    panel.set_items([edit(4), edit(1), edit(3), edit(2)])
    middle = rows(panel)[1]
    pick(middle)
    del said[:]
    panel.amounts.strength.tab_stops[0].setFocus()
    assert tab(2) == ["Strength of Edit 1, as a number", middle.accessibleName()]
    QTest.keyClick(middle, Qt.Key.Key_Backtab)
    assert panel.amounts.strength.isAncestorOf(focused())
    assert tab(1) == [middle.accessibleName()]
    assert tab(1) == ["Strength of Edit 1"]
    assert said == []


def test_only_a_hand_or_arrows_select(panel: EditsPanel, said):
    """Not the keyboard's coming back from a dialog, from a menu, or by Tab."""
    pick(rows(panel)[1])
    del said[:]
    reasons = Qt.FocusReason
    for reason in (
        *(reasons.ActiveWindowFocusReason, reasons.PopupFocusReason, reasons.TabFocusReason),
        *(reasons.BacktabFocusReason, reasons.OtherFocusReason, reasons.ShortcutFocusReason),
    ):
        panel.amounts.strength.tab_stops[0].setFocus()
        rows(panel)[0].setFocus(reason)
        assert rows(panel)[0].hasFocus()
    assert said == []
    QTest.mouseClick(rows(panel)[0], Qt.MouseButton.MiddleButton, pos=QPoint(100, 2))
    assert said == [("selected", 1)]


def test_the_keyboard_goes_along_with_the_selection(panel: EditsPanel, qtbot):
    """As with a copy, its undoing, another document; also while a dialog has the keyboard."""
    first = rows(panel)[0]
    pick(first)
    for uids in ((1, 4, 2, 3), (1, 2, 3), (11, 12), (13,)):
        panel.set_items([edit(uid) for uid in uids])
        QApplication.processEvents()
        (chosen,) = [row for row in rows(panel) if row.item.uid == panel.selected_uid]
        assert chosen.hasFocus()
    dialog = QLineEdit()
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    dialog.setFocus()
    qtbot.waitUntil(dialog.hasFocus)
    panel.set_items([edit(13), edit(14)])
    assert dialog.hasFocus()
    panel.activateWindow()
    qtbot.waitUntil(rows(panel)[1].hasFocus)
    assert panel.selected_uid == 14


def test_the_keyboard_waits_in_an_empty_list(panel: EditsPanel):
    """Until the edits are back; what is near could be a choice that the next key changes."""
    pick(rows(panel)[0])
    panel.set_items([])
    assert panel._scroll.hasFocus()
    panel.set_items([edit(1), edit(2)])
    assert rows(panel)[1].hasFocus()
    panel.amounts.strength.tab_stops[0].setFocus()
    panel.set_items([edit(1), edit(2), edit(3)])
    assert panel.amounts.strength.tab_stops[0].hasFocus()


def test_the_photos_detail_is_offered_for_the_selected_edit(panel: EditsPanel):
    panel.set_items([edit(1, photo_detail=0.25), edit(2, photo_detail=0.5), edit(3)])
    said = listen(panel, "detail_dragged", "detail_committed")
    assert not panel.amounts.detail.isVisible()
    pick(rows(panel)[1])
    assert panel.amounts.detail.isVisible()
    assert panel.amounts.detail.value == 0.5
    panel.amounts.detail.reset()
    assert said == [("detail_dragged", 2, 1.0), ("detail_committed", 2, 1.0)]
    panel.set_items([])
    assert not panel.amounts.isVisible()


def test_a_step_to_a_row_shows_all_of_it(panel: EditsPanel):
    panel.resize(300, 170)
    panel.set_items(some(9))
    pick(rows(panel)[0])
    for place, row in enumerate(rows(panel)[:-1]):
        QTest.keyClick(row, Qt.Key.Key_Down)
        assert is_whole(panel, place + 1)


def test_the_detail_of_an_edit_without_its_model_cannot_be_moved(panel: EditsPanel):
    panel.set_items([edit(1, photo_detail=0.25, missing="The model is not installed.")])
    assert panel.amounts.detail.isVisible()
    assert not panel.amounts.detail.isEnabled()
