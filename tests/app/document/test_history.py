from dataclasses import replace

import numpy as np
import pytest

from app.document.document import Document, with_labels
from app.document.history import History
from app.document.masks import levels_of, mask_of
from tests.app.document.documents import brushed, document, labels, mask, photo, slider

START = document()


def shade(value: int) -> Document:
    """A document that differs from all others of another value."""
    return replace(START, base=photo(value))


class Listener:
    """Keeps what a history emits."""

    def __init__(self, history: History) -> None:
        self.changes: list[tuple[Document, Document]] = []
        self.steps = 0
        history.changed.connect(self._changed)
        history.steps_changed.connect(self._steps_changed)

    def _changed(self, old: Document, new: Document) -> None:
        self.changes.append((old, new))

    def _steps_changed(self) -> None:
        self.steps += 1


@pytest.fixture
def history() -> History:
    """Open, One, Two; at the last."""
    made = History(START)
    made.push("One", shade(1))
    made.push("Two", shade(2))
    return made


@pytest.fixture
def listener(history) -> Listener:
    return Listener(history)


def step_labels(history: History) -> list[str]:
    return [state.label for state in history.states]


def kept(history: History) -> list[Document]:
    return [state.document for state in history.states]


# Steps


def test_a_history_begins_with_one_saved_step():
    history = History(START)
    assert history.document is history.current is START
    assert step_labels(history) == ["Open"]
    assert (history.index, history.can_undo, history.can_redo) == (0, False, False)
    assert (history.undo_label, history.redo_label) == ("", "")
    assert history.is_saved
    history.undo()
    history.redo()
    assert history.document is START


def test_undo_and_redo_walk_through_the_steps(history):
    assert (history.undo_label, history.redo_label) == ("Two", "")
    history.undo()
    assert (history.undo_label, history.redo_label) == ("One", "Two")
    assert history.document == shade(1)
    history.undo()
    assert (history.document, history.undo_label) == (START, "")
    history.redo()
    history.redo()
    assert (history.document, history.index) == (shade(2), 2)


def test_a_jump_goes_anywhere(history):
    history.jump(0)
    assert history.document is START
    history.jump(2)
    assert history.document == shade(2)
    for index in (-1, 3):
        with pytest.raises(IndexError):
            history.jump(index)


def test_a_push_cuts_off_what_was_undone(history):
    history.jump(0)
    history.push("Other", shade(3))
    assert step_labels(history) == ["Open", "Other"]
    assert not history.can_redo


def test_an_equal_document_is_no_step(history, listener):
    history.undo()
    states = history.states
    history.push("Same", shade(1))
    assert history.states is states
    assert history.can_redo
    assert (len(listener.changes), listener.steps) == (1, 1)


def test_serials_are_never_used_again(history):
    seen = {state.serial for state in history.states}
    for value in range(3, 9):
        history.undo()
        history.push("Again", shade(value), merge="m")
        history.push("Again", shade(value + 100), merge="m")
        assert history.states[-1].serial not in seen
        seen.add(history.states[-1].serial)


# Merging


def test_steps_of_one_drag_become_one(history):
    history.push("Amount", shade(3), merge="a")
    history.push("Amount", shade(4), merge="a")
    assert step_labels(history) == ["Open", "One", "Two", "Amount"]
    assert history.document == shade(4)
    history.undo()
    assert history.document == shade(2)


@pytest.mark.parametrize(
    "between",
    [
        lambda history: (history.undo(), history.redo()),
        lambda history: history.jump(history.index),
        lambda history: history.mark_saved(),
        lambda history: history.mark_unsaved(),
        lambda history: history.push("Other", shade(9), merge="b"),
        lambda history: history.push("Other", shade(9)),
    ],
)
def test_what_ends_a_drag(history, between):
    history.push("Amount", shade(3), merge="a")
    between(history)
    count = len(history.states)
    history.push("Amount", shade(4), merge="a")
    assert len(history.states) == count + 1


def test_a_drag_survives_a_push_that_is_no_step(history):
    history.push("Amount", shade(3), merge="a")
    history.push("Amount", shade(3), merge="a")
    history.push("Amount", shade(4), merge="a")
    assert len(history.states) == 4


def test_a_drag_back_to_where_it_began_leaves_no_step(history, listener):
    states = history.states
    history.push("Amount", shade(3), merge="a")
    history.push("Amount", shade(2), merge="a")
    assert history.states == states
    assert (history.index, history.document) == (2, shade(2))
    assert listener.steps == 2
    history.push("Amount", shade(3), merge="a")
    assert len(history.states) == 4


def test_a_drag_goes_on_where_no_step_is_left_before_it():
    history = History(START, max_steps=0)
    history.push("Amount", shade(3), merge="a")
    history.push("Amount", shade(4), merge="a")
    assert kept(history) == [shade(4)]


# Pending


def test_a_pending_document_is_shown_and_committed_once(history, listener):
    history.pending = shade(3)
    history.pending = shade(4)
    assert history.document is history.pending
    assert history.current == shade(2)
    assert listener.steps == 0
    history.commit("Amount")
    assert listener.changes == [(shade(2), shade(3)), (shade(3), shade(4))]
    assert listener.steps == 1
    assert (history.pending, history.current) == (None, shade(4))
    history.commit("Nothing")
    assert history.undo_label == "Amount"


def test_a_pending_document_can_be_dropped(history, listener):
    history.pending = shade(3)
    history.drop_pending()
    history.drop_pending()
    assert history.document == shade(2)
    assert listener.changes == [(shade(2), shade(3)), (shade(3), shade(2))]


def test_undo_takes_back_a_pending_document_first():
    history = History(START)
    history.pending = shade(3)
    assert history.can_undo
    assert history.undo_label == ""
    history.undo()
    assert (history.document, history.can_undo) == (START, False)


@pytest.mark.parametrize(
    ("move", "shown"),
    [
        (lambda history: history.redo(), shade(2)),
        (lambda history: history.jump(1), shade(1)),
        (lambda history: history.push("Other", shade(7)), shade(7)),
        (lambda history: history.push("Same", shade(1)), shade(1)),
    ],
)
def test_other_moves_drop_a_pending_document(history, listener, move, shown):
    history.undo()
    history.pending = shade(3)
    move(history)
    assert history.pending is None
    assert history.document == shown
    assert listener.changes[-1] == (shade(3), shown)


# Signals


def test_a_listener_hears_what_was_and_what_is(history, listener):
    history.undo()
    history.push("Three", shade(3))
    assert listener.changes == [(shade(2), shade(1)), (shade(1), shade(3))]
    assert listener.steps == 2


def test_nothing_is_emitted_where_nothing_changes(history, listener):
    history.redo()
    history.jump(2)
    history.pending = shade(2)
    history.drop_pending()
    assert (listener.changes, listener.steps) == ([], 0)


def test_changes_arrive_in_order_though_a_listener_makes_more():
    history = History(START)

    def once(old: Document, new: Document) -> None:
        if new == shade(1):
            history.push("Two", shade(2))

    history.changed.connect(once)
    listener = Listener(history)
    history.push("One", shade(1))
    assert listener.changes == [(START, shade(1)), (shade(1), shade(2))]


# The saved mark


def test_the_saved_mark_stays_with_its_step(history, listener):
    assert not history.is_saved
    history.mark_saved()
    assert history.is_saved
    assert listener.steps == 1
    history.undo()
    assert not history.is_saved
    history.redo()
    assert history.is_saved
    history.jump(0)
    assert not history.is_saved


def test_a_step_that_is_not_shown_can_be_the_saved_one(history, listener):
    history.mark_saved(history.states[1].document)
    assert not history.is_saved
    assert [history.is_state_saved(state) for state in history.states] == [False, True, False]
    history.undo()
    assert history.is_saved


def test_what_is_no_step_changes_no_mark(history, listener):
    history.mark_saved()
    history.mark_saved(shade(77))
    assert history.is_saved
    assert listener.steps == 1


def test_what_leads_back_to_what_was_saved_is_saved(history):
    history.mark_saved()
    saved = history.document
    history.push("There", shade(3))
    history.push("Back", saved)
    assert history.is_saved


def test_what_is_pending_is_not_saved():
    history = History(START)
    history.pending = shade(1)
    assert not history.is_saved
    history.pending = document()
    assert history.is_saved


def test_the_mark_can_be_taken_off(listener, history):
    history.mark_unsaved()
    assert listener.steps == 1
    for index in range(3):
        history.jump(index)
        assert not history.is_saved


def test_a_saved_step_that_is_gone_does_not_come_back(history):
    history.mark_saved()
    history.undo()
    history.push("Other", shade(3))
    assert not history.is_saved
    history.undo()
    assert not history.is_saved


# Budgets


def test_only_so_many_steps_can_be_undone():
    history = History(START, max_steps=3)
    for value in range(1, 9):
        history.push(str(value), shade(value))
    assert step_labels(history) == ["5", "6", "7", "8"]
    assert history.index == 3


def alone(value: int) -> Document:
    """A document with one reference of 30,000 bytes that no other has."""
    return replace(START, references=(photo(value, 100, 100),))


def test_the_oldest_steps_go_when_they_hold_too_much():
    history = History(START, max_bytes=100_000)
    for value in range(9):
        history.push(str(value), alone(value))
    assert step_labels(history) == ["5", "6", "7", "8"]


def test_what_the_current_document_holds_is_free():
    history = History(START, max_bytes=1000)
    for value in range(9):
        newest = history.document.references
        history.push("", replace(START, references=(*newest, photo(value, 100, 100))))
    assert len(history.states) == 10
    history.push("", START)
    assert kept(history) == [START]


def test_alphas_and_masks_count():
    """Besides its reference of 30,000 bytes, the first document has 10,000 of something."""
    counts: list[int] = []
    for more in ({}, {"masks": (mask(7, 100),)}, {"base": photo(7, 50, 50, alpha=9)}):
        history = History(replace(alone(1), **more), max_bytes=35_000)
        history.push("", alone(2))
        counts.append(len(history.states))
    assert counts == [2, 1, 1]


def test_versions_of_labels_count_what_they_do_not_share():
    """A dab changes one tile of 4 KiB; the plain map is one tile more."""
    plain = replace(START, base=photo(0, 640, 640), labels=labels(0, 640, 640))
    history = History(plain, max_bytes=5 * 4096)
    for step in range(20):
        painted = history.document.labels
        assert painted is not None
        dabbed = replace(painted, ids=painted.ids.stamp(32, 32, 9, step + 1))
        history.push("", with_labels(history.document, dabbed))
    assert len(history.states) == 6


def test_versions_of_masks_count_what_they_do_not_share():
    """A dab changes one tile of 4 KiB; the plain mask is one tile more."""
    plain = replace(START, masks=(brushed(0, 640, 640),))
    history = History(plain, max_bytes=5 * 4096)
    for step in range(20):
        dabbed = levels_of(history.document.masks[0]).stamp(32, 32, 9, step + 1)
        history.push("", replace(history.document, masks=(mask_of(dabbed),)))
    assert len(history.states) == 6


def test_directions_of_sliders_count():
    """16 bytes each."""
    history = History(START, max_bytes=40)
    for value in range(9):
        history.push("", replace(START, sliders=(slider(value),)))
    assert len(history.states) == 3


def test_steps_that_are_replaced_or_cut_off_free_their_bytes():
    history = History(START, max_bytes=70_000)
    for value in range(9):
        history.push("", alone(value), merge="m")
    assert kept(history) == [START, alone(8)]
    history.push("", alone(20))
    history.undo()
    history.push("", alone(21))
    history.push("", alone(22))
    assert kept(history) == [START, alone(8), alone(21), alone(22)]
    history.push("", alone(23))
    assert kept(history) == [alone(21), alone(22), alone(23)]


def test_undo_and_redo_keep_every_step():
    history = History(START, max_bytes=70_000)
    for value in range(3):
        history.push("", alone(value))
    states = history.states
    assert len(states) == 4
    for index in (0, 3, 1):
        history.jump(index)
        assert history.states is states


# Small pictures


def test_a_small_picture_goes_with_its_state():
    history = History(START, max_steps=2)
    for value in (1, 2, 3):
        history.push(str(value), shade(value), merge="drag")
        history.thumbs[history.states[-1].serial] = np.full((1, 1, 3), value, np.uint8)
    # The three are one step, and its picture the last one's.
    assert [thumb[0, 0, 0] for thumb in history.thumbs.values()] == [3]
    history.undo()
    history.push("Other", shade(9))
    assert history.thumbs == {}
    history.thumbs[history.states[0].serial] = np.zeros((1, 1, 3), np.uint8)
    for value in (10, 11):
        history.push(str(value), shade(value))
    assert step_labels(history) == ["Other", "10", "11"]
    assert history.thumbs == {}
