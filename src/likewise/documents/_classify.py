"""Text classification: a label for each text, learned from labelled texts as fastText does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from likewise.arrays.ragged import Ragged
from likewise.data.documents import documents
from likewise.data.inputs import is_missing
from likewise.data.records import names, shortened
from likewise.data.text import given_blocks
from likewise.documents._card import card
from likewise.documents._options import (
    Collection,
    Reading,
    Report,
    call_of,
    counted,
    described,
    refuse_function,
    single,
)
from likewise.documents._paragraph_vectors import vocabulary
from likewise.documents._text_classifier import Label, TextClassifier
from likewise.errors import InputError, OptionError, WrongType
from likewise.learn.fasttext import supervised
from likewise.system import memory
from likewise.system.cores import checked_threads
from likewise.system.options import check_int
from likewise.tokens.analysis import occurrences
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.analysis.ngram_keys import feature_rows, ngram_vocabulary
from likewise.tokens.corpus.custom_tokenizer import Split, texts_of
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.fit import Saving, Training, Workspace, fit
from likewise.training.seeds import draw_seed_if_none, recorded_seed

PREFIX = "__label__"


@dataclass(frozen=True)
class LabelledTexts:
    """Texts as rows of features, and their classes."""

    words: list[str]
    counts: np.ndarray
    ngrams: np.ndarray  # sorted keys
    rows: Ragged
    labels: np.ndarray  # (n,) int32, indices of `classes`
    classes: list[Label]
    facts: dict[str, Any]


def classify(
    text: Any,
    labels: Sequence[Any] | None = None,
    *,
    label: str | None = None,
    dim: int = 100,
    epochs: int = 10,
    learning_rate: float = 0.5,
    ngrams: int = 2,
    min_count: int = 1,
    ngram_min_count: int = 2,
    tokens: Words | Split = Words(),
    racing: bool = False,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
    checkpoint_seconds: float = 300.0,
    report: Report | None = None,
) -> TextClassifier:
    """Train a classifier of texts: a softmax over the mean of the vectors of words and word n-grams.

    It is fastText's supervised method, with a row for each n-gram that occurs instead of hashed buckets. The same seed
    gives the same bits at any number of threads, and after a stop and `resume`.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable of texts;
        or records or a data frame, of which `reading` names the field or column.
    labels : sequence of str or int, or None, default None
        Label of each text, where texts are given from Python.
    label : str or None, default None
        Field or column with the labels, for files, records and data frames. If neither `labels` nor `label` is given,
        each text begins with its label as ``__label__NAME``, as fastText's files do.
    dim : int, default 100
        Length of the vectors, 1 to 65,536.
    epochs : int, default 10
        Passes over the texts, 1 to 1,000,000.
    learning_rate : float, default 0.5
        First learning rate, above 0; it falls linearly to 0.
    ngrams : int, default 2
        Longest word n-grams, 1 to 5; 1 uses single words only.
    min_count : int, default 1
        Words that occur less often are left out.
    ngram_min_count : int, default 2
        N-grams of two and more words that occur less often are left out.
    tokens : Words or callable, optional
        A splitting rule, or a function from a text to the list of its tokens.
    racing : bool, default False
        Train with all `threads` at once, without the same bits for the same seed (Hogwild, Recht et al. 2011).
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Threads that read, and that train if `racing`; None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace a model that is already in `out`.
    resume : bool, default False
        Continue a stopped training from its last checkpoint in `out`.
    checkpoint_seconds : float, default 300.0
        Seconds between checkpoints.
    report : callable or None, default None
        Called with each `Progress`.

    Returns
    -------
    TextClassifier

    Raises
    ------
    InputError
        A text or a label is missing or cannot be used, or all labels are the same.
    OptionError
        An option is out of its range.
    WrongType
        `text` or a label is of another type.
    Diverged
        The loss is no longer finite.

    References
    ----------
    Joulin, Grave, Bojanowski and Mikolov (2017), "Bag of Tricks for Efficient Text Classification".

    Examples
    --------
    >>> from likewise import documents
    >>> texts = ["a good film", "a great film", "a bad film", "an awful film"] * 5
    >>> model = documents.classify(texts, ["good", "good", "bad", "bad"] * 5, seed=1)
    >>> model.predict(["great and good", "bad and awful"])
    ['good', 'bad']
    """
    recorded = recorded_seed(seed, out, resume=resume)
    settings = supervised.Settings(dim, epochs, learning_rate, racing, draw_seed_if_none(recorded))
    for name, value, largest in (
        ("ngrams", ngrams, 5),
        ("min_count", min_count, 1 << 62),
        ("ngram_min_count", ngram_min_count, 1 << 62),
    ):
        check_int(name, value, 1, largest)
    if labels is not None and label is not None:
        raise OptionError("labels= are given from Python and label= names a column: give one of them")
    terms = single(tokens)
    call = call_of(
        "classify", text, reading, label=label, terms=described(terms), ngrams=ngrams, min_count=min_count,
        ngram_min_count=ngram_min_count, training=asdict(settings),
    )  # fmt: skip
    if out is not None:
        refuse_function(terms)

    def read(_: Workspace) -> LabelledTexts:
        found, given = _read(text, labels, label, reading, terms, checked_threads(threads))
        words, counts, rows = vocabulary(found, min_count)
        keys = ngram_vocabulary(rows, ngrams, ngram_min_count)
        classes = _classes(given)
        numbers = {name: number for number, name in enumerate(classes)}
        return LabelledTexts(
            words, counts, keys, feature_rows(rows, len(words), keys, ngrams),
            np.array([numbers[each] for each in given], np.int32), classes, counted(found),
        )  # fmt: skip

    def model(data: LabelledTexts, state: supervised.State) -> TextClassifier:
        facts = {**call, **data.facts, "losses": state.losses}
        return TextClassifier(
            data.words,
            data.counts,
            data.ngrams,
            terms,
            data.classes,
            state.inputs,
            state.outputs,
            facts=facts,
        )

    training = Training(
        call=call,
        epochs=epochs,
        read=read,
        digest=_digest,
        plan=lambda data: memory.demand(
            supervised.needed_bytes(len(data.words) + len(data.ngrams) + 1, len(data.classes), settings),
            f"try dim={max(1, dim // 2)}, or a higher ngram_min_count",
        ),
        start=lambda data: supervised.initial_state(
            len(data.words) + len(data.ngrams) + 1, len(data.classes), settings
        ),
        resume=supervised.State,
        train=lambda data, state: supervised.train(
            state, data.rows, data.labels, settings, threads=checked_threads(threads)
        ),
        is_under_way=lambda state: state.epoch < epochs,
        model=model,
        card=card,
    )
    drawn = settings.seed if recorded is None else None
    return fit(training, Saving(out, overwrite, resume, checkpoint_seconds), drawn_seed=drawn, report=report)


def _read(
    text: Any, labels: Sequence[Any] | None, label: str | None, reading: Reading, terms: Terms, threads: int
) -> tuple[Collection, list[Label]]:
    """The terms of each text, and its label."""
    where = {**asdict(reading), "id": label if label is not None else reading.id}
    blocks, names_read = documents(text, **where)
    given: list[Any] = []
    if labels is None and label is None:
        blocks = given_blocks(
            _without_prefixes(texts_of(blocks, reading.errors), given), 1 << 22, reading.errors
        )
    found = occurrences.read(blocks, terms, errors=reading.errors, threads=threads)
    if label is not None:
        given = names_read or []
    elif labels is not None:
        given = [_label(each, f"label {number:,}") for number, each in enumerate(labels, 1)]
    if len(given) != len(found.rows):
        raise InputError(f"{len(found.rows):,} texts and {len(given):,} labels: give a label for each text")
    if not len(given):
        raise InputError("no texts: give at least one text of each of two classes")
    return Collection(found, [str(each) for each in given], []), given


def _without_prefixes(texts: Iterable[str], labels: list[Any]) -> Iterator[str]:
    """The texts without the labels at their beginning, which go to `labels`."""
    for number, text in enumerate(texts, 1):
        first, _, rest = text.partition(" ") if " " in text else text.partition("\t")
        if not first.startswith(PREFIX) or first == PREFIX:
            raise InputError(
                f"text {number:,} begins with {shortened(first)} and not with {PREFIX}NAME: give labels=, or name the "
                f"column of labels with label="
            )
        if rest.lstrip().startswith(PREFIX):
            raise InputError(f"text {number:,} has several labels: give each text one")
        labels.append(first.removeprefix(PREFIX))
        yield rest


def _label(value: Any, where: str) -> Label:
    """A label, of Python's own types; `InputError` for a missing one, `WrongType` for what is no label."""
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        raise InputError(f"{where} is missing: give it one, or take the text out")
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    raise WrongType(f"{where} is {shortened(value)}; wanted a text or a whole number")


def _classes(labels: list[Label]) -> list[Label]:
    """The different labels in order; `InputError` where there is only one."""
    kinds = {type(each) for each in labels}
    if len(kinds) > 1:
        raise WrongType("some labels are texts and some are whole numbers: give all alike")
    classes = sorted(set(labels))
    if len(classes) < 2:
        raise InputError(
            f"all texts have the label {names([str(each) for each in classes])}: give texts of two classes"
        )
    return classes


def _digest(data: LabelledTexts) -> str:
    """SHA-256 of the features, the labels and what they stand for."""
    found = hashlib.sha256("\n".join([*data.words, *map(str, data.classes)]).encode("utf-8", "surrogatepass"))
    for array in (data.ngrams, data.rows.ids, data.rows.offsets, data.labels):
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
