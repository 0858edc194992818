"""`likewise evaluate` with pairs of sentences: by models of texts and by words, beside a bag of words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cli_output import on_terminal

from likewise import documents
from likewise.artifacts import artifact
from likewise.cli.models import mean_of_word_vectors
from likewise.evaluate import sentences

Run = Callable[..., tuple[int, str, str]]
PAIRS = (
    ("the king", "the queen", 4.5),
    ("a king and bread", "a queen and bread", 4.0),
    ("bread and milk", "milk and butter", 3.5),
    ("the royal throne", "cheese and honey", 0.5),
    ("the prince", "a palace", 2.5),
    ("crown", "apple", 0.0),
)


@pytest.fixture
def folder(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark as it is unpacked, the same pairs with a header, and a model of documents."""
    monkeypatch.chdir(tmp_path)
    Path("stsbenchmark").mkdir()
    lines = [f"g\tf\t2012\t{n}\t{score}\t{a}\t{b}\n" for n, (a, b, score) in enumerate(PAIRS)]
    Path("stsbenchmark/sts-test.csv").write_text("".join(lines))
    Path("pairs.csv").write_text(
        "sentence1,sentence2,score\n" + "".join(f"{a},{b},{s}\n" for a, b, s in PAIRS)
    )
    words = artifact.load(model)
    documents.sif([text for pair in PAIRS for text in pair[:2]], words=words, out="sif")
    artifact.save(words, "words")
    return tmp_path


def rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_both_correlations_with_intervals_beside_a_bag_of_words(here: Run, folder: Path) -> None:
    code, out, _ = here("evaluate", "sif", "stsbenchmark")
    assert code == 0
    spearman, pearson = rows(out)
    assert (spearman["set"], spearman["metric"], pearson["metric"]) == ("sts-test", "spearman", "pearson")
    pairs, made = sentences.load("stsbenchmark"), artifact.load("sif")
    wanted = sentences.evaluate(made.encode(pairs.left), made.encode(pairs.right), pairs.scores)
    assert spearman["value"] == pytest.approx(wanted.spearman)
    assert (pearson["value"], pearson["low"]) == pytest.approx((wanted.pearson, wanted.pearson_interval[0]))  # type: ignore[index]
    bag = documents.bag_of_words([*pairs.left, *pairs.right])
    simple = sentences.evaluate(bag.encode(pairs.left), bag.encode(pairs.right), pairs.scores)
    assert spearman["bag of words baseline"] == pytest.approx(simple.spearman)
    assert ".820" in str(spearman["note"])
    assert "not measured" in str(spearman["note"])


def test_a_table_of_words_is_judged_by_the_mean_of_its_words(here: Run, folder: Path) -> None:
    code, out, _ = here("evaluate", "words", "pairs.csv", "--no-baselines")
    assert code == 0
    pairs, mean = sentences.load("pairs.csv"), mean_of_word_vectors(artifact.load("words"))
    wanted = sentences.evaluate(mean.encode(pairs.left), mean.encode(pairs.right), pairs.scores)
    assert rows(out)[0]["value"] == pytest.approx(wanted.spearman)
    assert rows(out)[0]["note"] == ""
    _, both, _ = here("evaluate", "words", "sif", "pairs.csv")
    assert rows(both)[0]["note"] == "mean of 2 tables"


def test_words_and_sentences_in_one_report(here: Run, folder: Path) -> None:
    Path("words.tsv").write_text("king\tqueen\t9\nking\tbread\t1\nmilk\tbutter\t8\n")
    _, out, _ = here("evaluate", "words", "pairs.csv", "words.tsv")
    assert [row["set"] for row in rows(out)] == ["pairs", "pairs", "words"]
    shown = on_terminal("evaluate", "words", "stsbenchmark", width=140)
    assert "bag of words" in shown
    assert "a ceiling, as quoted" in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sentence1,sentence2,score\na,b,high\n", "line 2: the score is 'high'"),
        ("sentence1,sentence2,score\na,b\n", "line 2: 2 columns"),
        ("sentence1,sentence2,score\n", "no pairs"),
        ('sentence1,sentence2,score\n"a,b,1\n', "line 2"),
        ("g\tf\ty\t1\t2.5\tone\ttwo\ng\tf\n", "line 2: 2 columns"),
    ],
)
def test_files_of_pairs_that_will_not_do_are_one_line(
    here: Run, folder: Path, content: str, said: str
) -> None:
    Path("bad.csv").write_text(content)
    code, out, err = here("evaluate", "sif", "bad.csv")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert said in err


def test_where_to_get_the_benchmark(here: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("stsbenchmark").rename("elsewhere")
    code, out, err = here("evaluate", "sif", "stsbenchmark")
    assert (code, out) == (1, "")
    assert "Stsbenchmark.tar.gz" in err
    assert "sentence1, sentence2, score" in err
    assert here("evaluate", "sif", "elsewhere")[0] == 0


def test_the_real_benchmark(here: Run, folder: Path, shared_data: Path) -> None:
    code, out, _ = here("evaluate", "words", shared_data / "documents" / "stsbenchmark" / "sts-test.csv.xz")
    assert code == 0
    assert rows(out)[0]["total"] == 1379
    assert rows(out)[0]["bag of words baseline"] == pytest.approx(0.58, abs=0.1)
