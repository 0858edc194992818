"""A made-up trainer for the crash tests: each step draws from its own generator and moves every number.

    python trainer.py OUT STEPS PACE [--resume] [--overwrite] [--rate X] [--data D] [--threads N] [--every S]

It prints a line a step, so that the parent can aim at one, and exits as the command line would.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from likewise.artifacts.artifact import Contents
from likewise.artifacts.run import Run
from likewise.errors import LikewiseError, Stopped
from likewise.system import seeds
from likewise.system.progress import Progress


@dataclass
class State:
    vectors: np.ndarray
    step: int = 0

    def contents(self) -> Contents:
        return Contents("state", {"step": self.step}, {"vectors": self.vectors})


@dataclass(frozen=True)
class Made:
    vectors: np.ndarray

    def contents(self) -> Contents:
        keys = [f"key{row}" for row in range(len(self.vectors))]
        return Contents("table", {}, {"vectors": self.vectors}, keys)


def train(state: State, steps: int, learning_rate: float, pace: float) -> Iterator[Progress]:
    while state.step < steps:
        drawn = seeds.generator(7, "crash", state.step).standard_normal(state.vectors.shape, np.float32)
        state.vectors = state.vectors * np.float32(0.9) + np.float32(learning_rate) * drawn
        state.step += 1
        time.sleep(pace)
        yield Progress("training", state.step, steps, "steps")


def start(saved: Contents | None) -> State:
    if saved is None:
        return State(np.zeros((300, 20), np.float32))
    return State(saved.arrays["vectors"], saved.facts["step"])


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("steps", type=int)
    parser.add_argument("pace", type=float)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--overwrite", action="store_true")
    parser.add_argument("--learning-rate", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--data", default="0123")
    parser.add_argument("--every", type=float, default=0.0)
    given = parser.parse_args()
    call = {
        "function": "crash",
        "options": {"seed": 7, "learning_rate": given.learning_rate, "threads": given.threads},
    }
    try:
        with Run(
            given.out,
            call,
            data_digest={"text.txt": given.data},
            overwrite=given.overwrite,
            resume=given.resume,
            checkpoint_seconds=given.every,
        ) as run:
            if run.finished:
                print("finished", flush=True)
                return 0
            state = start(run.restore())
            print("start", state.step, flush=True)
            for progress in train(state, given.steps, given.learning_rate, given.pace):
                run.reached(progress, state.contents)
                print("step", progress.done, flush=True)
            run.finish(Made(state.vectors), card="# A card\n")
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return stopped.code
    except LikewiseError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main())
