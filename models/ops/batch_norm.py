"""Batch normalisation without parameters, with statistics over all processes of a training."""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce

EPSILON = 1e-5
MOMENTUM = 0.1
"""Share of the newest batch in the stored statistics."""


class ParameterFreeBatchNorm(nn.Module):
    """B x C x H x W -> the same with mean 0 and variance 1 in each channel.

    In training mode mean and variance are the batch's, over all processes when there are several
    (Ioffe and Szegedy, arXiv 1502.03167; synchronised as SPADE, arXiv 1903.07291, section 4, has
    it, on any device). In evaluation mode they are the stored ones.

    Attributes:
        running_mean, running_var: exponential averages over the batches seen, C each.
        num_batches_tracked: how many there were.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return F.batch_norm(x, self.running_mean, self.running_var, eps=EPSILON)
        self.num_batches_tracked += 1
        if not (dist.is_initialized() and dist.get_world_size() > 1):
            return F.batch_norm(
                x, self.running_mean, self.running_var, None, None, True, MOMENTUM, EPSILON
            )
        return self._over_all_processes(x)

    def _over_all_processes(self, x: Tensor) -> Tensor:
        """Every process has as many values, so that means of means are means."""
        world = dist.get_world_size()
        values = x.float()
        moments = torch.cat([values.mean((0, 2, 3)), values.square().mean((0, 2, 3))]) / world
        mean, square = all_reduce(moments).chunk(2)
        variance = (square - mean.square()).clamp_min(0.0)
        with torch.no_grad():
            count = world * x.shape[0] * x.shape[2] * x.shape[3]
            unbiased = variance * (count / max(1, count - 1))
            self.running_mean.lerp_(mean, MOMENTUM)
            self.running_var.lerp_(unbiased, MOMENTUM)
        scale = (variance + EPSILON).rsqrt()[:, None, None]
        return ((values - mean[:, None, None]) * scale).to(x.dtype)
