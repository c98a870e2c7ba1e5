"""Work that is in no file of the person's, kept on the disk until it is, or is given up.

A folder for each document that is worked on:

    about.json            its name, the project file it belongs to; without it nothing is offered
    journal-N             the steps, each written as it was made
    recovery-N.scumble    a project of all steps before journal N, once the journal was folded
    originals/*, photos/* the photos of the journal, each once
    thumbnail.png         for the list of what can be recovered

The highest N that can be read counts. A generation is made whole before the one before it is
deleted, so at any moment there is one. Who writes a folder holds a lock in it
(`app.controllers.recovery`); nothing here looks at it.
"""

import contextlib
import datetime
import json
import logging
import operator
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from platformdirs import user_data_path

from app.atomic import flush_folder, write_atomically, writing_failed
from app.document.document import Photo
from app.document.io.archive import DAMAGES
from app.document.io.fingerprints import Fingerprint, known_fingerprint
from app.document.io.journal import Journal, replayed
from app.document.io.photo_files import FOLDERS, PhotoFile, PhotoReader, photo_file, stem
from app.document.io.raw import Refusal
from app.document.io.row_reader import text
from app.document.io.steps import SUFFIX, Steps
from app.errors import UserError

FORM = "scumble-recovery"
VERSION = 1
"""Of a recovery with all its files: it rises with the version of any of them."""
FOLDER_VARIABLE = "SCUMBLE_DATA"
STAMP = "%Y%m%d-%H%M%S"
NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
GENERATION = re.compile(r"(?:journal-(\d{1,9})|recovery-(\d{1,9})\.scumble)")
ABOUT, THUMBNAIL = "about.json", "thumbnail.png"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class About:
    """What a recovery is of.

    Attributes:
        name: of the project or the photo.
        project: the file that it was last saved in, or None.
        fingerprint: of that file, as this work was saved in it; None if that is not known.
    """

    name: str
    project: Path | None = None
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True)
class Found:
    """Work that can be recovered.

    Attributes:
        folder: of it.
        about: what it is.
        changed: when its last step was made.
    """

    folder: Path
    about: About
    changed: datetime.datetime

    @property
    def when(self) -> str:
        """The time in words."""
        return f"{self.changed.day} {self.changed:%B %Y, %H:%M}"

    @property
    def words(self) -> str:
        """Name and time in words."""
        return f"{self.about.name}, {self.when}"


def recovery_folder() -> Path:
    """Where recoveries are; the variable SCUMBLE_DATA names another folder for all data."""
    override = os.environ.get(FOLDER_VARIABLE)
    data = Path(override) if override else user_data_path("scumble", appauthor=False)
    return data / "recovery"


def new_folder(folder: Path) -> Path:
    """The name of a new recovery in a folder; nothing is made."""
    return folder / f"{datetime.datetime.now():{STAMP}}-{secrets.token_hex(3)}"


def is_old(folder: Path) -> bool:
    """Whether a recovery was begun more than a day ago, by its name."""
    yesterday = datetime.datetime.now() - datetime.timedelta(days=1)
    return folder.name < f"{yesterday:{STAMP}}"


class Recovery:
    """One folder that is written. One thread at a time; `encoded` on any.

    Args:
        folder: of its own, made when it is needed; or one whose work was opened again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal: Journal | None = None
        self._kept: Steps | None = None
        self._folded: Steps | None = None
        self._about: About | None = None
        self._generation = max(_generations(folder), default=0)

    @property
    def journal_bytes(self) -> int:
        """What the journal takes; 0 if all that is kept is in a project."""
        return 0 if self._journal is None else self._journal.nbytes

    def keep(self, steps: Steps, about: About) -> None:
        """Have these steps on the disk: what is new of them is appended to the journal.

        Raises:
            UserError: the disk is full or the folder protected; what was kept before stays.
        """
        try:
            if self._kept is None or not _same(steps, self._kept):
                self._append(steps)
            if about != self._about:
                self.show(None)
                self._say(about)
        except Exception as error:
            # What is half written cannot be continued; the next try begins another journal.
            self.close()
            self._kept = self._folded = None
            if isinstance(error, OSError | UserError):
                raise _failed(self.folder, error) from error
            raise

    def fold(self, thumbnail_hwc: npt.NDArray[np.uint8] | None = None) -> None:
        """Make a project of all that is kept, and begin a new journal.

        Args:
            thumbnail_hwc: a small picture of the document, H x W x 3; None: of its photo.

        Raises:
            UserError: the disk is full; the journal goes on.
        """
        # Imported late, here and below: listing the recoveries, when the window opens, needs no
        # image library.
        from app.document.io.project import save_project

        if self._kept is None or self._journal is None:
            return
        number = self._generation + 1
        path = self.folder / f"recovery-{number}{SUFFIX}"
        try:
            written = save_project(
                self._kept, path, encode=self.encoded, thumbnail_hwc=thumbnail_hwc
            )
        except UserError as error:
            raise _failed(self.folder, error) from error
        self.close()
        self._folded, self._generation = written, number
        self._drop_earlier()
        self.show(thumbnail_hwc)

    def show(self, thumbnail_hwc: npt.NDArray[np.uint8] | None) -> None:
        """Have a small picture of what is kept for the list of what can be recovered, if there is
        room for it on the disk.

        Args:
            thumbnail_hwc: H x W x 3; None: of the document's photo.
        """
        from app.document.io.project import thumbnail_png

        if self._kept is not None:
            data = thumbnail_png(self._kept.document, thumbnail_hwc)
            with contextlib.suppress(UserError):
                write_atomically(self.folder / THUMBNAIL, data)

    def clear(self) -> None:
        """Offer nothing: the work is in a file now. The photos stay, for the steps to come."""
        self.close()
        with contextlib.suppress(OSError):
            # First: without it the folder is not listed, whatever else is deleted.
            (self.folder / ABOUT).unlink(missing_ok=True)
            for path, _ in _files_of(self.folder):
                path.unlink()
        self._about = self._kept = self._folded = None

    def close(self) -> None:
        """Let go of the files; `keep` opens them again."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def encoded(self, photo: Photo) -> PhotoFile:
        """The photo as a file: the one in the folder, or else made anew."""
        kept = _photo_path(self.folder, stem(photo.picture.sha256, photo.alpha_sha256))
        if kept is not None:
            with contextlib.suppress(OSError):
                return PhotoFile(f"{kept.parent.name}/{kept.name}", kept.read_bytes())
        return photo_file(photo)

    def _append(self, steps: Steps) -> None:
        if self._journal is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._folded is None:
                self._generation += 1
            known = self._folded.states if self._folded else ()
            self._journal = Journal(self.folder / f"journal-{self._generation}", known)
            flush_folder(self.folder)
        self._journal.append(steps, self._keep_photo)
        self._kept = steps
        self._drop_earlier()

    def _keep_photo(self, photo: Photo) -> None:
        if _photo_path(self.folder, stem(photo.picture.sha256, photo.alpha_sha256)) is None:
            file = photo_file(photo)
            (self.folder / file.name).parent.mkdir(exist_ok=True)
            write_atomically(self.folder / file.name, file.data)

    def _drop_earlier(self) -> None:
        for path, number in _files_of(self.folder):
            if number < self._generation:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _say(self, about: About) -> None:
        project = None if about.project is None else str(about.project)
        values: dict[str, Any] = {"format": FORM, "version": VERSION, "name": about.name}
        values |= {"project": project, "fingerprint": about.fingerprint}
        write_atomically(self.folder / ABOUT, json.dumps(values).encode("ascii"))
        self._about = about


def recoveries(folder: Path) -> tuple[Path, ...]:
    """The folders of all recoveries in a folder, the newest first, whoever writes them."""
    try:
        found = [path for path in folder.iterdir() if NAME.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return ()
    return tuple(sorted(found, reverse=True))


def found(folder: Path) -> Found | None:
    """What there is to be recovered in one of those folders; None if there is nothing."""
    try:
        if not (folder / ABOUT).exists():
            return None
        times = [path.stat().st_mtime for path, _ in _files_of(folder)]
        changed = datetime.datetime.fromtimestamp(max(times))
    except (OSError, ValueError):
        return None
    try:
        about = _about(folder)
    except (*DAMAGES, Refusal):
        about = About(folder.name)
    return Found(folder, about, changed)


def load_recovery(folder: Path) -> tuple[Steps, About]:
    """The steps that were kept in a folder: up to the last that was whole on the disk.

    Raises:
        UserError: a later version wrote it, or nothing in it can be read.
    """
    try:
        about = _about(folder)
        for number in sorted(_generations(folder), reverse=True):
            steps = _generation(folder, number)
            if steps is not None:
                return steps, about
    except Refusal as refusal:
        words = f"What was kept in {folder.name} cannot be opened: {refusal.reason}."
        raise UserError(words, refusal.hint) from None
    except DAMAGES as error:
        raise _damaged(folder) from error
    raise _damaged(folder)


def remove_recovery(folder: Path) -> None:
    """Delete a recovery; one that is gone already is none.

    Raises:
        UserError: the folder is protected or in use.
        ValueError: the folder's name is not that of a recovery (a defect of ours).
    """
    if not NAME.fullmatch(folder.name):
        raise ValueError(f"{folder} is no recovery")
    # Renamed first: what is half deleted shall not be listed.
    part = folder.with_name(f".{folder.name}.part")
    try:
        os.rename(folder, part)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(
            f"{folder.name} cannot be deleted: {error.strerror or error}.",
            "Close the programs that use it, or delete the folder by hand.",
        ) from error
    shutil.rmtree(part, ignore_errors=True)


def drop_leftovers(folder: Path) -> None:
    """Delete what programs that ended while they deleted have left."""
    for part in folder.glob(".*.part"):
        shutil.rmtree(part, ignore_errors=True)


def _same(a: Steps, b: Steps) -> bool:
    return a.index == b.index and (
        a.states is b.states
        or (len(a.states) == len(b.states) and all(map(operator.is_, a.states, b.states)))
    )


def _failed(folder: Path, error: OSError | UserError) -> UserError:
    words, cause = (error.text, error.__cause__) if isinstance(error, UserError) else ("", error)
    if isinstance(cause, OSError):
        # None of the files is known to the person by its name.
        words = writing_failed(folder / "A copy of the work", cause).text
    return UserError(
        "Your steps cannot be kept for the case that the program ends unexpectedly.",
        f"{words} Save your work.",
    )


def _damaged(folder: Path) -> UserError:
    return UserError(
        f"What was kept in {folder.name} is damaged and cannot be opened.",
        f"What is left of its pictures is in the folder {folder}.",
    )


def _files_of(folder: Path) -> list[tuple[Path, int]]:
    """Journals and projects in a folder, with their generation."""
    try:
        files = [(path, GENERATION.fullmatch(path.name)) for path in folder.iterdir()]
    except OSError:
        return []
    return [(path, int(match[1] or match[2])) for path, match in files if match]


def _generations(folder: Path) -> set[int]:
    return {number for _, number in _files_of(folder)}


def _generation(folder: Path, number: int) -> Steps | None:
    """What a generation holds, None if it was never whole.

    Raises:
        Refusal: a later version wrote its journal.
    """
    from app.document.io.project import load_project

    project, journal = folder / f"recovery-{number}{SUFFIX}", folder / f"journal-{number}"
    known = None
    try:
        if project.exists():
            known = load_project(project)
        if journal.exists():
            return replayed(journal, known, PhotoReader(partial(_photo_of, folder)).photo)
    except DAMAGES:
        log.info("%s has a part that cannot be read.", folder, exc_info=True)
    return known


def _about(folder: Path) -> About:
    values: Any = json.loads((folder / ABOUT).read_bytes())
    if values["format"] != FORM:
        raise ValueError(values["format"])
    if values["version"] > VERSION:
        raise Refusal("a later version of Scumble wrote it", "Open it with that one.")
    project = values["project"]
    return About(
        text(values["name"]),
        None if project is None else Path(text(project)),
        known_fingerprint(values.get("fingerprint")),
    )


def _photo_path(folder: Path, name: str) -> Path | None:
    paths = (path for each in FOLDERS for path in (folder / each).glob(f"{name}.*"))
    return next(paths, None)


def _photo_of(folder: Path, name: str) -> PhotoFile:
    path = _photo_path(folder, name)
    if path is None:
        raise FileNotFoundError(name)
    return PhotoFile(f"{path.parent.name}/{path.name}", path.read_bytes())
