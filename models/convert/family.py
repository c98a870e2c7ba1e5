"""What an importer of a family of published weights consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from models.configs import Config

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Family:
    """A family of published networks.

    Attributes:
        name: as headers and the catalog call it.
        title: its name for people.
        licence: of the published weights.
        essential: keys that every file of the family has; with one of them missing, `detect` gives
            None, and the family with most of them is named in the message.
        detect: the config of the network that a state dict was made by, or None.
        canonical: the tensors of the state dict that the network has, under the network's keys.
    """

    name: str
    title: str
    licence: str
    essential: tuple[str, ...]
    detect: Callable[[State], Config | None]
    canonical: Callable[[State], dict[str, Tensor]]
