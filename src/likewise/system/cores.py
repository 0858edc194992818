"""How many threads work is shared among."""

from __future__ import annotations

import os

from likewise.errors import OptionError


def checked_threads(threads: int | None) -> int:
    """`threads`, or all the cores that this process may use; `OptionError` where it is no whole number from 1."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise OptionError(f"threads must be a whole number of at least 1, not {threads!r}")
    return threads
