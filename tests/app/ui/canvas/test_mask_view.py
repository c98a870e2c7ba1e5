"""Masks and the source of a tool on the canvas; the document lies at (200, 200), one to one."""

import time
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter

from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.tools.mask_brush import MaskStroke, SoftBrushSettings
from app.tools.stroke import StrokeSample
from app.ui.canvas.coloured_layer import ColouredLayer
from app.ui.canvas.pen import CanvasTool
from app.ui.canvas.shown_mask import RGB, STRENGTH, VEIL, ShownMask, veil_table
from app.ui.canvas.transform import Box
from app.ui.canvas.view import CanvasView
from tests.app.ui.canvas.layouts import Kind, mouse
from tests.app.ui.canvas.pictures import plain

BLUE = (0, 0, 200)


@pytest.fixture
def canvas(view):
    view.zoom_to_100()
    return view


def levels(width_px=400, height_px=200, **boxes):
    """0 but for boxes (left, top, right, bottom) of a level."""
    grey_hw = np.zeros((height_px, width_px), np.uint8)
    for name, (left, top, right, bottom) in boxes.items():
        grey_hw[top:bottom, left:right] = int(name.removeprefix("at_"))
    return TiledArray.from_array(grey_hw)


def seen(canvas, x_px, y_px):
    colour = canvas.grab().toImage().pixelColor(200 + x_px, 200 + y_px)
    return colour.red(), colour.green(), colour.blue()


def veil(level, under=BLUE):
    share = STRENGTH * level / 255
    return tuple(round(share * a + (1 - share) * b) for a, b in zip(RGB, under, strict=True))


def close(one, other):
    return all(abs(a - b) <= 2 for a, b in zip(one, other, strict=True))


def test_the_veil_is_as_strong_as_the_mask(canvas):
    canvas.set_mask([levels(at_255=(0, 0, 100, 200), at_128=(100, 0, 200, 200))])
    assert close(seen(canvas, 50, 100), veil(255))
    assert close(seen(canvas, 150, 100), veil(128))
    assert seen(canvas, 300, 100) == BLUE
    canvas.set_mask(())
    assert seen(canvas, 50, 100) == BLUE


def test_nothing_is_no_veil_at_all():
    assert veil_table()[0] == 0
    assert veil_table()[255] >> 24 == round(255 * STRENGTH)


def test_of_several_masks_the_strongest_is_seen(canvas):
    first = levels(at_255=(0, 0, 100, 200))
    second = levels(at_128=(50, 0, 200, 200))
    canvas.set_mask([first, second])
    assert close(seen(canvas, 75, 100), veil(255))
    assert close(seen(canvas, 150, 100), veil(128))
    canvas.set_mask([second])
    assert close(seen(canvas, 75, 100), veil(128))
    assert seen(canvas, 25, 100) == BLUE


def test_masks_of_other_sizes_are_stretched(canvas):
    small = levels(40, 20, at_255=(0, 0, 10, 20))
    canvas.set_mask([small])
    assert close(seen(canvas, 50, 100), veil(255))
    assert seen(canvas, 150, 100) == BLUE
    canvas.set_mask([levels(at_128=(200, 0, 300, 200)), small])
    assert close(seen(canvas, 50, 100), veil(255))
    assert close(seen(canvas, 250, 100), veil(128))


def test_only_what_a_stroke_has_changed_is_painted_again(canvas, qtbot, monkeypatch):
    blank = levels()
    canvas.set_mask([blank])
    canvas.repaint()
    painted = []
    monkeypatch.setattr(
        CanvasView, "_paint_document", lambda self, painter, dirty, rough: painted.append(dirty)
    )
    stroke = MaskStroke(blank, SoftBrushSettings(20.0))
    canvas.set_mask([stroke.add(StrokeSample(100, 100))])
    qtbot.waitUntil(lambda: bool(painted))
    box = painted[-1].boundingRect()
    assert (box.width(), box.height()) <= (30, 30)
    assert box.contains(300, 300)


def test_a_mask_that_comes_or_goes_costs_what_it_covers(monkeypatch):
    """The first stroke of a further patch, and its undo."""
    first = levels(at_255=(0, 0, 100, 200))
    second, third = levels(at_128=(50, 60, 150, 80)), levels(at_90=(300, 10, 310, 30))
    shown, looked_at = ShownMask(), []
    shown.show([first])
    strongest = ShownMask._strongest
    monkeypatch.setattr(
        ShownMask, "_strongest", lambda self, part: looked_at.append(part) or strongest(self, part)
    )
    for masks in ([first, second], [first, second, third], [first, second]):
        shown.show(masks)
        expected = np.maximum.reduce([mask.to_array() for mask in masks])
        assert shown._layer is not None
        assert np.array_equal(shown._layer.ids.to_array(), expected)
    there, further = Rect.spanning(50, 60, 150, 80), Rect.spanning(300, 10, 310, 30)
    assert looked_at == [there, further, further]


def test_the_veil_follows_a_stroke(canvas):
    mask = levels()
    canvas.set_mask([mask])
    canvas.grab()
    stroke = MaskStroke(mask, SoftBrushSettings(40.0, softness=0.0))
    for x_px in (100, 150, 200):
        canvas.set_mask([stroke.add(StrokeSample(x_px, 100))])
        assert close(seen(canvas, x_px, 100), veil(255))
    assert close(seen(canvas, 125, 100), veil(255))
    assert seen(canvas, 300, 100) == BLUE


@pytest.mark.parametrize("zoom", [0.5, 2.0])
def test_at_other_zooms_too(canvas, zoom):
    canvas._navigation.zoom_to(zoom)
    canvas.set_mask([levels(at_255=(0, 0, 200, 200))])
    left, right = (canvas.transform.to_view((x_px, 100)) for x_px in (150, 250))
    image = canvas.grab().toImage()
    at_left, at_right = (image.pixelColor(round(x), round(y)) for x, y in (left, right))
    assert close((at_left.red(), at_left.green(), at_left.blue()), veil(255))
    assert (at_right.red(), at_right.blue()) == (0, 200)


def test_what_is_shown_without_masks():
    shown = ShownMask()
    assert shown.show(()) is None
    assert not shown.is_shown
    assert shown.size_px == (0, 0)


def test_a_stroke_on_a_large_mask_is_shown_quickly(empty, qtbot):
    """The window's own share of an event of the pen at 2048 px, all paints included."""
    empty.set_document_size(2048, 2048)
    empty.set_after(plain(2048, 2048, BLUE))
    mask = TiledArray.filled(2048, 2048, 0)
    rest = [TiledArray.filled(2048, 2048, level) for level in (0, 1, 2)]
    empty.set_mask([*rest, mask])
    qtbot.waitUntil(lambda: empty.is_sharp)
    empty.repaint()
    stroke = MaskStroke(mask, SoftBrushSettings(128.0))
    spent = []
    for i in range(60):
        new = stroke.add(StrokeSample(400 + 15 * i, 900 + 5 * i))
        started = time.thread_time()
        empty.set_mask([*rest, new])
        empty.repaint(empty.rect()) if i == 0 else qtbot.wait(0)
        spent.append(1000 * (time.thread_time() - started))
    assert np.median(spent[1:]) < 8, spent


@pytest.mark.parametrize("shrink", [1, 2, 3, 4, 7, 16])
def test_a_small_veil_is_the_mean_of_its_places(qapp, shrink):
    grey_hw = np.random.default_rng(0).integers(0, 256, (333, 517), np.uint8)
    grey_hw[:100, :200] = 255
    mask = TiledArray.from_array(grey_hw)
    width_px, height_px = 517 // shrink, 333 // shrink
    seen = []
    for even in (True, False):
        image = QImage(width_px, height_px, VEIL)
        image.fill(0)
        painter = QPainter(image)
        whole = Box(0, 0, width_px, height_px)
        ColouredLayer(mask, veil_table(), VEIL, even=even).paint(painter, whole, whole)
        painter.end()
        seen.append(np.frombuffer(image.constBits(), np.uint8).astype(int))
    quick, slow = seen
    assert abs(quick - slow).max() <= 1
    assert slow.max() > 100


# The source


def marks_at(canvas, x_px, y_px):
    """Whether something white is drawn around a place."""
    image = canvas.grab().toImage()
    around = (image.pixelColor(200 + x_px + i, 200 + y_px + j) for i in range(-9, 10)
              for j in range(-9, 10))  # fmt: skip
    return any(colour.green() > 200 for colour in around)


def test_the_mark_of_the_source_goes_with_the_hand(canvas):
    canvas.set_tool(CanvasTool("round", 20.0, "Clone brush", alt="source"))
    canvas.set_source(lambda place: (50, 50) if place is None else (place[0] - 100, place[1]))
    assert marks_at(canvas, 50, 50)
    mouse(canvas, Kind.MouseMove, (400, 300))
    assert marks_at(canvas, 100, 100)
    assert not marks_at(canvas, 50, 50)
    canvas.set_source(None)
    assert not marks_at(canvas, 100, 100)


def test_a_source_that_is_nowhere_is_not_marked(canvas):
    canvas.set_tool(CanvasTool("round", 20.0))
    canvas.set_source(lambda _place: None)
    assert canvas._marks.source_px is None
    assert canvas._source_rect().isEmpty()


def test_a_round_source_is_a_ring(canvas):
    canvas.set_tool(CanvasTool("round", 10.0, "Texture brush", alt="source"))
    canvas.set_source(lambda _place: (100, 100), 60.0)
    assert marks_at(canvas, 160, 100)
    assert not marks_at(canvas, 130, 100)
    canvas.set_source(lambda _place: (100, 100), 30.0)
    assert marks_at(canvas, 130, 100)
    assert not marks_at(canvas, 160, 100)


def test_without_a_tool_there_is_no_mark(canvas):
    canvas.set_source(lambda _place: (50, 50))
    assert not marks_at(canvas, 50, 50)


def test_a_soft_tip_has_a_second_ring(canvas):
    def rings(softness):
        canvas.set_tool(CanvasTool("round", 100.0, softness=softness))
        mouse(canvas, Kind.MouseMove, (400, 300))
        image = canvas.grab().toImage()
        row = [image.pixelColor(x, 300).green() > 140 for x in range(400, 460)]
        return sum(b and not a for a, b in pairwise(row))

    assert rings(0.0) == 1
    assert rings(0.5) == 2
