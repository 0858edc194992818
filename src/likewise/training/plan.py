"""What a training reports before it starts and while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from likewise.artifacts.run import Run
from likewise.system.progress import Progress


@dataclass(frozen=True)
class Plan:
    """The size of a training, reported before it starts.

    Parameters
    ----------
    rows : int
        Rows of the input, such as lines of text.
    words : int
        Tokens to train on in each epoch.
    vocabulary : int
        Number of different words.
    memory_bytes : int
        Memory that the training needs.
    disk_bytes : int
        Size of the model on disk.
    seconds : float or None
        Expected time, from a measurement of some milliseconds on this machine, so a rough one. None if not known.
    units : tuple of three str, default ("rows", "words", "different")
        What `rows`, `words` and `vocabulary` count.
    """

    rows: int
    words: int
    vocabulary: int
    memory_bytes: int
    disk_bytes: int
    seconds: float | None
    units: tuple[str, str, str] = ("rows", "words", "different")


Report = Callable[[Plan | Progress], None]


def reporter(run: Run | None, report: Report | None) -> Callable[[Progress], None]:
    """A function for the stages before the training: it passes progress to `report` and stops at a signal."""

    def pass_on(progress: Progress) -> None:
        if report is not None:
            report(progress)
        if run is not None:
            run.reached(progress, None)

    return pass_on
