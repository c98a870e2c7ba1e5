"""Encoding and decoding with one network: nothing twice, and no more of it than is asked for.

Pictures are padded (reflected, or their border repeated) to the network's grid and to its smallest
side, and what is decoded is cropped back, so every size works: 1 x 1 gives 1 x 1.

What the decoder computed for a picture is kept between renders, for one picture of each size: the
next one mostly differs by a stroke (`models.editing.decoder_canvas`). Where memory is short, both
encoding (`models.editing.tiles`) and decoding are done in tiles, and nothing of that is kept.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import Tensor

from models.configs import SwappingAutoencoderConfig
from models.editing.codes import Codes
from models.editing.decoder_canvas import DecoderCanvas
from models.editing.label_patterns import Box
from models.editing.texture_spot import texture_at
from models.editing.tiles import encode_tiled, texture_outputs, texture_step, texture_support
from models.edits import Edit
from models.engine.code_memory import smallest_side_px
from models.engine.kept_canvas import with_canvas
from models.engine.memory import tensor_bytes
from models.engine.stage import StageContext, check_numbers
from models.engine.weights import Size, Window
from models.image_io import pad_to_multiple
from models.networks.swapping_autoencoder import SwappingAutoencoder

Made = TypeVar("Made")

KEPT_IMAGES = 8
"""Float32 pictures of the decoded size for which the cache keeps room beside the canvas."""


@dataclass(frozen=True)
class Coder:
    """Encodes and decodes with the model of an edit.

    Attributes:
        edit: whose model it is.
        config: of the model.
        context: of the part of a render that this is.
        words: what that is, for people.
    """

    edit: Edit
    config: SwappingAutoencoderConfig
    context: StageContext
    words: str

    @property
    def cell_px(self) -> int:
        return 2**self.config.structure_downsamplings

    @property
    def min_side_px(self) -> int:
        return smallest_side_px(self.config)

    @property
    def weights(self) -> str:
        """sha256 of the model's weights."""
        return self.context.spec(self.edit).weights.sha256

    def codes(self, key: Hashable, image: Callable[[], Tensor]) -> Codes:
        """The codes of an image 1 x 3 x H x W; `key` is all that it depends on."""
        return self._cached(("codes", key), lambda: self._encode(image()))

    def texture(
        self, key: Hashable, image: Callable[[], Tensor], weight_hw: Tensor | None = None
    ) -> Tensor:
        """The texture code of an image, 1 x T, or of a part of it.

        Args:
            key: all that image and weight depend on.
            weight_hw: how much each pixel counts, H x W, not all 0; None: all the same.
        """

        def make() -> Tensor:
            if weight_hw is None:
                return self._encode(image()).texture
            return self._texture_of_part(self._padded(image()), weight_hw)

        return self._cached(("texture", key), make)

    def decoded(
        self,
        key: Hashable,
        codes: Callable[[], Codes],
        seed: int | None,
        size_px: Size,
        part: Window,
    ) -> Tensor:
        """`part` of the picture of (height, width) that codes give: 1 x 3 x its size, float32.

        Args:
            key: all that the codes depend on.

        Raises:
            ModelsError: the network gave values that are not numbers.
        """

        def make() -> Tensor:
            picture = self._decode(codes(), seed, part)
            check_numbers(picture, self.edit.model)
            return picture

        return self._cached(("decoded", key, seed, size_px, part), make)

    @property
    def _network(self) -> SwappingAutoencoder:
        return cast(SwappingAutoencoder, self.context.network(self.edit))

    def _cached(self, key: tuple[Hashable, ...], make: Callable[[], Made]) -> Made:
        return self.context.cached(self.context.key(*key, self.weights), make)

    def _padded(self, image: Tensor) -> Tensor:
        return pad_to_multiple(image, self.cell_px, self.min_side_px)

    def _encode(self, image: Tensor) -> Codes:
        padded, context = self._padded(image), self.context
        context.step(self.words, 0.0)
        if context.tile_px is None:
            return Codes(*self._network.encode(padded))
        return Codes(
            *encode_tiled(
                self._network,
                padded,
                tile_px=context.tile_px,
                token=context.token,
                progress=self._tell,
            )
        )

    def _texture_of_part(self, padded: Tensor, weight_hw: Tensor) -> Tensor:
        """Of those cells alone that the part's texture depends on: exact, and quick."""
        cell_px, context = self.cell_px, self.context
        context.step(self.words, 0.0)
        network = self._network
        weight = torch.zeros(padded.shape[2:])
        weight[: weight_hw.shape[0], : weight_hw.shape[1]] = weight_hw
        (top, bottom), (left, right) = (
            cells_read(weight.amax(1 - dimension), cell_px, network) for dimension in (0, 1)
        )
        cells = Box(top, left, bottom, right)
        outputs = texture_outputs(
            network, padded, cells, tile_px=context.tile_px, token=context.token
        )
        part = weight[Box(*(side * cell_px for side in cells)).slices]
        return texture_at(network, outputs, part.to(padded.device))

    def _decode(self, codes: Codes, seed: int | None, part: Window) -> Tensor:
        """With the canvas of this size, which is kept for the next picture unless it is empty."""
        context = self.context
        context.step(self.words, 0.0)
        network = self._network
        box = Box(part.top, part.left, part.bottom, part.right)
        return with_canvas(
            context.cache,
            context.key("decoder", codes.cells_hw, self.weights, context.tile_px),
            network,
            lambda: DecoderCanvas(
                network,
                codes.cells_hw,
                budget_bytes=self._canvas_bytes(codes),
                window_px=None if context.tile_px is None else context.tile_px**2,
            ),
            lambda canvas: canvas.decode(
                codes.structure, codes.texture, seed, context.token, box, self._tell
            ),
        )

    def _tell(self, share: float) -> None:
        self.context.progress(self.words, share)

    def _canvas_bytes(self, codes: Codes) -> int:
        """What a canvas may keep: what the cache leaves beside the network and some pictures."""
        if self.context.tile_px is not None:
            return 0
        images = KEPT_IMAGES * 3 * 4 * math.prod(codes.cells_hw) * self.cell_px**2
        others = tensor_bytes(self._network) + images
        return max(0, self.context.cache.budget_bytes - others)


def cells_read(weight: Tensor, cell_px: int, network: SwappingAutoencoder) -> tuple[int, int]:
    """(first, behind the last) of the cells that a part's texture is made of, along one side.

    Args:
        weight: of each pixel along the side, some of them not 0.
    """
    step, support = texture_step(network), texture_support(network)
    count = len(weight) // cell_px
    marked = weight.nonzero()
    first, last = int(marked[0]) // cell_px, int(marked[-1]) // cell_px
    # The texture branch's outputs begin at multiples of the step; none begins beyond the last.
    latest = (count - support) // step
    start = min(max(0, -(-(first - support + 1) // step)), latest) * step
    stop = min(last // step, latest) * step + support
    return start, max(stop, last + 1)
