"""In which numbers the products are made: bfloat16 where it is faster, found out by a short test on this machine."""

from __future__ import annotations

import time
from typing import Literal

import torch

from likewise.errors import OptionError
from likewise.neural.threads import only_threads

Precision = Literal["float32", "bfloat16"]
SECONDS = 0.05
GAIN = 1.15  # how much faster it must be: a tie goes to the finer numbers


def chosen(asked: str, dim: int, device: torch.device) -> Precision:
    """`asked`, or for "auto" what is faster in products of `dim` columns; `OptionError` for another word."""
    if asked == "float32":
        return "float32"
    if asked == "bfloat16":
        return "bfloat16"
    if asked != "auto":
        raise OptionError(f"precision must be 'auto', 'float32' or 'bfloat16', not {asked!r}")
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if gain(dim, device) > GAIN else "float32"


def gain(dim: int, device: torch.device) -> float:
    """How many times as fast a layer's product is in bfloat16, its conversions included; takes about 50 ms.

    One thread is timed by its own clock, which other programs at work do not touch: else a busy moment could choose
    other numbers, and the same seed would give other bits.
    """
    x, weight = torch.ones(512, dim, device=device), torch.ones(4 * dim, dim, device=device)
    best = [float("inf"), float("inf")]
    end = time.thread_time() + SECONDS
    with torch.no_grad(), only_threads(1):
        while time.thread_time() < end or best[1] == float("inf"):
            for i, dtype in enumerate((torch.float32, torch.bfloat16)):
                start = time.thread_time()
                torch.nn.functional.linear(x.to(dtype), weight.to(dtype))
                best[i] = min(best[i], time.thread_time() - start)
    return best[0] / best[1]
