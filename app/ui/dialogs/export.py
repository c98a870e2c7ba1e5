"""The export dialog: where to, in what format, how large, and how many bytes that makes."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QLabel, QWidget

from app.settings import ExportSettings
from app.ui.dialogs.export_fields import Depth, FileField, Kept, SizeField
from app.ui.dialogs.export_rules import FORMATS, ExportFacts, result_px, warnings
from app.ui.dialogs.parts import (
    GAP_PX,
    INSET_PX,
    Notes,
    align_labels,
    as_dialog,
    button,
    chars_px,
    column,
    form,
    named,
    quiet,
    row,
)

__all__ = ["ExportDialog", "ExportFacts"]

ESTIMATE_REST_MS = 200


class ExportDialog(QDialog):
    """Asks how a picture is exported, and says what each choice costs.

    Signals:
        estimate_requested(ExportSettings): the settings rest; `set_estimate` answers.
        accepted_with(Path, ExportSettings): write this file; it may replace one that is there.
    """

    estimate_requested = Signal(object)
    accepted_with = Signal(Path, object)

    def __init__(
        self, settings: ExportSettings, facts: ExportFacts, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._facts = facts
        self._start = settings
        self._format = named(QComboBox(), "Format")
        for name, shape in FORMATS.items():
            self._format.addItem(shape.words, name)
        self._format.setCurrentIndex(self._format.findData(settings.format))
        self.file = FileField(facts.name, facts.folder)
        self._depth = Depth(settings.quality, settings.bits)
        self._size = SizeField(settings, facts)
        self._anew = named(QCheckBox("Carry edits out at this size"), "Carry edits out anew")
        self._anew.setToolTip("Slower; textures become finer than they are on the screen")
        self._anew.setChecked(settings.anew)
        self._kept = Kept(settings, facts)
        self._notes = Notes()
        self._estimate = quiet()
        self._cancel = button("Cancel", self.reject)
        self._export = button("Export", self._accept, icon="save")
        self._export.setDefault(True)
        self._timer = QTimer(self, singleShot=True, interval=ESTIMATE_REST_MS)
        self._timer.timeout.connect(lambda: self.estimate_requested.emit(self.settings))
        self._lay_out()
        self._connect()
        self.file.name.setFocus()
        self.file.name.selectAll()
        self._show()

    @property
    def settings(self) -> ExportSettings:
        """What is chosen; what cannot be chosen now stays as it was."""
        name: str = self._format.currentData()
        chosen = replace(
            self._start,
            format=name,
            quality=self._depth.quality,
            bits=self._depth.bits,
            size=self._size.which,
            short_side_px=self._size.short_side_px,
            anew=self._anew.isChecked(),
        )
        return self._kept.apply(chosen)

    @property
    def path(self) -> Path:
        """The file that would be written."""
        return self.file.path

    def set_estimate(self, words: str) -> None:
        """Say how large the file will be: "about 2.3 MB"; empty when nobody knows."""
        self._estimate.setText(f"File size: {words}" if words else "")

    def set_outside(self, outside: tuple[int, int] | None) -> None:
        """Say what was counted in the picture, which has come meanwhile; as in `ExportFacts`."""
        if outside != self._facts.outside:
            self._facts = replace(self._facts, outside=outside)
            self._show()

    def _lay_out(self) -> None:
        choices = form(
            ("Format", self._format),
            ("Depth", self._depth),
            ("Size", self._size),
            ("", self._anew),
            ("Keep", self._kept.profile),
            ("", self._kept.exif),
            ("", self._kept.place),
        )
        align_labels(self.file.form, choices)
        feet = row(self._estimate, self._cancel, self._export)
        feet.setStretch(0, 1)
        self._depth_words = choices.labelForField(self._depth)
        self.file.setMinimumWidth(chars_px(self, 64))
        content = column(self.file, choices, self._notes, GAP_PX, feet, gap_px=INSET_PX)
        as_dialog(self, "Export", content)

    def _connect(self) -> None:
        self._format.currentIndexChanged.connect(self._show)
        self.file.changed.connect(self._show_file)
        self.file.format_typed.connect(
            lambda name: self._format.setCurrentIndex(self._format.findData(name))
        )
        for field in (self._depth, self._size, self._kept):
            field.changed.connect(self._show)
        self._anew.toggled.connect(self._show)

    @Slot()
    def _show(self) -> None:
        """Bring everything in line with what is chosen, and ask how large the file gets."""
        shape = FORMATS[self._format.currentData()]
        self._depth.set_lossless(shape.lossless)
        if isinstance(self._depth_words, QLabel):
            self._depth_words.setText("Depth" if shape.lossless else "Quality")
        self._kept.show_for(self._depth.bits if shape.lossless else 8)
        size_px = result_px(self.settings, self._facts)
        self._size.show_result(*size_px)
        larger = min(size_px) > self._facts.working_short_side_px
        self._anew.setEnabled(larger and self._facts.has_edits)
        self._notes.say(warnings(self.settings, self._facts))
        self.file.set_suffix(shape.suffix)
        self._estimate.setText("Working out the file size\N{HORIZONTAL ELLIPSIS}")
        self._timer.start()

    @Slot()
    def _show_file(self) -> None:
        bad = any(kind == "error" for kind, _ in warnings(self.settings, self._facts))
        self._export.setEnabled(self.file.usable and not bad)
        self._export.setText("Replace" if self.file.usable and self.file.replaces else "Export")

    def _accept(self) -> None:
        """Hand over the choice; a file that came up meanwhile is asked about first."""
        asked = self._export.text()
        self.file.refresh()
        if not self._export.isEnabled() or self._export.text() != asked:
            return
        self.accepted_with.emit(self.path, self.settings)
        self.accept()
