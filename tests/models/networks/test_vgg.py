"""VGG-19's features are torchvision's; which network a file holds shows in its keys."""

import numpy as np
import pytest
import torch

from models.errors import CheckpointCorrupt, CheckpointMissing
from models.networks.squeezenet import SqueezeNetFeatures
from models.networks.vgg import VggFeatures, load_features


@pytest.fixture(scope="module")
def reference():
    """torchvision's layers with random weights, equal over their input channels."""
    from torchvision.models.vgg import cfgs, make_layers

    with torch.device("meta"):
        layers = make_layers(cfgs["E"]).eval()
    torch.manual_seed(0)
    state = {}
    for key, value in layers.state_dict().items():
        # One number for all input channels is stored once: the file stays small.
        drawn = torch.randn(value.shape[0], *[1] * min(1, value.dim() - 1), *value.shape[2:])
        scale = 0.5 / value[0].numel() if value.dim() > 1 else 0.1
        state[key] = (drawn * scale).expand(value.shape)
    layers.load_state_dict(state, assign=True)
    return layers


@pytest.fixture(scope="module")
def weights(reference, tmp_path_factory):
    path = tmp_path_factory.mktemp("vgg") / "vgg19.pth"
    state = {f"features.{key}": value for key, value in reference.state_dict().items()}
    torch.save({**state, "classifier.6.bias": torch.zeros(1000)}, path)
    return path


def test_features_are_torchvisions_times_the_papers_weights(reference, weights):
    """relu1_1 to relu5_1 of pictures as they are, times 1/32, 1/16, 1/8, 1/4 and 1."""
    network = load_features(weights)
    assert isinstance(network, VggFeatures)
    torch.manual_seed(1)
    image = torch.rand(2, 3, 48, 32) * 2 - 1
    x, taps = image, []
    with torch.no_grad():
        for index, layer in enumerate(reference[:30]):
            x = layer(x)
            if index in (1, 6, 11, 20, 29):
                taps.append(x.clone())
        got = network(image)
    factors = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
    for ours, tap, factor in zip(got, taps, factors, strict=True):
        assert tap.max() > 1e-3
        assert (ours - tap * factor).abs().max() < 1e-5 * tap.max()
    assert [tuple(f.shape[1:]) for f in got] == [
        (64, 48, 32), (128, 24, 16), (256, 12, 8), (512, 6, 4), (512, 3, 2)
    ]  # fmt: skip


def test_a_gradient_goes_to_the_picture_and_to_no_weight(weights):
    network = load_features(weights)
    assert not network.training
    image = torch.zeros(1, 3, 16, 16, requires_grad=True)
    torch.stack([f.sum() for f in network(image)]).sum().backward()
    assert image.grad is not None
    assert bool(image.grad.any())
    assert all(p.grad is None and not p.requires_grad for p in network.parameters())


def test_the_keys_say_which_network_it_is(weights, features):
    assert load_features(weights).title == "VGG-19"
    squeezenet = load_features(features)
    assert isinstance(squeezenet, SqueezeNetFeatures)
    assert squeezenet.title == "SqueezeNet v1.0"


def test_files_that_hold_neither(tmp_path, weights):
    with pytest.raises(CheckpointMissing, match=r"VGG-19 .* --features"):
        load_features(tmp_path / "none.pth")
    state = torch.load(weights, weights_only=True)
    del state["features.19.bias"]
    torch.save(state, tmp_path / "cut.pth")
    torch.save({"a": torch.zeros(1)}, tmp_path / "other.pth")
    (tmp_path / "bytes.pth").write_bytes(b"nothing of the kind")
    for name in ("cut", "other", "bytes"):
        with pytest.raises(CheckpointCorrupt, match=r"neither the weights of VGG-19 nor"):
            load_features(tmp_path / f"{name}.pth")
    np.savez(tmp_path / "x.npz", a=np.zeros(1))
    with pytest.raises(CheckpointCorrupt, match=r"SqueezeNet v1\.0"):
        load_features(tmp_path / "x.npz")
