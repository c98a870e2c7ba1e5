"""The engine: one device, one memory budget, every network, and the way back from too little.

Choices made here, once:

- One number limits memory: the budget. A quarter of it holds what is kept between renders
  (networks, codes, pictures: the least recently used goes first), the rest is for the render at
  hand. By default the budget is a share of the memory that is free, measured at every render, so
  that the machine never swaps.
- A render that does not fit, by prediction or by running out of memory, retreats: drop everything
  that is kept and try again; encode and decode in tiles, with which nothing of either is kept, and
  which gives the same picture; halve the size, again and again; then all of it on the CPU if it ran
  elsewhere; then `OutOfMemory`. A smaller result, or the CPU's, says so in one note. Below a
  longer side of `SMALLEST_LONG_SIDE_PX`, memory is the networks' and not the picture's.
- Precision is a property of the device and is measured once a process, at the first render.

An engine is used by one thread at a time: a second `render` waits for the first.
"""

import functools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from models.api import (
    CancelToken,
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
from models.catalog import ModelSpec, find_model
from models.checkpoint import load
from models.edits import CodeEdit
from models.engine import questions, renderer
from models.engine.device import (
    check_precision,
    choose_device,
    choose_precision,
    device_words,
)
from models.engine.lift import Finished, finish
from models.engine.memory import ByteCache, free_bytes
from models.engine.plan import edits_on
from models.engine.questions import Work
from models.engine.retreat import Attempt, attempts, making_room
from models.engine.shelf import Shelf
from models.engine.stage import StageContext
from models.errors import OutOfMemory
from models.ops.cancelling import between_layers, between_operations
from models.ops.memory import is_out_of_memory

SHARE_OF_FREE_MEMORY = 0.7
SHARE_KEPT = 0.25
DEFAULT_SHORT_SIDE_PX = {"cpu": 512, "cuda": 1024}
"""Largest shorter side that is worked at when nobody asks for a size, by kind of device."""


class Engine:
    """Renders requests.

    Args:
        device: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:N".
        precision: "auto" (the faster one, measured), "float32" or "bfloat16".
        memory_budget_mb: memory that may be used, in MiB; None: a share of what is free.
        find: looks a model up by the id that an edit names, as `models.catalog.find_model`.
        load_network: the network of a model in eval mode on the CPU.
        load_extras: what a model brings beside its network, by name; None: its file's extras.

    Raises:
        RequestError: a device that is not there, or an unknown precision.
    """

    def __init__(
        self,
        device: str = "auto",
        *,
        precision: str = "auto",
        memory_budget_mb: int | None = None,
        find: Callable[[str], ModelSpec] = find_model,
        load_network: Callable[[ModelSpec], nn.Module] = lambda spec: load(spec).network,
        load_extras: Callable[[ModelSpec], Mapping[str, Tensor]] | None = None,
    ) -> None:
        self.device = choose_device(device)
        self._precision = check_precision(precision)
        self._budget_bytes = None if memory_budget_mb is None else memory_budget_mb * 2**20
        total = free_bytes(self.device) if self._budget_bytes is None else self._budget_bytes
        self.cache = ByteCache(int(SHARE_KEPT * total))
        self._shelf = Shelf(self.cache, find, load_network, load_extras)
        self._dtypes: dict[str, torch.dtype] = {}
        self._lock = threading.Lock()

    @property
    def device_words(self) -> str:
        """The device by name with its means, for people."""
        return device_words(self.device)

    @property
    def precision(self) -> torch.dtype:
        """What networks compute in on the engine's device; measured at the first use of one."""
        return self._dtype(self.device)

    @property
    def default_short_side_px(self) -> int:
        """The largest shorter side that this device renders in reasonable time."""
        return DEFAULT_SHORT_SIDE_PX[self.device.type]

    def render(
        self,
        request: RenderRequest,
        token: CancelToken | None = None,
        progress: Progress | None = None,
    ) -> RenderResult:
        """The picture of a request.

        Args:
            request: what to render; its size is kept unless memory is short.
            token: called off through it, the render ends before the network's next layer.
            progress: told each step in words, and the share that is done.

        Raises:
            Cancelled: the token was set.
            OutOfMemory: every retreat failed.
            ModelsError: an edit or its weights cannot be used.
        """
        start = time.perf_counter()
        with self._working(token, progress) as work:
            attempt, finished = self._retreating(request, work)
        return RenderResult(
            rgb_hwc=finished.rgb_hwc,
            seconds=time.perf_counter() - start,
            device=self._words(attempt.device),
            notes=tuple(self._notes(attempt, renderer.target_size(request))),
            outside_px=finished.outside_px,
            changed_outside_px=finished.changed_outside_px,
        )

    def see_layout(
        self,
        request: LayoutRequest,
        token: CancelToken | None = None,
        progress: Progress | None = None,
    ) -> LayoutResult:
        """The layout of a photo.

        Args:
            request: the photo, of any size, and the model that shall see it.
            token: called off through it, the work ends before the next step.
            progress: told each step in words, and the share that is done.

        Raises:
            Cancelled: the token was set.
            OutOfMemory: it does not fit, neither here nor on the CPU.
            ModelsError: the model cannot be used for this.
        """
        with self._working(token, progress) as work:
            return questions.see_layout(request, work)

    def similarity(
        self,
        request: SimilarityRequest,
        token: CancelToken | None = None,
        progress: Progress | None = None,
    ) -> SimilarityResult:
        """How like a place of a picture every other place is.

        Raises:
            Cancelled: the token was set.
            OutOfMemory: it does not fit, neither here nor on the CPU.
            ModelsError: the model cannot be used for this, or an edit of the picture.
        """
        with self._working(token, progress) as work:
            return questions.similarity(request, work)

    def texture_code(
        self,
        request: TextureRequest,
        token: CancelToken | None = None,
        progress: Progress | None = None,
    ) -> TextureResult:
        """The texture code of a photo.

        Raises:
            Cancelled: the token was set.
            OutOfMemory: it does not fit, neither here nor on the CPU.
            ModelsError: the model cannot be used for this.
        """
        with self._working(token, progress) as work:
            return questions.texture_code(request, work)

    def directions(self, model: str) -> ModelDirections:
        """The principal directions that a model brings; its network is not loaded.

        Args:
            model: id or path of the model.

        Raises:
            ModelsError: the model is not there, or has no such codes.
        """
        with self._working(None, None) as work:
            return questions.directions(model, work)

    def warm_up(
        self, model: str, token: CancelToken | None = None, progress: Progress | None = None
    ) -> None:
        """Do what the first render with a model would have to do first.

        Its network is loaded and computes something small: that makes a GPU ready, too. Where
        memory is short nothing is kept and nothing is said: the render has ways to retreat.

        Args:
            model: id or path of the model.

        Raises:
            Cancelled: the token was set.
            ModelsError: the model cannot be used.
        """
        with self._working(token, progress) as work:
            work.token.raise_if_cancelled()
            work.progress("loading model", 0.0)
            try:
                network = self._network(self._shelf.model(model), self.device, work.token)
                work.progress("getting ready", 0.8)
                cast("Callable[[], Tensor]", network.probe)()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._drop_caches()
            work.progress("done", 1.0)

    def forget(self) -> None:
        """Give up everything that is kept between renders: networks, codes, pictures."""
        with self._lock:
            self._drop_caches()

    @contextmanager
    def _working(self, token: CancelToken | None, progress: Progress | None) -> Iterator[Work]:
        """The means of one request, while it has the engine to itself."""
        token, progress = token or CancelToken(), progress or (lambda words, share: None)
        with self._lock, torch.inference_mode(), between_layers(token):
            yield Work(
                shelf=self._shelf,
                token=token,
                progress=progress,
                network=lambda spec, device: self._network(spec, device, token),
                context=lambda request, device: self._context(request, device, token, progress),
                words=self._words,
                notes=lambda device: tuple(self._device_notes(device)),
                room=lambda device: self._room(device, kept_bytes=self.cache.used_bytes),
                making_room=lambda task: making_room(task, self._devices, self._drop_caches),
            )

    def _retreating(self, request: RenderRequest, work: Work) -> tuple[Attempt, Finished]:
        """The first attempt that succeeds, with its picture."""
        wanted_px = renderer.target_size(request)
        in_codes = any(isinstance(edit, CodeEdit) for edit in edits_on(request))
        for attempt in attempts(self._devices, wanted_px, in_tiles=in_codes):
            reduction = max(attempt.size_px) / max(wanted_px)
            context = work.context(request, attempt.device)
            context = replace(context, reduction=reduction, tile_px=attempt.tile_px)
            if not self._has_room(request, attempt, context):
                continue
            for _ in range(2):
                finished = self._try(request, attempt, context)
                if finished is not None:
                    return attempt, finished
                self._drop_caches()
        raise OutOfMemory(
            "The memory is not enough for this picture, not even at a small size: "
            "close other programs, or choose a smaller model."
        )

    @property
    def _devices(self) -> tuple[torch.device, ...]:
        """Where work may go, best first."""
        cpu = torch.device("cpu")
        return (self.device,) if self.device == cpu else (self.device, cpu)

    def _try(
        self, request: RenderRequest, attempt: Attempt, context: StageContext
    ) -> Finished | None:
        """The picture, or None when memory is not enough."""
        try:
            return finish(request, attempt.size_px, context)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        return None

    def _has_room(self, request: RenderRequest, attempt: Attempt, context: StageContext) -> bool:
        """Whether the attempt is predicted to fit; caches that stand in its way are dropped."""
        needed = renderer.working_set_bytes(request, attempt.size_px, context)
        if needed <= self._room(attempt.device, kept_bytes=0):
            return True
        if needed > self._room(attempt.device, kept_bytes=self.cache.used_bytes):
            return False
        self._drop_caches()
        return True

    def _room(self, device: torch.device, kept_bytes: int) -> int:
        """Bytes for one render, if `kept_bytes` of the cache were given up."""
        if self._budget_bytes is not None:
            return int((1.0 - SHARE_KEPT) * self._budget_bytes)
        return int(SHARE_OF_FREE_MEMORY * (free_bytes(device) + kept_bytes))

    def _drop_caches(self) -> None:
        self.cache.clear()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _context(
        self, request: RenderRequest, device: torch.device, token: CancelToken, progress: Progress
    ) -> StageContext:
        spec = functools.cache(self._shelf.spec)

        # Where the cache has no room for it, it would be loaded again at every step.
        @functools.lru_cache(maxsize=1)
        def network(found: ModelSpec) -> nn.Module:
            return self._network(found, device, token)

        return StageContext(
            device=device,
            dtype=self._dtype(device),
            pictures={picture.sha256: picture for picture in request.pictures},
            spec=spec,
            network=lambda edit: network(spec(edit)),
            cache=self.cache,
            token=token,
            progress=progress,
            layout=request.layout,
            directions={direction.sha256: direction for direction in request.directions},
            extras=lambda edit: self._shelf.extras(spec(edit)),
        )

    def _network(self, spec: ModelSpec, device: torch.device, token: CancelToken) -> nn.Module:
        with between_operations(token):
            return self._shelf.network(spec, device, self._dtype(device))

    def _dtype(self, device: torch.device) -> torch.dtype:
        if str(device) not in self._dtypes:
            self._dtypes[str(device)] = choose_precision(self._precision, device)
        return self._dtypes[str(device)]

    def _words(self, device: torch.device) -> str:
        precision = str(self._dtype(device)).removeprefix("torch.")
        return f"{device_words(device)}, {precision}"

    def _notes(self, attempt: Attempt, wanted_px: tuple[int, int]) -> Iterator[str]:
        yield from self._device_notes(attempt.device)
        if attempt.size_px != wanted_px:
            (height, width), (wanted_height, wanted_width) = attempt.size_px, wanted_px
            yield (
                f"The memory was not enough for {wanted_width} x {wanted_height} px, "
                f"so the picture was made at {width} x {height} px."
            )

    def _device_notes(self, device: torch.device) -> Iterator[str]:
        if device != self.device:
            yield f"The memory of the {device_words(self.device)} ran out, so the CPU did the work."
