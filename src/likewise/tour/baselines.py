"""The chapters that measure: agreement of the vectors with people, and a comparison with raw features on a task."""

from __future__ import annotations

import numpy as np

from likewise import documents
from likewise.evaluate import evaluate
from likewise.probing import compare, given_split
from likewise.report.comparison import curve, table
from likewise.report.page import Section
from likewise.tour.averaging import mean_of_words
from likewise.tour.chapter import Walk

NAMES = {"wordsim353": "WordSim-353, related", "simlex999": "SimLex-999, alike"}
BUDGETS, QUICK = (5, 10, 30, 100), (10, 100)


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


def beating(walk: Walk) -> list[Section]:
    """The comparison on the topics of the news, and the learning curve."""
    news = walk.news
    smooth = documents.sif(news.texts, words=walk.table, keep=False)
    raw = documents.tfidf(news.texts, sublinear_tf=True)
    found = compare(
        news.topics,
        {
            "tf-idf": raw.rows,
            "lsa": walk.lsa.encode(news.texts),
            "mean of words": mean_of_words(walk).encode(news.texts),
            "sif": smooth.encode(news.texts),
        },
        folds=given_split(np.arange(len(news)) % 2 == 1),
        budgets=QUICK if walk.quick else BUDGETS,
        seed=walk.seed,
    )
    report = found.to_json()
    return [
        table(
            report,
            heading="Do the vectors beat the raw features?",
            text="The comparison that counts. An editor filed each article under one of five topics. A linear head "
            "learns from every second article to predict the topic, and is tested on the others: on tf-idf "
            "as it is, on "
            "each kind of vectors, and on random projections of tf-idf, which show what so few numbers hold by chance. "
            "Features and vectors were made without the labels. The word vectors know a dictionary and an "
            "encyclopaedia, and no news; and what SIF takes away from long texts, a linear head can do without."
            "\n\nAdvice follows the difference and its doubt, not the winner:",
            call="likewise compare news.csv news model sif -o compared",
            is_timed=False,
        ),
        *curve(report),
    ]
