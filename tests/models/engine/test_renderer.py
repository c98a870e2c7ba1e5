from dataclasses import replace

import numpy as np
import pytest
import torch

from models.api import CancelToken, RenderRequest
from models.engine import plan, renderer
from models.errors import Cancelled, ModelsError, RequestError
from models.image_io import to_bchw, to_rgb_hwc
from models.values import Mask
from tests.models.engine.fakes import (
    Brighten,
    BrightenStage,
    make_context,
    make_spec,
    random_picture,
)

BASE = random_picture()
SIZE = (24, 32)
LIGHT = Brighten(model="fake", by=0.25)
DARK = Brighten(model="fake", by=-0.5)


@pytest.fixture
def stage(monkeypatch) -> BrightenStage:
    stage = BrightenStage()
    monkeypatch.setitem(plan.STAGES, Brighten, stage)
    return stage


def render(*edits, context=None, base=BASE, masks=(), size_px=SIZE):
    request = RenderRequest(base=base, edits=edits, masks=masks)
    return renderer.render(request, size_px, context or make_context())


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 16)])
def test_without_edits_the_base_comes_back_bit_for_bit(dtype, bits):
    base = random_picture(dtype=dtype)
    assert np.array_equal(to_rgb_hwc(render(base=base), bits), base.rgb_hwc)


def test_a_new_kind_of_edit_is_one_entry(stage):
    assert torch.equal(render(LIGHT), to_bchw(BASE.rgb_hwc) + 0.25)


def test_edits_apply_in_order(stage):
    twice = replace(LIGHT, by=2.0)
    stage.instead = lambda edit, img, context: img * 2 if edit is twice else None
    expected = (to_bchw(BASE.rgb_hwc) + 0.25) * 2
    assert torch.equal(render(LIGHT, twice), expected)


def test_an_edit_without_a_stage_is_refused():
    with pytest.raises(RequestError, match="brighten"):
        render(LIGHT)


def test_every_stage_gets_its_input_at_the_working_size(stage):
    assert render(LIGHT, size_px=(12, 16)).shape == (1, 3, 12, 16)
    assert stage.asked == [(0.25, (12, 16), "cpu")]


def test_disabled_edits_and_those_of_no_strength_are_not_run(stage):
    img = render(replace(LIGHT, enabled=False), replace(DARK, strength=0.0))
    assert torch.equal(img, to_bchw(BASE.rgb_hwc))
    assert stage.asked == []


def test_strength_blends_with_the_stages_input(stage):
    half = render(DARK, replace(LIGHT, strength=0.5))
    torch.testing.assert_close(half, to_bchw(BASE.rgb_hwc) - 0.5 + 0.125)


def test_a_mask_confines_the_edit_bit_for_bit(stage):
    stage.instead = lambda edit, img, context: torch.full_like(img, 0.7)
    grey_hw = np.zeros(SIZE, np.uint8)
    grey_hw[4:12, 8:20] = 255
    grey_hw[12:14, 8:20] = 51
    mask = Mask.from_grey(grey_hw)

    img = render(replace(LIGHT, mask=mask.sha256), masks=(mask,))

    before = to_bchw(BASE.rgb_hwc)
    outside = torch.from_numpy(grey_hw == 0).expand_as(before)
    inside = torch.from_numpy(grey_hw == 255).expand_as(before)
    fringe = torch.from_numpy(grey_hw == 51).expand_as(before)
    assert torch.equal(img[outside], before[outside])
    assert bool((img[inside] == 0.7).all())
    torch.testing.assert_close(img[fringe], before[fringe] * 0.8 + 0.7 * 0.2)


def test_a_mask_of_another_size_is_stretched_over_the_picture(stage):
    grey_hw = np.zeros((6, 8), np.uint8)
    grey_hw[:, :4] = 255
    mask = Mask.from_grey(grey_hw)
    img = render(replace(LIGHT, mask=mask.sha256, strength=0.5), masks=(mask,))
    change = img - to_bchw(BASE.rgb_hwc)
    torch.testing.assert_close(change[..., :14], torch.full_like(change[..., :14], 0.125))
    assert bool((change[..., 18:] == 0.0).all())


def test_nothing_is_rendered_twice(stage):
    context = make_context()
    first = render(LIGHT, DARK, context=context)
    again = render(LIGHT, DARK, context=context)
    assert torch.equal(first, again)
    assert len(stage.asked) == 2


def test_only_what_lies_above_a_change_is_rendered_again(stage):
    context = make_context()
    render(LIGHT, DARK, LIGHT, context=context)
    stage.asked.clear()
    img = render(LIGHT, replace(DARK, by=-0.1), LIGHT, context=context)
    assert [by for by, _, _ in stage.asked] == [-0.1, 0.25]
    torch.testing.assert_close(img, to_bchw(BASE.rgb_hwc) + 0.25 - 0.1 + 0.25)


def test_strength_and_mask_of_the_last_edit_cost_no_stage(stage):
    context = make_context()
    mask = Mask.from_grey(np.full((4, 4), 128, np.uint8))
    render(LIGHT, DARK, context=context)
    stage.asked.clear()
    weak = replace(DARK, strength=0.5, mask=mask.sha256)
    img = render(LIGHT, weak, context=context, masks=(mask,))
    assert stage.asked == []
    torch.testing.assert_close(img, to_bchw(BASE.rgb_hwc) + 0.25 - 0.25 * 128 / 255)


@pytest.mark.parametrize(
    "change",
    [
        {"size_px": (12, 16)},
        {"base": random_picture(seed=1)},
        {"base": random_picture(dtype=np.uint16)},
    ],
)
def test_another_base_or_size_is_another_picture(stage, change):
    context = make_context()
    render(LIGHT, context=context)
    fresh = render(LIGHT, context=context, **change)
    assert len(stage.asked) == 2
    assert torch.equal(fresh, render(LIGHT, **change))


@pytest.mark.parametrize(
    "change",
    [{"dtype": torch.bfloat16}, {"spec": lambda edit: make_spec(edit.model, sha256="b" * 64)}],
)
def test_other_weights_or_another_precision_are_another_picture(stage, change):
    context = make_context()
    render(LIGHT, context=context)
    render(LIGHT, context=replace(context, **change))
    assert len(stage.asked) == 2


def test_an_edit_that_names_its_weights_is_the_same_as_one_that_does_not(stage):
    context = make_context()
    render(LIGHT, context=context)
    render(replace(LIGHT, checkpoint="a" * 64), context=context)
    assert len(stage.asked) == 1


def test_rendering_works_without_room_in_the_cache(stage):
    context = make_context()
    context.cache.budget_bytes = 10
    weak = replace(LIGHT, strength=0.5)
    img = render(LIGHT, weak, context=context)
    torch.testing.assert_close(img, to_bchw(BASE.rgb_hwc) + 0.375)
    assert len(stage.asked) == 2
    assert len(context.cache) == 0


def test_cancelling_ends_between_two_stages_and_leaves_the_cache_right(stage):
    token = CancelToken()
    context = make_context(token=token)

    def cancel_after(edit, img, context):
        token.cancel()

    stage.instead = cancel_after
    with pytest.raises(Cancelled):
        render(LIGHT, DARK, context=context)
    assert [by for by, _, _ in stage.asked] == [0.25, -0.5]

    stage.instead = None
    stage.asked.clear()
    img = render(LIGHT, DARK, context=replace(context, token=CancelToken()))
    torch.testing.assert_close(img, to_bchw(BASE.rgb_hwc) - 0.25)
    assert [by for by, _, _ in stage.asked] == [-0.5]


def test_a_failure_leaves_the_cache_right(stage):
    context = make_context()

    def fail(edit, img, context):
        if edit is DARK:
            raise RuntimeError("the kernel does not exist")

    stage.instead = fail
    with pytest.raises(RuntimeError, match="kernel"):
        render(LIGHT, DARK, context=context)
    stage.instead = None
    img = render(LIGHT, DARK, context=context)
    torch.testing.assert_close(img, to_bchw(BASE.rgb_hwc) - 0.25)
    assert [by for by, _, _ in stage.asked] == [0.25, -0.5, -0.5]


def test_values_that_are_not_numbers_are_reported_and_not_kept(stage):
    context = make_context()
    stage.instead = lambda edit, img, context: img * float("nan")
    with pytest.raises(ModelsError, match="not numbers"):
        render(LIGHT, context=context)
    stage.instead = None
    assert torch.isfinite(render(LIGHT, context=context)).all()


def test_a_stage_that_changes_the_size_is_a_defect(stage):
    stage.instead = lambda edit, img, context: img[..., :-1]
    with pytest.raises(TypeError, match="brighten"):
        render(LIGHT)


def test_progress_is_told_in_words_and_rises_over_all_stages(stage):
    told = []
    context = make_context(progress=lambda words, share: told.append((words, share)))
    render(LIGHT, DARK, context=context)
    assert told == [("brightening by 0.25", 0.25), ("brightening by -0.5", 0.75), ("done", 1.0)]


def test_the_working_set_is_that_of_the_hungriest_stage(stage):
    stage.bytes_per_px = 1000
    request = RenderRequest(base=BASE, edits=(LIGHT, DARK, replace(LIGHT, enabled=False)))
    idle = renderer.working_set_bytes(RenderRequest(base=BASE), (10, 10), make_context())
    assert renderer.working_set_bytes(request, (10, 10), make_context()) == idle + 100_000


@pytest.mark.parametrize(
    ("short_side_px", "size_px"), [(None, (24, 32)), (12, (12, 16)), (48, (48, 64))]
)
def test_the_short_side_gives_the_size(short_side_px, size_px):
    request = RenderRequest(base=BASE, short_side_px=short_side_px)
    assert renderer.target_size(request) == size_px
