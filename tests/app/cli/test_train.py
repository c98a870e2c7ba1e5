"""`scumble train` and `scumble evaluate`, as a user types them."""

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
from tests.models.train.fixtures import TINY, jpeg

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = [part for k, v in TINY.items() for part in (f"--{k.replace('_', '-')}", str(v))]
METHOD = "swapping-autoencoder"


def train(*words):
    return main(["train", METHOD, "--device", "cpu", *map(str, words)])


def log(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def without_timing(lines):
    timing = ("seconds_a_step", "waiting_for_data")
    return [{k: v for k, v in line.items() if k not in timing} for line in lines]


def test_from_pictures_to_a_picture(photos, features, tmp_path, capsys):
    """Train, resume, measure, install, swap: the whole way of the README."""
    out = tmp_path / "run"
    words = ["--data", photos, "--out", out, "--preset", "fast", "--features", features]
    assert train(*words, *SETTINGS, "--minutes", "0.0001", "--log-every", "1") == 0
    stopped = log(out)[-1]["step"]
    assert stopped < 4
    assert train("--out", out, "--resume", "--log-every", "1") == 0
    assert [line["step"] for line in log(out)][-1] == 4
    assert "Wrote" in capsys.readouterr().out
    exported = tmp_path / "exported.safetensors"
    assert main(["train", "export", str(out), "-o", str(exported)]) == 0
    assert exported.read_bytes() == (out / "model.safetensors").read_bytes()
    capsys.readouterr()

    model, grid = out / "model.safetensors", tmp_path / "grid.png"
    words = ["--model", model, "--data", photos, "--split", "all", "--size", "32", "--pairs", "3"]
    words += ["--features", features, "--grid", grid, "--pictures", "2"]
    assert main(["evaluate", METHOD, *map(str, words)]) == 0
    figures = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert figures["pairs"] == 3
    assert figures["psnr_db"] > 0
    with Image.open(grid) as picture:
        assert picture.size == (96, 96)

    result = tmp_path / "swapped.png"
    pictures = [str(photos / "p00.jpg"), str(photos / "p01.jpg")]
    assert main(["swap", *pictures, "-o", str(result), "--model", str(model)]) == 0
    with Image.open(result) as picture:
        assert picture.size == (40, 32)


def test_a_killed_run_goes_on_bit_for_bit(photos, features, tmp_path):
    """kill -9 in the middle, then --resume: the losses and weights of the unbroken run."""
    words = ["--preset", "fast", "--features", str(features), *SETTINGS, "--images", "160"]
    words += ["--data", str(photos), "--device", "cpu", "--log-every", "1", "--save-every", "7"]
    assert main(["train", METHOD, "--out", str(tmp_path / "whole"), *words]) == 0
    killed = tmp_path / "killed"
    # Sums in another number of threads would differ in their last bits.
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    environment["PYTHONUNBUFFERED"] = "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "train", METHOD, "--out", str(killed), *words],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("step 10"):
            process.kill()
    process.wait()
    process.stdout.close()
    assert process.returncode == -signal.SIGKILL
    assert not (killed / "model.safetensors").exists()
    assert main(["train", METHOD, "--out", str(killed), "--device", "cpu", "--log-every", "1",
                 "--resume"]) == 0  # fmt: skip
    assert without_timing(log(tmp_path / "whole")) == without_timing(log(killed))
    first, second = (
        torch.load(out / "state.pt", weights_only=True)["modules"]["network"]
        for out in (tmp_path / "whole", killed)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--nproc-per-node", "2", "--standalone", "-m", "app"],
    "fabric": ["lightning_fabric.cli", "--accelerator", "cpu", "--devices", "2",
               "--strategy", "ddp", str(ROOT / "app" / "__main__.py")],
    "own": ["app"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_are_one(photos, features, tmp_path, launcher):
    """The same batch, shared by two processes or not: the same losses to 1e-5."""
    if launcher == "fabric":
        pytest.importorskip("click", reason="`fabric run` needs click")
    words = ["--data", str(photos), "--preset", "fast", "--features", str(features), *SETTINGS]
    words += ["--device", "cpu", "--log-every", "1", "--patch-gan", "0.5", "--patch-px", "8"]
    words += [
        "--patch-max-channels",
        "8",
        "--patch-scale",
        "0.0625",
        "--r1",
        "1",
        "--r1-every",
        "1",
    ]
    words += ["--patch-crops", "2"]
    assert main(["train", METHOD, "--out", str(tmp_path / "one"), *words]) == 0
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    launch = [sys.executable, "-m", *LAUNCHERS[launcher]]
    done = subprocess.run(
        [*launch, "train", METHOD, "--out", str(tmp_path / "two"), "--processes", "2", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, two = log(tmp_path / "one"), log(tmp_path / "two")
    assert len(one) == len(two) == 4
    for a, b in zip(without_timing(one), without_timing(two), strict=True):
        assert a == pytest.approx(b, abs=1e-5, rel=1e-5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--preset", "fast"], "--features"),
        (["--preset", "fast", "--features", "none.npz"], "feature network"),
        (["--batch", "3"], "batch must be an even number"),
    ],
)
def test_settings_that_cannot_be_meant(photos, tmp_path, capsys, words, sentence):
    assert train("--data", photos, "--out", tmp_path / "run", *words) == 1
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--resume"], 1, "no run to resume"),
        (["--resume", "--preset", "fast"], 2, "leave --data, --index and --preset out"),
        ([], 2, "what to train on"),
    ],
)
def test_command_lines_that_cannot_be_meant(tmp_path, capsys, words, code, sentence):
    assert train("--out", tmp_path / "run", *words) == code
    assert sentence in capsys.readouterr().err


def test_data_without_pictures(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert train("--data", tmp_path / "empty", "--out", tmp_path / "run") == 1
    said = capsys.readouterr().err
    assert "No pictures were found" in said
    assert not (tmp_path / "run").exists()


def test_a_shard_cut_in_the_middle(shard, tmp_path, capsys):
    shard.write_bytes(shard.read_bytes()[:3000])
    assert train("--data", shard, "--out", tmp_path / "run") == 1
    assert "fetch it again" in capsys.readouterr().err


def test_a_picture_that_breaks_a_run_is_named(tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(3):
        (folder / f"p{i}.jpg").write_bytes(jpeg(i)[:200])
    words = [*SETTINGS, "--patch-gan", "0", "--r1", "0", "--image-discriminator", "patch"]
    assert train("--data", folder, "--out", tmp_path / "run", *words) == 1
    said = capsys.readouterr().err
    assert "cannot be read: mend or remove it" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "--features for figures"),
        (["--grid", "g.png", "--size", "33"], 2, "--size must be a multiple"),
        (["--grid", "g.png", "--model", "nobody"], 1, "nobody"),
    ],
)
def test_evaluating_what_cannot_be(photos, tmp_path, capsys, words, code, sentence):
    from models import checkpoint
    from models.builders import build
    from models.configs import SwappingAutoencoderConfig

    config = SwappingAutoencoderConfig(
        structure_downsamplings=2, texture_downsamplings=1, texture_channels=16,
        encoder_scale=1 / 16, generator_scale=1 / 32,
    )  # fmt: skip
    model = tmp_path / "m.safetensors"
    checkpoint.save(
        model, build(config).eval(), model_id="m", title="m", family="swapping_autoencoder",
        config=config, licence="x", source="x", step=0, ema=False, training={}, extras={},
    )  # fmt: skip
    typed = ["evaluate", METHOD, "--model", str(model), "--data", str(photos), *words]
    assert main(typed) == code
    assert sentence in capsys.readouterr().err


def test_help_needs_no_torch():
    check = (
        "import sys, app.cli\n"
        "for words in (['train', '--help'], ['train', 'swapping-autoencoder', '--help'],"
        " ['evaluate', '--help']):\n"
        "    assert app.cli.main(words) == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--self-similarity" in done.stdout
