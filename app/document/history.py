"""The history: the documents that were, and the one that is.

A list of documents and an index. Undo and redo move the index, so there is nothing to invert.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from app.document.document import Document
from app.document.tiles import TiledArray

_Part: TypeAlias = "npt.NDArray[Any] | tuple[_Part, ...]"


@dataclass(frozen=True)
class State:
    """One step.

    Attributes:
        label: what led to it, "Open", "Swap texture".
        document: how it left the document.
        serial: a number that no other state of the history ever had.
    """

    label: str
    document: Document
    serial: int


class History:
    """Where every change of the document goes through. GUI thread only.

    What is shown is the pending document, while a stroke or a drag makes one, else the current one.
    Every change of the index or the list drops a pending document.

    Args:
        document: the first state, which counts as saved.
        label: what led to it.
        max_steps: how many steps can be undone.
        max_bytes: what tiles, pictures, alphas and sliders of all states may take beyond what the
            current one holds. Each push drops the oldest states until both limits are kept.

    Signals:
        changed(old, new): another document is shown.
        steps_changed(): the list, the index or the saved mark is another.

    A listener may call the history again: what that emits comes after what is being emitted.

    Attributes:
        thumbs: small pictures of states, H x W x 3, by serial; whoever has one puts it there, and
            it goes with its state.
    """

    changed = Signal(object, object, reemission="queued")
    steps_changed = Signal(reemission="queued")

    def __init__(
        self,
        document: Document,
        label: str = "Open",
        *,
        max_steps: int = 200,
        max_bytes: int = 256 * 2**20,
    ) -> None:
        self._states = (State(label, document, 0),)
        self._index = 0
        self._pending: Document | None = None
        self._next_serial = 1
        self._saved: Document | None = document
        self._merge: Hashable = None
        self._max_steps = max_steps
        self._max_bytes = max_bytes
        self._held = _Held(document)
        self.thumbs: dict[int, npt.NDArray[np.uint8]] = {}

    @property
    def states(self) -> tuple[State, ...]:
        """All steps, oldest first; those after `index` are undone."""
        return self._states

    @property
    def index(self) -> int:
        return self._index

    @property
    def current(self) -> Document:
        """The document of the state at `index`."""
        return self._state.document

    @property
    def document(self) -> Document:
        """What is shown: the pending document, else the current one."""
        return self.current if self._pending is None else self._pending

    @property
    def pending(self) -> Document | None:
        """The document of a stroke or a drag that goes on; setting it shows it, None drops it."""
        return self._pending

    @pending.setter
    def pending(self, document: Document | None) -> None:
        shown = self.document
        self._pending = document
        self._emit_changed(shown)

    @property
    def can_undo(self) -> bool:
        return self._pending is not None or self._index > 0

    @property
    def can_redo(self) -> bool:
        return self._index + 1 < len(self._states)

    @property
    def undo_label(self) -> str:
        """The label of the step that `undo` takes back; "" if there is none, or only pending."""
        return self._state.label if self._pending is None and self._index > 0 else ""

    @property
    def redo_label(self) -> str:
        """The label of the step that `redo` brings back; "" if there is none."""
        return self._states[self._index + 1].label if self.can_redo else ""

    @property
    def is_saved(self) -> bool:
        """Whether what is shown is what was saved."""
        return self.document == self._saved

    def is_state_saved(self, state: State) -> bool:
        """Whether this is what was saved."""
        return state.document == self._saved

    def push(self, label: str, document: Document, merge: Hashable = None) -> None:
        """Make `document` the newest state; what was undone is gone.

        A document equal to the current one is no step. With the merge key of the newest state,
        and nothing undone, redone or saved since, the new state takes that one's place; if it
        leads back to the state before, the step vanishes.
        """
        shown = self.document
        self._pending = None
        pushed = document != self.current
        if pushed:
            self._push(label, document, merge)
        self._emit_changed(shown)
        if pushed:
            self.steps_changed.emit()

    def commit(self, label: str, merge: Hashable = None) -> None:
        """Push the pending document, if there is one."""
        if self._pending is not None:
            self.push(label, self._pending, merge)

    def drop_pending(self) -> None:
        """Show the current state again."""
        self.pending = None

    def undo(self) -> None:
        """Take back the newest that can be: the pending document, else a step; else nothing."""
        if self._pending is not None:
            self.drop_pending()
        elif self.can_undo:
            self.jump(self._index - 1)

    def redo(self) -> None:
        """Bring back the step that was undone last, if there is one."""
        if self.can_redo:
            self.jump(self._index + 1)

    def jump(self, index: int) -> None:
        """Make another state the current one; IndexError if there is none."""
        if not 0 <= index < len(self._states):
            raise IndexError(index)
        shown, moved = self.document, index != self._index
        self._index = index
        self._pending = self._merge = None
        self._emit_changed(shown)
        if moved:
            self.steps_changed.emit()

    def mark_saved(self, document: Document | None = None) -> None:
        """Note that a document is in a file now, the current one if none is given.

        One that is no state, or none any more, changes nothing.
        """
        document = document or self.current
        if any(state.document == document for state in self._states):
            self._mark(document)

    def mark_unsaved(self) -> None:
        """Note that no document of the history is in a file."""
        self._mark(None)

    @property
    def _state(self) -> State:
        return self._states[self._index]

    def _mark(self, document: Document | None) -> None:
        self._saved = document
        self._merge = None
        self.steps_changed.emit()

    def _push(self, label: str, document: Document, merge: Hashable) -> None:
        merged = merge is not None and merge == self._merge
        kept = self._states[: self._index + (0 if merged else 1)]
        for state in self._states[len(kept) :]:
            self._drop(state)
        if kept and document == kept[-1].document:
            self._merge = None
        else:
            kept = (*kept, State(label, document, self._next_serial))
            self._next_serial += 1
            self._merge = merge
            self._held.hold(document)
        self._states = self._trimmed(kept)
        self._index = len(self._states) - 1

    def _trimmed(self, states: tuple[State, ...]) -> tuple[State, ...]:
        """The newest of these states that the limits allow; the last one always."""
        last_bytes = _Held(states[-1].document).nbytes
        first = max(0, len(states) - 1 - self._max_steps)
        for state in states[:first]:
            self._drop(state)
        while first + 1 < len(states) and self._held.nbytes - last_bytes > self._max_bytes:
            self._drop(states[first])
            first += 1
        return states[first:]

    def _drop(self, state: State) -> None:
        self._held.release(state.document)
        self.thumbs.pop(state.serial, None)

    def _emit_changed(self, shown: Document) -> None:
        if shown != self.document:
            self.changed.emit(shown, self.document)


class _Held:
    """Bytes that documents hold together, whatever they share counted once.

    Nested tuples that documents share are counted as a whole, so that a step costs what it
    changed and not what the document has. Works by identity: who holds a document keeps it alive.
    """

    def __init__(self, document: Document) -> None:
        self.nbytes = 0
        self._uses: dict[int, int] = {}
        self.hold(document)

    def hold(self, document: Document) -> None:
        self._hold(_parts(document))

    def release(self, document: Document) -> None:
        self._release(_parts(document))

    def _hold(self, parts: Iterable[_Part]) -> None:
        for part in parts:
            uses = self._uses.get(id(part), 0)
            self._uses[id(part)] = uses + 1
            if uses > 0:
                continue
            if isinstance(part, tuple):
                self._hold(part)
            else:
                self.nbytes += part.nbytes

    def _release(self, parts: Iterable[_Part]) -> None:
        for part in parts:
            uses = self._uses.pop(id(part)) - 1
            if uses > 0:
                self._uses[id(part)] = uses
            elif isinstance(part, tuple):
                self._release(part)
            else:
                self.nbytes -= part.nbytes


def _parts(document: Document) -> Iterator[_Part]:
    """The arrays of a document, those of its label map and masks in nested tuples."""
    for photo in (document.base, *document.references):
        yield photo.picture.rgb_hwc
        if photo.alpha_hw is not None:
            yield photo.alpha_hw
    for mask in document.masks:
        yield mask.levels.tile_rows if isinstance(mask.levels, TiledArray) else mask.grey_hw
    for slider in document.sliders:
        yield slider.direction.values
    if document.labels is not None:
        yield document.labels.ids.tile_rows
