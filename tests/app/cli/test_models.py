import hashlib
from dataclasses import asdict

import torch

from models.builders import build
from models.configs import SpadeConfig
from models.networks.spade import SpadeNetwork
from models.networks.swapping_autoencoder import SwappingAutoencoder


def test_the_list_of_an_empty_installation_says_how_to_get_a_model(scumble):
    ran = scumble("models", "list")
    assert ran.code == 0
    assert "scumble models import" in ran.out


def test_the_list_has_the_shipped_models_and_the_users(scumble, shipped, tiny):
    ran = scumble("models", "list")
    assert ran.code == 0
    first, second = ran.out.splitlines()
    assert first.startswith("landscapes  Landscapes (shipped, ")
    assert "CC0-1.0" in first
    assert second.startswith("tiny        Tiny (yours, ")


def test_the_list_reports_what_is_damaged_and_shows_the_rest(scumble, shipped, tiny):
    tiny.write_bytes(tiny.read_bytes()[:100])
    ran = scumble("models", "list")
    assert ran.code == 1
    assert ran.out.startswith("landscapes")
    assert "tiny.safetensors" in ran.err
    assert ran.err.count("\n") == 1


def test_info_tells_what_the_header_and_the_manifest_say(scumble, shipped, tiny):
    ran = scumble("models", "info", "landscapes")
    assert ran.code == 0
    for words in (
        "Not at all.",
        hashlib.sha256(shipped.read_bytes()).hexdigest(),
        "at least 12 px",
        "texture_channels=16",
        str(shipped),
    ):
        assert words in ran.out
    mine = scumble("models", "info", tiny)
    assert "random numbers" in mine.out
    assert "a file of your own" in mine.out


def test_info_of_nothing_is_one_sentence(scumble, tiny):
    scumble("models", "info", "seascapes").failed_with(1, "seascapes", "tiny")


def test_verify_checks_all_models_or_one(scumble, shipped, tiny):
    ran = scumble("models", "verify")
    assert ran.code == 0
    assert ran.out.splitlines() == ["landscapes: good", "tiny: good"]
    assert scumble("models", "verify", "tiny").out == "tiny: good\n"


def test_verify_finds_one_changed_byte(scumble, shipped, tiny):
    data = bytearray(shipped.read_bytes())
    data[-1] ^= 1
    shipped.write_bytes(data)
    ran = scumble("models", "verify")
    assert ran.code == 1
    assert ran.out == "tiny: good\n"
    assert "landscapes.safetensors is not the file" in ran.err


def test_verify_of_an_empty_installation_is_a_failure(scumble):
    scumble("models", "verify").failed_with(1, "no model to verify")


def test_import_makes_a_model_that_can_be_listed_and_used(
    scumble, save_tiny, photo, reference, tmp_path
):
    exported = save_tiny("exported", tmp_path / "exported.safetensors")
    ran = scumble("models", "import", exported, "--name", "My Hills")
    assert ran.code == 0, ran.err
    assert "my-hills" in ran.out
    assert "My Hills" in scumble("models", "list").out
    out = tmp_path / "out.png"
    ran = scumble("swap", photo, reference, "-o", out, "--model", "my-hills")
    assert ran.code == 0, ran.err
    assert out.is_file()


def test_a_published_file_can_be_imported(scumble, tiny_config, installation, tmp_path):
    published = tmp_path / "mountain" / "latest_checkpoint.pth"
    published.parent.mkdir()
    network = SwappingAutoencoder(**asdict(tiny_config))
    torch.save(network.state_dict(), published)
    ran = scumble("models", "import", published)
    assert ran.code == 0, ran.err
    assert (installation / "models" / "mountain.safetensors").is_file()


def test_importing_twice_is_refused(scumble, save_tiny, tmp_path, installation):
    exported = save_tiny("exported", tmp_path / "exported.safetensors")
    scumble("models", "import", exported)
    target = installation / "models" / "exported.safetensors"
    before = target.read_bytes()
    scumble("models", "import", exported).failed_with(1, "exported", "--name")
    assert target.read_bytes() == before


def test_importing_what_is_not_there_is_one_sentence(scumble, tmp_path):
    scumble("models", "import", tmp_path / "no.pth").failed_with(1, "no.pth")


def test_a_shipped_model_is_the_default(scumble, shipped, tiny, photo, reference, tmp_path):
    out, other = tmp_path / "out.png", tmp_path / "other.png"
    assert scumble("swap", photo, reference, "-o", out).code == 0
    assert scumble("swap", photo, reference, "-o", other, "--model", "landscapes").code == 0
    assert out.read_bytes() == other.read_bytes()


def spade_file(path, semantic_channels=4):
    """A generator of somebody's own training, whose file does not tell its doublings."""
    config = SpadeConfig(classes=semantic_channels, base_channels=1, hidden_channels=128)
    torch.manual_seed(0)
    network = build(config)
    assert isinstance(network, SpadeNetwork)
    torch.save(network.G.state_dict(), path)
    return path


def test_what_a_file_does_not_tell_is_set(scumble, installation, tmp_path):
    path = spade_file(tmp_path / "latest_net_G.pth")
    ran = scumble(
        "models", "import", path, "--name", "Mine", "--set", "upsampling=more",
        "--set", "crop_size=512", "--set", "aspect_ratio=2.0", "--set", "unknown_channel=yes",
        "--set", "classes=3",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    info = scumble("models", "info", "mine").out
    for words in ("upsampling=more", "crop_size=512", "aspect_ratio=2.0", "unknown_channel=True",
                  "any size"):  # fmt: skip
        assert words in info


def test_a_setting_that_cannot_be_meant_is_one_sentence(scumble, installation, tmp_path):
    path = spade_file(tmp_path / "latest_net_G.pth")
    scumble("models", "import", path, "--set", "upsampling").failed_with(2, "NAME=VALUE")
    scumble("models", "import", path, "--set", "colour=red").failed_with(1, "colour")
    scumble("models", "import", path, "--set", "upsampling=twice").failed_with(1, "upsampling")


def test_info_tells_which_labels_a_model_knows(scumble, installation, painter):
    assert "the palette landscape" in scumble("models", "info", painter).out
