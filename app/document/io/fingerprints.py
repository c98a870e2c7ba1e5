"""What a file looks like from outside, by which another one in its place is noticed."""

import stat
from pathlib import Path

Fingerprint = tuple[int, int]
"""The size of a file in bytes, and when it was last written, in ns."""


def fingerprint(path: Path) -> Fingerprint | None:
    """What the file looks like now, None where there is none to be seen; asks the disk.

    The number that the system gives a file is left out: on memory cards and network drives it
    changes by itself, and a file of the same size and the same time has the same contents.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_size, status.st_mtime_ns) if stat.S_ISREG(status.st_mode) else None


def known_fingerprint(value: object) -> Fingerprint | None:
    """A fingerprint as JSON has it; None if it is none."""
    match value:
        case [int(size_bytes), int(written_ns)]:
            return size_bytes, written_ns
        case _:
            return None
