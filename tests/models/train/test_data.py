"""Where pictures come from, and that batches are a function of seed and step."""

import io
import itertools
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image

from models.errors import DataError
from models.train.data.batches import CropBatches, photo_crops
from models.train.data.images import ImageEntry, find_images, load_square, split_images


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


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_a_photo_is_turned_upright_as_its_exif_says(tmp_path, orientation, suffix):
    """The file holds the turned pixels, and the number of the turn (EXIF 2.3, 4.6.4)."""
    scene = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    stored = {
        1: scene,
        2: scene[:, ::-1],
        3: scene[::-1, ::-1],
        4: scene[::-1],
        5: scene.swapaxes(0, 1),
        6: scene.swapaxes(0, 1)[::-1],
        7: scene.swapaxes(0, 1)[::-1, ::-1],
        8: scene.swapaxes(0, 1)[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"scene{suffix}"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif, lossless=True)
    assert np.array_equal(np.asarray(ImageEntry("scene", path).open()), scene)


def test_a_photo_with_damaged_exif_is_taken_as_it_lies(tmp_path):
    path = tmp_path / "odd.webp"
    Image.new("RGB", (6, 4), (200, 10, 10)).save(path, exif=b"Exif\0\0no TIFF at all")
    assert ImageEntry("odd", path).open().size == (6, 4)


@pytest.mark.parametrize("kind", ["png", "tif", "big-endian tif", "32-bit tif"])
def test_sixteen_bit_grey_keeps_its_shades(tmp_path, kind):
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    path = tmp_path / f"grey.{kind[-3:]}"
    if kind == "big-endian tif":
        Image.frombytes("I;16B", (16, 16), levels.astype(">u2").tobytes()).save(path)
    else:
        Image.fromarray(levels.astype(np.int32) if kind == "32-bit tif" else levels).save(path)
    pixels = np.asarray(ImageEntry("grey", path).open())
    assert pixels.shape == (16, 16, 3)
    assert np.array_equal(pixels[..., 0].ravel(), np.arange(256))
    assert bool((pixels == pixels[..., :1]).all())


def test_alpha_is_left_out_and_a_palette_resolved(tmp_path):
    for mode in ("RGBA", "LA", "P"):
        path = tmp_path / f"{mode}.png"
        Image.new("RGBA", (3, 2), (90, 90, 90, 0)).convert(mode).save(path)
        image = ImageEntry(mode, path).open()
        assert (image.mode, image.getpixel((0, 0))) == ("RGB", (90, 90, 90))


def test_floating_point_pixels_are_refused_not_trained_on_as_black(tmp_path):
    path = tmp_path / "hdr.tif"
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(path)
    with pytest.raises(DataError, match="hdr"):
        ImageEntry("hdr", path).open()


def test_a_picture_that_is_gone_is_named(tmp_path):
    with pytest.raises(DataError, match="gone"):
        ImageEntry("gone", tmp_path / "gone.jpg").open()


def test_a_png_whose_chunks_are_broken_is_named(tmp_path):
    """Pillow tells some of that by a SyntaxError."""
    buffer = io.BytesIO()
    Image.effect_noise((500, 500), 90).save(buffer, "PNG")
    first, second, *rest = buffer.getvalue().split(b"IDAT", 2)
    assert rest
    body = b"IDAT".join([first, second]) + b"\1\2\3\4" + rest[0]
    path = tmp_path / "broken.png"
    path.write_bytes(body)
    with pytest.raises(DataError, match="broken"):
        ImageEntry("broken", path).open()


@pytest.mark.parametrize("what", ["open", "stat"])
def test_a_shard_that_cannot_be_read_is_said(shard, monkeypatch, what):
    def refuse(*args, **settings):
        raise PermissionError(13, "Permission denied")

    if what == "open":
        monkeypatch.setattr(tarfile, "open", refuse)
    else:
        monkeypatch.setattr("pathlib.Path.stat", refuse)
    with pytest.raises(DataError, match=r"photos-0\.tar cannot be read: Permission denied\.$"):
        find_images([shard])


def test_a_folder_that_cannot_be_read_is_said(photos, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(DataError, match=r"photos cannot be read: Permission denied\.$"):
        find_images([photos])


def test_a_name_that_is_too_long_is_no_data(tmp_path):
    with pytest.raises(DataError, match="There is no training data"):
        find_images([tmp_path / ("x" * 300)])


def test_an_index_of_a_spreadsheet(shard, tmp_path):
    """With a byte order mark, in capitals, with spaces."""
    index = tmp_path / "index.csv"
    index.write_text("name,split\r\ns0, Heldout\r\ns1,TRAIN \r\n", encoding="utf-8-sig")
    _, heldout = split_images(find_images([shard]), index)
    assert names(heldout) == ["s0"]


@pytest.mark.parametrize(
    ("row", "value"), [("s3,test", "'test'"), ("s3,", "''"), ("s3", "''"), ("s3,held-out", "'held")]
)
def test_a_split_that_there_is_not_is_named(shard, tmp_path, row, value):
    index = tmp_path / "index.csv"
    index.write_text(f"name,split\ns0,heldout\n{row}\n")
    with pytest.raises(
        DataError, match=rf"the split {value}.*s3: it must be train, heldout or skip"
    ):
        split_images(find_images([shard]), index)


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
    values = {"smallest": 0.5, "batch": 4, "seed": 1, **settings}
    return CropBatches(find_images([photos]), photo_crops(8), **values)


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
