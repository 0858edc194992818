"""Optional packages: found when asked for, or one line with the command that installs them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from likewise.errors import MissingExtra


def need(module: str, extra: str, purpose: str) -> ModuleType:
    """Import `module`, or raise `MissingExtra` naming the extra that brings it and what it is for."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise  # the package is there and something inside it is broken: say so as it is
        raise MissingExtra(
            f"{purpose} needs the package {module.partition('.')[0]!r}, which is not installed: "
            f"pip install 'likewise[{extra}]'"
        ) from error
