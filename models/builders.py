"""Which class builds the network of a config.

Adding a network: its config in `models.configs`, its class in `models.networks`, one line here.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from models.configs import (
    Config,
    MultiscaleDiscriminatorConfig,
    PatchCooccurrenceConfig,
    SegmenterConfig,
    SpadeConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
)
from models.networks.multiscale_discriminator import MultiscaleDiscriminator
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.segmenter import Segmenter
from models.networks.spade import SpadeNetwork
from models.networks.stylegan2_discriminator import ImageDiscriminator
from models.networks.swapping_autoencoder import SwappingAutoencoder

BUILDERS: dict[type[Config], type[nn.Module]] = {
    SwappingAutoencoderConfig: SwappingAutoencoder,
    StyleGAN2DiscriminatorConfig: ImageDiscriminator,
    PatchCooccurrenceConfig: PatchCooccurrenceDiscriminator,
    SpadeConfig: SpadeNetwork,
    MultiscaleDiscriminatorConfig: MultiscaleDiscriminator,
    SegmenterConfig: Segmenter,
}


def build(config: Config) -> nn.Module:
    """The network of `config`, with the weights that its class starts from, in training mode."""
    return BUILDERS[type(config)](**asdict(config))


def build_unfilled(config: Config) -> nn.Module:
    """The same network for who replaces all its weights: they are whatever was in memory.

    No random number is drawn and no page of memory is touched. Torch's own way, the meta device,
    imports its compiler: seconds of Python that hold every other thread of the program back.
    """
    with Unfilled():
        return build(config)


class Unfilled(TorchFunctionMode):
    """Inside, what would be filled with random numbers is left as it is."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is torch.randn:
            return torch.empty(*args, **(kwargs or {}))
        if getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))
