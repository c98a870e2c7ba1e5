import threading
from dataclasses import replace

import numpy as np
import pytest

from app.controllers.label_maps import blank_labels
from app.controllers.pace import Pace
from app.controllers.preview import REST_MS, SUBMIT_MS, Preview
from app.controllers.requests import layout_of
from app.document.document import replace_edit, set_enabled, with_edit
from app.document.palette import Label, Palette
from app.jobs.slots import Lane, Slot
from models.edits import ClonePatch, CloneStructure, RenderLayout
from models.errors import OutOfMemory
from models.values import Mask
from tests.app.fakes import picture
from tests.app.fakes import rendered as made_of

TOYS = Palette("toys", "Toys", (Label(0, "car", (9, 9, 9)), Label(1, "doll", (99, 99, 99))))


@pytest.fixture
def preview(queue, session) -> Preview:
    preview = Preview(queue, session)
    preview.set_working_size(64)
    return preview


@pytest.fixture
def backend(queue, make, preview, swapped, qtbot):
    """The backend, after the first swap was rendered and forgotten again."""
    qtbot.waitUntil(lambda: queue.idle)
    backend = make.made[0]
    preview._kept.clear()
    preview._last = None
    backend.requests.clear()
    return backend


def with_amount(session, amount):
    entry = session.history.current.entries[0]
    edit = replace(entry.edit, amount=amount)
    return replace_edit(session.history.current, entry.uid, edit)


def amounts(ear):
    return [shown.request.edits[0].amount for shown in ear.values if shown is not None]


def test_a_step_is_shown_small_and_then_at_working_size(
    preview, queue, backend, session, swapped, heard, qtbot, photo, monkeypatch
):
    slow_machine(monkeypatch)
    preview.set_working_size(128)
    qtbot.waitUntil(lambda: queue.idle)
    big = replace(session.document, base=replace(photo, picture=large()))
    said = heard(preview.shown)
    session.open(big)
    qtbot.waitUntil(lambda: len(said.values) >= 2 and queue.idle)
    assert [shown.request.short_side_px for shown in said.values if shown] == [96, 128]
    assert [shown.final for shown in said.values if shown] == [False, True]
    final = said.last
    assert (final.result.rgb_hwc == made_of(final.request)).all()
    assert (final.pyramid.width_px, final.pyramid.height_px) == (192, 128)


def slow_machine(monkeypatch):
    """Previews of 96 px and no more."""
    monkeypatch.setattr(Pace, "preview_px", lambda pace, working_px: min(96, working_px))


def large():
    return picture(300, 200)


def test_what_is_shown_already_is_shown_finished_again_when_it_is_opened_anew(
    preview, queue, backend, session, swapped, heard, qtbot, photo, monkeypatch
):
    slow_machine(monkeypatch)
    preview.set_working_size(128)
    big = replace(session.document, base=replace(photo, picture=large()))
    said = heard(preview.shown)
    for _ in range(3):
        session.open(big)
        qtbot.waitUntil(lambda: queue.idle)
        assert said.last.final, "the preview stayed"


def test_a_small_picture_is_rendered_once(preview, queue, backend, swapped, heard, qtbot):
    said = heard(preview.shown)
    preview.again()
    qtbot.waitUntil(lambda: bool(said.values) and queue.idle)
    assert [shown.final for shown in said.values] == [True]
    assert len(backend.requests) == 1


def test_without_edits_the_base_is_the_picture(preview, queue, swapped, heard, qtbot):
    said = heard(preview.shown)
    swapped.push("Hide", set_enabled(swapped.document, 1, False))
    assert said.values == [None]
    qtbot.wait(50)
    assert said.values == [None]
    assert queue.idle


def test_a_drag_shows_previews_on_the_way_and_ends_with_the_newest(
    preview, queue, backend, swapped, heard, qtbot
):
    backend.delay_s = 0.01
    said = heard(preview.shown)
    steps = [round(0.02 * i, 2) for i in range(1, 40)]
    for amount in steps:
        swapped.drag(with_amount(swapped, amount), "Change amount", "amount")
        qtbot.wait(4)
    swapped.commit()
    qtbot.waitUntil(lambda: queue.idle and amounts(said)[-1:] == steps[-1:])
    seen = amounts(said)
    assert seen == sorted(seen), "an older picture came after a newer one"
    assert 3 <= len(set(seen)) < len(steps), "every event was rendered, or hardly any"


def test_the_hand_that_rests_gets_the_working_size(
    preview, queue, backend, session, swapped, heard, qtbot, photo, monkeypatch
):
    slow_machine(monkeypatch)
    preview.set_working_size(128)
    session.open(replace(session.document, base=replace(photo, picture=large())))
    qtbot.waitUntil(lambda: queue.idle)
    said = heard(preview.shown)
    session.drag(with_amount(session, 0.3), "Change amount")
    qtbot.waitUntil(lambda: len(said.values) == 1)
    assert not said.last.final
    qtbot.wait(REST_MS // 2)
    assert len(said.values) == 1
    qtbot.waitUntil(lambda: len(said.values) == 2)
    assert said.last.final
    assert amounts(said) == [0.3, 0.3]


def test_undo_shows_at_once_what_was_rendered_before(
    preview, queue, backend, swapped, heard, qtbot
):
    preview.again()
    qtbot.waitUntil(lambda: queue.idle)
    swapped.push("Change amount", with_amount(swapped, 0.5))
    qtbot.waitUntil(lambda: queue.idle)
    asked = len(backend.requests)
    said = heard(preview.shown)
    swapped.undo()
    assert amounts(said) == [1.0]
    swapped.undo()
    assert said.last is None
    swapped.redo()
    swapped.redo()
    assert amounts(said) == [1.0, 1.0, 0.5]
    qtbot.wait(30)
    assert len(backend.requests) == asked


def test_a_result_from_before_an_undo_is_not_shown(
    preview, queue, backend, session, swapped, heard, qtbot
):
    backend.block()
    preview.again()
    qtbot.waitUntil(backend.running.is_set)
    said = heard(preview.shown)
    swapped.undo()
    backend.unblock()
    qtbot.waitUntil(lambda: queue.idle)
    qtbot.wait(20)
    assert said.values == [None]


def test_a_newer_step_replaces_the_one_on_its_way(preview, queue, backend, swapped, heard, qtbot):
    backend.block()
    preview.again()
    qtbot.waitUntil(backend.running.is_set)
    said = heard(preview.shown)
    swapped.push("a", with_amount(swapped, 0.2))
    swapped.push("b", with_amount(swapped, 0.7))
    backend.unblock()
    qtbot.waitUntil(lambda: queue.idle and amounts(said)[-1:] == [0.7])
    assert 0.2 not in amounts(said)


def test_a_failure_is_told_and_leaves_the_picture(preview, queue, backend, swapped, heard, qtbot):
    failed, said, working = (
        heard(preview.failed),
        heard(preview.shown),
        heard(preview.working),
    )
    backend.errors = [OutOfMemory("The memory is not enough.")]
    preview.again()
    qtbot.waitUntil(lambda: bool(failed.values) and queue.idle)
    assert [str(error) for error in failed.values] == ["The memory is not enough."]
    assert said.values == []
    assert working.last == ("", 0.0)
    preview.again()
    qtbot.waitUntil(lambda: len(said.values) == 1)


def test_the_mark_of_work_is_there_at_once_and_goes(preview, queue, backend, swapped, heard, qtbot):
    working = heard(preview.working)
    preview.again()
    assert working.values[-1][0] == "waiting"
    qtbot.waitUntil(lambda: queue.idle)
    assert ("render ends", 1.0) in working.values
    assert working.last == ("", 0.0)


def test_stop_gives_up_what_is_on_its_way(preview, queue, backend, swapped, heard, qtbot):
    said = heard(preview.shown)
    backend.block()
    preview.again()
    qtbot.waitUntil(backend.running.is_set)
    preview.stop()
    qtbot.waitUntil(lambda: queue.running(Lane.ENGINE) is None)
    assert said.values == []


def test_another_working_size_renders_anew(preview, queue, backend, swapped, heard, qtbot):
    preview.again()
    qtbot.waitUntil(lambda: queue.idle)
    said = heard(preview.shown)
    preview.set_auto_size(48)
    qtbot.wait(20)
    assert said.values == [], "a size that was chosen by hand is not overridden"
    preview.set_working_size(None)
    qtbot.waitUntil(lambda: bool(said.values) and said.last.final)
    assert said.last.request.short_side_px == 48
    preview.set_auto_size(32)
    qtbot.waitUntil(lambda: said.last.request.short_side_px == 32 and queue.idle)


def test_what_was_called_off_is_asked_for_again(preview, queue, backend, swapped, heard, qtbot):
    said = heard(preview.shown)
    backend.block()
    preview.again()
    qtbot.waitUntil(backend.running.is_set)
    preview.again()
    backend.unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert len(said.values) == 1


def test_a_hand_that_goes_back_sees_what_it_went_back_to(
    preview, queue, backend, swapped, heard, qtbot
):
    backend.block()
    for amount in (0.4, 0.8, 0.4):
        swapped.drag(with_amount(swapped, amount), "Change amount", "amount")
        qtbot.wait(SUBMIT_MS + 10)
    swapped.commit()
    said = heard(preview.shown)
    backend.unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert amounts(said)[-1] == 0.4


def test_another_layout_is_another_picture(preview, queue, make, session, heard, qtbot):
    """A hand that goes back to what is shown, while what it came from is on its way."""
    painted = with_edit(session.document, RenderLayout(model="painter"))
    layouts = [replace(painted, labels=blank_labels(96, 64, TOYS, n)) for n in (0, 1)]
    session.drag(layouts[0], "Paint", "stroke")
    qtbot.waitUntil(lambda: queue.idle)
    preview._kept.clear()
    make.made[0].block()
    for document in (layouts[1], layouts[0]):
        qtbot.wait(SUBMIT_MS + 10)
        session.drag(document, "Paint", "stroke")
    said = heard(preview.shown)
    make.made[0].unblock()
    qtbot.waitUntil(lambda: len(said.values) >= 1 and queue.idle)
    assert said.last.request.layout == layout_of(layouts[0])


def test_letting_go_does_not_begin_again_what_is_on_its_way(
    preview, queue, backend, swapped, qtbot, monkeypatch, session, photo
):
    slow_machine(monkeypatch)
    preview.set_working_size(128)
    session.open(replace(session.document, base=replace(photo, picture=large())))
    qtbot.waitUntil(lambda: queue.idle)
    backend.requests.clear()
    session.drag(with_amount(session, 0.3), "Change amount")
    qtbot.waitUntil(lambda: queue.idle and len(backend.requests) == 1)
    backend.block()
    qtbot.waitUntil(lambda: len(backend.requests) == 2)
    session.commit()
    backend.unblock()
    qtbot.waitUntil(lambda: queue.idle)
    assert [request.short_side_px for request in backend.requests] == [96, 128]


def test_the_mark_of_work_does_not_flicker_while_renders_wait(
    preview, queue, backend, swapped, heard, qtbot
):
    """Another job has the engine; each newer preview replaces the one that waits."""
    busy = threading.Event()
    queue.submit(Slot.LOAD_MODEL, lambda means: busy.wait(10))
    working = heard(preview.working)
    for amount in (0.4, 0.5, 0.6):
        swapped.drag(with_amount(swapped, amount), "Change amount", "amount")
        qtbot.wait(SUBMIT_MS + 10)
    assert working.values == [("waiting", 0.0)]
    busy.set()
    qtbot.waitUntil(lambda: queue.idle)
    assert working.last == ("", 0.0)


def test_what_ends_a_drag_does_not_wait_for_another_size(
    preview, queue, backend, swapped, session, photo, qtbot, monkeypatch
):
    slow_machine(monkeypatch)
    preview.set_working_size(128)
    session.open(replace(session.document, base=replace(photo, picture=large())))
    qtbot.waitUntil(lambda: queue.idle)
    backend.requests.clear()
    session.drag(with_amount(session, 0.3), "Change amount", "amount")
    qtbot.waitUntil(lambda: queue.idle and len(backend.requests) == 1)
    preview._throttle.start()
    monkeypatch.setattr(Pace, "preview_px", lambda pace, working_px: 64)
    # Too soon after the other for a preview of its own: letting go asks for it.
    session.drag(with_amount(session, 0.31), "Change amount", "amount")
    session.commit()
    qtbot.waitUntil(lambda: queue.idle)
    assert [request.short_side_px for request in backend.requests] == [96, 96, 128]
    backend.requests.clear()
    monkeypatch.setattr(Pace, "preview_px", lambda pace, working_px: 96)
    session.push("Amount", with_amount(session, 0.4))
    qtbot.waitUntil(lambda: queue.idle)
    assert [request.short_side_px for request in backend.requests] == [96, 128]


def cloned(document, dx):
    mask = Mask.from_grey(np.full((document.height_px, document.width_px), 255, np.uint8))
    patch = ClonePatch(mask=mask.sha256, dx=dx, dy=0.0)
    edit = CloneStructure(model="m", patches=(patch,), detail=0.0)
    return with_edit(document, edit, masks=(mask,))


def test_a_stroke_follows_the_hand_at_the_working_size_and_a_slider_at_a_smaller_one(
    preview, queue, backend, swapped, session, photo, qtbot
):
    backend.delay_s = 0.1
    preview.set_working_size(512)
    session.open(replace(session.document, base=replace(photo, picture=picture(600, 560))))
    qtbot.waitUntil(lambda: queue.idle)

    def first_px(document):
        backend.requests.clear()
        session.drag(document, "Drag", "drag")
        qtbot.waitUntil(lambda: queue.idle and bool(backend.requests))
        request = backend.requests[0]
        session.commit()
        qtbot.waitUntil(lambda: queue.idle)
        return request.edit_px or request.short_side_px

    assert first_px(with_amount(session, 0.3)) == 256
    before = session.document
    assert first_px(cloned(before, 0.1)) == 512
    assert first_px(with_amount(session, 0.5)) < 512, "all of the picture is new, beneath a stroke"
    # Where strokes are slow they get smaller, too.
    backend.delay_s = 0.2
    for dx in (0.2, 0.3):
        first_px(cloned(before, dx))
    assert first_px(cloned(before, 0.4)) < 512


def test_a_document_that_is_opened_again_is_shown_again(
    preview, queue, backend, session, swapped, heard, qtbot
):
    """A small picture has no coarser preview; the screen has only the photo of it."""
    preview.again()
    qtbot.waitUntil(lambda: queue.idle)
    said = heard(preview.shown)
    session.open(session.document)
    assert said.values == [None], "the picture of another document counts for this one"
    qtbot.waitUntil(lambda: queue.idle)
    assert said.last is not None
    assert said.last.final


def test_what_is_taken_away_in_places_is_followed_like_a_stroke(
    preview, queue, backend, swapped, session, photo, qtbot
):
    backend.delay_s = 0.1
    preview.set_working_size(512)
    session.open(replace(session.document, base=replace(photo, picture=picture(600, 560))))
    qtbot.waitUntil(lambda: queue.idle)
    plain = session.document
    stroked = cloned(plain, 0.1)

    def first_px(before, document):
        """Of a document whose picture is not kept, after another one was shown."""
        session.push("Before", before)
        qtbot.waitUntil(lambda: queue.idle)
        preview._kept.clear()
        backend.requests.clear()
        session.push("After", document)
        qtbot.waitUntil(lambda: queue.idle)
        return backend.requests[0].edit_px or backend.requests[0].short_side_px

    assert first_px(stroked, plain) == 512
    entry = plain.entries[0]
    without = replace_edit(stroked, entry.uid, replace(entry.edit, enabled=False))
    assert first_px(plain, without) < 512, "all of the picture is new, around a stroke"


def test_a_slow_machine_gets_smaller_previews_than_its_working_size(
    preview, queue, backend, swapped, session, photo, qtbot
):
    preview.set_working_size(256)
    session.open(replace(session.document, base=replace(photo, picture=picture(300, 280))))
    qtbot.waitUntil(lambda: queue.idle)
    backend.delay_s = 0.2
    backend.requests.clear()
    for amount in (0.2, 0.4, 0.6):
        session.push("Amount", with_amount(session, amount))
        qtbot.waitUntil(lambda: queue.idle)
    assert min(request.short_side_px for request in backend.requests) == 192


def test_pictures_that_are_kept_stay_within_their_bytes(preview, queue, backend, swapped, qtbot):
    preview.again()
    qtbot.waitUntil(lambda: queue.idle)
    (kept,) = preview._kept.values()
    assert kept.nbytes == kept.pyramid.nbytes + kept.result.rgb_hwc.nbytes
