"""What is kept of work that is in no file: always whole, and gone when it is not wanted."""

import datetime
import errno
import json
import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.history import History
from app.document.io import journal, photo_files, project, recovery
from app.document.io.journal import Journal
from app.document.io.project import load_project
from app.document.io.recovery import (
    About,
    Found,
    Recovery,
    drop_leftovers,
    found,
    is_old,
    load_recovery,
    new_folder,
    recoveries,
    recovery_folder,
    remove_recovery,
)
from app.document.io.steps import Steps
from app.errors import UserError
from tests.app.document.io.works import full_steps, photo, same_steps

STEPS = full_steps()
ABOUT = About("meadow.jpg", Path("/a/\udcffä.scumble"), (2**40, -(10**18)))
NAME = "20270314-150926-0a1b2c"


def first(count: int) -> Steps:
    """The first of the steps, the last of them being the current one."""
    return Steps(STEPS.states[:count], count - 1)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / "recovery" / NAME


@pytest.fixture
def writer(folder):
    made = Recovery(folder)
    yield made
    made.close()


def there(folder: Path) -> Found:
    """What is found there, which has to be something."""
    what = found(folder)
    assert what is not None
    return what


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


# Keeping


def test_every_step_that_was_kept_comes_back(writer, folder):
    for count in range(1, len(STEPS.states) + 1):
        writer.keep(first(count), ABOUT)
        steps, about = load_recovery(folder)
        assert same_steps(steps, first(count))
        assert about == ABOUT
    writer.keep(STEPS, ABOUT)
    assert same_steps(load_recovery(folder)[0], STEPS)
    assert files(folder) == ["about.json", "journal-1", "thumbnail.png"]


def test_nothing_is_made_before_the_first_step(writer, folder):
    assert not folder.exists()
    assert writer.journal_bytes == 0


def test_the_same_steps_are_not_written_again(writer, folder):
    writer.keep(first(2), ABOUT)
    size = writer.journal_bytes
    writer.keep(first(2), ABOUT)
    writer.keep(Steps(tuple(STEPS.states[:2]), 1), ABOUT)
    assert writer.journal_bytes == size == (folder / "journal-1").stat().st_size
    writer.keep(Steps(STEPS.states[:2], 0), ABOUT)
    assert writer.journal_bytes > size


def test_a_journal_becomes_a_project_and_goes_on(writer, folder):
    writer.keep(first(3), ABOUT)
    writer.fold()
    assert files(folder) == ["about.json", "recovery-2.scumble", "thumbnail.png"]
    assert writer.journal_bytes == 0
    assert same_steps(load_project(folder / "recovery-2.scumble"), first(3))
    assert same_steps(load_recovery(folder)[0], first(3))
    writer.keep(first(4), ABOUT)
    assert files(folder) == ["about.json", "journal-2", "recovery-2.scumble", "thumbnail.png"]
    assert same_steps(load_recovery(folder)[0], first(4))
    writer.fold()
    writer.keep(STEPS, ABOUT)
    assert files(folder) == ["about.json", "journal-3", "recovery-3.scumble", "thumbnail.png"]
    assert same_steps(load_recovery(folder)[0], STEPS)


def test_what_is_folded_is_not_folded_again(writer, folder):
    writer.fold()
    assert not folder.exists()
    writer.keep(first(1), ABOUT)
    writer.fold()
    writer.fold()
    assert "recovery-2.scumble" in files(folder)


def test_photos_are_written_once(writer, folder):
    writer.keep(STEPS, ABOUT)
    photos = sorted((folder / "photos").iterdir())
    times = [path.stat().st_mtime_ns for path in photos]
    assert len(photos) == 5
    writer.fold()
    writer.keep(first(2), ABOUT)
    assert [path.stat().st_mtime_ns for path in photos] == times


def test_a_photo_that_is_there_is_not_made_anew(writer, folder, monkeypatch):
    base = STEPS.document.base
    plain = photo_files.photo_file(base)
    assert writer.encoded(base) == plain
    writer.keep(first(1), ABOUT)
    monkeypatch.setattr(recovery, "photo_file", lambda photo: pytest.fail("made anew"))
    assert writer.encoded(base) == plain
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_bytes", lambda path: (_ for _ in ()).throw(OSError("gone")))
    assert writer.encoded(base).name == plain.name


def test_the_thumbnail_is_of_the_photo_and_then_of_the_picture(writer, folder):
    writer.keep(first(1), ABOUT)
    with Image.open(folder / "thumbnail.png") as thumbnail:
        assert thumbnail.size == (200, 150)
    writer.fold(np.zeros((20, 30, 3), np.uint8))
    with Image.open(folder / "thumbnail.png") as thumbnail:
        assert thumbnail.size == (30, 20)


def test_the_thumbnail_follows_what_is_shown(writer, folder):
    writer.show(np.zeros((20, 30, 3), np.uint8))
    assert not folder.exists()
    writer.keep(first(1), ABOUT)
    writer.show(np.zeros((20, 30, 3), np.uint8))
    with Image.open(folder / "thumbnail.png") as thumbnail:
        assert thumbnail.size == (30, 20)


def test_small_pictures_of_states_come_back_as_of_the_last_folding(writer, folder):
    thumbs = {STEPS.states[1].serial: np.full((2, 3, 3), 1, np.uint8)}
    writer.keep(replace(first(3), thumbs=thumbs), ABOUT)
    # What is rendered after the step was kept is in the project all the same.
    thumbs[STEPS.states[2].serial] = np.full((2, 3, 3), 2, np.uint8)
    writer.fold()
    thumbs[STEPS.states[3].serial] = np.full((2, 3, 3), 3, np.uint8)
    writer.keep(replace(STEPS, thumbs=thumbs), ABOUT)
    steps, _ = load_recovery(folder)
    assert same_steps(steps, STEPS)
    assert {place: thumb[0, 0, 0] for place, thumb in steps.thumbs.items()} == {1: 1, 2: 2}


def test_the_project_that_it_belongs_to_may_change(writer, folder):
    writer.keep(first(2), About("a"))
    writer.keep(first(2), ABOUT)
    assert load_recovery(folder)[1] == ABOUT
    assert there(folder).about == ABOUT


def test_what_is_in_a_file_is_not_offered(writer, folder):
    writer.keep(first(2), ABOUT)
    writer.clear()
    assert found(folder) is None
    assert files(folder) == ["thumbnail.png"]
    assert len(list((folder / "photos").iterdir())) == 4
    writer.keep(first(3), ABOUT)
    assert same_steps(load_recovery(folder)[0], first(3))
    writer.fold()
    writer.clear()
    assert files(folder) == ["thumbnail.png"]


def test_clearing_what_is_not_there_does_no_harm(writer, folder, monkeypatch):
    writer.clear()
    assert not folder.exists()
    writer.keep(first(2), ABOUT)

    def fail(path, **arguments):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        writer.clear()
    assert same_steps(load_recovery(folder)[0], first(2))


def test_a_recovery_that_is_opened_goes_on_in_its_folder(writer, folder):
    writer.keep(first(3), ABOUT)
    writer.fold()
    writer.keep(first(4), ABOUT)
    writer.close()
    steps, about = load_recovery(folder)
    history = steps.history()
    again = Recovery(folder)
    history.push("Next", STEPS.states[5].document)
    again.keep(Steps.of(history), about)
    again.close()
    assert files(folder) == ["about.json", "journal-3", "thumbnail.png"]
    assert same_steps(load_recovery(folder)[0], Steps.of(history))


# A program that ends in the middle


def test_the_end_in_the_middle_of_folding_loses_nothing(writer, folder, tmp_path, monkeypatch):
    """All files as they are at each moment at which the disk is written to."""
    copies = []

    def copy() -> None:
        target = tmp_path / f"{len(copies)}"
        shutil.copytree(folder, target)
        copies.append(target)

    writer.keep(first(3), ABOUT)
    for name in ("replace", "unlink", "fsync"):
        real = getattr(os, name)

        def act(*arguments, real=real, **named):
            copy()
            value = real(*arguments, **named)
            copy()
            return value

        monkeypatch.setattr(os, name, act)
    writer.fold()
    writer.keep(first(3), ABOUT)
    monkeypatch.undo()
    assert len(copies) > 10
    for place in copies:
        assert same_steps(load_recovery(place)[0], first(3))


def test_the_end_while_a_new_journal_is_begun_loses_nothing(writer, folder):
    writer.keep(first(3), ABOUT)
    writer.fold()
    (folder / "journal-2").write_bytes(b"\0\0")
    assert same_steps(load_recovery(folder)[0], first(3))
    (folder / "journal-3").write_bytes(b"")
    assert same_steps(load_recovery(folder)[0], first(3))


def test_what_is_older_counts_only_where_the_newer_cannot_be_read(writer, folder):
    writer.keep(first(3), ABOUT)
    shutil.copy(folder / "journal-1", folder / "kept")
    writer.fold()
    shutil.copy(folder / "kept", folder / "journal-1")
    project = folder / "recovery-2.scumble"
    project.write_bytes(project.read_bytes()[:-99])
    assert same_steps(load_recovery(folder)[0], first(3))


# A full disk


def test_a_full_disk_is_told_and_nothing_is_lost_and_it_goes_on_later(writer, folder, monkeypatch):
    writer.keep(first(2), ABOUT)

    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for _ in range(2):
            with pytest.raises(UserError, match="cannot be kept") as caught:
                writer.keep(first(3), ABOUT)
            assert caught.value.hint == (
                "A copy of the work cannot be saved: there is no room left on the disk. "
                "Save your work."
            )
            # The system may have taken the bytes, and only not have promised to keep them.
            steps, _ = load_recovery(folder)
            assert same_steps(steps, first(max(2, len(steps.states))))
    writer.keep(first(4), ABOUT)
    assert same_steps(load_recovery(folder)[0], first(4))
    assert len([name for name in files(folder) if name.startswith("journal")]) == 1


def test_whatever_breaks_a_step_does_not_break_those_after_it(writer, folder, monkeypatch):
    """A journal that took note of a step that it does not have would never be read beyond it."""
    writer.keep(first(2), ABOUT)

    def fail(*_arguments):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_blobs", fail)
        with pytest.raises(MemoryError):
            writer.keep(first(3), ABOUT)
    assert same_steps(load_recovery(folder)[0], first(2))
    writer.keep(first(4), ABOUT)
    assert same_steps(load_recovery(folder)[0], first(4))


def test_a_step_back_after_a_failure_is_kept_too(writer, folder, monkeypatch):
    writer.keep(first(2), ABOUT)

    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError):
            writer.keep(first(3), ABOUT)
    # The third may be on the disk in spite of that.
    writer.keep(first(2), ABOUT)
    assert same_steps(load_recovery(folder)[0], first(2))


def test_a_disk_too_full_for_a_photo_is_told(writer, folder, monkeypatch):
    def full(path, data):
        raise UserError("There is no room left.")

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "write_atomically", full)
        with pytest.raises(UserError, match="cannot be kept") as caught:
            writer.keep(first(1), ABOUT)
        assert caught.value.hint == "There is no room left. Save your work."
    assert found(folder) is None
    writer.keep(first(1), ABOUT)
    assert same_steps(load_recovery(folder)[0], first(1))


def test_no_file_of_ours_is_named_when_one_of_them_cannot_be_written(writer, folder, monkeypatch):
    writer.keep(first(2), ABOUT)

    def full(*_arguments):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "replace", full)
    for act in (writer.fold, partial(writer.keep, first(2), About("b"))):
        with pytest.raises(UserError, match="cannot be kept") as caught:
            act()
        assert "A copy of the work cannot be saved: there is no room" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot be kept"):
        Recovery(tmp_path / "file" / NAME).keep(first(1), ABOUT)


def test_a_project_that_cannot_be_written_leaves_the_journal(writer, folder, monkeypatch):
    writer.keep(first(2), ABOUT)

    def full(*arguments, **named):
        raise UserError("There is no room left.")

    with monkeypatch.context() as patch:
        patch.setattr(project, "save_project", full)
        with pytest.raises(UserError, match="cannot be kept") as caught:
            writer.fold()
        # Nothing of a file that the person knows nothing of.
        assert caught.value.hint == "There is no room left. Save your work."
        monkeypatch.setattr(recovery, "write_atomically", full)
        writer.show(None)
    writer.keep(first(3), ABOUT)
    assert files(folder) == ["about.json", "journal-1", "thumbnail.png"]
    assert same_steps(load_recovery(folder)[0], first(3))


def test_files_that_cannot_be_deleted_stay_and_do_not_matter(writer, folder, monkeypatch):
    writer.keep(first(2), ABOUT)

    def fail(path, **arguments):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        writer.fold()
        writer.keep(first(3), ABOUT)
    assert "journal-1" in files(folder)
    assert same_steps(load_recovery(folder)[0], first(3))


# What there is


def test_what_was_begun_more_than_a_day_ago_is_old(tmp_path):
    assert not is_old(new_folder(tmp_path))
    now = datetime.datetime.now()
    for hours, old in ((-1, False), (1, False), (23, False), (25, True), (9999, True)):
        begun = now - datetime.timedelta(hours=hours)
        assert is_old(tmp_path / f"{begun:%Y%m%d-%H%M%S}-0a1b2c") is old


def test_recoveries_are_listed_newest_first_with_name_and_time(folder):
    names = ["20270314-150926-0a1b2c", "20270315-150926-0a1b2c", "20260314-150926-ffffff"]
    for name in names:
        writer = Recovery(folder.with_name(name))
        writer.keep(first(1), ABOUT)
        writer.close()
    for name in ("other", ".20270314-150926-0a1b2c.part", "20270314-150926-xyz"):
        folder.with_name(name).mkdir()
    folder.with_name("20270101-000000-000000").write_bytes(b"a file")
    assert [path.name for path in recoveries(folder.parent)] == [
        "20270315-150926-0a1b2c", "20270314-150926-0a1b2c", "20260314-150926-ffffff",
    ]  # fmt: skip
    when = datetime.datetime(2027, 3, 14, 15, 9, 26)
    os.utime(folder / "journal-1", (when.timestamp(), when.timestamp()))
    what = there(folder)
    assert (what.folder, what.about, what.changed) == (folder, ABOUT, when)
    assert what.words == "meadow.jpg, 14 March 2027, 15:09"


def test_without_a_folder_there_are_none(tmp_path):
    assert recoveries(tmp_path / "no") == ()
    assert found(tmp_path / "no") is None


def test_a_folder_with_nothing_to_recover_is_not_offered(folder):
    folder.mkdir(parents=True)
    (folder / "about.json").write_text("{}")
    assert found(folder) is None


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"format": "other"}', '{"format": "scumble-recovery"}']
)
def test_one_whose_name_cannot_be_read_goes_by_its_folder_and_is_kept(writer, folder, text):
    writer.keep(first(1), ABOUT)
    (folder / "about.json").write_text(text)
    assert there(folder).about == About(NAME)
    with pytest.raises(UserError, match=f"What was kept in {NAME} is damaged") as caught:
        load_recovery(folder)
    assert str(folder) in caught.value.hint


def test_one_of_a_later_version_says_so(writer, folder):
    writer.keep(first(1), ABOUT)
    values = json.loads((folder / "about.json").read_text())
    (folder / "about.json").write_text(json.dumps({**values, "version": 2}))
    with pytest.raises(UserError, match="a later version of Scumble wrote it"):
        load_recovery(folder)
    assert there(folder).about == About(NAME)


def test_a_journal_of_a_later_version_says_so(writer, folder, monkeypatch):
    monkeypatch.setattr(journal, "VERSION", 2)
    writer.keep(first(1), ABOUT)
    monkeypatch.undo()
    with pytest.raises(UserError, match="a later version of Scumble wrote it"):
        load_recovery(folder)


def test_one_in_which_nothing_can_be_read_is_damaged(writer, folder):
    writer.keep(first(1), ABOUT)
    (folder / "journal-1").write_bytes(b"noise")
    with pytest.raises(UserError, match="is damaged"):
        load_recovery(folder)


def test_steps_after_a_lost_photo_do_not_come_back(writer, folder):
    writer.keep(first(3), ABOUT)
    writer.keep(first(4), ABOUT)
    last = STEPS.states[3].document.references[-1]
    (folder / "photos" / f"{last.picture.sha256[:32]}.png").unlink()
    assert same_steps(load_recovery(folder)[0], first(3))


# Deleting


def test_a_recovery_is_removed_once(writer, folder):
    writer.keep(first(1), ABOUT)
    writer.close()
    remove_recovery(folder)
    assert os.listdir(folder.parent) == []
    remove_recovery(folder)


def test_nothing_but_a_recovery_is_removed(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(ValueError, match="is no recovery"):
        remove_recovery(tmp_path / "photos")
    assert (tmp_path / "photos").exists()


def test_one_that_cannot_be_removed_stays_whole(writer, folder, monkeypatch):
    writer.keep(first(1), ABOUT)

    def fail(*_arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(UserError, match="cannot be deleted: Permission denied"):
            remove_recovery(folder)
    assert same_steps(load_recovery(folder)[0], first(1))


def test_what_a_program_left_that_ended_while_it_deleted_is_deleted(writer, folder):
    writer.keep(first(1), ABOUT)
    part = folder.with_name(f".{NAME}.part")
    (part / "photos").mkdir(parents=True)
    drop_leftovers(folder.parent)
    assert os.listdir(folder.parent) == [NAME]
    drop_leftovers(folder.parent / "no")


# Places


def test_the_folder_of_all_data_may_be_named_by_a_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("SCUMBLE_DATA", raising=False)
    assert recovery_folder().parts[-2:] == ("scumble", "recovery")
    monkeypatch.setenv("SCUMBLE_DATA", str(tmp_path))
    assert recovery_folder() == tmp_path / "recovery"


def test_every_folder_has_a_name_of_its_own(tmp_path):
    names = {new_folder(tmp_path).name for _ in range(50)}
    assert len(names) == 50
    assert all(recovery.NAME.fullmatch(name) for name in names)
    assert os.listdir(tmp_path) == []


def test_a_history_that_a_file_cannot_hold_whole_is_continued_where_the_file_ends(
    writer, folder, monkeypatch
):
    """Folding left the oldest steps out: the journal after it knows."""
    history = History(STEPS.states[0].document)
    for state in STEPS.states[1:5]:
        history.push(state.label, state.document)
    writer.keep(Steps.of(history), ABOUT)
    real = project.save_project

    def fewer(steps, path, **named):
        return real(Steps(steps.states[-2:], 1), path, **named)

    monkeypatch.setattr(project, "save_project", fewer)
    writer.fold()
    assert len(load_recovery(folder)[0].states) == 2
    history.push("More", replace(history.current, base=photo(8)))
    history.undo()
    writer.keep(Steps.of(history), ABOUT)
    assert same_steps(load_recovery(folder)[0], Steps.of(history))


def test_two_journals_of_one_number_cannot_be(folder):
    folder.mkdir(parents=True)
    Journal(folder / "journal-7").close()
    writer = Recovery(folder)
    writer.keep(first(1), ABOUT)
    writer.close()
    assert files(folder) == ["about.json", "journal-8", "thumbnail.png"]
