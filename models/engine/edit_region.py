"""Stage of `EditRegion`: the structure code of a region along directions (thesis, 4.4.6).

Every place of the region gets the same step. The network normalises each place afterwards, so that
the farther it goes the more alike the places become.

For a model that brings no directions of structure codes, those of the picture itself are taken, as
it is before the edit.
"""

from collections.abc import Iterator

from torch import Tensor

from models.editing.codes import Codes, blended, moved
from models.editing.regions import own_directions, step_along
from models.edits import STRUCTURE_AXIS, EditRegion
from models.engine.adjust_texture import brought_axes, check_number_of_axes
from models.engine.code_edits import CodeWork, own_place
from models.engine.stage import StageContext
from models.engine.weights import Brushed, Size


class EditRegionStage:
    """See the module; implements `models.engine.code_edits.CodeStage`."""

    refusal = "change the structure of a region"
    detail_from = own_place

    def reads_picture(self, edit: EditRegion) -> bool:
        return False

    def patches(
        self, edit: EditRegion, base_px: Size, context: StageContext
    ) -> tuple[Brushed, ...] | None:
        return (Brushed(edit.region),)

    def encodes(self, edit: EditRegion, size_px: Size, context: StageContext) -> Iterator[Size]:
        return iter(())

    def change(self, edit: EditRegion, codes: Codes, work: CodeWork) -> Codes:
        amounts = {int(name.removeprefix(STRUCTURE_AXIS)): amount for name, amount in edit.amounts}
        axes, deviations = self._directions(edit, codes, amounts, work.context)
        step = step_along(axes, deviations, amounts)
        further = Codes(moved(codes.structure, step), codes.texture)
        return blended(codes, further, work.level_of(*work.patches))

    def _directions(
        self, edit: EditRegion, codes: Codes, amounts: dict[int, float], context: StageContext
    ) -> tuple[Tensor, Tensor]:
        if "structure.axes" in context.extras(edit):
            return brought_axes(edit, "structure", amounts, context)
        own = own_directions(codes.structure)
        check_number_of_axes(context.spec(edit).title, "structure", amounts, own.axes.shape[0])
        return own.axes, own.deviations
