"""A training that was stopped goes on to the bits it would have had, and with nothing but its own data."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import likewise
from likewise import documents, graphs, users, words
from likewise.errors import ResumeError, Stopped
from likewise.learn import epochs
from likewise.learn.knowledge_graph import training as triples
from likewise.system.progress import Progress

RINGS = [(f"{side}{i}", f"{side}{j}") for side in "ab" for i in range(8) for j in range(i)]
FACTS = [(head, ("is", "has")[i % 2], tail) for i, (head, tail) in enumerate(RINGS)]
CHOICES = [(f"u{i}", f"{'ab'[i % 2]}{(i * k) % 9}") for i in range(30) for k in range(1, 6)]
TEXTS = [" ".join(f"{side}{(i * k) % 7}" for k in range(1, 9)) for i in range(200) for side in "ab"]

TRAININGS: dict[str, tuple[Callable[..., Any], Any]] = {
    "fasttext": (
        lambda data, **how: words.fasttext(data, dim=8, min_count=1, epochs=3, buckets=500, **how),
        TEXTS,
    ),
    "doc2vec": (lambda data, **how: documents.doc2vec(data, dim=8, min_count=1, epochs=3, **how), TEXTS),
    "node2vec": (lambda data, **how: graphs.node2vec(data, dim=8, q=2, epochs=3, length=20, **how), RINGS),
    "als": (lambda data, **how: users.als(data, dim=4, epochs=3, **how), CHOICES),
    "bpr": (lambda data, **how: users.bpr(data, dim=4, epochs=3, **how), CHOICES),
    "item2vec": (lambda data, **how: users.item2vec(data, dim=4, epochs=3, **how), CHOICES),
    "complex": (lambda data, **how: graphs.complex(data, dim=8, epochs=3, batch_size=10, **how), FACTS),
}


@pytest.fixture(autouse=True)
def every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report, and a place to stop, as often as there can be one."""
    for learner in (epochs, triples):
        monkeypatch.setattr(learner, "REPORT_SECONDS", 0.0)


def stopping(at: int) -> Callable[[Any], None]:
    """A report that interrupts the process at the at-th report of training, as Ctrl-C does."""
    left = [at]

    def report(told: Any) -> None:
        if isinstance(told, Progress) and told.stage == "training":
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGINT)

    return report


@pytest.mark.parametrize("kind", TRAININGS)
@pytest.mark.parametrize("at", [1, 2])
def test_stopped_and_gone_on_with_is_never_stopped(kind: str, at: int, tmp_path: Path) -> None:
    train, data = TRAININGS[kind]
    train(data, seed=3, out=tmp_path / "whole")
    with pytest.raises(Stopped) as stopped:
        train(data, seed=3, out=tmp_path / "m", report=stopping(at))
    assert stopped.value.code == 130
    assert not (tmp_path / "m").exists()
    train(data, seed=3, out=tmp_path / "m", resume=True)
    one, other = (likewise.artifacts.artifact.read(tmp_path / name) for name in ("whole", "m"))
    assert one.arrays.keys() == other.arrays.keys()
    assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)
    assert one.keys == other.keys


@pytest.mark.parametrize("kind", TRAININGS)
def test_other_data_are_refused(kind: str, tmp_path: Path) -> None:
    train, data = TRAININGS[kind]
    with pytest.raises(Stopped):
        train(data, seed=3, out=tmp_path / "m", report=stopping(1))
    with pytest.raises(ResumeError):
        train(data[:-1], seed=3, out=tmp_path / "m", resume=True)


@pytest.mark.parametrize("kind", TRAININGS)
def test_a_finished_run_is_only_loaded(kind: str, tmp_path: Path) -> None:
    train, data = TRAININGS[kind]
    made = train(data, seed=3, out=tmp_path / "m")
    told: list[Any] = []
    again = train(data, seed=3, out=tmp_path / "m", resume=True, report=told.append)
    assert told == []
    assert type(again) is type(made)
