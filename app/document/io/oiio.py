"""Decoding by OpenImageIO, which reads PNG and TIFF exactly at 16 bits.

It chooses its reader by the file's name and writes no errors that could be trusted (a full disk
passes as success), so it sees every file under a name of ours, and only reads.
"""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt
import OpenImageIO

from app.document.io.raw import damaged

# A damaged file must not be offered to the readers of fifty other formats.
OpenImageIO.attribute("try_all_readers", 0)


@contextmanager
def alias(
    path: Path, suffix: str, patch: tuple[int, bytes] | None = None
) -> Generator[Path, None, None]:
    """The same file under a plain name with this suffix: a link or, failing that, a copy.

    Args:
        patch: a position and the bytes that the copy shall have there.
    """
    with tempfile.TemporaryDirectory(prefix="scumble-") as folder:
        other = Path(folder, f"image{suffix}")
        try:
            if patch is None:
                other.symlink_to(path.absolute())
        except OSError:
            patch = (0, b"")
        if patch is not None:
            shutil.copyfile(path, other)
            with open(other, "r+b") as copy:
                copy.seek(patch[0])
                copy.write(patch[1])
        yield other


class Reader:
    """An open image file.

    Attributes:
        spec: size, channels and type of its first picture.

    Raises:
        Refusal: the file is damaged.
    """

    def __init__(self, path: Path, *, raw_colour: bool = False) -> None:
        config = OpenImageIO.ImageSpec()
        config.attribute("oiio:UnassociatedAlpha", 1)
        config.attribute("oiio:RawColor", int(raw_colour))
        opened = OpenImageIO.ImageInput.open(str(path), config)
        if opened is None:
            OpenImageIO.geterror()
            raise damaged()
        self._input = opened
        self.spec: OpenImageIO.ImageSpec = opened.spec()

    def pixels(self) -> npt.NDArray[Any]:
        """H x W x C in the file's own type.

        Raises:
            Refusal: the file is damaged or cut short.
        """
        pixels = self._input.read_image(0, 0, 0, self.spec.nchannels, self.spec.format)
        # A pending message would be printed when the reader goes.
        failed = self._input.has_error
        self._input.geterror()
        self._input.close()
        if pixels is None or failed:
            raise damaged()
        return pixels.reshape(self.spec.height, self.spec.width, self.spec.nchannels)
