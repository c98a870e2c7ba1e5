"""Project files of earlier versions, brought up to date one version at a time."""

from collections.abc import Callable, Mapping
from typing import Any

VERSION = 1
"""Of the project files that are written."""

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: Mapping[int, Migration] = {}
"""Of each earlier version, the function that makes the rows of the next one of its rows.

Rows are what `document.json` holds, with the recipe under "recipe". A change of them, or of what
the other members mean, raises `VERSION` and gets its function here; the test of projects keeps a
file of every version that was released.
"""


def migrated(rows: dict[str, Any], version: int) -> dict[str, Any]:
    """The rows of a file of this version as the present one has them; KeyError if nobody knows."""
    for step in range(version, VERSION):
        rows = MIGRATIONS[step](rows)
    return rows
