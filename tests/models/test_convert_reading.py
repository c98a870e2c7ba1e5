import errno
import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from models.convert import import_file, load_published
from models.convert.reading import Kind, kind_of
from models.errors import (
    CheckpointCorrupt,
    CheckpointMismatch,
    CheckpointMissing,
)
from tests.models.toys import save_pickle, seeded


@pytest.fixture
def tiny(tiny_config) -> dict[str, Tensor]:
    return seeded(tiny_config)


class Malicious:
    """Unpickling this makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return os.mkdir, (str(self.path),)


def test_the_malicious_file_would_work(tmp_path):
    pickle.loads(pickle.dumps(Malicious(tmp_path / "made")))
    assert (tmp_path / "made").exists()


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("call", [load_published, import_file])
def test_code_in_a_file_is_not_run(tmp_path, tiny, legacy, call):
    path = tmp_path / "x.pth"
    save_pickle(path, {**tiny, "E.more": Malicious(tmp_path / "made")}, legacy=legacy)
    with pytest.raises(
        CheckpointMismatch, match="holds program code besides tensors, which is nev"
    ):
        call(path)
    assert [p.name for p in tmp_path.iterdir()] == ["x.pth"]


def test_code_in_a_bare_pickle_is_not_run(tmp_path):
    for protocol in (2, 4):
        path = tmp_path / f"x{protocol}.pkl"
        path.write_bytes(pickle.dumps(Malicious(tmp_path / "made"), protocol=protocol))
        with pytest.raises((CheckpointMismatch, CheckpointCorrupt)):
            load_published(path)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.99])
def test_a_file_cut_short(tiny, tmp_path, legacy, part):
    path = save_pickle(tmp_path / "x.pth", tiny, legacy=legacy)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(CheckpointCorrupt, match="is cut short, damaged, or no PyTorch weights"):
        load_published(path)


def test_safetensors_cut_short(tiny, tmp_path):
    path = tmp_path / "x.safetensors"
    save_file(tiny, path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CheckpointCorrupt, match="not a whole safetensors file"):
        load_published(path)


def test_damage_anywhere_is_a_sentence_or_still_weights(tiny, tmp_path):
    for legacy in (False, True):
        path = save_pickle(tmp_path / "x.pth", {"E.FromRGB.Act.bias": torch.ones(4)}, legacy=legacy)
        whole = path.read_bytes()
        for position in range(4, min(len(whole), 700), 3):
            data = bytearray(whole)
            data[position] ^= 0x15
            path.write_bytes(data)
            with pytest.raises((CheckpointCorrupt, CheckpointMismatch)):
                load_published(path)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", CheckpointCorrupt, "is empty"),
        (b"x", CheckpointMismatch, "is no weights file"),
        (b"a photograph of a hill\n" * 9, CheckpointMismatch, "is no weights file"),
        (b"\x80\x04N.", CheckpointCorrupt, "is cut short"),
        (b"12345678{}", CheckpointCorrupt, "not a whole safetensors file"),
        (b'model_checkpoint_path: "model.ckpt-9"\n', CheckpointMismatch, "TensorFlow checkpoint"),
        (b"\0" * 90 + bytes.fromhex("57fb808b247547db"), CheckpointMismatch, "TensorFlow"),
    ],
)
def test_other_files(tmp_path, data, error, words):
    (tmp_path / "x.pth").write_bytes(data)
    with pytest.raises(error, match=words):
        load_published(tmp_path / "x.pth")


def test_a_zip_of_other_things(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    with pytest.raises(CheckpointCorrupt, match="no PyTorch weights file"):
        load_published(tmp_path / "x.pth")


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(CheckpointMissing, match="There is no file"):
        load_published(tmp_path / "gone.pth")
    with pytest.raises(CheckpointMissing, match="is a folder"):
        load_published(tmp_path)


def test_no_permission(tmp_path, monkeypatch, tiny):
    path = save_pickle(tmp_path / "x.pth", tiny)

    def denied(*_args: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(CheckpointMissing, match=r"cannot be opened: Permission denied\."):
        load_published(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (3, "no dictionary of tensors, but a value of type int"),
        ({}, "of type dict"),
        (None, "of type NoneType"),
        (torch.zeros(2), "of type Tensor"),
        ([torch.zeros(2)], "of type list"),
        (
            {"epoch": 3, "state_dict": {}},
            "more than plain tensors by name: its entry 'epoch' is of type int",
        ),
        ({1: torch.zeros(2)}, "its entry 1 is of type Tensor"),
        ({"a": torch.zeros(2).to_sparse()}, "its entry 'a' is of type Tensor"),
        ({"a": torch.zeros(2, device="meta")}, "its entry 'a' is of type Tensor"),
    ],
)
def test_pickles_that_are_no_state_dict(tmp_path, content, words):
    with pytest.raises(CheckpointMismatch, match=words):
        load_published(save_pickle(tmp_path / "x.pth", content))


def test_the_kind_does_not_depend_on_the_name(tiny, tmp_path):
    assert kind_of(save_pickle(tmp_path / "a.safetensors", tiny)) is Kind.TORCH_ZIP
    assert kind_of(save_pickle(tmp_path / "b.txt", tiny, legacy=True)) is Kind.TORCH_LEGACY
    save_file(tiny, tmp_path / "c.pth")
    assert kind_of(tmp_path / "c.pth") is Kind.SAFETENSORS
