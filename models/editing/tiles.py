"""Encoding and decoding a picture tile by tile, equal to doing it at once.

Both networks are local, but for the mean that the texture code is. Each tile is computed from a
window that is larger by what the convolutions reach; what the window's own border spoils is cut
off. The texture code's mean counts each output of the last convolution once: the outputs of a tile
are those whose first cell lies in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from models.api import CancelToken, Progress
from models.configs import SwappingAutoencoderConfig
from models.editing.decoder_layers import COPIES as DECODER_COPIES
from models.editing.decoder_layers import Codes, layers_of, needs, values
from models.editing.label_patterns import Box
from models.editing.windows import whole_of
from models.networks.swapping_autoencoder import DownBlock, SwappingAutoencoder, unit_length

ENCODER_COPIES = 6
"""Windows of the first block's input that it holds at once: padded copies come on top."""
FAR = 4096
"""Cells of a picture in which no reach comes to the border."""

WriteTile = Callable[[int, int, Tensor], object]
"""Called with top and left in px, and 1 x 3 x h x w float32 on the CPU."""


@dataclass(frozen=True)
class ImageSource:
    """A picture that is read window by window.

    Attributes:
        size_px: height and width.
        read: of (top, left, height, width) in px, within the picture, 1 x 3 x height x width in
            [-1, 1], on any device.
    """

    size_px: tuple[int, int]
    read: Callable[[int, int, int, int], Tensor]

    @classmethod
    def of(cls, image: "Tensor | ImageSource") -> "ImageSource":
        """The image itself, or the windows of 1 x 3 x H x W."""
        if isinstance(image, ImageSource):
            return image

        def read(top: int, left: int, height: int, width: int) -> Tensor:
            return image[..., top : top + height, left : left + width]

        return cls((image.shape[2], image.shape[3]), read)


@dataclass(frozen=True)
class Reach:
    """How far the networks see, at most.

    Attributes:
        decoder_cells: cells around a cell of the structure code (and of a texture map of its
            size) that the cell's pixels depend on.
        structure_px: pixels above (and left of) and below (and right of) a cell's own that its
            structure code depends on.
        texture_px: the same of one output of the texture branch, whose own pixels are those of
            `texture_cells` cells in each direction.
        texture_cells: cells that an output of the texture branch is made of.
    """

    decoder_cells: int
    structure_px: tuple[int, int]
    texture_px: tuple[int, int]
    texture_cells: int


def reach(network: SwappingAutoencoder) -> Reach:
    """What the layers say that they read, far from any border."""
    middle = Box(FAR // 2, FAR // 2, FAR // 2 + 1, FAR // 2 + 1)
    cell_px = network.cell_px
    layers = layers_of(network, (FAR, FAR))
    cells = needs(layers, Box(*(side * cell_px for side in middle)))[0]
    support = texture_support(network)

    def around(cells: Box) -> tuple[int, int]:
        read = _encoder_boxes(network, cells, (FAR * cell_px, FAR * cell_px))[0]
        return cells.top * cell_px - read.top, read.bottom - cells.bottom * cell_px

    return Reach(
        max(middle.top - cells.top, cells.bottom - middle.bottom),
        around(middle),
        around(middle._replace(bottom=middle.top + support, right=middle.left + support)),
        support,
    )


def texture_step(network: SwappingAutoencoder) -> int:
    """Cells from one output of the texture branch to the next."""
    return 2 ** len(network.E.DownToGlobalCode)


def texture_support(network: SwappingAutoencoder) -> int:
    """Cells in each direction that one output of the texture branch is made of."""
    return 2 * texture_step(network) - 1


@torch.inference_mode()
def encode_tiled(
    network: SwappingAutoencoder,
    image: Tensor | ImageSource,
    *,
    tile_px: int,
    token: CancelToken,
    progress: Progress,
) -> tuple[Tensor, Tensor]:
    """The codes that `network.encode` gives, to rounding, with the memory of one tile.

    Args:
        network: in evaluation mode.
        image: 1 x 3 x H x W in [-1, 1] on any device, or what reads it; sides as for `encode`.
        tile_px: side of a tile; it is made a multiple of what the texture branch steps by.
        token: asked between layers' tiles.
        progress: told the share of the tiles that are done.

    Returns:
        structure 1 x S x H/cell x W/cell and texture 1 x T, float32, on the network's device.

    Raises:
        Cancelled: the token was set.
        RequestError: sides that the network cannot take.
    """
    source = ImageSource.of(image)
    network.check_size(source.size_px)
    step = texture_step(network)
    cells_hw = (source.size_px[0] // network.cell_px, source.size_px[1] // network.cell_px)
    structure: Tensor | None = None
    total, count = torch.zeros((), dtype=torch.float64), 0
    tiles = list(_tiles(cells_hw, max(1, tile_px // (step * network.cell_px)) * step))
    for number, tile in enumerate(tiles):
        progress("encoding picture", number / len(tiles))
        read = tile.grown(step - 1, cells_hw)._replace(top=tile.top, left=tile.left)
        middle = features(network, source, read, token)
        rows, columns = tile.within(read).slices
        found = unit_length(network.E.ToSpatialCode(middle[..., rows, columns]).float())
        if structure is None:
            structure = found.new_empty(1, found.shape[1], *cells_hw)
        structure[(..., *tile.slices)] = found
        token.raise_if_cancelled()
        if min(read.height, read.width) >= texture_support(network):
            outputs = network.E.DownToGlobalCode(middle).float()
            total = total.to(outputs.device) + outputs.double().sum((2, 3))
            count += outputs[0, 0].numel()
    progress("encoding picture", 1.0)
    assert structure is not None
    texture = network.E.ToGlobalCode((total / count).float()).float()
    return structure, unit_length(texture)


@torch.inference_mode()
def decode_tiled(
    network: SwappingAutoencoder,
    structure: Tensor,
    texture: Tensor,
    noise: int | None,
    *,
    tile_cells: int,
    token: CancelToken,
    progress: Progress,
    write: WriteTile | None = None,
) -> Tensor | None:
    """The picture that `network.decode` gives, to rounding, with the memory of one tile.

    Args:
        network: in evaluation mode.
        structure: 1 x S x h x w.
        texture: 1 x T, or a map 1 x T x h' x w' of any size.
        noise: a seed, or None for no noise.
        tile_cells: side of a tile in cells of the structure code.
        token: asked between convolutions.
        progress: told the share of the tiles that are done.
        write: is given each tile, row by row of tiles; without it the whole picture is returned.

    Returns:
        1 x 3 x H x W float32 on the CPU, about [-1, 1], not clamped; None with `write`.

    Raises:
        Cancelled: the token was set.
    """
    cells_hw = (structure.shape[2], structure.shape[3])
    layers = layers_of(network, cells_hw)
    picture: Tensor | None = None
    if write is None:
        picture = torch.empty(1, 3, *layers[-1].size_hw)
    codes = Codes(structure, texture, noise)
    tiles = list(_tiles(cells_hw, max(1, tile_cells)))
    for number, tile in enumerate(tiles):
        progress("decoding", number / len(tiles))
        part = Box(*(side * network.cell_px for side in tile))
        found = values(layers, len(layers) - 1, part, codes, token).cpu()
        if picture is not None:
            picture[(..., *part.slices)] = found
        elif write is not None:
            write(part.top, part.left, found.contiguous())
    progress("decoding", 1.0)
    return picture


def tile_memory_bytes(config: SwappingAutoencoderConfig, tile_px: int, value_bytes: int = 4) -> int:
    """The most memory that encoding or decoding one tile takes, without pictures and codes.

    Args:
        config: of the network.
        tile_px: side of a tile, in px; of `decode_tiled`, `tile_cells` times the side of a cell.
        value_bytes: of the type that activations are computed in.
    """
    halvings = config.structure_downsamplings
    step_px = 2 ** (halvings + config.texture_downsamplings)
    encoder_px = max(step_px, tile_px // step_px * step_px) + step_px + 6 * 2**halvings
    encoder = round(config.encoder_steepness**5 * config.encoder_scale) * ENCODER_COPIES
    decoder = int(128 * config.generator_scale) * DECODER_COPIES
    # Below the last block's size, maps are wider than they are smaller; 8 cells is the reach.
    widest = int(512 * config.generator_scale) * DECODER_COPIES
    cells = -(-tile_px // 2**halvings) + 16
    return value_bytes * max(
        encoder_px**2 * encoder, (tile_px + 16) ** 2 * decoder, cells**2 * widest
    )


def features(
    network: SwappingAutoencoder, source: ImageSource, cells: Box, token: CancelToken
) -> Tensor:
    """`cells` of the activations that both codes are read from: 1 x C x their size."""
    boxes = _encoder_boxes(network, cells, source.size_px)
    top, left, bottom, right = boxes[0]
    parameter = network.E.FromRGB.Conv.weight
    x = source.read(top, left, bottom - top, right - left)
    x = x.to(parameter.device, network.compute_dtype)
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


def _tiles(cells_hw: Sequence[int], side: int) -> Iterator[Box]:
    """Boxes of at most `side` cells that cover all, row by row."""
    for top in range(0, cells_hw[0], side):
        for left in range(0, cells_hw[1], side):
            yield Box(top, left, min(cells_hw[0], top + side), min(cells_hw[1], left + side))
