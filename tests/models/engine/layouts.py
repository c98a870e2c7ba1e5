"""Small painters, layouts, and their renders."""

from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from models.api import RenderRequest
from models.builders import build
from models.catalog import IoSpec
from models.configs import SpadeConfig
from models.edits import RenderLayout
from models.engine import renderer
from models.engine.engine import Engine
from models.networks.spade import SpadeNetwork
from models.values import Layout, Picture, PlainIds
from tests.models.engine.fakes import make_context, make_spec, random_picture

CONFIG = SpadeConfig(
    classes=5,
    unknown_channel=True,
    edge_channel=True,
    base_channels=2,
    hidden_channels=4,
    style_length=6,
    crop_size=64,
)
NAMES = ((0, "sky"), (1, "tree"), (2, "water"), (3, "sand"), (4, "rock"), (9, "giraffe"))
PAINT = RenderLayout(model="painter", seed=3)
PHOTO, OTHER_PHOTO = random_picture(40, 48, seed=1), random_picture(30, 30, seed=2)


def spec_of(config=CONFIG, palette_id: str | None = "plain", **changes):
    spec = make_spec("painter", config=config, **changes)
    return replace(spec, title="The painter", family="spade", io=IoSpec(1, 1, palette_id))


def network_of(config=CONFIG) -> SpadeNetwork:
    """With weights large enough that every input shows in the picture."""
    torch.manual_seed(0)
    network = build(config).eval()
    assert isinstance(network, SpadeNetwork)
    for name, parameter in network.named_parameters():
        if "mlp" in name or "conv_img" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    return network


def layout_of(ids_hw, palette_id="plain") -> Layout:
    return Layout(PlainIds.from_array(np.asarray(ids_hw, np.uint8)), palette_id, NAMES)


def stripes(height_px=64, width_px=96, labels=(0, 1, 2)) -> np.ndarray:
    rows = np.asarray(labels, np.uint8)[np.arange(height_px) * len(labels) // height_px]
    return np.repeat(rows[:, None], width_px, axis=1)


LAYOUT = layout_of(stripes())


def render(edit=PAINT, layout=LAYOUT, size_px=(64, 96), context=None, **means):
    """The picture 1 x 3 x H x W of a layout on a canvas of (height, width)."""
    means = {"spec": lambda edit: spec_of(), **means}
    context = context or make_context(PHOTO, OTHER_PHOTO, **means)
    base = Picture.from_rgb(np.zeros((*size_px, 3), np.uint8))
    request = RenderRequest(
        base=base, edits=(edit,), pictures=tuple(context.pictures.values()), layout=layout
    )
    with torch.inference_mode():
        return renderer.render(request, size_px, replace(context, layout=layout))


def semantics_of(ids_hw, channels=CONFIG.classes + 2):
    """One channel for each label, and the edges in the last one; by hand."""
    ids_hw = np.asarray(ids_hw).astype(np.int64)
    semantics = F.one_hot(torch.from_numpy(ids_hw), channels).permute(2, 0, 1).float()
    height_px, width_px = ids_hw.shape
    for y in range(height_px):
        for x in range(width_px):
            around = ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
            semantics[-1, y, x] = any(
                ids_hw[v, u] != ids_hw[y, x]
                for v, u in around
                if 0 <= v < height_px and 0 <= u < width_px
            )
    return semantics[None]


def random_style(seed):
    return torch.randn(1, CONFIG.style_length, generator=torch.Generator().manual_seed(seed))


def make_engine(network, **changes) -> Engine:
    settings = {
        "precision": "float32",
        "find": lambda name: spec_of(),
        "load_network": lambda spec: network,
    }
    return Engine("cpu", **{**settings, **changes})


def request(size_px=(64, 96), layout=LAYOUT, **changes) -> RenderRequest:
    base = Picture.from_rgb(np.zeros((*size_px, 3), np.uint8))
    return RenderRequest(base=base, edits=(replace(PAINT, **changes),), layout=layout)
