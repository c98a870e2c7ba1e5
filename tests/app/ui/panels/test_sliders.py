"""The panel of sliders: rows that change in place, what they say is wished, and the keyboard."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QPushButton

from app.controllers.slider_strip import Stop
from app.controllers.sliders import SliderRow
from app.ui import theme
from app.ui.panels.slider_row import deviations_words, share_words
from app.ui.panels.sliders import FIRST_ROWS, MORE_ROWS, SlidersPanel
from app.ui.widgets.slider import Track
from app.ui.widgets.thumbnail import ThumbnailList
from tests.app.ui.dialogs.look import check_controls, control
from tests.app.ui.panels.said import in_a_window, listen, tab

LEFT = Qt.MouseButton.LeftButton
OWN = SliderRow("a" * 64, "Snow", 0.0, None, own=True, kept=True)
MODELS = tuple(
    SliderRow(f"texture:{n}", f"Direction {n + 1}", 0.0, 0.3 / (n + 1)) for n in range(64)
)
ALL = (OWN, *MODELS)
SIGNALS = (
    *("dragged", "committed", "chosen", "unfolded", "renamed", "pinned", "saved", "removed"),
    *("kept", "reset_wanted", "randomise_wanted", "photos_wanted", "folder_wanted"),
    *("load_wanted", "cancel_wanted"),
)


@pytest.fixture
def panel(qtbot) -> SlidersPanel:
    made = in_a_window(SlidersPanel(), qtbot, 300, 600)
    made.set_rows(ALL)
    made.set_usable(moves=True, makes=True)
    QApplication.processEvents()
    return made


@pytest.fixture
def said(panel):
    return listen(panel, *SIGNALS)


def row(panel, key):
    return next(widget for widget in panel.rows if widget.row.key == key)


def titles(panel):
    return [widget.row.title for widget in panel.rows]


def words_shown(panel):
    return [w.text() for w in panel.findChildren(QLabel) if w.isVisible() and w.text()]


def test_the_first_rows_are_shown_and_more_by_a_button(panel):
    assert titles(panel) == ["Snow", *(f"Direction {n + 1}" for n in range(FIRST_ROWS))]
    (more,) = [b for b in panel.findChildren(QPushButton) if b.isVisible()]
    assert more.text() == f"Show {MORE_ROWS} more"
    more.click()
    assert len(panel.rows) == 1 + FIRST_ROWS + MORE_ROWS
    assert panel.rows[1 + FIRST_ROWS].hasFocus()
    more.click()
    assert more.text() == "Show 14 more"
    more.click()
    assert len(panel.rows) == 65
    assert not more.isVisible()


def test_a_slider_that_is_off_the_middle_is_never_hidden(panel):
    far = replace(MODELS[50], value=1.0)
    panel.set_rows([far if one.key == far.key else one for one in ALL])
    assert titles(panel)[-1] == "Direction 51"


def test_search_goes_through_all_sliders(panel):
    panel.search.setText("5 dir")
    fives = [5, 15, 25, 35, 45, *range(50, 60)]
    assert titles(panel) == [f"Direction {n}" for n in fives]
    panel.search.setText("SNOW")
    assert titles(panel) == ["Snow"]
    panel.search.setText("rain")
    assert titles(panel) == []
    assert "No slider is called so." in words_shown(panel)
    panel.search.clear()
    assert len(panel.rows) == 1 + FIRST_ROWS


def test_what_is_said_without_sliders(panel):
    panel.set_rows([])
    panel.set_empty("This model has none.")
    assert words_shown(panel) == ["This model has none."]
    panel.set_rows(ALL)
    assert "This model has none." not in words_shown(panel)


def test_shares_and_values_in_words(panel):
    assert [share_words(share) for share in (None, 0.14, 0.004, 1.0)] == [
        "",
        "14 %",
        "< 1 %",
        "100 %",
    ]
    assert [deviations_words(v) for v in (-2.0, 0.0, 1.5)] == ["\N{MINUS SIGN}2", "0", "+1.5"]
    assert "30 %" in words_shown(panel)
    panel.set_rows([replace(MODELS[0], value=-1.5), *MODELS[1:]])
    name = row(panel, "texture:0").accessibleName()
    assert name == "Direction 1, \N{MINUS SIGN}1.5, 30 % of the variance"


def test_a_drag_says_where_the_slider_is(panel, said):
    track = row(panel, "texture:0").findChild(Track)
    middle = QPoint(track.width() // 2, 14)
    QTest.mousePress(track, LEFT, pos=middle)
    QTest.mouseMove(track, QPoint(track.width() - 9, 14))
    QTest.mouseRelease(track, LEFT)
    dragged = [entry for entry in said if entry[0] == "dragged"]
    assert dragged[-1][1:] == ("texture:0", 3.0)
    assert said[-1] == ("committed", "texture:0", 3.0)


def test_numbers_beyond_the_track_can_be_typed(panel, said):
    number = row(panel, "texture:0").slider.tab_stops[1]
    number.selectAll()
    QTest.keyClicks(number, "-5.5")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert said[-1] == ("committed", "texture:0", -5.5)
    number.selectAll()
    QTest.keyClicks(number, "9")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert said[-1][2] <= 6.0


def test_a_double_click_resets_one(panel, said):
    panel.set_rows([replace(MODELS[0], value=2.0), *MODELS[1:]])
    track = row(panel, "texture:0").findChild(Track)
    QTest.mouseDClick(track, LEFT, pos=QPoint(20, 14))
    assert said[-1] == ("committed", "texture:0", 0.0)


def test_the_hand_snaps_to_the_middle(panel, said):
    track = row(panel, "texture:0").findChild(Track)
    QTest.mouseClick(track, LEFT, pos=QPoint(track.width() - 30, 14))
    QTest.mouseClick(track, LEFT, pos=QPoint(track.width() // 2 + 3, 14))
    assert said[-1] == ("committed", "texture:0", 0.0)


def test_a_drag_goes_on_while_rows_are_shown_anew(panel, said):
    track = row(panel, "texture:0").findChild(Track)
    QTest.mousePress(track, LEFT, pos=QPoint(track.width() // 2, 14))
    QTest.mouseMove(track, QPoint(track.width() * 3 // 4, 14))
    value = said[-1][2]
    panel.set_rows([replace(one, value=value if one is MODELS[0] else 0.0) for one in ALL])
    assert row(panel, "texture:0").findChild(Track) is track
    assert track.isSliderDown()
    QTest.mouseRelease(track, LEFT)
    assert said[-1] == ("committed", "texture:0", value)


def test_one_strip_at_a_time_and_a_click_on_a_picture_sets(panel, said, qtbot):
    control(row(panel, "texture:0"), "Show the picture along Direction 1").click()
    assert said == [("unfolded", "texture:0")]
    assert row(panel, "texture:0").is_unfolded
    grey = [Stop(v, np.full((64, 96, 3), int(128 + 50 * v), np.uint8)) for v in (-2, -1, 0, 1, 2)]
    panel.show_stops("texture:0", grey)
    pictures = row(panel, "texture:0").findChild(ThumbnailList)
    qtbot.waitUntil(lambda: pictures.visualRect(pictures.items.index(4)).isValid())
    place = pictures.visualRect(pictures.items.index(4)).center()
    assert pictures.viewport().rect().contains(pictures.visualRect(pictures.items.index(4)))
    QTest.mouseClick(pictures.viewport(), LEFT, pos=place)
    assert said[-1] == ("chosen", "texture:0", 2.0)
    control(row(panel, "texture:1"), "Show the picture along Direction 2").click()
    assert not row(panel, "texture:0").is_unfolded
    assert row(panel, "texture:1").is_unfolded
    control(row(panel, "texture:1"), "Hide the picture along Direction 2").click()
    assert said[-1] == ("unfolded", "")


def test_the_keyboard_reaches_everything(panel, said):
    first = panel.rows[1]
    panel.search.setFocus()
    QTest.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.rows[0].hasFocus()
    QTest.keyClick(panel.rows[0], Qt.Key.Key_Down)
    assert first.hasFocus()
    QTest.keyClick(first, Qt.Key.Key_Right)
    QTest.keyClick(first, Qt.Key.Key_Left)
    assert said == [("unfolded", first.row.key), ("unfolded", "")]
    first.renamed.emit("Fog")
    assert said[-1] == ("renamed", first.row.key, "Fog")
    QTest.keyClick(first, Qt.Key.Key_Delete)
    assert said[-1][0] == "renamed"
    QTest.keyClick(first, Qt.Key.Key_Up)
    QTest.keyClick(panel.rows[0], Qt.Key.Key_Delete)
    assert said[-1] == ("removed", OWN.key)
    QTest.keyClick(panel.rows[0], Qt.Key.Key_Up)
    assert panel.search.hasFocus()
    panel.search.setText("x")
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.search.text() == ""


def test_pins_and_buttons(panel, said):
    control(row(panel, "texture:0"), "Pin Direction 1").click()
    control(panel, "Reset all sliders").click()
    control(panel, "Randomise sliders").click()
    for action in panel.new.menu().actions():
        action.trigger()
    assert said == [
        ("pinned", "texture:0", True),
        ("reset_wanted",),
        ("randomise_wanted",),
        ("photos_wanted",),
        ("folder_wanted",),
        ("load_wanted",),
    ]


def test_own_sliders_can_be_shared_and_deleted_and_foreign_ones_kept(panel, said):
    def buttons(key):
        QTest.keyClick(row(panel, key), Qt.Key.Key_Right)
        found = [b for b in row(panel, key).findChildren(QPushButton) if b.isVisible()]
        for button in found:
            button.click()
        return [button.text() for button in found]

    assert buttons(OWN.key) == ["Save a copy…", "Delete"]
    assert buttons("texture:0") == []
    panel.set_rows([replace(OWN, kept=False), *MODELS])
    assert buttons(OWN.key) == ["Keep", "Save a copy…"]
    assert [entry for entry in said if entry[0] != "unfolded"] == [
        ("saved", OWN.key),
        ("removed", OWN.key),
        ("kept", OWN.key),
        ("saved", OWN.key),
    ]


def test_the_menu_of_a_row_offers_what_can_be_done_with_it(panel, said):
    def choose_all(key):
        menu = QMenu(panel)
        row(panel, key).fill_menu(menu)
        words = [action.text().split("\t")[0] for action in menu.actions() if action.text()]
        for action in menu.actions():
            action.trigger()
        assert row(panel, key).title.is_edited
        return words

    first = ["Rename", "Pin", "Reset", "Show the picture along it"]
    assert choose_all(OWN.key) == [*first, "Save a copy…", "Delete"]
    assert [entry[0] for entry in said] == [
        *("pinned", "dragged", "committed", "unfolded", "saved", "removed")
    ]
    said.clear()
    panel.set_rows([replace(OWN, kept=False), replace(MODELS[0], pinned=True), *MODELS[1:]])
    assert choose_all(OWN.key) == [*first[:3], "Hide the picture along it", "Save a copy…", "Keep"]
    assert said[-1] == ("kept", OWN.key)
    assert choose_all("texture:0") == ["Rename", "Unpin", *first[2:]]
    assert ("pinned", "texture:0", False) in said


def test_a_right_click_where_a_row_has_gone_opens_the_menu_of_the_next(panel, monkeypatch):
    """With a mouse that has not moved since: Qt asks what is under it as the row is hidden."""
    opened = []
    monkeypatch.setattr(QMenu, "popup", lambda menu, _place: opened.append(menu.parentWidget()))
    window, own = panel.window(), panel.rows[0].title
    place = own.mapTo(window, own.rect().center())
    QCursor.setPos(window.mapToGlobal(place))
    for button in (LEFT, Qt.MouseButton.RightButton):
        QTest.mouseClick(window.windowHandle(), button, pos=place)
        panel.set_rows(MODELS)
        QApplication.processEvents()
    assert opened == [panel.rows[0]]


def test_tab_goes_through_the_controls_of_a_row(panel):
    panel.rows[0].setFocus()
    assert tab(5) == [
        "Show the picture along Snow",
        "Pin Snow",
        "Snow",
        "Snow, as a number",
        "Direction 1, 0, 30 % of the variance",
    ]


def test_the_picture_that_was_clicked_is_marked_only_while_the_slider_is_there(panel, said, qtbot):
    QTest.keyClick(row(panel, "texture:0"), Qt.Key.Key_Right)
    pictures = row(panel, "texture:0").findChild(ThumbnailList)
    qtbot.waitUntil(lambda: pictures.visualRect(pictures.items.index(4)).isValid())
    place = pictures.visualRect(pictures.items.index(4)).center()
    QTest.mouseClick(pictures.viewport(), LEFT, pos=place)
    for value, marked in ((2.0, True), (0.1, False), (0.0, False)):
        panel.set_rows([OWN, replace(MODELS[0], value=value), *MODELS[1:]])
        assert bool(pictures.selectedIndexes()) is marked


def test_the_keyboard_stays_in_the_panel_when_its_row_goes(panel):
    QTest.keyClick(row(panel, OWN.key), Qt.Key.Key_Right)
    (delete,) = [b for b in panel.findChildren(QPushButton) if b.text() == "Delete"]
    delete.setFocus()
    panel.set_rows(MODELS)
    assert panel.rows[0].hasFocus()
    panel.set_rows([])
    assert panel.search.hasFocus()


def test_work_in_progress_can_be_cancelled(panel, said):
    cancel = control(panel, "Cancel")
    assert not cancel.isVisible()
    panel.set_working("making Snow: 3 of 12 photos", 0.25)
    assert cancel.isVisible()
    cancel.click()
    assert said == [("cancel_wanted",)]
    panel.set_working("", 0.0)
    assert not cancel.isVisible()


def test_without_sliders_nothing_can_be_moved(panel):
    panel.set_usable(moves=False, makes=True)
    assert not control(panel, "Reset all sliders").isEnabled()
    assert not control(panel, "Randomise sliders").isEnabled()
    assert panel.new.isEnabled()


def test_every_control_has_a_name_and_is_large_enough(panel, qapp):
    theme.apply(qapp, "dark")
    QTest.keyClick(row(panel, OWN.key), Qt.Key.Key_Right)
    QApplication.processEvents()
    check_controls(panel)


def test_it_fits_the_column_at_every_size_of_text(panel, qapp):
    QTest.keyClick(row(panel, OWN.key), Qt.Key.Key_Right)
    font = panel.font()
    for points in (9, 14):
        font.setPointSize(points)
        panel.setFont(font)
        QApplication.processEvents()
        assert panel.minimumSizeHint().width() <= 340
