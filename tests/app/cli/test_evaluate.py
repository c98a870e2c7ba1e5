"""`scumble evaluate`: what cannot be written is told before any work."""

import errno
from pathlib import Path

import pytest
from PIL import Image

from tests.models.train.fixtures import jpeg

METHOD = "swapping-autoencoder"


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(2):
        (folder / f"p{index}.jpg").write_bytes(jpeg(index))
    return folder


@pytest.fixture
def evaluate(scumble, pictures):
    """A function that runs `scumble evaluate` on two pictures."""

    def run(*words, model="tiny"):
        line = ["evaluate", METHOD, "--model", model, "--data", pictures, "--split", "all"]
        return scumble(*line, "--size", 16, *words)

    return run


@pytest.mark.parametrize(
    ("grid", "code", "words"),
    [
        ("g", 2, "does not end in the name of a format: use one of .png .jpg .jpeg .webp"),
        ("g.gif", 2, "does not end in the name of a format"),
        ("none/g.png", 1, "There is no folder"),
        ("pictures", 2, "is a folder; name the file to write"),
        ("x" * 300 + ".png", 1, "cannot be written: File name too long"),
    ],
)
def test_a_grid_that_cannot_be_written_is_told_before_any_work(
    evaluate, tmp_path, grid, code, words
):
    """No model is looked for: the one that is named does not exist."""
    ran = evaluate("--grid", tmp_path / grid, model="nobody")
    ran.failed_with(code, words)
    assert "defect" not in ran.err
    assert "nobody" not in ran.err


def test_a_grid_that_is_too_large_for_its_format(evaluate, tmp_path):
    words = ["--size", 4096, "--pictures", 3]
    evaluate("--grid", tmp_path / "g.webp", *words, model="nobody").failed_with(2, "16384 px wide")
    evaluate("--grid", tmp_path / "g.jpg", *words, model="nobody").failed_with(1, "nobody")


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".jpeg", ".webp"])
def test_the_extension_is_the_grids_format(evaluate, tiny, tmp_path, suffix):
    grid = tmp_path / f"g{suffix}"
    ran = evaluate("--grid", grid)
    assert ran.code == 0, ran.err
    formats = {".png": "PNG", ".webp": "WEBP"}
    with Image.open(grid) as image:
        assert (image.format, image.size) == (formats.get(suffix, "JPEG"), (48, 48))


def test_a_disk_that_is_full(evaluate, tiny, tmp_path, monkeypatch):
    def full(*args, **settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    evaluate("--grid", tmp_path / "g.png").failed_with(1, "g.png cannot be written: No space left")


def test_feature_weights_whose_name_is_too_long(evaluate, tiny, tmp_path):
    ran = evaluate("--features", tmp_path / ("x" * 300 + ".npz"))
    ran.failed_with(1, "The feature network", "does not exist")
    assert "defect" not in ran.err


def test_help_says_what_each_option_is(scumble):
    said = " ".join(scumble("evaluate", "--help").out.split())
    for words in ("how the model was made", METHOD, "spade", "segmenter"):
        assert words in said
    said = " ".join(scumble("evaluate", METHOD, "--help").out.split())
    for words in ("its id, or its file", "seed for the choice of pairs", "makes (.png"):
        assert words in said
