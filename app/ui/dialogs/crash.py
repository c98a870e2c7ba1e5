"""What the person sees after an error that nobody foresaw; the work is saved by then."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel, QLayout, QPlainTextEdit, QWidget

from app.ui.dialogs.parts import (
    INSET_PX,
    Note,
    as_dialog,
    button,
    chars_px,
    column,
    heading,
    named,
    path_label,
    quiet,
    row,
)

SAVED = "Your picture was saved first. It is offered when Scumble starts again."
NOT_SAVED = "No picture was saved. If one is open, save it now."
ADVICE = (
    "You can go on. If something looks wrong, quit and start again. "
    "A report helps to mend this; read it before you send it."
)


class CrashDialog(QDialog):
    """Tells of an unhandled error and never blocks: the window below stays usable.

    Signals:
        quit_requested(): end the program.
        revealed(Path): show where the work was saved.
    """

    quit_requested = Signal()
    revealed = Signal(Path)

    def __init__(
        self, sentence: str, saved: Path | None, text: str, parent: QWidget | None = None
    ) -> None:
        """`sentence` says what happened, `text` is the report to copy."""
        super().__init__(parent)
        self._text = text
        self._copy = button("Copy report", self._copy_report, icon="copy")
        self._toggle = button("Show report", self._toggle_report)
        self._report = named(QPlainTextEdit(text), "Report")
        self._lay_out(sentence, saved)
        self.setWindowModality(Qt.WindowModality.NonModal)

    def _lay_out(self, sentence: str, saved: Path | None) -> None:
        what = QLabel(sentence)
        what.setWordWrap(True)
        what.setTextFormat(Qt.TextFormat.PlainText)
        fate = Note()
        go_on = button("Continue", self.accept)
        go_on.setDefault(True)
        go_on.setFocus()
        feet = row(self._copy, self._toggle, 0, button("Quit", self._quit), go_on)
        self._report.setReadOnly(True)
        self._report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._report.setFixedHeight(chars_px(self, 36))
        self._report.hide()
        parts = column(heading("Something went wrong"), what, fate, gap_px=INSET_PX)
        if saved is not None:
            parts.addLayout(self._place(saved))
        for part in (quiet(ADVICE), self._report):
            parts.addWidget(part)
        parts.addLayout(feet)
        as_dialog(self, "Scumble", parts)
        what.setMinimumWidth(chars_px(self, 72))
        fate.say(*(("check", SAVED) if saved is not None else ("warning", NOT_SAVED)))

    def _place(self, saved: Path) -> QLayout:
        show = button("Show folder", lambda: self.revealed.emit(saved), icon="folder")
        where = row(path_label(str(saved)), show)
        where.setStretch(0, 1)
        return where

    @Slot()
    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self._copy.setText("Copied")

    @Slot()
    def _toggle_report(self) -> None:
        self._report.setVisible(not self._report.isVisible())
        self._toggle.setText("Hide report" if self._report.isVisible() else "Show report")

    def _quit(self) -> None:
        self.accept()
        self.quit_requested.emit()
