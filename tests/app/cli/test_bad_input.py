"""Bad input: one clear sentence, the right exit code, and nothing on disk is damaged."""

import errno
import os
import pickle
import struct
import zlib

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from app import atomic
from models import checkpoint
from models.configs import StyleGAN2DiscriminatorConfig
from models.networks.stylegan2_discriminator import ImageDiscriminator

OLD = b"an older result"


@pytest.fixture
def out(tmp_path):
    """An older result that must survive."""
    path = tmp_path / "results" / "out.png"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


@pytest.fixture
def refused(scumble, out):
    """A function: this command line fails with one sentence, and the older result survives."""

    def check(structure, texture, *words, code=1, options=()):
        ran = scumble("swap", structure, texture, "-o", out, *options)
        ran.failed_with(code, *words)
        assert out.read_bytes() == OLD
        assert [path.name for path in out.parent.iterdir()] == [out.name]
        fresh = out.with_name("fresh.png")
        ran = scumble("swap", structure, texture, "-o", fresh, *options)
        ran.failed_with(code, *words)
        assert not fresh.exists()

    return check


def png_header(width_px, height_px) -> bytes:
    """A PNG that announces a size and has no pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


BAD_PICTURES = {
    "text.jpg": (lambda good: b"Dear diary, today I painted.", "not an image"),
    "empty.png": (lambda good: b"", "0 bytes"),
    "cut.png": (lambda good: good[: len(good) // 2], "cut.png cannot be opened"),
    "start.png": (lambda good: good[:20], "start.png cannot be opened"),
    "huge.png": (lambda good: png_header(20_000, 10_000), "200 megapixels"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
@pytest.mark.parametrize("role", ["structure", "texture"])
def test_a_file_that_is_no_good_picture(refused, tiny, photo, tmp_path, name, role):
    make, words = BAD_PICTURES[name]
    bad = tmp_path / name
    bad.write_bytes(make(photo.read_bytes()))
    pair = (bad, photo) if role == "structure" else (photo, bad)
    refused(*pair, name, words)


def test_a_file_that_is_not_there(refused, tiny, photo, tmp_path):
    refused(photo, tmp_path / "gone.png", "no file", "gone.png")
    refused(tmp_path / "gone.png", photo, "no file", "gone.png")


def test_a_folder_where_a_picture_is_wanted(refused, tiny, photo, tmp_path):
    refused(photo, tmp_path, "is a folder", code=2)


@pytest.mark.parametrize("role", ["structure", "texture", "out", "folder of out"])
def test_a_name_that_is_too_long(scumble, tiny, photo, reference, tmp_path, role):
    long = "x" * 300
    paths = {"structure": photo, "texture": reference, "out": tmp_path / "out.png"}
    if role == "folder of out":
        paths["out"] = tmp_path / long / "out.png"
    else:
        paths[role] = tmp_path / f"{long}.png"
    before = set(tmp_path.iterdir())
    ran = scumble("swap", paths["structure"], paths["texture"], "-o", paths["out"])
    ran.failed_with(1, long)
    assert "defect" not in ran.err
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("role", ["structure", "texture"])
def test_a_picture_of_one_pixel_is_a_picture(scumble, tiny, photo, save_picture, tmp_path, role):
    dot = save_picture("dot.png", 1, 1)
    pair = (dot, photo) if role == "structure" else (photo, dot)
    ran = scumble("swap", *pair, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert ("1 x 1 px" if role == "structure" else "64 x 48 px") in ran.out


@pytest.mark.parametrize("role", ["structure", "texture"])
def test_a_very_long_picture_is_a_picture(scumble, tiny, photo, save_picture, tmp_path, role):
    strip = save_picture("strip.png", 10, 30_000)
    pair = (strip, photo) if role == "structure" else (photo, strip)
    ran = scumble("swap", *pair, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert ("30000 x 10 px" if role == "structure" else "64 x 48 px") in ran.out


def test_a_very_long_picture_made_wide_is_made_smaller_than_asked(
    scumble, tiny, photo, save_picture, tmp_path, monkeypatch
):
    monkeypatch.setattr("models.engine.engine.free_bytes", lambda device: 2**28)
    strip = save_picture("strip.png", 10, 30_000)
    ran = scumble("swap", strip, photo, "-o", tmp_path / "out.png", "--size", 2000)
    assert ran.code == 0, ran.err
    assert "The memory was not enough for 6000000 x 2000 px" in ran.out


@pytest.fixture
def as_a_guest(monkeypatch):
    """Permissions count: root may do anything, so it is the calls that refuse."""
    if os.geteuid() != 0:
        return lambda path: path.chmod(0)
    denied = set()
    real_open, real_access = open, os.access

    def guarded(path, *args, **settings):
        if str(path) in denied:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, *args, **settings)

    monkeypatch.setattr("builtins.open", guarded)
    monkeypatch.setattr(
        os, "access", lambda path, mode: str(path) not in denied and real_access(path, mode)
    )
    return lambda path: denied.add(str(path))


def test_a_picture_that_may_not_be_read(refused, tiny, photo, reference, as_a_guest):
    as_a_guest(reference)
    refused(photo, reference, "reference.png", "may not read")


def test_a_result_that_may_not_be_written(scumble, tiny, photo, reference, out, as_a_guest):
    if os.geteuid() == 0:
        as_a_guest(out)
    else:
        out.chmod(0o444)
    scumble("swap", photo, reference, "-o", out).failed_with(1, "out.png", "protected")
    out.chmod(0o644)
    assert out.read_bytes() == OLD


def test_a_disk_that_is_full(refused, tiny, photo, reference, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    refused(photo, reference, "no room left on the disk")


def test_a_place_that_is_not_there(scumble, tiny, photo, reference, tmp_path):
    out = tmp_path / "no" / "out.png"
    scumble("swap", photo, reference, "-o", out).failed_with(1, "no folder")
    assert not out.parent.exists()


@pytest.mark.parametrize("name", ["out", "out.gif", "out.exe"])
def test_a_format_that_cannot_be_written(scumble, tiny, photo, reference, tmp_path, name):
    scumble("swap", photo, reference, "-o", tmp_path / name).failed_with(2, name, ".png")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--amount", "2"),
        ("--amount", "-0.1"),
        ("--amount", "nan"),
        ("--amount", "much"),
        ("--size", "0"),
        ("--size", "12.5"),
        ("--seed", "-1"),
        ("--seed", str(2**63)),
        ("--device", "tpu"),
    ],
)
def test_options_that_cannot_be_meant(refused, tiny, photo, reference, option, value):
    refused(photo, reference, option, value, code=2, options=(f"{option}={value}",))


def test_a_gpu_that_is_not_there(refused, tiny, photo, reference, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    refused(photo, reference, "cuda", "there is: CPU", options=("--device", "cuda"))


class Trap:
    """Pickled code that leaves a trace when it runs."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return open, (str(self.trace), "w")


def test_pickled_code_is_neither_used_nor_run(refused, scumble, photo, reference, tmp_path):
    trap, trace = tmp_path / "trap.pth", tmp_path / "trace"
    trap.write_bytes(pickle.dumps(Trap(trace)))
    refused(photo, reference, "trap.pth", "import", options=("--model", trap))
    scumble("models", "import", trap).failed_with(1, "trap.pth")
    torch.save({"weights": Trap(trace)}, trap)
    scumble("models", "import", trap).failed_with(1, "trap.pth")
    assert not trace.exists()


def test_pickled_code_under_another_name_is_not_run(refused, photo, reference, tmp_path):
    trap, trace = tmp_path / "trap.safetensors", tmp_path / "trace"
    torch.save({"weights": Trap(trace)}, trap)
    refused(photo, reference, "trap.safetensors", options=("--model", trap))
    assert not trace.exists()


def test_a_checkpoint_of_another_family(refused, photo, reference, tmp_path, monkeypatch):
    monkeypatch.setattr(ImageDiscriminator, "probe", lambda self: torch.zeros(1), raising=False)
    judge = tmp_path / "judge.safetensors"
    checkpoint.save(
        judge,
        ImageDiscriminator(size_px=16, scale=1 / 64),
        model_id="judge",
        title="Judge",
        family="discriminator",
        config=StyleGAN2DiscriminatorConfig(size_px=16, scale=1 / 64),
        licence="CC0-1.0",
        source="random numbers",
        step=0,
        ema=False,
        training={},
        extras={},
    )
    refused(photo, reference, "judge.safetensors", options=("--model", judge))


def rewritten(path, change):
    """The checkpoint with changed tensors under its old header."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata)


def test_a_checkpoint_with_a_value_that_is_no_number(refused, tiny, photo, reference):
    def poison(tensors):
        next(iter(tensors.values())).view(-1)[0] = float("nan")

    rewritten(tiny, poison)
    refused(photo, reference, "tiny.safetensors", "NaN")


def test_a_checkpoint_with_other_weights_under_the_same_header(refused, tiny, photo, reference):
    def shift(tensors):
        tensors["G.ToRGB.bias"] += 0.5

    rewritten(tiny, shift)
    refused(photo, reference, "tiny.safetensors")


def test_a_checkpoint_that_lacks_a_tensor(refused, tiny, photo, reference):
    rewritten(tiny, lambda tensors: tensors.pop("G.ToRGB.bias"))
    refused(photo, reference, "tiny.safetensors", "G.ToRGB.bias")


def test_a_checkpoint_that_is_cut(refused, tiny, photo, reference):
    tiny.write_bytes(tiny.read_bytes()[:-100])
    refused(photo, reference, "tiny.safetensors", options=("--model", tiny))


def test_a_shipped_checkpoint_with_a_wrong_hash(refused, shipped, photo, reference):
    rewritten(shipped, lambda tensors: tensors["G.ToRGB.bias"].add_(0.5))
    refused(photo, reference, "landscapes.safetensors", "sha256")


@pytest.mark.parametrize("manifest", ["[[model", "[[model]]\nid = 3\n", "\0\1\2", "model = 1\n"])
def test_a_corrupt_manifest(refused, scumble, installation, photo, reference, manifest):
    path = installation / "shipped" / "checkpoints" / "manifest.toml"
    path.write_text(manifest)
    refused(photo, reference, "manifest.toml")
    ran = scumble("models", "list")
    assert ran.code == 1
    assert "manifest.toml" in ran.err


def test_no_model_at_all(refused, installation, photo, reference):
    refused(photo, reference, "No model", "scumble models import")
    (installation / "shipped" / "checkpoints" / "manifest.toml").unlink()
    refused(photo, reference, "No model", "manifest.toml")


def test_a_model_that_is_not_installed(refused, tiny, photo, reference, tmp_path):
    refused(photo, reference, "seascapes", "tiny", options=("--model", "seascapes"))
    gone = tmp_path / "gone.safetensors"
    refused(photo, reference, "gone.safetensors", options=("--model", gone))
    refused(photo, reference, "folder", options=("--model", tmp_path))


def test_weights_that_fail_end_a_folder_at_once(
    scumble, tiny, photo, save_picture, reference, tmp_path
):
    save_picture("photos/a.png")
    save_picture("photos/b.png")
    rewritten(tiny, lambda tensors: tensors.pop("G.ToRGB.bias"))
    ran = scumble("swap", tmp_path / "photos", reference, "-o", tmp_path / "results")
    ran.failed_with(1, "G.ToRGB.bias")
    assert list((tmp_path / "results").iterdir()) == []
