"""The menu bar, built of the actions."""

from dataclasses import dataclass

from PySide6.QtWidgets import QMenu, QMenuBar

from app.ui.actions import DISPLAYS, RETOUCH_TOOLS, TOOLS, WORKSPACES, Actions


@dataclass(frozen=True)
class Menus:
    """The menus whose content changes while the program runs."""

    recent: QMenu
    samples: QMenu
    theme: QMenu
    panels: QMenu


def build_menus(bar: QMenuBar, actions: Actions) -> Menus:
    """Fill the bar: File, Edit, Layout, Tools, View, Model, Help."""

    def fill(menu: QMenu, *names: str) -> None:
        for name in names:
            if name:
                menu.addAction(actions[name])
            else:
                menu.addSeparator()

    file = bar.addMenu("&File")
    fill(file, "file.new", "file.new_layout", "file.open")
    recent = file.addMenu("Open &recent")
    samples = file.addMenu("Open a &sample")
    fill(file, "", "file.save", "file.save_as", "")
    fill(file, "file.export", "file.export_again", "file.reveal", "", "file.close", "file.quit")

    edit = bar.addMenu("&Edit")
    fill(edit, "edit.undo", "edit.redo", "", "edit.copy", "edit.paste", "edit.paste_new", "")
    fill(edit, "edit.reference", "edit.duplicate", "edit.toggle", "edit.delete", "")
    fill(edit, "edit.save_recipe", "edit.load_recipe", "", "edit.settings")

    layout = bar.addMenu("&Layout")
    fill(layout, "layout.from_photo", "layout.blank", "layout.import", "")
    fill(layout, "layout.export", "layout.export_colours", "")
    fill(layout, "layout.find", "layout.swap", "layout.table", "layout.patterns", "")
    fill(layout, "layout.style", "layout.roll")

    tools = bar.addMenu("&Tools")
    fill(tools, *(f"tool.{name}" for name in TOOLS), "", "tool.smaller", "tool.larger", "")
    fill(tools, "tool.mirror_across", "tool.mirror_down", "", "tool.close")
    fill(tools, *(f"retouch.{name}" for name in RETOUCH_TOOLS), "")
    fill(tools, "retouch.smaller", "retouch.larger", "")
    fill(tools, "retouch.mask", "retouch.copy_move", "retouch.paste_move")

    view = bar.addMenu("&View")
    fill(view, *(f"view.workspace_{name}" for name in WORKSPACES), "")
    fill(view, *(f"view.display_{name}" for name in DISPLAYS), "")
    fill(view, "view.zoom_in", "view.zoom_out", "view.fit", "view.actual", "")
    fill(view, "view.split", "view.before", "")
    panels = view.addMenu("&Panels")
    fill(view, "view.panels", "view.full_screen", "view.next_pane", "view.reset_layout", "")
    theme = view.addMenu("&Theme")

    fill(bar.addMenu("&Model"), "model.manage", "model.import", "", "model.stop", "model.restart")
    fill(bar.addMenu("&Help"), "help.welcome", "help.shortcuts", "", "help.about")
    return Menus(recent, samples, theme, panels)
