from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.data.text import blocks
from likewise.errors import InputError, OptionError, WrongType
from likewise.tokens.analysis.analyzer import Terms, scikit_words
from likewise.tokens.analysis.character_ngrams import hashed
from likewise.tokens.analysis.occurrences import read
from likewise.tokens.corpus.word_pattern import Words

LETTERS = st.text(alphabet="aAbB  'ÉéßǅΣ東\u0301\t\n\r\u2028.1,\x00", max_size=40)
EACH_KIND = [
    Terms(),
    Terms(longest=3),
    Terms(shortest=2, longest=6),
    Terms(words=Words("white", "keep", None)),
    Terms(words=scikit_words, longest=2),
    Terms("char", 1, 6),
    Terms("char_wb", 2, 5),
    Terms("char_wb", 4, 4),
]


def rows_read(inputs, terms, **options):
    """Every row's terms, sorted."""
    found = read(inputs, terms, **options)
    keys = found.keys(np.arange(found.distinct))
    return [sorted(keys[number] for number in row) for row in found.rows]


@pytest.mark.parametrize("terms", EACH_KIND)
@settings(max_examples=40, deadline=None)
@given(texts=st.lists(LETTERS, max_size=6), block_bytes=st.integers(1, 60), threads=st.integers(1, 3))
def test_reading_finds_the_terms_of_every_row(terms, texts, block_bytes, threads):
    wanted = [sorted(terms.of_row(text)) for text in texts]
    assert rows_read(blocks(iter(texts), block_bytes=block_bytes), terms, threads=threads) == wanted


@pytest.mark.parametrize("terms", EACH_KIND)
@pytest.mark.parametrize("text", ["one two\n\n\r\nthree\u2028four five\rsix", "a\r\n", "", "\n", "x"])
def test_rows_of_a_file_are_its_lines_blank_ones_too(tmp_path, terms, text):
    path = tmp_path / "rows.txt"
    path.write_bytes(text.encode())
    for block_bytes in (1, 3, 1000):
        found = rows_read(blocks(path, block_bytes=block_bytes), terms, threads=2)
        assert found == [sorted(terms.of_row(row)) for row in text.splitlines()]


def test_by_example():
    assert Terms(longest=2).of_row("The cat sat") == ["the", "cat", "sat", "the cat", "cat sat"]
    assert Terms("char", 2, 3).of_row("a  bc") == ["a ", " b", "bc", "a b", " bc"]
    assert Terms("char_wb", 3, 4).of_row("a bcd") == [" a ", " bc", "bcd", "cd ", " bcd", "bcd "]
    assert scikit_words("A cat's 1,25 x_") == ["cat", "25", "x_"]


def test_words_spelt_alike_are_one_term():
    found = read(blocks(iter(["ÉTÉ été e\u0301te\u0301", "été"])))
    assert len(set(found.rows.ids.tolist())) == 1
    assert found.keys(found.rows.ids[:1]) == ["été"]


def test_token_lists_are_rows_and_their_runs_are_joined_by_spaces():
    found = rows_read(blocks(iter([["A", "b c"], [], ["d"]])), Terms(longest=2))
    assert found == [["a", "a b c", "b c"], [], ["d"]]
    assert rows_read(blocks(iter([["ab", "c"], []])), Terms("char", 2, 2)) == [[" c", "ab", "b "], []]


def test_a_long_run_is_a_term():
    long = "é" * 40
    assert rows_read(blocks(iter([f"{long} {long}"])), Terms(longest=2)) == [[long, long, f"{long} {long}"]]
    assert rows_read(blocks(iter([long])), Terms("char", 30, 40)) == [
        sorted("é" * n for n in range(30, 41) for _ in range(41 - n))
    ]


def test_bad_bytes_are_named_by_place_and_line(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_bytes(b"good\n" * 10 + b"\n\xff bad\n")
    for terms in (Terms(), Terms("char", 2, 3), Terms(words=scikit_words)):
        for size in (8, 1000):
            with pytest.raises(InputError, match=r"byte 51\b"):
                read(blocks(path, block_bytes=size), terms, threads=2)
    with pytest.raises(InputError, match="line 12"):
        read(blocks(path, block_bytes=8), Terms())
    assert rows_read(blocks(path), Terms(), errors="replace")[-2:] == [[], ["bad"]]


@pytest.mark.parametrize(
    "options",
    [
        {"kind": "words"},
        {"shortest": 0},
        {"shortest": 3, "longest": 2},
        {"longest": 65},
        {"kind": "char", "words": scikit_words},
    ],
)
def test_options_out_of_range(options):
    with pytest.raises(OptionError):
        Terms(**options)


def test_options_of_reading():
    with pytest.raises(OptionError, match="threads"):
        read(blocks(iter(["a"])), threads=0)
    with pytest.raises(OptionError, match="errors"):
        read(blocks(iter(["a"])), errors="ignore")
    with pytest.raises(WrongType):
        read(blocks(iter(["a"])), Terms(words=lambda row: row))


def fasttext_buckets(word, shortest, longest, buckets):
    """`Dictionary::computeSubwords` of fastText, in Python."""
    word, found = f"<{word}>", []
    for start in range(len(word)):
        for end in range(start + shortest, min(start + longest, len(word)) + 1):
            if end - start == 1 and (start == 0 or end == len(word)):
                continue
            hashed = 2166136261
            for byte in word[start:end].encode():
                signed = byte - 256 if byte > 127 else byte
                hashed = ((hashed ^ (signed & 0xFFFFFFFF)) * 16777619) & 0xFFFFFFFF
            found.append(hashed % buckets)
    return found


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcé東😀", max_size=8), max_size=5), st.integers(1, 3), st.integers(0, 4))
def test_hashed_runs_are_those_of_fasttext(keys, shortest, more):
    found = hashed(keys, shortest, shortest + more, 2_000_000)
    assert [row.tolist() for row in found] == [
        fasttext_buckets(key, shortest, shortest + more, 2_000_000) for key in keys
    ]


def test_hashed_runs_against_gensim():
    pytest.importorskip("gensim")
    from gensim.models.fasttext import ft_ngram_hashes

    words = ["where", "Straße", "東京", "a"]
    for word, row in zip(words, hashed(words, 3, 6, 1000), strict=True):
        assert sorted(row.tolist()) == sorted(ft_ngram_hashes(word, 3, 6, 1000))
