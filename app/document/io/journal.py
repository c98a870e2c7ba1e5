"""A journal: every step of a document, appended to a file as it is made.

A file of records, each of which is valid or was torn off by the end of a program or of the current:

    length and CRC-32 of the body, 4 bytes each, big-endian
    body: length of the JSON, 4 bytes; JSON; blobs, one after the other

The JSON of the first record says what the file is; that of each other one has the rows of what is
new (`app.document.io.row_writer`), and which states the history has now. The blobs are the tiles
of new arrays, deflated, and the values of new sliders. Photos are files of their own.
"""

import errno
import itertools
import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from app.document.document import Photo
from app.document.history import State
from app.document.io.archive import DAMAGES
from app.document.io.photo_files import Pixels
from app.document.io.raw import Refusal
from app.document.io.row_reader import RowReader, text, whole
from app.document.io.row_writer import Fresh, Numbers, RowWriter
from app.document.io.steps import Steps, Thumbs

FORM = "scumble-journal"
VERSION = 1
HEAD = struct.Struct(">II")
SIZE = struct.Struct(">I")
ZLIB_LEVEL = 1

PhotoSource = Callable[[str, str], Pixels]


class Journal:
    """A journal that is written. One thread at a time.

    Args:
        path: of the file, which must not exist yet.
        known: states that a reader has from elsewhere; they are not written again.

    Attributes:
        nbytes: what the file takes.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, known: Sequence[State] = ()) -> None:
        self._states = Numbers[State]()
        for state in known:
            self._states.add(state)
        self._rows = RowWriter()
        self.nbytes = 0
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed by `close`
        try:
            self._append({"format": FORM, "version": VERSION, "known": len(known)}, [])
        except OSError:
            self.close()
            raise

    def append(self, steps: Steps, keep_photo: Callable[[Photo], None]) -> None:
        """Bring the file up to these steps; the disk has them when this returns.

        Args:
            keep_photo: called with each photo that the file names for the first time.

        Raises:
            OSError, UserError: the disk is full; the journal must not be used any more. What is
                in it can be read.
        """
        new = [state for state in steps.states if self._states.find(state) is None]
        fresh = self._rows.fresh([state.document for state in new])
        for photo in fresh.photos:
            keep_photo(photo)
        for state in new:
            self._states.add(state)
        values = {
            **fresh.rows,
            "labels": [state.label for state in new],
            "states": [self._states.find(state) for state in steps.states],
            "index": steps.index,
        }
        self._append(values, _blobs(fresh))
        self._states.keep(steps.states)
        self._rows.keep([state.document for state in steps.states])

    def close(self) -> None:
        self._file.close()

    def _append(self, values: dict[str, Any], blobs: Sequence[bytes]) -> None:
        values["blobs"] = [len(blob) for blob in blobs]
        words = json.dumps(values, separators=(",", ":")).encode("ascii")
        body = b"".join([SIZE.pack(len(words)), words, *blobs])
        record = HEAD.pack(len(body), zlib.crc32(body)) + body
        written = self._file.write(record)
        if written != len(record):
            # A full disk takes a part.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._file.fileno())
        self.nbytes += len(record)


def replayed(path: Path, known: Steps | None, photo: PhotoSource) -> Steps | None:
    """The steps of a journal, up to its last whole record.

    Args:
        known: what the journal continues, None if it stands alone.
        photo: gives pixels and alpha of a photo by its hashes.

    Returns:
        the steps; `known` if no step is in it.

    Raises:
        Refusal: a later version wrote it.
        ValueError: it is no journal, or one that continues something else.
        OSError: it cannot be read.
    """
    steps, states = known, list(known.states) if known else []
    thumbs: Thumbs = known.thumbs if known else {}
    with open(path, "rb") as file:
        records = _records(file, path.stat().st_size)
        _check_head(next(records, b""), len(states))
        reader = RowReader()
        for body in records:
            try:
                values, blobs = _parted(body)
                documents = reader.documents(values, _Blobs(blobs, photo))
                for label, document in zip(values["labels"], documents, strict=True):
                    states.append(State(text(label), document, len(states)))
                present = tuple(states[whole(number)] for number in values["states"])
                steps = Steps(present, whole(values["index"]), thumbs)
            except (*DAMAGES, Refusal):
                # What was before it is good.
                break
    return steps


def _records(file: BinaryIO, left: int) -> Iterator[bytes]:
    """The bodies of a file of `left` bytes, up to the first that is not whole."""
    while len(head := file.read(HEAD.size)) == HEAD.size:
        size, check = HEAD.unpack(head)
        left -= HEAD.size + size
        if left < 0 or zlib.crc32(body := file.read(size)) != check:
            return
        yield body


def _parted(body: bytes) -> tuple[dict[str, Any], Iterator[bytes]]:
    """The JSON of a record and its blobs."""
    end = SIZE.size + SIZE.unpack_from(body)[0]
    values: dict[str, Any] = json.loads(body[SIZE.size : end])
    places = itertools.accumulate(map(whole, values["blobs"]), initial=end)
    return values, iter([body[start:stop] for start, stop in itertools.pairwise(places)])


def _check_head(body: bytes, known: int) -> None:
    values = _parted(body)[0] if body else {}
    if values.get("format") != FORM:
        raise ValueError("no journal")
    if whole(values.get("version")) > VERSION:
        raise Refusal("a later version of Scumble wrote it", "Open it with that one.")
    if values.get("known") != known:
        raise ValueError(f"a journal that does not continue {known} states")


def _blobs(fresh: Fresh) -> list[bytes]:
    arrays = [
        zlib.compress(array.pixels_hw.tobytes(), ZLIB_LEVEL)
        for array in fresh.arrays
        if array.base is None or array.places
    ]
    return [*arrays, *(slider.direction.values.tobytes() for slider in fresh.sliders)]


class _Blobs:
    """What a record has beside its rows, in the order in which they ask for it."""

    def __init__(self, blobs: Iterator[bytes], photo: PhotoSource) -> None:
        self._blobs = blobs
        self._photo = photo

    def photo(self, sha256: str, alpha_sha256: str) -> Pixels:
        return self._photo(sha256, alpha_sha256)

    def array(self, number: int, shape: tuple[int, int], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        size = shape[0] * shape[1] * dtype.itemsize
        data = zlib.decompressobj().decompress(next(self._blobs), size + 1)
        return np.frombuffer(data, dtype).reshape(shape)

    def direction(self, number: int) -> npt.NDArray[Any]:
        return np.frombuffer(next(self._blobs), np.float32)
