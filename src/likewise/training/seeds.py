"""The seed of a training: given by the caller, recorded by the run that is resumed, or drawn."""

from __future__ import annotations

from pathlib import Path

from likewise.artifacts.run import begun_call
from likewise.system import seeds


def recorded_seed(seed: int | None, out: str | Path | None, *, resume: bool) -> int | None:
    """The given seed, or the one recorded by the run that is resumed; None where one has to be drawn."""
    if seed is not None or out is None or not resume:
        return seed
    call = begun_call(out) or {}
    parts = [part for part in (call, *call.values()) if isinstance(part, dict)]
    return next((part["seed"] for part in parts if type(part.get("seed")) is int), None)


def draw_seed_if_none(seed: int | None) -> int:
    """The given seed, checked; a fresh one if it is None."""
    return seeds.draw_seed() if seed is None else seeds.checked(seed)
