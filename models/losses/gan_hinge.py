"""Hinge adversarial loss (Lim and Ye, arXiv 1705.02894, equations 3 and 4)."""

import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake_logits: Tensor) -> Tensor:
    """-mean D(fake), for logits of any shape."""
    return -fake_logits.mean()


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """mean max(0, 1 - D(real)) + mean max(0, 1 + D(fake)), for logits of any shapes."""
    return F.relu(1.0 - real_logits).mean() + F.relu(1.0 + fake_logits).mean()
