from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.learn.fasttext.ngram_rows import group_ngrams, known


def signatures(ngrams: Ragged) -> dict[int, tuple[tuple[int, int], ...]]:
    """Slow twin: in which words each bucket stands, and how often in each."""
    found: dict[int, Counter[int]] = defaultdict(Counter)
    for word, row in enumerate(ngrams):
        for bucket in row.tolist():
            found[bucket][word] += 1
    return {bucket: tuple(sorted(words.items())) for bucket, words in found.items()}


def random_ngrams(words: int, buckets: int, most: int, seed: int) -> Ragged:
    random = np.random.default_rng(seed)
    return Ragged.from_rows([random.integers(0, buckets, random.integers(0, most + 1)) for _ in range(words)])


@pytest.mark.parametrize(
    ("words", "buckets", "most", "seed"), [(1, 3, 6, 0), (5, 4, 9, 1), (40, 30, 8, 2), (300, 5000, 12, 3)]
)
def test_rows_are_one_exactly_where_no_word_tells_them_apart(
    words: int, buckets: int, most: int, seed: int
) -> None:
    ngrams = random_ngrams(words, buckets, most, seed)
    subwords = group_ngrams(ngrams, np.arange(words, 0, -1))
    slow = signatures(ngrams)
    assert sorted(slow) == subwords.buckets.tolist()
    place = dict(zip(subwords.buckets.tolist(), subwords.places.tolist(), strict=True))
    own = {((word, 1),): word for word in range(words)}
    for bucket, signature in slow.items():
        assert (place[bucket] == own[signature]) if signature in own else place[bucket] >= words
        for other, theirs in slow.items():
            assert (place[bucket] == place[other]) == (signature == theirs)
    assert set(range(words)) | set(place.values()) == set(range(subwords.size)), (
        "every row is somebody's, and none is missing"
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_weighted_sum_is_the_mean_over_all_and_a_change_reaches_all(seed: int) -> None:
    ngrams = random_ngrams(60, 50, 10, seed)
    subwords = group_ngrams(ngrams, np.arange(60, 0, -1))
    rows = np.random.default_rng(seed).normal(size=(subwords.size, 3))
    place = dict(zip(subwords.buckets.tolist(), subwords.places.tolist(), strict=True))
    for word in range(60):
        every = np.array([word, *(place[bucket] for bucket in ngrams[word].tolist())])
        begin, end = subwords.rows.offsets[word : word + 2]
        listed, weights = subwords.rows.ids[begin:end], subwords.weights[begin:end]
        np.testing.assert_allclose(weights @ rows[listed], rows[every].mean(axis=0), atol=1e-6)
        moves = Counter(listed.tolist())
        of = signatures(ngrams)
        for bucket, times in Counter(ngrams[word].tolist()).items():
            assert moves[place[bucket]] == times or of[bucket] == ((word, 1),)
        assert moves[word] == 1
        assert abs(weights.sum() - 1) < 1e-6


def test_shared_rows_come_by_falling_use() -> None:
    ngrams = Ragged.from_rows([[7, 8, 9], [7, 3], [7, 3], [8]])
    subwords = group_ngrams(ngrams, np.array([50, 9, 5, 1]))
    place = dict(zip(subwords.buckets.tolist(), subwords.places.tolist(), strict=True))
    assert place == {9: 0, 7: 4, 8: 5, 3: 6}
    assert subwords.size == 7


@pytest.mark.parametrize("rows", [[], [[]], [[], []]])
def test_words_without_ngrams_are_their_own_rows(rows: list[list[int]]) -> None:
    subwords = group_ngrams(Ragged.from_rows(rows), np.ones(len(rows), np.int64))
    assert subwords.size == len(rows)
    assert [row.tolist() for row in subwords.rows] == [[i] for i in range(len(rows))]
    assert subwords.known(Ragged.from_rows([[1, 2], []])).lengths.tolist() == [0, 0]


def test_known_leaves_out_what_nobody_has_and_keeps_the_order() -> None:
    found = known(Ragged.from_rows([[9, 1, 5, 5], [], [2]]), np.array([1, 5, 8]), np.array([30, 10, 20]))
    assert [row.tolist() for row in found] == [[30, 10, 10], [], []]


def test_as_many_rows_as_words_are_wanted() -> None:
    with pytest.raises(InputError, match="each of 3 words"):
        group_ngrams(Ragged.from_rows([[1], [2]]), np.ones(3))
