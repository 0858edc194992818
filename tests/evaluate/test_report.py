from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from likewise.arrays.spelling import Spelling
from likewise.errors import InputError, OptionError, WrongType
from likewise.evaluate import (
    AnalogySet,
    CategorySet,
    OddGroup,
    OddSet,
    Report,
    SimilaritySet,
    evaluate,
    over_seeds,
)
from likewise.evaluate.baselines import random_tables, spelling_table
from likewise.table import Table

WORDS = [f"{letter}{letter}{i}" for i in range(8) for letter in "qvxz"]
TRUTH = np.random.default_rng(1).standard_normal((len(WORDS), 6)).astype(np.float32)
TRUTH[:, :4] += 4 * np.eye(4, dtype=np.float32)[np.arange(len(WORDS)) % 4]
LABELS = tuple("abcd"[i % 4] for i in range(len(WORDS)))
# Words that share a label share letters in WORDS; here spelling and label have nothing to do with each other.
NAMES = [
    "".join(letters) for letters in np.random.default_rng(9).choice(list("abcdefghijklm"), (len(WORDS), 5))
]


def sets_of(words: list[str]) -> list[SimilaritySet | AnalogySet | CategorySet | OddSet]:
    unit = TRUTH / np.linalg.norm(TRUTH, axis=1, keepdims=True)
    pairs = [(i, j) for i in range(len(words)) for j in range(i)][::5]
    similar = SimilaritySet(
        "pairs",
        tuple((words[i], words[j]) for i, j in pairs),
        tuple(float(unit[i] @ unit[j]) for i, j in pairs),
    )
    groups = [words[i::4] for i in range(4)]
    odd = OddSet("odd", tuple(OddGroup("g", tuple(groups[i]), tuple(groups[i - 1])) for i in range(4)))
    questions = AnalogySet(
        "questions", ((words[0], words[1], words[4], words[5]),) * 2, (0, 1), ("family", "gram1")
    )
    return [similar, CategorySet("kinds", tuple(words), LABELS), odd, questions]


def test_good_vectors_beat_their_baselines_and_are_not_warned_of() -> None:
    report = evaluate(Table(NAMES, TRUTH), sets_of(NAMES)[:3])
    values = {(row.set, row.metric): row for row in report.rows}
    assert list(values) == [
        ("pairs", "spearman"),
        ("kinds", "purity"),
        ("odd", "odd accuracy"),
        ("odd", "odd position"),
    ]
    assert values["pairs", "spearman"].value == pytest.approx(1, abs=1e-3)
    assert values["kinds", "purity"].value == 1
    assert values["odd", "odd accuracy"].value == 1
    for row in report.rows:
        assert set(row.baselines) == {"random", "spelling"}
        assert row.bar is not None
        assert max(row.baselines.values()) <= row.bar < row.value
    assert report.warnings == ()
    assert "warning" not in str(report)


def test_random_vectors_are_warned_of() -> None:
    noise = np.random.default_rng(2).standard_normal(TRUTH.shape).astype(np.float32)
    report = evaluate(Table(NAMES, noise), sets_of(NAMES)[:2])
    assert len(report.warnings) == 2
    assert "pairs: spearman" in report.warnings[0]
    assert "does not beat its baselines" in report.warnings[0]
    assert str(report).endswith(f"warning: {report.warnings[1]}")


def test_vectors_that_only_know_letters_do_not_beat_spelling() -> None:
    letters = spelling_table(Table(WORDS, TRUTH), WORDS)
    report = evaluate(letters, sets_of(WORDS)[1:2])
    assert report.rows[0].baselines["spelling"] == 1
    assert report.rows[0].bar == 1
    assert len(report.warnings) == 1


def test_analogies_come_by_kind_with_chance_and_the_neighbour() -> None:
    report = evaluate(Table(NAMES, TRUTH), sets_of(NAMES)[3:])
    assert [row.metric for row in report.rows] == [
        "semantic accuracy",
        "syntactic accuracy",
        "total accuracy",
    ]
    assert report.rows[0].baselines["random"] == pytest.approx(1 / (len(NAMES) - 3))
    assert set(report.rows[0].baselines) == {"random", "neighbour"}


def test_unknown_words_show_in_coverage_and_accuracy_of_all() -> None:
    few = Table(NAMES[:7], TRUTH[:7])
    made = AnalogySet("q", (tuple(NAMES[:4]), tuple(NAMES[5:9])), (0, 0), ("x",))  # type: ignore[arg-type]
    report = evaluate(few, [made, sets_of(NAMES)[1]])
    total, of_all, kinds = report.rows
    assert (total.metric, total.known, total.total) == ("total accuracy", 1, 2)
    assert (of_all.metric, of_all.value) == ("accuracy of all", total.value / 2)
    assert (kinds.known, kinds.total) == (7, 32)
    assert any("kinds: purity counts only 7 of 32" in warning for warning in report.warnings)


def test_a_table_that_knows_nothing_has_a_report_of_zeros() -> None:
    report = evaluate(Table(["nothing"], np.ones((1, 2), np.float32)), sets_of(NAMES))
    assert {row.value for row in report.rows} == {0.0}
    assert all(row.known == 0 for row in report.rows if row.metric != "accuracy of all")
    json.dumps(report.to_json(), allow_nan=False)
    assert evaluate(Table(NAMES, TRUTH), []) == Report(())
    assert str(Report(())) == "no sets"


def test_json_is_flat_and_plain() -> None:
    noise = np.random.default_rng(2).standard_normal(TRUTH.shape).astype(np.float32)
    rows = evaluate(Table(NAMES, TRUTH + noise), sets_of(NAMES)).to_json()
    assert rows == json.loads(json.dumps(rows, allow_nan=False))
    for row in rows:
        assert all(isinstance(value, str | int | float | None) for value in row.values())
        assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]
    assert rows[0]["spread"] is None
    assert rows[1]["low"] is None


def test_the_text_is_an_aligned_table() -> None:
    text = str(evaluate(Table(NAMES, TRUTH), sets_of(NAMES)[:3])).split("\n")
    start = text[0].index("metric")
    assert [line[start:].split()[0] for line in text] == ["metric", "spearman", "purity", "odd", "odd"]
    assert text[0].split() == ["set", "metric", "value", "known", "random", "spelling"]
    assert len({len(line) for line in text}) == 1


def test_a_name_cannot_move_the_cursor() -> None:
    hostile = CategorySet("red\x1b[31m\u202eset", ("nothing",), ("x",))
    text = str(evaluate(Table(NAMES, TRUTH), [hostile]))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "red\\x1b[31m\\u202eset" in text


def test_over_seeds_is_mean_and_deviation() -> None:
    generator = np.random.default_rng(4)
    tables = [
        Table(NAMES, TRUTH + generator.standard_normal(TRUTH.shape).astype(np.float32)) for _ in range(3)
    ]
    report = over_seeds(tables, sets_of(NAMES))
    single = [evaluate(table, sets_of(NAMES), baselines=False).rows for table in tables]
    for i, row in enumerate(report.rows):
        values = [rows[i].value for rows in single]
        assert row.value == pytest.approx(np.mean(values))
        assert row.spread == pytest.approx(np.std(values, ddof=1))
        assert row.note == "mean of 3 tables"
    assert "±" in str(report)
    with pytest.raises(OptionError, match="at least 2 tables, not 1"):
        over_seeds(tables[:1], sets_of(NAMES))


def test_one_seed_gives_one_report() -> None:
    table = Table(NAMES, TRUTH)
    assert evaluate(table, sets_of(NAMES), seed=5) == evaluate(table, sets_of(NAMES), seed=5)
    with pytest.raises(OptionError, match="seed must be"):
        evaluate(table, [], seed=-1)


def test_sets_come_by_name_and_path(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text(f"{NAMES[0]}\t{NAMES[1]}\t1\n{NAMES[2]}\t{NAMES[3]}\t2\n")
    report = evaluate(Table(NAMES, TRUTH), [tmp_path / "mine.tsv", str(tmp_path / "mine.tsv")])
    assert [row.set for row in report.rows] == ["mine", "mine"]
    with pytest.raises(InputError, match="neither a file nor a standard set"):
        evaluate(Table(NAMES, TRUTH), ["no such set"])
    with pytest.raises(WrongType, match=r"write \['simlex999'\]"):
        evaluate(Table(NAMES, TRUTH), "simlex999")


def test_spelling_vectors_are_shared_trigrams() -> None:
    table = Table(["cat", "cart", "dog", ""], np.ones((4, 2), np.float32), spelling=Spelling(case="lower"))
    letters = spelling_table(table, ["Cat", "cart", "dog", "unknown", ""])
    assert letters.keys == ["cat", "cart", "dog", ""]
    # <ca cat at> and <ca car art rt> share one trigram of 3 and 4
    assert letters.similarity("CAT", "cart") == pytest.approx(1 / math.sqrt(12))
    assert letters.similarity("cat", "dog") == 0
    assert spelling_table(table, []).keys == []


def test_random_tables_are_different_and_repeatable() -> None:
    table = Table(["a", "b"], np.ones((2, 5), np.float32))
    first, second = random_tables(table, ["b", "b", "c"], 2, seed=3)
    assert first.keys == ["b"]
    assert first.dim == 5
    assert not np.array_equal(first.vectors, second.vectors)
    assert np.array_equal(first.vectors, random_tables(table, ["b"], 1, seed=3)[0].vectors)


def test_a_set_of_which_nothing_is_known_has_no_value() -> None:
    table = Table(["unrelated", "words"], np.eye(2, dtype=np.float32))
    row = evaluate(
        table, [SimilaritySet("pairs", (("a", "b"), ("c", "d"), ("e", "f")), (1.0, 2.0, 3.0))]
    ).to_json()[0]
    assert (row["value"], row["known"], row["total"]) == (None, 0, 3)
