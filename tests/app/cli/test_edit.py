import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from app.cli import edit
from app.document.io.images import ImageMetadata, read_image
from app.document.io.recipes import files_folder, load_recipe
from models.api import RenderRequest
from models.edits import (
    AdjustTexture,
    EditRegion,
    PaintTexture,
    RenderLayout,
    SwapTexture,
    TexturePatch,
)
from models.engine.engine import DEFAULT_SHORT_SIDE_PX, Engine
from models.recipe import recipe_to_json
from models.values import Picture
from tests.app.cli.recipe_kit import (
    left_half,
    photo_of,
    save_with_directions,
    write_recipe,
)

ARTIST, GPS = 0x013B, 0x8825


@pytest.fixture
def warmer(model, tmp_path):
    """A recipe without masks that changes every pixel."""
    adjust = AdjustTexture(model="tiny", amounts=(("texture:0", 2.0),), detail=1.0)
    return write_recipe(tmp_path / "warmer.json", adjust)


@pytest.fixture
def half(model, tmp_path, reference):
    """A recipe with a reference and a mask of the left half."""
    photo, mask = photo_of(reference), left_half()
    swap = SwapTexture(model="tiny", reference=photo.picture.sha256, mask=mask.sha256)
    return write_recipe(tmp_path / "half.json", swap, references=[photo], masks=[mask])


@pytest.fixture
def folder(save_picture, tmp_path):
    for index in range(5):
        save_picture(f"photos/{index}.png", 24 + 4 * index, 36, seed=index)
    return tmp_path / "photos"


def rendered(photo, recipe, *, edit_px=None, bits=8, size_px=None):
    """What the engine makes of it, without the command line."""
    read = load_recipe(recipe)
    request = RenderRequest(
        base=Picture.from_rgb(read_image(photo).rgb_hwc),
        edits=read.edits,
        pictures=tuple(one.picture for one in read.photos),
        masks=read.masks,
        directions=tuple(one.direction for one in read.sliders),
        edit_px=edit_px,
        short_side_px=size_px,
        bits=bits,
    )
    return Engine("cpu").render(request).rgb_hwc


def test_a_recipe_writes_what_the_engine_renders(scumble, half, photo, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", half, "-o", out, "--device", "cpu")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    pixels = read_image(out).rgb_hwc
    assert np.array_equal(pixels, rendered(photo, half))
    assert not np.array_equal(pixels, read_image(photo).rgb_hwc)


def test_outside_of_the_mask_nothing_changes_and_that_is_told(scumble, half, photo, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", half, "-o", out, "--device", "cpu")
    (line,) = ran.out.splitlines()
    found = re.fullmatch(
        rf"{re.escape(str(out))}: 64 x 48 px, 0 of ([\d,]+) pixels outside of the masks changed, "
        r"CPU .*, [\d.]+ s",
        line,
    )
    assert found, line
    outside = int(found[1].replace(",", ""))
    assert 0.4 * 64 * 48 < outside <= 0.5 * 64 * 48
    before, after = read_image(photo).rgb_hwc, read_image(out).rgb_hwc
    assert np.array_equal(before[:, 33:], after[:, 33:])
    assert (before[:, :20] != after[:, :20]).any(2).mean() > 0.9


def test_without_masks_nothing_is_told_of_them(scumble, warmer, photo, tmp_path):
    ran = scumble("edit", photo, "--recipe", warmer, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert "outside" not in ran.out


@pytest.mark.parametrize(
    ("suffix", "bits"), [(".png", 16), (".tif", 16), (".jpg", 8), (".webp", 8)]
)
def test_sixteen_bits_stay_where_the_format_has_them(
    scumble, half, save_picture, tmp_path, suffix, bits
):
    deep = save_picture("deep.png", bits=16)
    out = tmp_path / f"out{suffix}"
    ran = scumble("edit", deep, "--recipe", half, "-o", out)
    assert ran.code == 0, ran.err
    loaded = read_image(out)
    assert loaded.bits == bits
    if bits == 16:
        before = read_image(deep).rgb_hwc
        assert np.array_equal(loaded.rgb_hwc[:, 33:], before[:, 33:])
        assert np.unique(before[:, 33:] % 257).size > 200
        assert np.array_equal(loaded.rgb_hwc, rendered(deep, half, bits=16))


def test_edits_are_carried_out_small_and_put_into_the_photo(
    scumble, half, save_picture, tmp_path, monkeypatch
):
    monkeypatch.setitem(DEFAULT_SHORT_SIDE_PX, "cpu", 24)
    large = save_picture("large.png", 60, 80)
    out = tmp_path / "out.png"
    results = []
    for options in ([], ["--edit-size", 24], ["--edit-size", 40], ["--anew"]):
        ran = scumble("edit", large, "--recipe", half, "-o", out, "--device", "cpu", *options)
        assert ran.code == 0, ran.err
        results.append(read_image(out).rgb_hwc)
        assert np.array_equal(results[-1][:, 41:], read_image(large).rgb_hwc[:, 41:])
    for pixels, edit_px in zip(results, (24, 24, 40, None), strict=True):
        assert np.array_equal(pixels, rendered(large, half, edit_px=edit_px))
    assert not np.array_equal(results[1], results[2])
    assert not np.array_equal(results[2], results[3])


def test_the_size_of_the_result_can_be_chosen(scumble, half, photo, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", half, "-o", out, "--size", 24)
    assert ran.code == 0, ran.err
    assert "32 x 24 px" in ran.out
    assert "outside" not in ran.out
    assert np.array_equal(read_image(out).rgb_hwc, rendered(photo, half, size_px=24))
    ran = scumble("edit", photo, "--recipe", half, "-o", out, "--size", 96, "--device", "cpu")
    assert ran.code == 0, ran.err
    assert np.array_equal(read_image(out).rgb_hwc, rendered(photo, half, size_px=96, edit_px=48))


def test_the_documented_sizes_are_the_engines(scumble):
    words = " ".join(scumble("edit", "--help").out.split())
    found = re.findall(r"up to (\d+) on a CPU and (\d+) on a GPU", words)
    assert found == [(str(DEFAULT_SHORT_SIDE_PX["cpu"]), str(DEFAULT_SHORT_SIDE_PX["cuda"]))]


def test_profile_exif_and_alpha_go_along(scumble, warmer, save_picture, tmp_path):
    exif = Image.Exif()
    exif[ARTIST] = "Ada"
    exif.get_ifd(GPS).update({1: "N"})
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    alpha_hw = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    tagged = save_picture("tagged.png", metadata=ImageMetadata(exif=block), alpha_hw=alpha_hw)
    out = tmp_path / "out.png"
    kept = []
    for options in ([], ["--strip-place"]):
        ran = scumble("edit", tagged, "--recipe", warmer, "-o", out, *options)
        assert ran.code == 0, ran.err
        loaded = read_image(out)
        assert loaded.alpha_hw is not None
        assert np.array_equal(loaded.alpha_hw, alpha_hw)
        read = Image.Exif()
        read.load(b"Exif\0\0" + (loaded.metadata.exif or b""))
        kept.append((read[ARTIST], bool(read.get_ifd(GPS))))
    assert kept == [("Ada", True), ("Ada", False)]


def test_a_folder_gives_one_result_for_each_photo(scumble, half, folder, tmp_path):
    out = tmp_path / "results"
    ran = scumble("edit", folder, "--recipe", half, "-o", out, "--device", "cpu")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in out.iterdir()) == [f"{n}.png" for n in range(5)]
    for path in out.iterdir():
        assert np.array_equal(read_image(path).rgb_hwc, rendered(folder / path.name, half))
    (line,) = ran.out.splitlines()
    assert "5 of 5 pictures, edits at up to 512 px, 0 of 2," in line
    assert "pixels outside of the masks changed, CPU" in line


def test_a_bad_photo_does_not_stop_the_rest(scumble, half, folder, tmp_path):
    cut = folder / "2.png"
    cut.write_bytes(cut.read_bytes()[:200])
    (folder / "notes.txt").write_text("not a picture")
    out, sheet = tmp_path / "results", tmp_path / "sheet.png"
    ran = scumble("edit", folder, "--recipe", half, "-o", out, "--sheet", sheet)
    assert ran.code == 1
    assert sorted(path.name for path in out.iterdir()) == ["0.png", "1.png", "3.png", "4.png"]
    first, second = ran.err.splitlines()
    assert first.startswith("scumble: 2.png ")
    assert second.startswith("scumble: notes.txt ")
    assert "4 of 6 pictures" in ran.out
    assert "contact sheet of 4 photos" in ran.out
    assert sheet.is_file()


def test_a_changed_pixel_outside_would_be_told(scumble, half, folder, tmp_path, monkeypatch):
    class Leaking(Engine):
        def render(self, request, token=None, progress=None):
            result = super().render(request, token, progress)
            return replace(result, changed_outside_px=2)

    monkeypatch.setattr(edit, "make_engine", Leaking)
    ran = scumble("edit", folder / "0.png", "--recipe", half, "-o", tmp_path / "out.png")
    assert ", 2 of " in ran.out
    ran = scumble("edit", folder, "--recipe", half, "-o", tmp_path / "results")
    assert ", 10 of " in ran.out


# The contact sheet and the dry run


def test_a_dry_run_writes_the_contact_sheet_and_nothing_else(
    scumble, half, folder, tmp_path, monkeypatch
):
    asked = []

    class Watched(Engine):
        def render(self, request, token=None, progress=None):
            asked.append((request.base.height_px, request.short_side_px, request.edit_px))
            return super().render(request, token, progress)

    monkeypatch.setattr(edit, "make_engine", Watched)
    monkeypatch.setattr(edit, "DRY_PX", 28)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    sheet = tmp_path / "sheet.png"
    options = ["--dry-run", "--sheet", sheet, "--device", "cpu"]
    ran = scumble("edit", folder, "--recipe", half, "-o", tmp_path / "results", *options)
    assert ran.code == 0, ran.err
    first, second = ran.out.splitlines()
    said = f"{sheet}: 3 of 3 pictures, at up to 28 px (results of larger photos are finer), "
    assert first.startswith(said)
    assert second == f"{sheet}: contact sheet of 3 photos"
    # Of five photos the first, the middle and the last, and none made larger than it is.
    assert asked == [(24, 24, None), (32, 28, None), (40, 28, None)]
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after.keys() - before.keys() == {sheet}
    assert {path: after[path] for path in before} == before
    assert not (tmp_path / "results").exists()


def test_a_dry_run_of_one_photo(scumble, half, photo, tmp_path):
    sheet = tmp_path / "sheet.jpg"
    ran = scumble("edit", photo, "--recipe", half, "--dry-run", "--sheet", sheet)
    assert ran.code == 0, ran.err
    assert "contact sheet of 1 photo" in ran.out
    assert read_image(sheet).rgb_hwc.size


def test_a_sheet_of_a_run_shows_before_and_after(scumble, half, photo, tmp_path):
    out, sheet = tmp_path / "out.png", tmp_path / "sheet.png"
    ran = scumble("edit", photo, "--recipe", half, "-o", out, "--sheet", sheet)
    assert ran.code == 0, ran.err
    shown = read_image(sheet).rgb_hwc
    for path in (photo, out):
        pixels = read_image(path).rgb_hwc
        assert holds(shown, pixels), path
    assert not holds(shown, read_image(photo).rgb_hwc // 2)


def holds(sheet, part) -> bool:
    """Whether a picture is somewhere in another one."""
    height, width, _ = part.shape
    corners = np.argwhere((sheet == part[0, 0]).all(2))
    return any(np.array_equal(sheet[y : y + height, x : x + width], part) for y, x in corners)


def test_options_that_do_not_go_together(scumble, half, photo, tmp_path):
    recipe = ("--recipe", half)
    out = tmp_path / "out.png"
    scumble("edit", photo, *recipe).failed_with(2, "-o is missing")
    scumble("edit", photo, *recipe, "--dry-run").failed_with(2, "--dry-run needs --sheet")
    scumble("edit", photo, "-o", out).failed_with(2, "--recipe")
    scumble("edit", photo, *recipe, "-o", out, "--detail", 1).failed_with(2, "--detail")
    scumble("edit", photo, *recipe, "--slider", "texture:0=1", "-o", out).failed_with(2, "slider")
    scumble("edit", photo, *recipe, "-o", out, "--anew", "--edit-size", 9).failed_with(2, "anew")
    scumble("edit", photo, *recipe, "-o", out, "--sheet", tmp_path).failed_with(2, "folder")
    scumble("edit", photo, *recipe, "-o", out, "--sheet", out).failed_with(2, "contact sheet")
    assert not out.exists()


def test_what_is_read_is_not_overwritten(scumble, half, photo, folder, tmp_path):
    recipe = ("--recipe", half)
    (reference,) = files_folder(half).glob("originals/*")
    kept = {path: path.read_bytes() for path in (photo, half, reference, folder / "1.png")}
    scumble("edit", photo, *recipe, "-o", photo).failed_with(2, "would overwrite")
    scumble("edit", photo, *recipe, "-o", reference).failed_with(2, "would overwrite")
    dry = ("--dry-run", "--sheet")
    # Also one that is not among the three.
    scumble("edit", folder, *recipe, *dry, folder / "1.png").failed_with(2, "would overwrite")
    scumble("edit", photo, *recipe, *dry, photo).failed_with(2, "would overwrite")
    assert {path: path.read_bytes() for path in kept} == kept


# Models


def test_a_model_takes_the_place_of_the_recipes(
    scumble, half, photo, installation, tiny_config, tmp_path
):
    other = save_with_directions(installation / "models" / "other.safetensors", tiny_config, seed=1)
    out = tmp_path / "out.png"
    results = []
    for options in ([], ["--model", "other"], ["--model", other]):
        assert scumble("edit", photo, "--recipe", half, "-o", out, *options).code == 0
        results.append(read_image(out).rgb_hwc)
    assert not np.array_equal(results[0], results[1])
    assert np.array_equal(results[1], results[2])


def test_a_recipe_for_certain_weights_can_be_given_another_model(scumble, model, photo, tmp_path):
    edit_ = AdjustTexture(model="tiny", checkpoint="0" * 64, amounts=(("texture:0", 1.0),))
    recipe = write_recipe(tmp_path / "r.json", edit_)
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", recipe, "-o", out)
    ran.failed_with(1, "other weights of 'tiny'")
    assert scumble("edit", photo, "--recipe", recipe, "-o", out, "--model", "tiny").code == 0


def test_a_missing_model_is_told_once_and_before_any_work(scumble, tmp_path, folder, installation):
    recipe = write_recipe(
        tmp_path / "r.json", AdjustTexture(model="gone", amounts=(("texture:0", 1.0),))
    )
    ran = scumble("edit", folder, "--recipe", recipe, "-o", tmp_path / "results")
    ran.failed_with(1, "no model 'gone'")
    assert not (tmp_path / "results").exists()


def test_an_edit_that_is_off_needs_no_model(scumble, model, photo, tmp_path):
    on = AdjustTexture(model="tiny", amounts=(("texture:0", 1.0),))
    off = AdjustTexture(model="gone", enabled=False, amounts=(("texture:0", 1.0),))
    recipe = write_recipe(tmp_path / "r.json", off, on)
    ran = scumble("edit", photo, "--recipe", recipe, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err


def test_a_model_that_cannot_do_it(scumble, half, painter, photo, tmp_path):
    ran = scumble("edit", photo, "--recipe", half, "-o", tmp_path / "o.png", "--model", "painter")
    ran.failed_with(1, "'painter'", "cannot edit a photo through its codes")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda m: AdjustTexture(model="tiny", amounts=(("texture:3", 1.0),)), "texture:3"),
        (
            lambda m: EditRegion(model="tiny", region=m, amounts=(("structure:2", 1.0),)),
            "structure:2",
        ),
    ],
)
def test_a_direction_that_the_model_lacks_is_told_once(
    scumble, model, folder, tmp_path, make, words
):
    mask = left_half()
    recipe = write_recipe(tmp_path / "r.json", make(mask.sha256), masks=[mask])
    ran = scumble("edit", folder, "--recipe", recipe, "-o", tmp_path / "results")
    ran.failed_with(1, words, "directions of that kind")


def test_structure_directions_of_a_region_are_found(scumble, model, photo, tmp_path):
    mask = left_half()
    region = EditRegion(model="tiny", region=mask.sha256, amounts=(("structure:1", 3.0),))
    recipe = write_recipe(tmp_path / "r.json", region, masks=[mask])
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", recipe, "-o", out)
    assert ran.code == 0, ran.err
    assert np.array_equal(read_image(out).rgb_hwc, rendered(photo, recipe))
    assert "0 of " in ran.out


# Recipes that cannot be carried out


def test_a_layout_in_the_recipe_is_left_out_and_told(scumble, warmer, painter, photo, tmp_path):
    edits = (RenderLayout(model="painter"), *load_recipe(warmer).edits)
    recipe = tmp_path / "both.json"
    recipe.write_text(recipe_to_json(edits))
    out = tmp_path / "out.png"
    ran = scumble("edit", photo, "--recipe", recipe, "-o", out)
    assert ran.code == 0, ran.err
    assert "both.json renders a layout as well" in ran.out
    assert np.array_equal(read_image(out).rgb_hwc, rendered(photo, warmer))


@pytest.mark.parametrize(
    "edits",
    [
        (),
        (RenderLayout(model="tiny"),),
        (AdjustTexture(model="tiny", enabled=False, amounts=(("texture:0", 1.0),)),),
        (AdjustTexture(model="tiny", strength=0.0, amounts=(("texture:0", 1.0),)),),
    ],
)
def test_a_recipe_with_nothing_to_do(scumble, model, photo, tmp_path, edits):
    recipe = tmp_path / "r.json"
    recipe.write_text(recipe_to_json(edits))
    ran = scumble("edit", photo, "--recipe", recipe, "-o", tmp_path / "out.png")
    ran.failed_with(1, "r.json has no edit that would change a photo")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear diary", "not a recipe"),
        ('{"format": "scumble-recipe", "version": 99, "edits": []}', "version 99"),
    ],
)
def test_a_bad_recipe_is_one_sentence(scumble, photo, tmp_path, text, words):
    recipe = tmp_path / "r.json"
    recipe.write_text(text)
    out = tmp_path / "out.png"
    out.write_bytes(b"an older result")
    scumble("edit", photo, "--recipe", recipe, "-o", out).failed_with(1, "r.json", words)
    assert out.read_bytes() == b"an older result"


def test_a_missing_reference_is_told_before_any_work(scumble, half, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(edit, "make_engine", lambda device: pytest.fail("torch was needed"))
    shutil.rmtree(files_folder(half) / "originals")
    out = tmp_path / "results"
    ran = scumble("edit", folder, "--recipe", half, "-o", out)
    ran.failed_with(1, "half.json", "reference.png is missing", "half.files/originals/")
    assert not out.exists()


def test_what_is_not_there(scumble, half, photo, tmp_path):
    gone = tmp_path / "gone.png"
    out, sheet = tmp_path / "o.png", tmp_path / "s.png"
    scumble("edit", gone, "--recipe", half, "-o", out).failed_with(1, "no file", "gone.png")
    dry = ("--dry-run", "--sheet", sheet)
    scumble("edit", gone, "--recipe", half, *dry).failed_with(1, "no file", "gone.png")
    scumble("edit", photo, "--recipe", gone, "-o", out).failed_with(1, "no file", "gone.png")
    scumble("edit", photo, "--slider", "gone.slider=1", "-o", out).failed_with(1, "gone.slider")


def test_a_single_photo_that_is_no_good_is_told_without_the_engine(
    scumble, half, tmp_path, monkeypatch
):
    monkeypatch.setattr(edit, "make_engine", lambda device: pytest.fail("torch was needed"))
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"Dear diary")
    ran = scumble("edit", bad, "--recipe", half, "-o", tmp_path / "out.png")
    ran.failed_with(1, "bad.jpg")


def test_recipe_and_files_are_checked_without_torch(tmp_path, half, photo):
    (files_folder(half) / "sliders.slider").write_bytes(b"")
    mask = next(files_folder(half).glob("masks/*"))
    mask.write_bytes(mask.read_bytes()[:40])
    code = (
        "import sys; from app.cli import main; "
        f"code = main(['edit', {str(photo)!r}, '--recipe', {str(half)!r}, '-o', 'out.png']); "
        "sys.exit(9 if 'torch' in sys.modules else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert mask.name in done.stderr


# Places


def test_a_region_is_moved_by_a_model_without_directions_of_its_own(
    scumble, installation, tiny_config, photo, tmp_path
):
    """Along the photo's own, as in the window."""
    save_with_directions(installation / "models" / "tiny.safetensors", tiny_config, structure=False)
    mask = left_half()
    region = EditRegion(model="tiny", region=mask.sha256, amounts=(("structure:0", 6.0),))
    recipe = write_recipe(tmp_path / "r.json", region, masks=[mask])
    ran = scumble("edit", photo, "--recipe", recipe, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    before, after = read_image(photo).rgb_hwc, read_image(tmp_path / "out.png").rgb_hwc
    assert (before != after).any(2).mean() > 0.4


def test_textures_painted_in_places_are_replayed_on_photos_of_any_shape(
    scumble, model, reference, save_picture, tmp_path
):
    photo, mask = photo_of(reference), left_half(30, 50)
    patch = TexturePatch(mask=mask.sha256, reference=photo.picture.sha256)
    recipe = write_recipe(
        tmp_path / "r.json", PaintTexture(model="tiny", patches=(patch,)),
        references=[photo], masks=[mask],
    )  # fmt: skip
    for height_px, width_px in ((40, 20), (20, 60)):
        base = save_picture("base.png", height_px, width_px)
        out = tmp_path / "out.png"
        ran = scumble("edit", base, "--recipe", recipe, "-o", out)
        assert ran.code == 0, ran.err
        before, after = read_image(base).rgb_hwc, read_image(out).rgb_hwc
        right = width_px // 2 + 1
        assert np.array_equal(before[:, right:], after[:, right:])
        assert (before[:, : width_px // 3] != after[:, : width_px // 3]).any(2).mean() > 0.9
