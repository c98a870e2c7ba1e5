"""The panels for references, edits and steps."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from app.controllers.edit_list import EditList, title_of
from app.controllers.edit_thumbs import shape_thumb
from app.controllers.label_maps import is_ground, small_colours
from app.controllers.models import Models
from app.controllers.pictures import THUMBNAIL_PX, OpenedPhoto
from app.controllers.preferences import Preferences
from app.controllers.preview import Rendered
from app.controllers.requests import edits_on, request_of
from app.controllers.session import Change, Session
from app.controllers.swapping import Swapping
from app.document.document import Document, EditEntry
from app.document.history import History, State
from app.document.palettes import Palettes
from app.ui.files import PICTURE_SUFFIXES, ask_files
from app.ui.main_window import MainWindow
from app.ui.panels.edits import EditItem
from app.ui.panels.history import StateItem
from app.ui.panels.reference import ReferenceItem
from app.ui.presenters.notices import Teller
from models.edits import CloneStructure, CodeEdit, Edit, RenderLayout, SwapTexture

STEP_THUMBNAIL_PX = 64
NONE = -1
"""The uid of no edit."""
Thumb = npt.NDArray[np.uint8]


class EditsPresenter(QObject):
    """Reference panel, list of edits, history panel, and the actions that belong to them."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        swapping: Swapping,
        edit_list: EditList,
        models: Models,
        preferences: Preferences,
        palettes: Palettes,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._swapping = swapping
        self._edit_list = edit_list
        self._models = models
        self._preferences = preferences
        self._palettes = palettes
        self._tell = tell
        self._thumbs: dict[str, Thumb] = {}
        self._shapes: dict[int, tuple[Edit, Thumb | None]] = {}
        self._step_thumbs: dict[int, Thumb] = {}
        self._plain_thumbs: dict[int, Thumb | None] = {}
        self._base_thumb: Thumb | None = None
        self._selected = NONE
        self._connect_reference()
        self._connect_edits()
        self._connect_history()

    def opened(self, photo: OpenedPhoto) -> None:
        """A photo is about to be the document."""
        self._base_thumb = photo.pyramid.thumbnail(STEP_THUMBNAIL_PX)
        self._step_thumbs.clear()
        self._plain_thumbs.clear()
        self._thumbs.clear()
        self._shapes.clear()

    def note_shown(self, rendered: Rendered | None) -> None:
        """A picture came back: it is the thumbnail of the present step."""
        history = self._session.history
        if rendered is None or history is None or history.pending is not None:
            return
        state, shown = history.states[history.index], rendered.request
        request = request_of(
            state.document, shown.short_side_px, edit_px=shown.edit_px, lacks=self._models.lacks
        )
        if shown == request:
            thumb = rendered.pyramid.thumbnail(STEP_THUMBNAIL_PX)
            self._step_thumbs[state.serial] = thumb
            self._show_steps()

    def note_catalog(self) -> None:
        """Models came or went: edits may have lost theirs."""
        self._show_edits(self._session.document)

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
        ask_files(
            self._window,
            "Choose a reference",
            self._preferences.last_folder("reference"),
            ("Pictures", PICTURE_SUFFIXES),
            self._references_chosen,
        )

    def _references_chosen(self, paths: list[Path]) -> None:
        self._preferences.remember_folder("reference", paths[0].parent)
        self._swapping.use_file(paths[0])

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
        panel.renamed.connect(edits.rename)
        panel.selected.connect(self._select)
        self._session.changed.connect(self._document_changed)
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
        self._show_references(document)
        self._show_edits(document)
        self._window.actions_.enable(
            bool(document and document.entries), "edit.duplicate", "edit.delete", "edit.toggle"
        )

    def _show_edits(self, document: Document | None) -> None:
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
            detail=" · ".join(filter(None, (names, model.title if model else ""))),
            missing="" if known else f"The model {edit.model!r} is not installed.",
            thumb=self._thumb_of(document, entry),
            photo_detail=edit.detail if isinstance(edit, CodeEdit) else None,
        )

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

    # Steps

    def _connect_history(self) -> None:
        session, actions = self._session, self._window.actions_
        session.steps_changed.connect(self._show_steps)
        self._window.history.jump_requested.connect(session.jump)
        actions.on("edit.undo", session.undo)
        actions.on("edit.redo", session.redo)
        self._show_steps()

    def _show_steps(self) -> None:
        history = self._session.history
        self._window.history.set_states(self._steps(history) if history else [])
        self._name("edit.undo", "&Undo", history.undo_label if history else "")
        self._name("edit.redo", "&Redo", history.redo_label if history else "")

    def _steps(self, history: History) -> list[StateItem]:
        """The rows; thumbnails of steps that are gone are dropped."""
        serials = {state.serial for state in history.states}
        self._step_thumbs = {s: t for s, t in self._step_thumbs.items() if s in serials}
        self._plain_thumbs = {s: t for s, t in self._plain_thumbs.items() if s in serials}
        items: list[StateItem] = []
        last: Thumb | None = None
        for place, state in enumerate(history.states):
            # A step that was not rendered looks like the one before it.
            plain = last if edits_on(state.document) else None
            last = self._step_thumbs.get(state.serial, plain)
            items.append(
                StateItem(
                    serial=state.serial,
                    label=state.label,
                    thumb_rgb_hwc=self._unrendered(state) if last is None else last,
                    current=place == history.index,
                    undone=place > history.index,
                    saved=history.is_state_saved(state),
                )
            )
        return items

    def _unrendered(self, state: State) -> Thumb | None:
        """A step without a rendered picture: the photo, or the layout where there is no photo."""
        if state.serial not in self._plain_thumbs:
            labels = state.document.labels if is_ground(state.document) else None
            palette = self._palettes.find(labels.palette_id) if labels else None
            thumb = self._base_thumb
            if labels is not None:
                thumb = small_colours(labels, palette, STEP_THUMBNAIL_PX) if palette else None
            self._plain_thumbs[state.serial] = thumb
        return self._plain_thumbs[state.serial]

    def _name(self, action_id: str, verb: str, label: str) -> None:
        action = self._window.actions_[action_id]
        action.setText(f"{verb} {label[:1].lower()}{label[1:]}" if label else verb)
        action.setEnabled(bool(label))


def thinned(rgb_hwc: npt.NDArray[Any], side_px: int) -> Thumb:
    """A rough small form of a picture by leaving out pixels, uint8; instant at any size."""
    step = max(1, max(rgb_hwc.shape[:2]) // side_px)
    small = rgb_hwc[::step, ::step]
    return np.ascontiguousarray(small if small.dtype == np.uint8 else small >> 8, dtype=np.uint8)
