"""The panel of the steps, undo and redo."""

from PySide6.QtCore import QObject

from app.controllers.edit_thumbs import Thumb
from app.controllers.label_maps import is_ground, small_colours
from app.controllers.models import Models
from app.controllers.pictures import OpenedPhoto
from app.controllers.preview import Rendered
from app.controllers.requests import edits_on, request_of
from app.controllers.session import Session
from app.document.history import History, State
from app.document.palettes import Palettes
from app.ui.main_window import MainWindow
from app.ui.panels.history import StateItem

THUMBNAIL_PX = 64


class HistoryPresenter(QObject):
    """Shows the steps with pictures of those that were rendered; the history holds them."""

    def __init__(
        self, window: MainWindow, session: Session, models: Models, palettes: Palettes
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._models = models
        self._palettes = palettes
        self._base_thumb: Thumb | None = None
        self._plain_thumbs: dict[int, Thumb | None] = {}
        session.steps_changed.connect(self._show)
        window.history.jump_requested.connect(session.jump)
        window.actions_.on("edit.undo", session.undo)
        window.actions_.on("edit.redo", session.redo)
        self._show()

    def opened(self, photo: OpenedPhoto) -> None:
        """A photo is about to be the document."""
        self._base_thumb = photo.pyramid.thumbnail(THUMBNAIL_PX)
        self._plain_thumbs.clear()

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
            history.thumbs[state.serial] = rendered.pyramid.thumbnail(THUMBNAIL_PX)
            self._show()

    def _show(self) -> None:
        history = self._session.history
        self._window.history.set_states(self.items(history) if history else [])
        self._name("edit.undo", "&Undo", history.undo_label if history else "")
        self._name("edit.redo", "&Redo", history.redo_label if history else "")

    def items(self, history: History) -> list[StateItem]:
        """The rows, oldest first."""
        serials = {state.serial for state in history.states}
        self._plain_thumbs = {s: t for s, t in self._plain_thumbs.items() if s in serials}
        items: list[StateItem] = []
        last: Thumb | None = None
        for place, state in enumerate(history.states):
            # A step that was not rendered looks like the one before it.
            plain = last if edits_on(state.document) else None
            last = history.thumbs.get(state.serial, plain)
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
        """A step without a rendered picture: its layout, or the photo where nothing was edited."""
        document, serial = state.document, state.serial
        if serial not in self._plain_thumbs:
            labels = document.labels if is_ground(document) else None
            palette = self._palettes.find(labels.palette_id) if labels else None
            if labels is not None:
                thumb = small_colours(labels, palette, THUMBNAIL_PX) if palette else None
            else:
                thumb = None if edits_on(document) else self._base_thumb
            self._plain_thumbs[serial] = thumb
        return self._plain_thumbs[serial]

    def _name(self, action_id: str, verb: str, label: str) -> None:
        action = self._window.actions_[action_id]
        action.setText(f"{verb} {label[:1].lower()}{label[1:]}" if label else verb)
        action.setEnabled(bool(label))
