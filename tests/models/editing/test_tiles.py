"""Tiles against the whole."""

import weakref

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.api import CancelToken
from models.configs import SwappingAutoencoderConfig
from models.editing.tiles import (
    ImageSource,
    decode_tiled,
    encode_tiled,
    reach,
    tile_memory_bytes,
)
from models.errors import Cancelled, RequestError
from tests.models.editing.decoding import SHALLOW, A, C, ImpatientToken, random_network

EXACT = 1e-5


class Told:
    """What progress was told."""

    def __init__(self):
        self.words, self.shares = set(), []

    def __call__(self, words, share):
        self.words.add(words)
        self.shares.append(share)

    def check(self, words, tiles):
        assert self.words == {words}
        np.testing.assert_allclose(self.shares, np.linspace(0.0, 1.0, tiles + 1))


def picture(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=generator) * 2 - 1


def encoded(network, image):
    with torch.inference_mode():
        return network.encode(image)


CASES = [
    (SHALLOW, (3, 3), (4, 8, 20)),
    (SHALLOW, (19, 26), (8, 24, 33)),
    (A, (7, 7), (64,)),
    (A, (15, 22), (64, 150)),
    (C, (8, 11), (300,)),
]


@pytest.mark.parametrize(("config", "cells_hw", "tiles_px"), CASES)
def test_encoding_by_tiles(config, cells_hw, tiles_px):
    network = random_network(config)
    image = picture(*(side * network.cell_px for side in cells_hw))
    structure, texture = encoded(network, image)
    for tile_px in tiles_px:
        codes = encode_tiled(network, image, tile_px=tile_px, token=CancelToken(), progress=Told())
        assert (codes[0] - structure).abs().max() <= EXACT
        assert (codes[1] - texture).abs().max() <= EXACT


@pytest.mark.parametrize("kind", ["code", "map"])
@pytest.mark.parametrize(
    ("config", "cells_hw", "tiles_cells"),
    [(SHALLOW, (9, 11), (1, 4, 40)), (A, (11, 18), (5,)), (C, (8, 11), (4,))],
)
def test_decoding_by_tiles(config, cells_hw, tiles_cells, kind):
    network = random_network(config)
    structure = torch.randn(1, config.structure_channels, *cells_hw)
    texture = torch.randn(1, config.texture_channels)
    if kind == "map":
        texture = torch.randn(1, config.texture_channels, 6, 5)
    for noise in (3, None):
        with torch.inference_mode():
            expected = network.decode(structure, texture, "zero" if noise is None else noise)
        for tile_cells in tiles_cells:
            found = decode_tiled(
                network, structure, texture, noise,
                tile_cells=tile_cells, token=CancelToken(), progress=Told(),
            )  # fmt: skip
            assert found is not None
            assert (found - expected).abs().max() <= EXACT


@pytest.mark.slow
def test_the_full_network_by_tiles():
    network = random_network(SwappingAutoencoderConfig())
    image = picture(336, 400)
    structure, texture = encoded(network, image)
    codes = encode_tiled(network, image, tile_px=128, token=CancelToken(), progress=Told())
    assert (codes[0] - structure).abs().max() <= EXACT
    assert (codes[1] - texture).abs().max() <= EXACT
    with torch.inference_mode():
        expected = network.decode(structure, texture, 1)
    found = decode_tiled(
        network, structure, texture, 1, tile_cells=8, token=CancelToken(), progress=Told()
    )
    assert found is not None
    assert (found - expected).abs().max() <= EXACT


def test_windows_of_whole_numbers_and_tiles_that_are_written():
    """As the engine does it with a picture that is too large: nothing of its size is floating."""
    network = random_network(SHALLOW)
    bytes_hwc = np.random.default_rng(0).integers(0, 256, (92, 64, 3), np.uint8)
    sides = []

    def read(top, left, height, width):
        assert min(top, left) >= 0
        assert top + height <= 92
        assert left + width <= 64
        sides.extend((height, width))
        window = torch.from_numpy(bytes_hwc[top : top + height, left : left + width])
        return window.permute(2, 0, 1)[None].float() / 127.5 - 1.0

    told = Told()
    codes = encode_tiled(
        network, ImageSource((92, 64), read), tile_px=16, token=CancelToken(), progress=told
    )
    told.check("encoding picture", tiles=24)
    assert max(sides) <= 16 + 4 * 8
    for found, expected in zip(codes, encoded(network, read(0, 0, 92, 64)), strict=True):
        assert (found - expected).abs().max() <= EXACT

    told = Told()
    written = torch.full((1, 3, 92, 64), torch.nan)

    def write(top, left, tile):
        assert tile.dtype == torch.float32
        part = written[..., top : top + tile.shape[2], left : left + tile.shape[3]]
        assert part.isnan().all()
        part.copy_(tile)

    nothing = decode_tiled(
        network, *codes, 5, tile_cells=6, token=CancelToken(), progress=told, write=write
    )
    assert nothing is None
    told.check("decoding", tiles=4 * 3)
    with torch.inference_mode():
        assert (written - network.decode(*codes, 5)).abs().max() <= EXACT


def test_called_off_between_tiles():
    network = random_network(SHALLOW)
    image = picture(64, 64)
    codes = encoded(network, image)
    for patience in (0, 5, 20):
        token = ImpatientToken(patience)
        told = Told()
        with pytest.raises(Cancelled):
            encode_tiled(network, image, tile_px=8, token=token, progress=told)
        assert max(told.shares) < 0.2
        told = Told()
        with pytest.raises(Cancelled):
            decode_tiled(
                network, *codes, None, tile_cells=2, token=ImpatientToken(patience), progress=told
            )
        assert max(told.shares) < 0.2


@pytest.mark.parametrize("side", [8, 14])
def test_sides_that_cannot_be_encoded(side):
    with pytest.raises(RequestError, match="multiples of 4 px and at least 12 px"):
        encode_tiled(
            random_network(SHALLOW), picture(side, 16),
            tile_px=8, token=CancelToken(), progress=Told(),
        )  # fmt: skip


def extent(gradient):
    """First and behind the last row and column that are not 0: top, left, bottom, right."""
    marked = gradient.abs().sum((0, 1))
    rows, columns = marked.sum(1).nonzero(), marked.sum(0).nonzero()
    return tuple(int(end) for end in (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1))


@pytest.mark.parametrize("config", [SHALLOW, A], ids=["shallow", "A"])
def test_the_reach_is_what_gradients_say(config):
    """No more than is told, and no less: a promise that is too large costs time."""
    network = random_network(config).double()
    network.compute_dtype = torch.float64
    told = reach(network)
    cell_px = network.cell_px
    middle = 9

    structure = torch.randn(1, config.structure_channels, 19, 19, dtype=torch.float64)
    texture = torch.randn(1, config.texture_channels, dtype=torch.float64)
    structure.requires_grad_()
    cell = slice(middle * cell_px, (middle + 1) * cell_px)
    picture_part = network.G(structure, texture, [None] * 99, torch.float64)[..., cell, cell]
    (gradient,) = torch.autograd.grad(
        picture_part.mul(torch.randn_like(picture_part)).sum(), structure
    )
    # In cells, structure codes and colours reach alike in every direction.
    far = told.decoder_cells
    assert extent(gradient) == (middle - far, middle - far, middle + far + 1, middle + far + 1)

    image = picture(19 * cell_px, 19 * cell_px).double().requires_grad_()
    middle_map = network.E.features(image)
    (gradient,) = torch.autograd.grad(
        middle_map[..., middle, middle].sum(), image, retain_graph=True
    )
    check_reach(extent(gradient), middle * cell_px, (middle + 1) * cell_px, told.structure_px)

    outputs = network.E.DownToGlobalCode(middle_map)
    step = 2**config.texture_downsamplings
    (gradient,) = torch.autograd.grad(outputs[..., 2, 2].sum(), image)
    ends = 2 * step * cell_px, (2 * step + told.texture_cells) * cell_px
    check_reach(extent(gradient), *ends, told.texture_px)


def check_reach(measured, first, last, told):
    """Above and to the left, windows begin at even rows: at most 4 for 3."""
    assert measured[:2] == (measured[0],) * 2
    assert first - measured[0] == 3 * told[0] // 4
    assert measured[2:] == (last + told[1],) * 2


class Living(TorchDispatchMode):
    """Counts the bytes of all tensors that are made inside and still live, and their most."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self._known = {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(found):
            if isinstance(tensor, torch.Tensor):
                self._add(tensor.untyped_storage())
        return found

    def _add(self, storage):
        key = storage._cdata
        if key in self._known:
            return
        size = storage.nbytes()
        self.now += size
        self.most = max(self.most, self.now)
        self._known[key] = weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key, size):
        del self._known[key]
        self.now -= size


@pytest.mark.parametrize("tile_px", [64, 256])
def test_the_memory_of_a_tile(tile_px):
    """More than tensors take, since convolutions have memory of their own; not much more."""
    network = random_network(A)
    structure, texture = torch.randn(1, 8, 20, 18), torch.randn(1, 64)
    image = picture(320, 288)
    told = tile_memory_bytes(A, tile_px)
    taken = []
    for work in (
        lambda: decode_tiled(
            network,
            structure,
            texture,
            None,
            tile_cells=tile_px // 16,
            token=CancelToken(),
            progress=Told(),
            write=lambda *_: None,
        ),
        lambda: encode_tiled(network, image, tile_px=tile_px, token=CancelToken(), progress=Told()),
    ):
        # What is computed from the weights once is no matter of tiles.
        work()
        with Living() as living:
            work()
        taken.append(living.most)
    assert 0.4 * told <= max(taken) <= told
