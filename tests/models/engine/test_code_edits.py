"""What each kind of edit does to the codes, and what it refuses in one sentence."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.configs import StyleGAN2DiscriminatorConfig
from models.editing.regions import own_directions
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    CodeEdit,
    EditRegion,
    PaintTexture,
    SwapTexture,
    TexturePatch,
)
from models.engine import plan
from models.errors import RequestError
from models.image_io import pad_to_multiple, resize_rgb
from models.values import Mask, Picture
from tests.models.engine.coding import (
    BASE,
    FULL,
    OTHER,
    REFERENCE,
    SOFT,
    box_mask,
    codes_after,
    coding_context,
    direction,
    extras,
    float_of,
    render,
    soft_mask,
)
from tests.models.engine.fakes import make_spec, random_picture

SHORT_PX = 40


@torch.inference_mode()
def structure_of(network, img):
    return network.encode(pad_to_multiple(img, 4, 12))[0]


def texture_of(network, picture, short_px=SHORT_PX):
    height_px = round(picture.height_px * short_px / min(picture.width_px, picture.height_px))
    width_px = round(picture.width_px * short_px / min(picture.width_px, picture.height_px))
    with torch.inference_mode():
        img = resize_rgb(picture.rgb_hwc, (height_px, width_px))
        return network.encode(pad_to_multiple(img, 4, 12))[1]


# Directions of textures


@torch.inference_mode()
def test_a_texture_moves_along_directions_by_deviations(network):
    own = direction(np.linspace(-1.0, 1.0, 16))
    amounts = (("texture:4", -3.0), (own.sha256, 0.5))
    edit = AdjustTexture(model="fake", amounts=amounts)
    found = codes_after(edit, context=coding_context(network, directions=(own,)))
    structure, texture = network.encode(float_of(BASE))
    way = -3.0 * 0.1 * extras()["texture.axes"][4] + 0.5 * torch.tensor(own.values)
    torch.testing.assert_close(found.texture, texture + way)
    assert torch.equal(found.structure, structure)


@pytest.mark.parametrize(
    ("amounts", "sentence"),
    [
        (
            (("texture:99", 1.0),),
            'A fake has 5 directions of its texture codes, and the edit asks for "texture:99": '
            'the last one is "texture:4".',
        ),
        (
            ((direction(np.ones(7)).sha256, 1.0),),
            "A slider of this edit has 7 numbers, and the texture codes of A fake have 16: "
            "it was made for another model.",
        ),
    ],
    ids=["too high a number", "another length"],
)
def test_a_direction_that_does_not_fit_is_a_sentence(network, amounts, sentence):
    context = coding_context(network, directions=(direction(np.ones(7)),))
    with pytest.raises(RequestError) as caught:
        render(AdjustTexture(model="fake", amounts=amounts), context=context)
    assert str(caught.value) == sentence


def test_a_model_without_directions_says_so(network):
    context = coding_context(network, brings={})
    with pytest.raises(RequestError, match="A fake brings no directions of its texture codes"):
        render(AdjustTexture(model="fake", amounts=(("texture:0", 1.0),)), context=context)


@pytest.mark.parametrize(
    ("edit", "refusal"),
    [
        (SwapTexture(model="judge", reference=REFERENCE.sha256), "take over a texture"),
        (AdjustTexture(model="judge", amounts=(("texture:0", 1.0),)), "change a texture"),
        (
            EditRegion(model="judge", region=FULL.sha256, amounts=(("structure:0", 1.0),)),
            "change the structure of a region",
        ),
        (
            CloneStructure(model="judge", patches=(ClonePatch(mask=FULL.sha256, dx=0.5, dy=0.0),)),
            "clone structure",
        ),
        (
            PaintTexture(model="judge", patches=(TexturePatch(mask=FULL.sha256),)),
            "take over a texture",
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_a_model_of_another_family_is_refused(context, edit, refusal):
    judge = make_spec("judge", config=StyleGAN2DiscriminatorConfig())
    with pytest.raises(RequestError) as caught:
        render(edit, context=replace(context, spec=lambda edit: judge), masks=(FULL,))
    assert str(caught.value) == (
        f"The model 'judge' (swapping_autoencoder) cannot {refusal}: choose a swapping autoencoder."
    )


def test_an_edit_of_codes_without_a_stage_is_refused(context):
    class Shuffle(CodeEdit):
        kind = "shuffle"

    with pytest.raises(RequestError, match="cannot render edits of the kind 'shuffle'"):
        render(Shuffle(model="fake"), context=context)
    assert Shuffle not in plan.CODE_STAGES


# Cloning


def clone(dx_px, dy_px, mask=FULL, source: str | None = None, short_px=SHORT_PX, **changes):
    patch = ClonePatch(mask=mask.sha256, dx=dx_px / short_px, dy=dy_px / short_px, source=source)
    return CloneStructure(model="fake", patches=(patch,), **changes)


def test_cloning_by_whole_cells_moves_structure_codes_exactly(network, context):
    """8 px to the right and 4 px up are 2 cells and 1."""
    mask = box_mask(40, 48, (8, 24), (8, 32))
    found = codes_after(clone(8, -4, mask), context=context, masks=(mask,))
    before = structure_of(network, float_of(BASE))
    expected = before.clone()
    expected[:, :, 2:6, 2:8] = before[:, :, 1:5, 4:10]
    assert torch.equal(found.structure, expected)
    assert torch.equal(found.texture, codes_after(context=context).texture)


@pytest.mark.parametrize(("dx_px", "dy_px"), [(3, 0), (-3, 2), (9, 6), (0, -1)])
def test_for_less_than_a_cell_the_moved_picture_is_encoded(network, context, dx_px, dy_px):
    found = codes_after(clone(dx_px, dy_px), context=context, masks=(FULL,))
    img = float_of(BASE)
    rest_y, rest_x = dy_px % 4, dx_px % 4
    moved = img[:, :, rest_y:, rest_x:]
    moved = torch.nn.functional.pad(moved, (0, rest_x, 0, rest_y), mode="replicate")
    codes = structure_of(network, moved)
    before = structure_of(network, img)
    down, across = (dy_px - rest_y) // 4, (dx_px - rest_x) // 4
    for row, column in ((3, 4), (5, 6), (7, 8)):
        expected = codes[0, :, row + down, column + across]
        torch.testing.assert_close(found.structure[0, :, row, column], expected)
        assert not torch.allclose(before[0, :, row, column], expected, atol=1e-2)


def test_cloning_by_a_few_pixels_is_near_the_moved_picture(network, context):
    """Between whole cells the codes do not jump back to the grid: the picture moves with them."""
    still = float_of(BASE)
    img = render(clone(6, 0, detail=0.0, seed=None), context=context, masks=(FULL,))
    moved = torch.nn.functional.pad(still[..., 2:], (0, 2, 0, 0), mode="replicate")
    with torch.inference_mode():
        texture = network.encode(still)[1]
        expected = network.decode(structure_of(network, moved), texture)
    torch.testing.assert_close(img[..., 8:32, 12:28], expected[..., 8:32, 16:32], atol=0.05, rtol=0)


def test_beyond_the_borders_of_the_source_nothing_is_cloned(context):
    """A source 16 px to the left: the leftmost 16 px have none."""
    img = render(clone(-16, 0), context=context, masks=(FULL,))
    assert torch.equal(img[..., :16], float_of(BASE)[..., :16])
    assert not torch.equal(img[..., 16:24], float_of(BASE)[..., 16:24])
    far = render(clone(-400, 0), context=context, masks=(FULL,))
    assert torch.equal(far, float_of(BASE))


@torch.inference_mode()
def test_cloning_from_another_picture_scaled_to_the_shorter_side(network, context):
    """60 x 50 px become 48 x 40; its source lies 4 px lower."""
    mask = box_mask(40, 48, (0, 40), (0, 40))
    edit = clone(0, 4, mask, OTHER.sha256)
    found = codes_after(edit, context=context, masks=(mask,))
    source = structure_of(network, resize_rgb(OTHER.rgb_hwc, (48, 40)))
    torch.testing.assert_close(found.structure[..., :10, :10], source[..., 1:11, :10])
    # It ends 8 px before this picture's right border.
    wide = render(clone(0, 4, FULL, OTHER.sha256), context=context, masks=(FULL,))
    assert torch.equal(wide[..., 40:], float_of(BASE)[..., 40:])


def test_a_patch_whose_source_is_far_away_does_not_hinder_another(context):
    mask = box_mask(40, 48, (8, 24), (8, 32))
    near, far = clone(8, -4, mask), clone(4000, 0, FULL)
    both = replace(near, patches=(*near.patches, *far.patches))
    found, alone = (
        codes_after(edit, context=context, masks=(mask, FULL)).structure for edit in (both, near)
    )
    assert torch.equal(found, alone)


def test_patches_lie_over_each_other_and_see_the_picture_before_all(network, context):
    low, high = box_mask(40, 48, (8, 24), (8, 32)), box_mask(40, 48, (16, 32), (8, 32))
    patches = (*clone(8, 0, low).patches, *clone(0, -12, high).patches)
    edit = CloneStructure(model="fake", patches=patches)
    found = codes_after(edit, context=context, masks=(low, high))
    before = structure_of(network, float_of(BASE))
    expected = before.clone()
    expected[:, :, 2:6, 2:8] = before[:, :, 2:6, 4:10]
    expected[:, :, 4:8, 2:8] = before[:, :, 1:5, 2:8]
    assert torch.equal(found.structure, expected)


def test_cloning_takes_the_codes_that_were_passed_on(context):
    """Whole cells: of the edited codes, not of the picture that they give."""
    region = EditRegion(model="fake", region=FULL.sha256, amounts=(("structure:1", 2.0),))
    mask = box_mask(40, 48, (8, 24), (8, 32))
    edits = (region, clone(8, 0, mask))
    found = codes_after(*edits, context=context, masks=(FULL, mask))
    before = codes_after(region, context=context, masks=(FULL,)).structure
    assert torch.equal(found.structure[:, :, 2:6, 2:8], before[:, :, 2:6, 4:10])


def test_a_stroke_encodes_its_source_once(network, context, monkeypatch):
    encoded = []
    encode = network.encode
    monkeypatch.setattr(network, "encode", lambda image: encoded.append(1) or encode(image))
    for radius in (4, 6, 8):
        mask = soft_mask(40, 48, 20, 20, radius)
        render(clone(5, 3, mask), context=context, masks=(mask,))
    assert len(encoded) == 2


def test_a_very_long_picture_is_not_cloned_from(network):
    strip = random_picture(4, 2000, seed=9)
    patch = ClonePatch(mask=FULL.sha256, dx=0.0, dy=0.0, source=strip.sha256)
    with pytest.raises(RequestError, match="2000 x 4 px is too long to clone from: crop it"):
        render(
            CloneStructure(model="fake", patches=(patch,)),
            context=coding_context(network, strip),
            masks=(FULL,),
        )


@pytest.mark.parametrize("size", [(1, 1), (5, 9), (24, 90)])
def test_pictures_smaller_than_their_source_shift_can_be_cloned(context, size):
    base = random_picture(*size)
    edit = clone(0.7 * min(size), 0.3 * min(size), short_px=min(size))
    img = render(edit, context=context, base=base, masks=(FULL,))
    assert torch.isfinite(img).all()


# Regions


def test_every_place_of_a_region_takes_the_same_step(network, context):
    mask = box_mask(40, 48, (8, 24), (8, 32), level=102)
    amounts = (("structure:0", 2.0), ("structure:3", -1.0))
    edit = EditRegion(model="fake", region=mask.sha256, amounts=amounts)
    found = codes_after(edit, context=context, masks=(mask,)).structure
    brought = extras()
    axes, deviations = brought["structure.axes"], brought["structure.deviations"]
    step = 2.0 * deviations[0] * axes[0] - deviations[3] * axes[3]
    before = structure_of(network, float_of(BASE))
    change = (found - before)[:, :, 2:6, 2:8]
    torch.testing.assert_close(change, (0.4 * step)[None, :, None, None].expand_as(change))
    rest = torch.ones(10, 12, dtype=torch.bool)
    rest[2:6, 2:8] = False
    assert torch.equal(found[..., rest], before[..., rest])


def test_a_model_without_directions_of_structure_takes_the_pictures_own(network):
    context = coding_context(network, brings={})
    edit = EditRegion(model="fake", region=FULL.sha256, amounts=(("structure:1", 2.0),))
    found = codes_after(edit, context=context, masks=(FULL,)).structure
    before = structure_of(network, float_of(BASE))
    own = own_directions(before)
    step = 2.0 * own.deviations[1] * own.axes[1]
    torch.testing.assert_close(found, before + step[None, :, None, None])
    again = codes_after(edit, context=coding_context(network, brings={}), masks=(FULL,))
    assert torch.equal(found, again.structure)


@pytest.mark.parametrize("brings", [None, {}], ids=["brought", "own"])
def test_too_high_a_direction_of_a_region_is_a_sentence(network, brings):
    edit = EditRegion(model="fake", region=FULL.sha256, amounts=(("structure:8", 1.0),))
    with pytest.raises(
        RequestError, match=r'asks for "structure:8": the last one is "structure:3"'
    ):
        render(edit, context=coding_context(network, brings=brings), masks=(FULL,))


def test_a_flat_picture_has_regions_too(network):
    grey = Picture.from_rgb(np.full((40, 48, 3), 99, np.uint8))
    edit = EditRegion(model="fake", region=SOFT.sha256, amounts=(("structure:0", 6.0),))
    img = render(edit, context=coding_context(network, brings={}), base=grey, masks=(SOFT,))
    assert torch.isfinite(img).all()


# Painted textures


def paint(*patches, **changes):
    return PaintTexture(model="fake", patches=patches, **changes)


@pytest.mark.parametrize("amount", [1.0, 0.4, 1.5])
def test_a_texture_painted_everywhere_is_the_swap(context, amount):
    patch = TexturePatch(mask=FULL.sha256, reference=REFERENCE.sha256, amount=amount)
    painted = render(paint(patch), context=context, masks=(FULL,))
    swapped = render(
        SwapTexture(model="fake", reference=REFERENCE.sha256, amount=amount), context=context
    )
    torch.testing.assert_close(painted, swapped, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_two_textures_meet_softly(network, context):
    """Left one reference, right another, and in the middle a ramp of codes."""
    ramp = Mask.from_grey(np.tile(np.linspace(0, 255, 48).astype(np.uint8), (40, 1)))
    edit = paint(
        TexturePatch(mask=FULL.sha256, reference=REFERENCE.sha256),
        TexturePatch(mask=ramp.sha256, reference=OTHER.sha256),
    )
    found = codes_after(edit, context=context, masks=(FULL, ramp)).texture
    first, second = texture_of(network, REFERENCE), texture_of(network, OTHER)
    share = torch.from_numpy(ramp.grey_hw[0] / np.float32(255)).reshape(12, 4)
    level = share.sum(1) / (share > 0).sum(1)
    expected = first[:, :, None] + level * (second - first)[:, :, None]
    torch.testing.assert_close(found, expected[:, :, None].expand_as(found))
    assert 0.0 < level[0] < level[6] < level[-1] < 1.0


@torch.inference_mode()
def test_the_texture_of_a_spot_is_a_mean_over_it(network, context):
    """Of a picture whose halves differ, a spot in one half has that half's texture."""
    halves = np.zeros((80, 80, 3), np.uint8)
    halves[:, :40] = (200, 30, 40)
    halves[:, 40:] = (20, 60, 220)
    picture = Picture.from_rgb(halves)
    whole = {}
    for name, rgb in (("left", halves[:, :40]), ("right", halves[:, 40:])):
        plain = Picture.from_rgb(np.tile(rgb[:, :1], (1, 80, 1)))
        whole[name] = texture_of(network, plain, 40)[0]
    means = coding_context(network, picture)
    for name, x in (("left", 0.2), ("right", 0.8)):
        patch = TexturePatch(mask=FULL.sha256, reference=picture.sha256, spot=(x, 0.5, 0.1))
        found = codes_after(paint(patch), context=means, masks=(FULL,)).texture[0, :, 0, 0]
        other = "right" if name == "left" else "left"
        near, far = (torch.dot(found, whole[key]) for key in (name, other))
        assert near > 0.99
        assert near > far + 0.01


def test_a_spot_of_the_whole_picture_is_its_texture(network, context):
    """A spot so large that it covers every pixel."""
    square = random_picture(40, 40, seed=9)
    means = coding_context(network, square)
    of_spot, of_all = (
        codes_after(
            paint(TexturePatch(mask=FULL.sha256, reference=square.sha256, spot=spot)),
            context=means,
            masks=(FULL,),
        ).texture
        for spot in ((0.5, 0.5, 1.0), None)
    )
    torch.testing.assert_close(of_spot, of_all)


def test_the_pictures_own_texture_can_be_painted(network, context):
    """Of a spot of the picture as it is before the edit; all of it is what it has."""
    swap = SwapTexture(model="fake", reference=OTHER.sha256)
    own = paint(TexturePatch(mask=SOFT.sha256))
    found = codes_after(own, context=context, masks=(SOFT,)).texture
    expected = codes_after(context=context).texture[:, :, None, None].expand_as(found)
    torch.testing.assert_close(found, expected)

    spot = paint(TexturePatch(mask=FULL.sha256, spot=(0.2, 0.2, 0.15)))
    plain, swapped = (
        codes_after(*edits, context=context, masks=(FULL,)).texture[0, :, 5, 5]
        for edits in ((spot,), (swap, spot))
    )
    assert not torch.allclose(plain, swapped, atol=1e-3)


@pytest.mark.parametrize("spot", [None, (0.9, 0.1, 0.0), (0.0, 1.0, 0.3)])
def test_references_of_10_by_10_px_can_be_used(network, spot):
    tiny = random_picture(10, 10, seed=4)
    context = coding_context(network, tiny)
    edits = (
        paint(TexturePatch(mask=SOFT.sha256, reference=tiny.sha256, spot=spot)),
        clone(4, 3, SOFT, tiny.sha256),
        SwapTexture(model="fake", reference=tiny.sha256),
    )
    for edit in edits:
        img = render(edit, context=context, masks=(SOFT,))
        assert torch.isfinite(img).all()
        assert not torch.equal(img, float_of(BASE))


@pytest.mark.parametrize("size", [(20, 24), (200, 240), (7, 300)])
def test_masks_of_another_size_are_stretched(context, size):
    mask = Mask.from_grey(
        np.pad(
            np.full((size[0] // 2, size[1]), 255, np.uint8), ((0, size[0] - size[0] // 2), (0, 0))
        )
    )
    region = EditRegion(model="fake", region=mask.sha256, amounts=(("structure:0", 3.0),))
    img = render(region, context=context, masks=(mask,))
    assert torch.equal(img[:, :, 24:], float_of(BASE)[:, :, 24:])
    assert not torch.allclose(img[:, :, :16], float_of(BASE)[:, :, :16], atol=0.02)
