"""The window's program: every object is made here and handed to those who need it.

torch is not imported on the way to the window. The engine's thread does that, at the first job that
needs the engine.
"""

import gc
import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app import __version__, crash
from app.controllers.edit_list import EditList
from app.controllers.exporting import Exporting
from app.controllers.finder import Finder
from app.controllers.labels import Labels
from app.controllers.layouts import Layouts
from app.controllers.learning import Learning
from app.controllers.models import Models
from app.controllers.painting import Painting
from app.controllers.pictures import Pictures
from app.controllers.preferences import Preferences
from app.controllers.preparing import Preparing
from app.controllers.preview import Preview
from app.controllers.projects import Projects
from app.controllers.recipes import Recipes
from app.controllers.recovery import Recoveries
from app.controllers.regions import Regions
from app.controllers.retouching import Retouching
from app.controllers.session import Session
from app.controllers.slider_library import SliderLibrary
from app.controllers.slider_strip import SliderStrip
from app.controllers.sliders import Sliders
from app.controllers.sources import Sources
from app.controllers.styling import Styling
from app.controllers.swapping import Swapping
from app.document.palettes import Palettes
from app.interrupts import Interrupts
from app.jobs.backend import Backend, MakeBackend
from app.jobs.queue import JobQueue
from app.resources import resource
from app.settings import Settings, config_folder, load_settings
from app.ui import theme
from app.ui.collector import Collector
from app.ui.main_window import MainWindow
from app.ui.presenters.documents import DocumentPresenter, WaysIn
from app.ui.presenters.drops import DropPresenter
from app.ui.presenters.edits import EditsPresenter
from app.ui.presenters.finder import FinderPresenter
from app.ui.presenters.history import HistoryPresenter
from app.ui.presenters.layouts import LayoutPresenter
from app.ui.presenters.models import ModelsPresenter
from app.ui.presenters.notices import Teller
from app.ui.presenters.painting import PaintingPresenter
from app.ui.presenters.picture import PicturePresenter
from app.ui.presenters.program import ProgramPresenter
from app.ui.presenters.projects import ProjectPresenter
from app.ui.presenters.recipes import RecipePresenter
from app.ui.presenters.recovery import RecoveryPresenter
from app.ui.presenters.retouching import RetouchPresenter
from app.ui.presenters.sliders import SliderParts, SlidersPresenter
from app.ui.presenters.start import StartPresenter
from app.ui.presenters.workspaces import WorkspacePresenter
from app.ui.watchdog import StallWatchdog
from models.catalog import set_user_folder

FIRST_PALETTE = "landscape"
SWITCH_INTERVAL_SECONDS = 0.001
"""How long a worker's Python may hold the interpreter; the default, 5 ms, is felt while drawing."""
CLOSE_MS = 600
"""How long the threads may take to end. What is unfinished then was called off anyway."""


class Program:
    """The running window with all that belongs to it.

    Args:
        app: the Qt application.
        settings: as they were loaded.
        make_backend: makes the engine, on its own thread; None takes the real one.

    Attributes:
        window, session, queue, preview, ...: the parts, for those who drive them.
    """

    def __init__(
        self, app: QApplication, settings: Settings, make_backend: MakeBackend | None = None
    ) -> None:
        set_user_folder(Path(settings.models_folder) if settings.models_folder else None)
        self.appearance = theme.apply(app, settings.theme, settings.text_percent)
        self.queue = JobQueue(make_backend or self._make_backend)
        self.preferences = Preferences(settings, self.queue)
        self.session = Session()
        self.models = Models(self.queue, self.preferences)
        self.preview = Preview(self.queue, self.session, self.models.lacks)
        self.preview.set_working_size(settings.working_short_side_px)
        self.pictures = Pictures(self.queue, self.session)
        self.projects = Projects(self.queue, self.session, self.pictures)
        self.recoveries = Recoveries(self.queue, self.session, self.projects)
        self.edit_list = EditList(self.session)
        self.swapping = Swapping(self.queue, self.session, self.models.current_or_raise)
        self.labels = Labels(self.session, Palettes(resource("palettes")), FIRST_PALETTE)
        self.painting = Painting(self.session, self.labels)
        self.layouts = Layouts(self.queue, self.session, self.pictures, self.labels, self.models)
        self.styling = Styling(self.queue, self.session)
        self.slider_library = SliderLibrary(self.queue)
        self.sliders = Sliders(self.queue, self.session, self.models, self.slider_library)
        self.slider_strip = SliderStrip(self.queue, self.session, self.sliders, self.models.lacks)
        self.learning = Learning(self.queue)
        self.recipes = Recipes(self.queue, self.session)
        self.retouching = self._make_retouching()
        self.preparing = Preparing(
            self.queue, self.session, self.preview, self.models.current_or_raise
        )
        self.exporting = Exporting(
            self.queue, self.session, lambda: self.preview.working_px, self.models.lacks
        )
        layout_store = QSettings(str(config_folder() / "window.ini"), QSettings.Format.IniFormat)
        with theme.without_sheet(app):
            self.window = MainWindow(layout_store)
        self.window.restore_layout()
        self.tell = Teller(
            self.window.notices, lambda error: crash.report_text(error, self.facts())
        )
        self._present()
        self.watchdog = StallWatchdog(app)
        self.collector = Collector(self.window)
        self.collector.start()
        self.models.refresh()
        self.slider_library.read()

    def _make_retouching(self) -> Retouching:
        model = self.models.current_or_raise
        regions = Regions(self.queue, self.session, model, lambda: self.preview.working_px)
        return Retouching(self.session, model, Sources(self.queue, self.session), regions)

    def _present(self) -> None:
        window, session, tell = self.window, self.session, self.tell
        self.program = ProgramPresenter(window, self.preferences, self.models, self.appearance)
        self.picture = PicturePresenter(
            window, session, self.preview, self.exporting, self.models, tell
        )
        self.edits = EditsPresenter(
            window, session, self.swapping, self.edit_list, self.models, self.sliders,
            self.preferences, tell,
        )  # fmt: skip
        self.steps = HistoryPresenter(window, session, self.models, self.labels.palettes)
        self.project_presenter = ProjectPresenter(
            window, session, self.projects, self.preferences, self.picture, tell
        )
        ways_in = WaysIn(self.pictures, self.swapping, self.layouts, self.project_presenter)
        self.documents = DocumentPresenter(
            window, session, ways_in, self.exporting, self.preferences, self.picture, tell
        )
        self.layout_presenter = LayoutPresenter(
            window, session, self.layouts, self.styling, self.labels, self.preferences,
            self.picture, tell,
        )  # fmt: skip
        self.layout_presenter.set_model_source(self.models.find)
        self.painting_presenter = PaintingPresenter(
            window, session, self.painting, self.labels, self.preferences, self.picture, tell
        )
        self.model_presenter = ModelsPresenter(
            window, session, self.models, self.preview, self.edit_list, self.preferences,
            self.picture, tell,
        )  # fmt: skip
        self.start = StartPresenter(
            window, self.queue, session, self.preferences, self.documents, self.swapping
        )
        self.drops = DropPresenter(
            window, self.documents, self.swapping, self.layout_presenter, self.model_presenter,
            tell,
        )  # fmt: skip
        self.retouch_presenter = RetouchPresenter(
            window, session, self.retouching, self.preferences, self.picture, self.preparing, tell
        )
        self.workspaces = WorkspacePresenter(
            window, session, self.painting_presenter, self.retouch_presenter, self.styling,
            self.model_presenter,
        )  # fmt: skip
        self.finder = FinderPresenter(
            window, Finder(self.queue, window), self.swapping, self.preferences
        )
        self.recipe_presenter = RecipePresenter(
            window, session, self.recipes, self.preferences, tell
        )
        self.slider_presenter = SlidersPresenter(
            window, session,
            SliderParts(
                self.sliders, self.slider_strip, self.slider_library, self.learning,
                Finder(self.queue, window),
            ), self.preferences, tell,
        )  # fmt: skip
        self.recovery = RecoveryPresenter(window, self.recoveries, self.project_presenter, tell)
        self.documents.given_up.connect(self.recoveries.give_up)
        self.documents.set_licence_source(self.model_presenter.licence_words)
        self.pictures.opened.connect(self.picture.opened)
        self.pictures.opened.connect(self.steps.opened)
        self.preview.shown.connect(self.steps.note_shown)
        self.preview.shown.connect(self.projects.note_shown)
        self.model_presenter.painter_chosen.connect(self.layouts.use_model)

    def interrupted(self) -> None:
        """End without questions: work that is in no file is put aside for the next start."""
        try:
            self.recovery.save()
        finally:
            self.window.leave()

    def close(self) -> bool:
        """Write what is to be written and end the threads; whether they have ended in time."""
        self.watchdog.stop()
        self.collector.stop()
        self.window.save_layout()
        self.recoveries.finish()
        ended = self.queue.close(CLOSE_MS)
        self.recoveries.end()
        self.preferences.flush()
        return ended

    def _make_backend(self) -> Backend:
        from app.backend import make_backend

        return make_backend(self.preferences.value.device)

    def facts(self) -> dict[str, str]:
        """What a report tells besides versions and machine."""
        document = self.session.document
        size = f"{document.width_px} x {document.height_px} px" if document else "none"
        device = self.models.engine.device if self.models.engine else "not started"
        return {"model": self.models.current, "device": device, "picture": size}


def main(arguments: Sequence[str] = ()) -> NoReturn:
    """Open the window, with the picture that is named; the process ends when it closes."""
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    app = QApplication(["scumble", *arguments])
    app.setApplicationName("Scumble")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("scumble")
    app.setWindowIcon(QIcon(str(resource("icons/scumble.svg"))))
    settings, notice = load_settings()
    program = Program(app, settings)
    uninstall = crash.install(program.recovery.save, program.recovery.tell, facts=program.facts)
    # All that is there now stays to the end: no search for unused cycles has to look at it again.
    gc.freeze()
    program.window.show()
    program.watchdog.start()
    if notice:
        program.tell.warning(notice)
    if arguments:
        QTimer.singleShot(0, partial(program.documents.open_path, Path(arguments[0])))
    # A dialog that is still open must not keep the program alive.
    program.window.closed.connect(app.exit, Qt.ConnectionType.QueuedConnection)
    interrupts = Interrupts(program.interrupted)
    code = app.exec()
    interrupts.stop()
    uninstall()
    program.close()
    logging.shutdown()
    sys.stdout.flush()
    # All that matters is written. Python's own way out takes a second once torch is loaded, and
    # would wait for ever for a thread in a call that nothing can interrupt.
    os._exit(code)
