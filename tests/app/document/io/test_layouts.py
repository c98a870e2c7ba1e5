"""Label maps in and out: exact where the file says ids, with a report where it says colours."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.document.document import LabelMap
from app.document.io import layouts
from app.document.io.layouts import (
    colour_table,
    read_layout,
    write_layout,
    write_layout_colours,
)
from app.document.palette import Label, Palette
from app.document.palettes import Palettes
from app.document.tiles import TiledArray
from app.errors import UserError
from app.resources import resource
from tests.app.document.io.files import chunk, exif_block, noise, raw_png, saved_by_pillow

RED, GREEN, BLUE, DARK = (200, 0, 0), (0, 200, 0), (0, 0, 200), (0, 0, 60)
TOYS = Palette(
    "toys",
    "Toys",
    (
        Label(0, "none", (0, 0, 0)),
        Label(1, "fire", RED),
        Label(2, "leaf", GREEN),
        Label(5, "sea", BLUE),
    ),
    unknown=0,
)
LARGE = Palette("large", "Large", (Label(0, "low", RED), Label(300, "high", GREEN)))
SHIPPED = Palettes(resource("palettes"))
BY_ID = {palette.id: palette for palette in SHIPPED} | {"toys": TOYS, "large": LARGE}
IDS = np.array([[0, 1, 2], [5, 5, 1]], np.uint8)


def labels(ids_hw, palette=TOYS):
    return LabelMap(TiledArray.from_array(np.asarray(ids_hw)), palette.id)


def saved(tmp_path, data: bytes, name="layout.png") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def grey_png(ids_hw, depth=8, **options) -> bytes:
    """A grey PNG of these values, packed into `depth` bits each."""
    ids_hw = np.asarray(ids_hw)
    return raw_png(ids_hw.shape[::-1], depth, 0, _rows(ids_hw, depth), **options)


def indexed_png(ids_hw, colours, depth=8, before=b"") -> bytes:
    ids_hw = np.asarray(ids_hw)
    table = chunk(b"PLTE", bytes(part for colour in colours for part in colour))
    return raw_png(ids_hw.shape[::-1], depth, 3, _rows(ids_hw, depth), before=table + before)


def _rows(ids_hw, depth) -> bytes:
    if depth == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in ids_hw)
    places = np.arange(depth)[::-1]
    bits = (ids_hw[..., None] >> places & 1).astype(np.uint8).reshape(len(ids_hw), -1)
    return b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)


def rgb_png(colours_hwc, **options) -> bytes:
    return saved_by_pillow(Image.fromarray(np.array(colours_hwc, np.uint8)), "PNG", **options)


def read(path, palette=TOYS, palettes=None):
    found = read_layout(path, palette, palettes)
    return found.ids.to_array().tolist(), found.palette_id, found.notes


def refused(path, palette=TOYS, palettes=None) -> str:
    with pytest.raises(UserError) as caught:
        read_layout(path, palette, palettes)
    assert path.name in caught.value.text
    assert caught.value.text.endswith(".")
    assert caught.value.hint.endswith(".")
    assert "\n" not in str(caught.value)
    return str(caught.value)


SIZES = st.tuples(st.integers(1, 90), st.integers(1, 90))


@settings(max_examples=25, deadline=None)
@given(SIZES, st.integers(0, 2**32 - 1), st.sampled_from(["toys", "large", "landscape"]))
def test_what_is_written_comes_back_exactly(tmp_path_factory, size, seed, id):
    palette = BY_ID[id]
    known = [label.id for label in palette.labels]
    dtype = np.uint8 if max(known) < 256 else np.uint16
    ids_hw = np.random.default_rng(seed).choice(np.array(known, dtype), size)
    path = tmp_path_factory.mktemp("layouts") / "layout.png"
    for write in (write_layout, write_layout_colours):
        write(path, labels(ids_hw, palette), palette)
        found = read_layout(path, TOYS if palette is TOYS else LARGE, SHIPPED)
        assert found.labels == labels(ids_hw, palette)
        assert found.notes == ()


def test_a_layout_is_a_picture_in_the_palettes_colours_for_other_programs(tmp_path):
    write_layout(tmp_path / "a.png", labels(IDS), TOYS)
    write_layout_colours(tmp_path / "b.PNG", labels(IDS), TOYS)
    with Image.open(tmp_path / "a.png") as a, Image.open(tmp_path / "b.PNG") as b:
        assert (a.mode, b.mode) == ("P", "RGB")
        assert a.info == b.info == {"Scumble palette": "toys"}
        assert np.asarray(a).tolist() == IDS.tolist()
        expected = [[[0, 0, 0], [*RED], [*GREEN]], [[*BLUE], [*BLUE], [*RED]]]
        assert np.asarray(a.convert("RGB")).tolist() == np.asarray(b).tolist() == expected
    ihdr = (tmp_path / "a.png").read_bytes()[16:29]
    assert struct.unpack(">IIBBBBB", ihdr) == (3, 2, 8, 3, 0, 0, 0)


def test_large_ids_make_a_grey_picture_of_16_bits(tmp_path):
    write_layout(tmp_path / "a.png", labels(np.array([[0, 300]], np.uint16), LARGE), LARGE)
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "I;16"
        assert np.asarray(image).tolist() == [[0, 300]]
    assert read_layout(tmp_path / "a.png", LARGE).ids.dtype == np.uint16
    write_layout(tmp_path / "b.png", labels(np.array([[0, 0]], np.uint8), LARGE), LARGE)
    assert read(tmp_path / "b.png", LARGE) == ([[0, 0]], "large", ())


def test_ids_that_are_no_labels_are_written_as_they_are_and_black(tmp_path):
    write_layout(tmp_path / "a.png", labels(np.array([[1, 7]], np.uint8)), TOYS)
    with Image.open(tmp_path / "a.png") as image:
        assert np.asarray(image).tolist() == [[1, 7]]
    write_layout(tmp_path / "b.png", labels(np.array([[1, 999]], np.uint16)), TOYS)
    with Image.open(tmp_path / "b.png") as image:
        assert np.asarray(image).tolist() == [[1, 999]]
    write_layout_colours(tmp_path / "c.png", labels(np.array([[1, 999]], np.uint16)), TOYS)
    with Image.open(tmp_path / "c.png") as image:
        assert np.asarray(image).tolist() == [[[*RED], [0, 0, 0]]]


@pytest.mark.parametrize("write", [write_layout, write_layout_colours])
def test_writing_refuses_other_names_and_palettes_and_leaves_the_old_file(tmp_path, write):
    with pytest.raises(UserError, match=r"a\.jpg cannot be saved: layouts are saved as PNG"):
        write(tmp_path / "a.jpg", labels(IDS), TOYS)
    with pytest.raises(ValueError, match="labels of toys, palette large"):
        write(tmp_path / "a.png", labels(IDS), LARGE)
    with pytest.raises(UserError, match="there is no folder"):
        write(tmp_path / "absent" / "a.png", labels(IDS), TOYS)
    (tmp_path / "b.png").mkdir()
    with pytest.raises(UserError, match="a folder has that name"):
        write(tmp_path / "b.png", labels(IDS), TOYS)
    assert [path.name for path in tmp_path.iterdir()] == ["b.png"]


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_pictures_hold_ids_of_any_depth(tmp_path, depth):
    ids = IDS % 2 if depth == 1 else np.minimum(IDS, 2) if depth == 2 else IDS
    assert read(saved(tmp_path, grey_png(ids, depth))) == (ids.tolist(), "toys", ())
    assert read_layout(tmp_path / "layout.png", TOYS).ids.dtype == np.uint8


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_pictures_with_a_colour_table_hold_ids_whatever_the_colours(tmp_path, depth):
    ids = IDS % 2 if depth == 1 else np.minimum(IDS, 2) if depth == 2 else IDS
    strange = [(n, 0, n) for n in range(50, 50 + min(2**depth, 200))]
    assert read(saved(tmp_path, indexed_png(ids, strange, depth))) == (ids.tolist(), "toys", ())
    clear = indexed_png(ids, strange, depth, before=chunk(b"tRNS", bytes(2)))
    assert read(saved(tmp_path, clear)) == (ids.tolist(), "toys", ())


def test_a_colour_table_that_is_too_short_is_no_reason_to_refuse_ids(tmp_path):
    assert read(saved(tmp_path, indexed_png(IDS, [RED, RED])))[0] == IDS.tolist()


def test_a_reordered_table_of_the_palettes_own_colours_is_read_by_its_colours(tmp_path):
    """As painting programs save it."""
    data = indexed_png([[0, 1, 2], [3, 3, 0]], [GREEN, BLUE, RED, (0, 0, 0), (9, 9, 9)])
    assert read(saved(tmp_path, data)) == ([[2, 5, 1], [0, 0, 2]], "toys", ())


def test_of_labels_with_one_colour_the_index_tells_them_apart(tmp_path):
    twins = Palette("t", "T", (Label(0, "a", RED), Label(1, "b", RED), Label(2, "c", BLUE)))
    data = indexed_png([[0, 1, 2, 3]], [RED, RED, BLUE, RED])
    assert read(saved(tmp_path, data), twins)[0] == [[0, 1, 2, 0]]


def test_interlaced_animated_and_turned_pictures(tmp_path):
    whole = np.arange(64).reshape(8, 8) % 3
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    rows = b"".join(
        b"\0" + bytes(row.tolist())
        for x, y, dx, dy in (*passes, (0, 1, 1, 2))
        for row in whole[y::dy, x::dx]
    )
    laced = raw_png((8, 8), 8, 0, rows, interlace=1)
    assert read(saved(tmp_path, laced))[0] == whole.tolist()
    animated = [Image.fromarray(np.full((4, 4), n, np.uint8)) for n in (1, 2)]
    data = saved_by_pillow(animated[0], "PNG", save_all=True, append_images=animated[1:])
    assert b"acTL" in data
    assert read(saved(tmp_path, data))[0] == [[1] * 4] * 4
    turned = grey_png(IDS, before=chunk(b"eXIf", exif_block(3)))
    assert read(saved(tmp_path, turned))[0] == IDS[::-1, ::-1].tolist()


def test_colours_become_the_nearest_labels_and_the_rest_is_reported(tmp_path):
    exact = [[RED, GREEN], [BLUE, (0, 0, 0)]]
    assert read(saved(tmp_path, rgb_png(exact))) == ([[1, 2], [5, 0]], "toys", ())
    near = [[(190, 10, 0), GREEN], [BLUE, (90, 90, 90)]]
    ids, _, notes = read(saved(tmp_path, rgb_png(near)))
    assert ids == [[1, 2], [5, 0]]
    assert notes == (
        "2 pixels (50 %) had no colour of the palette Toys and took the nearest; the "
        "farthest, rgb(90, 90, 90), became none.",
    )


def test_one_wrong_pixel_in_thousands_is_reported_as_one(tmp_path):
    colours = np.full((60, 40, 3), GREEN, np.uint8)
    colours[59, 39] = (0, 201, 0)
    ids, _, (note,) = read(saved(tmp_path, rgb_png(colours)))
    assert ids == [[2] * 40] * 60
    assert note.startswith("1 pixel (less than 1 %) had no colour of the palette Toys and")


def test_many_colours_all_find_the_nearest(tmp_path, monkeypatch):
    """Against the palette's own answer for a single colour; in several bands and pieces."""
    monkeypatch.setattr(layouts, "PIXELS_AT_ONCE", 100)
    monkeypatch.setattr(layouts, "COLOURS_AT_ONCE", 64)
    pixels = noise(11, 30, 3)
    palette = BY_ID["ade20k"]
    ids, _, _ = read(saved(tmp_path, rgb_png(pixels)), palette)
    expected = [[palette.by_rgb((r, g, b)).id for r, g, b in row] for row in pixels.tolist()]
    assert ids == expected


def test_pictures_of_16_bits_with_alpha_and_lossy_ones_are_colours(tmp_path):
    wide = np.repeat(np.array([[RED, GREEN]], np.uint16) * 257, 2, axis=0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in wide)
    assert read(saved(tmp_path, raw_png((2, 2), 16, 2, rows))) == ([[1, 2], [1, 2]], "toys", ())
    clear = np.dstack([np.full((2, 2, 3), BLUE), [[0, 255], [255, 255]]])
    assert read(saved(tmp_path, rgb_png(clear))) == (
        [[5, 5], [5, 5]],
        "toys",
        ("1 pixel (25 %) had full transparency; the colours stored there were read.",),
    )
    clear[..., 3] = 255
    assert read(saved(tmp_path, rgb_png(clear)))[2] == ()
    blocks = np.full((16, 32, 3), RED, np.uint8)
    blocks[:, 16:] = BLUE
    data = saved_by_pillow(Image.fromarray(blocks), "JPEG", quality=90, subsampling=0)
    ids, _, _ = read(saved(tmp_path, data, "layout.jpg"))
    assert ids == [[1] * 16 + [5] * 16] * 16


def test_unknown_ids_are_named_and_counted(tmp_path):
    words = refused(saved(tmp_path, grey_png([[1, 7, 7, 2]])))
    assert words == (
        "layout.png has ids that the palette Toys does not have: 7, in 2 pixels (50 %). "
        "Choose the palette that it was made with."
    )
    words = refused(saved(tmp_path, grey_png([[1, 3, 4, 6, 7, 8, 9, 0]])))
    assert ": 3, 4, 6, 7 and 2 more, in 6 pixels (75 %)." in words
    words = refused(saved(tmp_path, grey_png(np.array([[1, 40000]]), 16)))
    assert ": 40000, in 1 pixel (50 %)." in words


def test_255_is_unknown_where_it_is_no_label(tmp_path):
    path = saved(tmp_path, grey_png([[1, 255, 255, 2]]))
    assert read(path) == (
        [[1, 0, 0, 2]],
        "toys",
        ("2 pixels (50 %) had the id 255, unknown, and became none.",),
    )
    assert read(path, BY_ID["coco_stuff"]) == ([[1, 255, 255, 2]], "coco_stuff", ())
    assert ": 1, 2, 255, in 4 pixels" in refused(path, LARGE)
    bare = Palette("bare", "Bare", TOYS.labels)
    note = "2 pixels (50 %) had the id 255 and stayed unknown."
    assert read(path, bare) == ([[1, 255, 255, 2]], "bare", (note,))
    wide = Palette("wide", "Wide", (*TOYS.labels, Label(256, "far", BLUE)), unknown=0)
    assert ": 255, in 2 pixels" in refused(path, wide), "nothing says so for ids beyond 8 bits"
    assert ": 7, 255, in 2 pixels" in refused(saved(tmp_path, grey_png([[7, 255, 1]])))


def test_the_file_says_its_palette(tmp_path):
    landscape = BY_ID["landscape"]
    write_layout(tmp_path / "a.png", labels(IDS, landscape), landscape)
    assert read(tmp_path / "a.png", TOYS, SHIPPED) == (IDS.tolist(), "landscape", ())
    assert read(tmp_path / "a.png", landscape) == (IDS.tolist(), "landscape", ())
    assert refused(tmp_path / "a.png", TOYS) == (
        'a.png was made with the palette "landscape", not with Toys. '
        "Choose the palette that it was made with."
    )
    write_layout(tmp_path / "b.png", labels(IDS), TOYS)
    assert refused(tmp_path / "b.png", landscape, SHIPPED) == (
        'b.png was made with the palette "toys", which is not here. Load that palette first.'
    )


def test_the_palettes_name_may_have_any_letters(tmp_path):
    greek = Palette("τοπίο", "Greek", TOYS.labels)
    write_layout(tmp_path / "a.png", labels(IDS, greek), greek)
    assert read(tmp_path / "a.png", greek) == (IDS.tolist(), "τοπίο", ())


@pytest.mark.parametrize("said", ["a\nb", "x" * 81])
def test_what_cannot_be_a_palettes_name_is_not_heeded(tmp_path, said):
    text = chunk(b"iTXt", b"Scumble palette" + bytes(5) + said.encode())
    assert read(saved(tmp_path, grey_png(IDS, before=text))) == (IDS.tolist(), "toys", ())


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("aachen_000000_000019_gtFine_labelIds.png", "cityscapes"),
        ("ADE_train_00000001.png", "ade20k"),
        ("ADE_val_00000001.png", "ade20k"),
        ("000000000139.png", "coco_stuff"),
    ],
)
def test_the_data_sets_files_are_known_by_their_names(tmp_path, name, id):
    path = saved(tmp_path, grey_png([[7, 8, 23]]), name)
    title = BY_ID[id].title
    note = f"{name} is named like the label files of {title}, and read so."
    assert read(path, BY_ID["landscape"], SHIPPED) == ([[7, 8, 23]], id, (note,))
    assert read(path, BY_ID[id], SHIPPED) == ([[7, 8, 23]], id, ())
    assert ": 7, 8, 23, in" in refused(path)
    ids, palette_id, _ = read(saved(tmp_path, rgb_png([[RED]]), name), TOYS, SHIPPED)
    assert (ids, palette_id) == ([[1]], "toys"), "a name says nothing about colours"


def test_label_pictures_of_coco_are_read(shared):
    folder = shared / "data" / "coco_samples" / "val_label"
    for path in sorted(folder.glob("*.png"))[:3]:
        found = read_layout(path, BY_ID["landscape"], SHIPPED)
        with Image.open(path) as image:
            assert np.array_equal(found.ids.to_array(), np.asarray(image))
        assert found.palette_id == "coco_stuff"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty (0 bytes)"),
        (b"hello", "not an image of a known kind"),
        (grey_png(IDS)[:-20], "damaged or cut short"),
        (grey_png(IDS)[:40], "damaged or cut short"),
        (grey_png(IDS)[:20], "damaged or cut short"),
        (b"\x89PNG\r\n\x1a\n", "damaged or cut short"),
        (grey_png(IDS, stored=zlib.compress(b"\0\1\2")), "damaged or cut short"),
        (grey_png(IDS).replace(b"\0\0\0\3", b"\0\0\0\2", 1), "damaged or cut short"),
        (raw_png((20_000, 20_000), 8, 0, b""), "20000 x 20000 px, 400 megapixels"),
        (raw_png((20_000, 20_000), 8, 2, b""), "20000 x 20000 px, 400 megapixels"),
    ],
)
def test_what_cannot_be_opened_is_refused_as_a_picture_is(tmp_path, data, words):
    assert words in refused(saved(tmp_path, data))


def test_folders_and_missing_and_protected_files(tmp_path, monkeypatch):
    assert "is a folder" in refused(tmp_path)
    assert "There is no file" in refused(tmp_path / "absent.png")
    path = saved(tmp_path, grey_png(IDS))

    def denied(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    assert "you may not read it" in refused(path)


def test_20000_px_wide_is_read_if_it_is_not_high(tmp_path):
    ids = np.tile(np.array([0, 1, 2, 5], np.uint8), (2, 5000))
    found = read_layout(saved(tmp_path, grey_png(ids)), TOYS)
    assert (found.ids.width_px, found.ids.height_px) == (20_000, 2)
    assert np.array_equal(found.ids.to_array(), ids)


def test_the_colour_table_is_black_where_there_is_no_label():
    table = colour_table(TOYS)
    assert table.shape == (256, 3)
    assert table[:6].tolist() == [[0, 0, 0], [*RED], [*GREEN], [0, 0, 0], [0, 0, 0], [*BLUE]]
    assert not table[6:].any()
    assert colour_table(LARGE, 301)[300].tolist() == [*GREEN]
    assert not colour_table(LARGE)[1:].any()


@pytest.mark.parametrize(
    "path", sorted(resource("samples/layouts").iterdir()), ids=lambda p: p.stem
)
def test_the_sample_layouts_are_small_and_say_their_palette(path):
    found = read_layout(path, TOYS, SHIPPED)
    assert (found.palette_id, found.notes) == ("landscape", ())
    assert (found.ids.height_px, found.ids.width_px) in ((512, 512), (512, 768))
    assert len(np.unique(found.ids.to_array())) >= 6
    assert path.stat().st_size < 15_000
