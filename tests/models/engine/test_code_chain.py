"""What edits of codes share: codes passed on, strength, mask, patches, detail, seed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.api import CancelToken
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    EditRegion,
    PaintTexture,
    SwapTexture,
    TexturePatch,
)
from models.engine import plan
from models.errors import Cancelled, ModelsError
from models.values import Mask
from tests.models.engine.coding import (
    BASE,
    FULL,
    OTHER,
    REFERENCE,
    SOFT,
    box_mask,
    codes_after,
    coding_context,
    extras,
    float_of,
    random_network,
    render,
    soft_mask,
)
from tests.models.engine.fakes import Brighten, BrightenStage, make_spec, random_picture

ADJUST = AdjustTexture(model="fake", amounts=(("texture:0", 2.0),))
OTHER_AXIS = AdjustTexture(model="fake", amounts=(("texture:1", -1.5),))
SWAP = SwapTexture(model="fake", reference=REFERENCE.sha256)
CLONE = CloneStructure(model="fake", patches=(ClonePatch(mask=SOFT.sha256, dx=0.31, dy=-0.17),))
REGION = EditRegion(model="fake", region=SOFT.sha256, amounts=(("structure:0", 3.0),))
PAINT = PaintTexture(
    model="fake", patches=(TexturePatch(mask=SOFT.sha256, reference=REFERENCE.sha256),)
)


class Calls:
    """Counts what a network is asked."""

    def __init__(self, network, monkeypatch):
        self.encoded = 0
        encode = network.encode

        def counted(image):
            self.encoded += 1
            return encode(image)

        monkeypatch.setattr(network, "encode", counted)


def step(axis, amount):
    brought = extras()
    return amount * brought["texture.deviations"][axis] * brought["texture.axes"][axis]


# Codes are passed on


def test_a_picture_is_encoded_once_for_all_edits_of_its_codes(network, context, monkeypatch):
    calls = Calls(network, monkeypatch)
    half = replace(ADJUST, strength=0.5)
    edits = (half, replace(REGION, mask=SOFT.sha256), PAINT, half)
    render(*edits, context=context, masks=(SOFT,))
    assert calls.encoded == 2  # the picture, and the reference


def test_two_steps_along_directions_are_their_sum(context):
    one = replace(ADJUST, amounts=(*ADJUST.amounts, *OTHER_AXIS.amounts))
    torch.testing.assert_close(
        render(ADJUST, OTHER_AXIS, context=context), render(one, context=context)
    )


def test_the_order_of_edits_counts(context):
    """A swap takes the place of the texture, and with it of what was done to that before."""
    before, after = (render(*edits, context=context) for edits in ((ADJUST, SWAP), (SWAP, ADJUST)))
    assert (before - after).abs().max() > 0.05
    torch.testing.assert_close(before, render(SWAP, context=context))


@torch.inference_mode()
def test_strength_passes_on_a_part_of_the_change(network, context):
    found = render(replace(ADJUST, strength=0.5), OTHER_AXIS, context=context)
    structure, texture = network.encode(float_of(BASE))
    expected = network.decode(structure, texture + step(0, 1.0) + step(1, -1.5), 0)
    torch.testing.assert_close(found, expected)


@torch.inference_mode()
def test_a_masked_change_of_texture_is_passed_on_as_a_map(network, context):
    """Column 5 of the cells is covered by a half."""
    mask = box_mask(40, 48, (0, 40), (0, 22))
    found = codes_after(replace(ADJUST, mask=mask.sha256), context=context, masks=(mask,))
    structure, texture = network.encode(float_of(BASE))
    assert torch.equal(found.structure, structure)
    assert found.texture.shape == (1, 16, 10, 12)
    share = torch.tensor([1.0] * 5 + [0.5] + [0.0] * 6)
    expected = texture[:, :, None, None] + step(0, 2.0)[None, :, None, None] * share
    torch.testing.assert_close(found.texture, expected.expand(-1, -1, 10, -1))
    assert torch.equal(found.texture[..., 6:], texture[:, :, None, None].expand(-1, -1, 10, 6))

    img = render(replace(ADJUST, mask=mask.sha256), OTHER_AXIS, context=context, masks=(mask,))
    moved = found.texture + step(1, -1.5)[None, :, None, None]
    torch.testing.assert_close(img, network.decode(structure, moved, 0), atol=1e-5, rtol=0)


def test_an_edit_of_the_structure_leaves_the_texture_one_code(context):
    for edit in (CLONE, replace(REGION, strength=0.5)):
        assert codes_after(edit, context=context, masks=(SOFT,)).texture.shape == (1, 16)


def test_edits_that_are_off_do_not_interrupt(network, context, monkeypatch):
    calls = Calls(network, monkeypatch)
    nothing = Brighten(model="fake", enabled=False)
    weak = replace(OTHER_AXIS, strength=0.0)
    render(replace(ADJUST, strength=0.5), nothing, weak, OTHER_AXIS, context=context)
    assert calls.encoded == 1


@pytest.mark.parametrize("between", ["another kind of edit", "other weights"])
def test_what_lies_between_is_encoded_anew(network, context, monkeypatch, between):
    monkeypatch.setitem(plan.STAGES, Brighten, BrightenStage())
    calls = Calls(network, monkeypatch)
    if between == "another kind of edit":
        found = render(ADJUST, Brighten(model="fake", by=0.1), OTHER_AXIS, context=context)
    else:
        other = replace(
            context, spec=lambda edit: make_spec(edit.model, sha256=str(len(edit.model)) * 64)
        )
        found = render(ADJUST, replace(OTHER_AXIS, model="newer"), context=other)
    assert calls.encoded == 2
    assert not torch.allclose(found, render(ADJUST, OTHER_AXIS, context=context), atol=1e-3)


# Where an edit changes the picture


MASKED = {
    "swap": replace(SWAP, mask=SOFT.sha256),
    "adjust": replace(ADJUST, mask=SOFT.sha256, strength=0.7),
    "clone": CLONE,
    "region": REGION,
    "paint": PAINT,
}


@pytest.mark.parametrize("kind", MASKED)
@pytest.mark.parametrize("detail", [0.0, 0.6])
def test_outside_of_the_mask_nothing_changes_bit_for_bit(context, kind, detail):
    edit = replace(MASKED[kind], detail=detail)
    img = render(edit, context=context, masks=(SOFT,))
    outside = torch.from_numpy(SOFT.grey_hw == 0).expand_as(img)
    assert torch.equal(img[outside], float_of(BASE)[outside])
    inside = torch.from_numpy(SOFT.grey_hw == 255).expand_as(img)
    assert (img - float_of(BASE))[inside].abs().max() > 0.02


def test_a_stack_of_local_edits_is_as_local(context):
    small = soft_mask(40, 48, 32, 40, 7)
    edits = (CLONE, replace(REGION, region=small.sha256), replace(ADJUST, mask=small.sha256))
    img = render(*edits, context=context, masks=(SOFT, small))
    outside = torch.from_numpy((SOFT.grey_hw == 0) & (small.grey_hw == 0)).expand_as(img)
    assert torch.equal(img[outside], float_of(BASE)[outside])


@torch.inference_mode()
def test_a_mask_lets_a_part_of_the_result_through(network, context):
    half = Mask.from_grey(np.full((4, 4), 51, np.uint8))
    img = render(replace(ADJUST, mask=half.sha256), context=context, masks=(half,))
    whole = render(ADJUST, context=context)
    torch.testing.assert_close(img, float_of(BASE) + 0.2 * (whole - float_of(BASE)))


@torch.inference_mode()
def test_a_patch_is_blended_in_codes_and_its_rim_in_pixels(network, context):
    """From a quarter of the mask's height on, pixels are those of the blended codes."""
    grey_hw = np.zeros((40, 48), np.uint8)
    grey_hw[8:16, 8:16], grey_hw[8:16, 16:24], grey_hw[8:16, 24:28] = 255, 64, 16
    mask = Mask.from_grey(grey_hw)
    edit = replace(REGION, region=mask.sha256)
    img = render(edit, context=context, masks=(mask,))

    structure, texture = network.encode(float_of(BASE))
    brought = extras()
    level = torch.zeros(10, 12)
    level[2:4, 2:4], level[2:4, 4:6], level[2:4, 6] = 1.0, 64 / 255, 16 / 255
    way = 3.0 * brought["structure.deviations"][0] * brought["structure.axes"][0]
    decoded = network.decode(structure + level * way[None, :, None, None], texture, 0)
    covered = torch.from_numpy(grey_hw >= 64).expand_as(img)
    torch.testing.assert_close(img[covered], decoded[covered], atol=1e-5, rtol=0)
    rim = torch.from_numpy(grey_hw == 16).expand_as(img)
    expected = torch.lerp(float_of(BASE), decoded, 4 * 16 / 255)
    torch.testing.assert_close(img[rim], expected[rim], atol=1e-5, rtol=0)


def test_a_stroke_thinner_than_a_cell_changes_its_cell_and_shows_in_its_pixels(context):
    thin = box_mask(40, 48, (17, 18), (6, 30))
    whole_cells = box_mask(40, 48, (16, 20), (4, 32))
    img, wide = (
        render(replace(REGION, region=mask.sha256), context=context, masks=(mask,))
        for mask in (thin, whole_cells)
    )
    torch.testing.assert_close(img[:, :, 17, 6:30], wide[:, :, 17, 6:30])
    # What is passed on is how much of each cell was changed.
    passed, all_of_it, before = (
        codes_after(*edits, context=context, masks=(thin, whole_cells)).structure
        for edits in (
            (replace(REGION, region=thin.sha256),),
            (replace(REGION, region=whole_cells.sha256),),
            (),
        )
    )
    change = (passed - before)[0, :, 4, 3] / (all_of_it - before)[0, :, 4, 3]
    torch.testing.assert_close(change, torch.full_like(change, 0.25), atol=1e-4, rtol=0)


@pytest.mark.parametrize("edit", [*MASKED.values()], ids=list(MASKED))
def test_an_empty_mask_changes_nothing_and_costs_nothing(network, context, monkeypatch, edit):
    calls = Calls(network, monkeypatch)
    empty = Mask.from_grey(np.zeros((40, 48), np.uint8))
    if isinstance(edit, EditRegion):
        edit = replace(edit, region=empty.sha256)
    elif edit.mask is None:
        patches = tuple(replace(patch, mask=empty.sha256) for patch in edit.patches)
        edit = replace(edit, patches=patches)
    else:
        edit = replace(edit, mask=empty.sha256)
    assert torch.equal(render(edit, context=context, masks=(empty,)), float_of(BASE))
    assert calls.encoded == 0


def test_an_edit_that_reaches_nothing_passes_the_codes_on_as_they_are(context):
    empty = Mask.from_grey(np.zeros((40, 48), np.uint8))
    nowhere = replace(ADJUST, mask=empty.sha256)
    found = render(ADJUST, nowhere, OTHER_AXIS, context=context, masks=(empty,))
    assert torch.equal(found, render(ADJUST, OTHER_AXIS, context=context))


@pytest.mark.parametrize(
    "edit",
    [
        AdjustTexture(model="fake"),
        AdjustTexture(model="fake", amounts=(("texture:3", 0.0),)),
        replace(REGION, amounts=(("structure:0", 0.0), ("structure:2", 0.0))),
        CloneStructure(model="fake"),
        PaintTexture(model="fake"),
    ],
    ids=["no slider", "slider at 0", "region at 0", "no clone", "no paint"],
)
def test_an_edit_that_asks_for_nothing_does_nothing(context, edit):
    assert torch.equal(render(edit, context=context, masks=(SOFT,)), float_of(BASE))


# The picture's own detail


@torch.inference_mode()
@pytest.mark.parametrize("detail", [0.3, 1.0])
def test_detail_is_what_the_network_cannot_say(network, context, detail):
    img = render(replace(ADJUST, detail=detail), context=context)
    structure, texture = network.encode(float_of(BASE))
    seen, made = (network.decode(structure, texture + add, 0) for add in (0.0, step(0, 2.0)))
    torch.testing.assert_close(img, made + detail * (float_of(BASE) - seen), atol=1e-5, rtol=0)


def test_detail_of_1_keeps_the_photo_where_its_codes_do_not_change(context):
    """Cloned from its own place: nothing changes, bit for bit."""
    still = CloneStructure(
        model="fake", detail=1.0, patches=(ClonePatch(mask=FULL.sha256, dx=0.0, dy=0.0),)
    )
    assert torch.equal(render(still, context=context, masks=(FULL,)), float_of(BASE))
    seen = render(replace(still, detail=0.0), context=context, masks=(FULL,))
    assert (seen - float_of(BASE)).abs().max() > 0.1


def test_detail_in_a_chain_is_that_of_the_picture_before(network, context):
    """The second edit's detail is what the first edit's codes do not say of the first's picture."""
    first, second = replace(ADJUST, detail=1.0), replace(OTHER_AXIS, detail=1.0)
    img = render(first, second, context=context)
    with torch.inference_mode():
        structure, texture = network.encode(float_of(BASE))
        codes = [texture, texture + step(0, 2.0), texture + step(0, 2.0) + step(1, -1.5)]
        seen, once, twice = (network.decode(structure, code, 0) for code in codes)
    between = once + float_of(BASE) - seen
    torch.testing.assert_close(img, twice + between - once, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_every_edit_has_its_own_grain(network, context):
    def of(seed):
        return render(replace(ADJUST, seed=seed), context=context)

    structure, texture = network.encode(float_of(BASE))
    for seed, noise in ((7, 7), (None, "zero")):
        expected = network.decode(structure, texture + step(0, 2.0), noise)
        torch.testing.assert_close(of(seed), expected, atol=1e-5, rtol=0)
    assert not torch.allclose(of(7), of(8), atol=1e-3)


# Nothing twice, and nothing wrong


def test_edits_after_an_edit_do_not_make_its_work_again(network, context, monkeypatch):
    render(CLONE, PAINT, context=context, masks=(SOFT,))
    kept = len(context.cache)
    render(CLONE, context=context, masks=(SOFT,))
    assert len(context.cache) == kept
    calls = Calls(network, monkeypatch)
    render(CLONE, PAINT, ADJUST, context=context, masks=(SOFT,))
    assert calls.encoded == 0


@pytest.mark.parametrize("change", [{"detail": 0.5}, {"strength": 0.5}, {"seed": 3}])
def test_seed_detail_and_strength_change_no_codes(network, context, monkeypatch, change):
    render(CLONE, context=context, masks=(SOFT,))
    calls = Calls(network, monkeypatch)
    changed = render(replace(CLONE, **change), context=context, masks=(SOFT,))
    assert calls.encoded == 0
    fresh = coding_context(network)
    expected = render(replace(CLONE, **change), context=fresh, masks=(SOFT,))
    torch.testing.assert_close(changed, expected, atol=1e-5, rtol=0)


def test_a_brushing_hand_gets_what_a_new_program_would_make(network, context):
    """Strokes, an undo, a slider, another stroke: as from nothing each time, to 1e-4."""
    generator = np.random.default_rng(0)
    grey_hw = np.zeros((40, 48), np.uint8)
    states = []
    for number in range(8):
        y, x = generator.integers(4, 36), generator.integers(4, 44)
        dab = soft_mask(40, 48, y, x, 6).grey_hw
        grey_hw = np.maximum(grey_hw, dab)
        mask = Mask.from_grey(grey_hw)
        patch = ClonePatch(mask=mask.sha256, dx=0.3, dy=0.1 * (number // 4))
        clone = CloneStructure(model="fake", patches=(patch,), detail=0.5 * (number % 2))
        states.append(((clone, replace(REGION, strength=0.6), PAINT), (mask, SOFT)))
    states += [states[3], states[5]]
    for edits, masks in states:
        img = render(*edits, context=context, masks=masks)
        fresh = coding_context(network, REFERENCE, OTHER)
        expected = render(*edits, context=fresh, masks=masks)
        assert (img - expected).abs().max() * 127.5 <= 1e-4 * 255


def test_being_called_off_in_the_middle_leaves_everything_right(network, context):
    class Impatient(CancelToken):
        left = 0

        def raise_if_cancelled(self):
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    expected = render(CLONE, PAINT, context=coding_context(network, REFERENCE), masks=(SOFT,))
    for patience in range(1, 60, 6):
        token = Impatient()
        token.left = patience
        try:
            render(CLONE, PAINT, context=replace(context, token=token), masks=(SOFT,))
        except Cancelled:
            continue
        break
    else:
        pytest.fail("never done")
    assert patience > 12
    found = render(CLONE, PAINT, context=context, masks=(SOFT,))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_without_room_in_the_cache_everything_is_the_same(network, context):
    poor = coding_context(network, REFERENCE)
    poor.cache.budget_bytes = 10
    for edits in ((CLONE, replace(PAINT, detail=0.5)), (replace(ADJUST, strength=0.5), REGION)):
        found = render(*edits, context=poor, masks=(SOFT,))
        expected = render(*edits, context=context, masks=(SOFT,))
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert len(poor.cache) == 0


def test_in_tiles_everything_is_the_same(network, context):
    tiled = replace(coding_context(network, REFERENCE), tile_px=16)
    edits = (CLONE, PAINT, replace(SWAP, amount=0.3))
    found = render(*edits, context=tiled, masks=(SOFT,))
    torch.testing.assert_close(
        found, render(*edits, context=context, masks=(SOFT,)), atol=1e-4, rtol=0
    )


def test_values_that_are_not_numbers_are_reported_and_not_kept(network):
    broken = random_network()
    broken.get_parameter("G.ToRGB.bias").data[0, 1] = float("nan")
    context = coding_context(broken)
    with pytest.raises(ModelsError, match=r"'fake' gave values that are not numbers"):
        render(REGION, context=context, masks=(SOFT,))
    healed = replace(context, network=lambda edit: network)
    assert torch.isfinite(render(REGION, context=healed, masks=(SOFT,))).all()


@pytest.mark.parametrize("size", [(1, 1), (13, 45), (300, 10)])
@pytest.mark.parametrize("kind", MASKED)
def test_every_size_works(network, context, size, kind):
    img = render(MASKED[kind], context=context, base=random_picture(*size), masks=(SOFT,))
    assert img.shape == (1, 3, *size)
    assert torch.isfinite(img).all()


def test_progress_rises_over_the_chain(context):
    told = []
    listening = replace(context, progress=lambda words, share: told.append((words, share)))
    render(replace(SWAP, strength=0.5), PAINT, ADJUST, context=listening, masks=(SOFT,))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert {words for words, _ in told} == {
        "encoding picture", "encoding reference", "decoding", "done",
    }  # fmt: skip
