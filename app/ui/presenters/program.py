"""What belongs to the program and to no picture: settings, keys, theme, help, the layout.

Dialogs are imported when they are opened: the window comes up without them.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication

from app.controllers.models import EngineFacts, Models
from app.controllers.preferences import Preferences
from app.controllers.preview import FIRST_AUTO_PX
from app.settings import Settings
from app.ui import theme
from app.ui.actions import ACTIONS, default_keys, plain_title
from app.ui.main_window import MainWindow
from models.api import DeviceInfo

if TYPE_CHECKING:
    from app.ui.dialogs.settings import SettingsDialog

THEMES = (("system", "&System"), ("dark", "&Dark"), ("light", "&Light"))


class ProgramPresenter(QObject):
    """Settings, shortcuts, About, theme, panels."""

    def __init__(
        self,
        window: MainWindow,
        preferences: Preferences,
        models: Models,
        appearance: theme.Appearance,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._preferences = preferences
        self._models = models
        self._appearance = appearance
        self._settings: SettingsDialog | None = None
        self._auto_px = FIRST_AUTO_PX
        self._devices: tuple[DeviceInfo, ...] = ()
        models.engine_ready.connect(self._engine_ready)
        models.devices_found.connect(self._devices_found)
        self._theme_actions = self._build_theme_menu()
        preferences.changed.connect(self._settings_changed)
        appearance.changed.connect(self._theme_changed)
        actions = window.actions_
        actions.on("edit.settings", self.open_settings)
        actions.on("help.shortcuts", self.open_shortcuts)
        actions.on("help.about", self.open_about)
        actions.on("view.panels", lambda: window.hide_panels(actions["view.panels"].isChecked()))
        actions.on("view.full_screen", self._full_screen)
        actions.on("view.reset_layout", window.reset_layout)
        actions.on("view.next_pane", window.next_pane)
        self._set_keys(preferences.value)
        window.progress.set_still(preferences.value.reduce_motion)
        self._theme_changed()

    def open_settings(self) -> None:
        from app.ui.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(self._preferences.value, self._window)
        dialog.set_auto_side(self._auto_px)
        dialog.set_devices(self._devices)
        dialog.changed.connect(self._preferences.set)
        dialog.models_requested.connect(self._window.actions_["model.manage"].trigger)
        dialog.shortcuts_requested.connect(self.open_shortcuts)
        dialog.finished.connect(self._settings_closed)
        self._settings = dialog
        dialog.open()

    def _settings_closed(self) -> None:
        if self._settings is not None:
            self._settings.deleteLater()
            self._settings = None

    def open_shortcuts(self) -> None:
        from app.ui.dialogs.shortcuts import ShortcutRow, ShortcutsDialog

        keys = self._window.actions_.keys
        rows = [
            ShortcutRow(
                spec.id,
                spec.group,
                plain_title(spec),
                keys[spec.id],
                default_keys(spec),
                spec.place,
            )
            for spec in ACTIONS
        ]
        dialog = ShortcutsDialog(rows, self._window)
        dialog.changed.connect(self._use_keys)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def open_about(self) -> None:
        from app.ui.dialogs.about import AboutDialog

        catalog = self._models.catalog
        lines = [(spec.title, spec.weights.licence, spec.weights.source) for spec in catalog]
        dialog = AboutDialog(lines, self._window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _engine_ready(self, facts: EngineFacts) -> None:
        self._auto_px = facts.default_short_side_px

    def _devices_found(self, devices: tuple[DeviceInfo, ...]) -> None:
        self._devices = devices

    def _use_keys(self, keys: dict[str, tuple[str, ...]]) -> None:
        """Keep what differs from the defaults."""
        own = {spec.id: keys[spec.id] for spec in ACTIONS if keys[spec.id] != default_keys(spec)}
        self._preferences.update(shortcuts=own)

    def _settings_changed(self, old: Settings, new: Settings) -> None:
        if self._settings is not None:
            self._settings.set_settings(new)
        if (old.theme, old.text_percent) != (new.theme, new.text_percent):
            self._appearance.choose(new.theme, new.text_percent)
        self._window.progress.set_still(new.reduce_motion)
        if old.shortcuts != new.shortcuts:
            self._set_keys(new)
        self._theme_actions[new.theme].setChecked(True)

    def _set_keys(self, settings: Settings) -> None:
        window, actions = self._window, self._window.actions_
        actions.set_keys(settings.shortcuts)
        window.style_panel.set_dice_tip(actions["layout.roll"].toolTip())
        window.labels.set_swap_tip(actions["layout.swap"].toolTip())

    def _theme_changed(self) -> None:
        self._window.actions_.set_icons()
        colours = theme.Theme.of(QApplication.palette())
        self._window.canvas.set_surround(colours.surround)

    def _full_screen(self) -> None:
        # The other states stay as they were: a maximised window is one again afterwards.
        full = Qt.WindowState.WindowFullScreen
        on = self._window.actions_["view.full_screen"].isChecked()
        states = self._window.windowState()
        self._window.setWindowState(states | full if on else states & ~full)

    def _build_theme_menu(self) -> dict:
        menu, group = self._window.menus.theme, QActionGroup(self)
        actions = {}
        for name, title in THEMES:
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(name == self._preferences.value.theme)
            action.triggered.connect(
                lambda _=False, name=name: self._preferences.update(theme=name)
            )
            group.addAction(action)
            actions[name] = action
        return actions
