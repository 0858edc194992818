"""`likewise compare`: raw features beside models, one line of advice, and one line for what will not do."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from program import FOOD, PEOPLE, ROYAL
from test_cli_output import on_terminal

from likewise import documents
from likewise.cli.representations import represented

Run = Callable[..., tuple[int, str, str]]


def rows(n: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    worlds = (("royal", (ROYAL + " " + PEOPLE).split()), ("food", (FOOD + " " + PEOPLE).split()))
    chosen = [draw.choice(worlds) for _ in range(n)]
    return [f"{' '.join(draw.choices(words, k=4))},{label}\n" for label, words in chosen]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compare")
    (place / "labelled.csv").write_text("text,label\n" + "".join(rows(60, 1)))
    (place / "test.csv").write_text("text,label\n" + "".join(rows(40, 2)))
    (place / "bare.csv").write_text("".join(rows(60, 1)))
    texts = [row.partition(",")[0] for row in rows(60, 1)]
    documents.lsa(texts, dim=4, seed=1, out=place / "m")
    documents.tfidf(texts, out=place / "sparse")
    return place


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_models_files_and_names_side_by_side(here: Run, inside: Path) -> None:
    code, out, err = here(
        "compare", "labelled.csv", "m", "sparse", "lsa", "sif", "--dim", 4, "--budgets", "5,10"
    )
    assert code == 0, err
    *found, last = lines(out)
    assert [row["name"] for row in found] == [
        "tf-idf 1-2",
        "m",
        "sparse",
        "lsa",
        "sif",
        "random-4",
        "random-17",
    ]
    assert [row["kind"] for row in found] == ["raw", *["embedding"] * 4, *["random"] * 2]
    assert [point["per_class"] for point in found[0]["curve"]] == [5, 10, None]  # type: ignore[attr-defined]
    assert str(last["verdict"]).startswith(("keep tf-idf 1-2", "use "))
    assert found[1]["value"] > 0.8  # type: ignore[operator]


def test_the_same_seed_gives_the_same_numbers(here: Run, inside: Path) -> None:
    runs = [here("compare", "labelled.csv", "m", "--budgets", "5", "--seed", 3)[1] for _ in range(2)]
    first, second = ([{**row, "seconds": 0} for row in lines(out)] for out in runs)
    assert first == second


def test_a_given_test_set_is_seen_by_nothing_learnt_here() -> None:
    texts = ["king queen", "bread milk", "queen king", "milk bread", "king unseen"]
    found = represented(texts, 4, [], raw="words", dim=None, seed=0, threads=1)
    assert found["tf-idf"].shape == (5, 4)
    everything = represented(texts, 5, [], raw="words", dim=None, seed=0, threads=1)
    assert everything["tf-idf"].shape == (5, 5)


def test_a_test_file_replaces_folds(here: Run, inside: Path) -> None:
    code, out, _ = here(
        "compare", "labelled.csv", "m", "--test", "test.csv", "--budgets", "none", "--raw", "words"
    )
    assert code == 0
    *found, _ = lines(out)
    assert len(found[0]["per_fold"]) == 1  # type: ignore[arg-type]
    assert found[0]["name"] == "tf-idf"


def test_the_report_and_its_numbers_are_written(here: Run, inside: Path) -> None:
    run = ["compare", "labelled.csv", "m", "--budgets", "5,10", "-o", "out"]
    code, _, err = here(*run)
    assert code == 0
    assert "out/report.html" in err
    page = Path("out/report.html").read_text()
    told = json.loads(Path("out/comparison.json").read_text())
    assert told["verdict"][1:] in page
    assert page.count("<svg ") == 1
    assert "<script" not in page
    code, _, err = here(*run)
    assert code == 1
    assert "--overwrite" in err
    assert here(*run, "--overwrite")[0] == 0


def test_without_a_model_the_raw_features_stand_alone_with_a_hint(here: Run, inside: Path) -> None:
    code, out, err = here("compare", "bare.csv", "--text", 0, "--label", 1, "--budgets", "none")
    assert code == 0
    assert [row.get("name") for row in lines(out)] == ["tf-idf 1-2", None]
    assert err.splitlines()[-1].startswith("name models to compare")


def test_a_terminal_gets_a_table_that_ends_in_the_advice(inside: Path) -> None:
    shown = on_terminal("compare", "labelled.csv", "m", "--budgets", "none")
    assert "accuracy" in shown
    assert any(line.startswith(("keep tf-idf", "use m")) for line in shown.splitlines())
    assert "{" not in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["labelled.csv", "none"], ["no model 'none'"]),
        (["labelled.csv", "m", "m"], ["'m' is named twice"]),
        (["none.csv"], ["no file 'none.csv'"]),
        (["labelled.csv", "--text", "txt"], ["no column 'txt'", "'label'", "did you mean 'text'"]),
        (["labelled.csv", "--test", "test.csv", "--folds", "3"], ["--folds", "--test"]),
        (["labelled.csv", "--folds", "1"], ["folds"]),
        (["labelled.csv", "--folds", "100"], ["60 rows"]),
        (["labelled.csv", "--budgets", "few"], ["--budgets", "'few'"]),
        (["labelled.csv", "m", "--dim", "3"], ["--dim"]),
        (["labelled.csv", "--overwrite"], ["--output"]),
        (["labelled.csv", "-o", "labelled.csv"], ["is a file"]),
        (["one-class.csv"], ["two classes"]),
        (["empty.csv"], ["no rows"]),
        (["cut.csv"], ["line"]),
        (["wide.csv"], ["3 columns"]),
        (["unlabelled.csv"], ["line 2", "label"]),
        (["wordless.csv"], ["not one term"]),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    here: Run, inside: Path, given: list[str], said: list[str]
) -> None:
    Path("one-class.csv").write_text("text,label\na king,x\nb queen,x\n")
    Path("empty.csv").touch()
    Path("cut.csv").write_text('text,label\n"never closed,x\n')
    Path("wide.csv").write_text("text,label\na,b,c\n")
    Path("unlabelled.csv").write_text("text,label\na king,\n")
    Path("wordless.csv").write_text("text,label\n...,x\n,y\n")
    code, out, err = here("compare", *given)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1, err
    assert all(each in err for each in said), err


def test_a_label_with_one_example_is_told(here: Run, inside: Path) -> None:
    Path("rare.csv").write_text(Path("labelled.csv").read_text() + "a lonely king,rare\n")
    code, out, _ = here("compare", "rare.csv", "m", "--budgets", "none")
    assert code == 0
    assert "'rare'" in str(lines(out)[-1]["notes"])
