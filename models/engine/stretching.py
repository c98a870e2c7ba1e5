"""Windows of a picture that is stretched, as if all of it had been."""

from functools import lru_cache

import torch
from torch import Tensor

from models.engine.weights import Size, Window

SHARPNESS = -0.5
"""Of the cubic filter (Keys, "Cubic convolution interpolation", 1981), as torch's."""
PLACES = 256
"""Rows, and columns, of the result that are computed at once, from the few they depend on."""


class Stretching:
    """Bicubic enlarging of windows, equal to `torch.nn.functional.interpolate` with antialiasing.

    That one knows whole pictures only, and a whole picture may be gigabytes.

    Args:
        before_px: (height, width) of the picture.
        after_px: (height, width) that it is stretched to, not smaller.
    """

    def __init__(self, before_px: Size, after_px: Size) -> None:
        self._before_px = before_px
        self._after_px = after_px

    def __call__(self, values: Tensor, held: Window, wanted: Window) -> Tensor:
        """1 x C x h x w of `wanted`, a window of the stretched picture.

        Args:
            values: 1 x C x h' x w', a window of the picture.
            held: which window that is. Beyond it, its border is repeated.
        """
        # Sides are (from, to), the rows' before the columns'.
        held_yx = (held.top, held.bottom), (held.left, held.right)
        wanted_yx = (wanted.top, wanted.bottom), (wanted.left, wanted.right)
        tall = self._along(0, values.mT, held_yx[0], wanted_yx[0]).mT
        return self._along(1, tall, held_yx[1], wanted_yx[1])

    def _along(
        self, axis: int, values: Tensor, held: tuple[int, int], wanted: tuple[int, int]
    ) -> Tensor:
        """The last side of the values, which lies along that axis, stretched."""
        stretched = values.new_empty(*values.shape[:3], wanted[1] - wanted[0])
        for start in range(*wanted, PLACES):
            stop = min(start + PLACES, wanted[1])
            first, matrix = weights(
                self._before_px[axis], self._after_px[axis], held, (start, stop)
            )
            part = values[..., first : first + matrix.shape[1]]
            stretched[..., start - wanted[0] : stop - wanted[0]] = part @ matrix.T
        return stretched


@lru_cache(maxsize=64)
def weights(
    before: int, after: int, held: tuple[int, int], wanted: tuple[int, int]
) -> tuple[int, Tensor]:
    """What each wanted place is made of.

    Args:
        before, after: lengths of a side.
        held: (first, behind the last) of the places that there are.
        wanted: (first, behind the last) of the places that are asked for.

    Returns:
        the first place that is needed, counted from the first held, and wanted x needed weights.
    """
    at = (torch.arange(*wanted, dtype=torch.float64) + 0.5) * (before / after) - 0.5
    places = at.floor().long()[:, None] + torch.arange(-1, 3)
    share = _cubic((places - at[:, None]).abs())
    # Beyond the picture there is nothing: the others' weights grow to a sum of 1.
    share *= (places >= 0) & (places < before)
    share /= share.sum(1, keepdim=True)
    places = places.clamp(held[0], held[1] - 1) - held[0]
    first, last = int(places.min()), int(places.max())
    matrix = torch.zeros(places.shape[0], last - first + 1, dtype=torch.float64)
    matrix.scatter_add_(1, places - first, share)
    return first, matrix.float()


def _cubic(distance: Tensor) -> Tensor:
    """The filter's value at a distance, in places."""
    near = ((SHARPNESS + 2.0) * distance - (SHARPNESS + 3.0)) * distance.square() + 1.0
    far = SHARPNESS * (((distance - 5.0) * distance + 8.0) * distance - 4.0)
    return torch.where(distance <= 1.0, near, torch.where(distance < 2.0, far, 0.0))
