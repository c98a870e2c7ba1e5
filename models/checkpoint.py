"""Weights on disk: one format, written whole and read with suspicion.

A checkpoint is a safetensors file: the network's state dict in float16 (statistics of batches in
float32, where they are beyond its range), extras in float32 under `extra.`, and a header
(`models.header`). Reading it never runs code from it. It is accepted only when the file exists, has
the sha256 that the catalog gives, has a header that says what the catalog says, has exactly the
tensors of the network, all finite, and when the network then computes the values that it computed
when the file was written (the probe).
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from models.api import Progress
from models.builders import build_unfilled
from models.catalog import ModelSpec
from models.configs import Config
from models.errors import (
    CheckpointCorrupt,
    CheckpointError,
    CheckpointMismatch,
    CheckpointMissing,
    RequestError,
)
from models.header import HEADER_KEY, Header, check_is_file, is_model_id, read_header

EXTRA = "extra."
VARIANCE = ".running_var"
STATISTICS = (".running_mean", VARIANCE)
"""Ends of the keys that may stay in float32."""
KEYS_SHOWN = 3
PROBE_TOLERANCE = 1e-3
"""Of the probe's largest value. Kernels differ by 1e-5 between machines, changed code by more."""


@dataclass(frozen=True)
class Checkpoint:
    """What a weights file holds.

    Attributes:
        network: in evaluation mode, float32, on the CPU.
        header: what the file says about itself.
        extras: float32 tensors beside the network's, such as principal directions.
        sha256: of the file; empty when it was not computed.
    """

    network: nn.Module
    header: Header
    extras: dict[str, Tensor]
    sha256: str


def save(  # noqa: PLR0913 - the fields of the header, each by its name
    path: Path,
    network: nn.Module,
    *,
    model_id: str,
    title: str,
    family: str,
    config: Config,
    licence: str,
    source: str,
    step: int,
    ema: bool,
    training: dict[str, Any],
    extras: Mapping[str, Tensor],
    palette_id: str | None = None,
    progress: Progress | None = None,
) -> str:
    """Write the network to `path`, replacing what is there at the last moment only.

    Args:
        network: of `config`; any device and precision. It is not changed.
        extras: tensors to keep beside it, under names of their own.
        progress: told "checking" and "writing"; when it raises, nothing is written.

    The other arguments are the fields of `Header`; `training` must have a JSON form.

    Returns:
        sha256 of the file.

    Raises:
        RequestError: `model_id` cannot be an id.
        CheckpointCorrupt: a weight is not finite, or too large for float16; nothing is written.
        CheckpointMismatch: the network is not one of `config`; nothing is written.
        CheckpointError: the disk refuses.
    """
    if not is_model_id(model_id):
        raise RequestError(
            f"{model_id!r} cannot be the id of a model: only lower-case letters, digits, - and _."
        )
    progress = progress or (lambda words, share: None)
    progress("checking", 0.0)
    tensors = {key: _rounded(key, value) for key, value in network.state_dict().items()}
    extra = {EXTRA + key: value.detach().cpu().float() for key, value in extras.items()}
    check_finite(extra, f"model {model_id!r}")
    # From the rounded weights, so that it holds when they are loaded.
    probe = _probe(assemble(config, tensors, f"model {model_id!r}"))
    if not probe.isfinite().all():
        raise CheckpointCorrupt(f"The network of model {model_id!r} computes NaN or infinity.")
    header = Header(
        model_id=model_id,
        title=title,
        family=family,
        config=config,
        palette_id=palette_id,
        step=step,
        ema=ema,
        licence=licence,
        source=source,
        training=training,
        probe=tuple(float(value) for value in probe),
    )
    progress("writing", 0.6)
    stored = {key: value.contiguous().clone() for key, value in {**tensors, **extra}.items()}
    return _write(Path(path), to_bytes(stored, {HEADER_KEY: header.to_json()}))


def load(spec_or_path: ModelSpec | Path, *, check_hash: bool = True) -> Checkpoint:
    """The network and what belongs to it.

    Args:
        spec_or_path: an entry of the catalog, or a file of the user's.
        check_hash: whether to read the whole file once more for its sha256.

    Raises:
        CheckpointMissing: there is no such file, or it cannot be opened.
        CheckpointCorrupt: the file is not what was written.
        CheckpointMismatch: it is not what the catalog says, or does not fit the network.
    """
    spec = spec_or_path if isinstance(spec_or_path, ModelSpec) else None
    path = spec.path if spec else Path(cast(Path, spec_or_path))
    check_is_file(path)
    sha256 = _sha256(path) if check_hash else ""
    if spec:
        _check_file(spec, sha256)
    header = read_header(path)
    if spec:
        _check_header(spec, header)
    tensors = read_tensors(path)
    extras = {
        key.removeprefix(EXTRA): value.float()
        for key, value in tensors.items()
        if key.startswith(EXTRA)
    }
    weights = {key: value for key, value in tensors.items() if not key.startswith(EXTRA)}
    network = assemble(header.config, weights, str(path))
    check_finite(extras, str(path))
    _check_probe(network, header, path)
    return Checkpoint(network, header, extras, sha256)


def verify(spec: ModelSpec) -> None:
    """Load the model and forget it; raises what `load` raises."""
    load(spec)


def assemble(config: Config, tensors: Mapping[str, Tensor], where: str) -> nn.Module:
    """The network of `config` with copies of these weights: evaluation mode, float32, CPU.

    Args:
        tensors: a state dict with exactly the network's keys and shapes.
        where: what the weights are called in messages.

    Raises:
        CheckpointMismatch: other keys or shapes.
        CheckpointCorrupt: a value is not finite.
    """
    network = build_unfilled(config)
    wanted = network.state_dict()
    check_fit(wanted, tensors, where)
    weights = {key: tensors[key].to("cpu", wanted[key].dtype, copy=True) for key in wanted}
    check_finite(weights, where)
    network.load_state_dict(weights, strict=True, assign=True)
    if any(name not in wanted for name, _ in network.named_buffers()):
        raise TypeError(f"{type(network).__name__} has a buffer outside of its state dict.")
    return network.eval()


def check_fit(wanted: Mapping[str, Tensor], tensors: Mapping[str, Tensor], where: str) -> None:
    """Raise `CheckpointMismatch` unless both have the same keys, shapes and kinds of numbers."""
    shapes = {
        key: (_kind(tensors[key]), _kind(value))
        for key, value in wanted.items()
        if key in tensors and _kind(tensors[key]) != _kind(value)
    }
    if shapes or wanted.keys() != tensors.keys():
        raise mismatch(
            f"{where} does not fit its network",
            missing=[key for key in wanted if key not in tensors],
            unexpected=[key for key in tensors if key not in wanted],
            shapes=shapes,
        )


def mismatch(
    start: str,
    *,
    missing: list[str],
    unexpected: list[str],
    shapes: Mapping[str, tuple[str, str]],
) -> CheckpointMismatch:
    """The error whose sentence names three of the keys and counts the others.

    Args:
        start: of the sentence, up to the colon.
        shapes: key -> (what the file has, what the network has).
    """
    phrases = [f"{key} is missing" for key in missing]
    phrases += [f"{key} is surplus" for key in unexpected]
    phrases += [f"{key} is {is_} instead of {wanted}" for key, (is_, wanted) in shapes.items()]
    rest = len(phrases) - KEYS_SHOWN
    more = f", and {rest} more" if rest > 0 else ""
    return CheckpointMismatch(
        f"{start}: {', '.join(phrases[:KEYS_SHOWN])}{more}.",
        missing=tuple(missing),
        unexpected=tuple(unexpected),
        shapes=tuple(f"{key}: {is_}, {wanted}" for key, (is_, wanted) in shapes.items()),
    )


def check_finite(tensors: Mapping[str, Tensor], where: str) -> None:
    """Raise `CheckpointCorrupt` if a value is NaN or infinite."""
    for key, value in tensors.items():
        if not value.isfinite().all():
            raise CheckpointCorrupt(
                f"{where} cannot be used: {key} contains NaN or infinity; "
                "get the file again, or train from an earlier state."
            )


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, in its precision.

    Raises:
        CheckpointCorrupt: it cannot be read as one.
    """
    try:
        # Any: the stub of `safe_open` leaves its methods untyped.
        with cast(Any, safe_open)(path, framework="pt", device="cpu") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise CheckpointCorrupt(f"{path} cannot be read ({error}).") from error


def _kind(tensor: Tensor) -> str:
    shape = "x".join(map(str, tensor.shape)) or "one number"
    if tensor.is_floating_point():
        return shape
    return f"{shape} of {str(tensor.dtype).removeprefix('torch.')}"


def _rounded(key: str, value: Tensor) -> Tensor:
    value = value.detach().cpu()
    if not value.is_floating_point():
        return value
    half = value.half()
    if key.endswith(STATISTICS) and not _survives(key, value, half):
        return value.float()
    if value.isfinite().all() and not half.isfinite().all():
        raise CheckpointCorrupt(
            f"Nothing was written: {key} has values beyond {torch.finfo(torch.float16).max:g}, "
            "which the format cannot hold."
        )
    return half


def _survives(key: str, value: Tensor, half: Tensor) -> bool:
    """Whether float16 has room for these statistics: none is too large, no variance fades away."""
    smallest = torch.finfo(torch.float16).smallest_normal
    fades = key.endswith(VARIANCE) and bool(((value > 0.0) & (value < smallest)).any())
    return bool(half.isfinite().all()) and not fades


def _probe(network: nn.Module) -> Tensor:
    compute = cast("Callable[[], Tensor]", network.probe)
    with torch.no_grad():
        return compute().float()


def _check_probe(network: nn.Module, header: Header, path: Path) -> None:
    now = _probe(network)
    then = torch.tensor(header.probe)
    tolerance = PROBE_TOLERANCE * max(map(abs, header.probe), default=0.0)
    # `not <=`, so that NaN fails.
    if now.shape != then.shape or not bool(((now - then).abs() <= tolerance).all()):
        raise CheckpointCorrupt(
            f"{path} computes something else than it did when it was written; "
            "get the file again, or the program that wrote it."
        )


def _check_file(spec: ModelSpec, sha256: str) -> None:
    size = spec.path.stat().st_size
    wrong_hash = bool(sha256 and spec.weights.sha256 and sha256 != spec.weights.sha256)
    if wrong_hash or size != spec.weights.bytes:
        raise CheckpointCorrupt(
            f"{spec.path} is not the file that the model {spec.id!r} was listed with "
            "(its size or sha256 differs); get it again."
        )


def _check_header(spec: ModelSpec, header: Header) -> None:
    listed: dict[str, object] = {
        "id": spec.id,
        "family": spec.family,
        "config": spec.config,
        "palette": spec.io.palette_id,
        "licence": spec.weights.licence,
        "step": spec.weights.step,
    }
    held: dict[str, object] = {
        "id": header.model_id,
        "family": header.family,
        "config": header.config,
        "palette": header.palette_id,
        "licence": header.licence,
        "step": header.step,
    }
    if differing := [name for name in listed if listed[name] != held[name]]:
        raise CheckpointMismatch(
            f"{spec.path} is not what the list of models says: "
            f"{', '.join(differing)} of the model {spec.id!r} differs."
        )


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointMissing(f"{path} cannot be opened: {error.strerror}.") from error


def _write(path: Path, data: bytes) -> str:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise CheckpointError(f"{path} cannot be written: {error.strerror}.") from error
    return hashlib.sha256(data).hexdigest()
