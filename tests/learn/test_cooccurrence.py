from __future__ import annotations

import errno
from itertools import pairwise
from pathlib import Path
from typing import Any

import made_worlds
import numpy as np
import pytest

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError, NotEnoughMemory, NotEnoughSpace, OptionError
from likewise.learn.glove import cooccurrence
from likewise.learn.glove import external_sort as spill
from likewise.learn.glove.cooccurrence import Pairs, count
from likewise.system import memory
from likewise.system.progress import Progress


def slow(ids: Ragged, vocabulary: int, window: int, weighting: str) -> np.ndarray:
    """The twin: every word with every word of its window, both ways, in float64."""
    matrix = np.zeros((vocabulary, vocabulary))
    for row in ids:
        for i, word in enumerate(row):
            for j, other in enumerate(row):
                if i != j and abs(i - j) <= window:
                    matrix[word, other] += 1 / abs(i - j) if weighting == "harmonic" else 1
    return matrix


def dense(pairs: Pairs, vocabulary: int) -> np.ndarray:
    matrix = np.zeros((vocabulary, vocabulary))
    for row, column, value in zip(pairs.rows, pairs.columns, pairs.values, strict=True):
        assert matrix[row, column] == 0, "a pair stands once"
        matrix[row, column] = matrix[column, row] = value
    return matrix


def content(pairs: Pairs) -> tuple[bytes, ...]:
    return tuple(array.tobytes() for array in (pairs.rows, pairs.columns, pairs.values, pairs.starts))


@pytest.fixture
def few_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most pairs are beyond the square, and buffers are short, so that there are many runs to merge."""
    monkeypatch.setattr(cooccurrence, "FREQUENT", 7)
    monkeypatch.setattr(cooccurrence, "CHUNK_TOKENS", 500)
    monkeypatch.setattr(cooccurrence, "KEY_BYTES", 2000)


@pytest.mark.usefixtures("few_frequent")
@pytest.mark.parametrize("weighting", ["harmonic", "flat"])
@pytest.mark.parametrize("window", [1, 3, 10, 64])
@pytest.mark.parametrize("shards", [1, 4, 32])
def test_the_counts_are_those_of_the_slow_twin(
    tmp_path: Path, weighting: Any, window: int, shards: int
) -> None:
    ids, _ = made_worlds.zipf(50, 80, 30)
    pairs = count(ids, 50, tmp_path, window=window, weighting=weighting, shards=shards, max_bytes=2**20)
    expected = slow(ids, 50, window, weighting)
    np.testing.assert_allclose(dense(pairs, 50), expected, rtol=1e-7, atol=0)
    assert len(pairs) == np.count_nonzero(np.triu(expected))


def test_a_row_by_hand(tmp_path: Path) -> None:
    """a b a: a is beside b twice, and in its own window twice, two apart."""
    pairs = count(Ragged.from_rows([[0, 1, 0], [2]]), 3, tmp_path, window=2)
    assert dense(pairs, 3).tolist() == [[1.0, 2.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.usefixtures("few_frequent")
def test_pairs_stand_block_by_block_in_order(tmp_path: Path) -> None:
    ids, _ = made_worlds.zipf(100, 100, 30)
    pairs = count(ids, 100, tmp_path, shards=8)
    assert pairs.shards == 8
    assert (pairs.starts[0], pairs.starts[-1]) == (0, len(pairs))
    for block, (start, end) in enumerate(pairwise(pairs.starts.tolist())):
        rows, columns = pairs.rows[start:end], pairs.columns[start:end]
        assert set((rows % 8).tolist()) <= {block // 8}
        assert set((columns % 8).tolist()) <= {block % 8}
        if start < end:
            assert block // 8 <= block % 8
        stand = list(zip(rows.tolist(), columns.tolist(), strict=True))
        assert stand == sorted(stand)
        assert block // 8 != block % 8 or all(row <= column for row, column in stand)


@pytest.mark.usefixtures("few_frequent")
def test_neither_threads_nor_memory_nor_the_square_change_a_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, _ = made_worlds.zipf(300, 300, 40)
    runs = []
    original = spill.Spill.mapped
    monkeypatch.setattr(
        spill.Spill, "mapped", lambda self: (runs.append(len(self.ends) - 1), original(self))[1]
    )
    made = set()
    for threads, max_bytes, frequent in (
        (1, 2**20, 7),
        (1, 2**30, 7),
        (2, 2**20, 300),
        (3, 2**21, 1),
        (5, 2**20, 0),
    ):
        monkeypatch.setattr(cooccurrence, "FREQUENT", frequent)
        found = count(ids, 300, tmp_path / str(len(runs)), max_bytes=max_bytes, threads=threads)
        made.add(content(found))
    assert len(made) == 1
    assert runs[0] > 50 > 3 > runs[1], "there were many runs, and few"


@pytest.mark.usefixtures("few_frequent")
def test_nothing_but_the_result_is_left_and_an_older_one_stays_readable(tmp_path: Path) -> None:
    ids, _ = made_worlds.zipf(50, 50, 20)
    one = count(ids, 50, tmp_path, window=2)
    before = content(one)
    count(ids, 50, tmp_path, window=9)
    assert content(one) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "columns.int32",
        "rows.int32",
        "values.float32",
    ]


def test_the_shards_suit_the_vocabulary(tmp_path: Path) -> None:
    for vocabulary, shards in ((2, 8), (8192, 8), (8193, 16), (57_753, 64), (10**6, 128)):
        assert count(Ragged.from_rows([[0, 1]]), vocabulary, tmp_path).shards == shards


def test_it_tells_how_far_it_came(tmp_path: Path) -> None:
    ids, _ = made_worlds.zipf(50, 50, 20)
    told: list[Progress] = []
    count(ids, 50, tmp_path, shards=4, progress=told.append)
    assert [each.stage for each in told] == ["counting pairs"] + ["merging pairs"] * 4
    assert told[0].done == told[0].total == len(ids.ids)
    assert told[-1].done == told[-1].total


def test_an_error_in_the_report_leaves_no_runs(tmp_path: Path) -> None:
    ids, _ = made_worlds.zipf(50, 50, 20)

    def fail(told: Progress) -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        count(ids, 50, tmp_path, threads=2, progress=fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rows", [[], [[]], [[0], [1], []]])
def test_rows_that_hold_no_pair(tmp_path: Path, rows: list[list[int]]) -> None:
    with pytest.raises(InputError, match="two words"):
        count(Ragged.from_rows(rows), 2, tmp_path)


@pytest.mark.parametrize("row", [[0, 5], [0, -1]])
def test_ids_out_of_range(tmp_path: Path, row: list[int]) -> None:
    with pytest.raises(InputError, match="from 0 to 4"):
        count(Ragged.from_rows([row]), 5, tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"window": 0}, {"window": True}, {"window": 10_001}, {"weighting": "linear"}, {"shards": 3}, {"shards": 256},
        {"max_bytes": 1000}, {"threads": 0}, {"vocabulary": 2**31, "window": 2},
    ],
    ids=str,
)  # fmt: skip
def test_options_out_of_range(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        count(Ragged.from_rows([[0, 1]]), **{"vocabulary": 2, "folder": tmp_path, **options})


def test_memory_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 10)
    with pytest.raises(NotEnoughMemory, match="max_bytes"):
        count(Ragged.from_rows([[0, 1]]), 2, tmp_path)


@pytest.mark.usefixtures("few_frequent")
def test_a_full_disk_is_said_and_leaves_no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, _ = made_worlds.zipf(300, 300, 40)

    def full(self: spill.Spill, chunks: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spill.Spill, "add", full)
    with pytest.raises(NotEnoughSpace, match=r"is full.*are free"):
        count(ids, 300, tmp_path, max_bytes=2**20, threads=2)
    assert list(tmp_path.iterdir()) == []
