"""`scumble train` and `evaluate` for SPADE and the segmenter, as a user types them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from app.cli import main
from models import checkpoint
from tests.models.train.fixtures import GROUPS, TINY_SEGMENTER, TINY_SPADE

ROOT = Path(__file__).resolve().parents[3]


def typed(settings):
    return [part for k, v in settings.items() for part in (f"--{k.replace('_', '-')}", str(v))]


SETTINGS = {
    "spade": [*typed(TINY_SPADE), "--perceptual", "0"],
    "segmenter": typed(TINY_SEGMENTER),
}


def train(method, *words):
    return main(["train", method, "--device", "cpu", *map(str, words)])


def log(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    timing = ("seconds_a_step", "waiting_for_data")
    return [{k: v for k, v in line.items() if k not in timing} for line in lines]


def test_from_pairs_to_figures(labelled, features, tmp_path, capsys):
    """Train both, resume, export, measure: the whole way of the README."""
    made = {}
    for method, settings in SETTINGS.items():
        out = tmp_path / method
        words = ["--data", labelled, "--out", out, "--labels", GROUPS, "--log-every", "1"]
        assert train(method, *words, *settings, "--minutes", "0.00001") == 0
        assert log(out)[-1]["step"] == 1
        assert train(method, "--out", out, "--resume", "--log-every", "1") == 0
        assert [line["step"] for line in log(out)] == [1, 2, 3, 4]
        assert "One photo without a label map was left out." in capsys.readouterr().out
        made[method] = out / "model.safetensors"
        exported = tmp_path / f"{method}.safetensors"
        assert main(["train", "export", str(out), "-o", str(exported)]) == 0
        assert exported.read_bytes() == made[method].read_bytes()
        header = checkpoint.load(exported).header
        assert (header.family, header.palette_id, header.step) == (method, "landscape", 4)
        assert header.training["recipe"]["labels"] == GROUPS.name, "no path of this machine"
        assert header.training["pictures"] == 11
    data = ["--data", labelled, "--labels", GROUPS, "--split", "all"]
    words = ["--model", made["spade"], *data, "--segmenter", made["segmenter"]]
    words += ["--features", features, "--grid", tmp_path / "sheet.png", "--pictures", "3"]
    capsys.readouterr()
    assert main(["evaluate", "spade", *map(str, words)]) == 0
    figures = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert figures["pictures"] == 12
    assert 0.0 <= figures["mean_iou"]["own_style"] <= figures["accuracy"]["own_style"] <= 1.0
    assert figures["frechet_in_squeezenet"]["random_style"] > 0.0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (7 * 64, 4 * 64)
    words = ["--model", made["segmenter"], *data, "--grid", tmp_path / "read.png"]
    assert main(["evaluate", "segmenter", *map(str, words), "--pictures", "2"]) == 0
    figures = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert 0.0 <= figures["mean_iou"] <= figures["accuracy"] <= 1.0
    with Image.open(tmp_path / "read.png") as sheet:
        assert sheet.size == (2 * 64, 3 * 64)


def test_the_run_says_whose_features(labelled, features, tmp_path, capsys):
    words = ["--data", labelled, "--out", tmp_path / "run", "--labels", GROUPS]
    settings = [*typed({**TINY_SPADE, "images": 4}), "--features", features]
    assert train("spade", *words, *settings) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == (
        "Perceptual loss in the features of SqueezeNet v1.0, which stands in for VGG-19."
    )


@pytest.mark.slow
def test_a_killed_run_goes_on_bit_for_bit(labelled, tmp_path):
    """kill -9 in the middle, then --resume: the losses and weights of the unbroken run."""
    words = ["--labels", str(GROUPS), *SETTINGS["spade"], "--images", "48", "--data", str(labelled)]
    words += ["--device", "cpu", "--log-every", "1", "--save-every", "4"]
    assert main(["train", "spade", "--out", str(tmp_path / "whole"), *words]) == 0
    killed = tmp_path / "killed"
    # Sums in another number of threads would differ in their last bits.
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    environment["PYTHONUNBUFFERED"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "train", "spade", "--out", str(killed), *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step 6"):
            process.kill()
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    assert not (killed / "model.safetensors").exists()
    assert train("spade", "--out", killed, "--log-every", "1", "--resume") == 0
    assert log(tmp_path / "whole") == log(killed)
    first, second = (
        torch.load(out / "state.pt", weights_only=True)["modules"]
        for out in (tmp_path / "whole", killed)
    )
    for module in ("network", "discriminator", "ema"):
        assert all(torch.equal(v, second[module][k]) for k, v in first[module].items())


def test_two_processes_are_one(labelled, tmp_path):
    """The same batch, shared by two processes or not: the same losses to 1e-5.

    Statistics of the batch are over both; so are those that are measured for the export.
    """
    words = ["--data", str(labelled), "--labels", str(GROUPS), *SETTINGS["spade"]]
    words += ["--device", "cpu", "--log-every", "1", "--images", "12"]
    assert main(["train", "spade", "--out", str(tmp_path / "one"), *words]) == 0
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "app", "train", "spade", "--out", str(tmp_path / "two"),
         "--processes", "2", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, two = log(tmp_path / "one"), log(tmp_path / "two")
    assert len(one) == len(two) == 3
    for a, b in zip(one, two, strict=True):
        assert a == pytest.approx(b, abs=1e-5, rel=1e-5)
    alone, shared = (
        checkpoint.load(tmp_path / name / "model.safetensors").network.state_dict()
        for name in ("one", "two")
    )
    for name, value in alone.items():
        if "running" in name:
            assert torch.allclose(value, shared[name], rtol=5e-3, atol=5e-3), name


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--labels", "seas"], "seas is neither a palette"),
        (["--palette", "moon"], "There is no palette moon"),
        (["--labels", GROUPS, "--classes", "9"], "makes 14 classes, and the network has 9"),
        ([], "has the id 16, which is no class: give a table"),
        (["--labels", GROUPS, "--crop-px", "48"], "crop_px must be a multiple of 32"),
        (["--labels", GROUPS, "--perceptual", "10"], "--features"),
        (["--labels", GROUPS, "--perceptual", "1", "--features", "no.pth"], "feature network"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(labelled, tmp_path, capsys, words, sentence):
    for path in labelled.rglob("*.png"):
        Image.new("L", (40, 32), 16).save(path)
    settings = [*SETTINGS["spade"], *map(str, words)]
    assert train("spade", "--data", labelled, "--out", tmp_path / "run", *settings) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert "defect" not in said
    assert not (tmp_path / "run").exists()


def test_a_run_is_resumed_with_its_own_method(labelled, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["--data", labelled, "--out", out, "--labels", GROUPS, *SETTINGS["segmenter"]]
    assert train("segmenter", *words, "--images", "4") == 0
    capsys.readouterr()
    assert train("spade", "--out", out, "--resume") == 1
    assert "is one of segmenter: resume it with `scumble train segm" in capsys.readouterr().err
    assert train("segmenter", "--out", out, "--resume", "--palette", "ade20k") == 2
    assert "--palette out" in capsys.readouterr().err


def test_photos_without_maps(photos, tmp_path, capsys):
    assert train("segmenter", "--data", photos, "--out", tmp_path / "run") == 1
    assert "put the map NAME.png beside" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_evaluating_needs_something_to_measure_with(labelled, capsys):
    assert main(["evaluate", "spade", "--model", "x", "--data", str(labelled)]) == 2
    assert "--segmenter for figures" in capsys.readouterr().err


def test_help_lists_the_methods_settings():
    check = (
        "import sys, app.cli\n"
        "for words in (['train', 'spade', '--help'], ['train', 'segmenter', '--help'],"
        " ['evaluate', 'spade', '--help']):\n"
        "    assert app.cli.main(words) == 0\n"
        "assert not {'torch', 'cv2'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for words in ("--feature-matching", "--smoothing", "--palette", "--segmenter"):
        assert words in done.stdout


def test_a_run_goes_on_with_larger_crops(labelled, tmp_path):
    """Small crops first, large ones at the end: the networks take any."""
    out = tmp_path / "run"
    words = ["--data", labelled, "--out", out, "--labels", GROUPS, "--log-every", "1"]
    assert train("spade", *words, *SETTINGS["spade"], "--minutes", "0.00001") == 0
    more = ["--crop-px", "64", "--batch", "1", "--images", "3"]
    assert train("spade", "--out", out, "--resume", "--log-every", "1", *more) == 0
    assert [line["step"] for line in log(out)] == [1, 2, 3]
    made = checkpoint.load(out / "model.safetensors").header.training["recipe"]
    assert (made["crop_px"], made["batch"]) == (64, 1)
    assert train("spade", "--out", out, "--resume", "--base-channels", "3") == 1
