"""A program that paints without a window, to be killed: `python -m tests.app.document.io.painter`.

It reads lines "seed, folder" and forks for each a process that paints, keeps and saves at random
until it is killed, and tells of each step when it is safe: "kept 7", "saved 5".
"""

import os
import random
import sys
from pathlib import Path

import numpy as np

from app.document.document import Document, LabelMap, Photo, with_edit, with_labels
from app.document.history import History
from app.document.io import images
from app.document.io.project import save_project
from app.document.io.recovery import About, Recovery
from app.document.io.steps import Steps
from app.document.masks import empty_levels, mask_of
from app.document.tiles import TiledArray
from models.edits import SwapTexture
from models.values import Picture

WIDTH_PX, HEIGHT_PX = 320, 200


def first_document() -> Document:
    rgb_hwc = np.random.default_rng(5).integers(0, 256, (HEIGHT_PX, WIDTH_PX, 3), dtype=np.uint8)
    picture = Picture.from_rgb(rgb_hwc)
    labels = LabelMap(TiledArray.filled(HEIGHT_PX, WIDTH_PX, 0), "landscape", ((0, "sky"),))
    return Document(base=Photo(picture, "noise.png"), labels=labels)


def painted(document: Document, step: int) -> Document:
    """The document after step number `step`, from 1: told apart from all others by its names."""
    chance = random.Random(step)
    assert document.labels is not None
    x_px, y_px = chance.uniform(0, WIDTH_PX), chance.uniform(0, HEIGHT_PX)
    ids = document.labels.ids.stamp(x_px, y_px, chance.uniform(5, 40), step % 200 + 1)
    document = with_labels(document, LabelMap(ids, "landscape", document.labels.names))
    if step % 7 == 0:
        mask = mask_of(empty_levels(WIDTH_PX, HEIGHT_PX).stamp(x_px, y_px, 30, 200))
        edit = SwapTexture(model="m", reference=document.base.picture.sha256, mask=mask.sha256)
        document = with_edit(document, edit, f"step {step}", masks=[mask])
    return document


def paint(seed: int, folder: Path) -> None:
    """Paint until the end of this process."""
    chance = random.Random(seed)
    history = History(first_document())
    recovery = Recovery(folder / "recovery" / "20270314-150926-abcdef")
    about = About("noise.png")
    step = 0
    while True:
        step += 1
        history.push(f"Step {step}", painted(history.current, step))
        recovery.keep(Steps.of(history), about)
        tell(f"kept {step}")
        if chance.random() < 0.1:
            recovery.fold()
        if chance.random() < 0.15:
            save_project(Steps.of(history), folder / "work.scumble", encode=recovery.encoded)
            tell(f"saved {step}")


def tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def main() -> None:
    # Loaded before the forks, or each of them would spend its short life on that.
    assert images
    tell("ready")
    for line in sys.stdin:
        seed, folder = line.strip().split(" ", 1)
        child = os.fork()
        if child == 0:
            paint(int(seed), Path(folder))
        tell(f"painting {child}")
        os.waitpid(child, 0)
        tell("ended")


if __name__ == "__main__":
    main()
