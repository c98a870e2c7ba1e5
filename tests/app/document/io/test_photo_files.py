"""Photos as files in projects: exactly their pixels, as their own file where that has them."""

import numpy as np
import pytest

from app.document.document import Photo
from app.document.io import photo_files
from app.document.io.images import read_image, write_image
from app.document.io.photo_files import PhotoFile, PhotoReader, photo_file, stem
from app.document.io.raw import Refusal
from app.errors import UserError
from models.values import Picture
from tests.app.document.io.files import noise, smooth
from tests.app.document.io.works import METADATA, photo


def opened(path) -> Photo:
    image = read_image(path)
    picture = Picture.from_rgb(image.rgb_hwc)
    return Photo(picture, path.name, path, image.metadata, image.alpha_hw)


def reader(*files: PhotoFile) -> PhotoReader:
    by_stem = {file.name.partition("/")[2].partition(".")[0]: file for file in files}
    return PhotoReader(by_stem.__getitem__)


def back(photo: Photo, file: PhotoFile):
    return reader(file).photo(photo.picture.sha256, photo.alpha_sha256)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_photo_without_a_file_becomes_a_png_with_its_pixels(bits, alpha):
    made = photo(1, bits, alpha=alpha, metadata=METADATA)
    file = photo_file(made)
    assert file.name == f"photos/{stem(made.picture.sha256, made.alpha_sha256)}.png"
    picture, alpha_hw = back(made, file)
    assert picture.sha256 == made.picture.sha256
    assert np.array_equal(picture.rgb_hwc, made.picture.rgb_hwc)
    assert (alpha_hw is not None) == alpha
    if alpha_hw is not None and made.alpha_hw is not None:
        assert np.array_equal(alpha_hw, made.alpha_hw)


def test_photos_that_differ_in_alpha_alone_have_files_of_their_own():
    with_alpha, without = photo(1, alpha=True), photo(1)
    assert with_alpha.picture == without.picture
    assert photo_file(with_alpha).name != photo_file(without).name


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_the_file_that_a_photo_was_read_from_is_kept_as_it_is(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_image(path, smooth(30, 40), quality=80)
    made = opened(path)
    file = photo_file(made)
    assert file.name.startswith("originals/")
    assert file.name.endswith(suffix)
    assert file.data == path.read_bytes()
    assert back(made, file)[0] == made.picture


def test_a_jpeg_is_far_smaller_than_its_pixels(tmp_path):
    path = tmp_path / "a.jpg"
    write_image(path, smooth(400, 600), quality=90)
    as_png = photo_file(Photo(opened(path).picture, "a"))
    assert len(photo_file(opened(path)).data) * 3 < len(as_png.data)


@pytest.mark.parametrize("fate", ["gone", "other", "broken", "layered", "unknown", "alpha"])
def test_a_file_that_has_other_pixels_by_now_is_not_kept(tmp_path, fate, monkeypatch):
    path = tmp_path / "a.png"
    write_image(path, noise(30, 40, 3))
    made = opened(path)
    if fate == "gone":
        path.unlink()
    elif fate == "other":
        write_image(path, smooth(30, 40))
    elif fate == "broken":
        path.write_bytes(path.read_bytes()[:99])
    elif fate == "layered":
        monkeypatch.setattr(photo_files, "SPARE_BYTES", -2 * made.picture.rgb_hwc.nbytes)
    elif fate == "unknown":
        path.write_bytes(b"BM no kind that is known")
    else:
        write_image(path, made.picture.rgb_hwc, alpha_hw=noise(30, 40, 1)[..., 0])
    file = photo_file(made)
    assert file.name.startswith("photos/")
    assert back(made, file)[0] == made.picture


def test_a_photo_is_decoded_once():
    made = photo(1)
    file = photo_file(made)
    asked = []

    def find(name):
        asked.append(name)
        return file

    photos = PhotoReader(find)
    first = photos.photo(made.picture.sha256, "")
    assert photos.photo(made.picture.sha256, "") is first
    assert asked == [stem(made.picture.sha256, "")]


def test_other_pixels_than_were_written_are_refused():
    made, other = photo(1), photo_file(photo(2))
    with pytest.raises(ValueError, match="not what was written"):
        back(made, PhotoFile(photo_file(made).name, other.data))


def test_an_original_that_another_decoder_reads_a_little_differently_is_taken_as_it_is_read(
    tmp_path,
):
    write_image(tmp_path / "a.jpg", smooth(30, 40))
    made = opened(tmp_path / "a.jpg")
    # The same photo as a program with another decoder saw it.
    theirs = Picture.from_rgb(np.clip(made.picture.rgb_hwc, 1, 254))
    file = PhotoFile(f"originals/{theirs.sha256[:32]}.jpg", (tmp_path / "a.jpg").read_bytes())
    picture, _ = reader(file).photo(theirs.sha256, "")
    assert picture == made.picture


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff and no more"]
)
def test_a_damaged_photo_is_an_error(data):
    made = photo(1)
    with pytest.raises((ValueError, UserError)):
        back(made, PhotoFile(photo_file(made).name, data))


def test_photos_that_would_fill_the_memory_are_refused(monkeypatch):
    made = [photo(number) for number in range(3)]
    pixels = made[0].picture.width_px * made[0].picture.height_px
    monkeypatch.setattr(photo_files, "MAX_PIXELS", 2 * pixels)
    photos = reader(*map(photo_file, made))
    for each in made[:2]:
        photos.photo(each.picture.sha256, "")
    with pytest.raises(Refusal, match="fill the memory"):
        photos.photo(made[2].picture.sha256, "")
