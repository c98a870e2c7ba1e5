"""The numbers of each recipe as frozen dataclasses, never torch: a command line or a window lists
them before torch is imported. One file per method, beside the method in `models.train.recipes`.
"""

from dataclasses import field
from typing import Any


def setting(default: Any, explanation: str) -> Any:
    """A dataclass field with its default and a line of explanation for the person."""
    return field(default=default, metadata={"explanation": explanation})
