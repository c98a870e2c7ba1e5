"""Projects: which file a document belongs to, saving, and opening with the history."""

import os
import threading

import numpy as np
import pytest

from app.controllers import projects as controller
from app.controllers.pictures import Pictures
from app.controllers.preview import Rendered
from app.controllers.projects import Projects, is_project
from app.controllers.session import Session
from app.document.document import Document, Photo, set_strength
from app.document.io import project
from app.document.io.fingerprints import fingerprint
from app.document.io.photo_files import photo_file
from app.document.io.project import load_project, save_project
from app.document.pyramid import Pyramid
from app.errors import UserError
from app.jobs.slots import Slot
from models.api import RenderRequest, RenderResult
from tests.app.fakes import picture


@pytest.fixture
def projects(queue, session) -> Projects:
    return Projects(queue, session, Pictures(queue, session))


@pytest.fixture
def idle(queue, qtbot):
    return lambda: qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def other(qapp) -> Session:
    """A session without a document."""
    return Session()


@pytest.fixture
def opening(queue, other) -> Projects:
    return Projects(queue, other, Pictures(queue, other))


def test_a_document_is_called_by_its_photo_until_it_is_saved(
    projects, swapped, tmp_path, heard, idle
):
    saved, renamed, working = (
        heard(projects.saved), heard(projects.renamed), heard(projects.working),
    )  # fmt: skip
    path = tmp_path / "work.scumble"
    assert (projects.name, projects.path) == ("meadow.png", None)
    assert swapped.unsaved
    projects.save(path)
    assert projects.busy
    idle()
    assert (projects.name, projects.path, projects.busy) == ("work.scumble", path, False)
    assert not swapped.unsaved
    assert saved.values == [path]
    assert renamed.values
    assert working.values[0] == ("saving work.scumble", 0.0)
    assert working.last == ("", 0.0)


def test_what_is_saved_comes_back_with_its_history_and_its_place(
    projects, opening, swapped, other, tmp_path, heard, idle
):
    opened = heard(opening.opened)
    path = tmp_path / "work.scumble"
    swapped.push("Strength", set_strength(swapped.document, 1, 0.5))
    swapped.undo()
    projects.save(path)
    idle()
    opening.open_file(path)
    idle()
    assert opened.values == [path]
    assert other.document == swapped.document
    assert (opening.path, opening.name, opening.recovered) == (path, "work.scumble", False)
    assert not other.unsaved
    labels = [state.label for state in other.history.states]
    assert labels == [state.label for state in swapped.history.states]
    other.redo()
    assert other.document.entries[0].edit.strength == 0.5
    assert other.unsaved
    other.undo()
    other.undo()
    assert other.document.entries == ()


def test_a_drag_that_has_not_come_to_rest_is_in_the_file(projects, swapped, tmp_path, idle):
    dragged = set_strength(swapped.document, 1, 0.4)
    swapped.drag(dragged, "Change strength")
    projects.save(tmp_path / "a.scumble")
    idle()
    steps = load_project(tmp_path / "a.scumble")
    assert steps.document == dragged
    assert steps.states[-1].label == "Change strength"
    assert not swapped.unsaved


def test_work_that_goes_on_while_it_is_saved_is_not_in_the_file(
    projects, swapped, queue, tmp_path, idle
):
    hold = threading.Event()
    queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    before = swapped.document
    projects.save(tmp_path / "a.scumble")
    swapped.push("Strength", set_strength(before, 1, 0.5))
    hold.set()
    idle()
    assert load_project(tmp_path / "a.scumble").document == before
    assert swapped.unsaved
    swapped.undo()
    assert not swapped.unsaved


def test_a_document_that_is_gone_when_its_file_is_there_gives_its_name_to_no_other(
    projects, swapped, queue, tmp_path, heard, idle
):
    saved = heard(projects.saved)
    hold = threading.Event()
    queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    projects.save(tmp_path / "a.scumble")
    swapped.open(Document(base=Photo(picture(16, 16, (1, 2, 3)), "b.png")))
    hold.set()
    idle()
    assert saved.values == [tmp_path / "a.scumble"]
    assert (projects.name, projects.path) == ("b.png", None)


def test_a_failure_leaves_the_file_and_the_mark(projects, swapped, tmp_path, heard, idle):
    failed, working = heard(projects.failed), heard(projects.working)
    projects.save(tmp_path / "none" / "a.scumble")
    idle()
    assert "there is no folder" in failed.last.text
    assert swapped.unsaved
    assert projects.path is None
    assert working.last == ("", 0.0)


def test_a_save_that_is_called_off_ends(projects, swapped, queue, tmp_path, heard, idle):
    working = heard(projects.working)
    hold = threading.Event()
    queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    projects.save(tmp_path / "a.scumble")
    queue.cancel_slot(Slot.WRITE)
    hold.set()
    idle()
    assert working.last == ("", 0.0)
    assert not projects.busy
    assert swapped.unsaved


# Another program at the same file


def written_by_another(path, seconds: float = 0.0) -> bytes:
    """Of the same size, as the worst case; so long after what was there."""
    data = bytes(path.stat().st_size)
    written_ns = path.stat().st_mtime_ns + round(seconds * 1e9)
    path.write_bytes(data)
    os.utime(path, ns=(written_ns, written_ns))
    return data


@pytest.fixture
def path(projects, swapped, tmp_path, idle):
    """Of a project file that was saved; there is work since then."""
    projects.save(tmp_path / "a.scumble")
    idle()
    swapped.push("Strength", set_strength(swapped.document, 1, 0.5))
    return tmp_path / "a.scumble"


def test_what_another_program_has_saved_is_not_replaced_unasked(
    projects, swapped, path, heard, idle
):
    saved, refused, working = (
        heard(projects.saved), heard(projects.refused), heard(projects.working),
    )  # fmt: skip
    data = written_by_another(path, 0.01)
    for _ in range(2):
        projects.save(path, replace=False)
        idle()
        assert path.read_bytes() == data
        assert swapped.unsaved
    assert (saved.values, refused.values) == ([], [path, path])
    assert working.last == ("", 0.0)
    projects.save(path)
    idle()
    assert load_project(path).document == swapped.document
    # What was written last here is known from now on.
    projects.save(path, replace=False)
    idle()
    assert saved.values == [path, path]


def test_another_size_is_noticed_even_at_the_same_time(projects, path, heard, idle):
    refused = heard(projects.refused)
    before = path.stat()
    path.write_bytes(b"another")
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    projects.save(path, replace=False)
    idle()
    assert refused.values == [path]
    assert path.read_bytes() == b"another"


def test_saves_one_after_the_other_do_not_take_each_other_for_another_program(
    projects, swapped, path, queue, tmp_path, heard, idle
):
    saved, other = heard(projects.saved), tmp_path / "b.scumble"
    hold = threading.Event()
    queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    for each in (path, path, other, path):
        projects.save(each, replace=each is other)
    hold.set()
    idle()
    assert saved.values == [path, path, other, path]
    assert not swapped.unsaved


def test_a_file_that_is_gone_is_written_again(projects, swapped, path, idle):
    path.unlink()
    projects.save(path, replace=False)
    idle()
    assert load_project(path).document == swapped.document


@pytest.mark.parametrize("when", ["after", "while"])
def test_a_change_after_opening_is_noticed(
    opening, projects, other, path, heard, idle, monkeypatch, when
):
    refused = heard(opening.refused)
    load = project.load_project

    def loaded(*arguments):
        steps = load(*arguments)
        if when == "while":
            written_by_another(path, 0.01)
        return steps

    monkeypatch.setattr(project, "load_project", loaded)
    opening.open_file(path)
    idle()
    if when == "after":
        opening.save(path, replace=False)
        idle()
        assert refused.values == []
        # The window that had it first finds the other's.
        earlier = heard(projects.refused)
        projects.save(path, replace=False)
        idle()
        assert earlier.values == [path]
        written_by_another(path, 0.01)
    opening.save(path, replace=False)
    idle()
    assert refused.values == [path]


def test_opening_a_file_again_in_vain_does_not_take_note_of_what_is_in_it(
    projects, path, heard, idle
):
    failed, refused = heard(projects._pictures.failed), heard(projects.refused)
    written_by_another(path, 0.01)
    projects.open_file(path)
    idle()
    assert failed.values
    projects.save(path, replace=False)
    idle()
    assert refused.values == [path]


def test_of_a_document_that_is_gone_it_is_only_told(projects, swapped, path, queue, heard, idle):
    failed, refused = heard(projects.failed), heard(projects.refused)
    data = written_by_another(path, 0.01)
    hold = threading.Event()
    queue.submit(Slot.WRITE, lambda means: hold.wait(10))
    projects.save(path, replace=False)
    swapped.close()
    hold.set()
    idle()
    assert failed.last.text == "a.scumble was not saved: another program has changed it."
    assert refused.values == []
    assert path.read_bytes() == data


def test_the_disk_is_not_asked_on_the_gui_thread(projects, path, idle, monkeypatch):
    asked = []

    def seen(path):
        asked.append(threading.current_thread() is threading.main_thread())
        return fingerprint(path)

    monkeypatch.setattr(controller, "fingerprint", seen)
    projects.save(path, replace=False)
    idle()
    projects.open_file(path)
    idle()
    assert projects.file_fingerprint == fingerprint(path)
    assert asked == [False, False, False]


def test_a_bad_project_leaves_what_is_open(projects, swapped, tmp_path, heard, idle, queue):
    failed = heard(projects._pictures.failed)
    before = swapped.document
    (tmp_path / "a.scumble").write_bytes(b"PK\3\4")
    projects.open_file(tmp_path / "a.scumble")
    idle()
    assert isinstance(failed.last, UserError)
    assert swapped.document is before
    # Nothing of what did not come is left for what comes next.
    swapped.open(Document(base=Photo(picture(16, 16, (1, 2, 3)), "b.png")))
    assert projects.path is None


def test_another_picture_belongs_to_no_file(projects, swapped, tmp_path, idle):
    projects.save(tmp_path / "a.scumble")
    idle()
    swapped.open(Document(base=Photo(picture(16, 16, (1, 2, 3)), "b.png")))
    assert (projects.name, projects.path) == ("b.png", None)
    swapped.close()
    assert projects.name == ""


def test_without_a_document_nothing_is_saved(opening, tmp_path, idle):
    opening.save(tmp_path / "a.scumble")
    idle()
    assert list(tmp_path.iterdir()) == []


def test_photos_that_are_files_already_are_not_made_anew(projects, swapped, tmp_path, idle):
    asked = []

    def encode(photo):
        asked.append((photo.name, threading.current_thread() is threading.main_thread()))
        return photo_file(photo)

    projects.set_encoder(encode)
    projects.save(tmp_path / "a.scumble")
    idle()
    assert asked == [("meadow.png", False), ("sunset.png", False)]


def test_what_is_shown_becomes_the_thumbnail(projects, swapped):
    assert projects.thumbnail()() is None
    red = np.full((20, 30, 3), (200, 10, 10), np.uint8)
    request = RenderRequest(base=swapped.document.base.picture)
    result = RenderResult(rgb_hwc=red, seconds=0.1, device="toy")
    projects.note_shown(Rendered(request, result, Pyramid.of(red), True))
    assert projects.thumbnail()()[5, 5].tolist() == [200, 10, 10]
    swapped.open(Document(base=swapped.document.base))
    assert projects.thumbnail()() is None


@pytest.mark.parametrize(
    ("name", "expected"), [("a.scumble", True), ("a.SCUMBLE", True), ("a.png", False), ("a", False)]
)
def test_projects_are_told_by_their_names(tmp_path, name, expected):
    assert is_project(tmp_path / name) is expected


def test_progress_of_reading_is_told(opening, swapped, tmp_path, heard, idle):
    save_project(swapped.steps(), tmp_path / "a.scumble")
    told = heard(opening._pictures.progressed)
    opening.open_file(tmp_path / "a.scumble")
    idle()
    assert told.values
    assert all(words.startswith("reading") for words, _ in told.values)
