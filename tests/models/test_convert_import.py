from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from models import checkpoint
from models.api import CancelToken
from models.builders import build
from models.catalog import find_model
from models.configs import config_to_dict
from models.convert import import_file, load_published
from models.errors import (
    Cancelled,
    CheckpointCorrupt,
    ModelNameError,
    RequestError,
)
from models.header import read_header
from tests.models.toys import save_pickle, save_toy, seeded

LICENCE = "Adobe Research licence: non-commercial research only"


@pytest.fixture(autouse=True)
def user(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SCUMBLE_MODELS", str(tmp_path / "user"))
    return tmp_path / "user"


@pytest.fixture
def tiny(tiny_config) -> dict[str, Tensor]:
    return seeded(tiny_config)


def test_an_imported_file_is_a_model_of_the_users(tiny, tmp_path, user):
    source = save_pickle(tmp_path / "Meine Höhlen.pth", tiny)
    path = import_file(source)
    assert path == user / "meine-hohlen.safetensors"
    header = read_header(path)
    assert (header.model_id, header.title) == ("meine-hohlen", "Meine Höhlen")
    assert (header.licence, header.source) == (LICENCE, "converted from Meine Höhlen.pth")
    assert (header.step, header.ema, header.training) == (0, False, {})
    spec = find_model("meine-hohlen")
    loaded = checkpoint.load(spec).network.state_dict()
    assert all(torch.equal(loaded[key], tiny[key].half().float()) for key in tiny)


@pytest.mark.parametrize(
    ("file", "model_id"),
    [
        ("latest_checkpoint.pth", "mountain_pretrained"),
        ("200k_checkpoint.pth", "mountain_pretrained"),
        ("latest_net_G.pth", "mountain_pretrained"),
        ("hills.pth", "hills"),
    ],
)
def test_a_name_that_says_nothing_gives_way_to_the_folders(tiny, tmp_path, user, file, model_id):
    folder = tmp_path / "mountain_pretrained"
    folder.mkdir()
    assert import_file(save_pickle(folder / file, tiny)) == user / f"{model_id}.safetensors"


def test_name_and_folder_can_be_chosen(tiny, tmp_path):
    path = import_file(
        save_pickle(tmp_path / "x.pth", tiny), name="My Hills", folder=tmp_path / "new"
    )
    assert path == tmp_path / "new" / "my-hills.safetensors"
    assert read_header(path).title == "My Hills"


def test_nothing_is_overwritten(tiny, tmp_path):
    source = save_pickle(tmp_path / "x.pth", tiny)
    path = import_file(source)
    before = path.read_bytes()
    with pytest.raises(RequestError, match="a model with the id 'x' already; choose another"):
        import_file(source)
    with pytest.raises(RequestError, match="a model with the id 'x' already"):
        import_file(source, folder=path.parent)
    assert path.read_bytes() == before


def test_an_id_in_use_is_refused_whatever_the_file_is_called(tiny, tiny_config, tmp_path, user):
    save_toy(user / "other.safetensors", build(tiny_config), model_id="x", config=tiny_config)
    with pytest.raises(RequestError, match="a model with the id 'x' already"):
        import_file(save_pickle(tmp_path / "x.pth", tiny))
    assert [p.name for p in user.iterdir()] == ["other.safetensors"]


@pytest.mark.parametrize("name", ["...", "山", "--"])
def test_a_name_without_letters(tiny, tmp_path, name):
    with pytest.raises(RequestError, match="No id can be made of the name"):
        import_file(save_pickle(tmp_path / "x.pth", tiny), name=name)


def test_a_name_cannot_climb_out_of_the_folder(tiny, tmp_path, user):
    path = import_file(save_pickle(tmp_path / "x.pth", tiny), name="../../etc/passwd")
    assert path == user / "etc-passwd.safetensors"


def test_a_bad_file_leaves_no_trace(tiny, tmp_path, user):
    tiny["G.ToRGB.bias"][0, 1] = 1e6
    with pytest.raises(CheckpointCorrupt, match="beyond 65504"):
        import_file(save_pickle(tmp_path / "x.pth", tiny))
    assert not user.exists()


@pytest.fixture
def ours(tmp_path, tiny_config) -> Path:
    path = tmp_path / "trained.safetensors"
    torch.manual_seed(0)
    extras = {"texture.mean": torch.randn(16)}
    save_toy(path, build(tiny_config), config=tiny_config, extras=extras, palette_id="coco")
    return path


def test_a_checkpoint_of_ours_is_loaded_as_it_is(ours, tiny_config):
    found = load_published(ours)
    assert (found.config, found.family) == (tiny_config, "swapping_autoencoder")
    assert (found.licence, found.source) == ("Apache-2.0", "a test")


def test_a_checkpoint_of_ours_takes_no_hints(ours):
    with pytest.raises(RequestError, match="says itself what it is: leave structure_channels out"):
        load_published(ours, structure_channels=4)


def test_a_checkpoint_of_ours_keeps_everything_but_its_name(ours, user):
    path = import_file(ours, name="Renamed")
    before, after = read_header(ours), read_header(path)
    assert path == user / "renamed.safetensors"
    assert after == replace(before, model_id="renamed", title="Renamed")
    old, new = load_file(ours), load_file(path)
    assert old.keys() == new.keys()
    assert all(torch.equal(old[key], new[key]) for key in old)


def test_a_checkpoint_of_ours_keeps_its_id(ours, user):
    renamed = ours.rename(ours.with_name("download (1).safetensors"))
    path = import_file(renamed)
    assert path == user / "trained.safetensors"
    assert read_header(path).title == "Trained"


def test_the_config_in_the_header_is_what_was_inferred(tiny, tmp_path):
    source = save_pickle(tmp_path / "x.pth", tiny)
    config = load_published(source).config
    assert config_to_dict(read_header(import_file(source)).config) == config_to_dict(config)


# Progress and calling off


@pytest.mark.parametrize("kind", ["published", "ours"])
def test_an_import_tells_what_it_does(tiny, ours, tmp_path, kind):
    source = ours if kind == "ours" else save_pickle(tmp_path / "x.pth", tiny)
    told = []
    import_file(source, progress=lambda words, share: told.append((words, share)))
    assert [words for words, _ in told] == ["reading", "checking", "writing", "done"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("kind", ["published", "legacy", "ours"])
@pytest.mark.parametrize("stage", ["reading", "checking", "writing"])
def test_an_import_that_is_called_off_leaves_nothing(tiny, ours, tmp_path, user, kind, stage):
    source = ours
    if kind != "ours":
        source = save_pickle(tmp_path / "x.pth", tiny, legacy=kind == "legacy")
    token = CancelToken()

    def cancel_at_the_stage(words: str, share: float) -> None:
        if words == stage:
            token.cancel()

    with pytest.raises(Cancelled):
        import_file(source, token=token, progress=cancel_at_the_stage)
    assert not user.exists()


def test_a_name_that_is_taken_shows_before_the_file_is_read(tiny, tmp_path, user):
    import_file(save_pickle(tmp_path / "x.pth", tiny))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "x.pth").write_bytes((tmp_path / "x.pth").read_bytes()[:-100])
    with pytest.raises(ModelNameError) as caught:
        import_file(tmp_path / "damaged" / "x.pth")
    assert str(caught.value) == "There is a model with the id 'x' already; choose another name."
