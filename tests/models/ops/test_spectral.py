"""Spectral normalisation: stored vectors as they are, one step of iteration in training."""

import pytest
import torch
import torch.nn.functional as F

from models.ops.spectral import SpectralConv2d


@pytest.fixture
def layer() -> SpectralConv2d:
    torch.manual_seed(0)
    return SpectralConv2d(3, 5, 3, stride=2, padding=1)


def largest(layer: SpectralConv2d) -> float:
    return float(torch.linalg.matrix_norm(layer.weight_orig.detach().flatten(1), 2))


def test_stored_vectors_are_used_as_they_are(layer):
    """By hand: W = 2 and u^T W v = 1 * 2 * 0.25 = 0.5, so that the weight is 4, not 1."""
    single = SpectralConv2d(1, 1, 1).eval()
    with torch.no_grad():
        single.weight_orig.fill_(2.0)
        single.weight_u.fill_(1.0)
        single.weight_v.fill_(0.25)
        assert single.weight.item() == 4.0
        assert single(torch.tensor([[[[3.0]]]])).item() == 12.0
        assert (single.weight_u.item(), single.weight_v.item()) == (1.0, 0.25)


def test_evaluation_changes_nothing(layer):
    before = {key: value.clone() for key, value in layer.state_dict().items()}
    x = torch.randn(2, 3, 9, 8)
    with torch.no_grad():
        got = layer.eval()(x)
    expected = F.conv2d(x, layer.weight, layer.bias, 2, 1)
    assert torch.equal(got, expected)
    assert all(torch.equal(value, before[key]) for key, value in layer.state_dict().items())


def test_keys_and_shapes(layer):
    shapes = {key: tuple(value.shape) for key, value in layer.state_dict().items()}
    assert shapes == {
        "weight_orig": (5, 3, 3, 3), "bias": (5,), "weight_u": (5,), "weight_v": (27,)
    }  # fmt: skip
    assert "bias" not in SpectralConv2d(3, 5, 3, bias=False).state_dict()


def test_training_finds_the_largest_singular_value(layer):
    x = torch.randn(1, 3, 4, 4)
    for _step in range(200):
        layer(x)
    weight = layer.weight.detach().flatten(1)
    assert torch.linalg.matrix_norm(weight, 2).item() == pytest.approx(1.0, abs=1e-4)
    assert (layer.weight_orig / layer.weight).flatten()[0].item() == pytest.approx(
        largest(layer), rel=1e-4
    )
    assert layer.weight_u.norm().item() == pytest.approx(1.0, abs=1e-5)


def test_one_step_of_training_by_hand(layer):
    """v = W^T u and then u = W v, both of unit length."""
    matrix = layer.weight_orig.detach().flatten(1)
    v = F.normalize(matrix.T @ layer.weight_u, dim=0)
    u = F.normalize(matrix @ v, dim=0)
    layer(torch.randn(1, 3, 4, 4))
    assert torch.allclose(layer.weight_v, v, atol=1e-6)
    assert torch.allclose(layer.weight_u, u, atol=1e-6)


def test_gradients_go_through_the_norm_but_not_through_the_vectors(layer):
    """d(W / s) with s = u^T W v: (g - <g, W / s> u v^T) / s."""
    x = torch.randn(2, 3, 6, 6)
    layer(x).square().sum().backward()
    u, v = layer.weight_u, layer.weight_v
    sigma = (u @ layer.weight_orig.detach().flatten(1) @ v).item()
    plain = (layer.weight_orig.detach() / sigma).requires_grad_()
    F.conv2d(x, plain, layer.bias, 2, 1).square().sum().backward()
    assert plain.grad is not None
    along = (plain.grad * plain.detach()).sum()
    expected = (plain.grad - along * torch.outer(u, v).view_as(plain)) / sigma
    assert layer.weight_orig.grad is not None
    assert torch.allclose(layer.weight_orig.grad, expected, atol=1e-3, rtol=1e-4)


def test_two_forwards_before_one_backward(layer):
    """The second step of the iteration leaves alone what the first one's gradient needs."""
    x = torch.randn(1, 3, 6, 6)
    first, second = layer(x), layer(x)
    (first.sum() + second.sum()).backward()
    assert layer.weight_orig.grad is not None
    assert layer.weight_orig.grad.isfinite().all()


def test_it_starts_as_torchs_own_function_fills_it():
    torch.manual_seed(3)
    ours = SpectralConv2d(3, 5, 4).weight_orig
    torch.manual_seed(3)
    theirs = torch.nn.init.xavier_normal_(torch.randn(5, 3, 4, 4))
    assert torch.allclose(ours, theirs, atol=1e-6)
