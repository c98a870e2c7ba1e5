"""Checks of values that come from files, one by one: `EditError` with a sentence, or the value."""

import re
import reprlib
from collections.abc import Sequence
from typing import cast

from models.errors import EditError

AXIS_NUMBER = re.compile(r"0|[1-9][0-9]{0,4}")
"""In one way only, so that no two names are one direction's."""
HEX_DIGITS = frozenset("0123456789abcdef")


def shown(value: object) -> str:
    """A value as a sentence can hold it: files may hold megabytes in its place."""
    return reprlib.repr(value)


def is_sha256(text: object) -> bool:
    """Whether `text` is a sha256 digest in lower-case hexadecimal."""
    return isinstance(text, str) and len(text) == 64 and set(text) <= HEX_DIGITS


def check_number(name: str, value: object, lowest: float, highest: float) -> None:
    """Raise `EditError` unless `value` is a number in [lowest, highest]."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EditError(f"{name} must be a number, not {shown(value)}.")
    if not lowest <= value <= highest:
        raise EditError(f"{name} must lie between {lowest:g} and {highest:g}, not {shown(value)}.")


def check_text(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is text, and not empty."""
    if not isinstance(value, str) or not value:
        raise EditError(f"{name} must be a name, not {shown(value)}.")


def check_flag(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is True or False."""
    if not isinstance(value, bool):
        raise EditError(f"{name} must be true or false, not {shown(value)}.")


def check_seed(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is a whole number in [0, 2 ** 63)."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise EditError(f"{name} must be a whole number from 0 to {2**63 - 1}, not {shown(value)}.")


def check_digest(name: str, value: object) -> None:
    """Raise `EditError` unless `value` is a sha256 digest."""
    if not is_sha256(value):
        raise EditError(f"{name} must be a sha256 digest, not {shown(value)}.")


def is_axis(name: str, axis: str) -> bool:
    """Whether it is "texture:N", or of another code."""
    return name.startswith(axis) and AXIS_NUMBER.fullmatch(name, len(axis)) is not None


def amounts_along(axis: str, value: object, most: float) -> tuple[tuple[str, float], ...]:
    """Amounts of directions as tuples.

    Args:
        axis: what precedes the numbers of directions: "texture:".
        value: (sha256, or axis and number; number in [-most, most]), no direction twice.

    Raises:
        EditError: anything else.
    """
    if not isinstance(value, list | tuple):
        raise EditError(f"amounts must be pairs of a direction and a number, not {shown(value)}.")
    amounts: list[tuple[str, float]] = []
    for pair in cast("Sequence[object]", value):
        match pair:
            case [str(name), int() | float() as amount] if is_sha256(name) or is_axis(name, axis):
                check_number(f"amount of {name[:20]}", amount, -most, most)
                amounts.append((name, float(amount)))
            case _:
                raise EditError(
                    f"amounts must be pairs of a direction and a number, not {shown(pair)}."
                )
    if len(dict(amounts)) < len(amounts):
        raise EditError("amounts name a direction twice.")
    return tuple(amounts)


def round_spot(value: object) -> tuple[float, float, float]:
    """(x, y, radius), each in [0, 1], as a tuple; `EditError` for anything else."""
    match value:
        case [int() | float() as x, int() | float() as y, int() | float() as radius]:
            for number in (x, y, radius):
                check_number("A number of the spot", number, 0.0, 1.0)
            return float(x), float(y), float(radius)
        case _:
            raise EditError(f"spot must be x, y and radius, not {shown(value)}.")


def id_pairs(value: object) -> tuple[tuple[int, int], ...]:
    """A mapping as tuples; `EditError` unless it is pairs of label ids, none mapped twice."""
    if not isinstance(value, list | tuple):
        raise EditError(f"mapping must be pairs of label ids, not {shown(value)}.")
    pairs: list[tuple[int, int]] = []
    for pair in cast("Sequence[object]", value):
        match pair:
            case [int(before), int(after)] if 0 <= min(before, after) <= max(before, after) < 65536:
                pairs.append((before, after))
            case _:
                raise EditError(f"mapping must be pairs of label ids, not {shown(pair)}.")
    if len(dict(pairs)) < len(pairs):
        raise EditError("mapping names a label twice.")
    return tuple(pairs)
