"""The steps of a request: which edits act, what each depends on, where codes are passed on.

Everything that is kept is a function of what is hashed into its key: the base's pixels, the size,
and for each edit up to it everything but its name in the list: kind, parameters, weights, the
layout if it renders one, the precision. Nothing depends on the edits that come after.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from models.api import RenderRequest
from models.configs import SwappingAutoencoderConfig
from models.edits import (
    AdjustTexture,
    CloneStructure,
    CodeEdit,
    Edit,
    EditRegion,
    PaintTexture,
    RenderLayout,
    SwapTexture,
)
from models.engine.adjust_texture import AdjustTextureStage
from models.engine.clone_structure import CloneStructureStage
from models.engine.code_edits import CodeStage, check_config
from models.engine.edit_region import EditRegionStage
from models.engine.paint_texture import PaintTextureStage
from models.engine.render_layout import RenderLayoutStage
from models.engine.stage import Stage, StageContext
from models.engine.swap_texture import SwapTextureStage
from models.engine.weights import Masks, Size, Weight
from models.errors import RequestError

STAGES: dict[type[Edit], Stage] = {RenderLayout: RenderLayoutStage()}
"""Of edits that make a picture of a picture."""
CODE_STAGES: dict[type[Edit], CodeStage] = {
    SwapTexture: SwapTextureStage(),
    AdjustTexture: AdjustTextureStage(),
    CloneStructure: CloneStructureStage(),
    EditRegion: EditRegionStage(),
    PaintTexture: PaintTextureStage(),
}
"""Of edits that make codes of codes."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One edit that acts.

    Attributes:
        edit: with its values.
        weight: where, and how much, its result replaces its input.
        before: key of the picture before it.
        after: key of the picture after it.
    """

    edit: Edit
    weight: Weight
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class PictureStep(Step):
    """A step with a picture for its result.

    Attributes:
        stage: that makes it.
        result: key of the stage's own result.
    """

    stage: Stage
    result: str


@dataclass(frozen=True, kw_only=True)
class CodeStep(Step):
    """A step with codes for its result.

    Attributes:
        edit: with seed and detail.
        stage: that makes them.
        config: of the model.
        carried: whether the codes come from the step before; else the picture is encoded.
        codes_before: key of the codes that the stage gets.
        result: key of the codes that it makes of them.
        codes_after: key of the codes after strength and mask.
    """

    edit: CodeEdit
    stage: CodeStage
    config: SwappingAutoencoderConfig
    carried: bool
    codes_before: str
    result: str
    codes_after: str


AnyStep = PictureStep | CodeStep


def edits_on(request: RenderRequest) -> list[Edit]:
    """The edits that change anything.

    An edit whose sliders are at rest is left out, instead of showing the picture as the network
    sees it.
    """
    return [
        edit for edit in request.edits if edit.enabled and edit.strength > 0.0 and not edit.idle
    ]


def plan(
    request: RenderRequest, base_key: str, masks: Masks, context: StageContext
) -> list[AnyStep]:
    """The steps of a request.

    Args:
        request: to render.
        base_key: hash of the base and of the size at which the edits are carried out.
        masks: of the request.
        context: of the render.

    Raises:
        ModelsError: an edit without a stage, or whose model cannot be used for it.
    """
    steps: list[AnyStep] = []
    base_px = (request.base.height_px, request.base.width_px)
    for edit in edits_on(request):
        before = steps[-1].after if steps else base_key
        pure = json.dumps(asdict(_pure(edit, context)), sort_keys=True)
        if isinstance(edit, CodeEdit):
            steps.append(_code_step(edit, pure, before, steps, (base_px, masks, context)))
            continue
        layout = layout_key(request) if isinstance(edit, RenderLayout) else ""
        result = digest(before, edit.kind, pure, layout)
        weight = Weight(masks, edit.strength, edit.mask)
        after = result if weight.full else digest(result, edit.strength, edit.mask)
        steps.append(
            PictureStep(
                edit=edit,
                weight=weight,
                before=before,
                after=after,
                stage=stage_of(edit),
                result=result,
            )
        )
    return steps


def stage_of(edit: Edit) -> Stage:
    stage = STAGES.get(type(edit))
    if stage is None:
        raise RequestError(f"This program cannot render edits of the kind {edit.kind!r}.")
    return stage


def layout_key(request: RenderRequest) -> str:
    """Hash of the layout: its ids, and the palette that says what they mean."""
    layout = request.layout
    return "" if layout is None else digest(layout.palette_id, layout.sha256)


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _pure(edit: Edit, context: StageContext) -> Edit:
    """The edit without what the renderer does for all of them."""
    pure = replace(edit, strength=1.0, mask=None, checkpoint=context.spec(edit).weights.sha256)
    return replace(pure, seed=None, detail=0.0) if isinstance(pure, CodeEdit) else pure


def _code_step(
    edit: CodeEdit,
    pure: str,
    before: str,
    steps: list[AnyStep],
    means: tuple[Size, Masks, StageContext],
) -> CodeStep:
    base_px, masks, context = means
    stage = CODE_STAGES.get(type(edit))
    if stage is None:
        raise RequestError(f"This program cannot render edits of the kind {edit.kind!r}.")
    config = check_config(edit, stage, context)
    last = steps[-1] if steps else None
    weights = context.spec(edit).weights.sha256
    carried = isinstance(last, CodeStep) and context.spec(last.edit).weights.sha256 == weights
    codes_before = last.codes_after if isinstance(last, CodeStep) and carried else before
    picture = before if stage.reads_picture(edit) else ""
    result = digest(codes_before, picture, edit.kind, pure)
    weight = Weight(masks, edit.strength, edit.mask, stage.patches(edit, base_px, context))
    shown = (edit.strength, edit.mask)
    return CodeStep(
        edit=edit,
        weight=weight,
        before=before,
        after=digest(before, result, *shown, edit.seed, edit.detail),
        stage=stage,
        config=config,
        carried=carried,
        codes_before=codes_before,
        result=result,
        codes_after=result if weight.full else digest(result, *shown),
    )


def encoded_sizes(step: CodeStep, size_px: Size, context: StageContext) -> Iterator[Size]:
    """The sizes of all pictures that are encoded for a step."""
    yield size_px
    yield from step.stage.encodes(step.edit, size_px, context)
