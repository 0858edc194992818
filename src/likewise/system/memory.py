"""How much memory there is, so that work which would not fit is refused before it starts."""

from __future__ import annotations

import os

from likewise.errors import NotEnoughMemory
from likewise.system.files import readable_size


def available_bytes() -> int | None:
    """Memory that this process may still take: what the system has left, or its address-space limit if that is less.

    None where the system does not say.
    """
    limits = [left for left in (_system(), _address_space()) if left is not None]
    return min(limits) if limits else None


def _system() -> int | None:
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _address_space() -> int | None:
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return None
        with open("/proc/self/statm", encoding="ascii") as statm:
            used = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        return max(0, limit - used)
    except (ImportError, OSError, ValueError):
        return None


def demand(needed_bytes: int, advice: str) -> None:
    """Raise `NotEnoughMemory`, with what is needed, what is free and the advice, where it would not fit."""
    free = available_bytes()
    if free is not None and needed_bytes > free:
        raise NotEnoughMemory(
            f"needs {readable_size(needed_bytes)} of memory, {readable_size(free)} are free: {advice}"
        )
