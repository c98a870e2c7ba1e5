import threading

import pytest
import torch
from torch import Tensor, nn

from models.api import CancelToken
from models.errors import Cancelled
from models.ops.cancelling import between_layers, between_operations


class Calls(nn.Module):
    """Counts its calls; the token is cancelled in the one that is asked for."""

    def __init__(self, token: CancelToken, cancel_at: int) -> None:
        super().__init__()
        self.token = token
        self.cancel_at = cancel_at
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        if self.count == self.cancel_at:
            self.token.cancel()
        return x


def chain(token: CancelToken, cancel_at: int) -> tuple[nn.Module, Calls]:
    calls = Calls(token, cancel_at)
    return nn.Sequential(*[calls] * 5), calls


def test_a_network_stops_before_its_next_layer():
    token = CancelToken()
    network, calls = chain(token, cancel_at=2)
    with pytest.raises(Cancelled), between_layers(token):
        network(torch.zeros(1))
    assert calls.count == 2


def test_a_network_that_nobody_calls_off_is_as_ever():
    token = CancelToken()
    network, calls = chain(token, cancel_at=9)
    with between_layers(token):
        assert torch.equal(network(torch.ones(1)), torch.ones(1))
    assert calls.count == 5


def test_nothing_asks_any_more_afterwards():
    token = CancelToken()
    network, calls = chain(token, cancel_at=1)
    with pytest.raises(Cancelled), between_layers(token):
        network(torch.zeros(1))
    network(torch.zeros(1))
    with between_operations(CancelToken()):
        pass
    torch.zeros(1).add(1)
    assert calls.count == 6


def test_the_networks_of_other_threads_go_on():
    token = CancelToken()
    token.cancel()
    network, calls = chain(CancelToken(), cancel_at=9)
    with between_layers(token):
        thread = threading.Thread(target=network, args=(torch.zeros(1),))
        thread.start()
        thread.join()
        with pytest.raises(Cancelled):
            network(torch.zeros(1))
    assert calls.count == 5


def test_one_token_inside_the_other():
    outer, inner = CancelToken(), CancelToken()
    network, _ = chain(CancelToken(), cancel_at=9)
    with between_layers(outer), between_layers(inner):
        outer.cancel()
        with pytest.raises(Cancelled):
            network(torch.zeros(1))


def test_work_with_tensors_stops_before_its_next_operation():
    token = CancelToken()
    made = []

    def work() -> None:
        for count in range(5):
            made.append(torch.zeros(2))
            if count == 2:
                token.cancel()

    with pytest.raises(Cancelled), between_operations(token):
        work()
    assert len(made) == 3


def test_operations_give_what_they_always_give():
    with between_operations(CancelToken()):
        grown = torch.full((2, 2), 3.0, dtype=torch.float64).add(1.0, alpha=2.0)
    assert grown.tolist() == [[5.0, 5.0], [5.0, 5.0]]


def test_operations_of_other_threads_go_on():
    token = CancelToken()
    token.cancel()
    made = []
    with between_operations(token):
        thread = threading.Thread(target=lambda: made.append(torch.zeros(1)))
        thread.start()
        thread.join()
    assert len(made) == 1
