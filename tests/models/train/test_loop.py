"""The loop: resuming, stopping, logs, and that nothing on disk is harmed."""

import dataclasses
import errno
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from models import checkpoint
from models.errors import CheckpointMismatch, CheckpointMissing, DataError
from models.train import loop
from models.train.data.batches import CropBatches, photo_crops
from models.train.data.images import find_images
from models.train.journal import Journal
from models.train.machine import Machine
from models.train.notes import Data, Identity
from models.train.recipes import swapping_autoencoder as method
from models.train.run import export, train

IDENTITY = Identity.named("My Hills!").changed(name=None, licence="CC0-1.0", source="a test")


def run(photos, recipe, out, *, resume=False, say=lambda text: None, precision="32", **schedule):
    values = {"steps": recipe.steps, "log_every": 1, "save_every": 100, "sample_every": 100}
    board = schedule.pop("tensorboard", False)
    return train(
        recipe,
        Data(sources=(photos,)),
        machine=Machine(device="cpu", precision=precision),
        schedule=loop.Schedule(**{**values, **schedule}),
        journal=Journal(out, say, tensorboard=board),
        resume=resume,
        identity=IDENTITY,
    )


def steps_with(photos, recipe, out, step, *, say=lambda text: None, batch=4, **schedule):
    """The loop with the real state, batches and journal, and `step` in place of the method's."""
    fabric = Machine(device="cpu").fabric()
    source = CropBatches(find_images([photos]), photo_crops(16), smallest=1.0, batch=batch, seed=0)
    try:
        return loop.run(
            method.build(recipe, fabric),
            fabric=fabric,
            step=step,
            sample=lambda state: torch.zeros(3, 4, 4),
            batches=source,
            schedule=loop.Schedule(**{"steps": 3, "log_every": 1, **schedule}),
            journal=Journal(out, say),
        )
    finally:
        source.close()


TIMING = ("seconds_a_step", "waiting_for_data")


def log(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMING} for line in lines]


@pytest.mark.parametrize("preset", ["fast", pytest.param("paper", marks=pytest.mark.slow)])
def test_a_resumed_run_is_the_unbroken_run(photos, tmp_path, request, preset):
    """Four steps; and two, then two more: the same losses, the same weights."""
    recipe = request.getfixturevalue(preset)
    run(photos, recipe, tmp_path / "whole")
    run(photos, recipe, tmp_path / "parts", steps=2)
    run(photos, recipe, tmp_path / "parts", resume=True)
    whole, parts = log(tmp_path / "whole"), log(tmp_path / "parts")
    assert [line["step"] for line in parts] == [1, 2, 3, 4]
    assert whole == parts, "bit for bit"
    first = checkpoint.load(tmp_path / "whole" / "model.safetensors")
    second = checkpoint.load(tmp_path / "parts" / "model.safetensors")
    for a, b in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_a_run_leaves(photos, fast, tmp_path):
    out, said = tmp_path / "run", []
    made = run(photos, fast, out, say=said.append)
    assert made is not None
    assert made == out / "model.safetensors"
    assert sorted(p.name for p in out.iterdir()) == [
        "log.jsonl", "model.safetensors", "recipe.json", "run.json", "samples", "state.pt"
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
    with pytest.raises(DataError, match="another l1:"):
        run(photos, dataclasses.replace(fast, l1=9.0), tmp_path / "run", resume=True)


def test_a_resumed_run_may_go_slower_and_longer(photos, fast, tmp_path):
    """The advice of the message about divergence can be followed."""
    run(photos, fast, tmp_path / "run")
    slower = dataclasses.replace(fast, learning_rate=1e-9, images=32)
    before = torch.load(tmp_path / "run" / "state.pt")["modules"]["network"]
    run(photos, slower, tmp_path / "run", resume=True)
    after = torch.load(tmp_path / "run" / "state.pt")
    assert after["step"] == 8
    for name, weight in after["modules"]["network"].items():
        assert torch.allclose(weight, before[name], atol=1e-6)
    assert json.loads((tmp_path / "run" / "recipe.json").read_text())["images"] == 32


def test_a_failed_start_leaves_no_run(photos, fast, tmp_path):
    """What was wrong is put right and the same command works."""
    broken = dataclasses.replace(fast, features="nowhere.npz")
    with pytest.raises(CheckpointMissing):
        run(photos, broken, tmp_path / "run")
    assert run(photos, fast, tmp_path / "run") is not None


def test_a_weight_that_is_not_a_number_is_never_saved(photos, fast, tmp_path):
    """The losses of a step do not know what its update did."""
    run(photos, fast, tmp_path / "run", steps=1)

    def step(state, images, draws):
        next(state.network.parameters()).data.fill_(float("nan"))
        return {"l1": 1.0}

    before = (tmp_path / "run" / "state.pt").read_bytes()
    with pytest.raises(DataError, match="a weight is not a number"):
        steps_with(photos, fast, tmp_path / "run", step, save_every=1)
    assert (tmp_path / "run" / "state.pt").read_bytes() == before


@pytest.mark.parametrize("kind", ["file", "below a file"])
def test_an_out_that_is_no_folder(photos, fast, tmp_path, kind):
    (tmp_path / "run").write_text("a file")
    out = tmp_path / "run" if kind == "file" else tmp_path / "run" / "below"
    with pytest.raises(DataError, match="cannot hold a run"):
        run(photos, fast, out)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no state", b"garbage" * 99, b"\x80\x02}q"])
def test_a_damaged_state(photos, fast, tmp_path, damage):
    run(photos, fast, tmp_path / "run", steps=1)
    (tmp_path / "run" / "state.pt").write_bytes(damage)
    with pytest.raises(DataError, match="damaged"):
        run(photos, fast, tmp_path / "run", resume=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_saves_and_exports(photos, fast, tmp_path, number):
    said = []
    before = signal.getsignal(number)

    def interrupt(text):
        said.append(text)
        if text.startswith("step 2"):
            os.kill(os.getpid(), number)

    recipe = dataclasses.replace(fast, images=4000)
    made = run(photos, recipe, tmp_path / "run", say=interrupt)
    assert made is not None
    assert checkpoint.load(made).header.step == 3
    assert any("--resume" in line for line in said)
    assert signal.getsignal(number) is before


def test_a_thread_can_train(photos, fast, tmp_path):
    """A window trains outside the main thread, where Python has no signals."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run, photos, fast, tmp_path / "run").result() is not None


def test_the_time_limit(photos, fast, tmp_path):
    recipe = dataclasses.replace(fast, images=400_000)
    made = run(photos, recipe, tmp_path / "run", minutes=0.001)
    assert made is not None
    assert checkpoint.load(made).header.step >= 1


def test_divergence_keeps_the_last_state(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run", steps=1)
    before = (tmp_path / "run" / "state.pt").read_bytes()
    with pytest.raises(DataError, match=r"diverged at step 2 .*l1 nan"):
        steps_with(photos, fast, tmp_path / "run", lambda *given: {"l1": float("nan")})
    assert (tmp_path / "run" / "state.pt").read_bytes() == before


def test_out_of_memory_halves_the_batch(photos, fast, tmp_path):
    """Batches of eight do not fit, of four do; a resumed run knows."""
    run(photos, fast, tmp_path / "run", steps=1)
    sizes, said = [], []

    def step(state, images, draws):
        sizes.append((draws.step, len(images)))
        if len(images) > 4:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
        return {"l1": 1.0}

    (tmp_path / "run" / "state.pt").unlink()
    steps_with(photos, fast, tmp_path / "run", step, say=said.append, batch=16, steps=2)
    assert sizes == [(0, 16), (0, 8), (0, 4), (1, 4)]
    assert [line for line in said if "memory" in line] == [
        "The memory was not enough for 16 pictures at once; going on with 8.",
        "The memory was not enough for 8 pictures at once; going on with 4.",
    ]
    sizes.clear()
    steps_with(photos, fast, tmp_path / "run", step, batch=16, steps=3)
    assert sizes == [(2, 4)]


def test_out_of_memory_at_the_smallest_batch(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run", steps=1)

    def step(*given):
        raise MemoryError

    with pytest.raises(DataError, match="batch of 2 pictures: give a smaller"):
        steps_with(photos, fast, tmp_path / "run", step, batch=4)


def test_another_error_is_not_hidden(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run", steps=1)

    def step(*given):
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        steps_with(photos, fast, tmp_path / "run", step)


def full_disk(*given, **named):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_while_training_is_survived(photos, fast, tmp_path, monkeypatch):
    """Saves and samples fail at steps 1 and 2; then there is room again."""
    out, said = tmp_path / "run", []
    saving = torch.save
    monkeypatch.setattr(torch, "save", full_disk)
    monkeypatch.setattr("models.train.journal.save_picture", full_disk)

    def room_again(text):
        said.append(text)
        if text.startswith("step 3"):
            monkeypatch.setattr(torch, "save", saving)
            monkeypatch.undo()

    run(photos, fast, out, say=room_again, save_every=1, sample_every=1)
    assert sum("No space left" in line for line in said) == 4
    assert [line["step"] for line in log(out)] == [1, 2, 3, 4]
    assert (out / "state.pt").exists()
    assert not list(out.glob("*.part"))


def test_a_full_disk_at_the_end_is_an_error(photos, fast, tmp_path, monkeypatch):
    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(DataError, match="could not be saved: make room"):
        run(photos, fast, tmp_path / "run")


def test_a_folder_that_cannot_be_written(photos, fast, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(DataError, match=r"run\.json cannot be written \(No space left"):
        run(photos, fast, tmp_path / "run")


def test_the_log_forgets_what_was_not_saved(tmp_path):
    """Steps after the last save are done, and logged, again; half a line is dropped."""
    journal = Journal(tmp_path, lambda text: None)
    for i in range(1, 5):
        journal.log(i, {"l1": 1.0}, {})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 5, "l')
    journal.forget_after(2)
    assert [line["step"] for line in log(tmp_path)] == [1, 2]


def test_timing_is_measured(photos, fast, tmp_path):
    run(photos, fast, tmp_path / "run")
    for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines():
        timing = json.loads(line)
        assert timing["seconds_a_step"] > 0
        assert 0 <= timing["waiting_for_data"] < 1


def test_first_estimates_come_early(photos, fast, tmp_path):
    said = []
    recipe = dataclasses.replace(fast, images=48)
    run(photos, recipe, tmp_path / "run", say=said.append, log_every=1000)
    steps = [line.split(",")[0] for line in said if "h to go" in line]
    assert steps == ["step 1 of 12", "step 10 of 12", "step 12 of 12"]


def test_tensorboard(photos, fast, tmp_path):
    pytest.importorskip("tensorboard")
    run(photos, fast, tmp_path / "run", tensorboard=True)
    written = list((tmp_path / "run" / "tensorboard").iterdir())
    assert len(written) == 1
    assert written[0].stat().st_size > 1000


def test_no_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(DataError, match="pip install tensorboard"):
        Journal(tmp_path, lambda text: None, tensorboard=True)


def test_export_writes_what_was_saved(photos, fast, tmp_path):
    made = run(photos, fast, tmp_path / "run")
    assert made is not None
    export(tmp_path / "run", tmp_path / "again.safetensors", lambda text: None)
    first, again = checkpoint.load(made), checkpoint.load(tmp_path / "again.safetensors")
    assert first.header == again.header
    for a, b in zip(first.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert first.extras.keys() == again.extras.keys()


def test_export_of_nothing(photos, fast, tmp_path):
    with pytest.raises(DataError, match="no run"):
        export(tmp_path / "none", tmp_path / "m.safetensors", lambda text: None)
    run(photos, fast, tmp_path / "run")
    (tmp_path / "run" / "state.pt").unlink()
    with pytest.raises(DataError, match="saved no state"):
        export(tmp_path / "run", tmp_path / "m.safetensors", lambda text: None)
    (tmp_path / "run" / "run.json").write_text("{}")
    with pytest.raises(DataError, match=r"notes in .* are damaged"):
        export(tmp_path / "run", tmp_path / "m.safetensors", lambda text: None)


def test_half_precision_trains(photos, fast, tmp_path):
    """bfloat16 follows float32 closely at the start."""
    run(photos, fast, tmp_path / "full", steps=1)
    run(photos, fast, tmp_path / "half", steps=1, precision="bf16")
    full, half = log(tmp_path / "full")[0], log(tmp_path / "half")[0]
    assert half == pytest.approx(full, rel=0.1, abs=0.02)
    assert half != full


def test_no_such_device():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(DataError, match="--device cpu"):
        Machine(device="cuda").fabric()


def test_auto_is_never_a_device_that_recipes_cannot_use(monkeypatch):
    """Fabric's own "auto" takes Apple's MPS, which lacks float64."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert Machine().fabric().device == torch.device("cpu")


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["32", "bf16", "fp16"])
def test_a_gpu_trains_and_resumes(photos, fast, tmp_path, precision):
    def on_gpu(*, resume, steps):
        return train(
            fast,
            Data(sources=(photos,)),
            machine=Machine(device="cuda", precision=precision),
            schedule=loop.Schedule(steps=steps, log_every=1),
            journal=Journal(tmp_path / "run", lambda text: None),
            resume=resume,
            identity=IDENTITY,
        )

    on_gpu(resume=False, steps=2)
    made = on_gpu(resume=True, steps=4)
    assert made is not None
    assert checkpoint.load(made).header.step == 4
