from __future__ import annotations

import sys
from pathlib import Path

import pytest
from test_cli_output import on_terminal

from likewise.cli.progress import Bar, Pace, details, duration, plan_line
from likewise.system.progress import Progress
from likewise.training.plan import Plan


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_pace_is_that_of_the_last_half_minute() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.add(500, 2000)  # resumed here: what was done before is no speed
    assert pace.rate is None
    assert pace.seconds_left is None
    for _ in range(10):
        clock.now += 10
        pace.add(500 + int(clock.now - 1000), 2000)
    assert pace.rate == pytest.approx(1.0)
    assert pace.seconds_left == pytest.approx(1400)
    for _ in range(4):
        clock.now += 10
        pace.add(600 + 20 * int(clock.now - 1100), 2000)
    assert pace.rate == pytest.approx(20.0)


@pytest.mark.parametrize(("step", "done"), [(0.0, 10), (-5.0, 10), (1.0, 0), (1.0, -3)])
def test_no_rate_and_no_time_left_where_nothing_went_on(step: float, done: int) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.add(5, 20)
    clock.now += step
    pace.add(5 + done, 20)
    assert pace.rate is None
    assert pace.seconds_left is None


def test_more_done_than_there_was_leaves_no_negative_time() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.add(0, 10)
    clock.now += 1
    pace.add(30, 10)
    assert pace.seconds_left == 0


def test_details_leave_out_what_cannot_be_said() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.add(0, 0)
    clock.now += 2
    pace.add(3_000_000, 0)
    assert details(Progress("reading", 3_000_000, 0, "bytes"), pace) == ["3.0 MB", "1.5 MB/s"]
    pace.add(3_000_000, 6_000_000)
    now = Progress("training", 3_000_000, 6_000_000, "words", 2.5, 1, 2)
    assert details(now, pace) == ["50 %", "2 s left", "1,500,000 words/s", "loss 2.5000"]


def test_durations_and_plans_as_people_say_them() -> None:
    assert [duration(s) for s in (-1, 0.2, 99, 100, 3600, 86400)] == [
        "0 s", "0 s", "99 s", "2 min", "60 min", "24 h 00 min",
    ]  # fmt: skip
    plan = Plan(
        rows=1500, words=2_000_000, vocabulary=50_000, memory_bytes=3 * 10**9, disk_bytes=512, seconds=700
    )
    line = plan_line(plan)
    for part in ("1,500 rows", "2,000,000 words", "50,000 different", "3.0 GB", "512 bytes", "12 min"):
        assert part in line


def test_a_log_gets_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with Bar(clock) as bar:
        for done in range(100):
            bar(Progress("training", done * 10, 1000, "words", 2.0, 1, 1))
            clock.now += 0.5
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("epoch 1/1: 20 %, 40 s left, 20 words/s, loss 2.0000")
    assert not any("\x1b" in line for line in lines)


def test_a_line_is_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar("a\x1b[2Jb")
    assert capsys.readouterr().err == "a\\x1b[2Jb\n"


def test_a_closed_standard_error_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed:
        def isatty(self) -> bool:
            return False

        def write(self, text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Closed())
    with Bar() as bar:
        bar("a line")


def test_a_terminal_sees_a_bar_and_the_model_at_the_end(text: Path, tmp_path: Path) -> None:
    train = [
        "train",
        "words",
        text,
        "-o",
        tmp_path / "m",
        "--dim",
        8,
        "--epochs",
        300,
        "--seed",
        1,
        "--threads",
        1,
    ]
    shown = on_terminal(*train)
    assert "words/s" in shown
    assert "loss" in shown
    assert "epoch 300/300" in shown
    assert "\x1b[?25h" in shown  # the cursor is back
    assert "plan: 600 rows, 4,800 words" in shown
    assert f"the model is in {tmp_path}" in shown.splitlines()[-1]


def test_a_dumb_or_narrow_terminal_is_not_drawn_on(text: Path, tmp_path: Path) -> None:
    train = ["train", "words", text, "--dim", 8, "--epochs", 300, "--threads", 1, "-o"]
    shown = on_terminal(*train, tmp_path / "a", TERM="dumb")
    assert "\x1b" not in shown
    assert "no seed was given: using seed " in shown
    narrow = on_terminal(*train, tmp_path / "b", width=40)
    assert "━" not in narrow
    assert "epoch 300/300" in narrow
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "NO_COLOR": "1"}
    assert on_terminal(*train, tmp_path / "c", **plain).isascii()
