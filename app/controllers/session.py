"""The open document: the one place through which it changes."""

from collections.abc import Hashable
from enum import Enum

from PySide6.QtCore import QObject, Signal

from app.document.document import Document
from app.document.history import History
from app.document.io.steps import Steps


class Change(Enum):
    """Why another document is shown than before.

    STEP: a step was made and is in the history.
    DRAG: a slider or a stroke is on its way; nothing is in the history yet.
    JUMP: undo, redo, a click into the history.
    OPEN: another picture was opened, or the picture was closed.
    """

    STEP = "step"
    DRAG = "drag"
    JUMP = "jump"
    OPEN = "open"


class Session(QObject):
    """One document with its history, or none. Lives on the GUI thread.

    Signals:
        changed(Document | None, Change): what is shown now, and why.
        steps_changed(): the list of steps, the place in it, or the mark of what was saved.

    Attributes:
        history: of the open document, or None.
    """

    changed = Signal(object, object)
    steps_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history: History | None = None
        self._why = Change.STEP
        self._drag: tuple[str, Hashable | None] = ("", None)

    @property
    def document(self) -> Document | None:
        """What is shown: the drag on its way, or else the last step."""
        return self.history.document if self.history else None

    @property
    def unsaved(self) -> bool:
        """Whether there is work that is in no project file."""
        return self.history is not None and not self.history.is_saved

    def steps(self) -> Steps | None:
        """The history as a value; what is on its way is its last step."""
        if self.history is None:
            return None
        steps = Steps.of(self.history)
        pending = self.history.pending
        return steps if pending is None else steps.with_step(self._drag[0], pending)

    def open(self, document: Document, label: str = "Open") -> None:
        """Replace the open document and its history."""
        self.restore(History(document, label))

    def restore(self, history: History) -> None:
        """Replace the open document by one that has a history already."""
        self._replace(history)

    def close(self) -> None:
        """Have no document."""
        if self.history is not None:
            self._replace(None)

    def push(self, label: str, document: Document, merge: Hashable | None = None) -> None:
        """Make a step; an equal document is none. `merge` as in `History.push`."""
        if self.history is not None:
            self._why = Change.STEP
            self.history.push(label, document, merge)

    def drag(self, document: Document, label: str, merge: Hashable | None = None) -> None:
        """Show a document that is still on its way. `label` and `merge` are those of its step."""
        if self.history is not None:
            self._why = Change.DRAG
            self._drag = (label, merge)
            self.history.pending = document

    def settled(self, but: Hashable | None = None) -> Document:
        """The document that a change begins with. There must be one.

        What is on its way is made a step first, so that the change does not undo it; unless it is
        the drag with the key `but`, which goes on.
        """
        assert self.history is not None, "a change without a document"
        if but is None or but != self._drag[1]:
            self.commit()
        return self.history.current

    def drop(self) -> bool:
        """Give up what is on its way; whether there was anything."""
        if self.history is None or self.history.pending is None:
            return False
        self._why = Change.JUMP
        self.history.drop_pending()
        return True

    def commit(self) -> None:
        """Make a step of what is on its way."""
        if self.history is not None and self.history.pending is not None:
            self._why = Change.STEP
            document = self.history.pending
            self.history.commit(*self._drag)
            # The drag has shown it already, so the history sees no change; the hand rests now.
            if self.document is document:
                self.changed.emit(document, Change.STEP)

    def undo(self) -> None:
        """Take back the last step; what is on its way is one, which can be brought back."""
        if self.history is not None:
            self.commit()
            self._why = Change.JUMP
            self.history.undo()

    def redo(self) -> None:
        """Bring back the step that was taken back last."""
        if self.history is not None:
            self.commit()
            self._why = Change.JUMP
            self.history.redo()

    def jump(self, index: int) -> None:
        """Go to a step by its place in the history."""
        if self.history is not None:
            self._why = Change.JUMP
            self.history.jump(index)

    def _replace(self, history: History | None) -> None:
        if self.history is not None:
            self.history.changed.disconnect(self._changed)
            self.history.steps_changed.disconnect(self._steps_changed)
        self.history = history
        if history is not None:
            history.changed.connect(self._changed)
            history.steps_changed.connect(self._steps_changed)
        self.changed.emit(self.document, Change.OPEN)
        self.steps_changed.emit()

    def _changed(self, old: Document, new: Document) -> None:
        self.changed.emit(new, self._why)

    def _steps_changed(self) -> None:
        self.steps_changed.emit()
