"""Continue the training of a table on new text, with new words."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.errors import InputError
from likewise.learn.sgns import training as sgns
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.system.options import check_int
from likewise.table import Table
from likewise.tokens.corpus.corpus import Corpus
from likewise.training.inputs import describe_input
from likewise.training.plan import Report, reporter
from likewise.training.seeds import draw_seed_if_none
from likewise.words._options import Reading, read_words
from likewise.words._word2vec import Tuning

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Update:
    """Result of `update`.

    Parameters
    ----------
    table : Table
        The new table.
    added : int
        Number of new words.
    seen : int
        Old words that occur in the new text.
    unseen : int
        Old words that do not.
    similarity : array of float, shape (seen + unseen,)
        Cosine similarity of each old word's vector with its new one, in the old order.
    moved_most : list of (str, float)
        Old words whose cosine similarity fell most.
    """

    table: Table
    added: int
    seen: int
    unseen: int
    similarity: np.ndarray
    moved_most: list[tuple[str, float]]

    def __str__(self) -> str:
        median = float(np.median(self.similarity)) if len(self.similarity) else 1.0
        moved = ", ".join(f"{key} {cosine:.2f}" for key, cosine in self.moved_most)
        return (
            f"{self.added:,} words added; {self.seen:,} of {self.seen + self.unseen:,} old words seen again; "
            f"median cosine of old vectors with new ones {median:.3f}; moved most: {moved or 'none'}"
        )


def update(
    table: Table,
    text: Any,
    *,
    epochs: int = 5,
    min_count: int = 5,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading | None = None,
    tuning: Tuning | None = None,
    report: Report | None = None,
) -> Update:
    """Continue the training of a table on new text.

    The vocabulary grows by the words that occur at least `min_count` times in the new text. Old words change
    only as far as the new text requires. Method, window, dim and the other options are those of the table. Counts are
    added up.

    Parameters
    ----------
    table : Table
        A table that `word2vec` trained, or that `update` returned.
    text : str, Path, or iterable
        A path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable of texts or of lists of
        tokens, which is read once; or records or a data frame, of which `reading` names the field or column.
    epochs : int, default 5
        Passes over the new text, 1 to 1,000,000.
    min_count : int, default 5
        New words that occur less often get no vector.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading or None, default None
        How text is split into words. None uses the options of the table.
    tuning : Tuning or None, default None
        Options that are seldom changed. None uses those of the table.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Update
        The new table, and how far the old words moved.

    Raises
    ------
    InputError
        If the table has no output vectors, or the text cannot be used.
    OptionError
        If an option is out of range.
    Diverged
        If the loss is no longer finite.
    NotEnoughMemory
        Before work that does not fit in memory.

    Examples
    --------
    >>> from likewise.words import word2vec
    >>> table = word2vec(["the king and the queen"] * 9, dim=8, seed=1)
    >>> update(table, ["a robot and the king"] * 9, seed=2).added
    2
    """
    check_int("min_count", min_count, 1, 1 << 62)
    made = table.facts.get("training")
    if getattr(table, "outputs", None) is None or not isinstance(made, dict):
        raise InputError(_reason(table))
    tuned = {} if tuning is None else asdict(tuning)
    settings = sgns.Settings(**{**made, **tuned, "epochs": epochs, "seed": draw_seed_if_none(seed)})
    threads = checked_threads(threads)
    reading = Reading.of_table(table) if reading is None else reading
    with TemporaryDirectory(prefix="likewise-") as folder:
        corpus = read_words(text, Path(folder), reading, 1, threads, reporter(None, report))
        old = table.counts if table.counts is not None else np.ones(len(table), np.int64)
        keys, counts, ids = _join(table.keys, old, corpus, min_count)
        memory.demand(sgns.needed_bytes(len(keys), len(ids.ids), settings, threads), "try a higher min_count")
        if seed is None:
            log.info("no seed was given: using seed %d", settings.seed)
        state = _grow(table, keys, settings)
        for progress in sgns.train(state, ids, counts, settings, threads=threads):
            if report is not None:
                report(progress)
    vectors, outputs = (
        np.ascontiguousarray(rows[:, : settings.dim]) for rows in (state.inputs, state.outputs)
    )
    updates = [
        *table.facts.get("updates", []),
        {"text": describe_input(text), "epochs": epochs, "seed": settings.seed},
    ]
    grown = Table(
        keys,
        vectors,
        counts=counts,
        spelling=table.spelling,
        facts={**table.facts, "updates": updates},
        outputs=outputs,
    )
    return _compare(table, grown, set(corpus.keys))


def _join(
    old_keys: list[str], old_counts: np.ndarray, corpus: Corpus, min_count: int
) -> tuple[list[str], np.ndarray, Ragged]:
    """Both vocabularies in one order of counts, and the new text in its ids, words that are too rare left out."""
    totals = dict(zip(old_keys, old_counts.tolist(), strict=True))
    for key, count in zip(corpus.keys, corpus.counts.tolist(), strict=True):
        if key in totals or count >= min_count:
            totals[key] = totals.get(key, 0) + count
    keys = sorted(totals, key=lambda key: (-totals[key], key))
    place = {key: position for position, key in enumerate(keys)}
    number = np.array([place.get(key, -1) for key in corpus.keys], np.int32)
    ids = number[corpus.ids.ids]
    kept = np.concatenate([[0], np.cumsum(ids >= 0)])
    offsets = kept[corpus.ids.offsets]
    offsets = offsets[np.concatenate([[True], np.diff(offsets) > 0])]
    if offsets[-1] == 0:
        raise InputError(
            f"no word of the new text is in the table or occurs {min_count} times: try a lower min_count"
        )
    return keys, np.array([totals[key] for key in keys], np.int64), Ragged(ids[ids >= 0], offsets)


def _grow(table: Table, keys: list[str], settings: sgns.Settings) -> sgns.State:
    """A state with the table's vectors in the new order, and fresh rows for the new words."""
    state = sgns.fresh(len(keys), settings)
    place = {key: position for position, key in enumerate(keys)}
    rows = np.array([place[key] for key in table.keys], np.int64)
    state.inputs[rows, : settings.dim] = table.vectors
    state.outputs[rows, : settings.dim] = table.outputs
    return state


def _compare(table: Table, grown: Table, read: set[str]) -> Update:
    again = np.array([key in read for key in table.keys], bool)
    cosine = np.sum(table.unit * grown.subset(table.keys).unit, axis=1)
    most = np.argsort(cosine, kind="stable")[:5]
    return Update(
        grown, len(grown) - len(table), int(again.sum()), int((~again).sum()), cosine,
        [(table.keys[i], float(cosine[i])) for i in most if cosine[i] < 0.999],
    )  # fmt: skip


def _reason(table: Any) -> str:
    """Why the training of a model cannot continue, and what to do."""
    function = str(getattr(table, "facts", {}).get("function", "")).rpartition(".")[2]
    if function in ("fasttext", "glove"):
        name = {"fasttext": "fastText", "glove": "GloVe"}[function]
        return f"only word2vec is updated, and this is a model of {name}: train it again on the old and the new text"
    return "this table has no output vectors, so its training cannot continue: train one with word2vec"
