"""The panels for references and edits."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from app.controllers.edit_list import EditList, title_of
from app.controllers.edit_thumbs import Thumb, shape_thumb
from app.controllers.models import Models
from app.controllers.pictures import THUMBNAIL_PX
from app.controllers.preferences import Preferences
from app.controllers.session import Change, Session
from app.controllers.sliders import Sliders
from app.controllers.swapping import Swapping
from app.document.document import Document, EditEntry
from app.ui.files import ask_reference
from app.ui.main_window import MainWindow
from app.ui.panels.edits import EditItem
from app.ui.panels.reference import ReferenceItem
from app.ui.panels.slider_row import deviations_words
from app.ui.presenters.notices import Teller
from models.edits import (
    AdjustTexture,
    CloneStructure,
    CodeEdit,
    Edit,
    EditRegion,
    RenderLayout,
    SwapTexture,
)

COMMANDS = ("edit.duplicate", "edit.toggle", "edit.delete")
NONE = -1
"""The uid of no edit."""


class EditsPresenter(QObject):
    """Reference panel, list of edits, and the actions that belong to them."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        swapping: Swapping,
        edit_list: EditList,
        models: Models,
        sliders: Sliders,
        preferences: Preferences,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._swapping = swapping
        self._edit_list = edit_list
        self._models = models
        self._sliders = sliders
        self._preferences = preferences
        self._tell = tell
        self._thumbs: dict[str, Thumb] = {}
        self._shapes: dict[int, tuple[Edit, Thumb | None]] = {}
        self._selected = NONE
        self._connect_reference()
        self._connect_edits()

    # The reference panel

    def _connect_reference(self) -> None:
        panel, swapping = self._window.reference, self._swapping
        panel.browse_requested.connect(self.choose_reference)
        panel.files_dropped.connect(lambda paths: [swapping.use_file(path) for path in paths])
        panel.image_dropped.connect(swapping.use_image)
        panel.reference_chosen.connect(swapping.use_known)
        panel.reference_removed.connect(swapping.forget)
        panel.amount_dragged.connect(swapping.drag_amount)
        panel.amount_committed.connect(swapping.commit_amount)
        panel.grain_switched.connect(swapping.switch_grain)
        panel.grain_rolled.connect(swapping.roll_grain)
        swapping.reading.connect(self._reading)
        swapping.loaded.connect(self._loaded)
        swapping.active_changed.connect(self._show_active)
        swapping.failed.connect(self._tell.error)
        self._window.actions_.on("edit.reference", self.choose_reference)

    def choose_reference(self) -> None:
        ask_reference(self._window, self._preferences, self._swapping.use_file)

    def _reading(self, name: str) -> None:
        self._window.reference.set_state(f"reading {name}" if name else "")

    def _loaded(self, sha256: str, thumb: Thumb) -> None:
        self._thumbs[sha256] = thumb

    def _show_active(self, entry: EditEntry | None) -> None:
        panel = self._window.reference
        edit = entry.edit if entry else None
        if isinstance(edit, SwapTexture):
            panel.set_active(edit.reference)
            panel.set_amount(edit.amount)
            panel.set_grain(edit.seed)
        else:
            panel.set_active(None)

    def _show_references(self, document: Document | None) -> None:
        references = document.references if document else ()
        used = {sha for edit in document.edits for sha in edit.pictures} if document else set()
        items: list[ReferenceItem] = []
        for photo in references:
            sha256 = photo.picture.sha256
            if sha256 not in self._thumbs:
                # Of an opened project; the others were made by the file thread.
                self._thumbs[sha256] = thinned(photo.picture.rgb_hwc, THUMBNAIL_PX)
            items.append(ReferenceItem(sha256, photo.name, self._thumbs[sha256], sha256 in used))
        self._window.reference.set_references(items)
        self._window.style_panel.set_known(items)
        self._window.retouch.set_references(items)

    # The list of edits

    def _connect_edits(self) -> None:
        panel, edits, actions = self._window.edits, self._edit_list, self._window.actions_
        panel.toggled.connect(edits.switch)
        panel.strength_dragged.connect(edits.drag_strength)
        panel.strength_committed.connect(edits.commit_strength)
        panel.detail_dragged.connect(edits.drag_detail)
        panel.detail_committed.connect(edits.commit_detail)
        panel.removed.connect(edits.remove)
        panel.moved.connect(edits.move)
        panel.soloed.connect(edits.solo)
        panel.renamed.connect(edits.rename)
        panel.selected.connect(self._select)
        panel.commands = [actions[name] for name in COMMANDS]
        self._session.changed.connect(self._document_changed)
        # Edits may have lost their model, or tell other names of their sliders.
        self._models.catalog_changed.connect(self._show_edits)
        self._sliders.named.connect(self._show_edits)
        actions.on("edit.duplicate", partial(self._with_selected, edits.duplicate))
        actions.on("edit.delete", partial(self._with_selected, edits.remove))
        actions.on("edit.toggle", partial(self._with_selected, self._toggle))

    def _select(self, uid: int) -> None:
        self._selected = uid
        self._swapping.select(uid)

    def _with_selected(self, act: Callable[[int], None]) -> None:
        """Do something with the selected edit, or else the last one."""
        document = self._session.document
        if document is not None and document.entries:
            uids = [entry.uid for entry in document.entries]
            act(self._selected if self._selected in uids else uids[-1])

    def _toggle(self, uid: int) -> None:
        document = self._session.document
        if document is not None:
            self._edit_list.switch(uid, not document.entry(uid).edit.enabled)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            # Edits of another document, be they numbered alike.
            self._window.edits.set_items([])
            self._thumbs.clear()
            self._shapes.clear()
        self._show_references(document)
        self._show_edits()
        self._window.actions_.enable(bool(document and document.entries), *COMMANDS)

    def _show_edits(self) -> None:
        document = self._session.document
        items = [self._item(document, entry) for entry in document.entries] if document else []
        self._window.edits.set_items(items)

    def _item(self, document: Document, entry: EditEntry) -> EditItem:
        edit = entry.edit
        model = self._models.find(edit.model)
        known = model is not None or not len(self._models.catalog)
        photos = [document.reference(sha) for sha in edit.pictures]
        names = ", ".join(photo.name for photo in photos if photo is not None)
        if isinstance(edit, RenderLayout) and edit.reference is None:
            names = f"style {edit.seed}"
        return EditItem(
            uid=entry.uid,
            title=title_of(entry),
            enabled=edit.enabled,
            strength=edit.strength,
            detail=" · ".join(
                filter(None, (names, self._adjusted(edit), model.title if model else ""))
            ),
            missing="" if known else f"The model {edit.model!r} is not installed.",
            thumb=self._thumb_of(document, entry),
            photo_detail=edit.detail if isinstance(edit, CodeEdit) else None,
        )

    def _adjusted(self, edit: Edit) -> str:
        """The sliders of an edit that are off the middle: "Snow +1.5"."""
        amounts = edit.amounts if isinstance(edit, AdjustTexture | EditRegion) else ()
        told = [
            f"{self._sliders.title(key, edit.model)} {deviations_words(value)}"
            for key, value in amounts
            if value
        ]
        return f"{len(told)} sliders: {', '.join(told)}" if len(told) > 1 else "".join(told)

    def _thumb_of(self, document: Document, entry: EditEntry) -> Thumb | None:
        """Of the reference, or else the shape of the mask, or else the amounts."""
        edit = entry.edit
        if edit.pictures and not isinstance(edit, CloneStructure):
            return self._thumbs.get(edit.pictures[0])
        known = self._shapes.get(entry.uid)
        if known is None or known[0] != edit:
            known = (edit, shape_thumb(edit, document.masks))
            self._shapes[entry.uid] = known
        return known[1]


def thinned(rgb_hwc: npt.NDArray[Any], side_px: int) -> Thumb:
    """A rough small form of a picture by leaving out pixels, uint8; instant at any size."""
    step = max(1, max(rgb_hwc.shape[:2]) // side_px)
    small = rgb_hwc[::step, ::step]
    return np.ascontiguousarray(small if small.dtype == np.uint8 else small >> 8, dtype=np.uint8)
