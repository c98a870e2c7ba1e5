"""The start page."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QPushButton

from app.ui import theme
from app.ui.start import WELCOME, RecoveryCard, StartPage
from app.ui.widgets.targets import RecentButton, SampleButton, Target
from tests.app.ui.dialogs.look import check_controls, named

RED = np.full((40, 60, 3), (200, 10, 10), np.uint8)
SAMPLES = [(Path(f"/samples/{n}.jpg"), f"Sample {n}", RED) for n in range(4)]
FILES = [Path(f"/photos/{n}/lake {n}.jpg") for n in range(5)]


@pytest.fixture
def page(qtbot, qapp):
    theme.apply(qapp, "dark")
    made: Any = StartPage()
    qtbot.addWidget(made)
    made.set_samples(SAMPLES)
    made.resize(980, 680)
    made.show()
    made.heard = []
    for name in (
        "open_requested",
        "layout_requested",
        "sample_chosen",
        "recent_chosen",
        "recovery_requested",
        "recovery_discarded",
    ):
        getattr(made, name).connect(lambda *given, name=name: made.heard.append((name, *given)))
    return made


def recovered(page, *recoveries):
    page.set_recoveries(recoveries)
    QApplication.processEvents()
    return page.findChildren(RecoveryCard)


def recents(page):
    return [b for b in page.findChildren(RecentButton) if not b.isHidden()]


def test_controls_have_names_and_room(page):
    page.set_recent(FILES)
    page.set_recoveries([(Path("/r"), "today, 14:02")])
    check_controls(page)


def test_the_large_targets_ask_for_what_they_say(page, qtbot):
    opening, new = page.findChildren(Target)
    qtbot.mouseClick(opening, Qt.MouseButton.LeftButton)
    qtbot.keyClick(new, Qt.Key.Key_Space)
    assert page.heard == [("open_requested",), ("layout_requested",)]


def test_a_sample_opens_with_one_click(page, qtbot):
    buttons = page.findChildren(SampleButton)
    assert [b.toolTip() for b in buttons] == [title for _, title, _ in SAMPLES]
    qtbot.mouseClick(buttons[2], Qt.MouseButton.LeftButton)
    assert page.heard == [("sample_chosen", SAMPLES[2][0])]


def test_tab_goes_as_one_reads(qtbot, page):
    window, last = QMainWindow(), QPushButton("Last")
    qtbot.addWidget(window)
    window.setCentralWidget(page)
    window.setMenuWidget(last)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    page.set_recent(FILES[:2])
    page.set_samples(SAMPLES)
    QApplication.processEvents()
    opening, new = page.findChildren(Target)
    opening.setFocus()
    seen = []
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    page.setParent(None)
    names = [title for _, title, _ in SAMPLES] + [path.name for path in FILES[:2]]
    assert seen[0] is new
    assert [button.text() for button in seen[1:7]] == names
    assert seen[7] is last


def test_a_sample_fills_its_place(page):
    image = page.findChildren(SampleButton)[0].grab().toImage()
    for x, y in ((image.width() // 2, 4), (4, image.height() // 2)):
        assert image.pixelColor(x, y).red() > 150


def test_without_samples_there_is_no_place_for_them(page):
    page.set_samples([])
    assert not page._samples.isVisible()


def test_recent_files_show_names_and_open(page, qtbot):
    assert not page._recent.isVisible()
    page.set_recent(FILES)
    assert [b.text() for b in recents(page)] == [path.name for path in FILES]
    assert recents(page)[1].toolTip() == "/photos/1"
    qtbot.mouseClick(recents(page)[1], Qt.MouseButton.LeftButton)
    assert page.heard == [("recent_chosen", FILES[1])]
    page.set_recent(FILES[:1])
    qtbot.waitUntil(lambda: len(recents(page)) == 1)


def test_a_missing_file_says_so_and_can_be_tried(page, qtbot):
    page.set_recent(FILES)
    page.set_missing([FILES[3]])
    gone = recents(page)[3]
    assert "not found" in gone.toolTip()
    assert "not found" in gone.accessibleDescription()
    qtbot.mouseClick(gone, Qt.MouseButton.LeftButton)
    assert page.heard == [("recent_chosen", FILES[3])]
    page.set_missing([])
    assert "not found" not in gone.toolTip()


def test_a_new_person_is_told_what_this_is(page):
    def welcomed():
        return [b for b in page.findChildren(QLabel) if b.text() == WELCOME and b.isVisible()]

    assert not welcomed()
    page.set_first_run(True)
    assert welcomed()


def test_the_welcome_is_larger_than_the_steps_in_every_theme(qtbot, qapp):
    window, page = QMainWindow(), StartPage()
    qtbot.addWidget(window)
    page.set_first_run(True)
    window.setCentralWidget(page)
    window.show()
    (welcome,) = [found for found in page.findChildren(QLabel) if found.text() == WELCOME]
    for choice in ("light", "dark"):
        theme.apply(qapp, choice)
        assert welcome.fontMetrics().height() > page.fontMetrics().height()


def test_a_offered_picture_is_opened(page):
    cards = recovered(page, (Path("/r1"), "today, 14:02"), (Path("/r2"), "today, 15:00"))
    named(cards[1], "Open").click()
    assert page.heard == [("recovery_requested", Path("/r2"))]


def test_discarding_a_offered_picture_is_asked_about(page):
    (card,) = recovered(page, (Path("/r1"), "today, 14:02"))
    named(card, "Discard").click()
    named(card, "Keep").click()
    assert page.heard == []
    named(card, "Discard").click()
    named(card, "Discard").click()
    assert page.heard == [("recovery_discarded", Path("/r1"))]


def test_a_question_stays_while_the_same_is_offered_again(page):
    (card,) = recovered(page, (Path("/r1"), "today, 14:02"))
    named(card, "Discard").click()
    assert recovered(page, (Path("/r1"), "today, 14:02")) == [card]
    named(card, "Discard").click()
    assert page.heard == [("recovery_discarded", Path("/r1"))]
    # Where that fails, it is offered as before.
    assert named(card, "Open").isVisibleTo(card)


def test_recoveries_that_were_dealt_with_go(page):
    page.set_recoveries([(Path("/r1"), "today, 14:02")])
    page.set_recoveries([])
    assert [c for c in page.findChildren(RecoveryCard) if not c.isHidden()] == []


def test_drops_are_left_to_the_window(page):
    assert not page.acceptDrops()
    assert not page.viewport().acceptDrops()


@pytest.mark.parametrize(("choice", "grey"), [("dark", 60), ("light", 190)])
def test_the_ground_is_the_surround_of_pictures(page, qapp, choice, grey):
    theme.apply(qapp, choice)
    qapp.processEvents()
    colour = page.grab().toImage().pixelColor(4, 4)
    assert colour.getRgb()[:3] == (grey, grey, grey)


@pytest.mark.parametrize("percent", [80, 200])
def test_text_of_any_size_fits_the_width(page, qapp, percent):
    metrics = page.fontMetrics()
    if metrics.horizontalAdvance("i") == metrics.horizontalAdvance("M"):
        pytest.skip("no font is installed: every letter is a wide box")
    page.set_first_run(True)
    page.set_recent(FILES)
    theme.apply(qapp, "dark", percent)
    qapp.processEvents()
    width = page.widget().width()
    theme.apply(qapp, "dark")
    assert width <= page.viewport().width()
