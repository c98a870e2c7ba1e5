"""The canvas and what is told about the picture on it."""

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from app.controllers.exporting import Exporting
from app.controllers.label_maps import is_ground
from app.controllers.models import Models
from app.controllers.no_picture import no_picture
from app.controllers.pictures import OpenedPhoto
from app.controllers.preview import WAITING, Preview, Rendered
from app.controllers.session import Change, Session
from app.document.document import Document
from app.document.pyramid import Pyramid
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller, words_of
from models.errors import RequestError

MODES = {"view.split": "split", "view.before": "before"}
"""Switches and what they show; with neither, the picture as it is edited is shown."""
UNFINISHED = "The picture was not finished."


class PicturePresenter(QObject):
    """Before and after, zoom, the pixel readout, the mark of work in progress.

    Signals:
        stopped(): the artist gives up the work in progress, of whichever kind.
    """

    stopped = Signal()

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        preview: Preview,
        exporting: Exporting,
        models: Models,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._preview = preview
        self._exporting = exporting
        self._models = models
        self._tell = tell
        self._before: Pyramid | None = None
        self._after: Pyramid | None = None
        self._trouble = ""
        self._hovered: tuple[int, int] | None = None
        self._words: dict[str, tuple[str, float]] = {}
        self._connect_actions()
        self._connect_signals()

    def _connect_actions(self) -> None:
        actions, canvas = self._window.actions_, self._window.canvas
        actions.on("view.zoom_in", canvas.zoom_in)
        actions.on("view.zoom_out", canvas.zoom_out)
        actions.on("view.fit", canvas.zoom_to_fit)
        actions.on("view.actual", canvas.zoom_to_100)
        actions.on("view.hold", self._hold)
        actions.on("model.stop", self.stop)
        for name in MODES:
            actions.on(name, partial(self._switch, name))

    def _connect_signals(self) -> None:
        canvas, status = self._window.canvas, self._window.status
        self._session.changed.connect(self._document_changed)
        self._preview.shown.connect(self._show)
        self._preview.shown.connect(self._exporting.note_shown)
        self._preview.working.connect(self._rendering)
        self._preview.failed.connect(self._failed)
        self._exporting.working.connect(partial(self._working, "export"))
        canvas.zoom_changed.connect(status.set_zoom)
        canvas.pixel_hovered.connect(self._hover)
        canvas.compare_changed.connect(self._compare_changed)
        status.stop_requested.connect(self.stop)
        self._models.catalog_changed.connect(lambda _catalog: self._say_no_picture())
        self._set_comparing(False)

    def opened(self, photo: OpenedPhoto) -> None:
        """A photo is about to be the document: show it."""
        self._before = photo.pyramid

    def stop(self) -> None:
        """Give up the drag on its way; without one, the work in progress.

        What has the keyboard comes first: a name that is typed, a slider that is held, a notice.
        """
        if self._escaped_a_widget() or self._session.drop():
            return
        if self._preview.stop():
            again = ("Go on", self._again)
            self._tell.info(UNFINISHED, again, key="render")
            self._have_trouble(UNFINISHED)
        self._exporting.cancel()
        self.stopped.emit()

    def _escaped_a_widget(self) -> bool:
        """Give Escape to what has the keyboard; whether that had a use for it."""
        widget, action = QApplication.focusWidget(), self._window.actions_["model.stop"]
        if widget is None:
            return False
        escape = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
        # Or the window's action would take this key, too.
        action.setEnabled(False)
        QApplication.sendEvent(widget, escape)
        action.setEnabled(True)
        return escape.isAccepted()

    def work(self, key: str, words: str, share: float) -> None:
        """Show work in progress under a key of its own; no words end it."""
        self._working(key, words, share)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self._show_opened(document)
        # What went wrong was another document's picture; this one's is asked for.
        self._have_trouble("")
        self._read_out()

    def _show_opened(self, document: Document | None) -> None:
        canvas = self._window.canvas
        size_px = (document.width_px, document.height_px) if document else (0, 0)
        if document is None:
            self._before = None
        canvas.set_document_size(*size_px)
        # The ground of a layout is no picture, and would pass for a grey one.
        canvas.set_before(None if is_ground(document) else self._before)
        canvas.set_after(None)
        canvas.zoom_to_fit()
        self._window.status.set_picture_size(*size_px)
        self._window.status.set_seconds(None)
        self._window.device.set_seconds(None)

    def _show(self, rendered: Rendered | None) -> None:
        self._after = rendered.pyramid if rendered else None
        self._window.canvas.set_after(self._after)
        self._set_comparing(rendered is not None and not is_ground(self._session.document))
        self._read_out()
        if rendered is not None and rendered.final:
            self._window.status.set_seconds(rendered.result.seconds)
            self._window.device.set_seconds(rendered.result.seconds)
            self._forget_trouble()
            for note in rendered.result.notes:
                self._tell.warning(note, key="render")

    def _forget_trouble(self) -> None:
        """What kept an earlier picture from being made is over when a newer one is there."""
        notices = self._window.notices
        if any(told.key == "render" and told.kind != "info" for told in notices.notices):
            notices.dismiss("render")

    def _rendering(self, words: str, share: float) -> None:
        if words:
            self._have_trouble("")
        self._working("render", words, share)

    def _again(self) -> None:
        self._have_trouble("")
        self._preview.again()

    def _have_trouble(self, trouble: str) -> None:
        self._trouble = trouble
        self._say_no_picture()

    def _say_no_picture(self) -> None:
        """What is said on the canvas while nothing of a layout has been rendered."""
        words = no_picture(self._session.document, self._models, self._trouble)
        self._window.canvas.set_no_picture(words.title, words.why)

    def _failed(self, error: Exception) -> None:
        self._have_trouble(words_of(error)[0])
        restart = ("Restart the engine", self._window.actions_["model.restart"].trigger)
        again = ("Try again", self._again)
        table = self._window.actions_["layout.table"]
        if isinstance(error, RequestError) and table.isEnabled():
            # A label that the model does not have is the only wish that it can refuse then.
            labels = ("Labels of the model…", table.trigger)
            self._tell.warning(words_of(error)[0], "", labels, key="render")
            return
        self._tell.error(error, again, restart, key="render")

    def _working(self, key: str, words: str, share: float) -> None:
        if words:
            self._words[key] = (words, share)
        else:
            self._words.pop(key, None)
        if not self._words:
            self._window.status.set_work("")
            self._window.progress.clear()
            return
        # What waits says less than what it waits for.
        known = [work for work in self._words.values() if work[0] != WAITING]
        words, share = (known or list(self._words.values()))[-1]
        self._window.status.set_work(words)
        if share > 0.0:
            self._window.progress.set_share(share)
        else:
            self._window.progress.set_busy()

    def _set_comparing(self, on: bool) -> None:
        self._window.actions_.enable(on, *MODES)

    def _switch(self, name: str) -> None:
        on = self._window.actions_[name].isChecked()
        self._window.canvas.set_compare(MODES[name] if on else "after")

    def _hold(self) -> None:
        """Show the other one while the key is down: the layout, or the picture before the edits."""
        document, canvas = self._session.document, self._window.canvas
        painted = document is not None and document.labels is not None
        if painted and (self._window.workspace == "paint" or is_ground(document)):
            canvas.hold_other(True)
        else:
            canvas.hold_before(True)

    def _compare_changed(self, mode: str) -> None:
        for name, own in MODES.items():
            self._window.actions_[name].setChecked(mode == own)

    def _hover(self, place: tuple[int, int] | None) -> None:
        self._hovered = place
        self._read_out()

    def _read_out(self) -> None:
        """Tell what is under the pointer: it may rest while the document changes below it."""
        document, place = self._session.document, self._hovered
        if place is None or document is None or self._before is None:
            self._window.status.set_pixel("")
            return
        shown = [] if is_ground(document) else [self._before]
        if self._after is not None:
            shown.append(self._after)
        levels = " → ".join(_levels(pyramid, document, place) for pyramid in shown)
        words = (f"x {place[0]}  y {place[1]}", _label_name(document, place), levels)
        self._window.status.set_pixel("   ".join(filter(None, words)))


def _label_name(document: Document, place: tuple[int, int]) -> str:
    """What is painted at a place of the document; "" without a layout."""
    labels = document.labels
    if labels is None:
        return ""
    label_id = labels.ids.value_at(*place)
    return dict(labels.names).get(label_id, f"label {label_id}")


def _levels(pyramid: Pyramid, document: Document, place: tuple[int, int]) -> str:
    """The colour at a place of the document, in a picture that may have another size."""
    x_px = place[0] * pyramid.width_px // document.width_px
    y_px = place[1] * pyramid.height_px // document.height_px
    return " ".join(f"{level:3d}" for level in pyramid.value_at(x_px, y_px))
