import threading

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from app.controllers.session import Session
from app.controllers.swapping import Swapping
from app.document.document import Document, Photo, set_enabled, with_edit
from app.document.io.images import write_image
from app.errors import UserError
from app.jobs.slots import Slot
from models.errors import CheckpointMissing
from tests.app.fakes import picture


@pytest.fixture
def swapping(queue, session) -> Swapping:
    return Swapping(queue, session, lambda: "toy")


@pytest.fixture
def file(tmp_path, reference):
    path = tmp_path / "reference.png"
    write_image(path, reference.picture.rgb_hwc)
    return path


def edit_of(session, place=-1):
    return session.document.entries[place].edit


def test_a_file_becomes_the_reference_of_a_new_swap(
    swapping, session, queue, file, reference, heard, qtbot
):
    loaded, reading = heard(swapping.loaded), heard(swapping.reading)
    swapping.use_file(file)
    qtbot.waitUntil(lambda: queue.idle)
    assert edit_of(session).reference == reference.picture.sha256
    assert edit_of(session).model == "toy"
    assert session.document.references[0].name == "reference.png"
    assert session.history.undo_label == "Swap texture"
    assert reading.values == ["reference.png", ""]
    sha256, thumb = loaded.last
    assert sha256 == reference.picture.sha256
    assert thumb.dtype == np.uint8
    assert max(thumb.shape) <= 192


def test_a_reference_that_is_still_read_when_another_picture_opens_is_dropped(
    swapping, session, queue, file, heard, qtbot
):
    reading, hold = heard(swapping.reading), threading.Event()
    queue.submit(Slot.OPEN, lambda means: hold.wait(10))
    swapping.use_file(file)
    session.open(Document(base=Photo(picture(20, 20), "other.png")))
    hold.set()
    qtbot.waitUntil(lambda: queue.idle)
    assert session.document.entries == ()
    assert reading.values == ["reference.png", ""]


def test_of_two_references_at_once_the_later_is_used_and_both_are_kept(
    swapping, session, queue, file, tmp_path, heard, qtbot
):
    other = tmp_path / "other.png"
    write_image(other, np.full((8, 8, 3), 9, np.uint8))
    reading = heard(swapping.reading)
    swapping.use_file(file)
    swapping.use_file(other)
    qtbot.waitUntil(lambda: queue.idle)
    assert [photo.name for photo in session.document.references] == ["reference.png", "other.png"]
    assert len(session.document.entries) == 1
    assert edit_of(session).reference == session.document.references[1].picture.sha256
    assert reading.values == ["reference.png", "other.png", "other.png", ""]


def test_a_change_does_not_undo_a_slider_that_has_not_come_to_rest(swapping, session, swapped):
    swapping.drag_amount(0.3)
    swapping.roll_grain()
    assert edit_of(session).amount == 0.3
    session.undo()
    assert edit_of(session).amount == 0.3
    assert session.history.undo_label == "Change amount"


def test_the_next_reference_replaces_the_one_of_the_active_swap(
    swapping, session, swapped, queue, qtbot
):
    image = QImage(10, 8, QImage.Format.Format_RGB32)
    image.fill(QColor(200, 10, 20))
    swapping.use_image(image)
    qtbot.waitUntil(lambda: queue.idle)
    assert len(session.document.entries) == 1
    photo = session.document.reference(edit_of(session).reference)
    assert photo.picture.rgb_hwc[0, 0].tolist() == [200, 10, 20]
    assert photo.name.startswith("Pasted ")
    assert photo.alpha_hw is None
    assert session.history.undo_label == "Change reference"


def test_a_known_reference_is_taken_without_reading(swapping, session, swapped, reference):
    hidden = set_enabled(session.document, 1, False)
    session.push("Hide", hidden)
    swapping.use_known(reference.picture.sha256)
    assert edit_of(session).enabled
    swapping.use_known("0" * 64)
    assert len(session.document.entries) == 1


def test_the_selected_swap_is_the_active_one(swapping, session, swapped, heard):
    session.push("Twice", with_edit(session.document, edit_of(session)))
    said = heard(swapping.active_changed)
    assert swapping.active.uid == 2
    swapping.select(1)
    assert swapping.active.uid == 1
    assert said.last.uid == 1
    swapping.commit_amount(0.4)
    assert [entry.edit.amount for entry in session.document.entries] == [0.4, 1.0]
    swapping.select(7)
    assert swapping.active.uid == 2


def test_drags_of_the_amount_are_one_step_and_rows_of_steps_too(swapping, session, swapped):
    steps = len(session.history.states)
    for amount in (0.9, 0.6, 0.3):
        swapping.drag_amount(amount)
    assert edit_of(session).amount == 0.3
    assert len(session.history.states) == steps
    swapping.commit_amount(0.3)
    swapping.commit_amount(0.2)
    assert len(session.history.states) == steps + 1
    session.undo()
    assert edit_of(session).amount == 1.0


def test_grain(swapping, session, swapped):
    swapping.switch_grain(False)
    assert edit_of(session).seed is None
    swapping.switch_grain(True)
    assert edit_of(session).seed == 0
    swapping.roll_grain()
    assert edit_of(session).seed > 0
    assert session.history.undo_label == "New grain"


def test_a_reference_in_use_stays(swapping, session, swapped, reference, heard):
    failed = heard(swapping.failed)
    swapping.forget(reference.picture.sha256)
    assert len(session.document.references) == 1
    assert isinstance(failed.last, UserError)


def test_bad_files_change_nothing(swapping, session, queue, tmp_path, heard, qtbot):
    failed = heard(swapping.failed)
    (tmp_path / "bad.png").write_bytes(b"no picture")
    before = session.document
    swapping.use_file(tmp_path / "bad.png")
    swapping.use_file(tmp_path / "none.png")
    qtbot.waitUntil(lambda: len(failed.values) == 2)
    assert all(isinstance(error, UserError) for error in failed.values)
    assert session.document is before


def test_without_a_document_a_reference_is_refused(queue, file, heard):
    swapping = Swapping(queue, Session(), lambda: "toy")
    failed = heard(swapping.failed)
    swapping.use_file(file)
    assert "needs a picture" in str(failed.last)
    swapping.drag_amount(0.5)
    swapping.commit_amount(0.5)
    swapping.roll_grain()
    swapping.use_known("0" * 64)
    swapping.forget("0" * 64)


def test_without_a_model_it_says_so(queue, session, file, heard, qtbot):
    def none():
        raise CheckpointMissing("No model is installed.")

    swapping = Swapping(queue, session, none)
    failed = heard(swapping.failed)
    swapping.use_file(file)
    qtbot.waitUntil(lambda: bool(failed.values))
    assert "No model" in str(failed.last)
    assert session.document.entries == ()
