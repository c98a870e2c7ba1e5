"""The program as a process: how it starts, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app.document.io.images import write_image
from app.document.io.recovery import load_recovery, recoveries
from app.settings import FOLDER_VARIABLE
from models.catalog import USER_FOLDER_VARIABLE

ROOT = Path(__file__).resolve().parents[2]

PROBE = """
import gc, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import app.main

app.main.Program.real_init = app.main.Program.__init__

def init(program, *arguments):
    program.real_init(*arguments)
    app.main.program = program

app.main.Program.__init__ = init
{script}
(app.main.main({arguments!r}))
"""

TELL_MODULES = """
def tell():
    late = ("torch", "OpenImageIO", "models.engine", "safetensors.torch")
    names = [name for name in late if name in sys.modules]
    print("visible", app.main.program.window.isVisible(), names, flush=True)
    print("set aside", gc.get_freeze_count() > 10 * len(gc.get_objects()), flush=True)
    app.main.program.window.leave()

QTimer.singleShot(0, lambda: QTimer.singleShot(0, tell))
"""

OPEN_AND_SWAP = """
def swap():
    program = app.main.program
    if program.session.document is None:
        QTimer.singleShot(20, swap)
    else:
        program.session.changed.connect(tell)
        program.swapping.use_file(app.main.Path({reference!r}))

def tell(document, why):
    print("swapped", flush=True)

QTimer.singleShot(0, lambda: QTimer.singleShot(0, swap))
"""


@pytest.fixture
def environment(tmp_path):
    """Folders of its own for a process."""
    return {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        FOLDER_VARIABLE: str(tmp_path / "config"),
        "SCUMBLE_DATA": str(tmp_path / "data"),
        USER_FOLDER_VARIABLE: str(tmp_path / "models"),
    }


@pytest.fixture
def begin(environment):
    """A function that starts the program with a script that runs in it."""
    running = []

    def start(script: str, *arguments: str) -> subprocess.Popen:
        code = PROBE.format(script=script, arguments=list(arguments))
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    for name, shade in (("photo.png", 90), ("reference.png", 200)):
        write_image(tmp_path / name, np.full((80, 120, 3), shade, np.uint8))
    return tmp_path / "photo.png", tmp_path / "reference.png"


def listens(process: subprocess.Popen) -> bool:
    """Whether it is about to come to its event loop: not earlier does it handle SIGTERM."""
    caught = Path(f"/proc/{process.pid}/status").read_text().split("SigCgt:")[1].split()[0]
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_the_window_is_up_before_torch_and_image_libraries(begin):
    process = begin(TELL_MODULES)
    out, err = process.communicate(timeout=60)
    assert out == "visible True []\nset aside True\n", err
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc whether the window is there")
def test_the_command_opens_the_window_and_ctrl_c_closes_it(environment):
    process = subprocess.Popen(
        [sys.executable, "-m", "app"], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not listens(process):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err


def test_work_is_kept_when_the_system_ends_the_program(begin, files, tmp_path):
    photo, reference = files
    script = OPEN_AND_SWAP.format(reference=str(reference))
    process = begin(script, str(photo))
    assert process.stdout is not None
    assert process.stdout.readline() == "swapped\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    (folder,) = recoveries(tmp_path / "data" / "recovery")
    document = load_recovery(folder)[0].document
    assert document.base.path == photo
    assert len(document.entries) == 1


def test_without_a_screen_there_is_a_sentence(environment):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    ran = subprocess.run(
        [sys.executable, "-m", "app"], cwd=ROOT, env=environment,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("scumble: there is no screen")
