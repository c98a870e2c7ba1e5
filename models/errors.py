"""The two kinds of error of `models`.

`ModelsError` and its children mean that the world failed: a file is damaged, memory ran out, a
request asks for what cannot be done. Their text is one sentence or two for a person: what
happened, and what to do. Anything else that escapes from `models` is a defect of ours.
"""


class ModelsError(Exception):
    """The world failed; `str(error)` is shown to the person as it is."""


class EditError(ModelsError):
    """A recipe or an edit has values that cannot be meant."""


class RequestError(ModelsError):
    """A render request asks for something that the engine cannot do."""


class ModelNameError(RequestError):
    """A model cannot get the name that was asked for: it is taken, or no id can be made of it."""


class OutOfMemory(ModelsError):
    """Every retreat (caches, a smaller picture, the CPU) ran out of memory."""


class CheckpointError(ModelsError):
    """Weights cannot be used; the children say why."""


class CheckpointMissing(CheckpointError):
    """There is no file, no entry in the catalog, or nothing of that name."""


class CheckpointCorrupt(CheckpointError):
    """The bytes are not what was written: cut short, another hash, NaN, a failed probe."""


class CheckpointMismatch(CheckpointError):
    """The tensors do not fit the network.

    Attributes:
        missing: keys that the network has and the file lacks.
        unexpected: keys that the file has and the network lacks.
        shapes: keys with another shape, as `key: file shape, network shape`.
    """

    def __init__(
        self,
        message: str,
        *,
        missing: tuple[str, ...] = (),
        unexpected: tuple[str, ...] = (),
        shapes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.missing = missing
        self.unexpected = unexpected
        self.shapes = shapes


class DataError(ModelsError):
    """Training or evaluation data is missing, empty or damaged."""


class Cancelled(Exception):
    """The work was called off through its `CancelToken`. Not a failure: nothing to show."""
