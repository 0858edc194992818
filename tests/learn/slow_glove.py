"""GloVe as one would write it down: float64, pair by pair, biases apart from the vectors.

The order of the pairs is that of the fast one, whose drawing of it has a test of its own.
"""

from __future__ import annotations

import numpy as np

from likewise.learn.glove import adagrad
from likewise.learn.glove import training as glove
from likewise.learn.glove.cooccurrence import Pairs
from likewise.learn.glove.training import Settings
from likewise.system import seeds


def order(pairs: Pairs, settings: Settings, epoch: int) -> list[tuple[int, int, float]]:
    """(row, column, value) of every pair both ways round, a word with itself once, as an epoch visits them."""
    shards, found = pairs.shards, []
    seed = np.uint64(seeds.state(settings.seed, "glove"))
    for shift in seeds.generator(settings.seed, "glove.diagonals", epoch).permutation(shards).tolist():
        for a in range(shards):
            b = (a + shift) % shards
            block = min(a, b) * shards + max(a, b)
            part = slice(pairs.starts[block], pairs.starts[block + 1])
            rows, columns, values = pairs.rows[part], pairs.columns[part], pairs.values[part]
            way = adagrad.BOTH if a == b else adagrad.AS_STORED if a < b else adagrad.TURNED
            drawn = np.empty(2 * len(rows), np.int32)
            n = adagrad.visits(np.asarray(rows), np.asarray(columns), way, seed, epoch, block, drawn)
            for k, is_turned in zip((drawn[:n] >> 1).tolist(), (drawn[:n] & 1).tolist(), strict=True):
                pair = (int(columns[k]), int(rows[k])) if is_turned else (int(rows[k]), int(columns[k]))
                found.append((*pair, float(values[k])))
    return found


def train(
    pairs: Pairs, vocabulary: int, settings: Settings
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[float]]:
    """w, w̃ (v, dim) and the two biases (v, 2) in float64, and the mean loss of each epoch."""
    state, dim = glove.fresh(vocabulary, settings), settings.dim
    vectors = [array[:, :dim].astype(float) for array in (state.inputs, state.outputs)]
    biases = [state.inputs[:, dim].astype(float), state.outputs[:, dim + 1].astype(float)]
    vector_squares, bias_squares = (
        [np.ones((vocabulary, dim)) for _ in "ab"],
        [np.ones(vocabulary) for _ in "ab"],
    )
    losses = []
    for epoch in range(settings.epochs):
        loss, visits = 0.0, order(pairs, settings, epoch)
        for i, j, x in visits:
            error = vectors[0][i] @ vectors[1][j] + biases[0][i] + biases[1][j] - np.log(x)
            weight = min(1.0, (x / settings.x_max) ** settings.alpha)
            loss += weight * error**2
            gradients = weight * error * vectors[1][j], weight * error * vectors[0][i]
            for side, (word, gradient) in enumerate(zip((i, j), gradients, strict=True)):
                vector_squares[side][word] += gradient**2
                vectors[side][word] -= settings.learning_rate * gradient / np.sqrt(vector_squares[side][word])
                bias_squares[side][word] += (weight * error) ** 2
                biases[side][word] -= (
                    settings.learning_rate * weight * error / np.sqrt(bias_squares[side][word])
                )
        losses.append(loss / len(visits))
    return vectors[0], vectors[1], np.stack(biases, 1), losses
