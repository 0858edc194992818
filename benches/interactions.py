"""A generated log of 20 million choices, read, and learnt from by ALS, within 4 GB: python benches/interactions.py

The log is a CSV of 200,000 users and 50,000 items with times, skewed as logs are; it is written to a temporary folder.
Prints seconds by the clock and of work, and the most memory that the process ever held, after each step.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.csv as table

from likewise import users

ROWS, PARTS = 20_000_000, 20


def generated(path: Path, rows: int) -> None:
    """A log whose users and items are drawn by powers of a uniform number."""
    draw = np.random.default_rng(1)
    with path.open("wb") as file:
        file.write(b"user,item,time\n")
        for _ in range(PARTS):
            m = rows // PARTS
            columns = {
                "user": (draw.random(m) ** 1.5 * 200_000).astype(int),
                "item": (draw.random(m) ** 3 * 50_000).astype(int),
                "time": draw.integers(1_500_000_000, 1_700_000_000, m),
            }
            table.write_csv(arrow.table(columns), file, table.WriteOptions(include_header=False))


def told(what: str, began: tuple[float, float]) -> None:
    """One line: seconds by the clock, seconds of work, and the peak of memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    clock, work = time.perf_counter() - began[0], time.process_time() - began[1]
    print(f"{what}: {clock:.1f} s, {work:.1f} s of work, peak {peak:.2f} GB", flush=True)


def main(rows: int) -> None:
    """Write, read, learn."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        generated(path, rows)
        began = time.perf_counter(), time.process_time()
        log = users.read(path, users.Reading(time="time"))
        told(f"read {log}", began)
        began = time.perf_counter(), time.process_time()
        users.als(log, dim=64, epochs=1, seed=1)
        told("als, 64 numbers, one epoch and the last solution", began)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
