"""A picture from a base and a list of edits, stage by stage, nothing computed twice.

Every intermediate picture is a function of what is hashed into its key: the base's pixels, the
size, and for each edit up to it everything but its name in the list: kind, parameters, weights, the
layout if it renders one, the precision. A change of the third edit finds the first two in the
cache; a change of strength or mask finds even the third edit's own result, since blending comes
after it and is cheap.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor

from models.api import Mask, RenderRequest
from models.edits import Edit, RenderLayout, SwapTexture
from models.engine.render_layout import RenderLayoutStage
from models.engine.stage import Stage, StageContext
from models.engine.swap_texture import SwapTextureStage
from models.errors import ModelsError, RequestError
from models.image_io import resize_rgb, short_side_size, to_mask
from models.ops.cancelling import between_operations

STAGES: dict[type[Edit], Stage] = {
    SwapTexture: SwapTextureStage(),
    RenderLayout: RenderLayoutStage(),
}

BASE_BYTES_PER_PX = 4 * 3 * 4
"""Of a render without stages: the base, its resized form, the result, and its whole numbers."""


@dataclass(frozen=True)
class Step:
    """One edit that is on, with the keys of what it makes.

    Attributes:
        raw_key: of the stage's own result.
        key: of the picture after strength and mask.
    """

    edit: Edit
    stage: Stage
    raw_key: str
    key: str

    @property
    def whole(self) -> bool:
        """Whether the stage's own result is the picture."""
        return self.key == self.raw_key


def target_size(request: RenderRequest) -> tuple[int, int]:
    """(height, width) that the request asks for."""
    size_px = (request.base.height_px, request.base.width_px)
    if request.short_side_px is None:
        return size_px
    return short_side_size(size_px, request.short_side_px)


def working_set_bytes(
    request: RenderRequest, size_px: tuple[int, int], context: StageContext
) -> int:
    """The most memory that `render` takes at once, caches not counted.

    Raises:
        ModelsError: an edit without a stage, or one whose model cannot be had.
    """
    stages = [
        stage_of(edit).working_set_bytes(edit, size_px, context) for edit in edits_on(request)
    ]
    return size_px[0] * size_px[1] * BASE_BYTES_PER_PX + max(stages, default=0)


def render(request: RenderRequest, size_px: tuple[int, int], context: StageContext) -> Tensor:
    """The picture of a request at (height, width): 1 x 3 x H x W float32 in about [-1, 1].

    Raises:
        ModelsError: an edit that cannot be carried out; the text says why.
        Cancelled: the token was set; caches hold finished values only.
    """
    rendering = Rendering(request, size_px, context)
    img_bchw = rendering.picture_after(len(rendering.steps))
    context.step("done", 1.0)
    return img_bchw


class Rendering:
    """One walk through the edits of a request, from the last one back to what is cached.

    Attributes:
        steps: the edits that change anything, in order.
    """

    def __init__(
        self, request: RenderRequest, size_px: tuple[int, int], context: StageContext
    ) -> None:
        self._base = request.base
        self._size_px = size_px
        self._base_key = digest("base", request.base.sha256, size_px)
        self._masks = {mask.sha256: mask for mask in request.masks}
        self._context = context
        self.steps = plan(request, self._base_key, context)

    def picture_after(self, count: int) -> Tensor:
        """The picture with the first `count` steps carried out."""
        context = self._context
        if count == 0:
            return context.cached(context.key("picture", self._base_key), self._resized_base)
        step = self.steps[count - 1]
        if step.whole:
            return self._stage_result(count)
        return context.cached(context.key("picture", step.key), lambda: self._blended(count))

    def _resized_base(self) -> Tensor:
        with between_operations(self._context.token):
            return resize_rgb(self._base.rgb_hwc, self._size_px).to(self._context.device)

    def _stage_result(self, count: int) -> Tensor:
        key = self._context.key("raw", self.steps[count - 1].raw_key)
        return self._context.cached(key, lambda: self._run(count, self.picture_after(count - 1)))

    def _blended(self, count: int) -> Tensor:
        before = self.picture_after(count - 1)
        key = self._context.key("raw", self.steps[count - 1].raw_key)
        raw = self._context.cached(key, lambda: self._run(count, before))
        return blend(before, raw, self.steps[count - 1].edit, self._masks)

    def _run(self, count: int, before: Tensor) -> Tensor:
        input_key = self.steps[count - 2].key if count > 1 else self._base_key
        context = part_of(self._context, count - 1, len(self.steps))
        return run_stage(self.steps[count - 1], before, input_key, context)


def edits_on(request: RenderRequest) -> list[Edit]:
    """The edits that change anything."""
    return [edit for edit in request.edits if edit.enabled and edit.strength > 0.0]


def stage_of(edit: Edit) -> Stage:
    stage = STAGES.get(type(edit))
    if stage is None:
        raise RequestError(f"This program cannot render edits of the kind {edit.kind!r}.")
    return stage


def plan(request: RenderRequest, base_key: str, context: StageContext) -> list[Step]:
    """The stages to run, each with the keys of its results."""
    steps: list[Step] = []
    key = base_key
    for edit in edits_on(request):
        weights = context.spec(edit).weights.sha256
        pure = replace(edit, strength=1.0, mask=None, checkpoint=weights)
        layout = layout_key(request) if isinstance(edit, RenderLayout) else ""
        raw_key = digest(key, edit.kind, json.dumps(asdict(pure), sort_keys=True), layout)
        whole = edit.strength == 1.0 and edit.mask is None
        key = raw_key if whole else digest(raw_key, edit.strength, edit.mask)
        steps.append(Step(edit, stage_of(edit), raw_key, key))
    return steps


def layout_key(request: RenderRequest) -> str:
    """Hash of the layout: its ids, and the palette that says what they mean."""
    layout = request.layout
    return "" if layout is None else digest(layout.palette_id, layout.sha256)


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def run_stage(step: Step, before: Tensor, input_key: str, context: StageContext) -> Tensor:
    """The stage's own result, checked: of the input's size, and of numbers."""
    raw = step.stage.render(step.edit, before, input_key, context)
    if raw.shape != before.shape:
        raise TypeError(f"stage {step.edit.kind} made {raw.shape} of {before.shape}")
    if not torch.isfinite(raw).all():
        raise ModelsError(
            f"The model {step.edit.model!r} gave values that are not numbers for this picture: "
            "try another precision, or another model."
        )
    return raw


def blend(before: Tensor, raw: Tensor, edit: Edit, masks: Mapping[str, Mask]) -> Tensor:
    """`raw` over `before`, by strength times mask; where that is 0, `before` bit for bit."""
    if edit.mask is None:
        return torch.lerp(before, raw, edit.strength)
    height_px, width_px = before.shape[2:]
    weight = to_mask(masks[edit.mask].grey_hw, (height_px, width_px)).to(before.device)
    return torch.lerp(before, raw, (weight * edit.strength).expand_as(before))


def part_of(context: StageContext, index: int, count: int) -> StageContext:
    """The context of one step of `count`: its progress is a part of the whole."""

    def report(words: str, share: float) -> None:
        context.progress(words, (index + share) / count)

    return replace(context, progress=report)
