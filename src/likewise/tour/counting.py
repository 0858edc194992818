"""Chapters before any learning: words as numbers, how often each is used, and the simplest vectors there are."""

from __future__ import annotations

from textwrap import wrap

import numpy as np

from likewise.evaluate import SimilaritySet, load
from likewise.evaluate.baselines import spelling_table
from likewise.report.curve import Line, Mark, curve
from likewise.report.page import Section
from likewise.table import Table
from likewise.tokens.corpus.word_pattern import Words
from likewise.tour.chapter import Walk

OPENING = "aardvark "  # of the entry that is taken apart
LONGEST = 16
PAIRS = (
    ("car", "automobile"), ("king", "queen"), ("psychology", "psychiatry"), ("tiger", "cat"),
    ("direction", "combination"), ("professor", "cucumber"), ("king", "cabbage"),
)  # fmt: skip


def tokens(walk: Walk) -> list[Section]:
    """A row of text becomes a row of ids."""
    row = next((row for row in walk.rows if row.startswith(OPENING)), walk.rows[0]).partition(";")[0]
    table, cells = walk.table, []
    for word in Words().split(row)[:LONGEST]:
        place = table.index(word) if word in table else None
        count = None if place is None or table.counts is None else int(table.counts[place])
        cells.append((word, place, count))
    return [
        Section(
            "Text becomes numbers",
            "The text: the Open English WordNet 2024 (CC BY 4.0), a line for each meaning of a word with its "
            "definition, and 106 articles of the English Wikipedia of 2016 (CC BY-SA).\n\n"
            "Learning wants numbers. So the text is split into words, each different word gets a number, the most "
            "frequent the smallest, and a sentence becomes a row of numbers. A word that occurs fewer than five "
            "times gets none: there is too little to learn it from.",
            call=f"from likewise.tokens.corpus.word_pattern import Words\n\nWords().split(\n{_quoted(row)}\n)",
            header=("word", "its number", "times in the text"),
            rows=cells,
        )
    ]


def _quoted(row: str) -> str:
    """A text as Python, in lines that fit on a page."""
    parts = wrap(row, 60)
    return "\n".join(f"    {part + ' ' * (part is not parts[-1])!r}" for part in parts)


def frequencies(walk: Walk) -> list[Section]:
    """The vocabulary and Zipf's law."""
    counts = np.sort(np.asarray(walk.table.counts))[::-1]
    ranks = np.arange(1, len(counts) + 1)
    shown = np.unique(np.geomspace(1, len(counts), 120).astype(np.int64))
    named = [rank for rank in (1, 10, 100, 1000, 10_000) if rank <= len(counts)]
    read = walk.table.facts["reading_report"]
    return [
        Section(
            "A few words are most of the text",
            f"The text has {read['tokens']:,} words, {read['distinct']:,} of them different; the {len(counts):,} "
            f"that occur at least five times are {read['kept'] / read['tokens']:.0%} of it. The count of a word "
            "falls about as one over its rank (Zipf 1949). So training passes over most occurrences of the "
            "most frequent words, which say little, and can learn little of the rarest.",
            call='table = likewise.load("model")\ntable.keys[:10], table.counts[:10]',
            header=("the most frequent words", "share of the text", "if all were used alike"),
            rows=[
                (int(rank), float(counts[:rank].sum() / counts.sum()), rank / len(counts))
                for rank in named[1:]
            ],
            figure=curve(
                [
                    Line("counts in this text", shown, counts[shown - 1]),
                    Line("one over the rank", ranks[[0, -1]], counts[0] / ranks[[0, -1]], dashed=True),
                ],
                title="How often each word occurs, by its rank",
                x="rank of the word",
                y="times in the text",
                logarithmic=True,
                marks=[Mark(walk.table.keys[rank - 1], rank, float(counts[rank - 1])) for rank in named],
            ),
        )
    ]


def switches(walk: Walk) -> list[Section]:
    """One-hot vectors, and similarity by letters, compared with what people say."""
    words = walk.known(dict.fromkeys(word for pair in PAIRS for word in pair))
    one_hot = Table(words, np.eye(len(words)))
    letters = spelling_table(walk.table, words)
    people = _people()
    return [
        Section(
            "The simplest vector knows no similarity",
            f"Give each word {len(walk.table):,} numbers, a 1 at its own place and 0 at all others. Such “one-hot” "
            "vectors can be calculated with, but any two of them are equally far apart: the cosine of their angle "
            "is 0, whether the words mean the same or have nothing to do with each other.\n\n"
            "Letters say a little more, and often something wrong. All that follows is compared with them.",
            call="one_hot = likewise.Table(words, numpy.eye(len(words)))\n"
            'one_hot.similarity("car", "automobile")',
            header=("two words", "people, 0 to 10", "one-hot, cosine", "letters in common, cosine"),
            rows=[
                (f"{a}, {b}", people.get((a, b)), one_hot.similarity(a, b), letters.similarity(a, b))
                for a, b in PAIRS
                if a in words and b in words
            ],
            caption="What people say is the mean of some dozen answers, from WordSim-353 (Finkelstein et al. 2002).",
        )
    ]


def _people() -> dict[tuple[str, str], float]:
    pairs = load("wordsim353")
    assert isinstance(pairs, SimilaritySet)
    return dict(zip(pairs.pairs, pairs.scores, strict=True))
