"""The dialog for a new picture."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog

from app.document.palettes import Palettes
from app.resources import resource
from app.ui.dialogs.new import LAYOUT_PRESETS, PRESETS, NewDialog, preset_of
from tests.app.ui.dialogs.look import check_controls, check_nothing_cut, control, press


@pytest.fixture
def dialog(shown):
    made: Any = NewDialog()
    made.given = []
    made.created.connect(lambda *values: made.given.append(values))
    return shown(made)


def test_controls_have_names_and_room(dialog):
    check_controls(dialog)
    check_nothing_cut(dialog)


def test_enter_makes_what_is_offered(dialog, qtbot):
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.given == [(1536, 1024, (255, 255, 255))]
    assert not dialog.isVisible()


@pytest.mark.parametrize("place", range(len(PRESETS)))
def test_a_preset_sets_both_sides(dialog, place):
    control(dialog, "Preset").setCurrentIndex(place)
    press(dialog, "Create")
    assert dialog.given[0][:2] == PRESETS[place][1:]


def test_typed_sides_are_an_own_size_or_a_preset_again(dialog):
    preset = control(dialog, "Preset")
    control(dialog, "Width in pixels").setValue(1000)
    assert preset.currentText() == "Own size"
    control(dialog, "Width in pixels").setValue(1024)
    assert preset.currentText().startswith("Square")


def test_turning_keeps_the_preset(dialog):
    press(dialog, "Turn")
    assert control(dialog, "Width in pixels").value() == 1024
    assert control(dialog, "Height in pixels").value() == 1536
    assert control(dialog, "Preset").currentIndex() == preset_of(1536, 1024)


def test_too_many_pixels_are_told_and_prevented(dialog):
    control(dialog, "Width in pixels").setValue(20_000)
    control(dialog, "Height in pixels").setValue(9_000)
    assert "180 megapixels" in dialog._note.text
    assert not dialog._create.isEnabled()
    control(dialog, "Height in pixels").setValue(5_000)
    assert dialog._note.text == ""
    assert dialog._create.isEnabled()


def test_colours_are_handed_over(dialog):
    control(dialog, "Black").click()
    press(dialog, "Create")
    assert dialog.given == [(1536, 1024, (0, 0, 0))]


def test_another_colour_comes_from_the_system_s_dialog(dialog):
    control(dialog, "Other").click()
    (colours,) = dialog.findChildren(QColorDialog)
    colours.colorSelected.emit(QColor(1, 2, 3))
    colours.close()
    press(dialog, "Create")
    assert dialog.given == [(1536, 1024, (1, 2, 3))]


def test_the_preview_has_the_shape_and_the_colour(dialog):
    control(dialog, "Width in pixels").setValue(400)
    control(dialog, "Height in pixels").setValue(100)
    control(dialog, "Black").click()
    image = dialog._sheet.grab().toImage()
    middle = image.height() // 2
    assert image.pixelColor(image.width() // 2, middle) == QColor("black")
    assert image.pixelColor(image.width() // 2, image.height() // 8) != QColor("black")


@pytest.fixture(scope="module")
def palettes() -> Palettes:
    return Palettes(resource("palettes"))


@pytest.fixture
def both(shown, palettes):
    """A function that shows a dialog that offers layouts, too."""

    def show(**rest) -> Any:
        made: Any = NewDialog(None, palettes, **rest)
        made.given = []
        made.created.connect(lambda *values: made.given.append(values))
        made.layout_created.connect(lambda *values: made.given.append(values))
        return shown(made)

    return show


def test_without_palettes_layouts_are_not_offered(dialog):
    assert not control(dialog, "Layout to paint on").isVisible()
    assert not control(dialog, "Palette").isVisible()
    assert control(dialog, "White").isVisible()


def test_a_layout_is_filled_with_the_palette_s_background(both, qtbot):
    dialog = both(layout=True)
    check_controls(dialog)
    check_nothing_cut(dialog)
    assert not control(dialog, "White").isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.given == [(768, 512, "landscape", 1)]
    assert not dialog.isVisible()


def test_another_palette_and_label_can_be_chosen(both, palettes):
    dialog = both(layout=True, palette_id="ade20k")
    ade = palettes.find("ade20k")
    label = control(dialog, "Background label")
    assert label.count() == len(ade.labels)
    assert label.currentData() == ade.background
    label.setCurrentIndex(label.findText("sand"))
    shown = dialog._sheet.grab().toImage().pixelColor(80, 80)
    assert (shown.red(), shown.green(), shown.blue()) == ade.by_name("sand").rgb
    press(dialog, "Create")
    assert dialog.given == [(768, 512, "ade20k", ade.by_name("sand").id)]


def test_a_palette_that_is_not_there_changes_nothing(both):
    dialog = both(layout=True, palette_id="gone")
    assert control(dialog, "Palette").currentData() == "landscape"


@pytest.mark.parametrize("place", range(len(LAYOUT_PRESETS)))
def test_layouts_have_presets_of_their_own(both, place):
    dialog = both(layout=True)
    control(dialog, "Preset").setCurrentIndex(place)
    press(dialog, "Create")
    assert dialog.given[0][:2] == LAYOUT_PRESETS[place][1:]


def test_changing_one_s_mind_offers_the_other_sizes(both):
    dialog = both()
    control(dialog, "Layout to paint on").click()
    assert control(dialog, "Width in pixels").value() == 768
    assert not control(dialog, "White").isVisible()
    assert control(dialog, "Background label").isVisible()
    control(dialog, "Picture of one colour").click()
    assert control(dialog, "Width in pixels").value() == 1536
    press(dialog, "Create")
    assert dialog.given == [(1536, 1024, (255, 255, 255))]


def test_a_typed_size_is_kept_for_both(both):
    dialog = both()
    control(dialog, "Width in pixels").setValue(700)
    control(dialog, "Layout to paint on").click()
    assert control(dialog, "Width in pixels").value() == 700
    assert control(dialog, "Height in pixels").value() == 1024
    assert control(dialog, "Preset").currentText() == "Own size"
    press(dialog, "Create")
    assert dialog.given == [(700, 1024, "landscape", 1)]
