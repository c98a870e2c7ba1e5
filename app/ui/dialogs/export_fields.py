"""The fields of the export dialog: the file, quality or bits, size, what is kept."""

import os
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QWidget,
)

from app.settings import ExportSettings
from app.ui.dialogs.export_rules import (
    ExportFacts,
    format_of_suffix,
    name_problem,
    result_px,
    stem_of,
)
from app.ui.dialogs.parts import (
    Note,
    button,
    chars_px,
    column,
    form,
    named,
    path_label,
    pixels_words,
    quiet,
    row,
    spin,
)
from app.ui.files import ask_folder

SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))
LEAST_SIDE_PX = 16


class FileField(QWidget):
    """Name and folder of the file to write; says what is wrong with them.

    A whole path may be typed or pasted instead of a name.

    Signals:
        changed(): another path.
        format_typed(str): an extension was typed that stands for this format.
    """

    changed = Signal()
    format_typed = Signal(str)

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._suffix = QLabel()
        self.name = named(QLineEdit(stem_of(name)), "File name")
        self.where = path_label()
        self.browse = button("Browse\N{HORIZONTAL ELLIPSIS}", self._browse, icon="folder")
        self.note = Note()
        where = row(self.where, self.browse)
        where.setStretch(0, 1)
        self.form = form(("Name", row(self.name, self._suffix)), ("Folder", where))
        self.setLayout(column(self.form, self.note))
        self.name.textChanged.connect(self._check)
        self.name.editingFinished.connect(self._tidy)
        self.where.setText(str(folder))

    @property
    def path(self) -> Path:
        """Where the file goes."""
        folder, name = self._typed()
        return folder / (name + self._suffix.text())

    @property
    def replaces(self) -> bool:
        """Whether a file of that name is there already; asks the disk."""
        return self.path.exists()

    @property
    def usable(self) -> bool:
        """Whether a file of that name can be written as far as one can tell beforehand."""
        return not self._problem()

    def set_suffix(self, suffix: str) -> None:
        """The extension, with its dot."""
        self._suffix.setText(suffix)
        self._check()

    def set_folder(self, folder: Path) -> None:
        """The folder that the file goes into."""
        self._folder = folder
        self.where.setText(str(folder))
        self._check()

    def refresh(self) -> None:
        """Look at the disk again."""
        self._check()

    def _typed(self) -> tuple[Path, str]:
        """The folder, and the name in it."""
        typed = self.name.text().strip()
        if not typed.endswith(SEPARATORS) and any(sign in typed for sign in SEPARATORS):
            home = f"~{os.sep}"
            own = typed.startswith(home)
            whole = Path.home() / typed.removeprefix(home) if own else self._folder / typed
            return whole.parent, whole.name
        return self._folder, typed

    def _problem(self) -> str:
        folder, name = self._typed()
        if problem := name_problem(name):
            return problem
        if not folder.is_dir():
            return f"The folder {folder} is not there."
        return "A folder has this name." if self.path.is_dir() else ""

    @Slot()
    def _check(self) -> None:
        if problem := self._problem():
            self.note.say("error", problem)
        elif self.replaces:
            self.note.say("warning", f"{self.path.name} is in this folder already.")
        else:
            self.note.clear()
        self.changed.emit()

    @Slot()
    def _tidy(self) -> None:
        """Take the folder and the extension of what was typed to where they belong."""
        folder, name = self._typed()
        if folder != self._folder and folder.is_dir():
            self.name.setText(name)
            self.set_folder(folder)
        if chosen := format_of_suffix(Path(name).suffix):
            self.name.setText(stem_of(self.name.text().strip()))
            self.format_typed.emit(chosen)

    @Slot()
    def _browse(self) -> None:
        title, folder = "Export into", str(self._folder)
        ask_folder(self, title, folder, lambda chosen: self.set_folder(chosen[0]))


class Depth(QStackedWidget):
    """The one number of a format: bits per channel of a lossless one, else the quality.

    Signals:
        changed(): another number.
    """

    changed = Signal()

    def __init__(self, quality: int, bits: int) -> None:
        super().__init__()
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "Quality")
        self._number = spin("Quality in numbers", 1, 100, quality)
        self._number.setToolTip("1 is smallest, 100 is best")
        self._bits = named(QComboBox(), "Bits per channel")
        self._bits.addItem("8 bits per channel", 8)
        self._bits.addItem("16 bits per channel", 16)
        self._bits.setCurrentIndex(self._bits.findData(bits))
        self._slider.setRange(1, 100)
        self._slider.setValue(quality)
        self._slider.setPageStep(10)
        lossy = QWidget()
        lossy.setLayout(row(self._slider, self._number))
        self.addWidget(lossy)
        self.addWidget(self._bits)
        self._slider.valueChanged.connect(self._number.setValue)
        self._number.valueChanged.connect(self._slider.setValue)
        self._number.valueChanged.connect(self.changed)
        self._bits.currentIndexChanged.connect(self.changed)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def quality(self) -> int:
        """1 to 100."""
        return self._number.value()

    @property
    def bits(self) -> int:
        """8 or 16, as chosen for lossless formats."""
        return self._bits.currentData()

    def set_lossless(self, lossless: bool) -> None:
        """Which of the two is asked for."""
        self.setCurrentIndex(1 if lossless else 0)


class SizeField(QWidget):
    """Which size the file has, and what that is in px.

    Signals:
        changed(): another size.
    """

    changed = Signal()

    def __init__(self, settings: ExportSettings, facts: ExportFacts) -> None:
        super().__init__()
        self._facts = facts
        self._which = named(QComboBox(), "Size")
        working_px = result_px(replace(settings, size="working"), facts)
        self._which.addItem("As on screen", "working")
        self._which.addItem("As the photo", "original")
        self._which.addItem("Shorter side of", "custom")
        self._which.setItemData(0, pixels_words(*working_px), Qt.ItemDataRole.ToolTipRole)
        self._which.setCurrentIndex(self._which.findData(settings.size))
        self._which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._custom_px = max(settings.short_side_px, LEAST_SIDE_PX)
        own_px = min(facts.original_px)
        limits_px = (min(LEAST_SIDE_PX, own_px), own_px)
        side = "Shorter side in pixels"
        self._side = spin(side, *limits_px, own_px, step=64, unit="px")
        self._words = quiet()
        self._words.setWordWrap(False)
        layout = row(self._which, self._side, self._words)
        layout.setStretch(0, 1)
        self._words.setMinimumWidth(chars_px(self, 15))
        self.setLayout(layout)
        self._which.currentIndexChanged.connect(self.changed)
        self._side.valueChanged.connect(self._take_side)

    @Slot(int)
    def _take_side(self, side_px: int) -> None:
        self._custom_px = side_px
        self.changed.emit()

    @property
    def which(self) -> str:
        """ "working", "original" or "custom"."""
        return self._which.currentData()

    @property
    def short_side_px(self) -> int:
        """The side that is wanted for "custom"; the photo's own may be less."""
        return self._custom_px

    def show_result(self, width_px: int, height_px: int) -> None:
        """Say how large the file's picture is."""
        with QSignalBlocker(self._side):
            self._side.setValue(min(width_px, height_px))
        self._side.setEnabled(self.which == "custom")
        self._words.setText(pixels_words(width_px, height_px))


class Kept(QObject):
    """What of the photo's descriptions goes into the file: three check boxes.

    Signals:
        changed(): another choice.
    """

    changed = Signal()

    def __init__(self, settings: ExportSettings, facts: ExportFacts) -> None:
        super().__init__()
        self._facts = facts
        self._wants_profile = settings.keep_profile
        self._wants_exif = settings.keep_exif
        self.profile = self._box("Colour profile", settings.keep_profile)
        self.exif = self._box("EXIF and other descriptions", settings.keep_exif)
        self.place = self._box("Leave out place and device", settings.strip_place)
        if facts.has_profile:
            self.profile.setText(f"Colour profile ({facts.has_profile})")
        # First the wish: whoever hears of the change reads it.
        self.profile.toggled.connect(self._take_profile)
        self.exif.toggled.connect(self._take_exif)
        for box in (self.profile, self.exif, self.place):
            box.toggled.connect(self.changed)

    def _box(self, words: str, checked: bool) -> QCheckBox:
        box = named(QCheckBox(words), words)
        box.setChecked(checked)
        return box

    @Slot(bool)
    def _take_profile(self, wanted: bool) -> None:
        self._wants_profile = wanted

    @Slot(bool)
    def _take_exif(self, wanted: bool) -> None:
        self._wants_exif = wanted

    def apply(self, settings: ExportSettings) -> ExportSettings:
        """The settings with what is chosen here."""
        return replace(
            settings,
            keep_profile=self._wants_profile,
            keep_exif=self._wants_exif,
            strip_place=self.place.isChecked(),
        )

    def show_for(self, bits: int) -> None:
        """Offer what makes sense for a file with so many bits."""
        has_profile = bool(self._facts.has_profile)
        forced = bits == 16
        with QSignalBlocker(self.profile):
            self.profile.setChecked(has_profile and (forced or self._wants_profile))
        self.profile.setEnabled(has_profile and not forced)
        with QSignalBlocker(self.exif):
            self.exif.setChecked(self._facts.has_exif and self._wants_exif)
        self.exif.setEnabled(self._facts.has_exif)
        self.place.setEnabled(self._facts.has_exif and self.exif.isChecked())
        self.profile.setToolTip(_profile_tip(has_profile, forced))
        self.exif.setToolTip("" if self._facts.has_exif else "The photo has none.")


def _profile_tip(has_profile: bool, forced: bool) -> str:
    if not has_profile:
        return "The photo has none; its colours are taken as sRGB."
    if forced:
        return "Kept with 16 bits: colours are converted to sRGB in 8 bits only."
    return "Without it, the colours are converted to sRGB."
