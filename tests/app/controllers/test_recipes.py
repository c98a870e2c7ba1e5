"""Recipes beside the window: saved and loaded on the file thread, one step of the history."""

import json

import numpy as np
import pytest

from app.controllers.recipes import Recipes
from app.controllers.session import Session
from app.document import document as documents
from app.document.document import Document, Photo
from app.document.io.recipes import load_recipe
from models.edits import AdjustTexture, SwapTexture
from models.recipe import recipe_to_json
from models.values import Picture
from tests.app.fakes import picture

WARM = AdjustTexture(model="toy", amounts=(("texture:0", 1.0),))


def photo(seed: int = 0) -> Photo:
    return Photo(picture(seed=seed), f"{seed}.png")


@pytest.fixture
def edited() -> Document:
    """A document with a swap and a slider."""
    other = Photo(Picture.from_rgb(np.full((6, 8, 3), 200, np.uint8)), "snow.png")
    document = documents.with_reference(Document(photo()), other)
    swap = SwapTexture(model="toy", reference=other.picture.sha256)
    return documents.with_edit(documents.with_edit(document, swap, "Snowy"), WARM)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def rest(queue, qtbot):
    """A function that waits until nothing is on its way."""
    return lambda: qtbot.waitUntil(lambda: queue.idle)


@pytest.fixture
def recipes(queue, session) -> Recipes:
    return Recipes(queue, session)


def test_a_recipe_is_saved_and_loaded_onto_another_photo_as_one_step(
    recipes, session, edited, rest, heard, tmp_path
):
    saved, loaded = heard(recipes.saved), heard(recipes.loaded)
    session.open(edited)
    recipes.save(tmp_path / "snowy.json")
    rest()
    assert saved.last == (tmp_path / "snowy.json", True)
    session.open(documents.with_edit(Document(photo(1)), WARM))
    recipes.load(tmp_path / "snowy.json")
    rest()
    assert loaded.values == [("snowy.json", 2)]
    assert session.document is not None
    assert session.document.edits == (WARM, *edited.edits)
    assert [entry.name for entry in session.document.entries] == ["", "Snowy", ""]
    assert session.document.references[0].picture == edited.references[0].picture
    assert session.history is not None
    assert [state.label for state in session.history.states] == ["Open", "Recipe snowy"]
    session.undo()
    assert session.document.edits == (WARM,)


def test_what_is_on_its_way_becomes_a_step_first(recipes, session, rest, tmp_path):
    path = tmp_path / "warm.json"
    path.write_text(recipe_to_json((WARM,)))
    session.open(Document(photo()))
    recipes.load(path)
    session.drag(documents.with_edit(Document(photo()), WARM, "dragged"), "Drag")
    rest()
    assert session.document is not None
    assert [entry.name for entry in session.document.entries] == ["dragged", ""]


def test_a_document_that_is_opened_meanwhile_does_not_get_the_edits(
    recipes, session, edited, queue, rest, heard, tmp_path
):
    loaded, failed = heard(recipes.loaded), heard(recipes.failed)
    session.open(edited)
    recipes.save(tmp_path / "snowy.json")
    rest()
    recipes.load(tmp_path / "snowy.json")
    session.open(Document(photo(1)))
    rest()
    assert session.document == Document(photo(1))
    recipes.load(tmp_path / "snowy.json")
    session.close()
    rest()
    assert session.document is None
    assert (loaded.values, failed.values) == ([], [])


def test_without_a_document_there_is_nothing_to_do(recipes, session, rest, heard, tmp_path):
    failed = heard(recipes.failed)
    recipes.save(tmp_path / "r.json")
    recipes.load(tmp_path / "r.json")
    rest()
    assert failed.values == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear diary", "not a recipe"),
        (recipe_to_json(()), "r.json has no edits"),
        (json.dumps({"format": "scumble-recipe", "version": 3, "edits": []}), "version 3"),
    ],
)
def test_a_bad_recipe_is_told_and_nothing_changes(
    recipes, session, edited, rest, heard, tmp_path, text, words
):
    failed = heard(recipes.failed)
    (tmp_path / "r.json").write_text(text)
    session.open(edited)
    recipes.load(tmp_path / "r.json")
    rest()
    assert words in failed.last.text
    assert session.document == edited
    assert session.history is not None
    assert len(session.history.states) == 1


def test_a_recipe_that_cannot_be_saved_is_told(recipes, session, edited, rest, heard, tmp_path):
    failed = heard(recipes.failed)
    session.open(edited)
    recipes.save(tmp_path / "no" / "r.json")
    rest()
    assert "there is no folder" in failed.last.text


def test_what_is_saved_is_the_document_of_that_moment(recipes, session, edited, rest, tmp_path):
    session.open(edited)
    recipes.save(tmp_path / "r.json")
    session.push("Delete", documents.remove_edit(edited, 1))
    rest()
    assert load_recipe(tmp_path / "r.json").edits == edited.edits
