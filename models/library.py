"""Looking after the user's own models: names, removal, and the folder. Plain data, never torch."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from models.api import CancelToken, Progress
from models.catalog import SUFFIX, ModelSpec, user_folder
from models.errors import CheckpointCorrupt, CheckpointError, ModelNameError, RequestError
from models.header import HEADER_KEY, Header, read_header, read_metadata

METADATA = "__metadata__"
LENGTH_BYTES = 8
ALIGNMENT = 8
"""Of the tensors' first byte in a safetensors file, so that they can be mapped into memory."""
CHUNK_BYTES = 1 << 22
LONGEST_TITLE = 100


def rename_model(spec: ModelSpec, title: str) -> None:
    """Give one of the user's models another title; its id and its file name stay.

    The file is written again beside the old one and takes its place when it is whole.

    Args:
        title: white space is tidied up; 1 to 100 characters must be left.

    Raises:
        ModelNameError: an empty or too long title.
        RequestError: the model came with the program.
        CheckpointError: the file is damaged or gone, or the disk refuses; it is as it was.
    """
    _check_is_users(spec, "be renamed")
    title = " ".join(title.split())
    if not 0 < len(title) <= LONGEST_TITLE:
        raise ModelNameError(f"A model's name has 1 to {LONGEST_TITLE} characters.")
    header = replace(read_header(spec.path), title=title)
    metadata = {**read_metadata(spec.path), HEADER_KEY: header.to_json()}
    part = _part(spec.path)
    try:
        with open(spec.path, "rb") as old, open(part, "wb") as new:
            new.write(_start(old, metadata, spec.path))
            shutil.copyfileobj(old, new, CHUNK_BYTES)
            _flush(new)
        _check_title(part, header)
        os.replace(part, spec.path)
    except OSError as error:
        raise CheckpointError(f"{spec.path} cannot be renamed: {error.strerror}.") from error
    finally:
        _drop([part])


def remove_model(spec: ModelSpec) -> None:
    """Delete the file of one of the user's models. One that is gone already is no failure.

    Raises:
        RequestError: the model came with the program, or lies outside of the user's folder.
        CheckpointError: the disk refuses.
    """
    _check_is_users(spec, "be removed")
    if spec.path.parent.resolve() != user_folder().resolve():
        raise RequestError(
            f"{spec.path} is not in the folder of your models; remove it in the file manager."
        )
    try:
        spec.path.unlink(missing_ok=True)
    except OSError as error:
        raise CheckpointError(f"{spec.path} cannot be removed: {error.strerror}.") from error


def model_files(folder: Path) -> tuple[Path, ...]:
    """The weights files of a folder, sound or not, by name; none where there is no folder."""
    return tuple(path for path in sorted(folder.glob(f"*{SUFFIX}")) if path.is_file())


def folder_bytes(folder: Path | None = None) -> int:
    """Bytes of all weights files in a folder; None is the folder of the user's models."""
    total = 0
    for path in model_files(folder or user_folder()):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def move_models(
    source: Path,
    target: Path,
    token: CancelToken | None = None,
    progress: Progress | None = None,
) -> tuple[Path, ...]:
    """Move all weights files to another folder, which is made if there is none.

    Everything is copied and compared before anything is removed, so whatever goes wrong, all files
    are in `source`, and none of them in `target`. The caller tells the catalog of the new folder.

    Returns:
        Files that are now in `target` but could not be removed from `source`.

    Raises:
        Cancelled: the token was set.
        RequestError: a file of the same name is in `target`, or there is no room.
        CheckpointError: the disk refuses, or did not keep what was written.
    """
    token = token or CancelToken()
    progress = progress or (lambda words, share: None)
    if source.resolve() == target.resolve():
        return ()
    files = model_files(source)
    _check_no_clash(files, target)
    made: list[Path] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        _check_room(files, target)
        _copy_all(files, target, made, token, progress)
    except OSError as error:
        _drop(made)
        raise CheckpointError(
            f"The models cannot be moved to {target}: {error.strerror}; they are where they were."
        ) from error
    except BaseException:
        _drop(made)
        raise
    progress("done", 1.0)
    return tuple(path for path in files if not _removed(path))


def _check_is_users(spec: ModelSpec, what: str) -> None:
    if spec.shipped:
        raise RequestError(f"The model {spec.title!r} came with the program and cannot {what}.")


def _start(old: BinaryIO, metadata: dict[str, str], path: Path) -> bytes:
    """The start of the file with other metadata; `old` is then at the first tensor.

    Tensors are found by their distance from the start's end, so it may have any length.
    """
    length = int.from_bytes(old.read(LENGTH_BYTES), "little")
    try:
        table = cast("dict[str, object]", json.loads(old.read(length)))
    except (ValueError, RecursionError) as error:
        raise CheckpointCorrupt(f"{path} is damaged: its header cannot be read.") from error
    text = json.dumps({**table, METADATA: metadata}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def _check_title(part: Path, header: Header) -> None:
    if read_header(part) != header:
        raise CheckpointError("The renamed model did not reach the disk as it was written.")


def _check_no_clash(files: Iterable[Path], target: Path) -> None:
    for path in files:
        if os.path.lexists(target / path.name):
            raise RequestError(
                f"There is a file {path.name} in {target} already, so nothing was moved; "
                "choose another folder, or rename that file."
            )


def _check_room(files: Iterable[Path], target: Path) -> None:
    needed = sum(path.stat().st_size for path in files)
    if needed > shutil.disk_usage(target).free:
        raise RequestError(
            f"There is no room for {needed / 2**20:,.0f} MiB of models in {target}; "
            "choose a folder on another disk."
        )


def _copy_all(
    files: tuple[Path, ...],
    target: Path,
    made: list[Path],
    token: CancelToken,
    progress: Progress,
) -> None:
    """Copy every file; what was made is noted in `made` before it is."""
    total = sum(path.stat().st_size for path in files)
    done = 0
    for path in files:
        part = _part(target / path.name)
        made.append(part)
        digest = hashlib.sha256()
        with open(path, "rb") as old, open(part, "xb") as new:
            while chunk := old.read(CHUNK_BYTES):
                token.raise_if_cancelled()
                progress(f"copying {path.name}", done / total)
                digest.update(chunk)
                new.write(chunk)
                done += len(chunk)
            _flush(new)
        with open(part, "rb") as copy:
            if hashlib.file_digest(copy, "sha256").digest() != digest.digest():
                raise CheckpointError(
                    f"The copy of {path.name} in {target} is not what was written; "
                    "check that disk. The models are where they were."
                )
    token.raise_if_cancelled()
    _check_no_clash(files, target)
    for path in files:
        made.append(target / path.name)
        os.replace(_part(target / path.name), target / path.name)


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _drop(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
