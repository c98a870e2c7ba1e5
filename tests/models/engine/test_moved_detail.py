"""Cloning moves the detail that is kept with the structure."""

import numpy as np
import pytest
import torch

from models.edits import ClonePatch, CloneStructure
from models.engine.renderer import COLOUR_PX
from models.values import Mask, Picture
from tests.models.engine.coding import (
    CELL_PX,
    OTHER,
    box_mask,
    coding_context,
    coding_engine,
    float_of,
    render,
    request_of,
    soft_mask,
)
from tests.models.engine.fakes import random_picture

SIZE = HEIGHT, WIDTH = 160, 240
BASE = random_picture(HEIGHT, WIDTH, seed=4)
DOWN, RIGHT = 3 * CELL_PX, 20 * CELL_PX
PATCH = ((20, 140), (10, 130))
CORE = (..., slice(56, 104), slice(46, 94))
"""So far from the rim of the patch that no code from outside of it comes in."""


def clone(mask: Mask, detail: float, down_px=DOWN, right_px=RIGHT, source=None) -> CloneStructure:
    patch = ClonePatch(mask=mask.sha256, dx=right_px / HEIGHT, dy=down_px / HEIGHT, source=source)
    return CloneStructure(model="fake", patches=(patch,), detail=detail, seed=None)


def core_and_its_source(network, detail: float, down_px: int, right_px: int):
    mask = box_mask(*SIZE, *PATCH)
    edit = clone(mask, detail, down_px, right_px)
    found = render(edit, context=coding_context(network), base=BASE, masks=(mask,))
    rows, columns = (
        slice(side.start + by, side.stop + by)
        for side, by in zip(CORE[1:], (down_px, right_px), strict=True)
    )
    return found[CORE], float_of(BASE)[..., rows, columns]


@pytest.mark.parametrize(("down_px", "right_px"), [(DOWN, RIGHT), (DOWN + 1, RIGHT - 2)])
def test_the_core_of_a_patch_is_a_copy_of_its_source(network, down_px, right_px):
    found, source = core_and_its_source(network, 1.0, down_px, right_px)
    assert (found - source).abs().max() < 1e-5


def test_half_of_the_detail_is_half_way_to_it(network):
    plain, source = core_and_its_source(network, 0.0, DOWN, RIGHT)
    half, _ = core_and_its_source(network, 0.5, DOWN, RIGHT)
    assert (half - (plain + source) / 2).abs().max() < 1e-5


def test_without_the_detail_it_is_not(network):
    found, source = core_and_its_source(network, 0.0, DOWN, RIGHT)
    assert (found - source).abs().mean() > 0.5


def test_a_small_soft_patch_is_no_stronger_than_its_source(network):
    """The network makes much of a few cells among others; a copy of a plain place stays plain."""
    grey = Picture.from_rgb(np.full((*SIZE, 3), 128, np.uint8))
    mask = soft_mask(*SIZE, 80, 60, 3 * CELL_PX)
    found = render(clone(mask, 1.0), context=coding_context(network), base=grey, masks=(mask,))
    assert (found - float_of(grey)).abs().max() < 0.2


def test_of_another_picture_the_colours_of_the_place_are_kept_and_nothing_finer(network):
    mask = box_mask(*SIZE, *PATCH)
    context = coding_context(network, OTHER)

    def made(detail: float) -> torch.Tensor:
        edit = clone(mask, detail, 0, 0, source=OTHER.sha256)
        return render(edit, context=context, base=BASE, masks=(mask,))

    # The source ends at its own right border, which is nearer than that of the picture.
    added = (made(1.0) - made(0.0))[CORE]
    rough = (float_of(BASE) - made(0.0))[CORE]
    steps = (added[..., 1:] - added[..., :-1]).abs().max()
    assert 0.0 < steps < 2.0 / COLOUR_PX * added.abs().max() + 1e-3
    assert steps < 0.05 * (rough[..., 1:] - rough[..., :-1]).abs().max()


def test_at_full_size_the_copy_is_as_sharp_as_its_source(network):
    fine = np.kron(BASE.rgb_hwc, np.ones((2, 2, 1), np.uint8))
    fine[::2] = 255 - fine[::2] // 2
    base = type(BASE).from_rgb(fine)
    rows_px, columns_px = ((2 * low, 2 * high) for low, high in PATCH)
    mask = box_mask(2 * HEIGHT, 2 * WIDTH, rows_px, columns_px)
    request = request_of(clone(mask, 1.0), base=base, masks=(mask,), edit_px=HEIGHT)
    result = coding_engine(network).render(request)
    rows, columns = (slice(2 * s.start, 2 * s.stop) for s in CORE[1:])
    source = (
        slice(rows.start + 2 * DOWN, rows.stop + 2 * DOWN),
        slice(columns.start + 2 * RIGHT, columns.stop + 2 * RIGHT),
    )
    far = np.abs(result.rgb_hwc[rows, columns].astype(int) - fine[source])
    assert far.max() <= 1
    assert result.outside_px > 0
    assert result.changed_outside_px == 0


def test_a_source_at_the_border_brings_no_detail_from_beyond_it(network):
    base = random_picture(2 * HEIGHT, 2 * WIDTH, seed=6)
    mask = box_mask(2 * HEIGHT, 2 * WIDTH, (0, 2 * HEIGHT), (0, 2 * WIDTH))
    edit = clone(mask, 1.0, 0, WIDTH - 10 * CELL_PX)
    request = request_of(edit, base=base, masks=(mask,), edit_px=HEIGHT)
    result = coding_engine(network).render(request)
    beyond = 2 * 10 * CELL_PX
    assert (result.rgb_hwc[:, beyond:] == base.rgb_hwc[:, beyond:]).all()
    assert not (result.rgb_hwc[:, :beyond] == base.rgb_hwc[:, :beyond]).all()
