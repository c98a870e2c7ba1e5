"""Means of the engine's tests."""

import pytest
import torch


@pytest.fixture
def one_thread():
    """Networks as small as these lose more by waiting for a second thread than they win."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
