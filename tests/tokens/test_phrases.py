from __future__ import annotations

from collections import Counter
from itertools import pairwise
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from likewise.arrays.text_block import Block, pack_tokens
from likewise.errors import OptionError
from likewise.tokens.corpus import phrases
from likewise.tokens.corpus.corpus import Corpus, encode
from likewise.tokens.corpus.phrases import join_phrases


def corpus_of(rows: list[list[str]], folder: str) -> Corpus:
    return encode([Block(pack_tokens(rows), "made", kind="tokens")], folder, min_count=1)


def words_of(corpus: Corpus) -> list[list[str]]:
    return [[corpus.keys[i] for i in row] for row in corpus.ids]


def twin(rows: list[list[str]], threshold: float, min_count: int) -> list[list[str]]:
    ones = Counter(word for row in rows for word in row)
    pairs = Counter(pair for row in rows for pair in pairwise(row))
    total = sum(ones.values())
    good = {
        ab for ab, n in pairs.items() if (n - min_count) * total / (ones[ab[0]] * ones[ab[1]]) > threshold
    }
    out = []
    for row in rows:
        new, i = [], 0
        while i < len(row):
            step = 2 if tuple(row[i : i + 2]) in good else 1
            new.append("_".join(row[i : i + step]))
            i += step
        out.append(new)
    return out


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.sampled_from(["a", "b", "c", "d", "a_b"]), min_size=1, max_size=12),
        min_size=1,
        max_size=12,
    ),
    threshold=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    min_count=st.integers(1, 2),
    passes=st.integers(1, 3),
)
def test_pairs_are_joined_as_the_slow_twin_joins_them(rows, threshold, min_count, passes):
    with TemporaryDirectory() as folder:
        before = corpus_of(rows, folder + "/a")
        after = join_phrases(before, folder + "/b", threshold=threshold, min_count=min_count, passes=passes)
        for _ in range(passes):
            rows = twin(rows, threshold, min_count)
        assert words_of(after) == rows
        counts = Counter(word for row in rows for word in row)
        assert after.keys == sorted(counts, key=lambda key: (-counts[key], key))
        assert after.counts.tolist() == [counts[key] for key in after.keys]
        assert words_of(Corpus.open(folder + "/b")) == rows


def test_slabs_do_not_show(tmp_path, monkeypatch):
    rows = [["new", "york", "is", "new"] * 3, ["york", "new", "york"]] * 4
    corpus = corpus_of(rows, tmp_path / "a")
    whole = join_phrases(corpus, tmp_path / "b", threshold=0.1, min_count=1)
    monkeypatch.setattr(phrases, "SLAB", 3)
    slabs = join_phrases(corpus, tmp_path / "c", threshold=0.1, min_count=1)
    assert "new_york" in whole.keys
    assert (slabs.digest, slabs.keys) == (whole.digest, whole.keys)


def test_nothing_to_join_gives_the_same_corpus_also_in_its_own_folder(tmp_path):
    corpus = corpus_of([["a"], ["b", "a"]], tmp_path)
    assert join_phrases(corpus, tmp_path, threshold=1e9).digest == corpus.digest


@pytest.mark.parametrize(
    "option", [{"passes": 0}, {"min_count": 0}, {"threshold": -1.0}, {"threshold": float("nan")}]
)
def test_options_out_of_range_are_refused(tmp_path, option):
    corpus = corpus_of([["a", "b"]], tmp_path / "a")
    with pytest.raises(OptionError, match=next(iter(option))):
        join_phrases(corpus, tmp_path / "b", **option)
