"""Files of our own kinds, opened to be read; what cannot be read is one sentence that names it."""

import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.document.io.raw import Refusal, damaged
from app.errors import UserError


@contextmanager
def opening(path: Path, damages: tuple[type[Exception], ...]) -> Generator[BinaryIO, None, None]:
    """The file, to be read in a `with` statement; what that comes to is a `UserError` about it.

    Args:
        path: of the file.
        damages: what reading damaged contents comes to.

    Raises:
        UserError: there is no such file, it cannot be read, it is refused or damaged; one that the
            block raises passes.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise Refusal("it is a folder", "Name a file inside it.")
        if not stat.S_ISREG(mode):
            raise Refusal("it is not a file", "Name a file.")
        with open(path, "rb") as file:
            yield file
    except UserError:
        raise
    except Refusal as refusal:
        raise UserError(f"{path.name} cannot be opened: {refusal.reason}.", refusal.hint) from None
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no file {path}.", "Check its name and folder.") from None
    except PermissionError:
        raise UserError(
            f"{path.name} cannot be opened: you may not read it.", "Change its permissions."
        ) from None
    except OSError as error:
        words = f"{path.name} cannot be opened: {error.strerror or error}."
        raise UserError(words, "Check the disk that it is on.") from error
    except damages as error:
        refusal = damaged()
        raise UserError(f"{path.name} cannot be opened: {refusal.reason}.", refusal.hint) from error


def read_at_most(file: BinaryIO, most_bytes: int) -> bytes:
    """The rest of a file; `Refusal` if it is larger than files of its kind are."""
    data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise Refusal("it is far larger than such files are", "Choose another file.")
    return data
