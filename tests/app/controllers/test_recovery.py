"""Every step is on the disk at once, what programs left is offered, and nobody takes another's."""

import datetime
import errno
import gc
import os
import threading
import weakref

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt

from app.controllers import recovery
from app.controllers.pictures import Pictures
from app.controllers.preview import Rendered
from app.controllers.projects import Projects
from app.controllers.recovery import Recoveries
from app.controllers.recovery_folders import lock_of
from app.controllers.requests import request_of
from app.controllers.session import Session
from app.document.document import Document, set_strength
from app.document.io.recovery import (
    About,
    Recovery,
    found,
    load_recovery,
    recoveries,
    recovery_folder,
    remove_recovery,
)
from app.document.io.steps import Steps
from app.document.pyramid import Pyramid
from app.errors import UserError
from app.jobs.slots import Slot
from models.api import RenderResult

State = Qt.ApplicationState


class Part:
    """What one window has of it."""

    def __init__(self, queue, session) -> None:
        self.session = session
        self.projects = Projects(queue, session, Pictures(queue, session))
        self.keeper = Recoveries(queue, session, self.projects)


@pytest.fixture
def parts(queue):
    """A function that makes such a part; none is left to be collected on another thread."""
    made = []

    def make(session: Session) -> Part:
        made.append(Part(queue, session))
        return made[-1]

    yield make
    assert queue.close(5000)
    for each in made:
        each.keeper.end()
        each.keeper.deleteLater()
    made.clear()
    gc.collect()


@pytest.fixture
def part(parts, session) -> Part:
    return parts(session)


@pytest.fixture
def window(parts, qapp) -> Part:
    """Another window, without a document."""
    return parts(Session())


@pytest.fixture
def idle(queue, qtbot):
    return lambda: qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def worked(part, swapped, idle) -> Part:
    """With a step that is on the disk."""
    idle()
    return part


def folders():
    return recoveries(recovery_folder())


def kept():
    """What is on the disk of the only document."""
    (folder,) = folders()
    return load_recovery(folder)[0]


def change(part: Part, strength: float) -> None:
    part.session.push("Strength", set_strength(part.session.document, 1, strength))


def left(part: Part) -> None:
    """As if its program had been killed."""
    writer = part.keeper._writer
    assert writer is not None
    writer.release()


# Keeping


def test_nothing_is_kept_before_the_first_step(part, session, idle):
    idle()
    assert folders() == ()
    assert part.keeper.flush() is None


def test_every_step_is_on_the_disk_as_soon_as_its_thread_has_done_it(worked, idle):
    assert kept().document == worked.session.document
    change(worked, 0.5)
    idle()
    assert kept().document == worked.session.document
    worked.session.undo()
    idle()
    assert kept().document == worked.session.document
    assert len(kept().states) == 3


def test_the_gui_does_not_wait_for_the_disk(worked, queue, idle):
    hold = threading.Event()
    queue.submit(Slot.JOURNAL, lambda means: hold.wait(10))
    change(worked, 0.5)
    change(worked, 0.6)
    assert len(kept().states) == 2
    hold.set()
    idle()
    assert len(kept().states) == 4


def test_what_is_saved_is_not_kept_any_more(worked, tmp_path, idle):
    worked.projects.save(tmp_path / "a.scumble")
    idle()
    (folder,) = folders()
    assert found(folder) is None
    change(worked, 0.5)
    idle()
    assert load_recovery(folder)[1].project == tmp_path / "a.scumble"
    worked.session.undo()
    idle()
    assert found(folder) is None


def test_another_picture_takes_its_place(worked, photo, idle):
    (before,) = folders()
    worked.session.open(Document(base=photo))
    idle()
    assert folders() == ()
    worked.session.push("Add", Document(base=photo, references=(photo,)))
    idle()
    assert folders() != (before,)
    worked.session.close()
    idle()
    assert folders() == ()


def test_saving_takes_the_photos_that_are_kept(worked, idle):
    base = worked.session.document.base
    kept_file = worked.projects._encode(base)
    (folder,) = folders()
    assert (folder / kept_file.name).read_bytes() == kept_file.data


def test_after_a_while_the_journal_becomes_a_project(worked, idle, monkeypatch):
    assert worked.keeper._rest.isActive()
    assert worked.keeper._rest.interval() == 60_000
    worked.keeper._rest.timeout.emit()
    idle()
    (folder,) = folders()
    assert (folder / "recovery-2.scumble").exists()
    assert not worked.keeper._rest.isActive()
    assert kept().document == worked.session.document


@pytest.mark.parametrize(
    ("state", "folds"), [(State.ApplicationInactive, True), (State.ApplicationActive, False)]
)
def test_when_the_window_is_left_the_journal_becomes_a_project(worked, idle, qapp, state, folds):
    qapp.applicationStateChanged.emit(state)
    idle()
    (folder,) = folders()
    assert (folder / "recovery-2.scumble").exists() is folds


def test_when_the_hand_rests_the_list_gets_a_picture_of_how_it_looks(worked, idle):
    shown = np.full((30, 50, 3), (0, 0, 200), np.uint8)
    request = request_of(worked.session.document, None, 8)
    result = RenderResult(rgb_hwc=shown, seconds=0.1, device="toy")
    worked.projects.note_shown(Rendered(request, result, Pyramid.of(shown), True))
    assert worked.keeper._calm.isActive()
    assert worked.keeper._calm.interval() == 3_000
    worked.keeper._calm.timeout.emit()
    idle()
    (folder,) = folders()
    with Image.open(folder / "thumbnail.png") as thumbnail:
        assert thumbnail.getpixel((9, 9)) == (0, 0, 200)
    assert not (folder / "recovery-2.scumble").exists()


def test_without_work_nothing_is_folded(part, session, idle):
    part.keeper.fold()
    idle()
    assert folders() == ()


def test_a_long_journal_becomes_a_project_at_once(worked, idle, monkeypatch):
    monkeypatch.setattr(recovery, "FOLD_BYTES", 10)
    change(worked, 0.5)
    idle()
    (folder,) = folders()
    assert (folder / "recovery-2.scumble").exists()


def test_a_full_disk_is_told_once_and_again_when_it_was_mended(worked, idle, heard, monkeypatch):
    failed = heard(worked.keeper.failed)

    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            for strength in (0.1, 0.2, 0.3):
                change(worked, strength)
                idle()
        change(worked, 0.9)
        idle()
    assert len(failed.values) == 2
    assert isinstance(failed.last, UserError)
    assert kept().document == worked.session.document


def test_a_folder_that_cannot_be_made_is_told(part, session, photo, idle, heard):
    recovery_folder().parent.mkdir()
    recovery_folder().write_bytes(b"")
    failed = heard(part.keeper.failed)
    session.push("Add", Document(base=session.document.base, references=(photo,)))
    idle()
    assert isinstance(failed.last, UserError)


# The end of the program


def test_a_drag_on_its_way_is_kept_at_the_end(worked):
    dragged = set_strength(worked.session.document, 1, 0.4)
    worked.session.drag(dragged, "Change strength")
    folder = worked.keeper.flush()
    steps, _ = load_recovery(folder)
    assert steps.document == dragged
    assert steps.states[-1].label == "Change strength"


def test_it_is_kept_once(worked):
    worked.session.drag(set_strength(worked.session.document, 1, 0.4), "Change strength")
    folder = worked.keeper.flush()
    size = (folder / "journal-1").stat().st_size
    assert worked.keeper.flush() == folder
    assert (folder / "journal-1").stat().st_size == size
    worked.session.commit()
    assert worked.keeper.flush() == folder


def test_what_was_kept_at_the_end_does_not_keep_a_closed_picture_in_memory(worked, idle):
    worked.keeper.flush()
    alive = weakref.ref(worked.session.document)
    worked.session.close()
    idle()
    gc.collect()
    assert alive() is None


def test_a_disk_that_does_not_answer_is_not_waited_for_for_ever(worked, queue, idle):
    hold = threading.Event()
    queue.submit(Slot.JOURNAL, lambda means: hold.wait(10))
    change(worked, 0.5)
    with pytest.raises(UserError, match="does not answer in time"):
        worked.keeper.flush(seconds=0.05)
    hold.set()
    idle()


def test_a_failure_at_the_end_is_raised(worked, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    worked.session.drag(set_strength(worked.session.document, 1, 0.4), "Change strength")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match="cannot be kept"):
            worked.keeper.flush()
        worked.keeper.finish()


@pytest.mark.parametrize("given_up", [True, False])
def test_only_what_is_given_up_is_deleted_at_the_end(worked, queue, given_up):
    change(worked, 0.5)
    document = worked.session.document
    if given_up:
        worked.keeper.give_up()
    worked.keeper.finish()
    assert queue.close(5000)
    worked.keeper.end()
    worked.keeper.end()
    if given_up:
        assert folders() == ()
    else:
        assert kept().document == document
        (folder,) = folders()
        assert lock_of(folder) is not None


def test_saved_work_leaves_nothing_at_the_end(worked, queue):
    worked.session.history.mark_saved()
    worked.keeper.finish()
    assert queue.close(5000)
    worked.keeper.end()
    assert folders() == ()


def test_what_was_left_before_is_deleted_even_if_the_program_ends_at_once(worked, queue):
    hold = threading.Event()
    queue.submit(Slot.JOURNAL, lambda means: hold.wait(10))
    worked.session.close()
    worked.keeper.finish()
    hold.set()
    assert queue.close(5000)
    worked.keeper.end()
    assert folders() == ()


def test_what_cannot_be_deleted_is_no_reason_to_stay(worked, idle, monkeypatch):
    def fail(*_arguments):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        worked.session.close()
        idle()
    assert len(folders()) == 1


# What programs have left


def offers(part: Part, heard, idle):
    ear = heard(part.keeper.found)
    part.keeper.look()
    idle()
    return ear.last


def test_what_a_living_program_works_on_is_not_offered(worked, window, heard, idle):
    assert offers(window, heard, idle) == ()
    assert offers(worked, heard, idle) == ()


def test_what_a_program_left_is_offered_with_name_and_picture(worked, window, heard, idle):
    left(worked)
    (offer,) = offers(window, heard, idle)
    assert offer.found.about.name == "meadow.png"
    assert offer.thumb_rgb_hwc.shape == (64, 96, 3)
    (offer.found.folder / "thumbnail.png").unlink()
    (offer,) = offers(window, heard, idle)
    assert offer.thumb_rgb_hwc is None


def test_what_there_is_nothing_of_is_deleted(worked, window, heard, idle, tmp_path, monkeypatch):
    worked.projects.save(tmp_path / "a.scumble")
    idle()
    left(worked)
    (folder,) = folders()
    # For all that a window knows, another one is about to begin with it.
    assert offers(window, heard, idle) == ()
    assert folders() == (folder,)
    yesterday = datetime.datetime.now() - datetime.timedelta(days=1, seconds=1)
    folder.rename(folder.with_name(f"{yesterday:%Y%m%d-%H%M%S}-0a1b2c"))

    def fail(*_arguments):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        assert offers(window, heard, idle) == ()
    assert len(folders()) == 1
    assert offers(window, heard, idle) == ()
    assert folders() == ()


def test_it_is_opened_with_all_steps_and_goes_on_in_its_folder(worked, window, heard, idle):
    change(worked, 0.5)
    idle()
    left(worked)
    (offer,) = offers(window, heard, idle)
    recovered, again = heard(window.keeper.recovered), heard(window.keeper.found)
    window.keeper.open(offer.found)
    idle()
    session = window.session
    assert session.document == worked.session.document
    assert session.unsaved
    assert window.projects.recovered
    assert recovered.values == ["meadow.png"]
    assert again.last == ()
    assert folders() == (offer.found.folder,)
    session.undo()
    idle()
    assert session.document.entries[0].edit.strength == 1.0
    assert kept().document == session.document
    session.close()
    idle()
    assert folders() == ()


def test_recovered_work_belongs_to_the_project_that_it_was(worked, window, heard, idle, tmp_path):
    path = tmp_path / "a.scumble"
    worked.projects.save(path)
    idle()
    change(worked, 0.5)
    idle()
    left(worked)
    (offer,) = offers(window, heard, idle)
    window.keeper.open(offer.found)
    idle()
    assert (window.projects.path, window.projects.name) == (path, "a.scumble")
    window.projects.save(path)
    idle()
    assert not window.projects.recovered
    assert found(offer.found.folder) is None


@pytest.mark.parametrize("changed", ["not", "before", "after"])
def test_a_project_that_changed_after_its_window_was_killed_is_not_replaced_unasked(
    worked, window, heard, idle, tmp_path, changed
):
    path = tmp_path / "a.scumble"
    worked.projects.save(path)
    idle()
    change(worked, 0.5)
    idle()
    left(worked)
    if changed == "before":
        path.write_bytes(b"another window's")
    (offer,) = offers(window, heard, idle)
    window.keeper.open(offer.found)
    idle()
    if changed == "after":
        path.write_bytes(b"another window's")
    refused, saved = heard(window.projects.refused), heard(window.projects.saved)
    window.projects.save(path, replace=False)
    idle()
    assert (refused.values, saved.values) == (([], [path]) if changed == "not" else ([path], []))


def test_a_project_of_which_nothing_was_noted_counts_as_it_is(
    worked, window, heard, idle, tmp_path
):
    path = tmp_path / "a.scumble"
    path.write_bytes(b"here")
    left(worked)
    (offer,) = offers(window, heard, idle)
    writer = Recovery(offer.found.folder)
    writer.keep(Steps.of(worked.session.history), About("a.scumble", path))
    writer.close()
    window.keeper.open(offer.found)
    idle()
    assert window.projects.file_fingerprint == (4, path.stat().st_mtime_ns)


def test_two_windows_cannot_have_the_same(worked, window, heard, idle):
    left(worked)
    (offer,) = offers(window, heard, idle)
    lock = lock_of(offer.found.folder)
    assert lock is not None
    failed, again = heard(window.keeper.failed), heard(window.keeper.found)
    window.keeper.discard(offer.found)
    window.keeper.open(offer.found)
    idle()
    assert len(failed.values) == 2
    for error in failed.values:
        assert "is open in another window" in error.text
    assert again.values == [(), ()]
    assert folders() == (offer.found.folder,)
    lock.unlock()
    window.keeper.open(offer.found)
    idle()
    assert window.session.document == worked.session.document


def test_a_second_click_opens_it_once_and_says_nothing(worked, window, heard, idle):
    left(worked)
    (offer,) = offers(window, heard, idle)
    failed, recovered = heard(window.keeper.failed), heard(window.keeper.recovered)
    window.projects._pictures.reading.connect(lambda _name: window.keeper.open(offer.found))
    window.keeper.open(offer.found)
    window.keeper.open(offer.found)
    idle()
    assert failed.values == []
    assert recovered.values == ["meadow.png"]
    assert window.session.document == worked.session.document


@pytest.mark.parametrize("why", ["another file is opened", "what is open is kept"])
def test_one_that_is_not_opened_in_the_end_is_let_go(worked, window, heard, idle, why):
    left(worked)
    (offer,) = offers(window, heard, idle)
    pictures, document = window.projects._pictures, worked.session.document
    if why == "another file is opened":
        pictures.reading.connect(lambda name: pictures.cancel() if name else None)
    else:
        pictures.set_guard(lambda *_: None)
        pictures.reading.connect(lambda name: window.session.open(document) if name else None)
    window.keeper.open(offer.found)
    idle()
    assert not window.projects.recovered
    lock = lock_of(offer.found.folder)
    assert lock is not None
    lock.unlock()
    assert load_recovery(offer.found.folder)[0].document == document


def test_what_another_window_has_done_with_is_told_and_offered_no_more(
    worked, window, heard, idle, tmp_path
):
    left(worked)
    (offer,) = offers(window, heard, idle)
    lock = lock_of(offer.found.folder)
    assert lock is not None
    Recovery(offer.found.folder).clear()
    lock.unlock()
    failed, again = heard(window.keeper.failed), heard(window.keeper.found)
    window.keeper.open(offer.found)
    idle()
    remove_recovery(offer.found.folder)
    window.keeper.open(offer.found)
    idle()
    assert [error.text for error in failed.values] == [
        "meadow.png is not there any more: another window saved or discarded it."
    ] * 2
    assert again.values == [(), ()]
    assert window.session.document is None
    # It holds no lock of what it did not get.
    assert folders() == ()


def test_what_another_window_only_looks_at_is_waited_for(worked, window, heard, idle):
    left(worked)
    (offer,) = offers(window, heard, idle)
    lock = lock_of(offer.found.folder)
    assert lock is not None
    looking = threading.Timer(0.1, lock.unlock)
    looking.start()
    window.keeper.open(offer.found)
    idle()
    looking.join()
    assert window.session.document == worked.session.document


def test_work_that_another_window_went_on_with_and_lost_is_opened_as_it_is_now(
    worked, window, heard, idle, tmp_path
):
    left(worked)
    (offer,) = offers(window, heard, idle)
    other = Recovery(offer.found.folder)
    other.keep(Steps.of(worked.session.history), About("a.scumble", tmp_path / "a.scumble"))
    other.close()
    window.keeper.open(offer.found)
    idle()
    assert window.projects.path == tmp_path / "a.scumble"


@pytest.mark.parametrize("free", [True, False])
def test_a_window_without_a_picture_looks_again_when_one_comes_back_to_it(
    worked, window, heard, idle, qapp, free
):
    left(worked)
    lock = None if free else lock_of(folders()[0])
    mine, other = heard(window.keeper.found), heard(worked.keeper.found)
    qapp.applicationStateChanged.emit(State.ApplicationActive)
    idle()
    assert [len(found) for found in mine.values] == [1 if free else 0]
    assert other.values == []
    assert (lock is None) is free


def test_what_cannot_be_read_stays_and_is_told(worked, window, heard, idle):
    left(worked)
    (offer,) = offers(window, heard, idle)
    (offer.found.folder / "journal-1").write_bytes(b"noise")
    failed = heard(window.projects._pictures.failed)
    window.keeper.open(offer.found)
    idle()
    assert "is damaged" in failed.last.text
    assert window.session.document is None
    assert lock_of(offer.found.folder) is not None


def test_it_can_be_discarded(worked, window, heard, idle):
    left(worked)
    (offer,) = offers(window, heard, idle)
    again = heard(window.keeper.found)
    window.keeper.discard(offer.found)
    idle()
    assert folders() == ()
    assert again.last == ()
    window.keeper.discard(offer.found)
    idle()
