"""One run of a training: it owns the output, reports its steps, and keeps checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from likewise.artifacts import artifact
from likewise.artifacts.artifact import Contents
from likewise.artifacts.run import Run
from likewise.learn.sgns import training as sgns
from likewise.system.progress import Progress

log = logging.getLogger(__name__)


@contextmanager
def owned(
    out: str | Path | None,
    call: dict[str, Any],
    *,
    overwrite: bool,
    resume: bool,
    checkpoint_seconds: float,
    harmless: tuple[str, ...] = ("threads",),
) -> Iterator[Run | None]:
    """The run that makes `out`, for the work inside; None where nothing is to be saved."""
    if out is None:
        yield None
        return
    with Run(
        out,
        call,
        overwrite=overwrite,
        resume=resume,
        checkpoint_seconds=checkpoint_seconds,
        harmless=harmless,
    ) as run:
        yield run


def made_before(run: Run, epochs: int) -> Any:
    """What a finished run has made."""
    log.info("%s is already finished, %d of %d epochs", run.out, epochs, epochs)
    return artifact.load(run.out)


def driven(
    steps: Iterable[Progress],
    run: Run | None,
    report: Callable[[Any], None] | None,
    is_under_way: Callable[[], bool],
    checkpoint: Callable[[], Contents],
) -> None:
    """Go through a training to its end; report each step, and let the run keep checkpoints and stop."""
    for progress in steps:
        if report is not None:
            report(progress)
        if run is not None and is_under_way():
            run.reached(progress, checkpoint)


def skipgram_checkpoint(state: sgns.State) -> Contents:
    """A state of skip-gram or CBOW, over words, their parts, or nodes."""
    facts = {name: getattr(state, name) for name in ("epoch", "block", "pairs", "losses")}
    facts["shard_loss"] = state.shard_loss.tolist()
    return Contents("checkpoint", facts, {"inputs": state.inputs, "outputs": state.outputs})


def skipgram_resumed(saved: Contents) -> sgns.State:
    """A state that can be trained on: a checkpoint's arrays are maps that must not be written."""
    return sgns.resumed(saved.arrays["inputs"], saved.arrays["outputs"], **saved.facts)
