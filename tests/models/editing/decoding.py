"""Networks with random weights that leave nothing out, and codes that are edited at random."""

import numpy as np
import torch

from models.api import CancelToken
from models.builders import build
from models.configs import SwappingAutoencoderConfig
from models.editing.decoder_canvas import DecoderCanvas
from models.editing.label_patterns import Box
from models.editing.texture_spot import texture_at
from models.networks.swapping_autoencoder import SwappingAutoencoder

PLENTY = 2**40
A = SwappingAutoencoderConfig(texture_channels=64, encoder_scale=1 / 8, generator_scale=1 / 16)
"""The published networks' depth, a sixteenth of their width."""
C = SwappingAutoencoderConfig(
    structure_downsamplings=6, structure_channels=64, texture_channels=48, encoder_scale=1 / 8,
    encoder_steepness=1.8, generator_scale=0.05,
)  # fmt: skip
"""The deepest published network's, with its 64 structure channels."""
SHALLOW = SwappingAutoencoderConfig(
    structure_downsamplings=2, texture_downsamplings=1, structure_channels=4, texture_channels=16,
    encoder_scale=1 / 8, generator_scale=1 / 16,
)  # fmt: skip


def random_network(config, seed=0):
    """Strengths of noise and biases are 0 in a new network: they would hide mistakes."""
    torch.manual_seed(seed)
    network = build(config)
    assert isinstance(network, SwappingAutoencoder)
    for name, parameter in network.named_parameters():
        if name.endswith("bias") or ".noise." in name:
            parameter.data += 0.3 * torch.randn_like(parameter)
    return network.eval()


@torch.inference_mode()
def texture_outputs(network, image):
    """The map that the texture code of 1 x 3 x H x W is the mean of: 1 x C x n x m."""
    return network.E.DownToGlobalCode(network.E.features(image)).float()


def texture_of_spot(network, image, weight_hw):
    return texture_at(network, texture_outputs(network, image), weight_hw)


def whole_picture(network, structure):
    height, width = (side * network.cell_px for side in structure.shape[2:])
    return Box(0, 0, height, width)


class ImpatientToken(CancelToken):
    """Set after it was asked a number of times."""

    def __init__(self, patience):
        super().__init__()
        self.patience = patience

    def raise_if_cancelled(self):
        self.patience -= 1
        if self.patience < 0:
            self.cancel()
        super().raise_if_cancelled()


class Case:
    """A canvas, and codes that edits change in place."""

    def __init__(self, network, cells_hw, *, seed=0, budget=PLENTY, noise=5, **means):
        self.network = network
        self.noise: int | None = noise
        self.rng = np.random.default_rng(seed)
        self.structure = self.randn(1, network.G.SpatialCodeModulation.scale.weight.shape[0],
                                    *cells_hw)  # fmt: skip
        self.vector = self.randn(1, network.G.SpatialCodeModulation.scale.weight.shape[1])
        self.texture = self.vector
        self.means = {"budget_bytes": budget, **means}
        self.forget()

    def forget(self):
        """A new canvas."""
        rows, columns = self.structure.shape[2:]
        self.canvas = DecoderCanvas(self.network, (rows, columns), **self.means)

    def randn(self, *shape):
        return torch.from_numpy(self.rng.normal(size=shape)).float()

    def use_map(self, size_hw=None):
        """The texture code as a map that is the same everywhere."""
        size_hw = size_hw or self.structure.shape[2:]
        self.texture = self.vector[:, :, None, None].repeat(1, 1, *size_hw)

    def place(self, size_hw, longest):
        """A rectangle that may lie across the border."""
        sides = np.exp(self.rng.uniform(0, np.log(longest), 2)).astype(int)
        top, left = (
            int(self.rng.integers(1 - side, size))
            for side, size in zip(sides, size_hw, strict=True)
        )
        return slice(max(0, top), top + sides[0]), slice(max(0, left), left + sides[1])

    def edit(self, longest=8):
        """Change a patch of the structure code, of the texture map, or of both."""
        codes = [self.structure]
        if self.texture.dim() == 4:
            codes = [[self.structure], [self.texture], [self.structure, self.texture]][
                self.rng.integers(3)
            ]
        for code in codes:
            part = code[(..., *self.place(code.shape[2:], longest))]
            part += self.randn(1, code.shape[1], 1, 1)

    def expected(self):
        noise = "zero" if self.noise is None else self.noise
        with torch.inference_mode():
            return self.network.decode(self.structure, self.texture, noise)

    def decode(self, token=None):
        return self.part(whole_picture(self.network, self.structure), token)

    def part(self, box, token=None):
        token = token or CancelToken()
        told = [0.0]
        codes = self.structure, self.texture, self.noise
        picture = self.canvas.decode(*codes, token, box, told.append)
        assert told == sorted(told)
        assert told[-1] <= 1.0
        return picture

    def error(self):
        return (self.decode() - self.expected()).abs().max().item()
