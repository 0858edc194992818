"""Optional packages: imported when needed, or one line with the command that installs them."""

from __future__ import annotations

import os
from importlib import import_module
from types import ModuleType

from likewise.errors import MissingExtra

# Threads of torch wait for each other spinning, about a millisecond, before they sleep. Where anything else wants a
# core, each such wait is a time slice lost: next to one busy core of two, training fell from 12,500 tokens a second to
# 270. With so many turns it keeps 4,300, and loses 2 % on a quiet machine. Read once, when torch is first imported.
SPINS = ("GOMP_SPINCOUNT", "3000")


def need(module: str, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingExtra` naming the extra that brings it and what it is for."""
    if module == "torch":
        os.environ.setdefault(*SPINS)
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # the package is there and something inside it is broken: say so as it is
        raise MissingExtra(
            f"{purpose} needs the package {module.partition('.')[0]!r}, which is not installed: "
            f"pip install 'likewise[{extra}]'"
        ) from error
