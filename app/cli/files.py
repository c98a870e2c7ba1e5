"""Which files a command reads and writes: all of it decided, and checked, before any work."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cli.command import UsageError
from app.errors import UserError

NO_PICTURES = frozenset({"thumbs.db", "desktop.ini"})
"""Files that systems leave in folders of pictures; hidden files are left alone as well."""


@dataclass(frozen=True)
class Job:
    """One picture to read, and the file to write."""

    source: Path
    out: Path


def plan_jobs(source: Path, out: Path, formats: Iterable[str]) -> list[Job]:
    """The jobs for a file, or for every file directly in a folder (then `out` is made).

    Args:
        source: a file or a folder.
        out: a file with an extension of `formats`, or the folder for the results.
        formats: extensions that can be written, in lower case with their dot.

    Raises:
        UsageError: `out` is of the wrong kind, or would overwrite what is read.
        UserError: there is no such file or folder, nothing in it, or no place for the results.
    """
    # os.path and not Path: a name that is too long, or in a folder that may not be read, is none.
    if not os.path.exists(source):
        raise UserError(f"There is no file or folder {source}.", "Check its name and folder.")
    if not os.path.isdir(source):
        check_out_file(out, formats)
        return [Job(source, out)]
    names = picture_names(source)
    if os.path.exists(out) and not os.path.isdir(out):
        raise UsageError(f"{source} is a folder, so {out} must be one too.")
    if same_file(source, out):
        raise UsageError(f"The results would overwrite the pictures in {source}.")
    make_folder(out)
    outs = output_names(names, frozenset(formats))
    return [Job(source / name, out / result) for name, result in zip(names, outs, strict=True)]


def check_out_file(out: Path, formats: Iterable[str]) -> None:
    """Raise `UsageError` or `UserError` unless a file of one of these formats can be there."""
    if os.path.isdir(out):
        raise UsageError(f"{out} is a folder; name the file to write.")
    if out.suffix.lower() not in formats:
        names = list(formats)
        which = names[0] if len(names) == 1 else f"one of {' '.join(names)}"
        raise UsageError(f"{out.name} does not end in the name of a format: use {which}.")
    if not os.path.isdir(out.absolute().parent):
        raise UserError(f"There is no folder {out.parent}.", "Make it first, or choose another.")
    check_name(out)


def check_name(out: Path) -> None:
    """Raise `UserError` if no file can have this name, which may be too long."""
    try:
        os.stat(out)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror}.", "Choose another.") from error


def check_not_read(jobs: Sequence[Job], others: Sequence[Path] = ()) -> None:
    """Raise `UsageError` if a job writes what any job, or the command besides, reads."""
    read = [job.source for job in jobs] + list(others)
    taken = {os.path.realpath(path): path for path in read}
    for job in jobs:
        path = taken.get(os.path.realpath(job.out))
        if path is None and os.path.exists(job.out):
            path = next((path for path in read if same_file(path, job.out)), None)
        if path is not None:
            raise UsageError(f"The result would overwrite {path}, which is read.")


def same_file(one: Path, other: Path) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


def picture_names(folder: Path) -> list[str]:
    """The files directly in a folder by name, without hidden ones and those of systems."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}.") from error
    names = [
        path.name
        for path in entries
        if os.path.isfile(path) and path.name[0] != "." and path.name.lower() not in NO_PICTURES
    ]
    if not names:
        raise UserError(f"There is no picture in {folder}.", "Name a folder with pictures in it.")
    return names


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be made: {error.strerror}.", "Choose another."
        ) from error


def output_names(names: Sequence[str], formats: frozenset[str]) -> list[str]:
    """A name for the result of each file, no two alike (upper and lower case are alike).

    A file keeps its name if its format can be written; else it gets .png after its stem, or, where
    that is taken, after its whole name.
    """
    taken: set[str] = set()
    chosen: dict[str, str] = {}

    def choose(name: str, *wishes: str) -> None:
        stem, suffix = Path(wishes[-1]).stem, Path(wishes[-1]).suffix
        numbered = (f"{stem}_{index}{suffix}" for index in range(2, len(names) + 2))
        free = next(wish for wish in (*wishes, *numbered) if wish.casefold() not in taken)
        taken.add(free.casefold())
        chosen[name] = free

    kept = [name for name in names if Path(name).suffix.lower() in formats]
    for name in kept:
        choose(name, name)
    for name in names:
        if name not in chosen:
            choose(name, f"{Path(name).stem}.png", f"{name}.png")
    return [chosen[name] for name in names]
