"""The loop: resuming, stopping, logs, and that nothing on disk is harmed."""

import dataclasses
import json
import os
import signal

import pytest
import torch
from lightning_fabric import Fabric

from models import checkpoint
from models.errors import CheckpointMismatch, DataError
from models.train import loop
from models.train.data.batches import CropBatches
from models.train.data.images import find_images
from models.train.recipes import swapping_autoencoder as method
from models.train.run import Data, Identity, Machine, train

IDENTITY = Identity.named("My Hills!", licence="CC0-1.0", source="a test")


def run(photos, recipe, out, *, resume=False, say=lambda text: None, **schedule):
    values = {"steps": recipe.steps, "log_every": 1, "save_every": 100, "sample_every": 100}
    return train(
        recipe,
        Data(sources=(photos,)),
        machine=Machine(device="cpu"),
        schedule=loop.Schedule(**{**values, **schedule}),
        out=out,
        resume=resume,
        identity=IDENTITY,
        say=say,
    )


def log(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds_a_step"} for line in lines]


@pytest.mark.parametrize("preset", ["fast", "paper"])
def test_a_resumed_run_is_the_unbroken_run(photos, tmp_path, request, preset):
    """Four steps; and two, then two more: the same losses, the same weights."""
    recipe = request.getfixturevalue(preset)
    run(photos, recipe, tmp_path / "whole")
    run(photos, recipe, tmp_path / "parts", steps=2)
    run(photos, recipe, tmp_path / "parts", resume=True)
    whole, parts = log(tmp_path / "whole"), log(tmp_path / "parts")
    assert [line["step"] for line in parts] == [1, 2, 3, 4]
    for a, b in zip(whole, parts, strict=True):
        assert a == pytest.approx(b, rel=1e-5)
    first = checkpoint.load(tmp_path / "whole" / "model.safetensors")
    second = checkpoint.load(tmp_path / "parts" / "model.safetensors")
    for a, b in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-3)


def test_what_a_run_leaves(photos, fast, tmp_path):
    out, said = tmp_path / "run", []
    made = run(photos, fast, out, say=said.append)
    assert made is not None
    assert made == out / "model.safetensors"
    assert sorted(p.name for p in out.iterdir()) == [
        "log.jsonl", "model.safetensors", "recipe.json", "samples", "state.pt"
    ]  # fmt: skip
    assert [p.name for p in (out / "samples").iterdir()] == ["0000004.png"]
    loaded = checkpoint.load(made)
    header = loaded.header
    assert (header.model_id, header.title) == ("my-hills", "My Hills!")
    assert (header.licence, header.step, header.ema) == ("CC0-1.0", 4, True)
    assert header.training["recipe"]["l1"] == fast.l1
    assert "features" not in header.training["recipe"], "a path of the trainer's machine"
    assert loaded.extras["texture.axes"].shape == (4, 16)
    assert loaded.extras["structure.axes"].shape == (4, 4)
    assert loaded.extras["texture.deviations"].shape == (4,)
    assert any("held out" in line for line in said)


def test_a_run_is_not_overwritten(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run")
    before = (tmp_path / "run" / "state.pt").read_bytes()
    with pytest.raises(DataError, match="add --resume"):
        run(photos, fast, tmp_path / "run")
    assert (tmp_path / "run" / "state.pt").read_bytes() == before


def test_starting_from_a_model(photos, fast, tmp_path):
    """Fine-tuning starts where the model stands, with any other crop; not from another shape."""
    made = run(photos, fast, tmp_path / "first")
    finer = dataclasses.replace(fast, init=str(made), crop_px=24, images=4)
    state = method.build(finer, Machine(device="cpu").fabric())
    given = checkpoint.load(tmp_path / "first" / "model.safetensors").network
    for networks in (state.network, state.ema.network):
        for a, b in zip(networks.parameters(), given.parameters(), strict=True):
            assert torch.equal(a, b)
    again = run(photos, finer, tmp_path / "second")
    assert again is not None
    tuned = checkpoint.load(again).network
    for a, b in zip(tuned.parameters(), given.parameters(), strict=True):
        assert not torch.equal(a, b)
    training = checkpoint.load(again).header.training
    assert training["started_from"] == "model"
    assert "init" not in training["recipe"], "a path of the trainer's machine"
    with pytest.raises(CheckpointMismatch, match="other sizes"):
        run(photos, dataclasses.replace(finer, texture_channels=8), tmp_path / "third")


def test_resuming_nothing(photos, fast, tmp_path):
    with pytest.raises(DataError, match="no run to resume"):
        run(photos, fast, tmp_path / "run", resume=True)


def test_resuming_with_other_settings(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run")
    with pytest.raises(DataError, match="another l1"):
        run(photos, dataclasses.replace(fast, l1=9.0), tmp_path / "run", resume=True)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no state"])
def test_a_damaged_state(photos, fast, tmp_path, damage):
    run(photos, fast, tmp_path / "run", steps=1)
    (tmp_path / "run" / "state.pt").write_bytes(damage)
    with pytest.raises(DataError, match="damaged"):
        run(photos, fast, tmp_path / "run", resume=True)


def test_ctrl_c_saves_and_exports(photos, fast, tmp_path):
    said = []

    def interrupt(text):
        said.append(text)
        if text.startswith("step 2"):
            os.kill(os.getpid(), signal.SIGINT)

    recipe = dataclasses.replace(fast, images=4000)
    made = run(photos, recipe, tmp_path / "run", say=interrupt)
    assert made is not None
    assert checkpoint.load(made).header.step == 3
    assert any("--resume" in line for line in said)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_time_limit(photos, fast, tmp_path):
    recipe = dataclasses.replace(fast, images=400_000)
    made = run(photos, recipe, tmp_path / "run", minutes=0.001)
    assert made is not None
    assert checkpoint.load(made).header.step >= 1


def test_divergence_keeps_the_last_state(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run", steps=1)
    before = (tmp_path / "run" / "state.pt").read_bytes()
    fabric = Machine(device="cpu").fabric()
    state = method.build(fast, fabric)
    source = CropBatches(find_images([photos]), crop_px=16, smallest=1.0, batch=4, seed=0)
    with pytest.raises(DataError, match=r"diverged at step 2 .*l1 nan"):
        loop.run(
            state,
            fabric=fabric,
            step=lambda state, images, draws: {"l1": float("nan")},
            sample=lambda state: torch.zeros(3, 4, 4),
            batches=source,
            schedule=loop.Schedule(steps=3),
            out=tmp_path / "run",
            say=lambda text: None,
        )
    source.close()
    assert (tmp_path / "run" / "state.pt").read_bytes() == before


def test_half_precision_trains(photos, fast, tmp_path):
    """bfloat16 follows float32 closely at the start."""
    run(photos, fast, tmp_path / "full", steps=1)
    train(
        fast,
        Data(sources=(photos,)),
        machine=Machine(device="cpu", precision="bf16"),
        schedule=loop.Schedule(steps=1),
        out=tmp_path / "half",
        resume=False,
        identity=IDENTITY,
        say=lambda text: None,
    )
    full, half = log(tmp_path / "full")[0], log(tmp_path / "half")[0]
    assert half == pytest.approx(full, rel=0.1, abs=0.02)
    assert half != full


def test_no_such_device():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(DataError, match="--device cpu"):
        Machine(device="cuda").fabric()


def test_fabric_is_plain_for_one_process():
    assert isinstance(Machine(device="cpu").fabric(), Fabric)
    assert Machine(device="cpu").fabric().world_size == 1
