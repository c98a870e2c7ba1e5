"""The panel of the style: what it shows, and what it says is wished."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QToolButton

from app.controllers.styling import StyleThumb
from app.ui import theme
from app.ui.panels.reference_zone import REFERENCE_MIME, ReferenceItem
from app.ui.panels.style import StyleItem, StylePanel
from app.ui.panels.style_tile import StyleTile
from app.ui.widgets.thumbnail import ThumbnailList
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control
from tests.app.ui.drags import drag_event

# A menu grabs keyboard and mouse, which the platform without a screen says it cannot.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

LEFT, SHIFT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
NO_KEYS = Qt.KeyboardModifier.NoModifier
PLAIN = (*("browse", "second_browse", "rolled", "more_wanted", "swapped", "other_removed", "done"),)
WITH_VALUE = (
    *("photo_dropped", "second_dropped", "image_dropped", "second_image_dropped"),
    *("known_chosen", "known_second", "seed_typed", "thumb_chosen", "thumb_second"),
    *("blend_dragged", "blend_committed"),
)


def thumb(value: int = 90) -> np.ndarray:
    return np.full((48, 64, 3), value, np.uint8)


PHOTO = StyleItem("lake.jpg", thumb(200))
KNOWN = [ReferenceItem(f"sha{i}", f"{i}.jpg", thumb(i), used=True) for i in range(2)]


@pytest.fixture
def panel(qtbot) -> Any:
    made: Any = StylePanel()
    qtbot.addWidget(made)
    made.told = []
    for name in PLAIN:
        getattr(made, name).connect(lambda name=name: made.told.append(name))
    for name in WITH_VALUE:
        getattr(made, name).connect(lambda value, name=name: made.told.append((name, value)))
    made.resize(300, 520)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.set_available(True)
    made.set_strip([StyleThumb(seed, thumb(20 * seed)) for seed in range(7)] + [StyleThumb(7)])
    made.set_style(StyleItem("Random style 3", seed=3))
    return made


def tile(panel: StylePanel, role: str) -> StyleTile:
    (found,) = [
        t for t in panel.findChildren(StyleTile) if t.accessibleName().startswith(f"{role}:")
    ]
    return found


def pictures(panel: StylePanel, name: str = "Random styles") -> ThumbnailList:
    (found,) = [p for p in panel.findChildren(ThumbnailList) if p.accessibleName() == name]
    return found


def press(shown: ThumbnailList, key: str, keys=NO_KEYS) -> None:
    place = shown.visualRect(shown.items.index(shown.items.row_of(key))).center()
    QTest.mouseClick(shown.viewport(), LEFT, keys, place)


def drop(widget: StyleTile, data: QMimeData) -> bool:
    """Drag over a tile and drop; whether it was accepted."""
    enter = drag_event(QDragEnterEvent, QPoint(9, 9), data)
    before = widget.grab().toImage()
    QApplication.sendEvent(widget, enter)
    assert (widget.grab().toImage() != before) == enter.isAccepted()
    event = drag_event(QDropEvent, QPoint(9, 9), data)
    QApplication.sendEvent(widget, event)
    assert widget.grab().toImage() == before
    return enter.isAccepted() and event.isAccepted()


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def test_every_control_has_a_name_and_room(panel, qapp):
    theme.apply(qapp, "dark")
    panel.set_other(PHOTO)
    panel.set_known(KNOWN)
    check_controls(panel)
    check_nothing_cut(panel)
    assert panel.minimumSizeHint().width() <= 300


def test_a_model_without_styles_says_why_and_takes_nothing(panel, tmp_path):
    why = "This model has no styles."
    panel.set_available(False, why)
    assert panel._note.text == why
    assert panel._note.isVisible()
    for part in (*panel.findChildren(QPushButton), *panel.findChildren(QToolButton)):
        assert not part.isEnabled()
    assert not tile(panel, "Style").isEnabled()
    assert not pictures(panel).isEnabled()
    panel.set_available(True)
    assert not panel._note.isVisible()
    assert control(panel, "Roll the dice").isEnabled()


def test_a_random_style_is_shown_with_its_number_and_its_picture(panel):
    assert control(panel, "Number of the random style").value() == 3
    assert tile(panel, "Style").accessibleName() == "Style: Random style 3"
    middle = tile(panel, "Style").grab().toImage().pixelColor(60, 48)
    assert (middle.red(), middle.green(), middle.blue()) == (60, 60, 60)
    panel.set_style(StyleItem("Random style 7", seed=7))
    without = tile(panel, "Style").grab().toImage()
    panel.set_strip([StyleThumb(7, thumb(140))])
    assert tile(panel, "Style").grab().toImage() != without


def test_a_photo_s_style_has_no_number(panel, qtbot):
    panel.set_style(PHOTO)
    assert tile(panel, "Style").accessibleName() == "Style: lake.jpg"
    number = control(panel, "Number of the random style")
    assert number.text() == "\N{EN DASH}"
    assert panel.told == []
    # Any number can be typed, also the one that was there before.
    number.lineEdit().setText("3")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert panel.told == [("seed_typed", 3), "done"]


def test_a_seed_too_large_for_the_field_changes_nothing(panel):
    panel.set_style(StyleItem("Random", seed=2**62))
    assert panel.told == []


def test_the_buttons_ask(panel):
    panel.set_other(PHOTO)
    for name in (
        *("Roll the dice", "More styles", "Browse for a style photo"),
        *("Browse for a second style", "Swap the two styles", "Remove the second style"),
    ):
        control(panel, name).click()
    assert panel.told == [
        *("rolled", "more_wanted", "browse", "second_browse", "swapped", "other_removed"),
    ]


def test_a_style_on_offer_is_one_click_away(panel):
    press(pictures(panel), "5")
    press(pictures(panel), "6", SHIFT)
    assert panel.told == [("thumb_chosen", 5), ("thumb_second", 6)]


def test_the_keyboard_chooses_styles_too(panel, qtbot):
    shown = pictures(panel)
    shown.setFocus()
    shown.select("2")
    qtbot.keyClick(shown, Qt.Key.Key_Return)
    qtbot.keyClick(shown, Qt.Key.Key_Right)
    qtbot.keyClick(shown, Qt.Key.Key_Return, SHIFT)
    assert panel.told == [("thumb_chosen", 2), ("thumb_second", 3)]


def test_menus_offer_first_and_second(panel):
    for menu in (panel.menu_for("4", random=True), panel.menu_for("sha1", random=False)):
        for action in menu.actions():
            action.trigger()
    assert panel.told == [
        ("thumb_chosen", 4),
        ("thumb_second", 4),
        ("known_chosen", "sha1"),
        ("known_second", "sha1"),
    ]


def test_the_strip_marks_the_styles_in_use(panel):
    panel.set_other(StyleItem("Random style 5", seed=5))
    shown = pictures(panel)
    assert {item.key: item.mark for item in shown.items.items if item.mark} == {"5": "two"}
    assert shown._delegate.active == "3"
    panel.set_style(PHOTO)
    assert shown._delegate.active == ""
    panel.set_other(None)
    assert not any(item.mark for item in shown.items.items)


def test_all_eight_styles_are_in_sight(panel):
    shown = pictures(panel)
    for row in range(8):
        assert shown.viewport().rect().contains(shown.visualRect(shown.items.index(row)))
    panel.set_strip([])
    assert not shown.isVisible()


def test_the_mixture_is_there_while_there_are_two(panel, qtbot):
    assert not control(panel, "Mix").isVisible()
    assert not control(panel, "Swap the two styles").isVisible()
    panel.set_other(StyleItem("Random style 5", seed=5))
    assert tile(panel, "Second style").accessibleName() == "Second style: Random style 5"
    panel.set_blend(0.3)
    number = control(panel, "Mix, as a number")
    assert (number.value(), panel.told) == (30, [])
    number.lineEdit().setText("75 %")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert panel.told == [("blend_dragged", 0.75), ("blend_committed", 0.75), "done"]
    panel.set_other(None)
    assert not control(panel, "Mix").isVisible()


def test_photos_are_dropped_as_the_first_or_the_second(panel, tmp_path):
    path = tmp_path / "a.jpg"
    first, second = tile(panel, "Style"), tile(panel, "Second style")
    assert drop(first, files(path))
    assert drop(second, files(path))
    assert panel.told == [("photo_dropped", [path]), ("second_dropped", [path])]
    panel.told.clear()
    known = QMimeData()
    known.setData(REFERENCE_MIME, QByteArray(b"sha1"))
    assert drop(first, known)
    assert drop(second, known)
    assert panel.told == [("known_chosen", "sha1"), ("known_second", "sha1")]
    panel.told.clear()
    pixels = QMimeData()
    pixels.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    assert drop(first, pixels)
    assert drop(second, pixels)
    assert [name for name, _ in panel.told] == ["image_dropped", "second_image_dropped"]
    words = QMimeData()
    words.setText("no picture")
    assert not drop(first, words)


def test_a_drag_that_leaves_lets_the_tile_as_it_was(panel, tmp_path):
    first = tile(panel, "Style")
    before = first.grab().toImage()
    data = files(tmp_path / "a")
    QApplication.sendEvent(first, drag_event(QDragEnterEvent, QPoint(9, 9), data))
    assert first.grab().toImage() != before
    QApplication.sendEvent(first, QDragLeaveEvent())
    assert first.grab().toImage() == before


def test_a_right_click_opens_the_menu_of_that_style(panel):
    panel.set_known(KNOWN)
    for name, key, told in (
        ("Random styles", "4", ("thumb_second", 4)),
        ("Style photos of this document", "sha1", ("known_second", "sha1")),
    ):
        shown = pictures(panel, name)
        place = shown.visualRect(shown.items.index(shown.items.row_of(key))).center()
        shown.customContextMenuRequested.emit(place)
        (menu,) = [m for m in panel.findChildren(QMenu) if m.isVisible()]
        menu.actions()[1].trigger()
        menu.close()
        assert panel.told.pop() == told


def test_an_empty_tile_browses(panel):
    QTest.mouseClick(tile(panel, "Second style"), LEFT)
    assert panel.told == ["second_browse"]


def test_photos_of_the_document_can_be_taken_again(panel):
    assert not pictures(panel, "Style photos of this document").isVisible()
    panel.set_known(KNOWN)
    known = pictures(panel, "Style photos of this document")
    press(known, "sha0")
    press(known, "sha1", SHIFT)
    assert panel.told == [("known_chosen", "sha0"), ("known_second", "sha1")]


def test_the_dice_tells_its_key(panel):
    panel.set_dice_tip("Roll the dice (Ctrl+D)")
    assert control(panel, "Roll the dice").toolTip() == "Roll the dice (Ctrl+D)"
