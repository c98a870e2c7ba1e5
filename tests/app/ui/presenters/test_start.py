"""The start page, where drives are slow and files are gone."""

import threading

import numpy as np

from app.controllers.finder import read_thumbnail
from app.jobs.slots import Means, Slot
from app.settings import Settings
from app.ui.presenters.start import SAMPLE_THUMBNAIL_PX, _read_samples
from app.ui.start import StartPage
from models.api import CancelToken
from tests.app.fakes import FakeBackend


def test_a_drive_that_does_not_answer_keeps_no_photo_from_opening(start, files, monkeypatch):
    hang = threading.Event()
    driver = start(Settings(recent_files=(str(files.sunset),)))
    driver.wait()
    driver.program.queue.submit(Slot.LOOK, lambda means: hang.wait(20))
    driver.program.documents.open_path(files.meadow)
    driver.qtbot.waitUntil(lambda: driver.document is not None)
    driver.program.swapping.use_file(files.sunset)
    driver.qtbot.waitUntil(lambda: bool(driver.document.entries))
    assert not hang.is_set()
    hang.set()
    driver.wait()


def test_names_that_the_system_refuses_count_as_gone(start, files):
    refused = "/" + 300 * "x" + "/a.png"
    driver = start(
        Settings(recent_files=(refused, str(files.meadow)), last_folders={"picture": refused})
    )
    driver.wait()
    assert driver.program.preferences.last_folder("picture") == ""


def test_only_other_recent_files_are_looked_for_again(driver, files):
    looking = driver.program.start._looking
    driver.program.preferences.update(reduce_motion=True)
    assert driver.program.start._looking is looking
    driver.program.preferences.add_recent(files.sunset)
    assert driver.program.start._looking is not looking
    driver.wait()


def test_a_sample_opens_with_one_click(driver):
    page: StartPage = driver.window.start
    page.sample_chosen.emit(driver.program.start._found[0][0])
    driver.wait(lambda: driver.document is not None)
    assert driver.window.canvas_shown


def test_the_start_page_shows_the_samples_as_they_are():
    found = _read_samples(Means(CancelToken(), lambda words, share: None, FakeBackend))
    assert len(found) == 8
    for path, _, thumb in found:
        made = read_thumbnail(path, SAMPLE_THUMBNAIL_PX)
        assert thumb.shape == made.shape
        assert np.abs(thumb.astype(int) - made).mean() < 3.0
