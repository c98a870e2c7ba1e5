"""Histories as values."""

from dataclasses import replace

import numpy as np
import pytest

from app.document.history import History, State
from app.document.io.steps import Steps
from tests.app.document.documents import document, photo

START = document()


@pytest.fixture
def history() -> History:
    made = History(START, "Open")
    for value in (1, 2, 3):
        made.push(f"Step {value}", replace(START, base=photo(value)))
    made.jump(1)
    return made


def test_a_history_comes_back_with_its_place_and_can_be_undone_and_redone(history):
    again = Steps.of(history).history()
    assert [(s.label, s.document) for s in again.states] == [
        (s.label, s.document) for s in history.states
    ]
    assert again.index == 1
    assert again.is_saved
    again.undo()
    assert again.document == START
    assert not again.is_saved
    again.jump(3)
    assert again.document == history.states[3].document


def test_small_pictures_come_along_by_their_states(history):
    history.thumbs[2] = np.full((4, 6, 3), 7, np.uint8)
    steps = Steps.of(history)
    history.thumbs[0] = np.zeros((4, 6, 3), np.uint8)
    assert steps.thumbs.keys() == {0, 2}
    later = steps.with_step("Last", replace(START, base=photo(9)))
    again = Steps(later.states[1:], 0, later.thumbs).history()
    assert [state.label for state in again.states] == ["Step 1", "Last"]
    assert again.thumbs == {}
    again = steps.history()
    assert again.thumbs.keys() == {0, 2}
    assert again.thumbs[2] is history.thumbs[2]


def test_small_pictures_stay_with_their_states_where_the_oldest_are_lost():
    states = tuple(State(str(n), replace(START, base=photo(n)), n) for n in range(250))
    thumbs = {n: np.full((1, 1, 3), n, np.uint8) for n in range(0, 250, 3)}
    history = Steps(states, 240, thumbs).history()
    assert {
        int(state.label): history.thumbs[state.serial][0, 0, 0]
        for state in history.states
        if state.serial in history.thumbs
    } == {n: n for n in range(51, 250, 3)}


def test_what_is_pending_is_left_out(history):
    history.pending = replace(START, base=photo(99))
    steps = Steps.of(history)
    assert steps.document == history.current
    assert len(steps.states) == 4


def test_a_further_step_takes_the_place_of_what_was_undone(history):
    last = replace(START, base=photo(9))
    steps = Steps.of(history).with_step("Last", last)
    assert [state.label for state in steps.states] == ["Open", "Step 1", "Last"]
    assert steps.document is last


def test_a_longer_history_than_is_kept_loses_its_oldest_steps_and_not_its_place():
    states = tuple(State(str(n), replace(START, base=photo(n)), n) for n in range(250))
    history = Steps(states, 240).history()
    assert len(history.states) == 201
    assert history.document is states[240].document
    assert Steps(states, 3).history().document is history.states[0].document


@pytest.mark.parametrize("index", [-1, 1])
def test_a_place_beyond_the_states_is_refused(index):
    with pytest.raises(ValueError, match=f"state {index} of 1"):
        Steps((State("Open", START, 0),), index)


def test_nothing_is_no_history():
    with pytest.raises(ValueError, match="state 0 of 0"):
        Steps((), 0)
