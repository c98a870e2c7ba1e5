import os

import numpy as np
import pytest
from PIL import ImageCms

from app.cli import sliders
from app.document.io.images import ImageMetadata, read_image
from app.document.io.slider_files import read_sliders
from models.api import TextureRequest
from models.engine.engine import Engine
from models.values import Picture
from tests.app.cli.recipe_kit import file_hash, save_with_directions


@pytest.fixture
def folder(save_picture, tmp_path):
    """Six photos of different colours."""
    for index in range(6):
        path = save_picture(f"photos/{index}.png", 40, 56, seed=index)
        shade(path, 40 * index)
    return tmp_path / "photos"


def shade(path, level):
    from app.document.io.images import write_image

    pixels = read_image(path).rgb_hwc.astype(np.int32) // 4 + np.array([level, 128, 255 - level])
    write_image(path, np.clip(pixels, 0, 255).astype(np.uint8))


def codes(folder, model="tiny"):
    """The texture codes of a folder's photos, as the engine finds them."""
    engine = Engine("cpu")
    return np.stack(
        [
            engine.texture_code(
                TextureRequest(photo=Picture.from_rgb(read_image(path).rgb_hwc), model=model)
            ).code
            for path in sorted(folder.iterdir())
        ]
    ).astype(np.float64)


def test_the_list_names_directions_with_their_variance(scumble, model):
    ran = scumble("sliders", "list")
    assert ran.code == 0, ran.err
    # 0.16, 0.04 and 0.01 of 0.21, and all axes hold 63 % of the variance.
    assert ran.out.splitlines() == [
        "texture:0     48.0% of the variance",
        "texture:1     12.0% of the variance",
        "texture:2      3.0% of the variance",
        "structure:0   40.0% of the variance",
        "structure:1   10.0% of the variance",
    ]


def test_a_model_is_named_by_id_or_path(scumble, save_tiny, model, tmp_path):
    save_tiny("alps")
    assert "brings no directions" in scumble("sliders", "list").out
    assert "texture:0" in scumble("sliders", "list", "--model", "tiny").out
    assert "texture:0" in scumble("sliders", "list", "--model", model).out
    scumble("sliders", "list", "--model", "gone").failed_with(1, "no model 'gone'")


def test_a_model_of_another_family(scumble, painter):
    ran = scumble("sliders", "list", "--model", "painter")
    ran.failed_with(1, "'painter'", "cannot edit a photo")


def test_learning_finds_where_the_textures_spread(scumble, model, folder, tmp_path):
    out = tmp_path / "mine.slider"
    ran = scumble("sliders", "learn", folder, "--name", "Mine", "-o", out, "--count", 3)
    assert ran.code == 0, ran.err
    assert ran.err == ""
    found = read_sliders(out, file_hash(model), "tiny")
    assert [one.name for one in found] == ["Mine 1", "Mine 2", "Mine 3"]
    assert {one.model for one in found} == {"tiny"}
    rows = codes(folder)
    _, lengths, axes = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    variances = lengths**2 / (len(rows) - 1)
    for one, axis, variance in zip(found, axes, variances, strict=False):
        values = one.direction.values.astype(np.float64)
        assert np.linalg.norm(values) == pytest.approx(np.sqrt(variance), rel=1e-3)
        assert abs(values @ axis) == pytest.approx(np.sqrt(variance), rel=1e-3)
        assert one.share == pytest.approx(variance / variances.sum(), abs=1e-3)
    *rows_said, last = ran.out.splitlines()
    assert rows_said[0] == f"Mine 1, {found[0].share:.1%} of the variance"
    assert last.startswith(f"{out}: 3 sliders of 6 of 6 pictures, CPU")


def test_a_single_direction_has_the_name_itself(scumble, model, folder, tmp_path):
    out = tmp_path / "mine.slider"
    ran = scumble("sliders", "learn", folder, "--name", "  My \n own", "-o", out, "--count", 1)
    assert ran.code == 0, ran.err
    (one,) = read_sliders(out, None)
    assert one.name == "My own"
    assert "1 slider of 6" in ran.out


def test_a_difference_leads_from_the_one_mean_to_the_other(
    scumble, model, folder, save_picture, tmp_path
):
    for index in range(2):
        shade(save_picture(f"others/{index}.png", 40, 56, seed=index), 250)
    out = tmp_path / "snow.slider"
    options = ["--without", tmp_path / "others", "--name", "Snow", "-o", out]
    ran = scumble("sliders", "difference", folder, *options)
    assert ran.code == 0, ran.err
    (one,) = read_sliders(out, file_hash(model))
    expected = codes(folder).mean(0) - codes(tmp_path / "others").mean(0)
    assert np.allclose(one.direction.values, expected, atol=1e-6)
    assert np.linalg.norm(expected) > 1e-3
    assert (one.name, one.share) == ("Snow", None)
    assert "1 slider of 8 of 8 pictures" in ran.out


def test_without_a_second_group_it_leads_from_the_models_mean(scumble, model, folder, tmp_path):
    out = tmp_path / "snow.slider"
    ran = scumble("sliders", "difference", folder / "0.png", "--name", "Snow", "-o", out)
    assert ran.code == 0, ran.err
    (one,) = read_sliders(out, None)
    mean = Engine("cpu").directions("tiny").texture_mean
    assert mean is not None
    assert np.allclose(one.direction.values, codes(folder)[0] - mean, atol=1e-6)


def test_a_model_without_a_mean_wants_a_second_group(
    scumble, installation, tiny_config, folder, tmp_path
):
    path = installation / "models" / "tiny.safetensors"
    save_with_directions(path, tiny_config, mean=False)
    out = tmp_path / "snow.slider"
    ran = scumble("sliders", "difference", folder, "--name", "Snow", "-o", out)
    ran.failed_with(1, "does not bring the mean", "--without")
    assert not out.exists()


def test_the_slider_can_be_used_at_once(scumble, model, folder, photo, tmp_path):
    slider, out = tmp_path / "snow.slider", tmp_path / "out.png"
    scumble("sliders", "difference", folder, "--name", "Snow", "-o", slider)
    ran = scumble("edit", photo, "--slider", f"{slider}=3", "-o", out)
    assert ran.code == 0, ran.err
    assert not np.array_equal(read_image(out).rgb_hwc, read_image(photo).rgb_hwc)


def test_a_model_by_path_is_named_by_its_id_in_the_file(scumble, model, folder, tmp_path):
    out = tmp_path / "mine.slider"
    ran = scumble("sliders", "learn", folder, "--name", "Mine", "-o", out, "--model", model)
    assert ran.code == 0, ran.err
    assert {one.model for one in read_sliders(out, None)} == {"tiny"}


def test_bad_photos_are_reported_and_left_out(scumble, model, folder, tmp_path):
    cut = folder / "3.png"
    cut.write_bytes(cut.read_bytes()[:100])
    out = tmp_path / "mine.slider"
    ran = scumble("sliders", "learn", folder, "--name", "Mine", "-o", out)
    assert ran.code == 1
    assert ran.err.startswith("scumble: 3.png ")
    assert ran.err.count("\n") == 1
    assert "5 of 6 pictures" in ran.out
    cut.unlink()
    rows = codes(folder)
    first = read_sliders(out, None)[0]
    spread = ((rows - rows.mean(0)) ** 2).sum() / (len(rows) - 1)
    norm = float(np.linalg.norm(first.direction.values))
    assert norm**2 == pytest.approx(first.share * spread, rel=1e-3)


def test_colours_are_read_by_their_profile(scumble, model, save_picture, tmp_path):
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = save_picture("plain.png", 40, 40)
    tagged = save_picture("tagged.png", 40, 40, metadata=ImageMetadata(icc=srgb))
    wrong = save_picture("wrong.png", 40, 40, metadata=ImageMetadata(icc=wide))
    assert sliders.read_small(tagged) == sliders.read_small(plain) == sliders.read_small(wrong)


def test_a_large_photo_is_made_small_before_it_is_encoded(save_picture, monkeypatch):
    large = save_picture("large.png", 100, 60)
    monkeypatch.setattr(sliders, "LONG_SIDE_PX", 50)
    small = sliders.read_small(large)
    assert (small.height_px, small.width_px) == (50, 30)


def test_too_few_photos_and_none(scumble, model, folder, photo, tmp_path):
    out = tmp_path / "mine.slider"
    for index in range(4):
        (folder / f"{index}.png").unlink()
    options = ("--name", "Mine", "-o", out)
    scumble("sliders", "learn", folder, *options).failed_with(1, "2 photos are too few")
    (tmp_path / "empty").mkdir()
    ran = scumble("sliders", "learn", tmp_path / "empty", *options)
    ran.failed_with(1, "no picture in")
    scumble("sliders", "learn", tmp_path / "gone", *options).failed_with(2, "is not a folder")
    scumble("sliders", "learn", photo, *options).failed_with(2, "is not a folder")
    ran = scumble("sliders", "difference", tmp_path / "gone", *options)
    ran.failed_with(1, "no file", "gone")
    ran = scumble("sliders", "difference", folder, "--without", folder, *options)
    ran.failed_with(1, "same texture")
    assert not out.exists()


def test_a_group_of_which_no_photo_can_be_used(scumble, model, folder, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text("no photo")
    out = tmp_path / "mine.slider"
    ran = scumble("sliders", "difference", folder, "--without", notes, "--name", "Snow", "-o", out)
    assert ran.code == 1
    skipped, failed = ran.err.splitlines()
    assert "a.txt" in skipped
    assert "No photo of a group could be used" in failed
    assert not out.exists()


@pytest.mark.parametrize("action", ["learn", "difference"])
def test_what_cannot_be_meant(scumble, model, folder, tmp_path, action):
    out = tmp_path / "mine.slider"
    scumble("sliders", action, folder, "-o", out).failed_with(2, "--name")
    scumble("sliders", action, folder, "--name", "Mine").failed_with(2, "--out")
    scumble("sliders", action, folder, "--name", " ", "-o", out).failed_with(2, "--name is empty")
    ran = scumble("sliders", action, folder, "--name", "Mine", "-o", tmp_path / "mine.png")
    ran.failed_with(2, "mine.png", ".slider")
    ran = scumble("sliders", action, folder, "--name", "Mine", "-o", tmp_path / "no" / "m.slider")
    ran.failed_with(1, "There is no folder")
    mine = folder / "own.slider"
    mine.write_bytes(b"a file of the folder")
    ran = scumble("sliders", action, folder, "--name", "Mine", "-o", mine)
    ran.failed_with(2, "would overwrite")
    assert mine.read_bytes() == b"a file of the folder"


def test_bad_input_is_told_before_torch_is_there(scumble, model, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sliders, "make_engine", lambda device: pytest.fail("torch was needed"))
    out = tmp_path / "m.slider"
    options = ("--name", "Mine", "-o", out)
    scumble("sliders", "learn", folder, *options, "--model", "gone").failed_with(1, "'gone'")
    scumble("sliders", "difference", tmp_path / "gone", *options).failed_with(1, "no file")


@pytest.mark.skipif(os.name == "nt", reason="folders are not protected in this way")
def test_a_file_that_cannot_be_written(scumble, model, folder, tmp_path, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    out = tmp_path / "m.slider"
    ran = scumble("sliders", "learn", folder, "--name", "Mine", "-o", out)
    ran.failed_with(1, "m.slider cannot be saved", "no room")
    assert not out.exists()


def test_help_shows_the_actions(scumble):
    ran = scumble("sliders", "--help")
    assert ran.code == 0
    for words in ("list", "learn", "difference", "snow.slider=1.5"):
        assert words in ran.out
    assert "default 8" in scumble("sliders", "learn", "--help").out
