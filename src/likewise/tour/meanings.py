"""The chapter on what one vector a word cannot do: keep two meanings apart."""

from __future__ import annotations

import numpy as np

from likewise.report.page import Section
from likewise.system import seeds
from likewise.tour.chapter import Walk, listed

# A word, and one word for each of two of its meanings.
TWOFOLD = (
    ("bow", "arrow", "ship"), ("seal", "whale", "adhesive"), ("mole", "shrew", "kilogram"),
    ("pitch", "tone", "baseball"), ("bass", "singer", "fish"), ("bat", "mammal", "baseball"),
    ("bank", "money", "river"),
)  # fmt: skip
DRAWN = 2000


def meanings(walk: Walk) -> list[Section]:
    """Words of two meanings, their neighbours, and how near they are to either."""
    table = walk.table
    twofold = [words for words in TWOFOLD if len(walk.known(words)) == 3]
    near = table.head(10_000)
    rows = [
        (
            word,
            *(f"{other} {table.similarity(word, other):.2f}" for other in (one, two)),
            f"{table.similarity(one, two):.2f}",
            listed(found.key for found in near.nearest(table[word], 7, [word])),
        )
        for word, one, two in twofold
    ]
    return [
        Section(
            "One point for all meanings",
            "A word has one vector, whatever it means in its place. So a word of two meanings stands between two "
            "neighbourhoods that have nothing to do with each other, or where one meaning is rare in the text, its "
            "neighbours do not show, as with the bank of a river.\n\n"
            "A graph has a node for each meaning, as the next part shows. A vector for each place where a word stands "
            "needs a model that reads its context; that is still to come.",
            call='table.similarity("seal", "whale")     # one meaning\n'
            'table.similarity("seal", "adhesive")  # another\n'
            'table.similarity("whale", "adhesive")',
            header=("word", "near one meaning", "near another", "those two", "nearest words"),
            rows=rows,
            caption=f"The cosine of two words drawn by lot is {_by_lot(walk):.2f} in the mean.",
        )
    ]


def _by_lot(walk: Walk) -> float:
    """Mean cosine of pairs of words, the baseline of any cosine."""
    draw = seeds.generator(walk.seed, "tour.by lot")
    unit = walk.table.head(10_000).unit
    left, right = draw.integers(len(unit), size=(2, DRAWN))
    different = left != right
    return float(np.einsum("nd,nd->n", unit[left], unit[right], dtype=np.float64)[different].mean())
