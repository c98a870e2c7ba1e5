import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.api import RenderRequest
from models.configs import SpadeConfig
from models.engine import renderer
from models.engine.engine import Engine
from models.engine.render_layout import between_styles, canvas_size
from models.errors import RequestError
from models.image_io import resize_rgb
from models.networks.spade import SpadeNetwork
from models.values import Layout, PlainIds
from tests.models.engine.fakes import make_context, make_spec, random_picture
from tests.models.engine.layouts import (
    CONFIG,
    LAYOUT,
    OTHER_PHOTO,
    PAINT,
    PHOTO,
    layout_of,
    network_of,
    random_style,
    render,
    semantics_of,
    spec_of,
    stripes,
)


@pytest.fixture(scope="module")
def network() -> SpadeNetwork:
    return network_of()


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
