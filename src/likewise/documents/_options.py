"""How texts become rows of terms, in training and in encoding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from likewise.arrays.text_block import Block
from likewise.data.documents import Unit, documents, texts
from likewise.errors import InputError, WrongType
from likewise.system.progress import Progress
from likewise.tokens.analysis import occurrences
from likewise.tokens.analysis.analyzer import Terms
from likewise.tokens.analysis.occurrences import Occurrences
from likewise.tokens.corpus.snippets import noted
from likewise.tokens.corpus.word_pattern import Words
from likewise.training.inputs import describe_input

Report = Callable[[Any], None]


@dataclass(frozen=True)
class Reading:
    """Where the documents stand in their files.

    Parameters
    ----------
    unit : "line" or "file", default "line"
        Whether a document is a line or record, or a whole file.
    field : str or None, default None
        Field of JSON lines with the text.
    column : str or None, default None
        Column of CSV, TSV or Parquet files with the text.
    id : str or None, default None
        Field or column with the names of documents. None: their numbers.
    encoding : str, default "utf-8"
        Encoding of the files.
    errors : "strict" or "replace", default "strict"
        At bytes that are not text in the encoding: raise an error, or replace and count them.
    """

    unit: Unit = "line"  # what is one document: a line (a record, where files hold records), or a whole file
    field: str | None = None  # of JSON lines
    column: str | None = None  # of CSV, TSV or Parquet
    id: str | None = None  # the field or column that names a document; without it, its number names it
    encoding: str = "utf-8"
    errors: Literal["strict", "replace"] = "strict"  # at bytes that are not text in the encoding


@dataclass(frozen=True)
class Collection:
    """n documents: their terms, a row each, their names, and how they begin.

    Parameters
    ----------
    terms : Occurrences
        Terms of each text.
    ids : list of str
        Names of the documents.
    beginnings : list of str
        How each document begins.
    """

    terms: Occurrences
    ids: list[str]
    beginnings: list[str]

    @property
    def lengths(self) -> np.ndarray:
        """(n,) int64: how many terms each document has."""
        return self.terms.rows.lengths


def read(text: Any, reading: Reading, terms: Terms, threads: int, report: Report | None) -> Collection:
    """The documents of a text, each with its terms; raises `InputError` where there is none with a term."""
    found, ids = documents(text, **asdict(reading))
    beginnings: list[str] = []
    shown = noted(_reported(found, report), beginnings)
    read = occurrences.read(shown, terms, errors=reading.errors, threads=threads)
    if len(read.rows) == 0 or read.rows.offsets[-1] == 0:
        raise InputError(
            f"{len(read.rows):,} documents and not one term in them: there is nothing to learn from"
        )
    names = [str(number) for number in range(1, len(beginnings) + 1)] if ids is None else ids
    _refuse_repeated(names)
    return Collection(read, names, beginnings)


def terms_of(items: Sequence[Any], terms: Terms, threads: int) -> Occurrences:
    """The terms of texts that are in memory, a row each; a half character is read as U+FFFD."""
    return occurrences.read(texts(items), terms, threads=_worth(items, threads))


def call_of(function: str, text: Any, reading: Reading, **options: Any) -> dict[str, Any]:
    """What a run records of a call."""
    name = f"likewise.documents.{function}"
    return {"function": name, "text": describe_input(text), "reading": asdict(reading), **options}


def counted(found: Collection) -> dict[str, Any]:
    """What a model says of the documents it was made from."""
    lengths = found.lengths
    return {
        "documents": len(found.ids), "empty": int(np.count_nonzero(lengths == 0)), "read_terms": int(lengths.sum()),
        "longest": int(lengths.max(initial=0)),
    }  # fmt: skip


def described(terms: Terms) -> dict[str, Any]:
    """`terms` as JSON values; a function of the caller's by its name."""
    values = {name: getattr(terms, name) for name in ("kind", "shortest", "longest")}
    rule = terms.words
    words = asdict(rule) if isinstance(rule, Words) else f"function {getattr(rule, '__qualname__', rule)}"
    return {**values, "words": words}


def refuse_function(terms: Terms) -> None:
    """Raise `InputError` where texts are split by a function of the caller's, which no file can hold."""
    if not isinstance(terms.words, Words):
        split = described(terms)["words"]
        raise InputError(f"texts are split by the {split}, which cannot be saved: use Words(...)")


def terms_from(facts: Any) -> Terms:
    """What `described` wrote; raises `TypeError` or `OptionError` for anything else."""
    return Terms(**{**facts, "words": Words(**facts["words"])})


def single(tokens: Words | Callable[[str], list[str]]) -> Terms:
    """Terms that are the words themselves."""
    if not isinstance(tokens, Words) and not callable(tokens):
        raise WrongType(f"tokens are Words(...) or a function from a row to its words, not {tokens!r}")
    return Terms(words=tokens)


def _worth(items: Sequence[Any], threads: int) -> int:
    """One thread for a few texts: starting more costs more than they save."""
    return threads if len(items) > 1000 else 1


def _reported(blocks: Iterable[Block], report: Report | None) -> Iterator[Block]:
    for block in blocks:
        yield block
        if report is not None:
            report(Progress("reading", block.done, block.total, "bytes"))


def _refuse_repeated(names: list[str]) -> None:
    seen: set[str] = set()
    for row, name in enumerate(names, 1):
        if name in seen:
            raise InputError(
                f"the id {name!r} stands twice, the second time in row {row:,}: ids are to differ"
            )
        seen.add(name)
