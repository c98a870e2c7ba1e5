"""Pictures that the reference panel offers while the document has no reference."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from app.ui.panels.reference import ReferenceItem, ReferencePanel, Suggestion
from app.ui.panels.suggestions import CAPTION
from app.ui.widgets.dock_title import DockTitle
from app.ui.widgets.thumbnail import ThumbnailList

NAMES = ("meadow", "rocks", "pond", "sunset")


def thumb(value: int) -> np.ndarray:
    return np.full((64, 96, 3), value, np.uint8)


def suggestions() -> list[Suggestion]:
    return [
        Suggestion(Path(f"/samples/{name}.jpg"), name.title(), thumb(40 * place))
        for place, name in enumerate(NAMES)
    ]


REFERENCE = ReferenceItem("sha", "own.jpg", thumb(9), used=True)


@pytest.fixture
def panel(qtbot) -> ReferencePanel:
    made = ReferencePanel()
    qtbot.addWidget(made)
    made.resize(300, 480)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.set_suggestions(suggestions())
    return made


def offered(panel: ReferencePanel) -> ThumbnailList:
    (found,) = [
        pictures
        for pictures in panel.findChildren(ThumbnailList)
        if pictures.accessibleName() == "Pictures to try as a reference"
    ]
    return found


def test_they_are_offered_while_there_is_a_document_without_a_reference(panel: ReferencePanel):
    assert not offered(panel).isVisible()
    panel.set_document_open(True)
    assert offered(panel).isVisible()
    assert any(label.text() == CAPTION for label in panel.findChildren(QLabel))
    panel.set_references([REFERENCE])
    assert not offered(panel).isVisible()
    panel.set_references([])
    assert offered(panel).isVisible()
    panel.set_document_open(False)
    assert not offered(panel).isVisible()


def test_without_pictures_there_is_no_caption(panel: ReferencePanel):
    panel.set_document_open(True)
    panel.set_suggestions([])
    assert not offered(panel).isVisible()
    shown = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    assert CAPTION not in shown


def test_all_fit_into_one_row(panel: ReferencePanel):
    panel.set_document_open(True)
    pictures = offered(panel)
    last = pictures.visualRect(pictures.items.index(len(NAMES) - 1))
    assert pictures.viewport().rect().contains(last)


def test_one_click_uses_a_picture(panel: ReferencePanel, qtbot):
    panel.set_document_open(True)
    pictures = offered(panel)
    place = pictures.visualRect(pictures.items.index(2)).center()
    with qtbot.waitSignal(panel.suggestion_chosen) as told:
        qtbot.mouseClick(pictures.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [Path("/samples/pond.jpg")]


def test_the_keyboard_reaches_and_uses_them(panel: ReferencePanel, qtbot):
    panel.set_document_open(True)
    pictures = offered(panel)
    panel._find.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(panel._find, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is pictures
    qtbot.keyClick(pictures, Qt.Key.Key_Right)
    with qtbot.waitSignal(panel.suggestion_chosen) as told:
        qtbot.keyClick(pictures, Qt.Key.Key_Return)
    assert told.args == [Path("/samples/rocks.jpg")]


def test_the_keyboard_stays_in_the_panel_when_they_go(panel: ReferencePanel):
    panel.set_document_open(True)
    offered(panel).setFocus()
    panel.set_references([REFERENCE])
    assert QApplication.focusWidget() is panel._thumbnails


def test_a_keyboard_elsewhere_stays_where_it_is(panel: ReferencePanel):
    panel.set_document_open(True)
    offered(panel).setFocus()
    panel._browse.setFocus()
    panel.set_references([REFERENCE])
    assert QApplication.focusWidget() is panel._browse


def test_the_window_holds_them_at_1280_by_720(driver, files):
    window = driver.window
    window.showNormal()
    window.resize(1280, 720)
    for dock in window.docks.values():
        dock.setTitleBarWidget(DockTitle(dock))
    window.reference.set_suggestions(suggestions())
    driver.open(files.meadow)
    pictures = offered(window.reference)
    driver.qtbot.waitUntil(lambda: not pictures.visibleRegion().isEmpty())
    assert pictures.visibleRegion().boundingRect().size() == pictures.size()
    assert window.minimumSizeHint().height() <= 720
    driver.drop(files.sunset, "reference")
    driver.wait(lambda: not pictures.isVisible())
    driver.choose("edit.undo")
    driver.wait(pictures.isVisible)
    assert (window.width(), window.height()) == (1280, 720)
