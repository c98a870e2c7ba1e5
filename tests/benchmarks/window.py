"""How long the window takes: to come up, to show a photo, to go.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.window [--rounds 5]

"window" is the time from the start of the process until the window has been painted, "photo" from
the click on "open" until all of it is on the canvas, "longest turn" the longest time that the
window did not answer meanwhile, "close" from the click on "close" in the middle of a render until
the process has ended. Photos are JPEGs made of a sample, enlarged. Settings are the defaults.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from app.resources import resource

MEGAPIXELS = (2, 12, 24, 100)

PROBE = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import app.main
from app.ui.watchdog import StallWatchdog

started, photo, reference = {started}, {photo!r}, {reference!r}
times = {{}}
Real = app.main.Program

class Program(Real):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.watch = StallWatchdog(threshold_ms=20.0)
        QTimer.singleShot(0, self.painted)

    def painted(self):
        self.window.repaint()
        QApplication.processEvents()
        times["window"] = time.time() - started
        self.watch.start()
        self.until(lambda: self.queue.idle, self.open)

    def open(self):
        self.watch.reset()
        self.began = time.perf_counter()
        self.documents.open_path(Path(photo))
        self.until(lambda: self.session.document and self.window.canvas.is_sharp, self.shown)

    def shown(self):
        times["photo"] = time.perf_counter() - self.began
        self.longest("turn_opening")
        self.until(lambda: self.queue.idle, self.swap)

    def swap(self):
        self.longest("turn_engine")
        self.swapping.use_file(Path(reference))
        self.until(lambda: self.session.unsaved, self.leave)

    def longest(self, name):
        worst = self.watch.worst()
        times[name] = worst.ms / 1000 if worst else 0.02
        self.watch.reset()

    def leave(self):
        times["leaving"] = time.time()
        print(json.dumps(times), flush=True)
        self.window.leave()

    def until(self, condition, then):
        if condition():
            then()
        else:
            QTimer.singleShot(2, lambda: self.until(condition, then))

app.main.Program = Program
(app.main.main([]))
"""


def photo_of(folder: Path, megapixels: int) -> Path:
    """A JPEG of so many megapixels, 3:2."""
    path = folder / f"{megapixels}.jpg"
    if not path.exists():
        height_px = int((megapixels * 1e6 / 1.5) ** 0.5)
        with Image.open(resource("samples/sunset.jpg")) as sample:
            sample.resize((int(1.5 * height_px), height_px)).save(path, quality=92)
    return path


def one(photo: Path) -> dict[str, float]:
    """The times of one process, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        names = ("SCUMBLE_CONFIG", "SCUMBLE_DATA", "SCUMBLE_MODELS")
        reference = str(resource("samples/life.jpg"))
        started = time.time()
        code = PROBE.format(started=started, photo=str(photo), reference=reference)
        ran = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **dict.fromkeys(names, folder)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        ended = time.time()
    times = json.loads(ran.stdout)
    times["close"] = ended - times.pop("leaving")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        print("| photo | window | photo shown | longest turn: opening | engine starts | close |")
        print("|---|---|---|---|---|---|")
        for megapixels in MEGAPIXELS:
            photo = photo_of(Path(folder), megapixels)
            runs = [one(photo) for _ in range(rounds)]
            names = ("window", "photo", "turn_opening", "turn_engine", "close")
            cells = [statistics.median(run[name] for run in runs) for name in names]
            print(f"| {megapixels} MP | {' | '.join(f'{s:.2f} s' for s in cells)} |", flush=True)


if __name__ == "__main__":
    main()
