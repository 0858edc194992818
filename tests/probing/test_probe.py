from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, r2_score

from likewise.errors import InputError, OptionError, WrongType
from likewise.probing import classify, given_split, multilabel, regress
from likewise.probing.linear_probe import fit_logistic, scaling_of
from likewise.probing.scores import macro_f1, set_f1

GENERATOR = np.random.default_rng(2)
CODES = np.arange(240) % 3
CLEAR = (np.eye(3)[CODES] * 4 + GENERATOR.standard_normal((240, 3))).astype(np.float32)
NOISE = GENERATOR.standard_normal((240, 5)).astype(np.float32)
NAMES = np.array(["ant", "bee", "cat"])[CODES]


def test_classes_that_can_be_told_are_told_and_noise_is_not() -> None:
    good = classify(CLEAR, NAMES)
    assert good.value > 0.97
    assert good.scores[1].metric == "macro-F1"
    assert good.scores[1].value == pytest.approx(f1_score(good.truth, good.predictions, average="macro"))
    assert good.classes == ("ant", "bee", "cat")
    low, high = good.scores[0].interval or (0, 0)
    assert 0.9 < low <= good.value <= high <= 1
    assert len(good.scores[0].per_fold) == len(good.strengths) == 5
    assert np.mean(good.scores[0].per_fold) == pytest.approx(good.value)
    bad = classify(NOISE, NAMES)
    assert bad.value < 0.45
    assert "accuracy 0." in str(bad)


def test_what_is_tested_is_never_learnt_from() -> None:
    identity = np.eye(60, dtype=np.float32)  # a row's own column tells its label, to whoever has seen it
    labels = GENERATOR.integers(2, size=60)
    assert classify(identity, labels).value < 0.7
    assert classify(csr_array(identity), labels).value < 0.7


def test_a_given_split_is_the_fit_on_the_one_and_the_score_on_the_other() -> None:
    is_test = np.arange(240) >= 160
    found = classify(CLEAR, NAMES, folds=given_split(is_test), strengths=[1.0])
    assert found.tested.tolist() == list(range(160, 240))
    scaled = (CLEAR - CLEAR[:160].mean(axis=0)) / CLEAR[:160].std(axis=0)
    best = max(
        (scaled, CLEAR),
        key=lambda x: LogisticRegression(C=1.0).fit(x[:160], CODES[:160]).score(x[160:], CODES[160:]),
    )
    oracle = LogisticRegression(C=1.0).fit(best[:160], CODES[:160]).predict(best[160:])
    assert (found.predictions == oracle).mean() > 0.97
    assert found.strengths == (1.0,)


def test_the_strength_is_chosen_by_what_is_held_out_of_the_rows_to_learn_from() -> None:
    generator = np.random.default_rng(5)
    codes = generator.integers(2, size=300)
    noisy = generator.standard_normal((300, 200)).astype(np.float32)
    noisy[:, 0] += 1.5 * (2 * codes - 1)
    strong = classify(noisy, codes, strengths=[1e4]).value
    chosen = classify(noisy, codes, strengths=[1e-3, 1e4])
    assert chosen.strengths.count(1e-3) >= 4
    assert chosen.value > strong


def test_sparse_and_dense_features_agree_and_64_bit_indices_are_taken() -> None:
    rare = np.where(GENERATOR.random((240, 30)) < 0.1, 1.0, 0.0).astype(np.float32)
    rare[np.arange(240), CODES] = 2
    dense, sparse = classify(rare, NAMES), classify(csr_array(rare), NAMES)
    assert sparse.value > 0.97
    assert abs(sparse.value - dense.value) < 0.03
    wide = csr_matrix(rare)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    assert np.array_equal(classify(wide, NAMES).predictions, sparse.predictions)
    assert wide.indices.dtype == np.int64


def test_a_seed_gives_the_same_numbers() -> None:
    first, again = classify(NOISE, NAMES, seed=4), classify(NOISE, NAMES, seed=4)
    assert first.scores == again.scores
    assert first.scores != classify(NOISE, NAMES, seed=5).scores


def test_scale_of_the_features_does_not_matter() -> None:
    assert classify(CLEAR * 1e6, NAMES).value == pytest.approx(classify(CLEAR, NAMES).value, abs=0.01)
    constant = np.column_stack([CLEAR, np.full(240, 0.1, np.float32)])
    scaled = scaling_of(constant, is_each=True)(constant)
    assert not scaled[:, 3].any()
    assert classify(constant, NAMES).value > 0.97


def test_a_class_of_one_example_counts_as_wrong_and_is_named() -> None:
    names = NAMES.copy()
    names[7] = "dog"
    found = classify(CLEAR, names)
    assert "never learnt, too few examples: 'dog'" in found.notes[0]
    assert found.predictions[7] != found.classes.index("dog")
    assert found.value > 0.95
    two = classify(CLEAR[:4], ["x", "x", "x", "y"], folds=2)
    assert two.predictions[3] == 0
    always = fit_logistic(CLEAR[:3], np.array([2, 2, 2]), strengths=[1.0], seed=0)
    assert always.predict(CLEAR[:5]).tolist() == [2] * 5
    assert always.strength is None


def test_labels_and_features_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(InputError, match="all 3 labels are 'x'"):
        classify(CLEAR[:3], ["x", "x", "x"])
    with pytest.raises(InputError, match="no labels"):
        classify(CLEAR[:0], [])
    with pytest.raises(InputError, match="row 1 has no label"):
        classify(CLEAR[:3], ["x", None, "y"])
    with pytest.raises(InputError, match="row 2 has no label"):
        classify(CLEAR[:3], [1.0, 2.0, float("nan")])
    with pytest.raises(WrongType, match="one str"):
        classify(CLEAR[:3], "xyz")
    with pytest.raises(InputError, match="one row for each of 3 labels"):
        classify(CLEAR, ["x", "y", "x"])
    broken = CLEAR.copy()
    broken[3, 1] = np.nan
    with pytest.raises(InputError, match="not finite"):
        classify(broken, NAMES)
    with pytest.raises(InputError, match="not finite"):
        classify(csr_array(broken), NAMES)
    with pytest.raises(WrongType, match="numbers"):
        classify(np.array([["a"]] * 240), NAMES)
    for strengths in ([], [0.0], [-1.0], [np.inf]):
        with pytest.raises(OptionError, match="strengths"):
            classify(CLEAR, NAMES, strengths=strengths)
    with pytest.raises(OptionError, match="seed"):
        classify(CLEAR, NAMES, seed=-1)


def test_numbers_are_predicted_where_they_can_be() -> None:
    targets = CLEAR @ [1.0, -2.0, 0.5] + 0.1 * GENERATOR.standard_normal(240)
    found = regress(CLEAR, targets)
    assert found.value == pytest.approx(r2_score(found.truth, found.predictions))
    assert found.value > 0.98
    assert 0.05 < found.scores[1].value < 0.12
    assert regress(NOISE, targets).value < 0.1
    assert regress(csr_array(CLEAR), targets).value > 0.98


def test_targets_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(InputError, match="row 1 has the target nan"):
        regress(CLEAR[:3], [1.0, np.nan, 2.0])
    with pytest.raises(InputError, match="do not vary"):
        regress(CLEAR[:3], [1.0, 1.0, 1.0])
    with pytest.raises(WrongType, match="one number a row"):
        regress(CLEAR[:3], ["a", "b", "c"])  # type: ignore[list-item]


def test_several_labels_a_row() -> None:
    rows = [[name] if i % 2 else [name, "even"] for i, name in enumerate(NAMES)]
    parity = np.column_stack([CLEAR, (np.arange(240) % 2) * 4.0]).astype(np.float32)
    found = multilabel(parity, rows)
    assert found.classes == ("ant", "bee", "cat", "even")
    assert found.value > 0.95
    assert found.predictions.shape == (240, 4)
    for score, average in zip(found.scores, ("micro", "macro"), strict=True):
        assert score.value == pytest.approx(f1_score(found.truth, found.predictions, average=average))
    as_array = multilabel(parity, found.truth.astype(int))
    assert np.array_equal(as_array.predictions, found.predictions)
    with pytest.raises(InputError, match="same labels"):
        multilabel(CLEAR, [[]] * 240)
    with pytest.raises(InputError, match="0 or 1"):
        multilabel(CLEAR, np.full((240, 2), 3))


def test_f1_leaves_out_a_class_that_is_neither_there_nor_told() -> None:
    truth, told = np.array([0, 0, 2, 2]), np.array([0, 2, 2, 2])
    assert macro_f1(truth, told)(np.arange(4)) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert macro_f1(truth, told)(np.array([0])) == 1
    none = np.zeros((2, 3), bool)
    assert set_f1(none, none, by_label=True)(np.arange(2)) == 0
