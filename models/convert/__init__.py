"""Importers of published weights.

`load_published` gives the network of a file for use at once, `import_file` makes a model of it
that the catalog lists.

Adding a family: one file here with a `FAMILY` (see `models.convert.family`), whose `detect` tells
the config from keys and shapes alone, and its name in `FAMILIES`. A family whose files do not tell
everything has its callers give the rest as hints: fields of the config by name.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from models import checkpoint
from models.api import CancelToken, Progress
from models.catalog import SUFFIX, list_models, user_folder
from models.configs import Config, config_from_dict, config_to_dict
from models.convert import swapping_autoencoder
from models.convert.family import Family, State
from models.convert.reading import Kind, kind_of, read_state
from models.errors import CheckpointMismatch, ModelNameError, RequestError
from models.header import id_from_name, read_header
from models.ops.cancelling import between_operations

FAMILIES: tuple[Family, ...] = (swapping_autoencoder.FAMILY,)
SHARE_READ = 0.3
"""Of an import's time, about."""
NAMELESS = re.compile(r"(latest|\d+k?)_(checkpoint|net_\w+)|checkpoint|model")
"""Names that trainers give to every file; the folder's name says more."""


@dataclass(frozen=True)
class Published:
    """A published network.

    Attributes:
        network: in evaluation mode, float32, on the CPU.
        family: "swapping_autoencoder", ...
        config: of the network.
        licence: of the weights.
        source: where they come from.
    """

    network: nn.Module
    family: str
    config: Config
    licence: str
    source: str


def load_published(path: str | Path, **hints: Any) -> Published:
    """The network of a weights file; what it is shows in its keys and shapes.

    Args:
        path: a `.pth` of `torch.save` in either format, safetensors, or a checkpoint of ours.
        hints: fields of the config that replace what was inferred.

    Raises:
        CheckpointMissing: no file of that name, or it cannot be opened.
        CheckpointCorrupt: empty, cut short, damaged, or with values that are not finite.
        CheckpointMismatch: not of a known family, or the tensors do not fit its network.
        RequestError: a hint that the family's config has no field for.
    """
    path = Path(path)
    if kind_of(path) is Kind.OURS:
        return _ours(path, hints)
    return _recognised(read_state(path), path, hints)


def import_file(
    path: str | Path,
    *,
    name: str | None = None,
    folder: Path | None = None,
    token: CancelToken | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a model of a weights file: a checkpoint of ours in the user's folder.

    Args:
        path: anything that `load_published` reads; extras of our own checkpoints are kept.
        name: the model's title, from which its id is made; None takes the file's (or, for
            `latest_checkpoint.pth` and the like, the folder's).
        folder: where to write; None is the folder that the catalog lists.
        token: called off through it, the import ends between two tensors and leaves nothing.
        progress: told "reading", "checking" and "writing".

    Returns:
        The file that was written.

    Raises:
        Cancelled: the token was set.
        ModelNameError: no id can be made of the name, or there is a model with that id already.
        ModelsError: what `load_published` and `checkpoint.save` raise.
    """
    path = Path(path)
    token = token or CancelToken()
    tell = progress or (lambda words, share: None)

    def step(words: str, share: float) -> None:
        token.raise_if_cancelled()
        tell(words, share)

    step("reading", 0.0)
    if kind_of(path) is Kind.OURS:
        target = _target(name or read_header(path).model_id, folder)
        _import_ours(path, target, name, token, step)
    else:
        title = name or _title(path)
        target = _target(title, folder)
        _import_published(path, target, title, token, step)
    tell("done", 1.0)
    return target


def _import_ours(
    path: Path, target: Path, name: str | None, token: CancelToken, step: Progress
) -> None:
    with between_operations(token):
        ours = checkpoint.load(path)
        header = ours.header
        checkpoint.save(
            target,
            ours.network,
            model_id=target.stem,
            title=name or header.title,
            family=header.family,
            config=header.config,
            licence=header.licence,
            source=header.source,
            step=header.step,
            ema=header.ema,
            training=header.training,
            extras=ours.extras,
            palette_id=header.palette_id,
            progress=_later(step),
        )


def _import_published(
    path: Path, target: Path, title: str, token: CancelToken, step: Progress
) -> None:
    # Not where operations ask the token: whatever ends the reading early counts as damage.
    state = read_state(path)
    with between_operations(token):
        published = _recognised(state, path, {})
        checkpoint.save(
            target,
            published.network,
            model_id=target.stem,
            title=title,
            family=published.family,
            config=published.config,
            licence=published.licence,
            source=published.source,
            step=0,
            ema=False,
            training={},
            extras={},
            progress=_later(step),
        )


def _later(step: Progress) -> Progress:
    """Progress of saving, as a part of the whole import."""
    return lambda words, share: step(words, SHARE_READ + (1.0 - SHARE_READ) * share)


def _recognised(state: State, path: Path, hints: dict[str, Any]) -> Published:
    for family in FAMILIES:
        config = family.detect(state)
        if config is not None:
            config = _with_hints(config, hints, family)
            where = f"{path}, a {family.title},"
            network = checkpoint.assemble(config, family.canonical(state), where)
            source = f"converted from {path.name}"
            return Published(network, family.name, config, family.licence, source)
    raise _unknown(state, path)


def _ours(path: Path, hints: dict[str, Any]) -> Published:
    if hints:
        raise RequestError(f"{path} says itself what it is: leave {', '.join(hints)} out.")
    ours = checkpoint.load(path)
    header = ours.header
    return Published(ours.network, header.family, header.config, header.licence, header.source)


def _with_hints(config: Config, hints: dict[str, Any], family: Family) -> Config:
    values = config_to_dict(config)
    known = values.keys() - {"type"}
    if unknown := [name for name in hints if name not in known]:
        raise RequestError(
            f"A {family.title} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}."
        )
    return config_from_dict({**values, **hints})


def _unknown(state: State, path: Path) -> CheckpointMismatch:
    def present(family: Family) -> int:
        return sum(key in state for key in family.essential)

    nearest = max(FAMILIES, key=present)
    if not present(nearest):
        return checkpoint.mismatch(
            f"{path} holds no network that is known here",
            missing=[],
            unexpected=list(state),
            shapes={},
        )
    return checkpoint.mismatch(
        f"{path} looks like a {nearest.title}, but is not whole",
        missing=[key for key in nearest.essential if key not in state],
        unexpected=[],
        shapes={},
    )


def _title(path: Path) -> str:
    stem = path.stem
    return path.resolve().parent.name if NAMELESS.fullmatch(stem) else stem


def _target(name: str, folder: Path | None) -> Path:
    model_id = id_from_name(name)
    if not model_id:
        raise ModelNameError(f"No id can be made of the name {name!r}; choose another name.")
    target = (user_folder() if folder is None else folder) / f"{model_id}{SUFFIX}"
    listed = folder is None and any(spec.id == model_id for spec in list_models())
    if listed or target.exists():
        raise ModelNameError(
            f"There is a model with the id {model_id!r} already; choose another name."
        )
    return target
