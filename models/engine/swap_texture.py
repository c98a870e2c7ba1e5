"""Stage of `SwapTexture`: structure from the picture, texture from a reference (thesis, 4.4.3).

The texture codes are mixed linearly; the network normalises the mixture, so an amount beyond 1 goes
on along the same great circle.
"""

from collections.abc import Iterator

from models.editing.codes import Codes, mixed_textures
from models.edits import SwapTexture
from models.engine.code_edits import CodeWork, own_place
from models.engine.references import reference_size
from models.engine.stage import StageContext
from models.engine.weights import Brushed, Size


class SwapTextureStage:
    """See the module; implements `models.engine.code_edits.CodeStage`."""

    refusal = "take over a texture"
    detail_from = own_place

    def reads_picture(self, edit: SwapTexture) -> bool:
        return False

    def patches(
        self, edit: SwapTexture, base_px: Size, context: StageContext
    ) -> tuple[Brushed, ...] | None:
        return None

    def encodes(self, edit: SwapTexture, size_px: Size, context: StageContext) -> Iterator[Size]:
        yield reference_size(context.pictures[edit.reference], min(size_px))

    def change(self, edit: SwapTexture, codes: Codes, work: CodeWork) -> Codes:
        target = work.texture_of(edit.reference)
        return Codes(codes.structure, mixed_textures(codes.texture, target, edit.amount))
