"""Tiles against the whole."""

import pytest
import torch

from models.api import CancelToken
from models.configs import SwappingAutoencoderConfig
from models.editing.label_patterns import Box
from models.editing.tiles import encode_tiled, texture_outputs
from models.errors import Cancelled, RequestError
from tests.models.editing import decoding
from tests.models.editing.decoding import SHALLOW, A, C, ImpatientToken, random_network

EXACT = 1e-5


def picture(height, width, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, generator=generator) * 2 - 1


def encode(network, image, tile_px, told=None, token=None):
    told = [] if told is None else told
    token = token or CancelToken()
    return encode_tiled(network, image, tile_px=tile_px, token=token, progress=told.append)


@pytest.mark.parametrize(
    ("config", "cells_hw", "tiles_px"),
    [
        (SHALLOW, (3, 3), (4, 8, 20)),
        (SHALLOW, (19, 26), (8, 24, 33)),
        (A, (7, 7), (64,)),
        (A, (11, 15), (64, 150)),
        (C, (8, 9), (300,)),
        pytest.param(
            SwappingAutoencoderConfig(), (21, 25), (128,), marks=pytest.mark.slow, id="full"
        ),
    ],
)
def test_encoding_by_tiles(config, cells_hw, tiles_px):
    network = random_network(config)
    image = picture(*(side * network.cell_px for side in cells_hw))
    with torch.inference_mode():
        structure, texture = network.encode(image)
    for tile_px in tiles_px:
        codes = encode(network, image, tile_px)
        assert (codes[0] - structure).abs().max() <= EXACT
        assert (codes[1] - texture).abs().max() <= EXACT


@pytest.mark.parametrize("tile_px", [None, 4, 24, 30])
def test_a_part_of_what_the_texture_is_the_mean_of(tile_px):
    """Outputs are 2 cells apart and of 3 cells each."""
    network = random_network(SHALLOW)
    image = picture(76, 104)
    whole = decoding.texture_outputs(network, image)
    for cells in (Box(0, 0, 19, 26), Box(4, 6, 9, 9), Box(12, 20, 19, 26), Box(2, 0, 6, 13)):
        found = texture_outputs(network, image, cells, tile_px=tile_px, token=CancelToken())
        top, left = cells.top // 2, cells.left // 2
        part = whole[..., top : (cells.bottom - 1) // 2, left : (cells.right - 1) // 2]
        assert found.shape == part.shape
        assert (found - part).abs().max() <= EXACT


def test_the_share_that_is_done_is_told():
    told = []
    encode(random_network(SHALLOW), picture(92, 64), 16, told)
    assert len(told) == 6 * 4
    assert told == sorted(set(told))
    assert told[-1] == 1.0


@pytest.mark.parametrize("patience", [0, 5, 20])
def test_called_off_between_tiles(patience):
    told = []
    with pytest.raises(Cancelled):
        encode(random_network(SHALLOW), picture(64, 64), 8, told, ImpatientToken(patience))
    assert max(told, default=0.0) < 0.2


@pytest.mark.parametrize("side", [8, 14])
def test_sides_that_cannot_be_encoded(side):
    with pytest.raises(RequestError, match="multiples of 4 px and at least 12 px"):
        encode(random_network(SHALLOW), picture(side, 16), 8)
