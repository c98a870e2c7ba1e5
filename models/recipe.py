"""A recipe as JSON text: the edits of a picture, to be kept, sent and replayed.

Version 2 knows edits of codes (`models.edits.CodeEdit`); version 1 had swaps and layouts only.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

from models.checks import shown
from models.edits import KINDS, Edit
from models.errors import EditError

RECIPE_FORMAT = "scumble-recipe"
RECIPE_VERSION = 2
READ_VERSIONS = (1, RECIPE_VERSION)


def recipe_to_json(edits: Sequence[Edit]) -> str:
    """The recipe as JSON text; `recipe_from_json` gives equal edits back."""
    return json.dumps(
        {
            "format": RECIPE_FORMAT,
            "version": RECIPE_VERSION,
            "edits": [{"kind": edit.kind, **asdict(edit)} for edit in edits],
        },
        indent=2,
    )


def recipe_from_json(text: str) -> tuple[Edit, ...]:
    """The edits of a recipe.

    Raises:
        EditError: not JSON, not a recipe, from a later version, an unknown kind, or a bad value.
    """
    try:
        values: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EditError(f"This is not a recipe: the JSON cannot be read ({error}).") from error
    recipe = cast("dict[str, Any]", values) if isinstance(values, dict) else {}
    if recipe.get("format") != RECIPE_FORMAT:
        raise EditError("This is not a Scumble recipe.")
    version: object = recipe.get("version")
    if type(version) is not int or version not in READ_VERSIONS:
        raise EditError(
            f"The recipe has version {str(version)[:20]}, and this program reads "
            f"1 to {RECIPE_VERSION}: open it with the program that wrote it."
        )
    entries: object = recipe.get("edits")
    if not isinstance(entries, list):
        raise EditError("The recipe has no list of edits.")
    return tuple(_edit_from_json(entry) for entry in cast("list[object]", entries))


def _edit_from_json(entry: object) -> Edit:
    if not isinstance(entry, dict):
        raise EditError("An entry of the recipe is not an edit.")
    values = dict(cast("dict[str, Any]", entry))
    kind: object = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise EditError(f"The recipe has an edit of the unknown kind {shown(kind)}.")
    return KINDS[kind].from_dict(values)
