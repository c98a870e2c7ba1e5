import pytest
import torch
import torch.nn.functional as F

from models.engine import stretching as module
from models.engine.stretching import Stretching, weights
from models.engine.weights import Window

PICTURE = torch.randn(1, 3, 23, 31, generator=torch.Generator().manual_seed(0))
WHOLE = Window.whole((23, 31))


def stretched(size_px, picture=PICTURE):
    # In float64, since torch's places are only as exact as its numbers.
    exact = F.interpolate(picture.double(), size=size_px, mode="bicubic", antialias=True)
    return exact.float()


@pytest.mark.parametrize("size_px", [(23, 31), (46, 62), (24, 300), (100, 31), (701, 1003)])
def test_the_whole_picture_is_what_torch_makes_of_it(size_px):
    found = Stretching((23, 31), size_px)(PICTURE, WHOLE, Window.whole(size_px))
    torch.testing.assert_close(found, stretched(size_px), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "wanted",
    [Window(0, 1, 0, 1), Window(17, 60, 0, 90), Window(99, 100, 199, 200), Window(40, 41, 3, 177)],
)
def test_a_window_is_a_part_of_it(wanted):
    found = Stretching((23, 31), (100, 200))(PICTURE, WHOLE, wanted)
    expected = stretched((100, 200))[:, :, wanted.rows, wanted.columns]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_part_of_the_picture_is_enough_for_its_window():
    held, wanted = Window(5, 15, 8, 20), Window(7 * 4, 13 * 4, 10 * 4, 18 * 4)
    part = PICTURE[:, :, held.rows, held.columns]
    found = Stretching((23, 31), (92, 124))(part, held, wanted)
    expected = stretched((92, 124))[:, :, wanted.rows, wanted.columns]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_beyond_the_part_its_border_is_repeated():
    held = Window(5, 6, 8, 9)
    part = torch.full((1, 3, 1, 1), 0.7)
    found = Stretching((23, 31), (92, 124))(part, held, Window(0, 92, 0, 124))
    torch.testing.assert_close(found, torch.full_like(found, 0.7))


def test_what_is_kept_of_tall_narrow_windows_is_small():
    """A stroke down a large photo, which is another window with every sample of the hand."""
    weights.cache_clear()
    seen = []

    def watched(*key):
        first, matrix = weights(*key)
        seen.append(matrix.nbytes)
        return first, matrix

    stretching = Stretching((1000, 40), (4000, 160))
    values = torch.zeros(1, 3, 1000, 40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "weights", watched)
        for right in range(1, 9):
            stretching(values, Window.whole((1000, 40)), Window(0, 4000, 0, right))
    assert max(seen) * weights.cache_info().maxsize < 8 * 2**20
