import numpy as np
import pytest

from app.cli import layout
from app.document.io.images import read_image
from app.document.io.layouts import read_layout
from app.document.palettes import Palettes
from app.resources import resource
from models.api import LayoutRequest
from models.engine.engine import Engine
from models.values import Picture


@pytest.fixture
def reader(save_reader):
    """An installed model with the id "reader", which sees the landscape palette."""
    return save_reader()


def written(path):
    """The layout in a file, read as the program reads it; only its own chunk says the palette."""
    palettes = Palettes(resource("palettes"))
    other = palettes.find("ade20k")
    assert other is not None
    return read_layout(path, other, palettes)


def test_a_photo_becomes_the_layout_that_the_engine_sees(scumble, reader, photo, tmp_path):
    out = tmp_path / "labels.png"
    ran = scumble("layout", photo, "-o", out, "--device", "cpu")
    assert (ran.code, ran.err) == (0, "")
    (line,) = ran.out.splitlines()
    assert line.startswith(f"{out}: 64 x 48 px, CPU with ")
    request = LayoutRequest(photo=Picture.from_rgb(read_image(photo).rgb_hwc), model="reader")
    found = written(out)
    assert found.palette_id == "landscape"
    assert found.notes == ()
    assert np.array_equal(found.ids.to_array(), Engine("cpu").see_layout(request).ids_hw)


def test_a_layout_can_be_painted_at_once(scumble, reader, painter, photo, tmp_path):
    labels, out = tmp_path / "labels.png", tmp_path / "out.jpg"
    assert scumble("layout", photo, "-o", labels, "--model", reader).code == 0
    ran = scumble("paint", labels, "-o", out)
    assert ran.code == 0, ran.err
    assert read_image(out).rgb_hwc.shape == (48, 64, 3)


def test_a_folder_gives_a_layout_for_each_photo(scumble, reader, save_picture, tmp_path):
    save_picture("photos/a.jpg", 40, 30, seed=1)
    save_picture("photos/b.png", seed=2)
    (tmp_path / "photos" / "c.png").write_bytes(b"")
    out = tmp_path / "layouts"
    ran = scumble("layout", tmp_path / "photos", "-o", out)
    assert ran.code == 1
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.png"]
    assert written(out / "a.png").ids.to_array().shape == (40, 30)
    assert "2 of 3 pictures" in ran.out
    (problem,) = ran.err.splitlines()
    assert problem.startswith("scumble: c.png ")
    assert problem.count("c.png") == 1


def test_a_layout_is_a_png(scumble, reader, photo, tmp_path):
    scumble("layout", photo, "-o", tmp_path / "labels.jpg").failed_with(2, "labels.jpg", ".png")
    scumble("layout", photo, "-o", photo).failed_with(2, "would overwrite")


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "0 bytes"), (b"dear diary", "not an image"), (None, "no file")]
)
def test_a_file_that_is_no_photo(scumble, reader, tmp_path, monkeypatch, data, words):
    # Told before torch is there, which takes seconds.
    monkeypatch.setattr(layout, "make_engine", lambda device: pytest.fail("was made"))
    bad, out = tmp_path / "bad.jpg", tmp_path / "labels.png"
    if data is not None:
        bad.write_bytes(data)
    scumble("layout", bad, "-o", out).failed_with(1, "bad.jpg", words)
    assert not out.exists()


def test_models_that_cannot_be_used(scumble, tiny, save_reader, photo, tmp_path):
    out = tmp_path / "labels.png"

    def ran(*options):
        return scumble("layout", photo, "-o", out, *options)

    ran().failed_with(1, "No model of the kind 'segmenter'")
    ran("--model", "tiny").failed_with(1, "'tiny'", "cannot see the layout of a photo")
    ran("--model", "gone").failed_with(1, "There is no model 'gone'")
    save_reader("mute", palette_id=None)
    ran("--model", "mute").failed_with(1, "does not say what its labels mean")
    save_reader("foreign", palette_id="doodles")
    ran("--model", "foreign").failed_with(1, "'foreign'", "'doodles'", "not here")
    assert not out.exists()


def test_too_little_memory_is_one_sentence(scumble, reader, photo, tmp_path, monkeypatch):
    class Full(Engine):
        def _network(self, spec, device, token):
            raise MemoryError

    monkeypatch.setattr(layout, "make_engine", Full)
    ran = scumble("layout", photo, "-o", tmp_path / "labels.png")
    ran.failed_with(1, "memory is not enough")
