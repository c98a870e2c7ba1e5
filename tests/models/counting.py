"""What networks do: products that they sum, and tensors that live at once.

Modes of functions: those of dispatching would have torch import its compiler, for seconds.
"""

import weakref

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves


class Flop(TorchFunctionMode):
    """Counts two operations for each product in a convolution or a matrix product."""

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        if func in (F.conv2d, F.linear):
            self.total += 2 * found.numel() * args[1][0].numel()
        elif func is F.conv_transpose2d:
            self.total += 2 * args[0].numel() * args[1][0].numel()
        elif func in (torch.matmul, torch.Tensor.__matmul__):
            self.total += 2 * found.numel() * args[0].shape[-1]
        return found


def flop(work):
    with Flop() as counter:
        work()
    return counter.total


class Living(TorchFunctionMode):
    """Counts the bytes of all tensors that are made inside and still live, and their most."""

    def __init__(self):
        super().__init__()
        self.now = self.most = 0
        self._known = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(found):
            if isinstance(tensor, torch.Tensor):
                self._add(tensor.untyped_storage())
        return found

    def _add(self, storage):
        key = storage._cdata
        if key in self._known:
            return
        size = storage.nbytes()
        self.now += size
        self.most = max(self.most, self.now)
        self._known[key] = weakref.finalize(storage, self._drop, key, size)

    def _drop(self, key, size):
        del self._known[key]
        self.now -= size


def most_living(work):
    # What is computed from the weights once is no matter of this.
    work()
    with Living() as living:
        work()
    return living.most
