"""Frames of the canvas on a 24-megapixel photo: pan, zoom, divider, and results that arrive.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.canvas [--frames 200] [--sizes 1280x720]

Hands move at 60 frames a second. A frame is the time from the tick at which the hand moved until
the canvas is painted, with the making of sharp tiles in between; over 16.7 ms, one is dropped.
"cpu" is the median of what the window's thread computes for a frame, however busy the machine is.
"brush" is a hand that paints with a 64 px brush on a layout of 2048 x 2048 px, in view as a whole
or at 100 %, alone, beside or over the picture, with patterns or without: a frame is the brush echo,
from the pointer's event through the stroke on the label map until its paint is on the canvas.
"opened" is the time until a layout of 2048 x 2048 px is seen first, in ms.
"sharp" is the time from a change of zoom until all is area-filtered. "busy" is with a network
that decodes 512 px pictures on all cores, in a thread of this process that stands back behind the
window's as the program's workers do.
"""

import argparse
import math
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from app.document.document import LabelMap
from app.document.palette import Palette, load_palette
from app.document.pyramid import Pyramid
from app.document.tiles import TiledArray
from app.jobs.worker import stand_back
from app.main import SWITCH_INTERVAL_SECONDS
from app.resources import resource
from app.tools.brush import BrushSettings, BrushStroke
from app.tools.stroke import StrokeSample
from app.ui.canvas.display import Display
from app.ui.canvas.pen import CanvasTool
from app.ui.canvas.view import CanvasView
from models.builders import build
from models.configs import SwappingAutoencoderConfig
from models.networks.swapping_autoencoder import SwappingAutoencoder

TICK = 1 / 60


class Canvas(CanvasView):
    """A canvas that tells when it was painted."""

    paints = 0

    def paintEvent(self, event):
        super().paintEvent(event)
        self.paints += 1


def mouse(view: Canvas, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
    """Press, move or release."""
    event = QMouseEvent(
        kind, at, view.mapToGlobal(at), button, button, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(view, event)


def drag(view: Canvas, start: QPointF, path: Callable[[float], QPointF]) -> Callable[[int], None]:
    """A hand that holds the left button and moves on a path, in seconds."""
    mouse(view, QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton)
    return lambda i: mouse(
        view, QEvent.Type.MouseMove, start + path(i * TICK), Qt.MouseButton.LeftButton
    )


def pan(view: Canvas) -> Callable[[int], None]:
    """Circles around the middle at 45 %, up to 1,500 px a second."""
    view._zoom_at(QPointF(view.rect().center()), 45 / view.zoom_percent)
    middle = QPointF(view.width() / 2, view.height() / 3)
    return drag(view, middle, lambda t: QPointF(500 * math.sin(3 * t), 300 * (math.cos(3 * t) - 1)))


def zoom(view: Canvas) -> Callable[[int], None]:
    """The wheel in and out, a notch a frame."""
    view.zoom_to_fit()

    def turn(i: int) -> None:
        at = QPointF(view.width() * 0.6, view.height() * 0.4)
        notch = 120 if i // 24 % 2 == 0 else -120
        event = QWheelEvent(
            at,
            view.mapToGlobal(at),
            QPoint(),
            QPoint(0, notch),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view, event)

    return turn


def divider(view: Canvas) -> Callable[[int], None]:
    """The divider to and fro."""
    view.zoom_to_fit()
    view.set_compare("split")
    view.set_divider(0.5)
    middle = QPointF(view.width() / 2, view.height() / 2)
    return drag(view, middle, lambda t: QPointF(0.4 * view.width() * math.sin(2 * t), 0))


def results(view: Canvas) -> Callable[[int], None]:
    """Panning while a new result of 24 megapixels comes ten times a second."""
    moved = pan(view)
    pictures = [Pyramid.of(np.full((4000, 6000, 3), value, np.uint8)) for value in (90, 160)]

    def turn(i: int) -> None:
        if i % 6 == 0:
            view.set_after(pictures[i // 6 % 2])
        moved(i)

    return turn


def brush(view: Canvas, labels: LabelMap, palette: Palette) -> Callable[[int], None]:
    """A stroke in circles around the middle, up to 1,500 px a second; a new one each second."""
    stroke: list[BrushStroke] = []

    def show(ids: TiledArray) -> None:
        view.set_layout(LabelMap(ids, labels.palette_id), palette)

    def press(sample: StrokeSample, _shift: bool, _eraser: bool) -> None:
        stroke[:] = [BrushStroke(labels.ids, 9, BrushSettings(64.0, smoothing=0.2))]
        show(stroke[0].add(sample))

    view.pressed.connect(press)
    view.dragged.connect(lambda sample, _shift: show(stroke[0].add(sample)))
    view.set_tool(CanvasTool("round", 64.0, "Brush"))
    middle = QPointF(view.width() / 4, view.height() / 2)

    def turn(i: int) -> None:
        t = i * TICK
        at = middle + QPointF(150 * math.sin(5 * t), 150 * math.cos(7 * t))
        if i % 60 == 1:
            mouse(view, QEvent.Type.MouseButtonRelease, at, Qt.MouseButton.LeftButton)
            mouse(view, QEvent.Type.MouseButtonPress, at, Qt.MouseButton.LeftButton)
        mouse(view, QEvent.Type.MouseMove, at, Qt.MouseButton.LeftButton)

    return turn


def layout_2048() -> LabelMap:
    """Wavy bands of all labels of the landscape palette."""
    y, x = np.mgrid[:2048, :2048]
    ids_hw = ((y + 60 * np.sin(x / 170) + 20 * np.sin(x / 33)) // 150).clip(0, 13)
    return LabelMap(TiledArray.from_array(ids_hw.astype(np.uint8)), "landscape")


def brushes(size: str, frames: int, note: str) -> None:
    """Measure the brush echo, and the first sight of a layout."""
    palette = load_palette(resource("palettes/landscape.toml"))
    photo = Pyramid.of(np.random.default_rng(0).integers(0, 256, (2048, 2048, 3), np.uint8))
    labels = layout_2048()
    for display, patterns, whole in (
        (Display.LAYOUT, False, True),
        (Display.LAYOUT, True, True),
        (Display.SIDE_BY_SIDE, False, False),
        (Display.OVER, True, False),
    ):
        view = shown(size, photo, photo)
        view.set_display(display)
        view.set_patterns(patterns)
        view.zoom_to_fit() if whole else view.zoom_to_100()
        wait_until(time.perf_counter() + 0.5, view)
        start, painted = time.perf_counter(), view.paints
        view.set_layout(labels, palette)
        while view.paints == painted:
            QApplication.processEvents()
        opened = (time.perf_counter() - start) * 1000
        row = measure(view, lambda view: brush(view, labels, palette), frames)
        words = f"{display}{', patterns' if patterns else ''}, {view.zoom_percent:.0f} %"
        print(f"{size:>10} {'brush':>8} {note:>5} {row}  opened {opened:.0f}: {words}", flush=True)
        view.close()
        view.deleteLater()


def shown(size: str, before: Pyramid, after: Pyramid) -> Canvas:
    """A canvas of this size with two pictures."""
    view = Canvas()
    view.resize(*(int(side) for side in size.split("x")))
    view.show()
    view.set_document_size(before.width_px, before.height_px)
    view.set_before(before)
    view.set_after(after)
    return view


def wait_until(moment: float, view: Canvas) -> None:
    """Let the program do what it does between frames."""
    while (left := moment - time.perf_counter()) > 0:
        QApplication.processEvents()
        if view.is_sharp:
            time.sleep(min(0.0005, left))


def measure(view: Canvas, motion: Callable[[Canvas], Callable[[int], None]], frames: int) -> str:
    """Median, 99th percentile and longest of the frames, and the processor's time for one."""
    view.set_compare("after")
    turn = motion(view)
    wait_until(time.perf_counter() + 0.5, view)
    late, cpu = [], []
    tick = time.perf_counter()
    for i in range(frames):
        tick = max(tick + TICK, time.perf_counter() - TICK)
        wait_until(tick, view)
        painted, worked = view.paints, time.thread_time()
        turn(i + 1)
        while view.paints == painted and time.perf_counter() < tick + 1:
            QApplication.processEvents()
        late.append((time.perf_counter() - tick) * 1000)
        cpu.append((time.thread_time() - worked) * 1000)
    mouse(view, QEvent.Type.MouseButtonRelease, QPointF(), Qt.MouseButton.NoButton)
    late.sort()
    p99 = late[math.ceil(0.99 * len(late)) - 1]
    own = statistics.median(cpu)
    return f"{statistics.median(late):7.1f} {p99:7.1f} {late[-1]:7.1f} {own:7.1f}"


def missing_in_sight(view: Canvas) -> bool:
    """Whether a tile is still to be made."""
    assert view._transform is not None
    picture, visible = view._transform.picture, view._transform.visible
    parts = view._comparison.parts(visible)
    return any(
        cell for layer, part in parts for cell in view._painter.missing(layer, picture, part)
    )


def sharp_after_zoom(view: Canvas) -> str:
    """How long after the last change of zoom the picture is sharp, in ms: middle of 9."""
    times = []
    for _ in range(9):
        view.zoom_to_100()
        view._painter.tiles.drop(lambda _: True)
        start = time.perf_counter()
        view.zoom_to_fit()
        while missing_in_sight(view):
            QApplication.processEvents()
        painted = view.paints
        while view.paints == painted:
            QApplication.processEvents()
        times.append((time.perf_counter() - start) * 1000)
    return f"{statistics.median(times):7.0f}"


@contextmanager
def rendering() -> Iterator[None]:
    """A network at work in a thread, as while a render runs."""
    config = SwappingAutoencoderConfig()
    network = build(config)
    assert isinstance(network, SwappingAutoencoder)
    stop = threading.Event()

    def work() -> None:
        stand_back()
        with torch.inference_mode():
            structure, texture = network.encode(torch.zeros(1, 3, 512, 512))
            while not stop.is_set():
                network.decode(structure, texture)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def table(sizes: list[str], frames: int, note: str) -> None:
    """Measure every motion at every size."""
    rng = np.random.default_rng(0)
    photo = Pyramid.of(rng.integers(0, 256, (4000, 6000, 3), np.uint8))
    result = Pyramid.of(rng.integers(0, 256, (4000, 6000, 3), np.uint8))
    for size in sizes:
        view = shown(size, photo, result)
        for motion in (pan, zoom, divider, results):
            row = measure(view, motion, frames)
            print(f"{size:>10} {motion.__name__:>8} {note:>5} {row}", flush=True)
        print(f"{size:>10} {'sharp':>8} {note:>5} {sharp_after_zoom(view)}", flush=True)
        view.close()
        view.deleteLater()
        brushes(size, frames, note)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--sizes", nargs="+", default=["1280x720", "2560x1440"])
    parser.add_argument("--only", choices=("idle", "busy"))
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    application = QApplication.instance() or QApplication([])
    print(f"{'size':>10} {'motion':>8} {'cores':>5}  median     p99     max cpu, ms")
    if options.only != "busy":
        table(options.sizes, options.frames, "idle")
    if options.only != "idle":
        with rendering():
            table(options.sizes, options.frames, "busy")
    del application


if __name__ == "__main__":
    main()
