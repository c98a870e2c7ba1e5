"""Calling off work while torch is at it.

A token that is asked between the stages of a render is asked too rarely: decoding a large picture
is one stage and takes seconds. The two context managers here have it asked in the middle, without
a line in the networks. They differ in what asking costs: next to nothing per layer, a few
microseconds per operation, which would show in a small picture's time.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from torch.nn.modules.module import register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode

from models.api import CancelToken


@contextmanager
def between_layers(token: CancelToken) -> Iterator[None]:
    """Inside, `Cancelled` is raised before any module's forward once the token is set.

    Only on the calling thread: torch has one list of such hooks for the whole process.
    """
    thread = threading.get_ident()

    def ask(module: object, inputs: object) -> None:
        if threading.get_ident() == thread:
            token.raise_if_cancelled()

    handle = register_module_forward_pre_hook(ask)
    try:
        yield
    finally:
        handle.remove()


def between_operations(token: CancelToken) -> AbstractContextManager[Any]:
    """Inside, `Cancelled` is raised before any of torch's operations once the token is set.

    Only on the calling thread. For work that is no network: reading, checking, resizing.
    """
    return Asking(token)


class Asking(TorchFunctionMode):
    """Asks the token, then does what torch was asked for."""

    def __init__(self, token: CancelToken) -> None:
        super().__init__()
        self._token = token

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        self._token.raise_if_cancelled()
        return func(*args, **(kwargs or {}))
