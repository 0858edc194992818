"""GloVe: vectors of the words of a text, fit to co-occurrence counts.

blocks of text → ids on disk (→ phrases joined) → co-occurrence counts → weighted least squares → a Table
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from likewise._version import __version__
from likewise.arrays.spelling import Spelling
from likewise.learn.glove import cooccurrence
from likewise.learn.glove import training as learner
from likewise.learn.glove.cooccurrence import Pairs
from likewise.learn.glove.training import Settings, State
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.table import Table
from likewise.tokens.corpus.corpus import Corpus
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.fit import Saving, Training, Workspace, fit
from likewise.training.inputs import describe_input
from likewise.training.model_card import rows_of_card
from likewise.training.plan import Plan, Report
from likewise.training.seeds import draw_seed_if_none, recorded_seed
from likewise.words._options import Reading, facts_of, read_words

log = logging.getLogger(__name__)


def glove(
    text: Any,
    *,
    dim: int = 100,
    window: int = 10,
    epochs: int = 25,
    min_count: int = 5,
    x_max: float = 10.0,
    alpha: float = 0.75,
    learning_rate: float = 0.05,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> Table:
    """Train word vectors whose dot products fit the logarithms of co-occurrence counts.

    Two words d apart in a row, at most `window`, count 1/d. Pairs are counted on disk where memory is short, with 12
    bytes a pair; a resumed training counts them again. The same seed gives the same bits at any number of threads.

    Parameters
    ----------
    text : str, Path, or iterable
        A path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable of texts or of lists of
        tokens, which is read once; or records or a data frame, of which `reading` names the field or column.
    dim : int, default 100
        Length of the vectors, 1 to 65,536.
    window : int, default 10
        Context words on each side, 1 to 10,000.
    epochs : int, default 25
        Passes over the text, 1 to 1,000,000.
    min_count : int, default 5
        Words that occur less often have no vector.
    x_max : float, default 10.0
        Pairs counted less often than this weigh (count / x_max)^alpha. The paper's 100 is for billions of words.
    alpha : float, default 0.75
        Exponent of that weight, 0 to 10.
    learning_rate : float, default 0.05
        Learning rate of AdaGrad.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None uses all processors. The result does not depend on it.
    reading : Reading, optional
        How text is split into words.
    out : str, Path or None, default None
        Folder to save the model to. Checkpoints are kept next to it during training.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with the `Plan` and with each `Progress`.

    Returns
    -------
    Table
        (words, dim) float32, the most frequent word first: the sum of the two vectors of each word.

    Raises
    ------
    InputError
        If the text cannot be used.
    OptionError
        If an option is out of range.
    Diverged
        If the loss is no longer finite.
    NotEnoughMemory
        Before work that does not fit in memory.
    NotEnoughSpace
        If the disk has no room for the pairs.
    Stopped
        After a signal to stop; with `out`, a checkpoint is saved first.

    References
    ----------
    Pennington, Socher and Manning 2014, "GloVe: Global Vectors for Word Representation".

    Examples
    --------
    >>> table = glove(["a king and a queen", "the queen and the king"] * 9, dim=8, epochs=2, seed=1)
    >>> table.dim
    8
    """
    begun = recorded_seed(seed, out, resume=resume)
    settings = Settings(dim, epochs, x_max, alpha, learning_rate, draw_seed_if_none(begun))
    cooccurrence.check_window(window)
    threads = checked_threads(threads)
    call = {
        "function": "likewise.words.glove", "text": describe_input(text), "min_count": min_count, "window": window,
        "reading": reading.as_facts(), "training": asdict(settings), "threads": threads,
    }  # fmt: skip

    def read(work: Workspace) -> tuple[Corpus, Pairs]:
        folder = work.folder()
        corpus = read_words(text, folder, reading, min_count, threads, work.watch)
        _demand(corpus, settings)  # before the pairs are counted, which takes a while
        pairs = cooccurrence.count(
            corpus.ids, len(corpus.keys), folder / "pairs", window=window, max_bytes=_budget(), threads=threads,
            progress=work.watch,
        )  # fmt: skip
        log.info("%d pairs of %d words are counted", len(pairs), len(corpus.keys))
        return corpus, pairs

    training = Training(
        call=call,
        epochs=epochs,
        read=read,
        digest=lambda data: data[0].digest,
        plan=lambda data: _plan(*data, settings, threads),
        start=lambda data: learner.fresh(len(data[0].keys), settings),
        resume=learner.resumed,
        train=lambda data, state: learner.train(state, data[1], settings, threads=threads),
        is_under_way=lambda state: state.epoch < settings.epochs,
        model=lambda data, state: _table(*data, state, settings, reading, call),
        card=card,
        harmless=("text", "threads"),
    )
    drawn = settings.seed if begun is None else None
    return fit(training, Saving(out, overwrite, resume, checkpoint_seconds), drawn_seed=drawn, report=report)


def _demand(corpus: Corpus, settings: Settings) -> None:
    """Raise `NotEnoughMemory` where the memory for the training is not there."""
    needed = learner.needed_bytes(len(corpus.keys), settings)
    memory.demand(
        needed, f"try --dim {max(1, settings.dim // 2)}, or --min-count or --max-vocabulary for fewer words"
    )


def _budget() -> int:
    """Memory to count pairs in: less of it makes more work on disk, and the same counts."""
    free = memory.available_bytes()
    return cooccurrence.MAX_BYTES if free is None else max(2**20, min(cooccurrence.MAX_BYTES, free // 2))


def _plan(corpus: Corpus, pairs: Pairs, settings: Settings, threads: int) -> Plan:
    """What the training takes."""
    v, needed = len(corpus.keys), learner.needed_bytes(len(corpus.keys), settings)
    disk = v * settings.dim * 4 + sum(len(key) + 16 for key in corpus.keys)
    seconds = learner.expected_seconds(pairs, settings, threads)
    return Plan(len(corpus.ids), len(corpus.ids.ids), v, needed, disk, seconds)


def _table(
    corpus: Corpus, pairs: Pairs, state: State, settings: Settings, reading: Reading, call: dict[str, Any]
) -> Table:
    facts = {**facts_of(call, corpus, state.losses), "pairs": len(pairs)}
    rule = reading.tokens
    spelling = rule.spelling if isinstance(rule, Words) else Spelling()
    vectors = learner.vectors(state, settings)
    return Table(corpus.keys, vectors, counts=corpus.counts, facts=facts, spelling=spelling)


def card(table: Table) -> str:
    """Markdown for people, made from what the table says of itself."""
    made, reading = table.facts, table.facts["reading_report"]
    counting = {"window": made["window"], "min_count": made["min_count"]}
    return "\n".join(
        [
            f"# {len(table):,} words × {table.dim}",
            "",
            f"Made by likewise {__version__}: GloVe, weighted least squares on the logarithms of {made['pairs']:,} "
            "co-occurrence counts. A word has one vector, whatever it means in its place.",
            "",
            *rows_of_card("Text", {"from": made["text"], **reading, "words seen": f"{reading['tokens']:,}"}),
            *rows_of_card("Options", {**made["training"], **counting, **made["reading"]}),
            *rows_of_card(
                "Loss a pair", {f"epoch {n}": f"{loss:.4f}" for n, loss in enumerate(made["losses"], 1)}
            ),
            "## Limits",
            "",
            "- The vectors repeat what the text says, its prejudices too.",
            f"- Words that occur fewer than {made['min_count']} times have no vector.",
            "- A falling loss does not say that the vectors help: `likewise evaluate` does.",
            "- The same seed gives the same bits on the same type of machine with the same versions (`run.toml`).",
            "",
        ]
    )
