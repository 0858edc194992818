"""Words in context on the command line: taught, asked, judged; and what a user does wrong is one line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from program import LIKEWISE, sentences

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text and a model of it."""
    place = tmp_path_factory.mktemp("taught")
    (place / "articles.txt").write_text(sentences(3000))
    options = ["--tokens", "3000", "--seed", "1", "--threads", "1"]
    done = subprocess.run(
        [*LIKEWISE, "train", "context", "articles.txt", "-o", "m", *options],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "held-out loss" in done.stderr
    return place


@pytest.fixture
def model(taught: Path, tmp_path: Path) -> Path:
    """The model, where the commands of a test are run."""
    for name in ("m", "articles.txt"):
        (tmp_path / name).symlink_to(taught / name)
    return taught / "m"


def told(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_model_is_taught_and_asked(model: Path, here: Run, tmp_path: Path) -> None:
    assert sorted(path.name for path in model.iterdir()) == [
        "README.md", "arrays.safetensors", "keys.arrow", "model.json", "run.toml", "tokenizer.json",
    ]  # fmt: skip
    assert "Held-out loss" in (model / "README.md").read_text()
    code, out, err = here("senses", "m", "king", "-k", 2, "--in", "the king and the queen")
    assert code == 0, err
    rows = told(out)
    assert [row["meaning"] for row in rows] == [1, 2]
    assert abs(sum(float(str(row["share"])) for row in rows) - 1) < 1e-6
    assert [row["here"] for row in rows].count("←") == 1
    assert "by joined" in err
    assert "by the mean of the context words" in err
    code, out, err = here("fill", "m", "the [MASK] and the queen", "-k", 3)
    assert code == 0, err
    assert [set(row) for row in told(out)] == [{"transformer", "probability", "word2vec's sum", "cosine"}] * 3
    code, out, err = here("similar", "m", "king", "--in", "queen king palace", "-k", 2)
    assert code == 0, err
    assert all("[king]" in str(row["usage"]) for row in told(out))
    code, out, err = here("similar", "m", "queen king palace", "-k", 1)
    assert (code, len(told(out))) == (0, 1)
    (tmp_path / "texts.txt").write_text("the king\nbread\n")
    assert here("encode", "m", "texts.txt", "-o", "v.npy")[0] == 0
    assert here("info", "m", "--verify")[0] == 0


def test_a_model_is_judged_on_meanings(model: Path, here: Run, tmp_path: Path) -> None:
    place = tmp_path / "sets" / "king"
    place.mkdir(parents=True)
    (place / "classes_map.txt").write_text('{"0": "royal", "1": "food"}')
    for part in ("train", "test"):
        (place / f"{part}.data.txt").write_text("0\tking queen palace\n1\tbread king milk\n" * 3)
        (place / f"{part}.gold.txt").write_text("0\n1\n" * 3)
    code, out, err = here("evaluate", "m", "sets")
    assert code == 0, err
    scores = {str(row["metric"]): row["value"] for row in told(out)}
    assert scores["micro-F1, commonest meaning"] == 0.5
    assert {"macro-F1, context words", "macro-F1, in context", "macro-F1, joined"} <= set(scores)
    here("train", "words", "articles.txt", "-o", "w", "--dim", 8, "--epochs", 1)
    code, out, _ = here("evaluate", "w", "sets")
    assert code == 0
    assert "micro-F1, context words" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("train", "context", "empty.txt", "-o", "c"), "no text in"),
        (("train", "context", "blank.txt", "-o", "c"), "blank"),
        (("train", "context", "few.txt", "-o", "c"), "give more text"),
        (("train", "context", "absent.txt", "-o", "c"), "absent.txt"),
        (("train", "context", "few.txt", "-o", "c", "--hours", 1, "--epochs", 2), "exclude each other"),
        (("train", "context", "few.txt", "-o", "c", "--keep", -1), "keep"),
        (("senses", "w", "king"), "no model of words in context"),
        (("fill", "w", "a [MASK]"), "likewise train context"),
        (("similar", "w", "king", "--in", "the king"), "leave it out"),
        (("evaluate", "bag", "sets"), "no vectors of words in their places"),
    ],
)
def test_what_is_wrong_is_one_line(
    here: Run, tmp_path: Path, arguments: tuple[object, ...], said: str
) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "blank.txt").write_text(" \n\n")
    (tmp_path / "few.txt").write_text(sentences(60))
    place = tmp_path / "sets" / "king"
    place.mkdir(parents=True)
    (place / "classes_map.txt").write_text('{"0": "royal"}')
    for part in ("train", "test"):
        (place / f"{part}.data.txt").write_text("0\tking\n")
        (place / f"{part}.gold.txt").write_text("0\n")
    if arguments[1] == "w":
        here("train", "words", "few.txt", "-o", "w", "--dim", 4, "--epochs", 1, "--min-count", 1)
    if arguments[1] == "bag":
        here("train", "documents", "few.txt", "-o", "bag", "--method", "tfidf")
    code, out, err = here(*arguments)
    assert (code, out) == (1, ""), err
    lines = [line for line in err.splitlines() if line.startswith("likewise:")]
    assert len(lines) == 1
    assert said in lines[0]
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("senses", "m", "zebra"), "stands 0 times"),
        (("senses", "m", "king", "--in", "no such word"), "is not in"),
        (("senses", "m", "king", "--in", "king and king"), "stands 2 times"),
        (("fill", "m", "nothing hidden"), "has 0 times [MASK]"),
        (("fill", "m", "[MASK] [MASK]"), "has 2 times [MASK]"),
        (("analogy", "m", "king", "man", "queen"), "needs keys with vectors"),
    ],
)
def test_what_a_model_cannot_answer_is_one_line(
    model: Path, here: Run, arguments: tuple[object, ...], said: str
) -> None:
    code, out, err = here(*arguments)
    assert (code, out) == (1, "")
    assert said in err.splitlines()[-1]
