"""Which model, which device: the chooser, the indicator, the dialog."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.edit_list import EditList, title_of
from app.controllers.exporting import size_words
from app.controllers.models import RENDERS_LAYOUTS, SWAPS_TEXTURE, EngineFacts, Models
from app.controllers.preferences import Preferences
from app.controllers.preview import FIRST_AUTO_PX, Preview
from app.controllers.requests import edits_on
from app.controllers.session import Change, Session
from app.document.document import Document
from app.settings import Settings
from app.ui.files import MODEL_SUFFIXES, ask_files
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller, words_of
from app.ui.presenters.picture import PicturePresenter
from app.ui.widgets.model_chooser import ModelItem
from models.api import DeviceInfo, DeviceReport
from models.catalog import Catalog, ModelSpec
from models.edits import CodeEdit, Edit, RenderLayout

if TYPE_CHECKING:
    from app.ui.dialogs.models import ModelRow, ModelsDialog


EDITS: dict[str, type[Edit]] = {SWAPS_TEXTURE: CodeEdit, RENDERS_LAYOUTS: RenderLayout}
"""What the models of a family carry out."""


class ModelsPresenter(QObject):
    """Everything about models and devices.

    Signals:
        painter_chosen(ModelSpec): layouts are to be rendered by this model from now on.
    """

    painter_chosen = Signal(object)

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        models: Models,
        preview: Preview,
        edit_list: EditList,
        preferences: Preferences,
        picture: PicturePresenter,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._models = models
        self._preview = preview
        self._edit_list = edit_list
        self._preferences = preferences
        self._picture = picture
        self._tell = tell
        self._dialog: ModelsDialog | None = None
        self._folder = (Path(), 0)
        self._devices: tuple[DeviceInfo, ...] = ()
        self._auto_px = FIRST_AUTO_PX
        self._family = SWAPS_TEXTURE
        self._warmed: set[str] = set()
        self._specs: dict[str, ModelSpec] = {}
        self._connect()

    def _connect(self) -> None:
        window, models = self._window, self._models
        actions = window.actions_
        actions.on("model.manage", self.open_dialog)
        actions.on("model.import", self.import_dialog)
        actions.on("model.restart", self.restart)
        window.model_chooser.model_chosen.connect(self.choose)
        window.model_chooser.manage_requested.connect(self.open_dialog)
        window.device.clicked.connect(self.open_dialog)
        # The engine may come up while the size of the layout is being chosen.
        window.start.layout_requested.connect(partial(self._warm, RENDERS_LAYOUTS))
        actions["file.new_layout"].triggered.connect(lambda: self._warm(RENDERS_LAYOUTS))
        window.status.working_size_chosen.connect(
            lambda px: self._preferences.update(working_short_side_px=px)
        )
        models.catalog_changed.connect(self._catalog_changed)
        models.current_changed.connect(self._show_current)
        models.folder_changed.connect(self._folder_changed)
        models.engine_ready.connect(self._engine_ready)
        models.devices_found.connect(self._devices_found)
        models.device_tested.connect(self._device_tested)
        models.working.connect(self._working)
        models.said.connect(self._said)
        models.failed.connect(self._failed)
        self._picture.stopped.connect(models.cancel)
        self._preferences.changed.connect(self._settings_changed)
        self._session.changed.connect(self._document_changed)
        window.device.set_device("CPU" if self._preferences.value.device == "cpu" else "")
        self._show_working_size()

    def licence_words(self) -> str:
        """What the licences of the models behind the open picture ask for; "" for nothing."""
        document = self._session.document
        ids = dict.fromkeys(edit.model for edit in document.edits) if document else {}
        specs = [spec for spec in map(self._models.find, ids) if spec and spec.non_commercial]
        return " ".join(f"{spec.title}: {spec.weights.licence}." for spec in specs)

    def choose(self, model_id: str) -> None:
        """Use a model for the edits there are and for those to come."""
        self._models.choose(model_id)
        spec = self._models.find(model_id)
        if spec is not None and spec.family == RENDERS_LAYOUTS:
            self.painter_chosen.emit(spec)
        else:
            self._edit_list.use_model(model_id)
            document = self._session.document
            sliders = document.sliders if document else ()
            if others := [slider.name for slider in sliders if slider.model != model_id]:
                self._tell.warning(
                    f"Made with another model: {', '.join(others)}.",
                    "With this one it does something else. Undo, or make it anew.",
                    key="sliders",
                )

    def set_family(self, family: str) -> None:
        """Offer the models of a family, and have the one in use ready."""
        self._family = family
        self._show_models()
        self._warm_up()

    def import_dialog(self) -> None:
        ask_files(
            self._window,
            "Import models",
            self._preferences.last_folder("model"),
            ("Weights", MODEL_SUFFIXES),
            self._import_chosen,
            several=True,
        )

    def import_files(self, paths: list[Path]) -> None:
        self._models.import_files(paths)

    def restart(self) -> None:
        """Begin anew with the engine; the picture and its history stay."""
        self._models.restart(self._family)
        self._preview.forget()
        self._tell.info("The engine was restarted.", key="render")

    def open_dialog(self) -> None:
        """The dialog of models and devices."""
        from app.ui.dialogs.models import ModelsDialog

        if self._dialog is not None:
            self._dialog.raise_()
            return
        dialog = ModelsDialog(self._window)
        self._dialog = dialog
        dialog.finished.connect(self._dialog_closed)
        dialog.import_browse_requested.connect(self.import_dialog)
        dialog.import_requested.connect(self.import_files)
        dialog.renamed.connect(self._models.rename)
        dialog.removed.connect(self._models.remove)
        dialog.revealed.connect(self._tell.reveal)
        dialog.verify_requested.connect(self._models.verify)
        dialog.folder_move_requested.connect(self._models.move_folder)
        dialog.device_chosen.connect(self._models.use_device)
        dialog.device_test_requested.connect(self._test_device)
        dialog.cancel_requested.connect(self._models.cancel)
        self._show_in_dialog()
        dialog.open()
        self._models.find_devices()

    def _dialog_closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _show_in_dialog(self) -> None:
        if self._dialog is None:
            return
        catalog = self._models.catalog
        self._dialog.set_models([model_row(spec) for spec in catalog])
        self._dialog.set_problems(list(catalog.problems))
        self._dialog.set_folder(*self._folder)
        self._dialog.set_devices(list(self._devices), self._preferences.value.device)

    def _show_current(self) -> None:
        """The model in use, and which edits lack theirs: choosing one carries those out, too."""
        document, kind = self._session.document, EDITS[self._family]
        lack = [
            title_of(entry)
            for entry in (document.entries if document else ())
            if isinstance(entry.edit, kind) and self._models.lacks(entry.edit.model)
        ]
        names = ", ".join(dict.fromkeys(lack))
        words = f"The model of {names} is not installed. Choose one here to take over."
        current = self._models.current_of(self._family)
        self._window.model_chooser.set_current(current, words if lack else "")

    def _show_models(self) -> None:
        catalog = self._models.catalog
        offered = [model_item(spec) for spec in catalog if spec.family == self._family]
        self._window.model_chooser.set_models(offered)
        self._show_current()

    def _catalog_changed(self, catalog: Catalog) -> None:
        self._show_models()
        self._show_in_dialog()
        for problem in catalog.problems:
            self._tell.warning(problem, key=problem)
        document, before = self._session.document, self._specs
        self._specs = {spec.id: spec for spec in catalog}
        used = {edit.model for edit in edits_on(document)} if document else set()
        if any(before.get(model) != self._specs.get(model) for model in used):
            self._preview.forget()

    def _folder_changed(self, folder: Path, count: int) -> None:
        self._folder = (folder, count)
        self._show_in_dialog()

    def _document_changed(self, document: Document | None, why: Change) -> None:
        self._show_current()
        # The engine takes seconds to come up: it may begin while a reference is looked for.
        if why is Change.OPEN:
            self._warm_up()

    def _warm_up(self) -> None:
        """Have what the workspace needs ready, once, as soon as there is something to do."""
        if self._session.document is not None:
            self._warm(self._family)

    def _warm(self, family: str) -> None:
        if family not in self._warmed:
            self._warmed.add(family)
            self._models.warm_up(family)

    def _engine_ready(self, facts: EngineFacts) -> None:
        self._window.device.set_device(facts.device)
        self._auto_px = facts.default_short_side_px
        self._preview.set_auto_size(facts.default_short_side_px)
        self._show_working_size()

    def _settings_changed(self, old: Settings, new: Settings) -> None:
        if old.working_short_side_px != new.working_short_side_px:
            self._preview.set_working_size(new.working_short_side_px)
            self._show_working_size()
        if old.device != new.device:
            self._preview.forget()

    def _show_working_size(self) -> None:
        chosen = self._preferences.value.working_short_side_px
        self._window.status.set_working_size(chosen, self._auto_px)

    def _devices_found(self, devices: tuple[DeviceInfo, ...]) -> None:
        self._devices = devices
        self._show_in_dialog()

    def _test_device(self, name: str) -> None:
        if self._dialog is not None:
            self._dialog.set_device_result("Testing…", None)
        self._models.test_device(name)

    def _device_tested(self, report: DeviceReport | Exception) -> None:
        if self._dialog is not None:
            failed = isinstance(report, Exception)
            words = words_of(report)[0] if failed else report.words
            self._dialog.set_device_result(words, not failed)

    def _working(self, words: str, share: float) -> None:
        if self._dialog is not None:
            self._dialog.set_progress(words or None, share)
        self._picture.work("models", words, share)

    def _said(self, sentence: str) -> None:
        if self._dialog is not None:
            self._dialog.set_message("info", sentence)
        else:
            self._tell.info(sentence, key="models")

    def _failed(self, error: Exception) -> None:
        if self._dialog is not None:
            self._dialog.set_message("error", " ".join(words_of(error)).strip())
        else:
            self._tell.error(error, ("Restart the engine", partial(self.restart)), key="models")

    def _import_chosen(self, paths: list[Path]) -> None:
        self._preferences.remember_folder("model", paths[0].parent)
        self.import_files(paths)


def model_item(spec: ModelSpec) -> ModelItem:
    """A model as the chooser lists it."""
    return ModelItem(
        id=spec.id,
        title=spec.title,
        licence=spec.weights.licence,
        non_commercial=spec.non_commercial,
        size_text=size_words(spec.weights.bytes),
        source=plain(spec.weights.source),
        shipped=spec.shipped,
    )


def model_row(spec: ModelSpec) -> "ModelRow":
    """A model as the dialog lists it."""
    from app.ui.dialogs.models import ModelRow

    return ModelRow(
        id=spec.id,
        title=spec.title,
        family=spec.family.replace("_", " ").capitalize(),
        licence=spec.weights.licence,
        non_commercial=spec.non_commercial,
        size_bytes=spec.weights.bytes,
        source=plain(spec.weights.source),
        path=spec.path,
        shipped=spec.shipped,
        trained=spec.trained,
    )


def plain(text: str) -> str:
    """Text that was written for a terminal, without its marks."""
    return text.replace("`", "")
