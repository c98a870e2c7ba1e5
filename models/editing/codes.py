"""Arithmetic with the codes of a Swapping Autoencoder (thesis, sections 4.4.5 to 4.4.7).

Codes live on the cells of the structure code: one position of it, and the square of pixels that it
stands for. The network normalises whatever it is given, so codes are mixed and moved linearly here
and never normalised.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Codes:
    """What a picture is for the network.

    Attributes:
        structure: 1 x S x h x w.
        texture: 1 x T, or 1 x T x h x w for a texture that varies in space.
    """

    structure: Tensor
    texture: Tensor

    @property
    def nbytes(self) -> int:
        return self.structure.nbytes + self.texture.nbytes

    @property
    def cells_hw(self) -> tuple[int, int]:
        """Rows and columns of the structure code."""
        return self.structure.shape[2], self.structure.shape[3]


def blended(before: Codes, after: Codes, weight: Tensor | float) -> Codes:
    """`after` over `before`, by a number or by 1 x 1 x h x w; where that is 0, `before` exactly.

    A code that is the same object in both stays it: an edit of the structure makes no map of the
    texture.
    """
    structure, texture = before.structure, before.texture
    if after.structure is not structure:
        structure = mixed(structure, after.structure, weight)
    if after.texture is not texture:
        texture = mixed_textures(texture, after.texture, weight)
    return Codes(structure, texture)


def mixed(before: Tensor, after: Tensor, weight: Tensor | float) -> Tensor:
    """before + weight * (after - before), for maps of one size."""
    if not isinstance(weight, Tensor):
        return torch.lerp(before, after, weight)
    return torch.lerp(before, after, weight.expand_as(before))


def mixed_textures(before: Tensor, after: Tensor, weight: Tensor | float) -> Tensor:
    """The same for textures, each 1 x T or a map; with a weight that is a map, a map.

    Args:
        weight: a number, or 1 x 1 x h x w.
    """
    if not isinstance(weight, Tensor) and before.dim() == after.dim():
        return mixed(before, after, weight)
    other = before if before.dim() == 4 else after
    cells_hw = weight.shape[2:] if isinstance(weight, Tensor) else other.shape[2:]
    return mixed(texture_map(before, cells_hw), texture_map(after, cells_hw), weight)


def texture_map(texture: Tensor, cells_hw: tuple[int, ...]) -> Tensor:
    """1 x T -> 1 x T x h x w, the same everywhere; a map stays as it is."""
    if texture.dim() == 4:
        return texture
    return texture[:, :, None, None].expand(-1, -1, *cells_hw)


def moved(code: Tensor, step: Tensor) -> Tensor:
    """A code plus `step` (as many numbers as it has channels), at every place that it has."""
    return code + step.to(code.device).reshape(1, -1, *(1,) * (code.dim() - 2))


def from_elsewhere(map_bchw: Tensor, size_hw: tuple[int, int], shift_yx: tuple[int, int]) -> Tensor:
    """B x C x h x w whose place (j, i) is place (j, i) + `shift_yx` of a code or a picture.

    Beyond its borders its outermost places are repeated.
    """
    rows, columns = (
        (torch.arange(count, device=map_bchw.device) + shift).clamp(0, side - 1)
        for count, shift, side in zip(size_hw, shift_yx, map_bchw.shape[2:], strict=True)
    )
    return map_bchw[:, :, rows[:, None], columns]


def mean_in_cells(mask: Tensor, cell_px: int) -> Tensor:
    """1 x 1 x H x W, sides whole cells -> 1 x 1 x h x w, the mean of each cell."""
    return F.avg_pool2d(mask, cell_px)


def level_in_cells(mask: Tensor, cell_px: int) -> Tensor:
    """Like `mean_in_cells`, of those pixels of a cell alone that are not 0; 0 if there are none.

    How far a cell's code has to go for what was brushed in it: a stroke that is thinner than a cell
    changes the whole of its code, and is confined to the stroke's pixels afterwards.
    """
    share = F.avg_pool2d((mask > 0.0).to(mask.dtype), cell_px)
    return mean_in_cells(mask, cell_px) / share.clamp_min(1e-12)
