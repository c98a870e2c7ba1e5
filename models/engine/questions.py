"""What the engine is asked besides pictures: layouts, likeness, texture codes, directions.

These are small beside a render. Where memory is short they are tried again without what is kept,
and then on the CPU.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.api import (
    CancelToken,
    LayoutRequest,
    LayoutResult,
    ModelDirections,
    Progress,
    RenderRequest,
    SimilarityRequest,
    SimilarityResult,
    TextureRequest,
    TextureResult,
)
from models.catalog import ModelSpec
from models.configs import SwappingAutoencoderConfig
from models.editing.regions import is_flat, similarity_to
from models.edits import AdjustTexture
from models.engine import see_layout as seeing
from models.engine.code_memory import encode_bytes
from models.engine.coder import Coder
from models.engine.references import reference_size
from models.engine.renderer import Rendering, edit_size, target_size
from models.engine.retreat import TILES_PX
from models.engine.shelf import Shelf
from models.engine.stage import StageContext
from models.engine.weights import Size
from models.errors import RequestError
from models.header import read_header
from models.image_io import resize_rgb
from models.ops.cancelling import between_operations

Made = TypeVar("Made")
VARIANCE = "variance_of_the_axes"
"""In a file's notes on its training: what share of all variance its axes hold, by code."""


class MakingRoom(Protocol):
    """Does work on the best device that has the memory for it."""

    def __call__(self, task: Callable[[torch.device], Made], /) -> tuple[torch.device, Made]: ...


@dataclass(frozen=True, kw_only=True)
class Work:
    """The means of one request.

    Attributes:
        shelf: the models.
        token: asked between the steps.
        progress: told each step.
        network: of a model, on a device.
        context: of a render, on a device.
        words: a device with its precision, for people.
        notes: what is to be said of work done on a device.
        room: bytes that may be taken on a device, if what is kept were given up.
        making_room: does work where there is memory for it.
    """

    shelf: Shelf
    token: CancelToken
    progress: Progress
    network: Callable[[ModelSpec, torch.device], nn.Module]
    context: Callable[[RenderRequest, torch.device], StageContext]
    words: Callable[[torch.device], str]
    notes: Callable[[torch.device], tuple[str, ...]]
    room: Callable[[torch.device], int]
    making_room: MakingRoom


def see_layout(request: LayoutRequest, work: Work) -> LayoutResult:
    """The layout of a photo (`models.engine.see_layout`)."""
    start = time.perf_counter()
    spec = work.shelf.model(request.model)
    config, palette_id = seeing.check_model(spec)

    def see(device: torch.device) -> npt.NDArray[np.uint8]:
        work.token.raise_if_cancelled()
        work.progress("loading model", 0.0)
        return seeing.see_layout(
            request.photo,
            work.network(spec, device),
            config.crop_size,
            device=device,
            token=work.token,
            progress=work.progress,
        )

    device, ids_hw = work.making_room(see)
    work.progress("done", 1.0)
    return LayoutResult(
        ids_hw=ids_hw,
        palette_id=palette_id,
        seconds=time.perf_counter() - start,
        device=work.words(device),
        notes=work.notes(device),
    )


def similarity(request: SimilarityRequest, work: Work) -> SimilarityResult:
    """How like a place every other is, by the codes that the next edit of codes would get."""
    start = time.perf_counter()
    config = _config(work.shelf.model(request.model), "tell places apart")
    picture = request.picture
    result_px = target_size(picture)
    size_px = edit_size(picture, result_px)

    def compare(device: torch.device) -> Tensor:
        work.token.raise_if_cancelled()
        context = work.context(picture, device)
        context = replace(context, tile_px=_tiles_that_fit(config, size_px, context, work))
        edit = AdjustTexture(model=request.model)
        rendering = Rendering(picture, size_px, context.span(0.0, 0.9))
        coder = Coder(edit, config, context.span(0.9, 1.0), "encoding picture")
        structure = rendering.codes_of_all(coder).structure
        # Without the cells that only the padding has.
        rows, columns = (math.ceil(side_px / coder.cell_px) for side_px in size_px)
        row, column = (
            int(min(share * side_px, side_px - 1) / coder.cell_px)
            for share, side_px in zip((request.y, request.x), size_px, strict=True)
        )
        return similarity_to(structure[:, :, :rows, :columns], (row, column)).cpu()

    device, similarity_hw = work.making_room(compare)
    work.progress("done", 1.0)
    return SimilarityResult(
        similarity_hw=similarity_hw.numpy(),
        cell_px=2**config.structure_downsamplings * min(result_px) / min(size_px),
        flat=is_flat(similarity_hw),
        seconds=time.perf_counter() - start,
        device=work.words(device),
    )


def texture_code(request: TextureRequest, work: Work) -> TextureResult:
    """The texture code of a photo, at the size at which it would be a reference."""
    start = time.perf_counter()
    spec, photo = work.shelf.model(request.model), request.photo
    config = _config(spec, "tell a photo's texture")
    own_px = min(photo.width_px, photo.height_px)
    size_px = reference_size(photo, min(request.short_side_px, own_px))

    def encode(device: torch.device) -> Tensor:
        work.token.raise_if_cancelled()

        def image() -> Tensor:
            with between_operations(work.token):
                return resize_rgb(photo.rgb_hwc, size_px).to(device)

        context = work.context(RenderRequest(base=photo), device)
        coder = Coder(AdjustTexture(model=request.model), config, context, "encoding photo")
        return coder.texture((photo.sha256, size_px, None), image)[0].float().cpu()

    device, code = work.making_room(encode)
    work.progress("done", 1.0)
    return TextureResult(
        code=code.numpy(),
        weights=spec.weights.sha256,
        seconds=time.perf_counter() - start,
        device=work.words(device),
    )


def directions(model: str, work: Work) -> ModelDirections:
    """The directions that a model brings, from its file alone."""
    spec = work.shelf.model(model)
    config = _config(spec, "change a texture")
    extras = work.shelf.extras(spec)
    notes = read_header(spec.path).training.get(VARIANCE) if extras else None
    held: dict[str, object] = notes if isinstance(notes, dict) else {}
    mean = extras.get("texture.mean")
    return ModelDirections(
        weights=spec.weights.sha256,
        texture=_shares(extras.get("texture.deviations"), held.get("texture")),
        structure=_shares(extras.get("structure.deviations"), held.get("structure")),
        texture_length=config.texture_channels,
        texture_mean=None if mean is None else mean.numpy(),
    )


def _shares(deviations: Tensor | None, held: object) -> tuple[float, ...]:
    """Share of all variance along each axis.

    Args:
        deviations: along each axis.
        held: share of the variance that all axes hold together; all of it, if it is no number.
    """
    if deviations is None:
        return ()
    variance = deviations.double().square()
    total = held if isinstance(held, float) else 1.0
    return tuple((variance / variance.sum().clamp_min(1e-30) * total).tolist())


def _config(spec: ModelSpec, task: str) -> SwappingAutoencoderConfig:
    if not isinstance(spec.config, SwappingAutoencoderConfig):
        raise RequestError(
            f"The model {spec.id!r} ({spec.family}) cannot {task}: choose a swapping autoencoder."
        )
    return spec.config


def _tiles_that_fit(
    config: SwappingAutoencoderConfig, size_px: Size, context: StageContext, work: Work
) -> int | None:
    """Side of the tiles in which a picture of (height, width) is to be encoded; None: at once."""
    room = work.room(context.device)
    for tile_px in (None, *TILES_PX):
        if encode_bytes(config, size_px, context.dtype, tile_px) <= room:
            return tile_px
    return TILES_PX[-1]
