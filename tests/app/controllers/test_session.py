from app.controllers.session import Change, Session
from app.document.document import Document, set_strength
from tests.app.document.documents import document, swap
from tests.app.document.documents import photo as grey


def test_without_a_document_nothing_happens(qapp, heard):
    session = Session()
    said = heard(session.changed)
    session.undo()
    session.redo()
    session.drop()
    session.jump(3)
    session.close()
    session.commit()
    session.drag(document(), "x")
    session.push("x", document())
    assert (said.values, session.document, session.unsaved) == ([], None, False)


def test_steps_drags_and_jumps_say_why(session, photo, heard):
    said = heard(session.changed)
    start = session.document
    other = Document(base=photo, references=(grey(7),))
    session.push("Add", other)
    session.undo()
    session.redo()
    session.drag(start, "x")
    session.drop()
    session.jump(0)
    assert said.values == [
        (other, Change.STEP),
        (start, Change.JUMP),
        (other, Change.JUMP),
        (start, Change.DRAG),
        (other, Change.JUMP),
        (start, Change.JUMP),
    ]


def test_a_drag_becomes_one_step_when_it_is_let_go(swapped, heard):
    said = heard(swapped.changed)
    before = swapped.history.states
    for strength in (0.9, 0.8, 0.7):
        swapped.drag(set_strength(swapped.history.current, 1, strength), "Change strength")
    swapped.commit()
    assert [why for _, why in said.values] == [Change.DRAG] * 3 + [Change.STEP]
    assert len(swapped.history.states) == len(before) + 1
    swapped.undo()
    assert swapped.document is before[-1].document


def test_work_is_unsaved_until_it_is_in_a_file(session, swapped):
    assert session.unsaved
    session.history.mark_saved()
    assert not session.unsaved
    session.undo()
    assert session.unsaved
    session.redo()
    assert not session.unsaved


def test_a_history_that_was_read_is_shown_as_it_was_left(session, swapped, heard):
    steps = session.steps()
    history = steps.history()
    history.jump(0)
    said = heard(session.changed)
    session.restore(history)
    assert said.values == [(history.document, Change.OPEN)]
    session.redo()
    assert session.document == steps.document


def test_what_is_on_its_way_is_the_last_of_the_steps(session, swapped):
    settled = session.steps()
    dragged = set_strength(session.document, 1, 0.4)
    session.undo()
    session.drag(dragged, "Change strength")
    steps = session.steps()
    assert steps.document is dragged
    assert [state.label for state in steps.states] == ["Open", "Change strength"]
    assert len(settled.states) == 2
    assert len(session.history.states) == 2
    session.close()
    assert session.steps() is None


def test_undo_takes_back_a_drag_on_its_way_and_redo_brings_it_back(swapped):
    before = swapped.document
    dragged = set_strength(before, 1, 0.4)
    swapped.drag(dragged, "Change strength")
    swapped.undo()
    assert swapped.document is before
    swapped.redo()
    assert swapped.document == dragged
    assert swapped.history.undo_label == "Change strength"


def test_a_change_begins_with_what_is_on_its_way(swapped):
    steps = len(swapped.history.states)
    dragged = set_strength(swapped.document, 1, 0.4)
    swapped.drag(dragged, "Change strength", "key")
    assert swapped.settled(but="key") != dragged
    assert len(swapped.history.states) == steps
    assert swapped.settled() == dragged
    assert len(swapped.history.states) == steps + 1


def test_opening_another_picture_begins_a_new_history(swapped, heard):
    said = heard(swapped.changed)
    other = document(swap(grey(200)))
    swapped.open(other)
    assert said.values == [(other, Change.OPEN)]
    assert len(swapped.history.states) == 1
    assert not swapped.unsaved
    swapped.close()
    assert swapped.document is None
    assert said.last == (None, Change.OPEN)
