"""The errors a caller may catch, each also a built-in kind.

    LikewiseError
    ├── InputError        (ValueError)         a file, row or value that cannot be used as it is
    ├── OptionError       (ValueError)         an option out of its range, or two that exclude each other
    ├── WrongType         (TypeError)          one string where a list of items is wanted, and the like
    ├── UnknownKey        (KeyError)           a key that is not in the table, with its nearest spellings
    ├── ArtifactError     (OSError)            a model folder that is damaged, too new, or hostile
    ├── OutputExists      (FileExistsError)    an output that would be overwritten without `overwrite`
    ├── Busy              (BlockingIOError)    another process is at work on the same output
    ├── ResumeError       (ValueError)         a checkpoint of other data or other options
    ├── Stopped                                a signal stopped the work; its last state is kept
    ├── Diverged          (ArithmeticError)    the loss or the weights are no longer finite
    ├── NotEnoughMemory   (MemoryError)        foreseen before the work starts
    ├── NotEnoughSpace    (OSError)            the disk is full, with what is needed and what is free
    └── MissingExtra      (ImportError)        an optional package, with the command that installs it

A message is one line: what was given, what was wanted, and the next step.
"""

from __future__ import annotations


class LikewiseError(Exception):
    """The root: `except LikewiseError` catches all that the library raises on purpose."""


class InputError(LikewiseError, ValueError):
    """A file, row or value cannot be used as it is."""


class OptionError(LikewiseError, ValueError):
    """An option is out of its range, or two options exclude each other."""


class WrongType(LikewiseError, TypeError):
    """A value of another type than the one wanted."""


class UnknownKey(LikewiseError, KeyError):
    """A key that is not in the table."""

    def __str__(self) -> str:  # KeyError would show its message in quotes
        return str(self.args[0])


class ArtifactError(LikewiseError, OSError):
    """A model folder is damaged, newer than this version, or holds what it must not."""


class OutputExists(LikewiseError, FileExistsError):
    """The output exists and `overwrite` is False."""


class Busy(LikewiseError, BlockingIOError):
    """Another process holds the lock of the same output."""


class ResumeError(LikewiseError, ValueError):
    """A checkpoint was made from other data or with other options."""


class Stopped(LikewiseError):
    """A signal stopped a run where its state was complete; `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code  # 128 + the number of the signal: 130 for SIGINT, 143 for SIGTERM


class Diverged(LikewiseError, ArithmeticError):
    """The loss or the weights are no longer finite."""


class NotEnoughMemory(LikewiseError, MemoryError):
    """The work would need more memory than there is."""


class NotEnoughSpace(LikewiseError, OSError):
    """The disk is full."""


class MissingExtra(LikewiseError, ImportError):
    """An optional package is not installed."""
