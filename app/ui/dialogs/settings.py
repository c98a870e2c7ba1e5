"""The settings dialog. Everything applies at once; there is nothing to confirm."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QDialog, QWidget

from app.settings import WORKING_SIDES_PX, Settings
from app.ui.dialogs.parts import (
    GAP_PX,
    DeviceLike,
    Note,
    align_labels,
    as_dialog,
    button,
    chars_px,
    column,
    fill_devices,
    form,
    heading,
    named,
    quiet,
    row,
    spin,
)

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
THEME_WORDS = (("Follow the system", "system"), ("Dark", "dark"), ("Light", "light"))
PERCENTS = (80, 90, 100, 110, 125, 150, 175, 200)
SIDES_PX = (256, 384, 512, 768, 1024)
OWN_SIDE = "own"
FIRST_OWN_SIDE_PX = 640


class SettingsDialog(QDialog):
    """Shows the settings and changes them live.

    Signals:
        changed(Settings): the new settings, to be applied and kept.
        models_requested(), shortcuts_requested(): open that dialog.
    """

    changed = Signal(object)
    models_requested = Signal()
    shortcuts_requested = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._devices: tuple[DeviceLike, ...] = ()
        self._auto_side_px = 0
        self._theme = named(QComboBox(), "Theme")
        self._percent = named(QComboBox(), "Text size")
        self._side = named(QComboBox(), "Working size")
        limits_px = (WORKING_SIDES_PX.start, WORKING_SIDES_PX.stop - 1)
        self._own_side = spin(
            "Working size in pixels", *limits_px, FIRST_OWN_SIDE_PX, step=64, unit="px"
        )
        self._device = named(QComboBox(), "Device")
        self._calm = named(QCheckBox("Reduce motion"), "Reduce motion")
        self._note = Note()
        # The labels hear of another font after the dialog.
        self._aligning = QTimer(self, singleShot=True, interval=0)
        self._aligning.timeout.connect(lambda: align_labels(*self._forms))
        self._fill()
        self._lay_out()
        self._connect()
        self._show()

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return self._settings

    def set_settings(self, settings: Settings) -> None:
        """Show settings that were changed elsewhere, without a signal."""
        self._settings = settings
        self._show()

    def set_auto_side(self, side_px: int) -> None:
        """What "Auto" stands for on this device, px."""
        self._auto_side_px = side_px
        self._show()

    def set_devices(self, devices: Iterable[DeviceLike]) -> None:
        """List what can compute."""
        self._devices = tuple(devices)
        self._show()

    def _fill(self) -> None:
        for words, name in THEME_WORDS:
            self._theme.addItem(words, name)
        for percent in PERCENTS:
            self._percent.addItem(f"{percent} %", percent)
        self._side.addItem("Auto", None)
        for side_px in SIDES_PX:
            self._side.addItem(f"{side_px} px", side_px)
        self._side.addItem("Own size", OWN_SIDE)
        self._own_side.setKeyboardTracking(False)

    def _lay_out(self) -> None:
        side = row(self._side, self._own_side)
        side.setStretch(0, 1)
        tip = quiet("The shorter side of the picture while you work. Smaller is faster.")
        looks = form(("Theme", self._theme), ("Text size", self._percent), ("", self._calm))
        work = form(("Working size", side), ("", tip), ("Device", self._device))
        self._forms = (looks, work)
        align_labels(*self._forms)
        more = row(
            button(f"Models{ELLIPSIS}", self.models_requested.emit, icon="model"),
            button(f"Shortcuts{ELLIPSIS}", self.shortcuts_requested.emit, icon="keyboard"),
            0,
        )
        close = button("Close", self.accept)
        feet = row(button("Restore defaults", self._restore, icon="restart"), 0, close)
        tip.setMinimumWidth(chars_px(self, 36))
        content = column(
            heading("Looks"), looks, GAP_PX, heading("Work"), work, more, self._note, GAP_PX, feet
        )
        as_dialog(self, "Settings", content)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.isVisible():
            self._aligning.start()

    def _connect(self) -> None:
        self._theme.activated.connect(lambda: self._change(theme=self._theme.currentData()))
        self._percent.activated.connect(
            lambda: self._change(text_percent=self._percent.currentData())
        )
        self._side.activated.connect(self._take_side)
        self._own_side.valueChanged.connect(
            lambda side_px: self._change(working_short_side_px=side_px)
        )
        self._device.activated.connect(lambda: self._change(device=self._device.currentData()))
        self._calm.toggled.connect(lambda calm: self._change(reduce_motion=calm))

    @Slot()
    def _take_side(self) -> None:
        side_px = self._side.currentData()
        if side_px == OWN_SIDE:
            side_px = self._settings.working_short_side_px or FIRST_OWN_SIDE_PX
            self._change(working_short_side_px=side_px)
            self._show_side(own=True)
            self._own_side.setFocus()
        else:
            self._change(working_short_side_px=side_px)

    def _change(self, **values: Any) -> None:
        changed = replace(self._settings, **values)
        self._note.clear()
        if changed != self._settings:
            self._settings = changed
            self._show()
            self.changed.emit(changed)

    def _restore(self) -> None:
        """What this dialog shows goes back to the defaults; it can be taken back."""
        before, usual = self._settings, Settings()
        names = ("theme", "text_percent", "working_short_side_px", "device", "reduce_motion")
        self._change(**{name: getattr(usual, name) for name in names})
        undo = ("Undo", lambda: self._change(**{name: getattr(before, name) for name in names}))
        self._note.say("info", "These settings are back at their defaults.", undo)

    def _show(self) -> None:
        """Bring the controls in line with the settings."""
        shown = self._settings
        _choose(self._theme, shown.theme)
        if self._percent.findData(shown.text_percent) < 0:
            self._percent.addItem(f"{shown.text_percent} %", shown.text_percent)
        _choose(self._percent, shown.text_percent)
        self._side.setItemText(0, f"Auto ({self._auto_side_px})" if self._auto_side_px else "Auto")
        self._show_side(own=shown.working_short_side_px not in (None, *SIDES_PX))
        fill_devices(self._device, self._devices, shown.device)
        with QSignalBlocker(self._calm):
            self._calm.setChecked(shown.reduce_motion)

    def _show_side(self, *, own: bool) -> None:
        side_px = self._settings.working_short_side_px
        _choose(self._side, OWN_SIDE if own else side_px)
        self._own_side.setVisible(own)
        with QSignalBlocker(self._own_side):
            self._own_side.setValue(side_px or FIRST_OWN_SIDE_PX)


def _choose(combo: QComboBox, value: object) -> None:
    """Choose the item that stands for `value`, without a signal."""
    # findData does not find None.
    places = [place for place in range(combo.count()) if combo.itemData(place) == value]
    with QSignalBlocker(combo):
        combo.setCurrentIndex(places[0] if places else -1)
