"""The two commands for recipes, in the real window."""

import numpy as np
from PySide6.QtWidgets import QFileDialog

from app.document.document import replace_edit
from app.document.io.recipes import load_recipe
from models.edits import AdjustTexture


def answer(driver, path):
    """Choose a file in the dialog that is open."""
    dialog = driver.dialog(QFileDialog)
    dialog.filesSelected.emit([str(path)])
    dialog.reject()


def enabled(driver, *names):
    return [driver.window.actions_[f"edit.{name}_recipe"].isEnabled() for name in names]


def test_the_commands_wait_for_what_they_act_on(driver, files):
    assert enabled(driver, "save", "load") == [False, False]
    driver.open(files.meadow)
    assert enabled(driver, "save", "load") == [False, True]
    driver.drop(files.sunset, "reference")
    driver.wait(lambda: len(driver.document.entries) == 1)
    assert enabled(driver, "save", "load") == [True, True]
    driver.choose("edit.undo")
    driver.wait()
    assert enabled(driver, "save", "load") == [False, True]


def test_without_anything_to_act_on_no_dialog_opens(driver):
    driver.program.recipe_presenter.save_dialog()
    driver.program.recipe_presenter.load_dialog()
    assert not driver.window.findChildren(QFileDialog)


def test_edits_go_from_one_photo_to_another_and_look_the_same_there(swapped, files, tmp_path):
    driver = swapped
    recipe = tmp_path / "sunny.json"
    edits = driver.document.edits
    driver.choose("edit.save_recipe")
    (proposed,) = driver.dialog(QFileDialog).selectedFiles()
    assert proposed == str(files.meadow.with_name("meadow-recipe.json"))
    answer(driver, recipe)
    driver.wait(recipe.is_file)
    words = "The recipe is in sunny.json, what its edits use in the folder sunny.files beside it."
    assert words in driver.notices()
    assert load_recipe(recipe).edits == edits
    driver.choose("file.close")
    driver.wait()
    fresh = files.folder / "other.png"
    fresh.write_bytes(files.meadow.read_bytes())
    driver.program.session.close()
    driver.open(fresh)
    driver.choose("edit.load_recipe")
    answer(driver, recipe)
    driver.wait(lambda: len(driver.document.entries) == 1)
    assert driver.document.edits == edits
    assert "One edit of sunny.json added." in driver.notices()
    request = driver.backend.requests[-1]
    assert request.edits == edits
    assert np.array_equal(request.base.rgb_hwc, driver.document.base.picture.rgb_hwc)
    (title,) = [step.label for step in driver.program.session.history.states[1:]]
    assert title == "Recipe sunny"
    driver.choose("edit.undo")
    driver.wait()
    assert driver.document.entries == ()


def test_a_bad_recipe_is_told_in_the_window(swapped, tmp_path):
    before = swapped.document
    bad = tmp_path / "bad.json"
    bad.write_text("Dear diary")
    swapped.choose("edit.load_recipe")
    answer(swapped, bad)
    swapped.wait(lambda: any("bad.json" in words for words in swapped.notices()))
    assert swapped.document == before


def test_a_recipe_that_names_no_file_is_said_to_be_one_file(swapped, tmp_path):
    program = swapped.program
    entry = program.session.document.entries[0]
    edit = AdjustTexture(model=entry.edit.model, amounts=(("texture:0", 1.0),))
    program.session.push("Adjust", replace_edit(program.session.document, entry.uid, edit))
    swapped.choose("edit.save_recipe")
    answer(swapped, tmp_path / "plain.json")
    swapped.wait((tmp_path / "plain.json").is_file)
    swapped.wait()
    assert "The recipe is in plain.json." in swapped.notices()


def test_the_folder_is_remembered(swapped, tmp_path):
    folder = tmp_path / "recipes"
    folder.mkdir()
    swapped.choose("edit.save_recipe")
    answer(swapped, folder / "a.json")
    swapped.wait((folder / "a.json").is_file)
    swapped.choose("edit.load_recipe")
    assert swapped.dialog(QFileDialog).directory().path() == str(folder)
    swapped.dialog(QFileDialog).reject()
