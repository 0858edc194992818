"""The chapter on scores: do the vectors agree with people, and how sure is that?"""

from __future__ import annotations

from likewise.evaluate import evaluate
from likewise.report.page import Section
from likewise.tour.chapter import Walk

NAMES = {"wordsim353": "WordSim-353, related", "simlex999": "SimLex-999, alike"}


def scores(walk: Walk) -> list[Section]:
    """Rank correlation with people's judgements, compared with random vectors and spelling."""
    found = evaluate(walk.table, list(NAMES), seed=walk.seed)
    return [
        Section(
            "Do the vectors agree with people?",
            "People judged how related two words are (WordSim-353), or how alike, which is stricter: coffee and "
            "cup are related, not alike (SimLex-999, Hill et al. 2015). Spearman’s correlation of their order with "
            "the order of the cosines is 1 where both agree wholly, and about 0 for vectors drawn at random.\n\n"
            "The dictionary helps here: it says of each word in so many words what it means, and words that mean the "
            "same share their definition.",
            call='likewise.evaluate.evaluate(table, ["wordsim353", "simlex999"])',
            header=("set", "vectors", "95 % interval", "random", "letters", "pairs known"),
            rows=[
                (
                    NAMES.get(row.set, row.set),
                    row.value,
                    "" if row.interval is None else f"{row.interval[0]:.2f} to {row.interval[1]:.2f}",
                    row.baselines["random"],
                    row.baselines["spelling"],
                    f"{row.known:,} of {row.total:,}",
                )
                for row in found.rows
            ],
            caption="The interval: the pairs drawn again with replacement, a thousand times. Random: the mean of ten "
            "tables. Letters: groups of three letters in common.",
        )
    ]
