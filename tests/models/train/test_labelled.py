"""Photos with label maps: how they are found, and that batches are a function of seed and step."""

import io
import itertools
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from models.errors import DataError
from models.train.data.batches import CropBatches
from models.train.data.images import Crop, split_images
from models.train.data.labelled import (
    find_labelled,
    labelled_crops,
    load_batch,
    load_pair,
    mode_filtered,
)
from models.train.data.labels import NO_CLASS, read_table
from tests.models.train.fixtures import GROUPS, jpeg, label_map

CLASSES = np.array(read_table(str(GROUPS)).classes_of, np.int16)


def shard_of(path, files):
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def test_pairs_of_a_folder(labelled):
    found = find_labelled([labelled])
    assert [e.name for e in found.entries] == [f"l{i:02d}" for i in range(13) if i != 5]
    assert found.without == 1
    assert all(e.labels.path == e.photo.path.with_suffix(".png") for e in found.entries)


def test_pairs_of_a_shard_are_those_of_the_same_folder(tmp_path):
    """Files of one stem belong together, wherever they stand in the archive."""
    files = {
        "a/1.jpg": jpeg(1), "b/1.png": label_map(2), "b/1.jpg": jpeg(2), "a/1.png": label_map(1),
        "c/3.jpg": jpeg(3), "d/4.png": label_map(4), "notes.txt": b"x",
    }  # fmt: skip
    found = find_labelled([shard_of(tmp_path / "pairs.tar", files)])
    assert found.without == 1
    assert [e.photo.read_bytes() for e in found.entries] == [jpeg(1), jpeg(2)]
    assert [e.labels.read_bytes() for e in found.entries] == [label_map(1), label_map(2)]


def test_the_landscapes_pair_up(shared):
    found = find_labelled([shared / "data" / "landscapes-0.tar"])
    assert found.without == 0
    assert len(found.entries) > 1000
    batch = load_batch(found.entries[:2], CLASSES, 64)
    assert batch.images.shape == (2, 3, 64, 64)
    assert int(batch.ids.max()) < 14


def test_photos_without_any_map(photos, tmp_path):
    with pytest.raises(DataError, match=r"put the map NAME\.png beside the photo NAME\.jpg"):
        find_labelled([photos])
    with pytest.raises(DataError, match="There is no training data at"):
        find_labelled([tmp_path / "nowhere"])


def test_pictures_that_are_left_out_of_both(labelled, tmp_path):
    """`skip`: doubtful pictures are neither trained on nor measured."""
    index = tmp_path / "index.csv"
    index.write_text("name,split\nl00,skip\nl01,heldout\nl02,Skip \nl03,train\n")
    train, heldout = split_images(find_labelled([labelled]).entries, index)
    assert [e.name for e in heldout] == ["l01"]
    assert {"l00", "l01", "l02"}.isdisjoint(e.name for e in train)
    assert len(train) == 9


def test_everything_is_skipped(labelled, tmp_path):
    index = tmp_path / "index.csv"
    index.write_text("name,split\n" + "".join(f"l{i:02d},skip\n" for i in range(13)))
    with pytest.raises(DataError, match="held out or skipped"):
        split_images(find_labelled([labelled]).entries, index)


@pytest.fixture
def one(tmp_path):
    """A function that makes the pair of a photo and these ids, 40 x 32 px or as large as given."""

    def make(ids_hw, mode="P", size=(40, 32)):
        folder = tmp_path / "one"
        folder.mkdir()
        (folder / "x.jpg").write_bytes(jpeg(0, size))
        image = Image.fromarray(ids_hw)
        if mode == "P":
            image.putpalette(list(range(256)) * 3)
        image.save(folder / "x.png")
        return find_labelled([folder]).entries[0]

    return make


@pytest.mark.parametrize("mode", ["P", "L"])
def test_ids_become_classes_exactly(one, mode):
    """The middle square at its own size: columns 4 to 36 of sea (11) beside hill (7)."""
    ids_hw = np.full((32, 40), 11, np.uint8)
    ids_hw[:, 20:] = 7
    _, classes = load_pair(one(ids_hw, mode), CLASSES, 32)
    assert classes.dtype == np.uint8
    assert np.array_equal(classes, np.repeat([[9] * 16 + [5] * 16], 32, 0))


def test_crop_and_flip_are_the_same_for_both(tmp_path):
    """A photo that is as bright as its id: wherever the crop is, both agree."""
    ids_hw = np.repeat(np.repeat(np.arange(4, dtype=np.uint8)[None], 16, 1), 64, 0)
    folder = tmp_path / "one"
    folder.mkdir()
    Image.fromarray(np.repeat((ids_hw * 80)[..., None], 3, 2)).save(folder / "x.tif")
    Image.fromarray(ids_hw).save(folder / "x.png")
    entry = find_labelled([folder]).entries[0]
    for place, flipped in (((0.0, 0.3), False), ((0.8, 1.0), True), ((1.0, 0.0), False)):
        rgb, ids = load_pair(entry, CLASSES, 64, Crop(0.6, place, flipped))
        seen = np.round(rgb[..., 0] / 80.0)
        # Bicubic pixels mix at the borders; the order of the bands does not.
        assert (seen == ids).mean() > 0.95
        assert set(np.unique(ids)) > {1} or flipped


def test_an_id_without_a_class_is_named(one):
    ids_hw = np.full((32, 40), 3, np.uint8)
    ids_hw[10:20, 10:20] = 41
    with pytest.raises(DataError, match=r"map x in .*x\.png has the id 41, which is no class"):
        load_pair(one(ids_hw), CLASSES, 32)


def test_a_map_of_another_shape_is_named(one):
    entry = one(np.zeros((32, 32), np.uint8))
    with pytest.raises(DataError, match="is 40 x 32 px, and its label map 32 x 32"):
        load_pair(entry, CLASSES, 32)


def test_a_smaller_map_of_the_same_shape_is_stretched(one):
    ids_hw = np.zeros((16, 20), np.uint8)
    ids_hw[:8] = 1
    _, classes = load_pair(one(ids_hw), CLASSES, 32)
    assert np.array_equal(classes, np.repeat([[1]] * 16 + [[0]] * 16, 32, 1))


def test_colours_in_place_of_ids_are_refused(one):
    with pytest.raises(DataError, match=r"label map x in .* cannot be read as ids"):
        load_pair(one(np.zeros((32, 40, 3), np.uint8), "RGB"), CLASSES, 32)


def test_islands_go_and_borders_stay():
    ids_hw = np.zeros((32, 32), np.uint8)
    ids_hw[:, 16:] = 5
    ids_hw[4:6, 4:6] = 9
    wanted = np.where(ids_hw == 9, 0, ids_hw)
    assert np.array_equal(mode_filtered(ids_hw, 7), wanted)


def batches(labelled, **settings):
    values = {"smallest": 0.5, "batch": 4, "seed": 1, **settings}
    return CropBatches(find_labelled([labelled]).entries, labelled_crops(CLASSES, 32), **values)


def take(source, first, count):
    try:
        return list(itertools.islice(source.iterate(first), count))
    finally:
        source.close()


def same(a, b):
    return torch.equal(a.images, b.images) and torch.equal(a.ids, b.ids)


def test_batches_depend_on_seed_and_step_only(labelled):
    unbroken = take(batches(labelled), 0, 3)
    resumed = take(batches(labelled, threads=3), 1, 2)
    assert unbroken[0].images.shape == (4, 3, 32, 32)
    assert unbroken[0].ids.shape == (4, 32, 32)
    assert same(unbroken[1], resumed[0])
    assert same(unbroken[2], resumed[1])
    assert not same(unbroken[0], unbroken[1])
    assert not same(unbroken[0], take(batches(labelled, seed=2), 0, 1)[0])


def test_processes_share_a_batch(labelled):
    whole = take(batches(labelled), 3, 1)[0]
    parts = [take(batches(labelled, rank=rank, world=2), 3, 1)[0] for rank in (0, 1)]
    assert torch.equal(torch.cat([part.ids for part in parts]), whole.ids)
    assert torch.equal(torch.cat([part.images for part in parts]), whole.images)
    with pytest.raises(DataError, match="A batch of 5 cannot be shared by 2"):
        batches(labelled, batch=5, world=2)


def test_halving(labelled):
    source = batches(labelled)
    assert source.halve()
    assert source.batch == 2
    assert take(source, 0, 1)[0].ids.shape[0] == 2
    assert source.halve()
    assert not source.halve(), "nothing is less than one"
    shared_out = batches(labelled, world=2)
    shared_out.close()
    assert not shared_out.halve()


def test_no_class_is_none_of_the_classes():
    assert NO_CLASS not in range(256)
