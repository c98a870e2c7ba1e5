"""An installation of its own for every test: no shipped model, an empty folder of the user's."""

import hashlib
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.cli import main
from app.document.io.images import write_image
from app.resources import resource
from models import catalog, checkpoint
from models.builders import build
from models.catalog import USER_FOLDER_VARIABLE
from models.configs import SegmenterConfig, SpadeConfig
from models.networks.swapping_autoencoder import SwappingAutoencoder
from tests.app.cli.recipe_kit import save_with_directions

PAINTER = SpadeConfig(classes=14, base_channels=2, hidden_channels=4, style_length=6, crop_size=64)
READER = SegmenterConfig(classes=14, base_channels=4, crop_size=64)
PALETTES = resource("palettes")

ENTRY = """
[[model]]
id = "landscapes"
title = "Landscapes"
family = "swapping_autoencoder"
file = "landscapes.safetensors"
sha256 = "{sha256}"
bytes = {bytes}
licence = "CC0-1.0"
source = "random numbers"
step = 0
trained = "Not at all."
io.multiple_of_px = 4
io.min_px = 12
"""


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch) -> Path:
    """The folder with `models` (the user's) and `shipped/checkpoints` (an empty manifest).

    The palettes are there as well: `shipped/resources/palettes`.
    """
    folder = tmp_path / "installation"
    (folder / "models").mkdir(parents=True)
    (folder / "shipped" / "checkpoints").mkdir(parents=True)
    (folder / "shipped" / "checkpoints" / "manifest.toml").write_text("")
    shutil.copytree(PALETTES, folder / "shipped" / "resources" / "palettes")
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(folder / "models"))
    monkeypatch.setattr(catalog, "PACKAGE", folder)
    monkeypatch.delenv("SCUMBLE_DEBUG", raising=False)
    # Results are compared: the clock shall not choose a precision.
    monkeypatch.setattr("models.engine.engine.choose_precision", lambda *_: torch.float32)
    return folder


@pytest.fixture(autouse=True)
def one_thread():
    """Networks as small as these lose more by waiting for a second thread than they win."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def save_tiny(tiny_config, installation):
    """A function that saves a tiny network of random weights; returns the file."""

    def save(model_id="tiny", path=None, seed=0) -> Path:
        torch.manual_seed(seed)
        path = path or installation / "models" / f"{model_id}.safetensors"
        checkpoint.save(
            path,
            SwappingAutoencoder(**asdict(tiny_config)),
            model_id=model_id,
            title="Tiny",
            family="swapping_autoencoder",
            config=tiny_config,
            licence="CC0-1.0",
            source="random numbers",
            step=0,
            ema=False,
            training={},
            extras={},
        )
        return path

    return save


@pytest.fixture
def tiny(save_tiny) -> Path:
    """An installed tiny model with the id "tiny"."""
    return save_tiny()


@pytest.fixture
def save_painter(installation):
    """A function that installs a tiny SPADE of random weights; returns the file."""

    def save(model_id="painter", *, palette_id="landscape", title="The painter", **changes) -> Path:
        return save_random(
            installation / "models" / f"{model_id}.safetensors",
            replace(PAINTER, **changes),
            title=title,
            family="spade",
            palette_id=palette_id,
        )

    return save


@pytest.fixture
def painter(save_painter) -> Path:
    """An installed model with the id "painter", which paints the landscape palette."""
    return save_painter()


@pytest.fixture
def save_reader(installation):
    """A function that installs a tiny segmenter of random weights; returns the file."""

    def save(model_id="reader", *, palette_id="landscape") -> Path:
        return save_random(
            installation / "models" / f"{model_id}.safetensors",
            READER,
            title="The reader",
            family="segmenter",
            palette_id=palette_id,
        )

    return save


def save_random(path, config, *, title, family, palette_id) -> Path:
    torch.manual_seed(0)
    network = build(config)
    for name, parameter in network.named_parameters():
        # Large enough that every input shows in the picture.
        if "mlp" in name or "conv_img" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    checkpoint.save(
        path,
        network,
        model_id=path.stem,
        title=title,
        family=family,
        config=config,
        licence="CC0-1.0",
        source="random numbers",
        step=0,
        ema=False,
        training={},
        extras={},
        palette_id=palette_id,
    )
    return path


@pytest.fixture
def shipped(installation, save_tiny):
    """A shipped model with the id "landscapes"; the path of its weights."""
    folder = installation / "shipped" / "checkpoints"
    path = save_tiny("landscapes", folder / "landscapes.safetensors")
    data = path.read_bytes()
    entry = ENTRY.format(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    (folder / "manifest.toml").write_text(entry)
    return path


@pytest.fixture
def save_picture(tmp_path):
    """A function that saves a picture of random pixels; returns the file."""

    def save(name, height_px=48, width_px=64, *, seed=0, bits=8, **settings) -> Path:
        levels = np.random.default_rng(seed).integers(0, 2**bits, (height_px, width_px, 3))
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_image(path, levels.astype(np.uint8 if bits == 8 else np.uint16), **settings)
        return path

    return save


@pytest.fixture
def photo(save_picture) -> Path:
    return save_picture("photo.png", seed=1)


@pytest.fixture
def reference(save_picture) -> Path:
    return save_picture("reference.png", 40, 40, seed=2)


class Ran:
    """What a command line came to: exit code, lines of standard output and standard error."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def failed_with(self, code: int, *words: str) -> None:
        """Assert one line on standard error with these words, nothing else, and the exit code."""
        assert self.code == code, self.err
        assert self.out == ""
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("scumble: ")
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


@pytest.fixture
def scumble(capsys):
    """A function that runs `scumble` with these arguments in this process."""

    def run(*arguments) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def model(installation, tiny_config):
    """An installed model with directions and the id "tiny"; its file."""
    return save_with_directions(installation / "models" / "tiny.safetensors", tiny_config)
