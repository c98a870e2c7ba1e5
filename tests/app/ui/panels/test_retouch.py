"""The panel of the retouching tools."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage

from app.controllers.regions import RegionFacts
from app.controllers.retouch_settings import RetouchKind
from app.ui import theme
from app.ui.actions import RETOUCH_TOOLS
from app.ui.panels.reference_zone import REFERENCE_MIME, ReferenceItem
from app.ui.panels.region import NO_AXES, NO_PROPOSAL, NO_REGION, READING
from app.ui.panels.retouch import CLOSED_WORDS, NO_REFERENCE_WORDS, WORDS, RetouchPanel
from app.ui.panels.source_picker import SourcePicker
from app.ui.widgets.number_field import NumberField
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control
from tests.app.ui.drags import drag_event

SUNSET = ReferenceItem("a" * 64, "sunset.png", np.full((80, 120, 3), 200, np.uint8), False)
SNOW = ReferenceItem("b" * 64, "snow.png", np.full((90, 60, 3), 240, np.uint8), True)
AXES = (0.5, 0.25, 0.1)


@pytest.fixture(params=["dark", "light"])
def dressed(qapp, request) -> None:
    theme.apply(qapp, request.param)


@pytest.fixture
def panel(qtbot) -> Any:
    made: Any = RetouchPanel()
    made.heard = []
    for name in (
        "reference_chosen", "place_picked", "whole_wanted", "browse_requested", "files_dropped",
        "image_dropped",
    ):  # fmt: skip
        getattr(made, name).connect(lambda *said, name=name: made.heard.append((name, *said)))
    part = made.region
    for name in (
        "threshold_dragged", "threshold_committed", "contiguous_switched", "moved",
        "move_committed", "copy_wanted", "paste_wanted", "reset_wanted",
    ):  # fmt: skip
        getattr(part, name).connect(lambda *said, name=name: made.heard.append((name, *said)))
    qtbot.addWidget(made)
    made.resize(300, 500)
    made.show()
    qtbot.waitExposed(made)
    made.set_document_open(True)
    return made


def test_it_invites_a_reference_while_there_is_none(panel):
    for tool in ("clone", "texture"):
        panel.set_references([])
        panel.set_tool(tool)
        assert panel._words.isVisible()
        assert panel._words.text() == NO_REFERENCE_WORDS
        panel.set_references([SUNSET])
        assert not panel._words.isVisible()


def facts(**values) -> RegionFacts:
    return RegionFacts(**{"exists": True, "threshold": 0.5, "axes": AXES, **values})


def seen(panel) -> set[str]:
    from tests.app.ui.dialogs.look import controls

    return {part.accessibleName() for part in controls(panel) if part.isVisible()}


def test_controls_have_names_and_room(dressed, panel):
    panel.set_references([SUNSET, SNOW])
    panel.set_source(SUNSET.sha, "Texture: a place of sunset.png", spot=True)
    panel.region.show_region(facts())
    for tool in RETOUCH_TOOLS:
        panel.set_tool(tool)
        check_controls(panel)
        check_nothing_cut(panel)
    assert panel.minimumSizeHint().width() <= 300


def test_tools_are_those_of_the_program():
    assert set(RETOUCH_TOOLS) == {tool.value for tool in RetouchKind}


def test_each_tool_has_its_own_parts(panel):
    panel.set_references([SUNSET])
    panel.set_source(SUNSET.sha, "From: sunset.png")
    for tool in ("hand", "erase"):
        panel.set_tool(tool)
        assert panel._words.text() == WORDS[tool]
        assert not panel._picker.isVisible()
    panel.set_tool("clone")
    assert {"References to take from", "Browse for a reference to take from"} <= seen(panel)
    assert "Texture of all of the reference" not in seen(panel)
    assert panel._picker.isVisible()
    panel.set_tool("texture")
    assert "Texture of all of the reference" in seen(panel)
    panel.set_tool("region")
    assert panel.region.isVisible()
    assert not panel._picker.isVisible()


def test_without_a_document_there_is_nothing_to_do(panel):
    panel.set_document_open(False)
    for tool in RETOUCH_TOOLS:
        panel.set_tool(tool)
        assert panel._words.text() == CLOSED_WORDS
        assert seen(panel) == set()


def test_references_are_chosen_and_places_picked(panel, qtbot):
    panel.set_references([SUNSET, SNOW])
    panel.set_tool("texture")
    panel._thumbnails.chosen.emit(SNOW.sha)
    panel.set_source(SNOW.sha, "Texture: all of snow.png")
    assert panel.reference == SNOW.sha
    assert not control(panel, "Texture of all of the reference").isEnabled()
    picker = panel._picker
    middle = picker.rect().center()
    qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=middle)
    assert panel.heard[0] == ("reference_chosen", SNOW.sha)
    name, x, y = panel.heard[1]
    assert (name, x, y) == (
        "place_picked",
        pytest.approx(0.5, abs=0.02),
        pytest.approx(0.5, abs=0.02),
    )
    panel.set_source(SNOW.sha, "Texture: a place of snow.png", spot=True)
    control(panel, "Texture of all of the reference").click()
    control(panel, "Browse for a reference to take from").click()
    assert panel.heard[2:] == [("whole_wanted",), ("browse_requested",)]


def test_pictures_are_dropped_as_references(panel, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.png"))])
    drop(panel, data)
    data = QMimeData()
    data.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    drop(panel, data)
    data = QMimeData()
    data.setData(REFERENCE_MIME, SNOW.sha.encode())
    drop(panel, data)
    assert [said[0] for said in panel.heard] == [
        "files_dropped", "image_dropped", "reference_chosen"
    ]  # fmt: skip
    assert panel.heard[0][1] == [tmp_path / "a.png"]
    assert panel.heard[2][1] == SNOW.sha
    words = QMimeData()
    words.setText("no picture")
    assert not enter(panel, words)


def enter(panel, data) -> bool:
    event = drag_event(QDragEnterEvent, QPoint(20, 20), data)
    event.setAccepted(False)
    panel.dragEnterEvent(event)
    return event.isAccepted()


def drop(panel, data) -> None:
    assert enter(panel, data)
    panel.dropEvent(drag_event(QDropEvent, QPoint(20, 20), data))


def test_a_low_panel_shows_all_of_a_lower_picture(panel):
    panel.set_references([SUNSET])
    panel.set_source(SUNSET.sha, "From: sunset.png")
    panel.set_tool("clone")
    high = panel._picker.height()
    panel.resize(300, 300)
    assert 88 <= panel._picker.height() < high
    assert panel._content.sizeHint().height() <= panel._scroll.viewport().height()


# The region


def test_without_a_region_there_is_only_what_to_do(panel):
    panel.set_tool("region")
    panel.region.show_region(RegionFacts(axes=AXES))
    assert panel.region._words.text() == NO_REGION
    assert not {"Threshold", "Connected only"} & seen(panel)
    assert not control(panel, "Paste move").isEnabled()


def test_a_model_without_directions_says_so(panel):
    panel.set_tool("region")
    words = panel.region._moves_words
    panel.region.show_region(facts(axes=None))
    assert (words.isVisible(), words.text()) == (True, READING)
    panel.region.show_region(facts(axes=()))
    assert words.text() == NO_AXES
    assert panel.region.sliders == ()
    assert "Threshold" in seen(panel)
    panel.region.show_region(facts())
    assert not words.isVisible()


def test_sliders_are_those_of_the_model(panel):
    panel.set_tool("region")
    panel.region.show_region(facts(amounts=(("structure:1", 2.0),)))
    assert [slider.value for slider in panel.region.sliders] == [0.0, 2.0, 0.0]
    assert {
        f"Direction {n}, {share} of what varies"
        for n, share in ((1, "50%"), (2, "25%"), (3, "10%"))
    } <= seen(panel)
    assert control(panel, "Copy move").isEnabled()
    panel.region.sliders[2].set_value(1.0)
    panel.region.sliders[2].reset()
    assert panel.heard == [("moved", "structure:2", 0.0), ("move_committed", "structure:2", 0.0)]
    panel.region.show_region(facts(axes=(0.9,)))
    assert len(panel.region.sliders) == 1


def test_what_is_wished_of_a_region(panel):
    panel.set_tool("region")
    panel.region.show_region(facts(amounts=(("structure:0", 1.0),), copied=True))
    for name in ("Connected only", "Copy move", "Paste move", "Reset region"):
        control(panel, name).click()
    panel.region._threshold.set_value(0.8)
    panel.region._threshold.reset()
    assert [said[0] for said in panel.heard] == [
        "contiguous_switched", "copy_wanted", "paste_wanted", "reset_wanted",
        "threshold_dragged", "threshold_committed",
    ]  # fmt: skip
    assert panel.heard[-1] == ("threshold_committed", 0.7)


def test_a_region_without_a_known_proposal_says_why_it_has_no_threshold(panel):
    panel.set_tool("region")
    panel.region.show_region(facts(threshold=None))
    assert panel.region._words.text() == NO_PROPOSAL
    assert not {"Threshold", "Connected only"} & seen(panel)
    panel.region.show_region(facts(contiguous=False))
    assert not panel.region._words.isVisible()
    assert {"Threshold", "Connected only"} <= seen(panel)
    assert not control(panel, "Connected only").isChecked()


def test_what_the_region_part_tells_ends_like_a_sentence_and_what_it_asks_for_does_not():
    assert all(words.endswith(".") for words in (NO_PROPOSAL, NO_AXES))
    assert "." not in NO_REGION


def test_directions_are_told_like_those_of_textures(panel):
    panel.set_tool("region")
    panel.region.show_region(facts(amounts=(("structure:0", 1.25), ("structure:1", 4.0))))
    sliders = panel.region.sliders
    texts = [slider.findChild(NumberField).text() for slider in sliders]
    assert texts == ["1.25", "4.00", "0.00"]


# The picker


@pytest.fixture
def picker(qtbot):
    made: Any = SourcePicker()
    made.places = []
    made.picked.connect(lambda x, y: made.places.append((x, y)))
    qtbot.addWidget(made)
    made.resize(280, 180)
    made.show_reference(SUNSET, "Click the place to copy from")
    made.show()
    qtbot.waitExposed(made)
    return made


def test_a_place_is_told_in_shares(picker, qtbot):
    target = picker._target
    assert target.width() / target.height() == pytest.approx(1.5, abs=0.02)
    place = QPointF(target.left() + target.width() / 4, target.top() + target.height() / 2)
    qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert picker.places[0] == pytest.approx((0.25, 0.5), abs=0.01)
    qtbot.mousePress(picker, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    qtbot.mouseMove(picker, QPoint(10_000, 10_000))
    qtbot.mouseRelease(picker, Qt.MouseButton.LeftButton)
    assert picker.places[1] == pytest.approx((0.0, 0.0), abs=0.02)


def test_keys_steer_a_cross_and_pick(picker, qtbot):
    picker.setFocus()
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    qtbot.keyClick(picker, Qt.Key.Key_Right)
    qtbot.keyClick(picker, Qt.Key.Key_Right)
    qtbot.keyClick(picker, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(picker, Qt.Key.Key_Space)
    assert picker.places[0] == (0.5, 0.5)
    target = picker._target
    assert picker.places[1] == pytest.approx((0.5 + 4 / target.width(), 0.5 + 16 / target.height()))


def test_the_mark_is_seen(picker):
    before = picker.grab().toImage()
    picker.set_mark((0.3, 0.3))
    cross = picker.grab().toImage()
    picker.set_mark((0.3, 0.3), 0.2)
    ring = picker.grab().toImage()
    assert before != cross != ring != before


def test_without_a_reference_there_is_no_picker(picker, qtbot):
    picker.show_reference(None, "")
    assert not picker.isVisible()
    qtbot.mouseClick(picker, Qt.MouseButton.LeftButton)
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    assert picker.places == []
