"""The canvas, against the network itself."""

from pathlib import Path

import pytest
import torch

from models import checkpoint
from models.api import CancelToken
from models.configs import SwappingAutoencoderConfig
from models.editing.decoder_canvas import DecoderCanvas
from models.editing.label_patterns import Box
from models.errors import Cancelled
from models.networks.swapping_autoencoder import SwappingAutoencoder
from tests.models.counting import flop
from tests.models.editing.decoding import (
    SHALLOW,
    A,
    C,
    Case,
    ImpatientToken,
    random_network,
    whole_picture,
)

EXACT = 1e-5
SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints" / "landscapes.safetensors"
SMALL = SwappingAutoencoderConfig(texture_channels=64, encoder_scale=0.25, generator_scale=0.0625)
"""Of the golden file."""


@pytest.fixture(scope="module")
def shallow():
    return random_network(SHALLOW)


@pytest.fixture(scope="module")
def deep():
    return random_network(A)


@pytest.fixture(scope="module")
def shipped():
    network = checkpoint.load(SHIPPED).network
    assert isinstance(network, SwappingAutoencoder)
    return network.eval()


def test_golden_pictures(golden):
    data = golden("sae_small")
    network = SwappingAutoencoder(**vars(SMALL))
    network.load_state_dict(data.sd)
    network.eval()
    token = CancelToken()
    with torch.inference_mode():
        structure, texture = network.encode(data.given["image"])
    canvas = DecoderCanvas(network, (structure.shape[2], structure.shape[3]), budget_bytes=2**40)
    part = whole_picture(network, structure)
    by_code = canvas.decode(structure[:1], texture[:1], None, token, part)
    data.check(by_code, "rgb_constmap_zero_noise")
    by_map = canvas.decode(structure[:1], data.given["gl_map"], None, token, part)
    data.check(by_map, "rgb_stylemap_zero_noise")


@pytest.mark.parametrize(
    ("config", "cells_hw", "edits"),
    [
        (SHALLOW, (30, 41), 20),
        (A, (20, 22), 4),
        (C, (12, 14), 1),
        pytest.param(A, (40, 29), 100, marks=pytest.mark.slow),
        pytest.param(C, (24, 19), 15, marks=pytest.mark.slow),
    ],
    ids=["shallow", "A", "C", "A-long", "C-long"],
)
def test_random_edits(config, cells_hw, edits):
    """With a code for the texture, then with a map."""
    case = Case(random_network(config), cells_hw)
    assert case.error() <= EXACT
    for number in range(2 * edits):
        if number == edits:
            case.use_map()
        for _ in range(1 + number % 3):
            case.edit(longest=2 + number % 30)
        assert case.error() <= EXACT


@pytest.mark.slow
def test_random_edits_at_full_width():
    case = Case(random_network(SwappingAutoencoderConfig()), (20, 24))
    case.use_map()
    for _ in range(5):
        assert case.error() <= EXACT
        case.edit()


@pytest.mark.parametrize("edits", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_edits_of_the_shipped_model(shipped, edits):
    case = Case(shipped, (20, 22))
    assert case.error() <= EXACT
    case.use_map()
    for _ in range(edits):
        case.edit()
        assert case.error() <= EXACT


@pytest.mark.parametrize("corner", [(0, 0), (0, -1), (-1, 0), (-1, -1), (0, 20), (15, 0), (15, 20)])
def test_one_cell_anywhere(shallow, corner):
    case = Case(shallow, (30, 41))
    case.use_map()
    case.decode()
    for code in (case.structure, case.texture):
        code[:, :, corner[0], corner[1]] += 1.0
        assert case.error() <= EXACT


def test_a_small_edit_costs_little_and_no_edit_nothing(shallow):
    case = Case(shallow, (64, 72))
    whole = flop(case.decode)
    assert whole == flop(case.expected)
    assert flop(case.decode) == 0
    case.structure[:, :, 32:36, 30:34] += 1.0
    assert 0 < flop(case.decode) < 0.15 * whole
    # Two places far apart cost about twice as much, and not what lies between them.
    case.structure[:, :, 2:6, 2:6] += 1.0
    case.structure[:, :, 58:62, 66:70] += 1.0
    assert flop(case.decode) < 0.2 * whole
    assert case.error() <= EXACT


def test_a_local_change_of_texture_stays_local(shallow):
    """Also when the texture was a code before, and when it is one again."""
    case = Case(shallow, (60, 72))
    whole = flop(case.decode)
    case.use_map()
    assert flop(case.decode) == 0
    case.texture[:, :, 20:24, 30:34] += 1.0
    assert 0 < flop(case.decode) < 0.25 * whole
    assert case.error() <= EXACT
    case.texture = case.vector
    assert 0 < flop(case.decode) < 0.25 * whole
    assert case.error() <= EXACT


def test_a_constant_map_is_the_code(shallow):
    case = Case(shallow, (12, 20))
    expected = case.decode()
    case.use_map((5, 7))
    assert torch.equal(case.decode(), expected)
    case.forget()
    assert (case.decode() - expected).abs().max() <= EXACT


def test_another_texture_seed_or_structure_changes_everything(shallow):
    case = Case(shallow, (12, 20))
    whole = flop(case.decode)
    case.texture = case.vector = case.randn(*case.vector.shape)
    assert flop(case.decode) == whole
    assert case.error() <= EXACT
    for case.noise in (6, None, 7):
        assert flop(case.decode) == whole
        assert case.error() <= EXACT
    case.structure = case.randn(*case.structure.shape)
    assert flop(case.decode) == whole
    assert case.error() <= EXACT


@pytest.mark.parametrize("size_hw", [(1, 1), (3, 5), (24, 22), (47, 100), (12, 80)])
def test_texture_maps_of_any_size(shallow, size_hw):
    """Smaller than the structure code, larger than some layers, larger than the picture."""
    case = Case(shallow, (12, 20))
    case.use_map(size_hw)
    assert case.error() <= EXACT
    for _ in range(4):
        case.edit(longest=6)
        assert case.error() <= EXACT
    case.use_map((7, 7))
    case.edit()
    assert case.error() <= EXACT


def test_parts_of_the_picture(shallow):
    """Whatever was asked for before, a part is what it is in the whole picture."""
    case = Case(shallow, (40, 48))
    case.use_map()
    height, width = 160, 192
    for number in range(30):
        if number % 4:
            case.edit(longest=6)
        rows, columns = case.place((height, width), longest=80)
        part = Box(rows.start, columns.start, min(height, rows.stop), min(width, columns.stop))
        found = case.part(part)
        assert found.shape == (1, 3, part.height, part.width)
        assert (found - case.expected()[(..., *part.slices)]).abs().max() <= EXACT
        if number % 10 == 9:
            assert case.error() <= EXACT


def test_a_part_costs_less_than_what_the_edit_reaches(shallow):
    case = Case(shallow, (60, 60))
    case.decode()
    case.structure[:, :, 20:24, 20:24] += 1.0
    part = flop(lambda: case.part(Box(80, 80, 96, 96)))
    case.structure[:, :, 20:24, 20:24] += 1.0
    assert part < 0.35 * flop(case.decode)
    # What was left out is made up for, once.
    case.structure[:, :, 20:24, 20:24] += 1.0
    case.part(Box(80, 80, 96, 96))
    case.part(Box(0, 0, 240, 240))
    assert flop(case.decode) == 0
    assert case.error() <= EXACT


@pytest.mark.parametrize("cells_hw", [(1, 1), (1, 9), (7, 2)])
def test_tiny_canvases(shallow, cells_hw):
    case = Case(shallow, cells_hw)
    case.use_map()
    for _ in range(5):
        assert case.error() <= EXACT
        case.edit()


@pytest.mark.parametrize("budget", [0, 2**18, 2**40])
def test_pictures_of_many_windows(deep, budget):
    case = Case(deep, (16, 14), budget=budget, window_px=2**12)
    assert case.error() <= EXACT
    case.use_map()
    for _ in range(3):
        case.edit(longest=12)
        assert case.error() <= EXACT


def test_memory_stays_within_the_budget_and_the_largest_maps_go_first(shallow):
    free = Case(shallow, (30, 34))
    free.use_map()
    whole = flop(free.decode)
    needed = free.canvas.nbytes
    sizes = sorted(place.nbytes for place in free.canvas._places[:-1])
    codes = free.structure.nbytes + free.texture.nbytes
    least = codes + free.canvas._places[-1].nbytes
    assert needed == least + sum(sizes)
    for budget in (0, least - 1, least, least + sizes[0], needed - 1, needed):
        case = Case(shallow, (30, 34), budget=budget)
        case.use_map()
        for _ in range(3):
            assert case.error() <= EXACT
            assert case.canvas.nbytes <= budget
            case.edit(longest=4)
        case.decode()
        case.structure[:, :, 10:12, 10:12] += 1.0
        if budget < least:
            assert case.canvas.nbytes == 0
            assert flop(case.decode) == whole
        else:
            assert flop(case.decode) < 0.7 * whole
        if budget == needed - 1:
            assert case.canvas.nbytes == needed - sizes[-1]


def test_a_texture_map_for_which_there_is_no_room(shallow):
    """What is kept goes while there is one, and is kept again afterwards."""
    case = Case(shallow, (20, 24))
    case.decode()
    needed = case.canvas.nbytes
    case = Case(shallow, (20, 24), budget=needed)
    large = 4 * (needed // case.vector.nbytes), 1
    for size_hw in (None, large, (20, 24), large):
        if size_hw is None:
            case.texture = case.vector
        else:
            case.use_map(size_hw)
        for _ in range(2):
            case.edit(longest=3)
            assert case.error() <= EXACT
            assert case.canvas.nbytes <= needed
        assert (case.canvas.nbytes == 0) == (size_hw == large)


def test_nothing_is_kept_of_windows_of_the_deepest_network():
    case = Case(random_network(C), (5, 7), budget=0, window_px=100**2)
    case.use_map()
    assert case.error() <= EXACT
    assert case.canvas.nbytes == 0


@pytest.mark.parametrize(("window_px", "least"), [(None, 1), (400, 9)])
def test_progress_is_told_after_every_window(shallow, window_px, least):
    case, told = Case(shallow, (15, 20), budget=0, window_px=window_px), []
    part = Box(7, 10, 60, 71)
    codes = case.structure, case.texture, None
    case.canvas.decode(*codes, CancelToken(), part, told.append)
    assert told[-1] == 1.0
    assert least <= len(told) < 2 * least
    case, told = Case(shallow, (15, 20), window_px=window_px), []
    case.canvas.decode(*codes, CancelToken(), part, told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert len(told) >= len(case.canvas._places) + least - 1


@pytest.mark.parametrize("budget", [2**40, 2**18])
def test_called_off_anywhere_the_next_picture_is_right(shallow, budget):
    case = Case(shallow, (24, 32), budget=budget, window_px=2**11)
    case.use_map()
    case.decode()
    finished = 0
    for number in range(30):
        case.edit(longest=6)
        try:
            case.decode(ImpatientToken(int(case.rng.integers(60))))
            finished += 1
        except Cancelled:
            pass
        assert case.canvas.nbytes <= budget
        if number % 3 == 0:
            case.edit(longest=6)
        if number % 4 == 0:
            assert case.error() <= EXACT
    assert 3 <= finished <= 27
    assert case.error() <= EXACT


def test_an_error_in_the_middle_leaves_the_canvas_right(shallow, monkeypatch):
    case = Case(shallow, (20, 24))
    case.decode()
    case.edit()
    with monkeypatch.context() as patch:
        patch.setattr(case.canvas._places[3].layer, "run", _fails)
        with pytest.raises(MemoryError):
            case.decode()
    assert case.error() <= EXACT


def _fails(*_):
    raise MemoryError


def test_bfloat16_is_as_near_as_the_network(deep):
    case = Case(deep, (20, 24))
    exact = case.expected()
    try:
        deep.compute_dtype = torch.bfloat16
        case.canvas = DecoderCanvas(deep, (20, 24), budget_bytes=2**40)
        for _ in range(3):
            rounded = case.expected()
            deep.compute_dtype = torch.float32
            exact = case.expected()
            deep.compute_dtype = torch.bfloat16
            error = (case.decode() - exact).abs().mean()
            assert 0 < error <= 1.25 * (rounded - exact).abs().mean()
            assert error <= 0.02 * exact.std()
            case.edit()
    finally:
        deep.compute_dtype = torch.float32


def test_codes_and_picture_are_the_callers_own(shallow):
    case = Case(shallow, (8, 8))
    picture = case.decode()
    assert picture.dtype == torch.float32
    assert picture.shape == (1, 3, 32, 32)
    kept = picture.clone()
    with torch.inference_mode():
        picture.zero_()
    assert torch.equal(case.decode(), kept)
    # Writing to the codes that were given is an edit like any other.
    case.structure.mul_(-1.0)
    assert case.error() <= EXACT


def test_codes_of_another_size(shallow):
    case = Case(shallow, (8, 8))
    for shape in ((1, 4, 8, 9), (2, 4, 8, 8)):
        case.structure = torch.zeros(shape)
        with pytest.raises(ValueError, match="cells"):
            case.decode()


@pytest.mark.gpu
def test_on_a_gpu(deep):
    case = Case(deep, (24, 30))
    device = torch.device("cuda")
    network = random_network(A).to(device)
    canvas = DecoderCanvas(network, (24, 30), budget_bytes=2**40)
    part = whole_picture(network, case.structure)
    for _ in range(4):
        structure, texture = case.structure.to(device), case.texture.to(device)
        found = canvas.decode(structure, texture, 5, CancelToken(), part)
        assert found.device.type == "cuda"
        assert (found.cpu() - case.expected()).abs().max() <= 1e-3
        case.edit()
