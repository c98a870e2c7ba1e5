"""The clone brush, the texture brush, the region tool and their eraser, on the open document."""

import itertools
from dataclasses import replace
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.controllers.painting import LARGEST_PX, SIZE_STEP, SMALLEST_PX
from app.controllers.patches import (
    Canvas,
    CanvasStroke,
    entry_for,
    mask_canvas,
    patch_canvas,
    shown_masks,
)
from app.controllers.regions import Model, Regions
from app.controllers.retouch_settings import RegionMode, RetouchKind, RetouchSettings
from app.controllers.session import Change, Session
from app.controllers.sources import Sources
from app.controllers.telling import telling
from app.document.document import Document, EditEntry
from app.document.tiles import TiledArray
from app.errors import UserError
from app.tools.stroke import StrokeSample
from models.edits import CloneStructure, CodeEdit, EditRegion, PaintTexture

JITTER_VIEW = 4.0
"""A hand that moves less between press and release has clicked, in pixels of the screen."""
CLONED_DETAIL = 1.0
"""Of a new clone: what is copied looks like its source, grain included."""
PAINTED_DETAIL = 0.5
"""Of a new painting of textures: the place can still be told."""
Brushed = TypeVar("Brushed", CloneStructure, PaintTexture)
NO_EDIT = (
    "There is no edit to erase from.",
    "Choose one in the panel Edits, or paint with the clone or the texture brush first.",
)
BEYOND = (
    "Nothing was copied: what would come here lies beyond the edge of the source's picture.",
    "Paint elsewhere, or hold Ctrl or Alt and click another place to copy from.",
)
STEPS = {
    RetouchKind.CLONE: "Clone",
    RetouchKind.TEXTURE: "Paint texture",
    RetouchKind.ERASE: "Erase",
}
"""What the steps of the brushes are called."""


class Retouching(QObject):
    """The tool in hand and what it does to the document.

    A stroke is one step of the history; while it is on its way the document is the session's drag.
    It goes into the edit that is selected, if the tool made it, or else the last of the list, or
    else a new one.

    Signals:
        tool_changed(RetouchKind)
        settings_changed(RetouchSettings)
        masks_changed(): `shown_masks` may be others.
        refused(Exception): a sentence for the person; nothing was changed.

    Attributes:
        tool: in hand.
        settings: of all tools.
        sources: where the brushes take from.
        regions: what the region tool acts on.
    """

    tool_changed = Signal(object)
    settings_changed = Signal(object)
    masks_changed = Signal()
    refused = Signal(object)

    def __init__(
        self,
        session: Session,
        model: Model,
        sources: Sources,
        regions: Regions,
        parent: QObject | None = None,
    ) -> None:
        """`model` gives the id of the model for new edits; it raises when there is none."""
        super().__init__(parent)
        self._session = session
        self._model = model
        self.sources = sources
        self.regions = regions
        self.tool = RetouchKind.HAND
        self.settings = RetouchSettings()
        self._selected: int | None = None
        self._zoom = 1.0
        self._stroke: CanvasStroke | None = None
        self._words = ""
        self._key = ("retouch", 0)
        self._numbers = itertools.count(1)
        self._pending: StrokeSample | None = None
        self._last_end: StrokeSample | None = None
        self._own = False
        sources.failed.connect(self.refused)
        regions.refused.connect(self.refused)
        session.changed.connect(self._document_changed)

    @property
    def shown_masks(self) -> tuple[TiledArray, ...]:
        """Where the selected edit acts, or else the last one; nothing if that is everywhere."""
        document = self._session.document
        if document is None:
            return ()
        chosen = next((e for e in document.entries if e.uid == self._selected), None)
        entry = chosen or entry_for(document, None, CodeEdit)
        return shown_masks(document, entry) if entry is not None else ()

    # Choosing

    def choose_tool(self, tool: RetouchKind) -> None:
        """Take a tool in hand; what is on its way is given up."""
        self.cancel()
        self.tool = tool
        if tool is RetouchKind.REGION:
            self.regions.refresh()
        self.tool_changed.emit(tool)

    def change(self, **values: Any) -> None:
        """Use other settings, by the names of `RetouchSettings`."""
        settings = replace(self.settings, **values)
        if settings != self.settings:
            self.settings = settings
            self.sources.set_aligned(settings.aligned)
            self.settings_changed.emit(settings)

    def set_size(self, diameter_px: float) -> None:
        """Another width of the brush."""
        self.change(size_px=min(max(diameter_px, SMALLEST_PX), LARGEST_PX))

    def step_size(self, steps: int) -> None:
        """The next larger widths, or smaller ones for a negative number."""
        size_px = self.settings.size_px
        wanted, moved = size_px * SIZE_STEP**steps, size_px + steps
        self.set_size(max(wanted, moved) if steps > 0 else min(wanted, moved))

    def set_zoom(self, zoom: float) -> None:
        """Say how many pixels of the screen a document pixel takes: smoothing feels the same."""
        self._zoom = zoom

    def select(self, uid: int | None) -> None:
        """Make an edit of the list the active one."""
        self._selected = uid
        self.regions.select(uid)
        self.masks_changed.emit()

    # The hand

    def press(self, sample: StrokeSample, *, shift: bool = False, eraser: bool = False) -> None:
        """The pen is put down.

        Args:
            sample: where.
            shift: the brush goes straight from where the last stroke ended; the region tool adds.
            eraser: the pen was turned around, or Alt is held with the region tool.
        """
        if self._session.document is None or self.tool is RetouchKind.HAND:
            return
        self.cancel()
        with telling(self.refused.emit):
            if self.tool is RetouchKind.REGION:
                self._press_region(sample, add=shift, remove=eraser)
            else:
                self._begin(sample, shift=shift, erase=eraser)

    def drag(self, sample: StrokeSample) -> None:
        """The pen moves while it is down."""
        if self._pending is not None:
            self._leave_pending(sample)
        if self._stroke is not None:
            self._last_end = sample
            self._show(self._stroke.add(sample))

    def release(self, sample: StrokeSample) -> None:
        """The pen is lifted: what it did is a step."""
        pending, self._pending = self._pending, None
        if pending is not None:
            self.regions.propose(pending.x_px, pending.y_px)
        stroke = self._stroke
        if stroke is None:
            return
        self._last_end = sample
        self._show(stroke.finish())
        self._let_go()
        self._settle(stroke)

    def cancel(self) -> None:
        """Give up what is on its way; a region that is being looked for, too."""
        self.regions.finder.stop()
        if self._let_go():
            self._session.drop()

    def source_here(self, x_px: float, y_px: float) -> None:
        """Alt or Ctrl and a click on the canvas: the tool takes from here."""
        if self.tool is RetouchKind.CLONE:
            self.sources.clone_here(x_px, y_px)
        elif self.tool is RetouchKind.TEXTURE:
            self.sources.texture_here(x_px, y_px, self.settings.size_px)

    def source_in(self, sha256: str, x: float, y: float) -> None:
        """A click on a reference, in shares of its width and height: the tool takes from there."""
        if self.tool is RetouchKind.TEXTURE:
            self.sources.texture_in(sha256, x, y, self.settings.size_px)
        else:
            self.sources.clone_in(sha256, x, y)

    def _begin(self, sample: StrokeSample, *, shift: bool, erase: bool) -> None:
        document = self._session.settled()
        start = self._last_end if shift and self._last_end is not None else sample
        tool = RetouchKind.ERASE if erase else self.tool
        canvas = self._canvas(document, tool, start)
        stroke = CanvasStroke(
            canvas,
            document,
            self.settings.brush(self._zoom),
            erase=tool is RetouchKind.ERASE,
        )
        self._put_down(stroke, STEPS[tool], start, sample)

    def _canvas(self, document: Document, tool: RetouchKind, start: StrokeSample) -> Canvas:
        if tool is RetouchKind.ERASE:
            erased = entry_for(document, self._selected, CodeEdit)
            if erased is None:
                raise UserError(*NO_EDIT)
            region = isinstance(erased.edit, EditRegion)
            return (self.regions.canvas if region else mask_canvas)(document, erased)
        if tool is RetouchKind.CLONE:
            entry, edit = self._edit_of(document, CloneStructure, CLONED_DETAIL)
            patch, limit = self.sources.begin_clone(document, start.x_px, start.y_px)
            return patch_canvas(document, entry, edit, patch, limit)
        texture = self.sources.texture_patch(self.settings.amount)
        entry, edit = self._edit_of(document, PaintTexture, PAINTED_DETAIL)
        return patch_canvas(document, entry, edit, texture)

    def _edit_of(
        self, document: Document, kind: type[Brushed], detail: float
    ) -> tuple[EditEntry | None, Brushed]:
        """The edit that a brush paints into; without an entry a new one."""
        entry = entry_for(document, self._selected, kind)
        if entry is not None and isinstance(entry.edit, kind):
            return entry, entry.edit
        return None, kind(model=self._model(), detail=detail, seed=None)

    def _put_down(
        self, stroke: CanvasStroke, words: str, start: StrokeSample, sample: StrokeSample
    ) -> None:
        self._stroke = stroke
        self._words, self._key = words, ("retouch", next(self._numbers))
        if start is not sample:
            stroke.add(start)
        self._last_end = sample
        self._show(stroke.add(sample))

    def _show(self, document: Document) -> None:
        self._own = True
        self._session.drag(document, self._words, self._key)
        self._own = False

    def _let_go(self) -> bool:
        """Have nothing on its way any more; whether there was a stroke."""
        was_stroke = self._stroke is not None
        self._stroke = self._pending = None
        if was_stroke:
            self.sources.end_clone()
        return was_stroke

    def _settle(self, stroke: CanvasStroke) -> None:
        """Make a step of a stroke that has ended; one that has changed nothing is none."""
        if not stroke.changed:
            self._session.drop()
            if stroke.missed:
                self.refused.emit(UserError(*BEYOND))
            return
        self._own = True
        self._session.commit()
        self._own = False

    # The region tool: a click looks for a region, a drag paints one

    def _press_region(self, sample: StrokeSample, *, add: bool, remove: bool) -> None:
        mode = RegionMode.REMOVE if remove else RegionMode.ADD if add else self.settings.mode
        if mode is RegionMode.PICK:
            self._pending = sample
        else:
            self._begin_region(sample, remove=mode is RegionMode.REMOVE)

    def _begin_region(self, sample: StrokeSample, *, remove: bool) -> None:
        stroke, words = self.regions.stroke(self.settings.brush(self._zoom), remove=remove)
        self._put_down(stroke, words, sample, sample)

    def _leave_pending(self, sample: StrokeSample) -> None:
        start = self._pending
        assert start is not None
        moved_px = max(abs(sample.x_px - start.x_px), abs(sample.y_px - start.y_px))
        if moved_px * self._zoom > JITTER_VIEW and self.regions.active is not None:
            self._pending = None
            with telling(self.refused.emit):
                self._begin_region(start, remove=False)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        # Whatever else changes the document ends the stroke: its next sample would undo that.
        if not self._own and self._stroke is not None:
            self._let_go()
        if why is Change.OPEN:
            self._selected = self._last_end = self._pending = None
        self.masks_changed.emit()
