import ctypes
import gc
import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import torch

from app.backend import collections_put_off, load_torch_libraries, make_backend
from models.api import CancelToken, DeviceInfo, DeviceReport, RenderRequest
from models.builders import build
from models.catalog import USER_FOLDER_VARIABLE, find_model, list_models
from models.edits import SwapTexture
from models.engine import trial
from models.errors import Cancelled, CheckpointCorrupt, ModelNameError, RequestError
from models.values import Picture
from tests.models.toys import save_toy

FRESH = """
import sys
import app.backend
assert "torch" not in sys.modules
backend = app.backend.make_backend("cpu")
assert "torch" in sys.modules
import torch
assert torch.ones(2, 2).matmul(torch.ones(2, 2)).sum() == 8
"""


def quiet(words: str, share: float) -> None:
    pass


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch, tiny_config):
    """The user's folder with the model "tiny"."""
    folder = tmp_path / "user"
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(folder))
    monkeypatch.setattr("models.engine.engine.choose_precision", lambda *_: torch.float32)
    torch.manual_seed(0)
    save_toy(folder / "tiny.safetensors", build(tiny_config), config=tiny_config)
    return folder


@pytest.fixture
def engine(user):
    return make_backend("cpu")


def request(seed=0) -> RenderRequest:
    pixels = np.random.default_rng(seed).integers(0, 256, (2, 24, 32, 3), dtype=np.uint8)
    base, reference = (Picture.from_rgb(rgb_hwc) for rgb_hwc in pixels)
    edit = SwapTexture(model="tiny", reference=reference.sha256)
    return RenderRequest(base=base, edits=(edit,), pictures=(reference,))


def test_torch_comes_with_the_first_backend_and_not_before():
    done = subprocess.run(
        [sys.executable, "-c", FRESH], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_backend_tells_what_it_is(engine):
    assert engine.device == "cpu"
    assert engine.device_words.startswith("CPU with ")
    assert engine.default_short_side_px == 512
    assert engine.devices()[0].words == engine.device_words


def test_a_device_that_is_not_there_is_a_sentence():
    with pytest.raises(RequestError, match="There is no device 'tpu'"):
        make_backend("tpu")


def test_a_picture_is_rendered_warm_or_cold(engine):
    told = []
    engine.warm_up("tiny", CancelToken(), lambda words, share: told.append(words))
    assert told[0] == "loading model"
    first = engine.render(request(), CancelToken(), lambda words, share: told.append(words))
    assert first.rgb_hwc.shape == (24, 32, 3)
    assert "decoding" in told
    engine.forget()
    assert np.array_equal(engine.render(request(), CancelToken(), quiet).rgb_hwc, first.rgb_hwc)


def test_everything_long_can_be_called_off(engine, user):
    token = CancelToken()
    token.cancel()
    path = user / "tiny.safetensors"
    for work in (
        lambda: engine.render(request(), token, quiet),
        lambda: engine.warm_up("tiny", token, quiet),
        lambda: engine.import_model(path, "New", token, quiet),
        lambda: engine.test_device("cpu", token, quiet),
    ):
        with pytest.raises(Cancelled):
            work()


def test_a_model_is_imported_by_its_name_or_another(engine, user, tmp_path):
    source = (user / "tiny.safetensors").rename(tmp_path / "file.safetensors")
    assert engine.import_model(source, None, CancelToken(), quiet) == "tiny"
    assert engine.import_model(source, "My Hills", CancelToken(), quiet) == "my-hills"
    with pytest.raises(ModelNameError):
        engine.import_model(source, None, CancelToken(), quiet)
    assert {"tiny", "my-hills"} <= {spec.id for spec in list_models()}


def test_a_damaged_model_does_not_pass(engine, user):
    engine.verify_model("tiny")
    path = user / "tiny.safetensors"
    data = bytearray(path.read_bytes())
    data[-2:] = b"\xff\x7f"
    path.write_bytes(data)
    with pytest.raises(CheckpointCorrupt):
        engine.verify_model("tiny")


def test_a_device_is_tested(engine, monkeypatch):
    monkeypatch.setattr(trial, "default_model", lambda family: find_model("tiny"))
    report = engine.test_device("cpu", CancelToken(), quiet)
    assert isinstance(report, DeviceReport)
    assert isinstance(report.device, DeviceInfo)
    assert report.words.startswith("Works: ")


# Loading torch's libraries


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """The names that are opened, of a torch that nobody has imported."""
    names: list[str] = []

    class Library:
        def __init__(self, name: object) -> None:
            # Gives None, as the true one does where it fails.
            self.dlopen = lambda path, flags: names.append(path.decode())

    monkeypatch.setattr(ctypes, "CDLL", Library)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delitem(sys.modules, "torch")
    folder = tmp_path / "torch" / "lib"
    folder.mkdir(parents=True)
    for name in ("c10", "torch_cpu", "torch_global_deps", "unrelated"):
        (folder / f"lib{name}.so").write_bytes(b"")
    spec = importlib.util.spec_from_file_location("torch", folder.parent / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    return names


def test_the_libraries_that_are_there_are_loaded_in_order(opened):
    load_torch_libraries()
    assert [name.rpartition("/")[2] for name in opened] == [
        "libtorch_global_deps.so",
        "libc10.so",
        "libtorch_cpu.so",
    ]


def test_without_torch_there_is_nothing_to_load(opened, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    load_torch_libraries()
    assert opened == []


def test_windows_is_left_to_torch(opened, monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    load_torch_libraries()
    assert opened == []


def test_an_imported_torch_is_left_alone(opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", torch)
    load_torch_libraries()
    assert opened == []


@pytest.mark.parametrize("was_on", [True, False])
def test_collections_are_put_off_and_come_back_as_they_were(was_on):
    before = gc.isenabled()
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ImportError):
            import_that_fails()
        assert gc.isenabled() == was_on
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        (gc.enable if before else gc.disable)()


def import_that_fails():
    with collections_put_off():
        assert not gc.isenabled()
        raise ImportError
