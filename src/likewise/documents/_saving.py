"""The words and the documents of a model in one list of keys, as an artifact holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from likewise.artifacts.artifact import Contents, Savable
from likewise.artifacts.run import Run
from likewise.documents._card import card
from likewise.documents._index import DocumentIndex
from likewise.documents._options import Report, refuse_function
from likewise.errors import ArtifactError
from likewise.tokens.analysis.analyzer import Terms

Made = TypeVar("Made", bound=Savable)


@contextmanager
def output(
    out: str | Path | None, call: dict[str, Any], terms: Terms, *, overwrite: bool, report: Report | None
) -> Iterator[tuple[Report | None, Callable[[Made], Made]]]:
    """Own `out` for the work inside: (what takes progress, what saves the model and gives it back).

    Progress is where a signal can end the work, with nothing kept.
    """
    if out is None:
        yield report, lambda made: made
        return
    refuse_function(terms)  # now, not after the work
    with Run(out, call, overwrite=overwrite) as run:

        def watch(progress: Any) -> None:
            if report is not None:
                report(progress)
            run.reached(progress, None)

        def finish(made: Made) -> Made:
            run.finish(made, card=card(made))
            return made

        yield watch, finish


def joined(
    kind: str,
    facts: dict[str, Any],
    arrays: dict[str, np.ndarray],
    terms: list[str],
    counts: np.ndarray | None,
    index: DocumentIndex | None,
) -> Contents:
    """The contents of a model: first its terms, then the documents it keeps."""
    keys, labels = list(terms), [""] * len(terms)
    numbers = np.zeros(len(terms), np.int64) if counts is None else counts
    if index is not None:
        arrays = {**arrays, "documents": index.table.vectors}
        keys += index.table.keys
        labels += index.beginnings
        numbers = np.concatenate([numbers, index.table.counts])
    return Contents(kind, {**facts, "terms": len(terms)}, arrays, keys, numbers, labels)


def parted(contents: Contents) -> tuple[list[str], np.ndarray, DocumentIndex | None]:
    """(terms, their counts, the documents) of what `joined` wrote; raises `ArtifactError` for anything else."""
    keys, counts, labels, n = contents.keys, contents.counts, contents.labels, contents.facts.get("terms")
    if keys is None or counts is None or labels is None or type(n) is not int or not 0 <= n <= len(keys):
        raise ArtifactError(f"a model of kind {contents.kind!r} does not say which of its keys are terms")
    vectors = contents.arrays.get("documents")
    if vectors is None and n < len(keys):
        raise ArtifactError(f"{len(keys) - n:,} documents without vectors")
    index = None if vectors is None else DocumentIndex(keys[n:], vectors, labels[n:], counts[n:])
    return keys[:n], counts[:n], index
