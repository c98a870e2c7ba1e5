"""The scripted engine is as local as the real one; else tests of the window would prove nothing."""

import numpy as np
import pytest

from models.api import CancelToken, RenderRequest, SimilarityRequest, TextureRequest
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    EditRegion,
    PaintTexture,
    TexturePatch,
)
from models.values import Direction, Mask
from tests.app.fakes import FakeBackend, ignore, picture

PHOTO = picture(96, 64)
OTHER = picture(40, 40, (220, 60, 90), seed=1)
GREY = np.zeros((64, 96), np.uint8)
GREY[16:32, 16:48] = 255
MASK = Mask.from_grey(GREY)


def render(edit, **more):
    request = RenderRequest(base=PHOTO, edits=(edit,), **more)
    return FakeBackend().render(request, CancelToken(), ignore)


@pytest.mark.parametrize(
    "edit",
    [
        CloneStructure(model="toy", patches=(ClonePatch(mask=MASK.sha256, dx=0.5, dy=0.25),)),
        CloneStructure(
            model="toy",
            patches=(ClonePatch(mask=MASK.sha256, dx=0.0, dy=0.0, source=OTHER.sha256),),
        ),
        EditRegion(model="toy", region=MASK.sha256, amounts=(("structure:1", 2.0),)),
        PaintTexture(
            model="toy", patches=(TexturePatch(mask=MASK.sha256, reference=OTHER.sha256),)
        ),
        AdjustTexture(model="toy", mask=MASK.sha256, amounts=(("texture:0", 2.0),)),
    ],
    ids=["clone", "clone another", "region", "texture", "masked"],
)
def test_edits_change_what_is_in_their_masks_and_nothing_else(edit):
    result = render(edit, masks=(MASK,), pictures=(OTHER,))
    changed = (result.rgb_hwc != PHOTO.rgb_hwc).any(axis=2)
    assert not changed[GREY == 0].any()
    assert changed[GREY == 255].mean() > 0.9
    assert (result.outside_px, result.changed_outside_px) == ((GREY == 0).sum(), 0)


def test_a_clone_is_what_stands_at_its_source():
    patch = ClonePatch(mask=MASK.sha256, dx=0.5, dy=0.25)
    result = render(CloneStructure(model="toy", patches=(patch,)), masks=(MASK,))
    assert np.array_equal(result.rgb_hwc[16:32, 16:48], PHOTO.rgb_hwc[32:48, 48:80])


def test_amounts_shift_the_colour_and_own_directions_do_too():
    redder = Direction.from_values(np.eye(8)[0] * 0.2)
    own = AdjustTexture(model="toy", amounts=((redder.sha256, 1.0),))
    means = [
        render(edit, directions=(redder,)).rgb_hwc.mean(axis=(0, 1))
        for edit in (AdjustTexture(model="toy"), own)
    ]
    assert means[1] - means[0] == pytest.approx([0.2 * 255, 0, 0], abs=1)


def test_codes_and_likeness_go_by_colour():
    backend = FakeBackend()
    code = backend.texture_code(TextureRequest(photo=OTHER, model="toy"), CancelToken(), ignore)
    assert code.code[0] > 0.2 > 0 > code.code[1]
    assert np.linalg.norm(code.code) == pytest.approx(1.0)
    rgb = np.full((64, 96, 3), 20, np.uint8)
    rgb[:, 48:] = 220
    halves = RenderRequest(base=type(PHOTO).from_rgb(rgb))
    for x, like, unlike in ((0.1, 0, 11), (0.9, 11, 0)):
        request = SimilarityRequest(picture=halves, x=x, y=0.5, model="toy")
        result = backend.similarity(request, CancelToken(), ignore)
        assert result.similarity_hw.shape == (8, 12)
        assert result.similarity_hw[0, like] == 1.0
        assert result.similarity_hw[0, unlike] < 0.0
        assert not result.flat
    plain = RenderRequest(base=type(PHOTO).from_rgb(rgb[:, :48]))
    request = SimilarityRequest(picture=plain, x=0.5, y=0.5, model="toy")
    assert backend.similarity(request, CancelToken(), ignore).flat
