"""An encoder made into a table of words: a made teacher whose answer is known, and what must not go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from likewise.arrays.ragged import Ragged
from likewise.artifacts import artifact
from likewise.contextual._distil import change, distil, mean_matrix, rotated, similarity_kept, vocabulary
from likewise.errors import InputError, OptionError
from likewise.testing import check_table
from likewise.tokens.corpus.word_pattern import Words

WORDS = [f"w{n}" for n in range(40)]


class Teacher:
    """Each word has a vector; a text has the sum of its words', but "not" turns what follows round."""

    dim = 12

    def __init__(self) -> None:
        vectors = np.random.default_rng(0).normal(size=(40, 12))
        self.words = dict(zip(WORDS, vectors - vectors.mean(axis=0), strict=True))

    def encode(self, items: Any) -> np.ndarray:
        found = np.zeros((len(items), 12), np.float32)
        for row, item in zip(found, items, strict=True):
            sign = 1.0
            for word in item.split():
                sign = -sign if word == "not" else sign
                row += sign * self.words.get(word, 0)
        return found


def made_texts(n: int, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(2, 9))) for _ in range(n)]


def cosines(vectors: np.ndarray) -> np.ndarray:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return (unit @ unit.T)[np.triu_indices(len(unit), 1)]


def mean_of(table: Any, texts: list[str]) -> np.ndarray:
    return np.stack([table.encode(text.split()).mean(0) for text in texts])


def test_the_mean_of_the_words_says_what_the_teacher_says() -> None:
    teacher, texts = Teacher(), made_texts(200)
    table = distil(teacher, texts, dim=12, a=0.9, threads=1)
    held = made_texts(60, seed=2)
    assert np.corrcoef(cosines(mean_of(table, held)), cosines(teacher.encode(held)))[0, 1] > 0.95
    assert table.facts["kept"] > 0.95
    assert table.counts is not None
    assert list(table.counts) == sorted(table.counts, reverse=True)
    check_table(table)


def test_the_fit_keeps_more_than_the_words_alone() -> None:
    class Odd(Teacher):
        """Alone a word says nothing of what it means in a text."""

        def encode(self, items: Any) -> np.ndarray:
            alone = np.random.default_rng(5).normal(size=(len(items), 12)).astype(np.float32)
            return np.where(np.array([" " in item for item in items])[:, None], super().encode(items), alone)

    table = distil(Odd(), made_texts(400), dim=12, threads=1)
    assert table.facts["kept_by_words_alone"] < 0.3
    assert table.facts["kept"] > 0.8


def test_conjugate_gradients_give_the_least_squares_of_the_textbook() -> None:
    random = np.random.default_rng(3)
    rows = Ragged.from_rows([random.integers(0, 8, 5).tolist() for _ in range(30)])
    means, missing = (
        mean_matrix(rows, np.linspace(0.1, 1, 8).astype("f4")),
        random.normal(size=(30, 4)).astype("f4"),
    )
    dense = means.toarray()
    wanted = np.linalg.solve(dense.T @ dense + 0.3 * np.eye(8), dense.T @ missing)
    np.testing.assert_allclose(change(means, missing, 0.3), wanted, atol=1e-4)
    np.testing.assert_allclose(dense.sum(axis=1), 1, atol=1e-6)


def test_rotating_keeps_all_likeness_where_all_directions_are_kept() -> None:
    random = np.random.default_rng(3)
    vectors, weights = random.normal(size=(20, 6)).astype("f4"), random.random(20).astype("f4") + 0.1
    found = rotated(vectors, weights, np.full(20, 0.05), 6)
    np.testing.assert_allclose(
        found @ found.T, (vectors * weights[:, None]) @ (vectors * weights[:, None]).T, atol=1e-4
    )
    assert rotated(vectors, weights, np.full(20, 0.05), 2).shape == (20, 2)
    assert (np.diff((found**2).sum(axis=0)) < 1e-4).all()


def test_likeness_kept_is_one_for_the_same_and_none_for_what_has_nothing_to_do_with_it() -> None:
    random = np.random.default_rng(0)
    one = random.normal(size=(300, 8)).astype("f4")
    assert similarity_kept(one * 3, one, 0) == pytest.approx(1)
    assert abs(similarity_kept(random.normal(size=(300, 8)).astype("f4"), one, 0)) < 0.1
    assert similarity_kept(one[:1], one[:1], 0) == 0


def test_words_come_from_the_texts_first_and_then_from_the_teachers_pieces() -> None:
    class Cut(Teacher):
        class subwords:
            keys = ("[CLS]", "apple", "##ing", "Ġpear", "w1", "Upper")

    keys, counts = vocabulary(Cut(), ["w1 w2 w2", "W2 w3"], Words(), 100, 1)
    assert keys == ["w2", "w1", "w3", "apple", "pear"]
    assert counts.tolist() == [3, 1, 1, 0, 0]
    assert vocabulary(Cut(), ["w1 w2 w2"], Words(), 1, 1)[0] == ["w2"]


def test_one_seed_gives_the_same_bits_at_any_number_of_threads(tmp_path: Path) -> None:
    tables = [distil(Teacher(), made_texts(80), dim=6, threads=n) for n in (1, 2)]
    assert np.array_equal(tables[0].vectors, tables[1].vectors)
    artifact.save(tables[0], tmp_path / "t")
    assert np.array_equal(artifact.load(tmp_path / "t").vectors, tables[0].vectors)


def test_nothing_to_make_and_wrong_options_say_so() -> None:
    with pytest.raises(InputError, match="there is no word"):
        distil(Teacher(), [], threads=1)
    with pytest.raises(InputError, match="there is no word"):
        distil(Teacher(), ["", "!!"], threads=1)
    wrong: dict[str, Any]
    for wrong in ({"dim": 0}, {"a": 2.0}, {"most": 0}):
        with pytest.raises(OptionError, match="dim and most"):
            distil(Teacher(), ["w1"], threads=1, **wrong)
    single = distil(Teacher(), ["w1"], dim=3, threads=1)
    assert single.keys == ["w1"]
    assert np.isfinite(single.vectors).all()
