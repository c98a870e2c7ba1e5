import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.api import CancelToken, Layout, Picture, PlainIds, RenderRequest
from models.builders import build
from models.catalog import IoSpec
from models.configs import SpadeConfig
from models.edits import RenderLayout, SwapTexture
from models.engine import render_layout, renderer
from models.engine.engine import Engine
from models.engine.memory import ByteCache
from models.engine.render_layout import RenderLayoutStage, between_styles, canvas_size
from models.errors import Cancelled, OutOfMemory, RequestError
from models.image_io import resize_rgb, to_rgb_hwc
from models.networks.spade import SpadeNetwork
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


@pytest.fixture(autouse=True)
def one_thread():
    """Networks as small as these lose more by waiting for a second thread than they win."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def network() -> SpadeNetwork:
    return network_of()


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


@torch.inference_mode()
def test_a_layout_and_a_seed_are_the_networks_picture(network):
    expected = network(semantics_of(stripes()), random_style(3))
    torch.testing.assert_close(render(network=network), expected, atol=1e-5, rtol=0)
    assert expected.std() > 0.05


@torch.inference_mode()
def test_the_canvas_has_the_models_size_and_the_layout_another(network):
    """Pixel i of the canvas is that of floor(i * before / after) in the layout."""
    layout = layout_of(stripes(7, 5))
    rows = [i * 7 // 90 for i in range(90)]
    columns = [i * 5 // 64 for i in range(64)]
    expected = network(semantics_of(stripes(7, 5)[rows][:, columns]), random_style(3))
    img = render(layout=layout, size_px=(90, 64), network=network)
    torch.testing.assert_close(img, expected, atol=1e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize("size_px", [(45, 32), (180, 128), (1, 1), (512, 364)])
def test_a_picture_of_another_size_is_the_same_picture_stretched(network, size_px):
    shape = (90, 64) if size_px != (1, 1) else (64, 64)
    of_the_models_size = render(size_px=shape, network=network)
    expected = F.interpolate(of_the_models_size, size=size_px, mode="bicubic", antialias=True)
    img = render(size_px=size_px, network=network)
    assert img.shape == (1, 3, *size_px)
    allowed = 0.05 if size_px == (512, 364) else 1e-5
    assert (img - expected.clamp(-1.0, 1.0)).abs().mean() <= allowed


def test_canvases_keep_the_pictures_shape_up_to_long_strips():
    wide = SpadeConfig(classes=35, upsampling="more", crop_size=512, aspect_ratio=2.0)
    assert canvas_size(wide, (1000, 2000)) == (256, 512)
    assert canvas_size(CONFIG, (300, 200)) == (96, 64)
    assert canvas_size(CONFIG, (8, 800)) == (5, 512)
    assert canvas_size(CONFIG, (1, 30_000)) == (1, 512)
    assert canvas_size(CONFIG, (512, 512), 0.25) == (16, 16)


def test_the_same_seed_is_the_same_picture_and_another_seed_another(network):
    first = render(network=network)
    assert torch.equal(render(network=network), first)
    other = render(replace(PAINT, seed=4), network=network)
    assert (other - first).abs().mean() > 0.01


def test_the_picture_below_does_not_show(network):
    contexts = [make_context(network=network, spec=lambda edit: spec_of()) for _ in range(2)]
    results = []
    for seed, context in enumerate(contexts):
        request = RenderRequest(base=random_picture(64, 96, seed), edits=(PAINT,), layout=LAYOUT)
        with torch.inference_mode():
            results.append(renderer.render(request, (64, 96), replace(context, layout=LAYOUT)))
    assert torch.equal(*results)


# Styles


@torch.inference_mode()
def test_a_photos_style_is_the_mean_that_the_encoder_gives(network):
    mean, _ = network.encode_style(resize_rgb(PHOTO.rgb_hwc, (256, 256)))
    expected = network(semantics_of(stripes()), mean)
    img = render(replace(PAINT, reference=PHOTO.sha256), network=network)
    torch.testing.assert_close(img, expected, atol=1e-5, rtol=0)


def test_a_photo_is_encoded_once_for_each_set_of_weights(network):
    seen = []
    handle = network.E.register_forward_hook(lambda *_: seen.append(1))
    try:
        context = make_context(PHOTO, network=network, spec=lambda edit: spec_of())
        edit = replace(PAINT, reference=PHOTO.sha256, other_seed=1)
        for blend in (0.0, 0.3, 0.6):
            render(replace(edit, blend=blend), context=context)
        render(edit, layout_of(stripes(labels=(3, 4))), context=context)
        assert len(seen) == 1
        render(edit, context=replace(context, spec=lambda edit: spec_of(sha256="b" * 64)))
        assert len(seen) == 2
    finally:
        handle.remove()


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3000, 2), (600, 900)])
def test_every_photo_has_a_style(network, size):
    photo = random_picture(*size, seed=3)
    context = make_context(photo, network=network, spec=lambda edit: spec_of())
    img = render(replace(PAINT, reference=photo.sha256), context=context)
    assert torch.isfinite(img).all()
    assert img.shape == (1, 3, 64, 96)


def test_a_blend_goes_from_one_style_to_the_other(network):
    first = render(PAINT, network=network)
    second = render(replace(PAINT, seed=8), network=network)
    photos = render(replace(PAINT, reference=OTHER_PHOTO.sha256), network=network)

    def at(blend, **other):
        return render(replace(PAINT, blend=blend, **other), network=network)

    assert torch.equal(at(0.0, other_seed=8), first)
    torch.testing.assert_close(at(1.0, other_seed=8), second, atol=1e-5, rtol=0)
    torch.testing.assert_close(at(1.0, other_reference=OTHER_PHOTO.sha256), photos)
    # A second photo comes before a second seed, as a first photo before the first seed.
    both = {"other_reference": OTHER_PHOTO.sha256, "other_seed": 8}
    torch.testing.assert_close(at(1.0, **both), photos)
    middle = at(0.5, other_seed=8)
    assert (middle - first).abs().mean() > 0.001
    assert (middle - second).abs().mean() > 0.001
    assert torch.equal(at(0.7), first)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_the_way_between_two_styles_is_an_arc_of_evenly_growing_length(share):
    first = torch.tensor([[3.0, 0.0, 0.0, 0.0]])
    second = torch.tensor([[0.0, 5.0, 0.0, 0.0]])
    middle = between_styles(first, second, share)[0].tolist()
    length = 3.0 + share * 2.0
    angle = share * math.pi / 2
    expected = [length * math.cos(angle), length * math.sin(angle), 0, 0]
    assert middle == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("first", "second", "middle"),
    [
        ([1.0, 2.0], [1.0, 2.0], [1.0, 2.0]),
        ([1.0, 2.0], [3.0, 6.0], [2.0, 4.0]),
        ([1.0, 2.0], [-1.0, -2.0], [0.0, 0.0]),
        ([0.0, 0.0], [2.0, 4.0], [1.0, 2.0]),
        ([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
    ],
)
def test_styles_without_an_arc_between_them_are_mixed(first, second, middle):
    got = between_styles(torch.tensor([first]), torch.tensor([second]), 0.5)
    assert got[0].tolist() == pytest.approx(middle, abs=1e-5)


def test_random_styles_keep_their_length_on_the_way():
    """The straight line between two random styles of 64 numbers is much shorter midway."""
    first, second = torch.randn(2, 1, 64, generator=torch.Generator().manual_seed(0))
    middle = between_styles(first, second, 0.5)
    expected = 0.5 * (first.norm() + second.norm())
    torch.testing.assert_close(middle.norm(), expected)
    assert (0.5 * (first + second)).norm() < 0.85 * expected


def test_a_model_without_styles_takes_no_notice_of_them():
    config = replace(CONFIG, style_length=0)
    network = network_of(config)
    means = {"network": network, "spec": lambda edit: spec_of(config)}
    plain = render(replace(PAINT, seed=1), **means)
    assert torch.equal(render(replace(PAINT, seed=2, other_seed=3, blend=0.5), **means), plain)
    assert torch.equal(render(replace(PAINT, reference=PHOTO.sha256), **means), plain)
    with torch.inference_mode():
        torch.testing.assert_close(plain, network(semantics_of(stripes())), atol=1e-5, rtol=0)


def test_a_model_that_came_without_its_encoder_says_so(network):
    lone = network_of()
    lone.E = None
    with pytest.raises(RequestError, match="encoder"):
        render(replace(PAINT, reference=PHOTO.sha256), network=lone)
    assert torch.equal(render(network=lone), render(network=network))


# Labels


def test_255_is_unknown_where_the_model_has_the_channel(network):
    unknown = render(layout=layout_of(stripes(labels=(0, 255))), network=network)
    channel = render(layout=layout_of(stripes(labels=(0, 5))), network=network)
    known = render(layout=layout_of(stripes(labels=(0, 4))), network=network)
    assert torch.equal(unknown, channel)
    assert not torch.equal(unknown, known)


def test_a_label_that_the_model_lacks_is_named(network):
    for labels, words in (
        ((0, 9), "giraffe"),
        ((0, 6), "label 6"),
        ((0, 9, 10, 11, 12), "giraffe, label 10, label 11 and 1 more"),
    ):
        with pytest.raises(RequestError) as caught:
            render(layout=layout_of(stripes(labels=labels)), network=network)
        assert f"The painter does not know what to paint for {words} in the layout" in str(
            caught.value
        )


def test_without_an_unknown_channel_255_is_a_label_like_any_other(network):
    config = replace(CONFIG, unknown_channel=False)
    with pytest.raises(RequestError, match="label 255"):
        render(layout=layout_of(stripes(labels=(0, 255))), spec=lambda edit: spec_of(config))


def test_ids_of_sixteen_bits_are_ids():
    ids_hw = np.full((4, 4), 700, np.uint16)
    layout = Layout(PlainIds.from_array(ids_hw), "plain", ((700, "moss"),))
    with pytest.raises(RequestError, match="moss"):
        render(layout=layout)


def test_labels_of_another_palette_are_mapped(network):
    theirs = layout_of(stripes(labels=(40, 41, 255)), "theirs")
    mapping = ((40, 2), (41, 0), (255, 255))
    img = render(replace(PAINT, mapping=mapping), theirs, network=network)
    own = render(layout=layout_of(stripes(labels=(2, 0, 255))), network=network)
    assert torch.equal(img, own)


def test_a_label_without_a_partner_in_the_models_palette_is_named(network):
    theirs = layout_of(stripes(labels=(0, 9)), "theirs")
    with pytest.raises(RequestError, match="giraffe"):
        render(replace(PAINT, mapping=((0, 2),)), theirs, network=network)
    # One that stands for a label beyond the model's own is no better.
    with pytest.raises(RequestError, match="giraffe"):
        render(replace(PAINT, mapping=((0, 2), (9, 77))), theirs, network=network)


def test_another_palette_without_a_mapping_is_refused_although_the_ids_would_fit(network):
    with pytest.raises(RequestError, match=r"'theirs'.*The painter.*'plain'"):
        render(layout=layout_of(stripes(), "theirs"), network=network)


def test_a_model_that_names_no_palette_takes_the_ids_as_they_are(network):
    means = {"network": network, "spec": lambda edit: spec_of(palette_id=None)}
    assert torch.equal(
        render(layout=layout_of(stripes(), "theirs"), **means), render(network=network)
    )


def test_a_model_of_another_family_is_refused_before_it_is_loaded():
    def load(spec):
        raise AssertionError("loaded")

    engine = Engine("cpu", precision="float32", find=make_spec, load_network=load)
    with pytest.raises(RequestError, match="cannot render a layout"):
        engine.render(RenderRequest(base=PHOTO, edits=(PAINT,), layout=LAYOUT))


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


# Through the engine


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
