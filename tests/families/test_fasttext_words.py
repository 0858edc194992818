"""fastText: words with their parts, unseen words, what is stored, and the files that fastText itself writes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import likewise
from damage import unnoticed
from likewise.errors import ArtifactError, InputError, OptionError, UnknownKey
from likewise.testing import check_encoder
from likewise.words import SubwordTable, fasttext, read_fasttext


def text(n: int = 1200) -> list[str]:
    """Two topics whose words have a stem each, with endings drawn by lot."""
    generator = np.random.default_rng(0)
    topics = (["sail", "harbour", "anchor"], ["bake", "kitchen", "butter"])
    endings = ("", "s", "ed", "ing", "er")
    return [
        " ".join(generator.choice(topics[i % 2]) + generator.choice(endings) for _ in range(8))
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def model() -> SubwordTable:
    return fasttext(text(), dim=16, epochs=8, min_count=1, sample=0, seed=1)


def test_an_encoder_also_of_unseen_words(model: SubwordTable) -> None:
    check_encoder(model, ["sails", "unsailed", "butterer", "kitchens"])
    assert model.known(["sail", "sailors", "q", ""]).tolist() == [True, True, False, False]


def test_an_unseen_word_is_near_what_it_is_made_of(model: SubwordTable) -> None:
    assert {one.key[:4] for one in model.similar("sailors", 4)} <= {"sail", "harb", "anch"}
    assert {one.key[:4] for one in model.similar("kitchenette", 4)} <= {"bake", "kitc", "butt"}
    assert model.similarity("sailors", "harbour") > model.similarity("sailors", "kitchen")
    assert model.similarity("q", "sail") == 0
    with pytest.raises(UnknownKey, match="none of its n-grams"):
        model.similar("q")


def test_a_table_over_more_words(model: SubwordTable) -> None:
    over = model.over(["sailors", "sail", "q", "Sailors"])
    assert over.keys == [*model.keys, "sailors"]  # by the rule of the text both are spelt alike
    assert np.array_equal(over["sailors"], model["sailors"])
    assert over.counts is not None
    assert over.counts[-1] == 0
    assert model.analogy("sail", "sailed", "bakery", 1)


@pytest.mark.parametrize("storage", ["float32", "float16", "int8"])
def test_what_loads_is_what_was_saved(storage: str, tmp_path: Path) -> None:
    model = fasttext(
        text(200),
        dim=8,
        epochs=2,
        min_count=1,
        seed=1,
        buckets=2000,
        storage=storage,
        out=tmp_path / "m",  # type: ignore[arg-type]
    )
    again = likewise.load(tmp_path / "m")
    asked = ["sail", "sailors", "kitchenette", "q"]
    assert np.array_equal(again.encode(asked), model.encode(asked))
    assert again.facts["losses"] == model.facts["losses"]
    exact = fasttext(text(200), dim=8, epochs=2, min_count=1, seed=1, buckets=2000)
    moved = np.linalg.norm(exact.encode(asked) - again.encode(asked), axis=1)
    assert (moved <= 0.02 * np.linalg.norm(exact.encode(asked), axis=1)).all()


def test_one_seed_gives_one_model_at_any_number_of_threads() -> None:
    one, two = (
        fasttext(text(300), dim=8, epochs=2, min_count=1, seed=7, buckets=2000, threads=threads)
        for threads in (1, 2)
    )
    assert np.array_equal(one.encode(["sails", "sailors"]), two.encode(["sails", "sailors"]))


def test_options_and_text_that_cannot_be(tmp_path: Path) -> None:
    for options, said in (
        ({"shortest": 4, "longest": 3}, "shortest must not be above longest"),
        ({"buckets": 0}, "buckets must be"),
        ({"storage": "int4"}, "storage must be one of"),
    ):
        with pytest.raises(OptionError, match=re.escape(said)):
            fasttext(text(5), **options)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        fasttext([""], out=tmp_path / "m")
    assert not (tmp_path / "m").exists()


@pytest.mark.slow
def test_damage_is_noticed(tmp_path: Path) -> None:
    fasttext(text(100), dim=4, epochs=1, min_count=1, seed=1, buckets=500, storage="int8", out=tmp_path / "m")
    assert unnoticed(tmp_path / "m", "damage:contents_of", flips=40, seed=2) == []


def test_a_model_whose_parts_do_not_fit_is_refused(tmp_path: Path) -> None:
    fasttext(text(100), dim=4, epochs=1, min_count=1, seed=1, buckets=500, storage="int8", out=tmp_path / "m")
    whole = likewise.artifacts.artifact.read(tmp_path / "m")
    for name in whole.arrays:
        arrays = {**whole.arrays, name: whole.arrays[name][:-1]}
        if name == "rows":
            arrays["scales"] = arrays["scales"][:-1]
        broken = likewise.artifacts.artifact.Contents(
            whole.kind, whole.facts, arrays, whole.keys, whole.counts
        )
        likewise.artifacts.artifact.write(broken, tmp_path / "broken", overwrite=True)
        with pytest.raises(ArtifactError, match="does not hold a whole"):
            likewise.load(tmp_path / "broken")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    """A model in fastText's own format, written by gensim, and gensim's model of it."""
    fasttext_of_gensim = pytest.importorskip("gensim.models.fasttext")
    rows = [row.split() for row in [*text(100), "naïve café sailors größe"] * 2]
    made = fasttext_of_gensim.FastText(
        rows, vector_size=6, min_count=1, bucket=300, seed=1, workers=1, epochs=1
    )
    path = tmp_path_factory.mktemp("theirs") / "model.bin"
    fasttext_of_gensim.save_facebook_model(made, str(path))
    return path, made


def test_a_binary_model_of_fasttext_gives_fasttexts_vectors(theirs: tuple[Path, object]) -> None:
    path, made = theirs
    ours = read_fasttext(path)
    asked = ["sail", "anchors", "sailboat", "größer", "x", "naïveté"]
    assert np.allclose(ours.encode(asked), [made.wv[word] for word in asked], atol=1e-6)  # type: ignore[attr-defined]
    assert ours.table.counts is not None
    assert int(ours.table.counts[ours.table.index("café")]) == 2
    small = read_fasttext(path, storage="int8").encode(asked)
    assert np.allclose(small, ours.encode(asked), atol=0.01)


def test_a_binary_model_that_is_cut_or_another_is_refused(
    theirs: tuple[Path, object], tmp_path: Path
) -> None:
    data = theirs[0].read_bytes()
    for cut in (0, 3, 40, 70, 200, len(data) // 2):
        (tmp_path / "cut.bin").write_bytes(data[:cut])
        with pytest.raises(InputError, match=r"cut short|cannot be read"):
            read_fasttext(tmp_path / "cut.bin")
    (tmp_path / "other.bin").write_bytes(b"3 4\n" + bytes(100))
    with pytest.raises(InputError, match="no fastText model"):
        read_fasttext(tmp_path / "other.bin")
    with pytest.raises(InputError, match="cannot be read"):
        read_fasttext(tmp_path / "missing.bin")
