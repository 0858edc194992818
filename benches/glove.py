"""GloVe against skip-gram on the same text, and against the same algorithm written plainly: seconds and quality.

    python benches/glove.py [--words 10000000 --dim 100 --window 10 --epochs 10 --rounds 2]
    python benches/glove.py --plain [--words 1000000]

GloVe takes its default options but for a rate of .1, which reaches in 10 epochs what .05 reaches in 25.

No Python package for GloVe is kept up that installs here. `--plain` fits the pairs of the first words one by one in a
plain Numba loop, with one thread and no vectors of its own, as a reader of the paper would write it: the same numbers,
so seconds a pair are compared, in turns in one process.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from _word2vec import MIN_COUNT, compare, options, prepared, train_likewise

PLAIN_ROUNDS = 3
RATE = 0.1


def train_glove(args: argparse.Namespace) -> tuple[float, float, list[str], Any]:
    """(seconds, CPU seconds, keys, vectors): counting pairs and fitting them, the kernels compiled before."""
    from likewise.learn.glove import cooccurrence
    from likewise.learn.glove import training as glove

    settings = glove.Settings(dim=args.dim, epochs=args.epochs, learning_rate=RATE, seed=args.seed)
    with TemporaryDirectory(dir=args.text.parent) as folder:
        corpus = _encoded(args.text, folder, args.threads)
        _warm(folder, settings, args.threads)
        wall, cpu = time.perf_counter(), time.process_time()
        pairs = cooccurrence.count(
            corpus.ids, len(corpus.keys), folder, window=args.window, threads=args.threads
        )
        counted = time.perf_counter() - wall
        state = glove.fresh(len(corpus.keys), settings)
        for _ in glove.train(state, pairs, settings, threads=args.threads):
            pass
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(f"{len(pairs):,} pairs counted in {counted:.2f} s", file=sys.stderr)
    return wall, cpu, corpus.keys, glove.vectors(state, settings)


def _encoded(text: Path, folder: str, threads: int) -> Any:
    from likewise.data.text import blocks
    from likewise.tokens.corpus.corpus import encode
    from likewise.tokens.corpus.word_pattern import Words

    return encode(blocks(text), folder, words=Words("white"), min_count=MIN_COUNT, threads=threads)


def _warm(folder: str, settings: Any, threads: int) -> None:
    from likewise.arrays.ragged import Ragged
    from likewise.learn.glove import cooccurrence
    from likewise.learn.glove import training as glove

    few = cooccurrence.count(Ragged.from_rows([[0, 1, 2]] * 50), 3, Path(folder) / "warm", threads=threads)
    for _ in glove.train(glove.fresh(3, settings), few, settings, threads=threads):
        pass


def plain_fit(
    rows, columns, values, inputs, outputs, input_squares, output_squares, x_max, alpha, learning_rate
):  # type: ignore[no-untyped-def]
    """One epoch over the pairs as they stand, coordinate by coordinate; rows end in a bias and a 1."""
    loss = 0.0
    for k in range(len(rows)):
        i, j = rows[k], columns[k]
        error = -np.log(values[k])
        for d in range(inputs.shape[1]):
            error += inputs[i, d] * outputs[j, d]
        pull = min(1.0, (values[k] / x_max) ** alpha) * error
        loss += pull * error
        for d in range(inputs.shape[1]):
            of_x, of_y = pull * outputs[j, d], pull * inputs[i, d]
            input_squares[i, d] += of_x * of_x
            output_squares[j, d] += of_y * of_y
            inputs[i, d] -= learning_rate * of_x / np.sqrt(input_squares[i, d])
            outputs[j, d] -= learning_rate * of_y / np.sqrt(output_squares[j, d])
    return loss


def against_plain(args: argparse.Namespace) -> None:
    """A B A B in one process on one thread: nanoseconds a pair."""
    import numba

    from likewise.learn.glove import cooccurrence
    from likewise.learn.glove import training as glove

    plain, settings = numba.njit(nogil=True)(plain_fit), glove.Settings(dim=args.dim, epochs=PLAIN_ROUNDS)
    with TemporaryDirectory() as folder:
        text = args.text or prepared(args.words, Path(folder))
        corpus = _encoded(text, folder, args.threads)
        pairs = cooccurrence.count(
            corpus.ids, len(corpus.keys), folder, window=args.window, threads=args.threads
        )
        _warm(folder, settings, 1)
        shuffled = np.random.default_rng(0).permutation(len(pairs))
        mixed = [np.asarray(array)[shuffled] for array in (pairs.rows, pairs.columns, pairs.values)]
        states = [glove.fresh(len(corpus.keys), settings) for _ in range(2)]
        arrays = (states[1].inputs, states[1].outputs, states[1].input_squares, states[1].output_squares)
        plain(
            *(array[:9] for array in mixed), *arrays, settings.x_max, settings.alpha, settings.learning_rate
        )
        ours = glove.train(states[0], pairs, settings)
        nanoseconds: dict[str, list[float]] = {"plain": [], "likewise": []}
        for epoch in range(PLAIN_ROUNDS):
            start = time.process_time()
            plain(*mixed, *arrays, settings.x_max, settings.alpha, settings.learning_rate)
            middle = time.process_time()
            while states[0].epoch == epoch:  # both ways round, so twice as many
                next(ours)
            nanoseconds["plain"].append((middle - start) / len(pairs) * 1e9)
            nanoseconds["likewise"].append((time.process_time() - middle) / (2 * len(pairs)) * 1e9)
    for name, each in nanoseconds.items():
        print(f"{name:10} {median(each):7.1f} ns of CPU a pair ({min(each):.1f}–{max(each):.1f})")
    ratios = [a / b for a, b in zip(*nanoseconds.values(), strict=True)]
    print(f"{median(ratios):.1f} times faster ({min(ratios):.1f}–{max(ratios):.1f})")


TRAINERS = {
    "skip-gram": partial(train_likewise, method="skipgram", racing=False),
    "GloVe": train_glove,
}

if __name__ == "__main__":
    import numpy as np

    if "--plain" in sys.argv:
        sys.argv.remove("--plain")
        against_plain(options(__doc__, words=1_000_000, dim=100))
    else:
        compare(options(__doc__, dim=100, epochs=10, rounds=2), TRAINERS)
