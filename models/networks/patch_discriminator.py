"""PatchGAN: a small fully convolutional discriminator that judges every patch of a picture.

Source: Isola et al., arXiv 1611.07004, section 3.2.2, with spectral normalisation (Miyato et al.,
arXiv 1802.05957) in place of batch normalisation.
"""

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class PatchDiscriminator(nn.Module):
    """Images B x 3 x H x W in [-1, 1] -> logits B x 1 x h x w, one for each patch.

    Args:
        channels: of the successive 4 x 4 convolutions; all but the last have stride 2.
    """

    def __init__(self, *, channels: tuple[int, ...] = (32, 64, 128, 160)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for index, after in enumerate(channels):
            stride = 2 if index < len(channels) - 1 else 1
            layers.append(spectral_norm(nn.Conv2d(before, after, 4, stride, 1)))
            layers.append(nn.LeakyReLU(0.2))
            before = after
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, 1, 3, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)
