"""What models exist: shipped with the program, and the user's own. Plain data, never torch.

Shipped models are listed in `checkpoints/manifest.toml`. The user's own are the safetensors files
of one folder; each carries a header that says what it is. A damaged file is reported and the
others are still listed.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from platformdirs import user_data_path

from models.configs import Config, SegmenterConfig, SpadeConfig, SwappingAutoencoderConfig
from models.errors import (
    CheckpointCorrupt,
    CheckpointError,
    CheckpointMismatch,
    CheckpointMissing,
)
from models.header import FieldTypes, Header, check_fields, is_model_id, read_header

PACKAGE = Path(__file__).resolve().parent
MANIFEST = "manifest.toml"
SUFFIX = ".safetensors"
PICKLE_SUFFIXES = frozenset({".pth", ".pt", ".ckpt", ".pkl", ".bin"})
USER_FOLDER_VARIABLE = "SCUMBLE_MODELS"
HOW_TO_IMPORT = "import one, in the window or with `scumble models import FILE`"

NON_COMMERCIAL = re.compile(r"\bnc\b|non-?\s?commercial|\bresearch\b", re.IGNORECASE)
SHA256 = re.compile(r"[0-9a-f]{64}")

ENTRY_FIELDS: FieldTypes = {
    "id": str,
    "title": str,
    "family": str,
    "file": str,
    "sha256": str,
    "bytes": int,
    "licence": str,
    "source": str,
    "step": int,
    "trained": str,
    "io": dict,
}
IO_FIELDS: FieldTypes = {"multiple_of_px": int, "min_px": int}


@dataclass(frozen=True)
class IoSpec:
    """What pictures a model takes.

    Attributes:
        multiple_of_px: both sides must be a multiple of this.
        min_px: both sides must be at least this.
        palette_id: of the label maps that it reads, or None when it reads none.
    """

    multiple_of_px: int
    min_px: int
    palette_id: str | None = None


@dataclass(frozen=True)
class WeightsSpec:
    """The file of a model.

    Attributes:
        file: name inside its folder.
        sha256: of the whole file; empty for the user's own, whose file is what it is.
        bytes: size of the file.
        licence: of the weights.
        source: where the weights come from.
        step: training steps, 0 when unknown.
    """

    file: str
    sha256: str
    bytes: int
    licence: str
    source: str
    step: int


@dataclass(frozen=True)
class ModelSpec:
    """A model that can be loaded.

    Attributes:
        id: what edits and the command line call it.
        title: the model's name for people.
        family: "swapping_autoencoder", ...
        config: of its network.
        weights: its file.
        io: what pictures it takes.
        path: of its file.
        shipped: whether it came with the program.
        trained: how it was trained, in a paragraph; empty when unknown.
    """

    id: str
    title: str
    family: str
    config: Config
    weights: WeightsSpec
    io: IoSpec
    path: Path
    shipped: bool
    trained: str = ""

    @property
    def non_commercial(self) -> bool:
        """Whether the licence seems to forbid earning money with the weights' pictures.

        Judged by its words, on the side of caution.
        """
        return NON_COMMERCIAL.search(self.weights.licence) is not None


@dataclass(frozen=True)
class Catalog:
    """The usable models, shipped ones first, and a sentence for everything that is wrong.

    Iterating goes over the models.
    """

    models: tuple[ModelSpec, ...]
    problems: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[ModelSpec]:
        return iter(self.models)

    def __len__(self) -> int:
        return len(self.models)


def shipped_folder() -> Path:
    """Where the manifest and the shipped weights are: in the wheel, or else in the source tree."""
    in_wheel = PACKAGE / "shipped" / "checkpoints"
    return in_wheel if in_wheel.is_dir() else PACKAGE.parent / "checkpoints"


@dataclass
class Choice:
    """What the program's settings say, for the whole process."""

    user_folder: Path | None = None


CHOICE = Choice()


def set_user_folder(folder: Path | None) -> None:
    """Keep the user's own models in this folder from now on; None is the system's usual place.

    For the whole process, from any thread. Nothing is moved.
    """
    CHOICE.user_folder = folder


def user_folder() -> Path:
    """Where the user's own models are.

    The variable SCUMBLE_MODELS comes first, then what `set_user_folder` was told.
    """
    override = os.environ.get(USER_FOLDER_VARIABLE)
    if override:
        return Path(override)
    return CHOICE.user_folder or user_data_path("scumble", appauthor=False) / "models"


def user_folder_is_fixed() -> bool:
    """Whether the variable SCUMBLE_MODELS decides, so that `set_user_folder` changes nothing."""
    return bool(os.environ.get(USER_FOLDER_VARIABLE))


def list_models() -> Catalog:
    """Every model that can be used. Never raises: what is wrong is in `problems`."""
    models: dict[str, ModelSpec] = {}
    problems: list[str] = []
    for spec in (*_shipped(problems), *_users(problems)):
        if spec.id in models:
            other = models[spec.id].path
            problems.append(f"{spec.path} has the same id as {other}, {spec.id!r}; it is left out.")
        else:
            models[spec.id] = spec
    return Catalog(tuple(models.values()), tuple(problems))


def find_model(id_or_path: str | Path) -> ModelSpec:
    """The model with this id, or the model in this file.

    Raises:
        CheckpointMissing: nothing of that name; the sentence says what there is.
        CheckpointMismatch: the file is not one of ours and must be imported first.
        CheckpointCorrupt: the file is damaged.
    """
    path = Path(id_or_path)
    suffix = path.suffix.lower()
    if suffix in PICKLE_SUFFIXES and os.path.isfile(path):
        raise CheckpointMismatch(
            f"{path} cannot be used as it is; "
            f"import it first, in the window or with `scumble models import {path}`."
        )
    if suffix == SUFFIX or suffix in PICKLE_SUFFIXES or len(path.parts) > 1:
        return spec_of_file(path)
    catalog = list_models()
    for spec in catalog:
        if spec.id == str(id_or_path):
            return spec
    if catalog.models:
        names = ", ".join(spec.id for spec in catalog)
        message = f"There is no model {str(id_or_path)!r}; installed are {names}."
    else:
        message = f"There is no model {str(id_or_path)!r}, for none is installed; {HOW_TO_IMPORT}."
    raise CheckpointMissing(_with_problem(message, catalog))


def default_model(family: str) -> ModelSpec:
    """The first shipped model of the family, or else the user's first.

    Raises:
        CheckpointMissing: there is none.
    """
    catalog = list_models()
    for spec in catalog:
        if spec.family == family:
            return spec
    kind = family.replace("_", " ")
    message = f"No model of the kind {kind!r} is installed; {HOW_TO_IMPORT}."
    raise CheckpointMissing(_with_problem(message, catalog))


def spec_of_file(path: Path) -> ModelSpec:
    """The model in a file of the user's, as its header describes it.

    Raises:
        CheckpointMissing: there is no such file, or it cannot be opened.
        CheckpointCorrupt: it is damaged.
        CheckpointMismatch: it is not one of ours, or not a model that makes pictures.
    """
    header = read_header(path)
    return ModelSpec(
        id=header.model_id,
        title=header.title,
        family=header.family,
        config=header.config,
        weights=WeightsSpec(
            path.name, "", path.stat().st_size, header.licence, header.source, header.step
        ),
        io=io_of(header.config, header.palette_id, str(path)),
        path=path,
        shipped=False,
        trained=_trained(header),
    )


def _trained(header: Header) -> str:
    """What our trainer noted, in words; nothing for weights from elsewhere."""
    pictures = header.training.get("pictures")
    return f"{header.step:,} steps on {pictures:,} pictures" if isinstance(pictures, int) else ""


def io_of(config: Config, palette_id: str | None, where: str) -> IoSpec:
    """What pictures the network of `config` takes; `CheckpointMismatch` when it makes none."""
    if isinstance(config, SpadeConfig | SegmenterConfig):
        # Whatever is missing to whole cells is computed and cut off.
        return IoSpec(1, 1, palette_id)
    if not isinstance(config, SwappingAutoencoderConfig):
        raise CheckpointMismatch(
            f"{where} holds a {type(config).__name__.removesuffix('Config')}, "
            "which is no model that makes pictures."
        )
    cell_px = 2**config.structure_downsamplings
    # Each halving of the texture branch is a 3 x 3 convolution without padding.
    min_cells = 2 ** (config.texture_downsamplings + 1) - 1
    return IoSpec(cell_px, cell_px * min_cells, palette_id)


def _with_problem(message: str, catalog: Catalog) -> str:
    return f"{message} {catalog.problems[0]}" if catalog.problems else message


def _users(problems: list[str]) -> Iterator[ModelSpec]:
    for path in sorted(user_folder().glob(f"*{SUFFIX}")):
        try:
            yield spec_of_file(path)
        except CheckpointError as error:
            problems.append(str(error))


def _shipped(problems: list[str]) -> Iterator[ModelSpec]:
    folder = shipped_folder()
    try:
        entries = _manifest(folder / MANIFEST)
    except CheckpointError as error:
        problems.append(str(error))
        return
    for entry in entries:
        try:
            yield _shipped_spec(folder, entry)
        except CheckpointError as error:
            problems.append(str(error))


def _manifest(path: Path) -> list[object]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CheckpointMissing(
            f"The list of the shipped models, {path}, is missing; install the program again."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointCorrupt(
            f"The list of the shipped models, {path}, cannot be read ({error}); "
            "install the program again."
        ) from error
    entries = tables.pop("model", [])
    if tables or not isinstance(entries, list):
        raise CheckpointCorrupt(
            f"The list of the shipped models, {path}, has something else than [[model]] tables; "
            "install the program again."
        )
    return cast("list[object]", entries)


def _shipped_spec(folder: Path, entry: object) -> ModelSpec:
    where = f"the list of the shipped models, {folder / MANIFEST}"
    if not isinstance(entry, dict):
        raise CheckpointCorrupt(f"An entry in {where} is not a table.")
    table = cast("dict[str, Any]", entry)
    check_fields(table, ENTRY_FIELDS, where)
    check_fields(table["io"], IO_FIELDS, where)
    _check_names(table, where)
    path = folder / table["file"]
    header = _shipped_header(path, table["id"])
    return ModelSpec(
        id=table["id"],
        title=table["title"],
        family=table["family"],
        config=header.config,
        weights=WeightsSpec(
            **{f: table[f] for f in ("file", "sha256", "bytes", "licence", "source", "step")}
        ),
        io=IoSpec(table["io"]["multiple_of_px"], table["io"]["min_px"], header.palette_id),
        path=path,
        shipped=True,
        trained=table["trained"],
    )


def _check_names(table: Mapping[str, Any], where: str) -> None:
    file = table["file"]
    if not is_model_id(table["id"]):
        raise CheckpointCorrupt(f"There is the impossible id {table['id']!r} in {where}.")
    if not is_model_id(file.removesuffix(SUFFIX)) or not file.endswith(SUFFIX):
        raise CheckpointCorrupt(f"There is the impossible file name {file!r} in {where}.")
    if not SHA256.fullmatch(table["sha256"]):
        raise CheckpointCorrupt(f"The field sha256 in {where} is no sha256 digest.")
    if min(table["io"].values()) < 1 or table["bytes"] < 1 or table["step"] < 0:
        raise CheckpointCorrupt(f"A number in {where} is too small for model {table['id']!r}.")


def _shipped_header(path: Path, model_id: str) -> Header:
    if not path.exists():
        raise CheckpointMissing(
            f"The weights of the shipped model {model_id!r}, {path}, are missing; "
            "install the program again."
        )
    return read_header(path)
