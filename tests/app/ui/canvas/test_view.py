"""The canvas as it is seen."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from app.document.pyramid import Pyramid
from app.ui.theme import DARK, LIGHT
from tests.app.ui.canvas.conftest import BLUE, RED
from tests.app.ui.canvas.pictures import noise, pixels, plain

GREEN = (0, 200, 0)


def seen(view):
    return pixels(view.grab().toImage())


def colour_at(view, x, y):
    return tuple(seen(view)[y, x])


def test_an_empty_canvas_shows_the_surround(empty):
    empty.set_surround(QColor(1, 2, 3))
    assert (seen(empty)[5:-5, 5:-5] == (1, 2, 3)).all()


def test_the_surround_is_the_theme_s(empty):
    empty.setPalette(LIGHT.palette())
    assert colour_at(empty, 400, 300) == (190, 190, 190)


def test_the_picture_is_fitted(view):
    shown = seen(view)
    assert tuple(shown[300, 16]) == tuple(shown[300, 783]) == BLUE
    assert tuple(shown[300, 15]) != BLUE
    assert tuple(shown[300, 784]) != BLUE
    assert view.zoom_percent == pytest.approx(192)
    assert view.fits


def test_modes_of_comparison(view, qtbot):
    with qtbot.waitSignal(view.compare_changed) as changed:
        view.set_compare("before")
    assert changed.args == ["before"]
    assert colour_at(view, 600, 300) == RED
    view.set_compare("split")
    assert colour_at(view, 300, 200) == RED
    assert colour_at(view, 500, 200) == BLUE
    view.set_compare("after")
    assert colour_at(view, 300, 200) == BLUE
    with pytest.raises(ValueError, match="sideways"):
        view.set_compare("sideways")


def test_the_same_mode_again_says_nothing(view, qtbot):
    with qtbot.assertNotEmitted(view.compare_changed):
        view.set_compare("after")
    assert view.compare == "after"


def test_a_held_key_shows_the_original(view):
    view.hold_before(True)
    assert colour_at(view, 600, 300) == RED
    assert "before" in view.accessibleDescription()
    view.hold_before(False)
    assert colour_at(view, 600, 300) == BLUE
    assert "after" in view.accessibleDescription()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_divider_is_where_it_says(view, share, qtbot):
    view.set_compare("split")
    with qtbot.waitSignal(view.divider_moved) as moved:
        view.set_divider(share)
    assert moved.args == [share]
    row = seen(view)[200]
    column = 16 + round(768 * share)
    assert all(tuple(pixel) == RED for pixel in row[16 : max(16, column - 2)])
    assert all(tuple(pixel) == BLUE for pixel in row[column + 3 : 784])


def test_the_divider_stops_at_the_ends(view):
    view.set_divider(1.7)
    assert view.divider == 1.0
    view.set_divider(-1.0)
    assert view.divider == 0.0


def test_the_line_is_crisp(view):
    view.set_compare("split")
    row = seen(view)[200]
    assert tuple(row[400]) == (255, 255, 255)
    assert tuple(row[398]) == RED
    assert tuple(row[402]) == BLUE
    assert tuple(row[399]) != RED
    assert tuple(row[401]) != BLUE


def test_words_say_which_side_is_which(view):
    view.set_compare("split")
    words = seen(view)[112:132]
    assert (words[:, 340:390] != RED).any()
    assert (words[:, 410:460] != BLUE).any()
    view.resize(200, 200)
    assert tuple(seen(view)[70, 80]) == RED


def test_zoom_steps_and_100_percent(view, qtbot):
    with qtbot.waitSignal(view.zoom_changed) as changed:
        view.zoom_to_100()
    assert changed.args == [100.0]
    assert not view.fits
    view.zoom_in()
    assert view.zoom_percent == 150
    view.zoom_out()
    view.zoom_out()
    assert view.zoom_percent == pytest.approx(66.67)
    view.zoom_to_fit()
    assert view.fits


def test_at_100_percent_pixels_are_exact(view):
    rgb_hwc = noise(400, 200)
    view.set_after(None)
    view.set_before(Pyramid.of(rgb_hwc))
    view.zoom_to_100()
    np.testing.assert_array_equal(seen(view)[200:400, 200:600], rgb_hwc)


def test_fit_follows_the_window_until_somebody_zooms(view):
    view.resize(432, 600)
    assert view.zoom_percent == pytest.approx(100)
    view.zoom_to_100()
    view.resize(800, 600)
    assert view.zoom_percent == pytest.approx(100)
    assert colour_at(view, 400, 300) == BLUE


def test_another_document_is_fitted(view):
    view.zoom_to_100()
    view.set_document_size(400, 200)
    assert not view.fits
    view.set_document_size(800, 800)
    assert view.fits


def test_without_a_document_nothing_is_shown(view, qtbot):
    view.set_document_size(0, 0)
    view.set_surround(QColor(9, 9, 9))
    assert colour_at(view, 400, 300) == (9, 9, 9)
    view.zoom_in()
    view.zoom_to_100()
    view.zoom_to_fit()
    view.resize(300, 300)
    assert view.zoom_percent == 100


def test_a_result_of_another_size_is_stretched(view, qtbot):
    half = np.zeros((50, 100, 3), np.uint8)
    half[:, 50:] = 200
    view.set_after(Pyramid.of(half))
    qtbot.waitUntil(lambda: view.is_sharp)
    assert colour_at(view, 50, 300) == (0, 0, 0)
    assert colour_at(view, 750, 300) == (200, 200, 200)


class Large:
    """Pictures that are shown shrunk, so that they need tiles."""

    def __init__(self, view, qtbot):
        self.view, self.qtbot = view, qtbot
        view.set_document_size(1800, 1200)
        view.set_before(plain(1800, 1200, RED))
        self.show(BLUE)
        self.wait()

    def show(self, colour):
        self.view.set_after(plain(1800, 1200, colour))

    def wait(self):
        self.qtbot.waitUntil(lambda: self.view.is_sharp)


@pytest.fixture
def large(view, qtbot):
    return Large(view, qtbot)


def test_a_result_comes_at_once_and_whole(large):
    waiting = large.view._comparison
    large.show(GREEN)
    while waiting.incoming is not None:
        assert (seen(large.view)[60:540, 20:780] == BLUE).all()
        QApplication.processEvents()
    assert (seen(large.view)[60:540, 20:780] == GREEN).all()


def test_the_newest_of_many_results_is_shown(large):
    for value in range(8):
        large.show((value, value, value))
    large.wait()
    assert colour_at(large.view, 400, 300) == (7, 7, 7)


def test_zooming_shows_the_newest_result_now(large):
    large.show(GREEN)
    large.view.zoom_to_100()
    assert colour_at(large.view, 400, 300) == GREEN


def test_a_hidden_canvas_makes_no_tiles(large):
    large.show(GREEN)
    large.view.hide()
    assert large.view.is_sharp
    large.show(RED)
    assert large.view.is_sharp
    large.view.show()
    large.wait()
    assert colour_at(large.view, 400, 300) == RED


def test_old_tiles_are_forgotten(large):
    for value in range(5):
        large.show((value, value, value))
        large.wait()
    tiles = large.view._painter.tiles
    assert {key.layer for key in tiles._values} <= set(large.view._comparison.layers)


def test_on_slow_machines_motion_is_rough_and_rest_is_smooth(view, qtbot, monkeypatch):
    rgb_hwc = noise(400, 200)
    view.set_after(Pyramid.of(rgb_hwc))
    qtbot.waitUntil(lambda: view.is_sharp)
    view.zoom_to_100()
    view.zoom_in()
    qtbot.waitUntil(lambda: not view._pace.is_moving)
    smooth = seen(view)
    monkeypatch.setattr("app.ui.canvas.pace.SLOW_PAINT_MS", -1.0)
    view._navigation.pan(0.0, 0.0)
    seen(view)
    rough = seen(view)
    assert (rough != smooth).any()
    with qtbot.waitSignal(view._pace.rested):
        pass
    assert (seen(view) == smooth).all()


def test_it_tells_what_it_shows(view):
    assert view.accessibleName() == "Canvas"
    view.set_compare("split")
    assert view.accessibleDescription() == "Shows before and after at 192 %"


def test_the_focus_is_seen_when_it_came_by_keys(view, qtbot):
    view.clearFocus()
    without = colour_at(view, 0, 300)
    view.window().activateWindow()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(view.hasFocus)
    assert colour_at(view, 0, 300) != without
    view.clearFocus()
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    assert view.hasFocus()
    assert colour_at(view, 0, 300) == without


SCREEN = """
import numpy as np
from PySide6.QtWidgets import QApplication
from app.document.pyramid import Pyramid
from app.ui.canvas.view import CanvasView
from tests.app.ui.canvas.pictures import noise, pixels
app = QApplication([])
view = CanvasView()
view.resize(401, 303)
view.show()
rgb_hwc = noise(300, 200)
view.set_document_size(300, 200)
view.set_before(Pyramid.of(rgb_hwc))
view.set_after(Pyramid.of(rgb_hwc))
view.zoom_to_100()
app.processEvents()
shown = pixels(view.grab().toImage())
ratio = view.devicePixelRatioF()
left, top = view._transform.picture[:2]
assert (shown[top : top + 200, left : left + 300] == rgb_hwc).all(), "not exact"
view.set_compare("split")
row = pixels(view.grab().toImage())[top + 150]
column = left + 150
white = np.flatnonzero((row[column - 8 : column + 8] == 255).all(axis=1))
assert len(white) == round(ratio), white
print(ratio)
"""


@pytest.mark.parametrize("ratio", ["1.5", "2"])
def test_on_a_fine_screen_100_percent_is_exact(ratio):
    environment = {**os.environ, "QT_SCALE_FACTOR": ratio, "QT_QPA_PLATFORM": "offscreen"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", SCREEN],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(float(ratio)), done.stderr


def test_another_screen_keeps_the_size_on_the_desk(view, monkeypatch):
    view.zoom_to_100()
    monkeypatch.setattr(view, "devicePixelRatioF", lambda: 2.0)
    QApplication.sendEvent(view, QEvent(QEvent.Type.DevicePixelRatioChange))
    assert view.zoom_percent == pytest.approx(200)


def test_a_canvas_can_be_painted_at_another_scale(view):
    image = QImage(1600, 1200, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2.0)
    view.render(image)
    shown = pixels(image)
    assert tuple(shown[600, 32]) == tuple(shown[600, 1567]) == BLUE
    assert tuple(shown[600, 31]) != BLUE


def on_screen(view):
    """What the window shows, without painting it once more."""
    QApplication.processEvents()
    return pixels(view.screen().grabWindow(view.winId()).toImage())


def test_far_jumps_of_the_divider_leave_nothing_behind(view, qtbot):
    view.set_compare("split")
    view.set_divider(0.1)
    qtbot.waitUntil(lambda: view.is_sharp)
    for share in (0.8, 0.3, 0.95):
        view.set_divider(share)
        shown = on_screen(view)
        assert (shown == pixels(view.grab().toImage())).all()


def levels_of(colour):
    return colour.red(), colour.green(), colour.blue()


def test_where_there_is_no_picture_the_canvas_says_why(empty):
    empty.set_document_size(400, 200)
    empty.zoom_to_100()
    empty.setPalette(LIGHT.palette())
    bare = seen(empty)
    empty.set_no_picture("No picture yet", "It was not finished.")
    for theme in (DARK, LIGHT):
        empty.setPalette(theme.palette())
        shown = seen(empty)
        assert tuple(shown[205, 205]) == levels_of(theme.base)
        assert tuple(shown[195, 195]) == levels_of(theme.surround)
        # Words: many colours in the middle, none elsewhere.
        assert len(np.unique(shown[280:320, 300:500].reshape(-1, 3), axis=0)) > 5
        assert (shown[205:240, 205:595] == levels_of(theme.base)).all()
    assert "No picture yet. It was not finished at 100 %" in empty.accessibleDescription()
    empty.set_no_picture("", "")
    assert (seen(empty) == bare).all()


def test_a_picture_takes_the_place_of_the_words(view, qtbot):
    plain_look = seen(view)
    view.set_no_picture("No picture yet", "It was not finished.")
    assert (seen(view) == plain_look).all()
    view.set_before(None)
    view.set_after(None)
    assert (seen(view) != plain_look).any()
    view.set_after(plain(400, 200, BLUE))
    qtbot.waitUntil(lambda: view.is_sharp)
    assert (seen(view) == plain_look).all()


@pytest.mark.parametrize("size", [(160, 120), (230, 500)])
def test_the_words_stay_in_a_small_view(empty, size):
    empty.set_document_size(40, 20)
    empty.resize(*size)
    empty.set_no_picture("The picture comes here", "Landscape painter paints it from the layout.")
    shown = seen(empty)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 5
    surround = shown[0, 0]
    assert (shown[:, [0, -1]] == surround).all() or size[0] < 200
