import pytest
import torch

from models.editing.regions import is_flat, own_directions, similarity_to, step_along


def test_likeness_is_a_cosine_whatever_the_lengths():
    codes = torch.tensor([[1.0, 0.0], [3.0, 3.0], [-2.0, 0.0], [0.0, 5.0]])
    structure = codes.T.reshape(1, 2, 2, 2)
    found = similarity_to(structure, (0, 0))
    assert found.flatten().tolist() == pytest.approx([1.0, 2**-0.5, -1.0, 0.0], abs=1e-6)
    assert float(similarity_to(structure, (0, 1)).max()) <= 1.0


def test_a_place_is_flat_when_nearly_all_is_like_it():
    assert is_flat(torch.ones(10, 10))
    regions = torch.ones(10, 10)
    regions[0] = 0.9
    assert not is_flat(regions)


def test_a_pictures_own_directions_are_those_in_which_its_codes_differ():
    generator = torch.Generator().manual_seed(0)
    wanted = torch.linalg.qr(torch.randn(4, 4, generator=generator)).Q
    spread = torch.tensor([2.0, 1.0, 0.5, 0.1])
    cloud = torch.randn(4000, 4, generator=generator) * spread @ wanted.T
    found = own_directions(cloud.T.reshape(1, 4, 50, 80))
    torch.testing.assert_close(found.deviations, spread, rtol=0.1, atol=0.0)
    assert float((found.axes @ wanted).diagonal().abs().min()) > 0.99
    again = own_directions(cloud.T.reshape(1, 4, 50, 80))
    assert torch.equal(found.axes, again.axes)


def test_a_step_is_the_sum_of_its_axes():
    axes, deviations = torch.eye(4)[:3], torch.tensor([2.0, 3.0, 5.0])
    found = step_along(axes, deviations, {0: 1.5, 2: -1.0})
    assert found.tolist() == [3.0, 0.0, -5.0, 0.0]
    assert step_along(axes, deviations, {}).tolist() == [0.0] * 4
