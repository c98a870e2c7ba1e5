"""The colours of labels at every size."""

import numpy as np
import pytest

from app.document.document import LabelMap
from app.document.palette import Label, Palette
from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.ui.canvas.label_layer import FOREIGN_RGB, LabelLayer, colour_table
from app.ui.canvas.shown_layout import ShownLayout
from app.ui.canvas.transform import Box
from tests.app.ui.canvas.layouts import PALETTE, SEA, SKY, halves
from tests.app.ui.canvas.pictures import blank, pixels

GREYS = Palette("greys", "Greys", tuple(Label(i, f"grey {i}", (i, i, i)) for i in range(256)))


def noise_ids(height_px, width_px, dtype=np.uint8):
    ids_hw = np.random.default_rng(1).integers(0, 256, (height_px, width_px))
    return TiledArray.from_array(ids_hw.astype(dtype))


def painted(layer, picture, part=None, ratio=1.0):
    image, painter = blank(picture.right, picture.bottom)
    layer.paint(painter, picture, part or picture, ratio)
    painter.end()
    return pixels(image)[picture.top :, picture.left :]


def test_every_id_has_its_colour_and_foreign_ones_are_grey():
    table = colour_table(PALETTE, np.dtype(np.uint16))
    assert len(table) == 65536
    assert table[1] == 0xFF78C8FA
    assert {hex(value) for value in table[[0, 4, 300, 65535]]} == {"0xff808080"}
    assert FOREIGN_RGB == (128, 128, 128)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_at_100_percent_every_pixel_is_its_label(dtype):
    ids = noise_ids(130, 210, dtype)
    shown = painted(LabelLayer(ids, GREYS), Box(0, 0, 210, 130))
    np.testing.assert_array_equal(shown[..., 0], ids.to_array())


def test_enlarged_labels_are_squares():
    ids = noise_ids(20, 30)
    shown = painted(LabelLayer(ids, GREYS), Box(0, 0, 90, 60))
    np.testing.assert_array_equal(shown[..., 1], np.kron(ids.to_array(), np.ones((3, 3))))


@pytest.mark.parametrize("k", [1, 2])
def test_shrunk_labels_are_means(k):
    ids = noise_ids(256, 512)
    shown = painted(LabelLayer(ids, GREYS), Box(0, 0, 512 >> k, 256 >> k))
    side = 1 << k
    means = ids.to_array().astype(float).reshape(256 >> k, side, 512 >> k, side).mean((1, 3))
    assert abs(shown[..., 2] - means).max() <= 1.0


def test_far_shrunk_labels_are_means_of_samples():
    rows = np.arange(1024) // 16 % 2 * 200
    ids = TiledArray.from_array(np.repeat(rows[:, None], 1024, 1).astype(np.uint8))
    shown = painted(LabelLayer(ids, GREYS), Box(0, 0, 32, 32))
    assert abs(shown - 100).max() <= 1


@pytest.mark.parametrize("width_px", [1, 65, 333])
def test_odd_sizes_reach_the_edges(width_px):
    ids = TiledArray.filled(517, width_px, 77)
    for width, height in ((width_px, 517), (max(1, width_px // 3), 172), (1, 2), (700, 900)):
        assert (painted(LabelLayer(ids, GREYS), Box(0, 0, width, height)) == 77).all()


def test_only_the_wanted_part_is_painted():
    shown = painted(LabelLayer(halves().ids, PALETTE), Box(0, 0, 400, 200), Box(150, 50, 250, 60))
    assert tuple(shown[55, 199]) == SKY
    assert tuple(shown[55, 200]) == SEA
    shown[50:60, 150:250] = 0
    assert not shown.any()


@pytest.mark.parametrize("zoom", [0.13, 0.25, 0.5, 0.77, 1, 2])
def test_after_strokes_the_layer_is_as_if_it_were_new(zoom):
    rng = np.random.default_rng(2)
    ids = TiledArray.filled(500, 700, 3)
    layer = LabelLayer(ids, GREYS)
    picture = Box(0, 0, round(700 * zoom), round(500 * zoom))
    painted(layer, picture)
    for value in range(10, 25):
        x, y, radius = rng.uniform(-20, 720), rng.uniform(-20, 520), rng.uniform(1, 60)
        ids = ids.stamp(x, y, radius, value)
        layer.replace(ids)
        if value % 3 == 0:
            painted(layer, picture)
    np.testing.assert_array_equal(painted(layer, picture), painted(LabelLayer(ids, GREYS), picture))


def test_what_changed_is_told():
    layer = LabelLayer(TiledArray.filled(200, 200, 1), PALETTE)
    assert layer.replace(layer.ids.fill(Rect(60, 70, 10, 20), 2)) == Rect(60, 70, 10, 20)
    assert layer.replace(layer.ids) is None


def test_what_changed_out_of_sight_is_made_when_it_comes_into_sight():
    ids = TiledArray.filled(500, 700, 3)
    layer = LabelLayer(ids, GREYS)
    picture = Box(0, 0, 700, 500)
    painted(layer, picture)
    for x_px, value in ((100, 10), (330, 20), (600, 30)):
        ids = ids.stamp(x_px, 250, 40, value)
        layer.replace(ids)
        painted(layer, picture, Box(0, 0, 320, 500))
    np.testing.assert_array_equal(painted(layer, picture)[..., 0], ids.to_array())


def test_a_dab_makes_only_the_pixels_around_it(monkeypatch):
    layer = LabelLayer(TiledArray.filled(2048, 2048, 1), PALETTE)
    picture = Box(0, 0, 2048, 2048)
    painted(layer, picture)
    looked_at = []
    real = TiledArray.read
    monkeypatch.setattr(
        TiledArray, "read", lambda self, rect: looked_at.append(rect) or real(self, rect)
    )
    layer.replace(layer.ids.stamp(1000, 1000, 32, 2))
    painted(layer, picture)
    assert 64 * 64 <= sum(rect.width_px * rect.height_px for rect in looked_at) <= 68 * 68


def test_the_layer_lives_as_long_as_its_palette_and_size():
    shown = ShownLayout()
    labels = halves()
    assert shown.show(labels, PALETTE) == labels.ids.bounds
    first = shown.layer
    changed = LabelMap(labels.ids.fill(Rect(1, 2, 3, 4), 2), "small")
    assert shown.show(changed, PALETTE) == Rect(1, 2, 3, 4)
    assert shown.layer is first
    assert shown.show(changed, GREYS) == labels.ids.bounds
    assert shown.layer is not first
    other = halves(40, 20)
    assert shown.show(other, GREYS) == other.ids.bounds
    wide = LabelMap(TiledArray.filled(20, 40, 1, np.uint16), "small")
    assert shown.show(wide, GREYS) == wide.ids.bounds
    assert shown.show(wide, None) is None
    assert shown.layer is None
