"""Documents on the command line: a text becomes a model, the model answers, and what it cannot do is one line."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from program import sentences

from likewise import documents, formats
from likewise.artifacts import artifact
from likewise.cli import encode as encoding
from likewise.cli.train_documents import LIBRARY, TAKES
from likewise.documents import Averaged, Features, Terms, VocabularyOptions
from likewise.words import word2vec

Run = Callable[..., tuple[int, str, str]]
ROWS = sentences(120).splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with names, and a model of each kind."""
    place = tmp_path_factory.mktemp("documents")
    records = [{"id": f"d{n}", "text": row} for n, row in enumerate(ROWS)]
    (place / "rows.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (place / "plain.txt").write_text("".join(f"{row}\n" for row in ROWS))
    reading = documents.Reading(field="text", id="id")
    source = place / "rows.jsonl"
    words = word2vec(ROWS, dim=8, epochs=2, min_count=1, sample=0, seed=1, threads=1, out=place / "words")
    documents.lsa(source, dim=6, seed=1, reading=reading, out=place / "lsa")
    documents.tfidf(source, reading=reading, out=place / "tfidf")
    documents.averaged(source, words=words, reading=reading, out=place / "averaged")
    return place


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def one_line(ended: tuple[int, str, str], *said: str) -> None:
    code, out, err = ended
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1, err
    assert all(each in err for each in said), err


def test_every_option_of_the_library_can_be_given() -> None:
    shared = {"keep", "threads", "reading", "out", "overwrite", "report"}
    for method, takes in TAKES.items():
        function = getattr(documents, method)
        named = {LIBRARY.get(name, name) for name in takes} | shared
        for gathered, fields in (
            ("terms", ("terms", "ngrams")),
            ("vocabulary", ("min_df", "max_df", "max_features")),
        ):
            if set(fields) <= set(takes):
                named = (named - set(fields)) | {gathered}
        wanted = inspect.signature(function).parameters.keys() - {"text", "tokens"}
        assert wanted <= named, method


def test_lsa_is_that_of_the_library(here: Run, inside: Path) -> None:
    code, out, err = here(
        "train", "documents", "rows.jsonl", "--field", "text", "--id", "id", "-o", "lsa2", "--dim", 6, "--seed", 1,
        "--threads", 2,
    )  # fmt: skip
    assert (code, out) == (0, "")
    assert err.endswith(
        "the model is in lsa2: 120 documents, 6 dimensions; next: likewise similar lsa2 'some text'\n"
    )
    assert artifact.load("lsa2").encode(ROWS[:9]).tobytes() == artifact.load("lsa").encode(ROWS[:9]).tobytes()
    assert Path("lsa2/run.toml").exists()


def test_options_of_terms_arrive(here: Run, inside: Path) -> None:
    options = ["--terms", "char_wb", "--ngrams", "2-3", "--min-df", 2, "--max-df", 0.9, "--max-features", 30]
    code, _, err = here(
        "train", "documents", "plain.txt", "-o", "chars", "--method", "tfidf", *options, "--sublinear"
    )
    assert code == 0, err
    wanted = documents.tfidf(
        ROWS,
        terms=Terms("char_wb", 2, 3),
        vocabulary=VocabularyOptions(2, 0.9, 30),
        sublinear_tf=True,
        keep=False,
    )
    made = artifact.load("chars")
    assert isinstance(made, Features)
    assert made.vocabulary.keys == wanted.vocabulary.keys
    assert np.array_equal(made.encode(ROWS[:5]), wanted.encode(ROWS[:5]))


def test_words_are_learnt_first_where_none_are_given(here: Run, inside: Path) -> None:
    learning = ["--dim", 8, "--epochs", 2, "--min-count", 1, "--sample", 0, "--seed", 1]
    train = ["train", "documents", "plain.txt", "--method", "averaged"]
    code, _, err = here(*train, "-o", "own", *learning)
    assert code == 0
    assert err.splitlines()[0] == "no --words: skip-gram learns the words of this text first"
    assert here(*train, "-o", "given", "--words", "words", "--no-documents")[0] == 0
    own, given = artifact.load("own"), artifact.load("given")
    assert isinstance(own, Averaged)
    assert own.encode(ROWS[:3]).tobytes() == given.encode(ROWS[:3]).tobytes()
    assert own.index is not None
    assert given.index is None


def test_doc2vec_is_that_of_the_library(here: Run, inside: Path) -> None:
    code, _, err = here(
        "train", "documents", "plain.txt", "-o", "d2v", "--method", "doc2vec", "--architecture", "dm", "--dim", 5,
        "--epochs", 2, "--min-count", 1, "--seed", 4, "--window", 3, "--negatives", 2, "--sample", 0.1,
        "--checkpoint-seconds", 9,
    )  # fmt: skip
    assert code == 0, err
    wanted = documents.doc2vec(
        "plain.txt", method="dm", dim=5, epochs=2, min_count=1, seed=4, window=3, negatives=2, sample=0.1
    )
    assert artifact.load("d2v").encode(ROWS[:3]).tobytes() == wanted.encode(ROWS[:3]).tobytes()
    train = ["train", "documents", "plain.txt", "-o", "d2v", "--method", "doc2vec"]
    one_line(here(*train, "--architecture", "dm", "--train-words", "--overwrite"), "--train-words")
    one_line(here(*train, "--dim", 6, "--resume"), "dim")
    assert here("similar", "d2v", "king and queen", "-k", 2)[0] == 0
    assert here("encode", "d2v", "plain.txt", "-o", "d2v.npy")[0] == 0
    (found,) = lines(here("info", "d2v")[1])
    assert (found["method"], found["dim"], found["kept documents"]) == ("doc2vec", 5, 120)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--method", "tfidf", "--dim", 3], ["--dim is not an option of tfidf", "lsa"]),
        (["--method", "lsa", "--words", "words"], ["--words", "averaged, sif"]),
        (["--method", "bag_of_words", "--seed", 3], ["--seed is not an option of bag_of_words"]),
        (["--method", "averaged", "--a", 0.1], ["--a is not an option of averaged"]),
        (["--method", "sif", "--words", "words", "--epochs", 3], ["--epochs", "--words"]),
        (["--method", "sif", "--words", "lsa"], ["'lsa' is a model of documents (lsa)", "--words"]),
        (["--ngrams", "two"], ["--ngrams", "'two'"]),
        (["--ngrams", "3-1"], ["rising order"]),
        (["--min-df", "many"], ["--min-df", "'many'"]),
        (["--min-df", 1000], ["--min-df"]),
        (["--dim", 500], ["dim 500"]),
        (["--unit", "file", "--id", "x"], ["--id"]),
    ],
)
def test_options_that_do_not_fit_are_one_line(
    here: Run, inside: Path, given: list[str], said: list[str]
) -> None:
    one_line(here("train", "documents", "plain.txt", "-o", "new", *given), *said)
    assert not Path("new").exists()


def test_texts_that_will_not_do_are_one_line(here: Run, inside: Path) -> None:
    Path("empty.txt").touch()
    Path("one.txt").write_text("a single document\n")
    Path("cut.csv").write_text('text,label\n"never closed,x\n')
    train = ["train", "documents", "-o", "new"]
    one_line(here(*train, "empty.txt"), "not one term")
    one_line(here(*train, "one.txt", "--dim", 5), "dim 5", "1 document")
    one_line(here(*train, "rows.jsonl"), "--field", "'text'")
    one_line(here(*train, "rows.jsonl", "--field", "txt"), "'txt'", "did you mean 'text'")
    one_line(here(*train, "cut.csv", "--column", "text"), "line")
    one_line(here(*train, "plain.txt", "--method", "averaged", "--words", "none"), "no model 'none'")
    one_line(here("train", "documents", "plain.txt", "-o", "lsa"), "lsa is there already", "--overwrite")
    one_line(here(*train, "-", "--method", "sif"), "standard input")
    assert here(*train, "one.txt", "--method", "tfidf")[0] == 0
    assert artifact.load("new").encode(["a document"]).shape == (1, 3)


def test_the_nearest_documents_and_terms(here: Run, child: Run, inside: Path) -> None:
    model = artifact.load("lsa")
    code, out, err = here("similar", "lsa", "bread and milk", "-k", 3)
    assert (code, err) == (0, "")
    assert lines(out) == [found._asdict() for found in model.similar("bread and milk", 3)]
    assert set(lines(out)[0]) == {"key", "score", "text"}
    _, out, _ = here("similar", "lsa", "bread", "-k", 2, "--among", "terms")
    assert lines(out) == [found._asdict() for found in model.similar_terms("bread", 2)]
    code, out, _ = child("similar", "lsa", "-", "-k", 1, given=b"king and queen\nbread\n")
    assert [row["item"] for row in lines(out)] == ["king and queen", "bread"]


def test_what_a_kind_of_model_cannot_do_is_one_line(here: Run, inside: Path) -> None:
    one_line(here("similar", "tfidf", "bread", "--among", "terms"), "'tfidf' (tfidf)", "--among")
    one_line(here("similar", "words", "bread", "--among", "terms"), "--among", "'words' holds keys")
    one_line(here("similar", "lsa", "unheard of"), "no term")
    one_line(here("analogy", "lsa", "a", "b", "c"), "'lsa' is a model of documents (lsa)", "`analogy`")
    one_line(here("convert", "lsa", "x.txt"), "`convert`", "likewise encode lsa")
    one_line(here("update", "tfidf", "plain.txt", "-o", "x"), "`update`", "train documents")
    Path("pairs.tsv").write_text("king\tqueen\t9\nking\tbread\t1\n")
    one_line(here("evaluate", "lsa", "pairs.tsv"), "`evaluate`", "stsbenchmark")
    assert here("train", "documents", "plain.txt", "-o", "bare", "--dim", 3, "--no-documents")[0] == 0
    one_line(here("similar", "bare", "bread"), "keeps no documents")


@pytest.mark.parametrize("model", ["lsa", "averaged", "tfidf"])
@pytest.mark.parametrize("name", ["o.npy", "o.parquet", "o.jsonl"])
def test_texts_are_encoded_in_batches(
    here: Run, inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, name: str
) -> None:
    monkeypatch.setattr(encoding, "NUMBERS", 200)
    texts = [*ROWS[:50], "", "unheard of", 'with "quotes",\nand lines']
    with (tmp_path / "t.jsonl").open("w") as file:
        file.writelines(json.dumps({"id": f"t{n}", "text": text}) + "\n" for n, text in enumerate(texts))
    out = tmp_path / name
    code, data, err = here("encode", model, tmp_path / "t.jsonl", "--field", "text", "--id", "id", "-o", out)
    assert (code, data) == (0, "")
    loaded = artifact.load(model)
    assert err.endswith(f"53 texts, {loaded.dim} dimensions; 3 without a known term, their rows are zeros\n")
    read = formats.read(out)
    assert read.keys == [f"t{n}" for n in range(53)]
    assert np.allclose(read.vectors, loaded.encode(texts), atol=1e-6)
    if name != "o.npy":
        assert stored_texts(out) == texts
    if name != "o.parquet":
        kept = (out if name == "o.jsonl" else tmp_path / "o.keys.jsonl").read_text().splitlines()
        assert [n for n, row in enumerate(map(json.loads, kept)) if not row.get("known", True)] == [
            50,
            51,
            52,
        ]


def stored_texts(path: Path) -> list[object]:
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] for line in path.read_text().splitlines()]
    import pyarrow.parquet as pq

    return pq.read_table(path)["text"].to_pylist()


def test_rows_of_plain_text_are_named_by_number(here: Run, child: Run, inside: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"\xef\xbb\xbfthe king\r\n\r\nbread")
    assert here("encode", "lsa", tmp_path / "t.txt", "-o", tmp_path / "o.npy")[0] == 0
    read = formats.read(tmp_path / "o.npy")
    assert read.keys == ["1", "2", "3"]
    assert read.vectors.tobytes() == artifact.load("lsa").encode(["the king", "", "bread"]).tobytes()
    code, _, err = child("encode", "lsa", "-", "-o", tmp_path / "i.jsonl", given=b"bread\nb\xffd\n")
    assert (code, err) == (
        1,
        "likewise: standard input, line 2: byte 7 is not UTF-8; try --errors replace\n",
    )
    assert not (tmp_path / "i.jsonl").exists()
    (tmp_path / "none.txt").touch()
    for name in ("n.npy", "n.parquet", "n.jsonl"):
        assert here("encode", "lsa", tmp_path / "none.txt", "-o", tmp_path / name)[0] == 0


def test_info_of_every_kind(here: Run, inside: Path) -> None:
    for name in ("lsa", "tfidf", "averaged"):
        (found,) = lines(here("info", name)[1])
        assert (found["method"], found["kept documents"], found["documents"]) == (name, 120, 120)
        assert found["dim"] == artifact.load(name).dim
