"""Styles of a rendered layout: a photo's, a random one, what lies between two."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.controllers.label_maps import layout_entry
from app.controllers.references import References
from app.controllers.requests import layout_of
from app.controllers.session import Change, Session
from app.document.document import Document, EditEntry, Photo, replace_edit, with_reference
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import RenderRequest
from models.edits import RenderLayout
from models.values import Layout

LARGEST_SEED = 10_000
"""Seeds are drawn from so many: short enough to be written down."""
STRIP_COUNT = 8
STRIP_SHORT_SIDE_PX = 128
HALF = 0.5
"""The mixture that a second style begins with."""
REST_MS = 400
"""The strip follows when the layout has not changed for this long."""


@dataclass(frozen=True, eq=False)
class StyleThumb:
    """A random style on offer.

    Attributes:
        seed: that makes it.
        rgb_hwc: the present layout in that style, uint8; None while it is being rendered.
    """

    seed: int
    rgb_hwc: npt.NDArray[np.uint8] | None = None


class Styling(QObject):
    """Changes the style of the edit that renders the document's layout.

    Signals:
        active_changed(EditEntry | None): that edit is another, or has another style.
        reading(str): the name of a style photo that is being read; empty when none is.
        loaded(str, object): hash and thumbnail (rgb_hwc uint8) of a photo that came in.
        strip_changed(tuple[StyleThumb, ...]): other styles are on offer, or a thumbnail came.
        failed(Exception): a photo could not be read; the document is as it was.
    """

    active_changed = Signal(object)
    reading = Signal(str)
    loaded = Signal(str, object)
    strip_changed = Signal(object)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._references = References(queue, session, self)
        self._references.reading.connect(self.reading)
        self._references.loaded.connect(self.loaded)
        self._references.failed.connect(self.failed)
        self._strip = tuple(StyleThumb(seed) for seed in range(STRIP_COUNT))
        self._strip_of: tuple[Layout, str, Any] | None = None
        self._strip_jobs: list[Job] = []
        self._stale: set[int] = set()
        self._watched = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._render_strip)
        session.changed.connect(self._document_changed)

    @property
    def active(self) -> EditEntry | None:
        """The edit whose style is changed."""
        return layout_entry(self._session.document)

    @property
    def strip(self) -> tuple[StyleThumb, ...]:
        """The random styles on offer."""
        return self._strip

    # Photos

    def use_file(self, path: Path, *, second: bool = False) -> None:
        """Take the style of a picture file, as the first or the second."""
        self._references.read_file(path, self._taker(second))

    def use_image(self, image: QImage, *, second: bool = False) -> None:
        """Take the style of pixels from a clipboard or a browser."""
        self._references.read_image(image, self._taker(second))

    def use_known(self, sha256: str, *, second: bool = False) -> None:
        """Take the style of a picture that the document has already."""
        self._references.use_known(sha256, self._taker(second))

    def _taker(self, second: bool) -> Callable[[Photo], None]:
        def change(edit: RenderLayout, sha256: str) -> RenderLayout:
            if not second:
                return replace(edit, reference=sha256)
            blend = edit.blend if has_second(edit) else HALF
            return replace(edit, other_reference=sha256, other_seed=None, blend=blend)

        def take(photo: Photo) -> None:
            sha256 = photo.picture.sha256
            words = "Second style of a photo" if second else "Style of a photo"
            self._change(words, lambda edit: change(edit, sha256), photo)

        return take

    # Seeds

    def roll(self) -> None:
        """Another random style."""
        self.set_seed(random.randrange(LARGEST_SEED), "Roll the dice")

    def set_seed(self, seed: int, words: str = "Choose a style") -> None:
        """The random style of this number."""
        self._change(words, partial_change(seed=seed, reference=None))

    def set_second(self, seed: int) -> None:
        """Mix in the random style of this number."""

        def change(edit: RenderLayout) -> RenderLayout:
            blend = edit.blend if has_second(edit) else HALF
            return replace(edit, other_seed=seed, other_reference=None, blend=blend)

        self._change("Mix two styles", change)

    def remove_second(self) -> None:
        """Have one style alone, the first."""
        self._change("One style", partial_change(other_seed=None, other_reference=None, blend=0.0))

    def swap(self) -> None:
        """Exchange the two styles; the picture stays as it is."""

        def change(edit: RenderLayout) -> RenderLayout:
            if not has_second(edit):
                return edit
            return replace(
                edit,
                seed=edit.seed if edit.other_seed is None else edit.other_seed,
                reference=edit.other_reference,
                other_seed=None if edit.reference else edit.seed,
                other_reference=edit.reference,
                blend=1.0 - edit.blend,
            )

        self._change("Swap styles", change)

    def more(self) -> None:
        """Offer other random styles."""
        self._strip = tuple(
            StyleThumb(seed) for seed in random.sample(range(LARGEST_SEED), STRIP_COUNT)
        )
        self._strip_of = None
        self.strip_changed.emit(self._strip)
        self._render_strip()

    # Between two

    def drag_blend(self, blend: float) -> None:
        """Show a mixture (0: the first style, 1: the second) while the slider moves."""
        if (entry := self.active) is not None:
            key = ("blend", entry.uid)
            document = self._session.settled(but=key)
            edit = replace(document.entry(entry.uid).edit, blend=blend)
            self._session.drag(replace_edit(document, entry.uid, edit), "Mix styles", key)

    def commit_blend(self, blend: float) -> None:
        """Make a step of a mixture; steps of one slider in a row are one."""
        self.drag_blend(blend)
        self._session.commit()

    # Inside

    def _change(
        self,
        words: str,
        change: Callable[[RenderLayout], RenderLayout],
        photo: Photo | None = None,
    ) -> None:
        entry = self.active
        if entry is None:
            return
        document = self._session.settled()
        if photo is not None:
            document = with_reference(document, photo)
        edit = document.entry(entry.uid).edit
        assert isinstance(edit, RenderLayout)
        self._session.push(words, replace_edit(document, entry.uid, change(edit)))

    def _document_changed(self, document: Document | None, why: Change) -> None:
        self.active_changed.emit(self.active)
        # What the hand does goes first; the strip follows when it rests.
        self._cancel_strip()
        if why is Change.OPEN:
            self._strip = tuple(StyleThumb(thumb.seed) for thumb in self._strip)
            self._strip_of = None
            self.strip_changed.emit(self._strip)
        self._rest.start()

    # The strip

    def set_watched(self, on: bool) -> None:
        """Keep the strip up with the layout, or let it be while nobody sees it."""
        self._watched = on
        if on:
            self._rest.start()
        else:
            self._rest.stop()
            self._cancel_strip()

    def _cancel_strip(self) -> None:
        for job in self._strip_jobs:
            self._queue.cancel(job)
        self._strip_jobs.clear()

    def _render_strip(self) -> None:
        document, entry = self._session.document, self.active
        layout = layout_of(document) if document else None
        if not self._watched or document is None or entry is None or layout is None:
            return
        assert isinstance(entry.edit, RenderLayout)
        shown_of = (layout, entry.edit.model, entry.edit.mapping)
        if shown_of != self._strip_of:
            self._strip_of = shown_of
            # The old pictures stay until the new ones come: an empty strip would only flicker.
            self._stale = {thumb.seed for thumb in self._strip}
        for place, thumb in enumerate(self._strip):
            if thumb.rgb_hwc is None or thumb.seed in self._stale:
                edit = RenderLayout(
                    model=entry.edit.model, mapping=entry.edit.mapping, seed=thumb.seed
                )
                request = RenderRequest(
                    base=document.base.picture,
                    edits=(edit,),
                    layout=layout,
                    short_side_px=min(STRIP_SHORT_SIDE_PX, document.width_px, document.height_px),
                )
                self._submit_thumb(place, thumb.seed, request)

    def _submit_thumb(self, place: int, seed: int, request: RenderRequest) -> None:
        def work(means: Means) -> npt.NDArray[np.uint8]:
            return means.backend.render(request, means.token, means.progress).rgb_hwc

        def done(rgb_hwc: npt.NDArray[np.uint8]) -> None:
            self._strip_jobs.remove(job)
            thumbs = list(self._strip)
            thumbs[place] = StyleThumb(seed, rgb_hwc)
            self._stale.discard(seed)
            self._strip = tuple(thumbs)
            self.strip_changed.emit(self._strip)

        def failed(_error: Exception) -> None:
            # The picture itself says what is wrong; a strip without thumbnails still works.
            self._strip_jobs.remove(job)

        job = self._queue.submit(Slot.STRIP, work, done=done, failed=failed)
        self._strip_jobs.append(job)


def has_second(edit: RenderLayout) -> bool:
    """Whether the edit mixes two styles."""
    return edit.other_seed is not None or edit.other_reference is not None


def partial_change(**values: Any) -> Callable[[RenderLayout], RenderLayout]:
    """The change of an edit to these values."""
    return lambda edit: replace(edit, **values)
