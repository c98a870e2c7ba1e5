"""The models that edits name: found, identified by their weights, loaded once."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from models.catalog import ModelSpec
from models.edits import Edit
from models.engine.memory import ByteCache
from models.errors import CheckpointMismatch, CheckpointMissing


class Shelf:
    """Looks models up and keeps their networks in the engine's cache.

    Args:
        cache: where networks are kept.
        find: the model of an id or a path, as `models.catalog.find_model`.
        load_network: the network of a model, in eval mode on the CPU.
    """

    def __init__(
        self,
        cache: ByteCache,
        find: Callable[[str], ModelSpec],
        load_network: Callable[[ModelSpec], nn.Module],
    ) -> None:
        self._cache = cache
        self._find = find
        self._load_network = load_network
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
