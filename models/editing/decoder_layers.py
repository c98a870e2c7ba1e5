"""The generator's layers, each able to compute any rectangle of its output.

A layer tells what of its input a rectangle needs (`reads`) and what a changed rectangle of its
input changes (`touches`). A window's own border is no border of the picture: what a convolution
makes of it there is cut off, so that the values are those of the whole map.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from models.api import CancelToken
from models.editing.label_patterns import Box
from models.editing.windows import Stretch
from models.networks.swapping_autoencoder import (
    RESIDUAL_GAIN,
    HeadBlock,
    StructureModulation,
    SwappingAutoencoder,
    ToRGB,
    UpBlock,
    unit_length,
)
from models.ops.equalized import EqualLinear
from models.ops.modconv import ModulatedConv2d, StyledConv
from models.ops.noise import canvas_noise

Size = tuple[int, int]


@dataclass(frozen=True)
class Codes:
    """What a picture is made of.

    Attributes:
        structure: 1 x S x h x w, of any length.
        texture: 1 x T, or a map 1 x T x h' x w'; of any length.
        seed: of the noise, or None for none.
    """

    structure: Tensor
    texture: Tensor
    seed: int | None

    def through(self, layer: EqualLinear, size_hw: Size, part: Box) -> Tensor:
        """A layer's answer to the texture in `part` of a map: 1 x out x 1 x 1, or of its size."""
        if self.texture.dim() == 2:
            return layer(unit_length(self.texture))[:, :, None, None]
        stretch = Stretch(self.texture.shape[2:], size_hw, part)
        texture = unit_length(self.texture[(..., *stretch.source.slices)])
        # As in `models.ops.modconv.spread`: the dearer step where there are fewer pixels.
        if stretch.source.area <= part.area:
            return stretch(layer.pointwise(texture))
        return layer.pointwise(stretch(texture))

    def style(self, conv: ModulatedConv2d, size_hw: Size, part: Box) -> Tensor:
        """Factors on the channels of `part` of an input of this size."""
        return conv.normalised(self.through(conv.modulation, size_hw, part))

    def noise(self, number: int, part: Box) -> Tensor | None:
        """Of the layer of this number, for `part` of its output."""
        if self.seed is None:
            return None
        return canvas_noise(
            self.seed,
            number,
            (part.height, part.width),
            origin_yx=(part.top, part.left),
            device=self.structure.device,
        )


class Layer(Protocol):
    """One step from codes to a picture.

    Attributes:
        size_hw: of the whole output.
        input_hw: of the whole input.
        channels: of the output.
        width: channels of its widest map at the output's size.
        dtype: of the output.
    """

    size_hw: Size
    input_hw: Size
    channels: int
    width: int
    dtype: torch.dtype

    def reads(self, part: Box) -> Box:
        """What of the input `part` of the output is made of, and a little more."""
        ...

    def touches(self, changed: Box) -> Box:
        """What of the output may change with `changed` of the input."""
        ...

    def run(self, x: Tensor, read: Box, part: Box, codes: Codes, token: CancelToken) -> Tensor:
        """`part` of the output.

        Args:
            x: 1 x C x read's size, the values of `read` of the input.
            read: what `reads(part)` says, or more.
        """
        ...


class FirstLayer:
    """Structure code -> first map (`StructureModulation`); its input is the code itself."""

    def __init__(self, modulation: StructureModulation, cells_hw: Size, dtype: torch.dtype) -> None:
        self.size_hw = self.input_hw = cells_hw
        self.channels = self.width = modulation.scale.weight.shape[0]
        self.dtype = dtype
        self._modulation = modulation

    def reads(self, part: Box) -> Box:
        return part

    def touches(self, changed: Box) -> Box:
        return changed

    def run(self, x: Tensor, read: Box, part: Box, codes: Codes, token: CancelToken) -> Tensor:
        token.raise_if_cancelled()
        scale = codes.through(self._modulation.scale, self.size_hw, part)
        bias = codes.through(self._modulation.bias, self.size_hw, part)
        x = unit_length(_part(x, read, part)) * scale + bias
        return x.to(self.dtype).contiguous(memory_format=torch.channels_last)


class HeadLayer:
    """One `HeadBlock`."""

    reach = 2

    def __init__(self, block: HeadBlock, size_hw: Size, number: int, dtype: torch.dtype) -> None:
        self.size_hw = self.input_hw = size_hw
        self.channels = self.width = _channels(block.conv2)
        self.dtype = dtype
        self._block = block
        self._number = number

    def reads(self, part: Box) -> Box:
        return part.grown(self.reach, self.size_hw)

    def touches(self, changed: Box) -> Box:
        return changed.grown(self.reach, self.size_hw)

    def run(self, x: Tensor, read: Box, part: Box, codes: Codes, token: CancelToken) -> Tensor:
        block = self._block
        skip = _part(x, read, part)
        skip = block.skip(skip, RESIDUAL_GAIN) if block.changes else skip * RESIDUAL_GAIN
        token.raise_if_cancelled()
        style = codes.style(block.conv1.conv, self.size_hw, read)
        y = block.conv1.styled(x, style, codes.noise(self._number, read))
        token.raise_if_cancelled()
        return skip.add_(_second(block.conv2, y, read, part, self, self._number + 1, codes))


class UpLayer:
    """One `UpBlock`."""

    def __init__(self, block: UpBlock, input_hw: Size, number: int, dtype: torch.dtype) -> None:
        self.input_hw = input_hw
        self.size_hw = (2 * input_hw[0], 2 * input_hw[1])
        self.channels = _channels(block.conv2)
        # The shortcut is stretched with as many channels as it has come to.
        self.width = self.channels
        self.dtype = dtype
        self._block = block
        self._number = number

    def reads(self, part: Box) -> Box:
        # One more for the second convolution; the first reads one more than half of that.
        pairs = part.grown(1, self.size_hw).of_pairs()
        return Box(*(side // 2 for side in pairs)).grown(1, self.input_hw)

    def touches(self, changed: Box) -> Box:
        # Two pixels by transposed convolution and blur, one by the second convolution.
        return changed.doubled().grown(3, self.size_hw)

    def run(self, x: Tensor, read: Box, part: Box, codes: Codes, token: CancelToken) -> Tensor:
        block, doubled = self._block, read.doubled()
        skip = block.skip(x, RESIDUAL_GAIN) if block.changes else x * RESIDUAL_GAIN
        skip = F.interpolate(skip, scale_factor=2.0, mode="bilinear", align_corners=False)
        skip = _part(skip, doubled, part)
        token.raise_if_cancelled()
        style = codes.style(block.conv1.conv, self.input_hw, read)
        y = block.conv1.styled(x, style, codes.noise(self._number, doubled))
        token.raise_if_cancelled()
        return skip.add_(_second(block.conv2, y, doubled, part, self, self._number + 1, codes))


class PictureLayer:
    """The last block and what makes colours of it: the widest map of all is never kept."""

    channels = 3
    dtype = torch.float32

    def __init__(self, last: "HeadLayer | UpLayer", to_rgb: ToRGB) -> None:
        self.size_hw, self.input_hw = last.size_hw, last.input_hw
        self.width = last.width
        self._last = last
        self._to_rgb = to_rgb

    def reads(self, part: Box) -> Box:
        return self._last.reads(part)

    def touches(self, changed: Box) -> Box:
        return self._last.touches(changed)

    def run(self, x: Tensor, read: Box, part: Box, codes: Codes, token: CancelToken) -> Tensor:
        x = self._last.run(x, read, part, codes, token)
        token.raise_if_cancelled()
        conv = self._to_rgb.conv
        style = codes.style(conv, self.size_hw, part)
        # In bfloat16 the result would have fewer levels than eight bits have.
        return conv.modulated(x.float(), style, bias=self._to_rgb.bias.flatten())


def layers_of(network: SwappingAutoencoder, cells_hw: Size) -> list[Layer]:
    """The generator's layers for a structure code of this size; the last one's output is RGB."""
    generator, dtype = network.G, network.compute_dtype
    layers: list[Layer] = [FirstLayer(generator.SpatialCodeModulation, cells_hw, dtype)]
    blocks: list[HeadLayer | UpLayer] = []
    size_hw = cells_hw
    for number, name in enumerate(generator.blocks):
        block = generator.get_submodule(name)
        if isinstance(block, UpBlock):
            blocks.append(UpLayer(block, size_hw, 2 * number, dtype))
        else:
            assert isinstance(block, HeadBlock)
            blocks.append(HeadLayer(block, size_hw, 2 * number, dtype))
        size_hw = blocks[-1].size_hw
    return [*layers, *blocks[:-1], PictureLayer(blocks[-1], generator.ToRGB)]


Kept = Callable[[int], Tensor | None]


def values(
    layers: Sequence[Layer],
    number: int,
    part: Box,
    codes: Codes,
    token: CancelToken,
    kept: Kept = lambda number: None,
) -> Tensor:
    """`part` of the output of a layer, computed from the nearest layer that is kept.

    Args:
        kept: the whole output of a layer, 1 x C x H x W, as far as `part` needs it right; or None.
    """
    layer = layers[number]
    read = layer.reads(part)
    before = kept(number - 1) if number else codes.structure
    if before is not None:
        x = before[(..., *read.slices)]
    else:
        x = values(layers, number - 1, read, codes, token, kept)
    return layer.run(x, read, part, codes, token)


def needs(layers: Sequence[Layer], part: Box) -> list[Box]:
    """For each layer, what of its output `part` of the picture is made of."""
    found = [part]
    for layer in reversed(layers[1:]):
        found.append(layer.reads(found[-1]))
    return found[::-1]


def _second(
    conv: StyledConv, y: Tensor, has: Box, part: Box, layer: Layer, number: int, codes: Codes
) -> Tensor:
    """The second convolution of a block in `part` of its map, where `y` are the values of `has`."""
    read = part.grown(1, layer.size_hw)
    style = codes.style(conv.conv, layer.size_hw, read)
    z = conv.styled(_part(y, has, read), style, codes.noise(number, read), RESIDUAL_GAIN)
    return _part(z, read, part)


def _part(x: Tensor, has: Box, wanted: Box) -> Tensor:
    """The values of `wanted` in those of `has`."""
    return x if wanted == has else x[(..., *wanted.within(has).slices)]


def _channels(conv: StyledConv) -> int:
    return conv.activate.bias.numel()
