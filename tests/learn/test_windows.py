"""Blocks against the whole text: which pairs there are must not depend on where blocks end."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from likewise.arrays.ragged import Ragged
from likewise.learn.kernels import sampling as draws
from likewise.learn.sgns.windows import END, FIRST, LAST, START, gather

SEED = np.uint64(12345)

many = settings(max_examples=150, deadline=None)
texts = st.lists(st.lists(st.integers(0, 5), max_size=25), max_size=8).map(Ragged.from_rows)
windows = st.integers(1, 30)
keeps = st.sampled_from([[1.0] * 6, [0.5] * 6, [0.0, 1.0, 0.2, 0.9, 0.5, 0.01]])


@njit
def kept_places(ids: np.ndarray, keep: np.ndarray, seed: int) -> np.ndarray:
    out = np.empty(len(ids), np.bool_)
    for position in range(len(ids)):
        out[position] = draws.is_kept(seed, position, keep[ids[position]])
    return out


def gathered(text: Ragged, start: int, end: int, window: int, keep: np.ndarray) -> list[list[int]]:
    """[words before, centres, words after] of each segment, from buffers of exactly the promised size."""
    words = np.full(end - start + 2 * window + 1, -1, np.int32)
    segments = np.full((end - start + 2, 4), -1, np.int32)
    n = gather(text.ids, text.offsets, start, end, window, keep, SEED, words, segments)
    assert words[-1] == -1, "written beyond the room that was promised"
    assert (segments[-1] == -1).all()
    return [
        [
            words[s[START] : s[FIRST]].tolist(),
            words[s[FIRST] : s[LAST]].tolist(),
            words[s[LAST] : s[END]].tolist(),
        ]
        for s in segments[:n]
    ]


def slow(text: Ragged, start: int, end: int, window: int, keep: np.ndarray) -> list[list[int]]:
    kept = kept_places(text.ids, keep, SEED)
    found = []
    for begin, stop in pairwise(text.offsets.tolist()):
        row = [place for place in range(begin, stop) if kept[place]]
        before = [text.ids[place] for place in row if place < start][-window:]
        centres = [text.ids[place] for place in row if start <= place < end]
        after = [text.ids[place] for place in row if place >= end][:window]
        if centres and len(before) + len(centres) + len(after) > 1:
            found.append([before, centres, after])
    return found


def pairs(segments: list[list[int]], window: int) -> Counter[tuple[int, int]]:
    """(centre, context) for every centre and every word at most `window` from it."""
    found: Counter[tuple[int, int]] = Counter()
    for before, centres, after in segments:
        line = [*before, *centres, *after]
        for at in range(len(before), len(before) + len(centres)):
            near = [*line[max(0, at - window) : at], *line[at + 1 : at + 1 + window]]
            found.update((line[at], other) for other in near)
    return found


@given(texts, windows, keeps, st.data())
@many
def test_a_block_is_what_the_slow_twin_says(
    text: Ragged, window: int, keep: list[float], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text.ids)))
    end = data.draw(st.integers(start, len(text.ids)))
    keep_at = draws.thresholds(np.array(keep))
    assert gathered(text, start, end, window, keep_at) == slow(text, start, end, window, keep_at)


@given(texts, windows, keeps, st.data())
@many
def test_any_division_into_blocks_has_the_pairs_of_the_whole(
    text: Ragged, window: int, keep: list[float], data: st.DataObject
) -> None:
    tokens, keep_at = len(text.ids), draws.thresholds(np.array(keep))
    cuts = sorted(data.draw(st.lists(st.integers(0, tokens), max_size=12)))
    whole = pairs(gathered(text, 0, tokens, window, keep_at), window)
    parts: Counter[tuple[int, int]] = Counter()
    for start, end in pairwise([0, *cuts, tokens]):
        parts += pairs(gathered(text, start, end, window, keep_at), window)
    assert parts == whole


def test_a_row_much_longer_than_a_block() -> None:
    text = Ragged.from_rows([list(range(100))])
    keep = draws.thresholds(np.ones(100))
    for start in range(0, 100, 10):
        [[before, centres, after]] = gathered(text, start, start + 10, 4, keep)
        assert centres == list(range(start, start + 10))
        assert before == list(range(max(0, start - 4), start))
        assert after == list(range(start + 10, min(100, start + 14)))


def test_a_window_longer_than_every_row_stays_in_its_row() -> None:
    text = Ragged.from_rows([[0, 1], [2, 3, 4], [5]])
    keep = draws.thresholds(np.ones(6))
    assert gathered(text, 0, 6, 30, keep) == [[[], [0, 1], []], [[], [2, 3, 4], []]]
    assert gathered(text, 3, 4, 30, keep) == [[[2], [3], [4]]]


@pytest.mark.parametrize("rows", [[], [[]], [[], []], [[1]], [[1], [2], [], [3]]])
def test_rows_of_fewer_than_two_tokens_have_no_pairs(rows: list[list[int]]) -> None:
    text = Ragged.from_rows(rows)
    assert gathered(text, 0, len(text.ids), 5, draws.thresholds(np.ones(6))) == []


def test_a_row_of_which_one_token_is_kept_has_no_pairs() -> None:
    text = Ragged.from_rows([[0, 1, 0, 0], [1, 0, 1]])
    keep = np.array([0, draws.ALWAYS], np.uint32)
    assert gathered(text, 0, 7, 5, keep) == [[[], [1, 1], []]]


def test_empty_rows_between_are_passed_over() -> None:
    text = Ragged.from_rows([[], [0, 1], [], [], [2, 3], []])
    assert gathered(text, 1, 3, 5, draws.thresholds(np.ones(6))) == [[[0], [1], []], [[], [2], [3]]]
