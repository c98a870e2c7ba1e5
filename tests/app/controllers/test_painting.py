from dataclasses import replace

import numpy as np
import pytest

from app.controllers.labels import Labels
from app.controllers.painting import LARGEST_PX, Painting, ToolKind
from app.controllers.session import Change, Session
from app.document.document import Document, LabelMap, Photo
from app.document.palettes import Palettes
from app.document.tiles import TiledArray
from app.errors import UserError
from app.resources import resource
from app.tools.stroke import StrokeSample
from tests.app.fakes import picture

WIDTH_PX, HEIGHT_PX = 96, 64
SKY, WATER, GRASS = 1, 9, 4


@pytest.fixture
def session(qapp) -> Session:
    session = Session()
    ids = TiledArray.filled(HEIGHT_PX, WIDTH_PX, SKY)
    base = Photo(picture(WIDTH_PX, HEIGHT_PX), "layout")
    session.open(Document(base=base, labels=LabelMap(ids, "landscape")))
    return session


@pytest.fixture
def labels(session) -> Labels:
    labels = Labels(session, Palettes(resource("palettes")), "landscape")
    labels.choose(WATER)
    return labels


@pytest.fixture
def painting(session, labels) -> Painting:
    painting = Painting(session, labels)
    painting.change(brush_px=8, smoothing=0.0, pressure=False)
    return painting


def ids_of(session) -> np.ndarray:
    return session.document.labels.ids.to_array()


def at(x_px, y_px, pressure=1.0) -> StrokeSample:
    return StrokeSample(x_px, y_px, pressure)


def stroke(painting, *points, **how):
    painting.press(at(*points[0]), **how)
    for point in points[1:]:
        painting.drag(at(*point))
    painting.release(at(*points[-1]))


def test_a_stroke_is_seen_while_it_is_made_and_is_one_step(painting, session, heard):
    changes = heard(session.changed)
    painting.press(at(10, 20))
    painting.drag(at(60, 20))
    assert ids_of(session)[20, 40] == WATER
    assert len(session.history.states) == 1
    assert {why for _, why in changes.values} == {Change.DRAG}
    painting.release(at(60, 20))
    assert len(session.history.states) == 2
    assert session.history.undo_label == "Paint water"
    assert changes.last[1] is Change.STEP
    session.undo()
    assert (ids_of(session) == SKY).all()
    session.redo()
    assert ids_of(session)[20, 40] == WATER


def test_pressure_decides_the_width_only_when_it_is_asked_for(painting, session):
    painting.change(brush_px=20, pressure=True)
    stroke(painting, (30, 30, 0.1))
    light = (ids_of(session) == WATER).sum()
    session.undo()
    painting.change(pressure=False)
    stroke(painting, (30, 30, 0.1))
    assert 0 < light < (ids_of(session) == WATER).sum() / 2


def test_a_firm_curve_paints_thinner_than_a_soft_one(painting, session):
    areas = {}
    painting.change(brush_px=30, pressure=True)
    for curve in ("soft", "linear", "firm"):
        painting.change(curve=curve)
        stroke(painting, (40, 30, 0.5))
        areas[curve] = (ids_of(session) == WATER).sum()
        session.undo()
    assert areas["soft"] > areas["linear"] > areas["firm"] > 0


def test_the_eraser_and_a_turned_pen_paint_the_background(painting, session):
    stroke(painting, (10, 20), (60, 20))
    painting.choose_tool(ToolKind.ERASER)
    stroke(painting, (10, 20), (60, 20))
    assert (ids_of(session) == SKY).all()
    assert session.history.undo_label == "Erase"
    session.undo()
    painting.choose_tool(ToolKind.BRUSH)
    stroke(painting, (10, 20), (60, 20), eraser=True)
    assert (ids_of(session) == SKY).all()


def test_the_eraser_has_a_size_of_its_own(painting, heard):
    sizes = heard(painting.size_changed)
    painting.choose_tool(ToolKind.ERASER)
    painting.set_size(77)
    painting.choose_tool(ToolKind.BRUSH)
    assert sizes.values == [48.0, 77, 8]
    assert (painting.settings.eraser_px, painting.settings.brush_px) == (77, 8)


def test_sizes_step_and_have_limits(painting):
    painting.set_size(1)
    painting.step_size(1)
    assert painting.size_px == 2
    painting.set_size(100)
    painting.step_size(1)
    assert painting.size_px == pytest.approx(120)
    painting.step_size(-1)
    assert painting.size_px == pytest.approx(100)
    painting.set_size(1e6)
    assert painting.size_px == LARGEST_PX
    painting.set_size(0)
    assert painting.size_px == 1
    painting.choose_tool(ToolKind.FILL)
    painting.set_size(50)
    assert painting.size_px == 0


def test_shift_draws_straight_from_the_last_end(painting, session):
    stroke(painting, (10, 10))
    painting.press(at(80, 10), shift=True)
    painting.release(at(80, 10))
    assert (ids_of(session)[10, 10:81] == WATER).all()
    assert len(session.history.states) == 3


def test_shift_without_a_stroke_before_paints_a_dab(painting, session):
    painting.press(at(80, 10), shift=True)
    painting.release(at(80, 10))
    assert ids_of(session)[10, 80] == WATER
    assert (ids_of(session)[10, :60] == SKY).all()


def test_filling_is_contiguous_or_everywhere(painting, session):
    painting.choose_tool(ToolKind.RECTANGLE)
    for x_px in (10, 60):
        stroke(painting, (x_px, 10), (x_px + 20, 30))
    painting.choose_tool(ToolKind.FILL)
    painting.change(contiguous=True)
    labels = painting._labels
    labels.choose(GRASS)
    stroke(painting, (15, 15), (90, 60))
    assert ids_of(session)[20, 20] == GRASS
    assert ids_of(session)[20, 70] == WATER
    assert session.history.undo_label == "Fill with grass"
    session.undo()
    painting.change(contiguous=False)
    stroke(painting, (15, 15))
    assert ids_of(session)[20, 20] == ids_of(session)[20, 70] == GRASS


@pytest.mark.parametrize("tool", [ToolKind.RECTANGLE, ToolKind.ELLIPSE])
def test_shapes_follow_the_hand_and_are_regular_with_shift(painting, session, tool):
    painting.choose_tool(tool)
    painting.press(at(10, 10))
    painting.drag(at(70, 50))
    painting.drag(at(40, 20))
    rows, columns = np.nonzero(ids_of(session) == WATER)
    assert (columns.max() - columns.min() + 1, rows.max() - rows.min() + 1) == (30, 10)
    painting.drag(at(40, 20), shift=True)
    rows, columns = np.nonzero(ids_of(session) == WATER)
    assert columns.max() - columns.min() == rows.max() - rows.min()
    painting.release(at(40, 20))
    assert session.history.undo_label == f"{tool.value.capitalize()} of water"
    assert len(session.history.states) == 2


def test_a_line_has_the_brush_width_and_snaps_with_shift(painting, session):
    painting.choose_tool(ToolKind.LINE)
    painting.press(at(10, 32), shift=True)
    painting.drag(at(80, 35), shift=True)
    painting.release(at(80, 35))
    column = ids_of(session)[:, 40] == WATER
    assert column.sum() == 8
    assert np.flatnonzero(column).mean() == pytest.approx(31.5)


def test_a_lasso_fills_what_it_goes_around(painting, session):
    painting.choose_tool(ToolKind.LASSO)
    stroke(painting, (10, 10), (50, 10), (50, 50), (10, 50))
    assert ids_of(session)[30, 30] == WATER
    assert ids_of(session)[30, 60] == SKY
    assert session.history.undo_label == "Lasso of water"


def test_a_polygon_is_clicked_together_and_closes_at_its_first_point(painting, session, heard):
    guides = heard(painting.guides_changed)
    painting.choose_tool(ToolKind.POLYGON)
    for point in ((10, 10), (60, 10), (60, 50)):
        stroke(painting, point)
    assert (ids_of(session) == SKY).all()
    assert guides.last == (((10, 10), (60, 10), (60, 50)), True)
    stroke(painting, (12, 12))
    assert ids_of(session)[15, 50] == WATER
    assert session.history.undo_label == "Polygon of water"
    assert len(session.history.states) == 2
    assert guides.last == ((), False)


def test_a_polygon_needs_three_points_and_can_be_given_up(painting, session, heard):
    painting.choose_tool(ToolKind.POLYGON)
    stroke(painting, (10, 10))
    stroke(painting, (60, 10))
    assert not painting.finish_polygon()
    stroke(painting, (60, 50))
    painting.cancel()
    assert not painting.finish_polygon()
    assert len(session.history.states) == 1


def test_mirrored_painting_repeats_at_the_middle(painting, session):
    painting.change(mirror_across=True, mirror_down=True)
    stroke(painting, (10, 10), (20, 15))
    ids = ids_of(session)
    assert (ids == WATER).sum() > 0
    assert (ids == ids[:, ::-1]).all()
    assert (ids == ids[::-1]).all()


def test_picking_takes_the_label_of_a_place_in_hand(painting, session, labels):
    stroke(painting, (10, 20))
    labels.choose(GRASS)
    painting.pick_at(10.5, 20.5)
    assert labels.primary.id == WATER
    painting.pick_at(-5, 1000)
    assert labels.primary.id == WATER
    painting.choose_tool(ToolKind.PICK)
    painting.press(at(90, 60))
    assert labels.primary.id == SKY
    painting.drag(at(10.5, 20.5))
    assert labels.primary.id == WATER
    assert len(session.history.states) == 2


def test_escape_gives_a_stroke_up(painting, session):
    painting.press(at(10, 10))
    painting.drag(at(60, 10))
    assert session.history.pending is not None
    painting.cancel()
    assert session.history.pending is None
    assert (ids_of(session) == SKY).all()
    painting.drag(at(80, 10))
    painting.release(at(80, 10))
    assert (ids_of(session) == SKY).all()
    assert len(session.history.states) == 1


def test_undo_in_the_middle_of_a_stroke_takes_that_stroke_back(painting, session):
    painting.press(at(10, 10))
    painting.drag(at(40, 10))
    session.undo()
    painting.drag(at(80, 10))
    painting.release(at(80, 10))
    assert (ids_of(session) == SKY).all()
    session.redo()
    assert ids_of(session)[10, 30] == WATER
    assert ids_of(session)[10, 70] == SKY


def test_another_document_ends_the_stroke(painting, session):
    painting.press(at(10, 10))
    ids = TiledArray.filled(8, 8, GRASS)
    session.open(Document(base=Photo(picture(8, 8), "other"), labels=LabelMap(ids, "landscape")))
    painting.drag(at(4, 4))
    painting.release(at(4, 4))
    assert (ids_of(session) == GRASS).all()
    assert len(session.history.states) == 1


def test_a_photo_without_a_layout_is_refused_with_what_to_do(painting, session, heard):
    refused = heard(painting.refused)
    session.open(Document(base=Photo(picture(8, 8), "photo")))
    stroke(painting, (4, 4), (6, 6))
    assert isinstance(refused.last, UserError)
    assert "no layout" in str(refused.last)
    assert session.document.labels is None


def test_without_a_document_and_with_the_hand_nothing_happens(painting, session, heard):
    refused = heard(painting.refused)
    painting.choose_tool(ToolKind.HAND)
    stroke(painting, (10, 10), (40, 10))
    assert (ids_of(session) == SKY).all()
    session.close()
    painting.choose_tool(ToolKind.BRUSH)
    stroke(painting, (10, 10))
    painting.pick_at(3, 3)
    assert refused.values == []


def test_what_was_painted_is_a_recent_label(painting, labels):
    stroke(painting, (10, 10))
    labels.choose(GRASS)
    stroke(painting, (30, 30))
    assert [label.id for label in labels.recent] == [GRASS, WATER]


def test_smoothing_feels_the_same_at_every_zoom(painting, session):
    """The tip lags by pixels of the screen: zoomed in twice, it lags half as many of the layout."""
    painting.change(smoothing=1.0, brush_px=2)
    lags = []
    for zoom in (1.0, 2.0):
        painting.set_zoom(zoom)
        painting.press(at(5, 30))
        painting.drag(at(90, 30))
        lags.append(90 - np.flatnonzero(ids_of(session)[30] == WATER).max())
        painting.cancel()
    assert lags[0] > 1.5 * lags[1] > 0


def test_a_stroke_keeps_the_names_of_the_labels(painting, session):
    names = ((SKY, "sky"), (WATER, "water"))
    labels = replace(session.document.labels, names=names)
    session.open(replace(session.document, labels=labels))
    painting.press(at(20, 20))
    painting.release(at(30, 20))
    assert (ids_of(session) == WATER).any()
    assert session.document.labels.names == names
