"""A small autoencoder with directions, masks, and renders of edits of codes."""

import numpy as np
import torch

from models.api import RenderRequest
from models.editing.codes import Codes
from models.edits import AdjustTexture
from models.engine import renderer
from models.engine.coder import Coder
from models.engine.engine import Engine
from models.image_io import to_bchw
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.values import Direction, Mask, Picture
from tests.models.editing import decoding
from tests.models.engine.fakes import TINY, make_context, make_spec, random_picture

CELL_PX = 4
AXES = 5
BASE = random_picture(40, 48, seed=1)
REFERENCE = random_picture(40, 48, seed=2)
OTHER = random_picture(60, 50, seed=3)


def random_network() -> SwappingAutoencoder:
    return decoding.random_network(TINY)


def extras() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)

    def axes(count, length):
        return torch.linalg.qr(torch.randn(length, count, generator=generator)).Q.T

    return {
        "texture.mean": torch.full((16,), 0.25),
        "texture.axes": axes(AXES, 16),
        "texture.deviations": torch.linspace(0.5, 0.1, AXES),
        "structure.mean": torch.full((4,), 0.5),
        "structure.axes": axes(4, 4),
        "structure.deviations": torch.linspace(0.8, 0.2, 4),
    }


def coding_context(network, *pictures: Picture, brings=None, directions=(), **changes):
    brought = extras() if brings is None else brings
    means = {
        "extras": lambda edit: brought,
        "directions": {direction.sha256: direction for direction in directions},
    }
    return make_context(*pictures, network=network, **{**means, **changes})


def request_of(*edits, base=BASE, masks=(), context=None, **changes) -> RenderRequest:
    means = context or coding_context(None)
    return RenderRequest(
        base=base,
        edits=edits,
        masks=masks,
        pictures=tuple(means.pictures.values()),
        directions=tuple(means.directions.values()),
        **changes,
    )


@torch.inference_mode()
def render(*edits, context, base=BASE, masks=(), size_px=None) -> torch.Tensor:
    request = request_of(*edits, base=base, masks=masks, context=context)
    return renderer.render(request, size_px or renderer.target_size(request), context)


@torch.inference_mode()
def codes_after(*edits, context, base=BASE, masks=()) -> Codes:
    """What a further edit would get."""
    request = request_of(*edits, base=base, masks=masks, context=context)
    rendering = renderer.Rendering(request, renderer.target_size(request), context)
    return rendering.codes_of_all(
        Coder(AdjustTexture(model="fake"), TINY, context, "encoding picture")
    )


def coding_engine(network, **changes) -> Engine:
    brought = extras()
    settings = {
        "precision": "float32",
        "find": make_spec,
        "load_network": lambda spec: network,
        "load_extras": lambda spec: brought,
    }
    return Engine("cpu", **{**settings, **changes})


def float_of(picture: Picture) -> torch.Tensor:
    return to_bchw(picture.rgb_hwc)


def box_mask(height_px, width_px, rows, columns, level=255) -> Mask:
    grey_hw = np.zeros((height_px, width_px), np.uint8)
    grey_hw[slice(*rows), slice(*columns)] = level
    return Mask.from_grey(grey_hw)


def soft_mask(height_px, width_px, y, x, radius_px) -> Mask:
    """A round place that falls off from its middle to its rim."""
    rows, columns = np.mgrid[:height_px, :width_px] + 0.5
    far = np.hypot(rows - y, columns - x) / radius_px
    return Mask.from_grey((np.clip(1.5 - 1.5 * far, 0.0, 1.0) * 255).astype(np.uint8))


def direction(values) -> Direction:
    return Direction.from_values(np.asarray(values, np.float32))


SOFT = soft_mask(40, 48, 20, 18, 12)
FULL = box_mask(40, 48, (0, 40), (0, 48))
