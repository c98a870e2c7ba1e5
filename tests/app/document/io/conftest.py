from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The libraries under the readers and writers keep their remarks to themselves."""
    yield
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == ""
