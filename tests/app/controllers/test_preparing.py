"""The engine is ready before the first stroke."""

from dataclasses import replace

import pytest

from app.controllers.preparing import Preparing
from app.controllers.preview import Preview
from models.edits import CloneStructure
from models.errors import CheckpointMissing, OutOfMemory
from tests.app.fakes import picture


@pytest.fixture
def preview(queue, session) -> Preview:
    preview = Preview(queue, session)
    preview.set_working_size(48)
    return preview


@pytest.fixture
def models() -> list[str]:
    """Of them the last is in use; without any there is none."""
    return ["toy"]


@pytest.fixture
def preparing(queue, session, preview, models) -> Preparing:
    def model() -> str:
        if not models:
            raise CheckpointMissing("There is no model.")
        return models[-1]

    return Preparing(queue, session, preview, model)


def test_every_size_of_a_stroke_is_rendered_once_and_nothing_is_seen(
    preparing, preview, queue, session, make, heard, qtbot, monkeypatch
):
    monkeypatch.setattr(Preview, "dragged_px", 32)
    big = replace(session.document.base, picture=picture(60, 90, 3))
    session.open(replace(session.document, base=big))
    shown, before = heard(preview.shown), session.document
    for _ in range(3):
        preparing.prepare()
    qtbot.waitUntil(lambda: queue.idle)
    requests = make.made[0].requests
    assert [request.edit_px or request.short_side_px for request in requests] == [32, 48]
    for request in requests:
        (edit,) = request.edits
        assert isinstance(edit, CloneStructure)
        assert edit.detail == 1.0, "the picture is decoded as it is, too"
        assert sum(int((mask.grey_hw > 0).sum()) for mask in request.masks) == 1
    assert shown.values == []
    assert session.document is before
    assert len(session.history.states) == 1


def test_another_photo_and_another_model_are_prepared_anew(
    preparing, queue, session, models, make, qtbot
):
    preparing.prepare()
    qtbot.waitUntil(lambda: queue.idle)
    done = len(make.made[0].requests)
    models.append("other")
    preparing.prepare()
    qtbot.waitUntil(lambda: queue.idle)
    requests = make.made[0].requests
    assert requests[done].edits[0].model == "other"
    done = len(requests)
    photo = replace(session.document.base, picture=picture(40, 30, 9))
    session.open(replace(session.document, base=photo))
    preparing.prepare()
    qtbot.waitUntil(lambda: queue.idle)
    assert make.made[0].requests[done].base == photo.picture


def test_without_a_model_or_a_picture_nothing_is_done(preparing, queue, session, models, make):
    models.clear()
    preparing.prepare()
    session.close()
    models.append("toy")
    preparing.prepare()
    assert queue.idle
    assert make.made == []


def test_what_fails_is_left_to_the_stroke_to_tell(preparing, queue, make, qtbot):
    make().errors.append(OutOfMemory("There is not enough memory."))
    preparing.prepare()
    qtbot.waitUntil(lambda: queue.idle)
