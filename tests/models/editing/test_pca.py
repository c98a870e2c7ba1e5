"""Principal directions against a cloud whose axes are known."""

import pytest
import torch

from models.editing.pca import CodeStatistics


def test_axes_of_a_known_cloud():
    """Deviations 3, 2 and 1 along three rotated axes, in batches."""
    torch.manual_seed(0)
    rotation = torch.linalg.qr(torch.randn(3, 3))[0]
    cloud = torch.randn(20_000, 3) * torch.tensor([3.0, 2.0, 1.0]) @ rotation.T + 5.0
    statistics = CodeStatistics(3)
    for part in cloud.split(3_000):
        statistics.add(part)
    found = statistics.principal(2)
    assert torch.allclose(found.mean, torch.full((3,), 5.0), atol=0.1)
    assert torch.allclose(found.deviations, torch.tensor([3.0, 2.0]), atol=0.05)
    for axis, expected in zip(found.axes, rotation.T, strict=False):
        assert (axis @ expected).abs().item() == pytest.approx(1.0, abs=1e-2)
    assert found.share == pytest.approx(13 / 14, abs=0.01)


def test_axes_are_orthonormal_and_repeatable():
    torch.manual_seed(0)
    codes = torch.randn(50, 6)
    once, again = CodeStatistics(6), CodeStatistics(6)
    once.add(codes)
    again.add(codes[:20])
    again.add(codes[20:])
    a, b = once.principal(99), again.principal(99)
    assert a.axes.shape == (6, 6)
    assert torch.allclose(a.axes @ a.axes.T, torch.eye(6), atol=1e-5)
    assert torch.allclose(a.axes, b.axes, atol=1e-4)
    assert a.share == pytest.approx(1.0)


def test_equal_codes_have_no_spread():
    statistics = CodeStatistics(3)
    statistics.add(torch.ones(4, 3))
    found = statistics.principal(3)
    assert torch.allclose(found.deviations, torch.zeros(3), atol=1e-4)


def test_no_codes():
    with pytest.raises(ValueError, match="need codes"):
        CodeStatistics(3).principal(1)
