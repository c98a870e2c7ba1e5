"""Stage of `PaintTexture`: textures where they were brushed (thesis, section 4.4.7).

The texture code becomes a map at the cells of the structure code, which the network stretches to
each of its layers. Patches lie over one another: each mixes its reference's texture into what is
there after the ones before it. A single patch that covers everything gives what `SwapTexture` does.
"""

from collections.abc import Iterator

from models.editing.codes import Codes, mixed_textures
from models.edits import PaintTexture
from models.engine.code_edits import CodeWork, own_place
from models.engine.references import reference_size
from models.engine.stage import StageContext
from models.engine.weights import Brushed, Size


class PaintTextureStage:
    """See the module; implements `models.engine.code_edits.CodeStage`."""

    refusal = "take over a texture"
    detail_from = own_place

    def reads_picture(self, edit: PaintTexture) -> bool:
        return any(patch.reference is None for patch in edit.patches)

    def patches(
        self, edit: PaintTexture, base_px: Size, context: StageContext
    ) -> tuple[Brushed, ...] | None:
        return tuple(Brushed(patch.mask) for patch in edit.patches)

    def encodes(self, edit: PaintTexture, size_px: Size, context: StageContext) -> Iterator[Size]:
        for patch in edit.patches:
            if patch.reference is None:
                yield size_px
            else:
                yield reference_size(context.pictures[patch.reference], min(size_px))

    def change(self, edit: PaintTexture, codes: Codes, work: CodeWork) -> Codes:
        texture = codes.texture
        for patch, where in zip(edit.patches, work.patches, strict=True):
            target = work.texture_of(patch.reference, patch.spot)
            level = work.level_of(where) * patch.amount
            texture = mixed_textures(texture, target, level)
        return Codes(codes.structure, texture)
