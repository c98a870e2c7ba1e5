"""Checks of single values that come from files: `EditError` with a sentence, or nothing."""

from models.errors import EditError

HEX_DIGITS = frozenset("0123456789abcdef")


def is_sha256(text: object) -> bool:
    """Whether `text` is a sha256 digest in lower-case hexadecimal."""
    return isinstance(text, str) and len(text) == 64 and set(text) <= HEX_DIGITS


def check_number(name: str, value: object, lowest: float, highest: float) -> None:
    """Raise `EditError` unless `value` is a number in [lowest, highest]."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EditError(f"{name} must be a number, not {value!r}.")
    if not lowest <= value <= highest:
        raise EditError(f"{name} must lie between {lowest:g} and {highest:g}, not {value!r}.")


def check_text(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is text, and not empty."""
    if not isinstance(value, str) or not value:
        raise EditError(f"{name} must be a name, not {value!r}.")


def check_flag(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is True or False."""
    if not isinstance(value, bool):
        raise EditError(f"{name} must be true or false, not {value!r}.")


def check_seed(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is a whole number in [0, 2 ** 63)."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise EditError(f"{name} must be a whole number from 0 to {2**63 - 1}, not {value!r}.")
