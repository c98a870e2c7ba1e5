"""Programs with an open picture."""

import pytest


@pytest.fixture
def opened(driver, files):
    """With the meadow open."""
    driver.open(files.meadow)
    return driver


@pytest.fixture
def swapped(opened, files):
    """With the sunset's texture on it."""
    opened.drop(files.sunset, "reference")
    opened.wait(lambda: len(opened.document.entries) == 1)
    return opened
