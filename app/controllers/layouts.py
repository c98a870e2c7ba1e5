"""Layouts: begun, read from files, seen in photos, written, and fitted to the model's labels."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.label_maps import (
    BASE_GREY,
    LabelTable,
    blank_labels,
    dtype_of,
    layout_entry,
    relabelled,
    used_ids,
)
from app.controllers.labels import Labels
from app.controllers.models import RENDERS_LAYOUTS, SEES_LAYOUTS, Models
from app.controllers.pictures import Pictures, plain_photo
from app.controllers.session import Change, Session
from app.controllers.telling import telling
from app.document.document import (
    Document,
    LabelMap,
    Photo,
    replace_edit,
    with_edit,
    with_labels,
)
from app.document.palette import Label
from app.document.palettes import Palettes
from app.document.tiles import TiledArray
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.jobs.slots import Job, Means, Slot
from models.api import LayoutRequest, LayoutResult
from models.catalog import ModelSpec
from models.edits import RenderLayout
from models.values import resized_ids

NAMES_TOLD = 4
"""So many labels are named in a sentence, the others counted."""


class Layouts(QObject):
    """Makes and changes the document's label map as a whole. GUI thread only.

    Signals:
        working(str, float): the stage in words and the share that is done; "" when at rest.
        said(str): something was done that the person should know, in a sentence.
        exported(Path): a layout file is whole and in place.
        table_changed(LabelTable | None): another model, layout or choice; None where model and
            layout have the same labels.
        failed(Exception): something was not done; the document is as it was.
    """

    working = Signal(str, float)
    said = Signal(str)
    exported = Signal(object)
    table_changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        queue: JobQueue,
        session: Session,
        pictures: Pictures,
        labels: Labels,
        models: Models,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._queue = queue
        self._session = session
        self._pictures = pictures
        self._labels = labels
        self._models = models
        self._job: Job | None = None
        self._table: LabelTable | None = None
        session.changed.connect(self._document_changed)

    @property
    def palettes(self) -> Palettes:
        """The palettes that a layout may be of."""
        return self._labels.palettes

    @property
    def palette_id(self) -> str:
        """The palette of the open layout, or else the one that was in use last."""
        return self._labels.palette.id

    @property
    def table(self) -> LabelTable | None:
        """What the model makes of the open layout's labels, where the two differ."""
        document, entry = self._session.document, layout_entry(self._session.document)
        spec = self._models.find(entry.edit.model) if entry else None
        if document is None or document.labels is None or entry is None or spec is None:
            return None
        assert isinstance(entry.edit, RenderLayout)
        return self._table_of(document.labels, spec, dict(entry.edit.mapping))

    # Layouts that begin a document

    def new(
        self, width_px: int, height_px: int, palette_id: str, label_id: int | None = None
    ) -> None:
        """Open a layout of one label: the palette's background unless another is wanted."""

        def make() -> Document:
            palette = self._labels.find(palette_id)
            wanted = palette.background if label_id is None else label_id
            return self._document("Untitled", blank_labels(width_px, height_px, palette, wanted))

        self._open("New layout", make, "New layout")

    def open_file(self, path: Path) -> None:
        """Open a layout file as a document."""
        notes: list[str] = []

        def make() -> Document:
            labels, told = self._read(path)
            notes.extend(told)
            return self._document(path.stem, labels)

        self._open(path.name, make, "Open layout", lambda: self._say(notes))

    def _open(
        self,
        name: str,
        make: Callable[[], Document],
        label: str,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        with telling(self.failed.emit):
            # Without a model the document that is open stays.
            self._renderer()
            self._pictures.open_made(name, make, label, then)

    def _document(self, name: str, labels: LabelMap) -> Document:
        """A document that is made of nothing but a layout."""
        base = plain_photo(labels.ids.width_px, labels.ids.height_px, BASE_GREY)
        document = Document(base=replace(base, name=name), labels=labels)
        return self._rendered(document)

    # Layouts for the open document

    def blank(self) -> None:
        """Lay the palette's background over the open picture."""
        document = self._session.document
        if document is not None:
            palette = self._labels.palette
            labels = blank_labels(
                document.width_px, document.height_px, palette, palette.background
            )
            self._have("Blank layout", labels)

    def import_file(self, path: Path) -> None:
        """Replace the open document's layout by a file's, stretched over it."""
        document = self._session.document
        if document is None:
            self.open_file(path)
            return
        size_px = (document.height_px, document.width_px)

        def work(means: Means) -> tuple[LabelMap, list[str]]:
            labels, told = self._read(path)
            ids = labels.ids
            if (ids.height_px, ids.width_px) != size_px:
                told.append(
                    f"The layout was stretched from {ids.width_px} x {ids.height_px} px to "
                    f"{size_px[1]} x {size_px[0]} px."
                )
                stretched = TiledArray.from_array(resized_ids(ids.to_array(), size_px))
                labels = replace(labels, ids=stretched)
            return labels, told

        def done(value: tuple[LabelMap, list[str]]) -> None:
            labels, told = value
            self._have("Import layout", labels)
            self._say(told)

        self._submit(Slot.REFERENCE, f"reading {path.name}", work, done)

    def from_photo(self) -> None:
        """Have a model tell the layout of the open photo."""
        document = self._session.document
        if document is None:
            return
        with telling(self.failed.emit):
            model = self._models.current_of_or_raise(SEES_LAYOUTS)
            self._renderer()
            self._see(document.base, model.id)

    def _see(self, photo: Photo, model_id: str) -> None:
        def work(means: Means) -> tuple[LayoutResult, LabelMap]:
            request = LayoutRequest(photo=photo.picture, model=model_id)
            result = means.backend.see_layout(request, means.token, means.progress)
            palette = self._labels.find(result.palette_id)
            ids = TiledArray.from_array(result.ids_hw.astype(dtype_of(palette)))
            return result, LabelMap(ids, palette.id, palette.names)

        def done(value: tuple[LayoutResult, LabelMap]) -> None:
            result, labels = value
            now = self._session.document
            if now is not None and now.base == photo:
                self._have("Layout from photo", labels)
                self._say(result.notes)

        self._submit(Slot.SEE_LAYOUT, "looking at the photo", work, done)

    def cancel(self) -> None:
        """Give up what is on its way; the document stays as it is."""
        if self._job is not None:
            self._queue.cancel(self._job)

    # Files

    def export(self, path: Path, *, colours: bool = False) -> None:
        """Write the open document's layout: ids with a palette, or colours alone."""
        document = self._session.document
        if document is None or document.labels is None:
            self.failed.emit(
                UserError("There is no layout to export.", "Paint one, or make one of the photo.")
            )
            return
        labels = document.labels
        palette = self._labels.palette

        def work(means: Means) -> None:
            from app.document.io.layouts import write_layout, write_layout_colours

            (write_layout_colours if colours else write_layout)(path, labels, palette)

        def done(_: None) -> None:
            self.exported.emit(path)

        self._submit(Slot.WRITE, f"writing {path.name}", work, done)

    # The labels of the model

    def use_model(self, spec: ModelSpec) -> None:
        """Have the open document's layout rendered by another model."""
        document, entry = self._session.document, layout_entry(self._session.document)
        if document is None or document.labels is None or entry is None:
            return
        if entry.edit.model == spec.id:
            return
        settled = self._session.settled()
        assert settled.labels is not None
        mapping = self._mapping(settled.labels, spec, {})
        edit = replace(settled.entry(entry.uid).edit, model=spec.id, checkpoint="", mapping=mapping)
        self._session.push(f"Render with {spec.title}", replace_edit(settled, entry.uid, edit))
        table = self.table
        if table is not None and table.lacking:
            self.said.emit(
                f"{spec.title} has nothing for {_listed(table.lacking)}. "
                "Say under Labels of the model what to render instead."
            )

    def remap(self, choices: Sequence[tuple[int, int | None]]) -> None:
        """Render labels of the layout as other labels of the model."""
        entry = layout_entry(self._session.document)
        if entry is None:
            return
        settled = self._session.settled()
        mapping = tuple((here, there) for here, there in choices if there is not None)
        edit = replace(settled.entry(entry.uid).edit, mapping=mapping)
        self._session.push("Labels of the model", replace_edit(settled, entry.uid, edit))

    def set_palette(self, palette_id: str) -> None:
        """Have the layout in other labels: each becomes what stands for it there.

        Raises nothing: labels without a partner become the unknown or the background, and are told.
        """
        document = self._session.document
        palette = self._labels.find(palette_id)
        if document is None or document.labels is None:
            return
        if document.labels.palette_id == palette_id:
            return
        settled = self._session.settled()
        assert settled.labels is not None
        labels, lost = relabelled(settled.labels, self._labels.palette, palette)
        self._session.push(f"Labels of {palette.title}", self._fitted(settled, labels))
        if lost:
            self.said.emit(
                f"{palette.title} has nothing for {_listed(lost)}; undo brings them back."
            )

    # Inside

    def _have(self, words: str, labels: LabelMap) -> None:
        if self._session.document is None:
            return
        with telling(self.failed.emit):
            self._session.push(words, self._fitted(self._session.settled(), labels))

    def _fitted(self, document: Document, labels: LabelMap) -> Document:
        """The document with these labels, rendered, and understood by the model."""
        document = self._rendered(with_labels(document, labels))
        entry = layout_entry(document)
        spec = self._models.find(entry.edit.model) if entry else None
        if entry is None or spec is None:
            return document
        edit = replace(entry.edit, mapping=self._mapping(labels, spec, {}))
        return replace_edit(document, entry.uid, edit)

    def _rendered(self, document: Document) -> Document:
        """The document with an edit that renders its layout, before all others."""
        if layout_entry(document) is not None or document.labels is None:
            return document
        spec = self._renderer()
        mapping = self._mapping(document.labels, spec, {})
        return with_edit(document, RenderLayout(model=spec.id, mapping=mapping), index=0)

    def _renderer(self) -> ModelSpec:
        return self._models.current_of_or_raise(RENDERS_LAYOUTS)

    def _mapping(
        self, labels: LabelMap, spec: ModelSpec, choices: dict[int, int]
    ) -> tuple[tuple[int, int], ...]:
        table = self._table_of(labels, spec, choices)
        if table is None:
            return ()
        return tuple((a, b) for a, b in table.mapping.items() if b is not None)

    def _table_of(
        self, labels: LabelMap, spec: ModelSpec, choices: dict[int, int]
    ) -> LabelTable | None:
        wanted = spec.io.palette_id
        here = self._labels.palettes.find(labels.palette_id)
        there = self._labels.palettes.find(wanted)
        if wanted == labels.palette_id or here is None or there is None:
            return None
        mapping: dict[int, int | None] = (
            {label.id: choices.get(label.id) for label in here.labels}
            if choices
            else here.mapping_to(there)
        )
        used = used_ids(labels)
        lacking = tuple(
            label for label in here.labels if label.id in used and mapping.get(label.id) is None
        )
        return LabelTable(here, there, mapping, lacking)

    def _read(self, path: Path) -> tuple[LabelMap, list[str]]:
        """For the file thread."""
        from app.document.io.layouts import read_layout

        read = read_layout(path, self._labels.palette, self._labels.palettes)
        palette = self._labels.find(read.palette_id)
        return LabelMap(read.ids, palette.id, palette.names), list(read.notes)

    def _say(self, notes: Sequence[str]) -> None:
        if notes:
            self.said.emit(" ".join(notes))

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self.cancel()
        if why is not Change.DRAG:
            table = self.table
            if table != self._table:
                self._table = table
                self.table_changed.emit(table)

    def _submit(
        self, slot: Slot, words: str, work: Callable[[Means], object], done: Callable[..., None]
    ) -> None:
        def ended() -> None:
            if self._job is job:
                self._job = None
                self.working.emit("", 0.0)

        def succeeded(value: object) -> None:
            ended()
            done(value)

        def failed(error: Exception) -> None:
            ended()
            self.failed.emit(error)

        job = self._queue.submit(
            slot, work, done=succeeded, failed=failed, cancelled=ended, progress=self.working.emit
        )
        self._job = job
        self.working.emit(words, 0.0)


def _listed(labels: Sequence[Label]) -> str:
    names = [label.name for label in labels[:NAMES_TOLD]]
    if len(labels) > NAMES_TOLD:
        names.append(f"{len(labels) - NAMES_TOLD} more")
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
