from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.controllers.exporting import Exporting, encoded, short_side_px, size_words
from app.controllers.pictures import photo_of_image
from app.controllers.preview import Rendered
from app.controllers.requests import request_of
from app.document.document import Document, Photo, replace_edit, set_strength
from app.document.io.images import read_image
from app.document.io.metadata import ImageMetadata
from app.document.io.pixels import to_8_bit
from app.document.masks import empty_levels, mask_of
from app.document.pyramid import Pyramid
from app.document.rect import Rect
from app.settings import ExportSettings
from models.api import RenderResult
from models.errors import OutOfMemory
from models.values import Picture
from tests.app.fakes import rendered

WORKING_PX = 32


@pytest.fixture
def exporting(queue, session) -> Exporting:
    return Exporting(queue, session, lambda: WORKING_PX)


def idle(queue, exporting):
    return lambda: queue.idle and not exporting.busy


def test_the_file_holds_what_the_engine_makes_at_the_wanted_size(
    exporting, swapped, queue, tmp_path, heard, qtbot
):
    exported, working = heard(exporting.exported), heard(exporting.working)
    path = tmp_path / "out.png"
    settings = ExportSettings(size="custom", short_side_px=48)
    exporting.export(path, settings)
    assert exporting.busy
    qtbot.waitUntil(idle(queue, exporting))
    expected = rendered(request_of(swapped.document, 48))
    assert (read_image(path).rgb_hwc == expected).all()
    assert exported.last.bytes == path.stat().st_size
    assert (exported.last.width_px, exported.last.height_px) == (72, 48)
    # A picture is not the work: edits and history are in no file.
    assert swapped.unsaved
    assert working.values[0] == ("exporting", 0.0)
    assert working.last == ("", 0.0)


def test_a_picture_without_edits_is_written_pixel_for_pixel(
    exporting, session, queue, make, photo, tmp_path, qtbot
):
    exporting.export(tmp_path / "same.tif", ExportSettings(format="tiff", size="original"))
    qtbot.waitUntil(idle(queue, exporting))
    assert (read_image(tmp_path / "same.tif").rgb_hwc == photo.picture.rgb_hwc).all()
    assert make.made == [], "the engine was started for nothing"


@pytest.mark.parametrize(("anew", "edit_px"), [(False, WORKING_PX), (True, None)])
def test_edits_are_carried_out_as_on_the_screen_unless_anew_is_asked_for(
    exporting, swapped, queue, make, tmp_path, qtbot, anew, edit_px
):
    exporting.export(tmp_path / "a.png", ExportSettings(anew=anew))
    qtbot.waitUntil(idle(queue, exporting))
    request = make.made[0].requests[-1]
    assert (request.short_side_px, request.edit_px) == (64, edit_px)


@pytest.mark.parametrize(
    ("made_px", "final", "outside_px", "told"),
    [(64, True, 100, (100, 3)), (64, False, 100, None), (32, True, 100, None), (64, True, 0, None)],
    ids=["counted", "not the last", "memory was short", "everywhere"],
)
def test_what_the_screen_shows_is_counted_where_it_has_the_photos_size(
    exporting, swapped, made_px, final, outside_px, told
):
    request = request_of(swapped.document, 64, edit_px=32)
    pixels = rendered(request_of(swapped.document, made_px))
    result = RenderResult(
        rgb_hwc=pixels, seconds=1.0, device="", outside_px=outside_px, changed_outside_px=3
    )
    exporting.note_shown(Rendered(request, result, Pyramid.of(pixels, None), final))
    assert exporting.outside == told
    exporting.note_shown(None)
    assert exporting.outside is None


def test_what_was_counted_in_an_earlier_picture_is_not_told(exporting, swapped):
    request = request_of(swapped.document, 64)
    pixels = rendered(request)
    result = RenderResult(rgb_hwc=pixels, seconds=1.0, device="", outside_px=9)
    exporting.note_shown(Rendered(request, result, Pyramid.of(pixels, None), final=True))
    assert exporting.outside == (9, 0)
    swapped.push("Weaken", set_strength(swapped.document, 1, 0.5))
    assert exporting.outside is None


def test_what_changed_outside_of_the_masks_is_counted(
    exporting, swapped, queue, heard, tmp_path, qtbot
):
    exported = heard(exporting.exported)
    entry = swapped.document.entries[0]
    levels = empty_levels(96, 64).fill(Rect(0, 0, 32, 64), 255)
    edit = replace(entry.edit, mask=mask_of(levels).sha256)
    swapped.push("Mask", replace_edit(swapped.document, entry.uid, edit, (mask_of(levels),)))
    exporting.export(tmp_path / "a.png", ExportSettings())
    qtbot.waitUntil(idle(queue, exporting))
    assert (exported.last.outside_px, exported.last.changed_outside_px) == (64 * 64, 0)
    base = swapped.document.base.picture.rgb_hwc
    written = read_image(tmp_path / "a.png").rgb_hwc
    assert (written[:, 32:] == base[:, 32:]).all()
    assert not (written[:, :32] == base[:, :32]).all()
    # At another size no pixel can be compared with the photo's.
    exporting.export(tmp_path / "b.png", ExportSettings(size="custom", short_side_px=48))
    qtbot.waitUntil(idle(queue, exporting))
    assert exported.last.height_px == 48
    assert (exported.last.outside_px, exported.last.changed_outside_px) == (0, 0)


def test_an_edit_without_its_model_is_left_out(queue, session, swapped, tmp_path, qtbot):
    exporting = Exporting(queue, session, lambda: WORKING_PX, lambda model_id: True)
    assert exporting.edits == ()
    exporting.export(tmp_path / "a.png", ExportSettings())
    qtbot.waitUntil(idle(queue, exporting))
    assert (read_image(tmp_path / "a.png").rgb_hwc == swapped.document.base.picture.rgb_hwc).all()


@pytest.mark.parametrize(
    ("size", "custom", "expected"),
    [("working", 1, 32), ("original", 1, 64), ("custom", 20, 20), ("custom", 900, 64)],
)
def test_sizes(session, size, custom, expected):
    settings = ExportSettings(size=size, short_side_px=custom)
    assert short_side_px(session.document, settings, WORKING_PX) == expected


def test_sixteen_bits_are_computed_and_kept(exporting, swapped, queue, make, tmp_path, qtbot):
    exporting.export(tmp_path / "deep.png", ExportSettings(bits=16))
    qtbot.waitUntil(idle(queue, exporting))
    assert read_image(tmp_path / "deep.png").bits == 16
    assert make.made[0].requests[0].bits == 16
    exporting.export(tmp_path / "flat.jpg", ExportSettings(format="jpeg", bits=16))
    qtbot.waitUntil(idle(queue, exporting))
    assert make.made[0].requests[1].bits == 8


def profile() -> bytes:
    """sRGB as a profile: what is converted with it stays as it is."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("keep", [True, False])
def test_profile_descriptions_and_alpha(exporting, session, photo, queue, tmp_path, qtbot, keep):
    alpha = np.full((64, 96), 77, np.uint8)
    metadata = ImageMetadata(icc=profile(), xmp=b"<x:xmpmeta/>")
    session.open(Document(base=replace(photo, metadata=metadata, alpha_hw=alpha)))
    settings = ExportSettings(keep_profile=keep, keep_exif=keep, size="working")
    exporting.export(tmp_path / "a.png", settings)
    qtbot.waitUntil(idle(queue, exporting))
    image = read_image(tmp_path / "a.png")
    assert (image.metadata.icc is not None) == keep
    assert (image.metadata.xmp is not None) == keep
    assert image.alpha_hw is not None
    assert image.alpha_hw.shape == (32, 48)
    assert (image.alpha_hw == 77).all()


def test_colours_of_a_profile_that_is_left_out_become_srgb(
    exporting, session, photo, queue, tmp_path, qtbot, monkeypatch
):
    from app.document.io import pixels

    monkeypatch.setattr(pixels, "to_srgb", lambda rgb_hwc, icc: 255 - rgb_hwc)
    session.open(Document(base=replace(photo, metadata=ImageMetadata(icc=profile()))))
    exporting.export(tmp_path / "a.png", ExportSettings(keep_profile=False, size="original"))
    qtbot.waitUntil(idle(queue, exporting))
    assert (read_image(tmp_path / "a.png").rgb_hwc == 255 - photo.picture.rgb_hwc).all()


def test_colours_of_16_bits_keep_their_profile(exporting, session, photo, queue, tmp_path, qtbot):
    session.open(Document(base=replace(photo, metadata=ImageMetadata(icc=profile()))))
    exporting.export(tmp_path / "a.png", ExportSettings(keep_profile=False, bits=16))
    qtbot.waitUntil(idle(queue, exporting))
    image = read_image(tmp_path / "a.png")
    assert image.rgb_hwc.dtype == np.uint16
    assert image.metadata.icc == profile()


def test_the_estimate_of_a_photo_with_alpha_is_near(exporting, session, photo, heard, qtbot):
    alpha = np.random.default_rng(1).integers(0, 256, (64, 96), np.uint8)
    session.open(Document(base=replace(photo, alpha_hw=alpha)))
    said = heard(exporting.estimated)
    exporting.estimate(ExportSettings(size="original"))
    qtbot.waitUntil(lambda: bool(said.values))
    assert said.last.startswith("about ")


def test_a_failure_leaves_the_file(exporting, swapped, queue, make, tmp_path, heard, qtbot):
    path = tmp_path / "old.png"
    path.write_bytes(b"old")
    failed = heard(exporting.failed)
    make.prepare = lambda backend: backend.errors.append(OutOfMemory("Too little memory."))
    exporting.export(path, ExportSettings())
    qtbot.waitUntil(lambda: bool(failed.values))
    exporting.export(tmp_path / "none" / "x.png", ExportSettings())
    qtbot.waitUntil(lambda: len(failed.values) == 2)
    assert path.read_bytes() == b"old"
    assert not exporting.busy


def test_an_export_can_be_cancelled(exporting, swapped, queue, make, tmp_path, heard, qtbot):
    exported, cancelled = heard(exporting.exported), []
    exporting.cancelled.connect(lambda: cancelled.append(1))
    make.prepare = lambda backend: backend.block()
    exporting.export(tmp_path / "x.png", ExportSettings())
    qtbot.waitUntil(lambda: bool(make.made) and make.made[0].running.is_set())
    exporting.cancel()
    qtbot.waitUntil(idle(queue, exporting))
    assert (exported.values, cancelled) == ([], [1])
    assert list(tmp_path.iterdir()) == []


def test_a_slider_that_has_not_come_to_rest_is_in_the_file(
    exporting, swapped, queue, tmp_path, qtbot
):
    dragged = set_strength(swapped.document, 1, 0.5)
    swapped.drag(dragged, "Change strength")
    exporting.export(tmp_path / "x.png", ExportSettings())
    qtbot.waitUntil(idle(queue, exporting))
    wanted = rendered(request_of(dragged, None, edit_px=WORKING_PX))
    assert (read_image(tmp_path / "x.png").rgb_hwc == wanted).all()


def test_work_that_goes_on_during_an_export_is_not_in_the_file(
    exporting, swapped, queue, make, tmp_path, qtbot
):
    exported = swapped.document
    make.prepare = lambda backend: backend.block()
    exporting.export(tmp_path / "x.png", ExportSettings())
    qtbot.waitUntil(lambda: bool(make.made) and make.made[0].running.is_set())
    swapped.push("Change strength", set_strength(exported, 1, 0.5))
    make.made[0].unblock()
    qtbot.waitUntil(idle(queue, exporting))
    wanted = rendered(request_of(exported, None, edit_px=WORKING_PX))
    assert (read_image(tmp_path / "x.png").rgb_hwc == wanted).all()


def test_the_estimate_is_exact_for_what_is_shown_and_near_for_the_rest(
    exporting, session, queue, tmp_path, heard, qtbot
):
    said = heard(exporting.estimated)
    exporting.estimate(ExportSettings(size="original", format="tiff"))
    qtbot.waitUntil(lambda: len(said.values) == 1)
    exporting.export(tmp_path / "x.tif", ExportSettings(size="original", format="tiff"))
    qtbot.waitUntil(idle(queue, exporting))
    assert said.last == size_words((tmp_path / "x.tif").stat().st_size)
    exporting.estimate(ExportSettings(size="working", format="tiff"))
    qtbot.waitUntil(lambda: len(said.values) == 2)
    assert said.last.startswith("about ")


@pytest.mark.parametrize(("own_bits", "bits"), [(8, 8), (16, 16), (16, 8)])
def test_the_estimate_of_a_large_photo_is_near(
    session, exporting, queue, tmp_path, heard, qtbot, own_bits, bits
):
    """The middle has all the detail, and 16 bits take more room than the screen shows."""
    noise = np.random.default_rng(4)
    rgb_hwc = np.full((1150, 1300, 3), 90, np.uint8)
    rgb_hwc[300:800, 350:950] = noise.integers(0, 256, (500, 600, 3))
    if own_bits == 16:
        rgb_hwc = rgb_hwc * np.uint16(257) + noise.integers(0, 99, rgb_hwc.shape).astype(np.uint16)
    session.open(Document(Photo(Picture.from_rgb(rgb_hwc), "large.png")))
    settings = ExportSettings(size="original", bits=bits)
    said = heard(exporting.estimated)
    exporting.estimate(settings)
    exporting.export(tmp_path / "x.png", settings)
    qtbot.waitUntil(lambda: idle(queue, exporting)() and bool(said.values))
    word, number, unit = said.last.split()
    assert (word, unit) == ("about", "MB")
    assert float(number) == pytest.approx((tmp_path / "x.png").stat().st_size / 1e6, rel=0.35)


def grained(rgb, size_px=(700, 1000), grain=6) -> np.ndarray:
    """A photo as cameras make them: smooth, with grain."""
    height_px, width_px = size_px
    y, x = np.mgrid[0:height_px, 0:width_px]
    shade = 60 * np.sin(x / 90.0) + 40 * np.cos(y / 50.0)
    noise = np.random.default_rng(3).normal(0, grain, (height_px, width_px, 3))
    return np.clip(shade[..., None] + noise + rgb, 0, 255)


def said_and_true(exporting, settings, true_rgb_hwc, qtbot, heard) -> tuple[float, float]:
    """Megabytes: as they are told, and of a file with these pixels."""
    said = heard(exporting.estimated)
    exporting.estimate(settings)
    qtbot.waitUntil(lambda: bool(said.values))
    about, number, unit = said.last.split()
    assert about == "about"
    photo = Photo(Picture.from_rgb(true_rgb_hwc), "x.png")
    size = len(encoded(true_rgb_hwc, photo, settings))
    return float(number) * {"kB": 1e-3, "MB": 1.0}[unit], size / 1e6


def show(exporting, document, rgb_hwc, outside_px=0) -> None:
    request = request_of(document, min(rgb_hwc.shape[:2]))
    result = RenderResult(rgb_hwc=rgb_hwc, seconds=0.0, device="cpu", outside_px=outside_px)
    exporting.note_shown(Rendered(request, result, Pyramid(rgb_hwc), final=True))


@pytest.mark.parametrize("rgb", [(120, 110, 90), (60, 130, 200)])
@pytest.mark.parametrize("form", ["png", "tiff"])
def test_what_is_computed_in_16_bits_takes_the_room_of_16_bits(
    exporting, swapped, qtbot, heard, rgb, form
):
    """The screen has 8 bits of each; the others hardly pack."""
    deep = (grained(rgb) * 257).astype(np.uint16)
    photo = Photo(Picture.from_rgb((deep // 257).astype(np.uint8)), "a.png")
    swapped.push("Another photo", replace(swapped.document, base=photo))
    show(exporting, swapped.document, to_8_bit(deep))
    settings = ExportSettings(size="original", bits=16, format=form)
    said, true = said_and_true(exporting, settings, deep, qtbot, heard)
    assert said == pytest.approx(true, rel=0.1)


@pytest.mark.parametrize("share", [0.25, 0.75, 1.0])
def test_what_no_edit_touches_packs_like_the_photo(exporting, swapped, qtbot, heard, share):
    deep = (grained((120, 110, 90)) * 257).astype(np.uint16)
    eight = to_8_bit(deep)
    rows = int(len(deep) * share)
    deep[:rows] = eight[:rows] * np.uint16(257)
    swapped.push(
        "Another photo", replace(swapped.document, base=Photo(Picture.from_rgb(eight), "a.png"))
    )
    show(exporting, swapped.document, eight, outside_px=rows * deep.shape[1])
    settings = ExportSettings(size="original", bits=16)
    said, true = said_and_true(exporting, settings, deep, qtbot, heard)
    assert said == pytest.approx(true, rel=0.12)


@pytest.mark.parametrize("form", ["png", "jpeg", "tiff"])
@pytest.mark.parametrize(("shown_px", "wanted_px"), [(300, 1200), (1200, 300)])
def test_a_picture_of_another_size_has_other_detail(
    exporting, swapped, qtbot, heard, form, shown_px, wanted_px
):
    """One that is enlarged is smoother, a smaller one is rougher."""
    shown = np.uint8(grained((120, 110, 90), (shown_px, shown_px * 3 // 2)))
    size_px = (wanted_px * 3 // 2, wanted_px)
    true = np.asarray(Image.fromarray(shown).resize(size_px, Image.Resampling.BICUBIC))
    photo = Photo(Picture.from_rgb(np.zeros((1200, 1800, 3), np.uint8)), "a.png")
    swapped.push("Another photo", replace(swapped.document, base=photo))
    show(exporting, swapped.document, shown)
    settings = ExportSettings(size="custom", short_side_px=wanted_px, format=form)
    said, megabytes = said_and_true(exporting, settings, true, qtbot, heard)
    assert said == pytest.approx(megabytes, rel=0.15)


def test_copying_gives_what_is_shown(exporting, session, queue, photo, heard, qtbot):
    copied = heard(exporting.copied)
    exporting.copy()
    qtbot.waitUntil(lambda: bool(copied.values))
    again = photo_of_image(copied.last, "copy").picture
    assert again == photo.picture


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 kB"),
        (1, "1 kB"),
        (940_000, "940 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (2_340_000, "2.3 MB"),
        (1_200_000_000, "1.2 GB"),
    ],
)
def test_a_size_is_said_in_the_unit_that_fits(size_bytes, words):
    assert size_words(size_bytes) == words
