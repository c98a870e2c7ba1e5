"""Small data and settings that train in a blink."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.train.settings.segmenter import SegmenterRecipe
from models.train.settings.spade import SpadeRecipe
from models.train.settings.swapping_autoencoder import FAST, SwappingAutoencoderRecipe

GROUPS = Path(__file__).resolve().parents[3] / "resources" / "palettes" / "landscape_groups.csv"

TINY = {
    "structure_downsamplings": 2,
    "texture_downsamplings": 1,
    "structure_channels": 4,
    "texture_channels": 16,
    "encoder_scale": 1 / 16,
    "generator_scale": 1 / 32,
    "crop_px": 16,
    "principal_px": 16,
    "principal_axes": 4,
    "batch": 4,
    "images": 16,
}

TINY_SPADE = {
    "base_channels": 1,
    "hidden_channels": 4,
    "style_length": 4,
    "canvas_px": 64,
    "crop_px": 64,
    "smallest_crop": 0.5,
    "discriminator_channels": 2,
    "discriminator_layers": 2,
    "batch": 4,
    "images": 16,
}
TINY_SEGMENTER = {"base_channels": 4, "canvas_px": 64, "crop_px": 64, "batch": 4, "images": 16}


def jpeg(seed: int, size: tuple[int, int] = (40, 32)) -> bytes:
    """An encoded picture of smooth random colours."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def photos(tmp_path):
    """A folder with 30 pictures, one of them in a folder below."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for i in range(30):
        place = folder / "more" if i == 29 else folder
        (place / f"p{i:02d}.jpg").write_bytes(jpeg(i))
    return folder


@pytest.fixture
def shard(tmp_path):
    """A tar shard with 8 pictures, each with a label map beside it."""
    path = tmp_path / "photos-0.tar"
    with tarfile.open(path, "w") as tar:
        for i in range(8):
            for suffix, data in ((".jpg", jpeg(i)), (".png", b"a label map")):
                member = tarfile.TarInfo(f"s{i}{suffix}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture(scope="session")
def features(tmp_path_factory):
    """A file with random SqueezeNet weights, as torchvision saves them."""
    from torchvision.models import squeezenet1_0

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("features") / "squeezenet1_0.pth"
    torch.save(squeezenet1_0(weights=None).state_dict(), path)
    return path


@pytest.fixture
def fast(features):
    """The preset `fast`, tiny."""
    return SwappingAutoencoderRecipe(**{**FAST, **TINY, "features": str(features)})


@pytest.fixture
def paper():
    """The preset `paper`, tiny: every term of the thesis, with both penalties at every step."""
    small = {"patch_px": 8, "patch_max_channels": 8, "patch_scale": 1 / 16, "patch_crops": 2}
    return SwappingAutoencoderRecipe(**{**TINY, **small, "r1_every": 1, "discriminator_scale": 0.1})


def label_map(seed: int, size: tuple[int, int] = (40, 32), ids: int = 17) -> bytes:
    """An encoded palette PNG: bands of random ids with a crooked border."""
    rng = np.random.default_rng(seed)
    height = rng.integers(size[1] // 4, 3 * size[1] // 4, size[0])
    upper, lower = rng.integers(0, ids, 2)
    rows = np.arange(size[1])[:, None]
    picture = Image.fromarray(np.where(rows < height, upper, lower).astype(np.uint8), "P")
    picture.putpalette(list(range(256)) * 3)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def labelled(tmp_path):
    """A folder with 12 photos in the data's 17 groups, two in a folder below; one has no map."""
    folder = tmp_path / "labelled"
    (folder / "more").mkdir(parents=True)
    for i in range(13):
        place = folder / "more" if i > 10 else folder
        (place / f"l{i:02d}.jpg").write_bytes(jpeg(i))
        if i != 5:
            (place / f"l{i:02d}.png").write_bytes(label_map(i))
    return folder


@pytest.fixture
def tiny_spade():
    """SPADE for the data's groups, tiny, without a perceptual loss."""
    return SpadeRecipe(**{**TINY_SPADE, "labels": str(GROUPS), "classes": 14, "perceptual": 0.0})


@pytest.fixture
def tiny_segmenter():
    """The segmenter for the data's groups, tiny."""
    return SegmenterRecipe(**{**TINY_SEGMENTER, "labels": str(GROUPS), "classes": 14})
