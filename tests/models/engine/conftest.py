"""Means of the engine's tests."""

import pytest
import torch

from models.engine import coder
from tests.models.engine import coding
from tests.models.engine.fakes import canvas_of, codes_in_tiles


@pytest.fixture(autouse=True)
def fake_networks_can_be_decoded(monkeypatch):
    monkeypatch.setattr(coder, "DecoderCanvas", canvas_of)
    monkeypatch.setattr(coder, "encode_tiled", codes_in_tiles)


@pytest.fixture(autouse=True)
def one_thread():
    """Networks as small as these lose more by waiting for a second thread than they win."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def network():
    """Of `coding`; not to be changed."""
    return coding.random_network()


@pytest.fixture
def context(network):
    return coding.coding_context(network, coding.REFERENCE, coding.OTHER)
