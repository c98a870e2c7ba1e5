import threading

import pytest

from app.atomic import write_atomically
from app.controllers.preferences import Preferences
from app.errors import UserError
from app.jobs.slots import Slot
from app.settings import MAX_RECENT_FILES, Settings, load_settings


@pytest.fixture
def preferences(queue) -> Preferences:
    return Preferences(Settings(), queue)


def test_a_change_is_told_at_once_and_written_a_moment_later(preferences, queue, heard, qtbot):
    said = heard(preferences.changed)
    preferences.update(theme="light")
    assert [(old.theme, new.theme) for old, new in said.values] == [("system", "light")]
    preferences.update(theme="light")
    assert len(said.values) == 1
    qtbot.waitUntil(lambda: load_settings()[0].theme == "light")
    qtbot.waitUntil(lambda: queue.idle)


def test_what_is_not_written_yet_is_written_at_the_end(preferences):
    preferences.update(model="mine")
    preferences.flush()
    assert load_settings()[0].model == "mine"
    preferences.flush()


def test_what_waits_for_a_busy_thread_is_written_at_the_end(preferences, queue, qtbot):
    hold = threading.Event()
    queue.submit(Slot.OPEN, lambda means: hold.wait(10))
    preferences.update(model="mine")
    qtbot.waitUntil(lambda: queue.pending(Slot.MANAGE) == 1)
    hold.set()
    queue.close()
    preferences.flush()
    assert load_settings()[0].model == "mine"


def test_at_the_end_a_folder_that_cannot_be_written_stops_nothing(
    preferences, tmp_path, monkeypatch
):
    write_atomically(tmp_path / "file", b"")
    monkeypatch.setenv("SCUMBLE_CONFIG", str(tmp_path / "file"))
    preferences.update(theme="dark")
    preferences.flush()


def test_recent_files_are_few_and_the_newest_is_first(preferences, tmp_path):
    for number in range(MAX_RECENT_FILES + 3):
        preferences.add_recent(tmp_path / f"{number}.png")
    preferences.add_recent(tmp_path / "5.png")
    recent = preferences.value.recent_files
    assert len(recent) == MAX_RECENT_FILES
    assert recent[0] == str(tmp_path / "5.png")
    assert len(set(recent)) == len(recent)


def test_the_last_folder_of_a_kind(preferences, tmp_path):
    assert preferences.last_folder("picture") == ""
    preferences.remember_folder("picture", tmp_path)
    assert preferences.last_folder("picture") == str(tmp_path)
    preferences.remember_folder("export", tmp_path / "gone")
    assert preferences.last_folder("export") == ""


def test_a_folder_that_cannot_be_written_is_told(preferences, tmp_path, heard, qtbot, monkeypatch):
    write_atomically(tmp_path / "file", b"")
    monkeypatch.setenv("SCUMBLE_CONFIG", str(tmp_path / "file"))
    failed = heard(preferences.failed)
    preferences.update(theme="dark")
    qtbot.waitUntil(lambda: bool(failed.values))
    assert isinstance(failed.last, UserError)
