import pytest

from app.controllers.edit_list import KIND_TITLES, EditList, title_of
from app.controllers.session import Session
from app.document.document import with_edit
from models.edits import KINDS, AdjustTexture, CloneStructure, PaintTexture, RenderLayout


@pytest.fixture
def edits(swapped) -> EditList:
    return EditList(swapped)


def only(session):
    (entry,) = session.document.entries
    return entry


def test_every_change_is_one_named_step(edits, swapped):
    steps = [
        (lambda: edits.switch(1, False), "Hide swap texture"),
        (lambda: edits.switch(1, True), "Show swap texture"),
        (lambda: edits.rename(1, "Evening"), "Rename swap texture"),
        (lambda: edits.duplicate(1), "Duplicate Evening"),
        (lambda: edits.move(1, 1), "Move Evening"),
        (lambda: edits.remove(2), "Delete Evening copy"),
        (lambda: edits.use_model("other"), "Change model"),
    ]
    before = len(swapped.history.states)
    for count, (act, label) in enumerate(steps, before + 1):
        act()
        assert swapped.history.undo_label == label
        assert len(swapped.history.states) == count
    assert only(swapped).name == "Evening"
    assert only(swapped).edit.model == "other"


def test_one_edit_is_shown_alone_and_then_all(edits, swapped):
    edits.duplicate(1)
    edits.duplicate(1)
    edits.switch(2, False)
    for on, label in (
        ([False, False, True], "Show only Swap texture copy"),
        ([True, True, True], "Show all edits"),
    ):
        edits.solo(2)
        assert [entry.edit.enabled for entry in swapped.document.entries] == on
        assert swapped.history.undo_label == label
    swapped.undo()
    swapped.undo()
    assert [entry.edit.enabled for entry in swapped.document.entries] == [True, True, False]


def test_a_drag_of_the_strength_is_one_step(edits, swapped):
    before = len(swapped.history.states)
    for strength in (0.9, 0.5, 0.2):
        edits.drag_strength(1, strength)
        assert only(swapped).edit.strength == strength
    edits.commit_strength(1, 0.2)
    assert len(swapped.history.states) == before + 1
    swapped.undo()
    assert only(swapped).edit.strength == 1.0


def test_the_duplicate_stands_behind_its_original(edits, swapped):
    edits.duplicate(1)
    edits.duplicate(1)
    assert [entry.uid for entry in swapped.document.entries] == [1, 3, 2]


def test_copies_have_names_of_their_own(edits, swapped):
    def titles():
        return [title_of(entry) for entry in swapped.document.entries]

    edits.duplicate(1)
    assert swapped.history.undo_label == "Duplicate swap texture"
    edits.duplicate(1)
    edits.duplicate(2)
    copies = ["Swap texture copy 2", "Swap texture copy", "Swap texture copy 3"]
    assert titles() == ["Swap texture", *copies]
    edits.rename(1, "Dusk")
    edits.duplicate(1)
    assert titles() == ["Dusk", "Dusk copy", *copies]
    edits.remove(3)
    edits.duplicate(4)
    assert titles()[2] == "Swap texture copy", "a name that is free again"


def test_titles(edits, swapped):
    assert title_of(only(swapped)) == "Swap texture"
    edits.rename(1, "Dusk")
    assert title_of(only(swapped)) == "Dusk"


def test_without_a_document_the_model_changes_nothing(qapp):
    EditList(Session()).use_model("other")


def test_two_sliders_in_a_row_are_two_steps_and_neither_is_lost(edits, swapped):
    edits.duplicate(1)
    steps = len(swapped.history.states)
    edits.drag_strength(1, 0.4)
    edits.drag_strength(2, 0.6)
    edits.commit_strength(2, 0.6)
    assert [entry.edit.strength for entry in swapped.document.entries] == [0.4, 0.6]
    assert len(swapped.history.states) == steps + 2


def test_a_switch_does_not_undo_a_slider_that_has_not_come_to_rest(edits, swapped):
    edits.drag_strength(1, 0.4)
    edits.switch(1, False)
    assert only(swapped).edit.strength == 0.4
    assert not only(swapped).edit.enabled


def test_the_row_of_an_edit_that_is_gone_is_not_listened_to(edits, swapped):
    edits.remove(1)
    before = swapped.history.states
    edits.drag_strength(1, 0.4)
    edits.commit_strength(1, 0.4)
    edits.rename(1, "Evening")
    edits.solo(1)
    assert swapped.history.states == before


def test_the_photos_detail_is_dragged_and_is_one_step(edits, swapped):
    for detail in (0.2, 0.6):
        edits.drag_detail(1, detail)
        assert only(swapped).edit.detail == detail
    edits.commit_detail(1, 0.7)
    assert only(swapped).edit.detail == 0.7
    assert swapped.history.undo_label == "Keep photo detail"
    swapped.undo()
    assert only(swapped).edit.detail == 0.0


def test_a_rendered_layout_keeps_no_detail_of_a_photo(edits, session):
    session.push("Layout", with_edit(session.document, RenderLayout(model="painter")))
    steps = len(session.history.states)
    edits.drag_detail(2, 0.5)
    edits.commit_detail(2, 0.5)
    edits.commit_detail(99, 0.5)
    assert len(session.history.states) == steps


def test_a_model_is_used_by_all_edits_of_codes_and_no_others(edits, swapped):
    document = swapped.document
    for edit in (
        AdjustTexture(model="toy", checkpoint="c" * 64),
        CloneStructure(model="toy"),
        PaintTexture(model="toy"),
        RenderLayout(model="painter"),
    ):
        document = with_edit(document, edit)
    swapped.push("More", document)
    edits.use_model("other")
    assert [edit.model for edit in swapped.document.edits] == [*["other"] * 4, "painter"]
    assert all(edit.checkpoint == "" for edit in swapped.document.edits)
    assert swapped.history.undo_label == "Change model"


def test_every_kind_of_edit_has_a_name_for_people():
    assert set(KIND_TITLES) == set(KINDS)
