"""Patterns over the colours of labels."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.document.palette import PATTERNS
from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.ui.canvas.hatches import PERIOD_VIEW, Hatches, hatched, ink_on
from app.ui.canvas.label_layer import LabelLayer
from app.ui.canvas.transform import Box
from app.ui.theme import contrast
from tests.app.ui.canvas.layouts import PALETTE, SEA, SKY, halves
from tests.app.ui.canvas.pictures import blank, pixels
from tests.app.ui.canvas.test_label_layer import painted

DRAWN = PATTERNS[1:]


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("pattern", DRAWN)
def test_each_pattern_can_be_seen_and_leaves_most_of_the_colour(pattern, scale):
    ink_hw = hatched(pattern, scale)
    assert ink_hw.shape == (16 * scale, 16 * scale)
    assert 0.05 < ink_hw.mean() < 0.45


def test_no_two_patterns_are_alike_and_none_has_no_ink():
    assert len({hatched(pattern, 1).tobytes() for pattern in PATTERNS}) == len(PATTERNS)
    assert not hatched("", 1).any()
    assert not hatched("of tomorrow", 1).any()


@pytest.mark.parametrize("pattern", DRAWN)
def test_patterns_go_on_where_they_repeat(pattern):
    ink_hw = np.tile(hatched(pattern, 1), (3, 3))
    for part in (ink_hw[4:20, 4:20], ink_hw[13:29, 7:23]):
        assert part.mean() == pytest.approx(hatched(pattern, 1).mean())


def test_directions():
    assert hatched("lines", 1)[0].all()
    assert hatched("columns", 1)[:, 0].all()
    slash = hatched("diagonal", 1)
    assert (slash[1:, :-1] == slash[:-1, 1:]).all()
    assert (hatched("back-diagonal", 1)[1:, 1:] == hatched("back-diagonal", 1)[:-1, :-1]).all()


def test_ink_is_dark_on_light_and_light_on_dark():
    assert ink_on((255, 255, 255)) & 0xFFFFFF == 0
    assert ink_on((0, 0, 0)) & 0xFFFFFF > 0


@pytest.mark.parametrize("value", range(0, 256, 15))
def test_the_ink_shows_on_every_grey(value):
    ink = QColor("black") if ink_on((value,) * 3) & 0xFFFFFF == 0 else QColor("white")
    assert contrast(ink, QColor(value, value, value)) > 4.5


@pytest.fixture
def layer():
    layer = LabelLayer(halves(800, 600).ids, PALETTE)
    layer.set_patterns(True)
    return layer


def test_each_label_has_its_own_pattern(layer):
    shown = painted(layer, Box(0, 0, 800, 600))
    plain = np.full((600, 400, 3), SKY)
    inked = (shown[:, :400] != plain).any(2)
    assert (inked == np.tile(hatched("lines", 1), (38, 25))[:600]).all()
    inked = (shown[:, 400:] != np.full((600, 400, 3), SEA)).any(2)
    assert (inked == np.tile(hatched("columns", 1), (38, 25))[:600]).all()
    assert shown[0, 0].sum() < sum(SKY)
    assert shown[1, 400].sum() > sum(SEA)


@pytest.mark.parametrize(("width", "height"), [(200, 150), (2400, 1800)])
def test_patterns_are_as_fine_at_every_zoom(layer, width, height):
    part = Box(0, 0, min(width, 900), min(height, 900))
    shown = painted(layer, Box(0, 0, width, height), part)[: part.bottom, :90]
    rows = np.flatnonzero((shown[:, 50] != SKY).any(1))
    assert (np.diff(rows) == PERIOD_VIEW // 2).all()
    assert len(rows) == -(-part.bottom // 8)


def test_a_label_without_a_pattern_stays_plain(layer):
    layer.replace(TiledArray.filled(600, 800, 3))
    assert (painted(layer, Box(0, 0, 800, 600)) == (220, 200, 150)).all()


@pytest.mark.parametrize("zoom", [0.4, 1, 1.7])
def test_after_strokes_patterns_are_as_if_they_were_new(layer, zoom):
    picture = Box(0, 0, round(800 * zoom), round(600 * zoom))
    painted(layer, picture)
    ids = layer.ids.stamp(400, 300, 50, 2).stamp(250, 255, 30, 3).fill(Rect(0, 0, 9, 9), 2)
    layer.replace(ids)
    fresh = LabelLayer(ids, PALETTE)
    fresh.set_patterns(True)
    np.testing.assert_array_equal(painted(layer, picture), painted(fresh, picture))


def rough(layer):
    image, painter = blank(800, 600)
    layer.paint(painter, Box(0, 0, 800, 600), Box(0, 0, 800, 600), 1.0, rough=True)
    painter.end()
    return pixels(image)


def test_rough_painting_makes_no_tiles_but_shows_those_there_are(layer):
    assert tuple(rough(layer)[0, 0]) == SKY
    painted(layer, Box(0, 0, 800, 600), Box(0, 0, 256, 256))
    assert tuple(rough(layer)[0, 0]) != SKY
    assert tuple(rough(layer)[256, 0]) == SKY


def test_rough_painting_leaves_out_ink_of_other_labels(layer):
    painted(layer, Box(0, 0, 800, 600))
    layer.replace(layer.ids.stamp(100, 100, 50, 3))
    assert tuple(rough(layer)[0, 0]) == SKY
    assert tuple(rough(layer)[256, 0]) != SKY


def test_a_dab_makes_only_the_ink_around_it(layer, monkeypatch):
    picture, looked_at = Box(0, 0, 800, 600), []
    real = Hatches._ink
    monkeypatch.setattr(
        Hatches, "_ink", lambda self, part, ids: looked_at.append(part) or real(self, part, ids)
    )
    painted(layer, picture)
    looked_at.clear()
    layer.replace(layer.ids.stamp(256, 100, 20, 3))
    painted(layer, picture)
    assert looked_at == [Rect(236, 80, 20, 40), Rect(256, 80, 20, 40)]


def test_strokes_are_seen_after_another_zoom_and_on_another_screen(layer):
    picture, ids = Box(0, 0, 800, 600), layer.ids.stamp(100, 100, 50, 3)
    painted(layer, picture)
    painted(layer, Box(0, 0, 400, 300))
    layer.replace(ids)
    fresh = LabelLayer(ids, PALETTE)
    fresh.set_patterns(True)
    for ratio in (1.0, 2.0):
        np.testing.assert_array_equal(
            painted(layer, picture, ratio=ratio), painted(fresh, picture, ratio=ratio)
        )


def test_patterns_can_be_taken_away(layer):
    layer.set_patterns(False)
    assert (painted(layer, Box(0, 0, 800, 600))[:, :400] == SKY).all()
