"""What the engine is asked besides pictures: likeness, texture codes, directions."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import checkpoint
from models.api import CancelToken, RenderRequest, SimilarityRequest, TextureRequest
from models.catalog import find_model
from models.configs import StyleGAN2DiscriminatorConfig
from models.editing.regions import is_flat
from models.editing.tiles import encode_tiled
from models.edits import AdjustTexture, EditRegion, SwapTexture
from models.engine import coder
from models.engine.engine import Engine
from models.engine.references import spot_weight
from models.errors import Cancelled, CheckpointCorrupt, OutOfMemory, RequestError
from models.image_io import pad_to_multiple, resize_rgb
from models.values import Picture
from tests.models.engine.coding import (
    REFERENCE,
    coding_engine,
    extras,
    random_network,
    soft_mask,
)
from tests.models.engine.fakes import TINY, FakeNetwork, make_spec, random_picture
from tests.models.toys import rewrite

SAMPLES = Path(__file__).resolve().parents[3] / "resources" / "samples"
PHOTO = random_picture(40, 50, seed=1)
SOFT = soft_mask(40, 50, 20, 18, 12)
CPU_FULL = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."


@pytest.fixture
def engine(network):
    return coding_engine(network)


def place(x, y, *edits, base=PHOTO, **changes):
    picture = RenderRequest(base=base, edits=edits, pictures=(REFERENCE,), masks=(SOFT,), **changes)
    return SimilarityRequest(picture=picture, x=x, y=y, model="fake")


# Likeness


@torch.inference_mode()
def test_likeness_is_the_cosine_of_the_structure_codes(network, engine):
    """40 x 50 px are 10 x 12.5 cells of 4 px; the clicked place lies in row 7, column 3."""
    result = engine.similarity(place(0.27, 0.71))
    structure = network.encode(pad_to_multiple(resize_rgb(PHOTO.rgb_hwc, (40, 50)), 4, 12))[0][0]
    expected = torch.cosine_similarity(structure, structure[:, 7, 3, None, None], dim=0)
    assert result.similarity_hw.shape == (10, 13)
    assert result.similarity_hw.dtype == np.float32
    np.testing.assert_allclose(result.similarity_hw, expected.numpy(), atol=1e-5)
    assert result.similarity_hw[7, 3] == pytest.approx(1.0)
    assert result.cell_px == 4.0
    assert result.device.startswith("CPU with")
    assert result.seconds > 0.0


@pytest.mark.parametrize(
    ("x", "y", "cell"), [(0.0, 0.0, (0, 0)), (1.0, 1.0, (9, 12)), (0.999, 0.0, (0, 12))]
)
def test_the_borders_belong_to_the_outermost_cells(engine, x, y, cell):
    result = engine.similarity(place(x, y))
    assert result.similarity_hw[cell] == pytest.approx(1.0)


def test_likeness_is_that_of_the_picture_with_its_edits(network, engine):
    region = EditRegion(model="fake", region=SOFT.sha256, amounts=(("structure:0", 4.0),))
    plain, edited = (engine.similarity(place(0.4, 0.5, *edits)) for edits in ((), (region,)))
    assert np.abs(plain.similarity_hw - edited.similarity_hw).max() > 0.1
    # Of textures alone structure knows nothing, where codes are passed on.
    adjust = AdjustTexture(model="fake", amounts=(("texture:0", 4.0),))
    recoloured = engine.similarity(place(0.4, 0.5, adjust))
    np.testing.assert_array_equal(plain.similarity_hw, recoloured.similarity_hw)
    # Codes of other weights say nothing here: the picture that they gave is encoded.
    find = {"fake": make_spec("fake"), "other": make_spec("other", sha256="b" * 64)}
    both = coding_engine(network, find=find.__getitem__)
    other = both.similarity(place(0.4, 0.5, replace(adjust, model="other")))
    assert np.abs(plain.similarity_hw - other.similarity_hw).max() > 1e-3


def test_likeness_is_seen_at_the_size_of_the_edits(engine):
    """80 x 100 px whose edits are carried out at 20 px: cells of 4 px there are 16 px here."""
    result = engine.similarity(place(0.5, 0.5, short_side_px=80, edit_px=20))
    assert result.similarity_hw.shape == (5, 7)
    assert result.cell_px == 16.0
    whole = engine.similarity(place(0.5, 0.5, short_side_px=20))
    np.testing.assert_allclose(result.similarity_hw, whole.similarity_hw, atol=1e-5)


def test_a_flat_picture_has_no_regions(engine):
    grey = Picture.from_rgb(np.full((40, 50, 3), 128, np.uint8))
    assert engine.similarity(place(0.5, 0.5, base=grey)).flat
    assert not engine.similarity(place(0.5, 0.5)).flat


@pytest.mark.parametrize(("like", "flat"), [(94, False), (96, True)])
def test_flat_is_what_cannot_be_told_from_nearly_all(like, flat):
    similarity_hw = torch.full((10, 10), 0.5)
    similarity_hw.view(-1)[:like] = 0.97
    assert is_flat(similarity_hw) == flat


@pytest.mark.parametrize("name", ["aitzgorri.jpg", "sunset.jpg"])
def test_the_shipped_model_tells_regions_of_photos_and_none_of_grey(name):
    with Image.open(SAMPLES / name) as image:
        photo = Picture.from_rgb(np.asarray(image.convert("RGB")))
    grey = Picture.from_rgb(np.full((300, 400, 3), 128, np.uint8))
    engine = Engine("cpu", precision="float32", memory_budget_mb=600)
    for picture, flat in ((photo, False), (grey, True)):
        request = RenderRequest(base=picture, short_side_px=128)
        for x, y in ((0.5, 0.1), (0.2, 0.8)):
            asked = SimilarityRequest(picture=request, x=x, y=y, model="landscapes")
            assert engine.similarity(asked).flat == flat


def test_a_large_picture_is_seen_in_tiles_where_memory_is_short(network, engine, monkeypatch):
    photo = random_picture(600, 300, seed=7)
    expected = engine.similarity(place(0.3, 0.6, base=photo)).similarity_hw
    tiles = []
    monkeypatch.setattr(
        coder, "encode_tiled", lambda *given, **means: tiles.append(means) or tiled(*given, **means)
    )
    tiled = encode_tiled
    for room, tile_px in ((10**9, None), (10**6, 256)):
        monkeypatch.setattr(Engine, "_room", lambda self, device, kept_bytes, room=room: room)
        found = coding_engine(network).similarity(place(0.3, 0.6, base=photo)).similarity_hw
        np.testing.assert_allclose(found, expected, atol=1e-4)
        assert [means["tile_px"] for means in tiles] == ([] if tile_px is None else [tile_px])


# Texture codes


@torch.inference_mode()
def test_a_photos_texture_is_that_of_a_reference_of_this_size(network, engine):
    result = engine.texture_code(TextureRequest(photo=PHOTO, model="fake", short_side_px=20))
    img = pad_to_multiple(resize_rgb(PHOTO.rgb_hwc, (20, 25)), 4, 12)
    np.testing.assert_allclose(result.code, network.encode(img)[1][0].numpy(), atol=1e-6)
    assert np.linalg.norm(result.code) == pytest.approx(1.0, abs=1e-5)
    assert result.code.dtype == np.float32
    assert result.weights == "a" * 64
    assert result.device.startswith("CPU with")


def test_a_photo_is_not_enlarged_for_its_texture(engine):
    own, larger = (
        engine.texture_code(TextureRequest(photo=PHOTO, model="fake", short_side_px=side))
        for side in (40, 4000)
    )
    assert np.array_equal(own.code, larger.code)


def test_one_photos_texture_is_encoded_once():
    network = FakeNetwork()
    engine = coding_engine(network)
    for _ in range(2):
        engine.texture_code(TextureRequest(photo=PHOTO, model="fake"))
    assert network.names() == ["encode"]


# Directions


def test_a_models_directions_are_shares_of_all_variance():
    engine = Engine("cpu", precision="float32")
    found = engine.directions("landscapes")
    assert found.weights == find_model("landscapes").weights.sha256
    assert len(found.texture) == 64
    assert len(found.structure) == 8
    assert found.texture_length == 256
    for shares in (found.texture, found.structure):
        assert list(shares) == sorted(shares, reverse=True)
    assert sum(found.texture) == pytest.approx(0.99846, abs=1e-4)
    assert sum(found.structure) == pytest.approx(1.0)
    assert found.texture_mean is not None
    assert found.texture_mean.shape == (256,)
    # The network was not loaded.
    assert ("network", found.weights, "cpu") not in engine.cache


def save_mine(path, extras=None, training=None) -> Engine:
    """A model of the user's, and an engine that finds it."""
    checkpoint.save(
        path,
        random_network(),
        model_id=path.stem,
        title="Mine",
        family="swapping_autoencoder",
        config=TINY,
        licence="Apache-2.0",
        source="a test",
        step=7,
        ema=True,
        training=training or {},
        extras=extras or {},
    )
    spec = make_spec("mine", path=path, sha256="")
    return Engine("cpu", precision="float32", find=lambda name: spec)


def test_a_model_without_directions_has_none(tmp_path):
    found = save_mine(tmp_path / "mine.safetensors").directions("mine")
    assert (found.texture, found.structure, found.texture_mean) == ((), (), None)
    assert found.texture_length == 16


def test_a_models_notes_may_lack_the_variance(tmp_path):
    deviations = torch.tensor([2.0, 1.0, 1.0])
    brought = {"texture.deviations": deviations, "structure.deviations": deviations[:2]}
    path = tmp_path / "mine.safetensors"
    held = {"variance_of_the_axes": {"texture": 0.6}}
    found = save_mine(path, brought, held).directions("mine")
    assert found.texture == pytest.approx((0.4, 0.1, 0.1))
    assert found.structure == pytest.approx((0.8, 0.2))
    for notes in ("unknown", {"texture": "much", "structure": True}):
        found = save_mine(path, brought, {"variance_of_the_axes": notes}).directions("mine")
        assert sum(found.texture) == pytest.approx(1.0)


def test_broken_directions_are_a_sentence(tmp_path):
    path = tmp_path / "mine.safetensors"
    engine = save_mine(path, {"texture.deviations": torch.ones(3)})
    rewrite(path, {"extra.texture.deviations": torch.tensor([1.0, float("nan"), 1.0])})
    with pytest.raises(CheckpointCorrupt, match="NaN or infinity"):
        engine.directions("mine")
    path.write_bytes(b"no weights")
    with pytest.raises(CheckpointCorrupt, match=r"mine\.safetensors cannot be read"):
        engine.directions("mine")


def test_directions_are_read_once(network):
    read = []
    engine = coding_engine(network, load_extras=lambda spec: read.append(spec.id) or extras())
    edit = AdjustTexture(model="fake", amounts=(("texture:0", 1.0),))
    for amount in (1.0, 2.0):
        step = replace(edit, amounts=(("texture:0", amount),))
        engine.render(RenderRequest(base=PHOTO, edits=(step,)))
    assert read == ["fake"]


# All of them


ASKED = {
    "similarity": place(0.5, 0.5),
    "texture_code": TextureRequest(photo=PHOTO, model="fake"),
}


@pytest.mark.parametrize("question", ASKED)
def test_a_model_of_another_family_is_refused(network, question):
    judge = make_spec("judge", config=StyleGAN2DiscriminatorConfig())
    engine = coding_engine(network, find=lambda name: judge)
    with pytest.raises(RequestError, match=r"'judge' .* cannot tell .*: choose a swapping auto"):
        getattr(engine, question)(ASKED[question])
    with pytest.raises(RequestError, match=r"'judge' .* cannot change a texture"):
        engine.directions("judge")


@pytest.mark.parametrize("question", ASKED)
def test_questions_can_be_called_off(engine, question):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        getattr(engine, question)(ASKED[question], token)
    assert getattr(engine, question)(ASKED[question]).seconds > 0.0


@pytest.mark.parametrize("question", ASKED)
def test_questions_tell_their_progress(engine, question):
    told = []
    getattr(engine, question)(
        ASKED[question], progress=lambda words, share: told.append((words, share))
    )
    assert told[-1] == ("done", 1.0)
    assert told[0][0].startswith("encoding")
    assert [share for _, share in told] == sorted(share for _, share in told)


@pytest.mark.parametrize("question", ASKED)
def test_too_little_memory_is_tried_again_without_what_is_kept(question):
    network = FakeNetwork()
    engine = coding_engine(network)
    network.errors = [RuntimeError(CPU_FULL)]
    assert getattr(engine, question)(ASKED[question]).seconds > 0.0
    engine.forget()
    network.errors = [RuntimeError(CPU_FULL)] * 9
    with pytest.raises(OutOfMemory):
        getattr(engine, question)(ASKED[question])


def test_swaps_and_texture_codes_share_nothing_but_what_is_the_same(network, engine):
    """A texture code is no codes of a picture: one kept value is not taken for the other."""
    code = engine.texture_code(TextureRequest(photo=REFERENCE, model="fake", short_side_px=40))
    swap = SwapTexture(model="fake", reference=REFERENCE.sha256)
    request = RenderRequest(base=PHOTO, edits=(swap,), pictures=(REFERENCE,))
    found = engine.render(request).rgb_hwc
    fresh = coding_engine(network)
    assert np.array_equal(found, fresh.render(request).rgb_hwc)
    again = fresh.texture_code(TextureRequest(photo=REFERENCE, model="fake", short_side_px=40))
    np.testing.assert_allclose(again.code, code.code, atol=1e-6)


@pytest.mark.parametrize("size_px", [(1, 1), (10, 10), (40, 90)])
@pytest.mark.parametrize("spot", [(0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.5, 0.2, 0.1)])
def test_a_spot_is_never_empty(size_px, spot):
    weight = spot_weight(size_px, spot)
    assert weight.shape == size_px
    assert 0.0 < weight.max() <= 1.0
    assert weight.min() >= 0.0


def test_a_spot_is_round_and_of_the_radius_that_is_asked_for():
    weight = spot_weight((80, 120), (0.5, 0.25, 0.15))
    assert float(weight.sum()) == pytest.approx(np.pi * 12**2, rel=0.02)
    rows, columns = torch.nonzero(weight > 0.99, as_tuple=True)
    assert float(rows.float().mean()) == pytest.approx(19.5, abs=0.1)
    assert float(columns.float().mean()) == pytest.approx(59.5, abs=0.1)
