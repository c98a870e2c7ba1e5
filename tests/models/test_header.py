import errno
import struct
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from models import checkpoint
from models.builders import BUILDERS
from models.configs import (
    SwappingAutoencoderConfig,
)
from models.errors import (
    CheckpointCorrupt,
    CheckpointMismatch,
    CheckpointMissing,
)
from models.header import HEADER_KEY, id_from_name, is_model_id, read_header
from tests.models.toys import Toy, rewrite, save_toy


@pytest.fixture(autouse=True)
def _toy_network(monkeypatch):
    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Toy)


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "toy.safetensors"
    save_toy(path)
    return path


@pytest.mark.parametrize(
    ("header", "error", "words"),
    [
        ({"version": 2}, CheckpointMismatch, "another version"),
        ({"format": "x"}, CheckpointMismatch, "another version"),
        ({"step": "7"}, CheckpointCorrupt, "step in the header of .* cannot be '7'"),
        ({"step": True}, CheckpointCorrupt, "step in the header of .* cannot be True"),
        ({"ema": 1}, CheckpointCorrupt, "ema in the header"),
        ({"more": 1}, CheckpointCorrupt, "unknown in the header of .*: more"),
        ({"model_id": "../x"}, CheckpointCorrupt, "has the id '../x'"),
        ({"probe": ["a"]}, CheckpointCorrupt, "a probe that is not numbers"),
        ({"config": {"type": "Later"}}, CheckpointMismatch, "unknown type 'Later'"),
        ({"config": {"type": "PatchCooccurrenceConfig"}}, CheckpointMismatch, "lack max_channels"),
    ],
)
def test_bad_headers(saved, header, error, words):
    rewrite(saved, header=header)
    with pytest.raises(error, match=words):
        checkpoint.load(saved)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[1]", "not a table"),
        ('{"format": "scumble-weights", "version": 1}', "missing in the header of .*: model_id"),
    ],
)
def test_headers_that_are_none(saved, text, words):
    save_file(load_file(saved), saved, {HEADER_KEY: text})
    with pytest.raises(CheckpointCorrupt, match=words):
        read_header(saved)


def test_a_file_that_cannot_be_mapped(saved, monkeypatch):
    def denied(*_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("models.header.safe_open", denied)
    with pytest.raises(CheckpointMissing, match=r"cannot be opened: Permission denied\."):
        read_header(saved)


def test_a_header_that_claims_a_huge_length(saved):
    data = saved.read_bytes()
    saved.write_bytes(struct.pack("<Q", 2**60) + data[8:])
    with pytest.raises(CheckpointCorrupt):
        read_header(saved)


@pytest.mark.parametrize(
    ("name", "model_id"),
    [
        ("Meine Höhlen", "meine-hohlen"),
        ("mountain_pretrained", "mountain_pretrained"),
        ("a - b", "a-b"),
        ("../../etc/passwd", "etc-passwd"),
        ("Ⅳ ﬁne", "iv-fine"),
        ("-_x_-", "x"),
        ("山", ""),
        ("", ""),
        ("a" * 99 + " b", "a" * 99),
        ("A" * 300, "a" * 100),
    ],
)
def test_the_id_of_a_name(name, model_id):
    assert id_from_name(name) == model_id
    assert not model_id or is_model_id(model_id)
    assert id_from_name(model_id) == model_id
