"""What a document's label map is, and what another palette makes of it. Without Qt."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.document.document import Document, EditEntry, LabelMap
from app.document.palette import Label, Palette
from app.document.rect import Rect
from app.document.tiles import TiledArray
from models.edits import RenderLayout

BASE_GREY = (128, 128, 128)
"""Of the base of a document that is nothing but a layout."""
GROUND_SAMPLES = 64
"""So many pixels along the longer side tell whether a picture is that grey and nothing else."""


@dataclass(frozen=True)
class LabelTable:
    """What a model makes of the labels of a layout.

    Attributes:
        layout: the palette of the layout.
        model: the palette of the model.
        mapping: for each id of the layout's palette the model's, or None.
        lacking: labels that occur in the layout and that the model has nothing for.
    """

    layout: Palette
    model: Palette
    mapping: dict[int, int | None]
    lacking: tuple[Label, ...]


def layout_entry(document: Document | None) -> EditEntry | None:
    """The edit that renders the document's layout, the first if there are several."""
    entries = document.entries if document else ()
    return next((entry for entry in entries if isinstance(entry.edit, RenderLayout)), None)


def blank_labels(width_px: int, height_px: int, palette: Palette, label_id: int) -> LabelMap:
    """A layout of one label."""
    ids = TiledArray.filled(height_px, width_px, label_id, dtype_of(palette))
    return LabelMap(ids, palette.id, palette.names)


def dtype_of(palette: Palette) -> type[np.unsignedinteger]:
    """What a palette's ids are stored in."""
    return np.uint8 if palette.highest_id <= np.iinfo(np.uint8).max else np.uint16


def is_ground(document: Document | None) -> bool:
    """Whether the base is only the grey on which a new layout lies, and no picture of its own."""
    if document is None or document.labels is None or document.base.path is not None:
        return False
    rgb_hwc = document.base.picture.rgb_hwc
    step = max(1, max(rgb_hwc.shape[:2]) // GROUND_SAMPLES)
    return bool((rgb_hwc[::step, ::step] == BASE_GREY).all())


def small_colours(labels: LabelMap, palette: Palette, side_px: int) -> npt.NDArray[np.uint8]:
    """The layout in its palette's colours by leaving out pixels, H x W x 3; quick at any size.

    Ids that the palette does not have are grey.

    Args:
        side_px: the longer side of the result, at most about twice of it.
    """
    ids, width_px = labels.ids, labels.ids.width_px
    step = max(1, max(ids.height_px, width_px) // side_px)
    rows = [ids.read(Rect(0, y, width_px, 1))[0, ::step] for y in range(0, ids.height_px, step)]
    found, places = np.unique(np.concatenate(rows), return_inverse=True)
    known = [palette.by_id(int(label_id)) for label_id in found]
    colours = np.array([label.rgb if label else BASE_GREY for label in known], np.uint8)
    return colours[places].reshape(len(rows), -1, 3)


def used_ids(labels: LabelMap) -> frozenset[int]:
    """The labels that occur. Milliseconds for a large map."""
    found: set[int] = set()
    for tile in {id(tile): tile for tile in labels.ids.tiles}.values():
        found.update(np.flatnonzero(np.bincount(tile.ravel())).tolist())
    return frozenset(found)


def relabelled(
    labels: LabelMap, here: Palette, there: Palette
) -> tuple[LabelMap, tuple[Label, ...]]:
    """The layout in the labels of another palette, and the labels that it has nothing for."""
    mapping = here.mapping_to(there)
    fallback = there.background if there.unknown is None else there.unknown
    lookup = np.full(int(np.iinfo(labels.ids.dtype).max) + 1, fallback, dtype_of(there))
    for before, after in mapping.items():
        if after is not None:
            lookup[before] = after
    ids = TiledArray.from_array(lookup[labels.ids.to_array()])
    used = used_ids(labels)
    lost = tuple(x for x in here.labels if x.id in used and mapping.get(x.id) is None)
    return LabelMap(ids, there.id, there.names), lost
