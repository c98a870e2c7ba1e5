"""A thousand random acts of a restless artist, on an engine that fails now and then."""

import random
import threading
import time

import pytest

from app.controllers.requests import edits_on, request_of
from app.jobs.slots import Lane, Slot
from app.settings import ExportSettings
from models.errors import OutOfMemory
from tests.app.fakes import rendered
from tests.app.ui.test_flow import middle, near, shown_at_middle

ACTS = 1000


class Restless:
    """Does at random what the window offers."""

    def __init__(self, driver, files, seed: int) -> None:
        self.driver = driver
        self.files = files
        self.draw = random.Random(seed)
        # Work is thrown away without a question.
        driver.program.pictures.set_guard(lambda act, _name: act())

    def prepare(self, backend) -> None:
        """An engine that takes its time, and fails once in a while."""
        backend.delay_s = self.draw.choice((0.0, 0.002, 0.01))
        errors = (None, None, None, OutOfMemory("Too little."), RuntimeError("a defect"))
        backend.errors = [self.draw.choice(errors) for _ in range(200)]

    def act(self) -> None:
        acts = (
            *(self.drag,) * 8,
            *(self.commit,) * 3,
            *(self.reference,) * 2,
            *(self.strength,) * 2,
            *(self.undo, self.redo, self.jump, self.toggle, self.duplicate, self.delete),
            *(self.open, self.restart, self.stop, self.size, self.export, self.close),
        )
        self.draw.choice(acts)()

    @property
    def program(self):
        return self.driver.program

    def some_uid(self) -> int | None:
        document = self.driver.document
        return self.draw.choice(document.entries).uid if document and document.entries else None

    def drag(self) -> None:
        self.program.swapping.drag_amount(round(self.draw.uniform(0.0, 1.5), 2))

    def commit(self) -> None:
        self.program.swapping.commit_amount(round(self.draw.uniform(0.0, 1.5), 2))

    def reference(self) -> None:
        self.program.documents.take_files(
            "reference", [self.draw.choice((self.files.meadow, self.files.sunset))]
        )

    def strength(self) -> None:
        if (uid := self.some_uid()) is not None:
            self.program.edit_list.drag_strength(uid, round(self.draw.uniform(0.1, 1.0), 2))

    def undo(self) -> None:
        self.driver.choose("edit.undo")

    def redo(self) -> None:
        self.driver.choose("edit.redo")

    def jump(self) -> None:
        if (history := self.program.session.history) is not None:
            self.program.session.jump(self.draw.randrange(len(history.states)))

    def toggle(self) -> None:
        self.driver.choose("edit.toggle")

    def duplicate(self) -> None:
        if self.driver.document is not None and len(self.driver.document.entries) < 4:
            self.driver.choose("edit.duplicate")

    def delete(self) -> None:
        self.driver.choose("edit.delete")

    def open(self) -> None:
        path = self.draw.choice((self.files.meadow, self.files.sunset))
        self.program.pictures.open_file(path)

    def restart(self) -> None:
        self.driver.choose("model.restart")

    def stop(self) -> None:
        self.driver.choose("model.stop")

    def size(self) -> None:
        self.program.preferences.update(working_short_side_px=self.draw.choice((None, 64, 96, 128)))

    def export(self) -> None:
        self.program.exporting.export(self.files.folder / "out.png", ExportSettings())

    def close(self) -> None:
        if self.draw.random() < 0.2:
            self.program.session.close()


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_newest_picture_is_shown_in_the_end(start, make, files, qtbot, seed):
    driver = start()
    hand = Restless(driver, files, seed)
    make.prepare = hand.prepare
    driver.open(files.meadow)
    for number in range(ACTS):
        hand.act()
        if number % 6 == 0:
            qtbot.wait(1)
    # The last act of all, on an engine that has calmed down.
    make.prepare = lambda backend: None
    hand.restart()
    driver.program.pictures.open_file(files.meadow)
    driver.wait(lambda: driver.document is not None and driver.document.entries == ())
    driver.program.swapping.use_file(files.sunset)
    driver.wait(lambda: bool(edits_on(driver.document)))
    hand.drag()
    driver.program.swapping.commit_amount(0.7)
    driver.wait()
    program = driver.program
    request = request_of(driver.document, program.preview.working_px)
    assert driver.document.entries[0].edit.amount == 0.7
    assert near(shown_at_middle(driver), middle(rendered(request)))
    assert program.queue.idle
    assert all(program.queue.running(lane) is None for lane in Lane)
    assert all(program.queue.pending(slot) == 0 for slot in Slot)
    assert not driver.window.status.stop.isVisible()
    assert program.picture._words == {}
    assert not program.exporting.busy
    assert len(driver.window.notices.notices) <= 3
    assert program.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("scumble")]


@pytest.mark.parametrize("seed", [4, 5])
def test_closing_in_the_middle_of_it_takes_less_than_a_second(start, make, files, qtbot, seed):
    driver = start()
    hand = Restless(driver, files, seed)
    make.prepare = hand.prepare
    driver.open(files.meadow)
    for number in range(150):
        hand.act()
        if number % 6 == 0:
            qtbot.wait(1)
    started = time.perf_counter()
    driver.window.leave()
    assert driver.program.close()
    assert time.perf_counter() - started < 1.0
