"""Small label maps as text: "." is label 0, "#" is label 1, other digits are themselves."""

import numpy as np
from hypothesis import strategies as st

from app.document.rect import Rect
from app.document.tiles import TiledArray
from app.tools.sweeps import Tip

LETTERS = ".#23456789"
BOUNDS = Rect(0, 0, 48, 40)
# On a grid of 1/8 pixels, rims that touch a pixel's middle touch it exactly.
places = st.integers(-160, 560).map(lambda eighths: eighths / 8)
radii = st.integers(6, 160).map(lambda eighths: eighths / 8)
tips = st.builds(Tip, places, places, radii)
points = st.tuples(places, places)
ways = st.lists(st.tuples(tips, tips), min_size=1, max_size=3).map(np.array)


def middles() -> tuple[np.ndarray, np.ndarray]:
    """x and y of the middles of all pixels of BOUNDS."""
    ys, xs = np.mgrid[: BOUNDS.height_px, : BOUNDS.width_px] + 0.5
    return xs, ys


def grid(*rows: str) -> TiledArray:
    values = [[LETTERS.index(letter) for letter in row] for row in rows]
    return TiledArray.from_array(np.array(values, np.uint8))


def drawn(ids: TiledArray) -> list[str]:
    return ["".join(LETTERS[value] for value in row) for row in ids.to_array()]


def empty(height_px: int, width_px: int) -> TiledArray:
    return TiledArray.filled(height_px, width_px, 0)


def changed(before: TiledArray, after: TiledArray) -> np.ndarray:
    return before.to_array() != after.to_array()


def shared(before: TiledArray, after: TiledArray) -> list[bool]:
    return [old is new for old, new in zip(before.tiles, after.tiles, strict=True)]


def pieces(mask_hw: np.ndarray, neighbours: int) -> int:
    """How many pieces hang together by sides (4), or by sides and corners (8)."""
    import cv2

    return cv2.connectedComponents(mask_hw.astype(np.uint8), connectivity=neighbours)[0] - 1
