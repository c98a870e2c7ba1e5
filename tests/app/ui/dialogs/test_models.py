"""The models dialog."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit

from app.ui import theme
from app.ui.dialogs.models import ModelRow, ModelsDialog
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, named, press


@dataclass(frozen=True)
class Device:
    name: str
    words: str


def row(model, *, shipped=False, non_commercial=False, trained=""):
    path = Path("/models") / f"{model}.safetensors"
    licence = "CC BY-NC 4.0" if non_commercial else "CC0 1.0"
    return ModelRow(
        id=model,
        title=model.title(),
        family="Swapping Autoencoder",
        licence=licence,
        non_commercial=non_commercial,
        size_bytes=6_900_000,
        source="a friend",
        path=path,
        shipped=shipped,
        trained=trained,
    )


ROWS = [row("shipped", shipped=True, non_commercial=True), row("mine"), row("other")]


class Heard:
    """What the dialog asked for: (signal, arguments)."""

    def __init__(self, dialog):
        self.calls = []
        for name in (
            "import_browse_requested",
            "import_requested",
            "renamed",
            "removed",
            "revealed",
            "verify_requested",
            "folder_move_requested",
            "device_chosen",
            "device_test_requested",
            "cancel_requested",
        ):
            getattr(dialog, name).connect(
                lambda *given, name=name: self.calls.append((name, *given))
            )


@pytest.fixture
def dialog(shown):
    made: Any = ModelsDialog()
    made.set_models(ROWS)
    made.set_folder(Path("/models"), 13_800_000)
    made.set_devices([Device("cpu", "CPU, 16 GB"), Device("cuda:0", "A GPU, 12 GB")], "auto")
    made.heard = Heard(made)
    return shown(made)


def choose(dialog, place):
    dialog._table.setCurrentItem(dialog._table.topLevelItem(place))


def test_controls_have_names_and_room(dialog):
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_a_row_says_title_licence_size_and_who_brought_it(dialog):
    item = dialog._table.topLevelItem(0)
    assert [item.text(place) for place in range(4)] == [
        "Shipped",
        "CC BY-NC 4.0",
        "6.9 MB",
        "Scumble",
    ]
    assert "Not for commercial use" in item.toolTip(1)
    assert dialog._table.topLevelItem(1).text(3) == "you"


def test_the_mark_follows_the_theme(dialog, qapp):
    def colour():
        image = dialog._table.topLevelItem(0).icon(1).pixmap(16).toImage()
        colours = [image.pixelColor(x, y) for x in range(16) for y in range(16)]
        return max(colours, key=lambda c: c.alpha()).lightness()

    choose(dialog, 1)
    dark = colour()
    theme.apply(qapp, "light")
    light = colour()
    theme.apply(qapp, "dark")
    assert light < dark
    assert dialog._table.current.id == "mine"


def test_items_outlive_a_change_of_the_palette(dialog, qapp):
    """Qt polishes a table while it takes its first rows; rows made anew meanwhile would be gone."""
    before = [dialog._table.topLevelItem(place) for place in range(3)]
    QApplication.sendEvent(dialog._table, QEvent(QEvent.Type.PaletteChange))
    assert [dialog._table.topLevelItem(place) for place in range(3)] == before
    assert dialog._table.topLevelItem(1).icon(1).isNull()


def test_the_details_follow_the_choice(dialog):
    choose(dialog, 0)
    words = "\n".join(label.text() for label in dialog._details.findChildren(QLabel))
    assert "Not for commercial use" in words
    choose(dialog, 1)
    words = "\n".join(label.text() for label in dialog._details.findChildren(QLabel))
    assert "Mine" in words
    assert "Not for commercial use" not in words


def test_shipped_models_can_be_verified_and_nothing_else(dialog):
    choose(dialog, 0)
    assert not named(dialog, "Rename").isEnabled()
    assert not named(dialog, "Remove").isEnabled()
    press(dialog, "Verify")
    press(dialog, "Show file")
    assert dialog.heard.calls == [
        ("verify_requested", "shipped"),
        ("revealed", ROWS[0].path),
    ]


def test_without_a_model_nothing_can_be_done_to_it(dialog):
    dialog.set_models([])
    for words in ("Rename", "Remove", "Verify", "Show file"):
        assert not named(dialog, words).isEnabled()


def test_the_choice_stays_when_the_list_changes(dialog):
    choose(dialog, 2)
    dialog.set_models([row("new"), *ROWS])
    assert dialog._table.current.id == "other"
    dialog.set_models(ROWS[:1])
    assert dialog._table.current.id == "shipped"


def test_f2_renames_in_place(dialog, qtbot):
    choose(dialog, 1)
    dialog._table.setFocus()
    qtbot.keyClick(dialog._table, Qt.Key.Key_F2)
    (editor,) = dialog._table.viewport().findChildren(QLineEdit)
    editor.setText("  Meadows ")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(dialog.heard.calls))
    assert dialog.heard.calls == [("renamed", "mine", "Meadows")]
    assert dialog.isVisible()


def test_the_button_renames_in_place_too(dialog):
    choose(dialog, 1)
    press(dialog, "Rename")
    assert dialog._table.viewport().findChildren(QLineEdit)


def test_an_empty_or_equal_title_renames_nothing(dialog):
    item = dialog._table.topLevelItem(1)
    item.setText(0, "  ")
    assert item.text(0) == "Mine"
    item.setText(0, "Mine ")
    assert dialog.heard.calls == []


def test_removing_is_asked_about(dialog, qtbot):
    choose(dialog, 1)
    qtbot.keyClick(dialog._table, Qt.Key.Key_Delete)
    assert "Remove Mine?" in dialog._ask.text
    _, keep = dialog._ask.buttons
    keep.click()
    assert dialog.heard.calls == []
    press(dialog, "Remove")
    dialog._ask.buttons[0].click()
    assert dialog.heard.calls == [("removed", "mine")]


def test_enter_presses_the_button_that_is_marked(dialog, qtbot):
    choose(dialog, 1)
    qtbot.keyClick(dialog._table, Qt.Key.Key_Delete)
    qtbot.keyClick(dialog._ask.buttons[0], Qt.Key.Key_Return)
    assert dialog.heard.calls == [("removed", "mine")]


def test_escape_answers_the_question_before_it_closes(dialog, qtbot):
    choose(dialog, 1)
    press(dialog, "Remove")
    qtbot.keyClick(dialog._ask.buttons[0], Qt.Key.Key_Escape)
    assert dialog._ask.text == ""
    assert dialog.isVisible()
    assert dialog.heard.calls == []
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_the_question_goes_when_another_model_is_chosen(dialog):
    choose(dialog, 1)
    press(dialog, "Remove")
    choose(dialog, 2)
    assert dialog._ask.text == ""


def test_a_shipped_model_is_never_asked_about(dialog, qtbot):
    choose(dialog, 0)
    qtbot.keyClick(dialog._table, Qt.Key.Key_Delete)
    assert dialog._ask.text == ""


def test_importing_is_asked_for(dialog):
    press(dialog, "Import…")
    assert dialog.heard.calls == [("import_browse_requested",)]


def drop(dialog, *names):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"/files/{name}") for name in names])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(QPointF(5, 5), copy, mime, left, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    dialog.dragEnterEvent(event)
    assert event.isAccepted()
    dialog.dropEvent(event)


def test_dropped_model_files_are_imported(dialog):
    drop(dialog, "a.pth", "b.SAFETENSORS")
    assert dialog.heard.calls == [
        ("import_requested", [Path("/files/a.pth"), Path("/files/b.SAFETENSORS")])
    ]


def test_another_file_is_refused_with_a_sentence(dialog):
    drop(dialog, "lake.jpg")
    assert dialog.heard.calls == []
    assert dialog._message.text.startswith("lake.jpg is not a model file.")


def test_text_is_no_drop(dialog):
    mime = QMimeData()
    mime.setText("words")
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    event = QDropEvent(QPointF(5, 5), copy, mime, left, Qt.KeyboardModifier.NoModifier)
    event.ignore()
    dialog.dragEnterEvent(event)
    assert not event.isAccepted()


def test_the_folder_is_shown_revealed_and_moved(dialog):
    assert "13.8 MB" in dialog._where.text()
    press(dialog, "Open folder")
    press(dialog, "Move…")
    (files,) = dialog.findChildren(QFileDialog)
    files.filesSelected.emit(["/elsewhere"])
    files.close()
    assert dialog.heard.calls == [
        ("revealed", Path("/models")),
        ("folder_move_requested", Path("/elsewhere")),
    ]


def test_a_device_is_chosen_and_tested(dialog):
    devices = control(dialog, "Device")
    devices.setCurrentIndex(2)
    devices.activated.emit(2)
    press(dialog, "Test this device")
    assert dialog.heard.calls == [("device_chosen", "cuda:0"), ("device_test_requested", "cuda:0")]
    dialog.set_device_result("Works: 0.42 s.", True)
    assert dialog._device._result.text == "Works: 0.42 s."
    devices.setCurrentIndex(0)
    assert dialog._device._result.text == ""


def test_progress_has_words_a_share_and_a_way_out(dialog):
    assert not dialog._progress.isVisible()
    dialog.set_progress("Importing a.pth: checking", 0.5)
    assert dialog._progress.isVisible()
    assert dialog._progress._bar.value() == 500
    control(dialog, "Cancel the work on models").click()
    assert dialog.heard.calls == [("cancel_requested",)]
    dialog.set_progress(None)
    assert not dialog._progress.isVisible()


def test_problems_are_told_but_not_endlessly(dialog):
    dialog.set_problems([f"File {n} is damaged." for n in range(5)])
    assert dialog._problems.texts[-1] == "2 more files could not be read."
    dialog.set_problems(["One is damaged."])
    assert dialog._problems.texts == ["One is damaged."]


def test_a_message_comes_and_goes(dialog):
    dialog.set_message("error", "It failed.")
    assert dialog._message.text == "It failed."
    dialog.set_message("info", "")
    assert dialog._message.text == ""
