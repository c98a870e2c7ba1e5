"""Pictures for whose activations the memory is too small: in tiles, and like the whole."""

from dataclasses import replace

import numpy as np
import pytest

from models.api import CancelToken, RenderRequest
from models.edits import ClonePatch, CloneStructure, PaintTexture, SwapTexture, TexturePatch
from models.engine import engine, renderer, retreat
from models.engine.kept_canvas import KeptCanvas
from models.errors import Cancelled
from tests.models.engine.coding import coding_context, coding_engine, soft_mask
from tests.models.engine.fakes import TINY, make_spec, random_picture

BASE = random_picture(120, 152, seed=5)
REFERENCE = random_picture(60, 80, seed=6)
MASK = soft_mask(120, 152, 48, 86, 34)
TILE_PX = 24
SWAP = SwapTexture(model="fake", reference=REFERENCE.sha256, seed=3)
CLONE = CloneStructure(
    model="fake", seed=3, detail=1.0, patches=(ClonePatch(mask=MASK.sha256, dx=0.23, dy=0.1),)
)
PAINT = PaintTexture(
    model="fake",
    seed=3,
    patches=(
        TexturePatch(mask=MASK.sha256, reference=REFERENCE.sha256, spot=(0.5, 0.5, 0.45)),
        TexturePatch(mask=MASK.sha256, spot=(0.9, 0.2, 0.3), amount=0.5),
    ),
)
WHOLE = {"swap": SWAP, "swap and detail": replace(SWAP, detail=0.5)}
LOCAL = {"clone": CLONE, "paint": PAINT}


def request_of(*edits):
    return RenderRequest(base=BASE, edits=edits, pictures=(REFERENCE,), masks=(MASK,), bits=16)


def wide(name):
    """Says that the network takes much memory, so that pictures as small as these are large."""
    return make_spec(name, config=replace(TINY, encoder_scale=30.0, generator_scale=8.0))


@pytest.fixture
def poor(network, monkeypatch):
    """An engine with room for the pictures, and for the activations of a tile."""
    monkeypatch.setattr(retreat, "TILES_PX", (64, TILE_PX))
    context = coding_context(None, REFERENCE, spec=lambda edit: wide(edit.model))

    def needed(tile_px):
        request = request_of(SWAP, CLONE, PAINT)
        return renderer.working_set_bytes(
            request, renderer.target_size(request), replace(context, tile_px=tile_px)
        )

    assert needed(TILE_PX) < 0.5 * needed(64) < 0.5 * needed(None)
    monkeypatch.setattr(engine.Engine, "_room", lambda self, device, kept_bytes: needed(TILE_PX))
    return coding_engine(network, find=wide)


@pytest.mark.parametrize(
    "edits",
    [*[(edit,) for edit in {**WHOLE, **LOCAL}.values()], (SWAP, CLONE, PAINT)],
    ids=[*WHOLE, *LOCAL, "all"],
)
def test_like_the_whole_at_full_size(network, poor, edits):
    """Rounded to 16 bits, 1e-5 of values from -1 to 1 is a third of a level."""
    result = poor.render(request_of(*edits))
    assert result.notes == ()
    assert not any(isinstance(value, KeptCanvas) for value, _ in poor.cache._values.values())
    expected = coding_engine(network).render(request_of(*edits))
    assert np.abs(result.rgb_hwc.astype(int) - expected.rgb_hwc).max() <= 1
    assert result.outside_px == expected.outside_px
    assert result.changed_outside_px == 0
    if edits[0] in LOCAL.values():
        assert result.outside_px > 0.5 * 120 * 152


def test_progress_and_being_called_off(poor):
    """Told after every tile; called off in any of them, at once."""
    told = []
    poor.render(request_of(SWAP), progress=lambda words, share: told.append((words, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    tiles = {words: sum(word == words for word, _ in told) for words, _ in told}
    least = (120 // TILE_PX) * (152 // TILE_PX)
    assert tiles["encoding picture"] >= least
    assert tiles["decoding"] >= least
    assert tiles["encoding reference"] > 4
    for stop in (2, tiles["encoding picture"] + 2, len(told) - 20):
        poor.forget()
        token, heard = CancelToken(), []

        def hear(words, share, token=token, heard=heard, stop=stop):
            heard.append(words)
            if len(heard) == stop:
                token.cancel()

        with pytest.raises(Cancelled):
            poor.render(request_of(SWAP), token, hear)
        assert len(heard) == stop
