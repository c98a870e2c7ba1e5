"""What encoding and decoding a picture takes, predicted before it is tried."""

import math

import torch

from models.configs import SwappingAutoencoderConfig
from models.editing.decoder_canvas import WINDOW_BYTES
from models.engine.weights import Size
from models.image_io import padded_side_px

IMAGE_COPIES = 6
"""Three-channel float32 images: input, padded, output, and what the renderer makes of them."""
ENCODER_COPIES = 6
"""Activations of full size that the first down-sampling block holds at once, padded ones too."""
DECODER_COPIES = 5
"""Windows of full width that the last up-sampling block holds at once."""
MAP_COPIES = 8
"""The same with a texture that varies in space: a factor for each pixel comes on top."""
HALO_CELLS = 6
"""Cells that a tile's window is larger than the tile when it is encoded."""
HALO_PX = 16
"""Pixels that a window's widest maps are larger than the window when it is decoded."""
TEXTURE_MAPS = 4
"""Such textures that are held at once: before an edit, after it, and mixed."""


def encode_bytes(
    config: SwappingAutoencoderConfig, size_px: Size, dtype: torch.dtype, tile_px: int | None
) -> int:
    """The most memory that encoding a picture of (height, width) takes.

    Args:
        tile_px: side of the tiles in which it is done; None: at once.
    """
    area = _padded_area(config, size_px)
    channels = round(config.encoder_steepness**5 * config.encoder_scale)
    pixel_bytes = channels * dtype.itemsize
    at_once = area
    if tile_px is not None:
        step_px = 2 ** (config.structure_downsamplings + config.texture_downsamplings)
        window_px = max(step_px, tile_px // step_px * step_px) + step_px
        window_px += HALO_CELLS * 2**config.structure_downsamplings
        at_once = min(area, window_px**2)
    return area * 3 * IMAGE_COPIES * 4 + at_once * pixel_bytes * ENCODER_COPIES


def decode_bytes(
    config: SwappingAutoencoderConfig,
    size_px: Size,
    dtype: torch.dtype,
    tile_px: int | None,
    *,
    as_map: bool,
) -> int:
    """The most memory that decoding a picture of (height, width) takes.

    Beyond some size it is decoded a window after the other, with the memory of one.

    Args:
        tile_px: side of a square of as many pixels as such a window has at most; None: of as many
            as are worth their memory.
        as_map: whether its texture varies in space.
    """
    area = _padded_area(config, size_px)
    pixel_bytes = int(128 * config.generator_scale) * dtype.itemsize
    at_once = min(area, WINDOW_BYTES // pixel_bytes)
    if tile_px is not None:
        at_once = min(at_once, (tile_px + HALO_PX) ** 2)
    copies = MAP_COPIES if as_map else DECODER_COPIES
    cells = area // 4**config.structure_downsamplings
    maps = cells * config.texture_channels * 4 * TEXTURE_MAPS if as_map else 0
    return area * 3 * IMAGE_COPIES * 4 + at_once * pixel_bytes * copies + maps


def smallest_side_px(config: SwappingAutoencoderConfig) -> int:
    """The shortest side that the network can encode."""
    return (2 ** (config.texture_downsamplings + 1) - 1) * 2**config.structure_downsamplings


def _padded_area(config: SwappingAutoencoderConfig, size_px: Size) -> int:
    cell_px, smallest_px = 2**config.structure_downsamplings, smallest_side_px(config)
    return math.prod(padded_side_px(side_px, cell_px, smallest_px) for side_px in size_px)
