import hashlib
from dataclasses import replace

import pytest
import torch

from models.edits import SwapTexture
from models.engine.memory import ByteCache
from models.engine.shelf import Shelf
from models.errors import CheckpointMismatch, CheckpointMissing
from tests.models.engine.fakes import FakeNetwork, make_spec

SWAP = SwapTexture(model="fake", reference="0" * 64)
CPU = torch.device("cpu")


def shelf_of(spec, load=lambda spec: FakeNetwork()) -> Shelf:
    return Shelf(ByteCache(2**20), lambda name: spec, load)


def test_a_shipped_model_has_the_hash_of_the_manifest():
    assert shelf_of(make_spec(sha256="c" * 64)).spec(SWAP).weights.sha256 == "c" * 64


def test_a_users_model_is_known_by_what_its_file_holds(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"first")
    shelf = shelf_of(make_spec(sha256="", path=path))
    assert shelf.spec(SWAP).weights.sha256 == hashlib.sha256(b"first").hexdigest()
    path.write_bytes(b"second weights")
    assert shelf.spec(SWAP).weights.sha256 == hashlib.sha256(b"second weights").hexdigest()


def test_a_model_is_found_without_an_edit():
    assert shelf_of(make_spec(sha256="c" * 64)).model("fake").weights.sha256 == "c" * 64


def test_a_users_file_that_goes_away_is_missing(tmp_path):
    shelf = shelf_of(make_spec(sha256="", path=tmp_path / "gone.safetensors"))
    with pytest.raises(CheckpointMissing, match=r"gone\.safetensors cannot be read"):
        shelf.spec(SWAP)


def test_an_edit_made_with_other_weights_is_refused():
    shelf = shelf_of(make_spec(sha256="c" * 64))
    assert shelf.spec(replace(SWAP, checkpoint="c" * 64)).id == "fake"
    with pytest.raises(CheckpointMismatch, match=r"dddddddddddd.*cccccccccccc"):
        shelf.spec(replace(SWAP, checkpoint="d" * 64))


def test_two_models_of_the_user_are_not_mixed_up(tmp_path):
    loaded = []
    shelf = shelf_of(None, lambda spec: loaded.append(spec.path.name) or FakeNetwork())
    for name in ("one", "two", "one"):
        path = tmp_path / name
        path.write_bytes(name.encode())
        shelf._find = lambda model, path=path: make_spec(sha256="", path=path)
        shelf.network(shelf.spec(SWAP), CPU, torch.float32)
    assert loaded == ["one", "two"]


def test_a_network_is_kept_per_device():
    loaded = []
    shelf = shelf_of(None, lambda spec: loaded.append(spec.id) or FakeNetwork())
    for device in ("cpu", "cpu:0", "cpu"):
        shelf.network(make_spec(), torch.device(device), torch.float32)
    assert len(loaded) == 2
