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
        place: the workspace that it belongs to; in others it has no key and is in no menu. Empty
            for all.
    """

    id: str
    group: str
    title: str
    keys: tuple[Standard | str, ...] = ()
    icon: str = ""
    checkable: bool = False
    place: str = ""


LABEL_KEYS = "1234567890"
"""Keys of labels, as palettes name them."""
TOOLS = (
    "hand", "brush", "eraser", "fill", "line", "rectangle", "ellipse", "polygon", "lasso", "pick",
)  # fmt: skip
"""The tools in the order in which they are offered; their actions are "tool.NAME"."""
RETOUCH_TOOLS = ("hand", "clone", "texture", "region", "erase")
"""The same for the Edit workspace; their actions are "retouch.NAME"."""
DISPLAYS = ("picture", "layout", "side_by_side", "over")
"""What the canvas shows; the actions are "view.display_NAME"."""
WORKSPACES = ("paint", "edit")
"""The actions are "view.workspace_NAME"."""

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("file.new", "File", "&New…", (Standard.New,), "new"),
    ActionSpec("file.new_layout", "File", "New &layout…", ("Ctrl+Shift+N",), "layout"),
    ActionSpec("file.open", "File", "&Open…", (Standard.Open,), "open"),
    ActionSpec("file.save", "File", "&Save", (Standard.Save,), "save"),
    ActionSpec("file.save_as", "File", "Save &as…", ("Ctrl+Shift+S",)),
    ActionSpec("file.export", "File", "&Export…", ("Ctrl+E", "Ctrl+Shift+E"), "export"),
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
    ActionSpec("edit.save_recipe", "Edit", "Sa&ve recipe…"),
    ActionSpec("edit.load_recipe", "Edit", "&Load recipe…"),
    ActionSpec("edit.settings", "Edit", "&Settings…", ("Ctrl+,",), "settings"),
    ActionSpec("layout.from_photo", "Layout", "Layout from &photo", ("Ctrl+L",), "layout-photo"),
    ActionSpec("layout.blank", "Layout", "&Blank layout", (), "layout"),
    ActionSpec("layout.import", "Layout", "&Import layout…", ("Ctrl+Shift+O",), "import"),
    ActionSpec("layout.export", "Layout", "&Export layout…", ("Ctrl+Shift+L",)),
    ActionSpec("layout.export_colours", "Layout", "Export layout in &colours…"),
    ActionSpec("layout.table", "Layout", "Labels of the &model…"),
    ActionSpec("layout.find", "Layout", "&Find a label", ("Ctrl+F",), place="paint"),
    ActionSpec("layout.swap", "Layout", "&Swap the two labels", ("X",), "swap", place="paint"),
    ActionSpec("layout.patterns", "Layout", "Pa&tterns on labels", (), "", True),
    ActionSpec("layout.roll", "Layout", "&Roll the dice", ("Ctrl+D",), "dice"),
    ActionSpec("layout.style", "Layout", "Style of a p&hoto…", ("Ctrl+Shift+R",)),
    *(
        ActionSpec(f"label.{key}", "Layout", f"Label with the key {key}", (key,), place="paint")
        for key in LABEL_KEYS
    ),
    *(
        ActionSpec(f"tool.{name}", "Tools", title, keys, icon, checkable, "paint")
        for name, title, keys, icon, checkable in (
            ("hand", "&Hand", ("H",), "hand", True),
            ("brush", "&Brush", ("B",), "brush", True),
            ("eraser", "&Eraser", ("E",), "eraser", True),
            ("fill", "&Fill", ("F", "G"), "fill", True),
            ("line", "&Line", ("V",), "line", True),
            ("rectangle", "&Rectangle", ("R",), "rectangle", True),
            ("ellipse", "Elli&pse", ("O",), "ellipse", True),
            ("polygon", "Poly&gon", ("P",), "polygon", True),
            ("lasso", "L&asso", ("L",), "lasso", True),
            ("pick", "Pick a la&bel", ("I",), "pick", True),
            ("smaller", "S&maller", ("[",), "", False),
            ("larger", "La&rger", ("]",), "", False),
            ("mirror_across", "Mirror left and r&ight", ("M",), "", True),
            ("mirror_down", "Mirror top and botto&m", ("Shift+M",), "", True),
            ("close", "&Close the polygon", ("Ctrl+Return",), "", False),
        )
    ),
    *(
        ActionSpec(f"retouch.{name}", "Retouch", title, keys, icon, checkable, "edit")
        for name, title, keys, icon, checkable in (
            ("hand", "&Hand", ("H",), "hand", True),
            ("clone", "&Clone brush", ("S",), "clone", True),
            ("texture", "&Texture brush", ("T",), "texture", True),
            ("region", "&Region", ("G",), "region", True),
            ("erase", "&Eraser", ("E",), "eraser", True),
            ("smaller", "S&maller", ("[",), "", False),
            ("larger", "La&rger", ("]",), "", False),
            ("mask", "Show the &mask", ("M",), "mask", True),
            ("copy_move", "Co&py move", ("Ctrl+Alt+C",), "copy", False),
            ("paste_move", "Pa&ste move", ("Ctrl+Alt+V",), "", False),
        )
    ),
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

    def set_place(self, workspace: str) -> None:
        """Have the commands of a workspace, and not those of others."""
        for spec in ACTIONS:
            if spec.place:
                self._actions[spec.id].setVisible(spec.place == workspace)

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
