"""Clocks of what the program does: other programs may have the processors meanwhile."""

import threading
import time
from contextlib import suppress
from pathlib import Path


def now_s(*threads: int) -> float:
    """A clock that stands while one of these threads waits for a processor.

    Where the system does not tell, it is the usual one.
    """
    seconds = time.perf_counter()
    for thread in threads:
        with suppress(OSError):
            waited_ns = Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[1]
            seconds -= int(waited_ns) / 1e9
    return seconds


class GuiTime:
    """For the watchdog, in the place of the module `time`: with such a clock of the GUI thread."""

    thread_time = staticmethod(time.thread_time)

    @staticmethod
    def perf_counter() -> float:
        return now_s(threading.main_thread().native_id or 0)
