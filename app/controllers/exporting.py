"""The picture into a file: rendered on the engine's thread, written on the file thread."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.controllers.preview import Rendered
from app.controllers.requests import Lacks, edits_on, has_all, keeps_photo, request_of
from app.controllers.session import Session
from app.document.document import Document, Photo
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from app.settings import ExportSettings
from models.api import RenderResult
from models.edits import Edit

EXACT_UP_TO_PX = 4_000_000
"""Pixels of a picture that is written whole to estimate a file's size; of others, blocks are."""
BLOCKS, BLOCK_PX = 4, 256
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "tiff": ".tif", "webp": ".webp"}


@dataclass(frozen=True)
class Exported:
    """A file that was written.

    Attributes:
        path: of the file.
        bytes: its size.
        width_px, height_px: of the picture.
        notes: sentences for the person, from the engine.
        outside_px: pixels outside of every mask; 0 where the picture has not the photo's size, so
            that they cannot be compared.
        changed_outside_px: how many of them are not the photo's.
    """

    path: Path
    bytes: int
    width_px: int
    height_px: int
    notes: tuple[str, ...]
    outside_px: int = 0
    changed_outside_px: int = 0


def short_side_px(document: Document, settings: ExportSettings, working_px: int) -> int:
    """The shorter side of the exported picture; nothing is made larger than the photo."""
    own_px = min(document.width_px, document.height_px)
    wanted = {"working": working_px, "original": own_px, "custom": settings.short_side_px}
    return min(own_px, wanted[settings.size])


def is_own_size(document: Document, result: RenderResult) -> bool:
    """Whether a picture has the photo's size: memory may have been too short for what was asked."""
    return result.rgb_hwc.shape[:2] == (document.height_px, document.width_px)


def encoded(rgb_hwc: npt.NDArray[Any], photo: Photo, settings: ExportSettings) -> bytes:
    """The bytes of a file with this picture. Takes a while; for worker threads.

    Args:
        rgb_hwc: uint8 or uint16 in the photo's own colours, of any size. Those of 16 bits keep
            their profile in any case: colours are converted to sRGB in 8 bits only.
        photo: whose profile, descriptions and alpha go into the file, as `settings` say.

    Raises:
        UserError: the picture is too large for the format.
    """
    from app.document.io.images import encode_image
    from app.document.io.pixels import resized_grey, to_srgb

    metadata, alpha = photo.metadata, photo.alpha_hw
    if rgb_hwc.dtype == np.uint8 and not settings.keep_profile:
        rgb_hwc = to_srgb(rgb_hwc, metadata.icc)
        metadata = replace(metadata, icc=None)
    if not settings.keep_exif:
        metadata = replace(metadata, exif=None, xmp=None, iptc=None)
    if settings.format == "jpeg":
        alpha = None
    if alpha is not None and alpha.shape != rgb_hwc.shape[:2]:
        alpha = resized_grey(alpha, (rgb_hwc.shape[0], rgb_hwc.shape[1]))
    return encode_image(
        SUFFIXES[settings.format],
        rgb_hwc,
        metadata,
        alpha_hw=alpha,
        quality=settings.quality,
        strip_place=settings.strip_place,
    )


def size_words(count: float) -> str:
    """A file's size to read: "940 kB", "2.3 MB", "1.2 GB" (powers of ten)."""
    if count < 999_500:
        return f"{max(1, round(count / 1e3)) if count else 0} kB"
    if count < 999_500_000:
        return f"{count / 1e6:.1f} MB"
    return f"{count / 1e9:.1f} GB"


class Exporting(QObject):
    """Writes the open document's picture.

    Signals:
        working(str, float): the stage in words and the share that is done; "" when at rest.
        exported(Exported): a file is whole and in place.
        estimated(str): how large the file would be, in words.
        counted(tuple[int, int] | None): `outside` of the picture that has come onto the screen.
        copied(QImage): the picture in sRGB, for the clipboard.
        cancelled(): an export was called off; an existing file is as it was.
        failed(Exception): nothing was written; an existing file is as it was.
    """

    working = Signal(str, float)
    exported = Signal(object)
    estimated = Signal(str)
    counted = Signal(object)
    copied = Signal(object)
    cancelled = Signal()
    failed = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        working_px: Callable[[], int],
        lacks: Lacks = has_all,
        parent: QObject | None = None,
    ) -> None:
        """`lacks` tells which models are not installed; their edits are left out."""
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._working_px = working_px
        self._lacks = lacks
        self._rendered: Rendered | None = None
        self._jobs: set[Job] = set()

    @property
    def busy(self) -> bool:
        """Whether a file is on its way."""
        return bool(self._jobs)

    @property
    def working_px(self) -> int:
        """The shorter side for the size "working"."""
        return self._working_px()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """Those that the file would have."""
        document = self._session.document
        return edits_on(document, self._lacks) if document else ()

    @property
    def outside(self) -> tuple[int, int] | None:
        """Pixels outside of every mask, and how many of them changed, as counted in the picture
        on the screen; None where that is not finished, has not the photo's size, or changes
        everywhere."""
        shown, document = self._rendered, self._session.document
        if shown is None or document is None or not shown.final or not shown.result.outside_px:
            return None
        if shown.request.edits != self.edits or not is_own_size(document, shown.result):
            return None
        return shown.result.outside_px, shown.result.changed_outside_px

    def note_shown(self, rendered: Rendered | None) -> None:
        """Know what the screen shows: sizes are estimated from it, and it can be copied."""
        self._rendered = rendered
        self.counted.emit(self.outside)

    def export(self, path: Path, settings: ExportSettings) -> None:
        """Write the current document's picture; the file is replaced at the very end."""
        if self._session.document is None:
            return
        document = self._session.settled()
        deep = settings.bits == 16 and settings.format in ("png", "tiff")
        px = short_side_px(document, settings, self.working_px)
        edit_px = None if settings.anew else self.working_px
        bits = 16 if deep else 8
        request = request_of(document, px, bits, edit_px=edit_px, lacks=self._lacks)
        own_size = px == min(document.width_px, document.height_px)
        if own_size and not request.edits:
            base = document.base.picture.rgb_hwc
            plain = RenderResult(rgb_hwc=base, seconds=0.0, device="")
            self._write(path, document, settings, plain, deep)
            return

        def render(means: Means) -> RenderResult:
            return means.backend.render(request, means.token, means.progress)

        def rendered(result: RenderResult) -> None:
            self._write(path, document, settings, result, deep)

        self._submit(Slot.EXPORT, render, rendered)

    def estimate(self, settings: ExportSettings) -> None:
        """Find out how large the file would be, from the picture that is shown."""
        document = self._session.document
        if document is None:
            return
        shown, base = self._rendered, document.base
        px = short_side_px(document, settings, self.working_px)
        deep = settings.bits == 16 and settings.format in ("png", "tiff")
        if deep and base.bits == 16:
            # The screen has 8 bits, and what they leave out is what takes room.
            shown = None
        pixels = shown.result.rgb_hwc if shown else base.picture.rgb_hwc
        own_px = min(document.width_px, document.height_px)
        area_px = document.width_px * document.height_px * (px / own_px) ** 2
        scale = px / min(pixels.shape[:2])
        if settings.anew or keeps_photo(self.edits):
            # A larger picture has more detail, which enlarging would not show.
            scale = min(1.0, scale)
        known = scale == 1.0 and (shown is not None or not self.edits)
        whole = shown is not None and scale == 1.0 and pixels.size <= EXACT_UP_TO_PX * 3
        kept = self._kept_share(shown) if px == own_px else 0.0

        def work(means: Means) -> str:
            sample = pixels if whole else _sample(pixels, scale)
            photo = replace(base, alpha_hw=None)
            count = sum(
                share * len(encoded(part, photo, settings))
                for part, share in _parts(sample, deep, kept)
            )
            larger = area_px / (sample.shape[0] * sample.shape[1])
            exact = known and 0.999 < larger < 1.001 and not deep and base.alpha_hw is None
            return ("" if exact else "about ") + size_words(count * larger)

        self._queue.submit(
            Slot.ESTIMATE, work, done=self.estimated.emit, failed=lambda _: self.estimated.emit("")
        )

    def copy(self) -> None:
        """Make the picture that is shown ready for the clipboard."""
        document = self._session.document
        if document is None:
            return
        pixels = self._rendered.result.rgb_hwc if self._rendered else document.base.picture.rgb_hwc
        icc = document.base.metadata.icc

        def work(means: Means) -> QImage:
            from app.document.io.pixels import to_8_bit, to_srgb

            rgb_hwc = np.ascontiguousarray(to_srgb(to_8_bit(pixels), icc))
            height_px, width_px, _ = rgb_hwc.shape
            form = QImage.Format.Format_RGB888
            return QImage(rgb_hwc.data, width_px, height_px, 3 * width_px, form).copy()

        self._queue.submit(Slot.WRITE, work, done=self.copied.emit, failed=self.failed.emit)

    def cancel(self) -> None:
        """Give up every export on its way."""
        for job in tuple(self._jobs):
            self._queue.cancel(job)

    def _kept_share(self, shown: Rendered | None) -> float:
        """How much of a file of the photo's size are the photo's own pixels."""
        if not self.edits:
            return 1.0
        if shown is None:
            return 0.0
        height_px, width_px, _ = shown.result.rgb_hwc.shape
        return shown.result.outside_px / (height_px * width_px)

    def _write(
        self,
        path: Path,
        document: Document,
        settings: ExportSettings,
        result: RenderResult,
        deep: bool,
    ) -> None:
        def work(means: Means) -> Exported:
            from app.atomic import write_atomically

            means.progress("writing", 0.0)
            rgb_hwc = _in_bits(result.rgb_hwc, deep)
            data = encoded(rgb_hwc, document.base, settings)
            means.token.raise_if_cancelled()
            write_atomically(path, data)
            height_px, width_px, _ = rgb_hwc.shape
            counted = is_own_size(document, result)
            return Exported(
                path,
                len(data),
                width_px,
                height_px,
                result.notes,
                outside_px=result.outside_px if counted else 0,
                changed_outside_px=result.changed_outside_px,
            )

        self._submit(Slot.WRITE, work, self.exported.emit)

    def _submit(
        self, slot: Slot, work: Callable[[Means], Any], done: Callable[[Any], None]
    ) -> None:
        def ended() -> None:
            self._jobs.discard(job)
            if not self._jobs:
                self.working.emit("", 0.0)

        def cancelled() -> None:
            ended()
            self.cancelled.emit()

        def succeeded(value: object) -> None:
            done(value)
            ended()

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        def progressed(words: str, share: float) -> None:
            self.working.emit(f"exporting: {words}", share)

        job = self._queue.submit(
            slot, work, done=succeeded, failed=failed, cancelled=cancelled, progress=progressed
        )
        self._jobs.add(job)
        self.working.emit("exporting", 0.0)


def _in_bits(rgb_hwc: npt.NDArray[Any], deep: bool) -> npt.NDArray[Any]:
    from app.document.io.pixels import to_8_bit, to_16_bit

    return to_16_bit(rgb_hwc) if deep else to_8_bit(rgb_hwc)


def _parts(
    rgb_hwc: npt.NDArray[Any], deep: bool, kept: float
) -> list[tuple[npt.NDArray[Any], float]]:
    """A picture as it would be in a file, with the share of the file that is like that.

    What is computed fills all of 16 bits, and hardly packs; what is `kept` has the photo's 8.
    """
    plain = _in_bits(rgb_hwc, deep)
    if not deep or rgb_hwc.dtype == np.uint16 or kept == 1.0:
        return [(plain, 1.0)]
    low = np.random.default_rng(0).integers(-128, 129, plain.shape, np.int32)
    filled = np.clip(plain + low, 0, 65535).astype(np.uint16)
    return [(filled, 1.0 - kept), (plain, kept)] if kept else [(filled, 1.0)]


def _sample(rgb_hwc: npt.NDArray[Any], scale: float) -> npt.NDArray[Any]:
    """Blocks from all over a picture at `scale` times its size: to judge a file's size by.

    They have about a megapixel at most. The middle alone would not do: it is where the detail is.
    """
    import cv2

    height_px, width_px, _ = rgb_hwc.shape
    block_px = max(1, round(BLOCK_PX / scale))
    blocks = rgb_hwc[np.ix_(_spread(height_px, block_px), _spread(width_px, block_px))]
    if scale == 1.0:
        return blocks
    size_px = (max(1, round(blocks.shape[1] * scale)), max(1, round(blocks.shape[0] * scale)))
    filtering = cv2.INTER_CUBIC if scale > 1.0 else cv2.INTER_AREA
    return cv2.resize(blocks, size_px, interpolation=filtering)


def _spread(side_px: int, block_px: int) -> npt.NDArray[np.intp]:
    """The places of all pixels of a side, or of `BLOCKS` blocks from one end to the other."""
    if side_px <= BLOCKS * block_px:
        return np.arange(side_px)
    starts = np.linspace(0, side_px - block_px, BLOCKS).astype(np.intp)
    return (starts[:, None] + np.arange(block_px)).ravel()
