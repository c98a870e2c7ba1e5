"""The dialog that offers work of programs that have ended."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.dialogs.parts import Note
from app.ui.dialogs.recovery import FOR_GOOD, Kept, KeptRow, RecoveryDialog
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, named, press

RED = np.full((60, 90, 3), (200, 10, 10), np.uint8)
KEPT = (
    Kept(Path("/r/1"), "meadow.jpg", "14 March 2027, 15:09", RED),
    Kept(Path("/r/2"), "evening.scumble", "13 March 2027, 09:30"),
)


@pytest.fixture
def dialog(shown):
    return shown(RecoveryDialog(KEPT))


@pytest.fixture
def heard(dialog):
    said = []
    dialog.opened.connect(lambda folder: said.append(("opened", folder)))
    dialog.discarded.connect(lambda folder: said.append(("discarded", folder)))
    return said


def rows(dialog) -> list[KeptRow]:
    return [row for row in dialog.findChildren(KeptRow) if not row.isHidden()]


def test_controls_have_names_and_room(dialog):
    check_controls(dialog)
    check_nothing_cut(dialog)
    control(dialog, "Discard meadow.jpg, 14 March 2027, 15:09").click()
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_it_lists_name_time_and_picture(dialog):
    first, second = rows(dialog)
    words = [label.text() for label in first.findChildren(QLabel)]
    assert "meadow.jpg" in words
    assert "14 March 2027, 15:09" in words
    image = first.findChildren(QLabel)[0].grab().toImage()
    assert image.pixelColor(image.rect().center()).red() > 150
    assert any("evening.scumble" in label.text() for label in second.findChildren(QLabel))


def test_opening_one_closes_the_dialog(dialog, heard):
    control(dialog, "Open evening.scumble, 13 March 2027, 09:30").click()
    assert heard == [("opened", Path("/r/2"))]
    assert not dialog.isVisible()


def test_discarding_is_asked_about(dialog, heard):
    discard = control(dialog, "Discard meadow.jpg, 14 March 2027, 15:09")
    discard.click()
    assert not discard.isEnabled()
    (note,) = [note for note in dialog.findChildren(Note) if note.text]
    assert note.text == FOR_GOOD
    press(dialog, "Keep")
    assert discard.isEnabled()
    assert heard == []
    discard.click()
    press(dialog, "Discard it")
    assert heard == [("discarded", Path("/r/1"))]
    assert len(rows(dialog)) == 1
    assert dialog.isVisible()


@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_question_is_in_sight(shown, qtbot, count):
    kept = [
        Kept(Path(f"/r/{n}"), f"photo-{n}.jpg", "14 March 2027, 15:09", RED) for n in range(count)
    ]
    dialog = shown(RecoveryDialog(kept))
    name = f"Discard photo-{count - 1}.jpg, 14 March 2027, 15:09"
    control(dialog, name).click()
    answer = named(dialog, "Discard it")
    whole = answer.rect()
    qtbot.waitUntil(lambda: answer.visibleRegion().boundingRect() == whole, timeout=1000)
    small = dialog.height()
    press(dialog, "Keep")
    if count == 1:
        qtbot.waitUntil(lambda: dialog.height() < small, timeout=1000)


def test_it_closes_with_the_last_one(dialog, heard):
    for kept in KEPT:
        control(dialog, f"Discard {kept.name}, {kept.when}").click()
        press(dialog, "Discard it")
    assert heard == [("discarded", kept.folder) for kept in KEPT]
    assert not dialog.isVisible()


def test_later_is_what_enter_and_escape_say(dialog, heard, qtbot):
    assert named(dialog, "Later").isDefault()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert heard == []


def test_a_row_that_is_gone_is_not_missed(dialog):
    dialog.drop(Path("/r/1"))
    dialog.drop(Path("/r/1"))
    assert len(rows(dialog)) == 1


def test_what_another_window_has_taken_goes_from_the_list(dialog, heard):
    dialog.keep_only({Path("/r/1"), Path("/r/2"), Path("/r/3")})
    assert len(rows(dialog)) == 2
    dialog.keep_only({Path("/r/2")})
    (row,) = rows(dialog)
    assert any("evening.scumble" in label.text() for label in row.findChildren(QLabel))
    dialog.keep_only(())
    assert not dialog.isVisible()
    assert heard == []
