"""Exponential moving average of weights."""

import copy

import torch
from torch import nn


class Ema:
    """A slow copy of a network.

    Args:
        decay: the copy's share at each update, once warmed up; at first it is (step + 1) /
            (step + 10), so that the random start is forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the copy towards `network` after its step number `step` (from 0)."""
        decay = min(self._decay, (step + 1) / (step + 10))
        for slow, fast in zip(self.network.parameters(), network.parameters(), strict=True):
            slow.lerp_(fast, 1.0 - decay)
        # Statistics and singular vectors follow the weights they were measured on.
        for slow, fast in zip(self.network.buffers(), network.buffers(), strict=True):
            slow.copy_(fast)
