from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise.errors import (
    Diverged,
    InputError,
    NotEnoughMemory,
    OptionError,
    OutputExists,
    ResumeError,
    Stopped,
)
from likewise.learn import epochs
from likewise.learn.glove import training as learner
from likewise.system import memory
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.plan import Plan
from likewise.training.seeds import recorded_seed
from likewise.words import Reading, glove, update

ROYAL = ["king", "queen", "prince", "throne", "crown", "palace", "castle", "duke"]
KITCHEN = ["bread", "butter", "oven", "flour", "sugar", "knife", "plate", "spoon"]
QUICK: dict[str, Any] = {"dim": 12, "window": 4, "epochs": 2, "min_count": 2, "seed": 5, "threads": 1}


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Rows of royal words or of kitchen words, never both."""
    random = np.random.default_rng(0)
    lines = []
    for _ in range(400):
        line = [*random.choice(ROYAL if random.integers(2) else KITCHEN, 7), "the", "of"]
        random.shuffle(line)
        lines.append(" ".join(line) + "\n")
    path = tmp_path / "text.txt"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def every_diagonal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)


def same(a: Table, b: Table) -> bool:
    return (
        a.keys == b.keys
        and a.vectors.tobytes() == b.vectors.tobytes()
        and np.array_equal(a.counts, b.counts)  # type: ignore[arg-type]
        and a.facts["losses"] == b.facts["losses"]
    )


def stopping(at: int, act: Callable[[], None]) -> Callable[[Plan | Progress], None]:
    """A report that acts at the at-th report of training."""
    seen = [0]

    def report(told: Plan | Progress) -> None:
        if isinstance(told, Progress) and told.stage == "training":
            seen[0] += 1
            if seen[0] == at:
                act()

    return report


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_words_of_one_topic_are_near(text: Path) -> None:
    table = glove(text, **{**QUICK, "epochs": 20})
    assert {key for key, _ in table.similar("king", 7)} == set(ROYAL) - {"king"}
    assert table.similarity("king", "queen") > table.similarity("king", "bread") + 0.2
    assert table.facts["losses"][-1] < 0.5 * table.facts["losses"][0]


def test_what_a_table_holds(text: Path) -> None:
    table = glove(text, **QUICK, reading=Reading(max_vocabulary=10))
    counted: dict[str, int] = {}
    for word in text.read_text().split():
        counted[word] = counted.get(word, 0) + 1
    assert table.keys == sorted(counted, key=lambda word: (-counted[word], word))[:10]
    assert table.vectors.shape == (10, 12)
    assert table.vectors.dtype == np.float32
    assert table.outputs is None
    assert table.facts["function"] == "likewise.words.glove"
    assert (table.facts["training"]["seed"], table.facts["window"]) == (5, 4)
    assert 10 < table.facts["pairs"] <= 10 * 11 // 2
    assert Reading.of_table(table) == Reading()
    with pytest.raises(InputError, match="a model of GloVe: train it again"):
        update(table, text)


def test_a_question_is_spelt_as_the_text_was() -> None:
    rows = ["The KING Café", "the king CAFE\u0301", "a King the café"] * 5
    table = glove(rows, **QUICK)
    assert table.index("CAFÉ") == table.index("cafe\u0301") == table.keys.index("café")
    kept = glove(rows, **QUICK, reading=Reading(tokens=Words(case="keep")))
    assert {"king", "King", "KING"} <= set(kept.keys)
    own = glove(["abc", "bca"] * 4, **QUICK, reading=Reading(tokens=list))
    assert set(own.keys) == set("abc")


def test_a_seed_that_was_drawn_is_logged_and_repeats_the_table(
    text: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "likewise"):
        drawn = glove(text, **{**QUICK, "seed": None})
    seed = drawn.facts["training"]["seed"]
    assert f"seed {seed}" in caplog.text
    assert same(drawn, glove(text, **{**QUICK, "seed": seed}))
    assert not same(drawn, glove(text, **{**QUICK, "seed": seed + 1}))


def test_threads_do_not_change_a_bit(text: Path) -> None:
    one = glove(text, **QUICK)
    for threads in (2, 5):
        table = glove(text, **{**QUICK, "threads": threads})
        assert same(one, table)
        assert table.facts == one.facts, "what does not change the bits is not recorded with them"


# Text and options that cannot be used


def test_text_that_cannot_be_used(tmp_path: Path, text: Path) -> None:
    (tmp_path / "blank.txt").write_text("  \n\n \t\n")
    with pytest.raises(InputError, match=r"blank\.txt|no text"):
        glove(tmp_path / "blank.txt", **QUICK)
    with pytest.raises(InputError):
        glove([], **QUICK)
    with pytest.raises(InputError, match=r"'king'.*at least 2 different words"):
        glove(["king king king"], **QUICK)
    with pytest.raises(InputError, match="two words"):
        glove(["king", "queen"] * 5, **QUICK)
    with pytest.raises(InputError, match=r"min.count"):
        glove(text, **{**QUICK, "min_count": 100_000})


@pytest.mark.parametrize(
    "options", [{"dim": 0}, {"window": 0}, {"epochs": 0}, {"x_max": 0}, {"threads": 0}, {"seed": -1}], ids=str
)
def test_bad_options_are_refused_before_the_text_is_read(options: dict[str, Any]) -> None:
    def rows() -> Iterator[str]:
        raise AssertionError("the text was read")
        yield ""

    with pytest.raises(OptionError):
        glove(rows(), **{**QUICK, **options})


def test_a_rate_far_too_high_leaves_no_model(text: Path, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="try learning rate 100000"):
        glove(text, **QUICK, learning_rate=1e6, out=tmp_path / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.txt"]


def test_memory_that_is_not_there_is_foreseen(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    monkeypatch.setattr(learner, "fresh", lambda *_: pytest.fail("the memory was taken"))
    with pytest.raises(NotEnoughMemory, match="--dim 150"):
        glove(text, **{**QUICK, "dim": 300})


# Output


def test_out_saves_what_is_returned(text: Path, tmp_path: Path) -> None:
    table = glove(text, **QUICK, out=tmp_path / "model")
    loaded = likewise.load(tmp_path / "model")
    assert isinstance(loaded, Table)
    assert same(table, loaded)
    assert loaded.facts == table.facts
    card = (tmp_path / "model" / "README.md").read_text()
    assert card.startswith(f"# {len(table)} words × 12\n")
    for line in ("| x_max | 10.0 |", "| window | 4 |", f"| epoch 2 | {table.facts['losses'][1]:.4f} |"):
        assert line in card.splitlines()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "text.txt"]
    told: list[Any] = []
    assert same(table, glove(text, **QUICK, out=tmp_path / "model", resume=True, report=told.append))
    assert told == [], "nothing is read or trained again"
    with pytest.raises(ResumeError, match="window 4 → 5"):
        glove(text, **{**QUICK, "window": 5}, out=tmp_path / "model", resume=True)
    with pytest.raises(OutputExists):
        glove(text, **QUICK, out=tmp_path / "model")


@pytest.mark.usefixtures("every_diagonal")
@pytest.mark.parametrize("at", [1, 8, 11])
def test_stopped_by_a_signal_and_gone_on_with_is_the_same_bits(text: Path, tmp_path: Path, at: int) -> None:
    with pytest.raises(Stopped) as caught:
        glove(text, **{**QUICK, "seed": None}, out=tmp_path / "model", report=stopping(at, interrupt))
    assert caught.value.code == 130
    assert not (tmp_path / "model").exists()
    seed = recorded_seed(None, tmp_path / "model", resume=True)
    told: list[Plan | Progress] = []
    table = glove(
        text, **{**QUICK, "seed": None, "threads": 2}, out=tmp_path / "model", resume=True, report=told.append
    )
    assert same(table, glove(text, **{**QUICK, "seed": seed}))
    trained = [each for each in told if isinstance(each, Progress) and each.stage == "training"]
    assert len(trained) == 2 * 8 - at, "it began from the beginning"
    assert not (tmp_path / "model.run").exists()


@pytest.mark.usefixtures("every_diagonal")
def test_other_text_or_options_are_not_gone_on_with(text: Path, tmp_path: Path) -> None:
    out = {"out": tmp_path / "model"}
    with pytest.raises(Stopped):
        glove(text, **QUICK, **out, report=stopping(2, interrupt))
    with pytest.raises(ResumeError, match="x_max"):
        glove(text, **QUICK, **out, x_max=3.0, resume=True)
    text.write_text(text.read_text().replace("king", "kong", 1))
    with pytest.raises(ResumeError):
        glove(text, **QUICK, **out, resume=True)


def test_the_plan_is_told_before_the_training(text: Path) -> None:
    told: list[Plan | Progress] = []
    table = glove(text, **QUICK, report=told.append)
    [plan] = [each for each in told if isinstance(each, Plan)]
    assert (plan.rows, plan.vocabulary, plan.words) == (400, len(table), 3600)
    assert plan.memory_bytes > 4 * table.vectors.nbytes
    assert plan.seconds > 0
    stages = [each.stage for each in told if isinstance(each, Progress)]
    assert {"counting pairs", "merging pairs"} <= set(stages[: told.index(plan)])
    assert set(stages[told.index(plan) :]) == {"training"}
