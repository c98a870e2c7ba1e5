import gc
import threading

import pytest

from app.ui.collector import LOOK_MS, Collector


class Knot:
    """Holds itself, and remembers on which threads such were destroyed."""

    ended: list[int] = []  # noqa: RUF012 - shared by all on purpose

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Knot.ended.append(threading.get_ident())


@pytest.fixture(autouse=True)
def collecting():
    """Python looks by itself, as in a program, and not as in other tests."""
    Knot.ended = []
    gc.enable()
    yield
    gc.disable()


@pytest.fixture
def collector(qtbot):
    collector = Collector()
    collector.start()
    yield collector
    collector.stop()
    assert gc.isenabled()


def make_many() -> None:
    for _ in range(5 * gc.get_threshold()[0]):
        Knot()


def test_cycles_of_a_worker_end_on_the_gui_thread(collector, qtbot):
    worker = threading.Thread(target=make_many)
    worker.start()
    worker.join()
    assert Knot.ended == [], "Python looked by itself"
    qtbot.waitUntil(lambda: bool(Knot.ended), timeout=10 * LOOK_MS)
    assert set(Knot.ended) == {threading.get_ident()}


def test_without_it_a_worker_ends_them():
    """What the collector is for."""
    worker = threading.Thread(target=make_many)
    worker.start()
    worker.join()
    assert threading.get_ident() not in Knot.ended
    assert Knot.ended


def test_older_generations_are_looked_at_too(collector, monkeypatch):
    looked = []
    monkeypatch.setattr(gc, "collect", looked.append)
    limits = gc.get_threshold()
    for counts, wanted in (
        ((0, 0, 0), []),
        ((limits[0] + 1, 0, 0), [0]),
        ((limits[0] + 1, limits[1] + 1, 0), [1]),
        ((0, 0, limits[2] + 1), [2] if limits[2] else []),
    ):
        looked.clear()
        monkeypatch.setattr(gc, "get_count", lambda counts=counts: counts)
        collector.look()
        assert looked == wanted


def test_it_leaves_a_switched_off_collection_off(qtbot):
    gc.disable()
    collector = Collector()
    collector.start()
    collector.stop()
    assert not gc.isenabled()
