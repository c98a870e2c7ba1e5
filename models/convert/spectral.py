"""Spectral normalisation in published files: three ways to store it, one that networks here read.

The newest files, and those of torch from 1.0 on, have `weight_orig`, `weight_u` and `weight_v` (see
`models.ops.spectral`), or the same under the names of torch's parametrizations. Torch 0.4 stored no
`weight_v`, but beside `weight_orig` the normalised `weight` as it was last used.
"""

import torch
from torch import Tensor

from models.convert.family import State

PARAMETRIZED = {
    ".parametrizations.weight.original": ".weight_orig",
    ".parametrizations.weight.0._u": ".weight_u",
    ".parametrizations.weight.0._v": ".weight_v",
}


def spectral_names(state: State) -> dict[str, Tensor]:
    """The same tensors as `weight_orig`, `weight_u` and `weight_v`, whichever way they are stored.

    Where the normalised weight is all that there is to go by, it is kept as it is, with a
    `weight_v` by which normalising it again changes nothing.
    """
    tensors = {_plain_name(key): value for key, value in state.items()}
    for name in [key.removesuffix("_orig") for key in tensors if key.endswith(".weight_orig")]:
        weight = tensors.pop(name, None)
        u = tensors.get(f"{name}_u")
        if weight is None or u is None or f"{name}_v" in tensors:
            continue
        if weight.dim() > 1 and u.shape == weight.shape[:1]:
            tensors[f"{name}_orig"] = weight
            tensors[f"{name}_v"] = _neutral(weight, u)
    return tensors


def _plain_name(key: str) -> str:
    for ending, plain in PARAMETRIZED.items():
        if key.endswith(ending):
            return key.removesuffix(ending) + plain
    return key


def _neutral(weight: Tensor, u: Tensor) -> Tensor:
    """The multiple v of W^T u with u^T W v = 1."""
    v = torch.mv(weight.flatten(1).double().T, u.double())
    return (v / v.square().sum()).float()
