"""R1 gradient penalty (Mescheder et al., arXiv 1801.04406, equation 9)."""

import torch
from torch import Tensor


def r1_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """mean over the batch of |d sum(logits) / d image|^2.

    Args:
        logits: what the discriminator says of `images`, any shape.
        images: real images B x ..., with `requires_grad` set before they were judged.

    Returns:
        A scalar through which gradients flow. The published weight multiplies half of it.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().sum(tuple(range(1, gradient.dim()))).mean()
