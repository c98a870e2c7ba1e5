"""SqueezeNet v1.0 as a fixed feature extractor for losses and metrics (never for the editor).

Source: Iandola et al., arXiv 1602.07360, table 1. Two files of weights are read: the original Caffe
model as .npz (`conv1.weight`, `fireN/conv1x1_1.weight`, ...), and torchvision's `squeezenet1_0`
state dict (`features.N....`), which comes with that package's own input scaling.
"""

import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.errors import CheckpointCorrupt, CheckpointMissing

FIRE_CHANNELS = {2: (96, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128),
                 6: (256, 48, 192)}  # fmt: skip
TAPS = (3, 4, 6)
# What numpy and torch raise for files of another kind.
UNREADABLE = (OSError, ValueError, KeyError, RuntimeError, EOFError, TypeError, zipfile.BadZipFile,
              pickle.UnpicklingError)  # fmt: skip
# Feature magnitudes reach tens; the losses' weights count on values around one.
FEATURE_SCALE = 1.0 / 50.0
# Where torchvision's Sequential has the fire modules.
TORCHVISION_FIRE = {2: 3, 3: 4, 4: 5, 5: 7, 6: 8}


class SqueezeNetFeatures(nn.Module):
    """Images in [-1, 1] -> activations of conv1, fire3, fire4 and fire6, each divided by 50.

    Attributes:
        bgr: whether the weights want channels blue first.
        title: what it is called.
    """

    title = "SqueezeNet v1.0"
    offset: Tensor
    factor: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2)
        for number, (before, squeeze, expand) in FIRE_CHANNELS.items():
            self.add_module(
                f"fire{number}",
                nn.ModuleDict(
                    {
                        "squeeze": nn.Conv2d(before, squeeze, 1),
                        "expand1x1": nn.Conv2d(squeeze, expand, 1),
                        "expand3x3": nn.Conv2d(squeeze, expand, 3, padding=1),
                    }
                ),
            )
        self.bgr = True
        # Which file was read decides these, so they are no part of its state.
        self.register_buffer("offset", torch.zeros(1, 3, 1, 1), persistent=False)
        self.register_buffer("factor", torch.ones(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """B x 3 x H x W -> four maps with 96, 128, 256 and 384 channels at 1/2, 1/4, 1/4, 1/8."""
        if self.bgr:
            images = images.flip(1)
        x = F.relu(self.conv1((images - self.offset) * self.factor))
        taps = [x * FEATURE_SCALE]
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        for number in FIRE_CHANNELS:
            fire = self.get_submodule(f"fire{number}")
            assert isinstance(fire, nn.ModuleDict)
            squeezed = F.relu(fire["squeeze"](x))
            x = F.relu(torch.cat([fire["expand1x1"](squeezed), fire["expand3x3"](squeezed)], 1))
            if number in TAPS:
                taps.append(x * FEATURE_SCALE)
            if number == 4:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        return taps


def load_squeezenet(path: Path) -> SqueezeNetFeatures:
    """The network with the weights of `path`, frozen and in eval mode.

    Raises:
        CheckpointMissing: there is no such file.
        CheckpointCorrupt: it is neither of the two known files.
    """
    if not os.path.isfile(path):
        raise CheckpointMissing(
            f"The feature network {path} does not exist: give SqueezeNet v1.0 weights with "
            "--features (the Caffe model as .npz, or torchvision's squeezenet1_0 .pth)."
        )
    network = SqueezeNetFeatures()
    try:
        arrays = _read(path)
        state, caffe = _renamed(arrays)
        network.load_state_dict(state, strict=True)
    except UNREADABLE as error:
        raise CheckpointCorrupt(
            f"{path.name} does not hold the weights of SqueezeNet v1.0: take the Caffe model as "
            ".npz, or torchvision's squeezenet1_0 .pth."
        ) from error
    network.bgr = caffe
    if caffe:
        # (x + 1) * 127.5 - mean, in 0..255, blue first.
        network.offset.copy_(torch.tensor([104.0, 117.0, 123.0]).view(1, 3, 1, 1) / 127.5 - 1.0)
        network.factor.fill_(127.5)
    else:
        mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
        deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        network.offset.copy_(mean * 2.0 - 1.0)
        network.factor.copy_(0.5 / deviation)
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue] -- torch's overloads lack memory_format alone


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return {name: torch.from_numpy(archive[name]) for name in archive.files}
    return torch.load(path, map_location="cpu", weights_only=True)


def _renamed(arrays: dict[str, Tensor]) -> tuple[dict[str, Tensor], bool]:
    """Our keys, and whether the file was Caffe's."""
    caffe = "conv1.weight" in arrays
    first = "conv1" if caffe else "features.0"
    state: dict[str, Tensor] = {}
    for part in ("weight", "bias"):
        state[f"conv1.{part}"] = arrays[f"{first}.{part}"]
        for number, index in TORCHVISION_FIRE.items():
            names = (
                {"squeeze": "conv1x1_1", "expand1x1": "conv1x1_2", "expand3x3": "conv3x3_2"}
                if caffe
                else {name: name for name in ("squeeze", "expand1x1", "expand3x3")}
            )
            prefix = f"fire{number}/" if caffe else f"features.{index}."
            for ours, theirs in names.items():
                state[f"fire{number}.{ours}.{part}"] = arrays[f"{prefix}{theirs}.{part}"]
    return state, caffe
