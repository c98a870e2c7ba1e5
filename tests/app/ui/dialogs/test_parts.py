"""Notes, sizes in words, and the small builders."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from app.ui.dialogs.parts import (
    Note,
    Notes,
    button,
    column,
    fill_devices,
    path_label,
    pixels_words,
    too_large,
)


@dataclass(frozen=True)
class Device:
    name: str
    words: str


def test_pixels_are_said_with_the_times_sign():
    assert pixels_words(1536, 1024) == "1536 \N{MULTIPLICATION SIGN} 1024 px"


def test_only_more_than_100_megapixels_are_too_large():
    assert too_large(10_000, 10_000) == ""
    assert "180 megapixels" in too_large(20_000, 9_000)


def test_a_note_takes_no_room_until_it_says_something(shown):
    holder, note = QWidget(), Note()
    holder.setLayout(column(note))
    shown(holder)
    assert not note.isVisible()
    note.say("warning", "Mind the step.")
    assert note.isVisible()
    assert note.text == "Mind the step."
    note.clear()
    assert not note.isVisible()


def test_an_answered_note_goes_and_acts_once(shown):
    note, acted = shown(Note()), []
    note.say("warning", "Really?", ("Yes", lambda: acted.append("yes")), ("No", lambda: None))
    yes, no = note.buttons
    assert (yes.text(), no.text()) == ("Yes", "No")
    yes.click()
    assert acted == ["yes"]
    assert note.text == ""
    assert note.buttons == []


def test_an_answer_may_make_the_note_say_something_else(shown):
    note = shown(Note())
    note.say("info", "First", ("On", lambda: note.say("info", "Second")))
    note.buttons[0].click()
    assert note.text == "Second"
    assert note.isVisible()


def test_a_note_without_words_is_no_note(shown):
    note = shown(Note())
    note.say("error", "")
    assert not note.isVisible()


def test_notes_replace_one_another(shown):
    notes = shown(Notes())
    notes.say([("info", "one"), ("info", ""), ("warning", "two")])
    assert notes.texts == ["one", "two"]
    notes.say([("error", "three")])
    assert notes.texts == ["three"]
    notes.say([])
    assert notes.isHidden()


def test_a_long_path_loses_its_middle_and_stays_in_the_tooltip(shown):
    path = "/somewhere/ada/" + "pictures/" * 20 + "lake.png"
    label = shown(path_label(path))
    label.resize(200, 28)
    assert label.text() == path
    label.grab()
    assert label.toolTip() == path
    label.resize(4000, 28)
    label.grab()
    assert label.toolTip() == ""


def test_devices_are_listed_after_auto_and_a_lost_one_is_told(qtbot):
    combo = QComboBox()
    qtbot.addWidget(combo)
    devices = [Device("cpu", "CPU, 16 GB")]
    fill_devices(combo, devices, "cuda:0")
    assert [combo.itemText(i) for i in range(combo.count())] == [
        "Auto",
        "CPU, 16 GB",
        "cuda:0 (not found)",
    ]
    assert combo.currentData() == "cuda:0"
    fill_devices(combo, devices, "cpu")
    assert combo.currentText() == "CPU, 16 GB"


def test_enter_presses_the_button_with_the_focus_and_not_the_default_one(shown, qtbot):
    dialog, pressed = QDialog(), []
    yes = button("Yes", lambda: pressed.append("yes"))
    no = button("No", lambda: pressed.append("no"))
    yes.setDefault(True)
    dialog.setLayout(column(yes, no))
    shown(dialog)
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        qtbot.keyClick(no, key)
    assert pressed == ["no"] * 3
