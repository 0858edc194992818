"""The chapter on averaging: words to sentences to paragraphs to a text, every length visible."""

from __future__ import annotations

import numpy as np

from likewise.arrays.linalg import unit_rows
from likewise.documents import Averaged
from likewise.documents._options import single
from likewise.report.page import Section
from likewise.tour.chapter import Walk
from likewise.words import Reading

SHOWN = "tech/014"


def mean_of_words(walk: Walk) -> Averaged:
    """The mean of the vectors of the words that were learnt first."""
    terms = single(Reading.of_table(walk.table).tokens)
    return Averaged(walk.table, terms, np.ones(len(walk.table)))


def averaging(walk: Walk) -> list[Section]:
    """One article, step by step, and how far each part is from the whole."""
    news = walk.news
    place = news.names.index(SHOWN) if SHOWN in news.names else 0
    found = mean_of_words(walk).stepwise(news.texts[place])
    whole = unit_rows(found.vectors)[0]
    rows = []
    before = found.lengths[0]
    for name, step, offsets in zip(found.names[1:], found.steps, found.groups, strict=True):
        cosines = unit_rows(step.vectors) @ whole
        full = cosines[~step.empty]
        rows.append(
            (
                name, len(step.vectors), ", ".join(f"{n}" for n in np.diff(offsets).tolist()),
                f"{before:,} → {len(step.vectors):,}", float(full.mean()) if len(full) else None,
            )
        )  # fmt: skip
        before = len(step.vectors)
    return [
        Section(
            "From words to a text, step by step",
            "Another way to a vector of a text starts from those of its words: their mean. It can be taken in steps, "
            "and each step has vectors of its own: words become sentences, these paragraphs, and these the text. "
            f"“{news.headlines[place]}”: {found}.\n\n"
            "The further up, the more alike everything is: the mean of many words is near the mean of all words. That "
            "is what averages lose. SIF (Arora et al. 2017) weighs frequent words down and takes what all texts share "
            "away.",
            call="news = likewise.documents.averaged(texts, words=table)\nprint(news.stepwise(texts[0]))",
            header=("step", "vectors", "each of so many", "length", "cosine with the whole"),
            rows=rows,
        )
    ]
