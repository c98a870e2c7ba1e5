"""Journals: every step comes back, up to the last that was whole on the disk."""

import errno
import json
import os
import struct
import zlib

import numpy as np
import pytest

from app.document.document import Document
from app.document.history import History
from app.document.io.journal import HEAD, Journal, replayed
from app.document.io.raw import Refusal
from app.document.io.steps import Steps
from tests.app.document.io.works import full_steps, labels, painted, photo, same_steps

STEPS = full_steps()


class Photos:
    """Where the photos of a journal are kept in these tests."""

    def __init__(self) -> None:
        self.kept = {}

    def keep(self, photo) -> None:
        self.kept[photo.picture.sha256, photo.alpha_sha256] = photo

    def read(self, sha256, alpha_sha256):
        photo = self.kept[sha256, alpha_sha256]
        return photo.picture, photo.alpha_hw


def count(path, photos: Photos) -> int:
    """How many states come back."""
    steps = replayed(path, None, photos.read)
    return 0 if steps is None else len(steps.states)


@pytest.fixture
def photos() -> Photos:
    return Photos()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal-1"


@pytest.fixture
def written(path, photos):
    """A journal with every state of the steps, one after the other."""
    journal = Journal(path)
    sizes = [journal.nbytes]
    for number in range(len(STEPS.states)):
        journal.append(Steps(STEPS.states[: number + 1], number), photos.keep)
        sizes.append(journal.nbytes)
    journal.append(STEPS, photos.keep)
    journal.close()
    assert path.stat().st_size == journal.nbytes
    return sizes


def test_all_steps_come_back(path, written, photos):
    assert same_steps(replayed(path, None, photos.read), STEPS)


def test_every_whole_record_counts_and_no_other(path, written, photos):
    """Cut after each byte near the ends of records, the journal has the steps before."""
    data = path.read_bytes()
    for number, size in enumerate(written):
        for length in {size, size + 1, size + 7, size + 9, size + 60}:
            path.write_bytes(data[:length])
            assert count(path, photos) == number
            steps = replayed(path, None, photos.read)
            assert steps is None or same_steps(steps, Steps(STEPS.states[:number], number - 1))


def test_what_comes_after_a_damaged_record_does_not_count(path, written, photos):
    data = bytearray(path.read_bytes())
    data[written[2] + 40] ^= 1
    path.write_bytes(bytes(data))
    assert count(path, photos) == 2


def test_a_record_that_only_looks_sound_ends_the_journal(path, written, photos):
    """Rows of nonsense under a right check sum, as a defect of ours might write them."""
    body = b'{"blobs": []}'
    body = struct.pack(">I", len(body)) + body
    with open(path, "r+b") as file:
        file.truncate(written[3])
        file.seek(0, os.SEEK_END)
        file.write(HEAD.pack(len(body), zlib.crc32(body)) + body)
    assert count(path, photos) == 3


def test_steps_whose_photo_is_gone_do_not_count(path, written, photos):
    fifth = STEPS.states[3].document.references[-1]
    del photos.kept[fifth.picture.sha256, fifth.alpha_sha256]
    assert count(path, photos) == 3


def test_it_may_continue_what_is_kept_elsewhere(path, photos):
    known = Steps(STEPS.states[:2], 1)
    journal = Journal(path, known.states)
    journal.append(STEPS, photos.keep)
    journal.close()
    assert same_steps(replayed(path, known, photos.read), STEPS)
    with pytest.raises(ValueError, match="does not continue 0 states"):
        replayed(path, None, photos.read)


def test_without_a_step_it_says_what_was_known(path, photos):
    known = Steps(STEPS.states[:2], 1)
    Journal(path, known.states).close()
    assert replayed(path, known, photos.read) is known


def test_undo_redo_and_what_was_cut_off_come_back(path, photos):
    history = History(STEPS.states[0].document)
    journal = Journal(path)

    def check() -> None:
        journal.append(Steps.of(history), photos.keep)
        assert same_steps(replayed(path, None, photos.read), Steps.of(history))

    check()
    for state in STEPS.states[1:4]:
        history.push(state.label, state.document)
        check()
    for act in (history.undo, history.undo, history.redo, history.undo):
        act()
        check()
    history.push("Other", STEPS.states[5].document)
    check()
    assert len(history.states) == 3
    journal.close()


def test_a_stroke_costs_the_tiles_that_it_touched(path, photos):
    document = Document(base=photo(1), labels=labels(8))
    history = History(document)
    journal = Journal(path)
    journal.append(Steps.of(history), photos.keep)
    sizes = []
    for x_px in range(0, 200, 10):
        history.push("Paint", painted(history.current, x_px))
        before = journal.nbytes
        journal.append(Steps.of(history), photos.keep)
        sizes.append(journal.nbytes - before)
    journal.close()
    # One or two tiles of noise; the label map has twelve.
    assert max(sizes) < 3 * 64 * 64
    assert same_steps(replayed(path, None, photos.read), Steps.of(history))


def test_photos_are_named_once(path, photos):
    kept = []
    journal = Journal(path)
    for number in (1, 3, 5):
        journal.append(Steps(STEPS.states[:number], 0), kept.append)
    journal.close()
    assert len(kept) == len({id(photo) for photo in kept}) == 5


def test_an_existing_journal_is_not_written_over(path):
    Journal(path).close()
    with pytest.raises(FileExistsError):
        Journal(path)


@pytest.mark.parametrize("failure", ["part", "error"])
def test_a_full_disk_leaves_what_was_there(path, written, photos, failure, monkeypatch, tmp_path):
    other = tmp_path / "journal-2"
    journal = Journal(other)
    journal.append(Steps(STEPS.states[:1], 0), photos.keep)
    real = journal._file

    class Full:
        def write(self, data):
            if failure == "error":
                raise OSError(errno.ENOSPC, "full")
            return real.write(data[:100])

        def __getattr__(self, name):
            return getattr(real, name)

    monkeypatch.setattr(journal, "_file", Full())
    with pytest.raises(OSError, match=r"full|space"):
        journal.append(STEPS, photos.keep)
    journal.close()
    assert count(other, photos) == 1


def test_a_journal_that_cannot_be_begun_is_closed(path, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="full"):
            Journal(path)


def record(**values) -> bytes:
    words = json.dumps({"blobs": [], **values}).encode()
    body = struct.pack(">I", len(words)) + words
    return HEAD.pack(len(body), zlib.crc32(body)) + body


HEADS = {
    "nothing": b"",
    "noise": bytes(np.random.default_rng(1).integers(0, 256, 999, dtype=np.uint8)),
    "another kind": record(format="other", version=1, known=0),
    "no version": record(format="scumble-journal", known=0),
    "other steps": record(format="scumble-journal", version=1, known=7),
    "far too long": struct.pack(">II", 2**32 - 1, 0),
}


@pytest.mark.parametrize("name", HEADS)
def test_what_is_no_journal_is_an_error(path, photos, name):
    path.write_bytes(HEADS[name])
    with pytest.raises(ValueError, match=r"journal|whole number"):
        replayed(path, None, photos.read)


def test_a_journal_of_a_later_version_says_so(path, photos):
    path.write_bytes(record(format="scumble-journal", version=2, known=0))
    with pytest.raises(Refusal, match="later version"):
        replayed(path, None, photos.read)
