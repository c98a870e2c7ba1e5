"""The steps: their pictures, and how quickly many of them are shown."""

import time

from app.document.document import set_strength
from app.document.history import History


def test_every_step_that_is_rendered_has_a_picture(swapped):
    history = swapped.program.session.history
    for value in (0.3, 0.6):
        swapped.program.swapping.commit_amount(value)
        swapped.wait()
    photo, *edited = swapped.program.steps.items(history)
    assert len(edited) == 2
    assert all(item.thumb_rgb_hwc is history.thumbs[item.serial] for item in edited)
    assert len({item.thumb_rgb_hwc.tobytes() for item in (photo, *edited)}) == 3


def test_a_step_without_a_picture_looks_like_the_one_before_or_is_empty(swapped):
    steps, history = swapped.program.steps, swapped.program.session.history
    plain, full = (item.thumb_rgb_hwc for item in steps.items(history))
    assert plain is not full
    swapped.program.edit_list.rename(1, "Evening")
    history.thumbs.pop(history.states[-1].serial)
    *_, last = steps.items(history)
    assert last.label == "Rename swap texture"
    assert last.thumb_rgb_hwc is full
    history.thumbs.clear()
    plain, *others = (item.thumb_rgb_hwc for item in steps.items(history))
    assert plain.shape == (43, 64, 3)
    assert others == [None, None]


def test_the_steps_of_a_long_session_are_shown_quickly(swapped):
    history = History(swapped.document, "Open")
    for number in range(250):
        history.push("Change", set_strength(swapped.document, 1, (number % 100) / 100))
    swapped.program.session.restore(history)
    assert swapped.window.history._states.rowCount() == 201
    tries = []
    for _ in range(5):
        started = time.perf_counter()
        swapped.program.steps._show()
        tries.append(time.perf_counter() - started)
    assert min(tries) < 0.05
    swapped.wait()
