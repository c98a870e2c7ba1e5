"""The panel of the labels: what it shows, and what it says is wished."""

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton

from app.document.palette import Label, Palette
from app.document.palettes import Palettes
from app.resources import resource
from app.ui import theme
from app.ui.panels.labels import NOTHING_FOUND, LabelsPanel, met_alias
from app.ui.widgets.item_model import ItemRole
from app.ui.widgets.label_list import LabelView
from app.ui.widgets.labels_in_hand import LabelButton
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut

# A menu grabs keyboard and mouse, which the platform without a screen says it cannot.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
NO_KEYS = Qt.KeyboardModifier.NoModifier
SKY, MOUNTAIN, ROCK, WATER, WATERFALL = 1, 5, 8, 9, 10


@pytest.fixture(scope="module")
def palettes() -> Palettes:
    return Palettes(resource("palettes"))


@pytest.fixture
def land(palettes) -> Palette:
    return palettes.find("landscape")


@pytest.fixture
def panel(qtbot, palettes, land) -> Any:
    made: Any = LabelsPanel()
    qtbot.addWidget(made)
    made.set_palettes([(palette.id, palette.title) for palette in palettes])
    made.set_palette(land)
    made.set_chosen(MOUNTAIN, SKY)
    made.set_state("ready")
    made.told = []
    for name in ("chosen", "second_chosen", "palette_wanted", "patterns_toggled"):
        getattr(made, name).connect(lambda value, name=name: made.told.append((name, value)))
    for name in (*("swap_requested", "table_wanted", "from_photo_wanted", "blank_wanted", "done"),):
        getattr(made, name).connect(lambda name=name: made.told.append(name))
    made.resize(300, 520)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def view(panel: LabelsPanel, name: str = "Labels") -> LabelView:
    (found,) = [v for v in panel.findChildren(LabelView) if v.accessibleName() == name]
    return found


def names(panel: LabelsPanel, name: str = "Labels") -> list[str]:
    return [row.label.name for row in view(panel, name).items.items]


def current(panel: LabelsPanel) -> str:
    label = view(panel).current
    return label.name if label else ""


def press(widget: LabelView, label_id: int, keys=NO_KEYS) -> None:
    place = widget.visualRect(widget.items.index(widget.items.row_of(label_id))).center()
    QTest.mouseClick(widget.viewport(), LEFT, keys, place)


def button(panel: LabelsPanel, words: str) -> QPushButton:
    return next(b for b in panel.findChildren(QPushButton) if b.text().startswith(words))


def test_every_control_has_a_name_and_room(panel, qapp):
    theme.apply(qapp, "dark")
    panel.set_recent([SKY])
    panel.set_table(differs=True, lacking=2)
    check_controls(panel)
    check_nothing_cut(panel)
    for state in ("empty", "none", "busy"):
        panel.set_state(state)
        check_controls(panel)


def test_all_labels_are_listed_in_the_palette_s_order(panel, land):
    assert names(panel) == [label.name for label in land.labels]
    assert current(panel) == "mountain"


def test_a_click_takes_a_label_in_hand_and_gives_the_keyboard_back(panel):
    press(view(panel), WATER)
    assert panel.told == [("chosen", WATER), "done"]


def test_shift_and_a_click_makes_it_the_second(panel):
    press(view(panel), WATER, SHIFT)
    assert panel.told == [("second_chosen", WATER), "done"]


def test_the_menu_offers_both(panel, land):
    menu = view(panel).menu_for(land.by_id(ROCK))
    for action in menu.actions():
        action.trigger()
    assert [told for told in panel.told if told != "done"] == [
        ("chosen", ROCK),
        ("second_chosen", ROCK),
    ]


def test_a_right_click_opens_the_menu_of_that_label(panel):
    labels = view(panel)
    place = labels.visualRect(labels.items.index(labels.items.row_of(ROCK))).center()
    labels.customContextMenuRequested.emit(place)
    (menu,) = [m for m in labels.findChildren(QMenu) if m.isVisible()]
    menu.actions()[0].trigger()
    menu.close()
    assert panel.told == [("chosen", ROCK), "done"]


def test_a_double_click_on_a_search_result_chooses_nothing_else(panel):
    panel.search.setText("wat")
    place = view(panel).visualRect(view(panel).items.index(1)).center()
    # After the first click the search is over: another label is under the pointer.
    for act in (QTest.mouseClick, QTest.mouseDClick, QTest.mouseRelease):
        act(view(panel).viewport(), LEFT, NO_KEYS, place)
    assert panel.search.text() == ""
    assert panel.told == [("chosen", WATERFALL), "done"]
    press(view(panel), ROCK)
    assert panel.told[2:] == [("chosen", ROCK), "done"]


def test_the_list_is_walked_and_chosen_from_with_keys(panel, qtbot):
    labels = view(panel)
    labels.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(labels, Qt.Key.Key_Down)
    qtbot.keyClick(labels, Qt.Key.Key_Return)
    qtbot.keyClick(labels, Qt.Key.Key_Down)
    qtbot.keyClick(labels, Qt.Key.Key_Space, SHIFT)
    assert panel.told == [("chosen", 6), "done", ("second_chosen", 7), "done"]


def test_typing_finds_by_name_and_by_other_names(panel, qtbot):
    qtbot.keyClicks(panel.search, "wat")
    assert names(panel) == ["water", "waterfall"]
    panel.search.setText("FOREST")
    assert names(panel) == ["tree"]
    (row,) = view(panel).items.items
    assert row.found_by == "forest"
    panel.search.setText("no such thing")
    assert names(panel) == []
    assert not view(panel).isVisible()
    assert any(
        label.text() == NOTHING_FOUND and label.isVisible()
        for label in panel.findChildren(type(panel._not_found))
    )
    panel.search.clear()
    assert len(names(panel)) == 14


@pytest.mark.parametrize(
    ("text", "met"), [("snow", "snow"), ("sn", "snow"), ("mount", ""), ("", ""), ("hill", "hill")]
)
def test_the_name_that_was_met_is_told(text: str, met: str):
    label = Label(5, "mountain", (0, 0, 0), aliases=("hill", "snow"))
    assert met_alias(label, text) == met


def test_the_search_field_steers_the_list(panel, qtbot):
    panel.focus_search()
    assert panel.search.hasFocus()
    qtbot.keyClicks(panel.search, "a")
    found = names(panel)
    assert current(panel) == found[0]
    for key, place in (
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_Down, 2),
        (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_PageDown, len(found) - 1),
        (Qt.Key.Key_Down, len(found) - 1),
        (Qt.Key.Key_PageUp, 0),
        (Qt.Key.Key_Up, 0),
    ):
        qtbot.keyClick(panel.search, key)
        assert current(panel) == found[place]
    assert panel.search.text() == "a"
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.told == [("chosen", panel._palette.by_name(found[1]).id), "done"]
    assert panel.search.text() == ""


def test_shift_and_enter_in_the_search_field_makes_the_second(panel, qtbot):
    qtbot.keyClicks(panel.search, "rock")
    qtbot.keyClick(panel.search, Qt.Key.Key_Enter, SHIFT)
    assert panel.told == [("second_chosen", ROCK), "done"]


def test_enter_without_a_match_does_nothing(panel, qtbot):
    qtbot.keyClicks(panel.search, "xyz")
    qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert panel.told == []
    assert panel.search.text() == "xyz"


def test_escape_ends_the_search_and_then_leaves(panel, qtbot):
    qtbot.keyClicks(panel.search, "wat")
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert (panel.search.text(), panel.told) == ("", [])
    assert current(panel) == "mountain"
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.told == ["done"]


def test_the_labels_in_hand_are_shown_large_and_in_the_list(panel, qtbot):
    primary, secondary = panel.findChildren(LabelButton)
    assert primary.accessibleName() == "In hand: mountain"
    assert secondary.accessibleName() == "Second: sky"
    places = {row.label.id: row.place for row in view(panel).items.items if row.place}
    assert places == {MOUNTAIN: 1, SKY: 2}
    panel.set_chosen(WATER, MOUNTAIN)
    places = {row.label.id: row.place for row in view(panel).items.items if row.place}
    assert places == {WATER: 1, MOUNTAIN: 2}
    assert current(panel) == "water"
    qtbot.mouseClick(secondary, LEFT)
    assert current(panel) == "mountain"
    assert view(panel).hasFocus()


def test_the_button_between_them_swaps(panel):
    panel.set_swap_tip("Swap the two labels (X)")
    (swap,) = [b for b in panel.findChildren(QToolButton) if b.accessibleName().startswith("Swap")]
    assert swap.toolTip() == "Swap the two labels (X)"
    swap.click()
    assert panel.told == ["swap_requested"]


def test_labels_of_the_layout_are_marked_for_eyes_and_ears(panel):
    labels = view(panel)

    def row_of(label_id: int):
        index = labels.items.index(labels.items.row_of(label_id))
        picture = labels.viewport().grab(labels.visualRect(index)).toImage()
        return index.data(Qt.ItemDataRole.AccessibleTextRole), picture

    words, before = row_of(WATER)
    assert "in this layout" not in words
    panel.set_used({WATER})
    words, after = row_of(WATER)
    assert "in this layout" in words
    assert after != before
    panel.set_used(())
    assert row_of(WATER)[1] == before


def test_marks_leave_the_other_rows_as_they_are(panel):
    panel.set_used({WATER})
    before = {row.label.id: row for row in view(panel).items.items}
    panel.set_used({WATER, ROCK})
    after = {row.label.id: row for row in view(panel).items.items}
    assert [i for i in before if before[i] is not after[i]] == [ROCK]


def test_a_tooltip_tells_all_names_the_key_and_the_id(panel):
    labels = view(panel)
    tip = labels.items.index(labels.items.row_of(WATER)).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "water. also sea, lake, river. key 5. Id 9"


def test_labels_of_late_are_offered_in_a_row(panel):
    late = view(panel, "Labels of late")
    assert not late.isVisible()
    panel.set_recent([WATER, SKY, 77])
    assert names(panel, "Labels of late") == ["water", "sky"]
    assert late.isVisible()
    press(late, SKY)
    press(late, WATER, SHIFT)
    assert panel.told == [("chosen", SKY), "done", ("second_chosen", WATER), "done"]
    first = late.visualRect(late.items.index(0))
    assert (first.width(), first.height()) == (28, 28)


def test_eight_labels_of_late_fit_into_the_panel(panel):
    panel.set_recent(range(8))
    late = view(panel, "Labels of late")
    assert late.viewport().rect().contains(late.visualRect(late.items.index(7)))


def test_patterns_are_switched_and_shown(panel, land):
    (switch,) = [
        b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Patterns on labels"
    ]
    plain = view(panel).viewport().grab().toImage()
    switch.click()
    assert panel.told == [("patterns_toggled", True)]
    assert view(panel).viewport().grab().toImage() != plain
    panel.set_patterns(False)
    assert not switch.isChecked()
    assert len(panel.told) == 1
    assert view(panel).viewport().grab().toImage() == plain


def test_another_palette_is_asked_for_and_shown_when_it_has_come(panel, palettes, land):
    chooser = button(panel, land.title)
    actions = chooser.menu().actions()
    assert [a.text() for a in actions] == [palette.title for palette in palettes]
    (coco,) = [a for a in actions if a.text() == palettes.find("coco_stuff").title]
    coco.trigger()
    assert panel.told == [("palette_wanted", "coco_stuff")]
    assert chooser.text() == land.title
    assert [a.text() for a in actions if a.isChecked()] == [land.title]
    panel.set_palette(palettes.find("coco_stuff"))
    assert chooser.text() == coco.text()
    assert len(names(panel)) == len(palettes.find("coco_stuff").labels)
    coco.trigger()
    assert len(panel.told) == 1


def test_182_labels_scroll_and_the_one_in_hand_is_in_sight(panel, palettes):
    panel.set_palette(palettes.find("coco_stuff"))
    labels = view(panel)
    for label_id in (181, 0, 90):
        panel.set_chosen(label_id, 1)
        index = labels.items.index(labels.items.row_of(label_id))
        assert labels.viewport().rect().contains(labels.visualRect(index))
        assert index.data(ItemRole).place == 1


def test_a_search_is_not_disturbed_by_strokes(panel):
    panel.search.setText("wat")
    panel.set_used({SKY})
    panel.set_chosen(SKY, MOUNTAIN)
    panel.set_recent([SKY])
    assert names(panel) == ["water", "waterfall"]
    assert current(panel) == "water"


def test_the_labels_of_the_model_are_offered_where_they_differ(panel):
    assert not button(panel, "Labels of the model").isVisible()
    panel.set_table(differs=True)
    table = button(panel, "Labels of the model")
    assert table.isVisible()
    assert table.text() == "Labels of the model…"
    panel.set_table(differs=True, lacking=3)
    assert table.text() == "Labels of the model… (3 missing)"
    assert "nothing for 3 labels" in table.toolTip()
    table.click()
    assert panel.told == ["table_wanted"]
    panel.set_table(differs=False)
    assert not table.isVisible()


def test_without_a_layout_two_ways_to_one_are_offered(panel):
    panel.set_state("empty")
    assert not panel.search.isVisible()
    for words in ("Layout from photo", "Blank layout"):
        button(panel, words).click()
    assert panel.told == ["from_photo_wanted", "blank_wanted"]
    assert panel._no_layout.text == "No layout yet"
    panel.set_state("busy", "Looking at the photo")
    assert panel._no_layout.text == "Looking at the photo"
    assert not button(panel, "Blank layout").isVisible()
    panel.set_state("none")
    assert panel._no_layout.isVisible()
    assert not button(panel, "Blank layout").isVisible()
    panel.set_state("ready")
    assert panel.search.isVisible()


def test_a_click_beside_the_rows_chooses_nothing(panel):
    panel.search.setText("tree")
    below = QPoint(20, view(panel).viewport().height() - 4)
    QTest.mouseClick(view(panel).viewport(), LEFT, NO_KEYS, below)
    assert panel.told == []
