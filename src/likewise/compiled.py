"""Whether Numba may keep what it compiles: beside the source or in the user's cache folder, if it can write there.

Where neither can be (a read-only install run without a home folder), Numba would refuse to start; kernels are then
compiled anew in each process, which takes some seconds.
"""

from __future__ import annotations

from numba import njit


def _can_be_kept() -> bool:
    try:
        njit(cache=True)(_nothing)
    except RuntimeError:  # "cannot cache function: no locator available"
        return False
    return True


def _nothing() -> None:
    """Never called; decorating it is the question."""


CACHE = _can_be_kept()
