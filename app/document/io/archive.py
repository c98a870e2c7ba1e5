"""Zip archives with a manifest: every member with its size and hash, written whole or not at all.

An archive may come from anywhere. Nothing of it is unpacked to the disk, no name in it is taken for
a path, and no more is read of a member than the manifest says; what is damaged or was changed is
refused.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from app import __version__
from app.atomic import replaced_atomically
from app.document.io.raw import Refusal, damaged
from app.errors import UserError
from models.errors import ModelsError

MANIFEST = "manifest.json"
MEMBER = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?\.[a-z0-9]{1,20}")
TEXTS = (".json",)
MAX_TEXT_BYTES = 256 * 2**20
"""Of a member in JSON, which is the only kind that is compressed."""
PIECE_BYTES = 2**20

DAMAGES = (
    *(OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, UserError, ModelsError),
)
"""What reading a file that is damaged, or made to do harm, can come to; too deeply nested JSON is a
RuntimeError."""


def write_archive(
    path: Path, form: str, version: int, members: Iterable[tuple[str, bytes]]
) -> None:
    """Write an archive, whole or not at all.

    Args:
        form: what kind of archive it is, as `Archive` will ask.
        version: of that kind.
        members: name and contents, in their order; a name as `MEMBER` has it, each once.

    Raises:
        UserError: as `app.atomic.write_atomically`.
    """
    listed: dict[str, Any] = {}
    with replaced_atomically(path) as file, zipfile.ZipFile(file, "w") as packed:
        for name, data in members:
            listed[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            _put(packed, name, data)
        manifest = {"format": form, "version": version, "program": __version__, "members": listed}
        _put(packed, MANIFEST, json.dumps(manifest, indent=1).encode("ascii"))


def _put(packed: zipfile.ZipFile, name: str, data: bytes) -> None:
    # Pictures are compressed already.
    kind = zipfile.ZIP_DEFLATED if name.endswith(TEXTS) else zipfile.ZIP_STORED
    packed.writestr(name, data, kind)


class Archive:
    """An archive that is read; to be used in a `with` statement.

    Args:
        path: of the file.
        form: what kind of archive it has to be.
        newest: the highest version of that kind that is understood.

    Attributes:
        version: of its kind, 0 to `newest`.

    Raises:
        Refusal: it is no such archive, a later version wrote it, or something is wrong with it.
        OSError: the file cannot be read.
    """

    def __init__(self, path: Path, form: str, newest: int) -> None:
        self._zip = _opened(path, form)
        try:
            self._members = self._checked_members(path.stat().st_size)
            manifest = self._manifest(form)
            self.version = _version(manifest, newest)
            self._listed = cast("dict[str, Any]", manifest["members"])
            self._check_listed()
        except Refusal:
            self._zip.close()
            raise
        except DAMAGES as error:
            self._zip.close()
            raise damaged() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all members but the manifest."""
        return tuple(self._listed)

    def read(self, name: str) -> bytes:
        """The contents of a member, which are what was written.

        Raises:
            KeyError: there is none of this name.
            ValueError: other contents, or others than the manifest says.
        """
        listed = self._listed[name]
        data = self._read(name, listed["bytes"])
        if hashlib.sha256(data).hexdigest() != listed["sha256"]:
            raise ValueError(f"{name} is not what was written")
        return data

    def values(self, name: str) -> Any:
        """The contents of a JSON member."""
        return json.loads(self.read(name))

    def _read(self, name: str, size: int) -> bytes:
        """A member of exactly so many bytes; not more than one piece beyond them is unpacked."""
        pieces: list[bytes] = []
        left = size
        with self._zip.open(self._members[name]) as member:
            while left >= 0 and (piece := member.read(min(PIECE_BYTES, left + 1))):
                pieces.append(piece)
                left -= len(piece)
        if left != 0:
            raise ValueError(f"{name} has another size than the manifest says")
        return b"".join(pieces)

    def _checked_members(self, file_bytes: int) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            _check_name(info.orig_filename)
            if info.orig_filename in members:
                raise Refusal("it holds a file twice", "Open an earlier copy of it.")
            if info.flag_bits & 0x1:
                raise Refusal("it is encrypted", "Save it again with the program that did that.")
            members[info.orig_filename] = info
        for name, info in members.items():
            most = MAX_TEXT_BYTES if name.endswith(TEXTS) else info.compress_size
            if info.file_size > most:
                raise Refusal("it would unpack to far more than it is", "Open another copy of it.")
        if sum(info.compress_size for info in members.values()) > file_bytes:
            raise ValueError("members overlap")
        return members

    def _manifest(self, form: str) -> dict[str, Any]:
        info = self._members.get(MANIFEST)
        if info is None:
            raise _other_kind(form)
        values: object = json.loads(self._read(MANIFEST, info.file_size))
        if not isinstance(values, dict) or cast("Any", values).get("format") != form:
            raise _other_kind(form)
        del self._members[MANIFEST]
        return cast("dict[str, Any]", values)

    def _check_listed(self) -> None:
        for name, listed in self._listed.items():
            if name not in self._members:
                raise Refusal(f"{name} is missing in it", "Open an earlier copy of it.")
            if type(listed["bytes"]) is not int or listed["bytes"] != self._members[name].file_size:
                raise ValueError(f"{name} has another size than the manifest says")
        if self._members.keys() != self._listed.keys():
            raise ValueError("there are members that the manifest does not list")


def _opened(path: Path, form: str) -> zipfile.ZipFile:
    with open(path, "rb") as file:
        start = file.read(4)
    if start != b"PK\3\4":
        raise _other_kind(form)
    try:
        return zipfile.ZipFile(path)
    except DAMAGES as error:
        raise damaged() from error


def _other_kind(form: str) -> Refusal:
    return Refusal(f"it is not a {form.replace('-', ' ').capitalize()}", "Choose another file.")


def _check_name(name: str) -> None:
    """Refuse what is no name of ours, and first of all what leads anywhere."""
    parts = re.split(r"[/\\]", name)
    if ".." in parts or not parts[0] or ":" in name or "\\" in name:
        raise Refusal("it holds a path that leads out of it", "Do not trust where it came from.")
    if not MEMBER.fullmatch(name):
        raise ValueError(f"a member {name!r}")


def _version(manifest: dict[str, Any], newest: int) -> int:
    version: object = manifest["version"]
    if type(version) is not int or version < 0:
        raise ValueError(f"version {version!r}")
    if version > newest:
        raise Refusal("a later version of Scumble wrote it", "Open it with that one.")
    return version
