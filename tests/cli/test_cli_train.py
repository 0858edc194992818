from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from program import sentences

from likewise import words
from likewise.artifacts import artifact
from likewise.cli import train_words
from likewise.tokens.corpus.word_pattern import Words

Run = Callable[..., tuple[int, str, str]]


def defaults(function: Callable[..., object]) -> dict[str, object]:
    found = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in found if one.default is not inspect.Parameter.empty}


def test_every_option_of_the_library_is_there_and_no_default_is_another() -> None:
    command = defaults(train_words.words)
    for function in (words.word2vec, words.fasttext, words.glove):
        library = defaults(function)
        wanted = {
            name: library[name] for name in library.keys() - {"method", "reading", "tuning", "out", "report"}
        }
        for made in (words.Reading(), words.Tuning()) if "tuning" in library else (words.Reading(),):
            wanted |= {field.name: getattr(made, field.name) for field in fields(made)}
        wanted |= {"tokens": Words().kind, "case": Words().case}
        assert wanted.keys() <= command.keys()
        others = {name for name in wanted if command[name] is not None and command[name] != wanted[name]}
        assert others <= {"racing"}  # False stands for not given
    assert (command["method"], command["architecture"]) == ("skipgram", None)


def test_a_text_becomes_a_model_and_a_word_on_what_to_type_next(
    here: Run, text: Path, tmp_path: Path
) -> None:
    out = tmp_path / "my model"
    code, data, err = here(
        "train", "words", text, "-o", out, "--method", "skipgram", "--dim", 30, "--window", 10, "--negatives", 5,
        "--epochs", 1, "--min-count", 5, "--sample", 1e-4, "--seed", 1, "--threads", 2,
    )  # fmt: skip
    assert (code, data) == (0, "")
    *_, plan, last = err.splitlines()
    assert plan.startswith("plan: 600 rows, 4,800 words, 17 different; memory")
    assert last.startswith(f"the model is in {out}: 17 words, 30 dimensions; next: likewise similar '{out}' ")
    library = words.word2vec([text], dim=30, window=10, epochs=1, seed=1, threads=1, out=tmp_path / "again")
    assert artifact.load(out).vectors.tobytes() == library.vectors.tobytes()
    assert artifact.info(out)["digest"] == artifact.info(tmp_path / "again")["digest"]


def test_options_arrive_where_they_belong(here: Run, tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps({"t": row.title()}) + "\n" for row in sentences(200).splitlines()))
    code, _, err = here(
        "train",
        "words",
        source,
        "-o",
        tmp_path / "m",
        "--method",
        "cbow",
        "--dim",
        7,
        "--window",
        2,
        "--negatives",
        3,
        "--epochs",
        2,
        "--min-count",
        2,
        "--sample",
        0.5,
        "--seed",
        9,
        "--threads",
        1,
        "--learning-rate",
        0.01,
        "--exponent",
        0.5,
        "--max-norm",
        3,
        "--fixed-window",
        "--replicas",
        2,
        "--racing",
        "--field",
        "t",
        "--errors",
        "replace",
        "--encoding",
        "utf8",
        "--tokens",
        "white",
        "--case",
        "keep",
        "--max-vocabulary",
        12,
        "--phrases",
        1,
        "--phrase-threshold",
        50,
        "--checkpoint-seconds",
        9,
    )
    assert code == 0, err
    made = artifact.load(tmp_path / "m").facts
    assert made["training"] == {
        "method": "cbow",
        "dim": 7,
        "window": 2,
        "negatives": 3,
        "epochs": 2,
        "sample": 0.5,
        "seed": 9,
        "learning_rate": 0.01,
        "exponent": 0.5,
        "max_norm": 3.0,
        "dynamic_window": False,
        "replicas": 2,
        "racing": True,
    }
    assert made["min_count"] == 2
    assert made["reading"] == {
        "tokens": {"kind": "white", "case": "keep", "form": "NFC"}, "field": "t", "column": None, "encoding": "utf8",
        "errors": "replace", "max_vocabulary": 12, "phrases": 1, "phrase_threshold": 50.0,
    }  # fmt: skip
    assert "Girl" in artifact.load(tmp_path / "m").keys


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"", [], "no text in "),
        (b"\n  \n\t\n", [], "no text in "),
        (b"one two three\n", [], "--min-count"),
        (b"one\n" * 20, [], "at least 2 different words"),
        (b"fine\n\nb\xffd\n", [], "byte 7"),
        (b"fine\n\nb\xffd\n", [], "--errors replace"),
        (b"a b c\n" * 9, ["--dim", "0"], "dim must be"),
        (b"a b c\n" * 9, ["--min-count", "0"], "--min-count must be"),
        (b"a b c\n" * 9, ["--field", "text"], "JSON lines"),
        (b"a b c\n" * 9, ["--encoding", "klingon"], "klingon"),
        (b"\xff\xfea\0b\0", [], "--encoding utf-16"),
    ],
)
def test_a_text_or_option_that_cannot_be_used_is_one_line(
    here: Run, tmp_path: Path, content: bytes, options: list[str], said: str
) -> None:
    (tmp_path / "text.txt").write_bytes(content)
    code, out, err = here(
        "train", "words", tmp_path / "text.txt", "-o", tmp_path / "m", "--seed", 1, *options
    )
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("likewise: ")
    assert said in err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["text.txt"]


def test_a_file_that_is_not_there_is_named_with_its_like(here: Run, text: Path, tmp_path: Path) -> None:
    code, _, err = here("train", "words", text.with_name("corpsu.txt"), "-o", tmp_path / "m", "--seed", 1)
    assert code == 1
    assert "corpus.txt" in err
    code, _, err = here("train", "words", text, "-o", tmp_path / "no" / "m", "--seed", 1)
    assert code == 1
    assert str(tmp_path / "no") in err


def test_an_output_that_is_there_is_kept_unless_asked(here: Run, text: Path, tmp_path: Path) -> None:
    arguments = [
        "train",
        "words",
        text,
        "-o",
        tmp_path / "m",
        "--dim",
        4,
        "--epochs",
        1,
        "--threads",
        1,
        "--seed",
    ]
    assert here(*arguments, 1)[0] == 0
    first = artifact.info(tmp_path / "m")["digest"]
    code, _, err = here(*arguments, 2)
    assert code == 1
    assert "--overwrite" in err
    assert artifact.info(tmp_path / "m")["digest"] == first
    assert here(*arguments, 2, "--overwrite")[0] == 0
    assert artifact.info(tmp_path / "m")["digest"] != first
    code, _, err = here(*arguments, 2, "--resume")
    assert code == 0
    assert "already finished" in err


def test_standard_input(child: Run, text: Path, tmp_path: Path) -> None:
    options = ["--dim", 4, "--epochs", 1, "--threads", 1, "--seed", 1]
    code, _, err = child("train", "words", "-", "-o", tmp_path / "m", *options, given=text.read_bytes())
    assert code == 0, err
    assert len(artifact.load(tmp_path / "m")) == 17


def test_update_goes_on_as_the_model_was_read(here: Run, model: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.txt"
    more.write_text(sentences(50, seed=2).replace("bread", "CROISSANT"))
    options = ["--epochs", 1, "--threads", 1, "--seed", 1]
    code, out, err = here("update", model, more, "-o", tmp_path / "new", *options)
    assert (code, out) == (0, ""), err
    assert "1 words added" in err
    table = artifact.load(tmp_path / "new")
    assert "croissant" in table.keys
    assert len(table) == 18
    code, _, err = here("update", model, more, "-o", tmp_path / "new", *options)
    assert code == 1
    assert "--overwrite" in err
    assert here("update", model, more, "-o", tmp_path / "new", "--overwrite", *options)[0] == 0


def test_reading_of_a_table_is_the_way_its_text_was_read(tmp_path: Path) -> None:
    reading = words.Reading(
        tokens=Words(kind="white", case="keep", form=None), phrases=1, phrase_threshold=99.0
    )
    table = words.word2vec(
        sentences(99).splitlines(), dim=2, epochs=1, min_count=1, seed=1, threads=1, reading=reading
    )
    assert words.Reading.of_table(table) == reading
