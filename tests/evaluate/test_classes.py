from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from likewise.errors import InputError, OptionError
from likewise.evaluate import Report, classify, cluster

GENERATOR = np.random.default_rng(0)
CODES = np.arange(120) % 3
CLEAR = (np.eye(3)[CODES] * 8 + GENERATOR.standard_normal((120, 3))).astype(np.float32)
NOISE = GENERATOR.standard_normal((120, 3)).astype(np.float32)


def test_clusters_that_are_there_are_found_and_noise_is_not() -> None:
    found = cluster.evaluate(CLEAR, CODES)
    assert (found.nmi, found.ari, found.purity) == (1, 1, 1)
    assert set(found.spread.values()) == {0}
    noise = cluster.evaluate(NOISE, CODES, starts=3)
    assert noise.nmi < 0.1
    assert abs(noise.ari) < 0.1
    assert noise.chance == pytest.approx(1 / 3)
    assert noise.spread["NMI"] > 0
    assert noise == cluster.evaluate(NOISE, CODES, starts=3)
    assert noise != cluster.evaluate(NOISE, CODES, starts=3, seed=1)


def test_scores_are_those_of_hand_and_scikit_learn_on_clusters_that_nothing_has_to_decide() -> None:
    vectors = np.array([[1, 0]] * 3 + [[0, 1]] * 3, np.float32)
    labels = ["x", "x", "y", "y", "y", "y"]
    found = cluster.evaluate(vectors, labels)
    told = [0, 0, 0, 1, 1, 1]
    assert found.purity == pytest.approx(5 / 6)
    assert found.nmi == pytest.approx(normalized_mutual_info_score(labels, told))
    assert found.ari == pytest.approx(adjusted_rand_score(labels, told))


def test_identical_documents_zero_vectors_and_single_ones_are_defined() -> None:
    same = cluster.evaluate(np.ones((6, 2), np.float32), ["x", "y"] * 3)
    assert (same.nmi, same.ari, same.purity) == (0, 0, 0.5)
    zeros = cluster.evaluate(np.zeros((4, 2), np.float32), ["x", "y", "x", "x"])
    assert zeros.purity == zeros.chance == 0.75
    two = cluster.evaluate(np.eye(2, dtype=np.float32), ["x", "y"], starts=1)
    assert (two.nmi, two.spread) == (1, {"NMI": 0, "ARI": 0, "purity": 0})


def test_clusters_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="two classes"):
        cluster.evaluate(NOISE, ["x"] * 120)
    with pytest.raises(InputError, match="wanted \\(120, dim\\)"):
        cluster.evaluate(NOISE[:3], CODES)
    with pytest.raises(OptionError, match="clusters"):
        cluster.evaluate(NOISE, CODES, clusters=121)
    with pytest.raises(OptionError, match="starts"):
        cluster.evaluate(NOISE, CODES, starts=0)


def test_a_head_is_judged_on_the_rows_of_the_split() -> None:
    is_test = np.arange(120) >= 90
    found = classify.evaluate(CLEAR, CODES, is_test=is_test)
    assert found.accuracy == found.macro_f1 == 1
    assert len(found.probe.tested) == 30
    assert found.commonest == pytest.approx(1 / 3)
    assert classify.evaluate(CLEAR, CODES, folds=3).probe.folds.max() == 2


def test_both_stand_in_a_report_that_warns_of_noise() -> None:
    good = Report(
        tuple(classify.evaluate(CLEAR, CODES).rows("clear") + cluster.evaluate(CLEAR, CODES).rows("c"))
    )
    assert good.warnings == ()
    assert [row.metric for row in good.rows] == ["accuracy", "macro-F1", "NMI", "ARI", "purity"]
    labels = np.repeat([0, 1], [100, 20])
    bad = Report(tuple(classify.evaluate(NOISE, labels).rows("noise")))
    assert "does not beat its baselines" in bad.warnings[0]
