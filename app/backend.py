"""The engine behind the interface of the jobs: the only way from the window to torch.

Nothing here imports torch before `make_backend` is called, which happens on the engine's thread.
`import torch` would then hold Python's lock while the system loads hundreds of megabytes of
libraries, and the window would stand still for half a second. Loading them through ctypes lets the
lock go, and the import finds them loaded.
"""

import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs.backend import Backend
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
from models.catalog import find_model

if TYPE_CHECKING:
    from models.engine.engine import Engine

GLOBAL_LIBRARY = "torch_global_deps"
LIBRARIES = (
    GLOBAL_LIBRARY,
    "c10",
    "torch_cpu",
    "c10_cuda",
    "torch_cuda",
    "torch",
    "torch_python",
)
"""Of torch, in the order of their dependencies; those for GPUs are not in every build."""
LIBRARY_SUFFIX = "dylib" if sys.platform == "darwin" else "so"


def make_backend(device: str = "auto") -> Backend:
    """The engine for a device ("auto", "cpu", "cuda:N"). Takes seconds: torch is imported.

    To be called on the thread that will use it.

    Raises:
        RequestError: there is no such device; the text says what there is.
    """
    load_torch_libraries()
    with collections_put_off():
        from models.engine.engine import Engine
    return EngineBackend(Engine(device))


@contextmanager
def collections_put_off() -> Iterator[None]:
    """Keep Python from looking for unused cycles while much is imported.

    Each such search holds the interpreter, for 80 ms at the end of torch's import, and the window
    stands still. What was imported stays, so later searches need not look at it either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


class EngineBackend:
    """See `app.jobs.backend.Backend`."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    @property
    def device(self) -> str:
        return str(self._engine.device)

    @property
    def device_words(self) -> str:
        return self._engine.device_words

    @property
    def default_short_side_px(self) -> int:
        return self._engine.default_short_side_px

    def render(
        self, request: RenderRequest, token: CancelToken, progress: Progress
    ) -> RenderResult:
        return self._engine.render(request, token, progress)

    def see_layout(
        self, request: LayoutRequest, token: CancelToken, progress: Progress
    ) -> LayoutResult:
        return self._engine.see_layout(request, token, progress)

    def similarity(
        self, request: SimilarityRequest, token: CancelToken, progress: Progress
    ) -> SimilarityResult:
        return self._engine.similarity(request, token, progress)

    def texture_code(
        self, request: TextureRequest, token: CancelToken, progress: Progress
    ) -> TextureResult:
        return self._engine.texture_code(request, token, progress)

    def directions(self, model: str) -> ModelDirections:
        return self._engine.directions(model)

    def warm_up(self, model: str, token: CancelToken, progress: Progress) -> None:
        self._engine.warm_up(model, token, progress)

    def devices(self) -> tuple[DeviceInfo, ...]:
        from models.engine.device import list_devices

        return list_devices()

    def test_device(self, name: str, token: CancelToken, progress: Progress) -> DeviceReport:
        from models.engine.trial import try_device

        return try_device(name, token, progress)

    def import_model(
        self, path: Path, name: str | None, token: CancelToken, progress: Progress
    ) -> str:
        from models import convert

        return convert.import_file(path, name=name, token=token, progress=progress).stem

    def verify_model(self, model: str) -> None:
        from models import checkpoint

        checkpoint.verify(find_model(model))

    def forget(self) -> None:
        self._engine.forget()


def load_torch_libraries() -> None:
    """Load torch's libraries without holding Python's lock; what fails is left to the import.

    Does nothing where torch is imported already, and on Windows, where torch looks for its
    libraries in ways of its own.
    """
    spec = None if "torch" in sys.modules else importlib.util.find_spec("torch")
    if spec is None or spec.origin is None or sys.platform == "win32":
        return
    # A function of the C library is called without the lock; `ctypes.CDLL(path)` is not.
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype = ctypes.c_void_p
    for name in LIBRARIES:
        path = Path(spec.origin).with_name("lib") / f"lib{name}.{LIBRARY_SUFFIX}"
        if path.is_file():
            flags = os.RTLD_NOW | (os.RTLD_GLOBAL if name == GLOBAL_LIBRARY else 0)
            dlopen(os.fsencode(path), flags)
