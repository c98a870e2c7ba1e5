"""The divergence of styles, by hand and as the published code has it."""

import math

import numpy as np
import pytest
import torch

from models.losses.kl import kl_loss


def test_by_hand():
    """Mean 3, variance 1: 9 / 2. Mean 0, variance e: (e - 2) / 2. Summed, not averaged."""
    mean = torch.tensor([[3.0, 0.0], [0.0, 3.0]])
    log_variance = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    assert kl_loss(mean, log_variance).item() == pytest.approx(9.0 + (math.e - 2.0) / 2.0)


def test_the_standard_distribution_costs_nothing():
    assert kl_loss(torch.zeros(4, 7), torch.zeros(4, 7)).item() == 0.0


@pytest.mark.golden
def test_golden(shared):
    arrays = np.load(shared / "golden" / "losses.npz")
    mean, log_variance = (torch.from_numpy(arrays[f"kld_{name}"]) for name in ("mu", "logvar"))
    expected = arrays["spade_kld"].item()
    assert kl_loss(mean, log_variance).item() == pytest.approx(expected, rel=1e-6)
