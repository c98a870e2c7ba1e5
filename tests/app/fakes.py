"""A backend that does as it is told and remembers what it was asked, and a factory for it."""

import threading
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.jobs.slots import Means
from models.api import (
    CancelToken,
    DeviceInfo,
    DeviceReport,
    LayoutRequest,
    LayoutResult,
    ModelDirections,
    Progress,
    RenderRequest,
    RenderResult,
    SimilarityRequest,
    SimilarityResult,
    TextureRequest,
    TextureResult,
)
from models.values import Picture
from tests.app.fake_edits import likeness, outside, rendered, rendered_values, texture_of

WEIGHTS = "f" * 64
"""The weights of every model of the scripted engine."""
TEXTURE_LENGTH = 8
CELL_PX = 8
FLAT_SHARE = 0.9
FLAT_LIKENESS = 0.97
CPU = DeviceInfo("cpu", "CPU with 2 threads", 8 * 2**30)
GPU = DeviceInfo("cuda:0", "A fast GPU with 8 GiB", 8 * 2**30)


def picture(width_px: int = 48, height_px: int = 32, rgb=(90, 120, 60), seed: int = 0) -> Picture:
    """A small picture around a colour, another one for every seed."""
    grain_hwc = np.random.default_rng(seed).integers(-20, 21, (height_px, width_px, 3))
    return Picture.from_rgb(np.clip(grain_hwc + rgb, 0, 255).astype(np.uint8))


class FakeBackend:
    """Stands in for the engine; what it renders is told in `tests.app.fake_edits`.

    Attributes:
        own_directions: what `directions` gives.
        errors: raised by the next calls, one each; None lets a call pass.
        delay_s: how long every call takes; it can be cancelled meanwhile.
        calls: the names of the methods that were called, in order.
        requests: of the calls of `render`, in order.
        layout_requests, similarity_requests, texture_requests: of the other calls, in order.
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
        self.similarity_requests: list[SimilarityRequest] = []
        self.texture_requests: list[TextureRequest] = []
        self.own_directions = own_directions()
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
        outside_px, changed_outside_px = outside(request, rgb_hwc)
        return RenderResult(
            rgb_hwc=rgb_hwc,
            seconds=time.perf_counter() - started,
            device=self.device_words,
            outside_px=outside_px,
            changed_outside_px=changed_outside_px,
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

    def similarity(
        self, request: SimilarityRequest, token: CancelToken, progress: Progress
    ) -> SimilarityResult:
        """By colour, in cells of 8 px."""
        self.similarity_requests.append(request)
        started = time.perf_counter()
        self._work("similarity", token, progress)
        similarity_hw = likeness(rendered_values(request.picture), request.x, request.y, CELL_PX)
        return SimilarityResult(
            similarity_hw=similarity_hw,
            cell_px=CELL_PX,
            flat=bool((similarity_hw > FLAT_LIKENESS).mean() > FLAT_SHARE),
            seconds=time.perf_counter() - started,
            device=self.device_words,
        )

    def texture_code(
        self, request: TextureRequest, token: CancelToken, progress: Progress
    ) -> TextureResult:
        """Of the mean colour."""
        self.texture_requests.append(request)
        started = time.perf_counter()
        self._work("texture_code", token, progress)
        return TextureResult(
            code=texture_of(request.photo.rgb_hwc, TEXTURE_LENGTH),
            weights=self.own_directions.weights,
            seconds=time.perf_counter() - started,
            device=self.device_words,
        )

    def directions(self, model: str) -> ModelDirections:
        self._work("directions", CancelToken(), ignore)
        return self.own_directions

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


def own_directions() -> ModelDirections:
    """Four sliders of texture and three of structure; the mean code is that of a grey picture."""
    grey_hwc = np.full((1, 1, 3), 128, np.uint8)
    return ModelDirections(
        weights=WEIGHTS,
        texture=(0.3, 0.2, 0.1, 0.05),
        structure=(0.5, 0.3, 0.2),
        texture_length=TEXTURE_LENGTH,
        texture_mean=texture_of(grey_hwc, TEXTURE_LENGTH),
    )


def means_of(backend: FakeBackend | None = None, token: CancelToken | None = None) -> Means:
    """Means for work that a test runs itself, on its own thread."""
    own = backend or FakeBackend()
    return Means(token or CancelToken(), ignore, lambda: own)


def thirds(height_px: int, width_px: int) -> npt.NDArray[np.uint8]:
    """Label ids of the landscape palette: sky above, mountain in the middle, water below."""
    rows = np.arange(height_px) * 3 // height_px
    ids = np.array([1, 5, 9], np.uint8)[rows]
    return np.repeat(ids[:, None], width_px, axis=1)


def ignore(*_args: object) -> None:
    """Takes whatever it is called with."""
