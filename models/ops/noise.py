"""Noise that belongs to the canvas: the value at a pixel depends on seed, layer and position only.

So a window of a picture, a tile or a re-render after an edit gets the noise that the whole picture
would have there, on every device. Counter-based: a hash of the position gives two uniform numbers,
Box and Muller (Ann. Math. Stat. 29, 1958) make them one normal deviate.
"""

import math

import torch
from torch import Tensor

_MASK = 0xFFFFFFFF


def _mix(x: Tensor) -> Tensor:
    """A 32-bit finaliser in 64-bit integers: every input bit reaches every output bit."""
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & _MASK
    return x ^ (x >> 16)


def canvas_noise(
    seed: int,
    layer: int,
    size_hw: tuple[int, int],
    *,
    origin_yx: tuple[int, int] = (0, 0),
    device: torch.device | None = None,
) -> Tensor:
    """Normal deviates 1 x 1 x H x W (float32) for the window that starts at `origin_yx`.

    Args:
        seed: any whole number from 0; its lower and upper 32 bits count.
        layer: index of the layer, so that layers do not repeat each other.
        size_hw: height and width in the layer's own pixels.
    """
    height, width = size_hw
    top, left = origin_yx
    key = torch.tensor([seed & _MASK, (seed >> 32) & _MASK, layer & _MASK], device=device)
    state = _mix(_mix(_mix(key[:1]) ^ key[1:2]) ^ key[2:3])
    rows = _mix(torch.arange(top, top + height, device=device) & _MASK ^ state)
    columns = torch.arange(left, left + width, device=device) & _MASK
    hashed = _mix(rows[:, None] ^ _mix(columns + 0x9E3779B9 & _MASK)[None, :])
    second = _mix(hashed ^ 0x5BD1E995)
    # 2^-33 keeps the logarithm finite where the hash is zero.
    uniform = hashed.to(torch.float64) * 2.0**-32 + 2.0**-33
    angle = second.to(torch.float64) * (2.0 * math.pi * 2.0**-32)
    deviates = torch.sqrt(-2.0 * torch.log(uniform)) * torch.cos(angle)
    return deviates.to(torch.float32)[None, None]
