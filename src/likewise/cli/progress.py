"""Progress of long work: the plan, then a bar on a terminal, or a log line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

from likewise.cli.output import note
from likewise.system.files import readable_size
from likewise.system.progress import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from likewise.training.plan import Plan

LINE_SECONDS, DRAWING_SECONDS = 10.0, 0.1
PACE_SECONDS = 30.0  # the rate is that of so many seconds, so that it follows a machine that grows busy
NARROW = 70  # columns; below, the words are more use than the bar


class Pace:
    """How fast one stage goes, by a clock that never jumps back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._left = 0

    def add(self, done: int, total: int) -> None:
        """Note that `done` of `total` are done now; the first note says where the stage began, also when resumed."""
        now = self._clock()
        self._seen.append((now, done))
        while now - self._seen[0][0] > PACE_SECONDS and len(self._seen) > 2:
            self._seen.popleft()
        self._left = max(0, total - done)

    @property
    def rate(self) -> float | None:
        """Units a second; None where nothing can be said yet."""
        (start, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - start) if now > start and done > before else None

    @property
    def seconds_left(self) -> float | None:
        """At least 0; None where nothing can be said yet."""
        return self._left / self.rate if self.rate else None


class Bar:
    """Takes every report of long work; use it as a context manager, so that the terminal is left tidy.

        with Bar() as bar:
            words.word2vec(text, report=bar)

    A string is shown as a line; a plan is shown in a line before the work.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._pace = Pace(clock)
        self._logged_at = clock()
        self._drawn_at = -DRAWING_SECONDS
        self._drawn: RichProgress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Bar:
        if sys.stderr.isatty():
            self._drawn = _drawing()
        if self._drawn is not None:
            self._drawn.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn is not None:
            with suppress(OSError):
                self._drawn.stop()

    def __call__(self, event: Plan | Progress | str) -> None:
        if isinstance(event, str):
            note(event)
        elif isinstance(event, Progress):
            self._progress(event)
        else:
            note(plan_line(event))

    def _progress(self, now: Progress) -> None:
        if now.stage != self._stage:
            self._stage, self._pace, self._task = now.stage, Pace(self._clock), None
        self._pace.add(now.done, now.total)
        if self._drawn is not None:
            if now.done == now.total or self._clock() - self._drawn_at >= DRAWING_SECONDS:
                self._drawn_at = self._clock()
                self._draw(self._drawn, now)
        elif self._clock() - self._logged_at >= LINE_SECONDS:
            self._logged_at = self._clock()
            note(progress_line(now, self._pace))

    def _draw(self, drawn: RichProgress, now: Progress) -> None:
        total, detail = now.total or None, ", ".join(details(now, self._pace))
        with suppress(OSError):  # a terminal that was closed is no reason to stop
            if self._task is None:
                self._task = drawn.add_task(now.stage, total=total, detail=detail)
            drawn.update(
                self._task,
                description=title(now),
                completed=now.done,
                total=total,
                detail=detail,
                refresh=True,
            )


def _drawing() -> RichProgress | None:
    """A live display on standard error, or None where the terminal can show none (TERM=dumb)."""
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, TextColumn
    from rich.progress import Progress as Drawing
    from rich.table import Column

    console = Console(stderr=True, highlight=False)
    if not console.is_interactive:
        return None

    def words(format: str) -> ProgressColumn:
        return TextColumn(format, markup=False, table_column=Column(no_wrap=True, overflow="crop"))

    columns = [words("{task.description} {task.fields[detail]}")]
    if console.width >= NARROW:
        bar = BarColumn(bar_width=min(30, console.width - 60))
        columns = [words("{task.description}"), bar, words("{task.fields[detail]}")]
    return Drawing(*columns, console=console, auto_refresh=False)


def title(now: Progress) -> str:
    """What is done: "reading", "epoch 2/5"."""
    return f"epoch {now.epoch}/{now.epochs}" if now.epochs else now.stage


def details(now: Progress, pace: Pace) -> list[str]:
    """How far, how long still, how fast, how well; without what cannot be said."""
    shown = readable_size if now.unit == "bytes" else lambda count: f"{count:,} {now.unit}"
    found = [f"{100 * now.done // now.total} %"] if now.total else [shown(now.done)] if now.done else []
    if now.done < now.total and pace.seconds_left is not None:
        found.append(f"{duration(pace.seconds_left)} left")
    if pace.rate is not None:
        found.append(f"{shown(int(pace.rate))}/s")
    if now.loss is not None:
        found.append(f"loss {now.loss:.4f}")
    return found


def progress_line(now: Progress, pace: Pace) -> str:
    """One line for a log."""
    shown = ", ".join(details(now, pace))
    return f"{title(now)}: {shown}" if shown else title(now)


def plan_line(plan: Plan) -> str:
    """What the work takes, before it starts."""
    counts = (plan.rows, plan.words, plan.vocabulary)
    counted = ", ".join(f"{count:,} {name}" for count, name in zip(counts, plan.units, strict=True))
    takes = f"memory {readable_size(plan.memory_bytes)}, disk {readable_size(plan.disk_bytes)}"
    return f"plan: {counted}; {takes}" + ("" if plan.seconds is None else f", about {duration(plan.seconds)}")


def duration(seconds: float) -> str:
    """Seconds as a person says them: "8 s", "3 min", "2 h 05 min"."""
    if seconds < 99.5:
        return f"{max(0, seconds):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60:,} h {minutes % 60:02d} min"
