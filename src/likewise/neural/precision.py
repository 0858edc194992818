"""The precision of matrix products: bfloat16 if it is faster, which a short test on this machine finds out."""

from __future__ import annotations

import time
from typing import Literal

import torch

from likewise.errors import OptionError
from likewise.neural.threads import only_threads

Precision = Literal["float32", "bfloat16"]
SECONDS = 0.05
GAIN = 1.15  # how much faster it must be: a tie goes to float32


def resolve_precision(precision: str, dim: int, device: torch.device) -> Precision:
    """`precision`, or for "auto" what is faster in products of `dim` columns; raises `OptionError`."""
    if precision == "float32":
        return "float32"
    if precision == "bfloat16":
        return "bfloat16"
    if precision != "auto":
        raise OptionError(f"precision must be 'auto', 'float32' or 'bfloat16', not {precision!r}")
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return "bfloat16" if gain(dim, device) > GAIN else "float32"


def gain(dim: int, device: torch.device) -> float:
    """How many times as fast a layer's product is in bfloat16, its conversions included; takes about 50 ms.

    One thread is timed by its own clock, which does not run while other programs do: otherwise a busy moment could
    choose another precision, and the same seed would give other bits.
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
