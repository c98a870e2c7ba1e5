from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.document.document import (
    Document,
    EditEntry,
    Photo,
    move_edit,
    remove_edit,
    rename_edit,
    replace_edit,
    set_enabled,
    set_strength,
    with_edit,
    with_labels,
    with_reference,
    without_reference,
)
from app.errors import UserError
from models.errors import EditError
from models.values import Mask, Picture
from tests.app.document.documents import (
    adjust,
    brushed,
    clone,
    document,
    labels,
    photo,
    slider,
    swap,
)

LOOK = photo(200)
SWAP = swap(LOOK)
THREE = document(swap(LOOK, 0.1), swap(LOOK, 0.2), swap(LOOK, 0.3))


def uids(doc: Document) -> list[int]:
    return [entry.uid for entry in doc.entries]


# Photos


def test_a_photo_tells_its_bits():
    deep = Picture.from_rgb(np.zeros((2, 2, 3), np.uint16))
    assert photo(0).bits == 8
    assert Photo(deep, "deep.png").bits == 16


@pytest.mark.parametrize(
    ("name", "path", "stem"),
    [
        ("a.b.jpg", Path("/x/a.b.jpg"), "a.b"),
        ("Pasted 14.03.27", None, "Pasted 14.03.27"),
        ("Untitled", None, "Untitled"),
    ],
)
def test_what_is_made_of_a_photo_is_called_as_it(name, path, stem):
    assert Photo(photo(0).picture, name, path).stem == stem


def test_alpha_cannot_be_written_to_and_is_copied_only_if_it_could():
    open_hw = np.full((6, 8), 9, np.uint8)
    fixed_hw = open_hw.copy()
    fixed_hw.flags.writeable = False
    kept = Photo(photo(0).picture, "a", alpha_hw=open_hw).alpha_hw
    open_hw[:] = 0
    assert kept is not None
    assert (kept == 9).all()
    assert not kept.flags.writeable
    assert Photo(photo(0).picture, "a", alpha_hw=fixed_hw).alpha_hw is fixed_hw


def test_photos_are_equal_by_their_values():
    assert photo(0) == photo(0)
    assert hash(photo(0, alpha=3)) == hash(photo(0, alpha=3))
    assert photo(0, alpha=3) != photo(0, alpha=4)
    assert photo(0, alpha=3) != photo(0)
    assert photo(0) != replace(photo(0), name="other.png")


def test_alpha_of_another_size_is_refused():
    with pytest.raises(ValueError, match="alpha"):
        Photo(photo(0).picture, "a", alpha_hw=np.zeros((8, 6), np.uint8))


# Documents


def test_a_document_has_the_size_of_its_base():
    assert (document().width_px, document().height_px) == (8, 6)


def test_documents_are_equal_by_their_values():
    a, b = (with_labels(document(SWAP), labels(3)) for _ in range(2))
    assert a == b
    assert hash(a) == hash(b)
    assert a != with_labels(b, labels(4))


def test_labels_of_another_size_are_refused():
    with pytest.raises(ValueError, match="on 8 x 6 px"):
        with_labels(document(), labels(0, 6, 8))
    with pytest.raises(ValueError, match="on 4 x 4 px"):
        replace(with_labels(document(), labels()), base=photo(0, 4, 4))


@pytest.mark.parametrize(("edits", "next_uid"), [((1, 1), 2), ((1, 2), 2)])
def test_uids_that_are_not_unique_are_refused(edits, next_uid):
    with pytest.raises(ValueError, match="uids"):
        Document(photo(0), entries=tuple(EditEntry(u, SWAP) for u in edits), next_uid=next_uid)


def test_looking_up():
    assert THREE.entry(2) is THREE.entries[1]
    assert THREE.index(3) == 2
    assert THREE.edits == (swap(LOOK, 0.1), swap(LOOK, 0.2), swap(LOOK, 0.3))
    assert THREE.reference(LOOK.picture.sha256) is THREE.references[0]
    assert THREE.reference(photo(1).picture.sha256) is None


# Edits


def test_edits_are_added_at_the_end_or_where_wanted():
    doc = with_edit(document(), SWAP, "First")
    assert doc.entries == (EditEntry(1, SWAP, "First"),)
    doc = with_edit(with_edit(doc, SWAP), SWAP, index=0)
    assert uids(doc) == [3, 1, 2]
    assert doc.next_uid == 4


def test_a_uid_is_not_used_again():
    doc = with_edit(remove_edit(THREE, 3), SWAP)
    assert uids(doc) == [1, 2, 4]


def test_an_edit_changes_in_its_place():
    changed = replace_edit(THREE, 2, swap(LOOK, 1.5))
    assert changed.edits == (swap(LOOK, 0.1), swap(LOOK, 1.5), swap(LOOK, 0.3))
    assert uids(changed) == [1, 2, 3]
    assert set_strength(THREE, 2, 0.25).entry(2).edit.strength == 0.25
    assert not set_enabled(THREE, 2, False).entry(2).edit.enabled
    assert rename_edit(THREE, 2, "Dusk").entry(2) == EditEntry(2, swap(LOOK, 0.2), "Dusk")


def test_a_strength_that_cannot_be_is_refused():
    with pytest.raises(EditError):
        set_strength(THREE, 2, 1.1)


@pytest.mark.parametrize(
    ("uid", "index", "order"),
    [(1, 2, [2, 3, 1]), (3, 0, [3, 1, 2]), (1, 1, [2, 1, 3]), (1, 99, [2, 3, 1])],
)
def test_edits_can_be_moved(uid, index, order):
    moved = move_edit(THREE, uid, index)
    assert uids(moved) == order
    assert moved.entry(uid) is THREE.entry(uid)


def test_what_changes_nothing_gives_the_same_document():
    for same in (
        replace_edit(THREE, 2, swap(LOOK, 0.2)),
        set_strength(THREE, 2, 1.0),
        set_enabled(THREE, 2, True),
        rename_edit(THREE, 2, ""),
        move_edit(THREE, 2, 1),
        with_reference(THREE, LOOK),
        with_labels(THREE, None),
    ):
        assert same is THREE
    labelled = with_labels(THREE, labels(3))
    assert with_labels(labelled, labels(3)) is labelled


@pytest.mark.parametrize(
    "change",
    [
        lambda doc: replace_edit(doc, 4, SWAP),
        lambda doc: set_strength(doc, 4, 0.5),
        lambda doc: set_enabled(doc, 4, False),
        lambda doc: rename_edit(doc, 4, "Dusk"),
        lambda doc: remove_edit(doc, 4),
        lambda doc: move_edit(doc, 4, 0),
        lambda doc: doc.entry(4),
        lambda doc: without_reference(doc, "0" * 64),
    ],
)
def test_an_unknown_edit_or_reference_is_a_defect(change):
    with pytest.raises(KeyError):
        change(THREE)


# Masks and sliders


A, B, C = (brushed(level) for level in (10, 20, 30))
SNOW, DUSK = slider(1.0), slider(2.0, "Dusk")


def test_an_edit_brings_its_masks():
    doc = with_edit(document(), clone(A, mask=B), masks=(A, B))
    assert doc.masks == (A, B)
    assert doc.mask(A.sha256) is A
    assert doc.mask(C.sha256) is None
    assert with_edit(doc, clone(B, C), index=0, masks=(B, C)).masks == (A, B, C)


def test_only_masks_that_an_edit_names_are_kept():
    assert with_edit(document(), clone(A), masks=(A, B)).masks == (A,)
    doc = with_edit(with_edit(document(), clone(A, B), masks=(A, B)), clone(B))
    assert replace_edit(doc, 1, clone(C), masks=(C,)).masks == (B, C)
    assert remove_edit(doc, 1).masks == (B,)
    assert remove_edit(remove_edit(doc, 1), 2).masks == ()
    # A mask is needed as long as its edit is there, be it switched off.
    assert set_enabled(doc, 1, False).masks == (A, B)


def test_a_mask_is_kept_once_and_stays_the_one_that_was_there():
    doc = with_edit(document(), clone(A), masks=(A,))
    again = replace_edit(doc, 1, clone(A, A), masks=(brushed(10), brushed(10)))
    assert again.masks == (A,)
    assert again.masks[0] is A


def test_a_copy_of_an_edit_shares_its_masks():
    doc = with_edit(document(), clone(A, B), masks=(A, B))
    copied = with_edit(doc, doc.entry(1).edit)
    assert copied.masks is doc.masks
    assert remove_edit(copied, 1).masks is doc.masks


def test_a_stroke_puts_a_mask_in_place_of_the_one_before():
    doc = with_edit(document(), clone(A, B), masks=(A, B))
    for new in (C, brushed(40), brushed(50)):
        doc = replace_edit(doc, 1, clone(new, B), masks=(new,))
    assert doc.masks == (B, brushed(50))


def test_sliders_stay_as_long_as_an_edit_names_them():
    doc = with_edit(document(), adjust(SNOW, DUSK), sliders=(SNOW, DUSK))
    assert doc.sliders == (SNOW, DUSK)
    assert doc.slider(DUSK.direction.sha256) is DUSK
    assert doc.slider("0" * 64) is None
    assert replace_edit(doc, 1, adjust(DUSK)).sliders == (DUSK,)
    assert remove_edit(doc, 1).sliders == ()
    assert with_edit(doc, adjust(DUSK), sliders=(slider(3.0),)).sliders == (SNOW, DUSK)


def test_a_slider_takes_on_another_name():
    doc = with_edit(document(), adjust(SNOW, DUSK), sliders=(SNOW, DUSK))
    deep = replace(SNOW, name="Deep snow")
    renamed = replace_edit(doc, 1, adjust(SNOW, DUSK), sliders=(deep,))
    assert renamed.sliders == (deep, DUSK)
    assert renamed != doc
    assert renamed.entries is doc.entries
    assert replace_edit(doc, 1, adjust(SNOW, DUSK), sliders=(slider(1.0),)) is doc


def test_documents_with_other_masks_or_sliders_differ():
    doc = with_edit(document(), clone(A), masks=(A,))
    assert doc == with_edit(document(), clone(A), masks=(Mask.from_grey(A.grey_hw),))
    assert hash(doc) == hash(with_edit(document(), clone(A), masks=(brushed(10),)))
    assert doc != with_edit(document(), clone(B), masks=(B,))
    assert doc != with_edit(document(), clone(A))
    assert slider(1.0) != slider(1.0, "Fog")
    assert hash(slider(1.0)) == hash(SNOW)


def test_a_picture_that_is_cloned_from_stays():
    doc = with_edit(document(), clone(A, source=LOOK), masks=(A,))
    with pytest.raises(UserError, match=r"^200\.png cannot be removed"):
        without_reference(doc, LOOK.picture.sha256)
    other = replace_edit(doc, 1, clone(A))
    assert without_reference(other, LOOK.picture.sha256).references == ()


# References, labels, base


def test_a_reference_is_kept_once():
    again = replace(LOOK, name="again.png")
    assert with_reference(THREE, again) is THREE
    assert with_reference(THREE, photo(1)).references == (LOOK, photo(1))


def test_a_reference_in_use_stays():
    sha = LOOK.picture.sha256
    unused = with_reference(THREE, photo(1))
    assert without_reference(unused, photo(1).picture.sha256) == THREE
    with pytest.raises(UserError, match=r"^200\.png cannot be removed"):
        without_reference(set_enabled(document(SWAP), 1, False), sha)
    assert without_reference(document(), sha).references == ()


def test_labels_are_replaced():
    assert with_labels(THREE, labels(3)).labels == labels(3)
    assert with_labels(with_labels(THREE, labels(3)), None) == THREE
