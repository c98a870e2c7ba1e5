"""The numbers of each recipe as frozen dataclasses, never torch: a command line or a window lists
them before torch is imported. One file per method, beside the method in `models.train.recipes`.
"""

from dataclasses import field, fields
from typing import Any

from models.errors import DataError


def setting(
    default: Any, explanation: str, low: float | None = None, high: float | None = None
) -> Any:
    """A dataclass field with its default, a line of explanation, and the numbers it may be."""
    return field(default=default, metadata={"explanation": explanation, "limits": (low, high)})


def check_settings(recipe: Any) -> None:
    """Raise `DataError` for a field of another type than declared, or beyond its limits."""
    for f in fields(recipe):
        value = getattr(recipe, f.name)
        if f.type is str:
            if not isinstance(value, str):
                raise DataError(f"{f.name} must be text, not {value!r}.")
            continue
        low, high = f.metadata["limits"]
        # NaN and the infinities lie between no two limits.
        if not _is_of_type(value, f.type) or not low <= value <= high:
            kind = "whole number" if f.type is int else "number"
            raise DataError(
                f"{f.name} must be a {kind} from {_words(low)} to {_words(high)}, not {value!r}."
            )


def _is_of_type(value: object, wanted: object) -> bool:
    return isinstance(value, int if wanted is int else int | float) and not isinstance(value, bool)


def _words(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)
