"""The canvas, against the network itself."""

import copy
import functools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.api import CancelToken
from models.builders import build
from models.configs import SpadeConfig
from models.editing import spade_modulation, spade_stages
from models.editing.spade_canvas import SpadeCanvas, edges
from models.errors import Cancelled
from models.networks.spade import SpadeNetwork
from models.ops import batch_norm
from tests.models.counting import flop
from tests.models.editing.decoding import ImpatientToken

PLENTY = 2**40
CPU = torch.device("cpu")
SHIPPED = SpadeConfig(
    classes=14, base_channels=16, hidden_channels=48, style_length=64, upsampling="more"
)
TINY = SpadeConfig(
    classes=4, unknown_channel=True, edge_channel=True, base_channels=2, hidden_channels=6
)
TINY_STYLED = SpadeConfig(
    classes=5, base_channels=2, hidden_channels=6, style_length=4, upsampling="most"
)
COCO_LIKE = SpadeConfig(
    classes=5, unknown_channel=True, edge_channel=True, base_channels=8, crop_size=64
)
"""Of the golden file."""


class Case:
    """A network, a layout that strokes are painted on, and a canvas for it."""

    def __init__(self, network, config, size_px, *, seed=0, budget=PLENTY, dtype=torch.float32):
        self.network = network
        self.edge_channel = config.edge_channel
        self.rng = np.random.default_rng(seed)
        self.highest = network.semantic_channels - config.edge_channel
        blocks = self.rng.integers(0, self.highest, [-(-side // 24) for side in size_px])
        blown_up = np.kron(blocks, np.ones((24, 24), np.int64))
        self.channels = blown_up[: size_px[0], : size_px[1]].copy()
        self.z = torch.from_numpy(self.rng.normal(size=(1, config.style_length))).float()
        self.z = self.z if config.style_length else None
        self.means = {"device": CPU, "dtype": dtype, "budget_bytes": budget}
        self.forget()

    def forget(self):
        """A new canvas."""
        self.canvas = SpadeCanvas(
            self.network, self.channels.shape, edge_channel=self.edge_channel, **self.means
        )

    def stroke(self, longest=80):
        """Paint a rectangle that may lie across the border."""
        height, width = self.channels.shape
        sides = np.exp(self.rng.uniform(0, np.log(longest), 2)).astype(int)
        top = int(self.rng.integers(1 - sides[0], height))
        left = int(self.rng.integers(1 - sides[1], width))
        rows, columns = slice(max(0, top), top + sides[0]), slice(max(0, left), left + sides[1])
        self.channels[rows, columns] = self.rng.integers(0, self.highest)

    def expected(self):
        semantics = F.one_hot(torch.from_numpy(self.channels), self.network.semantic_channels)
        semantics = semantics.permute(2, 0, 1)[None].float()
        if self.edge_channel:
            semantics[0, -1] = edge_map(torch.from_numpy(self.channels))
        with torch.inference_mode():
            return self.network(semantics, self.z)

    def render(self, token=None):
        return self.canvas.render(self.channels, self.z, token or CancelToken())

    def error(self):
        return (self.render() - self.expected()).abs().max().item()


def edge_map(channels):
    """Where any of the four neighbours differs; another way than the code's."""
    bordered = F.pad(channels[None, None].float(), (1, 1, 1, 1), mode="replicate")[0, 0]
    sides = (bordered[:-2, 1:-1], bordered[2:, 1:-1], bordered[1:-1, :-2], bordered[1:-1, 2:])
    return torch.stack([side != channels for side in sides]).any(0).float()


@functools.cache
def settled(config):
    """A random network whose stored statistics are those of one of its pictures."""
    torch.manual_seed(3)
    network = build(config)
    assert isinstance(network, SpadeNetwork)
    case = Case(network, config, (256, 256))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_norm, "MOMENTUM", 1.0)
        case.expected()
    network.eval()
    return network


@pytest.fixture
def tiny():
    return settled(TINY)


@pytest.fixture
def coco_like(golden):
    network = build(COCO_LIKE)
    assert isinstance(network, SpadeNetwork)
    network.G.load_state_dict(golden("spade_coco_like").sd)
    return network.eval()


def test_golden_layouts(coco_like, golden):
    file = golden("spade_coco_like")
    labels = file.given["label_uint8"][:, 0].numpy().astype(np.int64)
    labels[labels == 255] = 5
    case = Case(coco_like, COCO_LIKE, labels.shape[1:])
    case.channels = labels[0]
    assert case.error() <= 1e-5


@pytest.mark.parametrize("strokes", [24, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize("config", [COCO_LIKE, SHIPPED], ids=["golden", "shipped"])
def test_strokes(config, strokes, monkeypatch, request):
    network = settled(SHIPPED) if config is SHIPPED else request.getfixturevalue("coco_like")
    # On so small a canvas the whole map would always be cheaper than its changed part.
    monkeypatch.setattr(spade_stages, "WHOLE_SHARE", 9.0)
    case = Case(network, config, (64, 60))
    for number in range(strokes):
        picture = case.render()
        # The network itself takes most of the time.
        if number % 8 == 0:
            assert (picture - case.expected()).abs().max() <= 1e-5
        case.stroke()
    assert case.error() <= 1e-5


def test_small_strokes_on_a_large_canvas_cost_little(tiny):
    case = Case(tiny, TINY, (448, 384))
    whole = flop(case.render)
    costs = []
    for _ in range(5):
        case.stroke(longest=20)
        costs.append(flop(case.render))
        assert (case.render() - case.expected()).abs().max() <= 1e-5
    assert np.median(costs) < 0.5 * whole
    assert flop(case.render) == 0


def test_another_style_computes_convolutions_alone():
    case = Case(settled(TINY_STYLED), TINY_STYLED, (128, 384))
    case.render()
    assert case.z is not None
    case.z = -case.z
    convolutions = 0
    side = (1, 3)
    for block, doubled in case.network.G.blocks:
        side = tuple(2 * cells for cells in side) if doubled else side
        # The counter does not see the shortcuts: products that are added in place.
        parts = (block.conv_0, block.conv_1)
        convolutions += sum(2 * np.prod(side) * part.weight.numel() for part in parts)
    convolutions += 2 * np.prod(side) * case.network.G.conv_img.weight.numel()
    convolutions += 2 * case.network.G.fc.weight.numel()
    assert flop(case.render) == convolutions
    assert case.error() <= 1e-5
    case.z = None
    assert case.error() <= 1e-5


@pytest.mark.parametrize("size_px", [(1, 1), (33, 70), (32, 64), (31, 1)])
@pytest.mark.parametrize("config", [TINY, TINY_STYLED], ids=["edges", "styles"])
def test_any_size(config, size_px):
    case = Case(settled(config), config, size_px)
    assert case.error() <= 1e-5
    for _ in range(3):
        case.stroke()
        assert case.error() <= 1e-5


def test_noise_and_the_way_without_kept_products(tiny, monkeypatch):
    case = Case(tiny, TINY, (64, 96))
    case.channels = case.rng.integers(0, case.highest, case.channels.shape)
    assert case.error() <= 1e-5
    monkeypatch.setattr(spade_modulation, "PRODUCT_BYTES", 0)
    case.forget()
    assert case.error() <= 1e-5


def test_tables_forget_neighbourhoods_that_are_gone(tiny):
    case = Case(tiny, TINY, (64, 64))
    case.render()
    case.channels = case.rng.integers(0, case.highest, case.channels.shape)
    case.render()
    noise = case.canvas.nbytes
    sizes = []
    for _ in range(8):
        case.channels = case.rng.integers(0, case.highest, case.channels.shape)
        assert case.error() <= 1e-5
        sizes.append(case.canvas.nbytes)
    assert max(sizes) < 1.5 * noise


def kept_bytes(case):
    """Of maps, weights and tables."""
    kept = [0, 0, 0]
    for part in case.canvas._kept():
        kept[part.rank] += part.nbytes
    return kept


def test_memory_stays_within_the_budget_and_maps_go_first(tiny):
    free = Case(tiny, TINY, (96, 160))
    free.render()
    needed = free.canvas.nbytes
    maps, weights, tables = kept_bytes(free)
    assert needed == maps + weights + tables
    for budget in (0, 1000, tables, needed - 1, needed):
        case = Case(tiny, TINY, (96, 160), budget=budget)
        case.render()
        if budget >= tables:
            assert kept_bytes(case)[spade_stages.TABLES] == tables
        if budget == needed - 1:
            assert kept_bytes(case)[spade_stages.WEIGHTS] == weights
            assert kept_bytes(case)[spade_stages.MAPS] < maps
        for _ in range(3):
            assert case.error() <= 1e-5
            assert case.canvas.nbytes <= budget
            case.stroke(longest=20)


@pytest.mark.parametrize("budget", [PLENTY, 10**5])
def test_called_off_anywhere_the_next_picture_is_right(tiny, monkeypatch, budget):
    monkeypatch.setattr(spade_stages, "WHOLE_SHARE", 9.0)
    case = Case(tiny, TINY, (96, 128), budget=budget)
    case.render()
    finished = False
    for patience in range(20):
        case.stroke(longest=40)
        try:
            case.render(ImpatientToken(patience))
            finished = True
        except Cancelled:
            assert not finished
        assert case.canvas.nbytes <= budget
        if patience % 3 == 0:
            case.stroke(longest=40)
        assert case.error() <= 1e-5
    assert finished


def test_called_off_twice_before_a_picture(tiny, monkeypatch):
    monkeypatch.setattr(spade_stages, "WHOLE_SHARE", 9.0)
    case = Case(tiny, TINY, (96, 128))
    case.render()
    for first in (0, 2, 3, 5, 6):
        for second in (1, 4, 7):
            for patience in (first, second):
                case.stroke(longest=30)
                with pytest.raises(Cancelled):
                    case.render(ImpatientToken(patience))
        assert case.error() <= 1e-5


def test_bfloat16_is_as_near_as_the_network_under_autocast(coco_like):
    case = Case(coco_like, COCO_LIKE, (96, 128), dtype=torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = case.expected()
    expected = case.expected()
    for _ in range(3):
        error = (case.render() - expected).abs()
        assert error.mean() <= 1.25 * (rounded - expected).abs().mean()
        assert error.mean() <= 0.01
        case.stroke()
        expected = case.expected()


def test_the_picture_is_the_callers_own(tiny):
    case = Case(tiny, TINY, (32, 32))
    picture = case.render()
    assert picture.dtype == torch.float32
    assert picture.shape == (1, 3, 32, 32)
    kept = picture.clone()
    with torch.inference_mode():
        picture.zero_()
    torch.testing.assert_close(case.render(), kept)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64])
def test_channels_of_any_integer_type(tiny, dtype):
    case = Case(tiny, TINY, (32, 32))
    expected = case.render()
    case.forget()
    case.channels = case.channels.astype(dtype)
    torch.testing.assert_close(case.render(), expected)


def test_edges_of_a_hand_drawn_map():
    labels = np.array([[1, 1, 1, 1], [1, 1, 2, 1], [1, 1, 1, 1], [1, 1, 1, 3]], np.int32)
    expected = [[0, 0, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]
    np.testing.assert_array_equal(edges(labels), np.array(expected, bool))


def test_what_the_canvas_refuses(tiny, monkeypatch):
    case = Case(tiny, TINY, (32, 32))
    for wrong in (5, -1):
        channels = np.full((32, 32), wrong)
        with pytest.raises(ValueError, match="channels are 0 to 4"):
            case.canvas.render(channels, None, CancelToken())
    with pytest.raises(ValueError, match="canvas"):
        case.canvas.render(np.zeros((32, 33), np.uint8), None, CancelToken())
    with pytest.raises(ValueError, match="no styles"):
        case.canvas.render(case.channels, torch.zeros(1, 4), CancelToken())
    assert case.error() <= 1e-5


@pytest.mark.gpu
def test_on_a_gpu():
    network = copy.deepcopy(settled(SHIPPED))
    case = Case(network, SHIPPED, (128, 192))
    expected = case.expected()
    device = torch.device("cuda")
    for dtype, tolerance in ((torch.float32, 1e-3), (torch.float16, 0.05)):
        canvas = SpadeCanvas(
            network.to(device),
            (128, 192),
            edge_channel=False,
            device=device,
            dtype=dtype,
            budget_bytes=PLENTY,
        )
        picture = canvas.render(case.channels, case.z, CancelToken()).cpu()
        assert (picture - expected).abs().max() <= tolerance
