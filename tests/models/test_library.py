import errno
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models import catalog, checkpoint, library
from models.api import CancelToken
from models.builders import BUILDERS
from models.catalog import find_model, list_models, set_user_folder, spec_of_file, user_folder
from models.configs import SwappingAutoencoderConfig
from models.errors import (
    Cancelled,
    CheckpointCorrupt,
    CheckpointError,
    CheckpointMissing,
    ModelNameError,
    RequestError,
)
from models.header import read_header
from models.library import folder_bytes, model_files, move_models, remove_model, rename_model
from tests.models.toys import Toy, save_toy


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch) -> Path:
    """The user's folder, with two models."""
    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Toy)
    monkeypatch.setattr(catalog, "PACKAGE", tmp_path / "site" / "models")
    monkeypatch.setenv("SCUMBLE_MODELS", str(tmp_path / "user"))
    folder = tmp_path / "user"
    folder.mkdir()
    save_toy(folder / "caves.safetensors", title="Caves", palette_id="coco")
    save_toy(folder / "hills.safetensors", title="Hills")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def disk_error(*_args: object, **_named: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_it_needs_no_torch():
    code = "import models.library, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Renaming


@pytest.mark.parametrize("title", ["H", "Höhlen & 山", "x" * 100, '  a "quoted"\n name '])
def test_a_renamed_model_differs_in_its_title_only(user, title):
    path = user / "caves.safetensors"
    before, tensors = read_header(path), load_file(path)
    rename_model(find_model("caves"), title)
    assert read_header(path) == replace(before, title=" ".join(title.split()))
    after = load_file(path)
    assert after.keys() == tensors.keys()
    assert all(torch.equal(after[key], tensors[key]) for key in tensors)
    assert find_model("caves").title == " ".join(title.split())
    checkpoint.verify(find_model("caves"))
    assert sorted(contents(user)) == ["caves.safetensors", "hills.safetensors"]


def test_the_tensors_of_a_renamed_model_stay_aligned(user):
    path = user / "caves.safetensors"
    for length in range(1, 9):
        rename_model(find_model("caves"), "x" * length)
        assert int.from_bytes(path.read_bytes()[:8], "little") % 8 == 0


@pytest.mark.parametrize("title", ["", " \n", "x" * 101])
def test_an_impossible_title_is_refused(user, title):
    before = contents(user)
    with pytest.raises(ModelNameError, match="1 to 100 characters"):
        rename_model(find_model("caves"), title)
    assert contents(user) == before


def test_a_shipped_model_is_neither_renamed_nor_removed(user):
    spec = replace(find_model("caves"), shipped=True)
    before = contents(user)
    with pytest.raises(RequestError, match="'Caves' came with the program and cannot be renamed"):
        rename_model(spec, "Mine")
    with pytest.raises(RequestError, match="cannot be removed"):
        remove_model(spec)
    assert contents(user) == before


def test_a_model_that_is_gone_cannot_be_renamed(user):
    spec = find_model("caves")
    spec.path.unlink()
    with pytest.raises(CheckpointMissing, match="There is no file"):
        rename_model(spec, "Mine")


def test_a_full_disk_leaves_the_old_name(user, monkeypatch):
    before = contents(user)
    monkeypatch.setattr(library.shutil, "copyfileobj", disk_error)
    with pytest.raises(CheckpointError, match="cannot be renamed: No space left on device"):
        rename_model(find_model("caves"), "Mine")
    assert contents(user) == before


def test_a_file_that_changes_while_it_is_renamed(user, monkeypatch):
    spec = find_model("caves")
    before = contents(user)
    known = read_header(spec.path)
    monkeypatch.setattr(library, "read_header", lambda path: known)
    monkeypatch.setattr(library, "read_metadata", lambda path: {})
    spec.path.write_bytes(bytes(16))
    with pytest.raises(CheckpointCorrupt, match="is damaged: its header cannot be read"):
        rename_model(spec, "Mine")
    assert contents(user) == {**before, spec.path.name: bytes(16)}


def test_what_does_not_reach_the_disk_is_not_kept(user, monkeypatch):
    before = contents(user)
    headers = iter([read_header(user / "caves.safetensors")] * 2)
    monkeypatch.setattr(library, "read_header", lambda path: next(headers))
    with pytest.raises(CheckpointError, match="did not reach the disk"):
        rename_model(spec_of_file(user / "caves.safetensors"), "Mine")
    assert contents(user) == before


# Removing


def test_a_removed_model_is_gone(user):
    spec = find_model("caves")
    remove_model(spec)
    remove_model(spec)
    assert [spec.id for spec in list_models()] == ["hills"]


def test_only_the_users_folder_is_cleaned(tmp_path):
    save_toy(tmp_path / "other.safetensors")
    with pytest.raises(RequestError, match="not in the folder of your models"):
        remove_model(find_model(tmp_path / "other.safetensors"))
    assert (tmp_path / "other.safetensors").is_file()


def test_a_disk_that_keeps_what_should_go(user, monkeypatch):
    spec = find_model("caves")
    monkeypatch.setattr(Path, "unlink", disk_error)
    with pytest.raises(CheckpointError, match="cannot be removed: No space"):
        remove_model(spec)


# The folder


def test_the_size_of_a_folder(user, tmp_path):
    (user / "notes.txt").write_text("not a model")
    (user / "folder.safetensors").mkdir()
    sizes = [(user / f"{name}.safetensors").stat().st_size for name in ("caves", "hills")]
    assert folder_bytes() == folder_bytes(user) == sum(sizes)
    assert folder_bytes(tmp_path / "nowhere") == 0
    assert [path.name for path in model_files(user)] == ["caves.safetensors", "hills.safetensors"]


def test_moved_models_are_found_where_they_are_now(user, tmp_path, monkeypatch):
    (user / "broken.safetensors").write_bytes(b"not a model, and moved all the same")
    (user / "notes.txt").write_text("stays")
    before = contents(user)
    target = tmp_path / "disk" / "models"
    told = []
    assert (
        move_models(user, target, progress=lambda words, share: told.append((words, share))) == ()
    )
    assert contents(user) == {"notes.txt": before.pop("notes.txt")}
    assert contents(target) == before
    assert told[0] == ("copying broken.safetensors", 0.0)
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1] == ("done", 1.0)
    monkeypatch.delenv("SCUMBLE_MODELS")
    set_user_folder(target)
    try:
        assert user_folder() == target
        assert [spec.id for spec in list_models()] == ["caves", "hills"]
    finally:
        set_user_folder(None)


def test_moving_to_where_they_are_moves_nothing(user):
    before = contents(user)
    assert move_models(user, user.parent / "." / "user") == ()
    assert contents(user) == before


def test_an_empty_folder_moves_at_once(tmp_path):
    assert move_models(tmp_path / "none", tmp_path / "new") == ()
    assert (tmp_path / "new").is_dir()


def test_a_name_that_is_taken_is_refused_before_anything_moves(user, tmp_path):
    target = tmp_path / "new"
    target.mkdir()
    (target / "hills.safetensors").write_text("another")
    before = contents(user)
    with pytest.raises(RequestError, match=r"a file hills\.safetensors in .* already, so nothing"):
        move_models(user, target)
    assert contents(user) == before
    assert list(contents(target)) == ["hills.safetensors"]


def test_a_disk_without_room_is_refused_before_anything_moves(user, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(library.shutil, "disk_usage", lambda path: usage._replace(free=10))
    before = contents(user)
    with pytest.raises(RequestError, match="There is no room"):
        move_models(user, tmp_path / "new")
    assert contents(user) == before


def test_a_move_that_is_called_off_leaves_everything_where_it_was(user, tmp_path):
    before = contents(user)
    token = CancelToken()

    def cancel_at_the_second(words: str, share: float) -> None:
        if "hills" in words:
            token.cancel()

    with pytest.raises(Cancelled):
        move_models(user, tmp_path / "new", token, cancel_at_the_second)
    assert contents(user) == before
    assert contents(tmp_path / "new") == {}


@pytest.mark.parametrize("fails_at", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_everything_where_it_was(user, tmp_path, monkeypatch, fails_at):
    true, calls = getattr(os, fails_at), []

    def at_the_second(*args: object) -> object:
        calls.append(args)
        return disk_error() if len(calls) == 2 else true(*args)

    before = contents(user)
    monkeypatch.setattr(library.os, fails_at, at_the_second)
    with pytest.raises(CheckpointError, match=r"cannot be moved to .*; they are where they were"):
        move_models(user, tmp_path / "new")
    assert contents(user) == before
    assert contents(tmp_path / "new") == {}


def test_a_folder_that_cannot_be_made_is_a_sentence(user, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(CheckpointError, match="cannot be moved to"):
        move_models(user, tmp_path / "file" / "new")


def test_a_copy_that_is_not_the_file_is_noticed(user, tmp_path, monkeypatch):
    before = contents(user)
    monkeypatch.setattr(
        library.hashlib, "file_digest", lambda file, name: hashlib.sha256(b"something else")
    )
    with pytest.raises(CheckpointError, match=r"caves\.safetensors in .* is not what was written"):
        move_models(user, tmp_path / "new")
    assert contents(user) == before
    assert contents(tmp_path / "new") == {}


def test_what_cannot_be_removed_is_told(user, tmp_path, monkeypatch):
    true = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == user / "hills.safetensors":
            raise PermissionError(errno.EACCES, "Permission denied")
        true(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert move_models(user, tmp_path / "new") == (user / "hills.safetensors",)
    assert sorted(contents(tmp_path / "new")) == ["caves.safetensors", "hills.safetensors"]
