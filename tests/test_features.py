"""Features against scikit-learn's vectorizers, and against ten lines that count."""

from __future__ import annotations

from collections import Counter
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from likewise import features
from likewise.data.text import blocks
from likewise.errors import InputError, OptionError
from likewise.features import VocabularyOptions, Weighting
from likewise.features.weighting import inverse_frequency
from likewise.tokens.analysis.analyzer import Terms, scikit_words
from likewise.tokens.analysis.occurrences import read
from likewise.tokens.corpus.word_pattern import Words

TEXTS = [
    "The cat sat on the mat; the CAT saw a dog.",
    "",
    "Dogs and cats, Été and été: naïve dogs don't read 1,234.5 books\nnor papers",
    "the the the the mat",
    " \t ",
    "a b c",
    "The cat sat on the mat; the CAT saw a dog.",
    "東京 the ÉTÉ 😀 mat__x",
]
PLAIN = Words(form=None)  # scikit-learn makes letters small and leaves their Unicode form
KINDS = {
    "word": (Terms(words=scikit_words), {}),
    "word 1-2": (Terms(longest=2, words=scikit_words), {"ngram_range": (1, 2)}),
    "word 2-3": (Terms(shortest=2, longest=3, words=scikit_words), {"ngram_range": (2, 3)}),
    "own words": (Terms(), {"tokenizer": Words().split, "token_pattern": None, "lowercase": False}),
    "char": (Terms("char", 1, 3, PLAIN), {"analyzer": "char", "ngram_range": (1, 3)}),
    "char_wb": (Terms("char_wb", 3, 5, PLAIN), {"analyzer": "char_wb", "ngram_range": (3, 5)}),
}


def of(texts, terms=None, **options):
    return read(blocks(iter(texts)), terms, **options)


def assert_same(ours, theirs):
    assert ours.dtype == np.float32
    assert ours.indices.dtype == np.int32
    assert ours.has_canonical_format
    theirs.sort_indices()
    np.testing.assert_array_equal(ours.indptr, theirs.indptr)
    np.testing.assert_array_equal(ours.indices, theirs.indices)
    np.testing.assert_allclose(ours.data, theirs.data, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "limits",
    [{}, {"min_df": 2}, {"max_df": 0.3}, {"min_df": 0.2, "max_df": 6}, {"max_features": 5}],
    ids=str,
)
def test_counts_are_those_of_scikit_learn(kind, limits):
    terms, options = KINDS[kind]
    theirs = CountVectorizer(**options, **limits)
    wanted = theirs.fit_transform(TEXTS)
    vocabulary, ours = features.bag_of_words(of(TEXTS, terms), VocabularyOptions(**limits))
    if "max_features" in limits:  # where terms tie for the last place it takes any of them
        totals = CountVectorizer(**options).fit_transform(TEXTS).sum(axis=0).A1
        assert sorted(ours.sum(axis=0)) == sorted(totals)[-5:]
        return
    assert vocabulary.keys == theirs.get_feature_names_out().tolist()
    assert_same(ours, wanted)
    assert_same(features.transform(vocabulary, of(TEXTS[::-1], terms)), theirs.transform(TEXTS[::-1]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("norm", ["l2", "l1", None])
@pytest.mark.parametrize(("sublinear_tf", "smooth_idf"), [(False, True), (True, True), (True, False)])
def test_tf_idf_is_that_of_scikit_learn(kind, norm, sublinear_tf, smooth_idf):
    terms, options = KINDS[kind]
    given_both = {"norm": norm, "sublinear_tf": sublinear_tf, "smooth_idf": smooth_idf}
    theirs = TfidfVectorizer(**options, **given_both)
    wanted = theirs.fit_transform(TEXTS)
    vocabulary, ours = features.tf_idf(of(TEXTS, terms), **given_both)
    assert vocabulary.keys == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(vocabulary.idf, theirs.idf_, rtol=1e-6)
    assert_same(ours, wanted)
    new = ["the cat met an unknown being", "", *TEXTS[2:4]]
    assert_same(features.transform(vocabulary, of(new, terms)), theirs.transform(new))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("n_features", [1, 10, 2**20])
def test_hashing_is_that_of_scikit_learn(kind, signed, n_features):
    terms, options = KINDS[kind]
    for norm in ("l2", "l1", None):
        theirs = HashingVectorizer(n_features=n_features, alternate_sign=signed, norm=norm, **options)
        ours = features.hashing(of(TEXTS, terms), n_features=n_features, signed=signed, norm=norm)
        assert ours.shape == (len(TEXTS), n_features)
        assert_same(ours, theirs.transform(TEXTS))


def test_one_hot_says_what_is_there():
    vocabulary, ours = features.one_hot(of(["a a b", "", "b c c c"]))
    assert vocabulary.keys == ["a", "b", "c"]
    assert ours.toarray().tolist() == [[1, 1, 0], [0, 0, 0], [0, 1, 1]]
    assert features.transform(vocabulary, of(["c c z"])).toarray().tolist() == [[0, 0, 1]]


def counted_slowly(texts, terms):
    """tf-idf with dictionaries."""
    rows = [Counter(terms.of_row(text)) for text in texts]
    documents = Counter(term for row in rows for term in row)
    out = np.zeros((len(texts), len(documents)))
    for at, row in enumerate(rows):
        for column, term in enumerate(sorted(documents)):
            out[at, column] = row[term] * (log((1 + len(texts)) / (1 + documents[term])) + 1)
        out[at] /= sqrt(out[at] @ out[at]) or 1
    return sorted(documents), out


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["a", "A", "b", "été", "ÉTÉ", "c" * 20, "東", "d"])), min_size=1),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_tf_idf_is_what_dictionaries_count(rows, longest, threads):
    texts, terms = [" ".join(row) for row in rows], Terms(longest=longest)
    wanted_keys, wanted = counted_slowly(texts, terms)
    if not wanted_keys:
        return
    vocabulary, ours = features.tf_idf(of(texts, terms, threads=threads), threads=threads)
    assert vocabulary.keys == wanted_keys
    np.testing.assert_allclose(ours.toarray(), wanted, atol=1e-6)


def test_threads_and_blocks_change_no_bit():
    generator = np.random.default_rng(0)
    words = [f"w{i}é" if i % 3 else f"W{i}" for i in range(3000)]
    texts = [" ".join(words[i] for i in generator.zipf(1.3, 60) % 3000) for _ in range(9000)]
    terms = Terms(longest=2)
    _, first = features.tf_idf(of(texts, terms), VocabularyOptions(min_df=2))
    for threads in (2, 3):
        small = blocks(iter(texts), block_bytes=20_000)
        vocabulary, other = features.tf_idf(
            read(small, terms, threads=threads), VocabularyOptions(min_df=2), threads=threads
        )
        for name in ("data", "indices", "indptr"):
            assert getattr(first, name).tobytes() == getattr(other, name).tobytes()
    again = features.transform(vocabulary, of(texts[:50], terms))
    assert (again != first[:50]).nnz == 0
    assert first.nnz > 3 * features.counting.TILE  # so that several tiles were put together


def test_the_most_frequent_are_kept_and_ties_go_by_key():
    terms = of(["d c b a", "d c b", "z z z z"])
    vocabulary, ours = features.bag_of_words(terms, VocabularyOptions(max_features=3))
    assert vocabulary.keys == ["b", "c", "z"]
    assert ours.toarray().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 4]]


def test_a_token_with_a_space_shares_the_column_of_the_run_that_is_spelt_so():
    vocabulary, ours = features.tf_idf(
        of([["a b", "a", "b"], ["a", "b"], ["a b"]], Terms(longest=2)), norm=None
    )
    assert vocabulary.keys == ["a", "a b", "a b a", "b"]
    counts = ours.toarray() / vocabulary.idf
    np.testing.assert_allclose(counts, [[1, 2, 1, 1], [1, 1, 0, 1], [0, 1, 0, 0]], rtol=1e-6)
    assert vocabulary.idf[1] == inverse_frequency(np.array([3]), 3, True)[0]


def test_the_argument_is_not_changed_and_equal_texts_have_equal_rows():
    terms = of(TEXTS)
    before = terms.rows.ids.copy(), terms.rows.offsets.copy()
    _, ours = features.tf_idf(terms)
    features.bag_of_words(terms)
    np.testing.assert_array_equal(terms.rows.ids, before[0])
    np.testing.assert_array_equal(terms.rows.offsets, before[1])
    assert (ours[[0]] != ours[[6]]).nnz == 0


def test_nothing_one_and_unknown():
    vocabulary, one = features.tf_idf(of(["word"]))
    assert one.toarray().tolist() == [[1]]
    assert features.transform(vocabulary, of([])).shape == (0, 1)
    unknown = features.transform(vocabulary, of(["other", "", "word other"]))
    assert unknown.toarray().tolist() == [[0], [0], [1]]
    assert features.hashing(of([]), n_features=8).shape == (0, 8)
    for texts in ([], ["", "  "]):
        with pytest.raises(InputError, match="no term in"):
            features.tf_idf(of(texts))


def test_what_no_term_fulfils_is_said():
    with pytest.raises(InputError, match=r"none of 2 terms stands in at least 2 .* of 2 rows; try min_df=1"):
        features.tf_idf(of(["a", "b"]), VocabularyOptions(min_df=2))
    with pytest.raises(OptionError, match="fewer rows than min_df"):
        features.tf_idf(of(["a", "b"]), VocabularyOptions(min_df=2, max_df=0.5))


@pytest.mark.parametrize(
    "options",
    [
        {"min_df": 0},
        {"min_df": 1.5},
        {"max_df": -0.1},
        {"max_df": True},
        {"min_df": "1"},
        {"max_features": 0},
    ],
    ids=str,
)
def test_choices_out_of_range(options):
    with pytest.raises(OptionError, match=next(iter(options))):
        VocabularyOptions(**options)


def test_options_out_of_range():
    with pytest.raises(OptionError, match="norm"):
        Weighting(norm="max")
    with pytest.raises(OptionError, match="n_features"):
        features.hashing(of(["a"]), n_features=0)
