"""A run begun without a seed is resumed without one, by the seed that was drawn for it, whatever is taught."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise import graphs, users, words
from likewise.artifacts.run import begun_call
from likewise.errors import Stopped
from likewise.system.progress import Progress

TEXT = [f"{a} {b} {c}" for a in "abcdefgh" for b in "ijklm" for c in "nopqr"] * 3
PAIRS = [(f"u{i % 40}", f"i{(i * 7) % 31}") for i in range(600)]
EDGES = [(f"n{i % 30}", f"n{(i * 3 + 1) % 30}") for i in range(90)]
TRIPLES = [(a, "to", b) for a, b in EDGES]
PIXELS = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 1), np.uint8)


def of_images(**how: Any) -> Any:
    pytest.importorskip("torch")
    from likewise import images

    return images.cnn(PIXELS, labels=["a", "b"] * 12, dim=8, epochs=60, batch_size=8, threads=1, **how)


TAUGHT: dict[str, Callable[..., Any]] = {
    "words": lambda **how: words.word2vec(TEXT, dim=4, epochs=40, min_count=1, **how),
    "glove": lambda **how: words.glove(TEXT, dim=4, epochs=40, min_count=1, **how),
    "fasttext": lambda **how: words.fasttext(TEXT, dim=4, epochs=40, min_count=1, **how),
    "nodes": lambda **how: graphs.deepwalk(EDGES, dim=4, epochs=40, **how),
    "triples": lambda **how: graphs.transe(TRIPLES, dim=4, epochs=40, **how),
    "als": lambda **how: users.als(PAIRS, dim=4, epochs=40, **how),
    "bpr": lambda **how: users.bpr(PAIRS, dim=4, epochs=40, **how),
    "images": of_images,
}


@pytest.mark.parametrize("name", TAUGHT)
def test_the_seed_that_was_drawn_is_found_again(name: str, tmp_path: Path) -> None:
    def stop(told: Any) -> None:
        if isinstance(told, Progress) and told.stage == "training":
            os.kill(os.getpid(), signal.SIGINT)

    out = tmp_path / "m"
    with pytest.raises(Stopped):
        TAUGHT[name](out=out, report=stop)
    begun = begun_call(out)
    assert begun is not None
    assert TAUGHT[name](out=out, resume=True).dim > 0  # another seed would be refused
