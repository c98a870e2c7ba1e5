"""Models and devices: what there is, what is used, and what the artist does with them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.controllers.preferences import Preferences
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from app.settings import Settings
from models.api import DeviceInfo, DeviceReport
from models.catalog import (
    USER_FOLDER_VARIABLE,
    Catalog,
    ModelSpec,
    list_models,
    set_user_folder,
    user_folder,
    user_folder_is_fixed,
)
from models.errors import CheckpointMissing, ModelsError
from models.library import folder_bytes, move_models, remove_model, rename_model

SWAPS_TEXTURE = "swapping_autoencoder"
"""The family whose models carry out `SwapTexture`."""
RENDERS_LAYOUTS = "spade"
"""The family whose models carry out `RenderLayout`."""
SEES_LAYOUTS = "segmenter"
"""The family whose models tell the layout of a photo."""
CHOSEN_BY = {SWAPS_TEXTURE: "model", RENDERS_LAYOUTS: "paint_model"}
"""The setting that remembers the choice among the models of a family."""
DOES = {
    SWAPS_TEXTURE: "takes over textures",
    RENDERS_LAYOUTS: "renders layouts",
    SEES_LAYOUTS: "tells the layout of a photo",
}


@dataclass(frozen=True)
class EngineFacts:
    """What is known of the engine once it is there.

    Attributes:
        device: what it runs on, in words.
        default_short_side_px: the working size that suits the device.
    """

    device: str
    default_short_side_px: int


class Models(QObject):
    """The catalog as the window sees it, and the work on it.

    Signals:
        catalog_changed(Catalog): models were listed anew.
        folder_changed(Path, int): the folder of the artist's own models, and its bytes.
        current_changed(str): the id of a model that is in use from now on.
        engine_ready(EngineFacts): the engine is there (again).
        devices_found(tuple[DeviceInfo, ...])
        device_tested(DeviceReport | Exception)
        working(str, float): the stage in words and the share that is done; "" at rest.
        said(str): something was done, in a sentence.
        failed(Exception): something was not done; everything is as it was.

    Attributes:
        catalog: the models, as they were last listed.
        engine: what is known of the engine; None before it is there.
    """

    catalog_changed = Signal(object)
    folder_changed = Signal(object, object)
    current_changed = Signal(str)
    engine_ready = Signal(object)
    devices_found = Signal(object)
    device_tested = Signal(object)
    working = Signal(str, float)
    said = Signal(str)
    failed = Signal(object)

    def __init__(
        self, queue: JobQueue, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._preferences = preferences
        self._jobs: set[Job] = set()
        self.catalog = Catalog(())
        self.engine: EngineFacts | None = None
        preferences.changed.connect(self._settings_changed)

    @property
    def current(self) -> str:
        """The id of the model for new texture swaps; empty when there is none."""
        return self.current_of(SWAPS_TEXTURE)

    def current_or_raise(self) -> str:
        """The id of the model for new texture swaps; `CheckpointMissing` when there is none."""
        return self.current_of_or_raise(SWAPS_TEXTURE).id

    def current_of(self, family: str) -> str:
        """The id of the model in use, of those of a family; empty when there is none."""
        usable = [spec.id for spec in self.catalog if spec.family == family]
        setting = CHOSEN_BY.get(family)
        chosen = getattr(self._preferences.value, setting) if setting else ""
        return chosen if chosen in usable else next(iter(usable), "")

    def current_of_or_raise(self, family: str) -> ModelSpec:
        """The model in use, of those of a family; `CheckpointMissing` when there is none."""
        spec = self.find(self.current_of(family))
        if spec is None:
            raise CheckpointMissing(
                f"No model that {DOES[family]} is installed. Import one under Model > Models."
            )
        return spec

    def find(self, model_id: str) -> ModelSpec | None:
        """The model with this id, if it is installed."""
        return next((spec for spec in self.catalog if spec.id == model_id), None)

    def has(self, model_id: str) -> bool:
        """Whether the model is installed; of none while the models have not been listed."""
        return self.find(model_id) is not None

    def lacks(self, model_id: str) -> bool:
        """Whether the model is not installed; of none while the models have not been listed."""
        return bool(len(self.catalog)) and not self.has(model_id)

    def choose(self, model_id: str) -> None:
        """Use this model among those of its family."""
        spec = self.find(model_id)
        setting = CHOSEN_BY.get(spec.family) if spec else None
        if setting is not None:
            self._preferences.update(**{setting: model_id})
            self.current_changed.emit(model_id)

    def refresh(self) -> None:
        """List the models anew."""

        def work(means: Means) -> tuple[Catalog, Path, int]:
            folder = user_folder()
            return list_models(), folder, folder_bytes(folder)

        def done(value: tuple[Catalog, Path, int]) -> None:
            self.catalog, folder, count = value
            self.catalog_changed.emit(self.catalog)
            self.folder_changed.emit(folder, count)
            self.current_changed.emit(self.current)

        self._queue.submit(Slot.MANAGE, work, done=done, failed=self.failed.emit)

    def warm_up(self, family: str = SWAPS_TEXTURE) -> None:
        """Have the engine and a network ready before they are needed: the family's in use."""
        model_id = self.current_of(family)

        def work(means: Means) -> tuple[EngineFacts, ModelsError | None]:
            backend = means.backend
            facts = EngineFacts(backend.device_words, backend.default_short_side_px)
            try:
                if model_id:
                    backend.warm_up(model_id, means.token, means.progress)
            except ModelsError as error:
                # The device is known all the same, and other models may do.
                return facts, error
            return facts, None

        def done(value: tuple[EngineFacts, ModelsError | None]) -> None:
            self.engine, error = value
            self.engine_ready.emit(self.engine)
            if error is not None:
                self.failed.emit(error)

        self._submit(Slot.LOAD_MODEL, "starting the engine", work, done)

    def restart(self, family: str = SWAPS_TEXTURE) -> None:
        """Give up what the engine does, have it made anew, and a network of this family ready."""
        self._queue.restart_engine()
        self.warm_up(family)

    def import_files(self, paths: list[Path]) -> None:
        """Make models of weights files, one after another."""
        for path in paths:
            self._import(path)

    def _import(self, path: Path) -> None:
        def work(means: Means) -> str:
            return means.backend.import_model(path, None, means.token, means.progress)

        def done(model_id: str) -> None:
            self.said.emit(f"{path.name} was imported as the model {model_id!r}.")
            self.refresh()

        self._submit(Slot.IMPORT_MODEL, f"importing {path.name}", work, done)

    def rename(self, model_id: str, title: str) -> None:
        """Give one of the artist's own models another name; its id stays."""
        self._manage(model_id, lambda spec: rename_model(spec, title), f"It is called {title} now.")

    def remove(self, model_id: str) -> None:
        """Delete one of the artist's own models."""
        self._manage(model_id, remove_model, "The model was deleted.")

    def verify(self, model_id: str) -> None:
        """Read a model whole and check everything that can be checked."""

        def work(means: Means) -> None:
            means.backend.verify_model(model_id)

        def done(_: None) -> None:
            spec = self.find(model_id)
            self.said.emit(f"{spec.title if spec else model_id} is whole.")

        self._submit(Slot.VERIFY_MODEL, f"verifying {model_id}", work, done)

    def move_folder(self, folder: Path) -> None:
        """Keep the artist's own models in another folder; what is there moves along."""

        def work(means: Means) -> tuple[Path, ...]:
            if user_folder_is_fixed():
                raise UserError(
                    f"The variable {USER_FOLDER_VARIABLE} says where your models are.",
                    "Unset it to choose another folder here.",
                )
            return move_models(user_folder(), folder, means.token, means.progress)

        def done(left: tuple[Path, ...]) -> None:
            set_user_folder(folder)
            self._preferences.update(models_folder=str(folder))
            stayed = f" The old copies could not be deleted in {left[0].parent}." if left else ""
            self.said.emit(f"Your models are in {folder} now.{stayed}")
            self.refresh()

        self._submit(Slot.MANAGE, "moving models", work, done)

    def find_devices(self) -> None:
        """Ask the engine what devices there are."""

        def work(means: Means) -> tuple[DeviceInfo, ...]:
            return means.backend.devices()

        self._queue.submit(
            Slot.TEST_DEVICE, work, done=self.devices_found.emit, failed=self.failed.emit
        )

    def use_device(self, name: str) -> None:
        """Have the engine run on another device ("auto", "cpu", "cuda:0")."""
        self._preferences.update(device=name)

    def _settings_changed(self, old: Settings, new: Settings) -> None:
        if old.device != new.device:
            self.restart()

    def test_device(self, name: str) -> None:
        """Run a small picture on a device and tell how long it took."""

        def work(means: Means) -> DeviceReport:
            return means.backend.test_device(name, means.token, means.progress)

        self._queue.submit(
            Slot.TEST_DEVICE, work, done=self.device_tested.emit, failed=self.device_tested.emit
        )

    def cancel(self) -> None:
        """Give up imports and moves on their way. The engine goes on starting: all wait for it."""
        for job in tuple(self._jobs):
            if job.slot is not Slot.LOAD_MODEL:
                self._queue.cancel(job)

    def _manage(self, model_id: str, act: Callable[[ModelSpec], object], sentence: str) -> None:
        spec = self.find(model_id)
        if spec is None:
            return

        def done(_: object) -> None:
            self.said.emit(sentence)
            self.refresh()

        self._submit(Slot.MANAGE, f"changing {spec.title}", lambda means: act(spec), done)

    def _submit(
        self,
        slot: Slot,
        words: str,
        work: Callable[[Means], Any],
        done: Callable[[Any], None],
    ) -> None:
        def ended() -> None:
            self._jobs.discard(job)
            if not self._jobs:
                self.working.emit("", 0.0)

        def succeeded(value: object) -> None:
            ended()
            done(value)

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        def progressed(stage: str, share: float) -> None:
            self.working.emit(f"{words}: {stage}" if stage else words, share)

        job = self._queue.submit(
            slot, work, done=succeeded, failed=failed, cancelled=ended, progress=progressed
        )
        self._jobs.add(job)
        self.working.emit(words, 0.0)
