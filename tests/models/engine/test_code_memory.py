"""What encoding and decoding are said to take, and what they do."""

import pytest
import torch

from models.api import CancelToken
from models.configs import SwappingAutoencoderConfig
from models.editing.tiles import encode_tiled
from models.engine.code_memory import IMAGE_COPIES, decode_bytes, encode_bytes
from tests.models.counting import most_living
from tests.models.editing.decoding import A, Case, random_network
from tests.models.engine.fakes import TINY

PX = (192, 224)
TILE_PX = 96
PICTURE = 192 * 224 * 3 * 4
IMAGES = PICTURE * IMAGE_COPIES


def test_memory_for_tiles_is_less_and_no_more_than_at_once():
    def encoding(side, tile_px=None):
        return encode_bytes(TINY, (side, side), torch.float32, tile_px)

    assert encoding(4096, 256) < encoding(4096, 1024) < encoding(4096)
    assert encoding(100, 1024) == encoding(100)
    images = 3 * 6 * 4
    assert encoding(4096, 256) - encoding(2048, 256) == 3 * 2048**2 * images


def test_memory_for_decoding_is_that_of_a_window():
    large, larger = (
        decode_bytes(TINY, (side, side), torch.float32, None, as_map=False)
        for side in (6000, 12000)
    )
    assert larger - large == 3 * 6000**2 * 3 * 6 * 4


@pytest.mark.parametrize(
    ("tile_px", "as_map", "measured"),
    [(None, False, 480), (None, True, 565), (256, False, 132), (256, True, 188)],
)
def test_windows_of_the_full_network_are_what_was_measured(tile_px, as_map, measured):
    """Peak resident memory, in MiB, of decoding 768 x 768 px."""
    told = decode_bytes(
        SwappingAutoencoderConfig(), (768, 768), torch.float32, tile_px, as_map=as_map
    )
    assert measured * 2**20 <= told <= 2.5 * measured * 2**20


def test_encoding_in_tiles_takes_what_was_said():
    """More is said than tensors take, since convolutions have memory of their own; not much."""
    network, image = random_network(A), torch.rand(1, 3, *PX)
    taken = most_living(
        lambda: encode_tiled(
            network, image, tile_px=TILE_PX, token=CancelToken(), progress=lambda share: None
        )
    )
    told = encode_bytes(A, PX, torch.float32, TILE_PX) - IMAGES
    assert 0.4 * told <= taken <= told


@pytest.mark.parametrize("as_map", [False, True], ids=["code", "map"])
def test_decoding_in_tiles_takes_what_was_said(as_map):
    case = Case(random_network(A), (12, 14), budget=0, window_px=TILE_PX**2)
    if as_map:
        case.use_map()
    taken = most_living(case.decode)
    told = decode_bytes(A, PX, torch.float32, TILE_PX, as_map=as_map) - IMAGES
    assert 0.4 * told <= taken - PICTURE <= told
