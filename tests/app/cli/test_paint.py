import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli import paint
from app.document.document import LabelMap
from app.document.io.images import read_image
from app.document.io.layouts import write_layout, write_layout_colours
from app.document.palette import load_palette
from app.document.tiles import TiledArray
from app.resources import resource
from models.api import RenderRequest
from models.edits import RenderLayout
from models.engine.engine import DEFAULT_SHORT_SIDE_PX, Engine
from models.values import Layout, Picture, PlainIds
from tests.app.cli.test_bad_input import png_header

SKY, TREE, MOUNTAIN, WATER = 1, 2, 5, 9


def bands(height_px=48, width_px=64, labels=(SKY, MOUNTAIN, WATER)) -> np.ndarray:
    rows = np.asarray(labels, np.uint8)[np.arange(height_px) * len(labels) // height_px]
    return np.repeat(rows[:, None], width_px, axis=1)


@pytest.fixture
def save_layout(tmp_path):
    """A function that saves a layout; returns the file."""

    def save(name="layout.png", ids_hw=None, palette_id="landscape", write=write_layout) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        ids = TiledArray.from_array(bands() if ids_hw is None else np.asarray(ids_hw))
        palette = load_palette(resource("palettes") / f"{palette_id}.toml")
        write(path, LabelMap(ids, palette_id), palette)
        return path

    return save


@pytest.fixture
def layout(save_layout) -> Path:
    return save_layout()


def rendered(ids_hw, size_px=(48, 64), *pictures, **changes):
    """What the engine makes of it, without the command line."""
    request = RenderRequest(
        base=Picture.from_rgb(np.zeros((*size_px, 3), np.uint8)),
        edits=(RenderLayout(**{"model": "painter", **changes}),),
        pictures=pictures,
        layout=Layout(PlainIds.from_array(np.asarray(ids_hw, np.uint8)), "landscape"),
    )
    return Engine("cpu").render(request).rgb_hwc


def pixels(path):
    return read_image(path).rgb_hwc


def test_a_layout_becomes_what_the_engine_renders(scumble, painter, layout, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out, "--device", "cpu")
    assert (ran.code, ran.err) == (0, "")
    (line,) = ran.out.splitlines()
    assert line.startswith(f"{out}: 64 x 48 px, CPU with ")
    assert np.array_equal(pixels(out), rendered(bands()))
    assert pixels(out).std() > 5


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp"])
def test_the_extension_is_the_format(scumble, painter, layout, tmp_path, suffix):
    out = tmp_path / f"out{suffix}"
    assert scumble("paint", layout, "-o", out).code == 0
    assert pixels(out).shape == (48, 64, 3)


def test_the_seed_is_the_style(scumble, painter, layout, tmp_path):
    results = {}
    for options in ((), ("--seed", 0), ("--seed", 7), ("--seed", 7)):
        out = tmp_path / "out.png"
        assert scumble("paint", layout, "-o", out, *options).code == 0
        result = pixels(out)
        assert np.array_equal(results.setdefault(options[1:] or (0,), result), result)
    assert len(results) == 2
    assert not np.array_equal(results[(0,)], results[(7,)])
    assert np.array_equal(results[(7,)], rendered(bands(), seed=7))


def test_a_photo_is_the_style_and_a_second_one_is_blended_in(
    scumble, painter, layout, photo, reference, tmp_path
):
    first, second = (Picture.from_rgb(pixels(path)) for path in (photo, reference))
    out = tmp_path / "out.png"
    assert scumble("paint", layout, "-o", out, "--style", photo).code == 0
    alone = rendered(bands(), (48, 64), first, reference=first.sha256)
    assert np.array_equal(pixels(out), alone)

    two = ("--style", photo, "--other-style", reference)
    for options, blend in (((), 0.5), (("--blend", 0.25), 0.25)):
        assert scumble("paint", layout, "-o", out, *two, *options).code == 0
        expected = rendered(
            bands(),
            (48, 64),
            first,
            second,
            reference=first.sha256,
            other_reference=second.sha256,
            blend=blend,
        )
        assert np.array_equal(pixels(out), expected)
        assert not np.array_equal(pixels(out), alone)

    assert scumble("paint", layout, "-o", out, "--other-seed", 4, "--blend", 1).code == 0
    assert np.abs(pixels(out).astype(int) - rendered(bands(), seed=4)).max() <= 1


def test_the_size_is_width_by_height(scumble, painter, layout, tmp_path):
    out = tmp_path / "out.png"
    assert scumble("paint", layout, "-o", out, "--size", "50x70").code == 0
    assert np.array_equal(pixels(out), rendered(bands(), (70, 50)))


def test_a_layout_larger_than_the_device_likes_is_made_smaller(
    scumble, painter, save_layout, tmp_path, monkeypatch
):
    monkeypatch.setitem(DEFAULT_SHORT_SIDE_PX, "cpu", 30)
    layout, out = save_layout(ids_hw=bands(60, 90)), tmp_path / "out.png"
    assert scumble("paint", layout, "-o", out, "--device", "cpu").code == 0
    assert pixels(out).shape == (30, 45, 3)
    assert scumble("paint", layout, "-o", out, "--device", "cpu", "--size", "90x60").code == 0
    assert pixels(out).shape == (60, 90, 3)


def test_the_documented_defaults_are_the_engines(scumble):
    words = " ".join(scumble("paint", "--help").out.split())
    limits = re.findall(r"at most (\d+) on a CPU and (\d+) on a GPU", words)
    assert limits == [(str(DEFAULT_SHORT_SIDE_PX["cpu"]), str(DEFAULT_SHORT_SIDE_PX["cuda"]))]


def test_a_model_is_named_by_id_or_by_path(scumble, save_painter, layout, tmp_path):
    path = save_painter()
    out = tmp_path / "out.png"
    for model in ("painter", path):
        assert scumble("paint", layout, "-o", out, "--model", model).code == 0
        assert np.array_equal(pixels(out), rendered(bands()))


def test_a_layout_in_colours_is_read_by_the_nearest_and_told(
    scumble, painter, save_layout, tmp_path
):
    exact = save_layout("exact.png", write=write_layout_colours)
    out = tmp_path / "out.png"
    ran = scumble("paint", exact, "-o", out)
    assert ran.code == 0, ran.err
    assert len(ran.out.splitlines()) == 1
    assert np.array_equal(pixels(out), rendered(bands()))

    colours = pixels(exact).copy()
    colours[0, :9] = np.clip(colours[0, :9].astype(int) + 3, 0, 255)
    Image.fromarray(colours).save(tmp_path / "near.png")
    ran = scumble("paint", tmp_path / "near.png", "-o", out)
    assert ran.code == 0, ran.err
    _, note = ran.out.splitlines()
    assert note.startswith("9 pixels")
    assert np.array_equal(pixels(out), rendered(bands()))


# Palettes


def ids_of(palette_id, *names) -> list[int]:
    palette = load_palette(resource("palettes") / f"{palette_id}.toml")
    found = [palette.by_name(name) for name in names]
    return [label.id for label in found if label is not None]


@pytest.mark.parametrize("palette_id", ["coco_stuff", "ade20k"])
def test_a_layout_of_another_palette_is_mapped_to_the_models(
    scumble, painter, save_layout, tmp_path, palette_id
):
    labels = ids_of(palette_id, "sky", "mountain", "sea")
    layout = save_layout(ids_hw=bands(labels=labels), palette_id=palette_id)
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out)
    assert ran.code == 0, ran.err
    assert np.array_equal(pixels(out), rendered(bands()))


def test_a_file_that_does_not_say_its_palette_has_the_one_that_is_named(scumble, painter, tmp_path):
    labels = ids_of("coco_stuff", "sky", "mountain", "sea")
    Image.fromarray(bands(labels=labels)).save(tmp_path / "ids.png")
    out = tmp_path / "out.png"
    ran = scumble("paint", tmp_path / "ids.png", "-o", out, "--palette", "coco_stuff")
    assert ran.code == 0, ran.err
    assert np.array_equal(pixels(out), rendered(bands()))
    ran = scumble("paint", tmp_path / "ids.png", "-o", out)
    ran.failed_with(1, "ids.png has ids that the palette Landscape does not have", str(labels[0]))


def test_a_file_that_says_another_palette_than_the_one_that_is_named(
    scumble, painter, layout, tmp_path
):
    ran = scumble("paint", layout, "-o", tmp_path / "out.png", "--palette", "coco_stuff")
    ran.failed_with(1, 'was made with the palette "landscape", not with COCO-Stuff')
    assert not (tmp_path / "out.png").exists()


def test_labels_without_a_partner_are_named_and_can_be_given_one(
    scumble, painter, save_layout, tmp_path
):
    labels = ids_of("coco_stuff", "sky", "person", "dog")
    layout = save_layout(ids_hw=bands(labels=labels), palette_id="coco_stuff")
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out)
    ran.failed_with(1, "Nothing in the palette Landscape stands for person, dog.", "--map")
    assert not out.exists()

    ran = scumble("paint", layout, "-o", out, "--map", "person=mountain, dog=9")
    assert ran.code == 0, ran.err
    assert np.array_equal(pixels(out), rendered(bands()))
    # A choice comes before what would be found: by its id, here.
    ran = scumble("paint", layout, "-o", out, "--map", f"{labels[0]}=tree,person=5,dog=water")
    assert np.array_equal(pixels(out), rendered(bands(labels=(TREE, MOUNTAIN, WATER))))


def test_labels_of_the_models_own_palette_can_be_exchanged(scumble, painter, layout, tmp_path):
    out = tmp_path / "out.png"
    assert scumble("paint", layout, "-o", out, "--map", "Sky=Tree").code == 0
    assert np.array_equal(pixels(out), rendered(bands(labels=(TREE, MOUNTAIN, WATER))))


def test_a_map_with_labels_that_are_not_there(scumble, painter, layout, tmp_path):
    out = tmp_path / "out.png"

    def painted(text):
        return scumble("paint", layout, "-o", out, "--map", text)

    painted("sky=giraffe").failed_with(2, "palette Landscape has no label 'giraffe'")
    painted("giraffe=sky").failed_with(1, "palette Landscape has no label 'giraffe'", "--map")
    for text in ("sky", "sky=", "=sky", "sky=tree,,"):
        painted(text).failed_with(2, "--map", "sea=water")
    assert not out.exists()


def test_a_model_that_does_not_say_its_palette(scumble, save_painter, layout, tmp_path):
    save_painter(palette_id=None)
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out)
    ran.failed_with(1, "The painter does not say which palette its labels are from", "--palette")
    assert scumble("paint", layout, "-o", out, "--palette", "landscape").code == 0
    assert np.array_equal(pixels(out), rendered(bands()))


def test_a_label_that_the_network_itself_lacks(scumble, save_painter, layout, tmp_path):
    save_painter(classes=7)
    ran = scumble("paint", layout, "-o", tmp_path / "out.png")
    ran.failed_with(1, "The painter does not know what to paint for water in the layout")


# Folders


def test_a_folder_gives_a_picture_for_each_layout(scumble, painter, save_layout, tmp_path):
    save_layout("layouts/a.png")
    save_layout("layouts/b.png", bands(labels=(SKY, TREE)))
    (tmp_path / "layouts" / "notes.txt").write_text("not a layout")
    out = tmp_path / "pictures"
    ran = scumble("paint", tmp_path / "layouts", "-o", out)
    assert ran.code == 1
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.png"]
    assert np.array_equal(pixels(out / "b.png"), rendered(bands(labels=(SKY, TREE))))
    (line,) = ran.out.splitlines()
    assert "2 of 3 pictures" in line
    (problem,) = ran.err.splitlines()
    assert problem.startswith("scumble: notes.txt ")
    assert problem.count("notes.txt") == 1


def test_what_would_be_overwritten_is_refused_before_any_work(
    scumble, painter, layout, photo, tmp_path
):
    before = layout.read_bytes()
    scumble("paint", layout, "-o", layout).failed_with(2, "would overwrite")
    scumble("paint", layout, "-o", photo, "--style", photo).failed_with(2, "would overwrite")
    scumble("paint", layout.parent, "-o", layout.parent).failed_with(2, "would overwrite")
    assert layout.read_bytes() == before


# Bad input


def test_one_file_that_is_no_good_is_told_before_the_engine_is_made(
    scumble, painter, save_layout, tmp_path, monkeypatch
):
    """The engine imports torch, which takes seconds."""
    monkeypatch.setattr(paint, "make_engine", lambda device: pytest.fail("was made"))
    bad, out = tmp_path / "bad.png", tmp_path / "out.png"
    bad.write_text("dear diary")
    scumble("paint", bad, "-o", out).failed_with(1, "bad.png", "not an image")
    foreign = save_layout("foreign.png", np.zeros((8, 8), np.uint8), "coco_stuff")
    ran = scumble("paint", foreign, "-o", out, "--palette", "coco_stuff")
    ran.failed_with(1, "stands for person")


def grey(tmp_path, values, name="bad.png") -> Path:
    Image.fromarray(values).save(tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda at: grey(at, bands(labels=(SKY, 77, 200))), "77, 200"),
        (lambda at: grey(at, bands().astype(np.uint16) * 1000), "1000, 5000, 9000"),
        (lambda at: write(at, b""), "0 bytes"),
        (lambda at: write(at, b"sky above, water below"), "not an image"),
        (lambda at: write(at, png_header(20_000, 20_000)), "400 megapixels"),
        (lambda at: at / "gone.png", "no file"),
    ],
)
def test_a_file_that_is_no_good_layout(scumble, painter, tmp_path, make, words):
    out = tmp_path / "out.png"
    out.write_bytes(b"an older result")
    bad = make(tmp_path)
    scumble("paint", bad, "-o", out).failed_with(1, bad.name, words)
    assert out.read_bytes() == b"an older result"


def write(folder, data) -> Path:
    (folder / "bad.png").write_bytes(data)
    return folder / "bad.png"


def test_a_layout_20000_px_wide_is_rendered_at_a_size_that_fits(
    scumble, painter, save_layout, tmp_path
):
    layout = save_layout(ids_hw=bands(9, 20_000))
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out, "--size", "200x48")
    assert ran.code == 0, ran.err
    assert pixels(out).shape == (48, 200, 3)


def test_a_photo_where_ids_are_expected_is_told_not_guessed_silently(
    scumble, painter, photo, tmp_path
):
    ran = scumble("paint", photo, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert "had no colour of the palette Landscape" in ran.out


def test_a_style_that_is_no_photo(scumble, painter, layout, tmp_path):
    out = tmp_path / "out.png"
    text = tmp_path / "style.jpg"
    text.write_text("very impressionistic")
    for option in ("--style", "--other-style"):
        scumble("paint", layout, "-o", out, option, text).failed_with(
            1, "style.jpg", "not an image"
        )
        scumble("paint", layout, "-o", out, option, tmp_path).failed_with(2, "is a folder")
        gone = tmp_path / "gone.jpg"
        scumble("paint", layout, "-o", out, option, gone).failed_with(1, "no file", "gone.jpg")
    assert not out.exists()


def test_a_palette_with_two_equal_ids(scumble, painter, layout, installation, tmp_path):
    path = installation / "shipped" / "resources" / "palettes" / "landscape.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("id = 13,", "id = 12,"), encoding="utf-8")
    ran = scumble("paint", layout, "-o", tmp_path / "out.png")
    ran.failed_with(1, "landscape.toml", "two labels have the id 12")


def test_a_canvas_that_the_memory_does_not_hold(scumble, painter, layout, tmp_path, monkeypatch):
    monkeypatch.setattr(paint, "make_engine", lambda device: Engine(device, memory_budget_mb=0))
    out = tmp_path / "out.png"
    scumble("paint", layout, "-o", out).failed_with(1, "memory is not enough")
    assert not out.exists()


def test_a_retreat_is_told(scumble, painter, layout, tmp_path, monkeypatch):
    monkeypatch.setattr(paint, "make_engine", lambda device: Engine(device, memory_budget_mb=20))
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out, "--size", "512x512")
    assert ran.code == 0, ran.err
    assert "The memory was not enough for 512 x 512 px" in ran.out
    assert max(pixels(out).shape) <= 256


def test_a_model_that_does_not_paint(scumble, tiny, layout, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("paint", layout, "-o", out, "--model", "tiny")
    ran.failed_with(1, "'tiny'", "cannot render a layout")
    scumble("paint", layout, "-o", out).failed_with(1, "No model of the kind 'spade'")


def test_a_photos_style_for_a_model_without_styles(scumble, save_painter, layout, photo, tmp_path):
    save_painter(style_length=0)
    out = tmp_path / "out.png"
    scumble("paint", layout, "-o", out, "--style", photo).failed_with(2, "has no styles")
    assert scumble("paint", layout, "-o", out).code == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--size", "big"), "768x512"),
        (("--size", "0x9"), "sides from 1"),
        (("--size", "20000x20000"), "100 megapixels"),
        (("--seed", "-1"), "--seed"),
        (("--blend", "0.5"), "second style"),
        (("--blend", "2", "--other-seed", "1"), "--blend"),
        (("--palette", "doodles"), "doodles"),
    ],
)
def test_options_that_cannot_be_meant(scumble, painter, layout, tmp_path, options, words):
    scumble("paint", layout, "-o", tmp_path / "out.png", *options).failed_with(2, words)


def test_two_styles_at_once_cannot_be_meant(scumble, painter, layout, photo, tmp_path):
    ran = scumble("paint", layout, "-o", tmp_path / "out.png", "--style", photo, "--seed", 1)
    ran.failed_with(2, "not allowed with")
