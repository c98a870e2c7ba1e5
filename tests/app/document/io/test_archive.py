"""Archives with a manifest: read as they were written, or refused in words."""

import hashlib
import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from app.document.io import archive
from app.document.io.archive import MANIFEST, Archive, write_archive
from app.document.io.raw import Refusal
from app.errors import UserError

FORM = "toy-project"
MEMBERS = {"a.json": b'{"x": 1}', "photos/1-2.png": bytes(range(256)) * 20, "empty.png": b""}


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "a.toy"
    write_archive(path, FORM, 3, MEMBERS.items())
    return path


def refused(path: Path, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        Archive(path, FORM, 3)
    assert reason in caught.value.reason
    assert caught.value.hint.endswith(".")


def changed(path: Path, **members: bytes | None) -> None:
    """Write it anew with other members; None leaves one out. The manifest stays as it is."""
    with zipfile.ZipFile(path) as packed:
        all_members: dict[str, bytes | None] = {
            name: packed.read(name) for name in packed.namelist()
        }
    all_members.update({name.replace("__", "."): data for name, data in members.items()})
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in all_members.items():
            if data is not None:
                packed.writestr(name, data)


class OneWay(io.BytesIO):
    """A pipe: zip programs that write to one put the sizes behind the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError


def packed_again(path: Path, *furniture: str, folder: str = "") -> None:
    """As an ordinary zip program does it: all deflated, folders too, in another order."""
    pipe = OneWay()
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as again:
        for name in furniture:
            again.writestr(name, b"" if name.endswith("/") else b"left by a file manager")
        for name in reversed(packed.namelist()):
            again.writestr(folder + name, packed.read(name))
    path.write_bytes(pipe.getvalue())


def manifest(path: Path) -> dict:
    with zipfile.ZipFile(path) as packed:
        return json.loads(packed.read(MANIFEST))


def with_manifest(path: Path, **values) -> None:
    changed(path, manifest__json=json.dumps({**manifest(path), **values}).encode())


def test_members_come_back_as_they_were_written(file):
    with Archive(file, FORM, 3) as opened:
        assert opened.names == tuple(MEMBERS)
        assert {name: opened.read(name) for name in opened.names} == MEMBERS
        assert opened.values("a.json") == {"x": 1}
        assert opened.version == 3
        with pytest.raises(KeyError):
            opened.read("b.json")


def test_the_manifest_tells_what_there_is(file):
    values = manifest(file)
    assert (values["format"], values["version"]) == (FORM, 3)
    assert values["members"]["photos/1-2.png"]["bytes"] == 5120
    assert len(values["members"]["a.json"]["sha256"]) == 64


def test_only_texts_are_compressed(file):
    with zipfile.ZipFile(file) as packed:
        kinds = {info.filename: info.compress_type for info in packed.infolist()}
    assert kinds == {
        "a.json": zipfile.ZIP_DEFLATED,
        MANIFEST: zipfile.ZIP_DEFLATED,
        "photos/1-2.png": zipfile.ZIP_STORED,
        "empty.png": zipfile.ZIP_STORED,
    }


@pytest.mark.parametrize(
    "furniture",
    [(), ("photos/",), ("__MACOSX/", "__MACOSX/._a.json", ".DS_Store", "photos/.DS_Store"),
     ("desktop.ini", "photos/Thumbs.db")],
)  # fmt: skip
def test_an_archive_that_was_unpacked_and_packed_again_is_read(file, furniture):
    packed_again(file, *furniture)
    with zipfile.ZipFile(file) as packed:
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_DEFLATED}
        assert all(info.flag_bits & 0x8 for info in packed.infolist())
    with Archive(file, FORM, 3) as opened:
        assert {name: opened.read(name) for name in opened.names} == MEMBERS


@pytest.mark.parametrize("folder", ["work/", "My Wörk 2.toy/"])
def test_an_archive_that_was_packed_with_its_folder_is_read(file, folder):
    packed_again(file, folder, f"{folder}photos/", f"{folder}.DS_Store", folder=folder)
    with Archive(file, FORM, 3) as opened:
        assert {name: opened.read(name) for name in opened.names} == MEMBERS


@pytest.mark.parametrize("folder", ["../", "/", "C:/", "..\\", "a/../"])
def test_a_folder_that_leads_out_is_refused(file, folder):
    packed_again(file, folder=folder)
    with pytest.raises(Refusal, match=r"a path that leads out of it|not a Toy project"):
        Archive(file, FORM, 3)


@pytest.mark.parametrize(("name", "reason"), [("a.json", "a file twice"), ("b.json", "damaged")])
def test_what_is_beside_the_folder_is_none_of_it(file, name, reason):
    packed_again(file, folder="work/")
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr(name, b'{"x": 1}')
    refused(file, reason)


def test_a_path_that_climbs_out_is_no_furniture(file):
    packed_again(file, "../.DS_Store")
    refused(file, "a path that leads out of it")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_in_a_rare_way_is_refused(file, method):
    with zipfile.ZipFile(file) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    for rare in ("photos/1-2.png", MANIFEST):
        with zipfile.ZipFile(file, "w") as packed:
            for name, data in members.items():
                packed.writestr(name, data, method if name == rare else zipfile.ZIP_STORED)
        refused(file, "packed in a rare way")


def test_a_failure_while_members_are_made_leaves_the_file_as_it_was(file):
    before = file.read_bytes()

    def members():
        yield "a.json", b"{}"
        raise UserError("no more")

    with pytest.raises(UserError, match="no more"):
        write_archive(file, FORM, 3, members())
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is not a Toy project"),
        (b"\x89PNG\r\n", "it is not a Toy project"),
        (b"PK\3\4 and no more", "damaged or cut short"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, data, reason):
    path = tmp_path / "a.toy"
    path.write_bytes(data)
    refused(path, reason)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_cut_archive_is_refused(file, share):
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    refused(file, "damaged or cut short")


def test_a_missing_file_stays_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        Archive(tmp_path / "no", FORM, 3)


def test_an_archive_of_another_kind_is_refused(file):
    with pytest.raises(Refusal, match="it is not a Other project"):
        Archive(file, "other-project", 3)
    with_manifest(file, format=None)
    refused(file, "it is not a Toy project")
    changed(file, manifest__json=b"[]")
    refused(file, "it is not a Toy project")
    changed(file, manifest__json=None)
    refused(file, "it is not a Toy project")


def test_an_archive_of_a_later_version_says_so(file):
    with pytest.raises(Refusal, match="a later version of Scumble wrote it"):
        Archive(file, FORM, 2)


def test_a_later_version_may_be_packed_in_ways_that_nobody_knows_yet(file):
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("Deep/er/and Deeper.PNG", bytes(10_000_000))
    with pytest.raises(Refusal, match="a later version of Scumble wrote it"):
        Archive(file, FORM, 2)
    refused(file, "damaged")


@pytest.mark.parametrize("version", ["3", True, -1, 2.0, None])
def test_a_version_that_is_none_is_damage(file, version):
    with_manifest(file, version=version)
    refused(file, "damaged")


@pytest.mark.parametrize(
    "text", [b"{", b"\xff", b"[" * 100_000, b'{"format": "toy-project"}', b'{"format": 1e999}']
)
def test_a_manifest_of_nonsense_is_refused(file, text):
    changed(file, manifest__json=text)
    with pytest.raises(Refusal):
        Archive(file, FORM, 3)


@pytest.mark.parametrize("members", [None, [], {"a.json": {}}, {"a.json": {"bytes": "1"}}])
def test_a_list_of_nonsense_is_refused(file, members):
    with_manifest(file, members=members)
    refused(file, "damaged")


def test_a_missing_member_is_named(file):
    changed(file, **{"photos/1-2__png": None})
    refused(file, "photos/1-2.png is missing in it")


def test_a_further_member_is_damage(file):
    changed(file, b__json=b"{}")
    refused(file, "damaged")


def test_other_contents_of_the_same_size_are_told_by_their_hash(file):
    changed(file, a__json=b'{"x": 2}')
    with Archive(file, FORM, 3) as opened, pytest.raises(ValueError, match="not what was written"):
        opened.read("a.json")


def test_a_member_of_another_size_is_damage(file):
    changed(file, a__json=b'{"x": 22}')
    refused(file, "damaged")


@pytest.mark.parametrize(
    "name",
    ["../a.json", "/a.json", "a/../../b.json", "C:/a.json", "C:a.json", "..\\a.json", "\\a.json",
     "a/../b.json"],
)  # fmt: skip
def test_a_path_that_climbs_out_is_refused(file, name):
    with zipfile.ZipFile(file, "a") as packed:
        info = zipfile.ZipInfo("x")
        info.filename = name
        packed.writestr(info, b"x")
    refused(file, "a path that leads out of it")


@pytest.mark.parametrize("name", ["A.json", "a", "a/b/c.json", "a b.json", "a\0.json", "ä.json"])
def test_a_name_that_is_none_of_ours_is_damage(file, name):
    with zipfile.ZipFile(file, "a") as packed:
        info = zipfile.ZipInfo("x")
        info.filename = name
        packed.writestr(info, b"x")
    refused(file, "damaged")


def test_a_member_that_is_there_twice_is_refused(file):
    with zipfile.ZipFile(file, "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr("a.json", b'{"x": 1}')
    refused(file, "a file twice")


def test_an_encrypted_archive_is_refused(file):
    data = bytearray(file.read_bytes())
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        place = data.find(signature)
        data[place + at] |= 1
    file.write_bytes(bytes(data))
    refused(file, "encrypted")


# Zip bombs


def bomb(path: Path, name: str, data: bytes, **listed) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, data)
        members = {name: {"bytes": len(data), "sha256": "0" * 64, **listed}}
        values = {"format": FORM, "version": 3, "members": members}
        packed.writestr(MANIFEST, json.dumps(values))


def test_a_picture_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    path = tmp_path / "bomb.toy"
    bomb(path, "photos/1.png", bytes(10_000_000))
    assert path.stat().st_size < 20_000
    refused(path, "far more than it is")


def test_a_picture_that_was_deflated_again_is_read_up_to_the_size_of_a_photo(tmp_path, monkeypatch):
    path = tmp_path / "a.toy"
    data = bytes(900_000) + os.urandom(20_000)
    bomb(path, "photos/1.png", data, sha256=hashlib.sha256(data).hexdigest())
    with Archive(path, FORM, 3) as opened:
        assert opened.read("photos/1.png") == data
    monkeypatch.setattr(archive, "MAX_DEFLATED_BYTES", 900_000)
    refused(path, "far more than it is")


def test_a_manifest_that_unpacks_to_far_too_much_is_not_read(file, monkeypatch):
    changed(file, manifest__json=b'{"format": "toy-project"}' + b" " * 1_000_000)
    monkeypatch.setattr(archive, "MAX_TEXT_BYTES", 1_000_000)
    refused(file, "far more than it is")


def test_a_text_that_unpacks_to_far_too_much_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bomb.toy"
    bomb(path, "a.json", bytes(2_000_000))
    monkeypatch.setattr(archive, "MAX_TEXT_BYTES", 1_999_999)
    refused(path, "far more than it is")


def test_a_bomb_that_declares_less_than_it_unpacks_to_is_cut_off(tmp_path, monkeypatch):
    """The sizes in the zip say 1000 bytes, the data is 50 MB: not more than that is unpacked."""
    path = tmp_path / "bomb.toy"
    bomb(path, "a.json", bytes(50_000_000), bytes=1000)
    data = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.find(signature)
        struct.pack_into("<I", data, place + at, 1000)
    path.write_bytes(bytes(data))
    read = io.BytesIO()
    real = zipfile.ZipExtFile.read

    def counted(member, size=-1):
        piece = real(member, size)
        read.write(piece)
        return piece

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    with Archive(path, FORM, 3) as opened, pytest.raises((ValueError, zipfile.BadZipFile)):
        opened.read("a.json")
    assert read.tell() < 10_000


def test_a_member_that_is_shorter_than_it_says_is_damage(tmp_path):
    path = tmp_path / "short.toy"
    bomb(path, "a.json", b"{}", bytes=1000)
    data = bytearray(path.read_bytes())
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", data, data.find(signature) + at, 1000)
    path.write_bytes(bytes(data))
    with Archive(path, FORM, 3) as opened, pytest.raises(ValueError, match="another size"):
        opened.read("a.json")


def test_members_that_share_their_bytes_are_refused(tmp_path):
    """A bomb without compression: thousands of members, all over the same bytes."""
    path = tmp_path / "bomb.toy"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(3):
            packed.writestr(f"photos/{number}.png", os.urandom(4000))
        values = {"format": FORM, "version": 3, "members": {}}
        packed.writestr(MANIFEST, json.dumps(values))
    data = bytearray(path.read_bytes())
    at = 0
    while (at := data.find(b"PK\1\2", at)) >= 0:
        if data[at + 46 :].startswith(b"photos/"):
            struct.pack_into("<II", data, at + 20, 9000, 9000)
        at += 4
    path.write_bytes(bytes(data))
    refused(path, "damaged")
