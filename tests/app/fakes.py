"""A backend that does as it is told and remembers what it was asked, and a factory for it."""

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.jobs.slots import Means
from models.api import (
    CancelToken,
    DeviceInfo,
    DeviceReport,
    LayoutRequest,
    LayoutResult,
    Picture,
    Progress,
    RenderRequest,
    RenderResult,
)
from models.edits import RenderLayout, SwapTexture

CPU = DeviceInfo("cpu", "CPU with 2 threads", 8 * 2**30)
GPU = DeviceInfo("cuda:0", "A fast GPU with 8 GiB", 8 * 2**30)


def picture(width_px: int = 48, height_px: int = 32, rgb=(90, 120, 60), seed: int = 0) -> Picture:
    """A small picture around a colour, another one for every seed."""
    grain_hwc = np.random.default_rng(seed).integers(-20, 21, (height_px, width_px, 3))
    return Picture.from_rgb(np.clip(grain_hwc + rgb, 0, 255).astype(np.uint8))


class FakeBackend:
    """Stands in for the engine. Renders are the base, brought towards the reference's mean colour.

    A layout is rendered as one colour for each label, another one for every style.

    Attributes:
        errors: raised by the next calls, one each; None lets a call pass.
        delay_s: how long every call takes; it can be cancelled meanwhile.
        calls: the names of the methods that were called, in order.
        requests: of the calls of `render`, in order.
        layout_requests: of the calls of `see_layout`, in order.
        threads: the threads that called.
        running: set while a call is in progress.
        forgotten: how often `forget` was called.
        models: ids that `import_model` made.
    """

    def __init__(self, device: DeviceInfo = CPU, *, default_short_side_px: int = 64) -> None:
        self.device = device.name
        self.device_words = device.words
        self.default_short_side_px = default_short_side_px
        self.errors: list[Exception | None] = []
        self.delay_s = 0.0
        self.calls: list[str] = []
        self.requests: list[RenderRequest] = []
        self.layout_requests: list[LayoutRequest] = []
        self.threads: set[threading.Thread] = set()
        self.running = threading.Event()
        self.forgotten = 0
        self.models: list[str] = []
        self._open = threading.Event()
        self._open.set()

    def block(self) -> None:
        """Let calls wait until `unblock`, or until they are cancelled."""
        self._open.clear()

    def unblock(self) -> None:
        self._open.set()

    def render(
        self, request: RenderRequest, token: CancelToken, progress: Progress
    ) -> RenderResult:
        self.requests.append(request)
        started = time.perf_counter()
        self._work("render", token, progress)
        rgb_hwc = rendered(request)
        return RenderResult(
            rgb_hwc=rgb_hwc, seconds=time.perf_counter() - started, device=self.device_words
        )

    def see_layout(
        self, request: LayoutRequest, token: CancelToken, progress: Progress
    ) -> LayoutResult:
        """Thirds of sky, mountain and water, whatever the photo."""
        self.layout_requests.append(request)
        started = time.perf_counter()
        self._work("see_layout", token, progress)
        return LayoutResult(
            ids_hw=thirds(request.photo.height_px, request.photo.width_px),
            palette_id="landscape",
            seconds=time.perf_counter() - started,
            device=self.device_words,
        )

    def warm_up(self, model: str, token: CancelToken, progress: Progress) -> None:
        self._work("warm_up", token, progress)

    def devices(self) -> tuple[DeviceInfo, ...]:
        self._work("devices", CancelToken(), ignore)
        return (CPU, GPU)

    def test_device(self, name: str, token: CancelToken, progress: Progress) -> DeviceReport:
        self._work("test_device", token, progress)
        info = GPU if name == GPU.name else CPU
        return DeviceReport(info, "float32", 0.42, "Works: 0.42 s for a 512 px picture.")

    def import_model(
        self, path: Path, name: str | None, token: CancelToken, progress: Progress
    ) -> str:
        self._work("import_model", token, progress)
        self.models.append((name or path.stem).lower())
        return self.models[-1]

    def verify_model(self, model: str) -> None:
        self._work("verify_model", CancelToken(), ignore)

    def forget(self) -> None:
        self.forgotten += 1

    def _work(self, name: str, token: CancelToken, progress: Progress) -> None:
        self.calls.append(name)
        self.threads.add(threading.current_thread())
        progress(f"{name} begins", 0.0)
        until = time.monotonic() + self.delay_s
        self.running.set()
        try:
            while time.monotonic() < until or not self._open.is_set():
                token.raise_if_cancelled()
                time.sleep(0.001)
            token.raise_if_cancelled()
            error = self.errors.pop(0) if self.errors else None
            if error is not None:
                raise error
        finally:
            self.running.clear()
        progress(f"{name} ends", 1.0)


class MakeFakes:
    """Makes fake backends, as `MakeBackend` has it.

    Attributes:
        made: all backends so far, the newest last.
        errors: raised by the next makings, one each; None lets one pass.
        threads: the threads that made one.
        prepare: called with a backend before it is used.
    """

    def __init__(self, prepare=None) -> None:
        self.made: list[FakeBackend] = []
        self.errors: list[Exception | None] = []
        self.threads: set[threading.Thread] = set()
        self.prepare = prepare or ignore

    def __call__(self) -> FakeBackend:
        self.threads.add(threading.current_thread())
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        self.made.append(FakeBackend())
        self.prepare(self.made[-1])
        return self.made[-1]


def means_of(backend: FakeBackend | None = None, token: CancelToken | None = None) -> Means:
    """Means for work that a test runs itself, on its own thread."""
    own = backend or FakeBackend()
    return Means(token or CancelToken(), ignore, lambda: own)


def thirds(height_px: int, width_px: int) -> npt.NDArray[np.uint8]:
    """Label ids of the landscape palette: sky above, mountain in the middle, water below."""
    rows = np.arange(height_px) * 3 // height_px
    ids = np.array([1, 5, 9], np.uint8)[rows]
    return np.repeat(ids[:, None], width_px, axis=1)


def rendered(request: RenderRequest) -> npt.NDArray[Any]:
    """The base at the wanted size; each swap brings its mean by `amount` to the reference's.

    A rendered layout takes the place of the picture.
    """
    base_hwc = request.base.rgb_hwc
    height_px, width_px, _ = base_hwc.shape
    scale = (request.short_side_px or min(height_px, width_px)) / min(height_px, width_px)
    rows = _nearest(height_px, scale)
    columns = _nearest(width_px, scale)
    values_hwc = base_hwc[rows][:, columns] / np.iinfo(base_hwc.dtype).max
    pictures = {picture.sha256: picture.rgb_hwc for picture in request.pictures}
    for edit in request.edits:
        if edit.enabled and isinstance(edit, RenderLayout):
            painted_hwc = painted(request, edit, values_hwc.shape[:2])
            values_hwc = values_hwc + edit.strength * (painted_hwc - values_hwc)
        if edit.enabled and isinstance(edit, SwapTexture):
            reference_hwc = pictures[edit.reference]
            mean = reference_hwc.mean(axis=(0, 1)) / np.iinfo(reference_hwc.dtype).max
            share = edit.amount * edit.strength
            values_hwc = values_hwc + share * (mean - values_hwc.mean(axis=(0, 1)))
    dtype = np.uint8 if request.bits == 8 else np.uint16
    top = np.iinfo(dtype).max
    return np.ascontiguousarray(np.clip(np.rint(values_hwc * top), 0, top).astype(dtype))


def painted(
    request: RenderRequest, edit: RenderLayout, size_px: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """The layout stretched over (height, width), each label in the style's colour for it, 0..1."""
    assert request.layout is not None
    height_px, width_px = size_px
    ids_hw = request.layout.ids.to_array()
    rows = np.arange(height_px) * ids_hw.shape[0] // height_px
    columns = np.arange(width_px) * ids_hw.shape[1] // width_px
    table = np.arange(65536)
    for before, after in edit.mapping:
        table[before] = after
    first = _colours(edit.seed, edit.reference)
    second = first
    if edit.other_reference is not None or edit.other_seed is not None:
        second = _colours(edit.other_seed or 0, edit.other_reference)
    colours = first + edit.blend * (second - first)
    return colours[table[ids_hw[rows][:, columns]] % 256]


def _colours(seed: int, reference: str | None) -> npt.NDArray[np.float64]:
    own = seed if reference is None else int(reference[:12], 16)
    return np.random.default_rng(own).random((256, 3))


def ignore(*_args: object) -> None:
    """Takes whatever it is called with."""


def _nearest(count: int, scale: float) -> npt.NDArray[np.intp]:
    wanted = max(1, round(count * scale))
    return (np.arange(wanted) * count // wanted).astype(np.intp)
