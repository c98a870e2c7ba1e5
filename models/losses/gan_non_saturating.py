"""Non-saturating adversarial loss (Goodfellow et al., arXiv 1406.2661, section 3)."""

import torch.nn.functional as F
from torch import Tensor


def generator_loss(fake_logits: Tensor) -> Tensor:
    """mean softplus(-D(fake)) = mean -log sigmoid(D(fake)), for logits of any shape."""
    return F.softplus(-fake_logits).mean()


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """mean softplus(-D(real)) + mean softplus(D(fake)), for logits of any shapes."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
