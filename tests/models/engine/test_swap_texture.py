from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from models.api import RenderRequest
from models.configs import StyleGAN2DiscriminatorConfig
from models.edits import SwapTexture
from models.engine import renderer
from models.engine.references import reference_size
from models.errors import RequestError
from models.image_io import pad_to_multiple, resize_rgb, to_bchw
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.values import Mask, Picture
from tests.models.engine.fakes import (
    TINY,
    FakeNetwork,
    make_context,
    make_spec,
    random_picture,
)

BASE = random_picture(24, 32, seed=1)
REFERENCE = random_picture(40, 48, seed=2)
SWAP = SwapTexture(model="fake", reference=REFERENCE.sha256)


def render(edit, context, base=BASE, size_px=None):
    request = RenderRequest(base=base, edits=(edit,), pictures=tuple(context.pictures.values()))
    return renderer.render(request, size_px or renderer.target_size(request), context)


@pytest.fixture
def tiny() -> SwappingAutoencoder:
    torch.manual_seed(0)
    return SwappingAutoencoder(**asdict(TINY)).eval()


@torch.inference_mode()
def test_a_swap_is_structure_of_the_one_and_texture_of_the_other(tiny):
    img = render(SWAP, make_context(REFERENCE, network=tiny))
    structure, _ = tiny.encode(to_bchw(BASE.rgb_hwc))
    _, texture = tiny.encode(pad_to_multiple(resize_rgb(REFERENCE.rgb_hwc, (24, 29)), 4, 12))
    torch.testing.assert_close(img, tiny.decode(structure, texture))


@torch.inference_mode()
@pytest.mark.parametrize("amount", [0.0, 0.3, 1.5])
def test_the_amount_mixes_the_texture_codes(amount):
    fake = FakeNetwork()
    img = render(replace(SWAP, amount=amount), make_context(REFERENCE, network=fake))
    structure, own = fake.encode(to_bchw(BASE.rgb_hwc))
    _, other = fake.encode(pad_to_multiple(resize_rgb(REFERENCE.rgb_hwc, (24, 29)), 4, 12))
    torch.testing.assert_close(img, fake.decode(structure, own + amount * (other - own)))


@torch.inference_mode()
def test_noise_is_zero_or_that_of_the_seed(tiny):
    for name, parameter in tiny.named_parameters():
        if name.endswith("noise.weight"):
            parameter.fill_(1.0)

    def of(seed):
        return render(replace(SWAP, seed=seed), make_context(REFERENCE, network=tiny))

    assert torch.equal(of(7), of(7))
    assert not torch.allclose(of(7), of(8))
    assert not torch.allclose(of(7), of(None))

    fake = FakeNetwork()
    for seed in (None, 7):
        render(replace(SWAP, seed=seed), make_context(REFERENCE, network=fake))
    assert fake.noises == ["zero", 7]


@torch.inference_mode()
@pytest.mark.parametrize("size", [(1, 1), (12, 12), (13, 45), (3000, 10), (10, 3000), (1, 200)])
def test_the_result_has_exactly_the_pictures_size(tiny, size):
    base = random_picture(*size)
    img = render(SWAP, make_context(REFERENCE, network=tiny), base)
    assert img.shape == (1, 3, *size)
    assert img.dtype == torch.float32
    assert torch.isfinite(img).all()


@torch.inference_mode()
@pytest.mark.parametrize("size", [(1, 1), (7, 3), (2000, 8)])
def test_every_reference_can_be_encoded(size):
    reference = random_picture(*size)
    edit = replace(SWAP, reference=reference.sha256)
    fake = FakeNetwork()
    assert render(edit, make_context(reference, network=fake)).shape == (1, 3, 24, 32)
    _, (_, (_, _, height, width)), _ = fake.calls
    assert min(height, width) >= 12
    assert height % 4 == width % 4 == 0


@pytest.mark.parametrize(
    ("height", "width", "short_px", "size_px"),
    [
        (300, 400, 150, (150, 200)),
        (400, 300, 600, (800, 600)),
        (100, 400, 50, (50, 200)),
        (10, 30000, 512, (19, 56087)),
        (1, 30000, 1, (1, 30000)),
    ],
)
def test_the_reference_is_worked_at_the_pictures_scale_unless_it_is_a_strip(
    height, width, short_px, size_px
):
    reference = Picture.from_rgb(np.zeros((height, width, 3), np.uint8))
    got_height, got_width = reference_size(reference, short_px)
    assert (got_height, got_width) == pytest.approx(size_px, rel=0.02)
    if width > 4 * height:
        assert got_height * got_width <= max(1.1 * 4 * short_px**2, width)


@torch.inference_mode()
def test_nothing_is_encoded_twice():
    fake = FakeNetwork()
    context = make_context(REFERENCE, network=fake)
    render(SWAP, context)
    render(replace(SWAP, amount=0.5), context)
    assert fake.names() == ["encode", "encode", "decode", "decode"]

    other = random_picture(24, 36, seed=3)
    render(SWAP, context, base=other)
    assert fake.names()[4:] == ["encode", "decode"]


@torch.inference_mode()
def test_other_weights_encode_again():
    fake = FakeNetwork()
    context = make_context(REFERENCE, network=fake)
    render(SWAP, context)
    newer = replace(context, spec=lambda edit: make_spec(sha256="b" * 64))
    render(SWAP, newer)
    assert fake.names() == ["encode", "encode", "decode"] * 2


@torch.inference_mode()
def test_a_swap_above_a_swap_gets_its_codes():
    """The picture is encoded once, before the first; the first one's picture is not even made."""
    fake = FakeNetwork()
    context = make_context(REFERENCE, network=fake)
    half = replace(SWAP, amount=0.5)
    request = RenderRequest(base=BASE, edits=(half, half), pictures=(REFERENCE,))
    img = renderer.render(request, (24, 32), context)
    assert fake.names() == ["encode", "encode", "decode"]
    alone = render(replace(SWAP, amount=0.75), make_context(REFERENCE, network=fake))
    torch.testing.assert_close(img, alone)


@torch.inference_mode()
def test_progress_names_the_three_steps():
    words = []
    context = make_context(
        REFERENCE, network=FakeNetwork(), progress=lambda text, share: words.append(text)
    )
    render(SWAP, context)
    assert words == ["encoding picture", "encoding reference", "decoding", "done"]


def test_a_model_of_another_family_is_refused():
    context = make_context(
        REFERENCE, spec=lambda edit: make_spec("judge", config=StyleGAN2DiscriminatorConfig())
    )
    with pytest.raises(RequestError, match=r"'judge'.*cannot take over a texture"):
        render(SWAP, context)


def working_set(edit, size_px, context, masks=()) -> int:
    pictures = tuple(context.pictures.values())
    request = RenderRequest(base=BASE, edits=(edit,), pictures=pictures, masks=masks)
    area = size_px[0] * size_px[1]
    return renderer.working_set_bytes(request, size_px, context) - 48 * area


def test_the_working_set_grows_with_the_area_and_not_below_the_smallest_side():
    context = make_context(REFERENCE)
    small, large = (working_set(SWAP, size, context) for size in [(64, 64), (128, 128)])
    assert large == pytest.approx(4 * small, rel=0.01)

    square = random_picture(20, 20)
    edit, context = replace(SWAP, reference=square.sha256), make_context(square)
    assert working_set(edit, (1, 1), context) == working_set(edit, (12, 12), context)

    context = make_context(REFERENCE, dtype=torch.bfloat16)
    assert working_set(SWAP, (64, 64), context) < small


FULL = replace(TINY, structure_downsamplings=4, generator_scale=1.0, encoder_scale=1.0)


def test_the_working_set_of_the_full_network_is_what_was_measured():
    """Peak resident memory of decoding 512 x 512 px in float32: 1,841 bytes a pixel.

    With a texture that varies in space it was 3,250.
    """
    context = make_context(REFERENCE, spec=lambda edit: make_spec(config=FULL))
    predicted = working_set(SWAP, (512, 512), context)
    assert 1841 * 512**2 <= predicted <= 1.6 * 1841 * 512**2
    mask = Mask.from_grey(np.zeros((2, 2), np.uint8))
    as_map = working_set(replace(SWAP, mask=mask.sha256), (512, 512), context, (mask,))
    assert 3250 * 512**2 <= as_map <= 1.6 * 3250 * 512**2


def test_the_working_set_in_tiles_grows_with_the_images_alone():
    square = random_picture(20, 20)
    edit = replace(SWAP, reference=square.sha256)
    context = make_context(square, spec=lambda edit: make_spec(config=FULL))
    tiled = replace(context, tile_px=256)
    large, larger = (working_set(edit, (side, side), tiled) for side in (2048, 4096))
    images = 3 * 6 * 4
    assert larger - large == pytest.approx(3 * 2048**2 * images, rel=0.01)
    assert large < working_set(edit, (2048, 2048), context)
