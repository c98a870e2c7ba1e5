"""Constants derived from parameters, computed once while the parameters do not change.

Equalised learning rates, activation gains and demodulation are all factors on a weight. During
training they are recomputed (gradients flow through them); without gradients the finished weight
is kept until the parameter is written to, moved or cast.
"""

from collections.abc import Callable, Hashable

import torch
from torch import Tensor


class Folded:
    """A one-place memory for a tensor that is a function of `sources` and `key`."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._value: Tensor | None = None

    def get(
        self, sources: tuple[Tensor, ...], key: Hashable, compute: Callable[[], Tensor]
    ) -> Tensor:
        """`compute()`, or its last value when gradients are off and nothing has changed."""
        if torch.is_grad_enabled():
            self._key = self._value = None
            return compute()
        now = (key, tuple(_identity(source) for source in sources))
        if self._value is None or now != self._key:
            self._key, self._value = now, compute()
        return self._value

    def __deepcopy__(self, memo: dict[int, object]) -> "Folded":
        return Folded()

    def __reduce__(self) -> tuple[type["Folded"], tuple[()]]:
        return Folded, ()


def _identity(source: Tensor) -> Hashable:
    """Changes when the tensor is written to, moved or cast."""
    # Tensors made in inference mode count no versions; parameters are not made there.
    version = 0 if source.is_inference() else source._version
    return source.data_ptr(), version, source.dtype, source.device
