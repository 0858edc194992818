from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from test_cli_output import on_terminal

from likewise import formats
from likewise.artifacts import artifact
from likewise.table import Table

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sets") / "pairs.txt"
    path.write_text("king\tqueen\t9\nking\tbread\t1\nmilk\tbutter\t8\ncrown\tcheese\t2\nking\tunheard\t5\n")
    return path


@pytest.fixture(scope="module")
def questions(pairs: Path) -> Path:
    path = pairs.with_name("questions.txt")
    path.write_text(": family\nman woman king queen\nboy girl prince palace\n")
    return path


def rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_one_row_a_line_of_plain_numbers(here: Run, model: Path, pairs: Path, questions: Path) -> None:
    code, out, _ = here("evaluate", model, pairs, questions, "--json")
    assert code == 0
    found = {(row["set"], row["metric"]): row for row in rows(out)}
    row = found["pairs", "spearman"]
    assert row["value"] == pytest.approx(0.8, abs=0.21)
    assert (row["known"], row["total"]) == (4, 5)
    assert {"random baseline", "spelling baseline"} <= row.keys()
    assert ("questions", "total accuracy") in found
    assert all(type(row["value"]) is float for row in rows(out))


def test_without_baselines_and_with_a_restriction(here: Run, model: Path, questions: Path) -> None:
    _, out, _ = here("evaluate", model, questions, "--no-baselines", "--restrict", 5)
    assert all("neighbour baseline" not in row for row in rows(out))
    assert rows(out)[0]["known"] == 0
    code, _, err = here("evaluate", model, questions, "--restrict", 0)
    assert code == 1
    assert "restrict" in err


def test_several_models_give_a_mean_and_its_spread(
    here: Run, model: Path, pairs: Path, tmp_path: Path
) -> None:
    table = artifact.load(model)
    noise = np.random.default_rng(1).standard_normal(table.vectors.shape)
    artifact.save(Table(table.keys, noise), tmp_path / "noise")
    formats.write(table, tmp_path / "same.vec")
    code, out, _ = here("evaluate", model, tmp_path / "noise", pairs, tmp_path / "same.vec", "--json")
    assert code == 0
    (row,) = rows(out)
    assert row["note"] == "mean of 3 tables"
    alone = [
        rows(here("evaluate", m, pairs, "--no-baselines")[1])[0]["value"] for m in (model, tmp_path / "noise")
    ]
    values = [alone[0], alone[1], alone[0]]
    assert row["value"] == pytest.approx(np.mean(values))
    assert row["spread"] == pytest.approx(np.std(values, ddof=1))


def test_a_terminal_gets_a_table_and_the_warnings(model: Path, pairs: Path) -> None:
    shown = on_terminal("evaluate", model, pairs)
    assert "spearman" in shown
    assert "random" in shown
    assert "{" not in shown


def test_warnings_go_to_standard_error(here: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "rare.txt").write_text("king queen 9\nx y 1\nz w 2\nv u 3\nking bread 1\n")
    _, out, err = here("evaluate", model, tmp_path / "rare.txt")
    assert "warning" not in out
    assert "counts only 2 of 5" in err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["evaluate", "m"], "no set"),
        (["evaluate", "m", "m"], "no set"),
        (["evaluate", "m", "wordsim35"], "'wordsim353'"),
        (["evaluate", "m", "empty.txt"], "no words"),
        (["evaluate", "x", "pairs.txt"], "no model"),
    ],
)
def test_what_cannot_be_judged_is_one_line(
    here: Run, model: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.chdir(model.parent)
    Path("empty.txt").touch()
    Path("pairs.txt").write_text(pairs.read_text())
    code, out, err = here(*given)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert said in err


def test_the_standard_sets_of_real_data(here: Run, model: Path, shared_data: Path) -> None:
    similarity = shared_data / "words" / "similarity" / "EN-WS-353-ALL.txt"
    analogies = shared_data / "words" / "analogy" / "questions-words.txt"
    code, out, _ = here(
        "evaluate",
        model,
        similarity,
        analogies,
        "--json",
    )
    assert code == 0
    assert {row["set"] for row in rows(out)} == {"EN-WS-353-ALL", "questions-words"}
