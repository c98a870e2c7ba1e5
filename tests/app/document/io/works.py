"""Documents with histories that have everything a project can have."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.document.document import (
    Document,
    EditEntry,
    LabelMap,
    Photo,
    rename_edit,
    with_edit,
    with_labels,
    with_reference,
)
from app.document.history import History
from app.document.io.metadata import ImageMetadata
from app.document.io.steps import Steps
from app.document.masks import levels_of, mask_of
from app.document.sliders import Slider
from app.document.tiles import TiledArray
from models.edits import AdjustTexture, ClonePatch, CloneStructure, SwapTexture
from models.values import Direction, Mask, Picture
from tests.app.document.io.files import XMP, exif_block, iptc_record, noise, rgb_profile

HEIGHT_PX, WIDTH_PX = 150, 200
METADATA = ImageMetadata(rgb_profile(), exif_block(6, order=">"), XMP % 3, iptc_record())
NAMES = ((0, "sky"), (70000 % 65536, "wäter"))


def photo(seed: int, bits: int = 8, *, alpha: bool = False, **values) -> Photo:
    """A photo of noise, another one for each seed."""
    pixels = np.random.default_rng(seed).permutation(noise(HEIGHT_PX, WIDTH_PX, 4, bits))
    picture = Picture.from_rgb(pixels[..., :3])
    return Photo(picture, f"photo {seed}.jpg", alpha_hw=pixels[..., 3] if alpha else None, **values)


def slider(seed: int, share: float | None = 0.25) -> Slider:
    values = np.random.default_rng(seed).normal(size=64).astype(np.float32)
    return Slider(Direction.from_values(values), f"Snöw {seed}", "m", "ab" * 32, share)


def labels(bits: int = 16) -> LabelMap:
    ids = TiledArray.from_array(noise(HEIGHT_PX, WIDTH_PX, 1, bits)[..., 0])
    return LabelMap(ids, "landscape", NAMES)


def full_document() -> Document:
    """With 16 bits, alpha, labels, references, masks in tiles and in one array, sliders, names."""
    base = photo(1, 16, alpha=True, path=Path("/a/\udcffä b.jpg"), metadata=METADATA)
    references = (photo(2, metadata=METADATA, alpha=True), photo(3, 16), photo(4))
    tiled = mask_of(TiledArray.filled(HEIGHT_PX, WIDTH_PX, 0).stamp(80, 60, 40, 200))
    masks = (Mask.from_grey(noise(5, 7, 1)[..., 0]), tiled)
    sliders = (slider(1), slider(2, None))
    used = references[1].picture.sha256
    first = SwapTexture(model="m", reference=used, amount=0.1, strength=1, mask=masks[1].sha256)
    second = CloneStructure(
        model="n", checkpoint=used, seed=None, enabled=False,
        patches=(ClonePatch(mask=masks[0].sha256, dx=0.25, dy=-1.5, source=used),),
    )  # fmt: skip
    amounts = tuple((each.direction.sha256, 1.5) for each in sliders)
    third = AdjustTexture(model="m", amounts=(*amounts, ("texture:3", -2.0)), detail=0.5)
    return Document(
        base=base,
        labels=labels(),
        entries=(EditEntry(7, second, "weg \udcff"), EditEntry(2, first), EditEntry(4, third)),
        references=references,
        masks=masks,
        sliders=sliders,
        next_uid=9,
    )


def full_steps() -> Steps:
    """Seven states, the fourth the current one; strokes on labels and masks among them."""
    document = full_document()
    history = History(document, "Open")
    stroked = painted(document, 30)
    history.push("Paint", stroked)
    levels = levels_of(stroked.masks[1]).stamp(20, 100, 30, 255)
    swap = replace(stroked.entry(2).edit, mask=mask_of(levels).sha256)
    entries = tuple(replace(e, edit=swap) if e.uid == 2 else e for e in stroked.entries)
    masks = (stroked.masks[0], mask_of(levels))
    brushed = replace(stroked, masks=masks, entries=entries)
    history.push("Brush ä", brushed)
    history.push("Reference", with_reference(brushed, photo(5)))
    history.push("No labels", with_labels(history.current, None))
    reference = history.current.references[0].picture.sha256
    history.push("Swap", with_edit(history.current, SwapTexture(model="m", reference=reference)))
    swapped = history.current
    # A mask that was made again of the same tiles.
    own = levels_of(swapped.masks[1])
    again = mask_of(TiledArray(own.height_px, own.width_px, own.dtype, own.tile_rows))
    history.push("Rename", rename_edit(replace(swapped, masks=(masks[0], again)), 2, "Grass"))
    history.jump(3)
    return Steps.of(history)


def same_pixels(a: Document, b: Document) -> bool:
    """Whether all pixels and values are the same, not only the hashes that make documents equal."""
    pairs = [(a.base, b.base), *zip(a.references, b.references, strict=True)]
    arrays = [(x.picture.rgb_hwc, y.picture.rgb_hwc) for x, y in pairs]
    alphas = [(x.alpha_hw, y.alpha_hw) for x, y in pairs]
    arrays += [(x, y) for x, y in alphas if x is not None and y is not None]
    arrays += [(x.grey_hw, y.grey_hw) for x, y in zip(a.masks, b.masks, strict=True)]
    arrays += [
        (x.direction.values, y.direction.values) for x, y in zip(a.sliders, b.sliders, strict=True)
    ]
    if a.labels and b.labels:
        arrays.append((a.labels.ids.to_array(), b.labels.ids.to_array()))
        assert a.labels.names == b.labels.names
    return all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in arrays)


def painted(document: Document, x_px: float) -> Document:
    """The document with one more stroke on its labels."""
    assert document.labels is not None
    return with_labels(
        document, replace(document.labels, ids=document.labels.ids.stamp(x_px, 95, 12, 3))
    )


def same_steps(a: Steps | None, b: Steps) -> bool:
    """Whether two histories are the same to the last pixel."""
    return (
        a is not None
        and a.index == b.index
        and all(
            x.label == y.label and x.document == y.document and same_pixels(x.document, y.document)
            for x, y in zip(a.states, b.states, strict=True)
        )
    )
