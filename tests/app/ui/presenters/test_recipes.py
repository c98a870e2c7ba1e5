"""The two commands for recipes, in the real window."""

import numpy as np
from PySide6.QtWidgets import QFileDialog

from app.document.io.recipes import load_recipe


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
    assert driver.dialog(QFileDialog).selectedFiles()[0].endswith("meadow-recipe.json")
    answer(driver, recipe)
    driver.wait(recipe.is_file)
    assert "The recipe is in sunny.json." in driver.notices()
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


def test_the_folder_is_remembered(swapped, tmp_path):
    folder = tmp_path / "recipes"
    folder.mkdir()
    swapped.choose("edit.save_recipe")
    answer(swapped, folder / "a.json")
    swapped.wait((folder / "a.json").is_file)
    swapped.choose("edit.load_recipe")
    assert swapped.dialog(QFileDialog).directory().path() == str(folder)
    swapped.dialog(QFileDialog).reject()
