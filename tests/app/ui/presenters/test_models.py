"""Models and devices that change while a picture is worked on."""

from dataclasses import replace

from app.document.document import with_edit
from app.errors import UserError
from app.jobs.slots import Lane
from app.ui.dialogs.models import ModelsDialog
from app.ui.dialogs.settings import SettingsDialog
from models.edits import AdjustTexture
from models.errors import CheckpointMissing
from tests.app.controllers.slider_kit import slider
from tests.app.ui.test_flow import amount, expected, middle, near, shown_at_middle


def test_the_device_that_the_settings_name_is_used_at_once(swapped, qtbot):
    driver = swapped
    engines = len(driver.make.made)
    driver.choose("edit.settings")
    dialog = driver.dialog(SettingsDialog)
    dialog.changed.emit(driver.program.preferences.value.__class__(device="cpu"))
    dialog.close()
    driver.wait()
    assert len(driver.make.made) == engines + 1
    assert "render" in driver.backend.calls
    assert near(shown_at_middle(driver), middle(expected(driver)))


def test_another_device_during_a_render(swapped, qtbot):
    driver = swapped
    driver.backend.block()
    driver.program.swapping.commit_amount(0.3)
    qtbot.waitUntil(driver.backend.running.is_set)
    driver.program.models.use_device("cpu")
    driver.wait()
    assert amount(driver) == 0.3
    assert near(shown_at_middle(driver), middle(expected(driver)))
    assert driver.program.queue.running(Lane.ENGINE) is None
    assert not driver.window.status.stop.isVisible()


def test_a_model_that_goes_while_it_is_used_is_told_at_its_edit(swapped, tmp_path):
    driver, specs = swapped, swapped.program.models.catalog
    (row,) = driver.window.edits._rows
    assert row.item.missing == ""
    driver.backend.errors = [CheckpointMissing("There is no model 'landscapes'.")]
    driver.program.models.catalog_changed.emit(type(specs)(()))
    driver.program.models.catalog = type(specs)((replace(specs.models[0], id="other"),))
    driver.program.models.catalog_changed.emit(driver.program.models.catalog)
    driver.wait(lambda: bool(driver.notices()))
    assert "is not installed" in driver.window.edits._rows[0].item.missing
    assert driver.notices() == ["There is no model 'landscapes'."]
    driver.program.models.refresh()
    driver.wait()
    assert driver.window.edits._rows[0].item.missing == ""
    assert near(shown_at_middle(driver), middle(expected(driver)))


def test_cancel_in_the_status_bar_ends_an_import(swapped, tmp_path, qtbot):
    driver = swapped
    driver.backend.block()
    driver.program.model_presenter.import_files([tmp_path / "a.pth"])
    qtbot.waitUntil(driver.window.status.stop.isVisible)
    driver.window.status.stop.click()
    driver.wait()
    assert driver.backend.models == []
    assert not driver.window.status.stop.isVisible()


def test_in_the_dialog_every_error_is_a_sentence(driver):
    driver.choose("model.manage")
    dialog = driver.dialog(ModelsDialog)
    driver.wait()
    shown = []
    dialog.set_message = lambda kind, text: shown.append((kind, text))
    for error in (UserError("It is gone.", "Look elsewhere."), KeyError("x")):
        driver.program.models.failed.emit(error)
    assert [kind for kind, _ in shown] == ["error", "error"]
    assert shown[0][1] == "It is gone. Look elsewhere."
    assert shown[1][1].startswith("Something in Scumble went wrong")
    dialog.close()


def test_answers_for_a_dialog_that_is_closed_go_to_the_window(driver, tmp_path):
    driver.choose("model.manage")
    driver.program.model_presenter._test_device("cpu")
    driver.dialog(ModelsDialog).close()
    driver.program.model_presenter.import_files([tmp_path / "a.pth"])
    driver.wait()
    assert driver.notices() == ["a.pth was imported as the model 'a'."]


def test_an_engine_that_cannot_start_says_so_and_can_be_restarted(start, files, make):
    make.errors = [CheckpointMissing("No GPU of that name.")] * 1
    driver = start()
    driver.open(files.meadow)
    assert driver.notices() == ["No GPU of that name."]
    driver.choose("model.restart")
    driver.wait()
    assert driver.program.models.engine is not None


def test_sliders_of_another_model_are_told(opened):
    model, session = opened.program.models.current, opened.program.session
    warm = slider("Warm")
    edit = AdjustTexture(model=warm.model, amounts=((warm.direction.sha256, 1.0),))
    session.push("Edit", with_edit(session.document, edit, sliders=[warm]))
    opened.window.model_chooser.model_chosen.emit(model)
    assert opened.document.edits[0].model == model != warm.model
    assert any("another model" in words and "Warm" in words for words in opened.notices())
    opened.wait()


def test_any_model_may_take_over_the_edits_of_one_that_is_gone(swapped):
    """Also the one that is in use, which the chooser goes on showing."""
    chooser, present = swapped.window.model_chooser, swapped.program.models.current
    assert not chooser.accessibleDescription()
    steps = len(swapped.program.session.history.states)
    chooser.model_chosen.emit(present)
    assert len(swapped.program.session.history.states) == steps
    swapped.program.edit_list.rename(1, "Evening")
    swapped.program.edit_list.use_model("gone")
    assert chooser.current == present
    assert "Landscapes" in chooser.accessibleName()
    assert "The model of Evening is not installed." in chooser.toolTip()
    chooser.model_chosen.emit(present)
    assert swapped.document.entries[0].edit.model == present
    assert chooser.current == present
    assert not chooser.accessibleDescription()
