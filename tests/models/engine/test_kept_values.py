"""What is kept between renders never shows: a used engine and a new one make the same picture."""

import random
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest

from models.api import CancelToken, RenderRequest
from models.edits import (
    AdjustTexture,
    ClonePatch,
    CloneStructure,
    CodeEdit,
    EditRegion,
    PaintTexture,
    SwapTexture,
    TexturePatch,
)
from models.engine import plan, renderer
from models.errors import Cancelled
from tests.models.engine.coding import box_mask, coding_engine, soft_mask
from tests.models.engine.fakes import Brighten, BrightenStage, random_picture

PHOTO = random_picture(40, 52, seed=1)
REFERENCES = (random_picture(30, 30, seed=2), random_picture(12, 60, seed=3))
MASKS = (
    soft_mask(40, 52, 12, 20, 14),
    soft_mask(20, 26, 14, 18, 8),
    box_mask(40, 52, (3, 19), (30, 50)),
    box_mask(40, 52, (20, 21), (0, 52), level=60),
    box_mask(7, 5, (0, 0), (0, 0)),
)
SPOTS = (None, (0.5, 0.5, 0.2), (0.1, 0.8, 0.1))
MOST_LEVELS = 8
"""Of 65536: less computed anew is summed in another order."""


@pytest.fixture
def engine(network, monkeypatch):
    monkeypatch.setitem(plan.STAGES, Brighten, BrightenStage())
    # So that there are different parts of so small a picture.
    monkeypatch.setattr(renderer, "PART_PX", 8)
    return coding_engine(network)


class Hand:
    """Makes edits and changes them at random, as a person does who tries things."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.edit_px = None
        self.edits = [self.new() for _ in range(3)]

    def new(self):
        rng = self.rng
        shown = {"model": "fake", "strength": rng.choice([1.0, 1.0, 0.3]), "mask": self.mask()}
        codes = {"seed": rng.choice([None, 0, 3]), "detail": rng.choice([0.0, 0.5, 1.0]), **shown}
        made = (
            lambda: Brighten(by=0.3, **shown),
            lambda: SwapTexture(reference=self.picture(), **codes),
            lambda: AdjustTexture(amounts=(("texture:0", rng.choice([-3.0, 3.0])),), **codes),
            lambda: CloneStructure(patches=(self.clone(), self.clone()), **codes),
            lambda: EditRegion(region=self.brushed(), amounts=(("structure:1", 4.0),), **codes),
            lambda: PaintTexture(patches=(self.texture(), self.texture()), **codes),
        )
        return rng.choice(made)()

    def change(self):
        rng = self.rng
        at = rng.randrange(len(self.edits))
        edit = self.edits[at]
        changes = [
            self.new,
            lambda: replace(edit, strength=rng.choice([1.0, 0.7, 0.3])),
            lambda: replace(edit, mask=self.mask()),
            lambda: replace(edit, enabled=not edit.enabled),
        ]
        if isinstance(edit, CodeEdit):
            # As often as all else: little changes are those that a key may miss.
            changes += 3 * [lambda: replace(edit, seed=rng.choice([None, 0, 3]))]
            changes += 3 * [lambda: replace(edit, detail=rng.choice([0.0, 0.5, 1.0]))]
        if isinstance(edit, CloneStructure):
            changes += 3 * [lambda: replace(edit, patches=(edit.patches[0], self.clone()))]
        if isinstance(edit, PaintTexture):
            changes += 3 * [lambda: replace(edit, patches=(edit.patches[0], self.texture()))]
        self.edits[at] = rng.choice(changes)()
        if rng.random() < 0.1:
            rng.shuffle(self.edits)
        if rng.random() < 0.1:
            self.edit_px = rng.choice([None, 24])

    def mask(self):
        return self.rng.choice([None, None, self.brushed()])

    def brushed(self):
        return self.rng.choice(MASKS).sha256

    def picture(self):
        return self.rng.choice(REFERENCES).sha256

    def clone(self):
        dx, dy = self.rng.choice([0.1, 0.13, 0.15]), self.rng.choice([0.0, 0.28])
        source = self.rng.choice([None, None, self.picture()])
        return ClonePatch(mask=self.brushed(), dx=dx, dy=dy, source=source)

    def texture(self):
        reference, spot = self.rng.choice([None, self.picture()]), self.rng.choice(SPOTS)
        return TexturePatch(mask=self.brushed(), reference=reference, spot=spot)

    def request(self, short_side_px):
        return RenderRequest(
            base=PHOTO,
            edits=tuple(self.edits),
            pictures=REFERENCES,
            masks=MASKS,
            edit_px=self.edit_px,
            short_side_px=short_side_px,
            bits=16,
        )


class CalledOff(CancelToken):
    """Gives up when it is asked for the n-th time."""

    def __init__(self, asked):
        super().__init__()
        self.left = asked

    def raise_if_cancelled(self):
        self.left -= 1
        if self.left <= 0:
            self.cancel()
        super().raise_if_cancelled()


@pytest.mark.parametrize("steps", [15, pytest.param(150, marks=pytest.mark.slow)])
@pytest.mark.parametrize("short_side_px", [None, 32], ids=["own size", "smaller"])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_done_before_the_picture_is_a_new_engines(
    engine, network, seed, short_side_px, steps
):
    hand = Hand(seed)
    for step in range(steps):
        hand.change()
        request = hand.request(short_side_px)
        if hand.rng.random() < 0.3:
            with suppress(Cancelled):
                engine.render(request, CalledOff(hand.rng.randint(1, 30)))
        used, new = (one.render(request).rgb_hwc for one in (engine, coding_engine(network)))
        difference = np.abs(used.astype(int) - new.astype(int)).max()
        assert difference <= MOST_LEVELS, (step, hand.edits)


@pytest.mark.parametrize("source", [None, REFERENCES[0].sha256], ids=["itself", "another"])
def test_a_source_is_kept_for_each_way_to_it_and_each_size(engine, network, source):
    """Each of these ways asks for another picture between the cells, at each of two sizes."""
    for dx in (0.03, 0.06, 0.13):
        for dy in (0.0, 0.03):
            patch = ClonePatch(mask=MASKS[0].sha256, dx=dx, dy=dy, source=source)
            edit = CloneStructure(model="fake", patches=(patch,))
            for edit_px in (None, 24):
                request = RenderRequest(
                    base=PHOTO, edits=(edit,), pictures=REFERENCES, masks=MASKS, edit_px=edit_px
                )
                used, new = (
                    one.render(request).rgb_hwc for one in (engine, coding_engine(network))
                )
                assert np.array_equal(used, new), (dx, dy, edit_px)
