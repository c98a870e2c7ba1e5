"""Batches are decoded ahead, and shared out."""

import time
from dataclasses import replace

import pytest
import torch

from models.train.data.batches import CropBatches, photo_crops
from models.train.data.images import find_images


class Counted(CropBatches):
    """Counts the steps whose pictures were asked for; decoding takes a while if told so."""

    pause_s = 0.0

    def __init__(self, entries, reading, **settings):
        self.asked = []

        def load(entry, crop):
            time.sleep(self.pause_s)
            return reading.load(entry, crop)

        super().__init__(entries, replace(reading, load=load), **settings)

    def _submit(self, step):
        self.asked.append(step)
        return super()._submit(step)


@pytest.fixture
def batches(photos):
    source = Counted(find_images([photos]), photo_crops(8), smallest=1.0, batch=8, seed=0)
    yield source
    source.close()


def test_the_next_batch_is_asked_for_before_this_one_is_given(batches):
    stream = batches.iterate(5)
    next(stream)
    assert batches.asked == [5, 6]
    next(stream)
    assert batches.asked == [5, 6, 7]


def test_the_network_does_not_wait(batches):
    """Decoding a batch takes 80 ms, a step 120 ms: after the first batch there is no waiting."""
    batches.pause_s = 0.01
    stream = batches.iterate(0)
    next(stream)
    waited = []
    for _ in range(3):
        time.sleep(0.12)
        before = time.monotonic()
        next(stream)
        waited.append(time.monotonic() - before)
    assert min(waited) < 0.03


def test_halving(batches):
    assert batches.halve()
    assert batches.batch == 4
    assert next(batches.iterate(0)).shape[0] == 4
    assert batches.halve()
    assert not batches.halve(), "a step needs two pictures"


def test_a_shared_batch_is_not_halved(photos):
    source = CropBatches(
        find_images([photos]), photo_crops(8), smallest=1.0, batch=8, seed=0, rank=0, world=2
    )
    assert not source.halve()
    source.close()


def test_pictures_are_in_the_networks_range(batches):
    batch = next(batches.iterate(0))
    assert batch.dtype == torch.float32
    assert -1.0 <= batch.min().item() < batch.max().item() <= 1.0
