"""The texture of a spot of a picture (thesis, section 4.4.6: the texture code as a map).

The texture code is the mean of a map over the whole picture. The mean over those of the map's
positions that a mask covers is the texture there.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.errors import RequestError
from models.networks.swapping_autoencoder import SwappingAutoencoder, unit_length


@torch.inference_mode()
def texture_at(network: SwappingAutoencoder, found: Tensor, weight_hw: Tensor) -> Tensor:
    """The texture code of the spot that a mask covers: 1 x T, of unit length.

    A position counts by the share of its own pixels that the mask covers. A spot that lies between
    all of them is of the nearest one's texture.

    Args:
        found: the map that the picture's texture code is the mean of, 1 x C x n x m float32.
        weight_hw: H x W from 0, of the picture's size; its scale does not matter.

    Raises:
        RequestError: the mask is empty.
        ValueError: the mask is not of the picture's size.
    """
    weight = weight_hw.to(found)[None, None]
    if not weight.any():
        raise RequestError("No texture can be taken from an empty spot: mark some of the picture.")
    # The unpadded convolutions of stride 2 see windows, from this many cells to this many on.
    step = 2 ** len(network.E.DownToGlobalCode)
    window_px, step_px = (2 * step - 1) * network.cell_px, step * network.cell_px
    shares = F.avg_pool2d(weight / weight.max(), window_px, step_px)
    if shares.shape[2:] != found.shape[2:]:
        raise ValueError(f"a mask of {tuple(weight_hw.shape)} px for a map of {found.shape[2:]}")
    if not shares.any():
        shares = _nearest(weight[0, 0], shares, window_px, step_px)
    mean = (found * shares).sum((2, 3)) / shares.sum()
    return unit_length(network.E.ToGlobalCode(mean).float())


def _nearest(weight_hw: Tensor, shares: Tensor, window_px: int, step_px: int) -> Tensor:
    """All weight on the position whose middle is nearest to that of the spot."""
    chosen = torch.zeros_like(shares)
    place = []
    for dimension, count in ((0, shares.shape[2]), (1, shares.shape[3])):
        along = weight_hw.double().sum(1 - dimension)
        at = torch.arange(len(along), dtype=torch.float64, device=along.device)
        middle = float((along * at).sum() / along.sum())
        place.append(min(count - 1, max(0, round((middle - (window_px - 1) / 2) / step_px))))
    chosen[0, 0, place[0], place[1]] = 1.0
    return chosen
