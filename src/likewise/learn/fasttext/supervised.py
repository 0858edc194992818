"""Text classification as in fastText (Joulin et al. 2017): a linear softmax classifier on the mean of feature vectors.

The features of a text are its words and its word n-grams. All rows of a text share what is learned from its label, so
the vectors of words that name the same class become similar, and rare words profit from frequent ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import NamedTuple

import numpy as np
from numba import njit

from likewise.arrays.ragged import Ragged
from likewise.learn.epochs import Pace, diverged
from likewise.system import seeds
from likewise.system.compiled import CACHE
from likewise.system.options import check_float, check_int
from likewise.system.progress import Progress

# Sums may be reordered, which lets the compiler use wide registers; NaN and infinity keep their meaning.
FLAGS = {"nogil": True, "cache": CACHE, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz"}}
FIRST_TEXTS = 1_000  # trained until the first report
SMALLEST = 1e-30  # below it a probability counts as this for the loss


@dataclass(frozen=True)
class Settings:
    """Options of the training; all of them change the vectors and are recorded with them."""

    dim: int = 100
    epochs: int = 10
    learning_rate: float = 0.5  # the first one; falls linearly to 0
    racing: bool = False  # threads share the matrices without waiting for each other
    seed: int = 0

    def __post_init__(self) -> None:
        check_int("dim", self.dim, 1, 65536)
        check_int("epochs", self.epochs, 1, 1_000_000)
        seeds.checked(self.seed)
        check_float("learning_rate", self.learning_rate, 0, above=True)


@dataclass
class State:
    """`inputs` (features, dim) and `outputs` (classes, dim) float32, and how far the training has come."""

    inputs: np.ndarray
    outputs: np.ndarray
    epoch: int = 0
    texts: int = 0  # trained in this epoch
    loss: float = 0.0  # their summed cross-entropy
    losses: list[float] = field(default_factory=list)  # mean cross-entropy of each epoch


class LabelledRows(NamedTuple):
    """Texts in features: row i is `ids[offsets[i]:offsets[i + 1]]`, of the class `labels[i]`."""

    ids: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray


class Schedule(NamedTuple):
    """The learning rate falls linearly to 0 over `total` tokens, of which `done` are before this part."""

    first: float
    done: int
    total: int


def initial_state(features: int, classes: int, settings: Settings) -> State:
    """Input rows uniform in ±1/dim, output rows zero, as fastText begins."""
    rows = seeds.generator(settings.seed, "text_classifier").random((features, settings.dim), np.float32)
    rows *= np.float32(2 / settings.dim)
    rows -= np.float32(1 / settings.dim)
    return State(rows, np.zeros((classes, settings.dim), np.float32))


def needed_bytes(features: int, classes: int, settings: Settings) -> int:
    """Memory of the two matrices."""
    return 4 * settings.dim * (features + classes)


def train(
    state: State, rows: Ragged, labels: np.ndarray, settings: Settings, *, threads: int
) -> Iterator[Progress]:
    """Train to the end; yields a few times a second, where the state is complete and may be stored.

    `rows` has the features of each text, and `labels` (n,) its class. A text without a feature is left out. The order
    of the texts is drawn anew for each epoch. One thread trains, so that the same seed gives the same bits; with
    `settings.racing`, `threads` threads do. Raises `Diverged`.
    """
    data = LabelledRows(
        np.ascontiguousarray(rows.ids, np.int32), np.ascontiguousarray(rows.offsets, np.int64),
        np.ascontiguousarray(labels, np.int32),
    )  # fmt: skip
    used = np.flatnonzero(np.diff(data.offsets))
    pace = Pace()
    pace.amount = FIRST_TEXTS
    while state.epoch < settings.epochs:
        order = used[
            seeds.generator(settings.seed, "text_classifier_order", state.epoch).permutation(len(used))
        ]
        ends = np.concatenate([[0], np.cumsum(data.offsets[order + 1] - data.offsets[order])])
        tokens, total = int(ends[-1]), int(ends[-1]) * settings.epochs
        while state.texts < len(order):
            last = min(state.texts + pace.amount, len(order))
            schedule = Schedule(settings.learning_rate, state.epoch * tokens + int(ends[state.texts]), total)
            pace.start()
            state.loss += _train_on_threads(
                data, order[state.texts : last], state, schedule, threads if settings.racing else 1
            )
            pace.stop(last - state.texts)
            state.texts = last
            done, rate = state.epoch * tokens + int(ends[last]), settings.learning_rate
            if not np.isfinite(state.loss):
                position = f"{last / len(order):.0%} of its texts"
                raise diverged("the loss is", state.epoch, settings.epochs, position, rate)
            loss = state.loss / last
            if last == len(order):
                state.losses.append(loss)
                state.epoch, state.texts, state.loss = state.epoch + 1, 0, 0.0
            yield Progress(
                "training", done, total, "features", loss, min(state.epoch + 1, settings.epochs), settings.epochs,
                rate * (1 - done / total),
            )  # fmt: skip
            if state.texts == 0:
                break


def _train_on_threads(
    data: LabelledRows, texts: np.ndarray, state: State, schedule: Schedule, threads: int
) -> float:
    """The loss of some texts while they are trained on; each thread takes every `threads`-th text."""
    losses = np.zeros(threads)
    work = [
        Thread(
            target=train_texts,
            args=(data, texts[k::threads], state.inputs, state.outputs, schedule, threads, losses[k:]),
        )
        for k in range(1, threads)
    ]
    for each in work:
        each.start()
    train_texts(data, texts[::threads], state.inputs, state.outputs, schedule, threads, losses)
    for each in work:
        each.join()
    return float(losses.sum())


@njit(**FLAGS)
def train_texts(data, texts, inputs, outputs, schedule, threads, loss):  # type: ignore[no-untyped-def]
    """Train on texts one after another; their loss is added to `loss[0]`.

    With several threads, each assumes that the others advance as fast as it does.
    """
    classes, dim = outputs.shape
    hidden, change = np.empty(dim, np.float32), np.empty(dim, np.float32)
    scores = np.empty(classes, np.float32)
    done, total_loss = schedule.done, 0.0
    for text in texts:
        start, end, label = data.offsets[text], data.offsets[text + 1], data.labels[text]
        learning_rate = np.float32(schedule.first * (1.0 - done / schedule.total))
        done += threads * (end - start)
        mean_of_rows(data.ids, start, end, inputs, hidden)
        largest = class_scores(outputs, hidden, scores)
        total = np.float32(0.0)
        for k in range(classes):
            scores[k] = np.exp(scores[k] - largest)
            total += scores[k]
        total_loss -= np.log(max(scores[label] / total, np.float32(SMALLEST)))
        change[:] = np.float32(0.0)
        for k in range(classes):
            step = learning_rate * ((np.float32(1.0) if k == label else np.float32(0.0)) - scores[k] / total)
            for j in range(dim):
                change[j] += step * outputs[k, j]
                outputs[k, j] += step * hidden[j]
        share = np.float32(1.0 / (end - start))
        for i in range(start, end):
            row = inputs[data.ids[i]]
            for j in range(dim):
                row[j] += share * change[j]
    loss[0] += total_loss


@njit(**FLAGS)
def mean_of_rows(ids, start, end, inputs, hidden):  # type: ignore[no-untyped-def]
    """The mean of the rows `ids[start:end]` in `hidden`."""
    hidden[:] = np.float32(0.0)
    for i in range(start, end):
        row = inputs[ids[i]]
        for j in range(len(hidden)):
            hidden[j] += row[j]
    share = np.float32(1.0 / (end - start))
    for j in range(len(hidden)):
        hidden[j] *= share


@njit(**FLAGS)
def class_scores(outputs, hidden, scores):  # type: ignore[no-untyped-def]
    """The product of each class's row with `hidden` in `scores`; gives the largest."""
    largest = np.float32(-np.inf)
    for k in range(len(scores)):
        score = np.float32(0.0)
        for j in range(len(hidden)):
            score += outputs[k, j] * hidden[j]
        scores[k] = score
        largest = max(largest, score)
    return largest


def hidden_vectors(rows: Ragged, inputs: np.ndarray) -> np.ndarray:
    """(n, dim) float32: the mean of the feature vectors of each text; zeros for a text without a feature."""
    found = np.zeros((len(rows), inputs.shape[1]), np.float32)
    _hidden_vectors(
        np.ascontiguousarray(rows.ids, np.int32), np.asarray(rows.offsets, np.int64), inputs, found
    )
    return found


@njit(**FLAGS)
def _hidden_vectors(ids, offsets, inputs, found):  # type: ignore[no-untyped-def]
    for text in range(len(found)):
        if offsets[text + 1] > offsets[text]:
            mean_of_rows(ids, offsets[text], offsets[text + 1], inputs, found[text])
