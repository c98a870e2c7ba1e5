"""The pen on the canvas, the tools, and the label map as it is shown."""

from functools import partial

from PySide6.QtCore import QObject

from app.controllers.label_maps import layout_entry
from app.controllers.labels import Labels
from app.controllers.painting import Painting, PaintSettings, ToolKind
from app.controllers.preferences import Preferences
from app.controllers.session import Change, Session
from app.document.document import Document
from app.document.palette import Label
from app.tools.stroke import StrokeSample
from app.ui.actions import DISPLAYS, LABEL_KEYS, TOOLS
from app.ui.canvas.pen import CanvasTool
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller, words_of
from app.ui.presenters.picture import PicturePresenter

WITH_CANVAS = (
    *(f"tool.{name}" for name in TOOLS), "tool.smaller", "tool.larger", "tool.mirror_across",
    "tool.mirror_down", "tool.close", "layout.swap", *(f"label.{key}" for key in LABEL_KEYS),
)  # fmt: skip
"""Actions whose keys belong to the pen, and do nothing in other workspaces."""
WITH_LAYOUT = (*(f"view.display_{name}" for name in DISPLAYS), "layout.patterns")
MIRRORS = {"tool.mirror_across": "mirror_across", "tool.mirror_down": "mirror_down"}


class PaintingPresenter(QObject):
    """Connects canvas, tool strip and options with the painting."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        painting: Painting,
        labels: Labels,
        preferences: Preferences,
        picture: PicturePresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._painting = painting
        self._labels = labels
        self._preferences = preferences
        self._tell = tell
        self._active = False
        self._painted = False
        self._connect_actions()
        self._connect_canvas()
        self._connect_labels()
        picture.stopped.connect(painting.cancel)
        session.changed.connect(self._document_changed)
        painting.tool_changed.connect(self._tool_changed)
        painting.settings_changed.connect(self._settings_changed)
        painting.refused.connect(self._refused)
        self._show_palette()
        self._settings_changed(painting.settings)
        self._tool_changed(painting.tool)

    def set_active(self, on: bool) -> None:
        """Have the pen paint, or leave the canvas to other work."""
        self._active = on
        self._painting.cancel()
        self._enable()
        if not on:
            self._window.canvas.set_tool(None)
        self._show_tool()
        self._show_mirror()

    def _connect_actions(self) -> None:
        actions, painting = self._window.actions_, self._painting
        for name in TOOLS:
            actions.on(f"tool.{name}", partial(painting.choose_tool, ToolKind(name)))
        actions.on("tool.smaller", partial(painting.step_size, -1))
        actions.on("tool.larger", partial(painting.step_size, 1))
        actions.on("tool.close", painting.finish_polygon)
        for name, setting in MIRRORS.items():
            actions.on(name, partial(self._mirror, name, setting))
        for name in DISPLAYS:
            actions.on(f"view.display_{name}", partial(self._window.canvas.set_display, name))
        actions.on("layout.swap", self._labels.swap)
        actions.on("layout.patterns", self._switch_patterns)
        for key in LABEL_KEYS:
            actions.on(f"label.{key}", partial(self._labels.choose_hotkey, key))
        self._window.options.changed.connect(lambda name, value: painting.change(**{name: value}))
        self._window.options.opacity_dragged.connect(self._window.canvas.set_layout_opacity)

    def _connect_canvas(self) -> None:
        canvas, painting = self._window.canvas, self._painting
        canvas.pressed.connect(self._pressed)
        canvas.dragged.connect(self._dragged)
        canvas.released.connect(painting.release)
        canvas.stroke_cancelled.connect(painting.cancel)
        canvas.finish_wanted.connect(painting.finish_polygon)
        canvas.picked.connect(self._picked)
        canvas.size_dragged.connect(self._size_dragged)
        canvas.display_changed.connect(self._display_changed)
        canvas.zoom_changed.connect(lambda percent: painting.set_zoom(percent / 100))
        painting.guides_changed.connect(canvas.set_guides)
        painting.size_changed.connect(lambda _size_px: self._show_tool())
        self._display_changed(canvas.display.value)

    def _pressed(self, sample: StrokeSample, shift: bool, eraser: bool) -> None:
        # The canvas has other tools in other workspaces.
        if self._active:
            self._painting.press(sample, shift=shift, eraser=eraser)

    def _dragged(self, sample: StrokeSample, shift: bool) -> None:
        if self._active:
            self._painting.drag(sample, shift=shift)

    def _picked(self, x_px: float, y_px: float) -> None:
        if self._active:
            self._painting.pick_at(x_px, y_px)

    def _size_dragged(self, diameter_px: float) -> None:
        if self._active:
            self._painting.set_size(diameter_px)

    def _connect_labels(self) -> None:
        labels, panel = self._labels, self._window.labels
        labels.palette_changed.connect(self._show_palette)
        labels.chosen.connect(self._show_chosen)
        labels.recent_changed.connect(
            lambda recent: panel.set_recent([label.id for label in recent])
        )
        panel.chosen.connect(labels.choose)
        panel.second_chosen.connect(labels.choose_second)
        panel.swap_requested.connect(labels.swap)
        panel.patterns_toggled.connect(self._set_patterns)
        panel.done.connect(self._window.canvas.setFocus)
        self._window.actions_.on("layout.find", self._find)
        self._window.tool_strip.primary_clicked.connect(self._find)
        self._window.tool_strip.secondary_clicked.connect(self._find)

    # Labels

    def _find(self) -> None:
        self._window.docks["labels"].show()
        self._window.docks["labels"].raise_()
        self._window.labels.focus_search()

    def _show_palette(self) -> None:
        labels = self._labels
        self._window.labels.set_palette(labels.palette)
        self._set_patterns(self._preferences.value.label_patterns)
        self._show_chosen(labels.primary, labels.secondary)
        self._show_layout()

    def _show_chosen(self, primary: Label, secondary: Label) -> None:
        self._window.labels.set_chosen(primary.id, secondary.id)
        self._show_swatches()
        self._show_tool()

    def _show_swatches(self) -> None:
        patterns = self._preferences.value.label_patterns
        self._window.tool_strip.set_labels(self._labels.primary, self._labels.secondary, patterns)

    def _switch_patterns(self) -> None:
        self._set_patterns(self._window.actions_["layout.patterns"].isChecked())

    def _set_patterns(self, on: bool) -> None:
        if on != self._preferences.value.label_patterns:
            self._preferences.update(label_patterns=on)
        self._window.actions_["layout.patterns"].setChecked(on)
        self._window.labels.set_patterns(on)
        self._window.canvas.set_patterns(on)
        self._show_swatches()

    # Tools

    def _tool_changed(self, tool: ToolKind) -> None:
        for name in TOOLS:
            self._window.actions_[f"tool.{name}"].setChecked(name == tool.value)
        self._window.options.set_tool(tool.value)
        self._show_tool()

    def _settings_changed(self, settings: PaintSettings) -> None:
        self._window.options.set_values(settings)
        for name, setting in MIRRORS.items():
            self._window.actions_[name].setChecked(getattr(settings, setting))
        self._show_tool()
        self._show_mirror()

    def _mirror(self, action: str, setting: str) -> None:
        self._painting.change(**{setting: self._window.actions_[action].isChecked()})

    def _show_tool(self) -> None:
        """The footprint at the pointer; none for the hand and without a layout."""
        if not self._active:
            return
        painting, document = self._painting, self._session.document
        if document is None or painting.tool is ToolKind.HAND:
            self._window.canvas.set_tool(None)
            return
        size_px = painting.size_px
        shape = "cross" if not size_px else "square" if painting.settings.square else "round"
        words = f"{painting.tool.value.capitalize()}, {self._labels.primary.name}"
        resizes = painting.tool in (ToolKind.BRUSH, ToolKind.ERASER)
        self._window.canvas.set_tool(CanvasTool(shape, size_px, words, shift_resizes=resizes))

    def _show_mirror(self) -> None:
        document, settings = self._session.document, self._painting.settings
        painted = self._active and document is not None and document.labels is not None
        if document is None or not painted:
            self._window.canvas.set_mirror(None, None)
            return
        self._window.canvas.set_mirror(
            document.width_px / 2 if settings.mirror_across else None,
            document.height_px / 2 if settings.mirror_down else None,
        )

    def _refused(self, error: Exception) -> None:
        """There is nothing to paint on: offer what can be done about it."""
        offers = (self._window.actions_[name] for name in ("layout.from_photo", "layout.blank"))
        actions = ((action.text().replace("&", ""), action.trigger) for action in offers)
        self._tell.warning(words_of(error)[0], "", *actions, key="painting")

    # What is shown

    def _display_changed(self, display: str) -> None:
        for name in DISPLAYS:
            self._window.actions_[f"view.display_{name}"].setChecked(name == display)
        self._window.options.set_display(display)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        self._show_layout()
        if why is not Change.DRAG:
            self._enable()
            self._show_mirror()
        if why is Change.OPEN:
            self._show_tool()
        self._show_first_layout(document, why)

    def _show_first_layout(self, document: Document | None, why: Change) -> None:
        """Have a layout in sight that has just been opened, or made of the open photo."""
        painted = layout_entry(document) is not None
        if painted and (why is Change.OPEN or not self._painted):
            self._window.canvas.set_display("side_by_side")
            self._window.notices.dismiss("painting")
        self._painted = painted

    def _show_layout(self) -> None:
        document = self._session.document
        labels = document.labels if document else None
        fits = labels is not None and labels.palette_id == self._labels.palette.id
        self._window.canvas.set_layout(labels, self._labels.palette if fits else None)

    def _enable(self) -> None:
        document, actions = self._session.document, self._window.actions_
        has_layout = document is not None and document.labels is not None
        actions.enable(self._active and document is not None, *WITH_CANVAS)
        actions.enable(has_layout, *WITH_LAYOUT)
