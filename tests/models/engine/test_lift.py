"""From the size of the edits to the photo's own: nothing outside changes, and it is counted."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.api import CancelToken, RenderRequest
from models.edits import AdjustTexture, ClonePatch, CloneStructure, EditRegion, SwapTexture
from models.engine import coder, lift, plan, renderer
from models.errors import Cancelled
from models.image_io import pad_to_multiple, resize_rgb, to_bchw, to_rgb_hwc
from models.values import Mask
from tests.models.engine.coding import (
    REFERENCE,
    box_mask,
    coding_engine,
    soft_mask,
)
from tests.models.engine.fakes import Brighten, BrightenStage, random_picture

PHOTO = random_picture(120, 160, seed=1)
DEEP = random_picture(120, 160, seed=2, dtype=np.uint16)
SOFT = soft_mask(120, 160, 50, 70, 30)
HARD = box_mask(120, 160, (70, 90), (100, 141))
LIGHT = Brighten(model="fake", by=0.25)
REGION = EditRegion(model="fake", region=SOFT.sha256, amounts=(("structure:0", 3.0),))
ADJUST = AdjustTexture(model="fake", mask=HARD.sha256, amounts=(("texture:0", 3.0),))
SWAP = SwapTexture(model="fake", reference=REFERENCE.sha256)
CLONE = CloneStructure(model="fake", patches=(ClonePatch(mask=SOFT.sha256, dx=0.3, dy=0.2),))


@pytest.fixture
def engine(network, monkeypatch):
    monkeypatch.setitem(plan.STAGES, Brighten, BrightenStage())
    return coding_engine(network)


def request(*edits, base=PHOTO, **changes):
    means = {"pictures": (REFERENCE,), "masks": (SOFT, HARD)}
    return RenderRequest(base=base, edits=edits, **{**means, **changes})


def outside_of(*masks) -> np.ndarray:
    return np.all([mask.grey_hw == 0 for mask in masks], axis=0)


@pytest.mark.parametrize("edit_px", [None, 40, 53])
@pytest.mark.parametrize(("base", "bits"), [(PHOTO, 8), (DEEP, 16)], ids=["8 bit", "16 bit"])
def test_outside_of_all_masks_the_numbers_are_the_photos(engine, base, bits, edit_px):
    edits = (REGION, ADJUST, replace(CLONE, detail=0.5), replace(LIGHT, mask=SOFT.sha256))
    result = engine.render(request(*edits, base=base, bits=bits, edit_px=edit_px))
    outside = outside_of(SOFT, HARD)
    assert result.rgb_hwc.dtype == base.rgb_hwc.dtype
    assert np.array_equal(result.rgb_hwc[outside], base.rgb_hwc[outside])
    assert result.outside_px == int(outside.sum())
    assert result.changed_outside_px == 0
    for mask in (SOFT, HARD):
        inside = mask.grey_hw == 255
        change = result.rgb_hwc[inside].astype(int) - base.rgb_hwc[inside].astype(int)
        assert np.abs(change).mean() > 0.02 * np.iinfo(base.rgb_hwc.dtype).max


@pytest.mark.parametrize("edit_px", [None, 40])
@pytest.mark.parametrize(("base", "bits"), [(PHOTO, 8), (DEEP, 16), (DEEP, 8), (PHOTO, 16)])
def test_without_edits_the_photo_comes_back_bit_for_bit(engine, base, bits, edit_px):
    still = replace(REGION, amounts=())
    for edits in ((), (still, replace(LIGHT, enabled=False))):
        result = engine.render(request(*edits, base=base, bits=bits, edit_px=edit_px))
        expected = to_rgb_hwc(to_bchw(base.rgb_hwc), bits)
        assert np.array_equal(result.rgb_hwc, expected)
        assert result.outside_px == 120 * 160
        assert result.changed_outside_px == 0


@pytest.mark.parametrize(("base", "bits"), [(PHOTO, 8), (DEEP, 16)], ids=["8 bit", "16 bit"])
def test_an_edit_that_keeps_all_detail_and_changes_no_code_gives_the_photo(engine, base, bits):
    everywhere = Mask.from_grey(np.full((12, 16), 255, np.uint8))
    patch = ClonePatch(mask=everywhere.sha256, dx=0.0, dy=0.0)
    still = CloneStructure(model="fake", patches=(patch,), detail=1.0)
    settings = {"masks": (everywhere,), "base": base, "bits": bits}
    for edit_px in (None, 40):
        result = engine.render(request(still, edit_px=edit_px, **settings))
        assert np.array_equal(result.rgb_hwc, base.rgb_hwc)
        assert result.outside_px == 0


def stretched(img, size_px=(120, 160)):
    return F.interpolate(img, size=size_px, mode="bicubic", antialias=True)


def test_a_lifted_edit_is_its_result_stretched(engine):
    """The whole picture, half of it let through."""
    half = replace(SWAP, strength=0.5)
    result = engine.render(request(half, edit_px=40, bits=16)).rgb_hwc
    small = to_bchw(engine.render(request(SWAP, short_side_px=40, bits=16)).rgb_hwc)
    expected = 0.5 * to_bchw(PHOTO.rgb_hwc) + 0.5 * stretched(small)
    # The small picture was rounded and clipped on its way here.
    difference = (to_bchw(result) - expected.clamp(-1.0, 1.0)).abs()
    assert difference.median() < 1e-3
    assert difference.mean() < 0.02


def test_kept_detail_is_the_photos_own_at_full_size(network, engine):
    """What is added to the photo is the change alone, stretched."""
    edit = AdjustTexture(model="fake", amounts=(("texture:0", 2.0),), detail=1.0)
    flat = PHOTO.rgb_hwc // 4 + 96  # so that nothing is clipped
    base = type(PHOTO).from_rgb(flat)
    lifted = to_bchw(engine.render(request(edit, base=base, edit_px=40, bits=16)).rgb_hwc)
    small_px = (40, 53)
    with torch.inference_mode():
        small = pad_to_multiple(resize_rgb(flat, small_px), 4, 12)
        structure, texture = network.encode(small)
        brought = engine._shelf.extras(engine._shelf.model("fake"))
        step = 2.0 * brought["texture.deviations"][0] * brought["texture.axes"][0]
        seen, made = (network.decode(structure, texture + add, 0) for add in (0.0, step))
    change = stretched((made - seen)[..., :53])
    assert change.abs().mean() > 0.02
    expected = (to_bchw(flat) + change).clamp(-1.0, 1.0)
    torch.testing.assert_close(lifted, expected, atol=2e-4, rtol=0)


def test_an_empty_mask_among_others_lifts_nothing(engine):
    empty = Mask.from_grey(np.zeros((7, 7), np.uint8))
    nowhere = replace(REGION, region=empty.sha256)
    masks = (SOFT, empty)
    found, alone = (
        engine.render(request(*edits, edit_px=40, masks=masks))
        for edits in ((nowhere, REGION), (REGION,))
    )
    assert np.array_equal(found.rgb_hwc, alone.rgb_hwc)
    nothing = engine.render(request(nowhere, edit_px=40, masks=masks))
    assert np.array_equal(nothing.rgb_hwc, PHOTO.rgb_hwc)
    assert nothing.outside_px == 120 * 160


def test_lifted_and_not_lifted_agree_at_one_size(engine):
    edits = (REGION, ADJUST, replace(SWAP, strength=0.3, mask=SOFT.sha256))
    plain = engine.render(request(*edits))
    for edit_px in (120, 500):
        lifted = engine.render(request(*edits, edit_px=edit_px))
        assert np.array_equal(lifted.rgb_hwc, plain.rgb_hwc)
        assert lifted.outside_px == plain.outside_px


def test_a_weak_edit_is_as_weak_as_asked_for_whatever_the_size(engine):
    """A mask or a strength below a quarter is no rim."""
    weak = replace(LIGHT, strength=0.1)
    faint = Mask.from_grey(np.full((6, 8), 26, np.uint8))
    for edit in (weak, replace(LIGHT, mask=faint.sha256)):
        dark = type(PHOTO).from_rgb(PHOTO.rgb_hwc // 2)
        result = engine.render(request(edit, base=dark, edit_px=40, bits=16, masks=(faint,)))
        # Brightening is no edit of codes: at a tenth of it nine tenths are the photo's own.
        small = resize_rgb(dark.rgb_hwc, (40, 53))
        own = to_bchw(dark.rgb_hwc)
        share = 0.1 if edit.mask is None else 26 / 255
        expected = torch.lerp(own, stretched(small + 0.25), share)
        torch.testing.assert_close(to_bchw(result.rgb_hwc), expected, atol=2e-4, rtol=0)


def test_the_result_may_be_smaller_than_the_photo_and_larger_than_the_edits(engine):
    result = engine.render(request(REGION, ADJUST, short_side_px=80, edit_px=40))
    assert result.rgb_hwc.shape == (80, 107, 3)
    plain = engine.render(request(short_side_px=80)).rgb_hwc
    unlike = (result.rgb_hwc != plain).any(2)
    assert result.outside_px + unlike.sum() <= 80 * 107
    assert result.outside_px > 0.6 * 80 * 107
    # Without the photo's size there is nothing to compare with.
    assert result.changed_outside_px == 0


@pytest.mark.parametrize("short_side_px", [80, 200])
def test_at_another_size_than_the_photos_the_second_picture_is_the_first(engine, short_side_px):
    """The photo at that size is kept: nothing may be painted into it."""
    wanted = {"short_side_px": short_side_px, "edit_px": 40}
    first, weaker, again, plain = (
        engine.render(request(*edits, **wanted)).rgb_hwc
        for edits in ((SWAP,), (replace(SWAP, strength=0.5),), (SWAP,), ())
    )
    assert np.array_equal(again, first)
    assert not np.array_equal(weaker, first)
    expected = to_rgb_hwc(resize_rgb(PHOTO.rgb_hwc, plain.shape[:2]))
    assert np.array_equal(plain, expected)


def test_what_has_changed_outside_is_counted_and_not_taken_for_granted(engine, monkeypatch):
    numbers = lift.Finisher.numbers

    def with_a_mistake(self):
        rgb_hwc = numbers(self).copy()
        rgb_hwc[:2, :5, 1] ^= 1
        return rgb_hwc

    monkeypatch.setattr(lift.Finisher, "numbers", with_a_mistake)
    result = engine.render(request(REGION, edit_px=40))
    assert result.changed_outside_px == 10
    assert result.outside_px == int(outside_of(SOFT).sum())
    # Without a place outside there is nothing to count.
    assert engine.render(request(LIGHT)).changed_outside_px == 0


@pytest.mark.parametrize("band_px", [1, 1000, 7777])
def test_bands_leave_no_trace(engine, monkeypatch, band_px):
    edits = (REGION, ADJUST, replace(SWAP, strength=0.4))
    expected = engine.render(request(*edits, edit_px=40))
    monkeypatch.setattr(lift, "BAND_PX", band_px)
    banded = engine.render(request(*edits, edit_px=40))
    assert np.array_equal(banded.rgb_hwc, expected.rgb_hwc)
    assert banded.outside_px == expected.outside_px


def test_lifting_ends_between_two_bands(engine, monkeypatch):
    monkeypatch.setattr(lift, "BAND_PX", 1600)
    token, told = CancelToken(), []

    def listen(words, share):
        told.append(words)
        if told.count("putting into the photo") == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        engine.render(request(SWAP, edit_px=40), token, listen)
    assert told.count("putting into the photo") == 3
    assert "done" not in told


def test_a_photo_of_one_colour_stays_it_beside_a_masked_edit(engine):
    """No ringing: stretching reads beyond the mask, but writes nothing there."""
    grey = type(PHOTO).from_rgb(np.full((120, 160, 3), 120, np.uint8))
    result = engine.render(request(ADJUST, base=grey, edit_px=31))
    outside = outside_of(HARD)
    assert (result.rgb_hwc[outside] == 120).all()
    assert (result.rgb_hwc[~outside] != 120).mean() > 0.5


def test_a_small_mask_makes_a_small_part_of_the_picture_and_the_same(network, monkeypatch):
    corner = box_mask(120, 160, (100, 118), (3, 20))
    small = replace(REGION, region=corner.sha256, detail=0.5)
    few_px, made = [], []
    check = coder.check_numbers
    monkeypatch.setattr(
        coder, "check_numbers", lambda img, name: made.append(img.shape) or check(img, name)
    )
    for part_px in (8, 10_000):
        monkeypatch.setattr(renderer, "PART_PX", part_px)
        few_px.append(coding_engine(network).render(request(small, edit_px=40, masks=(corner,))))
    difference = few_px[0].rgb_hwc.astype(int) - few_px[1].rgb_hwc
    assert np.abs(difference).max() <= 1
    assert [shape[2:] for shape in made] == [(16, 16)] * 2 + [(40, 53)] * 2
