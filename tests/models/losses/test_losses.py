"""Every loss against numbers worked out by hand."""

import math

import pytest
import torch

from models.losses import gan_hinge, gan_non_saturating
from models.losses.feature_statistics import feature_statistics_loss
from models.losses.perceptual import perceptual_loss
from models.losses.r1 import r1_penalty
from models.losses.self_similarity import self_similarity, self_similarity_loss


def test_non_saturating():
    """softplus(0) = ln 2; softplus(-ln 3) = ln(1 + 1/3) = ln 4/3; softplus(ln 3) = ln 4."""
    logits = torch.tensor([0.0, math.log(3.0)])
    mean = (math.log(2.0) + math.log(4.0 / 3.0)) / 2
    assert gan_non_saturating.generator_loss(logits).item() == pytest.approx(mean)
    fake = torch.tensor([math.log(3.0)])
    total = mean + math.log(4.0)
    assert gan_non_saturating.discriminator_loss(logits, fake).item() == pytest.approx(total)


def test_hinge():
    """Real 2 and 0: max(0, 1 - 2) = 0 and 1, mean 0.5. Fake -3 and 1: 0 and 2, mean 1."""
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-3.0, 1.0])
    assert gan_hinge.discriminator_loss(real, fake).item() == pytest.approx(1.5)
    assert gan_hinge.generator_loss(fake).item() == pytest.approx(1.0)


def test_r1_of_a_square():
    """D(x) = sum x^2 has the gradient 2 x; |2 (1, 2)|^2 = 20 and |2 (0, 3)|^2 = 36, mean 28.

    The penalty itself has the gradient 8 x / 2 (mean over two pictures).
    """
    images = torch.tensor([[1.0, 2.0], [0.0, 3.0]], requires_grad=True)
    penalty = r1_penalty(images.square().sum(1), images)
    assert penalty.item() == pytest.approx(28.0)
    penalty.backward()
    assert images.grad is not None
    assert torch.allclose(images.grad, 4.0 * images.detach())


def test_perceptual_adds_layers():
    """mean |1 - 3| = 2 on the first layer, mean of 0 and 1 = 0.5 on the second."""
    first = (torch.full((1, 2, 1, 1), 1.0), torch.tensor([[[[0.0, 2.0]]]]))
    second = (torch.full((1, 2, 1, 1), 3.0), torch.tensor([[[[0.0, 1.0]]]]))
    assert perceptual_loss(first, second).item() == pytest.approx(2.5)


def test_statistics_ignore_places():
    """Values 0, 2 (mean 1, deviation 1) against 0, 4 (mean 2, deviation 2): 1 + 1."""
    two = torch.tensor([[[[0.0, 2.0], [2.0, 0.0]]]])
    four = torch.tensor([[[[4.0, 0.0, 4.0, 0.0]]]])
    assert feature_statistics_loss([two], [four]).item() == pytest.approx(2.0, abs=1e-5)
    shuffled = two.flip(2)
    assert feature_statistics_loss([two], [shuffled]).item() == pytest.approx(0.0, abs=1e-6)


def test_self_similarity_by_hand():
    """Two channels on a 2 x 2 grid: after centring, places are (1,0), (-1,0), (0,1), (0,-1).

    Their cosines: 1 with themselves, -1 with the opposite, 0 with the other two.
    """
    features = torch.tensor([[[[2.0, 0.0], [1.0, 1.0]], [[5.0, 5.0], [6.0, 4.0]]]])
    expected = torch.tensor(
        [[1.0, -1.0, 0.0, 0.0], [-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0], [0.0, 0.0, -1.0, 1.0]]
    )
    got = self_similarity(features, grid=2)[0]
    assert torch.allclose(got, expected, atol=1e-6)
    asked = self_similarity(features, torch.tensor([2]), grid=2)[0]
    assert torch.allclose(asked, expected[2:3], atol=1e-6)


def test_self_similarity_ignores_style():
    """Scaling and shifting all features changes no similarity; moving things does."""
    torch.manual_seed(0)
    features = torch.rand(1, 6, 8, 8)
    restyled = features * 3.0 + torch.rand(1, 6, 1, 1)
    moved = features.roll(3, 3)
    queries = torch.arange(16)
    same = self_similarity_loss([features], [restyled], queries, grid=4).item()
    other = self_similarity_loss([features], [moved], queries, grid=4).item()
    assert same == pytest.approx(0.0, abs=1e-6)
    assert other > 0.1
