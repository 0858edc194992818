"""The best unseen items against a slow twin: ties, users who saw nearly all, and any number of threads."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.learn import unseen
from likewise.ragged import Ragged


def slow(scores: np.ndarray, seen: Ragged, k: int) -> list[list[tuple[int, float]]]:
    rows = []
    for row, left_out in zip(scores, seen, strict=True):
        pairs = [(-float(s), i) for i, s in enumerate(row) if i not in set(left_out.tolist())]
        rows.append([(i, -s) for s, i in sorted(pairs)[:k]])
    return rows


@pytest.mark.parametrize("k", [0, 1, 4, 9, 30])
def test_best_is_what_sorting_gives(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unseen, "SCORES", 64)  # several blocks
    draw = np.random.default_rng(k)
    scores = draw.integers(-3, 3, (40, 9)).astype(np.float32)  # with many ties
    seen = Ragged.from_rows([sorted(draw.choice(9, size=n % 10, replace=False).tolist()) for n in range(40)])
    wanted = slow(scores, seen, k)
    for threads in (1, 3):
        items, values = unseen.best(lambda a, b: scores[a:b].copy(), seen, 9, k, threads)
        assert items.shape == values.shape == (40, min(k, 9))
        for row, best in enumerate(wanted):
            assert items[row, : len(best)].tolist() == [i for i, _ in best]
            assert values[row, : len(best)].tolist() == [s for _, s in best]
            assert (items[row, len(best) :] == unseen.NOBODY).all()


def test_nobody_is_asked() -> None:
    items, values = unseen.best(lambda a, b: np.zeros((0, 5), np.float32), Ragged.from_rows([]), 5, 3, 1)
    assert items.shape == values.shape == (0, 3)
