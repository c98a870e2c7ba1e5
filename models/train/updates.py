"""One step of an optimizer, alike in every recipe."""

from collections.abc import Iterable

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer


def update(
    fabric: Fabric, optimizer: Optimizer, loss: Tensor, modules: Iterable[nn.Module]
) -> None:
    """One optimizer step with gradients averaged over all processes.

    Gradients are reduced by hand: DistributedDataParallel allows neither a second backward pass
    through a gradient (R1) nor calls of other methods than forward (encode, decode).

    Args:
        modules: all that the optimizer changes.
    """
    optimizer.zero_grad()
    fabric.backward(loss)
    if fabric.world_size > 1:
        gradients = [p.grad for m in modules for p in m.parameters() if p.grad is not None]
        flat = fabric.all_reduce(torch.cat([g.flatten() for g in gradients]), reduce_op="mean")
        assert isinstance(flat, Tensor)
        parts = flat.split([g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
    optimizer.step()
