"""The models that edits name: found, identified by their weights, loaded once."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from models.catalog import ModelSpec
from models.checkpoint import EXTRA, check_finite
from models.edits import Edit
from models.engine.memory import ByteCache
from models.errors import CheckpointCorrupt, CheckpointMismatch, CheckpointMissing


@dataclass(frozen=True)
class Extras:
    """What a model brings beside its network, in the engine's cache.

    Attributes:
        tensors: float32, by name.
    """

    tensors: Mapping[str, Tensor]

    @property
    def nbytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.tensors.values())


class Shelf:
    """Looks models up and keeps their networks in the engine's cache.

    Args:
        cache: where networks are kept.
        find: the model of an id or a path, as `models.catalog.find_model`.
        load_network: the network of a model, in eval mode on the CPU.
        load_extras: what a model brings beside its network, by name; None: `brought_extras`.
    """

    def __init__(
        self,
        cache: ByteCache,
        find: Callable[[str], ModelSpec],
        load_network: Callable[[ModelSpec], nn.Module],
        load_extras: Callable[[ModelSpec], Mapping[str, Tensor]] | None = None,
    ) -> None:
        self._cache = cache
        self._find = find
        self._load_network = load_network
        self._load_extras = load_extras or brought_extras
        self._hashes: dict[tuple[Path, int, int], str] = {}

    def spec(self, edit: Edit) -> ModelSpec:
        """The edit's model as it is now, always with the hash of its weights.

        Raises:
            CheckpointError: it is not there, is damaged, or is another one than the edit was made
                with.
        """
        found = self.model(edit.model)
        at_hand = found.weights.sha256
        if edit.checkpoint not in ("", at_hand):
            raise CheckpointMismatch(
                f"The edit was made with other weights of {edit.model!r} "
                f"({edit.checkpoint[:12]}) than those at hand ({at_hand[:12]}): "
                "install those weights, or make the edit again."
            )
        return found

    def model(self, id_or_path: str) -> ModelSpec:
        """The model as it is now, always with the hash of its weights.

        Raises:
            CheckpointError: it is not there, or is damaged.
        """
        found = self._find(id_or_path)
        if found.weights.sha256:
            return found
        return replace(found, weights=replace(found.weights, sha256=self._hash(found.path)))

    def network(self, spec: ModelSpec, device: torch.device, dtype: torch.dtype) -> nn.Module:
        """The model's network on `device`, computing in `dtype`; loaded if it is not kept."""
        key = ("network", spec.weights.sha256, str(device))
        network = self._cache.get(key)
        if network is None:
            # Parameters made under inference mode could not tell that they change.
            with torch.inference_mode(False):
                network = self._load_network(spec).to(device)
            # A plain attribute, which torch's stubs do not know of modules.
            network.compute_dtype = dtype  # pyright: ignore[reportArgumentType]
            self._cache.put(key, network)
        return network

    def extras(self, spec: ModelSpec) -> Mapping[str, Tensor]:
        """What the model brings beside its network; read if it is not kept.

        Raises:
            CheckpointError: the file cannot be read.
        """
        key = ("extras", spec.weights.sha256)
        kept = cast("Extras | None", self._cache.get(key))
        if kept is None:
            kept = Extras(self._load_extras(spec))
            self._cache.put(key, kept)
        return kept.tensors

    def _hash(self, path: Path) -> str:
        """sha256 of the file; computed again only when its time or size has changed."""
        try:
            status = path.stat()
            key = (path, status.st_mtime_ns, status.st_size)
            if key not in self._hashes:
                with path.open("rb") as file:
                    self._hashes[key] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise CheckpointMissing(f"{path} cannot be read: {error.strerror}.") from error
        return self._hashes[key]


def brought_extras(spec: ModelSpec) -> dict[str, Tensor]:
    """The tensors that a weights file has beside the network's; the network is not read.

    Raises:
        CheckpointCorrupt: the file cannot be read, or has values that are not numbers.
    """
    try:
        # Any: the stub of `safe_open` leaves its methods untyped.
        with cast(Any, safe_open)(spec.path, framework="pt", device="cpu") as file:
            names = [name for name in file.keys() if name.startswith(EXTRA)]  # noqa: SIM118
            extras = {name.removeprefix(EXTRA): file.get_tensor(name).float() for name in names}
    except (OSError, SafetensorError) as error:
        raise CheckpointCorrupt(f"{spec.path} cannot be read ({error}).") from error
    check_finite(extras, str(spec.path))
    return extras
