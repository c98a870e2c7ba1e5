import numpy as np
import pytest

from models.errors import RequestError
from models.values import Direction, Mask, Picture, pixel_hash


def pixels(seed: int = 0, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (4, 6, 3)).astype(dtype)


def picture(seed: int = 0) -> Picture:
    return Picture.from_rgb(pixels(seed))


def test_equal_pixels_are_equal_pictures():
    assert picture(1) == picture(1)
    assert picture(1) != picture(2)
    assert hash(picture(1)) == hash(picture(1))


def test_the_hash_depends_on_shape_and_depth():
    flat = np.zeros((2, 6, 3), np.uint8)
    hashes = {pixel_hash(a) for a in (flat, flat.reshape(6, 2, 3), flat.view(np.int8))}
    assert len(hashes) == 3


def test_the_hash_does_not_depend_on_the_layout_in_memory():
    assert pixel_hash(pixels()) == pixel_hash(np.asfortranarray(pixels()))


def test_a_picture_is_a_copy_that_cannot_be_written():
    source = pixels()
    made = Picture.from_rgb(source)
    source[:] = 0
    assert made.sha256 == pixel_hash(made.rgb_hwc)
    with pytest.raises(ValueError, match="read-only"):
        made.rgb_hwc[0, 0, 0] = 1


def frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def from_bytes() -> np.ndarray:
    return np.frombuffer(bytes(72), np.uint8).reshape(4, 6, 3)


@pytest.mark.parametrize("source", [frozen(pixels()), from_bytes(), frozen(pixels())[1:3]])
def test_pixels_that_nobody_can_change_are_not_copied(source):
    made = Picture.from_rgb(source)
    assert made.rgb_hwc is source
    assert made.sha256 == pixel_hash(np.array(source))


@pytest.mark.parametrize(
    "source",
    [
        frozen(pixels()[:]),
        frozen(pixels()).transpose(1, 0, 2),
        frozen(np.frombuffer(bytearray(72), np.uint8).reshape(4, 6, 3)),
    ],
    ids=["a view of what can be written", "not contiguous", "memory of something else"],
)
def test_pixels_that_somebody_might_change_are_copied(source):
    made = Picture.from_rgb(source)
    assert not np.shares_memory(made.rgb_hwc, source)
    assert made.rgb_hwc.flags.c_contiguous
    assert not made.rgb_hwc.flags.writeable
    assert np.array_equal(made.rgb_hwc, source)


def test_the_size_of_a_picture():
    assert (picture().width_px, picture().height_px) == (6, 4)
    assert Picture.from_rgb(pixels(dtype=np.uint16)).rgb_hwc.dtype == np.uint16


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((2, 2, 3), np.float32), "8 or 16 bits a channel, not float32"),
        (np.zeros((2, 2), np.uint8), "H x W x 3, not 2 x 2"),
        (np.zeros((2, 2, 4), np.uint8), "not 2 x 2 x 4"),
        (np.zeros((0, 2, 3), np.uint8), "not 0 x 2 x 3"),
    ],
)
def test_what_is_no_picture(array, words):
    with pytest.raises(RequestError, match=words):
        Picture.from_rgb(array)


def test_a_mask_is_a_copy_that_cannot_be_written():
    source = np.full((2, 3), 9, np.uint8)
    made = Mask.from_grey(source)
    source[:] = 0
    assert made == Mask.from_grey(np.full((2, 3), 9, np.uint8))
    assert made != Mask.from_grey(source)
    with pytest.raises(ValueError, match="read-only"):
        made.grey_hw[0, 0] = 1


@pytest.mark.parametrize("shape", [(2, 2, 1), (0, 2), (4,)])
def test_what_is_no_mask(shape):
    with pytest.raises(RequestError, match="H x W"):
        Mask.from_grey(np.zeros(shape, np.uint8))
    with pytest.raises(RequestError, match="8 bits"):
        Mask.from_grey(np.zeros((2, 2), np.uint16))  # pyright: ignore[reportArgumentType] - the test


@pytest.mark.parametrize(
    "values",
    [[], [[1.0]], [np.nan], [1.0, np.inf], [1e300], 3.0],
    ids=["none", "two rows", "no number", "infinite", "too large for float32", "no row"],
)
def test_what_is_no_direction(values):
    with pytest.raises(RequestError, match="one row of finite numbers"):
        Direction.from_values(np.array(values))


def test_a_direction_is_a_copy_in_float32_that_cannot_be_written():
    source = np.array([1.0, -2.5])
    made = Direction.from_values(source)
    source[:] = 0.0
    assert made == Direction.from_values(np.array([1.0, -2.5], np.float32))
    assert made != Direction.from_values(source)
    assert made.values.dtype == np.float32
    assert not made.values.flags.writeable
