"""A thousand random changes: undo and redo bring every document back, byte for byte."""

import random
from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
import pytest

from app.document import document as documents
from app.document.document import Document, LabelMap
from app.document.history import History
from app.document.masks import empty_levels, levels_of, mask_of
from app.document.rect import Rect
from app.document.tiles import TiledArray, changed_rect
from app.errors import UserError
from models.edits import AdjustTexture, CloneStructure
from models.values import Mask
from tests.app.document.documents import adjust, clone, photo, slider, swap

OPERATIONS = 1000
WIDTH_PX, HEIGHT_PX = 150, 100
BASES = [photo(shade, WIDTH_PX, HEIGHT_PX, alpha) for shade in (1, 2) for alpha in (None, 8, 9)]
LOOKS = [photo(shade, 5, 5) for shade in range(100, 106)]
SLIDERS = [slider(value, name) for value in (1.0, 2.0, 3.0) for name in ("Snow", "Dusk")]

Snapshot = tuple[object, ...]
Change = Callable[[random.Random, Document], Document]


def snapshot(doc: Document) -> Snapshot:
    """All that a document holds, as plain values and copies of its bytes."""
    return (
        [
            (p.name, p.metadata, p.picture.rgb_hwc.tobytes(), alpha_bytes(p))
            for p in (doc.base, *doc.references)
        ],
        doc.labels and (doc.labels.palette_id, array_bytes(doc.labels.ids)),
        [(entry.uid, repr(entry.edit), entry.name) for entry in doc.entries],
        [(held.sha256, array_bytes(levels_of(held))) for held in doc.masks],
        [(held.name, held.direction.values.tobytes()) for held in doc.sliders],
        doc.next_uid,
    )


def array_bytes(array: TiledArray) -> list[list[bytes]]:
    return [[tile.tobytes() for tile in row] for row in array.tile_rows]


def alpha_bytes(held: documents.Photo) -> bytes | None:
    return None if held.alpha_hw is None else held.alpha_hw.tobytes()


class Model:
    """A history of snapshots, with lists and nothing clever."""

    def __init__(self, first: Snapshot) -> None:
        self.steps = [first]
        self.index = 0
        self.merge: Hashable = None

    def push(self, new: Snapshot, merge: Hashable) -> None:
        if new == self.steps[self.index]:
            return
        del self.steps[self.index + 1 :]
        if merge is not None and merge == self.merge:
            self.steps.pop()
        self.merge = merge
        if self.steps and self.steps[-1] == new:
            self.merge = None
        else:
            self.steps.append(new)
        self.index = len(self.steps) - 1

    def move(self, index: int) -> None:
        self.index = index
        self.merge = None


# Changes of a document


def ids(doc: Document) -> TiledArray:
    return doc.labels.ids if doc.labels else TiledArray.filled(HEIGHT_PX, WIDTH_PX, 0)


def labelled(doc: Document, new: TiledArray) -> Document:
    """The document with these ids; asserts that the changed rectangle holds what changed."""
    old = ids(doc)
    rect = changed_rect(old, new) or Rect(0, 0, 0, 0)
    assert old.patch(rect, new.read(rect)) == new
    return documents.with_labels(doc, LabelMap(new, "toys"))


def stroke(rng: random.Random, doc: Document) -> Document:
    new = ids(doc)
    for _ in range(rng.randint(1, 5)):
        x, y = rng.uniform(-20, WIDTH_PX + 20), rng.uniform(-20, HEIGHT_PX + 20)
        new = new.stamp(x, y, rng.uniform(0, 30), rng.randrange(5))
    return labelled(doc, new)


def random_rect(rng: random.Random) -> Rect:
    x, y = rng.randint(-20, WIDTH_PX), rng.randint(-20, HEIGHT_PX)
    return Rect(x, y, rng.randint(0, WIDTH_PX), rng.randint(0, HEIGHT_PX))


def fill(rng: random.Random, doc: Document) -> Document:
    return labelled(doc, ids(doc).fill(random_rect(rng), rng.randrange(5)))


def patch(rng: random.Random, doc: Document) -> Document:
    rect, noise = random_rect(rng), np.random.default_rng(rng.randrange(2**32))
    values = noise.integers(0, 5, (rect.height_px, rect.width_px)).astype(np.uint8)
    return labelled(doc, ids(doc).patch(rect, values, values > 2))


def no_labels(rng: random.Random, doc: Document) -> Document:
    return documents.with_labels(doc, None)


def base(rng: random.Random, doc: Document) -> Document:
    return replace(doc, base=rng.choice(BASES))


def brush(rng: random.Random, doc: Document) -> Document:
    """A stroke into a patch of a clone, or into a patch or a clone of its own."""
    chosen = [entry for entry in doc.entries if isinstance(entry.edit, CloneStructure)]
    entry = rng.choice([None, *chosen])
    edit = entry.edit if entry else clone()
    assert isinstance(edit, CloneStructure)
    index = rng.randint(0, len(edit.patches))
    old = doc.mask(edit.patches[index].mask) if index < len(edit.patches) else None
    levels = levels_of(old) if old else empty_levels(WIDTH_PX, HEIGHT_PX)
    for _ in range(rng.randint(1, 3)):
        rect = random_rect(rng)
        limit = np.full((rect.height_px, rect.width_px), rng.randrange(256), np.uint8)
        levels = rng.choice([levels.raise_to, levels.raise_to, levels.lower_to])(rect, limit)
    new = mask_of(levels)
    assert new.sha256 == Mask.from_grey(new.grey_hw).sha256
    patch = clone(new, source=rng.choice([None, *doc.references])).patches[0]
    edit = replace(edit, patches=(*edit.patches[:index], patch, *edit.patches[index + 1 :]))
    if entry is None:
        return documents.with_edit(doc, edit, masks=(new,))
    return documents.replace_edit(doc, entry.uid, edit, masks=(new,))


def slide(rng: random.Random, doc: Document) -> Document:
    """Move sliders of an edit, or of one more."""
    moved = rng.sample(SLIDERS, rng.randint(0, 2))
    if len({found.direction.sha256 for found in moved}) < len(moved):
        return doc
    chosen = [entry for entry in doc.entries if isinstance(entry.edit, AdjustTexture)]
    entry = rng.choice([None, *chosen])
    if entry is None:
        return documents.with_edit(doc, adjust(*moved), sliders=moved)
    return documents.replace_edit(doc, entry.uid, adjust(*moved), sliders=moved)


def copy(rng: random.Random, doc: Document) -> Document:
    """One edit twice; nothing comes or goes with it."""
    if not doc.entries or len(doc.entries) > 5:
        return doc
    index = rng.randrange(len(doc.entries))
    new = documents.with_edit(doc, doc.entries[index].edit, "Copy", index + 1)
    assert (new.masks, new.sliders) == (doc.masks, doc.sliders)
    return new


def checked(doc: Document) -> Document:
    """The document; asserts that it holds what its edits name, and of masks no others."""
    named = {sha256 for edit in doc.edits for sha256 in edit.masks}
    assert sorted(held.sha256 for held in doc.masks) == sorted(named)
    directions = {sha256 for edit in doc.edits for sha256 in edit.directions}
    assert sorted(held.direction.sha256 for held in doc.sliders) == sorted(directions)
    for edit in doc.edits:
        assert all(doc.reference(sha256) for sha256 in edit.pictures)
    return doc


def reference(rng: random.Random, doc: Document) -> Document:
    return documents.with_reference(doc, rng.choice(LOOKS))


def no_reference(rng: random.Random, doc: Document) -> Document:
    if not doc.references:
        return doc
    sha = rng.choice(doc.references).picture.sha256
    try:
        return documents.without_reference(doc, sha)
    except UserError:
        assert any(sha in edit.pictures for edit in doc.edits)
        return doc


def add(rng: random.Random, doc: Document) -> Document:
    look = rng.choice(LOOKS)
    doc = documents.with_reference(doc, look)
    index = rng.choice([None, 0, 1])
    return documents.with_edit(doc, swap(look, rng.random()), rng.choice(["", "Dusk"]), index)


def alter(rng: random.Random, doc: Document) -> Document:
    """Do something to one of the edits, or add the first."""
    if not doc.entries:
        return add(rng, doc)
    entry = rng.choice(doc.entries)
    match rng.randrange(6):
        case 0:
            return documents.replace_edit(doc, entry.uid, replace(entry.edit, checkpoint="f" * 64))
        case 1:
            return documents.set_strength(doc, entry.uid, rng.choice([0.0, 0.5, 1.0]))
        case 2:
            return documents.set_enabled(doc, entry.uid, rng.random() < 0.5)
        case 3:
            return documents.rename_edit(doc, entry.uid, rng.choice(["", "Dawn", "Dusk"]))
        case 4:
            return documents.move_edit(doc, entry.uid, rng.randrange(4))
        case _:
            return documents.remove_edit(doc, entry.uid)


CHANGES: list[Change] = [
    *[stroke, fill, patch, no_labels, base, brush, brush, slide, copy],
    *[reference, no_reference, add],
    *[alter] * 4,
]


def changed(rng: random.Random, doc: Document) -> Document:
    return checked(rng.choice(CHANGES)(rng, doc))


# Operations on a history


def push(rng: random.Random, history: History, model: Model) -> None:
    doc, merge = changed(rng, history.document), rng.choice([None, "a", "b"])
    history.push("Push", doc, merge)
    model.push(snapshot(doc), merge)


def drag(rng: random.Random, history: History, model: Model) -> None:
    """Show some documents, then commit the last or drop it."""
    merge = rng.choice([None, "a", "b"])
    for _ in range(rng.randint(1, 4)):
        history.pending = changed(rng, history.document)
    shown = snapshot(history.document)
    if rng.random() < 0.7:
        history.commit("Drag", merge)
        model.push(shown, merge)
    else:
        rng.choice([history.drop_pending, history.undo])()
        assert history.pending is None


def walk(rng: random.Random, history: History, model: Model) -> None:
    """Undo, redo or jump."""
    index = history.index
    target = max(0, min(len(history.states) - 1, index + rng.choice([-5, -1, -1, 0, 1, 1, 5])))
    if target == index - 1:
        history.undo()
    elif target == index + 1:
        history.redo()
    else:
        history.jump(target)
    model.move(target)


@pytest.mark.parametrize(
    ("seed", "limits"),
    [
        (0, {"max_steps": OPERATIONS}),
        (1, {"max_steps": OPERATIONS}),
        (2, {"max_steps": 12}),
        (3, {"max_bytes": 300_000}),
    ],
)
def test_undo_and_redo_return_identical_bytes(seed, limits):
    rng, first = random.Random(seed), Document(BASES[0])
    history, model = History(first, **limits), Model(snapshot(first))
    for _ in range(OPERATIONS):
        rng.choice([push, push, drag, walk])(rng, history, model)
        if dropped := len(model.steps) - len(history.states):
            del model.steps[:dropped]
            model.index -= dropped
        assert history.index == model.index
        assert snapshot(history.document) == model.steps[model.index]
    assert len(model.steps) > 10
    while history.can_undo:
        history.undo()
    for step in model.steps[:-1]:
        assert snapshot(history.document) == step
        history.redo()
    assert snapshot(history.document) == model.steps[-1]
    assert not history.can_redo
