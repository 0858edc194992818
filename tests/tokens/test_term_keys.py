from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.data.text import blocks
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.analysis.occurrences import read
from likewise.tokens.analysis.term_keys import TermKeys, order_by
from likewise.tokens.corpus.word_pattern import Words

AS_GIVEN = Words("white", "keep", None)
LONG = "antidisestablishmentarian"
TOKENS = st.text(alphabet="aB\0\x1f !é東😀", min_size=1, max_size=6) | st.sampled_from(
    [
        LONG,
        LONG[:16],
        LONG[:15],
        LONG + "s",
        LONG[:16] + "zz",
        LONG[:16] + "\0",
        LONG[:15] + "\0\0\0",
        "\n",
        "a\nb",
    ]
)


def check_keys(rows: list[list[str]], terms: Terms, threads: int) -> None:
    """Numbers are spelt as the reference spells them, and in the order in which Python sorts them."""
    found = read(blocks(iter(rows), block_bytes=30), terms, threads=threads)
    numbers = np.unique(found.rows.ids)[::-1]
    keys = found.keys(numbers)
    order = found.keys.order(numbers)
    assert sorted(order.tolist()) == list(range(len(numbers)))
    assert [keys[i] for i in order] == sorted(keys)
    assert [found.keys(numbers[i : i + 1]) for i in range(len(numbers))] == [[key] for key in keys]
    spelt = dict(zip(numbers.tolist(), keys, strict=True))
    sizes = range(terms.shortest, terms.longest + 1)
    for row, own in zip(rows, found.rows, strict=True):
        wanted = [" ".join(row[i : i + n]) for n in sizes for i in range(len(row) - n + 1)]
        assert sorted(spelt[number] for number in own.tolist()) == sorted(wanted)


@pytest.mark.parametrize(("shortest", "longest"), [(1, 1), (1, 2), (2, 2), (1, 5), (3, 4)])
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(TOKENS, max_size=8), max_size=5), threads=st.integers(1, 3))
def test_numbers_are_spelt_and_ordered(shortest, longest, rows, threads):
    check_keys(rows, Terms(shortest=shortest, longest=longest, words=AS_GIVEN), threads)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_runs_make_the_tables_grow(threads):
    generator = np.random.default_rng(3)
    words = [f"w{number}{LONG if number % 7 == 0 else ''}" for number in range(300)]
    rows = [[words[i] for i in generator.integers(0, 300, 40)] for _ in range(300)]
    check_keys(rows, Terms(longest=2, words=AS_GIVEN), threads)


def test_ties_are_broken_by_the_other_columns():
    generator = np.random.default_rng(0)
    columns = [generator.integers(0, 4, 200).astype(np.uint64) for _ in range(3)]
    places = order_by(*columns, np.arange(200))
    assert places.tolist() == sorted(range(200), key=lambda i: (*(int(each[i]) for each in columns), i))


def test_no_numbers_have_no_spellings():
    for longest in (1, 2):
        found = read(blocks(iter(["a b"])), Terms(longest=longest))
        nothing = np.empty(0, np.int64)
        assert found.keys(nothing) == []
        assert found.keys.order(nothing).tolist() == []
    assert isinstance(read(blocks(iter(["ab"])), Terms("char", 1, 2)).keys, TermKeys)
