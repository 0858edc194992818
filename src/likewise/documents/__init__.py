"""Document embeddings: train a model on texts, and encode texts as vectors.

    texts → terms → counts, weighed → tf-idf → LSA
    texts → words → their vectors → a weighted mean, less what all texts share (SIF)
    texts → words → doc2vec: a vector for each text that predicts its words

from likewise import documents

model = documents.lsa("reviews.csv", dim=300, seed=1, reading=documents.Reading(column="text"))
model.encode(["a text", "another"]); model.similar("a text"); likewise.save(model, "reviews-lsa")

A text may be of any length: none is cut. A text of which no term is known gets zeros, and `known` says so.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from likewise import features
from likewise.arrays.ragged import Ragged
from likewise.documents import _averaged as averaging
from likewise.documents._averaged import Averaged
from likewise.documents._bag_of_words import Features
from likewise.documents._classify import classify
from likewise.documents._doc2vec import doc2vec
from likewise.documents._index import DocumentIndex, Found
from likewise.documents._lsa import Lsa
from likewise.documents._options import Collection, Reading, Report, call_of, counted, described, read, single
from likewise.documents._paragraph_vectors import Paragraphs
from likewise.documents._saving import output
from likewise.documents._text_classifier import Prediction, TextClassifier
from likewise.errors import InputError, OptionError, WrongType
from likewise.features import VocabularyOptions
from likewise.learn.factorise import lsa as decomposition
from likewise.pool import Common, fit_common, idf_weights, sif_weights, usif_weights
from likewise.pool import pool as pool_rows
from likewise.system import seeds
from likewise.system.cores import checked_threads
from likewise.system.progress import Progress
from likewise.table import Table
from likewise.tokens.analysis.analyzer import Terms
from likewise.words import Reading as WordReading

__all__ = [
    "Averaged",
    "Collection",
    "DocumentIndex",
    "Features",
    "Found",
    "Lsa",
    "Paragraphs",
    "Prediction",
    "Reading",
    "Terms",
    "TextClassifier",
    "VocabularyOptions",
    "averaged",
    "bag_of_words",
    "classify",
    "doc2vec",
    "lsa",
    "sif",
    "tfidf",
]


def bag_of_words(
    text: Any,
    *,
    terms: Terms = Terms(),
    vocabulary: VocabularyOptions = VocabularyOptions(),
    keep: bool = True,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Features:
    """How often each text has each term; one dimension a term.

    text: a path, a folder, a glob, "-" for standard input or a list of `Path`; or any iterable of strings or of
    token lists, records or a data frame, of which `reading` names the field or column. `keep` keeps the
    documents, so that the nearest ones to a text can be found. With `out` the model is also saved there. Raises
    `InputError` for a text that cannot be used or has no term, `OptionError` for options.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    terms : Terms, default Terms()
        How texts are split into terms.
    vocabulary : VocabularyOptions, default VocabularyOptions()
        Which terms become columns.
    keep : bool, default True
        Keep the documents, so that the nearest ones to a text can be found.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    call = call_of(
        "bag_of_words", text, reading, terms=described(terms), vocabulary=asdict(vocabulary), keep=keep
    )
    with output(out, call, terms, overwrite=overwrite, report=report) as (watch, finish):
        threads = checked_threads(threads)
        found = read(text, reading, terms, threads, watch)
        selected, rows = features.bag_of_words(found.terms, vocabulary, threads=threads)
        model = _features(selected, terms, rows, found, keep, call)
        return finish(model)


def tfidf(
    text: Any,
    *,
    terms: Terms = Terms(),
    vocabulary: VocabularyOptions = VocabularyOptions(),
    sublinear_tf: bool = False,
    keep: bool = True,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Features:
    """Counts of terms times how rare these are, rows of length 1 (Salton & Buckley 1988); else as `bag_of_words`.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    terms : Terms, default Terms()
        How texts are split into terms.
    vocabulary : VocabularyOptions, default VocabularyOptions()
        Which terms become columns.
    sublinear_tf : bool, default False
        Use 1 + log of a count in its place.
    keep : bool, default True
        Keep the documents, so that the nearest ones to a text can be found.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    call = call_of(
        "tfidf",
        text,
        reading,
        terms=described(terms),
        vocabulary=asdict(vocabulary),
        sublinear_tf=sublinear_tf,
        keep=keep,
    )
    with output(out, call, terms, overwrite=overwrite, report=report) as (watch, finish):
        threads = checked_threads(threads)
        found = read(text, reading, terms, threads, watch)
        selected, rows = features.tf_idf(found.terms, vocabulary, sublinear_tf=sublinear_tf, threads=threads)
        model = _features(selected, terms, rows, found, keep, call)
        return finish(model)


def lsa(
    text: Any,
    *,
    dim: int = 300,
    terms: Terms = Terms(),
    vocabulary: VocabularyOptions = VocabularyOptions(),
    sublinear_tf: bool = True,
    keep: bool = True,
    seed: int | None = None,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Lsa:
    """Latent semantic analysis (Deerwester et al. 1990): tf-idf brought to `dim` dimensions by a truncated SVD.

    Texts that share no word are near where their words keep the same company. The same seed gives the same bits at any
    number of threads. Raises as `tfidf` does, and `OptionError` for a dim above the dimensions that the texts span.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    dim : int, default 300
        Length of the vectors.
    terms : Terms, default Terms()
        How texts are split into terms.
    vocabulary : VocabularyOptions, default VocabularyOptions()
        Which terms become columns.
    sublinear_tf : bool, default True
        Use 1 + log of a count in its place.
    keep : bool, default True
        Keep the documents, so that the nearest ones to a text can be found.
    seed : int or None, default None
        Seed of all random numbers. None draws one and records it in the model.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    seed = seeds.draw_seed() if seed is None else seeds.checked(seed)
    call = call_of(
        "lsa", text, reading, dim=dim, terms=described(terms), vocabulary=asdict(vocabulary), sublinear_tf=sublinear_tf,
        keep=keep, seed=seed,
    )  # fmt: skip
    with output(out, call, terms, overwrite=overwrite, report=report) as (watch, finish):
        threads = checked_threads(threads)
        found = read(text, reading, terms, threads, watch)
        selected, rows = features.tf_idf(found.terms, vocabulary, sublinear_tf=sublinear_tf, threads=threads)
        if watch is not None:
            watch(Progress("decomposing", 0, 0, "rounds"))
        made = decomposition.fit(rows, dim, seed=seed, threads=threads)
        facts = {
            **call, **counted(found), "energy": made.energy, "explained": float(made.explained_ratio.sum()),
        }  # fmt: skip
        index = _index(found, made.documents, keep)
        model = Lsa(selected, terms, made.terms, made.values, index=index, facts=facts)
        return finish(model)


def averaged(
    text: Any,
    *,
    words: Table,
    weighting: Literal["none", "idf"] = "none",
    keep: bool = True,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Averaged:
    """The mean of the vectors of a text's words, each word alike or by how rare it is in these texts ("idf").

    words: a table of word vectors, such as `likewise.words.word2vec` gives of the same text. Raises as `tfidf` does,
    and `InputError` where no word of the texts has a vector.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    words : Table
        Word vectors.
    weighting : "none" or "idf", default "none"
        Give all words the same weight, or rare words more.
    keep : bool, default True
        Keep the documents, so that the nearest ones to a text can be found.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    if weighting not in ("none", "idf"):
        raise OptionError(f"weighting must be 'none' or 'idf', not {weighting!r}")
    terms = single(WordReading.of_table(_checked_words(words)).tokens)
    call = call_of("averaged", text, reading, words=_source(words), weighting=weighting, keep=keep)
    with output(out, call, terms, overwrite=overwrite, report=report) as (watch, finish):
        threads = checked_threads(threads)
        found = read(text, reading, terms, threads, watch)
        rows = _known_rows(words, found)
        weights = np.ones(len(words)) if weighting == "none" else idf_weights(rows, len(words))
        model = Averaged(words, terms, weights, facts={**call, **counted(found)})
        return finish(_indexed(model, found, keep, threads))


def sif(
    text: Any,
    *,
    words: Table,
    a: float | None = None,
    components: int | None = None,
    keep: bool = True,
    threads: int | None = None,
    reading: Reading = Reading(),
    out: str | Path | None = None,
    overwrite: bool = False,
    report: Report | None = None,
) -> Averaged:
    """Smooth inverse frequency (Arora, Liang and Ma 2017): a weighted mean, less the direction all texts share.

    Without `a` it is uSIF (Ethayarajh 2018): the weight from the text itself, and five components, each by its share.
    The common part is that of these texts, and stays with the model, so that a vector never depends on its batch.
    Word counts are those of `words`, or of these texts where the table has none. Raises as `averaged` does.

    Parameters
    ----------
    text : str, Path, or iterable
        Training texts: a path, a folder, a glob, "-" for standard input or a list of `Path`; or an iterable
        of texts or of lists of tokens; or records or a data frame, of which `reading` names the field or
        column.
    words : Table
        Word vectors.
    a : float or None, default None
        Parameter of SIF (Arora et al. 2017): smaller values give frequent words less weight. None: by the
        text.
    components : int or None, default None
        Number of common directions that are removed.
    keep : bool, default True
        Keep the documents, so that the nearest ones to a text can be found.
    threads : int or None, default None
        Number of threads. None: all cores.
    reading : Reading, default Reading()
        Where the texts are in files and records.
    out : str, Path or None, default None
        Folder to save the model to. None saves nothing.
    overwrite : bool, default False
        Replace what is already in the output.
    report : callable or None, default None
        Called with the plan and with each `Progress`.
    """
    terms = single(WordReading.of_table(_checked_words(words)).tokens)
    call = call_of("sif", text, reading, words=_source(words), a=a, components=components, keep=keep)
    with output(out, call, terms, overwrite=overwrite, report=report) as (watch, finish):
        threads = checked_threads(threads)
        found = read(text, reading, terms, threads, watch)
        rows = _known_rows(words, found)
        weights = _smooth_weights(words, rows, a)
        common = _common(words, rows, weights, a, components, threads)
        model = Averaged(words, terms, weights, common=common, facts={**call, **counted(found)})
        return finish(_indexed(model, found, keep, threads))


def _features(
    vocabulary: features.Vocabulary,
    terms: Terms,
    rows: Any,
    found: Collection,
    keep: bool,
    call: dict[str, Any],
) -> Features:
    facts = {**call, **counted(found)}
    if not keep:
        return Features(vocabulary, terms, facts=facts)
    return Features(vocabulary, terms, rows=rows, ids=found.ids, beginnings=found.beginnings, facts=facts)


def _index(found: Collection, vectors: np.ndarray, keep: bool) -> DocumentIndex | None:
    return DocumentIndex(found.ids, vectors, found.beginnings, found.lengths) if keep else None


def _indexed(model: Averaged, found: Collection, keep: bool, threads: int) -> Averaged:
    """The model with its documents, encoded as any text will be."""
    if keep:
        model.index = _index(found, model.pooled(found.terms, threads).vectors, keep)
    return model


def _checked_words(words: Table) -> Table:
    if not isinstance(words, Table):
        raise WrongType(
            f"words are a Table, not {type(words).__name__}: give what likewise.load(...) returned"
        )
    return words


def _source(words: Table) -> dict[str, Any]:
    """What a call says of its word vectors."""
    made: dict[str, Any] = {
        name: words.facts[name] for name in ("function", "text_digest") if name in words.facts
    }
    return {"words": len(words), "dim": words.dim, **made}


def _known_rows(words: Table, found: Collection) -> Ragged:
    rows = averaging.rows_of(words, found.terms)
    if not (rows.ids >= 0).any():
        raise InputError(
            f"none of the words of {len(found.ids):,} documents has a vector: are the words spelt as the table's?"
        )
    return rows


def _smooth_weights(words: Table, rows: Ragged, a: float | None) -> np.ndarray:
    counts = words.counts
    if counts is None or not counts.any():
        counts = np.bincount(rows.ids[rows.ids >= 0], minlength=len(words))
    if a is not None:
        return sif_weights(counts, a=a)
    full = rows.lengths[rows.lengths > 0]
    return usif_weights(counts, mean_length=float(full.mean()))


def _common(
    words: Table, rows: Ragged, weights: np.ndarray, a: float | None, components: int | None, threads: int
) -> Common:
    """What these texts share; by SIF one direction in full, by uSIF five by their shares."""
    graded = a is None
    number = (5 if graded else 1) if components is None else components
    pooled = pool_rows(rows, words.vectors, weights=weights, method="sum", threads=threads)
    means = pooled.vectors / np.maximum(pooled.counts, 1)[:, None].astype(np.float32)
    return averaging.rounded(fit_common(means, components=number, graded=graded))
