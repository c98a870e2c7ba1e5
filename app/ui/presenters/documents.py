"""Opening, making, closing and exporting pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app.controllers.exporting import SUFFIXES, Exported, Exporting, size_words
from app.controllers.layouts import Layouts
from app.controllers.pictures import Pictures
from app.controllers.preferences import Preferences
from app.controllers.projects import is_project
from app.controllers.requests import keeps_photo
from app.controllers.session import Change, Session
from app.controllers.swapping import Swapping
from app.document.document import Document
from app.document.io.pixels import profile_name
from app.resources import resource
from app.settings import ExportSettings
from app.ui.files import PICTURE_SUFFIXES, PROJECT_SUFFIXES, ask_files, folder_beside
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller
from app.ui.presenters.picture import PicturePresenter
from app.ui.presenters.projects import ProjectPresenter
from app.ui.presenters.questions import ask_to_leave_an_export

if TYPE_CHECKING:
    from app.ui.dialogs.export import ExportFacts

NEEDS_DOCUMENT = (
    "file.export", "file.export_again", "file.reveal", "file.close", "edit.copy",
    "edit.reference", "view.zoom_in", "view.zoom_out", "view.fit", "view.actual", "view.hold",
)  # fmt: skip


@dataclass(frozen=True)
class WaysIn:
    """Who takes what comes into the program: photos, references, layouts, projects."""

    pictures: Pictures
    swapping: Swapping
    layouts: Layouts
    projects: ProjectPresenter


class DocumentPresenter(QObject):
    """The File menu, the start page, drops and pastes.

    Signals:
        given_up(): the program ends now, and what is not saved by then is not wanted.
    """

    given_up = Signal()

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        ways_in: WaysIn,
        exporting: Exporting,
        preferences: Preferences,
        picture: PicturePresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._pictures = ways_in.pictures
        projects = ways_in.projects
        self._pictures.set_guard(projects.guard, lambda: projects.in_use)
        self._swapping = ways_in.swapping
        self._layouts = ways_in.layouts
        self._guarded = ways_in.projects.guard
        self._open_project = ways_in.projects.open
        self._exporting = exporting
        self._preferences = preferences
        self._picture = picture
        self._tell = tell
        self._last_export: tuple[Path, ExportSettings] | None = None
        self._wanted_exports: dict[Path, ExportSettings] = {}
        self._licence_of: Callable[[], str] = str
        self._connect_actions()
        self._connect_signals()
        self._show_recent()
        self._document_changed(None, Change.OPEN)

    def set_licence_source(self, licence: Callable[[], str]) -> None:
        """`licence` gives the sentence about the model's licence that an export shows, or ""."""
        self._licence_of = licence

    # Opening

    def open_path(self, path: Path) -> None:
        """Open a picture or a project; work that is in no file is asked about first."""
        if is_project(path):
            self._open_project(path)
        else:
            self._guarded(partial(self._pictures.open_file, path))

    def open_sample(self, path: Path) -> None:
        """Open a sample of the program's: a photo or a layout."""
        is_layout = path.parent == resource("samples/layouts")
        (self.open_layout if is_layout else self.open_path)(path)

    def open_layout(self, path: Path) -> None:
        """Open a layout file; work that is in no file is asked about first."""
        self._guarded(partial(self._layouts.open_file, path))

    def open_dialog(self) -> None:
        ask_files(
            self._window,
            "Open a picture or a project",
            self._preferences.last_folder("picture"),
            ("Pictures and projects", PICTURE_SUFFIXES + PROJECT_SUFFIXES),
            self._open_chosen,
        )

    def new_dialog(self, *, layout: bool = False) -> None:
        """Ask for a new picture of one colour, or a new layout of one label."""
        from app.ui.dialogs.new import NewDialog

        dialog = NewDialog(
            self._window,
            self._layouts.palettes,
            layout=layout,
            palette_id=self._layouts.palette_id,
        )
        dialog.created.connect(lambda *values: self._guarded(partial(self._pictures.new, *values)))
        dialog.layout_created.connect(
            lambda *values: self._guarded(partial(self._layouts.new, *values))
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_files(self, role: str, paths: list[Path]) -> None:
        """Files were dropped on a zone: "open" or "reference"."""
        if role == "reference":
            for path in paths:
                self._swapping.use_file(path)
            return
        self.open_path(paths[0])
        if len(paths) > 1:
            self._tell.info(f"{paths[0].name} was opened; one picture is open at a time.")

    def take_image(self, role: str, image: QImage) -> None:
        """Pixels were dropped on a zone, or pasted."""
        if role == "reference":
            self._swapping.use_image(image)
        else:
            self._guarded(partial(self._pictures.open_image, image))

    def paste(self, role: str) -> None:
        """What is on the clipboard: pixels, or the name of a file."""
        # Qt gives none where the clipboard is empty, whatever its types say.
        mime = cast("QMimeData | None", QGuiApplication.clipboard().mimeData()) or QMimeData()
        files = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
        role = role if self._session.document is not None else "open"
        # A file manager may add the file's icon as an image.
        if any(path.suffix.lower() in PICTURE_SUFFIXES for path in files) or not mime.hasImage():
            self._paste_files(role, files)
        else:
            self.take_image(role, QGuiApplication.clipboard().image())

    def _paste_files(self, role: str, files: list[Path]) -> None:
        if files:
            self.take_files(role, files)
        else:
            self._tell.warning("There is no picture on the clipboard.", key="paste")

    def _open_chosen(self, paths: list[Path]) -> None:
        self._preferences.remember_folder("picture", paths[0].parent)
        self.open_path(paths[0])

    def _forget_export(self) -> None:
        self._last_export = None
        self._wanted_exports.clear()

    # Closing

    def close_document(self) -> None:
        self._guarded(self._session.close)

    def leave(self) -> None:
        """End the program; work that is in no file is asked about first."""
        if self._exporting.busy:
            ask_to_leave_an_export(self._window, partial(self._guarded, self._leave))
        else:
            self._guarded(self._leave)

    def _leave(self) -> None:
        self.given_up.emit()
        self._window.leave()

    # Exporting

    def export_dialog(self) -> None:
        from app.ui.dialogs.export import ExportDialog

        document = self._session.document
        if document is None:
            return
        settings = self._preferences.value.export
        dialog = ExportDialog(settings, self._facts(document), self._window)
        dialog.estimate_requested.connect(self._exporting.estimate)
        self._exporting.estimated.connect(dialog.set_estimate)
        self._exporting.counted.connect(dialog.set_outside)
        dialog.accepted_with.connect(self._export)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_again(self) -> None:
        """Write the same file with the same settings, without the dialog."""
        if self._last_export is None:
            self.export_dialog()
        else:
            self._exporting.export(*self._last_export)

    def _export(self, path: Path, settings: ExportSettings) -> None:
        self._preferences.update(export=settings)
        self._preferences.remember_folder("export", path.parent)
        self._wanted_exports[path] = settings
        self._exporting.export(path, settings)

    def _facts(self, document: Document) -> "ExportFacts":
        from app.ui.dialogs.export import ExportFacts

        base = document.base
        fields = base.metadata.fields
        folder = self._preferences.last_folder("export") or folder_beside(base.path)
        suffix = SUFFIXES[self._preferences.value.export.format]
        name = self._last_export[0].name if self._last_export else f"{base.stem}-scumble{suffix}"
        return ExportFacts(
            name=name,
            folder=Path(folder),
            original_px=(document.width_px, document.height_px),
            working_short_side_px=self._exporting.working_px,
            has_edits=bool(self._exporting.edits),
            keeps_photo=keeps_photo(self._exporting.edits),
            outside=self._exporting.outside,
            bits=base.bits,
            has_profile=profile_name(base.metadata.icc),
            has_exif=not fields.empty or base.metadata.xmp is not None,
            has_place=fields != fields.without_place_and_device(),
            has_alpha=base.alpha_hw is not None,
            model_notice=self._licence_of() if document.entries else "",
        )

    def _exported(self, exported: Exported) -> None:
        words = (
            f"Exported {exported.path.name}: {exported.width_px} x {exported.height_px} px, "
            f"{size_words(exported.bytes)}."
        )
        if exported.outside_px:
            words += (
                f" {exported.changed_outside_px:,} of {exported.outside_px:,} pixels outside of "
                "the masks changed."
            )
        show = ("Show in file manager", partial(self._tell.reveal, exported.path))
        self._tell.info(words, show, key="export")
        for note in exported.notes:
            self._tell.warning(note)
        # Not known where it is of a document that is not open any more, or was a repetition.
        if settings := self._wanted_exports.pop(exported.path, None):
            self._last_export = (exported.path, settings)

    def _export_cancelled(self) -> None:
        self._tell.info("The export was cancelled; no file was written.", key="export")

    def _export_failed(self, error: Exception) -> None:
        self._tell.error(error, key="export")

    def _reading(self, name: str) -> None:
        self._picture.work("open", f"reading {name}" if name else "", 0.0)

    def _reveal(self) -> None:
        document = self._session.document
        path = document.base.path if document else None
        if self._last_export is not None:
            path = self._last_export[0]
        if path is None:
            self._tell.warning("This picture is in no file yet.", "Export it first.")
        else:
            self._tell.reveal(path)

    # What is shown

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is not Change.OPEN:
            self._back_to_the_picture()
            return
        self._window.actions_.enable(document is not None, *NEEDS_DOCUMENT)
        self._window.reference.set_document_open(document is not None)
        self._window.show_canvas(document is not None)

    def _welcome(self) -> None:
        """Show the welcome page, or the picture again."""
        self._window.show_canvas(
            not self._window.canvas_shown and self._session.document is not None
        )

    def _back_to_the_picture(self) -> None:
        if self._session.document is not None and not self._window.canvas_shown:
            self._window.show_canvas(True)

    def _show_recent(self) -> None:
        paths = [Path(name) for name in self._preferences.value.recent_files]
        self._window.start.set_recent(paths)
        menu = self._window.menus.recent
        menu.clear()
        for path in paths:
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.open_path(path))
        menu.addSeparator()
        clear = menu.addAction("Clear the list")
        clear.triggered.connect(lambda: self._preferences.update(recent_files=()))
        menu.setEnabled(bool(paths))

    def _copied(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self._tell.info(f"Copied {image.width()} x {image.height()} px.", key="copy")

    def _connect_actions(self) -> None:
        actions = self._window.actions_
        actions.on("file.new", self.new_dialog)
        actions.on("file.new_layout", partial(self.new_dialog, layout=True))
        actions.on("file.open", self.open_dialog)
        actions.on("file.export", self.export_dialog)
        actions.on("file.export_again", self.export_again)
        actions.on("file.reveal", self._reveal)
        actions.on("file.close", self.close_document)
        actions.on("file.quit", self._window.close)
        actions.on("help.welcome", self._welcome)
        actions.on("edit.copy", self._exporting.copy)
        actions.on("edit.paste", partial(self.paste, "reference"))
        actions.on("edit.paste_new", partial(self.paste, "open"))

    def _connect_signals(self) -> None:
        window = self._window
        self._session.changed.connect(self._document_changed)
        self._pictures.opened.connect(lambda _photo: self._forget_export())
        self._pictures.file_opened.connect(self._preferences.add_recent)
        self._pictures.reading.connect(self._reading)
        self._pictures.progressed.connect(partial(self._picture.work, "open"))
        self._picture.stopped.connect(self._pictures.cancel)
        self._picture.stopped.connect(self._back_to_the_picture)
        self._pictures.failed.connect(partial(self._tell.error, key="open"))
        self._exporting.exported.connect(self._exported)
        self._exporting.copied.connect(self._copied)
        self._exporting.failed.connect(self._export_failed)
        self._exporting.cancelled.connect(self._export_cancelled)
        self._preferences.failed.connect(partial(self._tell.error, key="settings"))
        self._preferences.changed.connect(
            lambda old, new: self._show_recent() if old.recent_files != new.recent_files else None
        )
        window.start.open_requested.connect(self.open_dialog)
        window.start.layout_requested.connect(partial(self.new_dialog, layout=True))
        window.start.sample_chosen.connect(self.open_sample)
        window.start.recent_chosen.connect(self.open_path)
        window.close_requested.connect(self.leave)
        # What was held back must not take the document's place after the last answer.
        window.closed.connect(self._pictures.cancel)
