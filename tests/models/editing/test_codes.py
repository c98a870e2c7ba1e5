import pytest
import torch

from models.editing.codes import (
    Codes,
    blended,
    from_elsewhere,
    level_in_cells,
    mean_in_cells,
    mixed_textures,
    moved,
)

GENERATOR = torch.Generator().manual_seed(0)
CODES = Codes(torch.randn(1, 4, 3, 5, generator=GENERATOR), torch.randn(1, 6, generator=GENERATOR))
OTHER = Codes(torch.randn(1, 4, 3, 5, generator=GENERATOR), torch.randn(1, 6, generator=GENERATOR))
MAP = torch.randn(1, 6, 3, 5, generator=GENERATOR)
WEIGHT = torch.zeros(1, 1, 3, 5)
WEIGHT[0, 0, 1, 2], WEIGHT[0, 0, 2] = 1.0, 0.25


def test_codes_know_their_size():
    assert CODES.cells_hw == (3, 5)
    assert CODES.nbytes == 4 * (4 * 15 + 6)


def test_codes_are_blended_where_the_weight_says_so_and_stay_exact_elsewhere():
    found = blended(CODES, OTHER, WEIGHT)
    assert torch.equal(found.structure[:, :, 0], CODES.structure[:, :, 0])
    assert torch.equal(found.structure[:, :, 1, 2], OTHER.structure[:, :, 1, 2])
    expected = 0.75 * CODES.structure[:, :, 2] + 0.25 * OTHER.structure[:, :, 2]
    torch.testing.assert_close(found.structure[:, :, 2], expected)
    assert found.texture.shape == MAP.shape
    assert torch.equal(found.texture[:, :, 0, 0], CODES.texture)
    assert torch.equal(found.texture[:, :, 1, 2], OTHER.texture)


def test_a_code_that_is_the_same_in_both_stays_it():
    structure = blended(CODES, Codes(OTHER.structure, CODES.texture), WEIGHT)
    assert structure.texture is CODES.texture
    texture = blended(CODES, Codes(CODES.structure, OTHER.texture), 0.5)
    assert texture.structure is CODES.structure
    torch.testing.assert_close(texture.texture, 0.5 * (CODES.texture + OTHER.texture))


@pytest.mark.parametrize("weight", [0.4, 0.4 * torch.ones(1, 1, 3, 5)], ids=["number", "map"])
def test_textures_and_maps_are_mixed_in_every_combination(weight):
    def as_map(texture):
        return texture if texture.dim() == 4 else texture[:, :, None, None].expand_as(MAP)

    for before in (CODES.texture, MAP):
        for after in (OTHER.texture, MAP.flip(2)):
            found = mixed_textures(before, after, weight)
            expected = 0.6 * as_map(before) + 0.4 * as_map(after)
            if found.dim() == 2:
                assert before.dim() == after.dim() == 2
                assert isinstance(weight, float)
            torch.testing.assert_close(as_map(found), expected)


def test_a_step_is_added_at_every_place():
    step = torch.arange(6.0)
    assert torch.equal(moved(CODES.texture, step), CODES.texture + step)
    assert torch.equal(moved(MAP, step), MAP + step[None, :, None, None])


def test_what_lies_elsewhere_is_moved_and_its_border_repeated():
    values = torch.arange(6.0).view(1, 1, 2, 3)
    found = from_elsewhere(values, (3, 4), (1, -1))
    assert found[0, 0].tolist() == [[3.0, 3.0, 4.0, 5.0]] * 3
    assert torch.equal(from_elsewhere(values, (2, 3), (0, 0)), values)


def test_a_cell_has_a_mean_and_the_level_of_what_was_brushed_in_it():
    mask = torch.zeros(1, 1, 4, 8)
    mask[..., 0, :4] = 0.8
    mask[..., 2:, 5] = 0.5
    assert mean_in_cells(mask, 4)[0, 0, 0].tolist() == pytest.approx([0.2, 1 / 16])
    assert level_in_cells(mask, 4)[0, 0, 0].tolist() == pytest.approx([0.8, 0.5])
    assert level_in_cells(torch.zeros(1, 1, 4, 4), 4).item() == 0.0
    assert torch.equal(level_in_cells(torch.ones(1, 1, 4, 4), 4), torch.ones(1, 1, 1, 1))
