"""The network that a training starts from."""

from pathlib import Path
from typing import TypeVar

from torch import nn

from models import checkpoint
from models.builders import build
from models.configs import Config
from models.errors import CheckpointMismatch

N = TypeVar("N", bound=nn.Module)


def start_network(config: Config, init: str, kind: type[N]) -> N:
    """A network with random weights, or that of a weights file.

    Args:
        config: of the network.
        init: a weights file of ours, or nothing.
        kind: what networks of this config are.

    Raises:
        CheckpointError: the file cannot be used, or has a network of another config.
    """
    if init:
        given = checkpoint.load(Path(init))
        if given.header.config != config:
            raise CheckpointMismatch(
                f"{init} cannot be the start: its network has other sizes than the recipe's. "
                "Give the preset and the settings that it was trained with."
            )
        network = given.network
    else:
        network = build(config)
    assert isinstance(network, kind)
    return network
