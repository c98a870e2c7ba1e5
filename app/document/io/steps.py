"""A history as a value, as files and journals keep it."""

from dataclasses import dataclass

from app.document.document import Document
from app.document.history import History, State

SUFFIX = ".scumble"
"""Of project files."""


@dataclass(frozen=True)
class Steps:
    """A history as a value.

    Attributes:
        states: oldest first, at least one.
        index: of the current one.

    Raises:
        ValueError: an index beyond the states.
    """

    states: tuple[State, ...]
    index: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < len(self.states):
            raise ValueError(f"state {self.index} of {len(self.states)}")

    @classmethod
    def of(cls, history: History) -> "Steps":
        """The states of a history as it is now; what is pending is left out."""
        return cls(history.states, history.index)

    @property
    def document(self) -> Document:
        """The current document."""
        return self.states[self.index].document

    def with_step(self, label: str, document: Document) -> "Steps":
        """The steps with one more after the current one, as `History.push` would have them."""
        states = (*self.states[: self.index + 1], State(label, document, -1))
        return Steps(states, len(states) - 1)

    def history(self) -> History:
        """A history with these steps, as far as its limits allow; the current one is saved."""
        first, *others = self.states
        history = History(first.document, first.label)
        for state in others:
            history.push(state.label, state.document)
        after = len(self.states) - 1 - self.index
        history.jump(max(0, len(history.states) - 1 - after))
        history.mark_saved()
        return history
