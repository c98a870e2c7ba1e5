"""Random numbers of a training step, the same however many processes share the batch."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Draws:
    """Draws for one step: made for the whole batch, of which a process takes its part.

    Attributes:
        seed: of the run.
        step: number of the step.
        rank, world: this process, and how many there are.
    """

    seed: int
    step: int
    rank: int = 0
    world: int = 1

    def generator(self, purpose: int) -> torch.Generator:
        """A generator of its own for each use within the step, so that uses may be left out."""
        generator = torch.Generator()
        # Knuth's multiplicative hash keeps neighbouring steps apart.
        mixed = (self.seed * 2654435761 + self.step * 40503 + purpose * 97) % 2**63
        return generator.manual_seed(mixed)

    def part(self, count: int) -> slice:
        """This process' slice of `count` things that belong to the whole batch."""
        share = count // self.world
        return slice(self.rank * share, (self.rank + 1) * share)

    def normal(self, count: int, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """This process' part of count x shape normal deviates."""
        return torch.randn(count, *shape, generator=generator)[self.part(count)]
