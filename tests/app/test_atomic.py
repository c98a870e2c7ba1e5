"""A file is replaced whole or not at all, and every failure is one sentence."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.atomic import write_atomically, writing_failed
from app.document.io.images import read_image, write_image
from app.errors import UserError
from tests.app.document.io.files import (
    smooth,
)

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".webp": "WEBP"}


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_existing_file_is_replaced_and_keeps_its_permissions(tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    file.write_bytes(b"old")
    file.chmod(0o604)
    write_image(file, smooth(24, 40))
    assert read_image(file).rgb_hwc.shape == (24, 40, 3)
    assert file.stat().st_mode & 0o777 == 0o604
    assert os.listdir(tmp_path) == [file.name]


def test_a_new_file_gets_the_usual_permissions(tmp_path):
    write_image(tmp_path / "a.png", smooth(24, 40))
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    write_image(tmp_path / "link.png", smooth(24, 40))
    assert (tmp_path / "link.png").is_symlink()
    assert read_image(tmp_path / "real.png").rgb_hwc.shape == (24, 40, 3)


FAILURES = {
    "write": (errno.ENOSPC, "no room left on the disk"),
    "fsync": (errno.ENOSPC, "no room left on the disk"),
    "replace": (errno.EACCES, "is protected"),
    "open": (errno.EIO, "Input/output error"),
}


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("step", FAILURES)
def test_a_failure_at_any_step_leaves_everything_as_it_was(tmp_path, monkeypatch, step, existing):
    number, reason = FAILURES[step]
    if existing:
        (tmp_path / "a.png").write_bytes(b"old")
    before = os.listdir(tmp_path)

    def fail(*_arguments, **_options):
        raise OSError(number, os.strerror(number))

    class FullFile:
        def __init__(self, path, _mode):
            Path(path).write_bytes(b"half")

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            return None

        write = fail

    with monkeypatch.context() as patch:
        if step in ("write", "open"):
            patch.setattr("builtins.open", FullFile if step == "write" else fail)
        else:
            patch.setattr(os, step, fail)
        with pytest.raises(UserError) as caught:
            write_image(tmp_path / "a.png", smooth(24, 40))
    assert "a.png cannot be saved" in caught.value.text
    assert reason in caught.value.text
    assert caught.value.hint
    assert os.listdir(tmp_path) == before
    assert not existing or (tmp_path / "a.png").read_bytes() == b"old"


def test_what_killed_programs_left_is_deleted_a_day_later_and_nothing_else(tmp_path):
    day = 24 * 60 * 60
    ages = {
        ".scumble-0123456789ab.part": day + 60,
        ".scumble-ba9876543210.part": day - 60,
        ".scumble-0123456789AB.part": 2 * day,
        ".scumble-0123456789.part": 2 * day,
        ".scumble-0123456789ab.part.png": 2 * day,
        "scumble-0123456789ab.part": 2 * day,
        ".0123456789ab.part": 2 * day,
    }
    for name in ages:
        (tmp_path / name).write_bytes(b"half")
    folder, link = tmp_path / ".scumble-aaaaaaaaaaaa.part", tmp_path / ".scumble-bbbbbbbbbbbb.part"
    folder.mkdir()
    link.symlink_to(tmp_path / ".0123456789ab.part")
    for path in (folder, *map(tmp_path.joinpath, ages)):
        then = time.time() - ages.get(path.name, 2 * day)
        os.utime(path, (then, then))
    before = set(os.listdir(tmp_path))
    write_atomically(tmp_path / "a", b"new")
    assert before - set(os.listdir(tmp_path)) == {".scumble-0123456789ab.part"}
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("call", ["scandir", "unlink"])
def test_leftovers_that_cannot_be_deleted_are_no_failure(tmp_path, monkeypatch, call):
    left = [tmp_path / f".scumble-{digit * 12}.part" for digit in "ab"]
    for path in left:
        path.write_bytes(b"half")
        os.utime(path, (0, 0))

    def fail(*_arguments):
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        write_atomically(tmp_path / "a", b"new")
    assert all(path.exists() for path in left)
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_drive_that_is_only_for_reading_is_protected(tmp_path):
    error = writing_failed(tmp_path / "a.png", OSError(errno.EROFS, "Read-only file system"))
    assert f"its folder {tmp_path} is protected" in error.text
    assert "another folder" in error.hint


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="this system has no file size limit")
@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_in_earnest_leaves_everything_as_it_was(tmp_path, suffix):
    """A process may write no byte beyond the 2,000th of a file: the kernel refuses the rest."""
    file = tmp_path / f"a{suffix}"
    file.write_bytes(b"old")
    script = (
        "import resource, signal, sys\n"
        "import numpy as np\n"
        "from app.document.io.images import write_image\n"
        "from app.errors import UserError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)\n"
        "try: write_image(sys.argv[1], noise)\n"
        "except UserError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, file], capture_output=True, text=True, check=True
    )
    assert "there is no room left on the disk. Free some space" in done.stdout
    assert done.stderr == ""
    assert os.listdir(tmp_path) == [file.name]
    assert file.read_bytes() == b"old"


def saving_failed(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        write_image(path, smooth(24, 40))
    assert path.name in caught.value.text
    return str(caught.value)


def test_a_missing_folder_is_named(tmp_path):
    assert f"there is no folder {tmp_path / 'no'}" in saving_failed(tmp_path / "no" / "a.png")
    (tmp_path / "file").write_bytes(b"x")
    assert "there is no folder" in saving_failed(tmp_path / "file" / "a.png")


def test_a_folder_is_not_overwritten(tmp_path):
    (tmp_path / "a.png").mkdir()
    assert "a folder has that name" in saving_failed(tmp_path / "a.png")
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_overwritten(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    assert "protected" in saving_failed(tmp_path / "a.png")
    assert (tmp_path / "a.png").is_fifo()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX ones")
@pytest.mark.parametrize("protected", ["file", "folder"])
def test_protected_files_and_folders_are_left_alone(protected):
    """Root may write everywhere, so another user tries."""
    folder = Path(tempfile.mkdtemp())
    try:
        file = folder / "a.png"
        file.write_bytes(b"old")
        file.chmod(0o444 if protected == "file" else 0o666)
        folder.chmod(0o777 if protected == "file" else 0o555)
        script = (
            "import os, sys\n"
            "import numpy as np\n"
            "from app.document.io.images import write_image\n"
            "from app.errors import UserError\n"
            "if os.getuid() == 0: os.setuid(65534)\n"
            "try: write_image(sys.argv[1], np.zeros((4, 4, 3), np.uint8))\n"
            "except UserError as error: print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, file], capture_output=True, text=True, check=True
        )
        assert "a.png cannot be saved: the file or its folder" in done.stdout
        assert "is protected. Choose another folder." in done.stdout
        assert done.stderr == ""
        assert file.read_bytes() == b"old"
        assert os.listdir(folder) == ["a.png"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_flushed_is_no_failure(tmp_path, monkeypatch):
    def fail(*_arguments):
        raise OSError(errno.EINVAL, "folders cannot be opened here")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
