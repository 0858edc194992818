from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import words
from likewise.errors import (
    Diverged,
    InputError,
    NotEnoughMemory,
    OptionError,
    OutputExists,
    ResumeError,
    Stopped,
    WrongType,
)
from likewise.learn import epochs
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.plan import Plan
from likewise.training.seeds import recorded_seed
from likewise.words import Reading, Tuning, word2vec

QUICK: dict[str, Any] = {"dim": 12, "epochs": 2, "min_count": 2, "sample": 0, "seed": 5, "threads": 1}


def sentences(rows: int = 400, seed: int = 0) -> list[list[str]]:
    """Rows of royal words or of kitchen words, never both, and now and then a name."""
    random = np.random.default_rng(seed)
    royal = ["king", "queen", "prince", "throne", "crown", "palace", "castle", "duke"]
    kitchen = ["bread", "butter", "oven", "flour", "sugar", "knife", "plate", "spoon"]
    found = []
    for row in range(rows):
        topic = royal if random.integers(2) else kitchen
        line = [*random.choice(topic, 7), "the", "of"]
        random.shuffle(line)
        found.append([str(word) for word in [*line, *([f"name{row % 37}"] if row % 5 == 0 else [])]])
    return found


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(row) + "\n" for row in sentences()), encoding="utf-8")
    return path


@pytest.fixture
def every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report, and a place to stop, after every block of text."""
    monkeypatch.setattr(epochs, "REPORT_SECONDS", 0.0)


def same(a: Table, b: Table) -> bool:
    return (
        a.keys == b.keys
        and a.vectors.tobytes() == b.vectors.tobytes()
        and a.outputs is not None
        and b.outputs is not None
        and a.outputs.tobytes() == b.outputs.tobytes()
        and np.array_equal(a.counts, b.counts)  # type: ignore[arg-type]
        and a.facts["losses"] == b.facts["losses"]
    )


def without_origin(table: Table) -> dict[str, Any]:
    return {name: fact for name, fact in table.facts.items() if name != "text"}


# From text to table


def test_words_of_one_topic_are_near(text: Path) -> None:
    table = word2vec(text, **{**QUICK, "epochs": 20})
    royal = {"king", "queen", "prince", "throne", "crown", "palace", "castle", "duke"}
    assert {key for key, _ in table.similar("king", 7)} == royal - {"king"}
    assert table.similarity("king", "queen") > table.similarity("king", "bread") + 0.3


def test_what_a_table_holds(text: Path) -> None:
    rows = sentences()
    table = word2vec(text, **QUICK)
    counted: dict[str, int] = {}
    for word in (word for row in rows for word in row):
        counted[word] = counted.get(word, 0) + 1
    kept = {word: count for word, count in counted.items() if count >= 2}
    assert table.keys == sorted(kept, key=lambda word: (-kept[word], word))
    assert table.counts is not None
    assert table.counts.tolist() == [kept[key] for key in table.keys]
    assert table.vectors.shape == (len(kept), 12)
    assert table.vectors.dtype == np.float32
    assert table.vectors.flags.c_contiguous
    assert table.outputs is not None
    assert table.outputs.shape == table.vectors.shape
    assert len(table.facts["losses"]) == 2
    assert table.facts["losses"][1] < table.facts["losses"][0]
    assert table.facts["training"]["seed"] == 5


def test_every_kind_of_input_gives_the_same_bits(text: Path, tmp_path: Path) -> None:
    rows = sentences()
    folder = tmp_path / "folder"
    folder.mkdir()
    for part, start in enumerate(range(0, 400, 100)):
        lines = "".join(" ".join(row) + "\n" for row in rows[start : start + 100])
        (folder / f"part{part}.txt").write_text(lines)
    inputs: dict[str, Any] = {
        "Path": text,
        "str": str(text),
        "list of paths": [text],
        "list of strings": [" ".join(row) for row in rows],
        "token lists": rows,
        "generator of strings": (" ".join(row) for row in rows),
        "generator of token lists": iter(rows),
        "folder": folder,
        "glob": f"{folder}/part*.txt",
        "list of the files of a folder": sorted(folder.iterdir()),
    }
    tables = {name: word2vec(given, **QUICK) for name, given in inputs.items()}
    first = tables["Path"]
    assert [name for name, table in tables.items() if not same(first, table)] == []
    assert first.facts["text"] == str(text)
    assert tables["list of paths"].facts["text"] == [str(text)]
    assert "Python" in tables["token lists"].facts["text"]


def test_strings_longer_than_any_file_name() -> None:
    rows = [" ".join(["the", "king", "of", "bread"] * 2000)] * 2
    assert set(word2vec(rows, **QUICK).keys) == {"the", "king", "of", "bread"}
    assert "king" in word2vec([*["a king\0 a"] * 9, "king a"], **QUICK)


def test_one_string_of_text_is_refused_with_what_to_do() -> None:
    with pytest.raises(WrongType, match="wrap it in a list"):
        word2vec("the king and the queen", **QUICK)


def test_a_question_is_spelt_as_the_text_was() -> None:
    rows = ["The KING Café", "the king CAFE\u0301", "a King the café"] * 5
    table = word2vec(rows, **QUICK)
    assert table.similar("King") == table.similar("king")
    assert table.index("CAFÉ") == table.index("cafe\u0301") == table.keys.index("café")
    kept = word2vec(rows, **QUICK, reading=Reading(tokens=Words(case="keep")))
    assert {"king", "King", "KING"} <= set(kept.keys)
    assert not np.array_equal(kept["King"], kept["king"])


def test_your_own_tokens() -> None:
    def letters(row: str) -> list[str]:
        return list(row)

    table = word2vec(["abc", "bca", "ABC"] * 4, **QUICK, reading=Reading(tokens=letters))
    assert set(table.keys) == set("abcABC")
    assert "letters" in table.facts["reading"]["tokens"]


def test_columns_and_fields(tmp_path: Path) -> None:
    rows = [" ".join(row) for row in sentences(50)]
    (tmp_path / "a.csv").write_text("id,body\n" + "".join(f"{i},{row}\n" for i, row in enumerate(rows)))
    (tmp_path / "a.jsonl").write_text("".join(f'{{"n": {i}, "t": "{row}"}}\n' for i, row in enumerate(rows)))
    plain = word2vec(rows, **QUICK)
    assert same(plain, word2vec(tmp_path / "a.csv", **QUICK, reading=Reading(column="body")))
    assert same(plain, word2vec(tmp_path / "a.jsonl", **QUICK, reading=Reading(field="t")))


def test_phrases_are_joined() -> None:
    random = np.random.default_rng(0)
    others = [f"w{i}" for i in range(30)]
    rows = [
        [*random.choice(others, 4).tolist(), "new", "york", *random.choice(others, 4).tolist()]
        for _ in range(200)
    ]
    joined = word2vec(rows, **QUICK, reading=Reading(phrases=1, phrase_threshold=5.0))
    assert "new_york" in joined
    assert "new_york" not in word2vec(rows, **QUICK)


def test_at_most_the_most_frequent_words(text: Path) -> None:
    whole = word2vec(text, **QUICK)
    table = word2vec(text, **QUICK, reading=Reading(max_vocabulary=10))
    assert table.keys == whole.keys[:10]


def test_it_learns_by_each_method_and_option(text: Path) -> None:
    losses = {}
    for method in ("skipgram", "cbow"):
        for tuning in (Tuning(), Tuning(racing=True), Tuning(max_norm=1.0, dynamic_window=False, replicas=1)):
            table = word2vec(text, **{**QUICK, "method": method, "epochs": 5}, tuning=tuning)
            losses[method, tuning] = table.facts["losses"]
            assert table.facts["training"]["racing"] == tuning.racing
            if tuning.max_norm:
                assert np.linalg.norm(table.vectors, axis=1).max() <= 1.0
    assert all(loss[-1] < loss[0] for loss in losses.values()), losses


# Seeds


def test_a_seed_that_was_drawn_is_logged_and_stored_and_repeats_the_table(
    text: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "likewise"):
        drawn = word2vec(text, **{**QUICK, "seed": None})
    seed = drawn.facts["training"]["seed"]
    assert f"seed {seed}" in caplog.text
    assert same(drawn, word2vec(text, **{**QUICK, "seed": seed}))
    assert not same(drawn, word2vec(text, **{**QUICK, "seed": None}))


def test_two_seeds_differ_and_threads_do_not(text: Path) -> None:
    one = word2vec(text, **QUICK)
    assert not same(one, word2vec(text, **{**QUICK, "seed": 6}))
    for threads in (2, 3, 5):
        table = word2vec(text, **{**QUICK, "threads": threads})
        assert same(one, table)
        assert table.facts == one.facts, "what does not change the bits is not recorded with them"


CHILD = """
import hashlib, sys
from likewise import words
table = words.word2vec(sys.argv[1], dim=12, epochs=2, min_count=2, sample=0, seed=5, threads=int(sys.argv[2]))
print(hashlib.sha256(table.vectors.tobytes() + repr((table.keys, table.facts)).encode()).hexdigest())
"""


def test_the_same_bits_in_processes_of_other_hash_seeds(text: Path) -> None:
    found = set()
    for hash_seed, threads in (("1", "1"), ("2", "2")):
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(text), threads],
            env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.add(child.stdout)
    assert len(found) == 1


# Text that cannot be used


def test_a_blank_file(tmp_path: Path) -> None:
    for content in ("", "  \n\n \t\n"):
        (tmp_path / "blank.txt").write_text(content)
        with pytest.raises(InputError, match=r"blank\.txt|no text"):
            word2vec(tmp_path / "blank.txt", **QUICK)


def test_no_rows_and_a_used_up_generator() -> None:
    for nothing in ([], iter(()), [[]], [""]):
        with pytest.raises(InputError):
            word2vec(nothing, **QUICK)


def test_min_count_that_leaves_nothing_says_what_would(text: Path) -> None:
    with pytest.raises(InputError) as caught:
        word2vec(text, **{**QUICK, "min_count": 100_000})
    message = str(caught.value)
    assert "\n" not in message
    assert "100000" in message.replace(",", "")
    assert "min_count" in message or "min-count" in message
    assert "'the'" in message or "'of'" in message


def test_a_vocabulary_of_one_word_is_refused_and_named() -> None:
    with pytest.raises(InputError, match=r"'king'.*at least 2 different words"):
        word2vec(["king king king"], **QUICK)


@pytest.mark.parametrize(
    "options",
    [{"dim": 0}, {"epochs": 0}, {"threads": 0}, {"threads": True}, {"seed": -1}, {"method": "glove"}],
)
def test_bad_options_are_refused_before_the_text_is_read(options: dict[str, Any]) -> None:
    def rows() -> Iterator[str]:
        raise AssertionError("the text was read")
        yield ""

    with pytest.raises(OptionError):
        word2vec(rows(), **{**QUICK, **options})


def test_a_rate_far_too_high_leaves_no_model(text: Path, tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="try learning rate 100000"):
        word2vec(text, **QUICK, tuning=Tuning(learning_rate=1e6), out=tmp_path / "model")
    assert not (tmp_path / "model").exists()


# Output


def test_out_saves_what_is_returned(text: Path, tmp_path: Path) -> None:
    table = word2vec(text, **QUICK, out=tmp_path / "model")
    loaded = likewise.load(tmp_path / "model")
    assert isinstance(loaded, Table)
    assert same(table, loaded)
    assert loaded.facts == table.facts
    assert loaded.spelling == table.spelling
    assert same(table, word2vec(text, **QUICK))
    made = tomllib.loads((tmp_path / "model" / "run.toml").read_text())
    assert made["call"]["training"]["seed"] == 5
    card = (tmp_path / "model" / "README.md").read_text()
    assert card.startswith(f"# {len(table)} words")
    assert f"{table.facts['losses'][1]:.4f}" in card
    assert not (tmp_path / "model.run").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "text.txt"]


def test_what_is_there_is_not_overwritten_unasked(text: Path, tmp_path: Path) -> None:
    one = word2vec(text, **QUICK, out=tmp_path / "model")
    with pytest.raises(OutputExists):
        word2vec(text, **{**QUICK, "seed": 6}, out=tmp_path / "model")
    assert same(one, likewise.load(tmp_path / "model"))
    other = word2vec(text, **{**QUICK, "seed": 6}, out=tmp_path / "model", overwrite=True)
    assert same(other, likewise.load(tmp_path / "model"))
    assert not same(one, other)


def test_to_go_on_with_what_is_finished_gives_it_back(text: Path, tmp_path: Path) -> None:
    one = word2vec(text, **QUICK, out=tmp_path / "model")
    told: list[Any] = []
    again = word2vec(text, **QUICK, out=tmp_path / "model", resume=True, report=told.append)
    assert same(one, again)
    assert told == [], "nothing is read or trained again"
    with pytest.raises(ResumeError, match="epochs 2 → 3"):
        word2vec(text, **{**QUICK, "epochs": 3}, out=tmp_path / "model", resume=True)


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


@pytest.mark.usefixtures("every_block")
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("method", ["skipgram", "cbow"])
def test_stopped_by_a_signal_and_gone_on_with_is_the_same_bits(
    text: Path, tmp_path: Path, at: int, method: Any
) -> None:
    options = {**QUICK, "method": method}
    whole = word2vec(text, **options)
    with pytest.raises(Stopped) as caught:
        word2vec(text, **options, out=tmp_path / "model", report=stopping(at, interrupt))
    assert caught.value.code == 130
    assert not (tmp_path / "model").exists()
    resumed: list[Progress] = []
    table = word2vec(
        text, **{**options, "threads": 2}, out=tmp_path / "model", resume=True,
        report=lambda told: resumed.append(told) if isinstance(told, Progress) else None,
    )  # fmt: skip
    assert same(whole, table)
    trained = [told.done for told in resumed if told.stage == "training"]
    assert len(trained) < 2 * -(-3520 // 2048) or trained[0] > 2048, "it began from the beginning"
    assert not (tmp_path / "model.run").exists()


@pytest.mark.usefixtures("every_block")
def test_an_error_in_your_report_stops_the_training_and_what_was_kept_can_be_gone_on_with(
    text: Path, tmp_path: Path
) -> None:
    def fail() -> None:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        word2vec(text, **QUICK, out=tmp_path / "model", checkpoint_seconds=0, report=stopping(3, fail))
    assert (tmp_path / "model.run").is_dir()
    table = word2vec(text, **QUICK, out=tmp_path / "model", resume=True)
    assert same(table, word2vec(text, **QUICK))


@pytest.mark.usefixtures("every_block")
def test_other_text_or_options_are_not_gone_on_with(text: Path, tmp_path: Path) -> None:
    out = {"out": tmp_path / "model"}
    with pytest.raises(Stopped):
        word2vec(text, **QUICK, **out, report=stopping(2, interrupt))
    with pytest.raises(OutputExists, match="resume"):
        word2vec(text, **QUICK, **out)
    with pytest.raises(ResumeError, match=r"window 5 → 4"):
        word2vec(text, **{**QUICK, "window": 4}, **out, resume=True)
    original = text.read_text()
    text.write_text(original.replace("king", "kong", 1))
    with pytest.raises(ResumeError):
        word2vec(text, **QUICK, **out, resume=True)
    text.write_text(original)
    assert same(word2vec(text, **QUICK, **out, resume=True), word2vec(text, **QUICK))


@pytest.mark.usefixtures("every_block")
def test_a_drawn_seed_is_gone_on_with(text: Path, tmp_path: Path) -> None:
    """Nobody who gave no seed can give it again."""
    options = {**QUICK, "seed": None}
    with pytest.raises(Stopped):
        word2vec(text, **options, out=tmp_path / "model", report=stopping(2, interrupt))
    seed = recorded_seed(None, tmp_path / "model", resume=True)
    table = word2vec(text, **{**QUICK, "seed": seed}, out=tmp_path / "model", resume=True)
    assert same(table, word2vec(text, **{**QUICK, "seed": seed}))


# Foreseen


def test_the_plan_is_told_before_the_training(text: Path) -> None:
    told: list[Plan | Progress] = []
    table = word2vec(text, **QUICK, report=told.append)
    [plan] = [each for each in told if isinstance(each, Plan)]
    assert (plan.rows, plan.vocabulary) == (400, len(table))
    assert table.counts is not None
    assert plan.words == table.counts.sum()
    assert plan.memory_bytes > 2 * table.vectors.nbytes
    assert plan.seconds > 0
    stages = [each.stage for each in told if isinstance(each, Progress)]
    assert "training" not in stages[: told.index(plan)]
    assert set(stages[told.index(plan) :]) == {"training"}


def test_memory_that_is_not_there_is_foreseen(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 1000)
    monkeypatch.setattr(sgns, "fresh", lambda *_: pytest.fail("the memory was taken"))
    with pytest.raises(NotEnoughMemory) as caught:
        word2vec(text, **{**QUICK, "dim": 300})
    assert "--dim 150" in str(caught.value)
    assert "\n" not in str(caught.value)


MEASURED = """
import sys
import numpy as np
from likewise import words
from likewise.learn.sgns import training as sgns
from likewise.arrays.ragged import Ragged

def status(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

def train(v, tokens, settings):
    random = np.random.default_rng(0)
    ids = np.minimum((v ** random.random(tokens)).astype(np.int32), v - 1)
    counts = -np.sort(-np.bincount(ids, minlength=v)) + 1
    ragged = Ragged(ids, np.arange(0, tokens + 1, 20))
    before = status("VmRSS")
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    state = sgns.fresh(v, settings)
    for _ in sgns.train(state, ragged, counts, settings, threads=2):
        pass
    kept = [np.ascontiguousarray(rows[:, : settings.dim]) for rows in (state.inputs, state.outputs)]
    return status("VmHWM") - before

settings = sgns.Settings(dim=int(sys.argv[1]), epochs=1, replicas=int(sys.argv[2]))
train(1000, 20_000, settings)
measured = train(120_000, 200_000, settings)
print(measured / sgns.needed_bytes(120_000, 200_000, settings, 2))
"""


@pytest.mark.parametrize(("dim", "replicas"), [("100", "4"), ("64", "16")])
def test_the_memory_that_is_foreseen_is_what_is_taken(dim: str, replicas: str) -> None:
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("only Linux counts the most memory taken since a moment")
    child = subprocess.run(
        [sys.executable, "-c", MEASURED, dim, replicas], capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    assert 0.75 < float(child.stdout) < 1.25


# Going on with new text


@pytest.fixture(scope="module")
def old() -> Table:
    return word2vec(sentences(), **{**QUICK, "epochs": 10})


def new_text() -> list[list[str]]:
    """Royal words alone, with two words that are new."""
    royal = [row for row in sentences(800, seed=9) if set(row) & {"king", "queen", "throne", "crown"}]
    return [[*row, "empress", "regent"] for row in royal]


def test_update_grows_and_says_what_it_did(old: Table) -> None:
    rows = new_text()
    done = words.update(old, rows, epochs=5, min_count=2, seed=1, threads=1)
    read = {word for row in rows for word in row}
    assert done.added == 2
    assert done.seen == len(read & set(old.keys))
    assert done.unseen == len(set(old.keys) - read) > 5
    assert set(done.table.keys) == {*old.keys, "empress", "regent"}
    assert done.similarity.shape == (len(old),)
    cosine = [
        float(np.dot(old.unit[old.index(key)], done.table.unit[done.table.index(key)])) for key in old.keys
    ]
    np.testing.assert_allclose(done.similarity, cosine, atol=1e-5)
    fell = [key for _, key in sorted(zip(cosine, old.keys, strict=True))]
    assert [key for key, _ in done.moved_most] == fell[: len(done.moved_most)]
    for shown in ("2 words added", f"{done.seen} of {len(old)}", done.moved_most[0][0]):
        assert shown in str(done)


def test_update_adds_counts_and_learns_the_new_words(old: Table) -> None:
    rows = new_text()
    table = words.update(old, rows, epochs=10, min_count=2, seed=1, threads=1).table
    assert table.counts is not None
    assert old.counts is not None
    added = sum(row.count("king") for row in rows)
    assert table.counts[table.index("king")] == old.counts[old.index("king")] + added
    assert table.counts.tolist() == sorted(table.counts.tolist(), reverse=True)
    assert table.similarity("empress", "queen") > table.similarity("empress", "bread") + 0.2


def test_old_words_that_are_not_read_barely_move(old: Table) -> None:
    """They move only where they are drawn as noise, which moves their outputs, not the vectors that people use."""
    rows = new_text()
    read = {word for row in rows for word in row}
    done = words.update(old, rows, epochs=5, min_count=2, seed=1, threads=1)
    unseen = [position for position, key in enumerate(old.keys) if key not in read]
    assert len(unseen) == done.unseen
    assert done.similarity[unseen].min() > 0.9999
    seen = [position for position, key in enumerate(old.keys) if key in read]
    assert done.similarity[seen].min() < 0.999


def test_update_leaves_the_old_table_as_it_was(old: Table) -> None:
    before = old.vectors.copy()
    words.update(old, new_text(), epochs=1, min_count=2, seed=1, threads=1)
    assert np.array_equal(old.vectors, before)


def test_update_repeats_by_its_seed_and_is_recorded(old: Table) -> None:
    first, again, other = (
        words.update(old, new_text(), epochs=2, min_count=2, seed=seed, threads=threads).table
        for seed, threads in ((1, 1), (1, 3), (2, 1))
    )
    assert same(first, again)
    assert not same(first, other)
    assert first.facts["updates"] == [{"text": "given from Python as a list", "epochs": 2, "seed": 1}]
    twice = words.update(first, new_text(), epochs=1, min_count=2, seed=3, threads=1).table
    assert [update["seed"] for update in twice.facts["updates"]] == [1, 3]


def test_an_update_of_a_saved_table_is_that_of_the_table(old: Table, tmp_path: Path) -> None:
    likewise.save(old, tmp_path / "old")
    here, there = (
        words.update(table, new_text(), epochs=1, min_count=2, seed=1, threads=1).table
        for table in (old, likewise.load(tmp_path / "old"))
    )
    assert same(here, there)


def test_rare_new_words_are_left_out_and_rare_old_ones_are_not(old: Table) -> None:
    done = words.update(old, [["king", "once", "name1", "queen"]], epochs=1, min_count=2, seed=1, threads=1)
    assert done.added == 0
    assert done.seen == 3
    assert "once" not in done.table


def test_what_cannot_be_updated_is_refused(old: Table) -> None:
    with pytest.raises(InputError, match="no output vectors"):
        words.update(Table(old.keys, old.vectors, facts=old.facts), new_text(), seed=1)
    with pytest.raises(InputError, match="no output vectors"):
        words.update(Table(old.keys, old.vectors, outputs=old.outputs), new_text(), seed=1)
    with pytest.raises(InputError, match="lower min_count"):
        words.update(old, [["nothing", "known"]], min_count=2, seed=1)


def test_training_in_a_thread_that_may_not_hear_signals(text: Path, tmp_path: Path) -> None:
    found: list[Table] = []
    worker = threading.Thread(target=lambda: found.append(word2vec(text, **QUICK, out=tmp_path / "model")))
    worker.start()
    worker.join()
    assert same(found[0], word2vec(text, **QUICK))


def test_only_word2vec_is_updated_and_the_error_says_so() -> None:
    text = ["a king and a queen"] * 9
    options = {"dim": 4, "min_count": 1, "epochs": 1, "seed": 1}
    for model, name in (
        (words.fasttext(text, **options), "fastText"),
        (words.glove(text, **options), "GloVe"),
    ):
        with pytest.raises(
            InputError, match=f"a model of {name}: train it again on the old and the new text"
        ):
            words.update(model, text)  # type: ignore[arg-type]
