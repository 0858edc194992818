"""Classifiers of texts: what they are given, what they answer, on disk and after a stop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import likewise
from likewise import documents
from likewise.documents import Prediction, Reading, TextClassifier, classify
from likewise.errors import ArtifactError, InputError, OptionError, OutputExists, WrongType
from likewise.testing import check_encoder

GENERATOR = np.random.default_rng(5)
KINDS = {
    "fruit": ["apple", "pear", "plum", "fig"],
    "tool": ["saw", "drill", "nail"],
    "bird": ["wren", "owl", "tit"],
}
FILLERS = ["the", "a", "of", "and", "in"]


def sentence(kind: str) -> str:
    return " ".join(GENERATOR.permutation([*GENERATOR.choice(KINDS[kind], 2), *GENERATOR.choice(FILLERS, 4)]))


LABELS = [str(kind) for kind in GENERATOR.choice(list(KINDS), 400)]
TEXTS = [sentence(kind) for kind in LABELS]
TEST_LABELS = [str(kind) for kind in GENERATOR.choice(list(KINDS), 100)]
TEST = [sentence(kind) for kind in TEST_LABELS]


@pytest.fixture(scope="module")
def model() -> TextClassifier:
    return classify(TEXTS, LABELS, dim=10, seed=1)


def test_it_predicts_the_labels_of_new_texts(model) -> None:
    assert np.mean(np.array(model.predict(TEST)) == TEST_LABELS) > 0.98
    assert model.classes == ["bird", "fruit", "tool"]
    assert repr(model) == "TextClassifier(3 classes, 15 words, dim=10)"


def test_word_order_counts_by_ngrams() -> None:
    texts = ["not good but bad", "not bad but good"] * 100
    labels = ["no", "yes"] * 100
    assert classify(texts, labels, ngrams=2, epochs=20, dim=10, seed=1).predict(texts[:2]) == ["no", "yes"]
    one = classify(texts, labels, ngrams=1, epochs=20, dim=10, seed=1).predict_proba(texts[:2])
    assert one[0] == pytest.approx(one[1], abs=1e-5)


def test_probabilities_sum_to_one_and_order_the_labels(model) -> None:
    probabilities = model.predict_proba(TEST)
    assert probabilities.shape == (100, 3)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    top = model.predict_top(TEST, k=2)
    assert [row[0].label for row in top] == model.predict(TEST)
    for row, given in zip(top, probabilities, strict=True):
        assert row[0] == Prediction(model.classes[given.argmax()], float(given.max()))
        assert row[0].probability >= row[1].probability
    assert [len(row) for row in model.predict_top(TEST[:2], k=9)] == [3, 3]
    assert model.predict([]) == []
    assert model.predict_proba([]).shape == (0, 3)


def test_it_is_an_encoder(model) -> None:
    check_encoder(model, TEST[:20])
    vectors = model.encode(["apple and pear", "plum and fig", "saw and nail"])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > 0.9 > unit[0] @ unit[2]
    assert model.words.similar("apple", 3)[0].key in KINDS["fruit"]
    assert model.known(["", "unheard", "apple"]).tolist() == [False, False, True]


def test_a_text_without_a_known_word_gets_the_most_frequent_label() -> None:
    model = classify(["red wine"] * 30 + ["blue sky"] * 3, ["a"] * 30 + ["b"] * 3, epochs=20, dim=5, seed=1)
    assert model.predict(["", "unheard"]) == ["a", "a"]


@pytest.mark.parametrize(
    "give",
    [
        lambda folder: (TEXTS, LABELS, {}),
        lambda folder: (iter(TEXTS), tuple(LABELS), {}),
        lambda folder: (pd.DataFrame({"t": TEXTS, "l": LABELS}), None, {"label": "l", "reading": Reading(column="t")}),
        lambda folder: (
            [{"t": text, "l": label} for text, label in zip(TEXTS, LABELS, strict=True)], None,
            {"label": "l", "reading": Reading(field="t")},
        ),
        lambda folder: (folder / "a.csv", None, {"label": "l", "reading": Reading(column="t")}),
        lambda folder: (folder / "a.jsonl", None, {"label": "l", "reading": Reading(field="t")}),
        lambda folder: (folder / "a.txt", None, {}),
        lambda folder: ([f"__label__{label} {text}" for text, label in zip(TEXTS, LABELS, strict=True)], None, {}),
    ],
    ids=["lists", "iterator", "frame", "records", "csv", "jsonl", "fasttext file", "prefixed texts"],
)  # fmt: skip
def test_the_same_texts_and_labels_from_anywhere_give_the_same_model(give, tmp_path, model) -> None:
    frame = pd.DataFrame({"t": TEXTS, "l": LABELS})
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    (tmp_path / "a.txt").write_text(
        "".join(f"__label__{label} {text}\n" for text, label in zip(TEXTS, LABELS, strict=True))
    )
    texts, labels, options = give(tmp_path)
    other = classify(texts, labels, dim=10, seed=1, **options)
    assert other.predict_proba(TEST).tobytes() == model.predict_proba(TEST).tobytes()


def test_labels_that_are_numbers_come_back_as_numbers(tmp_path) -> None:
    numbers = np.array([len(label) for label in LABELS])
    model = classify(TEXTS, numbers, dim=5, seed=1, out=tmp_path / "m")
    assert model.classes == [4, 5]
    assert all(type(label) is int for label in likewise.load(tmp_path / "m").predict(TEST))


@pytest.mark.parametrize(
    ("texts", "labels", "options", "kind", "message"),
    [
        (TEXTS, LABELS[:-1], {}, InputError, "400 texts and 399 labels: give a label for each text"),
        (TEXTS[:3], ["a", None, "b"], {}, InputError, "label 2 is missing"),
        (TEXTS[:3], ["a", float("nan"), "b"], {}, InputError, "label 2 is missing"),
        (TEXTS[:3], ["a", " ", "b"], {}, InputError, "label 2 is missing"),
        (TEXTS[:3], ["a", 1.5, "b"], {}, WrongType, "label 2 is 1.5; wanted a text or a whole number"),
        (TEXTS[:3], ["a", True, "b"], {}, WrongType, "label 2 is True"),
        (TEXTS[:3], ["a", 1, "b"], {}, WrongType, "some labels are texts and some are whole numbers"),
        (TEXTS[:3], ["a"] * 3, {}, InputError, "all texts have the label 'a': give texts of two classes"),
        (TEXTS[:3], None, {}, InputError, "text 1 begins with .* and not with __label__NAME"),
        (["__label__a __label__b x"], None, {}, InputError, "text 1 has several labels"),
        ([], [], {}, InputError, "no texts"),
        (TEXTS, LABELS, {"label": "l"}, OptionError, "give one of them"),
        (TEXTS, LABELS, {"ngrams": 6}, OptionError, "ngrams"),
        (TEXTS, LABELS, {"ngrams": True}, OptionError, "ngrams"),
        (TEXTS, LABELS, {"dim": 0}, OptionError, "dim"),
        (TEXTS, LABELS, {"min_count": 0}, OptionError, "min_count"),
        (TEXTS, LABELS, {"min_count": 10**6}, InputError, "try a lower min_count"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(
    texts: Any, labels: Any, options: Any, kind: Any, message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        classify(texts, labels, seed=1, **options)
    assert "\n" not in str(caught.value)


def test_it_is_saved_loaded_and_never_overwritten(tmp_path, model) -> None:
    out = tmp_path / "m"
    likewise.save(model, out)
    again = likewise.load(out)
    assert isinstance(again, TextClassifier)
    assert again.predict_proba(TEST).tobytes() == model.predict_proba(TEST).tobytes()
    assert again.facts == model.facts
    with pytest.raises(OutputExists):
        classify(TEXTS, LABELS, dim=10, seed=1, out=out)


def test_a_saved_model_that_does_not_fit_together_is_refused(model) -> None:
    whole = model.contents()
    for changes in (
        {"classes": ["a", "b"]},
        {"classes": ["a", "a", "b"]},
        {"classes": [1.5, 2, 3]},
        {"classes": "abc"},
    ):
        bad = type(whole)(whole.kind, {**whole.facts, **changes}, whole.arrays, whole.keys, whole.counts)
        with pytest.raises(ArtifactError):
            TextClassifier.from_contents(bad)


def test_a_function_that_splits_texts_trains_but_is_not_saved(tmp_path) -> None:
    model = classify(TEXTS, LABELS, dim=5, seed=1, tokens=str.split)
    assert model.predict(TEST[:1]) == TEST_LABELS[:1]
    with pytest.raises(InputError, match="cannot be saved"):
        classify(TEXTS, LABELS, dim=5, seed=1, tokens=str.split, out=tmp_path / "m")


def test_it_is_listed_where_users_look() -> None:
    assert {"classify", "TextClassifier", "Prediction"} <= set(documents.__all__)
