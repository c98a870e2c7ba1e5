"""The engine: one device, one memory budget, every network, and the way back from too little.

Choices made here, once:

- One number limits memory: the budget. A quarter of it holds what is kept between renders
  (networks, codes, pictures: the least recently used goes first), the rest is for the render at
  hand. By default the budget is a share of the memory that is free, measured at every render, so
  that the machine never swaps.
- A render that does not fit, by prediction or by running out of memory, retreats: drop everything
  that is kept and try again; halve the size, again and again; then all of it on the CPU if it ran
  elsewhere; then `OutOfMemory`. A smaller result, or the CPU's, says so in one note. Sizes are
  halved down to `SMALLEST_LONG_SIDE_PX`; below, memory is the networks' and not the picture's.
- Precision is a property of the device and is measured once a process, at the first render.

An engine is used by one thread at a time: a second `render` waits for the first.
"""

import functools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from models.api import (
    CancelToken,
    LayoutRequest,
    LayoutResult,
    Progress,
    RenderRequest,
    RenderResult,
)
from models.catalog import ModelSpec, find_model
from models.checkpoint import load
from models.engine import renderer
from models.engine.device import (
    check_precision,
    choose_device,
    choose_precision,
    device_words,
)
from models.engine.memory import ByteCache, free_bytes
from models.engine.see_layout import check_model, see_layout
from models.engine.shelf import Shelf
from models.engine.stage import StageContext
from models.errors import OutOfMemory
from models.image_io import to_rgb_hwc
from models.ops.cancelling import between_layers, between_operations
from models.ops.memory import is_out_of_memory

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

Made = TypeVar("Made")

SHARE_OF_FREE_MEMORY = 0.7
SHARE_KEPT = 0.25
SMALLEST_LONG_SIDE_PX = 128
DEFAULT_SHORT_SIDE_PX = {"cpu": 512, "cuda": 1024}
"""Largest shorter side that is worked at when nobody asks for a size, by kind of device."""


@dataclass(frozen=True)
class Attempt:
    """One way to do a render: where, and how large (height, width)."""

    device: torch.device
    size_px: tuple[int, int]


class Engine:
    """Renders requests.

    Args:
        device: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:N".
        precision: "auto" (the faster one, measured), "float32" or "bfloat16".
        memory_budget_mb: memory that may be used, in MiB; None: a share of what is free.
        find: looks a model up by the id that an edit names, as `models.catalog.find_model`.
        load_network: the network of a model in eval mode on the CPU.

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
    ) -> None:
        self.device = choose_device(device)
        self._precision = check_precision(precision)
        self._budget_bytes = None if memory_budget_mb is None else memory_budget_mb * 2**20
        total = free_bytes(self.device) if self._budget_bytes is None else self._budget_bytes
        self.cache = ByteCache(int(SHARE_KEPT * total))
        self._shelf = Shelf(self.cache, find, load_network)
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
        token = token or CancelToken()
        with self._lock, torch.inference_mode(), between_layers(token):
            attempt, pixels = self._retreating(
                request, token, progress or (lambda words, share: None)
            )
        return RenderResult(
            rgb_hwc=pixels,
            seconds=time.perf_counter() - start,
            device=self._words(attempt.device),
            notes=tuple(self._notes(attempt, renderer.target_size(request))),
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
        start = time.perf_counter()
        token, progress = token or CancelToken(), progress or (lambda words, share: None)
        with self._lock, torch.inference_mode(), between_layers(token):
            spec = self._shelf.model(request.model)
            config, palette_id = check_model(spec)

            def see(device: torch.device) -> npt.NDArray[np.uint8]:
                token.raise_if_cancelled()
                progress("loading model", 0.0)
                network = self._network(spec, device, token)
                return see_layout(
                    request.photo,
                    network,
                    config.crop_size,
                    device=device,
                    token=token,
                    progress=progress,
                )

            device, ids_hw = self._making_room(see)
            progress("done", 1.0)
        return LayoutResult(
            ids_hw=ids_hw,
            palette_id=palette_id,
            seconds=time.perf_counter() - start,
            device=self._words(device),
            notes=tuple(self._device_notes(device)),
        )

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
        token, progress = token or CancelToken(), progress or (lambda words, share: None)
        with self._lock, torch.inference_mode(), between_layers(token):
            token.raise_if_cancelled()
            progress("loading model", 0.0)
            try:
                network = self._network(self._shelf.model(model), self.device, token)
                progress("getting ready", 0.8)
                cast("Callable[[], Tensor]", network.probe)()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                self._drop_caches()
            progress("done", 1.0)

    def forget(self) -> None:
        """Give up everything that is kept between renders: networks, codes, pictures."""
        with self._lock:
            self._drop_caches()

    def _retreating(
        self, request: RenderRequest, token: CancelToken, progress: Progress
    ) -> tuple[Attempt, Pixels]:
        """The first attempt that succeeds, with its pixels."""
        wanted_px = renderer.target_size(request)
        for attempt in self._attempts(wanted_px):
            context = self._context(request, attempt.device, token, progress)
            context = replace(context, reduction=max(attempt.size_px) / max(wanted_px))
            if not self._has_room(request, attempt, context):
                continue
            for _ in range(2):
                pixels = self._try(request, attempt, context)
                if pixels is not None:
                    return attempt, pixels
                self._drop_caches()
        raise OutOfMemory(
            "The memory is not enough for this picture, not even at a small size: "
            "close other programs, or choose a smaller model."
        )

    def _making_room(self, work: Callable[[torch.device], Made]) -> tuple[torch.device, Made]:
        """Work that is small beside a render: again without caches, then on the CPU.

        Raises:
            OutOfMemory: it failed everywhere for want of memory.
        """
        for device in self._devices:
            for _ in range(2):
                try:
                    return device, work(device)
                except (RuntimeError, MemoryError) as error:
                    if not is_out_of_memory(error):
                        raise
                self._drop_caches()
        raise OutOfMemory("The memory is not enough for this: close other programs.")

    @property
    def _devices(self) -> tuple[torch.device, ...]:
        """Where work may go, best first."""
        cpu = torch.device("cpu")
        return (self.device,) if self.device == cpu else (self.device, cpu)

    def _attempts(self, size_px: tuple[int, int]) -> Iterator[Attempt]:
        """The ways to do a render, best first."""
        for device in self._devices:
            smaller = size_px
            yield Attempt(device, smaller)
            while max(smaller) // 2 >= SMALLEST_LONG_SIDE_PX:
                smaller = (max(1, smaller[0] // 2), max(1, smaller[1] // 2))
                yield Attempt(device, smaller)

    def _try(
        self, request: RenderRequest, attempt: Attempt, context: StageContext
    ) -> Pixels | None:
        """The pixels, or None when memory is not enough."""
        try:
            img_bchw = renderer.render(request, attempt.size_px, context)
            return to_rgb_hwc(img_bchw, request.bits)
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
        return StageContext(
            device=device,
            dtype=self._dtype(device),
            pictures={picture.sha256: picture for picture in request.pictures},
            spec=spec,
            network=lambda edit: self._network(spec(edit), device, token),
            cache=self.cache,
            token=token,
            progress=progress,
            layout=request.layout,
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
