"""Stage of `SwapTexture`: structure from the picture, texture from a reference (thesis, 4.4.3).

Choices made here, once:

- The picture is padded (reflected, or its border repeated) to the network's grid and to its
  smallest side, and the result cropped back, so every size works: 1 x 1 gives 1 x 1.
- The reference is resized to the picture's shorter side, since a texture has a scale in pixels. One
  that is longer than `LONGEST_SHAPE` times its width is shrunk to the area of that shape instead:
  a texture code is a mean over the picture, and a strip of 30,000 x 10 px has little to tell.
- The texture codes are mixed linearly; the network normalises the mixture, so an amount beyond 1
  goes on along the same great circle.
"""

import math
from typing import cast

import torch
from torch import Tensor

from models.api import Picture
from models.configs import SwappingAutoencoderConfig
from models.edits import SwapTexture
from models.engine.stage import StageContext
from models.errors import RequestError
from models.image_io import pad_to_multiple, padded_side_px, resize_rgb, short_side_size
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.ops.cancelling import between_operations

LONGEST_SHAPE = 4
DECODER_COPIES = 5
"""Activations of full size and full width that the last up-sampling block holds at once."""
ENCODER_COPIES = 6
"""The same for the first down-sampling block: padded copies come on top."""
IMAGE_COPIES = 6
"""Three-channel float32 images: input, padded, output, and what the renderer makes of them."""


class SwapTextureStage:
    """See the module; implements `models.engine.stage.Stage`."""

    def working_set_bytes(
        self, edit: SwapTexture, size_px: tuple[int, int], context: StageContext
    ) -> int:
        config = self._config(edit, context)
        reference = self._reference_size(edit, size_px, context)
        value_bytes = torch.empty(0, dtype=context.dtype).element_size()
        decoder = int(128 * config.generator_scale) * DECODER_COPIES * value_bytes
        encoder = round(config.encoder_steepness**5 * config.encoder_scale)
        encoder *= ENCODER_COPIES * value_bytes
        images = 3 * IMAGE_COPIES * 4
        return max(
            self._padded_area(config, size_px) * (images + max(encoder, decoder)),
            self._padded_area(config, reference) * (images + encoder),
        )

    def render(
        self, edit: SwapTexture, img_bchw: Tensor, input_key: str, context: StageContext
    ) -> Tensor:
        self._config(edit, context)
        network = cast(SwappingAutoencoder, context.network(edit))
        weights = context.spec(edit).weights.sha256
        height_px, width_px = img_bchw.shape[2:]

        context.step("encoding picture", 0.0)
        structure, texture = context.cached(
            context.key("codes", input_key, weights), lambda: self._encode(network, img_bchw)
        )

        context.step("encoding reference", 0.2)
        size_px = self._reference_size(edit, (height_px, width_px), context)

        def encode_reference() -> tuple[Tensor]:
            with between_operations(context.token):
                reference = resize_rgb(context.pictures[edit.reference].rgb_hwc, size_px)
            return (self._encode(network, reference.to(context.device))[1],)

        (target,) = context.cached(
            context.key("texture", edit.reference, size_px, weights), encode_reference
        )

        context.step("decoding", 0.4)
        mixed = torch.lerp(texture, target, edit.amount)
        noise = "zero" if edit.seed is None else edit.seed
        return network.decode(structure, mixed, noise)[..., :height_px, :width_px].float()

    def _encode(self, network: SwappingAutoencoder, img_bchw: Tensor) -> tuple[Tensor, Tensor]:
        return network.encode(pad_to_multiple(img_bchw, network.cell_px, network.min_side_px))

    def _config(self, edit: SwapTexture, context: StageContext) -> SwappingAutoencoderConfig:
        spec = context.spec(edit)
        if not isinstance(spec.config, SwappingAutoencoderConfig):
            raise RequestError(
                f"The model {spec.id!r} ({spec.family}) cannot take over a texture: "
                "choose a swapping autoencoder."
            )
        return spec.config

    def _reference_size(
        self, edit: SwapTexture, size_px: tuple[int, int], context: StageContext
    ) -> tuple[int, int]:
        return reference_size(context.pictures[edit.reference], min(size_px))

    def _padded_area(self, config: SwappingAutoencoderConfig, size_px: tuple[int, int]) -> int:
        cell_px = 2**config.structure_downsamplings
        smallest_px = (2 ** (config.texture_downsamplings + 1) - 1) * cell_px
        return math.prod(padded_side_px(side_px, cell_px, smallest_px) for side_px in size_px)


def reference_size(reference: Picture, short_side_px: int) -> tuple[int, int]:
    """(height, width) at which a reference is encoded for a picture of that shorter side."""
    size_px = (reference.height_px, reference.width_px)
    shape = max(size_px) / min(size_px)
    if shape > LONGEST_SHAPE:
        short_side_px = max(1, round(short_side_px * math.sqrt(LONGEST_SHAPE / shape)))
    return short_side_size(size_px, short_side_px)
