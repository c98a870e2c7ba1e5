"""What is said where a layout has no picture yet."""

from dataclasses import replace

import pytest

from app.controllers.label_maps import BASE_GREY, blank_labels
from app.controllers.models import Models
from app.controllers.no_picture import NoPicture, no_picture
from app.controllers.pictures import plain_photo
from app.controllers.preferences import Preferences
from app.document.document import Document, remove_edit, set_enabled, with_edit, with_labels
from app.document.palette import Palette
from app.document.palettes import Palettes
from app.resources import resource
from app.settings import Settings
from models.catalog import Catalog
from models.edits import RenderLayout
from tests.app.controllers.test_layouts import COCO, PAINTER, READER


@pytest.fixture
def models(queue) -> Models:
    models = Models(queue, Preferences(Settings(), queue))
    models.catalog = Catalog((PAINTER, READER))
    return models


@pytest.fixture
def layout() -> Document:
    labels = blank_labels(30, 20, landscape(), 1)
    document = Document(plain_photo(30, 20, BASE_GREY), labels=labels)
    return with_edit(document, RenderLayout(model="painter"))


def landscape() -> Palette:
    palette = Palettes(resource("palettes")).find("landscape")
    assert palette is not None
    return palette


def test_a_photo_is_its_own_picture(models, photo):
    assert no_picture(None, models, "") == NoPicture()
    assert no_picture(Document(photo), models, "No.") == NoPicture()
    palette = landscape()
    labels = blank_labels(photo.picture.width_px, photo.picture.height_px, palette, 1)
    assert no_picture(with_labels(Document(photo), labels), models, "No.") == NoPicture()


def test_what_makes_the_picture_is_named(models, layout):
    words = no_picture(layout, models, "")
    assert words == NoPicture("The picture comes here", "Painter paints it from the layout.")


def test_before_the_models_are_listed_none_is_missing(models, layout):
    models.catalog = Catalog(())
    assert no_picture(layout, models, "").title == "The picture comes here"


def test_what_went_wrong_is_told(models, layout):
    words = no_picture(layout, models, "The memory is not enough for this.")
    assert words == NoPicture("No picture yet", "The memory is not enough for this.")


def test_without_a_model_of_the_family_one_is_to_be_imported(models, layout):
    models.catalog = Catalog((READER,))
    words = no_picture(layout, models, "Not found.")
    assert words.why == (
        "No model that renders layouts is installed. Import one under Model > Models."
    )


def test_where_another_model_is_installed_it_can_be_chosen(models, layout):
    models.catalog = Catalog((COCO, READER))
    words = no_picture(layout, models, "")
    assert words.why == "The model 'painter' is not installed: choose another at the top right."


def test_an_edit_that_is_off_or_gone_makes_no_picture(models, layout):
    (entry,) = layout.entries
    assert "switch it on" in no_picture(set_enabled(layout, entry.uid, False), models, "").why
    faint = replace(layout, entries=(replace(entry, edit=replace(entry.edit, strength=0.0)),))
    assert "switch it on" in no_picture(faint, models, "").why
    assert "undo" in no_picture(remove_edit(layout, entry.uid), models, "").why
