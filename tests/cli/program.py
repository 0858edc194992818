"""The command as a child's command line, what it leaves behind, and a text to train on."""

from __future__ import annotations

import random
import sys
from typing import NamedTuple

LIKEWISE = [sys.executable, "-c", "from likewise.cli.main import run; run()"]
ROYAL = "king queen prince royal crown throne palace"
FOOD = "bread butter cheese milk honey apple"
PEOPLE = "man woman boy girl"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def sentences(n: int, seed: int = 1) -> str:
    """n rows of eight words that are of royalty or of food."""
    draw = random.Random(seed)
    worlds = [(words + " " + PEOPLE).split() for words in (ROYAL, FOOD)]
    return "".join(" ".join(draw.choices(draw.choice(worlds), k=8)) + "\n" for _ in range(n))
