"""What running out of memory looks like, on whichever device."""

import torch

OUT_OF_MEMORY_WORDS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "ALLOC_FAILED",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch, numpy or Python ran out of memory.

    CUDA has a type of its own; the CPU allocator raises a RuntimeError that only its text tells
    from others.
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error) for words in OUT_OF_MEMORY_WORDS
    )
