"""Several processes on one training: their parts are the whole, and torchrun's take the steps that one takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_texts import alternating, quick, small_language, small_masked

import likewise
from likewise.neural.distributed import SINGLE_PROCESS, DistributedContext, init_distributed
from likewise.neural.state import init_state
from likewise.neural.text import sampling
from likewise.system import seeds

TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "likewise"]


@pytest.mark.parametrize("make", [small_masked, small_language])
@pytest.mark.parametrize("size", [2, 3, 9])
def test_the_parts_of_a_batch_are_the_whole(make: Callable[[], Any], size: int) -> None:
    model, objective = make()
    settings = quick(epochs=1)
    state = init_state(model, settings)
    learnt, _ = sampling.split(alternating(60), objective.vocabulary, 32, 0.1, 1)
    sequences, layout = sampling.batches(learnt, objective, model.shape, settings.batch_size, 1, 0, 0)[0]
    example = objective.example(sequences.joined(), layout, seeds.generator(1, "test"))
    whole = objective.loss(state.model, example)
    whole.backward()
    wanted = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    total = 0.0
    for rank in range(size):
        part, share = DistributedContext(rank, size).shard(example)
        loss = objective.loss(state.model, part) * share
        loss.backward()
        total += float(loss.detach())
    assert total == pytest.approx(float(whole.detach()), rel=1e-5)
    for name, gradient in wanted.items():
        torch.testing.assert_close(dict(model.named_parameters())[name].grad, gradient, rtol=1e-3, atol=1e-6)


def test_alone_there_is_nothing_to_agree_about() -> None:
    something = object()
    assert SINGLE_PROCESS.broadcast(something) is something
    assert SINGLE_PROCESS.threads(3) == 3


def test_those_of_one_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("likewise.neural.distributed.checked_threads", lambda threads: threads or 8)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "4")
    assert DistributedContext(5, 8).threads(None) == 2
    assert DistributedContext(5, 8).threads(3) == 3


def test_what_other_programs_say_of_their_processes_is_not_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "2")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    with init_distributed() as context:
        assert context is SINGLE_PROCESS


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    words = [f"{a}{b}" for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u")]
    rows = [" ".join(words[(i + n) % len(words)] for n in range(20)) for i in random.integers(60, size=1200)]
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(rows))
    return path


def run(*arguments: str, together: bool) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, *(TWO if together else ["-m", "likewise"]), *arguments]
    return subprocess.run(
        line, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONWARNINGS": ""}
    )


@pytest.mark.slow
def test_two_processes_of_torchrun_take_the_steps_of_one(corpus: Path, tmp_path: Path) -> None:
    looks = {}
    for name in ("one", "two"):
        done = run(
            "train", "context", str(corpus), "-o", str(tmp_path / name), "--tokens", "30000", "--seed", "1",
            "--threads", "1", together=name == "two",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("the model is in") == 1
        looks[name] = [row["held_out"] for row in likewise.load(tmp_path / name).facts["looks"]]
    np.testing.assert_allclose(looks["two"], looks["one"], rtol=0.02)
    assert looks["one"][-1] < looks["one"][0] - 0.3
    again = run(
        "train",
        "context",
        str(corpus),
        "-o",
        str(tmp_path / "two"),
        "--tokens",
        "30000",
        "--resume",
        together=True,
    )
    assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "two" / "model.json").read_text())["kind"] == "contextual"


@pytest.mark.slow
def test_a_wrong_argument_ends_all_of_them(corpus: Path, tmp_path: Path) -> None:
    done = run("train", "context", str(tmp_path / "none.txt"), "-o", str(tmp_path / "m"), together=True)
    assert done.returncode != 0
    assert "none.txt" in done.stderr
    assert not (tmp_path / "m").exists()
