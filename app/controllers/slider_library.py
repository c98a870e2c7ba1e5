"""The person's own sliders: files in a folder, and what all sliders are called there."""

import json
import os
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from PySide6.QtCore import QObject, Signal

from app.atomic import write_atomically, writing_failed
from app.document.io.slider_files import SUFFIX, read_sliders, write_sliders
from app.document.sliders import Slider
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Means, Slot

FOLDER_VARIABLE = "SCUMBLE_DATA"
MARKS_FILE = "marks.json"
VERSION = 1
LONGEST_NAME = 60


def library_folder() -> Path:
    """Where own sliders are kept; the variable SCUMBLE_DATA names another folder for all data."""
    override = os.environ.get(FOLDER_VARIABLE)
    data = Path(override) if override else user_data_path("scumble", appauthor=False)
    return data / "sliders"


@dataclass(frozen=True)
class Marks:
    """What a person has made of the sliders of one model.

    Attributes:
        names: by key, see `app.controllers.sliders.SliderRow`; others have their usual ones.
        pinned: keys of those that stand first.
    """

    names: Mapping[str, str] = field(default_factory=dict[str, str])
    pinned: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeptSlider:
    """A slider of the library and the file that it is in.

    Attributes:
        gone: whether it was removed; it keeps its place, to be put back there.
    """

    path: Path
    slider: Slider
    gone: bool = False


@dataclass(frozen=True)
class Shelf:
    """What is in the folder of the library.

    Attributes:
        kept: the sliders, by file.
        marks: by the sha256 of the model's file.
        problems: a sentence for each file that could not be read.
    """

    kept: tuple[KeptSlider, ...] = ()
    marks: Mapping[str, Marks] = field(default_factory=dict[str, Marks])
    problems: tuple[str, ...] = ()


class SliderLibrary(QObject):
    """Reads and writes on the file thread; what it holds is there at once.

    Signals:
        changed(): sliders came or went, or have other names or pins.
        loaded(tuple[Slider, ...]): sliders came out of a file that the person chose.
        saved(Path): a file for others was written.
        failed(Exception): something was not read or written; the rest is as it was.

    Attributes:
        is_read: whether the folder has been looked into.
    """

    changed = Signal()
    loaded = Signal(object)
    saved = Signal(object)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._folder = library_folder()
        self._shelf = Shelf()
        self.is_read = False

    def read(self) -> None:
        """Look into the folder."""

        def done(shelf: Shelf) -> None:
            self._shelf, self.is_read = shelf, True
            self.changed.emit()
            for problem in shelf.problems:
                self.failed.emit(UserError(problem))

        folder = self._folder
        self._submit(lambda: read_shelf(folder), done)

    def sliders(self, weights: str) -> tuple[Slider, ...]:
        """Those for the model with these weights, each once."""
        mine = (kept.slider for kept in self._there if kept.slider.weights == weights)
        return tuple({slider.direction.sha256: slider for slider in mine}.values())

    def marks(self, weights: str) -> Marks:
        """Names and pins of a model's sliders."""
        return self._shelf.marks.get(weights, Marks())

    def rename(self, weights: str, key: str, name: str) -> None:
        """Call a slider otherwise; an empty name gives it its usual one."""
        marks = self.marks(weights)
        names = {other: words for other, words in marks.names.items() if other != key}
        if name := plain_name(name):
            names[key] = name
        self._mark(weights, replace(marks, names=names))

    def pin(self, weights: str, key: str, *, on: bool) -> None:
        """Have a slider stand first, or not."""
        marks = self.marks(weights)
        others = tuple(other for other in marks.pinned if other != key)
        self._mark(weights, replace(marks, pinned=(*others, key) if on else others))

    def add(self, sliders: Sequence[Slider], then: Callable[[], None] = lambda: None) -> None:
        """Keep these sliders, a file for each; `then` is called when they are there."""
        folder = self._folder

        def done(kept: tuple[KeptSlider, ...]) -> None:
            self._shelf = replace(self._shelf, kept=(*self._shelf.kept, *kept))
            self.changed.emit()
            then()

        self._submit(lambda: keep(folder, sliders), done)

    def remove(self, sha256: str) -> bool:
        """Take a slider out of the library; whether it was there."""
        return self._set_gone(sha256, True, rewrite)

    def put_back(self, sha256: str) -> None:
        """Have a slider again that was removed since the start, in its file and place."""
        if all(kept.slider.direction.sha256 != sha256 for kept in self._there):
            self._set_gone(sha256, False, rewrite_with_others)

    def load(self, path: Path, weights: str, model: str) -> None:
        """Keep the sliders of a file, which must be for this model and its weights."""
        folder = self._folder
        have = {slider.direction.sha256 for slider in self.sliders(weights)}

        def work() -> tuple[tuple[Slider, ...], tuple[KeptSlider, ...]]:
            found = read_sliders(path, weights, model)
            fresh = [slider for slider in found if slider.direction.sha256 not in have]
            return found, keep(folder, fresh)

        def done(value: tuple[tuple[Slider, ...], tuple[KeptSlider, ...]]) -> None:
            found, kept = value
            self._shelf = replace(self._shelf, kept=(*self._shelf.kept, *kept))
            self.changed.emit()
            self.loaded.emit(found)

        self._submit(work, done)

    def save(self, slider: Slider, path: Path) -> None:
        """Write a slider into a file for others."""
        self._submit(lambda: write_sliders(path, [slider]), lambda _: self.saved.emit(path))

    @property
    def _there(self) -> list[KeptSlider]:
        return [kept for kept in self._shelf.kept if not kept.gone]

    def _set_gone(
        self, sha256: str, gone: bool, write: Callable[[Mapping[Path, Sequence[Slider]]], None]
    ) -> bool:
        """Have a slider in its files, or not; whether that is something new."""
        every = self._shelf.kept
        changed = [k for k in every if k.slider.direction.sha256 == sha256 and k.gone != gone]
        if not changed:
            return False
        # One that was removed twice lies here twice.
        kept = dict.fromkeys(replace(k, gone=gone) if k in changed else k for k in every)
        self._shelf = replace(self._shelf, kept=tuple(kept))
        paths = {one.path for one in changed}
        files = {path: [k.slider for k in self._there if k.path == path] for path in paths}
        self._submit(lambda: write(files), lambda _: None)
        self.changed.emit()
        return True

    def _mark(self, weights: str, marks: Marks) -> None:
        # Before the file was read it would be overwritten.
        if self.is_read and marks != self.marks(weights):
            self._shelf = replace(self._shelf, marks={**self._shelf.marks, weights: marks})
            every, folder = self._shelf.marks, self._folder
            self._submit(lambda: write_marks(folder, every), lambda _: None)
            self.changed.emit()

    def _submit(self, act: Callable[[], Any], done: Callable[[Any], None]) -> None:
        def work(means: Means) -> Any:
            return act()

        self._queue.submit(Slot.MANAGE, work, done=done, failed=self.failed.emit)


def plain_name(name: str) -> str:
    """A name in one line, without room around it, as long as names may be."""
    return " ".join(name.split())[:LONGEST_NAME].strip()


# The rest waits for the disk: it is for worker threads.


def read_shelf(folder: Path) -> Shelf:
    """All that is in the folder; what cannot be read is left where it is and told."""
    kept: list[KeptSlider] = []
    problems: list[str] = []
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except FileNotFoundError:
        paths = []
    except OSError as error:
        paths = []
        problems.append(f"Your sliders in {folder} cannot be read: {error.strerror or error}.")
    for path in paths:
        try:
            kept += [KeptSlider(path, slider) for slider in read_sliders(path, None)]
        except UserError as error:
            problems.append(error.text)
    marks, problem = read_marks(folder / MARKS_FILE)
    return Shelf(tuple(kept), marks, (*problems, *([problem] if problem else [])))


def read_marks(path: Path) -> tuple[dict[str, Marks], str]:
    """The marks, and a sentence for the person where they were damaged: those are put aside."""
    try:
        values = json.loads(path.read_bytes().decode())
        if values["version"] > VERSION:
            raise ValueError(values["version"])
        return {str(k): _marks(v) for k, v in values["models"].items()}, ""
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        aside = path.with_name(f"{path.name}.bad")
        try:
            os.replace(path, aside)
        except OSError:
            return {}, "The names of your sliders could not be read."
        return {}, f"The names of your sliders could not be read; they were kept as {aside.name}."


def _marks(values: Mapping[str, Any]) -> Marks:
    names = {str(key): plain_name(str(name)) for key, name in values["names"].items()}
    return Marks(names, tuple(str(key) for key in values["pinned"]))


def write_marks(folder: Path, marks: Mapping[str, Marks]) -> None:
    """Write all marks; `UserError` where that fails."""
    models = {
        weights: {"names": dict(marks_of.names), "pinned": list(marks_of.pinned)}
        for weights, marks_of in marks.items()
    }
    _make(folder)
    data = json.dumps({"version": VERSION, "models": models}, indent=2)
    write_atomically(folder / MARKS_FILE, data.encode("ascii"))


def keep(folder: Path, sliders: Sequence[Slider]) -> tuple[KeptSlider, ...]:
    """Write each slider into a file of its own; all of them or, with a `UserError`, none."""
    _make(folder)
    kept: list[KeptSlider] = []
    try:
        for slider in sliders:
            path = _free_path(folder, slider.name)
            write_sliders(path, [slider])
            kept.append(KeptSlider(path, slider))
    except UserError:
        for done in kept:
            done.path.unlink(missing_ok=True)
        raise
    return tuple(kept)


def rewrite(rest: Mapping[Path, Sequence[Slider]]) -> None:
    """Leave these sliders in their files; a file without any goes."""
    for path, sliders in rest.items():
        if sliders:
            write_sliders(path, sliders)
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"{path.name} cannot be deleted: {error.strerror or error}.") from error


def rewrite_with_others(files: Mapping[Path, Sequence[Slider]]) -> None:
    """Have these sliders in their files, before whatever else has come into those."""
    for path, sliders in files.items():
        _make(path.parent)
        others = read_sliders(path, None) if path.exists() else ()
        write_sliders(path, [*sliders, *(one for one in others if one not in sliders)])


def file_stem(name: str) -> str:
    """A slider's name as that of a file, on every system."""
    plain = unicodedata.normalize("NFKC", name)
    return re.sub(r"[^\w\- ]+", "", plain).strip()[:LONGEST_NAME] or "Slider"


def _free_path(folder: Path, name: str) -> Path:
    stem, number = file_stem(name), 1
    path = folder / f"{stem}{SUFFIX}"
    while path.exists():
        number += 1
        path = folder / f"{stem} {number}{SUFFIX}"
    return path


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise writing_failed(folder, error) from error
