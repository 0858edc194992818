from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from likewise.arrays.linalg import unit_rows
from likewise.arrays.spelling import Spelling
from likewise.errors import OptionError
from likewise.evaluate import analogy
from likewise.evaluate.sets import AnalogySet
from likewise.table import Table

METHODS: tuple[analogy.Method, ...] = ("add", "multiply", "neighbour")


def questions_of(*sections: tuple[str, list[tuple[str, str, str, str]]]) -> AnalogySet:
    return AnalogySet(
        "made",
        tuple(question for _, questions in sections for question in questions),
        tuple(i for i, (_, questions) in enumerate(sections) for _ in questions),
        tuple(name for name, _ in sections),
    )


def all_questions(pairs: list[tuple[str, str]]) -> list[tuple[str, str, str, str]]:
    return [(*first, *second) for first, second in permutations(pairs, 2)]


@pytest.fixture(scope="module")
def world() -> tuple[Table, AnalogySet]:
    """Capitals are their countries moved one way, plurals another; the broken section each its own way.

    Each noun has a direction of its own and the moves are orthogonal to all, so 3CosAdd has one right answer.
    """
    generator = np.random.default_rng(0)
    axes = np.linalg.qr(generator.standard_normal((64, 64)))[0].astype(np.float32)
    keys, vectors = [], []
    pairs: dict[str, list[tuple[str, str]]] = {"capital": [], "gram-plural": [], "broken": []}
    for i, section in enumerate(pairs):
        for j in range(6):
            noun, form = f"{section}{j}", f"{section}{j}'"
            move = axes[60 + i] if section != "broken" else axes[40 + j]
            keys += [noun, form]
            vectors += [axes[6 * i + j], axes[6 * i + j] + move]
            pairs[section].append((noun, form))
    table = Table(keys, np.array(vectors) * generator.uniform(0.5, 2, (len(keys), 1)).astype(np.float32))
    return table, questions_of(*((name, all_questions(pairs[name])) for name in pairs))


def twin(table: Table, word_set: AnalogySet, method: str, k: int) -> list[bool]:
    """Every question by itself, every candidate in turn."""
    unit = unit_rows(table.vectors)
    cosines = unit @ unit.T
    right = []
    for question in word_set.analogies:
        if not all(word in table for word in question):
            right.append(False)
            continue
        a, b, c, d = (table.index(word) for word in question)
        scores = {}
        for x in range(len(table.keys)):
            x_a, x_b, x_c = cosines[x, a], cosines[x, b], cosines[x, c]
            scores[x] = {
                "add": x_b - x_a + x_c,
                "multiply": (x_b + 1) * (x_c + 1) / 4 / ((x_a + 1) / 2 + 0.001),
                "neighbour": x_c,
            }[method]
        order = sorted((x for x in scores if x not in (a, b, c)), key=lambda x: (-scores[x], x))
        right.append(d in order[:k])
    return right


@pytest.mark.parametrize("method", ["add", "multiply"])
def test_a_made_world_is_answered_but_for_its_broken_section(
    world: tuple[Table, AnalogySet], method: analogy.Method
) -> None:
    score = analogy.evaluate(*world, method=method)
    assert [(t.name, t.known, t.total) for t in score.sections] == [
        ("capital", 30, 30),
        ("gram-plural", 30, 30),
        ("broken", 30, 30),
    ]
    assert score.sections[0].accuracy == score.sections[1].accuracy == 1
    assert (score.semantic.total, score.syntactic.total) == (60, 30)
    assert score.syntactic.accuracy == 1
    assert score.candidates == 36
    assert score.total.right == sum(t.right for t in score.sections)


def test_the_broken_section_is_answered_only_by_its_neighbour(world: tuple[Table, AnalogySet]) -> None:
    """c's own form is the nearest to c, so who ignores a and b is right even there."""
    assert analogy.evaluate(*world, method="neighbour").sections[2].accuracy == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("size", [(2**18, 2**22), (7, 40)])
def test_blocks_answer_as_the_slow_twin(
    method: analogy.Method, k: int, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analogy, "CACHED", size[0])
    monkeypatch.setattr(analogy, "COSINES", size[1])
    generator = np.random.default_rng(3)
    table = Table([f"w{i}" for i in range(25)], generator.standard_normal((25, 4)).astype(np.float32))
    drawn = generator.integers(0, 27, (200, 4))  # 25 and 26 are unknown
    made = questions_of(("one", [tuple(f"w{i}" for i in row) for row in drawn[:90]]))  # type: ignore[misc]
    right = twin(table, made, method, k)
    score = analogy.evaluate(table, made, method=method, k=k)
    assert score.total.right == sum(right)
    assert 0 < score.total.right < score.total.known < score.total.total


def test_of_equal_scores_the_lower_row_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 3, 3]]
    table = Table(["a", "b", "c", "first", "second", "third"], vectors)
    for columns in (6, 1):  # together in a block, and each in its own
        monkeypatch.setattr(analogy, "COSINES", 3 * columns)
        for answer, k, right in (("first", 1, 1), ("second", 1, 0), ("second", 2, 1), ("third", 2, 0)):
            made = questions_of(("x", [("a", "b", "c", answer)]))
            assert analogy.evaluate(table, made, k=k).total.right == right


def test_questions_with_unknown_words_are_counted_apart(world: tuple[Table, AnalogySet]) -> None:
    table, word_set = world
    unknown = [("capital0", "capital0'", "capital1", "Atlantis"), ("Mu", "capital0", "capital1", "capital2")]
    more = questions_of(("capital", [*word_set.analogies[:30], *unknown]))
    total = analogy.evaluate(table, more).total
    assert (total.right, total.known, total.total) == (30, 30, 32)
    assert total.accuracy == 1
    assert total.accuracy_of_all == 30 / 32


def test_restrict_keeps_the_most_frequent_in_questions_and_answers(world: tuple[Table, AnalogySet]) -> None:
    table, word_set = world
    counts = np.array([1 if key.startswith("gram") else 9 for key in table.keys], np.int64)
    score = analogy.evaluate(Table(table.keys, table.vectors, counts=counts), word_set, restrict=24)
    assert [t.known for t in score.sections] == [30, 0, 30]
    assert score.syntactic.accuracy == 0
    assert score.candidates == 24
    by_row = analogy.evaluate(table, word_set, restrict=12)
    assert [t.known for t in by_row.sections] == [30, 0, 0]


def test_words_are_spelt_as_the_table_spells(world: tuple[Table, AnalogySet]) -> None:
    table, word_set = world
    upper = questions_of(("x", [tuple(w.upper() for w in q) for q in word_set.analogies[:30]]))  # type: ignore[misc]
    assert analogy.evaluate(table, upper).total.known == 0
    lower = Table(table.keys, table.vectors, spelling=Spelling(case="lower"))
    assert analogy.evaluate(lower, upper).total.right == 30


def test_a_question_asked_twice_counts_twice_and_a_query_word_is_never_the_answer() -> None:
    table = Table(["a", "b", "c", "d"], np.eye(4, dtype=np.float32))
    made = questions_of(("x", [("a", "b", "c", "d"), ("a", "b", "c", "d"), ("a", "b", "c", "c")]))
    total = analogy.evaluate(table, made).total
    assert (total.right, total.known) == (2, 3)


@pytest.mark.parametrize("method", METHODS)
def test_small_worlds_have_defined_scores(method: analogy.Method) -> None:
    empty = Table([], np.zeros((0, 3), np.float32))
    single = Table(["a"], np.ones((1, 3), np.float32))
    zeros = Table(["a", "b", "c", "d"], np.zeros((4, 3), np.float32))
    one = questions_of(("x", [("a", "b", "c", "d")]))
    alone = questions_of(("x", [("a", "a", "a", "a")]))
    assert analogy.evaluate(empty, one, method=method).total == analogy.Tally("total", 0, 0, 1)
    assert analogy.evaluate(single, alone, method=method, k=5).total == analogy.Tally("total", 0, 1, 1)
    assert analogy.evaluate(zeros, one, method=method).total.known == 1
    assert analogy.evaluate(zeros, questions_of(), method=method).total.accuracy == 0


def test_options_are_checked(world: tuple[Table, AnalogySet]) -> None:
    with pytest.raises(OptionError, match="method must be"):
        analogy.evaluate(*world, method="cosine")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="restrict must be a whole number from 1, not 0"):
        analogy.evaluate(*world, restrict=0)
    with pytest.raises(OptionError, match="k must be"):
        analogy.evaluate(*world, k=True)


@pytest.mark.parametrize("name", ["gram1-adjective-to-adverb", "JJ_JJR", "NN_NNPOS"])
def test_syntactic_sections_are_known_by_name(name: str) -> None:
    assert analogy.is_syntactic(name)


@pytest.mark.parametrize("name", ["capital-world", "family", "currency", "UK"])
def test_other_sections_are_semantic(name: str) -> None:
    assert not analogy.is_syntactic(name)
