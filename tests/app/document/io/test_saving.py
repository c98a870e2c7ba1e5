"""What is saved is what was given, as far as the format goes; after any failure, nothing."""

import errno
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, IptcImagePlugin, TiffImagePlugin

from app.document.io import tiff
from app.document.io.atomic import write_atomically
from app.document.io.images import ImageMetadata, read_image, write_image
from app.errors import UserError
from tests.app.document.io.files import (
    XMP,
    chunk,
    exif_block,
    iptc_record,
    noise,
    oiio_attribute,
    pillow_fields,
    png_chunks,
    raw_png,
    rgb_profile,
    saved_by_pillow,
    smooth,
)

SUFFIXES = [".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".PNG", ".Jpg"]
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".webp": "WEBP"}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_extension_is_the_format(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    write_image(file, smooth(24, 40))
    short = suffix.lower().replace("jpeg", "jpg").replace("tiff", "tif")
    with Image.open(file) as image:
        assert image.format == FORMATS[short]
    assert abs(read_image(file).rgb_hwc.astype(int) - smooth(24, 40)).max() < 20


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (150, 7), (67, 701)])
def test_png_and_tiff_keep_every_bit(tmp_path, suffix, bits, channels, height, width):
    pixels = noise(height, width, channels, bits)
    alpha = pixels[..., 3] if channels == 4 else None
    file = tmp_path / f"a{suffix}"
    write_image(file, pixels[..., :3], alpha_hw=alpha)
    loaded = read_image(file)
    assert loaded.rgb_hwc.dtype == pixels.dtype
    assert np.array_equal(loaded.rgb_hwc, pixels[..., :3])
    assert (loaded.alpha_hw is None) == (alpha is None)
    if alpha is not None:
        assert loaded.alpha_hw is not None
        assert np.array_equal(loaded.alpha_hw, alpha)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_large_picture_goes_into_several_parts(tmp_path, suffix):
    pixels = noise(700, 600, 3, 16)
    write_image(tmp_path / f"a{suffix}", pixels)
    assert np.array_equal(read_image(tmp_path / f"a{suffix}").rgb_hwc, pixels)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_other_programs_read_the_same_pixels(tmp_path, suffix):
    pixels = noise(70, 90, 4)
    file = tmp_path / f"a{suffix}"
    write_image(file, pixels[..., :3], alpha_hw=pixels[..., 3])
    with Image.open(file) as image:
        assert image.mode == "RGBA"
        assert np.array_equal(np.asarray(image), pixels)


def test_a_photo_as_png_is_smaller_than_unfiltered(tmp_path):
    file = tmp_path / "a.png"
    write_image(file, smooth(300, 400))
    assert file.stat().st_size < 300 * 400 * 3 / 20


def test_webp_at_quality_100_keeps_every_bit(tmp_path):
    pixels = noise(24, 40, 4)
    pixels[:5, :, 3] = 0
    file = tmp_path / "a.webp"
    write_image(file, pixels[..., :3], alpha_hw=pixels[..., 3], quality=100)
    loaded = read_image(file)
    assert loaded.alpha_hw is not None
    assert np.array_equal(loaded.rgb_hwc, pixels[..., :3])
    assert np.array_equal(loaded.alpha_hw, pixels[..., 3])


def test_lossy_webp_keeps_alpha_and_jpeg_leaves_it_out(tmp_path):
    alpha = noise(24, 40, 1)[..., 0]
    write_image(tmp_path / "a.webp", smooth(24, 40), alpha_hw=alpha, quality=60)
    loaded = read_image(tmp_path / "a.webp")
    assert loaded.alpha_hw is not None
    assert np.array_equal(loaded.alpha_hw, alpha)
    write_image(tmp_path / "a.jpg", smooth(24, 40), alpha_hw=alpha)
    assert read_image(tmp_path / "a.jpg").alpha_hw is None


def test_16_bits_are_rounded_to_8_for_webp_and_jpeg(tmp_path):
    pixels = noise(24, 40, 3, 16)
    rounded = np.rint(pixels / 257).astype(np.uint8)
    write_image(tmp_path / "a.webp", pixels, quality=100)
    assert np.array_equal(read_image(tmp_path / "a.webp").rgb_hwc, rounded)
    write_image(tmp_path / "a.jpg", pixels)
    write_image(tmp_path / "b.jpg", rounded)
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()


@pytest.mark.parametrize(("bits", "alpha_bits"), [(8, 16), (16, 8)])
def test_alpha_takes_the_bits_of_the_colours(tmp_path, bits, alpha_bits):
    alpha = np.array([[0, 2**alpha_bits - 1]], np.uint8 if alpha_bits == 8 else np.uint16)
    write_image(tmp_path / "a.png", noise(1, 2, 3, bits), alpha_hw=alpha)
    loaded = read_image(tmp_path / "a.png")
    assert loaded.alpha_hw is not None
    assert loaded.alpha_hw.tolist() == [[0, 2**bits - 1]]


def test_quality_decides_the_size_of_a_jpeg(tmp_path):
    for quality in (30, 80, 95):
        write_image(tmp_path / f"{quality}.jpg", noise(64, 64, 3), quality=quality)
    sizes = [(tmp_path / f"{quality}.jpg").stat().st_size for quality in (30, 80, 95)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_the_profile_goes_from_any_format_to_any_byte_for_byte(tmp_path, source, suffix):
    profile = rgb_profile()
    file = tmp_path / f"in{source}"
    image = Image.fromarray(smooth(24, 40))
    file.write_bytes(saved_by_pillow(image, FORMATS[source], icc_profile=profile))
    output = tmp_path / f"out{suffix}"
    loaded = read_image(file)
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    assert read_image(output).metadata.icc == profile
    with Image.open(output) as again:
        assert again.info["icc_profile"] == profile


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_exif_goes_from_any_format_to_any_field_for_field(tmp_path, source, suffix, order):
    file = tmp_path / f"in{source}"
    write_with_exif(file, exif_block(6, order=order))
    expected = pillow_fields(file)
    expected[0][274] = 1
    expected[34665] |= {40962: 24, 40963: 40}
    loaded = read_image(file)
    assert loaded.metadata.exif is not None
    output = tmp_path / f"out{suffix}"
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    found = pillow_fields(output)
    assert without_offsets(found) == without_offsets(expected)
    assert found[0][315] == "Ann"
    assert found[34853][2] == (48.0, 51.0, 30.25)


def write_with_exif(path: Path, block: bytes) -> None:
    image = Image.fromarray(smooth(24, 40))
    if path.suffix == ".tif":
        # Pillow takes the fields of a TIFF only one by one, and forgets some; so a file of ours.
        write_image(path, np.asarray(image), ImageMetadata(exif=block))
        data = bytearray(path.read_bytes())
        at = data.index(struct.pack("<HHI" if block[:2] == b"II" else ">HHI", 274, 3, 1)) + 8
        data[at : at + 2] = struct.pack("<H" if block[:2] == b"II" else ">H", 6)
        path.write_bytes(data)
    else:
        path.write_bytes(saved_by_pillow(image, FORMATS[path.suffix], exif=b"Exif\0\0" + block))


def without_offsets(fields):
    """Where a directory lies in its file is not the same in two files."""
    photo = {tag: value for tag, value in fields[34665].items() if tag != 40965}
    return fields | {34665: photo}


def test_an_independent_reader_finds_the_fields_of_our_tiff(tmp_path):
    metadata = ImageMetadata(rgb_profile(), exif_block(), XMP % 1, iptc_record())
    write_image(tmp_path / "a.tif", noise(40, 50, 3, 16), metadata)
    expected = {
        "Make": "Maker",
        "Artist": "Ann",
        "ExposureTime": pytest.approx(0.004),
        "Exif:LensModel": "Lens 50",
        "GPS:LatitudeRef": "N",
        "IPTC:Provider": "Ann",
        "IPTC:Caption": "a caption",
    }
    assert {name: oiio_attribute(tmp_path / "a.tif", name) for name in expected} == expected


def test_text_in_utf_8_and_odd_values_survive_byte_for_byte(tmp_path):
    """Pillow would have written Änne as ?nne, and a signed rational as an unsigned one."""
    artist = "Änne 山".encode() + b"\0"
    bias = struct.pack("<ii", 1, 3)
    pointer = 8 + 2 + 2 * 12 + 4
    main = struct.pack("<HHHII", 2, 315, 2, len(artist), pointer)
    main += struct.pack("<HHII", 34665, 4, 1, pointer + len(artist)) + bytes(4)
    photo_at = pointer + len(artist) + 2 + 12 + 4
    photo = struct.pack("<HHHII", 1, 37380, 10, 1, photo_at) + bytes(4) + bias
    block = b"II*\0\x08\0\0\0" + main + artist + photo
    for suffix in FORMATS:
        file = tmp_path / f"a{suffix}"
        write_image(file, smooth(24, 40), ImageMetadata(exif=block))
        assert artist in file.read_bytes()
        assert read_image(file).metadata.fields.photo[37380] == (10, 1, bias)
        assert oiio_attribute(file, "Artist") == "Änne 山" or suffix == ".webp"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_xmp_goes_from_any_format_to_any_with_its_orientation_reset(tmp_path, source, suffix):
    file, output = tmp_path / f"in{source}", tmp_path / f"out{suffix}"
    write_image(file, smooth(24, 40), ImageMetadata(xmp=XMP % 1))
    file.write_bytes(fix_png_sums(file.read_bytes().replace(XMP % 1, XMP % 6)))
    loaded = read_image(file)
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    assert read_image(output).metadata.xmp == XMP % 1
    with Image.open(output) as image:
        image.load()
        is_tiff = isinstance(image, TiffImagePlugin.TiffImageFile)
        assert (image.tag_v2[700] if is_tiff else image.info["xmp"]) in (
            XMP % 1,
            (XMP % 1).decode(),
        )


def fix_png_sums(data: bytes) -> bytes:
    if not data.startswith(b"\x89PNG"):
        return data
    return data[:8] + b"".join(chunk(kind, body) for kind, body in png_chunks(data).items())


def test_compressed_xmp_in_a_png_is_read(tmp_path):
    body = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP % 1)
    file = tmp_path / "a.png"
    file.write_bytes(raw_png((1, 1), 8, 0, b"\0\0", before=chunk(b"iTXt", body)))
    assert read_image(file).metadata.xmp == XMP % 1


@pytest.mark.parametrize("record", [iptc_record(), iptc_record() + b"\0"])
def test_iptc_goes_between_jpeg_and_tiff(tmp_path, record):
    write_image(tmp_path / "a.jpg", smooth(24, 40), ImageMetadata(iptc=record))
    loaded = read_image(tmp_path / "a.jpg")
    assert loaded.metadata.iptc == record
    write_image(tmp_path / "b.tif", loaded.rgb_hwc, loaded.metadata)
    assert read_image(tmp_path / "b.tif").metadata.iptc == record
    with Image.open(tmp_path / "a.jpg") as image:
        fields = IptcImagePlugin.getiptcinfo(image)
    assert fields is not None
    assert fields[2, 90] == b"Paris"


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_png_and_webp_cannot_carry_iptc(tmp_path, suffix):
    write_image(tmp_path / f"a{suffix}", smooth(24, 40), ImageMetadata(iptc=iptc_record()))
    assert read_image(tmp_path / f"a{suffix}").metadata.iptc is None


@pytest.mark.parametrize("source", [".png", ".jpg", ".tif"])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_the_resolution_is_kept(tmp_path, source, suffix):
    file, output = tmp_path / f"in{source}", tmp_path / f"out{suffix}"
    image = Image.fromarray(smooth(24, 40))
    file.write_bytes(saved_by_pillow(image, FORMATS[source], dpi=(300, 150)))
    loaded = read_image(file)
    write_image(output, loaded.rgb_hwc, loaded.metadata)
    with Image.open(output) as again:
        again.load()
        assert again.info["dpi"] == pytest.approx((300, 150), rel=1e-4)
    assert loaded.metadata.fields.dpi_xy == pytest.approx((300, 150), rel=1e-4)


def test_the_resolution_of_jpeg_may_be_in_centimetres_or_absent(tmp_path):
    file = tmp_path / "a.jpg"
    Image.fromarray(smooth(24, 40)).save(file, dpi=(100, 50))
    data = file.read_bytes()
    file.write_bytes(data.replace(b"\1\0\x64\0\x32", b"\2\0\x64\0\x32", 1))
    assert read_image(file).metadata.fields.dpi_xy == pytest.approx((254, 127))
    file.write_bytes(data.replace(b"\1\0\x64\0\x32", b"\0\0\x64\0\x32", 1))
    assert read_image(file).metadata.exif is None
    file.write_bytes(data.replace(b"\1\0\x64\0\x32", b"\1\0\0\0\0", 1))
    assert read_image(file).metadata.exif is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_place_and_device_are_stripped_and_the_rest_is_kept(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    metadata = ImageMetadata(rgb_profile(), exif_block(1), XMP % 1, iptc_record())
    write_image(file, smooth(24, 40), metadata, strip_place=True)
    fields = pillow_fields(file)
    kept = {tag: fields[0][tag] for tag in (270, 306, 315, 33432)}
    assert kept == {270: "a view", 306: "2021:02:03 04:05:06", 315: "Ann", 33432: "(c) Ann"}
    assert fields[34853] == {}
    assert {271, 272, 316}.isdisjoint(fields[0])
    photo = fields[34665]
    assert set(photo) - {40965} == {33434, 36867, 37510, 40962, 40963}
    loaded = read_image(file).metadata
    assert loaded.icc == rgb_profile()
    assert loaded.xmp is None
    assert loaded.iptc is None
    private = [b"Maker", b"Model 7", b"Lens 50", b"Bob", b"S1\0", b"S2\0", b"serial", b"Paris"]
    private += [b"private owner", b"telephone", b"+02:00", b"GPS"]
    assert [word for word in private if word in file.read_bytes()] == []


def test_exif_that_is_too_long_for_a_jpeg_loses_its_maker_note_first(tmp_path):
    for size, expected in ((60_000, True), (70_000, False)):
        metadata = with_photo_field(37500, bytes(size))
        write_image(tmp_path / "a.jpg", smooth(24, 40), metadata)
        fields = read_image(tmp_path / "a.jpg").metadata.fields
        assert (37500 in fields.photo) == expected
        assert 315 in fields.main
        write_image(tmp_path / "a.png", smooth(24, 40), metadata)
        assert 37500 in read_image(tmp_path / "a.png").metadata.fields.photo
    write_image(tmp_path / "a.jpg", smooth(24, 40), with_photo_field(37510, bytes(70_000)))
    assert read_image(tmp_path / "a.jpg").metadata.exif is None


def with_photo_field(tag: int, data: bytes) -> ImageMetadata:
    fields = Image.Exif()
    fields[315] = "Ann"
    fields.get_ifd(34665)[tag] = data
    return ImageMetadata(exif=fields.tobytes()[6:])


def test_xmp_that_is_too_long_for_a_jpeg_is_left_out(tmp_path):
    metadata = ImageMetadata(xmp=(XMP % 1).ljust(70_000))
    write_image(tmp_path / "a.jpg", smooth(24, 40), metadata)
    assert read_image(tmp_path / "a.jpg").metadata.xmp is None


@pytest.mark.parametrize("name", ["a.gif", "a", "a.bmp", ".png", "png"])
def test_another_extension_is_refused_with_the_list(tmp_path, name):
    with pytest.raises(UserError) as caught:
        write_image(tmp_path / name, smooth(24, 40))
    assert name in str(caught.value)
    assert ".png .jpg .jpeg .tif .tiff .webp" in str(caught.value)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("name", "side"), [("a.jpg", 65501), ("a.webp", 16384)])
def test_a_side_too_long_for_the_format_is_refused(tmp_path, name, side):
    with pytest.raises(UserError, match=r"px a side\. Save it as PNG"):
        write_image(tmp_path / name, np.zeros((1, side, 3), np.uint8))
    assert os.listdir(tmp_path) == []


def test_a_tiff_that_would_pass_4_gib_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "MAX_FILE_BYTES", 1000)
    with pytest.raises(UserError, match="larger than a TIFF"):
        write_image(tmp_path / "a.tif", noise(24, 40, 3))


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (np.zeros((4, 4, 3), np.float32), {}),
        (np.zeros((4, 4, 4), np.uint8), {}),
        (np.zeros((4, 4), np.uint8), {}),
        (np.zeros((0, 4, 3), np.uint8), {}),
        (np.zeros((4, 4, 3), np.uint8), {"alpha_hw": np.zeros((4, 5), np.uint8)}),
        (np.zeros((4, 4, 3), np.uint8), {"alpha_hw": np.zeros((4, 4), np.float32)}),
        (np.zeros((4, 4, 3), np.uint8), {"quality": 0}),
        (np.zeros((4, 4, 3), np.uint8), {"quality": 101}),
    ],
)
def test_a_wrong_call_is_a_defect_and_writes_nothing(tmp_path, pixels, options):
    with pytest.raises(ValueError, match=r"uint8|pixels|alpha|quality"):
        write_image(tmp_path / "a.png", pixels, **options)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_existing_file_is_replaced_and_keeps_its_permissions(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    file.write_bytes(b"old")
    file.chmod(0o604)
    write_image(file, smooth(24, 40))
    assert read_image(file).rgb_hwc.shape == (24, 40, 3)
    assert file.stat().st_mode & 0o777 == 0o604
    assert os.listdir(tmp_path) == [file.name]


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    write_image(tmp_path / "a.png", smooth(24, 40))
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    write_image(tmp_path / "link.png", smooth(24, 40))
    assert (tmp_path / "link.png").is_symlink()
    assert read_image(tmp_path / "real.png").rgb_hwc.shape == (24, 40, 3)


FAILURES = {
    "write": (errno.ENOSPC, "no room left on the disk"),
    "fsync": (errno.ENOSPC, "no room left on the disk"),
    "replace": (errno.EACCES, "is protected"),
    "open": (errno.EIO, "Input/output error"),
}


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("step", FAILURES)
def test_a_failure_at_any_step_leaves_everything_as_it_was(tmp_path, monkeypatch, step, existing):
    number, reason = FAILURES[step]
    if existing:
        (tmp_path / "a.png").write_bytes(b"old")
    before = os.listdir(tmp_path)

    def fail(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    class FullFile:
        def __init__(self, path, _mode):
            Path(path).write_bytes(b"half")

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            return None

        write = fail

    with monkeypatch.context() as patch:
        if step in ("write", "open"):
            patch.setattr("builtins.open", FullFile if step == "write" else fail)
        else:
            patch.setattr(os, step, fail)
        with pytest.raises(UserError) as caught:
            write_image(tmp_path / "a.png", smooth(24, 40))
    assert "a.png cannot be saved" in caught.value.text
    assert reason in caught.value.text
    assert caught.value.hint
    assert os.listdir(tmp_path) == before
    assert not existing or (tmp_path / "a.png").read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="this system has no file size limit")
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_in_earnest_leaves_everything_as_it_was(tmp_path, suffix):
    """A process may write no byte beyond the 2,000th of a file: the kernel refuses the rest."""
    file = tmp_path / f"a{suffix}"
    file.write_bytes(b"old")
    script = (
        "import resource, signal, sys\n"
        "import numpy as np\n"
        "from app.document.io.images import write_image\n"
        "from app.errors import UserError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)\n"
        "try: write_image(sys.argv[1], noise)\n"
        "except UserError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, file], capture_output=True, text=True, check=True
    )
    assert "there is no room left on the disk. Free some space" in done.stdout
    assert done.stderr == ""
    assert os.listdir(tmp_path) == [file.name]
    assert file.read_bytes() == b"old"


def saving_failed(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        write_image(path, smooth(24, 40))
    assert path.name in caught.value.text
    return str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    assert f"there is no folder {tmp_path / 'no'}" in saving_failed(tmp_path / "no" / "a.png")
    (tmp_path / "file").write_bytes(b"x")
    assert "there is no folder" in saving_failed(tmp_path / "file" / "a.png")


def test_a_folder_is_not_overwritten(tmp_path):
    (tmp_path / "a.png").mkdir()
    assert "a folder has that name" in saving_failed(tmp_path / "a.png")
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_overwritten(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert "protected" in saving_failed(tmp_path / "a.png")
    assert (tmp_path / "a.png").is_fifo()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX ones")
@pytest.mark.parametrize("protected", ["file", "folder"])
def test_protected_files_and_folders_are_left_alone(protected):
    """Root may write everywhere, so another user tries."""
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "a.png"
        file.write_bytes(b"old")
        file.chmod(0o444 if protected == "file" else 0o666)
        folder.chmod(0o777 if protected == "file" else 0o555)
        script = (
            "import os, sys\n"
            "import numpy as np\n"
            "from app.document.io.images import write_image\n"
            "from app.errors import UserError\n"
            "if os.getuid() == 0: os.setuid(65534)\n"
            "try: write_image(sys.argv[1], np.zeros((4, 4, 3), np.uint8))\n"
            "except UserError as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, file], capture_output=True, text=True, check=True
        )
        assert "a.png cannot be saved: the file or its folder" in done.stdout
        assert "is protected. Choose another folder." in done.stdout
        assert done.stderr == ""
        assert file.read_bytes() == b"old"
        assert os.listdir(folder) == ["a.png"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_flushed_is_no_failure(tmp_path, monkeypatch):
    def fail(*_arguments):
        raise OSError(errno.EINVAL, "folders cannot be opened here")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
