"""What jobs may ask of the engine, so that nothing but `app.backend` has to know the engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

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


class Backend(Protocol):
    """Renders pictures and looks after models. Used by one thread only, the one that made it.

    Methods raise `ModelsError` with a sentence for the person, and `Cancelled` once the token is
    cancelled.
    """

    @property
    def device(self) -> str:
        """What it runs on: "cpu", "cuda:0"."""
        ...

    @property
    def device_words(self) -> str:
        """The same for people: "CPU with 2 threads"."""
        ...

    @property
    def default_short_side_px(self) -> int:
        """The working size that suits the device."""
        ...

    def render(
        self, request: RenderRequest, token: CancelToken, progress: Progress
    ) -> RenderResult:
        """The picture that the request describes."""
        ...

    def see_layout(
        self, request: LayoutRequest, token: CancelToken, progress: Progress
    ) -> LayoutResult:
        """The layout of a photo."""
        ...

    def similarity(
        self, request: SimilarityRequest, token: CancelToken, progress: Progress
    ) -> SimilarityResult:
        """How much each place of a picture is like one of them."""
        ...

    def texture_code(
        self, request: TextureRequest, token: CancelToken, progress: Progress
    ) -> TextureResult:
        """The texture code of a photo."""
        ...

    def directions(self, model: str) -> ModelDirections:
        """The principal directions that a model brings with it."""
        ...

    def warm_up(self, model: str, token: CancelToken, progress: Progress) -> None:
        """Load the network of a model, so that the first render with it does not wait for it."""
        ...

    def devices(self) -> tuple[DeviceInfo, ...]:
        """All devices of this machine, the CPU first."""
        ...

    def test_device(self, name: str, token: CancelToken, progress: Progress) -> DeviceReport:
        """Render on the device of this name, and tell how it went."""
        ...

    def import_model(
        self, path: Path, name: str | None, token: CancelToken, progress: Progress
    ) -> str:
        """Make a model of a weights file; the id of the new model. Nothing is left on failure."""
        ...

    def verify_model(self, model: str) -> None:
        """Read a model whole and check all of it."""
        ...

    def forget(self) -> None:
        """Drop everything that is kept for speed."""
        ...


MakeBackend = Callable[[], Backend]
"""Called on the engine's thread. May take seconds; what it raises fails the job that asked."""
