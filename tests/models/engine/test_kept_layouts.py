"""What a rendered layout leaves behind, and how it goes through the engine."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.api import CancelToken
from models.builders import build
from models.configs import SpadeConfig
from models.edits import SwapTexture
from models.engine import render_layout
from models.engine.memory import ByteCache
from models.engine.render_layout import RenderLayoutStage
from models.errors import Cancelled, OutOfMemory, RequestError
from models.image_io import to_rgb_hwc
from models.networks.spade import SpadeNetwork
from models.values import Layout
from tests.models.engine.fakes import make_context, make_spec
from tests.models.engine.layouts import (
    OTHER_PHOTO,
    PAINT,
    PHOTO,
    layout_of,
    make_engine,
    network_of,
    random_style,
    render,
    request,
    semantics_of,
    spec_of,
    stripes,
)


@pytest.fixture(scope="module")
def network() -> SpadeNetwork:
    return network_of()


# What is kept


class Canvas:
    """Stands in for the canvas: its picture is the channels' mean; it grows with each picture.

    Attributes:
        made: every canvas so far, the newest last.
    """

    made: list["Canvas"] = []  # noqa: RUF012 - emptied by the fixture
    grows_bytes = 1000

    def __init__(self, network, size_px, *, edge_channel, device, dtype, budget_bytes):
        self.network, self.size_px, self.budget_bytes = network, size_px, budget_bytes
        self.edge_channel, self.dtype = edge_channel, dtype
        self.nbytes = 0
        self.pictures = 0
        self.error: Exception | None = None
        Canvas.made.append(self)

    def render(self, channels_hw, z, token):
        self.nbytes = min(self.budget_bytes, self.nbytes + self.grows_bytes)
        if self.error is not None:
            raise self.error
        self.pictures += 1
        return torch.full((1, 3, *self.size_px), float(channels_hw.mean()) / 10)


@pytest.fixture
def canvases(monkeypatch) -> list[Canvas]:
    monkeypatch.setattr(render_layout, "SpadeCanvas", Canvas)
    monkeypatch.setattr(Canvas, "made", [])
    return Canvas.made


@pytest.fixture
def context(network):
    return make_context(PHOTO, OTHER_PHOTO, network=network, spec=lambda edit: spec_of())


def stroke(number) -> Layout:
    """The layout after that many strokes."""
    ids_hw = stripes()
    ids_hw[0, :number] = 4
    return layout_of(ids_hw)


def test_the_canvas_of_a_size_is_kept_from_stroke_to_stroke_and_style_to_style(canvases, context):
    for number in range(5):
        render(layout=stroke(number), context=context)
    render(replace(PAINT, seed=9), context=context)
    (canvas,) = canvases
    assert canvas.pictures == 6
    assert canvas.size_px == (64, 96)
    assert canvas.edge_channel
    # The preview, a thumbnail and the export are of the same canvas.
    render(size_px=(32, 48), context=context)
    render(layout=stroke(1), size_px=(128, 192), context=context)
    assert [canvas.pictures for canvas in canvases] == [8]
    render(size_px=(64, 64), context=context)
    assert [canvas.pictures for canvas in canvases] == [8, 1]


def test_an_equal_layout_in_an_equal_style_is_not_rendered_again(canvases, context):
    for _ in range(3):
        render(layout=stroke(2), context=context)
    render(replace(PAINT, strength=0.5), layout=stroke(2), context=context)
    assert canvases[0].pictures == 1
    render(layout=stroke(3), context=context)
    assert canvases[0].pictures == 2


def test_equal_ids_of_two_palettes_are_not_mistaken_for_each_other(context):
    render(context=context)
    with pytest.raises(RequestError):
        render(layout=layout_of(stripes(), "theirs"), context=context)


def test_other_weights_and_a_network_that_was_loaded_again_have_a_canvas_of_their_own(
    canvases, context
):
    render(context=context)
    render(context=replace(context, spec=lambda edit: spec_of(sha256="b" * 64)))
    assert len(canvases) == 2
    newer = network_of()
    render(layout=stroke(1), context=replace(context, network=lambda edit: newer))
    assert len(canvases) == 3
    assert canvases[-1].network is newer


def test_what_the_canvas_keeps_counts_and_grows_in_the_cache(canvases, context, monkeypatch):
    monkeypatch.setattr(Canvas, "grows_bytes", 50_000)
    picture = 3 * 4 * 64 * 96
    for number in range(1, 4):
        render(layout=stroke(number), context=context)
        # The base, a code of the network, one result for each stroke, and the canvas.
        assert context.cache.used_bytes == (1 + number) * picture + number * 50_000


def test_a_hundred_strokes_do_not_push_out_the_canvas_but_each_other(canvases, network):
    size = sum(tensor.nbytes for tensor in network.state_dict().values())
    picture = 3 * 4 * 64 * 96
    cache = ByteCache(size + 10 * picture)
    cache.put("network", network)

    means = make_context(spec=lambda edit: spec_of(), cache=cache)
    context = replace(means, network=lambda edit: cache.get("network"))
    for number in range(96):
        render(layout=stroke(number), context=context)
        assert cache.used_bytes <= cache.budget_bytes
    assert len(canvases) == 1
    assert canvases[0].pictures == 96
    assert canvases[0].budget_bytes == 6 * picture


def test_a_cache_without_room_for_the_canvas_gives_it_none(canvases, network):
    context = make_context(network=network, spec=lambda edit: spec_of(), cache=ByteCache(1000))
    for number in range(2):
        render(layout=stroke(number), context=context)
    assert {canvas.budget_bytes for canvas in canvases} == {0}


def test_a_canvas_outlives_being_called_off_and_not_a_failure(canvases, context):
    render(context=context)
    (canvas,) = canvases
    canvas.error = Cancelled()
    with pytest.raises(Cancelled):
        render(layout=stroke(1), context=context)
    canvas.error = None
    render(layout=stroke(1), context=context)
    assert len(canvases) == 1

    canvas.error = MemoryError()
    with pytest.raises(MemoryError):
        render(layout=stroke(2), context=context)
    render(layout=stroke(2), context=context)
    assert len(canvases) == 2


def test_a_cancelled_render_leaves_the_next_one_right(network):
    context = make_context(spec=lambda edit: spec_of(), network=network)
    expected = render(layout=stroke(40), network=network)
    render(context=context)

    class AtLast(CancelToken):
        """Lets a few questions pass, so that the work has begun."""

        left = 6

        def raise_if_cancelled(self):
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    with pytest.raises(Cancelled):
        render(layout=stroke(40), context=replace(context, token=AtLast()))
    torch.testing.assert_close(render(layout=stroke(40), context=context), expected)


def test_a_picture_under_strength_and_mask_is_the_network_over_the_base(network):
    half = render(replace(PAINT, strength=0.5), network=network)
    whole = render(network=network)
    torch.testing.assert_close(half, 0.5 * (whole - 1.0))


def test_the_engine_renders_layouts_and_forgets_them(network):
    engine = make_engine(network)
    told = []
    result = engine.render(request(), progress=lambda words, share: told.append(words))
    assert told == ["encoding style", "rendering layout", "done"]
    with torch.inference_mode():
        expected = network(semantics_of(stripes()), random_style(3))
    assert np.abs(result.rgb_hwc.astype(int) - to_rgb_hwc(expected)).max() <= 1
    assert result.notes == ()
    engine.forget()
    assert engine.cache.used_bytes == 0
    assert np.array_equal(engine.render(request()).rgb_hwc, result.rgb_hwc)


def test_a_painted_layout_can_be_the_base_of_a_swap(network, tiny_config):
    swapper = build(tiny_config).eval()
    specs = {"painter": spec_of(), "swapper": make_spec("swapper", sha256="c" * 64)}
    networks = {"painter": network, "swapper": swapper}
    engine = make_engine(None, find=specs.__getitem__, load_network=lambda spec: networks[spec.id])
    swap = SwapTexture(model="swapper", reference=PHOTO.sha256)
    both = replace(request(), edits=(PAINT, swap), pictures=(PHOTO,))
    assert engine.render(both).rgb_hwc.shape == (64, 96, 3)


def test_warming_up_makes_a_painter_ready(network):
    loaded = []
    engine = make_engine(network, load_network=lambda spec: loaded.append(spec.id) or network)
    engine.warm_up("painter")
    engine.render(request())
    assert loaded == ["painter"]


def test_a_canvas_beyond_the_memory_is_made_smaller_and_a_note_says_so(network):
    result = make_engine(network, memory_budget_mb=40).render(request((1024, 1536)))
    assert result.rgb_hwc.shape in [(512, 768, 3), (256, 384, 3), (128, 192, 3)]
    assert "not enough for 1536 x 1024 px" in result.notes[0]


def test_where_memory_is_short_the_canvas_shrinks_with_the_picture(network, monkeypatch):
    seen = []
    real = render_layout.SpadeCanvas

    def watched(network, size_px, **rest):
        seen.append(size_px)
        return real(network, size_px, **rest)

    monkeypatch.setattr(render_layout, "SpadeCanvas", watched)
    result = make_engine(network, memory_budget_mb=40).render(request((1024, 1536)))
    share = result.rgb_hwc.shape[0] / 1024
    assert seen == [(round(64 * share), round(96 * share))]


def test_a_memory_that_nothing_fits_is_one_sentence_and_nothing_is_tried(network):
    class Untouched(torch.nn.Module):
        def forward(self, *inputs):
            raise AssertionError("tried")

    with pytest.raises(OutOfMemory, match="memory is not enough for this picture"):
        make_engine(Untouched(), memory_budget_mb=0).render(request())


def test_after_running_out_of_memory_the_canvas_has_gone_first(canvases, network):
    engine = make_engine(network)
    engine.render(request())
    canvases[0].error = MemoryError()
    result = engine.render(request(layout=stroke(1)))
    assert len(canvases) == 2
    assert result.rgb_hwc.shape == (64, 96, 3)
    assert result.notes == ()


def test_the_working_set_is_that_of_the_canvas_and_of_stretching():
    context = make_context(spec=lambda edit: spec_of())
    stage = RenderLayoutStage()

    def needed(size_px, **changes) -> int:
        return stage.working_set_bytes(PAINT, size_px, replace(context, **changes))

    own = needed((64, 64))
    assert needed((128, 128)) == own + 2 * 3 * 4 * 128 * 128
    assert needed((512, 512), reduction=0.5) == own // 4 + 2 * 3 * 4 * 512 * 512
    # A strip takes whole cells of 32 px.
    assert needed((8, 512)) == own * (32 * 512) // 64**2


@pytest.mark.parametrize(
    ("config", "regions", "noise"),
    [
        (SpadeConfig(classes=14, base_channels=16, hidden_channels=48, style_length=64), 435, 1946),
        (SpadeConfig(classes=182, unknown_channel=True, edge_channel=True), 1850, 6278),
    ],
)
def test_the_working_set_is_what_was_measured(config, regions, noise):
    """Peak resident bytes a pixel in float32 at 256 px, nothing kept: five bands, and noise."""
    area = 256 * 256
    ids_hw = np.random.default_rng(0).integers(0, 5, (256, 256))
    for layout, measured in ((stripes(256, 256), regions), (ids_hw, noise)):
        context = make_context(spec=lambda edit: spec_of(config), layout=layout_of(layout))
        predicted = RenderLayoutStage().working_set_bytes(PAINT, (256, 256), context)
        assert measured * area <= predicted <= 2 * measured * area
