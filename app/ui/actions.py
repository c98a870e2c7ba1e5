"""Every command of the menus: its name, its keys, its icon. The keys can be changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence

from app.ui import theme

Standard = QKeySequence.StandardKey


@dataclass(frozen=True)
class ActionSpec:
    """One command.

    Attributes:
        id: what settings call it.
        group: the menu it is listed under.
        title: sentence case, with the letter for the keyboard marked by "&".
        keys: the keys that it has unless the artist says otherwise; the platform's own where there
            is a standard.
        icon: a name in `resources/icons`, or "".
        checkable: whether it is a switch.
    """

    id: str
    group: str
    title: str
    keys: tuple[Standard | str, ...] = ()
    icon: str = ""
    checkable: bool = False


LABEL_KEYS = "1234567890"
"""Keys of labels, as palettes name them."""
TOOLS = (
    "hand", "brush", "eraser", "fill", "line", "rectangle", "ellipse", "polygon", "lasso", "pick",
)  # fmt: skip
"""The tools in the order in which they are offered; their actions are "tool.NAME"."""
DISPLAYS = ("picture", "layout", "side_by_side", "over")
"""What the canvas shows; the actions are "view.display_NAME"."""
WORKSPACES = ("paint", "edit")
"""The actions are "view.workspace_NAME"."""

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("file.new", "File", "&New…", (Standard.New,), "new"),
    ActionSpec("file.new_layout", "File", "New &layout…", ("Ctrl+Shift+N",), "layout"),
    ActionSpec("file.open", "File", "&Open…", (Standard.Open,), "open"),
    # The project file takes Ctrl+S when it comes; until then the hand that types it means a file.
    ActionSpec("file.export", "File", "&Export…", ("Ctrl+E", "Ctrl+Shift+E", "Ctrl+S"), "export"),
    ActionSpec("file.export_again", "File", "Export &again", ("Ctrl+Alt+E",)),
    ActionSpec("file.reveal", "File", "Show in &file manager", ("Ctrl+Alt+R",), "folder"),
    ActionSpec("file.close", "File", "&Close picture", (Standard.Close,), "close"),
    ActionSpec("file.quit", "File", "&Quit", ("Ctrl+Q",)),
    ActionSpec("edit.undo", "Edit", "&Undo", (Standard.Undo,), "undo"),
    ActionSpec("edit.redo", "Edit", "&Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    ActionSpec("edit.copy", "Edit", "&Copy picture", (Standard.Copy,), "copy"),
    ActionSpec("edit.paste", "Edit", "&Paste", (Standard.Paste,)),
    ActionSpec("edit.paste_new", "Edit", "Paste as &new picture", ("Ctrl+Shift+V",)),
    ActionSpec("edit.reference", "Edit", "Choose a re&ference…", ("Ctrl+R",), "plus"),
    ActionSpec("edit.duplicate", "Edit", "Du&plicate edit", ("Ctrl+J",)),
    ActionSpec("edit.toggle", "Edit", "Edit on or o&ff", ("Ctrl+H",), "eye"),
    ActionSpec("edit.delete", "Edit", "&Delete edit", ("Ctrl+Del",), "trash"),
    ActionSpec("edit.settings", "Edit", "&Settings…", ("Ctrl+,",), "settings"),
    ActionSpec("layout.from_photo", "Layout", "Layout from &photo", ("Ctrl+L",), "layout-photo"),
    ActionSpec("layout.blank", "Layout", "&Blank layout", (), "layout"),
    ActionSpec("layout.import", "Layout", "&Import layout…", ("Ctrl+Shift+O",), "import"),
    ActionSpec("layout.export", "Layout", "&Export layout…", ("Ctrl+Shift+L",)),
    ActionSpec("layout.export_colours", "Layout", "Export layout in &colours…"),
    ActionSpec("layout.table", "Layout", "Labels of the &model…"),
    ActionSpec("layout.find", "Layout", "&Find a label", ("Ctrl+F",)),
    ActionSpec("layout.swap", "Layout", "&Swap the two labels", ("X",), "swap"),
    ActionSpec("layout.patterns", "Layout", "Pa&tterns on labels", (), "", True),
    ActionSpec("layout.roll", "Layout", "&Roll the dice", ("Ctrl+D",), "dice"),
    ActionSpec("layout.style", "Layout", "Style of a p&hoto…", ("Ctrl+Shift+R",)),
    *(
        ActionSpec(f"label.{key}", "Layout", f"Label with the key {key}", (key,))
        for key in LABEL_KEYS
    ),
    ActionSpec("tool.hand", "Tools", "&Hand", ("H",), "hand", True),
    ActionSpec("tool.brush", "Tools", "&Brush", ("B",), "brush", True),
    ActionSpec("tool.eraser", "Tools", "&Eraser", ("E",), "eraser", True),
    ActionSpec("tool.fill", "Tools", "&Fill", ("F", "G"), "fill", True),
    ActionSpec("tool.line", "Tools", "&Line", ("V",), "line", True),
    ActionSpec("tool.rectangle", "Tools", "&Rectangle", ("R",), "rectangle", True),
    ActionSpec("tool.ellipse", "Tools", "Elli&pse", ("O",), "ellipse", True),
    ActionSpec("tool.polygon", "Tools", "Poly&gon", ("P",), "polygon", True),
    ActionSpec("tool.lasso", "Tools", "L&asso", ("L",), "lasso", True),
    ActionSpec("tool.pick", "Tools", "Pick a la&bel", ("I",), "pick", True),
    ActionSpec("tool.smaller", "Tools", "S&maller", ("[",)),
    ActionSpec("tool.larger", "Tools", "La&rger", ("]",)),
    ActionSpec("tool.mirror_across", "Tools", "Mirror left and r&ight", ("M",), "", True),
    ActionSpec("tool.mirror_down", "Tools", "Mirror top and botto&m", ("Shift+M",), "", True),
    ActionSpec("tool.close", "Tools", "&Close the polygon", ("Ctrl+Return",)),
    ActionSpec("view.workspace_paint", "View", "Paint", ("F1",), "", True),
    ActionSpec("view.workspace_edit", "View", "Edit", ("F2",), "", True),
    ActionSpec("view.display_picture", "View", "P&icture alone", ("Alt+1",), "", True),
    ActionSpec("view.display_layout", "View", "La&yout alone", ("Alt+2",), "", True),
    ActionSpec("view.display_side_by_side", "View", "&Side by side", ("Alt+3",), "", True),
    ActionSpec("view.display_over", "View", "Layout o&ver the picture", ("Alt+4",), "", True),
    ActionSpec("view.zoom_in", "View", "Zoom &in", (Standard.ZoomIn, "Ctrl+="), "zoom-in"),
    ActionSpec("view.zoom_out", "View", "Zoom &out", (Standard.ZoomOut,), "zoom-out"),
    ActionSpec("view.fit", "View", "&Fit", ("Ctrl+0",), "fit"),
    ActionSpec("view.actual", "View", "&100 %", ("Ctrl+1",), "actual-size"),
    ActionSpec("view.split", "View", "&Divider: before and after", ("C",), "compare", True),
    ActionSpec("view.before", "View", "Show the &original", ("Shift+Q",), "picture", True),
    ActionSpec("view.hold", "View", "Show the other one while &held", ("Q",)),
    ActionSpec("view.panels", "View", "Hide or show &panels", ("Tab",), "", True),
    ActionSpec("view.full_screen", "View", "F&ull screen", ("F11",), "", True),
    ActionSpec("view.reset_layout", "View", "&Reset layout"),
    ActionSpec("view.next_pane", "View", "&Next part of the window", ("F6",)),
    ActionSpec("model.manage", "Model", "&Models and devices…", ("Ctrl+M",), "model"),
    ActionSpec("model.import", "Model", "&Import a model…", (), "import"),
    ActionSpec("model.stop", "Model", "&Stop the work", ("Esc",)),
    ActionSpec("model.restart", "Model", "&Restart the engine", (), "restart"),
    ActionSpec("help.welcome", "Help", "&Welcome page"),
    ActionSpec("help.shortcuts", "Help", "&Keyboard shortcuts…", ("Ctrl+K",), "keyboard"),
    ActionSpec("help.about", "Help", "&About Scumble", (), "info"),
)

CANVAS_ONLY = "view.panels"
"""Its key, Tab, must go on moving the keyboard from field to field everywhere else."""


def default_keys(spec: ActionSpec) -> tuple[str, ...]:
    """The keys as portable text, the platform's own first."""
    found: list[str] = []
    for key in spec.keys:
        if isinstance(key, Standard):
            # Without those of old keyboards, such as "F14" or "Undo".
            found += [text for s in QKeySequence.keyBindings(key) if "+" in (text := _portable(s))]
        else:
            found.append(_portable(QKeySequence(key)))
    return tuple(dict.fromkeys(filter(None, found)))


def _portable(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def keys_in_use(overrides: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The keys of every action; `overrides` are the artist's own, by action id."""
    return {spec.id: overrides.get(spec.id, default_keys(spec)) for spec in ACTIONS}


def plain_title(spec: ActionSpec) -> str:
    """The title without the mark of its letter."""
    return spec.title.replace("&", "")


class Actions(QObject):
    """The actions of a window, by id.

    Attributes:
        keys: of every action, as portable text.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[str, QAction] = {}
        self.keys: dict[str, tuple[str, ...]] = {}
        for spec in ACTIONS:
            action = QAction(spec.title, parent)
            action.setObjectName(spec.id)
            action.setCheckable(spec.checkable)
            # On macOS Qt would move actions by their words.
            action.setMenuRole(QAction.MenuRole.NoRole)
            self._actions[spec.id] = action
        self._actions[CANVAS_ONLY].setShortcutContext(Qt.ShortcutContext.WidgetShortcut)

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def on(self, action_id: str, act: Callable[[], object]) -> None:
        """Call `act` when the action is chosen."""
        self._actions[action_id].triggered.connect(lambda _checked=False: act())

    def with_window_keys(self) -> list[QAction]:
        """The actions whose keys act wherever the keyboard is in the window."""
        return [action for name, action in self._actions.items() if name != CANVAS_ONLY]

    def enable(self, on: bool, *action_ids: str) -> None:
        for action_id in action_ids:
            self._actions[action_id].setEnabled(on)

    def set_keys(self, overrides: Mapping[str, tuple[str, ...]]) -> None:
        """Use these keys; actions that are not named have their defaults."""
        self.keys = keys_in_use(overrides)
        for spec in ACTIONS:
            action = self._actions[spec.id]
            sequences = [QKeySequence(text) for text in self.keys[spec.id]]
            shown = (
                sequences[0].toString(QKeySequence.SequenceFormat.NativeText) if sequences else ""
            )
            action.setToolTip(f"{plain_title(spec)} ({shown})" if shown else plain_title(spec))
            action.setShortcuts(sequences)

    def set_icons(self) -> None:
        """Draw the icons in the colours of the theme in use."""
        for spec in ACTIONS:
            if spec.icon:
                self._actions[spec.id].setIcon(theme.icon(spec.icon))
