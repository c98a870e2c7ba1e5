"""The reference panel: what it shows, and what it says is wished."""

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton, QToolButton

from app.ui.panels.reference import (
    CLOSED_WORDS,
    EMPTY_WORDS,
    REFERENCE_MIME,
    ReferenceItem,
    ReferencePanel,
)
from tests.app.ui.drags import drag_event

LEFT = Qt.MouseButton.LeftButton


def thumb(value: int = 90) -> np.ndarray:
    return np.full((48, 64, 3), value, np.uint8)


def references(count: int = 2) -> list[ReferenceItem]:
    return [ReferenceItem(f"sha{i}", f"{i}.jpg", thumb(i), used=i == 0) for i in range(count)]


@pytest.fixture
def panel(qtbot) -> ReferencePanel:
    made = ReferencePanel()
    qtbot.addWidget(made)
    made.resize(300, 480)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


@pytest.fixture
def ready(panel: ReferencePanel) -> ReferencePanel:
    """With a document, two references, the first one in use."""
    panel.set_document_open(True)
    panel.set_references(references())
    panel.set_active("sha0")
    return panel


def button(panel: ReferencePanel, words: str) -> QPushButton:
    return next(b for b in panel.findChildren(QPushButton) if b.text().startswith(words))


def dice(panel: ReferencePanel) -> QToolButton:
    found = [b for b in panel.findChildren(QToolButton) if b.accessibleName() == "Other grain"]
    return found[0]


def grain(panel: ReferencePanel) -> QCheckBox:
    found = panel.findChild(QCheckBox)
    assert isinstance(found, QCheckBox)
    return found


def drop(panel: ReferencePanel, data: QMimeData) -> bool:
    """Drag over the zone and drop; whether it was accepted."""
    enter = drag_event(QDragEnterEvent, QPoint(9, 9), data)
    QApplication.sendEvent(panel._zone, enter)
    lit = panel._zone.grab().toImage()
    event = drag_event(QDropEvent, QPoint(9, 9), data)
    QApplication.sendEvent(panel._zone, event)
    assert (panel._zone.grab().toImage() != lit) == enter.isAccepted()
    return enter.isAccepted() and event.isAccepted()


def test_without_a_document_it_says_what_comes_first(panel: ReferencePanel):
    assert panel._zone.accessibleName() == CLOSED_WORDS
    assert not button(panel, "Browse").isEnabled()
    assert not panel.amount_slider.isEnabled()
    panel.set_document_open(True)
    assert panel._zone.accessibleName() == EMPTY_WORDS
    assert button(panel, "Browse").isEnabled()
    assert not panel.amount_slider.isEnabled()
    assert not panel._thumbnails.isVisible()


def test_with_a_reference_the_amount_can_be_set(ready: ReferencePanel):
    assert ready._zone.accessibleName() == "Reference: 0.jpg"
    assert ready.amount_slider.isEnabled()
    assert ready._thumbnails.isVisible()
    ready.set_active(None)
    assert not ready.amount_slider.isEnabled()
    assert ready._zone.accessibleName() == EMPTY_WORDS


def test_the_buttons_ask(ready: ReferencePanel, qtbot):
    with qtbot.waitSignal(ready.browse_requested):
        button(ready, "Browse").click()
    with qtbot.waitSignal(ready.find_requested):
        button(ready, "Find").click()


def test_a_click_on_the_empty_zone_browses(panel: ReferencePanel, qtbot):
    panel.set_document_open(True)
    with qtbot.waitSignal(panel.browse_requested):
        QTest.mouseClick(panel._zone, LEFT)
    panel.set_references(references())
    panel.set_active("sha1")
    with qtbot.assertNotEmitted(panel.browse_requested):
        QTest.mouseClick(panel._zone, LEFT)


def test_files_can_be_dropped(ready: ReferencePanel, tmp_path, qtbot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.jpg")), QUrl("https://example.org/b.jpg")])
    data.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    with qtbot.waitSignal(ready.files_dropped) as told:
        assert drop(ready, data)
    assert told.args == [[tmp_path / "a.jpg"]]


def test_pixels_can_be_dropped(ready: ReferencePanel, qtbot):
    data = QMimeData()
    data.setImageData(QImage(4, 6, QImage.Format.Format_RGB32))
    with qtbot.waitSignal(ready.image_dropped) as told:
        assert drop(ready, data)
    assert told.args[0].height() == 6


def test_a_reference_of_the_document_can_be_dropped(ready: ReferencePanel, qtbot):
    data = QMimeData()
    data.setData(REFERENCE_MIME, QByteArray(b"sha1"))
    with qtbot.waitSignal(ready.reference_chosen) as told:
        assert drop(ready, data)
    assert told.args == ["sha1"]


def test_text_cannot_be_dropped(ready: ReferencePanel):
    data = QMimeData()
    data.setText("words")
    assert not drop(ready, data)


def test_a_drag_that_leaves_puts_the_light_out(ready: ReferencePanel):
    dark = ready._zone.grab().toImage()
    ready._zone._light(True)
    assert ready._zone.grab().toImage() != dark
    QApplication.sendEvent(ready._zone, QDragLeaveEvent())
    assert ready._zone.grab().toImage() == dark


def test_thumbnails_choose(ready: ReferencePanel, qtbot):
    with qtbot.waitSignal(ready.reference_chosen) as told:
        ready._thumbnails.chosen.emit("sha1")
    assert told.args == ["sha1"]


def test_only_what_no_edit_uses_can_be_removed(ready: ReferencePanel, qtbot):
    with qtbot.assertNotEmitted(ready.reference_removed):
        ready._thumbnails.removal_asked.emit("sha0")
    with qtbot.waitSignal(ready.reference_removed) as told:
        ready._thumbnails.removal_asked.emit("sha1")
    assert told.args == ["sha1"]


def test_the_menu_of_a_reference(ready: ReferencePanel, qtbot):
    use, remove = ready.menu_for("sha0").actions()
    assert not remove.isEnabled()
    assert remove.text() == "Remove (an edit uses it)"
    with qtbot.waitSignal(ready.reference_chosen):
        use.trigger()
    _, remove = ready.menu_for("sha1").actions()
    with qtbot.waitSignal(ready.reference_removed):
        remove.trigger()


def test_the_amount_passes_through(ready: ReferencePanel):
    said: list[tuple[str, float]] = []
    ready.amount_dragged.connect(lambda value: said.append(("dragged", value)))
    ready.amount_committed.connect(lambda value: said.append(("committed", value)))
    ready.set_amount(0.5)
    assert ready.amount_slider.value == 0.5
    assert said == []
    ready.amount_slider.reset()
    assert said == [("dragged", 1.0), ("committed", 1.0)]


def test_grain_and_dice(ready: ReferencePanel, qtbot):
    ready.set_grain(None)
    assert not grain(ready).isChecked()
    assert not dice(ready).isEnabled()
    with qtbot.waitSignal(ready.grain_switched) as told:
        grain(ready).click()
    assert told.args == [True]
    with qtbot.assertNotEmitted(ready.grain_switched):
        ready.set_grain(7)
    with qtbot.waitSignal(ready.grain_rolled):
        dice(ready).click()


def test_the_state_is_told(ready: ReferencePanel):
    ready.set_state("encoding reference")
    assert ready._state.text() == "encoding reference"


def test_thumbnails_take_two_rows_at_most(ready: ReferencePanel):
    one = ready._thumbnails.height()
    ready.set_references(references(6))
    two = ready._thumbnails.height()
    ready.set_references(references(40))
    assert one < two == ready._thumbnails.height()


def test_on_a_small_screen_it_scrolls(ready: ReferencePanel, qtbot):
    assert not ready._scroll.verticalScrollBar().isVisible()
    assert button(ready, "Browse").y() == button(ready, "Find").y()
    assert ready.minimumSizeHint().height() <= 60
    ready.resize(ready.minimumSizeHint())
    qtbot.waitUntil(ready._scroll.verticalScrollBar().isVisible)
    assert ready._zone.width() <= ready._scroll.viewport().width()


def test_larger_words_put_the_buttons_above_each_other(ready: ReferencePanel, qtbot):
    font = ready.font()
    font.setPointSizeF(2.5 * font.pointSizeF())
    ready.setFont(font)
    qtbot.waitUntil(lambda: button(ready, "Browse").y() < button(ready, "Find").y())


def test_the_grain_has_a_name(ready: ReferencePanel):
    assert grain(ready).accessibleName() == "Grain"
