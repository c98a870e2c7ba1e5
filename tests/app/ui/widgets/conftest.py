"""Widgets are tested in Qt's own dress, whatever ran before."""

import pytest

from tests.app.ui.dress import undress


@pytest.fixture(autouse=True)
def undressed(qapp):
    """Before and after every test."""
    undress(qapp)
    yield
    undress(qapp)
