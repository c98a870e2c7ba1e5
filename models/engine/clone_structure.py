"""Stage of `CloneStructure`: the structure code of another place (thesis, section 4.4.5).

Choices made here, once:

- A source lies a whole number of pixels away, at the size at which the edit is carried out. Whole
  cells of it are a matter of moving codes. For the rest, less than a cell, the source picture is
  moved by it and encoded anew: structure codes of the places in between. A stroke, and all that go
  with its source, share that encoding.
- Out of the picture itself, whole cells are taken from the codes that the edit before passed on;
  for a rest there are no codes in between but those of the picture, so the picture before the edit
  is encoded, even where codes were passed on.
- Another picture is scaled to the shorter side of this one, so that what is cloned keeps its size.
- Beyond the borders of the source there is nothing to clone: there the patch does nothing.
- The texture stays that of the picture.
- The detail that is kept is that of the source: at a detail of 1 the core of a patch is a copy of
  it, and at the rim, by the level of the mask, it goes over to what the mixed codes change in the
  picture. Of another picture the detail would bring its texture along; there the colours of the
  place itself are kept, in which the network is often mistaken, and nothing finer.
"""

from collections.abc import Iterator

from torch import Tensor

from models.editing.codes import Codes, blended, from_elsewhere
from models.edits import ClonePatch, CloneStructure
from models.engine.code_edits import CodeWork, Shift
from models.engine.stage import StageContext
from models.engine.weights import Brushed, Size, Within
from models.errors import RequestError
from models.image_io import short_side_size

LONGEST_SHAPE = 16
"""Pictures that are longer than that many times their width are not cloned from."""


class CloneStructureStage:
    """See the module; implements `models.engine.code_edits.CodeStage`."""

    refusal = "clone structure"

    def reads_picture(self, edit: CloneStructure) -> bool:
        return any(patch.source is None for patch in edit.patches)

    def patches(
        self, edit: CloneStructure, base_px: Size, context: StageContext
    ) -> tuple[Brushed, ...] | None:
        return tuple(brushed(patch, base_px, context) for patch in edit.patches)

    def encodes(self, edit: CloneStructure, size_px: Size, context: StageContext) -> Iterator[Size]:
        for patch in edit.patches:
            yield source_size(patch, size_px, context)

    def detail_from(
        self, edit: CloneStructure, size_px: Size, context: StageContext
    ) -> tuple[Shift | None, ...] | None:
        shifts = tuple(
            shift_of(patch, size_px) if patch.source is None else None for patch in edit.patches
        )
        return shifts if any(shift != (0, 0) for shift in shifts) else None

    def change(self, edit: CloneStructure, codes: Codes, work: CodeWork) -> Codes:
        before = codes
        for patch, where in zip(edit.patches, work.patches, strict=True):
            source = from_source(patch, before, work)
            level = work.level_of(where)
            codes = blended(codes, Codes(source, codes.texture), level)
        return codes


def shift_of(patch: ClonePatch, size_px: Size) -> Shift:
    """From a brushed place to its source, for a picture of (height, width)."""
    return round(patch.dy * min(size_px)), round(patch.dx * min(size_px))


def source_size(patch: ClonePatch, size_px: Size, context: StageContext) -> Size:
    """(height, width) of the picture to clone from, for a picture of that size.

    Raises:
        RequestError: it is so long that scaled like this it would be huge.
    """
    if patch.source is None:
        return size_px
    source = context.pictures[patch.source]
    if max(source.height_px, source.width_px) > LONGEST_SHAPE * min(
        source.height_px, source.width_px
    ):
        raise RequestError(
            f"A picture of {source.width_px} x {source.height_px} px is too long to clone from: "
            "crop it first."
        )
    return short_side_size((source.height_px, source.width_px), min(size_px))


def brushed(patch: ClonePatch, base_px: Size, context: StageContext) -> Brushed:
    """Where a patch acts: where its source lies inside of its picture.

    Args:
        base_px: (height, width) of the base.
    """
    height, width = base_px
    if patch.source is not None:
        source = context.pictures[patch.source]
        height, width = source.height_px, source.width_px
    short = min(height, width)
    within = Within(
        top=-patch.dy,
        bottom=height / short - patch.dy,
        left=-patch.dx,
        right=width / short - patch.dx,
    )
    return Brushed(patch.mask, within)


def from_source(patch: ClonePatch, codes: Codes, work: CodeWork) -> Tensor:
    """For every cell of the picture the structure code of its source: 1 x S x h x w.

    Args:
        codes: of the picture before the edit.
    """
    cell_px = work.coder.cell_px
    (rows, y_px), (columns, x_px) = (
        divmod(side_px, cell_px) for side_px in shift_of(patch, work.size_px)
    )
    if patch.source is None and (y_px, x_px) == (0, 0):
        return from_elsewhere(codes.structure, codes.cells_hw, (rows, columns))
    size_px = source_size(patch, work.size_px, work.context)

    def moved_picture() -> Tensor:
        picture = work.picture() if patch.source is None else work.resized(patch.source, size_px)
        return from_elsewhere(picture, size_px, (y_px, x_px))

    source_key = work.picture_key if patch.source is None else patch.source
    source = work.coder.codes((source_key, size_px, (y_px, x_px)), moved_picture)
    return from_elsewhere(source.structure, codes.cells_hw, (rows, columns))
