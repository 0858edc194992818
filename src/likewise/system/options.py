"""Checks of options: their type and range, with one message for all."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from likewise.errors import OptionError


def check_int(name: str, value: Any, least: int, most: int) -> int:
    """The value as a Python int; `OptionError` for another type, True and False too, or one out of its range."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise OptionError(f"{name} must be a whole number from {least:,} to {most:,}, not {shown(value)}")
    return int(value)


def check_float(
    name: str, value: Any, least: float, most: float = math.inf, *, above: bool = False, below: bool = False
) -> float:
    """The value as a Python float; `OptionError` for another type, NaN, or one out of its range.

    The range includes its ends, without the lower one if `above` and without the upper one if `below`. Infinity is
    never in it.
    """
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if is_number and math.isfinite(value):
        low, high = value > least if above else value >= least, value < most if below else value <= most
        if low and high:
            return float(value)
    text = f"a number above {least:g}" if above else f"a number of at least {least:g}"
    if most < math.inf:
        text += f" and below {most:g}" if below else f" and at most {most:g}"
    raise OptionError(f"{name} must be {text}, not {shown(value)}")


def shown(value: Any, most: int = 40) -> str:
    """The value as Python writes it, cut to `most` characters."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"
