"""Regions: proposed where the artist clicks, mended with the brush, moved by sliders."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.patches import Canvas, CanvasStroke, entry_for, masks_of, shown_masks
from app.controllers.proposals import Proposal, first_proposal
from app.controllers.region_finder import RegionFinder
from app.controllers.requests import request_of
from app.controllers.session import Change, Session
from app.controllers.telling import telling
from app.document.document import Document, EditEntry, Photo, replace_edit, with_edit
from app.document.masks import empty_levels, mask_of
from app.document.tiles import TiledArray
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot
from app.tools.mask_brush import SoftBrushSettings
from models.api import ModelDirections, SimilarityRequest, SimilarityResult
from models.edits import EditRegion

KEPT = 64
"""So many versions of regions are remembered with what they were proposed of."""
NAME = "Region"
FLAT = (
    "Nothing stands out here: nearly all of the picture looks the same to the model.",
    "Click something that differs from its surroundings, or paint the region with Add.",
)
NO_REGION = ("There is no region yet.", "Click what you want to change.")
Model = Callable[[], str]


@dataclass(frozen=True)
class RegionFacts:
    """What is to be seen of the active region.

    Attributes:
        exists: whether there is one.
        threshold: of its proposal; None where it is not known any more.
        contiguous: of its proposal.
        amounts: how far it is moved, by direction.
        axes: share of the variance of each direction that the model brings; None while it is
            being asked.
        copied: whether there is a move that can be pasted into it.
    """

    exists: bool = False
    threshold: float | None = None
    contiguous: bool = True
    amounts: tuple[tuple[str, float], ...] = ()
    axes: tuple[float, ...] | None = ()
    copied: bool = False


class Regions(QObject):
    """Makes and changes `EditRegion` edits.

    A click adds the edit at once, with nothing moved, so that everything after it can be undone. A
    click somewhere else proposes another region in its place, as long as nothing is moved.

    Signals:
        changed(RegionFacts): what is to be seen of the active region is another.
        reshaped(): a click, a brush or the threshold changes where a region is.
        moved(): a slider moves it.
        refused(Exception): a sentence for the person; nothing was changed.

    Attributes:
        finder: looks for regions.
    """

    changed = Signal(object)
    reshaped = Signal()
    moved = Signal()
    refused = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        model: Model,
        working_px: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        """
        Args:
            model: gives the id of the model for new edits; it raises when there is none.
            working_px: gives the shorter side at which pictures are looked at.
        """
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._model = model
        self._working_px = working_px
        self._selected: int | None = None
        self._known: OrderedDict[str, Proposal] = OrderedDict()
        # Of the drag on its way: of all that it passes only what becomes a step is remembered.
        self._dragged: dict[str, Proposal] = {}
        self._axes: dict[str, tuple[float, ...] | None] = {}
        # Of which model, and how far: directions of another model lead elsewhere.
        self._copied: tuple[str, tuple[tuple[str, float], ...]] = ("", ())
        self.finder = RegionFinder(queue, self)
        self.finder.found.connect(self._found)
        self.finder.failed.connect(self.refused)
        session.changed.connect(self._document_changed)

    @property
    def active(self) -> EditEntry | None:
        """The region that sliders and brushes act on."""
        document = self._session.document
        return entry_for(document, self._selected, EditRegion) if document else None

    @property
    def facts(self) -> RegionFacts:
        """What is to be seen of the active region."""
        edit = self._edit
        if edit is None:
            return RegionFacts(axes=self._axes.get(self._model_or_none, ()))
        proposal = self._proposal_of(edit.region)
        return RegionFacts(
            exists=True,
            threshold=proposal.threshold if proposal else None,
            contiguous=proposal.contiguous if proposal else True,
            amounts=edit.amounts,
            axes=self._axes.get(edit.model, ()),
            copied=self._copied[0] == edit.model,
        )

    def select(self, uid: int | None) -> None:
        """Make an edit of the list the active one, if it is a region."""
        self._selected = uid
        if self.active is not None:
            self.refresh()
        else:
            self._tell()

    def refresh(self) -> None:
        """Ask for the directions of the model, if they are not known yet, and tell."""
        edit = self._edit
        model = edit.model if edit is not None else self._model_or_none
        if model and model not in self._axes:
            self._ask_axes(model)
        self._tell()

    # A click

    def propose(self, x_px: float, y_px: float) -> None:
        """Look for what is like the structure at a place of the document."""
        document = self._session.document
        if document is None:
            return
        if 0 <= x_px < document.width_px and 0 <= y_px < document.height_px:
            with telling(self.refused.emit):
                self._ask(self._session.settled(), x_px, y_px, self._model())

    def _ask(self, document: Document, x_px: float, y_px: float, model: str) -> None:
        replaced = self._replaceable(document)
        before = document.entries[: document.index(replaced)] if replaced else document.entries
        below = replace(document, entries=before)
        request = SimilarityRequest(
            picture=request_of(below, self._working_px()),
            x=x_px / document.width_px,
            y=y_px / document.height_px,
            model=model,
        )
        self.finder.look(request, document.base)

    def _found(self, result: SimilarityResult, request: SimilarityRequest, base: Photo) -> None:
        now = self._session.document
        if now is not None and now.base == base:
            with telling(self.refused.emit):
                self._take(result, request)

    def _take(self, result: SimilarityResult, request: SimilarityRequest) -> None:
        if result.flat:
            raise UserError(*FLAT)
        document = self._session.settled()
        proposal = first_proposal(document, result, request)
        mask = mask_of(proposal.mask.levels)
        self._remember(mask.sha256, proposal)
        uid = self._replaceable(document)
        if uid is not None:
            edit = replace(document.entry(uid).edit, region=mask.sha256)
            document = replace_edit(document, uid, edit, masks=(mask,))
        else:
            edit = EditRegion(model=request.model, region=mask.sha256, detail=1.0, seed=None)
            document = with_edit(document, edit, masks=(mask,))
        self._session.push(NAME, document)
        self.reshaped.emit()
        self.refresh()

    def _replaceable(self, document: Document) -> int | None:
        """The active region as long as nothing is moved in it."""
        entry = entry_for(document, self._selected, EditRegion)
        edit = entry.edit if entry is not None else None
        unmoved = isinstance(edit, EditRegion) and not edit.amounts
        return entry.uid if entry is not None and unmoved else None

    # The proposal

    def drag_threshold(self, threshold: float) -> None:
        """Show the region of another similarity (-1..1) while the slider moves."""
        self._propose_again("Change threshold", threshold=threshold)

    def commit_threshold(self, threshold: float) -> None:
        """Make a step of it; steps in a row are one."""
        self.drag_threshold(threshold)
        self._session.commit()

    def set_contiguous(self, on: bool) -> None:
        """Have only what hangs together with the clicked place, or all that is like it."""
        self._propose_again("Connected only" if on else "Everywhere", contiguous=on)
        self._session.commit()

    def _propose_again(self, words: str, **values: Any) -> None:
        entry, edit = self.active, self._edit
        if entry is None or edit is None:
            return
        key = (words, entry.uid)
        document = self._session.settled(but=key)
        # What is shown may be a drag; the step that it began with knows its proposal, too.
        known = self._proposal_of(edit.region)
        if known is None:
            return
        kept = {"threshold": known.threshold, "contiguous": known.contiguous}
        proposal = known.with_other(**(kept | values))
        self._drag(document, entry.uid, proposal, words, key)

    def _drag(
        self, document: Document, uid: int, proposal: Proposal, words: str, key: tuple[str, int]
    ) -> None:
        mask = mask_of(proposal.mask.levels)
        self._dragged = {mask.sha256: proposal}
        edit = replace(document.entry(uid).edit, region=mask.sha256)
        self.reshaped.emit()
        self._session.drag(replace_edit(document, uid, edit, masks=(mask,)), words, key)

    # The brush

    def stroke(self, settings: SoftBrushSettings, *, remove: bool) -> tuple[CanvasStroke, str]:
        """A stroke that adds to the active region or takes away from it, and its name.

        Without a region what is painted becomes one.

        Raises:
            UserError: there is nothing to take away from.
            ModelsError: there is no model for a new region.
        """
        document = self._session.settled()
        entry = entry_for(document, self._selected, EditRegion)
        if entry is None and remove:
            raise UserError(*NO_REGION)
        canvas = self._new(document) if entry is None else self.canvas(document, entry)
        words = "Take from region" if remove else "Add to region"
        return CanvasStroke(canvas, document, settings, erase=remove), words

    def canvas(self, document: Document, entry: EditEntry) -> Canvas:
        """Where strokes on a region go; what they change outlasts other thresholds."""

        def make(painted: Sequence[TiledArray]) -> Document:
            mask = mask_of(painted[0])
            edit = replace(entry.edit, region=mask.sha256)
            return replace_edit(document, entry.uid, edit, masks=(mask,))

        def ended(changed: Document) -> Document:
            self._note_stroke(entry, changed)
            return changed

        self.reshaped.emit()
        return Canvas(shown_masks(document, entry), make, ended=ended)

    def _new(self, document: Document) -> Canvas:
        model = self._model()

        def make(painted: Sequence[TiledArray]) -> Document:
            mask = mask_of(painted[0])
            edit = EditRegion(model=model, region=mask.sha256, detail=1.0, seed=None)
            return with_edit(document, edit, masks=(mask,))

        self.reshaped.emit()
        return Canvas((empty_levels(document.width_px, document.height_px),), make)

    def _note_stroke(self, before: EditEntry, changed: Document) -> None:
        """The proposal of a region goes on to hold after a stroke."""
        now = changed.entry(before.uid)
        (was,), (region,) = masks_of(before.edit), masks_of(now.edit)
        known = self._known.get(was)
        if known is not None:
            (levels,) = shown_masks(changed, now)
            self._remember(region, replace(known, mask=known.mask.painted(levels)))

    # The move

    def drag_amount(self, axis: str, amount: float) -> None:
        """Show the region moved by so many deviations along a direction while its slider moves."""
        entry = self.active
        if entry is None:
            return
        key = (axis, entry.uid)
        document = self._session.settled(but=key)
        edit = document.entry(entry.uid).edit
        assert isinstance(edit, EditRegion)
        amounts = dict(edit.amounts) | {axis: amount}
        self.moved.emit()
        changed = self._moved(document, entry.uid, amounts)
        self._session.drag(changed, "Change region", key)

    def commit_amount(self, axis: str, amount: float) -> None:
        """Make a step of it; steps of one slider in a row are one."""
        self.drag_amount(axis, amount)
        self._session.commit()

    def copy_move(self) -> None:
        """Remember how far the active region is moved."""
        edit = self._edit
        if edit is not None and edit.amounts:
            self._copied = (edit.model, edit.amounts)
            self._tell()

    def paste_move(self) -> None:
        """Move the active region as far as the one that was copied from."""
        entry = self.active
        if entry is None:
            self.refused.emit(UserError(*NO_REGION))
        elif self.facts.copied:
            self.moved.emit()
            document = self._moved(self._session.settled(), entry.uid, dict(self._copied[1]))
            self._session.push("Paste move", document)

    def reset_move(self) -> None:
        """Have the active region where it was."""
        entry = self.active
        if entry is not None:
            self._session.push("Reset region", self._moved(self._session.settled(), entry.uid, {}))

    def _moved(self, document: Document, uid: int, amounts: dict[str, float]) -> Document:
        there = tuple((axis, amount) for axis, amount in amounts.items() if amount)
        return replace_edit(document, uid, replace(document.entry(uid).edit, amounts=there))

    # Inside

    @property
    def _edit(self) -> EditRegion | None:
        entry = self.active
        return entry.edit if entry is not None and isinstance(entry.edit, EditRegion) else None

    @property
    def _model_or_none(self) -> str:
        found = ""
        with telling(lambda _error: None):
            found = self._model()
        return found

    def _ask_axes(self, model: str) -> None:
        self._axes[model] = None

        def work(means: Means) -> ModelDirections:
            return means.backend.directions(model)

        def done(directions: ModelDirections) -> None:
            self._axes[model] = directions.structure
            self._tell()

        def unanswered(*_error: Exception) -> None:
            del self._axes[model]
            self._tell()

        # Whoever moves the region or renders it is told what is wrong with the model.
        self._queue.submit(
            Slot.DIRECTIONS, work, done=done, failed=unanswered, cancelled=unanswered
        )

    def _proposal_of(self, region: str) -> Proposal | None:
        return self._dragged.get(region) or self._known.get(region)

    def _remember(self, sha256: str, proposal: Proposal) -> None:
        self._known[sha256] = proposal
        self._known.move_to_end(sha256)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _tell(self) -> None:
        self.changed.emit(self.facts)

    def _document_changed(self, _document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self.finder.stop()
            self._known.clear()
            self._selected = None
        if why is Change.STEP:
            for sha256, proposal in self._dragged.items():
                self._remember(sha256, proposal)
        # What is dragged is shown by its own slider, or is the canvas' affair.
        if why is not Change.DRAG:
            self._dragged.clear()
            self._tell()
