"""The panel of the sliders, and what makes new ones."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from app.controllers.finder import Finder
from app.controllers.learning import Learned, Learning
from app.controllers.preferences import Preferences
from app.controllers.session import Session
from app.controllers.slider_library import SliderLibrary, file_stem
from app.controllers.slider_strip import SliderStrip
from app.controllers.sliders import Sliders
from app.document.io.slider_files import SUFFIX
from app.document.sliders import Slider
from app.ui.dialogs.attributes import AttributesDialog, PhotoGroup
from app.ui.files import PICTURE_SUFFIXES, ask_files, ask_folder, ask_save
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller, words_of

FOLDER_KIND = "slider"
PHOTOS_KIND = "reference"
NO_DOCUMENT = "Open a photo: sliders change its texture."
NO_MODEL = "No model that takes over textures is installed. Import one under Model > Models."
NOT_YET = "Asking the model for its sliders…"
NO_DIRECTIONS = "This model has no directions of its own: make them from a folder of photos."
TOLD_SKIPS = 3
"""Photos that could not be used are told one by one up to so many."""


@dataclass(frozen=True)
class SliderParts:
    """The controllers of sliders.

    Attributes:
        sliders: their values.
        strip: small pictures along the one that is unfolded.
        library: the person's own.
        learning: makes new ones.
        finder: reads the thumbnails of the photos that they are made of.
    """

    sliders: Sliders
    strip: SliderStrip
    library: SliderLibrary
    learning: Learning
    finder: Finder


class SlidersPresenter(QObject):
    """Connects the panel Sliders with its controllers."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        parts: SliderParts,
        preferences: Preferences,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._sliders = parts.sliders
        self._strip = parts.strip
        self._library = parts.library
        self._learning = parts.learning
        self._finder = parts.finder
        self._preferences = preferences
        self._tell = tell
        self._dialog: AttributesDialog | None = None
        self._connect_panel()
        self._connect_makers()
        self._show()

    def _connect_panel(self) -> None:
        panel, sliders = self._window.sliders, self._sliders
        panel.dragged.connect(sliders.drag)
        panel.committed.connect(sliders.commit)
        panel.chosen.connect(sliders.set_value)
        panel.unfolded.connect(self._strip.show)
        panel.renamed.connect(sliders.rename)
        panel.pinned.connect(sliders.pin)
        panel.removed.connect(sliders.remove)
        panel.kept.connect(sliders.keep)
        panel.saved.connect(self.save_dialog)
        panel.reset_wanted.connect(sliders.reset_all)
        panel.randomise_wanted.connect(sliders.randomise)
        self._window.edits.selected.connect(sliders.select)
        self._window.docks["sliders"].visibilityChanged.connect(self._set_watched)
        sliders.changed.connect(self._show)
        self._strip.changed.connect(panel.show_stops)
        sliders.removed.connect(self._removed)
        sliders.failed.connect(partial(self._tell.error, key="sliders"))

    def _connect_makers(self) -> None:
        panel, library, learning = self._window.sliders, self._library, self._learning
        panel.photos_wanted.connect(self.photos_dialog)
        panel.folder_wanted.connect(self.folder_dialog)
        panel.load_wanted.connect(self.load_dialog)
        panel.cancel_wanted.connect(learning.cancel)
        learning.working.connect(panel.set_working)
        learning.learned.connect(self._learned)
        learning.failed.connect(partial(self._tell.error, key="sliders"))
        library.loaded.connect(self._loaded)
        library.saved.connect(self._saved)
        library.failed.connect(partial(self._tell.error, key="sliders"))
        self._finder.thumbnail.connect(self._thumbnail)

    # The panel

    def _show(self) -> None:
        panel, sliders = self._window.sliders, self._sliders
        rows = sliders.rows if self._session.document is not None else ()
        panel.set_rows(rows)
        panel.set_empty(self._empty_words())
        panel.set_usable(moves=bool(rows), makes=bool(sliders.model))

    def _set_watched(self, on: bool) -> None:
        self._sliders.set_watched(on)
        self._strip.set_watched(on)

    def _empty_words(self) -> str:
        sliders = self._sliders
        if self._session.document is None:
            return NO_DOCUMENT
        if not sliders.model:
            return NO_MODEL
        if sliders.trouble is not None:
            return " ".join(words_of(sliders.trouble)).strip()
        return NOT_YET if sliders.directions is None else NO_DIRECTIONS

    def _removed(self, key: str, title: str) -> None:
        undo = ("Undo", partial(self._sliders.put_back, key))
        # Of each its own: one that was deleted before can still be brought back.
        self._tell.info(f"The slider {title} was deleted.", undo, key=f"deleted {key}")

    # Files

    def save_dialog(self, key: str) -> None:
        """An own slider into a file for others."""
        slider = self._sliders.own(key)
        if slider is None:
            return
        ask_save(
            self._window,
            "Save a slider",
            Path(self._preferences.last_folder(FOLDER_KIND)) / f"{file_stem(slider.name)}{SUFFIX}",
            ("Sliders", (SUFFIX,)),
            partial(self._save_chosen, key),
        )

    def _save_chosen(self, key: str, path: Path) -> None:
        self._preferences.remember_folder(FOLDER_KIND, path.parent)
        self._sliders.save(key, path)

    def _saved(self, path: Path) -> None:
        show = ("Show in file manager", partial(self._tell.reveal, path))
        self._tell.info(f"The slider is in {path.name}.", show, key="sliders")

    def load_dialog(self) -> None:
        """Sliders out of a file that somebody shared."""
        ask_files(
            self._window,
            "Load sliders",
            self._preferences.last_folder(FOLDER_KIND),
            ("Sliders", (SUFFIX,)),
            self._load_chosen,
        )

    def _load_chosen(self, paths: list[Path]) -> None:
        self._preferences.remember_folder(FOLDER_KIND, paths[0].parent)
        self._sliders.load(paths[0])

    def _loaded(self, sliders: tuple[Slider, ...]) -> None:
        self._tell.info(f"{counted(sliders)} loaded.", key="sliders")

    # Photos

    def photos_dialog(self) -> None:
        """A slider from two groups of photos."""
        dialog = AttributesDialog(self._sliders.mean is not None, self._window)
        self._dialog = dialog
        dialog.browsed.connect(self._browse)
        dialog.thumbnails_wanted.connect(self._finder.want)
        dialog.made.connect(self._make)
        dialog.finished.connect(self._dialog_closed)
        dialog.open()

    def _dialog_closed(self) -> None:
        self._finder.stop()
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _browse(self, group: PhotoGroup) -> None:
        def chosen(paths: list[Path]) -> None:
            self._preferences.remember_folder(PHOTOS_KIND, paths[0].parent)
            group.add(paths)

        ask_files(
            self._dialog or self._window,
            "Choose photos",
            self._preferences.last_folder(PHOTOS_KIND),
            ("Pictures", PICTURE_SUFFIXES),
            chosen,
            several=True,
        )

    def _thumbnail(self, path: Path, thumb: Any) -> None:
        if self._dialog is not None:
            self._dialog.set_thumbnail(path, thumb)

    def _make(self, name: str, having: list[Path], lacking: list[Path]) -> None:
        sliders = self._sliders
        self._learning.from_groups(name, (having, lacking), sliders.model, sliders.mean)

    def folder_dialog(self) -> None:
        """Sliders from a folder of photos."""
        folder = self._preferences.last_folder(PHOTOS_KIND)
        ask_folder(self._window, "Choose a folder of photos", folder, self._folder_chosen)

    def _folder_chosen(self, paths: list[Path]) -> None:
        self._preferences.remember_folder(PHOTOS_KIND, paths[0])
        self._learning.from_folder(paths[0], self._sliders.model)

    def _learned(self, learned: Learned) -> None:
        self._library.add(learned.sliders, partial(self._tell_learned, learned))

    def _tell_learned(self, learned: Learned) -> None:
        photos = "one photo" if learned.count == 1 else f"{learned.count} photos"
        words = f"{counted(learned.sliders)} made of {photos}."
        if learned.left_out:
            words += f" {learned.left_out} more of the folder were not needed."
        self._tell.info(words, key="sliders")
        if learned.skipped:
            told = list(learned.skipped[:TOLD_SKIPS])
            rest = len(learned.skipped) - len(told)
            hint = " ".join((*told, *([f"And {rest} more."] if rest else [])))
            count = len(learned.skipped)
            text = "One photo was" if count == 1 else f"{count} photos were"
            self._tell.warning(f"{text} left out.", hint, key="slider photos")


def counted(sliders: tuple[Slider, ...]) -> str:
    """ "The slider Snow was", "8 sliders were"."""
    if len(sliders) == 1:
        return f"The slider {sliders[0].name} was"
    return f"{len(sliders)} sliders were"
