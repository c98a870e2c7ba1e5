"""Batch normalisation without parameters, in one process."""

import pytest
import torch
from torch import nn

from models.ops.batch_norm import ParameterFreeBatchNorm


def test_evaluation_by_hand():
    """(5 - 1) / sqrt(4) = 2, with the stored statistics, which stay."""
    norm = ParameterFreeBatchNorm(1).eval()
    norm.running_mean.fill_(1.0)
    norm.running_var.fill_(4.0 - 1e-5)
    x = torch.tensor([[[[5.0, -3.0]]]])
    assert norm(x).flatten().tolist() == pytest.approx([2.0, -2.0])
    assert norm.running_mean.item() == 1.0
    assert norm.num_batches_tracked.item() == 0


def test_training_by_hand():
    """0, 2, 4, 6 have mean 3, variance 5, and 20 / 3 without bias; a tenth of them is stored."""
    norm = ParameterFreeBatchNorm(1)
    got = norm(torch.tensor([[[[0.0, 2.0]]], [[[4.0, 6.0]]]]))
    scale = (5.0 + 1e-5) ** -0.5
    assert got.flatten().tolist() == pytest.approx([-3 * scale, -scale, scale, 3 * scale])
    assert norm.running_mean.item() == pytest.approx(0.3)
    assert norm.running_var.item() == pytest.approx(0.9 + 2.0 / 3.0)
    assert norm.num_batches_tracked.item() == 1


def test_three_batches_as_torchs_own_layer_has_them():
    torch.manual_seed(0)
    ours, theirs = ParameterFreeBatchNorm(4), nn.BatchNorm2d(4, affine=False)
    assert ours.state_dict().keys() == theirs.state_dict().keys()
    for _batch in range(3):
        x = torch.randn(3, 4, 5, 6) * 3 + 1
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        ours(a).pow(3).sum().backward()
        theirs(b).pow(3).sum().backward()
        assert a.grad is not None
        assert b.grad is not None
        assert torch.allclose(a.grad, b.grad, atol=1e-5)
    for key, value in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[key].float(), value.float(), atol=1e-6)
    x = torch.randn(1, 4, 1, 1)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-6)


def test_nothing_is_learned():
    assert list(ParameterFreeBatchNorm(3).parameters()) == []
