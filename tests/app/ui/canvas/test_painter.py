"""Pictures on the screen, from levels and from tiles."""

import gc

import numpy as np
import pytest

from app.document.pyramid import Pyramid
from app.ui.canvas.painter import Layer, SharpPainter, Wrapped
from app.ui.canvas.tiles import cells
from app.ui.canvas.transform import Box
from tests.app.ui.canvas.pictures import blank, noise, pixels, plain

pytestmark = pytest.mark.usefixtures("qapp")


def painted(layer, picture, part, size=(200, 100), smooth=True):
    image, painter = blank(*size)
    layer.paint(painter, picture, part, smooth=smooth)
    painter.end()
    return pixels(image)


def sharp(layer, picture, size):
    painter_ = SharpPainter()
    view = Box(0, 0, *size)
    for cell in list(painter_.missing(layer, picture, view)):
        painter_.make(layer, picture, cell)
    image, painter = blank(*size)
    painter_.paint(painter, layer, picture, view.within(picture), smooth=True)
    painter.end()
    return pixels(image)


def test_an_image_shares_the_memory_of_its_array():
    bgrx_hwc = np.full((2, 3, 4), 255, np.uint8)
    wrapped = Wrapped.of(bgrx_hwc)
    bgrx_hwc[1, 2] = (10, 20, 30, 255)
    assert wrapped.image.pixelColor(2, 1).getRgb() == (30, 20, 10, 255)
    wrapped.image.pixelColor(0, 0)
    assert wrapped.image.constBits() is not None


def test_an_image_keeps_its_memory_alive():
    wrapped = Wrapped.of(np.full((500, 500, 4), 77, np.uint8))
    gc.collect()
    others = [np.zeros((500, 500, 4), np.uint8) for _ in range(20)]
    assert wrapped.image.pixelColor(499, 499).red() == 77
    assert len(others) == 20


def test_at_100_percent_every_pixel_is_exact():
    rgb_hwc = noise(180, 90)
    shown = painted(Layer(Pyramid.of(rgb_hwc)), Box(7, 5, 187, 95), Box(0, 0, 200, 100))
    np.testing.assert_array_equal(shown[5:95, 7:187], rgb_hwc)
    assert (shown[:5] == 0).all()
    assert (shown[:, 187:] == 0).all()


@pytest.mark.parametrize("zoom", [5, 7, 64])
def test_squares_are_where_the_transform_says(zoom):
    rgb_hwc = noise(6000, 40)
    left, top = -5900 * zoom + 3, -20 * zoom
    picture = Box(left, top, left + 6000 * zoom, top + 40 * zoom)
    shown = painted(Layer(Pyramid.of(rgb_hwc)), picture, Box(0, 0, 200, 100), smooth=False)
    columns = (np.arange(200) + 0.5 - left) / zoom
    rows = (np.arange(100) + 0.5 - top) / zoom
    np.testing.assert_array_equal(shown, rgb_hwc[rows.astype(int)][:, columns.astype(int)])


@pytest.mark.parametrize("width", [50, 90, 133, 200, 301])
def test_shrunk_and_enlarged_pictures_fill_their_box(width):
    layer = Layer(plain(1001, 501, (200, 100, 50)))
    picture = Box(3, 2, 3 + width, 2 + width // 2)
    inside = picture.within(Box(0, 0, 200, 100))
    for shown in (painted(layer, picture, picture), sharp(layer, picture, (200, 100))):
        box = shown[inside.top : inside.bottom, inside.left : inside.right]
        assert abs(box - (200, 100, 50)).max() <= 1
        assert shown.any(axis=2).sum() == inside.width * inside.height


def test_parts_fit_together():
    layer = Layer(Pyramid.of(noise(777, 555)))
    picture = Box(-31, -17, 169, 130)
    whole = painted(layer, picture, Box(0, 0, 200, 100))
    image, painter = blank(200, 100)
    for left in range(0, 200, 37):
        layer.paint(painter, picture, Box(left, 0, left + 37, 100), smooth=True)
    painter.end()
    assert abs(pixels(image) - whole).max() <= 2


def test_nothing_is_painted_beside_the_picture():
    shown = painted(Layer(plain(10, 10, (9, 9, 9))), Box(0, 0, 10, 10), Box(50, 50, 60, 60))
    assert not shown.any()


def test_tiles_are_means_of_areas():
    rgb_hwc = noise(2000, 1000)
    picture = Box(0, 0, 500, 250)
    shown = sharp(Layer(Pyramid.of(rgb_hwc)), picture, (500, 250))
    means = rgb_hwc.reshape(250, 4, 500, 4, 3).mean(axis=(1, 3))
    assert abs(shown - means).mean() < 1.5


def test_tiles_and_levels_lie_on_each_other():
    ramp = np.linspace(0, 255, 3000)[None, :, None].repeat(900, 0).repeat(3, 2).astype(np.uint8)
    layer = Layer(Pyramid.of(ramp))
    picture = Box(-100, -10, 900, 290)
    fast = painted(layer, picture, picture, (800, 280))
    assert abs(fast - sharp(layer, picture, (800, 280))).max() <= 2


def test_missing_tiles_are_painted_from_the_pyramid():
    layer = Layer(plain(2000, 1000, (50, 60, 70)))
    picture, painter_ = Box(0, 0, 1000, 500), SharpPainter()
    painter_.make(layer, picture, (1, 0))
    image, painter = blank(1000, 500)
    painter_.paint(painter, layer, picture, picture, smooth=True)
    painter.end()
    assert (pixels(image) == (50, 60, 70)).all()
    assert (1, 0) not in list(painter_.missing(layer, picture, picture))
    assert len(list(painter_.missing(layer, picture, picture))) == 7


@pytest.mark.parametrize(("width", "tiles"), [(1000, 8), (1700, 0), (4000, 0)])
def test_only_shrunk_pictures_need_tiles(width, tiles):
    layer = Layer(plain(2000, 1000, (50, 60, 70)))
    picture = Box(0, 0, width, width // 2)
    assert len(list(SharpPainter().missing(layer, picture, Box(0, 0, 1000, 500)))) == tiles


def test_tiles_of_others_are_dropped():
    one, other = Layer(plain(999, 999, (1, 1, 1))), Layer(plain(999, 999, (2, 2, 2)))
    picture, painter_ = Box(0, 0, 300, 300), SharpPainter()
    for layer in (one, other):
        for cell in cells(picture, picture):
            painter_.make(layer, picture, cell)
    painter_.keep([other])
    assert len(list(painter_.missing(one, picture, picture))) == 4
    assert not list(painter_.missing(other, picture, picture))


def test_only_missing_tiles_are_painted_from_the_pyramid(monkeypatch):
    layer = Layer(plain(3000, 3000, (50, 60, 70)))
    picture, painter_ = Box(0, 0, 1000, 1000), SharpPainter()
    for cell in [(0, 0), (1, 0), (2, 1), (3, 3), (0, 2), (0, 3)]:
        painter_.make(layer, picture, cell)
    strips = []
    monkeypatch.setattr(
        layer, "paint", lambda _painter, _picture, part, smooth: strips.append(part)
    )
    image, painter = blank(1000, 1000)
    painter_.paint(painter, layer, picture, picture, smooth=True)
    painter.end()
    assert strips == [
        Box(512, 0, 1000, 256),
        Box(0, 256, 512, 512),
        Box(768, 256, 1000, 512),
        Box(256, 512, 1000, 768),
        Box(256, 768, 768, 1000),
    ]
    assert image.width() == 1000
