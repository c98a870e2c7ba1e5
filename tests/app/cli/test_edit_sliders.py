"""`scumble edit --slider`: textures moved without a recipe."""

import numpy as np
import pytest

from app.cli import edit
from app.document.io.images import read_image
from app.document.io.slider_files import write_sliders
from models.api import RenderRequest
from models.catalog import find_model
from models.edits import (
    AdjustTexture,
    EditRegion,
)
from models.engine.engine import Engine
from models.values import Picture
from tests.app.cli.recipe_kit import (
    file_hash,
    left_half,
    save_with_directions,
    slider,
    write_recipe,
)


@pytest.fixture
def snow(model, tmp_path):
    """A file with one slider of the model."""
    path = tmp_path / "snow.slider"
    write_sliders(path, [slider("Snow", file_hash(model))])
    return path


@pytest.fixture
def weather(model, tmp_path):
    """A file with two."""
    path = tmp_path / "weather.slider"
    both = [slider("Snow", file_hash(model)), slider("Sea fog", file_hash(model), seed=1)]
    write_sliders(path, both)
    return path


def adjusted(photo, amounts, *sliders, detail=1.0):
    """What the engine makes of an edit with these amounts."""
    request = RenderRequest(
        base=Picture.from_rgb(read_image(photo).rgb_hwc),
        edits=(AdjustTexture(model="tiny", amounts=amounts, detail=detail),),
        directions=tuple(one.direction for one in sliders),
    )
    return Engine("cpu").render(request).rgb_hwc


def test_a_direction_of_the_model(scumble, model, photo, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--slider", "texture:1=-2.5", "-o", out)
    assert ran.code == 0, ran.err
    expected = adjusted(photo, (("texture:1", -2.5),))
    assert np.array_equal(read_image(out).rgb_hwc, expected)
    assert not np.array_equal(expected, read_image(photo).rgb_hwc)


@pytest.mark.parametrize("detail", [0.0, 0.5])
def test_the_photos_own_detail(scumble, model, photo, tmp_path, detail):
    out = tmp_path / "out.png"
    scumble("edit", photo, "--slider", "texture:0=2", "-o", out, "--detail", detail)
    expected = adjusted(photo, (("texture:0", 2.0),), detail=detail)
    assert np.array_equal(read_image(out).rgb_hwc, expected)
    assert not np.array_equal(expected, adjusted(photo, (("texture:0", 2.0),)))


def test_several_sliders_are_one_edit(scumble, snow, weather, photo, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble(
        "edit", photo, "-o", out,
        "--slider", "texture:0=1", "--slider", f"{snow}=2", "--slider", f"{weather}:sea FOG=-0.5",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    one, two = slider("Snow", ""), slider("Sea fog", "", seed=1)
    amounts = (
        ("texture:0", 1.0), (one.direction.sha256, 2.0), (two.direction.sha256, -0.5)
    )  # fmt: skip
    assert np.array_equal(read_image(out).rgb_hwc, adjusted(photo, amounts, one, two))


def test_a_file_with_several_sliders_wants_a_name(scumble, weather, photo, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "-o", out, "--slider", f"{weather}=1")
    ran.failed_with(1, "weather.slider has several sliders: Snow, Sea fog", "weather.slider:Snow=1")
    ran = scumble("edit", photo, "-o", out, "--slider", f"{weather}:Hail=1")
    ran.failed_with(1, "weather.slider has no slider 'Hail'; it has Snow, Sea fog")


def test_the_model_of_a_slider_is_taken_unless_one_is_named(
    scumble, snow, photo, installation, tiny_config, tmp_path
):
    # By its name it would be the first.
    save_with_directions(installation / "models" / "alps.safetensors", tiny_config, seed=1)
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--slider", f"{snow}=2", "-o", out)
    assert ran.code == 0, ran.err
    one = slider("Snow", "")
    assert np.array_equal(
        read_image(out).rgb_hwc, adjusted(photo, ((one.direction.sha256, 2.0),), one)
    )
    ran = scumble("edit", photo, "--slider", f"{snow}=2", "-o", out, "--model", "alps")
    ran.failed_with(1, "slider Snow", "'alps'", "made for 'tiny'")


def test_a_slider_of_other_weights(scumble, snow, photo, model, tiny_config, tmp_path):
    save_with_directions(model, tiny_config, seed=5)
    ran = scumble("edit", photo, "--slider", f"{snow}=2", "-o", tmp_path / "out.png")
    ran.failed_with(1, "slider Snow", "other weights of it")


def test_a_slider_of_a_shipped_model(scumble, shipped, photo, tmp_path):
    path = tmp_path / "snow.slider"
    weights = find_model("landscapes").weights.sha256
    write_sliders(path, [slider("Snow", weights, model="landscapes")])
    ran = scumble("edit", photo, "--slider", f"{path}=2", "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err


def test_a_recipe_with_a_slider_of_another_model(
    scumble, model, photo, installation, tiny_config, tmp_path
):
    save_with_directions(installation / "models" / "alps.safetensors", tiny_config, seed=1)
    one = slider("Snow", file_hash(model))
    adjust = AdjustTexture(model="tiny", amounts=((one.direction.sha256, 1.0),))
    region = EditRegion(model="alps", region=left_half().sha256, amounts=(("structure:0", 1.0),))
    recipe = write_recipe(tmp_path / "r.json", adjust, region, sliders=[one], masks=[left_half()])
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", recipe, "-o", out)
    assert ran.code == 0, ran.err
    ran = scumble("edit", photo, "--recipe", recipe, "-o", out, "--model", "alps")
    ran.failed_with(1, "slider Snow", "'alps'", "made for 'tiny'")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("texture:0", "must be like"),
        ("=1", "must be like"),
        ("texture:0=", "from -6 to 6"),
        ("texture:0=7", "from -6 to 6"),
        ("texture:0=warm", "from -6 to 6"),
        ("texture:x=1", "texture:N or a file"),
        ("structure:0=1", "texture:N or a file"),
        ("snow=1", "texture:N or a file"),
        (".slider=1", "texture:N or a file"),
        (".slider:Snow=1", "texture:N or a file"),
    ],
)
def test_a_slider_that_cannot_be_meant(scumble, model, photo, tmp_path, text, words):
    ran = scumble("edit", photo, "-o", tmp_path / "out.png", "--slider", text)
    ran.failed_with(2, "--slider", words)


@pytest.mark.parametrize(
    ("text", "path", "name"),
    [
        ("snow.slider=1", "snow.slider", ""),
        ("my=files/a:b.slider=1", "my=files/a:b.slider", ""),
        ("C:\\snow.slider:Deep snow=1", "C:\\snow.slider", "Deep snow"),
        ("a.slider:b.slider:c=1", "a.slider:b.slider", "c"),
    ],
)
def test_names_of_files_may_be_odd(text, path, name):
    chosen = edit.slider_of(text)
    assert (str(chosen.path), chosen.name, chosen.amount) == (path, name, 1.0)


def test_one_slider_twice_cannot_be_meant(scumble, model, photo, tmp_path):
    same = ("--slider", "texture:0=1", "--slider", "texture:00=2")
    ran = scumble("edit", photo, "-o", tmp_path / "out.png", *same)
    ran.failed_with(2, "one slider twice")


def test_a_model_whose_file_is_gone_meanwhile(snow, model, monkeypatch):
    from app.cli.chosen_edits import weights_of
    from models.errors import CheckpointMissing

    spec = find_model("tiny")
    model.unlink()
    with pytest.raises(CheckpointMissing, match="cannot be read"):
        weights_of(spec)
