"""The program with its real window and a scripted engine, painting and saving until it is killed:
`python -m tests.app.ui.killed_window FOLDER SEED`. Tells each step, "made 3", and "kept 3" as soon
as the program counts it as safe."""

import os
import random
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from app.document.document import LabelMap, with_labels
from app.document.io.recovery import About, Recovery
from app.document.io.steps import Steps
from app.main import Program
from app.settings import Settings
from tests.app.fakes import MakeFakes


def tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


class Hand:
    """Makes a step every few milliseconds."""

    def __init__(self, program: Program, folder: Path, seed: int) -> None:
        self.program = program
        self.path = folder / "work.scumble"
        self.chance = random.Random(seed)
        self.step = 0
        self.begun = False
        self.tell_what_is_kept()
        # Models are looked for beside the window.
        program.models.catalog_changed.connect(self.begin)
        self.timer = QTimer(interval=5)
        self.timer.timeout.connect(self.act)
        self.timer.start()

    def tell_what_is_kept(self) -> None:
        real = Recovery.keep

        def keep(self: Recovery, steps: Steps, about: About) -> None:
            real(self, steps, about)
            tell(steps.states[-1].label.replace("Step", "kept"))

        Recovery.keep = keep

    def begin(self) -> None:
        if not self.begun:
            self.begun = True
            self.program.layouts.new(320, 200, "landscape")

    def act(self) -> None:
        document = self.program.session.document
        if document is None or document.labels is None:
            return
        self.step += 1
        x_px, y_px = self.chance.uniform(0, 320), self.chance.uniform(0, 200)
        ids = document.labels.ids.stamp(x_px, y_px, 20, self.step % 13)
        labels = LabelMap(ids, document.labels.palette_id, document.labels.names)
        self.program.session.push(f"Step {self.step}", with_labels(document, labels))
        tell(f"made {self.step}")
        if self.chance.random() < 0.05:
            self.program.projects.save(self.path)
        if self.chance.random() < 0.05:
            self.program.recoveries.fold()


def main(folder: str, seed: str) -> None:
    app = QApplication(["scumble"])
    program = Program(app, Settings(), MakeFakes())
    program.window.show()
    hand = Hand(program, Path(folder), int(seed))
    app.exec()
    assert hand


if __name__ == "__main__":
    main(*sys.argv[1:])
