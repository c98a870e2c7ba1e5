"""Encoding a picture tile by tile, equal to doing it at once.

The encoder is local, but for the mean that the texture code is. Each tile is computed from a window
that is larger by what the convolutions reach; what the window's own border spoils is cut off. The
mean counts each output of the texture branch once: the outputs of a tile are those whose first cell
lies in it.

Decoding is done in windows anyway (`models.editing.decoder_canvas`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import torch
from torch import Tensor

from models.api import CancelToken
from models.editing.label_patterns import Box
from models.editing.windows import whole_of
from models.networks.swapping_autoencoder import DownBlock, SwappingAutoencoder, unit_length

Tile = tuple[Box, Box, Tensor]
"""Cells of a tile, the cells that its outputs are made of, and the latter's activations."""


def texture_step(network: SwappingAutoencoder) -> int:
    """Cells from one output of the texture branch to the next."""
    return 2 ** len(network.E.DownToGlobalCode)


def texture_support(network: SwappingAutoencoder) -> int:
    """Cells in each direction that one output of the texture branch is made of."""
    return 2 * texture_step(network) - 1


@torch.inference_mode()
def encode_tiled(
    network: SwappingAutoencoder,
    image: Tensor,
    *,
    tile_px: int,
    token: CancelToken,
    progress: Callable[[float], object],
) -> tuple[Tensor, Tensor]:
    """The codes that `network.encode` gives, to rounding, with the activations of one tile.

    Args:
        network: in evaluation mode.
        image: 1 x 3 x H x W in [-1, 1] on any device; sides as for `encode`.
        tile_px: side of a tile; it is made a multiple of what the texture branch steps by.
        token: asked between layers.
        progress: told the share that is done.

    Returns:
        structure 1 x S x H/cell x W/cell and texture 1 x T, float32, on the network's device.

    Raises:
        Cancelled: the token was set.
        RequestError: sides that the network cannot take.
    """
    network.check_size((image.shape[2], image.shape[3]))
    cells_hw = [side // network.cell_px for side in image.shape[2:]]
    structure: Tensor | None = None
    total, count, done = torch.zeros((), dtype=torch.float64), 0, 0
    for tile, read, middle in _tiles(network, image, whole_of(cells_hw), tile_px, token):
        rows, columns = tile.within(read).slices
        found = unit_length(network.E.ToSpatialCode(middle[..., rows, columns]).float())
        if structure is None:
            structure = found.new_empty(1, found.shape[1], *cells_hw)
        structure[(..., *tile.slices)] = found
        token.raise_if_cancelled()
        outputs = _outputs(network, middle)
        if outputs is not None:
            total = total.to(outputs.device) + outputs.double().sum((2, 3))
            count += outputs[0, 0].numel()
        done += tile.area
        progress(done / (cells_hw[0] * cells_hw[1]))
    assert structure is not None
    texture = network.E.ToGlobalCode((total / count).float()).float()
    return structure, unit_length(texture)


@torch.inference_mode()
def texture_outputs(
    network: SwappingAutoencoder,
    image: Tensor,
    cells: Box,
    *,
    tile_px: int | None,
    token: CancelToken,
) -> Tensor:
    """What the texture code is the mean of, as far as it is made of `cells`: 1 x C x n x m float32.

    Args:
        network: in evaluation mode.
        image: 1 x 3 x H x W in [-1, 1] on any device; sides as for `network.encode`.
        cells: their first row and column are multiples of `texture_step`, and they are at least
            `texture_support` wide and high.
        tile_px: side of the tiles in which it is done; None: at once.
        token: asked between layers.

    Raises:
        Cancelled: the token was set.
    """
    step, support = texture_step(network), texture_support(network)
    found: Tensor | None = None
    for tile, _, middle in _tiles(network, image, cells, tile_px, token):
        outputs = _outputs(network, middle)
        if outputs is None:
            continue
        if found is None:
            size_hw = ((side - support) // step + 1 for side in (cells.height, cells.width))
            found = outputs.new_empty(1, outputs.shape[1], *size_hw)
        top, left = (tile.top - cells.top) // step, (tile.left - cells.left) // step
        height, width = outputs.shape[2:]
        found[..., top : top + height, left : left + width] = outputs
    assert found is not None
    return found


def _tiles(
    network: SwappingAutoencoder,
    image: Tensor,
    cells: Box,
    tile_px: int | None,
    token: CancelToken,
) -> Iterator[Tile]:
    """The tiles of a rectangle of cells, row by row."""
    step = texture_step(network)
    if tile_px is None:
        side = max(cells.height, cells.width)
    else:
        side = max(1, tile_px // (step * network.cell_px)) * step
    for top in range(cells.top, cells.bottom, side):
        for left in range(cells.left, cells.right, side):
            bottom, right = min(cells.bottom, top + side), min(cells.right, left + side)
            ends = min(cells.bottom, bottom + step - 1), min(cells.right, right + step - 1)
            read = Box(top, left, *ends)
            yield Box(top, left, bottom, right), read, _features(network, image, read, token)


def _outputs(network: SwappingAutoencoder, middle: Tensor) -> Tensor | None:
    """Those of the texture branch; None for a remainder that is too small for any."""
    if min(middle.shape[2:]) < texture_support(network):
        return None
    return network.E.DownToGlobalCode(middle).float()


def _features(
    network: SwappingAutoencoder, image: Tensor, cells: Box, token: CancelToken
) -> Tensor:
    """`cells` of the activations that both codes are read from: 1 x C x their size."""
    boxes = _encoder_boxes(network, cells, image.shape[2:])
    parameter = network.E.FromRGB.Conv.weight
    x = image[(..., *boxes[0].slices)].to(parameter.device, network.compute_dtype)
    x = network.E.FromRGB(x.contiguous(memory_format=torch.channels_last))
    for block, read, part in zip(_blocks(network), boxes[:-1], boxes[1:], strict=True):
        token.raise_if_cancelled()
        half = Box(*(side // 2 for side in read))
        x = block(x)[(..., *part.within(half).slices)]
    return x


def _blocks(network: SwappingAutoencoder) -> list[DownBlock]:
    return [cast(DownBlock, block) for block in network.E.DownToSpatialCode]


def _encoder_boxes(network: SwappingAutoencoder, cells: Box, size_px: Sequence[int]) -> list[Box]:
    """What each block reads of its input, from the picture on, and at last `cells`."""
    boxes = [cells]
    for number in reversed(range(len(_blocks(network)))):
        whole = whole_of([side >> number for side in size_px])
        box = boxes[-1].doubled()
        # An output reads 3 above its two rows and 2 below. Windows begin and end at even rows, so
        # that the strided convolutions see the same pixels as in the whole picture.
        boxes.append(
            Box(
                max(0, box.top - 4),
                max(0, box.left - 4),
                min(whole.bottom, box.bottom + 2),
                min(whole.right, box.right + 2),
            )
        )
    return boxes[::-1]
