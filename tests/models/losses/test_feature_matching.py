"""Feature matching by hand; the hinge loss of a discriminator of several scales."""

import numpy as np
import pytest
import torch

from models.losses import gan_hinge
from models.losses.feature_matching import feature_matching_loss


def test_by_hand():
    """Scale one: means 1 and 3. Scale two: 2 and 0. Sum 6, over two scales 3; logits are left."""
    zero = torch.zeros(1, 1, 1, 2)
    logits = torch.full((1, 1, 1, 2), 1e6)
    fake = [
        [torch.tensor([[[[2.0, 0.0]]]]), torch.full((1, 1, 1, 1), -3.0), logits],
        [torch.tensor([[[[1.0, 3.0]]]]), torch.zeros(1, 1, 1, 1), logits],
    ]
    real = [[zero, torch.zeros(1, 1, 1, 1), -logits], [zero, torch.zeros(1, 1, 1, 1), -logits]]
    assert feature_matching_loss(fake, real).item() == pytest.approx(3.0)


def test_gradients_reach_the_fake_alone():
    fake, real = torch.ones(1, 1, 2, 2).requires_grad_(), torch.zeros(1, 1, 2, 2).requires_grad_()
    feature_matching_loss([[fake, fake]], [[real, real]]).backward()
    assert fake.grad is not None
    assert fake.grad.flatten().tolist() == [0.25] * 4
    assert real.grad is None


def test_scales_must_be_as_many():
    one = [[torch.zeros(1), torch.zeros(1)]]
    with pytest.raises(ValueError, match="zip"):
        feature_matching_loss(one, one * 2)


@pytest.mark.golden
def test_golden_hinge(shared):
    """One scale, and the mean of two."""
    arrays = np.load(shared / "golden" / "losses.npz")
    first, second = (torch.from_numpy(arrays[name]) for name in ("gan_pred", "gan_pred2"))
    never = torch.full((1,), -1e6)
    for kind in ("", "_multiscale"):
        maps = [first, second] if kind else [first]
        real = [gan_hinge.discriminator_loss(x, never) for x in maps]
        fake = [gan_hinge.discriminator_loss(-never, x) for x in maps]
        trick = [gan_hinge.generator_loss(x) for x in maps]
        for got, name in ((real, "real_D"), (fake, "fake_D"), (trick, "real_G")):
            expected = float(arrays[f"spade_gan_hinge_{name}{kind}"].reshape(-1)[0])
            assert torch.stack(got).mean().item() == pytest.approx(expected, rel=1e-5)
