from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.neighbors import KNeighborsClassifier

from likewise.errors import InputError, OptionError
from likewise.probing import given_split, nearest_labels, recall_at

GENERATOR = np.random.default_rng(0)
CODES = np.arange(150) % 3
VECTORS = (np.eye(8)[CODES] * 2 + GENERATOR.standard_normal((150, 8))).astype(np.float32)
SPLIT = given_split(np.arange(150) >= 100)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_vote_is_that_of_scikit_learn_but_for_ties(k: int) -> None:
    found = nearest_labels(VECTORS, CODES, k=k, folds=SPLIT)
    oracle = KNeighborsClassifier(k, metric="cosine").fit(VECTORS[:100], CODES[:100])
    votes = oracle.predict_proba(VECTORS[100:])
    for told, share in zip(found.predictions, votes, strict=True):
        assert share[told] == share.max()
    assert found.value > 0.6


def test_ties_go_to_the_nearer() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [0.8, 0.6]], np.float32)
    split = given_split(np.array([False, False, True, True]))
    found = nearest_labels(vectors, ["east", "north", "north", "east"], k=2, folds=split)
    assert found.value == 1


def test_sparse_rows_have_the_same_neighbours() -> None:
    rare = np.where(GENERATOR.random((150, 40)) < 0.2, VECTORS[:, :1], 0).astype(np.float32)
    rare[5] = 0
    dense, sparse = (nearest_labels(x, CODES, folds=SPLIT) for x in (rare, csr_array(rare)))
    assert (dense.predictions == sparse.predictions).mean() > 0.95
    assert recall_at(csr_array(VECTORS), CODES) == recall_at(VECTORS, CODES)


def test_recall_is_its_twin() -> None:
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    order = np.argsort(-cosines, axis=1)
    for k, found in recall_at(VECTORS, CODES, ks=(1, 3)).items():
        assert found == pytest.approx(
            np.mean([any(CODES[j] == CODES[i] for j in order[i, :k]) for i in range(150)])
        )


def test_recall_with_duplicates_and_a_class_of_one() -> None:
    same = np.ones((4, 2), np.float32)
    assert recall_at(same, ["x", "x", "x", "y"], ks=(3,)) == {3: 1.0}
    lonely = recall_at(np.eye(2, dtype=np.float32), ["x", "y"])
    assert set(lonely.values()) == {0.0}


def test_zero_rows_are_defined_and_options_refused() -> None:
    vectors = VECTORS.copy()
    vectors[120] = 0
    assert len(nearest_labels(vectors, CODES, k=1000, folds=SPLIT).predictions) == 50
    with pytest.raises(OptionError, match="k must"):
        nearest_labels(VECTORS, CODES, k=0)
    with pytest.raises(InputError, match="two classes"):
        recall_at(VECTORS[:2], ["x", "x"])
