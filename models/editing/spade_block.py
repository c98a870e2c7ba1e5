"""One residual block of SPADE's generator, from tables of scales and offsets."""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.editing.label_patterns import Box
from models.editing.spade_modulation import Modulation, NormRows, Scratch, in_pairs, modulated
from models.networks.spade import SLOPE, SpadeBlock
from models.ops.spectral import SpectralConv2d

REACH = 2
"""Pixels that the block's output reaches in its input: two 3 x 3 convolutions."""
SMALL_PIXELS = 256
"""Up to this size a convolution is mostly reading its weights: one matrix product is faster."""


class Convolution:
    """A 3 x 3 convolution with zeros around the map, its weight normalised and laid out once."""

    def __init__(self, conv: SpectralConv2d | torch.nn.Conv2d, dtype: torch.dtype) -> None:
        self._weight = conv.weight.to(dtype).contiguous(memory_format=torch.channels_last)
        self._bias = None if conv.bias is None else conv.bias.to(dtype)

    @property
    def nbytes(self) -> int:
        return self._weight.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """H x w x C -> h x w x D."""
        height, width, channels = x.shape
        if height * width <= SMALL_PIXELS and not x.is_cuda:
            padded = F.pad(x, (0, 0, 1, 1, 1, 1))
            taps = padded.unfold(0, 3, 1).unfold(1, 3, 1).permute(0, 1, 3, 4, 2)
            matrix = self._weight.permute(0, 2, 3, 1).flatten(1)
            return F.linear(taps.reshape(height, width, 9 * channels), matrix, self._bias)
        y = F.conv2d(x.permute(2, 0, 1)[None], self._weight, self._bias, padding=1)
        return y[0].permute(1, 2, 0).contiguous()


class BlockConvolutions:
    """The convolutions of a block."""

    def __init__(self, block: SpadeBlock, dtype: torch.dtype) -> None:
        self.first = Convolution(block.conv_0, dtype)
        self.second = Convolution(block.conv_1, dtype)
        self.shortcut: Tensor | None = None
        if block.learned_shortcut:
            self.shortcut = block.conv_s.weight.flatten(1).T.to(dtype).contiguous()

    @property
    def nbytes(self) -> int:
        shortcut = 0 if self.shortcut is None else self.shortcut.nbytes
        return self.first.nbytes + self.second.nbytes + shortcut


def block_norms(block: SpadeBlock, *, edge_channel: bool, dtype: torch.dtype) -> list[NormRows]:
    """The normalisations of a block: before its convolutions, then that of its shortcut."""
    norms = [block.norm_0, block.norm_1]
    if block.learned_shortcut:
        norms.append(block.norm_s)
    return [NormRows(norm, edge_channel=edge_channel, dtype=dtype) for norm in norms]


def run_block(
    x: Tensor,
    part: Box,
    modulation: Modulation,
    convolutions: BlockConvolutions,
    scratch: Scratch,
) -> Tensor:
    """The block's output in `part` of its map.

    Args:
        x: the whole input, of the map's size or, when the block doubles it, of half that.
        part: within the map.

    Returns:
        part's height x its width x D, of new memory.
    """
    size = (modulation.index.shape[0], modulation.index.shape[1])
    doubled = x.shape[0] != size[0]
    read = part.grown(REACH, size)
    if doubled:
        read = read.of_pairs()
    index = modulation.index[read.slices]
    half = Box(*(side // 2 for side in read)) if doubled else read
    x = x[half.slices]

    first, second, *shortcut = modulation.tables
    y = scratch.take("input", (read.height, read.width, x.shape[2]), x)
    for _, _, values in modulated(x, index, first, scratch, y):
        F.leaky_relu_(values, SLOPE)
    y = convolutions.first(y)
    for _, _, values in modulated(y, index, second, scratch, y):
        F.leaky_relu_(values, SLOPE)
    out = convolutions.second(y)
    if convolutions.shortcut is not None:
        for top, bottom, values in modulated(x, index, shortcut[0], scratch):
            out[top:bottom].flatten(0, 1).addmm_(values.flatten(0, 1), convolutions.shortcut)
    elif doubled:
        in_pairs(out).add_(x[:, None, :, None])
    else:
        out.add_(x)
    return out[part.within(read).slices]
