from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from likewise import formats
from likewise.artifacts import artifact

Run = Callable[..., tuple[int, str, str]]


def rows(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_similar_says_what_the_table_says(here: Run, model: Path) -> None:
    code, out, err = here("similar", model, "king", "-k", 10, "--json")
    assert (code, err) == (0, "")
    wanted = artifact.load(model).similar("king", 10)
    assert rows(out) == [{"key": key, "score": score} for key, score in wanted]
    assert out == here("similar", model, "KING", "--json")[1]


def test_analogy_says_what_the_table_says(here: Run, model: Path) -> None:
    table = artifact.load(model)
    for method in ("add", "multiply"):
        _, out, _ = here("analogy", model, "man", "king", "woman", "-k", 3, "--method", method)
        wanted = table.analogy("man", "king", "woman", 3, method=method)
        assert rows(out) == [{"key": key, "score": score} for key, score in wanted]


def test_many_items_come_from_standard_input(child: Run, model: Path) -> None:
    code, out, err = child("similar", model, "-", "-k", 1, given=b"king\r\nbread\n")
    assert (code, err) == (0, "")
    assert [row["item"] for row in rows(out)] == ["king", "bread"]
    code, out, err = child("similar", model, "-", "-k", 1, given=b"king\n\xff\n")
    assert code == 1
    assert err == "likewise: '\\udcff' is not among the 17 keys\n"


@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.npy", "v.parquet", "v.jsonl", "v.vec.gz"])
def test_a_model_may_be_a_file_of_vectors(here: Run, model: Path, tmp_path: Path, name: str) -> None:
    formats.write(artifact.load(model), tmp_path / name)
    assert here("similar", tmp_path / name, "king")[1] == here("similar", model, "king")[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["similar", "m", "kng"], "'king'"),
        (["similar", "m", "king", "-k", "-1"], "k must be"),
        (["similar", "mm", "king"], "'m'"),
        (["analogy", "m", "man", "king", "womn"], "'woman'"),
        (["similar", "corpus.txt", "king"], "corpus.txt"),
        (["similar", "/dev/zero", "king"], "neither"),
        (["similar", "unfinished", "king"], "--resume"),
        (["similar", ".", "king"], "model.json"),
    ],
)
def test_what_cannot_be_asked_is_one_line(
    here: Run, model: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], said: str
) -> None:
    monkeypatch.chdir(model.parent)
    Path("unfinished.run").mkdir(exist_ok=True)
    code, out, err = here(*given)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert said in err
