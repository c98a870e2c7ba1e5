from pathlib import Path

import numpy as np
import pytest

from app.controllers.label_maps import (
    BASE_GREY,
    layout_entry,
    relabelled,
    small_colours,
    used_ids,
)
from app.controllers.labels import Labels
from app.controllers.layouts import Layouts
from app.controllers.models import Models
from app.controllers.pictures import Pictures
from app.controllers.preferences import Preferences
from app.document.document import Document, LabelMap, Photo, rename_edit, with_labels
from app.document.io.layouts import read_layout
from app.document.palettes import Palettes
from app.document.tiles import TiledArray
from app.errors import UserError
from app.resources import resource
from app.settings import Settings
from models.catalog import Catalog, IoSpec, ModelSpec, WeightsSpec
from models.configs import SpadeConfig
from models.edits import RenderLayout
from models.errors import CheckpointMissing, RequestError
from tests.app.fakes import picture

SKY, MOUNTAIN, WATER = 1, 5, 9


def spec(model_id: str, family: str, palette_id: str) -> ModelSpec:
    return ModelSpec(
        id=model_id,
        title=model_id.capitalize(),
        family=family,
        config=SpadeConfig(classes=14),
        weights=WeightsSpec(f"{model_id}.safetensors", "0" * 64, 1, "Apache-2.0", "a test", 0),
        io=IoSpec(1, 1, palette_id),
        path=Path(f"{model_id}.safetensors"),
        shipped=True,
    )


PAINTER = spec("painter", "spade", "landscape")
COCO = spec("coco", "spade", "coco_stuff")
READER = spec("reader", "segmenter", "landscape")


@pytest.fixture
def models(queue) -> Models:
    models = Models(queue, Preferences(Settings(), queue))
    models.catalog = Catalog((PAINTER, COCO, READER))
    return models


@pytest.fixture
def labels(session) -> Labels:
    return Labels(session, Palettes(resource("palettes")), "landscape")


@pytest.fixture
def layouts(queue, session, labels, models) -> Layouts:
    return Layouts(queue, session, Pictures(queue, session), labels, models)


def ids_of(session) -> np.ndarray:
    return session.document.labels.ids.to_array()


def edit_of(session) -> RenderLayout:
    entry = layout_entry(session.document)
    assert entry is not None
    assert isinstance(entry.edit, RenderLayout)
    return entry.edit


def test_a_new_layout_is_its_background_and_is_rendered(layouts, session, queue, labels, qtbot):
    layouts.new(300, 200, "landscape")
    qtbot.waitUntil(lambda: queue.idle)
    document = session.document
    assert (document.width_px, document.height_px) == (300, 200)
    assert (ids_of(session) == labels.palette.background).all()
    assert document.labels.palette_id == "landscape"
    assert dict(document.labels.names)[SKY] == "sky"
    assert (edit_of(session).model, edit_of(session).mapping) == ("painter", ())


def test_a_new_layout_may_begin_with_another_label_and_palette(layouts, session, queue, qtbot):
    layouts.new(30, 20, "coco_stuff", 123)
    qtbot.waitUntil(lambda: queue.idle)
    assert (ids_of(session) == 123).all()
    # The model in use has another palette: what it makes of every label is in the edit.
    assert dict(edit_of(session).mapping)


def test_without_a_model_no_layout_is_begun(layouts, session, models, heard, queue, qtbot):
    failed = heard(layouts.failed)
    models.catalog = Catalog(())
    before = session.document
    layouts.new(30, 20, "landscape")
    layouts.blank()
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    assert [type(error) for error in failed.values] == [CheckpointMissing] * 3
    assert session.document is before


def test_a_layout_goes_into_a_file_and_back(
    layouts, session, labels, queue, tmp_path, qtbot, heard
):
    exported = heard(layouts.exported)
    layouts.new(70, 50, "landscape")
    qtbot.waitUntil(lambda: queue.idle)
    settled = session.settled()
    ids = settled.labels.ids.patch(
        settled.labels.ids.bounds, np.tile(np.array([SKY, WATER], np.uint8), (50, 35))
    )
    session.push("Paint", with_labels(settled, LabelMap(ids, "landscape")))
    path = tmp_path / "layout.png"
    layouts.export(path)
    qtbot.waitUntil(lambda: queue.idle)
    assert exported.values == [path]
    # The file has no history and no styles.
    assert session.unsaved
    assert read_layout(path, labels.palette).ids == ids
    layouts.open_file(path)
    qtbot.waitUntil(lambda: queue.idle)
    assert session.document.labels.ids == ids
    assert session.document.base.name == "layout"
    assert len(session.history.states) == 1
    colours = tmp_path / "colours.png"
    layouts.export(colours, colours=True)
    qtbot.waitUntil(lambda: queue.idle)
    layouts.import_file(colours)
    qtbot.waitUntil(lambda: queue.idle)
    assert session.document.labels.ids == ids


def test_an_imported_layout_is_stretched_and_says_so(
    layouts, session, queue, tmp_path, qtbot, heard, labels
):
    said = heard(layouts.said)
    layouts.new(20, 10, "landscape", WATER)
    qtbot.waitUntil(lambda: queue.idle)
    path = tmp_path / "small.png"
    layouts.export(path)
    qtbot.waitUntil(lambda: queue.idle)
    layouts.new(60, 50, "landscape")
    qtbot.waitUntil(lambda: queue.idle)
    layouts.import_file(path)
    qtbot.waitUntil(lambda: queue.idle)
    assert ids_of(session).shape == (50, 60)
    assert (ids_of(session) == WATER).all()
    assert "from 20 x 10 px to 60 x 50 px" in said.last
    assert session.history.undo_label == "Import layout"
    session.undo()
    assert (ids_of(session) == labels.palette.background).all()


def test_what_is_no_layout_is_refused_and_changes_nothing(
    layouts, session, queue, tmp_path, qtbot, heard
):
    failed = heard(layouts.failed)
    path = tmp_path / "text.png"
    path.write_text("no picture")
    before = session.document
    layouts.import_file(path)
    qtbot.waitUntil(lambda: queue.idle)
    assert isinstance(failed.last, UserError)
    assert session.document is before
    layouts.export(tmp_path / "none.png")
    assert "no layout" in str(failed.last)


def test_a_photo_becomes_an_editable_layout_in_one_step(layouts, session, queue, qtbot, heard):
    working = heard(layouts.working)
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    ids = ids_of(session)
    assert (ids[0, 0], ids[32, 0], ids[-1, 0]) == (SKY, MOUNTAIN, WATER)
    assert session.history.undo_label == "Layout from photo"
    assert len(session.history.states) == 2
    assert edit_of(session).model == "painter"
    assert working.values[0] == ("looking at the photo", 0.0)
    assert working.last == ("", 0.0)
    assert len({id(entry) for entry in session.document.entries}) == 1
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    assert len(session.document.entries) == 1


def test_a_failed_look_and_a_cancelled_one_change_nothing(
    layouts, session, queue, make, qtbot, heard
):
    failed = heard(layouts.failed)
    before = session.document
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    session.undo()
    make.made[-1].errors.append(RequestError("This photo cannot be read."))
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    assert str(failed.last) == "This photo cannot be read."
    make.made[-1].delay_s = 5.0
    layouts.from_photo()
    layouts.cancel()
    qtbot.waitUntil(lambda: queue.idle)
    assert session.document == before


def test_the_layout_of_a_photo_that_is_gone_is_dropped(layouts, session, queue, make, qtbot):
    layouts.from_photo()
    session.open(Document(base=Photo(picture(20, 20), "other")))
    qtbot.waitUntil(lambda: queue.idle)
    assert session.document.labels is None


def test_another_model_gets_a_table_of_labels(layouts, session, queue, qtbot, heard):
    tables, said = heard(layouts.table_changed), heard(layouts.said)
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    assert layouts.table is None
    layouts.use_model(COCO)
    table = tables.last
    assert (table.layout.id, table.model.id) == ("landscape", "coco_stuff")
    assert table.lacking == ()
    there = dict(edit_of(session).mapping)
    assert table.model.by_id(there[SKY]).name.startswith("sky")
    # Ids are kept as they are: only the table changed.
    assert set(np.unique(ids_of(session))) == {SKY, MOUNTAIN, WATER}
    assert said.values == []
    layouts.remap([(SKY, there[WATER]), (MOUNTAIN, None), (WATER, there[WATER])])
    assert edit_of(session).mapping == ((SKY, there[WATER]), (WATER, there[WATER]))
    assert [label.name for label in tables.last.lacking] == ["mountain"]
    session.undo()
    session.undo()
    assert tables.last is None


def test_labels_without_a_partner_are_told_by_name(layouts, session, queue, qtbot, heard):
    said = heard(layouts.said)
    layouts.new(8, 8, "coco_stuff", 0)
    qtbot.waitUntil(lambda: queue.idle)
    layouts.use_model(COCO)
    layouts.use_model(PAINTER)
    assert "Painter has nothing for person" in said.last


def test_another_palette_takes_the_layout_along(layouts, session, labels, queue, qtbot, heard):
    said = heard(layouts.said)
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    layouts.set_palette("ade20k")
    assert session.document.labels.palette_id == labels.palette.id == "ade20k"
    names = {labels.palette.by_id(int(i)).name for i in np.unique(ids_of(session))}
    assert names == {"sky", "mountain", "water"}
    assert said.values == []
    session.undo()
    assert labels.palette.id == "landscape"


def test_a_palette_that_lacks_labels_says_which_are_lost(layouts, session, queue, qtbot, heard):
    said = heard(layouts.said)
    layouts.new(8, 8, "coco_stuff", 0)
    qtbot.waitUntil(lambda: queue.idle)
    layouts.set_palette("landscape")
    assert "nothing for person" in said.last
    assert (ids_of(session) == 0).all()


def test_the_edit_that_renders_keeps_its_name_and_place(layouts, session, queue, qtbot):
    layouts.from_photo()
    qtbot.waitUntil(lambda: queue.idle)
    uid = session.document.entries[0].uid
    session.push("Rename", rename_edit(session.document, uid, "My valley"))
    layouts.blank()
    assert [entry.name for entry in session.document.entries] == ["My valley"]


def test_used_ids_counts_every_tile_once_and_all_values():
    values = np.zeros((130, 70), np.uint16)
    values[129, 69] = 40_000
    labels = LabelMap(TiledArray.from_array(values), "x")
    assert used_ids(labels) == {0, 40_000}


def test_relabelled_keeps_the_size_and_tells_what_is_lost():
    palettes = Palettes(resource("palettes"))
    coco, landscape = palettes.find("coco_stuff"), palettes.find("landscape")
    assert coco is not None
    assert landscape is not None
    person = coco.by_name("person")
    assert person is not None
    ids = np.full((70, 90), person.id, np.uint8)
    labels, lost = relabelled(LabelMap(TiledArray.from_array(ids), coco.id), coco, landscape)
    assert labels.ids.to_array().shape == (70, 90)
    assert [label.name for label in lost] == ["person"]
    assert set(np.unique(labels.ids.to_array())) == {landscape.unknown}


def test_a_small_form_has_the_colours_of_the_labels():
    palette = Palettes(resource("palettes")).find("landscape")
    assert palette is not None
    ids = np.full((300, 520), SKY, np.uint16)
    ids[:, 260:] = WATER
    ids[0, 0] = 40_000
    small = small_colours(LabelMap(TiledArray.from_array(ids), palette.id), palette, 64)
    assert (small.shape, small.dtype) == ((38, 65, 3), np.uint8)
    sky, water = palette.by_id(SKY), palette.by_id(WATER)
    assert sky is not None
    assert water is not None
    assert tuple(small[0, 0]) == BASE_GREY
    assert (small[1:, :33] == sky.rgb).all()
    assert (small[:, 33:] == water.rgb).all()
