"""Small label maps as text: "." is label 0, "#" is label 1, other digits are themselves."""

import numpy as np

from app.document.tiles import TiledArray

LETTERS = ".#23456789"


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
