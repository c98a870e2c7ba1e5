"""What an importer of a family of published weights consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from models.configs import Config

State = Mapping[str, Tensor]
Hints = Mapping[str, Any]
"""Fields of a config by name."""


@dataclass(frozen=True)
class Settled:
    """What a file is, all that is known being taken together.

    Attributes:
        config: of its network.
        palette_id: of the label maps that it reads, or None when it reads none that is known.
    """

    config: Config
    palette_id: str | None = None


def alone(state: State, _path: Path) -> State:
    """Nothing is looked for beside the file."""
    return state


def no_part(_state: State, _path: Path) -> str:
    """No file holds a part of such a network alone."""
    return ""


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
        complete: the state dict with what lies in other files beside the file at this path.
        settle: for families whose shapes do not tell everything, the config of the completed state
            dict in the file at this path, with these hints; `CheckpointMismatch` where a hint
            contradicts the shapes. None: hints replace what `detect` found.
        part: of a state dict that is no network of the family by itself, but belongs to one: what
            it is and what to do, as the rest of a sentence that starts with its name; else "".
    """

    name: str
    title: str
    licence: str
    essential: tuple[str, ...]
    detect: Callable[[State], Config | None]
    canonical: Callable[[State], dict[str, Tensor]]
    complete: Callable[[State, Path], State] = alone
    settle: Callable[[State, Path, Hints], Settled] | None = None
    part: Callable[[State, Path], str] = no_part
