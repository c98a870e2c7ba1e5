"""What connects a recipe to a run: one value for each method."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from torch import Tensor, nn

from models.train.data.images import Named
from models.train.draws import Draws
from models.train.journal import State
from models.train.loop import Batches


@dataclass(frozen=True)
class Found:
    """Attributes:
    entries: what can be trained on.
    note: a sentence about what cannot, or nothing.
    """

    entries: tuple[Named, ...]
    note: str = ""


@dataclass(frozen=True)
class Part:
    """Which part of every batch a process takes, and how many pictures it decodes at a time."""

    rank: int = 0
    world: int = 1
    threads: int = 2


@dataclass(frozen=True)
class Extras:
    """Attributes:
    tensors: to keep beside the network's.
    notes: on how it was trained; they have a JSON form.
    """

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Method:
    """The parts of a training, of which a run is made. Recipe, entries and state are the method's.

    Attributes:
        family: of the exported model.
        find: entries in folders and shards; raises `DataError`.
        build: the state of a run; raises `CheckpointError`.
        batches: of entries by a recipe; raises `DataError`.
        step: one training step; returns the losses to log.
        shown: the pictures (a batch) and colours that `sample` gets, of entries by a recipe and for
            a palette's id; raises `DataError`.
        sample: a picture 3 x H x W in [-1, 1] of what the averaged network makes of `shown`.
        headline: what a run says first; nothing where there is nothing to say.
        settle: prepares the averaged network for export; gets batches of training pictures. With
            several processes all of them call it, each with its part.
        extras: what belongs to the exported network; gets it, its recipe and its pictures.
    """

    family: str
    find: Callable[[Sequence[Path]], Found]
    build: Callable[[Any, Fabric], State]
    batches: Callable[[Any, Any, Part], Batches[Any]]
    step: Callable[[Any, Any, Draws], dict[str, float]]
    shown: Callable[[Any, Any, str | None], Any]
    sample: Callable[[Any, Any], Tensor]
    headline: Callable[[Any], str]
    settle: Callable[[Any, Iterable[Any]], None] | None
    extras: Callable[[nn.Module, Any, Any], Extras]
