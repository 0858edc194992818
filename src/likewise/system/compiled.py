"""What kernels of all places share: whether Numba may keep what it compiles, and the hash that they draw from.

It is kept next to the source or in the user's cache folder. Where neither can be written (a read-only install run
without a home folder), Numba would refuse to start; kernels are then compiled anew in each process: some seconds.
"""

from __future__ import annotations

from numba import njit, uint64


def _can_be_kept() -> bool:
    try:
        njit(cache=True)(_nothing)
    except RuntimeError:  # "cannot cache function: no locator available"
        return False
    return True


def _nothing() -> None:
    """Never called; decorating it shows whether there is a cache."""


CACHE = _can_be_kept()

FLAGS = {"nogil": True, "inline": "always"}
GAMMA = 0x9E3779B97F4A7C15  # SplitMix64's step: 2⁶⁴ over the golden ratio, odd


@njit(**FLAGS)
def mixed(x: int) -> int:
    """A 64-bit hash of a 64-bit number (the finaliser of SplitMix64, Steele et al. 2014)."""
    x = uint64(x)
    x = (x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB)
    return x ^ (x >> uint64(31))
