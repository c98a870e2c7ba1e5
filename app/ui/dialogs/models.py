"""The models dialog: what is installed, where it is, and what it runs on."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QProgressBar, QWidget

from app.controllers.exporting import size_words
from app.ui.dialogs.model_table import ModelDetails, ModelRow, ModelTable
from app.ui.dialogs.parts import (
    GAP_PX,
    INSET_PX,
    DeviceLike,
    Kind,
    Note,
    Notes,
    as_dialog,
    button,
    chars_px,
    column,
    fill_devices,
    heading,
    named,
    path_label,
    resize_in_chars,
    row,
)
from app.ui.files import ask_folder
from models.catalog import PICKLE_SUFFIXES, SUFFIX

__all__ = ["ModelRow", "ModelsDialog"]

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
NOT_A_MODEL = "{name} is not a model file. Scumble reads .safetensors and .pth files."
SHOWN_PROBLEMS = 3


class ProgressRow(QWidget):
    """What is being done, how far it is, and the button that calls it off; keeps its room."""

    def __init__(self) -> None:
        super().__init__()
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self._bar.setFixedHeight(GAP_PX)
        self.cancel = named(button("Cancel", lambda: None), "Cancel the work on models")
        layout = row(self._words, self._bar, self.cancel)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.hide()

    def set_progress(self, words: str | None, share: float) -> None:
        """Show "words" and a share of 0..1; None hides the row."""
        self.setVisible(words is not None)
        self._words.setText(words or "")
        self._bar.setAccessibleDescription(words or "")
        self._bar.setRange(0, 1000)
        self._bar.setValue(round(share * 1000))


class DeviceRow(QWidget):
    """The choice of the device, and the test of one.

    Signals:
        chosen(str): a device's name, or "auto".
        test_requested(str): try this one.
    """

    chosen = Signal(str)
    test_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._devices = named(QComboBox(), "Device")
        self._devices.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._devices.addItem("Auto", "auto")
        self._test = button("Test this device", self._ask, icon="device")
        self._result = Note()
        layout = row(self._devices, self._test, self._result)
        layout.setStretch(2, 1)
        policy = self._result.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._result.setSizePolicy(policy)
        self._devices.setMinimumWidth(chars_px(self, 24))
        self.setLayout(layout)
        self._devices.activated.connect(lambda: self.chosen.emit(self._devices.currentData()))
        self._devices.currentIndexChanged.connect(self._result.clear)

    def set_devices(self, devices: Iterable[DeviceLike], current: str) -> None:
        """List the devices."""
        fill_devices(self._devices, devices, current)

    def set_result(self, words: str, ok: bool | None) -> None:
        """Say how the test goes."""
        self._result.say("info" if ok is None else "check" if ok else "error", words)

    def _ask(self) -> None:
        self.set_result(f"Testing{ELLIPSIS}", None)
        self.test_requested.emit(self._devices.currentData())


class ModelsDialog(QDialog):
    """Lists the models and their folder, takes new ones, and chooses the device.

    Stays usable while something is done; the answers come back through the setters.

    Signals:
        import_browse_requested(): let the person choose files to import.
        import_requested(list): paths of files that were dropped.
        renamed(str, str): id of a model, and its new title.
        removed(str): id of a model; the person has been asked.
        revealed(Path): show this file or folder in the file manager.
        verify_requested(str): read the model with this id whole.
        folder_move_requested(Path): move the person's models into this folder.
        device_chosen(str), device_test_requested(str): a device's name, or "auto".
        cancel_requested(): call off what the progress row shows.
    """

    import_browse_requested = Signal()
    import_requested = Signal(list)
    renamed = Signal(str, str)
    removed = Signal(str)
    revealed = Signal(Path)
    verify_requested = Signal(str)
    folder_move_requested = Signal(Path)
    device_chosen = Signal(str)
    device_test_requested = Signal(str)
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = Path()
        self._table = ModelTable()
        self._details = ModelDetails()
        self._problems = Notes()
        self._message = Note()
        self._ask = Note()
        self._where = path_label()
        self._device = DeviceRow()
        self._progress = ProgressRow()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self._show_choice()

    def set_models(self, rows: Sequence[ModelRow]) -> None:
        """List these models; the chosen one stays chosen."""
        self._table.set_rows(rows)

    def set_problems(self, problems: Sequence[str]) -> None:
        """Tell what is wrong with files in the folder, a sentence each."""
        said: list[tuple[Kind, str]] = [("warning", text) for text in problems[:SHOWN_PROBLEMS]]
        if more := len(problems) - SHOWN_PROBLEMS:
            said.append(("warning", f"{more} more files could not be read." if more > 0 else ""))
        self._problems.say(said)

    def set_folder(self, folder: Path, size_bytes: int) -> None:
        """Where the person's models are, and how much room they take."""
        self._folder = folder
        self._where.setText(f"{folder}  ({size_words(size_bytes)})")

    def set_devices(self, devices: Iterable[DeviceLike], current: str) -> None:
        """List what can compute; `current` is "auto" or a name."""
        self._device.set_devices(devices, current)

    def set_device_result(self, words: str, ok: bool | None) -> None:
        """Say how the test of the device goes: `ok` is None while it runs."""
        self._device.set_result(words, ok)

    def set_progress(self, words: str | None, share: float = 0.0) -> None:
        """What is being done and its share of 0..1; None when nothing is."""
        self._progress.set_progress(words, share)

    def set_message(self, kind: Kind, text: str) -> None:
        """One sentence on what has just been done, or failed; empty takes it back."""
        self._message.say(kind, text)

    def _make_buttons(self) -> None:
        self._import = button(f"Import{ELLIPSIS}", self.import_browse_requested.emit, icon="import")
        self._rename = button("Rename", self._table.edit_title, icon="pencil", tip="F2")
        self._remove = button("Remove", self._ask_removal, icon="trash", tip="Delete")
        self._verify = button("Verify", self._ask_verifying, icon="check")
        self._verify.setToolTip("Read the whole file and compare it with its check sum")
        self._show_file = button("Show file", self._reveal_model, icon="folder")
        self._open_folder = button(
            "Open folder", lambda: self.revealed.emit(self._folder), icon="folder"
        )
        self._move = button(f"Move{ELLIPSIS}", self._choose_folder)
        self._move.setToolTip("Move your models into another folder")
        self._close = button("Close", self.accept)

    def _lay_out(self) -> None:
        tools = row(self._import, self._rename, self._remove, self._verify, self._show_file, 0)
        self._table.setMinimumSize(chars_px(self, 44), chars_px(self, 20))
        upper = row(self._table, self._details, gap_px=INSET_PX)
        upper.setStretch(0, 1)
        where = row(self._where, self._open_folder, self._move)
        where.setStretch(0, 1)
        feet = row(self._progress, self._close)
        feet.setStretch(0, 1)
        content = column(
            upper,
            tools,
            self._ask,
            self._message,
            self._problems,
            GAP_PX,
            heading("Folder of your models"),
            where,
            GAP_PX,
            heading("Device"),
            self._device,
            GAP_PX,
            feet,
        )
        content.setStretch(0, 1)
        as_dialog(self, "Models", content, fixed=False)
        resize_in_chars(self, 120, 74)

    def _connect(self) -> None:
        self._table.chosen.connect(self._show_choice)
        self._table.renamed.connect(self.renamed)
        self._table.delete_pressed.connect(self._ask_removal)
        self._device.chosen.connect(self.device_chosen)
        self._device.test_requested.connect(self.device_test_requested)
        self._progress.cancel.clicked.connect(self.cancel_requested)

    @Slot()
    def _show_choice(self) -> None:
        shown = self._table.current
        self._ask.clear()
        self._details.show_model(shown)
        own = shown is not None and not shown.shipped
        for action in (self._rename, self._remove):
            action.setEnabled(own)
        for action in (self._verify, self._show_file):
            action.setEnabled(shown is not None)

    @Slot()
    def _ask_removal(self) -> None:
        shown = self._table.current
        if shown is None or shown.shipped:
            return
        text = f"Remove {shown.title}? Its file is deleted, {size_words(shown.size_bytes)}."
        self._ask.say(
            "warning", text, ("Remove", lambda: self.removed.emit(shown.id)), ("Keep", lambda: None)
        )
        self._ask.buttons[0].setFocus()

    def _ask_verifying(self) -> None:
        if (shown := self._table.current) is not None:
            self.verify_requested.emit(shown.id)

    def _reveal_model(self) -> None:
        if (shown := self._table.current) is not None:
            self.revealed.emit(shown.path)

    def _choose_folder(self) -> None:
        ask_folder(
            self,
            "Move your models into",
            str(self._folder),
            lambda chosen: self.folder_move_requested.emit(chosen[0]),
        )

    def _take_files(self, paths: list[Path]) -> None:
        good = [path for path in paths if path.suffix.lower() in (SUFFIX, *PICKLE_SUFFIXES)]
        for path in paths:
            if path not in good:
                self.set_message("error", NOT_A_MODEL.format(name=path.name))
        if good:
            self.import_requested.emit(good)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape answers an open question with no; without one it closes."""
        if event.key() == Qt.Key.Key_Escape and self._ask.text:
            self._ask.clear()
            self._table.setFocus()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        urls = event.mimeData().urls()
        event.acceptProposedAction()
        self._take_files([Path(url.toLocalFile()) for url in urls if url.isLocalFile()])
