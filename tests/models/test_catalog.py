import re
from pathlib import Path

import platformdirs
import pytest
import torch
from safetensors.torch import save_file

from models import catalog
from models.builders import BUILDERS
from models.catalog import (
    default_model,
    find_model,
    io_of,
    list_models,
    set_user_folder,
    shipped_folder,
    spec_of_file,
    user_folder,
    user_folder_is_fixed,
)
from models.configs import (
    MultiscaleDiscriminatorConfig,
    PatchCooccurrenceConfig,
    SpadeConfig,
    SwappingAutoencoderConfig,
)
from models.errors import CheckpointCorrupt, CheckpointMismatch, CheckpointMissing
from tests.models.toys import CONFIG, Toy, save_toy

ENTRY = {
    "id": '"hills"',
    "title": '"Hills"',
    "family": '"swapping_autoencoder"',
    "file": '"hills.safetensors"',
    "sha256": f'"{"0" * 64}"',
    "bytes": "1",
    "licence": '"Apache-2.0"',
    "source": '"a test"',
    "step": "7",
    "trained": '"On hills, for an hour."',
    "io": "{multiple_of_px = 16, min_px = 112}",
}


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch) -> Path:
    """The shipped folder, with an empty list."""
    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Toy)
    monkeypatch.setattr(catalog, "PACKAGE", tmp_path / "site" / "models")
    monkeypatch.setenv("SCUMBLE_MODELS", str(tmp_path / "user"))
    folder = tmp_path / "site" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "manifest.toml").write_text("# No model yet.\n")
    return folder


@pytest.fixture
def user(tmp_path) -> Path:
    (tmp_path / "user").mkdir()
    return tmp_path / "user"


def entry(**changes: str | None) -> str:
    fields = {**ENTRY, **changes}
    return "[[model]]\n" + "\n".join(f"{k} = {v}" for k, v in fields.items() if v is not None)


def ship(folder: Path, *names: str) -> None:
    entries: list[str] = []
    for name in names:
        sha256 = save_toy(folder / f"{name}.safetensors")
        size = (folder / f"{name}.safetensors").stat().st_size
        entries.append(
            entry(
                id=f'"{name}"',
                file=f'"{name}.safetensors"',
                sha256=f'"{sha256}"',
                bytes=str(size),
            )
        )
    (folder / "manifest.toml").write_text("\n".join(entries))


def ids() -> list[str]:
    return [spec.id for spec in list_models()]


def test_the_manifest_of_the_tree_can_be_read(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("SCUMBLE_MODELS", "/nowhere")
    assert (shipped_folder() / "manifest.toml").is_file()
    assert list_models().problems == ()


def test_an_empty_list_is_no_problem():
    assert list_models().problems == ()
    assert len(list_models()) == 0


def test_shipped_models_come_first_in_the_order_of_the_manifest(shipped, user):
    ship(shipped, "valleys", "hills")
    save_toy(user / "aaa.safetensors")
    assert ids() == ["valleys", "hills", "aaa"]
    assert [spec.shipped for spec in list_models()] == [True, True, False]


def test_what_is_known_of_a_shipped_model(shipped):
    ship(shipped, "hills")
    spec = find_model("hills")
    assert spec.title == "Hills"
    assert spec.config == CONFIG
    assert spec.path == shipped / "hills.safetensors"
    assert spec.weights.bytes == spec.path.stat().st_size
    assert (spec.io.multiple_of_px, spec.io.min_px, spec.io.palette_id) == (16, 112, None)
    assert spec.trained == "On hills, for an hour."


def test_what_is_known_of_a_users_model(user):
    save_toy(user / "mine.safetensors", title="My own", palette_id="coco")
    spec = find_model("mine")
    assert (spec.title, spec.weights.file, spec.weights.step) == ("My own", "mine.safetensors", 7)
    assert (spec.weights.sha256, spec.weights.licence) == ("", "Apache-2.0")
    assert (spec.io.multiple_of_px, spec.io.min_px, spec.io.palette_id) == (16, 112, "coco")


@pytest.mark.parametrize(
    ("structure", "texture", "multiple", "smallest"),
    [(4, 2, 16, 112), (6, 2, 64, 448), (2, 1, 4, 12)],
)
def test_sizes_follow_from_the_config(user, structure, texture, multiple, smallest):
    config = SwappingAutoencoderConfig(
        structure_downsamplings=structure,
        texture_downsamplings=texture,
        structure_channels=3,
        texture_channels=4,
    )
    save_toy(user / "mine.safetensors", config=config)
    io = find_model("mine").io
    assert (io.multiple_of_px, io.min_px) == (multiple, smallest)


@pytest.mark.parametrize("upsampling", ["normal", "most"])
def test_a_model_that_paints_layouts_takes_any_size(upsampling):
    io = io_of(SpadeConfig(classes=14, upsampling=upsampling), "landscape", "x")
    assert (io.multiple_of_px, io.min_px, io.palette_id) == (1, 1, "landscape")


def test_a_judge_of_layouts_is_no_model_that_makes_pictures():
    with pytest.raises(CheckpointMismatch, match="x holds a MultiscaleDiscriminator, which is no"):
        io_of(MultiscaleDiscriminatorConfig(in_channels=17), None, "x")


# Folders


def test_in_a_wheel_the_weights_are_inside_the_package(tmp_path, shipped):
    assert shipped_folder() == shipped
    (tmp_path / "site" / "models" / "shipped" / "checkpoints").mkdir(parents=True)
    assert shipped_folder() == tmp_path / "site" / "models" / "shipped" / "checkpoints"


def test_the_users_folder_is_the_platforms(monkeypatch, tmp_path):
    assert user_folder() == tmp_path / "user"
    monkeypatch.setenv("SCUMBLE_MODELS", "")
    assert user_folder() == Path(platformdirs.user_data_dir("scumble", False)) / "models"


def test_the_users_folder_can_be_chosen(monkeypatch, tmp_path):
    try:
        set_user_folder(tmp_path / "chosen")
        assert user_folder() == tmp_path / "user"
        assert user_folder_is_fixed()
        monkeypatch.delenv("SCUMBLE_MODELS")
        assert user_folder() == tmp_path / "chosen"
        assert not user_folder_is_fixed()
        save_toy(tmp_path / "chosen" / "mine.safetensors")
        assert ids() == ["mine"]
    finally:
        set_user_folder(None)
    assert user_folder() == Path(platformdirs.user_data_dir("scumble", False)) / "models"


@pytest.mark.parametrize(
    ("licence", "forbids"),
    [
        ("CC BY-NC 4.0 (trained on photos)", True),
        ("cc-by-nc-sa-4.0", True),
        ("Adobe Research licence: non-commercial research only", True),
        ("For noncommercial use", True),
        ("Non commercial", True),
        ("Research only", True),
        ("Apache-2.0", False),
        ("CC BY 4.0", False),
        ("CC0-1.0", False),
        ("Licence of the French institute; commercial use allowed", False),
        ("", False),
    ],
)
def test_a_licence_that_forbids_earning_money(user, licence, forbids):
    save_toy(user / "mine.safetensors", licence=licence)
    assert find_model("mine").non_commercial is forbids


# Problems of the manifest: the user's models are still there


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model]", "cannot be read"),
        ("model = 3", "something else than"),
        ("[model]\nid = 1", "something else than"),
        ("models = []", "something else than"),
        ("model = [3]", "is not a table"),
        (entry(title=None, step=None), "Something is missing in .*: title, step"),
        (entry(colour='"red"'), "something unknown in .*: colour"),
        (entry(bytes='"1"'), "field bytes in .* cannot be '1'"),
        (entry(step="true"), "field step in .* cannot be True"),
        (entry(io="{min_px = 1}"), "missing in .*: multiple_of_px"),
        (entry(io='{min_px = 1, multiple_of_px = "x"}'), "multiple_of_px in .* cannot be 'x'"),
        (entry(io="{min_px = 1, multiple_of_px = 0}"), "too small for model 'hills'"),
        (entry(bytes="0"), "too small"),
        (entry(step="-1"), "too small"),
        (entry(id='"a/b"'), "impossible id 'a/b'"),
        (entry(id='".."'), "impossible id"),
        (entry(file='"../hills.safetensors"'), r"impossible file name '\.\./hills.safetensors'"),
        (entry(file='"/etc/hills.safetensors"'), "impossible file name"),
        (entry(file='"c:hills.safetensors"'), "impossible file name"),
        (entry(file='"hills.pth"'), "impossible file name"),
        (entry(file='".safetensors"'), "impossible file name"),
        (entry(sha256='"abc"'), "no sha256 digest"),
        (entry(), "weights of the shipped model 'hills', .*, are missing; install"),
    ],
)
def test_a_corrupt_manifest(shipped, user, text, words):
    save_toy(user / "mine.safetensors")
    (shipped / "manifest.toml").write_text(text)
    found = list_models()
    assert [spec.id for spec in found] == ["mine"]
    assert len(found.problems) == 1
    assert re.search(words, found.problems[0])


def test_a_manifest_of_other_bytes(shipped):
    (shipped / "manifest.toml").write_bytes(b"\xff\xfe")
    assert "cannot be read" in list_models().problems[0]


def test_no_manifest(shipped):
    (shipped / "manifest.toml").unlink()
    assert list_models().problems == (
        f"The list of the shipped models, {shipped / 'manifest.toml'}, is missing; "
        "install the program again.",
    )


def test_no_shipped_folder_at_all(shipped):
    (shipped / "manifest.toml").unlink()
    shipped.rmdir()
    with pytest.raises(CheckpointMissing, match="is missing; install the program again"):
        default_model("swapping_autoencoder")


def test_one_missing_file_leaves_the_other_models(shipped):
    ship(shipped, "hills", "valleys")
    (shipped / "hills.safetensors").unlink()
    assert ids() == ["valleys"]
    assert "'hills'" in list_models().problems[0]


def test_a_damaged_shipped_file(shipped):
    ship(shipped, "hills", "valleys")
    (shipped / "hills.safetensors").write_bytes(b"")
    assert ids() == ["valleys"]
    assert "is damaged" in list_models().problems[0]


def test_duplicate_ids(shipped, user):
    ship(shipped, "hills")
    save_toy(user / "other.safetensors", model_id="hills")
    found = list_models()
    assert [spec.shipped for spec in found] == [True]
    assert found.problems[0].endswith(
        f"has the same id as {shipped / 'hills.safetensors'}, 'hills'; it is left out."
    )


def test_duplicate_ids_in_the_manifest(shipped):
    ship(shipped, "hills", "hills")
    assert ids() == ["hills"]
    assert "has the same id" in list_models().problems[0]


# Problems of the user's files


def test_damaged_files_are_reported_and_the_others_listed(user):
    save_toy(user / "good.safetensors")
    save_toy(user / "cut.safetensors")
    (user / "cut.safetensors").write_bytes((user / "cut.safetensors").read_bytes()[:-1])
    (user / "empty.safetensors").write_bytes(b"")
    (user / "folder.safetensors").mkdir()
    save_file({"a": torch.zeros(1)}, user / "foreign.safetensors")
    (user / "notes.txt").write_text("not weights")
    found = list_models()
    assert [spec.id for spec in found] == ["good"]
    words = ["cut", "empty", "folder", "foreign"]
    assert len(found.problems) == len(words)
    assert all(f"{w}.safetensors" in p for w, p in zip(words, found.problems, strict=True))


def test_a_discriminator_is_no_model_that_makes_pictures(user, monkeypatch):
    class Judge(Toy):
        def __init__(self, **_fields: object) -> None:
            super().__init__(structure_channels=1, texture_channels=1)

    monkeypatch.setitem(BUILDERS, PatchCooccurrenceConfig, Judge)
    path = user / "judge.safetensors"
    save_toy(path, Judge(), config=PatchCooccurrenceConfig())
    with pytest.raises(CheckpointMismatch, match="holds a PatchCooccurrence, which is no model"):
        spec_of_file(path)


# Finding


def test_nothing_is_installed():
    with pytest.raises(CheckpointMissing) as info:
        find_model("hills")
    assert str(info.value) == (
        "There is no model 'hills', for none is installed; "
        "import one, in the window or with `scumble models import FILE`."
    )


def test_an_unknown_id_names_what_there_is(shipped, user):
    ship(shipped, "hills")
    save_toy(user / "mine.safetensors")
    with pytest.raises(CheckpointMissing) as info:
        find_model("hill")
    assert str(info.value) == "There is no model 'hill'; installed are hills, mine."


def test_an_unknown_id_also_tells_what_is_wrong(shipped):
    (shipped / "manifest.toml").write_text("[[model]")
    with pytest.raises(CheckpointMissing, match=r"import FILE`\. The list of the shipped models"):
        find_model("hills")


def test_the_empty_name_is_unknown():
    with pytest.raises(CheckpointMissing, match="There is no model ''"):
        find_model("")


def test_a_path_needs_no_catalog(shipped, tmp_path):
    (shipped / "manifest.toml").write_text("[[model]")
    path = tmp_path / "mine.safetensors"
    save_toy(path)
    assert find_model(path).id == find_model(str(path)).id == "mine"
    assert find_model(path).path == path


@pytest.mark.parametrize(
    ("training", "words"), [({"pictures": 6455}, "7 steps on 6,455 pictures"), ({"by": "hand"}, "")]
)
def test_what_our_trainer_noted_is_told(tmp_path, training, words):
    save_toy(tmp_path / "mine.safetensors", training=training)
    assert find_model(str(tmp_path / "mine.safetensors")).trained == words


def test_a_path_without_a_file(tmp_path):
    with pytest.raises(CheckpointMissing, match="There is no file"):
        find_model(tmp_path / "mine.safetensors")
    with pytest.raises(CheckpointMissing, match=r"There is no file gone\.pth"):
        find_model("gone.pth")


def test_a_path_of_a_damaged_file(tmp_path):
    (tmp_path / "mine.safetensors").write_bytes(b"12345678{}")
    with pytest.raises(CheckpointCorrupt, match="is damaged"):
        find_model(tmp_path / "mine.safetensors")


@pytest.mark.parametrize("name", ["latest_checkpoint.pth", "X.PT"])
def test_a_pth_must_be_imported_first(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(CheckpointMismatch) as info:
        find_model(path)
    assert str(info.value).endswith(f"in the window or with `scumble models import {path}`.")


def test_the_default_is_the_first_shipped_one(shipped, user):
    save_toy(user / "aaa.safetensors")
    assert default_model("swapping_autoencoder").id == "aaa"
    ship(shipped, "valleys", "hills")
    assert default_model("swapping_autoencoder").id == "valleys"


def test_no_default_of_another_family(shipped):
    ship(shipped, "hills")
    with pytest.raises(
        CheckpointMissing, match="No model of the kind 'spade' is installed; import"
    ):
        default_model("spade")
