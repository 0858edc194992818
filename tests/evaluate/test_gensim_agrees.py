"""gensim as the oracle: the same vectors, the same standard files, the same scores."""

from __future__ import annotations

import numpy as np
import pytest

from likewise.arrays.spelling import Spelling
from likewise.evaluate import AnalogySet, SimilaritySet, analogy, load, similarity
from likewise.evaluate.standard_sets import _standard
from likewise.table import Table

gensim_models = pytest.importorskip("gensim.models", reason="gensim, the oracle, is not installed")


@pytest.fixture(scope="module")
def pair() -> tuple[Table, object]:
    """Four in five of the benchmark's words, forms of one word near each other: some answers are right."""
    google, simlex = load("google-analogies"), load("simlex999")
    assert isinstance(google, AnalogySet)
    assert isinstance(simlex, SimilaritySet)
    asked = {word.lower() for question in google.analogies for word in question}
    words = sorted(asked | {word.lower() for two in simlex.pairs for word in two})
    generator = np.random.default_rng(8)
    stems = {stem: generator.standard_normal(20) for stem in sorted({word[:4] for word in words})}
    ends = {end: generator.standard_normal(20) for end in sorted({word[-2:] for word in words})}
    keys = [word for word in words if generator.random() < 0.8]
    vectors = np.array([stems[word[:4]] + 0.6 * ends[word[-2:]] for word in keys], np.float32)
    vectors += 0.3 * generator.standard_normal(vectors.shape).astype(np.float32)
    oracle = gensim_models.KeyedVectors(20)
    oracle.add_vectors(keys, vectors)
    return Table(keys, vectors, spelling=Spelling(case="lower")), oracle


@pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning")  # gensim's own
@pytest.mark.parametrize(("method", "name"), [("add", "most_similar"), ("multiply", "most_similar_cosmul")])
def test_analogies(
    pair: tuple[Table, object], method: analogy.Method, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analogy, "SHIFT", np.float32(1e-6))  # gensim's; the paper has 0.001
    table, oracle = pair
    google = load("google-analogies")
    assert isinstance(google, AnalogySet)
    few = AnalogySet(
        google.name, google.analogies[8869:11500], google.sections[8869:11500], google.section_names
    )
    score = analogy.evaluate(table, few, method=method)
    right, known = 0, 0
    for question in few.analogies:
        a, b, c, d = (word.lower() for word in question)
        if all(word in oracle for word in (a, b, c, d)):  # type: ignore[operator]
            known += 1
            right += getattr(oracle, name)(positive=[b, c], negative=[a], topn=1)[0][0] == d
    assert score.total.known == known
    assert abs(score.total.right - right) <= 2  # float32 sums in another order
    assert 100 < right < known


def test_similarity(pair: tuple[Table, object]) -> None:
    table, oracle = pair
    simlex = load("simlex999")
    assert isinstance(simlex, SimilaritySet)
    score = similarity.evaluate(table, simlex)
    pearson, spearman, unknown = oracle.evaluate_word_pairs(_standard("simlex999"))  # type: ignore[attr-defined]
    assert score.spearman == pytest.approx(spearman[0], abs=1e-5)
    assert score.pearson == pytest.approx(pearson[0], abs=1e-5)
    assert 100 * (1 - score.known / score.total) == pytest.approx(unknown)
