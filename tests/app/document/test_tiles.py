import pickle
import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.rect import Rect
from app.document.tiles import TILE_PX, TiledArray, changed_rect, merged
from models.values import tile_digest

WIDE = Rect(0, 0, 200, 130)
FRAME_PX = 400


def noise(height_px: int, width_px: int, dtype: npt.DTypeLike = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 9, (height_px, width_px)).astype(dtype)


def unshared(a: TiledArray, b: TiledArray) -> int:
    """How many tiles of `b` are not those of `a`."""
    return sum(old is not new for old, new in zip(a.tiles, b.tiles, strict=True))


def disc(shape: tuple[int, int], x_px: float, y_px: float, radius_px: float) -> np.ndarray:
    """The pixels whose middle a dab reaches, the slow way."""
    ys, xs = np.mgrid[: shape[0], : shape[1]] + 0.5
    return (xs - x_px) ** 2 + (ys - y_px) ** 2 <= radius_px**2


def framed(values: np.ndarray, rect: Rect) -> tuple[np.ndarray, np.ndarray]:
    """A copy with room around it, and the part of that which lies in `rect`."""
    wide = np.pad(values, FRAME_PX)
    x, y = rect.x_px + FRAME_PX, rect.y_px + FRAME_PX
    return wide, wide[y : y + rect.height_px, x : x + rect.width_px]


def inner(wide: np.ndarray) -> np.ndarray:
    return wide[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX]


# In and out


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("size", [(1, 1), (64, 64), (65, 63), (130, 200)])
def test_values_come_out_as_they_went_in(size, dtype):
    values = noise(*size, dtype=dtype)
    tiled = TiledArray.from_array(values)
    out = tiled.to_array()
    assert (tiled.height_px, tiled.width_px, tiled.dtype) == (*size, dtype)
    assert out.dtype == dtype
    assert np.array_equal(out, values)
    assert out.flags.c_contiguous
    assert not out.flags.writeable
    assert tiled.nbytes == values.nbytes


def test_a_tiled_array_is_a_copy_that_nobody_can_write_to():
    values = noise(70, 70)
    tiled = TiledArray.from_array(values)
    values[:] = 77
    assert tiled.to_array().max() < 9
    assert not any(tile.flags.writeable for tile in tiled.tiles)


def test_a_plain_array_takes_the_memory_of_its_kinds_of_tiles():
    tiled = TiledArray.filled(640, 640, 7)
    assert (tiled.to_array() == 7).all()
    assert tiled.nbytes == TILE_PX**2
    assert TiledArray.filled(650, 650, 7, np.uint16).nbytes == 2 * (TILE_PX + 10) ** 2


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiles_of_one_value_are_kept_once(dtype):
    values = np.full((650, 650), 258 if dtype == np.uint16 else 7, dtype)
    values[:, 640:] = 3
    values[70, 70] = 1
    tiled = TiledArray.from_array(values)
    assert np.array_equal(tiled.to_array(), values)
    # The plain one, that with the dot, and three smaller ones at the borders.
    assert tiled.nbytes == values.itemsize * (2 * 64 * 64 + 2 * 64 * 10 + 10 * 10)
    assert not any(tile.flags.writeable for tile in tiled.tiles)


@pytest.mark.parametrize(
    "values", [np.zeros(4, np.uint8), np.zeros((4, 4), np.int32), np.zeros((0, 4), np.uint8)]
)
def test_other_arrays_are_refused(values):
    with pytest.raises(ValueError, match="an array of"):
        TiledArray.from_array(values)


def test_values_beyond_the_type_are_refused():
    with pytest.raises(ValueError, match="256 in an array of uint8"):
        TiledArray.filled(4, 4, 256)
    plain = TiledArray.filled(4, 4, 0)
    with pytest.raises(ValueError, match="-1 in an array of uint8"):
        plain.fill(plain.bounds, -1)
    with pytest.raises(ValueError, match="300 in an array of uint8"):
        plain.stamp(2, 2, 1, 300)
    with pytest.raises(ValueError, match="an array of 0 x 4"):
        TiledArray.filled(0, 4, 0)


def test_single_values():
    values = noise(130, 200)
    tiled = TiledArray.from_array(values)
    for x, y in [(0, 0), (63, 64), (199, 129)]:
        assert tiled.value_at(x, y) == values[y, x]
    for x, y in [(-1, 0), (0, -1), (200, 0), (0, 130)]:
        with pytest.raises(IndexError):
            tiled.value_at(x, y)


def test_a_part_is_read_across_tiles():
    values = noise(130, 200)
    tiled = TiledArray.from_array(values)
    part = tiled.read(Rect(60, 50, 80, 30))
    assert np.array_equal(part, values[50:80, 60:140])
    part[:] = 1  # is the caller's own
    assert tiled.read(Rect(5, 5, 0, 0)).size == 0
    for outside in (Rect(-1, 0, 5, 5), Rect(198, 0, 5, 5)):
        with pytest.raises(IndexError):
            tiled.read(outside)


# Writing


rects = st.builds(
    Rect, st.integers(-90, 220), st.integers(-90, 150), st.integers(0, 220), st.integers(0, 150)
)


@given(rects, st.integers(0, 2), st.integers(0, 2))
def test_a_fill_does_what_numpy_does(rect, before, value):
    values = np.full((130, 200), before, np.uint8)
    tiled = TiledArray.from_array(values)
    filled = tiled.fill(rect, value)
    expected, part = framed(values, rect)
    part[:] = value
    assert np.array_equal(filled.to_array(), inner(expected))
    assert (filled is tiled) == (before == value or rect.intersection(WIDE).is_empty)


@given(rects, st.integers(0, 2**32 - 1), st.booleans())
def test_a_patch_does_what_numpy_does(rect, seed, everywhere):
    rng = np.random.default_rng(seed)
    values = noise(130, 200)
    tiled = TiledArray.from_array(values)
    new = rng.integers(0, 9, (rect.height_px, rect.width_px)).astype(np.uint8)
    where = np.ones(new.shape, bool) if everywhere else rng.random(new.shape) < 0.3
    patched = tiled.patch(rect, new, None if everywhere else where)
    expected, part = framed(values, rect)
    part[where] = new[where]
    assert np.array_equal(patched.to_array(), inner(expected))


@given(st.floats(-40, 240), st.floats(-40, 170), st.floats(0.75, 90))
def test_a_dab_is_round(x_px, y_px, radius_px):
    tiled = TiledArray.filled(130, 200, 3)
    dabbed = tiled.stamp(x_px, y_px, radius_px, 5)
    # A pixel exactly on the rim may fall to either side.
    surely = disc((130, 200), x_px, y_px, radius_px * (1 - 1e-9))
    perhaps = disc((130, 200), x_px, y_px, radius_px * (1 + 1e-9))
    reached = dabbed.to_array() == 5
    assert (surely <= reached).all()
    assert (reached <= perhaps).all()


@given(st.floats(0, 199.99), st.floats(0, 129.99), st.floats(0, 0.74))
def test_a_thin_dab_fills_the_pixel_that_it_lies_in(x_px, y_px, radius_px):
    dabbed = TiledArray.filled(130, 200, 0).stamp(x_px, y_px, radius_px, 1).to_array()
    assert np.argwhere(dabbed).tolist() == [[int(y_px), int(x_px)]]


def test_a_dab_outside_does_nothing():
    tiled = TiledArray.filled(130, 200, 0)
    assert tiled.stamp(-30, -30, 20, 1) is tiled
    assert tiled.stamp(250, 20, 20, 1) is tiled


@pytest.mark.parametrize(
    ("new", "where"),
    [
        (np.zeros((3, 4), np.uint8), None),
        (np.zeros((4, 3), np.uint16), None),
        (np.zeros((4, 3), np.uint8), np.ones((3, 4), bool)),
    ],
)
def test_patches_that_do_not_fit_are_refused(new, where):
    with pytest.raises(ValueError, match="for"):
        TiledArray.filled(9, 9, 0).patch(Rect(0, 0, 3, 4), new, where)


@given(rects, st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 1.0]))
def test_painting_through_a_mask_does_what_numpy_does(rect, seed, covered):
    where = np.random.default_rng(seed).random((rect.height_px, rect.width_px)) < covered
    values = noise(130, 200, np.uint16)
    tiled = TiledArray.from_array(values)
    painted = tiled.paint(rect, where, 300)
    expected, part = framed(values, rect)
    part[where] = 300
    assert np.array_equal(painted.to_array(), inner(expected))
    assert (painted is tiled) == np.array_equal(inner(expected), values)


def test_masks_and_values_that_do_not_fit_are_refused():
    plain = TiledArray.filled(9, 9, 0)
    with pytest.raises(ValueError, match=r"a mask \(3, 4\) for Rect"):
        plain.paint(Rect(0, 0, 3, 4), np.ones((3, 4), bool), 1)
    with pytest.raises(ValueError, match="256 in an array of uint8"):
        plain.paint(Rect(0, 0, 0, 0), np.ones((0, 0), bool), 256)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_values_are_translated_by_a_table(dtype):
    values = noise(130, 200, dtype)
    table = np.array([5, 1, 2, 200, 4, 0, 6, 7, 8], dtype)
    translated = TiledArray.from_array(values).translate(table)
    assert translated.dtype == dtype
    assert np.array_equal(translated.to_array(), table[values])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (np.zeros(8, np.uint8), "8 in a table of 8"),
        (np.zeros(9, np.uint16), "of uint16 for"),
        (np.zeros((9, 1), np.uint8), r"a table \(9, 1\)"),
    ],
)
def test_tables_that_do_not_fit_are_refused(table, said):
    with pytest.raises(ValueError, match=said):
        TiledArray.from_array(noise(130, 200)).translate(table)


@given(rects, st.integers(0, 2**32 - 1), st.booleans())
def test_limits_do_what_numpy_does(rect, seed, lower):
    rng = np.random.default_rng(seed)
    values = noise(130, 200)
    tiled = TiledArray.from_array(values)
    limits = rng.integers(0, 9, (rect.height_px, rect.width_px)).astype(np.uint8)
    limited = (tiled.lower_to if lower else tiled.raise_to)(rect, limits)
    expected, part = framed(values, rect)
    part[:] = (np.minimum if lower else np.maximum)(part, limits)
    assert np.array_equal(limited.to_array(), inner(expected))
    assert (limited is tiled) == np.array_equal(inner(expected), values)
    assert not any(tile.flags.writeable for tile in limited.tiles)


@pytest.mark.parametrize("values", [np.zeros((3, 4), np.uint8), np.zeros((4, 3), np.uint16)])
def test_limits_that_do_not_fit_are_refused(values):
    tiled = TiledArray.filled(9, 9, 0)
    for limit in (tiled.raise_to, tiled.lower_to):
        with pytest.raises(ValueError, match="for Rect"):
            limit(Rect(0, 0, 3, 4), values)


def test_two_arrays_become_one_tile_by_tile():
    a, b = noise(130, 200), noise(130, 200)[::-1].copy()
    both = merged(TiledArray.from_array(a), TiledArray.from_array(b), np.maximum)
    assert np.array_equal(both.to_array(), np.maximum(a, b))
    assert not any(tile.flags.writeable for tile in both.tiles)
    for other in (TiledArray.filled(130, 201, 0), TiledArray.filled(130, 200, 0, np.uint16)):
        with pytest.raises(ValueError, match="for TiledArray"):
            merged(both, other, np.maximum)


# What versions share


def test_a_patch_of_the_same_values_is_no_change():
    tiled, rect = TiledArray.from_array(noise(130, 200)), Rect(50, 50, 90, 30)
    assert tiled.patch(rect, tiled.read(rect)) is tiled
    assert tiled.patch(rect, tiled.read(rect) + np.uint8(1), np.zeros((30, 90), bool)) is tiled


def test_a_painted_mask_shares_the_tiles_that_it_covers():
    plain = TiledArray.from_array(noise(640, 640))
    rect = Rect(10, 10, 560, 560)
    painted = plain.paint(rect, np.ones((560, 560), bool), 20)
    covered = [painted.tile_rows[j][i] for j in range(1, 8) for i in range(1, 8)]
    assert len({id(tile) for tile in covered}) == 1
    assert unshared(plain, painted) == 9 * 9
    assert not any(tile.flags.writeable for tile in painted.tiles)


def test_a_translation_keeps_equal_tiles_shared_and_the_others_as_they_are():
    old = TiledArray.filled(640, 640, 1).fill(Rect(0, 0, 640, 64), 3)
    new = old.translate(np.array([0, 2, 1, 3], np.uint8))
    assert new.nbytes == old.nbytes == 2 * TILE_PX**2
    assert unshared(old, new) == 90
    assert not any(tile.flags.writeable for tile in new.tiles)
    assert old.translate(np.array([7, 1, 7, 3], np.uint8)) is old


def test_a_dab_copies_the_tiles_that_it_changes_and_no_others():
    plain = TiledArray.from_array(noise(640, 640))
    dabbed = plain.stamp(64, 32, 10, 200)
    assert unshared(plain, dabbed) == 2
    assert [old is new for old, new in zip(plain.tile_rows, dabbed.tile_rows, strict=True)] == [
        False,
        *[True] * 9,
    ]
    again = dabbed.stamp(64, 32, 8, 200)
    assert again is dabbed
    assert unshared(dabbed, dabbed.stamp(60, 32, 10, 200)) == 1


def test_a_fill_shares_the_tiles_that_it_covers():
    plain = TiledArray.from_array(noise(640, 640))
    filled = plain.fill(Rect(0, 0, 640, 600), 3)
    assert filled.nbytes == (1 + 10) * TILE_PX**2


def test_limits_share_the_tiles_that_keep_them():
    plain = TiledArray.from_array(noise(640, 640))
    raised = plain.raise_to(Rect(60, 10, 10, 10), np.full((10, 10), 20, np.uint8))
    assert unshared(plain, raised) == 2
    lowered = raised.lower_to(Rect(60, 10, 2, 10), np.zeros((10, 2), np.uint8))
    assert unshared(raised, lowered) == 1


def test_merging_asks_once_for_each_two_tiles_and_keeps_what_stays():
    calls = []

    def least(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        calls.append(a.shape)
        return np.minimum(a, b)

    a = TiledArray.filled(650, 650, 5).fill(Rect(0, 0, 64, 64), 9)
    b = TiledArray.filled(650, 650, 7)
    new = merged(a, b, least)
    assert sorted(calls) == [(10, 10), (10, 64), (64, 10), (64, 64), (64, 64)]
    assert unshared(a, new) == 1
    assert new.tile_rows[1] is a.tile_rows[1]
    assert merged(new, b, np.minimum) is new


def test_writing_leaves_the_old_version_alone():
    old = TiledArray.filled(130, 200, 0)
    new = old.stamp(60, 60, 30, 1).fill(Rect(0, 100, 9, 9), 2)
    assert not old.to_array().any()
    assert not any(tile.flags.writeable for tile in new.tiles)


def test_equality_is_of_values():
    a = TiledArray.from_array(noise(130, 200))
    assert a == TiledArray.from_array(noise(130, 200))
    assert hash(a) == hash(TiledArray.from_array(noise(130, 200)))
    assert a != a.stamp(5, 5, 2, 100)
    assert a.stamp(5, 5, 2, 100).patch(Rect(0, 0, 9, 9), a.read(Rect(0, 0, 9, 9))) == a
    assert a != TiledArray.from_array(noise(130, 200, np.uint16))
    assert a != TiledArray.filled(130, 201, 0)
    assert a != "a"


# Digests


def digests_of(tiled: TiledArray) -> list[bytes]:
    return [b"".join(map(tile_digest, row)) for row in tiled.tile_rows]


@pytest.fixture
def counted(monkeypatch) -> list[int]:
    """The sizes of the tiles that are hashed."""
    sizes: list[int] = []

    def counting(tile: np.ndarray) -> bytes:
        sizes.append(tile.size)
        return tile_digest(tile)

    monkeypatch.setattr("app.document.tile_kinds.tile_digest", counting)
    return sizes


def test_digests_are_those_of_the_tiles():
    for dtype in (np.uint8, np.uint16):
        tiled = TiledArray.from_array(noise(130, 200, dtype))
        assert list(tiled.digests) == digests_of(tiled)
    assert tiled.digests is tiled.digests


def test_tiles_that_are_the_same_one_are_hashed_once(counted):
    tiled = TiledArray.filled(650, 650, 7)
    assert sorted(counted) == []
    assert list(tiled.digests) == digests_of(tiled)
    assert sorted(counted) == [100, 640, 640, 4096]


def test_only_changed_tiles_are_hashed_again(counted):
    tiled = TiledArray.from_array(noise(640, 640))
    assert len(tiled.digests) == 10
    del counted[:]
    new = tiled
    for step in range(20):
        new = new.stamp(64 + step, 32, 10, 200)
    assert list(new.digests) == digests_of(new)
    assert len(counted) == 2
    again = new.fill(Rect(300, 300, 5, 5), 77).fill(Rect(0, 320, 640, 320), 1)
    assert list(again.digests) == digests_of(again)
    # The five, one of them with what the first fill left, and the plain one.
    assert len(counted) == 2 + 2
    assert list(new.digests) == digests_of(new)
    assert len(counted) == 2 + 2


@given(st.lists(st.tuples(rects, st.integers(0, 3), st.booleans()), max_size=6))
def test_digests_are_right_whenever_they_are_asked_for(fills):
    tiled = TiledArray.from_array(noise(130, 200))
    versions = [tiled]
    for rect, value, asked in fills:
        versions.append(versions[-1].fill(rect, value))
        if asked:
            assert list(versions[-1].digests) == digests_of(versions[-1])
    for version in versions:
        assert list(version.digests) == digests_of(version)


def test_what_is_pickled_has_its_own_tiles_only():
    tiled = TiledArray.from_array(noise(640, 640))
    assert tiled.digests
    new = tiled.fill(tiled.bounds, 3)
    assert len(pickle.dumps(new)) < 20_000
    copy = pickle.loads(pickle.dumps(new))
    assert copy == new
    assert copy.nbytes == new.nbytes
    assert copy.digests == new.digests


# What changed


@given(st.lists(st.tuples(st.integers(0, 199), st.integers(0, 129)), max_size=4))
def test_the_changed_rectangle_is_the_tightest(points):
    old = TiledArray.filled(130, 200, 0)
    new = old
    for x, y in points:
        new = new.fill(Rect(x, y, 1, 1), 1)
    found = changed_rect(old, new)
    if not points:
        assert found is None
    else:
        xs, ys = zip(*points, strict=True)
        assert found == Rect.spanning(min(xs), min(ys), max(xs) + 1, max(ys) + 1)


def test_equal_bytes_in_other_tiles_are_no_change():
    a, b = (TiledArray.from_array(noise(130, 200)) for _ in range(2))
    assert changed_rect(a, b) is None


def test_all_of_another_size_or_type_has_changed():
    a = TiledArray.filled(9, 9, 0)
    assert changed_rect(a, TiledArray.filled(5, 7, 0)) == Rect(0, 0, 7, 5)
    assert changed_rect(a, TiledArray.filled(9, 9, 0, np.uint16)) == Rect(0, 0, 9, 9)


# Speed


def test_a_thousand_dabs_are_quick():
    """0.05 s on one core; the limit leaves room for a busy machine and for coverage.

    In processor time, the best of three.
    """
    points = np.random.default_rng(0).random((1000, 2)) * 1024
    plain = TiledArray.filled(1024, 1024, 0)

    def seconds() -> float:
        start, tiled = time.process_time(), plain
        for x, y in points:
            tiled = tiled.stamp(float(x), float(y), 24, 1)
        return time.process_time() - start

    assert min(seconds() for _ in range(3)) < 0.3
