"""The texture of a spot."""

import pytest
import torch

from models.editing.texture_spot import texture_at
from models.errors import RequestError
from tests.models.editing.decoding import (
    SHALLOW,
    A,
    random_network,
    texture_of_spot,
    texture_outputs,
)


def picture(height, width):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize(("config", "cells_hw"), [(SHALLOW, (13, 18)), (A, (7, 11)), (A, (16, 9))])
def test_a_mask_of_ones_gives_the_texture_of_the_picture(config, cells_hw):
    network = random_network(config)
    image = picture(*(side * network.cell_px for side in cells_hw))
    with torch.inference_mode():
        expected = network.encode(image)[1]
    for level in (1.0, 255.0, 0.01):
        found = texture_of_spot(network, image, torch.full(image.shape[2:], level))
        assert (found - expected).abs().max() <= 1e-5


def test_a_spot_has_the_texture_of_its_side():
    """Two halves of different pictures: far from the border each has its own picture's texture."""
    network = random_network(A)
    left, right = picture(336, 336), picture(336, 336).mul(0.2).add(0.5)
    image = torch.cat([left, right], 3)
    with torch.inference_mode():
        wanted = [network.encode(half)[1] for half in (left, right)]
    for number, columns in enumerate((slice(32, 200), slice(456, 640))):
        mask = torch.zeros(336, 672)
        mask[60:300, columns] = 1.0
        found = texture_of_spot(network, image, mask)
        distances = [float((found - texture).norm()) for texture in wanted]
        assert distances[number] < 0.2 * distances[1 - number]


def test_the_mean_is_weighted_by_what_the_mask_covers():
    network = random_network(SHALLOW)
    image = picture(28, 36)
    found = texture_outputs(network, image)
    assert found.shape[2:] == (3, 4)
    # Outputs see 3 x 3 cells of 4 px, from every second cell on.
    mask = torch.zeros(28, 36)
    mask[0:4, 0:4] = 0.5
    assert_texture(network, found[..., 0, 0], texture_at(network, found, mask))
    mask[9, 10] = 1.0
    covered = 0.5 * 16 * found[..., 0, 0] + sum(
        found[..., row, column] for row in (0, 1) for column in (0, 1)
    )
    assert_texture(network, covered / (8 + 4), texture_at(network, found, mask))


def assert_texture(network, mean, texture):
    with torch.inference_mode():
        expected = torch.nn.functional.normalize(network.E.ToGlobalCode(mean))
    assert (texture - expected).abs().max() <= 1e-5
    assert texture.shape == expected.shape


def test_a_spot_that_no_position_sees_takes_the_nearest():
    network = random_network(A)
    image = picture(16 * 10, 16 * 13)
    found = texture_outputs(network, image)
    assert found.shape[2:] == (1, 2)
    # The last cells are too few for one more position.
    mask = torch.zeros(160, 208)
    mask[150, 200] = 1e-3
    assert_texture(network, found[..., 0, 1], texture_at(network, found, mask))
    mask = torch.zeros(160, 208)
    mask[159, 3] = 255.0
    assert_texture(network, found[..., 0, 0], texture_at(network, found, mask))


def test_one_pixel_is_enough():
    network = random_network(SHALLOW)
    image = picture(28, 36)
    found = texture_outputs(network, image)
    for level in (1e-30, 1.0):
        mask = torch.zeros(28, 36)
        mask[1, 1] = level
        assert_texture(network, found[..., 0, 0], texture_at(network, found, mask))


def test_what_is_refused():
    network = random_network(SHALLOW)
    with pytest.raises(RequestError, match="empty spot"):
        texture_of_spot(network, picture(28, 36), torch.zeros(28, 36))
    with pytest.raises(ValueError, match="mask"):
        texture_of_spot(network, picture(28, 36), torch.ones(14, 18))
