"""A history as a value, as files and journals keep it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.document.document import Document
from app.document.history import History, State

SUFFIX = ".scumble"
"""Of project files."""

Thumbs = Mapping[int, npt.NDArray[np.uint8]]
"""Small pictures of states, H x W x 3, by serial."""


@dataclass(frozen=True)
class Steps:
    """A history as a value.

    Attributes:
        states: oldest first, at least one.
        index: of the current one.
        thumbs: small pictures of states, by serial. They may be those of a history, where some
            come and go meanwhile.

    Raises:
        ValueError: an index beyond the states.
    """

    states: tuple[State, ...]
    index: int
    thumbs: Thumbs = field(
        default_factory=dict[int, npt.NDArray[np.uint8]], compare=False, repr=False
    )

    def __post_init__(self) -> None:
        if not 0 <= self.index < len(self.states):
            raise ValueError(f"state {self.index} of {len(self.states)}")

    @classmethod
    def of(cls, history: History) -> "Steps":
        """The states of a history as it is now; what is pending is left out."""
        return cls(history.states, history.index, history.thumbs)

    @property
    def document(self) -> Document:
        """The current document."""
        return self.states[self.index].document

    def with_step(self, label: str, document: Document) -> "Steps":
        """The steps with one more after the current one, as `History.push` would have them."""
        states = (*self.states[: self.index + 1], State(label, document, -1))
        return Steps(states, len(states) - 1, self.thumbs)

    def history(self) -> History:
        """A history with these steps, as far as its limits allow; the current one is saved."""
        history = History(self.states[0].document, self.states[0].label)
        for state in self.states:
            # The first is there already, and so is no step.
            history.push(state.label, state.document)
            if (thumb := self.thumbs.get(state.serial)) is not None:
                history.thumbs[history.states[-1].serial] = thumb
        after = len(self.states) - 1 - self.index
        history.jump(max(0, len(history.states) - 1 - after))
        history.mark_saved()
        return history
