"""Zip archives with a manifest: every member with its size and hash, written whole or not at all.

An archive may come from anywhere. Nothing of it is unpacked to the disk, no name in it is taken for
a path, and no more is read of a member than the manifest says; what is damaged or was changed is
refused. Which program packed it makes no difference, so it may be unpacked and packed again.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable
from io import BytesIO
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
IN_A_FOLDER = re.compile(r"([^/]*/)?manifest\.json")
"""Who packs a folder, and not what is in it, has all names begin with its own."""
FURNITURE = re.compile(r"(.*/)?(\.DS_Store|desktop\.ini|Thumbs\.db)|__MACOSX/.*|.*/")
"""What packing programs add: folders, and what file managers leave in them."""
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others can unpack to any size at once."""
MAX_TEXT_BYTES = 256 * 2**20
"""Of a member in JSON, which is the only kind that is compressed when it is written."""
MOST_DEFLATED = 100
SPARE_BYTES = 2**20
MAX_DEFLATED_BYTES = 2**30
"""Pictures that another program has compressed once more may become so many times as large, and
these bytes, but never larger than a photo of 16 bits can be."""
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
            # First, so that a file of the future is told from one that is damaged.
            manifest = self._manifest(form)
            self.version = _version(manifest, newest)
            self._members = self._checked_members(path.stat().st_size)
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
        data = self._read(self._members[name], listed["bytes"])
        if hashlib.sha256(data).hexdigest() != listed["sha256"]:
            raise ValueError(f"{name} is not what was written")
        return data

    def values(self, name: str) -> Any:
        """The contents of a JSON member."""
        return json.loads(self.read(name))

    def _read(self, info: zipfile.ZipInfo, size: int) -> bytes:
        """A member of exactly so many bytes; not more than one piece beyond them is unpacked."""
        data = BytesIO()
        with self._zip.open(info) as member:
            while piece := member.read(min(PIECE_BYTES, size + 1 - data.tell())):
                data.write(piece)
        if data.tell() != size:
            raise ValueError(f"{info.filename} has another size than the manifest says")
        return data.getvalue()

    def _manifest(self, form: str) -> dict[str, Any]:
        if any(info.flag_bits & 0x1 for info in self._zip.infolist()):
            raise Refusal("it is encrypted", "Save it again with the program that did that.")
        places = [name for name in self._zip.namelist() if IN_A_FOLDER.fullmatch(name)]
        if not places:
            raise _other_kind(form)
        info = self._zip.getinfo(min(places, key=len))
        self._folder = info.filename.removesuffix(MANIFEST)
        _check_packing(info)
        values: object = json.loads(self._read(info, info.file_size))
        if not isinstance(values, dict) or cast("Any", values).get("format") != form:
            raise _other_kind(form)
        return cast("dict[str, Any]", values)

    def _checked_members(self, file_bytes: int) -> dict[str, zipfile.ZipInfo]:
        members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            _check_path(info.orig_filename)
            if FURNITURE.fullmatch(info.orig_filename):
                continue
            name = info.orig_filename.removeprefix(self._folder)
            if not MEMBER.fullmatch(name):
                raise ValueError(f"a member {name!r}")
            if name in members:
                raise Refusal("it holds a file twice", "Open an earlier copy of it.")
            _check_packing(info)
            members[name] = info
        if sum(info.compress_size for info in self._zip.infolist()) > file_bytes:
            raise ValueError("members overlap")
        del members[MANIFEST]
        return members

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


def _check_path(name: str) -> None:
    """Refuse a name that leads anywhere."""
    parts = re.split(r"[/\\]", name)
    if ".." in parts or not parts[0] or ":" in name or "\\" in name:
        raise Refusal("it holds a path that leads out of it", "Do not trust where it came from.")


def _check_packing(info: zipfile.ZipInfo) -> None:
    """Refuse what would unpack to more than can be meant."""
    if info.compress_type not in PACKINGS:
        raise Refusal("it is packed in a rare way", "Pack it again as an ordinary zip file.")
    deflated = min(MOST_DEFLATED * info.compress_size + SPARE_BYTES, MAX_DEFLATED_BYTES)
    most = MAX_TEXT_BYTES if info.filename.endswith(TEXTS) else max(info.compress_size, deflated)
    if info.file_size > most:
        raise Refusal("it would unpack to far more than it is", "Open another copy of it.")


def _version(manifest: dict[str, Any], newest: int) -> int:
    version: object = manifest["version"]
    if type(version) is not int or version < 0:
        raise ValueError(f"version {version!r}")
    if version > newest:
        raise Refusal("a later version of Scumble wrote it", "Open it with that one.")
    return version
