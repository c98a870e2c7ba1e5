"""The layout on the canvas, beside and over the picture, and the marks of the hand.

The document of 400 x 200 px lies at (200, 200), one to one; before is red, after is blue.
"""

import os
import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from app.document.document import LabelMap
from app.document.rect import Rect
from app.ui.canvas.pen import CanvasTool
from tests.app.ui.canvas.conftest import BLUE, RED
from tests.app.ui.canvas.layouts import PALETTE, SEA, SKY, Heard, Kind, halves, mouse
from tests.app.ui.canvas.pictures import pixels
from tests.app.ui.canvas.test_input import wheel

NO_BUTTON = Qt.MouseButton.NoButton
BRUSH = CanvasTool("round", 40.0, "Brush")


@pytest.fixture
def canvas(view):
    view.zoom_to_100()
    view.set_layout(halves(), PALETTE)
    view.set_display("layout")
    return view


def seen(view):
    return pixels(view.grab().toImage())


def on_screen(view):
    """What the window shows, without painting it once more."""
    QApplication.processEvents()
    return pixels(view.screen().grabWindow(view.winId()).toImage())


def hover(view, at):
    mouse(view, Kind.MouseMove, at, button=NO_BUTTON)


def beside(canvas):
    """Both halves at 100 %: of 399 px each, with the document at (0, 200) and (401, 200)."""
    canvas.set_display("side_by_side")
    canvas.zoom_to_100()
    return canvas


def test_the_layout_is_shown_in_its_colours(canvas):
    shown = seen(canvas)
    assert (shown[200:400, 200:400] == SKY).all()
    assert (shown[200:400, 400:600] == SEA).all()
    assert tuple(shown[199, 300]) == tuple(shown[400, 300]) != SKY


def test_a_layout_does_not_change_what_is_shown_of_its_own(view):
    view.zoom_to_100()
    view.set_layout(halves(), PALETTE)
    assert view.display == "picture"
    assert tuple(seen(view)[300, 300]) == BLUE


def test_the_display_is_told_once(canvas, qtbot):
    with qtbot.waitSignal(canvas.display_changed) as changed:
        canvas.set_display("over")
    assert changed.args == ["over"]
    with qtbot.assertNotEmitted(canvas.display_changed):
        canvas.set_display("over")
    with pytest.raises(ValueError, match="upside down"):
        canvas.set_display("upside down")


def test_without_a_layout_the_picture_is_shown(canvas):
    canvas.set_layout(None, None)
    assert canvas.display == "layout"
    assert tuple(seen(canvas)[300, 300]) == BLUE
    canvas.set_layout(halves(), PALETTE)
    assert tuple(seen(canvas)[300, 300]) == SKY


def test_over_the_picture_both_are_seen(canvas):
    canvas.set_display("over")
    for opacity in (0.0, 0.25, 1.0, 7.0):
        canvas.set_layout_opacity(opacity)
        share = min(opacity, 1.0)
        mixed = share * np.array(SKY) + (1 - share) * np.array(BLUE)
        assert abs(seen(canvas)[300, 300] - mixed).max() <= 2


def test_a_held_key_shows_the_other(canvas):
    for display, other in (("layout", BLUE), ("picture", SKY), ("over", BLUE)):
        canvas.set_display(display)
        canvas.hold_other(True)
        assert tuple(seen(canvas)[300, 300]) == other
        canvas.hold_other(False)
        assert tuple(seen(canvas)[300, 300]) != other


def test_side_by_side(canvas):
    shown = seen(beside(canvas))
    assert tuple(shown[300, 10]) == SKY
    assert tuple(shown[300, 390]) == SEA
    assert tuple(shown[300, 398]) == SEA
    assert tuple(shown[300, 401]) == tuple(shown[300, 799]) == BLUE
    assert (shown[:, 399:401] == shown[0, 399]).all()
    assert tuple(shown[0, 399]) not in (SEA, BLUE, tuple(shown[10, 10]))


def test_halves_are_fitted_and_the_whole_again(canvas):
    canvas.zoom_to_fit()
    canvas.set_display("side_by_side")
    assert canvas.zoom_percent == pytest.approx(100 * (399 - 32) / 400)
    canvas.resize(1202, 600)
    assert canvas.zoom_percent == pytest.approx(100 * (600 - 32) / 400)
    canvas.set_display("layout")
    assert canvas.zoom_percent == pytest.approx(100 * (600 - 32) / 200)


def test_both_halves_count_the_same(canvas):
    beside(canvas)
    canvas.set_tool(BRUSH)
    heard, places = Heard(canvas), []
    canvas.pixel_hovered.connect(places.append)
    left = canvas._transform.to_view((100, 50))
    for offset in (0, 401):
        mouse(canvas, Kind.MouseButtonPress, (left[0] + offset, left[1]))
        mouse(canvas, Kind.MouseMove, (left[0] + offset + 10, left[1]))
        mouse(canvas, Kind.MouseButtonRelease, (left[0] + offset + 10, left[1]))
    assert heard.all[:3] == heard.all[3:]
    assert heard.all[0][1] == (100, 50, 1.0)
    assert set(places) == {(100, 50), (110, 50)}


def test_a_stroke_does_not_jump_from_one_half_to_the_other(canvas):
    beside(canvas)
    canvas.set_tool(BRUSH)
    heard = Heard(canvas)
    mouse(canvas, Kind.MouseButtonPress, (390, 300))
    mouse(canvas, Kind.MouseMove, (410, 300))
    mouse(canvas, Kind.MouseButtonRelease, (410, 300))
    start, end = heard.all[0][1][0], heard.all[-1][1][0]
    assert end == start + 20
    mouse(canvas, Kind.MouseButtonPress, (410, 300))
    assert heard.all[-1][1][0] == pytest.approx(start + 20 - 401)


def test_the_wheel_zooms_both_at_the_pointer(canvas):
    beside(canvas)
    before = canvas.place_px(QPointF(500, 250))
    wheel(canvas, (500, 250), angle=(0, 240))
    assert canvas.place_px(QPointF(500, 250)) == pytest.approx(before, abs=1.0)
    assert canvas.zoom_percent > 120


def test_the_divider_is_for_the_picture_alone(canvas):
    canvas.set_compare("split")
    canvas.set_display("picture")
    assert tuple(seen(canvas)[350, 300]) == RED
    beside(canvas)
    assert tuple(seen(canvas)[300, 450]) == BLUE
    canvas.set_tool(BRUSH)
    heard = Heard(canvas)
    mouse(canvas, Kind.MouseButtonPress, (200, 300))
    assert heard.words == ["press"]
    mouse(canvas, Kind.MouseButtonRelease, (200, 300))
    canvas.set_display("picture")
    assert canvas.divider == 0.5
    assert tuple(seen(canvas)[350, 250]) == RED


def test_before_can_be_held_beside_the_layout(canvas):
    beside(canvas)
    canvas.hold_before(True)
    shown = seen(canvas)
    assert tuple(shown[300, 500]) == RED
    assert tuple(shown[300, 10]) == SKY


@pytest.mark.parametrize(
    ("display", "patterns", "zoom_in"),
    [
        *product(("layout", "side_by_side", "over"), (True,), (0, 3, -3)),
        *(("layout", False, 3), ("side_by_side", False, -3), ("over", False, 0)),
        ("picture", False, 0),
    ],
)
def test_dabs_leave_nothing_behind(canvas, qtbot, display, patterns, zoom_in):
    canvas.set_display(display)
    canvas.set_patterns(patterns)
    for _ in range(abs(zoom_in)):
        canvas.zoom_in() if zoom_in > 0 else canvas.zoom_out()
    canvas.set_tool(BRUSH)
    qtbot.waitUntil(lambda: canvas.is_sharp and not canvas._pace.is_moving)
    on_screen(canvas)
    ids = halves().ids
    for x, y, value in ((100.5, 60, 2), (250, 130.2, 1), (399, 0, 3), (200, 100, 3)):
        hover(canvas, canvas._transform.to_view((x, y)))
        ids = ids.stamp(x, y, 20, value)
        canvas.set_layout(LabelMap(ids, "small"), PALETTE)
        # Filtering a part may round otherwise than filtering the whole.
        assert abs(on_screen(canvas) - seen(canvas)).max() <= 2


class Painted:
    """How much of the canvas was painted again, in pixels of the view."""

    def __init__(self, canvas, monkeypatch):
        QApplication.processEvents()
        self.areas = []
        real = type(canvas)._paint_document

        def paint(view, painter, dirty, *, rough):
            self.areas.append(sum(rect.width() * rect.height() for rect in dirty))
            real(view, painter, dirty, rough=rough)

        monkeypatch.setattr(type(canvas), "_paint_document", paint)

    def now(self):
        self.areas.clear()
        QApplication.processEvents()
        return sum(self.areas)


def test_only_what_changed_is_painted_again(canvas, monkeypatch):
    painted = Painted(canvas, monkeypatch)
    ids = halves().ids.fill(Rect(50, 60, 30, 20), 3)
    canvas.set_layout(LabelMap(ids, "small"), PALETTE)
    assert 30 * 20 <= painted.now() <= 36 * 26
    canvas.set_layout(LabelMap(ids, "small"), PALETTE)
    assert painted.now() == 0
    canvas.set_display("picture")
    painted.now()
    canvas.set_layout(halves(), PALETTE)
    assert painted.now() == 0


def test_only_the_footprint_is_painted_again(canvas, monkeypatch):
    canvas.set_tool(BRUSH)
    hover(canvas, (300, 300))
    painted = Painted(canvas, monkeypatch)
    hover(canvas, (310, 300))
    assert 46 * 46 <= painted.now() <= 70 * 60
    beside(canvas)
    hover(canvas, (100, 300))
    painted.now()
    hover(canvas, (110, 300))
    assert 2 * 46 * 46 <= painted.now() <= 2 * 70 * 60


def ring(view):
    """Where the canvas changes by its footprint: left, top, right, bottom."""
    with_mark = seen(view)
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    rows, columns = np.nonzero((with_mark != seen(view)).any(2))
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize("shape", ["round", "square"])
@pytest.mark.parametrize("steps", [0, 3, -2])
def test_the_footprint_is_as_large_as_the_tool(canvas, shape, steps):
    for _ in range(abs(steps)):
        canvas.zoom_in() if steps > 0 else canvas.zoom_out()
    canvas.set_tool(CanvasTool(shape, 40.0))
    hover(canvas, (400, 300))
    radius = 20 * canvas.zoom_percent / 100
    for edge, wanted in zip(
        ring(canvas), (400 - radius, 300 - radius, 400 + radius, 300 + radius), strict=True
    ):
        assert abs(edge + 0.5 - wanted) <= 2.0


def test_the_footprint_is_what_the_brush_paints(canvas):
    canvas.set_tool(CanvasTool("round", 40.0))
    hover(canvas, (300, 300))
    canvas.set_layout(LabelMap(halves().ids.stamp(100, 100, 20, 3), "small"), PALETTE)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    painted = (seen(canvas) == (220, 200, 150)).all(2)
    hover(canvas, (300, 300))
    white = (seen(canvas).min(2) > 235) & (np.indices((600, 800))[0] > 200)
    rows, columns = np.nonzero(white)
    distances = np.hypot(columns + 0.5 - 300, rows + 0.5 - 300)
    assert len(distances) > 60
    assert abs(distances - 20).max() < 1.0
    assert abs(np.sqrt(painted.sum() / np.pi) - 20) < 0.3


def test_the_footprint_is_seen_on_white_and_on_black(canvas):
    canvas.set_tool(BRUSH)
    hover(canvas, (300, 300))
    row = seen(canvas)[300]
    assert row[278:283].max() > 240
    assert row[276:284].sum(1).min() < 300


def test_the_footprint_is_in_both_halves(canvas):
    beside(canvas)
    plain = seen(canvas)
    canvas.set_tool(BRUSH)
    hover(canvas, (100, 300))
    changed = (seen(canvas) != plain).any(2)
    assert changed[:, :399].any()
    np.testing.assert_array_equal(changed[:, :399], changed[:, 401:])


def test_the_footprint_goes_with_the_pointer_and_while_the_picture_moves(canvas, qtbot):
    canvas.set_tool(BRUSH)
    hover(canvas, (300, 300))
    assert canvas._marks.place_px == (100, 100)
    qtbot.keyPress(canvas, Qt.Key.Key_Space)
    assert canvas._marks.place_px is None
    qtbot.keyRelease(canvas, Qt.Key.Key_Space)
    assert canvas._marks.place_px == (100, 100)
    mouse(canvas, Kind.MouseButtonPress, (300, 300), button=Qt.MouseButton.MiddleButton)
    assert canvas._marks.place_px is None
    mouse(canvas, Kind.MouseButtonRelease, (300, 300), button=Qt.MouseButton.MiddleButton)
    assert canvas._marks.place_px == (100, 100)
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert canvas._marks.place_px is None


def test_without_a_tool_there_is_no_footprint(canvas):
    plain = seen(canvas)
    canvas.set_tool(BRUSH)
    hover(canvas, (300, 300))
    assert (seen(canvas) != plain).any()
    canvas.set_tool(None)
    assert (seen(canvas) == plain).all()


def test_small_footprints_are_pointed_at(canvas):
    canvas.set_tool(CanvasTool("round", 1.0))
    hover(canvas, (300, 300))
    left, top, right, bottom = ring(canvas)
    assert right - left >= 14
    assert bottom - top >= 14


def test_a_tool_without_size_shows_the_cursor_alone_and_the_cross_of_the_keys(canvas, qtbot):
    plain = seen(canvas)
    canvas.set_tool(CanvasTool("cross"))
    hover(canvas, (300, 300))
    assert (seen(canvas) == plain).all()
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    changed = (seen(canvas) != plain).any(2)
    assert changed[300, 305]
    assert changed[305, 300]


def test_guides_and_axes(canvas):
    plain = seen(canvas)
    canvas.set_guides([(50, 50), (150, 50), (150, 150)], True)
    changed = (seen(canvas) != plain).any(2)
    assert changed[250, 300]
    assert changed[300, 350]
    assert changed[300, 300]
    assert not changed[230, 300]
    canvas.set_guides([], False)
    assert (seen(canvas) == plain).all()
    canvas.set_mirror(200.0, None)
    assert (seen(canvas) != plain).any(2)[200:400, 398:402].any(1).all()
    assert (seen(canvas) == plain)[:, :395].all()
    canvas.set_mirror(None, 100.0)
    assert (seen(canvas) != plain).any(2)[298:302, 200:600].any(0).all()
    canvas.set_mirror(None, None)
    assert (seen(canvas) == plain).all()


def test_a_line_goes_from_the_last_corner_to_the_hand_and_leaves_nothing_behind(canvas):
    canvas.set_tool(CanvasTool("cross"))
    canvas.set_guides([(50, 50), (50, 150)], False)
    hover(canvas, (450, 350))
    assert (seen(canvas)[345:355, 320:330] != SKY).any()
    for at in ((500, 380), (210, 210), (790, 5)):
        hover(canvas, at)
        assert (on_screen(canvas) == seen(canvas)).all()


def test_it_tells_what_it_shows(canvas):
    said = []
    for display in ("picture", "layout", "side_by_side", "over"):
        canvas.set_display(display)
        said.append(canvas.accessibleDescription().partition(" at ")[0])
    assert said == [
        "Shows after",
        "Shows the layout",
        "Shows the layout beside after",
        "Shows the layout over after",
    ]


SCREEN = """
import numpy as np
from PySide6.QtWidgets import QApplication
from app.document.document import LabelMap
from app.document.pyramid import Pyramid
from app.document.tiles import TiledArray
from app.ui.canvas.view import CanvasView
from tests.app.ui.canvas.pictures import noise, pixels
from tests.app.ui.canvas.test_label_layer import GREYS
app = QApplication([])
view = CanvasView()
view.resize(802, 303)
view.show()
rgb_hwc = noise(200, 150)
view.set_document_size(200, 150)
view.set_before(Pyramid.of(rgb_hwc))
view.set_layout(LabelMap(TiledArray.from_array(rgb_hwc[..., 1].copy()), "greys"), GREYS)
view.set_display("side_by_side")
view.zoom_to_100()
app.processEvents()
shown = pixels(view.grab().toImage())
left, top = view._transform.picture[:2]
ratio = view.devicePixelRatioF()
right = left + round(402 * ratio)
assert (shown[top : top + 150, left : left + 200] == rgb_hwc[..., 1:2]).all(), "layout"
assert (shown[top : top + 150, right : right + 200] == rgb_hwc).all(), "picture"
print(ratio)
"""


def test_on_a_fine_screen_both_halves_are_exact():
    environment = {**os.environ, "QT_SCALE_FACTOR": "1.5", "QT_QPA_PLATFORM": "offscreen"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", SCREEN],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "1.5", done.stderr
