"""Sliders out of photos: in the background, with progress, and nothing left when called off."""

import numpy as np
import pytest

from app.controllers import learning as module
from app.controllers.learning import Learning
from app.document.io.images import write_image
from app.jobs.slots import Slot
from models.errors import CheckpointMissing, RequestError
from tests.app.fake_edits import texture_of
from tests.app.fakes import TEXTURE_LENGTH, WEIGHTS

RED, BLUE, GREY = (200, 90, 90), (90, 90, 200), (128, 128, 128)


def code(rgb) -> np.ndarray:
    return texture_of(np.full((2, 2, 3), rgb, np.uint8), TEXTURE_LENGTH)


@pytest.fixture
def photos(tmp_path):
    """A function that writes photos of these colours into a folder of this name."""

    def write(name, *colours):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for number, colour in enumerate(colours):
            write_image(folder / f"{number}.png", np.full((20, 30, 3), colour, np.uint8))
        return folder

    return write


@pytest.fixture
def learning(queue) -> Learning:
    return Learning(queue)


@pytest.fixture
def told(learning, heard):
    class Told:
        learned, failed, working = (
            heard(learning.learned),
            heard(learning.failed),
            heard(learning.working),
        )

    return Told


@pytest.fixture
def rest(queue, qtbot):
    return lambda: qtbot.waitUntil(lambda: queue.idle, timeout=10000)


def paths(folder):
    return sorted(folder.iterdir())


def test_an_attribute_is_the_difference_of_the_groups(learning, told, photos, rest, make):
    reds, blues = photos("reds", RED, (210, 80, 90)), photos("blues", BLUE)
    learning.from_groups(" Warm\n", (paths(reds), paths(blues)), "toy")
    assert learning.is_busy
    rest()
    (warm,) = told.learned.last.sliders
    expected = (code(RED) + code((210, 80, 90))) / 2 - code(BLUE)
    assert warm.direction.values == pytest.approx(expected, abs=1e-6)
    assert (warm.name, warm.model, warm.weights, warm.share) == ("Warm", "toy", WEIGHTS, None)
    assert told.learned.last.count == 3
    assert not learning.is_busy
    requests = make.made[-1].texture_requests
    assert {request.short_side_px for request in requests} == {256}
    shares = [share for words, share in told.working.values if words]
    assert shares == sorted(shares)
    assert told.working.values[-2][0] == "making Warm: 3 of 3 photos"
    assert told.working.last == ("", 0.0)


def test_one_group_against_the_models_mean(learning, told, photos, rest):
    learning.from_groups("Red", (paths(photos("reds", RED)), ()), "toy", code(GREY))
    rest()
    (red,) = told.learned.last.sliders
    assert red.direction.values == pytest.approx(code(RED) - code(GREY), abs=1e-6)


def test_the_mean_does_not_stand_for_photos_that_could_not_be_read(
    learning, told, photos, rest, tmp_path
):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    learning.from_groups("Red", (paths(photos("reds", RED)), [bad]), "toy", code(GREY))
    rest()
    assert told.learned.values == []
    assert "bad.png" in told.failed.last.text


def test_folders_are_looked_into(learning, told, photos, rest):
    reds = photos("reds", RED, RED)
    (reds / "notes.txt").write_text("not a photo")
    learning.from_groups("Warm", ([reds], [photos("blues", BLUE)]), "toy")
    rest()
    assert told.learned.last.count == 3


def test_sliders_of_a_folder_are_where_its_photos_differ(learning, told, photos, rest):
    shades = [(90 + 10 * n, 100, 100) for n in range(8)]
    learning.from_folder(photos("shades", *shades), "toy")
    rest()
    first, *others = told.learned.last.sliders
    assert first.name == "shades 1"
    assert first.share > 0.99
    assert np.abs(first.direction.values).argmax() == 0
    assert all(one.share < 0.01 for one in others)
    assert all(one.weights == WEIGHTS for one in told.learned.last.sliders)


def test_photos_that_cannot_be_read_are_told_and_skipped(learning, told, photos, rest):
    folder = photos("some", RED, BLUE, GREY, (10, 200, 30))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 cut")
    learning.from_folder(folder, "toy")
    rest()
    learned = told.learned.last
    assert learned.count == 4
    assert len(learned.skipped) == 1
    assert "broken.jpg" in learned.skipped[0]
    assert told.failed.values == []


def test_a_photo_that_the_engine_refuses_is_skipped(learning, told, photos, rest, make):
    make.prepare = lambda backend: backend.errors.append(RequestError("It is too small."))
    learning.from_folder(photos("some", RED, BLUE, GREY, (10, 200, 30)), "toy")
    rest()
    assert told.learned.last.skipped == ("0.png: It is too small.",)


def test_what_would_fail_for_every_photo_ends_it(learning, told, photos, rest, make):
    trouble = CheckpointMissing("The file of the model is gone.")
    make.prepare = lambda backend: backend.errors.extend([None, trouble])
    learning.from_folder(photos("some", RED, BLUE, GREY, (10, 200, 30)), "toy")
    rest()
    assert told.failed.values == [trouble]
    assert told.learned.values == []
    assert not learning.is_busy
    assert len(make.made[-1].texture_requests) <= 3


@pytest.mark.parametrize(
    ("colours", "words"),
    [((), "no photos"), ((RED,), "One photo"), ((RED, BLUE), "2 photos"), ((RED,) * 4, "same")],
)
def test_too_little_is_told_in_a_sentence(learning, told, photos, rest, colours, words):
    learning.from_folder(photos("few", *colours), "toy")
    rest()
    assert words in told.failed.last.text
    assert told.learned.values == []
    assert told.working.last == ("", 0.0)


def test_a_cancel_leaves_nothing(learning, told, photos, rest, queue, qtbot, make):
    make.prepare = lambda backend: backend.block()
    learning.from_folder(photos("some", *[(n, 100, 100) for n in range(30)]), "toy")
    qtbot.waitUntil(lambda: any(fake.texture_requests for fake in make.made))
    learning.cancel()
    assert not learning.is_busy
    assert told.working.last == ("", 0.0)
    make.made[-1].unblock()
    rest()
    assert (told.learned.values, told.failed.values) == ([], [])
    assert len(make.made[-1].texture_requests) == 1


def test_no_more_photos_wait_for_the_engine_than_a_few(learning, photos, queue, qtbot, make):
    make.prepare = lambda backend: backend.block()
    learning.from_folder(photos("some", *[(n, 100, 100) for n in range(12)]), "toy")
    qtbot.waitUntil(lambda: any(fake.running.is_set() for fake in make.made))
    qtbot.wait(100)
    assert queue.pending(Slot.LEARN) + 1 == module.AHEAD
    learning.cancel()
    make.made[-1].unblock()


def test_one_making_at_a_time(learning, told, photos, rest):
    folder = photos("some", RED, BLUE, GREY)
    learning.from_folder(folder, "toy")
    learning.from_folder(folder, "toy")
    assert "being made already" in told.failed.last.text
    rest()
    assert len(told.learned.values) == 1
    learning.from_folder(folder, "toy")
    rest()
    assert len(told.learned.values) == 2


def test_of_a_large_folder_some_are_taken_all_through_it(
    learning, told, photos, rest, monkeypatch, make
):
    monkeypatch.setattr(module, "MOST_PHOTOS", 4)
    folder = photos("many", *[(20 * n, 100, 100) for n in range(10)])
    learning.from_folder(folder, "toy")
    rest()
    assert (told.learned.last.count, told.learned.last.left_out) == (4, 6)
    reds = [int(request.photo.rgb_hwc[0, 0, 0]) for request in make.made[-1].texture_requests]
    assert reds == [0, 40, 100, 140]


def test_large_photos_are_handed_over_small(learning, told, tmp_path, rest, make):
    large = np.full((300, 3000, 3), RED, np.uint8)
    write_image(tmp_path / "large.png", large)
    learning.from_groups("Red", ([tmp_path / "large.png"], ()), "toy", code(GREY))
    rest()
    (request,) = make.made[-1].texture_requests
    assert max(request.photo.rgb_hwc.shape) == module.LONG_SIDE_PX


def test_a_model_that_is_replaced_meanwhile_ends_it(learning, told, photos, rest, make):
    class Turncoat:
        """Tells other weights at every question."""

        def __init__(self, backend):
            self.count, self.real = 0, backend.texture_code

        def __call__(self, *args):
            from dataclasses import replace

            self.count += 1
            return replace(self.real(*args), weights=f"{self.count:064x}")

    def prepare(backend):
        backend.texture_code = Turncoat(backend)

    make.prepare = prepare
    learning.from_folder(photos("some", RED, BLUE, GREY), "toy")
    rest()
    assert "replaced meanwhile" in told.failed.last.text
    assert told.learned.values == []
