"""Statistics of batch normalisation for weights that were averaged."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import nn

from models.ops.batch_norm import MOMENTUM, ParameterFreeBatchNorm

B = TypeVar("B")


@torch.no_grad()
def measure_norms(network: nn.Module, run: Callable[[B], object], batches: Iterable[B]) -> None:
    """Replace the stored statistics by plain means over `batches`.

    With several processes all of them must call this, each with its part of every batch.

    Args:
        network: in evaluation mode; its normalisations alone are in training mode meanwhile.
        run: computes the network on a batch.
        batches: as many as there are; none leave the statistics as they are.
    """
    norms = [m for m in network.modules() if isinstance(m, ParameterFreeBatchNorm)]
    totals = [torch.zeros(2, len(norm.running_mean)) for norm in norms]
    count = 0
    for batch in batches:
        for norm in norms:
            norm.train()
            norm.running_mean.zero_()
            norm.running_var.zero_()
        run(batch)
        for norm, total in zip(norms, totals, strict=True):
            total.add_(torch.stack([norm.running_mean, norm.running_var]).cpu() / MOMENTUM)
            norm.eval()
        count += 1
    for norm, total in zip(norms, totals, strict=True):
        if count:
            norm.running_mean.copy_(total[0] / count)
            norm.running_var.copy_(total[1] / count)
