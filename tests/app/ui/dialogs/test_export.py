"""The export dialog: what it offers, what it says, what it hands over."""

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from app.settings import ExportSettings
from app.ui.dialogs.export import ExportDialog, ExportFacts
from app.ui.dialogs.export_rules import name_problem, result_px, scaled_px, stem_of, warnings
from app.ui.dialogs.parts import Notes
from models.image_io import short_side_size
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, press


@pytest.fixture
def facts(tmp_path):
    return ExportFacts(
        name="lake-scumble.png",
        folder=tmp_path,
        original_px=(6000, 4000),
        working_short_side_px=512,
        has_profile="Display P3",
        has_exif=True,
    )


@pytest.fixture
def make(shown, facts):
    """A function that shows the dialog; it keeps what the dialog handed over in `.handed`."""

    def made(settings=None, **changed):
        dialog: Any = ExportDialog(settings or ExportSettings(), replace(facts, **changed))
        dialog.handed = []
        dialog.accepted_with.connect(lambda path, chosen: dialog.handed.append((path, chosen)))
        return shown(dialog)

    return made


def choose(dialog, name, data):
    combo = control(dialog, name)
    combo.setCurrentIndex(combo.findData(data))


def test_a_count_that_comes_late_is_said(make, qtbot):
    dialog = make(has_edits=True)
    words = "0 of the 23,000,000 pixels outside of the masks change."
    wanted = []
    dialog.estimate_requested.connect(wanted.append)
    qtbot.waitUntil(lambda: len(wanted) == 1)
    dialog.set_estimate("1.2 MB")
    dialog.set_outside(None)
    qtbot.wait(300)
    assert len(wanted) == 1
    dialog.set_outside((23_000_000, 0))
    assert words in dialog.findChild(Notes).texts
    qtbot.waitUntil(lambda: len(wanted) == 2)
    check_nothing_cut(dialog)
    dialog.set_outside(None)
    assert words not in dialog.findChild(Notes).texts


# What the rules say


@pytest.mark.parametrize("size_px", [(6000, 4000), (333, 1000), (1, 9000), (640, 480)])
@pytest.mark.parametrize("side_px", [1, 17, 512, 1023])
def test_sizes_are_those_that_the_engine_renders(size_px, side_px):
    width_px, height_px = scaled_px(size_px, side_px)
    assert (height_px, width_px) == short_side_size(size_px[::-1], side_px)


def test_no_file_is_larger_than_the_photo(facts):
    small = replace(facts, original_px=(400, 300))
    assert result_px(ExportSettings(size="working"), facts) == (768, 512)
    assert result_px(ExportSettings(size="working"), small) == (400, 300)
    assert result_px(ExportSettings(size="original"), facts) == (6000, 4000)
    assert result_px(ExportSettings(size="custom", short_side_px=1000), facts) == (1500, 1000)
    assert result_px(ExportSettings(size="custom", short_side_px=1000), small) == (400, 300)


@pytest.mark.parametrize(
    ("settings", "changed", "kind", "part"),
    [
        (ExportSettings(format="jpeg"), {"has_alpha": True}, "warning", "transparency"),
        (ExportSettings(format="webp"), {"bits": 16}, "info", "the file will have 8"),
        (ExportSettings(format="png", bits=8), {"bits": 16}, "info", "the file will have 8"),
        (
            ExportSettings(format="webp", size="original"),
            {"original_px": (17000, 1000)},
            "error",
            "16,383",
        ),
        (
            ExportSettings(size="working"),
            {"original_px": (400, 300), "has_edits": True, "outside": (70_000, 0)},
            "info",
            "0 of the 70,000 pixels",
        ),
        (ExportSettings(), {"has_place": True}, "info", "where the photo was taken"),
        (ExportSettings(), {"model_notice": "Not for sale."}, "info", "Not for sale."),
        (
            ExportSettings(size="working"),
            {},
            "info",
            "Smaller than the photo: 6000 \N{MULTIPLICATION SIGN} 4000",
        ),
    ],
)
def test_what_a_choice_loses_is_said(facts, settings, changed, kind, part):
    said = warnings(settings, replace(facts, **changed))
    assert any(k == kind and part in text for k, text in said)


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        (ExportSettings(format="png", size="original"), {"has_alpha": True}),
        (ExportSettings(format="tiff", bits=16, size="original"), {"bits": 16}),
        (ExportSettings(strip_place=True, size="original"), {"has_place": True}),
        (ExportSettings(keep_exif=False, size="original"), {"has_place": True}),
        (ExportSettings(size="custom", short_side_px=1000), {}),
        (ExportSettings(size="working"), {"original_px": (400, 300)}),
    ],
)
def test_nothing_is_said_where_nothing_is_lost(facts, settings, changed):
    assert warnings(settings, replace(facts, **changed)) == []


@pytest.mark.parametrize("name", ["", "a/b", "what?", "..", "a\nb", "x" * 300])
def test_impossible_names_are_told(name):
    assert name_problem(name).endswith(".")


def test_only_extensions_of_pictures_are_taken_off():
    assert stem_of("lake.PNG") == "lake"
    assert stem_of("lake v1.2") == "lake v1.2"


# The dialog


def test_controls_have_names_and_room(make):
    dialog = make()
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_it_hands_over_path_and_settings(make, tmp_path):
    dialog = make()
    press(dialog, "Export")
    assert dialog.handed == [(tmp_path / "lake-scumble.png", ExportSettings())]
    assert not dialog.isVisible()


def test_enter_exports_and_escape_does_not(make, qtbot):
    dialog = make()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.handed == []
    dialog = make()
    qtbot.keyClick(dialog.file.name, Qt.Key.Key_Return)
    assert len(dialog.handed) == 1


def test_the_format_sets_extension_and_quality_or_bits(make):
    dialog = make()
    assert control(dialog, "Bits per channel").isVisible()
    choose(dialog, "Format", "jpeg")
    assert dialog.path.name == "lake-scumble.jpg"
    assert control(dialog, "Quality").isVisible()
    assert not control(dialog, "Bits per channel").isVisible()
    control(dialog, "Quality").setValue(60)
    assert control(dialog, "Quality in numbers").value() == 60
    assert dialog.settings.quality == 60


def test_a_typed_extension_chooses_the_format(make, qtbot):
    dialog = make()
    dialog.file.name.clear()
    qtbot.keyClicks(dialog.file.name, "pond.TIFF")
    dialog.file.name.editingFinished.emit()
    assert dialog.settings.format == "tiff"
    assert dialog.path.name == "pond.tif"


def test_an_existing_file_is_replaced_only_when_the_button_says_so(make, tmp_path):
    dialog = make()
    (tmp_path / "lake-scumble.png").touch()
    press(dialog, "Export")
    assert dialog.handed == []
    assert "already" in dialog.file.note.text
    press(dialog, "Replace")
    assert len(dialog.handed) == 1


def test_a_name_that_cannot_be_is_told_and_prevents_exporting(make):
    dialog = make()
    dialog.file.name.setText("what?")
    assert "cannot have ?" in dialog.file.note.text
    assert not dialog._export.isEnabled()
    dialog.file.name.setText("fine")
    assert dialog._export.isEnabled()
    assert dialog.file.note.text == ""


def test_a_path_can_be_typed_for_a_name(make, tmp_path, qtbot):
    (tmp_path / "other").mkdir()
    dialog = make()
    dialog.file.name.setText(str(tmp_path / "other" / "pond"))
    assert dialog.path == tmp_path / "other" / "pond.png"
    dialog.file.name.setText("other/pond.tif")
    qtbot.keyClick(dialog.file.name, Qt.Key.Key_Return)
    (handed,) = dialog.handed
    assert handed[0] == tmp_path / "other" / "pond.tif"
    assert (dialog.file.name.text(), dialog.file.where.text()) == (
        "pond",
        str(tmp_path / "other"),
    )


def test_a_typed_path_may_begin_at_home(make, monkeypatch, tmp_path):
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    dialog = make()
    dialog.file.name.setText("~/pond")
    assert dialog.path == tmp_path / "home" / "pond.png"


@pytest.mark.parametrize(
    ("typed", "told"), [("gone/pond", "is not there"), ("other/", "cannot have /"), ("/", "cannot")]
)
def test_a_path_that_cannot_be_is_told(make, tmp_path, typed, told):
    (tmp_path / "other").mkdir()
    dialog = make()
    dialog.file.name.setText(typed)
    assert told in dialog.file.note.text
    dialog.file.name.editingFinished.emit()
    assert dialog.file.name.text() == typed
    assert not dialog._export.isEnabled()


def test_a_folder_that_is_gone_is_told(make, tmp_path):
    dialog = make(folder=tmp_path / "gone")
    assert "not there" in dialog.file.note.text
    assert not dialog._export.isEnabled()
    dialog.file.set_folder(tmp_path)
    assert dialog._export.isEnabled()


def test_the_folder_is_chosen_in_the_system_s_dialog(make, tmp_path):
    dialog = make()
    dialog.file.browse.click()
    (files,) = dialog.findChildren(QFileDialog)
    files.filesSelected.emit([str(tmp_path / "..")])
    files.close()
    assert dialog.path == tmp_path / ".." / "lake-scumble.png"


def test_a_folder_with_the_file_s_name_is_told(make, tmp_path):
    (tmp_path / "lake-scumble.png").mkdir()
    assert make().file.note.text == "A folder has this name."


def test_a_side_that_the_format_cannot_have_prevents_exporting(make):
    dialog = make(ExportSettings(size="original"), original_px=(17_000, 1000))
    assert dialog._export.isEnabled()
    choose(dialog, "Format", "webp")
    assert not dialog._export.isEnabled()


def test_no_more_than_the_photo_s_size_can_be_chosen_and_the_wish_stays(make):
    dialog = make(ExportSettings(size="custom", short_side_px=1024), original_px=(400, 300))
    side = control(dialog, "Shorter side in pixels")
    assert (side.value(), side.maximum()) == (300, 300)
    assert dialog.settings.short_side_px == 1024
    side.setValue(200)
    assert dialog.settings.short_side_px == 200


def test_the_own_size_is_kept_while_another_is_looked_at(make):
    dialog = make(ExportSettings(size="custom", short_side_px=777))
    side = control(dialog, "Shorter side in pixels")
    choose(dialog, "Size", "original")
    assert (side.value(), side.isEnabled()) == (4000, False)
    assert dialog.settings.short_side_px == 777
    choose(dialog, "Size", "custom")
    assert (side.value(), side.isEnabled()) == (777, True)


def test_16_bits_keep_the_profile_and_8_bits_give_the_choice_back(make):
    dialog = make(ExportSettings(keep_profile=False))
    box = control(dialog, "Colour profile")
    assert (box.isChecked(), box.isEnabled()) == (False, True)
    choose(dialog, "Bits per channel", 16)
    assert (box.isChecked(), box.isEnabled()) == (True, False)
    assert "8 bits only" in box.toolTip()
    assert not dialog.settings.keep_profile, "the wish for other files was lost"
    choose(dialog, "Bits per channel", 8)
    assert not dialog.settings.keep_profile
    box.click()
    assert dialog.settings.keep_profile


def test_what_the_photo_lacks_cannot_be_chosen_and_the_wish_stays(make):
    dialog = make(has_profile="", has_exif=False)
    assert not control(dialog, "Colour profile").isEnabled()
    assert not control(dialog, "EXIF and other descriptions").isEnabled()
    assert not control(dialog, "Leave out place and device").isEnabled()
    assert not control(dialog, "EXIF and other descriptions").isChecked()
    assert dialog.settings == ExportSettings()


def test_descriptions_can_be_left_out(make):
    dialog = make()
    control(dialog, "EXIF and other descriptions").click()
    assert not dialog.settings.keep_exif
    choose(dialog, "Format", "jpeg")
    assert not control(dialog, "EXIF and other descriptions").isChecked()


def test_the_size_is_asked_for_when_the_choice_rests(make, qtbot):
    dialog = make()
    asked = []
    dialog.estimate_requested.connect(asked.append)
    choose(dialog, "Format", "jpeg")
    for quality in range(50, 60):
        control(dialog, "Quality").setValue(quality)
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [dialog.settings]
    assert asked[0].quality == 59
    dialog.set_estimate("about 2.3 MB")
    assert dialog._estimate.text() == "File size: about 2.3 MB"
    dialog.set_estimate("")
    assert dialog._estimate.text() == ""


def test_edits_can_be_carried_out_at_the_size_of_the_file(make):
    dialog = make(has_edits=True)
    box = control(dialog, "Carry edits out anew")
    assert box.isEnabled()
    assert not dialog.settings.anew
    box.click()
    assert dialog.settings.anew
    choose(dialog, "Size", "working")
    assert not box.isEnabled(), "on the screen they have that size already"
    assert not control(make(), "Carry edits out anew").isEnabled()
