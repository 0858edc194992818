"""Going on with new text: a table grows, and says how far its words moved."""

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
    """What going on with new text did to a table."""

    table: Table
    added: int  # words that are new
    seen: int  # old words that stand in the new text
    unseen: int  # old words that do not
    similarity: (
        np.ndarray
    )  # (seen + unseen,) cosine of each old word's vector with its new one, in the old order
    moved_most: list[tuple[str, float]]  # old words whose cosine fell most

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
    """Go on training a table on new text; its vocabulary grows by words that occur at least `min_count` times there.

    Old words keep their place in the space and move only as the new text asks; `Update` says how far. Method, window,
    dim and the rest are the table's own, `reading` and `tuning` too unless given. Counts are added up. Raises
    `InputError` for a table without output vectors, and as `word2vec` does.
    """
    made = table.facts.get("training")
    if table.outputs is None or not isinstance(made, dict):
        raise InputError(
            "this table keeps no output vectors, so training cannot go on: train it here with word2vec"
        )
    tuned = {} if tuning is None else asdict(tuning)
    settings = sgns.Settings(**{**made, **tuned, "epochs": epochs, "seed": draw_seed_if_none(seed)})
    threads = checked_threads(threads)
    reading = Reading.of_table(table) if reading is None else reading
    with TemporaryDirectory(prefix="likewise-") as folder:
        corpus = read_words(text, Path(folder), reading, 1, threads, reporter(None, report))
        old = table.counts if table.counts is not None else np.ones(len(table), np.int64)
        keys, counts, ids = _joined(table.keys, old, corpus, min_count)
        memory.demand(sgns.needed_bytes(len(keys), len(ids.ids), settings, threads), "try a higher min_count")
        if seed is None:
            log.info("no seed was given: using seed %d", settings.seed)
        state = _grown(table, keys, settings)
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
    return _compared(table, grown, set(corpus.keys))


def _joined(
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


def _grown(table: Table, keys: list[str], settings: sgns.Settings) -> sgns.State:
    """A state with the table's vectors in the new order, and fresh rows for the new words."""
    state = sgns.fresh(len(keys), settings)
    place = {key: position for position, key in enumerate(keys)}
    rows = np.array([place[key] for key in table.keys], np.int64)
    state.inputs[rows, : settings.dim] = table.vectors
    state.outputs[rows, : settings.dim] = table.outputs
    return state


def _compared(table: Table, grown: Table, read: set[str]) -> Update:
    again = np.array([key in read for key in table.keys], bool)
    cosine = np.sum(table.unit * grown.subset(table.keys).unit, axis=1)
    most = np.argsort(cosine, kind="stable")[:5]
    return Update(
        grown, len(grown) - len(table), int(again.sum()), int((~again).sum()), cosine,
        [(table.keys[i], float(cosine[i])) for i in most if cosine[i] < 0.999],
    )  # fmt: skip
