"""Errors of an act that is done at once: the person is told, and the act is over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def telling(tell: Callable[[Exception], object]) -> Iterator[None]:
    """Hand whatever is raised inside to `tell`; what comes after goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the person has asked for the act
        tell(error)
