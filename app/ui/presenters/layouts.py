"""Layouts as a whole: new ones, files, the layout of a photo, the model's labels, the style."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.controllers.label_maps import LabelTable, used_ids
from app.controllers.labels import Labels
from app.controllers.layouts import Layouts
from app.controllers.preferences import Preferences
from app.controllers.session import Change, Session
from app.controllers.styling import StyleThumb, Styling, has_second
from app.document.document import Document, EditEntry
from app.document.palettes import SHIPPED
from app.ui.files import PICTURE_SUFFIXES, ask_files, ask_reference, ask_save
from app.ui.main_window import MainWindow
from app.ui.panels.style import StyleItem
from app.ui.presenters.notices import Teller
from app.ui.presenters.picture import PicturePresenter
from models.catalog import ModelSpec
from models.configs import SpadeConfig
from models.edits import RenderLayout

Thumb = npt.NDArray[np.uint8]
LAYOUT_SUFFIXES = (".png",)
NEEDS_DOCUMENT = ("layout.from_photo", "layout.blank", "layout.find")
NEEDS_LAYOUT = ("layout.export", "layout.export_colours", "layout.roll", "layout.style")


class LayoutPresenter(QObject):
    """Connects the Layout menu and the panels Labels and Style with their controllers."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        layouts: Layouts,
        styling: Styling,
        labels: Labels,
        preferences: Preferences,
        picture: PicturePresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._layouts = layouts
        self._styling = styling
        self._labels = labels
        self._preferences = preferences
        self._tell = tell
        self._find_model: Callable[[str], ModelSpec | None] = lambda _model: None
        self._thumbs: dict[str, Thumb] = {}
        self._strip: dict[int, Thumb | None] = {}
        self._table: LabelTable | None = None
        self._working = False
        self._connect_layouts(picture)
        self._connect_style()
        session.changed.connect(self._document_changed)
        self._document_changed(session.document, Change.OPEN)
        window.labels.set_palettes(list(SHIPPED.items()))

    def set_model_source(self, find: Callable[[str], ModelSpec | None]) -> None:
        """`find` gives the model of an id, to know whether it has styles."""
        self._find_model = find

    def _connect_layouts(self, picture: PicturePresenter) -> None:
        actions, layouts, panel = self._window.actions_, self._layouts, self._window.labels
        actions.on("layout.from_photo", layouts.from_photo)
        actions.on("layout.blank", layouts.blank)
        actions.on("layout.import", self.import_dialog)
        actions.on("layout.export", partial(self.export_dialog, colours=False))
        actions.on("layout.export_colours", partial(self.export_dialog, colours=True))
        actions.on("layout.table", self.table_dialog)
        panel.from_photo_wanted.connect(layouts.from_photo)
        panel.blank_wanted.connect(layouts.blank)
        panel.table_wanted.connect(self.table_dialog)
        panel.palette_wanted.connect(layouts.set_palette)
        layouts.working.connect(self._layout_working)
        layouts.working.connect(partial(picture.work, "layout"))
        layouts.said.connect(partial(self._tell.info, key="layout"))
        layouts.failed.connect(partial(self._tell.error, key="layout"))
        layouts.exported.connect(self._exported)
        layouts.table_changed.connect(self._table_changed)
        picture.stopped.connect(layouts.cancel)

    def _connect_style(self) -> None:
        actions, styling, panel = self._window.actions_, self._styling, self._window.style_panel
        actions.on("layout.roll", styling.roll)
        actions.on("layout.style", self.style_dialog)
        panel.photo_dropped.connect(self.use_styles)
        panel.second_dropped.connect(lambda paths: styling.use_file(paths[0], second=True))
        panel.image_dropped.connect(styling.use_image)
        panel.second_image_dropped.connect(partial(styling.use_image, second=True))
        panel.browse.connect(self.style_dialog)
        panel.second_browse.connect(partial(self.style_dialog, second=True))
        panel.known_chosen.connect(styling.use_known)
        panel.known_second.connect(partial(styling.use_known, second=True))
        panel.rolled.connect(styling.roll)
        panel.seed_typed.connect(styling.set_seed)
        panel.thumb_chosen.connect(styling.set_seed)
        panel.thumb_second.connect(styling.set_second)
        panel.more_wanted.connect(styling.more)
        panel.blend_dragged.connect(styling.drag_blend)
        panel.blend_committed.connect(styling.commit_blend)
        panel.other_removed.connect(styling.remove_second)
        panel.swapped.connect(styling.swap)
        styling.active_changed.connect(self._show_style)
        styling.strip_changed.connect(self._strip_changed)
        styling.loaded.connect(self._note_thumb)
        styling.failed.connect(partial(self._tell.error, key="style"))
        panel.set_strip(styling.strip)

    # Files

    def import_dialog(self) -> None:
        """A layout file for the open document, or as a new one."""
        ask_files(
            self._window,
            "Import a layout",
            self._preferences.last_folder("layout"),
            ("Layouts", PICTURE_SUFFIXES),
            self._import_chosen,
        )

    def _import_chosen(self, paths: list[Path]) -> None:
        self._preferences.remember_folder("layout", paths[0].parent)
        self._layouts.import_file(paths[0])

    def export_dialog(self, *, colours: bool) -> None:
        """The layout into a file: labels, or their colours alone."""
        document = self._session.document
        if document is None:
            return
        ask_save(
            self._window,
            "Export the layout",
            Path(self._preferences.last_folder("layout")) / layout_name(document, colours=colours),
            ("PNG", LAYOUT_SUFFIXES),
            partial(self._export_chosen, colours),
        )

    def _export_chosen(self, colours: bool, path: Path) -> None:
        self._preferences.remember_folder("layout", path.parent)
        self._layouts.export(path, colours=colours)

    def _exported(self, path: Path) -> None:
        show = ("Show in file manager", partial(self._tell.reveal, path))
        self._tell.info(f"The layout is in {path.name}.", show, key="layout")

    # Labels of the model

    def table_dialog(self) -> None:
        """What the model renders for each label of the layout."""
        from app.ui.dialogs.label_table import LabelTableDialog

        if self._table is None:
            return
        document = self._session.document
        used = used_ids(document.labels) if document and document.labels else ()
        dialog = LabelTableDialog(self._table, used, self._window)
        dialog.mapped.connect(self._layouts.remap)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _table_changed(self, table: LabelTable | None) -> None:
        self._table = table
        self._window.actions_.enable(table is not None, "layout.table")
        lacking = len(table.lacking) if table else 0
        self._window.labels.set_table(differs=table is not None, lacking=lacking)

    # The panel Labels

    def _layout_working(self, words: str, _share: float) -> None:
        self._working = bool(words)
        self._show_state(self._session.document)

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.DRAG:
            return
        if why is Change.OPEN:
            self._thumbs.clear()
        has_layout = document is not None and document.labels is not None
        self._window.actions_.enable(document is not None, *NEEDS_DOCUMENT)
        self._window.actions_.enable(has_layout, *NEEDS_LAYOUT)
        self._show_state(document)

    def _show_state(self, document: Document | None) -> None:
        panel = self._window.labels
        if document is None:
            panel.set_state("none")
        elif self._working:
            panel.set_state("busy", "Making the layout")
        elif document.labels is None:
            panel.set_state("empty")
        else:
            panel.set_state("ready")
            panel.set_used(used_ids(document.labels))

    # The panel Style

    def style_dialog(self, *, second: bool = False) -> None:
        """A photo whose style is taken over, as the first or the second."""
        then = partial(self._styling.use_file, second=second)
        title = "Second style, of a photo" if second else "Style of a photo"
        ask_reference(self._window, self._preferences, then, title)

    def use_styles(self, paths: list[Path]) -> None:
        """Take the style of a picture file; a second file is the second style."""
        self._styling.use_file(paths[0])
        if len(paths) > 1:
            self._styling.use_file(paths[1], second=True)

    def use_style_image(self, image: QImage) -> None:
        """Take the style of a picture that is no file."""
        self._styling.use_image(image)

    def use_known_style(self, sha256: str) -> None:
        """Take the style of a picture that the document has."""
        self._styling.use_known(sha256)

    def _note_thumb(self, sha256: str, rgb_hwc: Thumb) -> None:
        self._thumbs[sha256] = rgb_hwc
        self._show_style(self._styling.active)

    def _show_style(self, entry: EditEntry | None) -> None:
        panel = self._window.style_panel
        if entry is None or not isinstance(entry.edit, RenderLayout):
            panel.set_available(False, "Styles are for layouts: begin one in the panel Labels.")
            return
        edit = entry.edit
        spec = self._find_model(edit.model)
        styles = (
            spec is None or not isinstance(spec.config, SpadeConfig) or spec.config.style_length
        )
        panel.set_available(bool(styles), "" if styles else "This model has one style: its own.")
        panel.set_style(self._style_item(edit.seed, edit.reference))
        other = self._style_item(edit.other_seed, edit.other_reference)
        panel.set_other(other if has_second(edit) else None)
        panel.set_blend(edit.blend)

    def _style_item(self, seed: int | None, sha256: str | None) -> StyleItem:
        document = self._session.document
        photo = document.reference(sha256) if document and sha256 else None
        if photo is None or sha256 is None:
            return StyleItem(f"Random style {seed or 0}", self._strip.get(seed or 0), seed or 0)
        return StyleItem(photo.name, self._thumbs.get(sha256))

    def _strip_changed(self, strip: tuple[StyleThumb, ...]) -> None:
        self._strip = {thumb.seed: thumb.rgb_hwc for thumb in strip}
        self._window.style_panel.set_strip(strip)
        self._show_style(self._styling.active)


def layout_name(document: Document, *, colours: bool = False) -> str:
    """The name that is proposed for a layout's file."""
    return f"{document.base.stem}-{'colours' if colours else 'layout'}.png"
