from dataclasses import replace
from pathlib import Path

import pytest

from app.controllers.models import Models
from app.controllers.preferences import Preferences
from app.settings import Settings
from models.builders import build
from models.catalog import USER_FOLDER_VARIABLE, set_user_folder
from models.errors import CheckpointCorrupt, CheckpointMissing, RequestError
from tests.app.fakes import CPU, GPU
from tests.models.toys import save_toy

SHIPPED = "landscapes"
ALL_SHIPPED = [SHIPPED, "landscape-painter", "landscape-reader"]


@pytest.fixture
def preferences(queue) -> Preferences:
    return Preferences(Settings(), queue)


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_config):
    """The folder of the artist's own models, with one in it."""
    monkeypatch.delenv(USER_FOLDER_VARIABLE)
    folder = tmp_path / "own"
    folder.mkdir()
    save_toy(folder / "mine.safetensors", build(tiny_config), config=tiny_config)
    set_user_folder(folder)
    yield folder
    set_user_folder(None)


@pytest.fixture
def models(queue, preferences, folder, qtbot) -> Models:
    models = Models(queue, preferences)
    models.refresh()
    qtbot.waitUntil(lambda: queue.idle)
    return models


def ids(models):
    return [spec.id for spec in models.catalog]


def test_the_catalog_and_the_folder_are_told(queue, preferences, folder, heard, qtbot):
    models = Models(queue, preferences)
    catalog, places, current = (
        heard(models.catalog_changed),
        heard(models.folder_changed),
        heard(models.current_changed),
    )
    assert models.current == ""
    with pytest.raises(CheckpointMissing, match="Import one"):
        models.current_or_raise()
    models.refresh()
    qtbot.waitUntil(lambda: queue.idle)
    assert [spec.id for spec in catalog.last] == [*ALL_SHIPPED, "mine"]
    assert places.last == (folder, (folder / "mine.safetensors").stat().st_size)
    assert current.last == SHIPPED
    assert models.current_or_raise() == SHIPPED


def test_the_chosen_model_is_used_as_long_as_it_is_there(models, preferences, heard):
    said = heard(models.current_changed)
    models.choose("mine")
    assert (said.last, models.current, preferences.value.model) == ("mine", "mine", "mine")
    preferences.update(model="gone")
    assert models.current == SHIPPED
    assert models.find("mine").title == "Mine"
    assert models.find("gone") is None


def test_the_engine_is_warmed_up_with_the_current_model(models, make, queue, heard, qtbot):
    ready = heard(models.engine_ready)
    models.warm_up()
    qtbot.waitUntil(lambda: queue.idle)
    assert (ready.last.device, ready.last.default_short_side_px) == (CPU.words, 64)
    assert make.made[0].calls == ["warm_up"]


def test_the_device_is_known_though_the_model_is_broken(models, make, queue, heard, qtbot):
    ready, failed = heard(models.engine_ready), heard(models.failed)
    make.prepare = lambda backend: backend.errors.append(CheckpointCorrupt("It is damaged."))
    models.warm_up()
    qtbot.waitUntil(lambda: queue.idle)
    assert ready.last.device == CPU.words
    assert str(failed.last) == "It is damaged."


def test_the_start_of_the_engine_is_not_cancelled_with_the_rest(models, make, queue, heard, qtbot):
    ready = heard(models.engine_ready)
    make.prepare = lambda backend: backend.block()
    models.warm_up()
    models.import_files([Path("a.pth")])
    models.cancel()
    qtbot.waitUntil(lambda: bool(make.made))
    make.made[0].unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert len(ready.values) == 1
    assert make.made[0].calls == ["warm_up"]


def test_a_restart_makes_another_engine(models, make, queue, qtbot):
    models.warm_up()
    qtbot.waitUntil(lambda: queue.idle)
    models.restart()
    qtbot.waitUntil(lambda: queue.idle)
    assert len(make.made) == 2


def test_imports_come_one_after_another(models, make, queue, tmp_path, heard, qtbot):
    said, working, failed = heard(models.said), heard(models.working), heard(models.failed)
    make.prepare = lambda backend: backend.errors.append(CheckpointCorrupt("a.pth is damaged."))
    models.import_files([tmp_path / "a.pth", tmp_path / "b.pth"])
    qtbot.waitUntil(lambda: queue.idle)
    assert [str(error) for error in failed.values] == ["a.pth is damaged."]
    assert said.values == ["b.pth was imported as the model 'b'."]
    assert ("importing b.pth: import_model ends", 1.0) in working.values
    assert working.last == ("", 0.0)


def test_an_import_can_be_cancelled(models, make, queue, tmp_path, heard, qtbot):
    said, failed = heard(models.said), heard(models.failed)
    make.prepare = lambda backend: backend.block()
    models.import_files([tmp_path / "a.pth"])
    qtbot.waitUntil(lambda: bool(make.made) and make.made[0].running.is_set())
    models.cancel()
    qtbot.waitUntil(lambda: queue.idle)
    assert (said.values, failed.values) == ([], [])


def test_rename_and_remove(models, queue, folder, heard, qtbot):
    failed = heard(models.failed)
    models.rename("mine", "Dunes")
    qtbot.waitUntil(lambda: queue.idle)
    assert models.find("mine").title == "Dunes"
    models.remove(SHIPPED)
    qtbot.waitUntil(lambda: bool(failed.values))
    assert isinstance(failed.last, RequestError)
    models.remove("mine")
    models.remove("nothing of that name")
    qtbot.waitUntil(lambda: queue.idle)
    assert ids(models) == ALL_SHIPPED
    assert list(folder.iterdir()) == []


def test_the_folder_moves_with_everything_in_it(
    models, queue, preferences, folder, tmp_path, heard, qtbot
):
    target = tmp_path / "elsewhere"
    places = heard(models.folder_changed)
    models.move_folder(target)
    qtbot.waitUntil(lambda: queue.idle)
    assert places.last[0] == target
    assert ids(models) == [*ALL_SHIPPED, "mine"]
    assert Path(preferences.value.models_folder) == target
    assert list(folder.glob("*")) == []


def test_devices(models, make, queue, preferences, heard, qtbot):
    found, tested = heard(models.devices_found), heard(models.device_tested)
    models.find_devices()
    models.test_device("cuda:0")
    qtbot.waitUntil(lambda: queue.idle)
    assert found.last == (CPU, GPU)
    assert tested.last.device == GPU
    make.made[0].errors = [RequestError("There is no such device.")]
    models.test_device("cuda:7")
    qtbot.waitUntil(lambda: queue.idle)
    assert str(tested.last) == "There is no such device."
    models.use_device("cpu")
    qtbot.waitUntil(lambda: queue.idle)
    assert preferences.value.device == "cpu"
    assert len(make.made) == 2
    models.use_device("cpu")
    qtbot.waitUntil(lambda: queue.idle)
    assert len(make.made) == 2


def test_a_device_that_is_chosen_in_the_settings_is_used(models, make, queue, preferences, qtbot):
    models.warm_up()
    qtbot.waitUntil(lambda: queue.idle)
    preferences.set(replace(preferences.value, device="cuda:0"))
    qtbot.waitUntil(lambda: queue.idle)
    assert len(make.made) == 2


def test_a_model_is_verified(models, make, queue, heard, qtbot):
    said = heard(models.said)
    models.verify("mine")
    qtbot.waitUntil(lambda: queue.idle)
    assert make.made[0].calls == ["verify_model"]
    assert said.last == "Mine is whole."


def test_what_is_installed_is_known_and_nothing_is_missed_before_the_list_is_there(
    models, queue, preferences
):
    assert (models.has("mine"), models.lacks("mine")) == (True, False)
    assert (models.has("gone"), models.lacks("gone")) == (False, True)
    fresh = Models(queue, preferences)
    assert (fresh.has("mine"), fresh.lacks("mine")) == (False, False)
