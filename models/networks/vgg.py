"""VGG-19 as a fixed feature extractor for losses (never for the editor).

Source: Simonyan and Zisserman, arXiv 1409.1556, table 1, column E. Weights: torchvision's `vgg19`
state dict (`features.N.weight`). Layers and their weights in the loss are those of SPADE (arXiv
1903.07291, appendix; Wang et al., arXiv 1711.11585), whose pictures enter in [-1, 1] as they are,
without the scaling that the weights were trained with.
"""

import os
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.errors import CheckpointCorrupt, CheckpointMissing
from models.networks.squeezenet import UNREADABLE, SqueezeNetFeatures, load_squeezenet

CONVOLUTIONS = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256),
                12: (256, 256), 14: (256, 256), 16: (256, 256), 19: (256, 512), 21: (512, 512),
                23: (512, 512), 25: (512, 512), 28: (512, 512)}  # fmt: skip
"""Up to conv5_1: channels before and after, by torchvision's number of the layer."""
POOLED_BEFORE = (5, 10, 19, 28)
TAPS = {0: 1 / 32, 5: 1 / 16, 10: 1 / 8, 19: 1 / 4, 28: 1.0}
"""relu1_1 to relu5_1, each with its weight."""
LAST_KEY = "features.28.weight"


class VggFeatures(nn.Module):
    """Images in [-1, 1] -> relu1_1, relu2_1, relu3_1, relu4_1, relu5_1, each times its weight.

    So that a sum over layers of L1 distances is the weighted sum of the paper.
    """

    title = "VGG-19"

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleDict(
            {
                str(number): nn.Conv2d(before, after, 3, padding=1)
                for number, (before, after) in CONVOLUTIONS.items()
            }
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """B x 3 x H x W, sides from 16 px on -> maps with 64, 128, 256, 512, 512 channels.

        Their sizes are 1, 1/2, 1/4, 1/8 and 1/16 of the images'.
        """
        x, taps = images, []
        for number in CONVOLUTIONS:
            if number in POOLED_BEFORE:
                x = F.max_pool2d(x, 2)
            x = F.relu(self.features[str(number)](x))
            if number in TAPS:
                taps.append(x * TAPS[number])
        return taps


Features = VggFeatures | SqueezeNetFeatures


def load_features(path: Path) -> Features:
    """The fixed network whose weights are in `path`, frozen and in eval mode; its keys say which.

    Raises:
        CheckpointMissing: there is no such file.
        CheckpointCorrupt: it holds neither VGG-19 nor SqueezeNet v1.0.
    """
    if not os.path.isfile(path):
        raise CheckpointMissing(
            f"The feature network {path} does not exist: give the weights of VGG-19 (torchvision's "
            "vgg19 .pth) or of SqueezeNet v1.0 with --features."
        )
    if path.suffix == ".npz":
        return load_squeezenet(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if LAST_KEY not in state:
            return load_squeezenet(path)
        network = VggFeatures()
        network.load_state_dict({key: state[key] for key in network.state_dict()})
    except (*UNREADABLE, CheckpointCorrupt) as error:
        raise CheckpointCorrupt(
            f"{path.name} holds neither the weights of VGG-19 nor those of SqueezeNet v1.0: take "
            "torchvision's vgg19 or squeezenet1_0 .pth, or SqueezeNet's Caffe model as .npz."
        ) from error
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- torch's overloads lack memory_format alone
