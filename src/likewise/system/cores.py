"""How many threads work is shared among."""

from __future__ import annotations

import os

from likewise.system.options import check_int

MOST_THREADS = 1024  # each takes memory of its own


def checked_threads(threads: int | None) -> int:
    """`threads`, or all the cores that this process may use; `OptionError` if it is no whole number up to 1,024."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return check_int("threads", threads, 1, MOST_THREADS)
