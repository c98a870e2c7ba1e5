import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models import image_io
from models.errors import Cancelled, RequestError
from models.image_io import (
    pad_to_multiple,
    padded_side_px,
    resize_rgb,
    short_side_size,
    stretch,
    to_bchw,
    to_mask,
    to_rgb_hwc,
)


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 16)])
def test_every_value_comes_back(dtype, bits):
    values = np.arange(2**bits, dtype=dtype).reshape(16, -1)
    rgb_hwc = np.stack([values, values[::-1], values[:, ::-1]], 2)

    back = to_rgb_hwc(to_bchw(rgb_hwc), bits)

    assert back.dtype == dtype
    assert np.array_equal(back, rgb_hwc)
    assert back.flags.c_contiguous


@pytest.mark.parametrize(("dtype", "largest"), [(np.uint8, 255), (np.uint16, 65535)])
def test_black_is_minus_one_and_white_is_one(dtype, largest):
    img = to_bchw(np.array([[[0, largest, 0]]], dtype=dtype))
    assert img.shape == (1, 3, 1, 1)
    assert img.flatten().tolist() == [-1.0, 1.0, -1.0]


def test_channels_rows_and_columns_stay_in_place():
    rgb_hwc = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    img = to_bchw(rgb_hwc)
    assert img.shape == (1, 3, 2, 4)
    assert img[0, 2, 1, 3] == pytest.approx(rgb_hwc[1, 3, 2] / 127.5 - 1.0)


def test_read_only_pixels_are_taken():
    rgb_hwc = np.zeros((2, 2, 3), np.uint8)
    rgb_hwc.flags.writeable = False
    to_bchw(rgb_hwc).add_(1.0)
    assert rgb_hwc.sum() == 0


def test_rounding_is_to_the_nearest_and_not_down():
    # 127.9 of 255, as a value in [-1, 1]: truncation would give 127.
    assert to_rgb_hwc(torch.full((1, 3, 1, 1), 127.9 / 127.5 - 1.0))[0, 0, 0] == 128


def test_values_beyond_the_range_are_clipped():
    img = torch.tensor([-3.0, 3.0, 1.001]).reshape(1, 3, 1, 1)
    assert to_rgb_hwc(img).flatten().tolist() == [0, 255, 255]


def test_half_precision_images_are_taken():
    assert to_rgb_hwc(torch.ones(1, 3, 2, 2, dtype=torch.bfloat16)).min() == 255


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)],
)
def test_other_arrays_are_refused(pixels):
    with pytest.raises(RequestError, match="H x W x 3"):
        to_bchw(pixels)


def test_other_images_are_refused():
    with pytest.raises(RequestError, match="1 x 3 x H x W"):
        to_rgb_hwc(torch.zeros(2, 3, 4, 4))
    with pytest.raises(RequestError, match="8 or 16 bits"):
        to_rgb_hwc(torch.zeros(1, 3, 4, 4), bits=10)


def test_padding_reflects_at_the_right_and_the_bottom():
    img = torch.arange(15.0).reshape(1, 1, 3, 5)
    padded = pad_to_multiple(img, 4)
    assert padded.shape[2:] == (4, 8)
    assert torch.equal(padded[..., :3, :5], img)
    assert padded[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 3, 2, 1]
    assert torch.equal(padded[0, 0, 3, :5], img[0, 0, 1])


def test_padding_repeats_the_border_where_nothing_can_be_reflected():
    padded = pad_to_multiple(torch.full((1, 3, 1, 1), 0.5), 16, 112)
    assert padded.shape == (1, 3, 112, 112)
    assert bool((padded == 0.5).all())


def test_an_image_that_fits_is_not_copied():
    img = torch.zeros(1, 3, 16, 32)
    assert pad_to_multiple(img, 16) is img


@pytest.mark.parametrize(
    ("side_px", "multiple_px", "min_side_px", "padded_px"),
    [(1, 16, 112, 112), (112, 16, 112, 112), (113, 16, 112, 128), (5, 4, 6, 8), (512, 64, 1, 512)],
)
def test_padded_sides(side_px, multiple_px, min_side_px, padded_px):
    assert padded_side_px(side_px, multiple_px, min_side_px) == padded_px


@pytest.mark.parametrize(
    ("size_px", "short_px", "result_px"),
    [
        ((600, 800), 300, (300, 400)),
        ((800, 600), 300, (400, 300)),
        ((10, 30000), 10, (10, 30000)),
        ((1, 1), 512, (512, 512)),
        ((1000, 3), 1, (333, 1)),
    ],
)
def test_short_side_sizes(size_px, short_px, result_px):
    assert short_side_size(size_px, short_px) == result_px


def test_resizing_is_antialiased():
    checks = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (32, 32))[..., None].repeat(3, 2)
    assert resize_rgb(checks, (8, 8)).abs().max() < 0.05


def test_resizing_does_not_overshoot():
    edge = np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 255
    free = F.interpolate(to_bchw(edge), size=(16, 16), mode="bicubic", antialias=True)
    assert free.max() > 1.0
    assert resize_rgb(edge, (16, 16)).abs().max() <= 1.0


@pytest.mark.parametrize("size_px", [(20, 10), (200, 10), (20, 200), (194, 106), (97, 53), (1, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_resizing_in_strips_equals_resizing_at_once(monkeypatch, size_px, dtype):
    monkeypatch.setattr(image_io, "STRIP_PX", 1000)
    rgb_hwc = np.random.default_rng(0).integers(0, 255, (97, 53, 3)).astype(dtype)
    at_once = F.interpolate(to_bchw(rgb_hwc), size=size_px, mode="bicubic", antialias=True)
    assert torch.equal(resize_rgb(rgb_hwc, size_px), at_once.clamp(-1.0, 1.0))


def test_a_large_picture_is_converted_in_pieces(monkeypatch):
    sizes = []

    def watched(rgb_hwc):
        sizes.append(rgb_hwc.shape[0] * rgb_hwc.shape[1])
        return to_bchw(rgb_hwc)

    monkeypatch.setattr(image_io, "STRIP_PX", 10_000)
    monkeypatch.setattr(image_io, "to_bchw", watched)
    resize_rgb(np.zeros((500, 300, 3), np.uint8), (50, 30))
    assert max(sizes) <= 10_000
    assert sum(sizes) == 150_000


def test_a_mask_at_its_own_size_is_exact():
    grey_hw = np.array([[0, 255], [51, 128]], np.uint8)
    assert to_mask(grey_hw, (2, 2))[0, 0].tolist() == [
        [0.0, 1.0],
        [pytest.approx(0.2), pytest.approx(128 / 255)],
    ]


def test_a_resized_mask_neither_leaks_nor_overshoots():
    grey_hw = np.zeros((64, 64), np.uint8)
    grey_hw[:, 32:] = 255
    mask = to_mask(grey_hw, (256, 256))
    assert bool((mask[..., :124] == 0.0).all())
    assert bool((mask[..., 132:] == 1.0).all())


def test_a_mask_of_another_kind_is_refused():
    with pytest.raises(RequestError, match="mask"):
        to_mask(np.zeros((2, 2), np.float32), (2, 2))


@pytest.mark.parametrize("size_px", [(40, 30), (61, 100), (1, 9), (500, 2), (7, 5), (90, 1)])
@pytest.mark.parametrize("strip_px", [1, 300, 1 << 22])
def test_stretching_in_bands_is_bit_for_bit_stretching_at_once(monkeypatch, size_px, strip_px):
    img = torch.randn(1, 3, 13, 17, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(image_io, "STRIP_PX", strip_px)
    banded = stretch(img, size_px)
    assert banded.shape == (1, 3, *size_px)
    if size_px[1] > 1:
        at_once = F.interpolate(img, size=size_px, mode="bicubic", antialias=True)
        assert torch.equal(banded, at_once.clamp(-1.0, 1.0))
    else:
        # torch itself is wrong for a single column, but not for a single row.
        row = F.interpolate(img.mT, size=size_px[::-1], mode="bicubic", antialias=True)
        torch.testing.assert_close(banded, row.mT.clamp(-1.0, 1.0), atol=1e-5, rtol=0)


def test_stretching_asks_before_every_band(monkeypatch):
    monkeypatch.setattr(image_io, "STRIP_PX", 400)
    asked = []

    def ask():
        asked.append(1)
        if len(asked) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        stretch(torch.zeros(1, 3, 4, 4), (40, 100), ask)
    assert len(asked) == 3


@pytest.mark.parametrize("width_px", [1, 7])
def test_a_single_column_has_the_rows_of_the_picture(width_px):
    """Dark above, light below, whatever the width."""
    grey_hw = np.repeat(np.repeat(np.array([0, 255], np.uint8), 10)[:, None], width_px, 1)
    column = resize_rgb(np.repeat(grey_hw[..., None], 3, 2), (60, 1))[0, 0, :, 0]
    assert column[:20].max() <= -0.9
    assert column[40:].min() >= 0.9
    mask = to_mask(grey_hw, (60, 1))[0, 0, :, 0]
    assert mask[:20].max() <= 0.05
    assert mask[40:].min() >= 0.95


@pytest.mark.parametrize("bits", [8, 16])
def test_strips_leave_no_trace_in_the_levels(monkeypatch, bits):
    img = torch.randn(1, 3, 31, 23, generator=torch.Generator().manual_seed(1))
    whole = to_rgb_hwc(img, bits)
    monkeypatch.setattr(image_io, "STRIP_PX", 50)
    assert np.array_equal(to_rgb_hwc(img, bits), whole)
    assert whole.flags.c_contiguous
