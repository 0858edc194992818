"""Documents as vectors: every encoder keeps the contract, saves what it is, and says what it cannot do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

import likewise
from damage import unnoticed
from likewise import documents
from likewise.arrays.ragged import Ragged
from likewise.documents import Reading, Terms
from likewise.errors import ArtifactError, InputError, OptionError, OutputExists, WrongType
from likewise.pool import fit_sif
from likewise.table import Table
from likewise.testing import check_encoder
from likewise.tokens.analysis.analyzer import scikit_words
from likewise.tokens.corpus.word_pattern import Words

SEA = ["ship", "sail", "harbour", "sea", "wave", "anchor", "captain", "crew"]
KITCHEN = ["bread", "oven", "flour", "salt", "butter", "cook", "dough", "spoon"]


def world(n: int = 60, seed: int = 0) -> list[str]:
    """Texts of two topics in turn, 12 words each, with two words that all have."""
    generator = np.random.default_rng(seed)
    return [" ".join(["the", "and", *generator.choice(SEA if i % 2 == 0 else KITCHEN, 10)]) for i in range(n)]


def word_table() -> Table:
    """Sea words point one way, kitchen words another, and all have a large part in common."""
    generator = np.random.default_rng(3)
    keys = ["the", "and", *SEA, *KITCHEN]
    vectors = 0.1 * generator.standard_normal((len(keys), 8))
    vectors[:, 0] += 2
    vectors[2:10, 1] += 1
    vectors[10:, 2] += 1
    counts = np.array([60, 60, *[38] * 16])
    return Table(keys, vectors.astype(np.float32), counts=counts, spelling=Words().spelling)


MAKERS: dict[str, Callable[..., Any]] = {
    "bag_of_words": documents.bag_of_words,
    "tfidf": documents.tfidf,
    "lsa": lambda text, **options: documents.lsa(text, dim=5, seed=1, **options),
    "dbow": lambda text, **options: documents.doc2vec(
        text, **{"dim": 8, "seed": 1, "min_count": 1, "sample": 0.0, "epochs": 30, **options}
    ),
    "dm": lambda text, **options: documents.doc2vec(
        text, **{"method": "dm", "dim": 8, "seed": 1, "min_count": 1, "sample": 0.0, "epochs": 30, **options}
    ),
    "averaged": lambda text, **options: documents.averaged(text, words=word_table(), **options),
    "idf": lambda text, **options: documents.averaged(text, words=word_table(), weighting="idf", **options),
    "sif": lambda text, **options: documents.sif(text, words=word_table(), a=1e-3, **options),
    "usif": lambda text, **options: documents.sif(text, words=word_table(), **options),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
ASKED = ["The ship and the SEA", "bread, butter", "", "unheard-of tokens", "sail " * 500]


@every
def test_an_encoder_of_documents(make: Callable[..., Any]) -> None:
    model = make(world())
    check_encoder(model, [text for text in ASKED if text])
    assert model.known(ASKED).tolist() == [True, True, False, False, True]
    assert not model.encode(ASKED)[2:4].any()


@every
def test_what_loads_is_what_was_saved(make: Callable[..., Any], tmp_path: Path) -> None:
    model = make(world(), out=tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    assert np.array_equal(again.encode(ASKED), model.encode(ASKED))
    assert again.similar("the crew of a ship", 4) == model.similar("the crew of a ship", 4)
    assert again.facts == model.facts
    likewise.save(again, tmp_path / "again")
    assert (
        likewise.artifacts.artifact.info(tmp_path / "again")["digest"]
        == likewise.artifacts.artifact.info(tmp_path / "m")["digest"]
    )
    assert "# 60 documents" in (tmp_path / "m" / "README.md").read_text()


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if kind != "dm"])  # which wants more text than this
def test_the_nearest_documents_are_of_the_same_topic(kind: str) -> None:
    found = MAKERS[kind](world()).similar("anchor captain crew", 10)
    assert all(int(one.key) % 2 == 1 for one in found)  # documents are counted from 1, the sea came first
    assert found[0].text.startswith("the and ")
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@every
def test_the_same_bits_at_any_number_of_threads(make: Callable[..., Any]) -> None:
    one, three = (make(world(), threads=threads) for threads in (1, 3))
    assert np.array_equal(one.encode(ASKED), three.encode(ASKED))


@every
def test_no_documents_are_kept_where_none_are_wanted(make: Callable[..., Any], tmp_path: Path) -> None:
    make(world(), keep=False, out=tmp_path / "m")
    again = likewise.load(tmp_path / "m")
    with pytest.raises(InputError, match="keeps no documents"):
        again.similar("ship")
    assert again.encode(["ship"]).any()


@every
def test_text_that_cannot_be_used(make: Callable[..., Any], tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    for text in ([], [""], ["  ", "\t"], empty):
        with pytest.raises(InputError, match=r"not one term|no text"):
            make(text)
    with pytest.raises(WrongType, match="wrap it in a list"):
        make("one bare text")
    model = make(world())
    assert np.array_equal(model.encode("one bare text"), model.encode(["one bare text"])[0])
    (tmp_path / "m").mkdir()
    with pytest.raises(OutputExists):
        make(world(), out=tmp_path / "m")


@every
def test_identical_documents_and_a_blank_one(make: Callable[..., Any]) -> None:
    if make is MAKERS["lsa"]:
        with pytest.raises(OptionError, match="dim 5 of 6 documents"):
            make(["ship sea"] * 6)
        return
    model = make(["ship sea sail"] * 5 + [""])
    vectors = model.encode(["ship sea sail", "ship sea sail"])
    assert np.isfinite(vectors).all()
    assert np.array_equal(*vectors) or np.allclose(*vectors, rtol=1e-5)


def test_one_document() -> None:
    model = documents.tfidf(["ship sea"])
    assert model.similar("ship")[0].key == "1"
    with pytest.raises(OptionError, match="dim 300 of 1 documents"):
        documents.lsa(["ship sea"])


def test_tfidf_is_scikit_learns() -> None:
    texts = world(20)
    model = documents.tfidf(texts, terms=Terms(longest=2, words=scikit_words))
    theirs = TfidfVectorizer(ngram_range=(1, 2)).fit(texts)
    assert model.vocabulary.keys == theirs.get_feature_names_out().tolist()
    assert np.allclose(model.encode(texts), theirs.transform(texts).toarray(), atol=1e-6)


def test_lsa_keeps_as_much_as_scikit_learns() -> None:
    texts = world()
    model = documents.lsa(texts, dim=5, seed=1, sublinear_tf=False, terms=Terms(words=scikit_words))
    theirs = TruncatedSVD(5, algorithm="arpack").fit_transform(TfidfVectorizer().fit_transform(texts))
    ours = model.encode(texts)
    assert np.square(ours).sum() == pytest.approx(np.square(theirs).sum(), rel=1e-4)
    assert np.allclose(np.abs(ours), np.abs(theirs), atol=1e-3)
    assert model.index is not None
    assert np.allclose(ours, model.index.table.vectors, atol=1e-6)


def test_terms_and_texts_share_the_space_of_lsa() -> None:
    model = documents.lsa(world(), dim=5, seed=1)
    assert {one.key for one in model.similar_terms("ship", 5)} <= set(SEA)
    assert {one.key for one in model.similar_terms("oven bread", 6)} <= set(KITCHEN)
    with pytest.raises(InputError, match="no term of"):
        model.similar_terms("unheard of")


def test_a_mean_is_the_mean() -> None:
    table = word_table()
    model = documents.averaged(world(), words=table)
    wanted = (table["ship"] + table["oven"] * 2) / 3
    assert np.allclose(model.encode(["ship oven what oven"])[0], wanted, atol=1e-6)


def test_sif_is_that_of_the_paper_and_no_vector_depends_on_its_batch() -> None:
    texts, table = world(), word_table()
    model = documents.sif(texts, words=table, a=1e-3)
    rows = Ragged.from_rows([[table.index(word) for word in text.split()] for text in texts])
    assert table.counts is not None
    wanted = fit_sif(rows, table.vectors, table.counts).pool(rows, table.vectors).vectors
    assert np.allclose(model.encode(texts), wanted, atol=1e-5)
    assert np.array_equal(model.encode(texts[:1]), model.encode(texts)[:1])


def test_sif_without_counts_counts_these_texts() -> None:
    table = word_table()
    bare = Table(table.keys, table.vectors, spelling=table.spelling)
    weights = documents.sif(world(), words=bare, a=1e-3).weights
    assert weights[bare.index("the")] < weights[bare.index("ship")]


def test_words_that_none_of_the_texts_has() -> None:
    table = Table(["zebra", "giraffe"], np.eye(2, 4, dtype=np.float32))
    for make in (documents.averaged, documents.sif):
        with pytest.raises(InputError, match="none of the words of 60 documents has a vector"):
            make(world(), words=table)
    with pytest.raises(WrongType, match="words are a Table, not str"):
        documents.averaged(world(), words="model")  # type: ignore[arg-type]


def test_step_by_step_every_length_is_visible() -> None:
    model = documents.averaged(world(), words=word_table())
    steps = model.stepwise('The ship. A captain and crew!\n\nBread and butter? "Salt." No.')
    assert steps.lengths == (11, 5, 2, 1)
    assert steps.names == ("words", "sentences", "paragraphs", "text")
    table = word_table()
    second = (table["captain"] + table["and"] + table["crew"]) / 3
    assert np.allclose(steps.steps[0].vectors[1], second, atol=1e-6)


def test_documents_have_names(tmp_path: Path) -> None:
    csv = tmp_path / "rows.csv"
    csv.write_text('id,text\nsea-1,ship and sea\nfood-1,"bread,\nbutter"\n,nothing\n')
    named = Reading(column="text", id="id")
    with pytest.raises(InputError, match="line 5: the id or label is ''"):
        documents.tfidf(csv, reading=named)
    csv.write_text('id,text\nsea-1,ship and sea\nfood-1,"bread,\nbutter"\n')
    assert [one.key for one in documents.tfidf(csv, reading=named).similar("bread butter", 1)] == ["food-1"]
    csv.write_text("id,text\nsea-1,ship\nsea-1,sea\n")
    with pytest.raises(InputError, match="'sea-1' stands twice, the second time in row 2"):
        documents.tfidf(csv, reading=named)
    with pytest.raises(InputError, match="no column 'body', but 'id', 'text'"):
        documents.tfidf(csv, reading=Reading(column="body"))
    lines = tmp_path / "rows.jsonl"
    lines.write_text('{"n": 7, "t": "ship"}\n{"n": 8, "t": "bread"}\n')
    assert documents.tfidf(lines, reading=Reading(field="t", id="n")).similar("bread", 1)[0].key == "8"


def test_a_file_may_be_one_document(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "sea.txt").write_text("ship\nsea\n\nwave")
    (tmp_path / "in" / "food.txt").write_text("bread\nbutter\n")
    model = documents.tfidf(tmp_path / "in", reading=Reading(unit="file"))
    assert [Path(one.key).name for one in model.similar("wave", 2)] == ["sea.txt", "food.txt"]
    assert model.similar("wave", 1)[0].text == "ship sea wave"


def test_options_that_do_not_fit(tmp_path: Path) -> None:
    wrong = [Reading(unit="file", column="x"), Reading(id="n"), Reading(unit="page")]  # type: ignore[arg-type]
    for reading in wrong:
        with pytest.raises(OptionError):
            documents.tfidf(tmp_path, reading=reading)
    with pytest.raises(OptionError, match="weighting"):
        documents.averaged(world(), words=word_table(), weighting="sif")  # type: ignore[arg-type]


def test_a_function_of_the_callers_cannot_be_saved(tmp_path: Path) -> None:
    model = documents.tfidf(world(), terms=Terms(words=str.split))
    assert model.similar("ship", 1)
    with pytest.raises(InputError, match="cannot be saved"):
        likewise.save(model, tmp_path / "m")
    with pytest.raises(InputError, match="cannot be saved"):
        documents.tfidf(iter(()), terms=Terms(words=str.split), out=tmp_path / "m")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tfidf", "lsa", "sif", "dm"])
def test_damage_is_noticed(kind: str, tmp_path: Path) -> None:
    MAKERS[kind](world(), out=tmp_path / "m")
    assert unnoticed(tmp_path / "m", "damage:contents_of", flips=60, seed=1) == []


@pytest.mark.parametrize("kind", ["tfidf", "lsa", "sif", "dm"])
def test_a_model_whose_parts_do_not_fit_is_refused(kind: str, tmp_path: Path) -> None:
    MAKERS[kind](world(), out=tmp_path / "m")
    whole = likewise.artifacts.artifact.read(tmp_path / "m")
    for name in whole.arrays:
        arrays = {**whole.arrays, name: whole.arrays[name][:-1]}
        broken = likewise.artifacts.artifact.Contents(
            whole.kind, whole.facts, arrays, whole.keys, whole.counts, whole.labels
        )
        likewise.artifacts.artifact.write(broken, tmp_path / "broken", overwrite=True)
        with pytest.raises(ArtifactError, match="does not hold a whole"):
            likewise.load(tmp_path / "broken")
