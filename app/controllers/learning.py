"""Sliders out of photos: read beside the window, encoded by the engine when it has time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.finder import PICTURE_SUFFIXES, pictures_in
from app.controllers.pictures import read_photo
from app.controllers.slider_library import plain_name
from app.document.pyramid import Pyramid
from app.document.sliders import Slider
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from app.tools.directions import attribute, principal_directions
from models.api import TextureRequest, TextureResult
from models.errors import RequestError
from models.values import Direction, Picture

MOST_PHOTOS = 400
"""Of a folder; more add little to where its textures spread."""
LONG_SIDE_PX = 1024
"""A photo is handed to the engine so large; it encodes it smaller."""
AHEAD = 2
"""Photos that wait for the engine, at most."""

Code = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Learned:
    """What came of photos.

    Attributes:
        sliders: at least one.
        count: of the photos that they were made of.
        skipped: a sentence for each that could not be used.
        left_out: how many of a large folder were not looked at.
    """

    sliders: tuple[Slider, ...]
    count: int
    skipped: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(eq=False)
class _Run:
    """One making of sliders. Its groups are paths of photos and folders."""

    words: str
    model: str
    groups: tuple[tuple[Path, ...], ...]
    make: Callable[["_Run"], tuple[Slider, ...]]
    paths: list[Path] = field(default_factory=list[Path])
    codes: dict[Path, Code] = field(default_factory=dict[Path, Code])
    weights: str = ""
    skipped: list[str] = field(default_factory=list[str])
    left_out: int = 0
    next: int = 0
    settled: int = 0
    jobs: set[Job] = field(default_factory=set[Job])

    def codes_of(self, group: int) -> list[Code]:
        """Of those photos of a group that could be used."""
        return [self.codes[path] for path in self.groups[group] if path in self.codes]


class Learning(QObject):
    """Makes sliders of photos, one making at a time. Nothing is kept before it is done.

    Signals:
        working(str, float): what is made and the share that is done; "" at rest.
        learned(Learned): it is done.
        failed(Exception): it came to nothing.
    """

    working = Signal(str, float)
    learned = Signal(object)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._run: _Run | None = None

    @property
    def is_busy(self) -> bool:
        """Whether sliders are being made."""
        return self._run is not None

    def from_groups(
        self,
        name: str,
        groups: tuple[Sequence[Path], Sequence[Path]],
        model: str,
        mean: Code | None = None,
    ) -> None:
        """Make one slider: what the first group of photos has and the second has not.

        Args:
            name: of the slider.
            groups: photos, and folders of photos.
            model: whose texture codes are compared.
            mean: the model's mean code, which stands for an empty second group.
        """
        name = plain_name(name) or "Untitled"

        def make(run: _Run) -> tuple[Slider, ...]:
            having, lacking = run.codes_of(0), run.codes_of(1)
            if not having or not (lacking or (not run.groups[1] and mean is not None)):
                raise nothing_left(run.skipped)
            if mean is not None and not lacking:
                lacking = [mean]
            direction = Direction.from_values(attribute(having, lacking))
            return (Slider(direction, name, model, run.weights),)

        first, second = (tuple(dict.fromkeys(group)) for group in groups)
        self._begin(_Run(f"making {name}", model, (first, second), make))

    def from_folder(self, folder: Path, model: str) -> None:
        """Make the sliders along which the textures of a folder's photos differ most."""

        def make(run: _Run) -> tuple[Slider, ...]:
            codes = run.codes_of(0)
            if not codes:
                raise nothing_left(run.skipped, f"There are no photos in {folder.name}.")
            found = principal_directions(codes)
            return tuple(
                Slider(
                    Direction.from_values(one.values),
                    plain_name(f"{folder.name} {number}"),
                    model,
                    run.weights,
                    min(1.0, one.share),
                )
                for number, one in enumerate(found, 1)
            )

        self._begin(_Run(f"sliders of {folder.name}", model, ((folder,),), make))

    def cancel(self) -> None:
        """Give it up; nothing of it is kept."""
        if self._run is not None:
            self._end()

    # A run: folders are listed, photos read and encoded one by one, and what is made of it

    def _begin(self, run: _Run) -> None:
        if self._run is not None:
            self.failed.emit(
                UserError("Sliders are being made already.", "Wait for them, or cancel them first.")
            )
            return
        self._run = run
        self.working.emit(run.words, 0.0)
        groups = run.groups

        def done(value: tuple[tuple[tuple[Path, ...], ...], int]) -> None:
            run.groups, run.left_out = value
            run.paths = list(dict.fromkeys(path for group in run.groups for path in group))
            self._go_on(run)

        self._submit(run, Slot.LOOK, lambda means: listed(groups, means), done, self._give_up)

    def _go_on(self, run: _Run) -> None:
        """Read on, or finish; never further ahead of the engine than `AHEAD`."""
        if run.settled == len(run.paths):
            self._finish(run)
            return
        while run.next < len(run.paths) and run.next - run.settled < AHEAD:
            path = run.paths[run.next]
            run.next += 1
            self._read(run, path)

    def _read(self, run: _Run, path: Path) -> None:
        def done(photo: Picture) -> None:
            self._encode(run, path, photo)

        def failed(error: Exception) -> None:
            words = error.text if isinstance(error, UserError) else f"{path.name}: {error}"
            self._settle(run, words)

        self._submit(run, Slot.LOOK, lambda means: read_small(path), done, failed)

    def _encode(self, run: _Run, path: Path, photo: Picture) -> None:
        request = TextureRequest(photo=photo, model=run.model)

        def work(means: Means) -> TextureResult:
            return means.backend.texture_code(request, means.token, means.progress)

        def done(result: TextureResult) -> None:
            if run.weights not in ("", result.weights):
                self._give_up(UserError("The model was replaced meanwhile.", "Begin anew."))
                return
            run.codes[path], run.weights = result.code, result.weights
            self._settle(run)

        def failed(error: Exception) -> None:
            # A photo that the engine does not take is one photo; all else would repeat itself.
            if isinstance(error, RequestError):
                self._settle(run, f"{path.name}: {error}")
            else:
                self._give_up(error)

        self._submit(run, Slot.LEARN, work, done, failed)

    def _settle(self, run: _Run, skipped: str = "") -> None:
        run.settled += 1
        if skipped:
            run.skipped.append(skipped)
        words = f"{run.words}: {run.settled} of {len(run.paths)} photos"
        self.working.emit(words, run.settled / len(run.paths))
        self._go_on(run)

    def _finish(self, run: _Run) -> None:
        def done(sliders: tuple[Slider, ...]) -> None:
            learned = Learned(sliders, len(run.codes), tuple(run.skipped), run.left_out)
            self._end()
            self.learned.emit(learned)

        self._submit(run, Slot.LOOK, lambda means: run.make(run), done, self._give_up)

    def _give_up(self, error: Exception) -> None:
        self._end()
        self.failed.emit(error)

    def _end(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            for job in tuple(run.jobs):
                self._queue.cancel(job)
        self.working.emit("", 0.0)

    def _submit(
        self,
        run: _Run,
        slot: Slot,
        work: Callable[[Means], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        def ended() -> bool:
            run.jobs.discard(job)
            return run is self._run

        def succeeded(value: object) -> None:
            if ended():
                done(value)

        def broke(error: Exception) -> None:
            if ended():
                failed(error)

        job = self._queue.submit(
            slot, work, done=succeeded, failed=broke, cancelled=lambda: run.jobs.discard(job)
        )
        run.jobs.add(job)


def nothing_left(skipped: Sequence[str], words: str = "No photo could be used.") -> UserError:
    """The error for a making without photos."""
    return UserError(" ".join((words, *skipped[:1])), "Choose other photos.")


def listed(
    groups: tuple[tuple[Path, ...], ...], means: Means
) -> tuple[tuple[tuple[Path, ...], ...], int]:
    """The groups with the photos of their folders, and how many of large folders were left out.

    Waits for the disk. Of a folder with more than `MOST_PHOTOS` some are taken all through it.
    """
    left_out = 0
    full: list[tuple[Path, ...]] = []
    for group in groups:
        photos: list[Path] = []
        for path in group:
            if path.suffix.lower() in PICTURE_SUFFIXES and not path.is_dir():
                photos.append(path)
                continue
            found, _ = pictures_in(path, recursive=False, means=means)
            some = found
            if len(found) > MOST_PHOTOS:
                some = [found[place * len(found) // MOST_PHOTOS] for place in range(MOST_PHOTOS)]
            left_out += len(found) - len(some)
            photos += some
        full.append(tuple(dict.fromkeys(photos)))
    return tuple(full), left_out


def read_small(path: Path) -> Picture:
    """A photo in sRGB, at most `LONG_SIDE_PX` on its longer side; `UserError` as of `read_photo`.

    Waits for the disk.
    """
    photo = read_photo(path)
    pyramid = Pyramid.of(photo.picture.rgb_hwc, photo.metadata.icc)
    side_px = min(LONG_SIDE_PX, max(pyramid.width_px, pyramid.height_px))
    return Picture.from_rgb(pyramid.thumbnail(side_px))
