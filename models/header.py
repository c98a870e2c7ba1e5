"""What a weights file of ours says about itself. Plain data, never torch.

The header is JSON under one key of the safetensors metadata: a format name, a version, and the
fields of `Header`. Whatever the JSON has more or less is refused.
"""

import json
import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from safetensors import SafetensorError, safe_open

from models.configs import Config, config_from_dict, config_to_dict
from models.errors import CheckpointCorrupt, CheckpointMismatch, CheckpointMissing

FieldTypes = Mapping[str, type | tuple[type, ...]]

HEADER_KEY = "scumble"
HEADER_FORMAT = "scumble-weights"
HEADER_VERSION = 1

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")

HEADER_FIELDS: FieldTypes = {
    "model_id": str,
    "title": str,
    "family": str,
    "config": dict,
    "palette_id": (str, type(None)),
    "step": int,
    "ema": bool,
    "licence": str,
    "source": str,
    "training": dict,
    "probe": list,
}


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a weights file says about itself, as JSON in its safetensors metadata.

    Attributes:
        model_id: lower-case letters, digits, `-` and `_`.
        title: the model's name for people.
        family: "swapping_autoencoder", ...
        config: of the network that the tensors fit.
        palette_id: of the label maps that it reads, or None when it reads none.
        step: training steps, 0 when unknown.
        ema: whether the weights are the running average of the training's.
        licence: of the weights.
        source: where the weights come from.
        training: how they were trained, as the trainer wrote it.
        probe: values of a fixed small computation with these weights.
    """

    model_id: str
    title: str
    family: str
    config: Config
    palette_id: str | None
    step: int
    ema: bool
    licence: str
    source: str
    training: dict[str, Any] = field(hash=False)
    probe: tuple[float, ...]

    def to_json(self) -> str:
        """The text that `from_json` reads."""
        values = {name: getattr(self, name) for name in HEADER_FIELDS}
        return json.dumps(
            {
                "format": HEADER_FORMAT,
                "version": HEADER_VERSION,
                **values,
                "config": config_to_dict(self.config),
            }
        )

    @classmethod
    def from_json(cls, text: str, where: str) -> Self:
        """The header that `to_json` wrote; `where` names the file in messages.

        Raises:
            CheckpointCorrupt: not JSON, a missing field, a field of another type.
            CheckpointMismatch: written by a later version, or for a network that is not known.
        """
        try:
            values: object = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CheckpointCorrupt(f"The header of {where} cannot be read ({error}).") from error
        if not isinstance(values, dict):
            raise CheckpointCorrupt(f"The header of {where} cannot be read (not a table).")
        table = cast("dict[str, Any]", values)
        if (
            table.pop("format", None) != HEADER_FORMAT
            or table.pop("version", None) != HEADER_VERSION
        ):
            raise CheckpointMismatch(
                f"{where} was written by another version of the program; "
                "open it with the one that wrote it."
            )
        check_fields(table, HEADER_FIELDS, f"the header of {where}")
        if not is_model_id(table["model_id"]):
            raise CheckpointCorrupt(f"The header of {where} has the id {table['model_id']!r}.")
        probe = cast("list[Any]", table["probe"])
        if not all(type(value) is float for value in probe):
            raise CheckpointCorrupt(f"The header of {where} has a probe that is not numbers.")
        table["config"] = config_from_dict(table["config"])
        table["probe"] = tuple(probe)
        return cls(**table)


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file, whoever wrote it.

    Raises:
        CheckpointMissing: there is no such file, or it cannot be opened.
        CheckpointCorrupt: it is not a whole safetensors file.
    """
    check_is_file(path)
    try:
        # Any: the stub of `safe_open` leaves its methods untyped.
        with cast(Any, safe_open)(path, framework="numpy") as file:
            return file.metadata() or {}
    except SafetensorError as error:
        raise CheckpointCorrupt(
            f"{path} is damaged: it is not a whole safetensors file ({error})."
        ) from error
    except OSError as error:
        raise CheckpointMissing(f"{path} cannot be opened: {error.strerror}.") from error


def read_header(path: Path) -> Header:
    """What the weights file says about itself; the tensors are not read.

    Raises:
        CheckpointMissing: there is no such file, or it cannot be opened.
        CheckpointCorrupt: it is damaged.
        CheckpointMismatch: it is not one of ours.
    """
    text = read_metadata(path).get(HEADER_KEY)
    if text is None:
        raise CheckpointMismatch(
            f"{path} was not written by this program; "
            f"import it first, in the window or with `scumble models import {path}`."
        )
    return Header.from_json(text, str(path))


def check_is_file(path: Path) -> None:
    """Raise `CheckpointMissing` unless there is a file of that name."""
    # os.path and not Path: names that are too long or hold a NUL are no files either.
    if os.path.isdir(path):
        raise CheckpointMissing(f"{path} is a folder, not a weights file.")
    if not os.path.isfile(path):
        raise CheckpointMissing(f"There is no file {path}.")


def id_from_name(name: str) -> str:
    """The id of a name: no accents, lower case, `-` for what an id cannot have; empty if nothing
    is left.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:100].rstrip("-_")


def is_model_id(text: str) -> bool:
    """Whether this can be a model's id: lower-case letters, digits, `-` and `_`, up to 100."""
    return ID.fullmatch(text) is not None


def check_fields(table: Mapping[str, Any], wanted: FieldTypes, where: str) -> None:
    """Raise `CheckpointCorrupt` unless the table has these fields, of these types, and no other."""
    if lacking := [name for name in wanted if name not in table]:
        raise CheckpointCorrupt(f"Something is missing in {where}: {', '.join(lacking)}.")
    if surplus := [name for name in table if name not in wanted]:
        raise CheckpointCorrupt(f"There is something unknown in {where}: {', '.join(surplus)}.")
    for name, types in wanted.items():
        value = table[name]
        if not isinstance(value, types) or (types is int and (value is True or value is False)):
            raise CheckpointCorrupt(f"The field {name} in {where} cannot be {value!r}.")
