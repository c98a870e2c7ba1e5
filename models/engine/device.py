"""Which device, and in which precision: asked for, or measured.

A result is a function of its request and of the two: they are the engine's, not the request's.
"auto" measures the precision by the clock, so on a machine where both are about as fast, two
processes may choose differently, and their results differ by bfloat16's rounding. Within a process
a device is measured once: there, equal requests give equal results. Who needs the same bits
from every process asks for a precision by name.
"""

import functools
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from models.api import DeviceInfo
from models.engine.memory import total_bytes
from models.errors import RequestError

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
WORTHWHILE = 0.9
"""bfloat16 is taken when it needs less than this share of float32's time."""
ROUNDS = 5


def choose_device(wanted: str) -> torch.device:
    """The device for "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:N".

    Raises:
        RequestError: there is no such device; the text says what there is.
    """
    count = _gpu_count()
    if wanted == "cpu" or (wanted == "auto" and not count):
        return torch.device("cpu")
    names = {"auto": 0, "cuda": 0, **{f"cuda:{index}": index for index in range(count)}}
    if count and wanted in names:
        return torch.device("cuda", names[wanted])
    present = [device_words(torch.device("cpu"))]
    present += [device_words(torch.device("cuda", index)) for index in range(count)]
    raise RequestError(
        f"There is no device {wanted!r} that can be used here; there is: {', '.join(present)}."
    )


def list_devices() -> tuple[DeviceInfo, ...]:
    """What renders can run on here: the CPU, then every GPU."""
    devices = [torch.device("cpu"), *(torch.device("cuda", i) for i in range(_gpu_count()))]
    return tuple(device_info(device) for device in devices)


def device_info(device: torch.device) -> DeviceInfo:
    return DeviceInfo(str(device), device_words(device), total_bytes(device))


def _gpu_count() -> int:
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def device_words(device: torch.device) -> str:
    """The device by name with its means: "CPU with 8 threads", "NVIDIA H200 with 139 GiB"."""
    if device.type != "cuda":
        threads = torch.get_num_threads()
        return f"CPU with {threads} thread{'s' if threads > 1 else ''}"
    properties = torch.cuda.get_device_properties(device)
    return f"{properties.name} with {properties.total_memory / 2**30:.0f} GiB"


def check_precision(wanted: str) -> str:
    """`wanted`, or `RequestError` unless it is "auto" or a name in `PRECISIONS`."""
    if wanted != "auto" and wanted not in PRECISIONS:
        known = ", ".join(["auto", *PRECISIONS])
        raise RequestError(f"There is no precision {wanted!r}; there is: {known}.")
    return wanted


def choose_precision(wanted: str, device: torch.device) -> torch.dtype:
    """The type that networks compute in: as asked for, or for "auto" the faster one, measured."""
    return PRECISIONS[wanted] if wanted in PRECISIONS else measured_precision(device)


@functools.cache
def measured_precision(device: torch.device) -> torch.dtype:
    """The faster type on a device; measured at the first call of the process."""
    return faster_precision(lambda dtype: time_convolution(device, dtype))


def faster_precision(seconds: Callable[[torch.dtype], float]) -> torch.dtype:
    """bfloat16 where it is clearly faster than float32 by `seconds`, else float32.

    A processor without bfloat16 instructions emulates them, many times slower, or refuses: asking
    the clock covers every kind. The two take turns and the best times count, since other programs
    get in the way.
    """
    try:
        rounds = [(seconds(torch.bfloat16), seconds(torch.float32)) for _ in range(ROUNDS)]
    except RuntimeError:
        return torch.float32
    half, full = (min(times) for times in zip(*rounds, strict=True))
    return torch.bfloat16 if half < WORTHWHILE * full else torch.float32


def time_convolution(device: torch.device, dtype: torch.dtype) -> float:
    """Seconds of one 3 x 3 convolution of 128 channels at 64 x 64 px, after one to warm up."""
    image = torch.ones(1, 128, 64, 64, device=device, dtype=dtype)
    image = image.contiguous(memory_format=torch.channels_last)
    weight = torch.ones(128, 128, 3, 3, device=device, dtype=dtype)
    weight = weight.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        F.conv2d(image, weight, padding=1)
        synchronise(device)
        start = time.perf_counter()
        F.conv2d(image, weight, padding=1)
        synchronise(device)
    return time.perf_counter() - start


def synchronise(device: torch.device) -> None:
    """Wait until a GPU has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
