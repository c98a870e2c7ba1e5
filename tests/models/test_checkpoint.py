import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from models import checkpoint
from models.builders import BUILDERS, build
from models.catalog import IoSpec, spec_of_file
from models.configs import (
    CONFIGS,
    PatchCooccurrenceConfig,
    SpadeConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
)
from models.errors import (
    CheckpointCorrupt,
    CheckpointError,
    CheckpointMismatch,
    CheckpointMissing,
    RequestError,
)
from models.header import read_header
from models.networks.spade import SpadeNetwork
from tests.models.toys import CONFIG, Toy, rewrite, save_toy, toy


@pytest.fixture(autouse=True)
def _toy_network(monkeypatch):
    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Toy)


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "toy.safetensors"
    save_toy(path)
    return path


def toy_in(loaded: checkpoint.Checkpoint) -> Toy:
    assert isinstance(loaded.network, Toy)
    return loaded.network


def flip_byte(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x40
    path.write_bytes(data)


def test_what_was_saved_is_loaded(tmp_path):
    network = toy()
    axes = torch.randn(2, 4)
    path = tmp_path / "new folder" / "toy.safetensors"
    sha256 = save_toy(path, network, extras={"texture.axes": axes}, palette_id="coco")
    loaded = checkpoint.load(path)
    assert torch.equal(toy_in(loaded).linear.weight, network.linear.weight.half().float())
    assert toy_in(loaded).linear.weight.requires_grad
    assert not loaded.network.training
    assert toy_in(loaded).steps == 5
    assert toy_in(loaded).steps.dtype == torch.int64
    assert torch.equal(loaded.extras["texture.axes"], axes)
    assert loaded.sha256 == sha256
    assert loaded.header.model_id == "toy"
    assert loaded.header.config == CONFIG
    assert loaded.header.palette_id == "coco"
    assert (loaded.header.step, loaded.header.ema) == (7, True)
    assert loaded.header.training == {"recipe": "toy", "minutes": 0.5}


def test_weights_are_stored_in_16_bits_and_the_network_is_left_alone(saved):
    network = toy()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    save_toy(saved, network)
    assert load_file(saved)["linear.weight"].dtype == torch.float16
    assert network.training
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


def test_loading_needs_no_random_numbers(saved):
    state = torch.random.get_rng_state()
    checkpoint.load(saved)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_loaded_network_does_not_hold_on_to_the_file(saved):
    loaded = checkpoint.load(saved)
    before = toy_in(loaded).linear.weight.clone()
    with open(saved, "r+b") as file:
        file.seek(-40, os.SEEK_END)
        file.write(b"\0" * 40)
    assert torch.equal(toy_in(loaded).linear.weight, before)


def test_the_hash_is_left_out_on_request(saved):
    assert checkpoint.load(saved, check_hash=False).sha256 == ""


def test_the_true_network_survives_the_disk(tmp_path, monkeypatch, tiny_config):
    monkeypatch.undo()
    torch.manual_seed(1)
    network = build(tiny_config)
    path = tmp_path / "tiny.safetensors"
    save_toy(path, network, config=tiny_config)
    loaded = checkpoint.load(spec_of_file(path))
    state = loaded.network.state_dict()
    assert list(state) == list(network.state_dict())
    assert all(torch.equal(state[k], v.half().float()) for k, v in network.state_dict().items())
    checkpoint.verify(spec_of_file(path))


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (SwappingAutoencoderConfig(), "SwappingAutoencoder"),
        (StyleGAN2DiscriminatorConfig(size_px=64), "ImageDiscriminator"),
        (PatchCooccurrenceConfig(), "PatchCooccurrenceDiscriminator"),
    ],
)
def test_every_config_has_a_builder(config, name, monkeypatch):
    monkeypatch.undo()
    with torch.device("meta"):
        assert type(build(config)).__name__ == name


def test_all_configs_have_builders():
    assert set(BUILDERS) == set(CONFIGS.values())


# What cannot be saved


@pytest.mark.parametrize("model_id", ["", "../up", "Upper", "a b", "a/b", "-a", "a" * 101])
def test_an_impossible_id_is_refused(tmp_path, model_id):
    with pytest.raises(RequestError, match="cannot be the id"):
        save_toy(tmp_path / "x.safetensors", model_id=model_id)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "linear.bias contains NaN or infinity"),
        (float("-inf"), "linear.bias contains NaN or infinity"),
        (7e4, "linear.bias has values beyond 65504"),
    ],
)
def test_a_bad_weight_is_not_written_and_the_old_file_stays(saved, value, words):
    before = saved.read_bytes()
    network = toy()
    with torch.no_grad():
        network.linear.bias[1] = value
    with pytest.raises(CheckpointCorrupt, match=words):
        save_toy(saved, network)
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_a_bad_extra_is_not_written(tmp_path):
    with pytest.raises(CheckpointCorrupt, match=r"extra\.mean contains NaN"):
        save_toy(tmp_path / "x.safetensors", extras={"mean": torch.tensor([float("nan")])})
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_computes_nan_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(Toy, "probe", lambda _self: torch.tensor([float("nan")]))
    with pytest.raises(CheckpointCorrupt, match="computes NaN or infinity"):
        save_toy(tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_another_config_is_not_written(tmp_path):
    with pytest.raises(CheckpointMismatch, match=r"linear\.weight is 3x4 instead of 3x9"):
        save_toy(tmp_path / "x.safetensors", config=replace(CONFIG, texture_channels=9))


def test_a_full_disk_leaves_the_old_file_and_no_litter(saved, monkeypatch):
    before = saved.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"cannot be written: No space left on device\."):
        save_toy(saved, toy(seed=1))
    assert saved.read_bytes() == before
    assert os.listdir(saved.parent) == [saved.name]


def test_a_file_where_a_folder_should_be_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_toy(tmp_path / "file" / "x.safetensors")


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    save_toy(tmp_path / "x.safetensors")
    (tmp_path / "other").write_text("")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_buffer_outside_of_the_state_dict_is_noticed(monkeypatch):
    class Forgetful(Toy):
        def __init__(self, **fields: int) -> None:
            super().__init__(**fields)
            self.register_buffer("lost", torch.ones(1), persistent=False)

    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Forgetful)
    with pytest.raises(TypeError, match="buffer outside of its state dict"):
        checkpoint.assemble(CONFIG, toy().state_dict(), "x")


def test_tied_weights_are_stored_apart(tmp_path, monkeypatch):
    class Tied(Toy):
        def __init__(self, **fields: int) -> None:
            super().__init__(**fields)
            self.again = nn.Linear(1, 1)
            self.again.weight = self.linear.weight

    monkeypatch.setitem(BUILDERS, SwappingAutoencoderConfig, Tied)
    path = tmp_path / "tied.safetensors"
    network = Tied(structure_channels=3, texture_channels=4)
    save_toy(path, network)
    assert "again.weight" in checkpoint.load(path).network.state_dict()


# What cannot be loaded, in the order of the checks


def test_no_file(tmp_path):
    with pytest.raises(CheckpointMissing, match=r"There is no file .*x\.safetensors"):
        checkpoint.load(tmp_path / "x.safetensors")


@pytest.mark.parametrize("name", ["a\0b.safetensors", "a" * 300 + ".safetensors"])
def test_no_possible_file(tmp_path, name):
    with pytest.raises(CheckpointMissing, match="There is no file"):
        checkpoint.load(tmp_path / name)


def test_a_folder(tmp_path):
    with pytest.raises(CheckpointMissing, match="is a folder"):
        checkpoint.load(tmp_path)


def test_no_permission(saved, monkeypatch):
    def denied(*_args: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(CheckpointMissing, match=r"cannot be opened: Permission denied\."):
        checkpoint.load(saved)


def test_a_changed_byte_shows_in_the_hash(saved):
    spec = spec_of_file(saved)
    listed = replace(spec, weights=replace(spec.weights, sha256=checkpoint.load(spec).sha256))
    checkpoint.verify(listed)
    flip_byte(saved, -1)
    with pytest.raises(CheckpointCorrupt, match="is not the file that the model 'toy'"):
        checkpoint.verify(listed)


def test_another_size_shows_without_the_hash(saved):
    spec = spec_of_file(saved)
    save_toy(saved, title="A title that is longer than before")
    with pytest.raises(CheckpointCorrupt, match="size or sha256 differs"):
        checkpoint.load(spec, check_hash=False)


@pytest.mark.parametrize("keep", [0, 3, 200, -1])
def test_a_file_cut_short(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(CheckpointCorrupt, match="not a whole safetensors file"):
        checkpoint.load(saved)


def test_a_file_that_vanishes_between_header_and_tensors(saved):
    with pytest.raises(CheckpointCorrupt, match="cannot be read"):
        checkpoint.read_tensors(saved.with_name("gone.safetensors"))


def test_safetensors_of_others(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(
        CheckpointMismatch, match="import it first, in the window or with `scumble models import"
    ):
        checkpoint.load(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "other"}, "id of the model 'other' differs"),
        ({"family": "spade"}, "family of"),
        ({"config": replace(CONFIG, texture_channels=5)}, "config of"),
        ({"io": IoSpec(16, 112, "coco")}, "palette of"),
    ],
)
def test_a_header_that_differs_from_the_list(saved, changes, words):
    with pytest.raises(CheckpointMismatch, match=words):
        checkpoint.load(replace(spec_of_file(saved), **changes))


@pytest.mark.parametrize("field", ["licence", "step"])
def test_a_licence_or_step_that_differs_from_the_list(saved, field):
    spec = spec_of_file(saved)
    value = {"licence": "MIT", "step": 8}[field]
    weights = replace(spec.weights, **{field: value})
    with pytest.raises(CheckpointMismatch, match=f"{field} of the model 'toy' differs"):
        checkpoint.load(replace(spec, weights=weights))


def test_a_missing_tensor(saved):
    rewrite(saved, {"linear.bias": None})
    with pytest.raises(CheckpointMismatch, match=r"its network: linear\.bias is missing\.") as info:
        checkpoint.load(saved)
    assert info.value.missing == ("linear.bias",)


def test_surplus_tensors_are_named_and_counted(saved):
    rewrite(saved, {f"more{i}": torch.zeros(1) for i in range(5)})
    with pytest.raises(CheckpointMismatch) as info:
        checkpoint.load(saved)
    assert str(info.value).endswith(
        "its network: more0 is surplus, more1 is surplus, more2 is surplus, and 2 more."
    )
    assert len(info.value.unexpected) == 5


def test_another_shape(saved):
    rewrite(saved, {"linear.bias": torch.zeros(2).half()})
    with pytest.raises(CheckpointMismatch, match=r"linear\.bias is 2 instead of 3\.") as info:
        checkpoint.load(saved)
    assert info.value.shapes == ("linear.bias: 2, 3",)


def test_another_kind_of_numbers(saved):
    rewrite(saved, {"linear.bias": torch.zeros(3, dtype=torch.int32), "steps": torch.ones(())})
    with pytest.raises(CheckpointMismatch) as info:
        checkpoint.load(saved)
    assert set(info.value.shapes) == {
        "linear.bias: 3 of int32, 3",
        "steps: one number, one number of int64",
    }


def test_a_nan_in_a_weight(saved):
    rewrite(saved, {"linear.bias": torch.tensor([0.0, float("nan"), 0.0]).half()})
    with pytest.raises(CheckpointCorrupt, match=r"linear\.bias contains NaN or infinity"):
        checkpoint.load(saved)


def test_a_nan_in_an_extra(saved):
    rewrite(saved, {"extra.mean": torch.tensor([float("inf")])})
    with pytest.raises(CheckpointCorrupt, match="mean contains NaN or infinity"):
        checkpoint.load(saved)


def test_a_changed_weight_shows_in_the_probe(saved):
    bias = load_file(saved)["linear.bias"]
    rewrite(saved, {"linear.bias": bias + 0.1})
    with pytest.raises(CheckpointCorrupt, match="computes something else"):
        checkpoint.load(saved)


@pytest.mark.parametrize("probe", [[], [0.0], [float("nan")] * 3])
def test_a_probe_of_another_length_or_nan(saved, probe):
    rewrite(saved, header={"probe": probe})
    with pytest.raises(CheckpointCorrupt, match="computes something else"):
        checkpoint.load(saved)


def test_a_probe_may_differ_by_rounding(saved):
    probe = [value * (1 + 1e-5) for value in read_header(saved).probe]
    rewrite(saved, header={"probe": probe})
    checkpoint.load(saved)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [((1e6, 12.345678), torch.float32), ((1e-6, 0.5), torch.float32), ((2.0, 0.5), torch.float16)],
)
def test_statistics_of_batches_keep_their_range(tmp_path, values, dtype):
    """Published variances may be beyond float16; where they are not, it is taken."""
    config = SpadeConfig(classes=2, base_channels=1, hidden_channels=2, crop_size=32)
    network = build(config).eval()
    assert isinstance(network, SpadeNetwork)
    norm = network.G.head_0.norm_0.param_free_norm
    norm.running_var[0], norm.running_var[1] = values
    path = tmp_path / "x.safetensors"
    save_toy(path, network, config=config)
    assert load_file(path)["G.head_0.norm_0.param_free_norm.running_var"].dtype == dtype
    loaded = checkpoint.load(path).network
    assert isinstance(loaded, SpadeNetwork)
    again = loaded.G.head_0.norm_0.param_free_norm
    torch.testing.assert_close(again.running_var, norm.running_var, rtol=1e-3, atol=0)
