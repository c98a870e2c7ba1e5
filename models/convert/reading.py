"""Reading strangers' weights files: judged by their content, and no code of theirs is run."""

import os
import pickle
import warnings
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.checkpoint import read_tensors
from models.errors import CheckpointCorrupt, CheckpointMismatch, CheckpointMissing
from models.header import HEADER_KEY, check_is_file, read_metadata

ZIP_MAGIC = b"PK\x03\x04"
PICKLE_MAGIC = b"\x80"
TENSORFLOW_INDEX_END = bytes.fromhex("57fb808b247547db")
TENSORFLOW_LIST_START = b"model_checkpoint_path:"
PREFIX = "module."


class Kind(Enum):
    """What a file is, by its first and last bytes."""

    OURS = "a checkpoint of ours"
    SAFETENSORS = "safetensors"
    TORCH_ZIP = "torch.save since 1.6"
    TORCH_LEGACY = "torch.save before 1.6"


def kind_of(path: Path) -> Kind:
    """What the file is.

    Raises:
        CheckpointMissing: no file of that name, or it cannot be opened.
        CheckpointCorrupt: empty, or a damaged safetensors file.
        CheckpointMismatch: nothing that weights are stored in.
    """
    start, end = _ends(path)
    if not start:
        raise CheckpointCorrupt(f"{path} is empty; get the file again.")
    if start.startswith(ZIP_MAGIC):
        return Kind.TORCH_ZIP
    if start.startswith(PICKLE_MAGIC):
        return Kind.TORCH_LEGACY
    if start[8:9] == b"{":
        return Kind.OURS if HEADER_KEY in read_metadata(path) else Kind.SAFETENSORS
    if end == TENSORFLOW_INDEX_END or start.startswith(TENSORFLOW_LIST_START):
        raise CheckpointMismatch(
            f"{path} is a TensorFlow checkpoint; import PyTorch or safetensors files."
        )
    raise CheckpointMismatch(f"{path} is no weights file: neither PyTorch nor safetensors.")


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file, by key, without a leading `module.`.

    Raises:
        CheckpointMissing: no file of that name, or it cannot be opened.
        CheckpointCorrupt: empty, cut short or damaged.
        CheckpointMismatch: no weights file, or one that holds other things than tensors.
    """
    kind = kind_of(path)
    content: object
    if kind in (Kind.OURS, Kind.SAFETENSORS):
        content = read_tensors(path)
    else:
        content = _unpickle_tensors(path, mapped=kind is Kind.TORCH_ZIP)
    state = _checked(content, path)
    if all(key.startswith(PREFIX) for key in state):
        return {key.removeprefix(PREFIX): value for key, value in state.items()}
    return state


def _ends(path: Path) -> tuple[bytes, bytes]:
    check_is_file(path)
    try:
        with open(path, "rb") as file:
            start = file.read(32)
            file.seek(-min(8, len(start)), os.SEEK_END)
            return start, file.read(8)
    except OSError as error:
        raise CheckpointMissing(f"{path} cannot be opened: {error.strerror}.") from error


def _unpickle_tensors(path: Path, *, mapped: bool) -> object:
    try:
        with warnings.catch_warnings(action="ignore"):
            return torch.load(str(path), map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        if "global" in str(error).lower():
            raise CheckpointMismatch(
                f"{path} holds program code besides tensors, which is never run; "
                "save its state dict alone and import that."
            ) from error
        raise _damaged(path) from error
    except Exception as error:  # a damaged pickle can raise anything
        raise _damaged(path) from error


def _damaged(path: Path) -> CheckpointCorrupt:
    return CheckpointCorrupt(
        f"{path} is cut short, damaged, or no PyTorch weights file; get the file again."
    )


def _checked(content: object, path: Path) -> dict[str, Tensor]:
    if not isinstance(content, Mapping) or not content:
        raise CheckpointMismatch(
            f"{path} holds no dictionary of tensors, but a value of type {type(content).__name__}; "
            "save its state dict alone and import that."
        )
    for key, value in content.items():
        if not isinstance(key, str) or not _is_plain(value):
            raise CheckpointMismatch(
                f"{path} holds more than plain tensors by name: "
                f"its entry {key!r} is of type {type(value).__name__}; "
                "save its state dict alone and import that."
            )
    return dict(content)


def _is_plain(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and not value.is_nested
        and not value.is_quantized
        and not value.is_meta
        and value.layout is torch.strided
    )
