"""A training that is stopped or killed at any moment goes on to the bits of one that never was."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from program import LIKEWISE

Run = Callable[..., tuple[int, str, str]]
WORK = [
    "--dim",
    64,
    "--window",
    8,
    "--epochs",
    4000,
    "--min-count",
    1,
    "--sample",
    0,
    "--threads",
    1,
    "--seed",
    5,
]


@pytest.fixture(scope="module")
def long_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    draw = random.Random(3)
    path = tmp_path_factory.mktemp("long") / "text.txt"
    path.write_text(
        "".join(" ".join(f"w{draw.randrange(300)}" for _ in range(10)) + "\n" for _ in range(100))
    )
    return path


@pytest.fixture(scope="module")
def undisturbed(long_text: Path) -> str:
    out = long_text.parent / "undisturbed"
    subprocess.run(command(long_text, out), check=True, capture_output=True)
    return digest(out)


def command(text: Path, out: Path, *more: object) -> list[str]:
    return [*LIKEWISE, *map(str, ["train", "words", text, "-o", out, *WORK, *more])]


def digest(out: Path) -> str:
    return json.loads((out / "model.json").read_text())["digest"]


def begin(text: Path, out: Path, *more: object) -> subprocess.Popen[str]:
    """A training that has told its plan, so that it learns now."""
    child = subprocess.Popen(command(text, out, *more), stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    while "plan: " not in (line := child.stderr.readline()):
        assert line, "it ended before its plan"
    return child


def end(child: subprocess.Popen[str]) -> tuple[int, list[str]]:
    _, err = child.communicate(timeout=60)
    assert "Traceback" not in err
    return child.returncode, err.splitlines()


def go_on(text: Path, out: Path, *more: object) -> None:
    ended = subprocess.run(command(text, out, "--resume", *more), capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert f"the model is in {out}" in ended.stderr.splitlines()[-1]
    assert not Path(f"{out}.run").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_a_checkpoint_and_resume_gives_the_same_bits(
    long_text: Path, undisturbed: str, tmp_path: Path, number: int, code: int
) -> None:
    out = tmp_path / "m"
    for wait in (0.4, 0.2):
        child = begin(long_text, out, *(["--resume"] if Path(f"{out}.run").exists() else []))
        time.sleep(wait)
        child.send_signal(number)
        ended, lines = end(child)
        assert ended == code
        assert lines[-1].startswith("likewise: stopped at training")
        assert "--resume" in lines[-1]
        assert not out.exists()
    go_on(long_text, out, "--threads", 2)
    assert digest(out) == undisturbed


def test_kill_leaves_the_last_checkpoint_and_resume_gives_the_same_bits(
    long_text: Path, undisturbed: str, tmp_path: Path
) -> None:
    out = tmp_path / "m"
    for wait in (0.5, 0.3):
        child = begin(long_text, out, "--checkpoint-seconds", 0.05, *(["--resume"] if wait == 0.3 else []))
        time.sleep(wait)
        child.kill()
        assert end(child)[0] == -signal.SIGKILL
        assert not out.exists()
    assert any(Path(f"{out}.run").glob("checkpoint-*"))
    go_on(long_text, out)
    assert digest(out) == undisturbed


def test_a_second_signal_quits_at_once(long_text: Path, tmp_path: Path) -> None:
    child = begin(long_text, tmp_path / "m")
    child.send_signal(signal.SIGINT)
    time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    code, lines = end(child)
    assert code in (130, -signal.SIGINT)  # the second may come when Python itself is already leaving
    assert not (tmp_path / "m").exists()
    assert len(lines) <= 6


def test_a_second_trainer_is_refused_with_the_pid_of_the_first(
    child: Run, long_text: Path, tmp_path: Path
) -> None:
    first = begin(long_text, tmp_path / "m")
    code, _, err = child(*command(long_text, tmp_path / "m")[len(LIKEWISE) :])
    first.send_signal(signal.SIGTERM)
    end(first)
    assert code == 1
    assert err.splitlines()[-1].startswith("likewise: ")
    assert str(first.pid) in err
    assert "Traceback" not in err


def test_resume_with_other_options_or_data_is_refused_with_what_differs(
    child: Run, long_text: Path, tmp_path: Path
) -> None:
    first = begin(long_text, tmp_path / "m")
    time.sleep(0.2)
    first.send_signal(signal.SIGTERM)
    end(first)
    arguments = command(long_text, tmp_path / "m")[len(LIKEWISE) :]
    code, _, err = child(*arguments, "--resume", "--dim", 32)
    assert code == 1
    assert "dim 64 → 32" in err
    code, _, err = child(*arguments)
    assert code == 1
    assert "--resume" in err
    other = tmp_path / "text.txt"
    other.write_text(long_text.read_text() + "one more\n")
    os.replace(other, moved := long_text.parent / "moved.txt")
    kept = long_text.read_text()
    try:
        os.replace(moved, long_text)
        code, _, err = child(*arguments, "--resume")
    finally:
        long_text.write_text(kept)
    assert code == 1
    assert "other data" in err


def test_a_drawn_seed_is_that_of_the_run_gone_on_with(long_text: Path, tmp_path: Path) -> None:
    out, seedless = tmp_path / "m", WORK[:-2]
    line = [*LIKEWISE, *map(str, ["train", "words", long_text, "-o", out, *seedless])]
    child = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    said = []
    while not said or "plan: " not in said[-1]:
        said.append(child.stderr.readline())
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    assert end(child)[0] == 130
    subprocess.run([*line, "--resume"], check=True, capture_output=True, timeout=120)
    seed = json.loads((out / "model.json").read_text())["facts"]["made"]["training"]["seed"]
    assert f"no seed was given: using seed {seed}\n" in said


def test_an_error_is_one_line_although_a_seed_would_be_drawn(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    line = [*LIKEWISE, "train", "words", tmp_path / "empty.txt", "-o", tmp_path / "m"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
