"""Small pictures of edits: shapes of masks, and bars of amounts."""

import numpy as np

from app.controllers.edit_thumbs import BAR, GROUND, PAPER, SIDE_PX, mask_thumb, shape_thumb
from app.document.masks import empty_levels, mask_of
from models.edits import AdjustTexture, ClonePatch, CloneStructure, EditRegion, SwapTexture
from models.values import Mask


def disc(x_px, width_px=600, height_px=400):
    return mask_of(empty_levels(width_px, height_px).stamp(x_px, 200, 120, 255))


def is_paper(thumb):
    return (thumb == PAPER).all(axis=2)


def test_a_mask_is_seen_in_its_place_and_shape():
    thumb = mask_thumb([disc(150)])
    assert thumb is not None
    assert thumb.dtype == np.uint8
    assert SIDE_PX <= max(thumb.shape) < 2 * SIDE_PX + 2
    light = is_paper(thumb)
    height, width = light.shape
    assert abs(light.mean() - np.pi * 120**2 / (600 * 400)) < 0.02
    assert light[height // 2, width // 4]
    assert not light[:, width // 2 + 1 :].any()
    assert (thumb[0, 0] == GROUND).all()


def test_levels_between_are_grey_between():
    half = Mask.from_grey(np.full((90, 120), 128, np.uint8))
    middle = (np.array(GROUND) + np.array(PAPER)) / 2
    thumb = mask_thumb([half])
    assert thumb is not None
    assert np.abs(thumb - middle).max() <= 1


def test_plain_and_tiled_masks_look_alike():
    tiled = disc(150)
    plain = Mask.from_grey(tiled.grey_hw)
    assert abs(is_paper(mask_thumb([plain])).mean() - is_paper(mask_thumb([tiled])).mean()) < 0.02


def test_several_patches_are_seen_together():
    one, other = disc(150), disc(450)
    patches = tuple(ClonePatch(mask=mask.sha256, dx=0.1, dy=0.0) for mask in (one, other))
    edit = CloneStructure(model="toy", patches=patches)
    thumb = shape_thumb(edit, (one, other, disc(300)))
    both = is_paper(mask_thumb([one])) | is_paper(mask_thumb([other]))
    assert np.array_equal(is_paper(thumb), both)


def test_masks_of_different_sizes_and_none_have_no_shape():
    assert mask_thumb([disc(150), disc(150, 600, 300)]) is None
    assert mask_thumb([]) is None
    assert shape_thumb(SwapTexture(model="toy", reference="a" * 64), (disc(150),)) is None


def test_a_region_shows_its_own_mask():
    region, mask = disc(150), disc(450)
    edit = EditRegion(model="toy", region=region.sha256, mask=mask.sha256)
    thumb, wanted = shape_thumb(edit, (region, mask)), mask_thumb([region])
    assert thumb is not None
    assert wanted is not None
    assert np.array_equal(thumb, wanted)


def test_amounts_are_bars_up_and_down():
    edit = AdjustTexture(model="toy", amounts=(("texture:0", 3.0), ("texture:1", -6.0)))
    bars = (shape_thumb(edit, ()) == BAR).all(axis=2)
    middle = SIDE_PX // 2
    up, down = bars[:middle].any(axis=0), bars[middle:].any(axis=0)
    assert up.sum() == down.sum() > 8
    assert not (up & down).any()
    assert up.argmax() < down.argmax()
    assert bars[middle:].sum() > bars[:middle].sum()
    none = AdjustTexture(model="toy")
    assert shape_thumb(none, ()) is None
