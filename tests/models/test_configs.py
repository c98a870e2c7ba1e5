import json
import math

import pytest

from models.configs import (
    CONFIGS,
    MultiscaleDiscriminatorConfig,
    PatchCooccurrenceConfig,
    SpadeConfig,
    StyleGAN2DiscriminatorConfig,
    SwappingAutoencoderConfig,
    config_from_dict,
    config_to_dict,
)
from models.errors import CheckpointMismatch

TABLE = config_to_dict(SwappingAutoencoderConfig())


@pytest.mark.parametrize(
    "config",
    [
        SwappingAutoencoderConfig(encoder_scale=0.4, structure_downsamplings=5),
        StyleGAN2DiscriminatorConfig(size_px=768),
        PatchCooccurrenceConfig(scale=2.0),
        SpadeConfig(classes=14, unknown_channel=True, upsampling="more", style_length=64),
        SpadeConfig(classes=1, edge_channel=True, encoder=False, aspect_ratio=0.5),
        MultiscaleDiscriminatorConfig(in_channels=17, scales=3),
    ],
)
def test_a_config_survives_json(config):
    assert config_from_dict(json.loads(json.dumps(config_to_dict(config)))) == config


def test_every_class_is_registered_under_its_name():
    assert all(name == config.__name__ for name, config in CONFIGS.items())


@pytest.mark.parametrize("name", ["Later", None, 3, ["SwappingAutoencoderConfig"]])
def test_an_unknown_type(name):
    with pytest.raises(CheckpointMismatch, match="a network of the unknown type"):
        config_from_dict({**TABLE, "type": name})


def test_missing_settings_are_named():
    table = {name: value for name, value in TABLE.items() if "channels" not in name}
    with pytest.raises(CheckpointMismatch, match=r"lack structure_channels, texture_channels\."):
        config_from_dict(table)


def test_an_unknown_setting_is_named():
    with pytest.raises(CheckpointMismatch, match="has no setting 'colour'"):
        config_from_dict({**TABLE, "colour": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("structure_channels", 8.0),
        ("structure_channels", 0),
        ("structure_channels", True),
        ("structure_channels", 65537),
        ("structure_channels", "8"),
        ("structure_downsamplings", 13),
        ("generator_base_blocks", 65),
        ("encoder_scale", 0.0),
        ("encoder_scale", -1.0),
        ("encoder_scale", math.inf),
        ("encoder_scale", math.nan),
        ("encoder_scale", None),
    ],
)
def test_impossible_values(name, value):
    with pytest.raises(CheckpointMismatch, match=f"setting '{name}' of a .* cannot be"):
        config_from_dict({**TABLE, name: value})


def test_a_whole_number_will_do_for_a_fraction():
    assert config_from_dict({**TABLE, "encoder_scale": 2}) == SwappingAutoencoderConfig(
        encoder_scale=2.0
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("upsampling", "twice"),
        ("upsampling", 5),
        ("unknown_channel", 1),
        ("edge_channel", "True"),
        ("encoder", None),
        ("style_length", -1),
        ("style_length", False),
        ("classes", 0),
        ("crop_size", 256.0),
        ("aspect_ratio", 1e-300),
        ("aspect_ratio", True),
    ],
)
def test_impossible_values_of_spade(name, value):
    table = config_to_dict(SpadeConfig(classes=14))
    with pytest.raises(CheckpointMismatch, match=f"setting '{name}' of a SpadeConfig cannot be"):
        config_from_dict({**table, name: value})


@pytest.mark.parametrize(("name", "value"), [("layers", 17), ("scales", 17), ("scales", 0)])
def test_a_discriminator_has_an_end(name, value):
    table = config_to_dict(MultiscaleDiscriminatorConfig(in_channels=17))
    with pytest.raises(CheckpointMismatch, match=f"setting '{name}' of a Multi"):
        config_from_dict({**table, name: value})
