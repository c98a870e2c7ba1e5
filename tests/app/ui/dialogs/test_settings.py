"""The settings dialog: everything applies at once."""

from dataclasses import dataclass
from typing import Any

import pytest

from app.settings import Settings
from app.ui.dialogs.settings import SettingsDialog
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, press


@dataclass(frozen=True)
class Device:
    name: str
    words: str


@pytest.fixture
def make(shown):
    """A function that shows the dialog; it keeps what changed in `.heard`."""

    def made(**values):
        dialog: Any = SettingsDialog(Settings(**values))
        dialog.set_devices([Device("cpu", "CPU, 16 GB")])
        dialog.set_auto_side(512)
        dialog.heard = []
        dialog.changed.connect(dialog.heard.append)
        return shown(dialog)

    return made


def choose(dialog, name, words):
    combo = control(dialog, name)
    combo.setCurrentIndex(combo.findText(words))
    combo.activated.emit(combo.currentIndex())


def test_controls_have_names_and_room(make):
    dialog = make(working_short_side_px=640)
    check_controls(dialog)
    check_nothing_cut(dialog)


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("Theme", "Light", {"theme": "light"}),
        ("Text size", "125 %", {"text_percent": 125}),
        ("Working size", "768 px", {"working_short_side_px": 768}),
        ("Device", "CPU, 16 GB", {"device": "cpu"}),
    ],
)
def test_a_choice_applies_at_once(make, name, words, expected):
    dialog = make(model="mine")
    choose(dialog, name, words)
    assert dialog.heard == [Settings(model="mine", **expected)]


def test_the_same_choice_changes_nothing(make):
    dialog = make()
    choose(dialog, "Theme", "Follow the system")
    assert dialog.heard == []


def test_motion_can_be_reduced(make):
    dialog = make()
    control(dialog, "Reduce motion").click()
    assert dialog.heard == [Settings(reduce_motion=True)]


def test_auto_says_what_it_stands_for(make):
    assert control(make(), "Working size").currentText() == "Auto (512)"


def test_an_own_working_size(make):
    dialog = make()
    assert not control(dialog, "Working size in pixels").isVisible()
    choose(dialog, "Working size", "Own size")
    own = control(dialog, "Working size in pixels")
    assert own.isVisible()
    own.setValue(700)
    assert [s.working_short_side_px for s in dialog.heard] == [640, 700]
    choose(dialog, "Working size", "Auto (512)")
    assert dialog.heard[-1].working_short_side_px is None
    assert not own.isVisible()


def test_an_own_size_may_be_one_of_the_list_while_it_is_typed(make):
    dialog = make(working_short_side_px=512)
    choose(dialog, "Working size", "Own size")
    assert control(dialog, "Working size in pixels").isVisible()
    assert dialog.heard == []


def test_unusual_values_are_shown_as_they_are(make):
    dialog = make(text_percent=133, working_short_side_px=640, device="cuda:1")
    assert control(dialog, "Text size").currentText() == "133 %"
    assert control(dialog, "Working size in pixels").value() == 640
    assert control(dialog, "Device").currentText() == "cuda:1 (not found)"


def test_defaults_come_back_and_can_be_taken_back(make):
    dialog = make(theme="dark", text_percent=150, model="mine")
    press(dialog, "Restore defaults")
    assert dialog.settings == Settings(model="mine")
    press(dialog, "Undo")
    assert dialog.settings == Settings(theme="dark", text_percent=150, model="mine")
    assert len(dialog.heard) == 2


def test_settings_changed_elsewhere_are_shown_without_a_signal(make):
    dialog = make()
    dialog.set_settings(Settings(theme="dark", shortcuts={"a": ("B",)}))
    assert control(dialog, "Theme").currentText() == "Dark"
    assert dialog.heard == []
    choose(dialog, "Text size", "110 %")
    assert dialog.heard[0].shortcuts == {"a": ("B",)}


def test_the_other_dialogs_are_asked_for(make):
    dialog, asked = make(), []
    dialog.models_requested.connect(lambda: asked.append("models"))
    dialog.shortcuts_requested.connect(lambda: asked.append("shortcuts"))
    press(dialog, "Models…")
    press(dialog, "Shortcuts…")
    assert asked == ["models", "shortcuts"]


def test_fields_stay_aligned_when_the_text_grows(make, qtbot):
    dialog = make()
    font = dialog.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    dialog.setFont(font)
    theme_field, size_field = control(dialog, "Theme"), control(dialog, "Working size")

    def left(field):
        return field.mapTo(dialog, field.rect().topLeft()).x()

    qtbot.waitUntil(lambda: left(theme_field) == left(size_field))
