"""Published weights of SPADE: what a file tells, what lies beside it, what is told as a hint."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models import checkpoint
from models.builders import build, build_unfilled
from models.catalog import find_model
from models.configs import MultiscaleDiscriminatorConfig, SpadeConfig
from models.convert import import_file, load_published
from models.convert.spade import DISCRIMINATOR, FAMILY, detect, read_options, settle
from models.convert.spectral import spectral_names
from models.errors import CheckpointCorrupt, CheckpointMismatch, RequestError
from models.header import read_header
from models.networks.multiscale_discriminator import MultiscaleDiscriminator
from models.networks.spade import SpadeNetwork
from tests.models.toys import save_pickle

LICENCE = "CC BY-NC-SA 4.0: non-commercial"
COCO = SpadeConfig(classes=182, unknown_channel=True, edge_channel=True)
ADE = SpadeConfig(classes=150, unknown_channel=True)
CITY = SpadeConfig(
    classes=35, edge_channel=True, upsampling="more", crop_size=512, aspect_ratio=2.0
)
PUBLISHED = {
    "spade_coco_netG_full": (COCO, "coco_stuff"),
    "spade_ade20k_netG_full": (ADE, "ade20k"),
    "spade_cityscapes_netG_full": (CITY, "cityscapes"),
    "spade_coco_vae_netG_full": (replace(COCO, style_length=256, encoder=False), "coco_stuff"),
    "spade_ade20k_vae_netG_full": (replace(ADE, style_length=256, encoder=False), "ade20k"),
    "spade_cityscapes_vae_netG_full": (
        replace(CITY, style_length=256, encoder=False), "cityscapes"
    ),
    "spade_coco_like_netG_small": (SpadeConfig(classes=7, base_channels=8), None),
    "spade_cityscapes_like_more_netG_small": (SpadeConfig(classes=7, base_channels=4), None),
    "spade_most_netG_small": (SpadeConfig(classes=7, base_channels=4, upsampling="most"), None),
    "spade_vae_encoder_netG_small": (
        SpadeConfig(classes=4, base_channels=4, style_length=256, encoder=False), None
    ),
}  # fmt: skip
PLAIN = SpadeConfig(classes=3, base_channels=1, hidden_channels=2)
STYLED = replace(PLAIN, style_length=3)
OPTIONS = """----------------- Options ---------------
              aspect_ratio: 1.5                           	[default: 1.0]
    contain_dontcare_label: True                          	[default: False]
                 crop_size: 192                           	[default: 512]
              dataset_mode: custom                        	[default: coco]
                  label_nc: 1                             	[default: 182]
                  how_many: inf
               no_instance: False
     num_upsampling_layers: more                          	[default: normal]
----------------- End -------------------
"""


def listed(shared: Path, name: str) -> dict[str, Tensor]:
    """A state dict of the published shapes that takes no memory."""
    keys = json.loads((shared / "keys" / f"{name}.json").read_text())["keys"]
    kinds = {"float32": torch.zeros(1), "int64": torch.zeros(1, dtype=torch.int64)}
    return {k: kinds[kind].expand(shape) if shape else kinds[kind][0] for k, shape, kind in keys}


def weights(config: SpadeConfig, seed: int = 0) -> dict[str, Tensor]:
    """A state dict with singular vectors that have not converged."""
    torch.manual_seed(seed)
    network = build(config)
    with torch.no_grad():
        for key, tensor in network.state_dict().items():
            if key.endswith(("bias", "running_mean")):
                tensor.normal_()
            if key.endswith("weight_v"):
                stem = key.removesuffix("weight_v")
                matrix = network.state_dict()[f"{stem}weight_orig"].flatten(1)
                u = network.state_dict()[f"{stem}weight_u"]
                tensor.copy_(torch.nn.functional.normalize(matrix.T @ u, dim=0))
    return dict(network.state_dict())


def part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


def save_files(folder: Path, state: dict[str, Tensor], options: str = "") -> Path:
    """The generator's file, the encoder's beside it when there is one, and the options."""
    folder.mkdir(exist_ok=True)
    if encoder := part(state, "E."):
        save_pickle(folder / "latest_net_E.pth", encoder)
    if options:
        (folder / "opt.txt").write_text(options)
    return save_pickle(folder / "latest_net_G.pth", part(state, "G."))


def semantics(config: SpadeConfig, height: int = 32, width: int = 32) -> Tensor:
    channels = config.classes + config.unknown_channel + config.edge_channel
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(channels, (1, height, width), generator=generator)
    return torch.nn.functional.one_hot(labels, channels).permute(0, 3, 1, 2).float()


def spade(found: Any) -> SpadeNetwork:
    assert isinstance(found.network, SpadeNetwork)
    return found.network


# Published files


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_options_show_in_the_published_keys(shared, tmp_path, name):
    state = listed(shared, name)
    settled = settle(state, tmp_path / "latest_net_G.pth", {})
    assert (settled.config, settled.palette_id) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_keys_load_strictly(shared, name):
    state = FAMILY.canonical(listed(shared, name))
    network = build_unfilled(PUBLISHED[name][0])
    checkpoint.check_fit(network.state_dict(), state, name)
    network.load_state_dict(state, strict=True, assign=True)


@pytest.mark.parametrize("dataset", ["coco", "ade20k", "cityscapes"])
def test_the_encoder_beside_completes_every_published_model(shared, tmp_path, dataset):
    config = replace(PUBLISHED[f"spade_{dataset}_vae_netG_full"][0], encoder=True)
    save_pickle(tmp_path / "latest_net_E.pth", listed(shared, "spade_vae_netE_full"))
    path = tmp_path / "latest_net_G.pth"
    state = FAMILY.complete(listed(shared, f"spade_{dataset}_vae_netG_full"), path)
    assert settle(state, path, {}).config == config
    network = build_unfilled(config)
    checkpoint.check_fit(network.state_dict(), FAMILY.canonical(state), dataset)


@pytest.mark.golden
@pytest.mark.parametrize("legacy", [False, True])
def test_golden_weights_of_a_file(golden, tmp_path, legacy):
    data = golden("spade_coco_like")
    path = save_pickle(tmp_path / "latest_net_G.pth", data.sd, legacy=legacy)
    found = load_published(path, unknown_channel=True, edge_channel=True, crop_size=64)
    assert found.config == SpadeConfig(
        classes=5, unknown_channel=True, edge_channel=True, base_channels=8, crop_size=64
    )
    assert (found.family, found.licence, found.palette_id) == ("spade", LICENCE, None)
    assert found.source == "converted from latest_net_G.pth"
    with torch.inference_mode():
        data.check(spade(found)(data.given["semantics_u8"].float()), "image")


@pytest.mark.golden
@pytest.mark.parametrize("prefixed", [False, True])
def test_golden_weights_of_two_files_and_of_one(golden, tmp_path, prefixed):
    data = golden("spade_vae_encoder")
    if prefixed:
        path = save_pickle(tmp_path / "x.pth", {f"module.{k}": v for k, v in data.sd.items()})
    else:
        path = save_pickle(tmp_path / "latest_net_G.pth", data.module("netG."))
        save_pickle(tmp_path / "latest_net_E.pth", data.module("netE."))
    network = spade(load_published(path))
    with torch.inference_mode():
        z = data.given["z"]
        data.check(network(data.given["semantics_u8"].float(), z=z), "image_from_z")
        mean, log_variance = network.encode_style(data.given["image"])
    data.check(mean, "E_mu")
    data.check(log_variance, "E_logvar")


# The encoder's file


def test_styles_without_the_encoders_file(tmp_path):
    path = save_files(tmp_path, weights(replace(STYLED, encoder=False)))
    found = load_published(path)
    assert found.config == replace(STYLED, encoder=False)
    assert spade(found)(semantics(STYLED), torch.ones(1, 3)).shape == (1, 3, 32, 32)
    with pytest.raises(RequestError, match=r"import it again with the file latest_net_E\.pth"):
        spade(found).encode_style(torch.zeros(1, 3, 8, 8))


def test_the_encoder_of_the_same_step_is_taken(tmp_path):
    state, other = weights(STYLED), weights(STYLED, 1)
    save_files(tmp_path, other)
    save_pickle(tmp_path / "20_net_E.pth", part(state, "E."))
    network = spade(load_published(save_pickle(tmp_path / "20_net_G.pth", part(state, "G."))))
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_an_encoder_of_another_width_does_not_fit(tmp_path):
    path = save_files(tmp_path, weights(STYLED))
    save_pickle(
        tmp_path / "latest_net_E.pth", part(weights(replace(STYLED, base_channels=2)), "E.")
    )
    with pytest.raises(CheckpointMismatch, match=r"does not fit its network: E\.layer1") as info:
        load_published(path)
    assert all(line.startswith("E.") for line in info.value.shapes)


def test_a_damaged_encoder_is_named(tmp_path):
    path = save_files(tmp_path, weights(STYLED))
    (tmp_path / "latest_net_E.pth").write_bytes(b"\x80\x02x")
    with pytest.raises(CheckpointCorrupt, match=r"latest_net_E\.pth is cut short"):
        load_published(path)


def test_a_model_without_styles_asks_for_no_encoder(tmp_path):
    path = save_files(tmp_path, weights(PLAIN))
    (tmp_path / "latest_net_E.pth").write_bytes(b"\x80\x02x")
    assert load_published(path).config == PLAIN


@pytest.mark.parametrize(
    ("file", "generator"),
    [("latest_net_E.pth", "latest_net_G.pth"), ("20_net_E.pth", "20_net_G.pth"),
     ("encoder.pth", "latest_net_G.pth")],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "netE."])
def test_an_encoder_alone(tmp_path, file, generator, prefix):
    encoder = {prefix + k: v for k, v in part(weights(STYLED), "E.").items()}
    path = save_pickle(tmp_path / file, encoder)
    with pytest.raises(CheckpointMismatch) as info:
        load_published(path)
    assert str(info.value) == (
        f"{path} is the image encoder of a SPADE model alone; "
        f"open the generator beside it, {generator}, which brings its encoder along."
    )


# Hints and options


@pytest.mark.parametrize(
    ("config", "hints"),
    [
        (replace(STYLED, crop_size=64), {}),
        (replace(STYLED, crop_size=512), {}),
        (replace(STYLED, aspect_ratio=2.0), {}),
        (replace(STYLED, crop_size=128, upsampling="more"), {"upsampling": "more"}),
        (replace(STYLED, crop_size=128, upsampling="more"), {"crop_size": 128}),
        (replace(STYLED, base_channels=2, crop_size=128, upsampling="most"), {}),
        (replace(STYLED, crop_size=128, aspect_ratio=0.5), {"aspect_ratio": 0.5}),
        (replace(STYLED, aspect_ratio=1.3), {"aspect_ratio": 1.3, "upsampling": "normal"}),
        (replace(STYLED, crop_size=96, aspect_ratio=0.75), {"crop_size": 96}),
    ],
)
def test_the_first_maps_size_follows_from_shapes_and_hints(tmp_path, config, hints):
    path = save_files(tmp_path, weights(config))
    assert load_published(path, **hints).config == config


@pytest.mark.parametrize(
    ("config", "hints"),
    [
        (replace(PLAIN, unknown_channel=True), {"unknown_channel": True}),
        (replace(PLAIN, edge_channel=True), {"classes": 3}),
        (replace(PLAIN, unknown_channel=True, edge_channel=True), {"classes": 3}),
        (replace(PLAIN, unknown_channel=True), {"classes": 3, "edge_channel": False}),
        (replace(PLAIN, classes=184), {"classes": 184}),
        (replace(PLAIN, classes=35, unknown_channel=True, upsampling="more", crop_size=512,
                 aspect_ratio=2.0), {"unknown_channel": True, "edge_channel": False}),
        (replace(PLAIN, upsampling="more", aspect_ratio=1.5), {"upsampling": "more",
                                                               "aspect_ratio": 1.5}),
    ],
)  # fmt: skip
def test_what_the_channels_are_follows_from_hints(tmp_path, config, hints):
    found = load_published(save_files(tmp_path, weights(config)), **hints)
    assert (found.config, found.palette_id) == (config, None)


@pytest.mark.parametrize(
    ("hints", "words"),
    [
        ({"classes": 9}, r"reads 3 channels, .* fit classes 9, unknown_channel False and edge_ch"),
        ({"crop_size": 700}, "from a map of 64 cells, which does not fit crop_size 700, aspect_ra"),
        ({"crop_size": 65536}, "does not fit crop_size 65536"),
        ({"base_channels": 65536}, "does not fit base_channels 65536: its shapes say 1"),
        ({"hidden_channels": 128}, "does not fit hidden_channels 128: its shapes say 2"),
        ({"style_length": 256}, "does not fit style_length 256: its shapes say 3"),
        ({"encoder": False}, "does not fit encoder False: its shapes say True"),
        ({"upsampling": "most"}, "does not fit its network|does not fit crop_size"),
        ({"aspect_ratio": 1e-300}, "'aspect_ratio' of a SpadeConfig cannot be 1e-300"),
        ({"upsampling": "twice"}, "cannot be 'twice'"),
        ({"crop_size": "256"}, "cannot be '256'"),
    ],
)
def test_hints_that_contradict_the_shapes(tmp_path, hints, words):
    path = save_files(tmp_path, weights(STYLED))
    with pytest.raises(CheckpointMismatch, match=words):
        load_published(path, **hints)


def test_a_hint_that_is_no_setting(tmp_path):
    path = save_files(tmp_path, weights(PLAIN))
    with pytest.raises(RequestError, match="A SPADE generator has no setting 'label_nc'; it has"):
        load_published(path, label_nc=3)


def test_options_beside_the_file(tmp_path):
    path = save_files(tmp_path, weights(PLAIN), OPTIONS)
    expected = SpadeConfig(
        classes=1, unknown_channel=True, edge_channel=True, base_channels=1, hidden_channels=2,
        upsampling="more", crop_size=192, aspect_ratio=1.5,
    )  # fmt: skip
    assert load_published(path).config == expected
    assert load_published(path, upsampling="normal").config == replace(
        expected, upsampling="normal"
    )


def test_options_that_do_not_fit_are_of_another_model(tmp_path):
    options = OPTIONS.replace("label_nc: 1", "label_nc: 7")
    found = load_published(save_files(tmp_path, weights(STYLED), options))
    assert found.config == STYLED


@pytest.mark.parametrize("mode", ["coco", "custom"])
def test_own_labels_have_no_palette(tmp_path, mode):
    path = save_files(tmp_path, weights(replace(PLAIN, classes=184)), f"dataset_mode: {mode}\n")
    found = load_published(path)
    assert found.config == replace(COCO, base_channels=1, hidden_channels=2)
    assert found.palette_id == ("coco_stuff" if mode == "coco" else None)


@pytest.mark.parametrize(
    "options",
    [
        "label_nc: many\ncontain_dontcare_label: perhaps\nno_instance:\n",
        "crop_size: -4\naspect_ratio: nan\nnum_upsampling_layers: twice\n",
        "\0\xff" * 99,
        "label_nc\n" + "x" * 100_000 + "\nlabel_nc: 1\n",
    ],
)
def test_options_that_make_no_sense_are_left_out(tmp_path, options):
    assert load_published(save_files(tmp_path, weights(PLAIN), options)).config == PLAIN


def test_options_that_are_no_file(tmp_path):
    (tmp_path / "opt.txt").mkdir()
    assert read_options(tmp_path / "opt.txt") == {}


def test_the_lines_of_the_options(tmp_path):
    (tmp_path / "opt.txt").write_text(OPTIONS)
    options = read_options(tmp_path / "opt.txt")
    assert options["crop_size"] == "192"
    assert options["no_instance"] == "False"
    assert options["how_many"] == "inf"
    assert len(options) == 8


# Dialects


def as_torch_0_4(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The normalised weight is stored and no v; batches are not counted."""
    found: dict[str, Tensor] = {}
    for key, value in state.items():
        stem = key.removesuffix("weight_v")
        if key.endswith("weight_v"):
            matrix = state[f"{stem}weight_orig"].flatten(1)
            norm = torch.dot(state[f"{stem}weight_u"], matrix @ value)
            found[f"{stem}weight"] = state[f"{stem}weight_orig"] / norm
        elif not key.endswith("num_batches_tracked"):
            found[key] = value
    return found


def as_parametrized(state: dict[str, Tensor]) -> dict[str, Tensor]:
    names = {
        "weight_orig": "parametrizations.weight.original",
        "weight_u": "parametrizations.weight.0._u",
        "weight_v": "parametrizations.weight.0._v",
    }
    stems = {key: key.rpartition(".") for key in state}
    return {f"{stems[k][0]}.{names.get(stems[k][2], stems[k][2])}": v for k, v in state.items()}


def with_both(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Where v is stored, a normalised weight beside it says nothing."""
    surplus = {
        k.replace("_orig", ""): torch.zeros_like(v) for k, v in state.items() if "_orig" in k
    }
    return {**state, **surplus}


@pytest.mark.parametrize("dialect", [as_torch_0_4, as_parametrized, with_both])
def test_every_way_of_storing_spectral_norms_gives_the_same_pictures(tmp_path, dialect):
    state = weights(STYLED)
    plain = spade(load_published(save_files(tmp_path / "a", state)))
    other = spade(load_published(save_files(tmp_path / "b", dialect(state))))
    z, photo = torch.ones(1, 3), torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        expected = plain(semantics(STYLED), z)
        assert expected.std().item() > 0.01
        assert (other(semantics(STYLED), z) - expected).abs().max().item() < 1e-5
        for ours, theirs in zip(other.encode_style(photo), plain.encode_style(photo), strict=True):
            assert torch.allclose(ours, theirs, atol=1e-5)


def test_golden_weights_as_torch_0_4_stored_them(golden, tmp_path):
    data = golden("spade_coco_like")
    path = save_pickle(tmp_path / "x.pth", as_torch_0_4(data.sd))
    with torch.inference_mode():
        data.check(spade(load_published(path))(data.given["semantics_u8"].float()), "image")


@pytest.mark.parametrize(
    "state",
    [
        {"a.weight_orig": torch.ones(2, 3)},
        {"a.weight_orig": torch.ones(2, 3), "a.weight_u": torch.ones(2)},
    ],
)
def test_half_a_spectral_norm_is_left_as_it_is(state):
    assert spectral_names(state).keys() == state.keys()


@pytest.mark.parametrize("u", [torch.ones(3), torch.ones(2, 1)])
def test_vectors_that_do_not_fit_their_weight_are_left_as_they_are(u):
    weight = torch.ones(2, 3)
    state = {"a.weight_orig": weight, "a.weight_u": u, "a.weight": weight}
    assert spectral_names(state).keys() == {"a.weight_orig", "a.weight_u"}


def test_a_state_dict_of_our_own_network(tmp_path):
    state = weights(STYLED)
    network = spade(load_published(save_pickle(tmp_path / "final.pt", state)))
    assert all(torch.equal(value, state[key]) for key, value in network.state_dict().items())


def test_a_whole_trainings_discriminator_is_left_out(tmp_path):
    state = {f"net{key}": value for key, value in weights(STYLED).items()}
    state["netD.discriminator_0.model0.0.weight"] = torch.zeros(1)
    found = load_published(save_pickle(tmp_path / "x.pth", state))
    assert found.config == STYLED


# Files that fit nothing


@pytest.mark.parametrize(
    "key",
    ["head_0.conv_0.weight_orig", "up_3.conv_s.weight_u", "G_middle_0.norm_1.mlp_beta.bias",
     "fc.weight", "up_2.norm_s.param_free_norm.running_var"],
)  # fmt: skip
def test_a_missing_tensor_is_named(tmp_path, key):
    state = weights(PLAIN)
    del state[f"G.{key}"]
    path = save_files(tmp_path, state)
    with pytest.raises(CheckpointMismatch, match="a SPADE generator, does not fit") as info:
        load_published(path)
    assert f"G.{key}" in info.value.missing


def test_half_a_generator_names_its_family(tmp_path):
    state = part(weights(PLAIN), "G.")
    del state["conv_img.weight"]
    with pytest.raises(
        CheckpointMismatch, match=r"looks like a SPADE generator, but is not whole: conv_img\.weig"
    ):
        load_published(save_pickle(tmp_path / "x.pth", state))


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("head_0.conv_0.bias", (4_000_000,)),
        ("head_0.conv_0.bias", ()),
        ("up_3.norm_1.mlp_gamma.bias", (4_000_000,)),
        ("up_3.norm_1.mlp_gamma.bias", (0,)),
        ("head_0.norm_0.mlp_shared.0.bias", (9,)),
        ("head_0.norm_0.mlp_shared.0.weight", (3,)),
        ("fc.weight", (5,)),
    ],
)
def test_shapes_that_make_no_sense(tmp_path, key, shape):
    state = part(weights(PLAIN), "G.")
    path = save_pickle(tmp_path / "x.pth", {**state, key: torch.zeros(shape)})
    with pytest.raises(CheckpointMismatch, match="does not fit its network") as info:
        load_published(path)
    assert info.value.shapes


def test_more_channels_than_there_can_be(tmp_path):
    state = part(weights(PLAIN), "G.")
    for norm in ("head_0.norm_0", "up_3.norm_1"):
        state[f"{norm}.mlp_shared.0.weight"] = torch.zeros(1).expand(2, 70_000, 3, 3)
    with pytest.raises(CheckpointMismatch, match="'classes' of a SpadeConfig cannot be 70000"):
        load_published(save_pickle(tmp_path / "x.pth", state))


def test_nan_is_refused(tmp_path):
    state = weights(PLAIN)
    state["G.conv_img.bias"][1] = float("nan")
    with pytest.raises(CheckpointCorrupt, match=r"G\.conv_img\.bias contains NaN"):
        load_published(save_files(tmp_path, state))


def test_something_else_is_no_spade():
    assert detect({"fc.weight": torch.zeros(10, 4)}) is None
    assert DISCRIMINATOR.detect({"discriminator_0.model0.0.bias": torch.zeros(4)}) is None
    assert FAMILY.canonical({}) == {}


# Discriminators


@pytest.mark.parametrize(
    ("dataset", "channels"), [("coco", 187), ("ade20k", 154), ("cityscapes", 39)]
)
def test_published_discriminators(shared, dataset, channels):
    state = listed(shared, f"spade_{dataset}_netD_full")
    config = DISCRIMINATOR.detect(state)
    assert isinstance(config, MultiscaleDiscriminatorConfig)
    assert config == MultiscaleDiscriminatorConfig(in_channels=channels)
    network = build_unfilled(config)
    checkpoint.check_fit(network.state_dict(), DISCRIMINATOR.canonical(state), dataset)


@pytest.mark.parametrize("dialect", [dict, as_torch_0_4, as_parametrized])
def test_a_discriminator_is_loaded_but_is_no_model(tmp_path, monkeypatch, dialect):
    monkeypatch.setenv("SCUMBLE_MODELS", str(tmp_path / "user"))
    torch.manual_seed(0)
    config = MultiscaleDiscriminatorConfig(in_channels=5, base_channels=2, layers=3, scales=3)
    network = build(config).eval()
    path = save_pickle(tmp_path / "latest_net_D.pth", dialect(dict(network.state_dict())))
    found = load_published(path)
    assert (found.config, found.family) == (config, "spade_discriminator")
    assert (found.licence, found.palette_id) == (LICENCE, None)
    assert isinstance(found.network, MultiscaleDiscriminator)
    x = torch.rand(1, 5, 32, 32)
    for ours, theirs in zip(found.network(x), network(x), strict=True):
        assert torch.allclose(ours[-1], theirs[-1], atol=1e-4, rtol=1e-4)
    with pytest.raises(CheckpointMismatch, match="a MultiscaleDiscriminator, which is no model"):
        import_file(path)
    assert not (tmp_path / "user").exists()


# Importing


def test_an_imported_model_knows_its_palette(tmp_path, monkeypatch):
    monkeypatch.setenv("SCUMBLE_MODELS", str(tmp_path / "user"))
    config = replace(ADE, base_channels=1, hidden_channels=2, style_length=3)
    state = weights(config)
    path = import_file(save_files(tmp_path / "ade20k_pretrained", state))
    assert path == tmp_path / "user" / "ade20k_pretrained.safetensors"
    header = read_header(path)
    assert (header.config, header.palette_id, header.licence) == (config, "ade20k", LICENCE)
    spec = find_model("ade20k_pretrained")
    assert (spec.family, spec.io.palette_id, spec.non_commercial) == ("spade", "ade20k", True)
    loaded = checkpoint.load(spec).network.state_dict()
    for key, value in state.items():
        rounded = value.half().float() if value.is_floating_point() else value
        # Statistics that half the precision would harm keep all of it.
        exact = key.endswith(checkpoint.STATISTICS) and torch.equal(loaded[key], value)
        assert exact or torch.equal(loaded[key], rounded), key
    assert load_published(path).palette_id == "ade20k"


def test_an_import_takes_hints(tmp_path):
    source = save_files(tmp_path, weights(PLAIN))
    path = import_file(source, name="Mine", folder=tmp_path, hints={"upsampling": "more"})
    assert read_header(path).config == replace(PLAIN, upsampling="more")
    with pytest.raises(RequestError, match="says itself what it is: leave upsampling out"):
        import_file(path, name="Again", folder=tmp_path, hints={"upsampling": "most"})
