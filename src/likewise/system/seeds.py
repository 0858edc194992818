"""Randomness by name: one independent stream for each (seed, stage, shard), the same on every run and thread count."""

from __future__ import annotations

import secrets

import numpy as np

from likewise.errors import OptionError

LARGEST = 2**63 - 1


def draw_seed() -> int:
    """A fresh seed for a caller who gave none; it must be stored and shown, so that the run can be repeated."""
    return secrets.randbelow(2**31)


def checked(seed: int) -> int:
    """`seed` itself, or `OptionError` where it is no whole number from 0 to 2^63 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= LARGEST:
        raise OptionError(f"seed must be a whole number from 0 to 2^63 - 1, not {seed!r}")
    return int(seed)


def generator(seed: int, stage: str, shard: int = 0) -> np.random.Generator:
    """A counter-based generator (Philox) of its own for this seed, stage name and shard number."""
    name = int.from_bytes(stage.encode(), "little")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, name, shard])))


def state(seed: int, stage: str, shard: int = 0) -> int:
    """One odd 64-bit number to start a kernel's own generator from."""
    return int(generator(seed, stage, shard).integers(2**63, dtype=np.uint64)) * 2 + 1
