"""Memory: how much is free, and a cache with a byte budget."""

import ctypes
import os
import sys
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import torch

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def free_bytes(device: torch.device) -> int:
    """Memory that a render may still take on `device`, as the system reports it now.

    On the CPU it is what can be had without swapping, within the limits of the container; where the
    system does not tell, half of the machine's memory.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if sys.platform == "win32":
        return int(status_windows().free)
    if MEMINFO.is_file():
        return free_bytes_linux(MEMINFO.read_text())
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def total_bytes(device: torch.device) -> int:
    """All memory of `device`; on the CPU what the container may have of the machine's.

    0 where the system does not tell.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    if sys.platform == "win32":
        return int(status_windows().total)
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(total, int((CGROUP / "memory.max").read_text()))
    except (OSError, ValueError):
        return total


def free_bytes_linux(meminfo: str) -> int:
    """The lesser of what /proc/meminfo calls available and what the container has left."""
    available = 0
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            available = int(line.split()[1]) * 1024
    try:
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
    except (OSError, ValueError):
        return available
    return min(available, max(0, limit - used))


if sys.platform == "win32":

    class MemoryStatus(ctypes.Structure):
        """MEMORYSTATUSEX of the Windows API."""

        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "3", "4", "5", "6", "7")),
        )

    def status_windows() -> MemoryStatus:
        status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
        ctypes.WinDLL("kernel32").GlobalMemoryStatusEx(ctypes.byref(status))
        return status


def tensor_bytes(value: object) -> int:
    """Bytes of a module's parameters and buffers, of a tuple's parts, else the value's `nbytes`."""
    if isinstance(value, torch.nn.Module):
        return sum(tensor.nbytes for tensor in value.state_dict().values())
    if isinstance(value, tuple):
        return sum(tensor_bytes(part) for part in value)
    return int(getattr(value, "nbytes", 0))


class ByteCache:
    """Least recently used values go first once the sum of their bytes passes the budget.

    Bytes are counted when a value is put in: one that has grown is to be put in again. A value that
    is larger than the whole budget is not kept at all, and drives out nothing.
    """

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def get(self, key: Hashable) -> Any:
        """The value of `key`, now the most recently used one, or None."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        size = tensor_bytes(value)
        self.drop(key)
        if size > self.budget_bytes:
            return
        self._values[key] = (value, size)
        self.used_bytes += size
        while self.used_bytes > self.budget_bytes:
            self.drop(next(iter(self._values)))

    def drop(self, key: Hashable) -> None:
        if key in self._values:
            self.used_bytes -= self._values.pop(key)[1]

    def clear(self) -> None:
        self._values.clear()
        self.used_bytes = 0
