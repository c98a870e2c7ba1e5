"""Which class builds the network of a config.

Adding a network: its config in `models.configs`, its class in `models.networks`, one line here.
"""

from dataclasses import asdict

from torch import nn

from models.configs import (
    Config,
    PatchCooccurrenceConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
)
from models.networks.patch_cooccurrence import PatchCooccurrenceDiscriminator
from models.networks.stylegan2_discriminator import ImageDiscriminator
from models.networks.swapping_autoencoder import SwappingAutoencoder

BUILDERS: dict[type[Config], type[nn.Module]] = {
    SwappingAutoencoderConfig: SwappingAutoencoder,
    StyleGAN2DiscriminatorConfig: ImageDiscriminator,
    PatchCooccurrenceConfig: PatchCooccurrenceDiscriminator,
}


def build(config: Config) -> nn.Module:
    """The network of `config`, with the weights that its class starts from, in training mode."""
    return BUILDERS[type(config)](**asdict(config))
