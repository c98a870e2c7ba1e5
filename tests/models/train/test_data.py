"""Where pictures come from, and that batches are a function of seed and step."""

import itertools

import numpy as np
import pytest
import torch

from models.errors import DataError
from models.train.data.batches import CropBatches
from models.train.data.images import find_images, load_square, split_images


def names(entries):
    return [entry.name for entry in entries]


def test_folders_are_searched_deep_and_shards_read_in_place(photos, shard):
    entries = find_images([photos, shard])
    assert len(entries) == 38
    assert "p29" in names(entries)
    assert names(entries)[-8:] == [f"s{i}" for i in range(8)]
    assert entries[-1].open().size == (40, 32)
    by_name = {entry.name: np.asarray(entry.open()) for entry in entries}
    assert np.array_equal(by_name["s0"], by_name["p00"])


@pytest.mark.parametrize("make", ["empty", "missing"])
def test_no_pictures_at_all(tmp_path, make):
    folder = tmp_path / "nothing"
    if make == "empty":
        folder.mkdir()
        (folder / "notes.txt").write_text("no picture")
    with pytest.raises(DataError, match="nothing"):
        find_images([folder])


@pytest.mark.parametrize("keep", [0.98, 0.5, 0.1])
def test_a_shard_cut_in_the_middle(shard, keep):
    data = shard.read_bytes()
    # The closing blocks of this small archive fill a quarter of it: cut where pictures are.
    end = data.rstrip(b"\0")
    shard.write_bytes(data[: int(len(end) * keep)])
    with pytest.raises(DataError, match="whole pictures: fetch it again"):
        find_images([shard])


def test_a_shard_cut_between_two_members(shard):
    data = shard.read_bytes()
    second = data.index(b"s1.jpg")
    shard.write_bytes(data[:second])
    with pytest.raises(DataError, match="cut off after 1 whole pictures"):
        find_images([shard])


def test_a_shard_that_is_none(tmp_path):
    path = tmp_path / "x.tar"
    path.write_bytes(b"this is no archive" * 100)
    with pytest.raises(DataError, match="damaged"):
        find_images([path])


def test_a_damaged_picture_is_named(photos):
    (photos / "p03.jpg").write_bytes(b"\xff\xd8\xff broken")
    entry = next(e for e in find_images([photos]) if e.name == "p03")
    with pytest.raises(DataError, match="p03"):
        entry.open()


def test_split_by_index(shard, tmp_path):
    index = tmp_path / "index.csv"
    index.write_text("name,split\ns0,heldout\ns1,train\ns2,heldout\n")
    train, heldout = split_images(find_images([shard]), index)
    assert names(heldout) == ["s0", "s2"]
    assert len(train) == 6


def test_split_by_rule_is_stable_and_small(photos):
    entries = find_images([photos])
    train, heldout = split_images(entries, None)
    assert set(names(train)) | set(names(heldout)) == set(names(entries))
    assert not set(names(train)) & set(names(heldout))
    assert split_images(entries[::-1], None)[1][::-1] == heldout


@pytest.mark.parametrize("text", ["name\nx\n", None])
def test_an_index_that_cannot_be_read(shard, tmp_path, text):
    index = tmp_path / "index.csv"
    if text is not None:
        index.write_text(text)
    with pytest.raises(DataError, match="columns name and split"):
        split_images(find_images([shard]), index)


def test_everything_held_out(shard, tmp_path):
    index = tmp_path / "index.csv"
    index.write_text("name,split\n" + "".join(f"s{i},heldout\n" for i in range(8)))
    with pytest.raises(DataError, match="nothing to train on"):
        split_images(find_images([shard]), index)


def test_squares_keep_the_middle(photos):
    entry = find_images([photos])[0]
    square = load_square(entry, 16)
    assert square.shape == (16, 16, 3)


def batches(photos, **settings):
    values = {"crop_px": 8, "smallest": 0.5, "batch": 4, "seed": 1, **settings}
    return CropBatches(find_images([photos]), **values)


def take(source, first, count):
    try:
        return list(itertools.islice(source.iterate(first), count))
    finally:
        source.close()


def test_batches_depend_on_seed_and_step_only(photos):
    unbroken = take(batches(photos), 0, 4)
    resumed = take(batches(photos, threads=3), 2, 2)
    assert unbroken[0].shape == (4, 3, 8, 8)
    assert torch.equal(torch.stack(unbroken[2:]), torch.stack(resumed))
    assert not torch.equal(unbroken[0], unbroken[1])
    assert not torch.equal(unbroken[0], take(batches(photos, seed=2), 0, 1)[0])


def test_processes_share_a_batch(photos):
    whole = take(batches(photos), 3, 1)[0]
    parts = [take(batches(photos, rank=rank, world=2), 3, 1)[0] for rank in (0, 1)]
    assert torch.equal(torch.cat(parts), whole)


def test_a_batch_that_cannot_be_shared(photos):
    with pytest.raises(DataError, match="even number"):
        batches(photos, batch=6, world=2)
