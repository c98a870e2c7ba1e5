"""Directions out of texture codes: differences of means, and where codes spread."""

import numpy as np
import pytest

from app.errors import UserError
from app.tools.directions import (
    attribute,
    principal_directions,
)

LENGTH = 12


def unit(values) -> np.ndarray:
    return (values / np.linalg.norm(values)).astype(np.float32)


def codes(count: int, widths: dict[int, float], length: int = LENGTH, seed: int = 0):
    """Codes around a mean that spread along some axes by these standard deviations."""
    rng = np.random.default_rng(seed)
    rows = np.full((count, length), 0.1)
    for axis, width in widths.items():
        values = rng.standard_normal(count)
        rows[:, axis] += width * (values - values.mean()) / values.std(ddof=1)
    return [row.astype(np.float32) for row in rows]


def test_an_attribute_is_the_way_from_one_mean_to_the_other():
    rng = np.random.default_rng(1)
    without = [unit(rng.standard_normal(LENGTH)) for _ in range(5)]
    added = rng.standard_normal(LENGTH).astype(np.float32)
    having = [code + added for code in without[::-1]]
    assert attribute(having, without) == pytest.approx(added, abs=1e-6)
    assert attribute(without, having) == pytest.approx(-added, abs=1e-6)
    assert attribute(having, without).dtype == np.float32


def test_groups_of_different_numbers_count_by_their_means():
    one = attribute([unit([1, 0]), unit([1, 0]), unit([0, 1])], [unit([0, 1])])
    assert one == pytest.approx([2 / 3, -2 / 3])


def test_equal_groups_are_refused():
    group = codes(4, {0: 0.1})
    with pytest.raises(UserError, match="same texture"):
        attribute(group, group)


@pytest.mark.parametrize("count", [LENGTH - 4, LENGTH, 5 * LENGTH])
def test_principal_directions_are_those_in_which_the_codes_were_spread(count):
    found = principal_directions(codes(count, {3: 0.3}))
    assert len(found) == 1
    assert found[0].share == pytest.approx(1.0)
    assert found[0].values == pytest.approx(0.3 * np.eye(LENGTH)[3], abs=1e-6)
    assert found[0].values.dtype == np.float32


@pytest.mark.parametrize("count", [7, 200])
def test_they_are_a_singular_value_decomposition_of_the_codes(count):
    """Whichever of the two products was decomposed: an independent way gives the same."""
    rng = np.random.default_rng(count)
    rows = [unit(rng.standard_normal(64)) for _ in range(count)]
    found = principal_directions(rows)
    table = np.stack(rows).astype(np.float64)
    table -= table.mean(axis=0)
    _, sizes, axes = np.linalg.svd(table, full_matrices=False)
    shares = sizes**2 / (sizes**2).sum()
    assert [one.share for one in found] == pytest.approx(shares[: len(found)], abs=1e-9)
    for one, size, axis in zip(found, sizes, axes, strict=False):
        expected = axis * size / np.sqrt(count - 1)
        assert one.values == pytest.approx(np.sign(one.values @ expected) * expected, abs=1e-6)


def test_the_widest_comes_first_and_at_most_eight_come():
    widths = {axis: 0.01 * (axis + 1) for axis in range(LENGTH)}
    found = principal_directions(codes(400, widths))
    shares = [one.share for one in found]
    assert len(found) == 8
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 1.0
    assert len(principal_directions(codes(400, widths), most=3)) == 3


def test_fewer_photos_have_fewer_directions():
    assert len(principal_directions([unit(row) for row in np.eye(LENGTH)[:3]])) == 2


def test_the_same_photos_in_another_order_give_the_same_sliders():
    rows = codes(9, {1: 0.2, 4: 0.1, 7: 0.05})
    forwards, backwards = principal_directions(rows), principal_directions(rows[::-1])
    for one, other in zip(forwards, backwards, strict=True):
        assert one.values == pytest.approx(other.values, abs=1e-6)
        assert one.values[np.abs(one.values).argmax()] > 0


@pytest.mark.parametrize(("count", "words"), [(0, "0 photos"), (1, "One photo"), (2, "2 photos")])
def test_too_few_photos_are_told(count, words):
    with pytest.raises(UserError, match=words) as told:
        principal_directions(codes(5, {0: 0.1})[:count])
    assert "At least 3" in told.value.hint


def test_photos_of_one_texture_have_no_directions():
    with pytest.raises(UserError, match="same texture"):
        principal_directions([unit(np.ones(LENGTH))] * 5)
