"""Files that cannot be opened: one sentence each, which names the file, and nothing printed."""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.document.io import oiio
from app.document.io.images import read_image
from app.errors import UserError
from tests.app.document.io.files import (
    chunk,
    noise,
    raw_png,
    raw_tiff,
    rgb_profile,
    saved_by_pillow,
    smooth,
)


def refused(path: Path, **limits) -> str:
    with pytest.raises(UserError) as caught:
        read_image(path, **limits)
    assert path.name in caught.value.text
    assert caught.value.text.endswith(".")
    assert caught.value.hint.endswith(".")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def read_or_refused(path: Path) -> np.ndarray | None:
    """The pixels, or None after a refusal; any other exception fails the test."""
    try:
        return read_image(path).rgb_hwc
    except UserError:
        return None


def refused_bytes(tmp_path: Path, data: bytes, **limits) -> str:
    file = tmp_path / "picture"
    file.write_bytes(data)
    return refused(file, **limits)


@pytest.mark.parametrize(
    "data",
    [b"hello", b"\0" * 100, b"GIF89a" + bytes(50), b"%PDF-1.7", b"RIFF\x10\0\0\0WAVEfmt ", b"\xff"],
)
def test_what_is_no_image_is_refused_whatever_its_name(tmp_path, data):
    file = tmp_path / "photo.jpg"
    file.write_bytes(data)
    assert "not an image of a known kind" in refused(file)
    assert "PNG, JPEG, TIFF or WebP" in refused(file)


def test_an_empty_file_is_refused(tmp_path):
    assert "empty (0 bytes)" in refused_bytes(tmp_path, b"")


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "a.png").mkdir()
    assert "is a folder" in refused(tmp_path / "a.png")


def test_a_missing_file_and_a_file_in_a_file_are_refused(tmp_path):
    assert "There is no file" in refused(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"x")
    assert "There is no file" in refused(tmp_path / "a.png" / "b.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert "not a file" in refused(tmp_path / "a.png")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX ones")
def test_a_protected_file_is_refused():
    """Root may read everything, so another user tries."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        file = folder / "a.png"
        Image.new("RGB", (2, 2)).save(file)
        file.chmod(0)
        script = (
            "import os, sys\n"
            "from app.document.io.images import read_image\n"
            "from app.errors import UserError\n"
            "if os.getuid() == 0: os.setuid(65534)\n"
            "try: read_image(sys.argv[1])\n"
            "except UserError as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, file], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == (
            "a.png cannot be opened: you may not read it. Change its permissions."
        )
        assert done.stderr == ""
    finally:
        shutil.rmtree(folder)


def test_a_refusal_of_the_system_is_reported(tmp_path, monkeypatch):
    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.png").write_bytes(b"x")
    monkeypatch.setattr("builtins.open", refuse)
    assert "may not read it" in refused(tmp_path / "a.png")


def test_a_disk_that_fails_is_reported(tmp_path, monkeypatch):
    def fail(*_arguments, **_options):
        raise OSError(5, "Input/output error")

    (tmp_path / "a.png").write_bytes(b"x")
    monkeypatch.setattr("builtins.open", fail)
    assert "Input/output error" in refused(tmp_path / "a.png")


def sound_files() -> dict[str, bytes]:
    image, grey = Image.fromarray(noise(24, 40, 3)), Image.fromarray(noise(24, 40, 1)[..., 0])
    return {
        "png": saved_by_pillow(image, "PNG"),
        "png grey": saved_by_pillow(grey, "PNG"),
        "jpeg": saved_by_pillow(image, "JPEG"),
        "jpeg progressive": saved_by_pillow(image, "JPEG", progressive=True),
        "tiff": saved_by_pillow(image, "TIFF"),
        "tiff lzw": saved_by_pillow(image, "TIFF", compression="tiff_lzw"),
        "tiff jpeg": saved_by_pillow(image, "TIFF", compression="jpeg"),
        "webp": saved_by_pillow(image, "WEBP"),
        "webp lossless": saved_by_pillow(image, "WEBP", lossless=True),
    }


@pytest.mark.parametrize("kind", sound_files())
def test_a_file_cut_anywhere_is_refused_or_whole_never_half(tmp_path, kind):
    """Whole is possible where only closing bytes are lost, as in TIFF's last padding."""
    data = sound_files()[kind]
    file = tmp_path / "picture"
    file.write_bytes(data)
    pixels = read_image(file).rgb_hwc
    for size in [*range(1, len(data), max(1, len(data) // 60)), *range(len(data) - 9, len(data))]:
        file.write_bytes(data[:size])
        cut = read_or_refused(file)
        assert cut is None or (size > len(data) - 9 and np.array_equal(cut, pixels))


@pytest.mark.parametrize("kind", sound_files())
def test_flipped_bits_are_refused_or_read_but_never_crash(tmp_path, kind):
    data = bytearray(sound_files()[kind])
    file = tmp_path / "picture"
    generator = np.random.default_rng(5)
    for at in generator.integers(0, len(data), 60):
        damaged = data.copy()
        damaged[at] ^= 1 << generator.integers(0, 8)
        file.write_bytes(damaged)
        pixels = read_or_refused(file)
        assert pixels is None or pixels.shape[2] == 3


def test_a_damaged_png_is_recognised_by_its_check_sums(tmp_path):
    data = bytearray(sound_files()["png"])
    data[data.index(b"IDAT") + 100] ^= 1
    assert "damaged" in refused_bytes(tmp_path, bytes(data))


PIXEL = b"\0\x80"
GREY = (1, 1), 8, 0


@pytest.mark.parametrize(
    "data",
    [
        raw_png((0, 1), 8, 0, b""),
        raw_png((1, 1), 3, 0, PIXEL),
        raw_png((1, 1), 8, 5, PIXEL),
        raw_png(*GREY, PIXEL, interlace=2),
        raw_png(*GREY, b"\0"),
        raw_png(*GREY, PIXEL + b"\0"),
        raw_png(*GREY, PIXEL + bytes(5_000_000)),
        raw_png(*GREY, b"\5\x80"),
        raw_png((2, 2), 8, 0, b"\0\0\0\7\0\0"),
        raw_png((9, 9), 8, 0, b"\0\0" + bytes(4) + b"\5" * 90, interlace=1),
        raw_png((1, 1), 8, 3, PIXEL),
        raw_png((1, 1), 8, 3, PIXEL, before=chunk(b"PLTE", bytes(900))),
        raw_png(*GREY, PIXEL)[:8] + raw_png(*GREY, PIXEL)[33:],
        raw_png(*GREY, b"", stored=b"no zlib at all"),
        raw_png(*GREY, b"", stored=zlib.compress(PIXEL)[:-1]),
        raw_png(*GREY, b"", stored=zlib.compress(PIXEL)[:-1] + b"?"),
        raw_png(*GREY, PIXEL)[:8],
    ],
)
def test_png_files_that_contradict_themselves_are_refused(tmp_path, data):
    assert "damaged or cut short" in refused_bytes(tmp_path, data)


def test_a_png_with_a_side_of_over_a_million_is_refused_with_the_limit(tmp_path):
    data = raw_png((1_000_001, 1), 1, 0, bytes(125_002))
    assert "1,000,000 px a side" in refused_bytes(tmp_path, data)


def huge_files() -> dict[str, bytes]:
    """Headers that promise 20,000 x 10,000 pixels (16,383 x 12,300 in WebP), without the pixels."""
    jpeg = bytearray(saved_by_pillow(Image.new("RGB", (16, 16)), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 10000, 20000)
    lossless = struct.pack("<I", 16382 | 12299 << 14)
    lossy = struct.pack("<HH", 16383, 12300)
    canvas = struct.pack("<I", 16382)[:3] + struct.pack("<I", 12299)[:3]

    def webp(kind: bytes, body: bytes) -> bytes:
        body = body.ljust(100, b"\0")
        return struct.pack("<4sI4s4sI", b"RIFF", 112, b"WEBP", kind, 100) + body

    return {
        "png": raw_png((20000, 10000), 16, 6, b""),
        "jpeg": bytes(jpeg),
        "tiff": raw_tiff(noise(2, 2, 3), {256: (4, 20000), 257: (4, 10000)}),
        "webp lossless": webp(b"VP8L", b"\x2f" + lossless),
        "webp lossy": webp(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + lossy),
        "webp extended": webp(b"VP8X", bytes(4) + canvas),
    }


@pytest.mark.parametrize("kind", huge_files())
def test_200_megapixels_are_refused_by_the_header_alone(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(oiio.Reader, "pixels", None)
    sentence = refused_bytes(tmp_path, huge_files()[kind])
    assert "20" in sentence
    assert "megapixels. Make it smaller first: at most 100 can be opened." in sentence


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_the_limit_is_the_callers_choice_and_inclusive(tmp_path, form):
    data = saved_by_pillow(Image.new("RGB", (100, 50)), form)
    assert "100 x 50 px" in refused_bytes(tmp_path, data, max_megapixels=0.0049)
    assert read_image(tmp_path / "picture", max_megapixels=0.005).rgb_hwc.shape == (50, 100, 3)


def test_an_image_between_pillows_limit_and_ours_is_read_without_a_warning(tmp_path):
    file = tmp_path / "a.jpg"
    Image.new("L", (9500, 9500)).save(file)
    assert read_image(file).rgb_hwc.shape == (9500, 9500, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_tiff_samples_of_other_types_are_refused_with_a_way_out(tmp_path, dtype):
    kinds = {np.float32: 3, np.float64: 3, np.int32: 2}
    samples = np.zeros((4, 4, 1), dtype)
    data = raw_tiff(samples, {262: (3, 1), 339: (3, kinds[dtype])})
    assert "8 or 16 bits" in refused_bytes(tmp_path, data)


@pytest.mark.parametrize(
    ("tags", "channels", "reason"),
    [
        ({262: (3, 8)}, 3, "rare kind"),
        ({262: (3, 5)}, 3, "rare kind"),
        ({262: (3, 1), 338: (3, 0)}, 12, "rare kind"),
        ({254: (4, 1)}, 3, "camera raw"),
        ({50706: (4, 260)}, 3, "camera raw"),
    ],
)
def test_tiff_colours_that_are_not_read_are_refused(tmp_path, tags, channels, reason):
    assert reason in refused_bytes(tmp_path, raw_tiff(noise(4, 4, channels), tags))


def test_bigtiff_is_refused_with_a_way_out(tmp_path):
    assert "ordinary TIFF" in refused_bytes(tmp_path, b"II+\0\x08\0\0\0" + bytes(50))


@pytest.mark.parametrize("data", [b"II*\0", b"II*\0\xff\xff\xff\x7f", b"MM\0*\0\0\0\x08\0\0"])
def test_a_tiff_without_a_directory_is_refused(tmp_path, data):
    assert "damaged" in refused_bytes(tmp_path, data)


def test_a_jpeg_of_two_channels_is_refused(tmp_path):
    data = bytearray(saved_by_pillow(Image.new("RGB", (16, 16)), "JPEG"))
    data[data.index(b"\xff\xc0") + 9] = 2
    assert "cannot be opened" in refused_bytes(tmp_path, bytes(data))


def test_a_webp_of_an_unknown_chunk_is_refused(tmp_path):
    data = saved_by_pillow(Image.new("RGB", (16, 16)), "WEBP").replace(b"VP8 ", b"VP9 ")
    assert "damaged" in refused_bytes(tmp_path, data)


@pytest.mark.parametrize(
    "before",
    [
        chunk(b"iCCP", b"name\0\0no zlib"),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(100_000_000))),
        chunk(b"iCCP", b"no end"),
        chunk(b"iCCP", b"name\0\0" + zlib.compress(rgb_profile()))[:-1] + b"\0",
        chunk(b"eXIf", b"rubbish"),
        chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff" + bytes(range(256))),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0no zlib"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0"),
        chunk(b"iTXt", b"Comment\0\0\0\0\0hello"),
        chunk(b"pHYs", b"abc"),
        chunk(b"pHYs", bytes(8) + b"\1"),
        chunk(b"tRNS", b"too many bytes"),
        chunk(b"gAMA", b""),
    ],
)
def test_damage_beside_the_pixels_does_not_keep_a_png_closed(tmp_path, before):
    file = tmp_path / "a.png"
    file.write_bytes(raw_png(*GREY, PIXEL, before=before))
    loaded = read_image(file)
    assert loaded.rgb_hwc.tolist() == [[[128, 128, 128]]]
    assert loaded.metadata.icc is None
    assert loaded.metadata.xmp is None


def test_a_damaged_exif_block_does_not_keep_a_jpeg_closed(tmp_path):
    file = tmp_path / "a.jpg"
    generator = np.random.default_rng(3)
    for _ in range(50):
        rubbish = b"Exif\0\0II*\0\x08\0\0\0" + generator.bytes(200)
        Image.fromarray(smooth(16, 16)).save(file, exif=rubbish)
        assert read_image(file).rgb_hwc.size == 16 * 16 * 3


def test_where_links_are_not_allowed_a_copy_is_read(tmp_path, monkeypatch):
    def no_links(*_arguments):
        raise OSError("a privilege is missing")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    file = tmp_path / "a"
    file.write_bytes(raw_tiff(noise(4, 5, 3, 16), {}))
    assert np.array_equal(read_image(file).rgb_hwc, noise(4, 5, 3, 16))
