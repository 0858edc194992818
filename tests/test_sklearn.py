"""The estimators work where scikit-learn's own do: pipelines, clones, grid searches, data frames."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import likewise
from likewise import documents
from likewise.errors import WrongType
from likewise.sklearn import Embedder, LsaEmbedder, TfidfEmbedder, Word2VecEmbedder

TEXTS = [
    f"the {animal} eats {food}" for animal in ("cat", "dog", "cow") for food in ("fish", "meat", "hay")
] * 4
TEXTS += [
    f"the {thing} costs {sum_} coins" for thing in ("ring", "coat", "boat") for sum_ in ("two", "six", "ten")
] * 4
LABELS = ["food"] * 36 + ["money"] * 36
ESTIMATORS = {
    "tfidf": TfidfEmbedder(),
    "lsa": LsaEmbedder(dim=3),
    "word2vec": Word2VecEmbedder(dim=8, min_count=1, epochs=60, threads=1),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_pipeline_learns_the_labels(name: str) -> None:
    pipeline = make_pipeline(clone(ESTIMATORS[name]), LogisticRegression(C=100)).fit(TEXTS, LABELS)
    assert pipeline.score(TEXTS, LABELS) > 0.9


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_vectors_are_those_of_the_library(name: str) -> None:
    made = clone(ESTIMATORS[name]).fit(TEXTS)
    vectors = made.transform(TEXTS[:5])
    dense = vectors.toarray() if issparse(vectors) else vectors
    expected = made.model_.encode(TEXTS[:5])
    assert np.array_equal(dense, expected.toarray() if issparse(expected) else expected)
    assert len(made.get_feature_names_out()) == dense.shape[1]


def test_the_columns_of_tfidf_are_its_terms() -> None:
    made = TfidfEmbedder().fit(["a king", "a queen"])
    assert list(made.get_feature_names_out()) == sorted(["a", "king", "queen"])


def test_a_clone_has_the_options_and_is_not_fitted() -> None:
    first = LsaEmbedder(dim=2, min_df=2).fit(TEXTS)
    again = clone(first)
    assert again.get_params() == first.get_params()
    with pytest.raises(NotFittedError):
        again.transform(TEXTS)


def test_a_grid_search_tries_the_dimensions() -> None:
    pipeline = make_pipeline(LsaEmbedder(dim=2), LogisticRegression(C=100))
    search = GridSearchCV(pipeline, {"lsaembedder__dim": [1, 3]}, cv=3).fit(TEXTS, LABELS)
    assert search.best_params_["lsaembedder__dim"] in (1, 3)
    assert len(search.cv_results_["mean_test_score"]) == 2


def test_pandas_output_has_named_columns() -> None:
    pd = pytest.importorskip("pandas")
    frame = LsaEmbedder(dim=2).set_output(transform="pandas").fit_transform(pd.Series(TEXTS))
    assert list(frame.columns) == ["lsaembedder0", "lsaembedder1"]


def test_a_trained_model_is_shared_by_clones_and_read_from_its_folder(tmp_path: Path) -> None:
    model = documents.lsa(TEXTS, dim=2, seed=1)
    likewise.save(model, tmp_path / "m")
    expected = model.encode(TEXTS[:3])
    assert clone(Embedder(model)).model is model
    assert np.array_equal(Embedder(model).fit(TEXTS).transform(TEXTS[:3]), expected)
    assert np.array_equal(Embedder(tmp_path / "m").fit([]).transform(TEXTS[:3]), expected)
    assert np.array_equal(Embedder(model).fit([]).transform(np.array(TEXTS[:3], object)), expected)


@pytest.mark.parametrize("wrong", ["one text", [1, 2], [None], [b"x"]], ids=repr)
def test_what_is_not_a_list_of_texts_is_refused(wrong: Any) -> None:
    with pytest.raises(WrongType):
        TfidfEmbedder().fit(wrong)


def test_a_thing_without_encode_is_refused() -> None:
    with pytest.raises(WrongType, match="it needs `dim` and `encode`"):
        Embedder(3).fit([])


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_checks_of_scikit_learn_pass_where_texts_allow_them(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those checks that need numbers say that they are skipped
        check_estimator(clone(ESTIMATORS[name]))
