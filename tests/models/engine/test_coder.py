"""What decoding leaves behind, and encoding in tiles."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.api import CancelToken, RenderRequest
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    EditRegion,
    PaintTexture,
    SwapTexture,
    TexturePatch,
)
from models.engine import coder, engine, renderer
from models.engine.coder import cells_read
from models.engine.memory import ByteCache, tensor_bytes
from models.engine.references import spot_weight
from models.errors import Cancelled
from models.image_io import pad_to_multiple, to_bchw
from tests.models.editing.decoding import texture_of_spot
from tests.models.engine.coding import (
    FULL,
    REFERENCE,
    SOFT,
    coding_context,
    coding_engine,
    random_network,
    render,
    soft_mask,
)
from tests.models.engine.fakes import TINY, FakeNetwork, make_spec, random_picture

ADJUST = AdjustTexture(model="fake", amounts=(("texture:0", 2.0),))
SWAP = SwapTexture(model="fake", reference=REFERENCE.sha256)


class Canvas:
    """Stands in for the decoder's canvas; it grows with each picture.

    Attributes:
        made: every canvas so far, the newest last.
    """

    made: list["Canvas"] = []  # noqa: RUF012 - emptied by the fixture
    grows_bytes = 1000

    def __init__(self, network, cells_hw, *, budget_bytes, window_px):
        self.network, self.cells_hw, self.budget_bytes = network, cells_hw, budget_bytes
        self.nbytes = 0
        self.parts: list[tuple[int, ...]] = []
        self.error: Exception | None = None
        Canvas.made.append(self)

    def decode(self, structure, texture, noise, token, part, progress):
        self.nbytes = min(self.budget_bytes, self.nbytes + self.grows_bytes)
        if self.error is not None:
            raise self.error
        self.parts.append(tuple(part))
        picture = self.network.decode(structure, texture, noise)
        return picture[(..., *part.slices)].clone()


@pytest.fixture
def canvases(monkeypatch) -> list[Canvas]:
    monkeypatch.setattr(coder, "DecoderCanvas", Canvas)
    monkeypatch.setattr(Canvas, "made", [])
    return Canvas.made


def region(mask=SOFT, amount=1.0):
    return EditRegion(model="fake", region=mask.sha256, amounts=(("structure:0", amount),))


def test_the_canvas_of_a_size_is_kept_from_stroke_to_stroke(network, canvases):
    context = coding_context(network, REFERENCE)
    for number in range(4):
        mask = soft_mask(40, 48, 20, 18, 8 + number)
        render(region(mask), context=context, masks=(mask,))
    render(replace(ADJUST, strength=0.5), context=context)
    (canvas,) = canvases
    assert len(canvas.parts) == 5
    assert canvas.cells_hw == (10, 12)
    render(ADJUST, context=context, size_px=(20, 24))
    assert [len(canvas.parts) for canvas in canvases] == [5, 1]


def test_only_what_a_mask_lets_through_is_decoded(network, canvases, monkeypatch):
    monkeypatch.setattr("models.engine.renderer.PART_PX", 8)
    small = soft_mask(40, 48, 12, 30, 5)
    render(region(small), context=coding_context(network), masks=(small,))
    ((top, left, bottom, right),) = canvases[0].parts
    bounds = np.argwhere(small.grey_hw)
    assert (top, left) == tuple((bounds.min(0) - 4) // 8 * 8)
    assert (bottom, right) == tuple(-(-(bounds.max(0) + 1 + 4) // 8) * 8)


def test_the_budget_leaves_room_for_the_network_and_some_pictures(network, canvases):
    context = coding_context(network, cache=ByteCache(10**6))
    render(ADJUST, context=context)
    images = 8 * 3 * 4 * 40 * 48
    assert canvases[0].budget_bytes == 10**6 - tensor_bytes(network) - images
    poor = coding_context(network, cache=ByteCache(1000))
    render(ADJUST, context=poor)
    assert canvases[1].budget_bytes == 0


def test_the_canvas_counts_what_it_keeps_now(network, canvases):
    context = coding_context(network)
    render(ADJUST, context=context)
    used = context.cache.used_bytes
    render(replace(ADJUST, seed=1), context=context)
    picture = 3 * 4 * 40 * 48
    assert context.cache.used_bytes == used + Canvas.grows_bytes + picture


def test_another_network_gets_another_canvas(network, canvases):
    context = coding_context(network)
    render(ADJUST, context=context)
    newer = random_network()
    render(replace(ADJUST, seed=1), context=replace(context, network=lambda edit: newer))
    assert [canvas.network for canvas in canvases] == [network, newer]


def test_a_canvas_survives_being_called_off_and_no_failure(network, canvases):
    context = coding_context(network)
    render(ADJUST, context=context)
    for error, count in ((Cancelled(), 1), (RuntimeError("the kernel does not exist"), 2)):
        canvases[-1].error = error
        with pytest.raises(type(error)):
            render(replace(ADJUST, seed=2 * count), context=context)
        canvases[-1].error = None
        render(replace(ADJUST, seed=2 * count + 1), context=context)
        assert len(canvases) == count


# Encoding in tiles


@pytest.mark.parametrize("length", [28, 48, 80])
def test_a_part_reads_the_cells_of_all_outputs_that_see_it(network, length):
    """By brute force: outputs of 3 cells, 2 cells apart, with a cell of 4 px."""
    cells = length // 4
    outputs = [range(start, start + 3) for start in range(0, cells - 2, 2)]
    for first in range(0, length, 3):
        for last in range(first, min(length, first + 13)):
            weight = torch.zeros(length)
            weight[first] = weight[last] = 1.0
            marked = set(range(first // 4, last // 4 + 1))
            seeing = [output for output in outputs if marked & set(output)]
            start, stop = cells_read(weight, 4, network)
            read = set(range(start, stop))
            assert marked <= read or not seeing
            for output in seeing:
                assert set(output) <= read
            assert start % 2 == 0
            assert stop - start >= 3
            assert 0 <= start < stop <= cells


@pytest.mark.parametrize("spot", [(0.1, 0.9, 0.05), (0.6, 0.4, 0.2), (1.0, 1.0, 0.0)])
def test_a_spot_in_a_part_is_that_of_the_whole(network, spot):
    photo = random_picture(90, 70, seed=3)
    patch = TexturePatch(mask=FULL.sha256, spot=spot)
    context = coding_context(network)
    painted = PaintTexture(model="fake", patches=(patch,), seed=None)
    img = render(painted, context=context, base=photo, masks=(FULL,))
    with torch.inference_mode():
        padded = pad_to_multiple(to_bchw(photo.rgb_hwc), 4, 12)
        weight = torch.zeros(padded.shape[2:])
        weight[:90, :70] = spot_weight((90, 70), spot)
        texture = texture_of_spot(network, padded, weight)
        structure, _ = network.encode(padded)
        expected = network.decode(structure, texture)[..., :90, :70]
    torch.testing.assert_close(img, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "edit",
    [
        SWAP,
        PaintTexture(
            model="fake",
            patches=(
                TexturePatch(mask=FULL.sha256),
                TexturePatch(mask=FULL.sha256, reference=REFERENCE.sha256),
            ),
        ),
        CloneStructure(
            model="fake",
            patches=(ClonePatch(mask=FULL.sha256, dx=0.1, dy=0.0, source=REFERENCE.sha256),),
        ),
    ],
    ids=lambda edit: edit.kind,
)
def test_memory_is_that_of_the_largest_picture_that_is_encoded(edit):
    """A reference of four times the length of its width, beside a square."""
    square, long = random_picture(40, 40), random_picture(40, 160)
    settings = {"masks": (FULL,), "short_side_px": 400}
    needed = [
        needed_bytes(RenderRequest(base=square, edits=(edit,), pictures=(other,), **settings), None)
        for other in (
            replace(square, sha256=REFERENCE.sha256),
            replace(long, sha256=REFERENCE.sha256),
        )
    ]
    # Of such an encoder nearly all of the memory is the encoder's.
    assert needed[1] > 3.5 * needed[0]


def test_a_picture_too_large_to_encode_at_once_is_encoded_in_tiles(monkeypatch):
    """Without a smaller picture, and without a note."""
    network = random_network()
    base = random_picture(600, 600, seed=5)
    request = RenderRequest(base=base, edits=(replace(SWAP, amount=0.3),), pictures=(REFERENCE,))
    expected = coding_engine(network).render(request)
    tiles = []
    real = coder.encode_tiled

    def watched(network, image, **means):
        tiles.append(means["tile_px"])
        return real(network, image, **means)

    monkeypatch.setattr(coder, "encode_tiled", watched)
    bytes_at_once, bytes_in_tiles = (needed_bytes(request, tile_px) for tile_px in (None, 256))
    assert bytes_in_tiles < bytes_at_once
    monkeypatch.setattr(
        engine.Engine, "_room", lambda self, device, kept_bytes: bytes_in_tiles + 1000
    )
    result = coding_engine(network, find=wide).render(request)
    assert result.notes == ()
    assert tiles
    assert set(tiles) == {256}
    assert np.abs(result.rgb_hwc.astype(int) - expected.rgb_hwc).max() <= 1


def wide(name):
    """Says that its encoder takes much memory."""
    return make_spec(name, config=replace(TINY, encoder_scale=20.0))


def needed_bytes(request, tile_px):
    context = coding_context(
        None, *request.pictures, spec=lambda edit: wide(edit.model), tile_px=tile_px
    )
    return renderer.working_set_bytes(request, renderer.target_size(request), context)


def test_out_of_memory_is_met_by_tiles_before_the_picture_gets_smaller():
    network = FakeNetwork()
    network.errors = [MemoryError(), MemoryError()]
    base = random_picture(300, 400, seed=5)
    request = RenderRequest(base=base, edits=(SWAP,), pictures=(REFERENCE,))
    result = coding_engine(network).render(request)
    assert result.rgb_hwc.shape == (300, 400, 3)
    assert result.notes == ()
    network.errors = [MemoryError()] * 4
    smaller = coding_engine(network).render(replace(request, bits=16))
    assert smaller.rgb_hwc.shape == (150, 200, 3)


def test_a_smaller_picture_has_edits_of_a_smaller_size():
    network = FakeNetwork()
    network.errors = [MemoryError()] * 4
    base = random_picture(600, 800, seed=5)
    request = RenderRequest(base=base, edits=(SWAP,), pictures=(REFERENCE,), edit_px=300)
    result = coding_engine(network).render(request)
    assert result.rgb_hwc.shape == (300, 400, 3)
    sizes = [shape[2:] for name, shape in network.calls if name == "encode"]
    assert sizes[:4] == [(300, 400)] * 4
    assert sizes[4] == (152, 200)


def test_tiles_can_be_called_off(network):
    token = CancelToken()
    context = replace(coding_context(network, REFERENCE, token=token), tile_px=16)
    read = []
    layer = network.get_submodule("E.FromRGB")
    handle = layer.register_forward_hook(lambda *_: read.append(1) or token.cancel())
    try:
        with pytest.raises(Cancelled):
            render(SWAP, context=context)
    finally:
        handle.remove()
    assert len(read) == 1
