"""Importers of published weights.

`load_published` gives the network of a file for use at once, `import_file` makes a model of it
that the catalog lists.

Adding a family: one file here with a `FAMILY` (see `models.convert.family`), whose `detect` tells
the config from keys and shapes alone, and its name in `FAMILIES`. A family whose files do not tell
everything has its callers give the rest as hints: fields of the config by name. What lies beside a
file (a second network of the same model, the trainer's options) is the family's to find.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from models import checkpoint
from models.api import CancelToken, Progress
from models.catalog import SUFFIX, io_of, list_models, user_folder
from models.configs import Config, config_from_dict, config_to_dict
from models.convert import spade, swapping_autoencoder
from models.convert.family import Family, Hints, Settled, State
from models.convert.reading import Kind, kind_of, read_state
from models.errors import CheckpointMismatch, ModelNameError, RequestError
from models.header import id_from_name, read_header
from models.ops.cancelling import between_operations

FAMILIES: tuple[Family, ...] = (swapping_autoencoder.FAMILY, spade.FAMILY, spade.DISCRIMINATOR)
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
        palette_id: of the label maps that it reads, or None when it reads none that is known.
    """

    network: nn.Module
    family: str
    config: Config
    licence: str
    source: str
    palette_id: str | None = None


def load_published(path: str | Path, **hints: Any) -> Published:
    """The network of a weights file; what it is shows in its keys and shapes.

    Args:
        path: a `.pth` of `torch.save` in either format, safetensors, or a checkpoint of ours.
        hints: fields of the config: they replace what was inferred, and what was inferred with
            their help follows them.

    Raises:
        CheckpointMissing: no file of that name, or it cannot be opened.
        CheckpointCorrupt: empty, cut short, damaged, or with values that are not finite.
        CheckpointMismatch: not of a known family, or the tensors do not fit its network.
        RequestError: a hint that the family's config has no field for.
    """
    path = Path(path)
    if kind_of(path) is Kind.OURS:
        return _ours(path, hints)
    family, state = _read(path)
    return _recognised(family, state, path, hints)


def import_file(
    path: str | Path,
    *,
    name: str | None = None,
    folder: Path | None = None,
    hints: Hints | None = None,
    token: CancelToken | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make a model of a weights file: a checkpoint of ours in the user's folder.

    Args:
        path: anything that `load_published` reads; extras of our own checkpoints are kept.
        name: the model's title, from which its id is made; None takes the file's (or, for
            `latest_checkpoint.pth` and the like, the folder's).
        folder: where to write; None is the folder that the catalog lists.
        hints: as of `load_published`.
        token: called off through it, the import ends between two tensors and leaves nothing.
        progress: told "reading", "checking" and "writing".

    Returns:
        The file that was written.

    Raises:
        Cancelled: the token was set.
        ModelNameError: no id can be made of the name, or there is a model with that id already.
        CheckpointMismatch: the network makes no pictures.
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
        _check_no_hints(path, hints or {})
        _import_ours(path, target, name, token, step)
    else:
        title = name or _title(path)
        target = _target(title, folder)
        _import_published(path, target, title, hints or {}, token, step)
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
    path: Path, target: Path, title: str, hints: Hints, token: CancelToken, step: Progress
) -> None:
    # Not where operations ask the token: whatever ends the reading early counts as damage.
    family, state = _read(path)
    with between_operations(token):
        published = _recognised(family, state, path, hints)
        io_of(published.config, published.palette_id, str(path))
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
            palette_id=published.palette_id,
            progress=_later(step),
        )


def _later(step: Progress) -> Progress:
    """Progress of saving, as a part of the whole import."""
    return lambda words, share: step(words, SHARE_READ + (1.0 - SHARE_READ) * share)


def _read(path: Path) -> tuple[Family, State]:
    state = read_state(path)
    for family in FAMILIES:
        if family.detect(state) is not None:
            return family, family.complete(state, path)
    raise _unknown(state, path)


def _recognised(family: Family, state: State, path: Path, hints: Hints) -> Published:
    settled = _settled(family, state, path, hints)
    where = f"{path}, a {family.title},"
    network = checkpoint.assemble(settled.config, family.canonical(state), where)
    source = f"converted from {path.name}"
    return Published(
        network, family.name, settled.config, family.licence, source, settled.palette_id
    )


def _settled(family: Family, state: State, path: Path, hints: Hints) -> Settled:
    config = family.detect(state)
    assert config is not None, "the file is of the family"
    values = config_to_dict(config)
    known = values.keys() - {"type"}
    if unknown := [name for name in hints if name not in known]:
        raise RequestError(
            f"A {family.title} has no setting {unknown[0]!r}; it has {', '.join(sorted(known))}."
        )
    hinted = config_from_dict({**values, **hints})
    return Settled(hinted) if family.settle is None else family.settle(state, path, hints)


def _ours(path: Path, hints: Hints) -> Published:
    _check_no_hints(path, hints)
    ours = checkpoint.load(path)
    header = ours.header
    return Published(
        ours.network,
        header.family,
        header.config,
        header.licence,
        header.source,
        header.palette_id,
    )


def _check_no_hints(path: Path, hints: Hints) -> None:
    if hints:
        raise RequestError(f"{path} says itself what it is: leave {', '.join(hints)} out.")


def _unknown(state: State, path: Path) -> CheckpointMismatch:
    for family in FAMILIES:
        if words := family.part(state, path):
            return CheckpointMismatch(f"{path} {words}")

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
