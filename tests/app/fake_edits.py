"""What the scripted engine makes of edits: simple, local, and visible in colours."""

from typing import Any

import numpy as np
import numpy.typing as npt

from models.api import RenderRequest
from models.edits import (
    AdjustTexture,
    CloneStructure,
    CodeEdit,
    Edit,
    EditRegion,
    PaintTexture,
    RenderLayout,
    SwapTexture,
    TexturePatch,
)
from models.values import Picture

AXIS_SHIFT = 0.05
"""What one standard deviation along an axis of the model's own adds to a channel, 0..1."""
CODE_SHIFT = 1.0
"""What one deviation along a direction of 1 adds to its channel."""

Values = npt.NDArray[np.float64]


def rendered(request: RenderRequest) -> npt.NDArray[Any]:
    """The base at the wanted size with its edits, uint8 or uint16.

    A swap brings the mean by `amount` to the reference's. Amounts of texture and structure shift
    the channel N modulo 3. A clone copies pixels. A rendered layout takes the place of the picture.
    Patches and regions change nothing outside of their masks.
    """
    return _finished(rendered_values(request), request.bits)


def outside(request: RenderRequest, rgb_hwc: npt.NDArray[Any]) -> tuple[int, int]:
    """How many pixels lie outside of all masks, and how many of them are not the base's."""
    plain_hwc = _finished(_base(request), request.bits)
    reached = np.zeros(rgb_hwc.shape[:2], bool)
    for edit in request.edits:
        if edit.enabled and edit.strength > 0.0:
            reached |= _where(request, edit, rgb_hwc.shape[:2]) > 0.0
    changed = (rgb_hwc != plain_hwc).any(axis=2)
    whole = rgb_hwc.shape == request.base.rgb_hwc.shape
    return int((~reached).sum()), int((changed & ~reached).sum()) if whole else 0


def rendered_values(request: RenderRequest) -> Values:
    """The same as H x W x 3 in 0..1, before it is cut to that range and rounded."""
    values_hwc = _base(request)
    for edit in request.edits:
        if edit.enabled:
            after_hwc = _after(request, edit, values_hwc)
            if isinstance(edit, CodeEdit):
                # Not what the engine does with the detail, but what it is for: less is changed.
                after_hwc = after_hwc + edit.detail / 2 * (values_hwc - after_hwc)
            weight_hw = edit.strength * _where(request, edit, values_hwc.shape[:2])
            values_hwc = values_hwc + weight_hw[..., None] * (after_hwc - values_hwc)
    return values_hwc


def texture_of(rgb_hwc: npt.NDArray[Any], length: int) -> npt.NDArray[np.float32]:
    """A texture code of unit length: the mean colour less grey, then 1, then nothing."""
    code = np.zeros(length)
    code[:3] = _mean(rgb_hwc) - 0.5
    code[3] = 1.0
    return (code / np.linalg.norm(code)).astype(np.float32)


def likeness(values_hwc: Values, x: float, y: float, cell_px: int) -> npt.NDArray[np.float32]:
    """How like the place's each cell's colour is, -1 (black beside white) to 1."""
    height_px, width_px, _ = values_hwc.shape
    cells_hwc = values_hwc[cell_px // 2 :: cell_px, cell_px // 2 :: cell_px]
    row = min(cells_hwc.shape[0] - 1, int(y * height_px) // cell_px)
    column = min(cells_hwc.shape[1] - 1, int(x * width_px) // cell_px)
    far_hw = np.linalg.norm(cells_hwc - cells_hwc[row, column], axis=2) / np.sqrt(3)
    return (1.0 - 2.0 * far_hw).astype(np.float32)


def _base(request: RenderRequest) -> Values:
    height_px, width_px, _ = request.base.rgb_hwc.shape
    short_px = request.short_side_px or min(height_px, width_px)
    return _scaled(request.base, short_px / min(height_px, width_px))


def _finished(values_hwc: Values, bits: int) -> npt.NDArray[Any]:
    dtype = np.uint8 if bits == 8 else np.uint16
    top = np.iinfo(dtype).max
    return np.ascontiguousarray(np.clip(np.rint(values_hwc * top), 0, top).astype(dtype))


def _after(request: RenderRequest, edit: Edit, before_hwc: Values) -> Values:
    match edit:
        case RenderLayout():
            return painted(request, edit, before_hwc.shape[:2])
        case SwapTexture():
            mean = _mean(_picture(request, edit.reference).rgb_hwc)
            return before_hwc + edit.amount * (mean - before_hwc.mean(axis=(0, 1)))
        case AdjustTexture() | EditRegion():
            return before_hwc + _shift(request, edit.amounts)
        case CloneStructure():
            return _cloned(request, edit, before_hwc)
        case PaintTexture():
            return _textured(request, edit, before_hwc)
        case _:
            return before_hwc


def _shift(request: RenderRequest, amounts: tuple[tuple[str, float], ...]) -> Values:
    own = {direction.sha256: direction.values for direction in request.directions}
    shift = np.zeros(3)
    for name, deviations in amounts:
        if name in own:
            shift += CODE_SHIFT * deviations * own[name][:3]
        else:
            shift[int(name.partition(":")[2]) % 3] += AXIS_SHIFT * deviations
    return shift


def _cloned(request: RenderRequest, edit: CloneStructure, before_hwc: Values) -> Values:
    after_hwc = before_hwc
    short_px = min(before_hwc.shape[:2])
    for patch in edit.patches:
        source_hwc = before_hwc
        if patch.source is not None:
            source = _picture(request, patch.source)
            source_hwc = _scaled(source, short_px / min(source.width_px, source.height_px))
        rows, columns = np.indices(before_hwc.shape[:2])
        rows = rows + round(patch.dy * short_px)
        columns = columns + round(patch.dx * short_px)
        inside = (rows >= 0) & (rows < source_hwc.shape[0])
        inside &= (columns >= 0) & (columns < source_hwc.shape[1])
        moved_hwc = source_hwc[
            np.clip(rows, 0, source_hwc.shape[0] - 1),
            np.clip(columns, 0, source_hwc.shape[1] - 1),
        ]
        share_hw = inside * _mask(request, patch.mask, before_hwc.shape[:2])
        after_hwc = after_hwc + share_hw[..., None] * (moved_hwc - after_hwc)
    return after_hwc


def _textured(request: RenderRequest, edit: PaintTexture, before_hwc: Values) -> Values:
    after_hwc = before_hwc
    for patch in edit.patches:
        share_hw = patch.amount * _mask(request, patch.mask, before_hwc.shape[:2])
        shift = _texture(request, patch, before_hwc) - before_hwc.mean(axis=(0, 1))
        after_hwc = after_hwc + share_hw[..., None] * shift
    return after_hwc


def _texture(request: RenderRequest, patch: TexturePatch, before_hwc: Values) -> Values:
    """The mean colour of the patch's reference, or of its spot."""
    values_hwc = before_hwc
    if patch.reference is not None:
        values_hwc = _scaled(_picture(request, patch.reference), 1.0)
    if patch.spot is None:
        return values_hwc.mean(axis=(0, 1))
    x, y, radius = patch.spot
    height_px, width_px, _ = values_hwc.shape
    rows, columns = np.indices((height_px, width_px)) + 0.5
    far_hw = np.hypot(columns - x * width_px, rows - y * height_px)
    spot = far_hw <= max(far_hw.min(), radius * min(height_px, width_px))
    return values_hwc[spot].mean(axis=0)


def _where(request: RenderRequest, edit: Edit, size_px: tuple[int, ...]) -> Values:
    """Where an edit acts, 0..1: in its own mask, and where its patches or its region are."""
    own_hw = np.ones(size_px) if edit.mask is None else _mask(request, edit.mask, size_px)
    match edit:
        case CloneStructure() | PaintTexture():
            parts = [patch.mask for patch in edit.patches]
        case EditRegion():
            parts = [edit.region]
        case _:
            return own_hw
    reach_hw = np.zeros(size_px)
    for part in parts:
        reach_hw = np.maximum(reach_hw, _mask(request, part, size_px))
    if isinstance(edit, EditRegion):
        return own_hw * reach_hw
    return own_hw * np.minimum(1.0, 4.0 * reach_hw)


def _mask(request: RenderRequest, sha256: str, size_px: tuple[int, ...]) -> Values:
    (grey_hw,) = (mask.grey_hw for mask in request.masks if mask.sha256 == sha256)
    rows = np.arange(size_px[0]) * grey_hw.shape[0] // size_px[0]
    columns = np.arange(size_px[1]) * grey_hw.shape[1] // size_px[1]
    return grey_hw[rows][:, columns] / 255.0


def _picture(request: RenderRequest, sha256: str) -> Picture:
    return next(picture for picture in request.pictures if picture.sha256 == sha256)


def _scaled(picture: Picture, scale: float) -> Values:
    rows, columns = _nearest(picture.height_px, scale), _nearest(picture.width_px, scale)
    return picture.rgb_hwc[rows][:, columns] / np.iinfo(picture.rgb_hwc.dtype).max


def _mean(rgb_hwc: npt.NDArray[Any]) -> Values:
    return rgb_hwc.mean(axis=(0, 1)) / np.iinfo(rgb_hwc.dtype).max


def painted(request: RenderRequest, edit: RenderLayout, size_px: tuple[int, ...]) -> Values:
    """The layout stretched over (height, width), each label in the style's colour for it, 0..1."""
    assert request.layout is not None
    height_px, width_px = size_px
    ids_hw = request.layout.ids.to_array()
    rows = np.arange(height_px) * ids_hw.shape[0] // height_px
    columns = np.arange(width_px) * ids_hw.shape[1] // width_px
    table = np.arange(65536)
    for before, after in edit.mapping:
        table[before] = after
    first = _colours(edit.seed, edit.reference)
    second = first
    if edit.other_reference is not None or edit.other_seed is not None:
        second = _colours(edit.other_seed or 0, edit.other_reference)
    colours = first + edit.blend * (second - first)
    return colours[table[ids_hw[rows][:, columns]] % 256]


def _colours(seed: int, reference: str | None) -> Values:
    own = seed if reference is None else int(reference[:12], 16)
    return np.random.default_rng(own).random((256, 3))


def _nearest(count: int, scale: float) -> npt.NDArray[np.intp]:
    wanted = max(1, round(count * scale))
    return (np.arange(wanted) * count // wanted).astype(np.intp)
