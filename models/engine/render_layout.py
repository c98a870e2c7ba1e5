"""Stage of `RenderLayout`: a label map, and a style, to a picture (thesis, section 2.2).

Choices made here, once:

- A layout is rendered at the size that its model was trained for, and the picture is stretched to
  the size that is wanted. At twice that size a network paints flat, washed-out areas (the published
  ones too), and another size would be another picture: preview, thumbnail, working size and export
  would not look alike. Only where memory is short the canvas is smaller, as the picture is.
- The layout is stretched over the canvas by its nearest labels, as the published program resizes
  label maps, before its ids become the network's channels.
- A photo's style is the mean that the image encoder gives for it, not a sample: the same photo
  gives the same picture. It is squeezed into the encoder's square, as in training.
- A seed's style is drawn on the CPU in float32, whatever the device: a seed is the same style
  everywhere.
- Between two styles the way is the arc. Random styles lie near a sphere; on the straight line
  between two of them are shorter codes than the generator has ever seen, which give dull pictures.
  Only the length goes in a straight line, since photos' styles are shorter than random ones.
- What the network computed for a layout is kept between renders, for one layout of each size: the
  next one mostly differs by a stroke or by its style alone.
"""

import math
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.configs import HALVINGS, SpadeConfig
from models.editing.spade_canvas import SpadeCanvas
from models.edits import RenderLayout
from models.engine.kept_canvas import with_canvas
from models.engine.memory import tensor_bytes
from models.engine.stage import StageContext
from models.errors import RequestError
from models.image_io import padded_side_px, resize_rgb, stretch, stretching_px
from models.networks.spade import ENCODER_PX, SpadeNetwork
from models.ops.cancelling import between_operations
from models.values import Layout, resized_ids

UNKNOWN_ID = 255
NO_CHANNEL = -1
IDS = 65536
LONGEST_SHAPE = 8
NAMED = 3
"""Labels named in one sentence, at most."""
KEPT_IMAGES = 4
"""Float32 pictures of the canvas' size for which the cache keeps room beside the canvas."""
COPIES = 2
"""Maps of full size, as wide as the last block and its hidden layer together, held at once."""
BUSY_COPIES = 6
"""The same where labels change at every pixel, so that nothing can be looked up."""
BORDER_REACH = 5
"""Columns of pixels, at a border between labels, whose scales and offsets are computed."""
SHORTEST_ARC = 1e-4


class RenderLayoutStage:
    """See the module; implements `models.engine.stage.Stage`."""

    def working_set_bytes(
        self, edit: RenderLayout, size_px: tuple[int, int], context: StageContext
    ) -> int:
        config = _config(edit, context)
        cell_px = 2 ** HALVINGS[config.upsampling]
        canvas_px = canvas_size(config, size_px, context.reduction)
        area = math.prod(padded_side_px(side_px, cell_px) for side_px in canvas_px)
        busy = 0.0 if context.layout is None else _busy_share(context.layout, canvas_px)
        copies = COPIES + busy * (BUSY_COPIES - COPIES)
        width = 2 * config.base_channels + config.hidden_channels
        stretched = 0 if canvas_px == size_px else 3 * stretching_px(size_px)
        return int(4 * (area * (copies * width + _semantic_channels(config)) + stretched))

    def render(
        self, edit: RenderLayout, img_bchw: Tensor, input_key: str, context: StageContext
    ) -> Tensor:
        config = _config(edit, context)
        height_px, width_px = img_bchw.shape[2:]
        layout = context.layout
        assert layout is not None
        canvas_px = canvas_size(config, (height_px, width_px), context.reduction)
        channels_hw = _channels(layout, canvas_px, edit, context)
        network = cast(SpadeNetwork, context.network(edit))

        context.step("encoding style", 0.0)
        z = _style(edit, network, context) if config.style_length else None

        context.step("rendering layout", 0.2)
        picture = _picture(edit, network, channels_hw, z, context)
        if canvas_px == (height_px, width_px):
            return picture
        context.step("stretching", 0.9)
        return stretch(picture, (height_px, width_px), context.token.raise_if_cancelled)


def canvas_size(
    config: SpadeConfig, size_px: tuple[int, int], reduction: float = 1.0
) -> tuple[int, int]:
    """(height, width) at which a picture of this size is rendered: of its shape.

    The shorter side is the model's own, times `reduction`; of pictures that are longer than
    `LONGEST_SHAPE` times their width, the longer side is that many times as long.
    """
    own_px = min(config.crop_size, config.crop_size / config.aspect_ratio) * reduction
    shape = max(size_px) / min(size_px)
    scale = own_px * min(shape, LONGEST_SHAPE) / max(size_px)
    return max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale))


def between_styles(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Styles 1 x Z: `first` at share 0, `second` at 1, between them along the arc.

    The direction is interpolated spherically (Shoemake, "Animating rotation with quaternion
    curves", 1985), the length linearly. Styles in one line have no arc between them, or have many:
    they are mixed linearly.
    """
    lengths = first.norm(), second.norm()
    # Without a length there is no direction: 0 / 0 is no number, and no angle above the shortest.
    angle = torch.arccos(((first * second).sum() / (lengths[0] * lengths[1])).clamp(-1.0, 1.0))
    if share in (0.0, 1.0) or not SHORTEST_ARC < float(angle) < math.pi - SHORTEST_ARC:
        return torch.lerp(first, second, share)
    weights = torch.sin((1.0 - share) * angle), torch.sin(share * angle)
    direction = weights[0] * first / lengths[0] + weights[1] * second / lengths[1]
    return direction / torch.sin(angle) * torch.lerp(lengths[0], lengths[1], share)


def _busy_share(layout: Layout, size_px: tuple[int, int]) -> float:
    """How much of the canvas lies at borders between labels, about; 0..1."""
    ids_hw = resized_ids(layout.ids.to_array(), size_px)
    borders = (ids_hw[1:] != ids_hw[:-1]).sum() + (ids_hw[:, 1:] != ids_hw[:, :-1]).sum()
    return min(1.0, BORDER_REACH * float(borders) / ids_hw.size)


def _config(edit: RenderLayout, context: StageContext) -> SpadeConfig:
    spec = context.spec(edit)
    if not isinstance(spec.config, SpadeConfig):
        raise RequestError(
            f"The model {spec.id!r} ({spec.family}) cannot render a layout: "
            "choose one that paints from labels."
        )
    return spec.config


def _semantic_channels(config: SpadeConfig) -> int:
    return config.classes + config.unknown_channel + config.edge_channel


def _channels(
    layout: Layout, size_px: tuple[int, int], edit: RenderLayout, context: StageContext
) -> npt.NDArray[np.int64]:
    """The network's channel of every pixel, H x W.

    Raises:
        RequestError: labels that the model does not have; the sentence names them.
    """
    spec, config = context.spec(edit), _config(edit, context)
    ids_hw = resized_ids(layout.ids.to_array(), size_px)
    palette_id = spec.io.palette_id
    if palette_id not in (None, layout.palette_id) and not edit.mapping:
        raise RequestError(
            f"The layout's labels are those of {layout.palette_id!r}, and {spec.title} knows those "
            f"of {palette_id!r}: choose what stands for each of them."
        )
    channels_hw = _table(config, edit)[ids_hw]
    if (lacking := ids_hw[channels_hw == NO_CHANNEL]).size:
        found = [layout.name_of(int(label_id)) for label_id in np.unique(lacking)]
        names = ", ".join(found[:NAMED])
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        raise RequestError(
            f"{spec.title} does not know what to paint for {names}{more} in the layout: "
            "choose another label for it, or another model."
        )
    return channels_hw


def _table(config: SpadeConfig, edit: RenderLayout) -> npt.NDArray[np.int64]:
    """For every id that a layout can have its channel, or `NO_CHANNEL`."""
    known = config.classes + config.unknown_channel
    own = np.full(IDS, NO_CHANNEL)
    own[:known] = np.arange(known)
    if config.unknown_channel:
        own[UNKNOWN_ID] = config.classes
    if not edit.mapping:
        return own
    mapped = np.full(IDS, NO_CHANNEL)
    before, after = np.array(edit.mapping).T
    mapped[before] = own[after]
    return mapped


def _style(edit: RenderLayout, network: SpadeNetwork, context: StageContext) -> Tensor:
    """The style that the edit asks for, 1 x Z float32 on the CPU."""
    first = _one_style(edit, edit.reference, edit.seed, network, context)
    if edit.blend == 0.0 or (edit.other_reference is None and edit.other_seed is None):
        return first
    second = _one_style(edit, edit.other_reference, edit.other_seed or 0, network, context)
    return between_styles(first, second, edit.blend)


def _one_style(
    edit: RenderLayout,
    reference: str | None,
    seed: int,
    network: SpadeNetwork,
    context: StageContext,
) -> Tensor:
    if reference is None:
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(1, network.style_length, generator=generator)

    def encode() -> Tensor:
        with between_operations(context.token):
            photo = resize_rgb(context.pictures[reference].rgb_hwc, (ENCODER_PX, ENCODER_PX))
        return network.encode_style(photo.to(context.device))[0].float().cpu()

    weights = context.spec(edit).weights.sha256
    return context.cached(context.key("style", reference, weights), encode)


def _picture(
    edit: RenderLayout,
    network: SpadeNetwork,
    channels_hw: npt.NDArray[np.int64],
    z: Tensor | None,
    context: StageContext,
) -> Tensor:
    """The network's picture on the canvas of this size, which is kept for the next one."""
    cache = context.cache
    height_px, width_px = channels_hw.shape
    weights = context.spec(edit).weights.sha256
    key = context.key("canvas", weights, (height_px, width_px))
    style = None if z is None else z.to(context.device)

    def make() -> SpadeCanvas:
        others = tensor_bytes(network) + KEPT_IMAGES * 3 * 4 * height_px * width_px
        return SpadeCanvas(
            network,
            (height_px, width_px),
            edge_channel=_config(edit, context).edge_channel,
            device=context.device,
            dtype=context.dtype,
            budget_bytes=max(0, cache.budget_bytes - others),
        )

    def work(canvas: SpadeCanvas) -> Tensor:
        return canvas.render(channels_hw, style, context.token)

    return with_canvas(cache, key, network, make, work)
