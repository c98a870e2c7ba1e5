import io
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from app.cli import swap
from app.document.io.images import ImageMetadata, read_image
from models.api import RenderRequest
from models.edits import SwapTexture
from models.engine.engine import DEFAULT_SHORT_SIDE_PX, Engine
from models.networks.swapping_autoencoder import SwappingAutoencoder
from models.values import Picture

GPS, CAMERA, ARTIST = 0x8825, 0x010F, 0x013B


def rendered(photo, reference, *, size_px, model="tiny", bits=8, **changes):
    """What the engine makes of it, without the command line."""
    base = Picture.from_rgb(read_image(photo).rgb_hwc)
    other = Picture.from_rgb(read_image(reference).rgb_hwc)
    edit = SwapTexture(model=model, reference=other.sha256, **changes)
    request = RenderRequest(
        base=base, edits=(edit,), pictures=(other,), short_side_px=size_px, bits=bits
    )
    return Engine("cpu").render(request).rgb_hwc


def test_a_swap_writes_what_the_engine_renders(scumble, tiny, photo, reference, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("swap", photo, reference, "-o", out, "--device", "cpu")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    pixels = read_image(out).rgb_hwc
    assert pixels.shape == (48, 64, 3)
    assert np.array_equal(pixels, rendered(photo, reference, size_px=48))


def test_one_line_tells_size_device_and_seconds(scumble, tiny, photo, reference, tmp_path):
    out = tmp_path / "out.png"
    ran = scumble("swap", photo, reference, "-o", out, "--device", "cpu", "--size", 24)
    (line,) = ran.out.splitlines()
    assert line.startswith(f"{out}: 32 x 24 px, CPU with ")
    assert line.endswith(" s")
    assert read_image(out).rgb_hwc.shape == (24, 32, 3)


@pytest.mark.parametrize("amount", [0.25, 1.5])
def test_the_amount_reaches_the_edit(scumble, tiny, photo, reference, tmp_path, amount):
    out = tmp_path / "out.png"
    assert scumble("swap", photo, reference, "-o", out, "--amount", amount).code == 0
    pixels = read_image(out).rgb_hwc
    assert np.array_equal(pixels, rendered(photo, reference, size_px=48, amount=amount))
    assert not np.array_equal(pixels, rendered(photo, reference, size_px=48))


def test_seed_and_device_reach_the_engine(scumble, tiny, photo, reference, tmp_path, monkeypatch):
    seen = []

    class Watched(Engine):
        def render(self, request, token=None, progress=None):
            (edit,) = request.edits
            assert isinstance(edit, SwapTexture)
            seen.append((str(self.device), edit.seed))
            return super().render(request, token, progress)

    monkeypatch.setattr(swap, "make_engine", Watched)
    scumble("swap", photo, reference, "-o", tmp_path / "a.png", "--seed", 7, "--device", "cpu")
    scumble("swap", photo, reference, "-o", tmp_path / "b.png", "--device", "cpu")
    scumble("swap", photo, reference, "-o", tmp_path / "c.png", "--device", "cpu", "--no-grain")
    assert seen == [("cpu", 7), ("cpu", 0), ("cpu", None)]


def test_a_photo_larger_than_the_device_likes_is_made_smaller_unless_a_size_is_given(
    scumble, tiny, save_picture, reference, tmp_path, monkeypatch
):
    monkeypatch.setitem(DEFAULT_SHORT_SIDE_PX, "cpu", 30)
    photo = save_picture("large.png", 60, 90)
    out = tmp_path / "out.png"
    scumble("swap", photo, reference, "-o", out, "--device", "cpu")
    assert read_image(out).rgb_hwc.shape == (30, 45, 3)
    scumble("swap", photo, reference, "-o", out, "--device", "cpu", "--size", 120)
    assert read_image(out).rgb_hwc.shape == (120, 180, 3)
    scumble("swap", reference, photo, "-o", out, "--device", "cpu", "--size", 12)
    assert read_image(out).rgb_hwc.shape == (12, 12, 3)


def test_the_documented_defaults_are_the_engines(scumble):
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
    for words in (readme, scumble("swap", "--help").out):
        limits = re.findall(r"at most (\d+) on a CPU and (\d+) on a GPU", " ".join(words.split()))
        assert limits == [(str(DEFAULT_SHORT_SIDE_PX["cpu"]), str(DEFAULT_SHORT_SIDE_PX["cuda"]))]


def test_a_model_is_named_by_id_or_by_path(scumble, save_tiny, photo, reference, tmp_path):
    save_tiny("first", seed=1)
    save_tiny("second", seed=2)
    elsewhere = save_tiny("third", tmp_path / "third.safetensors", seed=3)
    out = tmp_path / "out.png"
    results = []
    for options in ([], ["--model", "first"], ["--model", "second"], ["--model", elsewhere]):
        assert scumble("swap", photo, reference, "-o", out, *options).code == 0
        results.append(read_image(out).rgb_hwc)
    assert np.array_equal(results[0], results[1])
    assert not np.array_equal(results[1], results[2])
    assert not np.array_equal(results[2], results[3])
    assert np.array_equal(results[3], rendered(photo, reference, size_px=48, model=str(elsewhere)))


@pytest.mark.parametrize(
    ("suffix", "bits"), [(".png", 16), (".tif", 16), (".jpg", 8), (".webp", 8)]
)
def test_sixteen_bits_stay_where_the_format_has_them(
    scumble, tiny, save_picture, reference, tmp_path, suffix, bits
):
    photo = save_picture("deep.png", bits=16)
    out = tmp_path / f"out{suffix}"
    ran = scumble("swap", photo, reference, "-o", out)
    assert ran.code == 0, ran.err
    loaded = read_image(out)
    assert loaded.bits == bits
    if bits == 16:
        assert np.array_equal(loaded.rgb_hwc, rendered(photo, reference, size_px=48, bits=16))
        assert np.unique(loaded.rgb_hwc % 257).size > 1


@pytest.mark.parametrize("bits", [8, 16])
def test_alpha_is_kept_at_the_same_size_and_stretched_at_another(
    scumble, tiny, reference, save_picture, tmp_path, bits
):
    largest = 2**bits - 1
    alpha_hw = np.full((48, 64), largest, np.uint8 if bits == 8 else np.uint16)
    alpha_hw[:24] = 0
    photo = save_picture("cut-out.png", bits=bits, alpha_hw=alpha_hw)
    out = tmp_path / "out.png"
    assert scumble("swap", photo, reference, "-o", out).code == 0
    same = read_image(out).alpha_hw
    assert same is not None
    assert np.array_equal(same, alpha_hw)
    assert scumble("swap", photo, reference, "-o", out, "--size", 24).code == 0
    small = read_image(out).alpha_hw
    assert small is not None
    assert small.shape == (24, 32)
    assert bool((small[:11] == 0).all())
    assert bool((small[13:] == largest).all())


def test_a_format_without_alpha_leaves_it_out(scumble, tiny, reference, save_picture, tmp_path):
    photo = save_picture("cut-out.png", alpha_hw=np.zeros((48, 64), np.uint8))
    out = tmp_path / "out.jpg"
    assert scumble("swap", photo, reference, "-o", out, "--size", 24).code == 0
    assert read_image(out).alpha_hw is None


@pytest.fixture
def tagged(save_picture) -> Path:
    """A JPEG with a camera, an artist, a place and a colour profile."""
    exif = Image.Exif()
    exif[CAMERA], exif[ARTIST] = "Leica", "Ada"
    exif.get_ifd(GPS).update({1: "N", 2: (Fraction(47), Fraction(22), Fraction(0))})
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    return save_picture("tagged.jpg", metadata=ImageMetadata(icc=icc, exif=block))


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_profile_and_exif_go_into_the_result(scumble, tiny, tagged, reference, tmp_path, suffix):
    out = tmp_path / f"out{suffix}"
    assert scumble("swap", tagged, reference, "-o", out).code == 0
    kept, given = read_image(out).metadata, read_image(tagged).metadata
    assert kept.icc is not None
    assert kept.icc == given.icc
    exif = exif_of(kept)
    assert (exif[CAMERA], exif[ARTIST]) == ("Leica", "Ada")
    assert exif.get_ifd(GPS)[1] == "N"


def test_place_and_device_can_be_left_out(scumble, tiny, tagged, reference, tmp_path):
    out = tmp_path / "out.jpg"
    assert scumble("swap", tagged, reference, "-o", out, "--strip-place").code == 0
    kept = read_image(out).metadata
    exif = exif_of(kept)
    assert exif[ARTIST] == "Ada"
    assert CAMERA not in exif
    assert GPS not in exif
    assert kept.icc == read_image(tagged).metadata.icc


def exif_of(metadata):
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + metadata.exif)
    return exif


@pytest.fixture
def folder(save_picture, tmp_path):
    save_picture("photos/a.png", seed=1)
    save_picture("photos/b.jpg", 40, 30, seed=2)
    save_picture("photos/c.webp", 20, 60, seed=3)
    return tmp_path / "photos"


def test_a_folder_gives_one_result_for_each_file(scumble, tiny, folder, reference, tmp_path):
    out = tmp_path / "results"
    ran = scumble("swap", folder, reference, "-o", out, "--device", "cpu")
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.jpg", "c.webp"]
    assert np.array_equal(
        read_image(out / "a.png").rgb_hwc, rendered(folder / "a.png", reference, size_px=48)
    )
    assert read_image(out / "c.webp").rgb_hwc.shape == (20, 60, 3)
    (line,) = ran.out.splitlines()
    assert "3 of 3 pictures, short side up to 512 px, CPU with" in line
    assert ran.err == ""


def test_the_reference_of_a_folder_is_encoded_once(
    scumble, tiny, save_picture, reference, tmp_path, monkeypatch
):
    encoded = []
    encode = SwappingAutoencoder.encode

    def watched(self, image):
        encoded.append(tuple(image.shape[2:]))
        return encode(self, image)

    for index in range(3):
        save_picture(f"same/{index}.png", 24, 36, seed=index)
    scumble("models", "verify")
    monkeypatch.setattr(SwappingAutoencoder, "encode", watched)
    scumble("swap", tmp_path / "same", reference, "-o", tmp_path / "results")
    assert encoded.count((24, 36)) == 3
    assert encoded.count((24, 24)) == 1


def test_bad_files_of_a_folder_are_reported_and_skipped(scumble, tiny, folder, reference, tmp_path):
    (folder / "b.jpg").write_bytes((folder / "b.jpg").read_bytes()[:200])
    (folder / "notes.txt").write_text("not a picture")
    ran = scumble("swap", folder, reference, "-o", tmp_path / "results")
    assert ran.code == 1
    names = sorted(path.name for path in (tmp_path / "results").iterdir())
    assert names == ["a.png", "c.webp"]
    assert "2 of 4 pictures" in ran.out
    cut, notes = ran.err.splitlines()
    assert cut.startswith("scumble: b.jpg ")
    assert notes.startswith("scumble: notes.txt ")
    assert (cut.count("b.jpg"), notes.count("notes.txt")) == (1, 1)


def test_what_would_be_overwritten_is_refused_before_any_work(
    scumble, tiny, folder, photo, reference, tmp_path
):
    before = photo.read_bytes()
    scumble("swap", photo, reference, "-o", photo).failed_with(2, "would overwrite", "photo.png")
    scumble("swap", photo, reference, "-o", reference).failed_with(2, "would overwrite")
    scumble("swap", folder, reference, "-o", folder).failed_with(2, "would overwrite")
    texture = tmp_path / "out" / "a.png"
    texture.parent.mkdir()
    texture.write_bytes(reference.read_bytes())
    scumble("swap", folder, texture, "-o", texture.parent).failed_with(2, "would overwrite")
    assert photo.read_bytes() == before
    assert texture.read_bytes() == reference.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["a.png", "b.jpg", "c.webp"]


def test_a_retreat_is_told(scumble, tiny, save_picture, reference, tmp_path, monkeypatch):
    monkeypatch.setattr(swap, "make_engine", lambda device: Engine(device, memory_budget_mb=10))
    photo = save_picture("large.png", 512, 512)
    ran = scumble("swap", photo, reference, "-o", tmp_path / "out.png")
    assert ran.code == 0, ran.err
    assert "The memory was not enough for 512 x 512 px" in ran.out
    assert max(read_image(tmp_path / "out.png").rgb_hwc.shape) <= 256


def test_ctrl_c_ends_with_one_line_and_no_half_file(
    scumble, tiny, photo, reference, tmp_path, monkeypatch
):
    def interrupted(self, request, token=None, progress=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "render", interrupted)
    before = set(tmp_path.iterdir())
    ran = scumble("swap", photo, reference, "-o", tmp_path / "out.png")
    ran.failed_with(130, "stopped")
    assert set(tmp_path.iterdir()) == before


def test_a_terminal_gets_a_progress_bar(scumble, tiny, folder, reference, tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    scumble("swap", folder, reference, "-o", tmp_path / "results")
    assert "3/3" in terminal.getvalue()


def test_the_program_runs_as_a_process(tiny, photo, reference, tmp_path):
    out = tmp_path / "out.jpg"
    command = [sys.executable, "-m", "app", "swap", photo, reference, "-o", out, "--model", tiny]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert read_image(out).rgb_hwc.shape == (48, 64, 3)


def test_demo_photos_can_be_swapped(shared, scumble, tiny, tmp_path):
    demo = shared / "data" / "demo"
    out = tmp_path / "out.jpg"
    ran = scumble(
        "swap", demo / "morskie-oko.jpg", demo / "photo-by-spacex.jpg", "-o", out, "--size", 96
    )
    assert ran.code == 0, ran.err
    assert min(read_image(out).rgb_hwc.shape[:2]) == 96


def test_exit_code_0_means_that_the_file_is_there(
    scumble, tiny, photo, reference, tmp_path, monkeypatch
):
    monkeypatch.setattr("app.document.io.images.write_image", lambda *args, **settings: None)
    scumble("swap", photo, reference, "-o", tmp_path / "out.png").failed_with(1, "is gone")
