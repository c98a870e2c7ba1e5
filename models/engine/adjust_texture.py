"""Stage of `AdjustTexture`: the texture code along directions (thesis, section 4.4.6).

A step along a direction is added as it is; the network normalises the sum. So steps of several
edits add up, and their order does not matter.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from models.configs import SwappingAutoencoderConfig
from models.editing.codes import Codes, moved
from models.editing.regions import step_along
from models.edits import STRUCTURE_AXIS, TEXTURE_AXIS, AdjustTexture, Edit
from models.engine.code_edits import CodeWork, check_config, own_place
from models.engine.stage import StageContext
from models.engine.weights import Brushed, Size
from models.errors import RequestError


class AdjustTextureStage:
    """See the module; implements `models.engine.code_edits.CodeStage`."""

    refusal = "change a texture"
    detail_from = own_place

    def reads_picture(self, edit: AdjustTexture) -> bool:
        return False

    def patches(
        self, edit: AdjustTexture, base_px: Size, context: StageContext
    ) -> tuple[Brushed, ...] | None:
        return None

    def encodes(self, edit: AdjustTexture, size_px: Size, context: StageContext) -> Iterator[Size]:
        return iter(())

    def change(self, edit: AdjustTexture, codes: Codes, work: CodeWork) -> Codes:
        config = check_config(edit, self, work.context)
        step = texture_step(edit, config, work.context)
        return Codes(codes.structure, moved(codes.texture, step))


def texture_step(
    edit: AdjustTexture, config: SwappingAutoencoderConfig, context: StageContext
) -> Tensor:
    """What the edit adds to a texture code: T.

    Raises:
        RequestError: a direction that the model does not have, or of another length.
    """
    own = {
        int(name.removeprefix(TEXTURE_AXIS)): amount
        for name, amount in edit.amounts
        if name.startswith(TEXTURE_AXIS)
    }
    step = torch.zeros(config.texture_channels)
    if own:
        step += step_along(*brought_axes(edit, "texture", own, context), own)
    for name, amount in edit.amounts:
        if not name.startswith(TEXTURE_AXIS):
            step += amount * _direction(edit, name, config, context)
    return step


def brought_axes(
    edit: Edit, code: str, numbers: dict[int, float], context: StageContext
) -> tuple[Tensor, Tensor]:
    """Principal axes (K x C) of a code, "texture" or "structure", and deviations along them (K).

    Raises:
        RequestError: the model brings none, or not as many as `numbers` names.
    """
    extras, title = context.extras(edit), context.spec(edit).title
    if f"{code}.axes" not in extras:
        raise RequestError(
            f"{title} brings no directions of its {code} codes: choose another model, "
            "or make sliders from photos."
        )
    axes, deviations = extras[f"{code}.axes"], extras[f"{code}.deviations"]
    check_number_of_axes(title, code, numbers, axes.shape[0])
    return axes, deviations


def check_number_of_axes(title: str, code: str, numbers: dict[int, float], count: int) -> None:
    """Raise `RequestError` if one of these numbers is beyond the last axis."""
    if (highest := max(numbers)) >= count:
        prefix = TEXTURE_AXIS if code == "texture" else STRUCTURE_AXIS
        raise RequestError(
            f"{title} has {count} directions of its {code} codes, and the edit asks for "
            f'"{prefix}{highest}": the last one is "{prefix}{count - 1}".'
        )


def _direction(
    edit: Edit, sha256: str, config: SwappingAutoencoderConfig, context: StageContext
) -> Tensor:
    values = context.directions[sha256].values
    if values.shape != (config.texture_channels,):
        raise RequestError(
            f"A slider of this edit has {values.size} numbers, and the texture codes of "
            f"{context.spec(edit).title} have {config.texture_channels}: "
            "it was made for another model."
        )
    # A copy: torch does not take what is read-only without a warning.
    return torch.from_numpy(values.copy())
