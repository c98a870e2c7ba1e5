"""The sliders of the texture code: the model's own directions, and those that a person has made."""

import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.models import Models
from app.controllers.session import Change, Session
from app.controllers.slider_library import SliderLibrary
from app.document.document import Document, EditEntry, replace_edit, with_edit
from app.document.sliders import Slider
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot
from models.api import ModelDirections
from models.catalog import Catalog, ModelSpec
from models.edits import DEVIATIONS, TEXTURE_AXIS, AdjustTexture

MOST_RANDOM = 10
"""Sliders that are randomised where none is pinned."""
RANDOM_DEVIATIONS = 2.5
FULL_DETAIL = 1.0
"""What the photo's own detail is for a new edit: it is the photo that is adjusted. The network's
grain stays out, since the photo has its own."""


@dataclass(frozen=True)
class SliderRow:
    """A slider as it stands now.

    Attributes:
        key: what edits call it: "texture:N", or the sha256 of an own direction.
        title: what the person calls it.
        value: standard deviations in the active edit, -6..6.
        share: of the variance of texture codes that lies along it, 0..1; None where unknown.
        own: whether the person has made it, or got it from somebody.
        kept: whether it is in the library; one that came with a document may not be.
        pinned: whether it stands first.
    """

    key: str
    title: str
    value: float = 0.0
    share: float | None = None
    own: bool = False
    kept: bool = False
    pinned: bool = False


class Sliders(QObject):
    """Moves the texture of the picture along directions.

    The active edit is the `AdjustTexture` that is selected in the list of edits, or else the last
    edit if it is one. Where there is none, moving a slider makes one.

    Signals:
        changed(): there are other sliders, or they have other names, pins or values.
        named(): `title` may give other names.
        removed(str, str): a slider, by its key, was taken out of the library, where it had this
            name; `put_back` brings it back.
        failed(Exception): something was not done; the document is as it was.
    """

    changed = Signal()
    named = Signal()
    removed = Signal(str, str)
    failed = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        models: Models,
        library: SliderLibrary,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._models = models
        self._library = library
        self._selected: int | None = None
        self._watched = False
        self._directions: dict[str, ModelDirections | Exception | None] = {}
        self._specs: dict[str, ModelSpec] = {}
        session.changed.connect(self._document_changed)
        models.catalog_changed.connect(self._catalog_changed)
        models.current_changed.connect(self._model_changed)
        library.changed.connect(self.changed)
        library.changed.connect(self.named)

    # What there is

    @property
    def active(self) -> EditEntry | None:
        """The edit that the sliders act on."""
        return self._active_of(self._session.document)

    @property
    def model(self) -> str:
        """The id of the model whose sliders these are; empty where there is none."""
        entry = self.active
        return entry.edit.model if entry is not None else self._models.current

    @property
    def directions(self) -> ModelDirections | None:
        """What the model brings; None while it is not known."""
        found = self._directions.get(self.model)
        return found if isinstance(found, ModelDirections) else None

    @property
    def mean(self) -> npt.NDArray[np.float32] | None:
        """The model's mean texture code, if it has one."""
        return self.directions.texture_mean if self.directions else None

    @property
    def trouble(self) -> Exception | None:
        """Why the model's directions are not known."""
        found = self._directions.get(self.model)
        return found if isinstance(found, Exception) else None

    @property
    def rows(self) -> tuple[SliderRow, ...]:
        """All sliders: pinned ones first, then the person's own, then the model's."""
        directions = self.directions
        if directions is None or not self._library.is_read:
            return ()
        marks = self._library.marks(directions.weights)
        values = self._values()
        kept = {slider.direction.sha256 for slider in self._library.sliders(directions.weights)}
        rows = [
            SliderRow(
                key=(key := slider.direction.sha256),
                title=marks.names.get(key, slider.name),
                value=values.get(key, 0.0),
                share=slider.share,
                own=True,
                kept=key in kept,
                pinned=key in marks.pinned,
            )
            for slider in self._own(directions.weights).values()
        ]
        rows += [
            SliderRow(
                key=(key := f"{TEXTURE_AXIS}{place}"),
                title=marks.names.get(key, usual_title(key)),
                value=values.get(key, 0.0),
                share=share,
                pinned=key in marks.pinned,
            )
            for place, share in enumerate(directions.texture)
        ]
        return tuple(sorted(rows, key=lambda row: not row.pinned))

    def title(self, key: str, model: str) -> str:
        """What the person calls a slider of a model; its usual name while that is not known."""
        directions, spec = self._directions.get(model), self._models.find(model)
        weights = spec.weights.sha256 if spec else ""
        if isinstance(directions, ModelDirections):
            weights = directions.weights
        document = self._session.document
        others = document.sliders if document else ()
        every = (*self._library.sliders(weights), *others)
        own = next((slider for slider in every if slider.direction.sha256 == key), None)
        names = self._library.marks(own.weights if own else weights).names
        return names.get(key, own.name if own else usual_title(key))

    def set_watched(self, on: bool) -> None:
        """Ask the engine for what is shown, or leave it alone while nobody sees it."""
        self._watched = on
        self._ask()

    def select(self, uid: int | None) -> None:
        """Note which edit of the list is selected."""
        self._selected = uid
        self._ask()
        self.changed.emit()

    # Values

    def drag(self, key: str, value: float) -> None:
        """Show a value (-6..6) while a slider moves."""
        if self._session.document is None:
            return
        entry = self.active
        uid = entry.uid if entry else self._session.document.next_uid
        merge = ("slider", uid, key)
        document = self._session.settled(but=merge)
        try:
            there = self.at(document, key, value)
        except Exception as error:  # noqa: BLE001 - whatever the catalog says is for the person
            self.failed.emit(error)
            return
        if there is not None:
            self._session.drag(there, f"Adjust {self.title(key, self.model)}", merge)

    def commit(self, key: str, value: float) -> None:
        """Make a step of a value; steps of one slider in a row are one."""
        self.drag(key, value)
        self._session.commit()

    def set_value(self, key: str, value: float) -> None:
        """Put a slider somewhere at once, as a step of its own."""
        if self._session.document is not None:
            self._session.settled()
            self._push(f"Adjust {self.title(key, self.model)}", {**self._values(), key: value})

    def reset_all(self) -> None:
        """Bring every slider of the active edit back to the middle."""
        if self.active is not None:
            self._push("Reset sliders", {})

    def randomise(self) -> None:
        """Put the pinned sliders somewhere at random; where none is pinned, the first ten."""
        rows = [row for row in self.rows if row.pinned] or self.rows[:MOST_RANDOM]
        drawn = {row.key: round(random.gauss(), 2) for row in rows}
        limit = RANDOM_DEVIATIONS
        values = {key: min(limit, max(-limit, value)) for key, value in drawn.items()}
        if values and self._session.document is not None:
            self._push("Randomise sliders", {**self._values(), **values})

    def at(self, document: Document, key: str, value: float) -> Document | None:
        """A document with a slider at another value; None for a slider that is not there.

        Raises:
            CheckpointMissing: no model is installed for a new edit.
        """
        entry = self._active_of(document)
        before = entry.edit.amounts if entry and isinstance(entry.edit, AdjustTexture) else ()
        if key not in {row.key for row in self.rows}:
            return None
        return self._with_amounts(document, {**dict(before), key: value})

    # Names, pins and files

    def rename(self, key: str, name: str) -> None:
        """Call a slider otherwise; an empty name gives it its usual one."""
        if self.directions is not None:
            self._library.rename(self.directions.weights, key, name)

    def pin(self, key: str, on: bool) -> None:
        """Have a slider stand first, or not."""
        if self.directions is not None:
            self._library.pin(self.directions.weights, key, on=on)

    def remove(self, key: str) -> None:
        """Take an own slider out of the library. A document that uses it keeps it."""
        title = self.title(key, self.model)
        if self._library.remove(key):
            self.removed.emit(key, title)

    def put_back(self, key: str) -> None:
        """Have a slider again that was removed, where it was."""
        self._library.put_back(key)

    def keep(self, key: str) -> None:
        """Put a slider that came with a document into the library."""
        if (slider := self.own(key)) is not None:
            self._library.add([slider])

    def save(self, key: str, path: Path) -> None:
        """Write an own slider into a file for others, under its present name."""
        if (slider := self.own(key)) is not None:
            self._library.save(replace(slider, name=self.title(key, self.model)), path)

    def load(self, path: Path) -> None:
        """Keep the sliders of a file; it has to be one for this model."""
        if self.directions is None:
            self.failed.emit(
                UserError("The sliders of the model are not known yet.", "Open a photo first.")
            )
        else:
            self._library.load(path, self.directions.weights, self.model)

    def own(self, key: str) -> Slider | None:
        """A slider that the model does not bring."""
        return self._own(self.directions.weights).get(key) if self.directions else None

    # Inside

    def _active_of(self, document: Document | None) -> EditEntry | None:
        entries = document.entries if document else ()
        chosen = [entry for entry in entries if entry.uid == self._selected]
        for entry in (*chosen, *entries[-1:]):
            # One whose model is gone is left as it is.
            if isinstance(entry.edit, AdjustTexture) and self._models.has(entry.edit.model):
                return entry
        return None

    def _own(self, weights: str) -> dict[str, Slider]:
        """Of the library and of the document, by hash."""
        document = self._session.document
        others = document.sliders if document else ()
        found: dict[str, Slider] = {}
        for slider in (*self._library.sliders(weights), *others):
            if slider.weights == weights:
                found.setdefault(slider.direction.sha256, slider)
        return found

    def _values(self) -> dict[str, float]:
        entry = self.active
        return dict(entry.edit.amounts) if entry and isinstance(entry.edit, AdjustTexture) else {}

    def _with_amounts(self, document: Document, values: dict[str, float]) -> Document:
        """A document with these sliders and no others off the middle.

        Raises:
            CheckpointMissing: no model is installed for a new edit.
        """
        limited = {key: min(DEVIATIONS, max(-DEVIATIONS, value)) for key, value in values.items()}
        amounts = tuple((key, value) for key, value in limited.items() if value != 0.0)
        own = [slider for key, _ in amounts if (slider := self.own(key)) is not None]
        entry = self._active_of(document)
        if entry is not None:
            edit = replace(entry.edit, amounts=amounts)
            return replace_edit(document, entry.uid, edit, sliders=own)
        if not amounts:
            return document
        model = self._models.current_or_raise()
        edit = AdjustTexture(model=model, amounts=amounts, detail=FULL_DETAIL, seed=None)
        return with_edit(document, edit, sliders=own)

    def _push(self, label: str, values: dict[str, float]) -> None:
        document = self._session.settled()
        try:
            self._session.push(label, self._with_amounts(document, values))
        except Exception as error:  # noqa: BLE001 - whatever the catalog says is for the person
            self.failed.emit(error)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self._selected = None
            # What went wrong before may go well now.
            known = self._directions.items()
            self._directions = {k: v for k, v in known if not isinstance(v, Exception)}
        self._ask()
        self.changed.emit()

    def _model_changed(self, _model: str) -> None:
        self._ask()
        self.changed.emit()

    def _catalog_changed(self, catalog: Catalog) -> None:
        before, self._specs = self._specs, {spec.id: spec for spec in catalog}
        for model in tuple(self._directions):
            if self._specs.get(model) != before.get(model):
                del self._directions[model]
        self._ask()

    def _ask(self) -> None:
        """Ask the engine for the model's directions, once, when they are looked at."""
        model = self.model
        wanted = self._watched and self._session.document is not None
        if not wanted or not model or model in self._directions:
            return
        self._directions[model] = None

        def work(means: Means) -> ModelDirections:
            return means.backend.directions(model)

        def done(found: ModelDirections | Exception) -> None:
            self._directions[model] = found
            self.changed.emit()
            self.named.emit()

        def cancelled() -> None:
            self._directions.pop(model, None)

        self._queue.submit(Slot.DIRECTIONS, work, done=done, failed=done, cancelled=cancelled)


def usual_title(key: str) -> str:
    """The name of a model's own direction, "texture:0" or "structure:0"."""
    place = key.partition(":")[2]
    return f"Direction {int(place) + 1}" if place else "Unknown slider"
