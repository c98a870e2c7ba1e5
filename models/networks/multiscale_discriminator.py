"""SPADE's discriminator: two PatchGANs, the second on a picture of half the size.

Source: Park et al., arXiv 1903.07291, appendix A; Wang et al., arXiv 1711.11585, section 3.2. Layer
sizes and key names are those of the published weights.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from models.ops.spectral import SpectralConv2d

SLOPE = 0.2
CAP = 512


class NLayerDiscriminator(nn.Module):
    """B x C x H x W -> the maps of every layer, the last one being the logits B x 1 x h x w."""

    def __init__(self, in_channels: int, base_channels: int, layers: int) -> None:
        super().__init__()
        self.layers = layers
        width = base_channels
        self.model0 = nn.Sequential(
            nn.Conv2d(in_channels, width, 4, stride=2, padding=2), nn.LeakyReLU(SLOPE)
        )
        for number in range(1, layers):
            before, width = width, min(width * 2, CAP)
            stride = 1 if number == layers - 1 else 2
            conv = SpectralConv2d(before, width, 4, stride=stride, padding=2, bias=False)
            layer = nn.Sequential(
                nn.Sequential(conv, nn.InstanceNorm2d(width)), nn.LeakyReLU(SLOPE)
            )
            self.add_module(f"model{number}", layer)
        self.add_module(f"model{layers}", nn.Sequential(nn.Conv2d(width, 1, 4, padding=2)))

    def forward(self, x: Tensor) -> list[Tensor]:
        maps: list[Tensor] = []
        for number in range(self.layers + 1):
            x = self.get_submodule(f"model{number}")(x)
            maps.append(x)
        return maps


class MultiscaleDiscriminator(nn.Module):
    """Semantics and picture, B x (S + 3) x H x W -> for each scale the maps of every layer.

    Args:
        in_channels: S + 3.
        base_channels: of the first layer.
        layers: convolutions before the last one.
        scales: how many discriminators; each sees half the size of the one before.
    """

    def __init__(self, *, in_channels: int, base_channels: int, layers: int, scales: int) -> None:
        super().__init__()
        self.scales = scales
        for number in range(scales):
            judge = NLayerDiscriminator(in_channels, base_channels, layers)
            self.add_module(f"discriminator_{number}", judge)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        answers: list[list[Tensor]] = []
        for number in range(self.scales):
            answers.append(self.get_submodule(f"discriminator_{number}")(x))
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return answers
