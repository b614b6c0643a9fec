"""What went wrong, classified once, in the words of domain/failures.ts."""

from __future__ import annotations

import errno
import re


class EngineError(Exception):
    """`kind`: user, memory, data, infrastructure, bug, or cancelled. `hint` says what to do about it."""

    kind = "bug"

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.hint = hint


class UserError(EngineError):
    """The person's to mend: a path, a missing package, a device that is not there."""

    kind = "user"


class TooLong(UserError):
    """A conversation that does not fit the context; `tokens` is how many it has."""

    def __init__(self, tokens: int, message: str, hint: str):
        super().__init__(message, hint)
        self.tokens = tokens


class DataError(EngineError):
    """A file or a picture that is not what it claims to be."""

    kind = "data"


class BugError(EngineError):
    """A broken promise of our own code, or numbers that are not finite."""

    kind = "bug"


class Cancelled(EngineError):
    """Somebody asked for the request to stop."""

    kind = "cancelled"


class Told(EngineError):
    """What another rank said went wrong."""

    def __init__(self, error: dict):
        super().__init__(error["message"], error["hint"])
        self.kind = error["kind"]


LOWER = (
    "lower microBatch (compute.microBatch of a curriculum) or rows first, and turn gradientCheckpointing on; "
    "then take smaller pictures or fewer frames, or train a LoRA of lower rank in place of the full model"
)


def described(error: BaseException) -> dict:
    """An exception as the `error` of a reply. Out of memory, of a device or of the machine, says what to lower."""
    if isinstance(error, EngineError):
        return {"kind": error.kind, "message": str(error), "hint": error.hint}
    if is_out_of_memory(error):
        return {"kind": "memory", "message": f"out of memory: {said(error)}", "hint": LOWER}
    if isinstance(error, OSError):
        return {"kind": "infrastructure", "message": f"{type(error).__name__}: {error}", "hint": None}
    return {"kind": "bug", "message": f"{type(error).__name__}: {error}", "hint": "the engine's log has the details"}


def said(error: BaseException) -> str:
    """Its first line, without the place in PyTorch's sources that an assertion begins with."""
    first = str(error).strip().split("\n")[0]
    return re.sub(r"^\[enforce fail at \S+\] .*?\. ", "", first)[:300] or type(error).__name__


def is_out_of_memory(error: BaseException) -> bool:
    # By name, so that torch need not have been imported.
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in SHORT)


# What PyTorch's CPU allocator, its maps of files, CUDA, cuBLAS and cuDNN say, each as a bare RuntimeError.
SHORT = ("allocate memory", "not enough memory", "out of memory", "alloc_failed", "allocation_failed")
