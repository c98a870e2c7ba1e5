"""Writing a file so that it is either wholly new or wholly as it was."""

import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from app.errors import UserError

PART = re.compile(r"\.scumble-[0-9a-f]{12}\.part")
"""What a file is called while it is written."""
OLD_SECONDS = 24 * 60 * 60
"""Nothing is written for so long: a part of that age was left by a program that was killed."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` into the file at `path`, or leave everything as it was.

    Raises:
        UserError: as `replaced_atomically`.
    """
    with replaced_atomically(path) as file:
        file.write(data)


@contextlib.contextmanager
def replaced_atomically(path: Path) -> Generator[BinaryIO, None, None]:
    """A file to write to, which takes the place of the one at `path` when the block ends.

    It is a temporary file beside it, which is flushed to the disk before it takes its place; an
    existing file keeps its permissions, and a link is followed. If the block raises, everything is
    left as it was. Temporary files that were left there more than a day ago are deleted.

    Raises:
        UserError: the folder is missing, the target is no file, is protected or in use, or the
            disk is full; also for an `OSError` of the block.
    """
    target = Path(os.path.realpath(path))
    part = target.parent / f".scumble-{secrets.token_hex(6)}.part"
    try:
        mode = _checked_mode(target)
        # First: they may take the room that is needed.
        _drop_old_parts(target.parent)
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(part, mode)
        os.replace(part, target)
    except OSError as error:
        raise writing_failed(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    flush_folder(target.parent)


def _checked_mode(target: Path) -> int | None:
    if not target.exists():
        return None
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder")
    if not target.is_file() or not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "is protected")
    return target.stat().st_mode & 0o7777


def _drop_old_parts(folder: Path) -> None:
    latest = time.time() - OLD_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if PART.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    if entry.stat().st_mtime < latest:
                        os.unlink(entry)


def flush_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder, where the system can be asked to."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def writing_failed(path: Path, error: OSError) -> UserError:
    """The sentence for a failure of the operating system to write `path`."""
    if error.errno in NO_ROOM:
        return UserError(
            f"{path.name} cannot be saved: there is no room left on the disk.",
            "Free some space, or save it elsewhere.",
        )
    if isinstance(error, IsADirectoryError):
        return UserError(
            f"{path.name} cannot be saved: a folder has that name.", "Choose another name."
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UserError(
            f"{path.name} cannot be saved: there is no folder {path.parent}.",
            "Make the folder first, or choose another.",
        )
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return UserError(
            f"{path.name} cannot be saved: the file or its folder {path.parent} is protected.",
            "Choose another folder.",
        )
    return UserError(
        f"{path.name} cannot be saved: {error.strerror or error}.", "Choose another place."
    )
