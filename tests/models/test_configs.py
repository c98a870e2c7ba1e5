import json
import math

import pytest

from models.configs import (
    CONFIGS,
    PatchCooccurrenceConfig,
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
